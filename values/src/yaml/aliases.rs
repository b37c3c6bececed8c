//! Bounds the growth of a document by alias expansion, as go-yaml does (`decode.go`, `allowedAliasRatio`).

use super::cook::Tree;
use super::node::{NONE, Shape};
use super::problem::Problem;
use super::reader::DEPTH;

/// A collection that is being walked.
struct Walk {
    next: u32,
    end: u32,
    /// 0 for a list, 1 if a key is next, 2 if a value is next.
    turn: u8,
    /// True if the next value, or each item, is merged into a map.
    merges: bool,
    /// True if it was reached through an alias.
    aliased: bool,
}

struct Count {
    /// Decoded values, and how many of them are below an alias.
    all: u64,
    aliased: u64,
    depth: u32,
}

impl Count {
    fn tick(&mut self) -> Result<(), Problem> {
        self.all += 1;
        self.aliased += u64::from(self.depth > 0);
        const LOW: f64 = 400_000.0;
        const HIGH: f64 = 4_000_000.0;
        let all = self.all as f64;
        let allowed = 0.99 - 0.89 * ((all.clamp(LOW, HIGH) - LOW) / (HIGH - LOW));
        if self.aliased > 100 && self.all > 1000 && self.aliased as f64 / all > allowed {
            return Err(Problem::TooManyAliases);
        }
        Ok(())
    }
}

/// Walks a document as go-yaml decodes it.
///
/// # Errors
///
/// If aliases expand too much or nest too deeply.
pub(super) fn expand(tree: Tree<'_>, root: u32) -> Result<(), Problem> {
    let mut count = Count {
        all: 1,
        aliased: 0,
        depth: 0,
    };
    let mut stack = Vec::new();
    visit(tree, &mut count, &mut stack, root, false)?;
    while let Some(walk) = stack.last_mut() {
        if walk.next >= walk.end {
            count.depth -= u32::from(walk.aliased);
            stack.pop();
            continue;
        }
        let child = walk.next;
        walk.next = tree.nodes[child as usize].after(child);
        match walk.turn {
            0 => {
                let merges = walk.merges;
                visit(tree, &mut count, &mut stack, child, merges)?;
            }
            1 => {
                walk.turn = 2;
                walk.merges = tree.is_merge(child);
                if !walk.merges {
                    visit(tree, &mut count, &mut stack, child, false)?;
                }
            }
            _ => {
                walk.turn = 1;
                let merges = walk.merges;
                visit(tree, &mut count, &mut stack, child, merges)?;
            }
        }
        if stack.len() > 2 * DEPTH {
            return Err(Problem::TooDeep);
        }
    }
    Ok(())
}

fn visit(
    tree: Tree<'_>,
    count: &mut Count,
    stack: &mut Vec<Walk>,
    id: u32,
    merges: bool,
) -> Result<(), Problem> {
    let node = &tree.nodes[id as usize];
    let aliased = node.shape == Shape::Alias;
    let list = node.shape == Shape::List && merges;
    if !list {
        count.tick()?;
    }
    let target = if aliased { node.link } else { id };
    if target == NONE {
        return Ok(());
    }
    let node = &tree.nodes[target as usize];
    if aliased {
        count.depth += 1;
        count.tick()?;
        if !node.is_collection() {
            count.depth -= 1;
        }
    }
    if node.is_collection() {
        stack.push(Walk {
            next: target + 1,
            end: node.link,
            turn: u8::from(node.shape == Shape::Map),
            merges: list,
            aliased,
        });
    }
    Ok(())
}
