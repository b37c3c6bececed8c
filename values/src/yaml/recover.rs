//! Error recovery: skips as little text as possible, and reads the rest as if that text were absent.
//!
//! One error skips one region: its line and the lines that belong to it. The enclosing entry keeps its key; a map that may have lost keys
//! is recorded as damaged.
//!
//! INVARIANT: text is read again only within a budget that is linear in its length; beyond that the rest is skipped.

use super::block::After;
use super::document::Style;
use super::node::{NONE, Properties, Shape};
use super::problem::{Fault, Problem};
use super::reader::{Await, Place, Reader, Step};

impl Reader<'_> {
    /// Discards the failed entry and moves past it. Returns the indicator that still needs a value, if any.
    pub(super) fn recover(&mut self, fault: Fault) -> Option<After> {
        self.note(fault);
        self.leave_brackets();
        self.forget_nodes(self.mark.nodes);
        self.damage_innermost();
        let at = fault.start as usize;
        let place = self.stack.last().map(|frame| (frame.place, frame.awaits));
        let later_line = at > self.mark.at && self.line_end(self.mark.at) < at;
        let pending = match place {
            None => Some(After::Start),
            Some(_) if !self.mark.keyed || !later_line => None,
            Some((Place::Keys, Await::Colon)) => Some(After::Question),
            Some((Place::Keys, _)) => Some(After::Colon),
            Some(_) => Some(After::Dash),
        };
        if pending.is_some() {
            // The value is on lines of its own, and the next line may be intact.
            let next = self.next_line(at);
            self.go_back(next);
            self.skipped_value = true;
            return pending;
        }
        if self.mark.keyed {
            let start = self.mark.at.min(at);
            let end = self.trimmed(start, self.line_end(start));
            self.push(start, end, Shape::Damaged, Style::Plain);
        }
        let indent = self.indent();
        self.resync(at, indent);
        None
    }

    fn leave_brackets(&mut self) {
        while let Some(frame) = self.stack.last()
            && frame.place.is_flow()
        {
            self.stack.pop();
        }
        self.flow_level = 0;
    }

    /// Discards nodes and everything recorded about them.
    fn forget_nodes(&mut self, nodes: usize) {
        self.nodes.truncate(nodes);
        self.last_end = self.end_of_last();
        let is_forgotten = |node: u32| node != NONE && node as usize >= nodes;
        while self
            .properties
            .pop_if(|entry| is_forgotten(entry.node))
            .is_some()
        {}
        while self.special.pop_if(|map| is_forgotten(*map)).is_some() {}
        while self.damaged.pop_if(|map| is_forgotten(*map)).is_some() {}
        while let Some((name, _, before)) =
            self.anchor_log.pop_if(|(_, node, _)| is_forgotten(*node))
        {
            match before {
                Some(before) => self.anchors.insert(name, before),
                None => self.anchors.remove(name),
            };
        }
    }

    /// The end of the last node, or of the outermost finished collection that ends with it.
    fn end_of_last(&self) -> u32 {
        let Some(mut node) = self.nodes.last() else {
            return 0;
        };
        while let Some(parent) = self.nodes.get(node.parent as usize)
            && parent.link != 0
        {
            node = parent;
        }
        node.end.max(node.start)
    }

    /// The start of the line after the one of an offset.
    fn next_line(&self, at: usize) -> usize {
        let end = self.line_end(at);
        end + self.line_break(end)
    }

    /// Continues at an offset at the start of a line or with only blanks before it.
    pub(super) fn go_back(&mut self, at: usize) {
        let mut line = at;
        while line > 0 && self.is_blank(line - 1) {
            line -= 1;
        }
        self.reread += self.pos.saturating_sub(at);
        if self.has_reread_enough() {
            self.give_up();
            return;
        }
        while self
            .comments
            .pop_if(|(start, _)| *start as usize >= at)
            .is_some()
        {}
        self.pos = at;
        self.line = line;
        self.crossed = true;
    }

    fn has_reread_enough(&self) -> bool {
        self.reread > 4 * self.text.len() + (1 << 16)
    }

    fn give_up(&mut self) {
        for frame in &self.stack {
            self.damaged.push(frame.node);
        }
        self.pos = self.text.len();
        self.crossed = true;
    }

    /// Moves to the next line after `from` that is not deeper than `indent`.
    pub(super) fn resync(&mut self, from: usize, indent: i32) {
        let start = self.next_line(from);
        self.go_back(start);
        if self.pos != start {
            return;
        }
        let mut line = start;
        let mut skipped_column = None;
        while line < self.text.len() {
            let mut at = line;
            while self.byte(at) == b' ' {
                at += 1;
            }
            match self.byte(at) {
                b'#' => {
                    let end = self.line_end(at);
                    self.comments.push((at as u32, end as u32));
                }
                // A closing bracket of unreadable text belongs to that text.
                b'\t' | b']' | b'}' => {}
                _ if self.is_break_or_end(at) => {}
                _ if ((at - line) as i32) <= indent.max(0) => break,
                _ => skipped_column = skipped_column.or(Some(at - line)),
            }
            line = self.next_line(at);
        }
        if let Some(column) = skipped_column {
            self.damage_closed_block(column);
        }
        self.pos = line.min(self.text.len());
        self.line = self.pos;
    }

    /// Handles a line in another column than the entries of the innermost block.
    pub(super) fn misplaced_column(&mut self, column: i32) -> Step {
        let here = self.column();
        self.crossed = true;
        let at = self.pos;
        let rest_of_line = |reader: &Self| reader.trimmed(at, reader.line_end(at));
        if here > column {
            let fault = Fault::new(at, rest_of_line(self), Problem::DeeperThanSiblings);
            if self.adopt_column(here) {
                self.note(fault);
                self.damage_innermost();
                return Ok(());
            }
            self.damage_closed_block(here as usize);
            return Err(fault);
        }
        let outer = |frame: &super::reader::Frame| frame.column as i32 <= here;
        let depth = self.stack.iter().rposition(outer).map_or(0, |at| at + 1);
        if depth == 0 || self.stack[depth - 1].column as i32 == here {
            self.close_to(depth);
            return Ok(());
        }
        if self.opens_inner_level(depth) {
            self.close_to(depth);
            self.between_levels(at, rest_of_line(self), here as usize);
            self.adopted_key = at;
            return Ok(());
        }
        // It matches no level: the next deeper block either adopts it or loses it.
        self.close_to(depth + 1);
        self.between_levels(at, rest_of_line(self), here as usize);
        self.damage_innermost();
        if !self.adopt_column(here) {
            let indent = self.indent();
            self.resync(at, indent);
        }
        Ok(())
    }

    /// Records a line in a column that matches no level. Later lines in that column belong to the same error.
    fn between_levels(&mut self, start: usize, end: usize, column: usize) {
        let inside = self.stack.last().map_or(NONE, |frame| frame.node);
        if self.between == Some((inside, column)) {
            return;
        }
        self.between = Some((inside, column));
        self.fault(start, end, Problem::BetweenLevels);
        self.damage_closed_block(column);
    }

    /// Marks the last block with entries in a column as damaged, and the blocks around it: they were closed too early, and what is in that
    /// column now, or follows, may belong to them.
    pub(super) fn damage_closed_block(&mut self, column: usize) {
        let mut outer = self.stack.iter().rev();
        let outer = outer.find(|frame| (frame.column as usize) < column);
        let inside = outer.map_or(NONE, |frame| frame.node);
        let first = inside.wrapping_add(1) as usize;
        if self.has_reread_enough() {
            return;
        }
        let closed = (first..self.nodes.len()).rev().find(|node| {
            let node = &self.nodes[*node];
            let block = node.shape == Shape::Map && node.style == Style::Block;
            block && self.column_of(node.start as usize) == column
        });
        self.reread += self.nodes.len() - closed.unwrap_or(first);
        let mut closed = closed.map_or(NONE, |node| node as u32);
        while closed != NONE && closed != inside {
            self.damaged.push(closed);
            closed = self.nodes[closed as usize].parent;
        }
    }

    /// True for the key of a block whose entries are in the column of the level open at `depth`. Such a key was meant for the level above,
    /// like ` galley:` between `brig:` and `spar:`.
    fn opens_inner_level(&mut self, depth: usize) -> bool {
        let (above, below) = (self.stack[depth - 1], self.stack.get(depth));
        let Some(below) = below.map(|frame| frame.column as usize) else {
            return false;
        };
        let line = &self.text[self.pos..self.line_end(self.pos)];
        let comment = line.windows(2).position(|it| it == b" #");
        let words = line[..comment.unwrap_or(line.len())].trim_ascii_end();
        above.place == Place::Keys
            && words.ends_with(b":")
            && self.byte(self.pos) != b'-'
            && self
                .next_within(usize::MAX)
                .is_some_and(|at| self.column_of(at) == below)
    }

    fn close_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            if let Some(frame) = self.stack.last().copied()
                && frame.awaits == Await::Colon
            {
                self.mark_key(frame.first);
                self.push_null(self.last_end as usize, &Properties::default());
            }
            self.close();
        }
    }

    /// Moves the innermost block to the column of this line if its only entry so far is the misplaced one, that is, if the next line is in
    /// the column of this line too.
    pub(super) fn adopt_column(&mut self, column: i32) -> bool {
        let dash = self.byte(self.pos) == b'-' && self.is_space(self.pos + 1);
        let Some(frame) = self.stack.last().copied() else {
            return false;
        };
        let fits = dash != (frame.place == Place::Keys) && frame.place != Place::LevelDashes;
        if !fits || !self.has_one_entry() {
            return false;
        }
        let limit = frame.column.max(column as u32) as usize;
        let next = self.next_within(limit);
        if next.is_none_or(|at| self.column_of(at) != column as usize) {
            return false;
        }
        if let Some(frame) = self.stack.last_mut() {
            frame.column = column as u32;
        }
        true
    }

    fn column_of(&self, at: usize) -> usize {
        let mut line = at;
        while line > 0 && self.byte(line - 1) == b' ' {
            line -= 1;
        }
        at - line
    }

    /// The first token of the next line that is not deeper than a column.
    fn next_within(&mut self, column: usize) -> Option<usize> {
        let mut line = self.next_line(self.pos);
        let mut found = None;
        while line < self.text.len() && found.is_none() {
            let mut at = line;
            while self.byte(at) == b' ' {
                at += 1;
            }
            if !self.is_break_or_end(at) && self.byte(at) != b'#' && at - line <= column {
                found = Some(at);
            }
            line = self.next_line(at);
        }
        self.reread += line - self.pos;
        found
    }

    fn has_one_entry(&self) -> bool {
        let Some(frame) = self.stack.last() else {
            return false;
        };
        let last = self.nodes.len() as u32;
        let after = |own: u32| {
            self.nodes
                .get(own as usize)
                .map_or(last, |node| node.after(own))
        };
        let first = after(frame.node + 1);
        match frame.place {
            Place::Keys => after(first) >= last,
            _ => first >= last,
        }
    }

    /// Turns the innermost map into a list if its only entry is followed by dashes.
    pub(super) fn turn_into_list(&mut self) -> bool {
        self.has_one_entry() && self.next_is_dash() && self.turn(Place::Dashes, Shape::List)
    }

    /// Turns the innermost list into a map if its only item is followed by keys.
    pub(super) fn turn_into_map(&mut self) -> bool {
        self.has_one_entry() && !self.next_is_dash() && self.turn(Place::Keys, Shape::Map)
    }

    fn turn(&mut self, place: Place, shape: Shape) -> bool {
        let Some(frame) = self.stack.last_mut() else {
            return false;
        };
        let node = frame.node;
        frame.place = place;
        let start = self.nodes[node as usize].start as usize;
        let problem = match place {
            Place::Keys => Problem::ItemAmongKeys,
            _ => Problem::KeyAmongItems,
        };
        let end = self.trimmed(start, self.line_end(start));
        self.fault(start, end, problem);
        self.nodes[node as usize].shape = shape;
        self.nodes[node as usize].start = self.pos as u32;
        self.forget_nodes(node as usize + 1);
        self.damage_innermost();
        self.crossed = true;
        true
    }

    /// True if the next line that is not deeper than this one starts with a dash in its column.
    fn next_is_dash(&mut self) -> bool {
        let column = self.column() as usize;
        self.next_within(column).is_some_and(|at| {
            self.byte(at) == b'-' && self.is_space(at + 1) && self.column_of(at) == column
        })
    }

    /// Assigns properties after brackets turned out to be a map's first key: the outer ones to the map, the inner ones to the key.
    pub(super) fn move_properties(&mut self, map: u32, outer: &Properties, inner: &Properties) {
        if !outer.any() {
            return;
        }
        for entry in self.properties.iter_mut().rev() {
            if entry.node == map + 1 && entry.anchor == outer.anchor && entry.tag == outer.tag {
                entry.node = map;
            }
        }
        if outer.has_anchor() {
            let (start, end) = outer.anchor;
            let name = &self.text[start as usize..end as usize];
            for (logged, node, _) in self.anchor_log.iter_mut().rev() {
                if *logged == name && *node == map + 1 {
                    *node = map;
                    self.anchors.insert(name, map);
                }
            }
        }
        let flags = super::node::flag::PROPERTIES;
        self.nodes[map as usize].flags |= flags;
        if !inner.any() {
            self.nodes[map as usize + 1].flags &= !flags;
        }
    }
}
