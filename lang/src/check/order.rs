//! The order in which items are checked: dependencies first. Also detects recursion.

use super::index::Index;
use super::visit::each_inside;
use crate::parse::ast::{ExprKind, ItemKind};

/// The order of items.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Indices of items, dependencies first.
    pub(super) items: Vec<usize>,
    /// Groups of items that depend on each other, or on themselves.
    pub(super) cycles: Vec<Vec<usize>>,
}

/// Orders the items with Tarjan's algorithm, which yields groups of mutually dependent items, dependencies first. It is
/// iterative because a chain of items may be as long as a file.
pub(super) fn order(index: &Index<'_>) -> Order {
    let dependencies: Vec<Vec<usize>> = (0..index.items.len())
        .map(|i| dependencies(index, i))
        .collect();
    let mut order = Order::default();
    let mut state = Tarjan {
        number: vec![usize::MAX; dependencies.len()],
        low: vec![0; dependencies.len()],
        on_stack: vec![false; dependencies.len()],
        stack: Vec::new(),
        next: 0,
    };
    for start in 0..dependencies.len() {
        if state.number[start] == usize::MAX {
            state.visit(start, &dependencies, &mut order);
        }
    }
    order
}

struct Tarjan {
    number: Vec<usize>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
}

impl Tarjan {
    fn enter(&mut self, item: usize) {
        self.number[item] = self.next;
        self.low[item] = self.next;
        self.next += 1;
        self.stack.push(item);
        self.on_stack[item] = true;
    }

    fn visit(&mut self, start: usize, dependencies: &[Vec<usize>], order: &mut Order) {
        let mut todo = vec![(start, 0)];
        self.enter(start);
        while let Some((item, edge)) = todo.pop() {
            if let Some(&next) = dependencies[item].get(edge) {
                todo.push((item, edge + 1));
                if self.number[next] == usize::MAX {
                    self.enter(next);
                    todo.push((next, 0));
                } else if self.on_stack[next] {
                    self.low[item] = self.low[item].min(self.number[next]);
                }
                continue;
            }
            if let Some(&(parent, _)) = todo.last() {
                self.low[parent] = self.low[parent].min(self.low[item]);
            }
            if self.low[item] == self.number[item] {
                self.close(item, dependencies, order);
            }
        }
    }

    fn close(&mut self, root: usize, dependencies: &[Vec<usize>], order: &mut Order) {
        let mut group = Vec::new();
        while let Some(item) = self.stack.pop() {
            self.on_stack[item] = false;
            group.push(item);
            if item == root {
                break;
            }
        }
        group.sort_unstable();
        order.items.extend(&group);
        if group.len() > 1 || dependencies[root].contains(&root) {
            order.cycles.push(group);
        }
    }
}

/// The items that an item refers to.
fn dependencies(index: &Index<'_>, item: usize) -> Vec<usize> {
    let entry = &index.items[item];
    let pack = index.files[entry.file].pack;
    let (body, params) = match &entry.item.kind {
        ItemKind::Let(it) => (&it.value, &[][..]),
        ItemKind::Param(it) => (&it.default, &[][..]),
        ItemKind::Fn(it) => (&it.body, &it.params[..]),
        _ => return Vec::new(),
    };
    let mut dependencies = Vec::new();
    each_inside(body, &mut |expr| {
        let found = match &expr.kind {
            ExprKind::Name(name) if params.iter().all(|(param, _)| param.node != *name) => {
                index.find(pack, name)
            }
            ExprKind::Field(of, name) => match &of.kind {
                ExprKind::Name(used) => index
                    .used_pack(entry.file, used)
                    .and_then(|pack| index.find(pack, &name.node)),
                _ => None,
            },
            _ => None,
        };
        dependencies.extend(found);
    });
    dependencies.sort_unstable();
    dependencies.dedup();
    dependencies
}
