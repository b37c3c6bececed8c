//! Converts statements to lines: indentation, aligned heads, comments and empty lines.

use super::WIDTH;
use super::doc::{Doc, Line, print, width};
use super::layout::{Layout, STEP};
use crate::parse::outline::{Block, Outline, Statement, StatementKind};

/// The lines of a whole text.
pub(super) fn lines(layout: &Layout<'_, '_>, outline: &Outline) -> Vec<String> {
    let mut writer = Writer {
        layout,
        lines: Vec::new(),
    };
    let mut after_long = None;
    for item in &outline.items {
        let first = item.words.start;
        let mut printed = Writer {
            layout,
            lines: Vec::new(),
        };
        printed.statement(item, 0, &Head::plain(item));
        let long = printed.lines.len() > 1
            || layout
                .gaps
                .comments(first)
                .iter()
                .any(|comment| comment.text.starts_with("##"));
        // Items of several lines are separated by empty lines.
        let apart = after_long.is_some_and(|after_long| after_long || long);
        if apart && !layout.gaps.any_blank(first) {
            writer.lines.push(Line::default());
        }
        writer.leading(first, 0, writer.lines.is_empty());
        writer.lines.extend(printed.lines);
        writer.trailing(item.words.end);
        after_long = Some(long);
    }
    writer.last_comments(outline.words.len(), 0);
    writer.finish()
}

/// The words at the start of a statement, and the width they are padded to.
struct Head {
    words: usize,
    width: usize,
    /// Keep it on one line, however long: its neighbors are aligned with it.
    flat: bool,
}

impl Head {
    /// Not aligned with anything.
    fn plain(statement: &Statement) -> Self {
        let words = match statement.kind {
            StatementKind::Key | StatementKind::Keys => 0,
            _ => 1,
        };
        Self {
            words,
            width: 0,
            flat: false,
        }
    }
}

struct Writer<'l, 'a, 't> {
    layout: &'l Layout<'a, 't>,
    lines: Vec<Line>,
}

impl Writer<'_, '_, '_> {
    /// Writes the comment lines before a word, and the empty lines around them.
    fn leading(&mut self, word: usize, indent: usize, mut at_start: bool) {
        for comment in self.layout.gaps.comments(word) {
            if comment.own_line {
                if comment.blank_above && !at_start {
                    self.lines.push(Line::default());
                }
                self.comment_line(comment.text, indent);
                at_start = false;
            }
        }
        if self.layout.gaps.blank_above(word) && !at_start {
            self.lines.push(Line::default());
        }
    }

    /// Like [`Self::leading`], but before a closing brace or the end: no empty line follows.
    fn last_comments(&mut self, word: usize, indent: usize) {
        self.leading(word, indent, self.lines.is_empty());
        while self
            .lines
            .last()
            .is_some_and(|line| line.text.is_empty() && line.comment.is_none())
        {
            self.lines.pop();
        }
    }

    fn comment_line(&mut self, comment: &str, indent: usize) {
        self.lines.push(Line {
            text: format!("{}{comment}", " ".repeat(indent)),
            comment: None,
        });
    }

    /// Attaches the trailing comment before `word` to the current line.
    fn trailing(&mut self, word: usize) {
        let comments = self.layout.gaps.comments(word);
        let comment = comments.first().filter(|comment| !comment.own_line);
        if let (Some(comment), Some(line)) = (comment, self.lines.last_mut()) {
            line.comment = Some(comment.text.to_owned());
        }
    }

    fn statement(&mut self, statement: &Statement, indent: usize, head: &Head) {
        let layout = self.layout;
        let words = &statement.words;
        let header_end = statement
            .block
            .as_ref()
            .map_or(words.end, |block| block.open);
        let rest = (words.start + head.words).min(header_end);
        let spelled: Vec<&str> = (words.start..rest)
            .map(|word| layout.spelled(word))
            .collect();
        let mut start = format!("{}{}", " ".repeat(indent), spelled.join(" "));
        // The gap after the last word does not belong to this statement.
        let gaps = words.start + 1..(rest + 1).min(header_end);
        let mut parts = match head.words {
            0 => Vec::new(),
            _ => layout.comments_between(gaps),
        };
        if parts.is_empty() && rest < header_end && head.words > 0 {
            let pad = (indent + head.width).saturating_sub(width(&start));
            start.push_str(&" ".repeat(pad + 1));
        } else if !parts.is_empty() {
            parts.push(Doc::Hard);
            // Never at the start of a line, where an item could start.
            parts = vec![Doc::Indent(STEP, Box::new(Doc::Concat(parts)))];
        }
        if rest < header_end {
            parts.push(layout.clause(statement.kind, rest..header_end));
        }
        let doc = Doc::Concat(parts);
        self.lines.extend(print(&doc, start, indent, head.flat));
        if let Some(block) = &statement.block {
            self.block(block, indent);
            if block.close + 1 < words.end {
                let start = self.lines.pop().unwrap_or_default().text + "  ";
                let history = layout.clause(statement.kind, block.close + 1..words.end);
                self.lines.extend(print(&history, start, indent, false));
            }
        }
    }

    /// Writes ` {` at the end of the last line, the statements, and `}` on its own line.
    fn block(&mut self, block: &Block, indent: usize) {
        let layout = self.layout;
        let inner = indent + STEP;
        let before = layout.gaps.comments(block.open);
        // After the brace, a `##` comment would document what follows.
        let documents = |text: &str| text.starts_with("##") && !text.starts_with("###");
        if before.iter().any(|comment| documents(comment.text)) {
            self.trailing(block.open);
            for comment in before.iter().filter(|comment| comment.own_line) {
                self.comment_line(comment.text, inner);
            }
            self.comment_line("{", indent);
            self.trailing(block.open + 1);
        } else {
            if let Some(line) = self.lines.last_mut() {
                line.text.push_str(" {");
            }
            self.trailing(block.open + 1);
            for comment in before {
                self.comment_line(comment.text, inner);
            }
        }
        let heads = self.heads(&block.statements, inner);
        for (i, (statement, head)) in block.statements.iter().zip(&heads).enumerate() {
            let indent = match statement.kind {
                StatementKind::Detail => inner + STEP,
                _ => inner,
            };
            self.leading(statement.words.start, indent, i == 0);
            self.statement(statement, indent, head);
            self.trailing(statement.words.end);
        }
        self.last_comments(block.close, inner);
        self.comment_line("}", indent);
    }

    /// The alignment of the heads of a block's statements.
    fn heads(&self, statements: &[Statement], indent: usize) -> Vec<Head> {
        let mut heads: Vec<Head> = statements.iter().map(Head::plain).collect();
        let mut start = 0;
        while start < statements.len() {
            let kind = statements[start].kind;
            let follows = |statement: &Statement| {
                statement.kind == kind
                    && match kind {
                        // All details of a requirement form one table, whatever is between them.
                        StatementKind::Detail => true,
                        StatementKind::Fact | StatementKind::Subject => {
                            !self.layout.gaps.is_separated(statement.words.start)
                        }
                        StatementKind::Let => {
                            !self.layout.gaps.is_separated(statement.words.start)
                                && self.is_short_let(statement, indent)
                        }
                        _ => false,
                    }
            };
            let more = statements[start + 1..]
                .iter()
                .take_while(|statement| follows(statement))
                .count();
            let end = start + 1 + more;
            let is_table = match kind {
                StatementKind::Let => more > 0 && self.is_short_let(&statements[start], indent),
                _ => true,
            };
            if is_table {
                self.align(&statements[start..end], &mut heads[start..end]);
                start = end;
            } else {
                start += 1;
            }
        }
        heads
    }

    fn align(&self, statements: &[Statement], heads: &mut [Head]) {
        for (statement, head) in statements.iter().zip(heads.iter_mut()) {
            let first = self.layout.spelled(statement.words.start);
            match (statement.kind, first) {
                (StatementKind::Let, _) => {
                    head.words = 2;
                    head.flat = true;
                }
                (StatementKind::Detail, "also" | "unsafe") => head.words = 2,
                _ => {}
            }
            let words = statement.words.start..statement.words.start + head.words;
            let letters: usize = words
                .clone()
                .map(|word| width(self.layout.spelled(word)))
                .sum();
            head.width = letters + words.len().saturating_sub(1);
        }
        let widest = heads.iter().map(|head| head.width).max().unwrap_or(0);
        for head in heads {
            head.width = widest;
        }
    }

    /// Does the `let` fit on one line?
    fn is_short_let(&self, statement: &Statement, indent: usize) -> bool {
        let words = statement.words.clone();
        let rest = self
            .layout
            .clause(statement.kind, words.start + 1..words.end);
        let commented = !self
            .layout
            .comments_between(words.start + 1..words.start + 2)
            .is_empty();
        let width = rest.flat_width().filter(|_| !commented);
        width.is_some_and(|width| indent + "let ".len() + width <= WIDTH)
    }

    /// The lines as text, with the trailing comments of adjacent lines aligned.
    fn finish(self) -> Vec<String> {
        let mut out = Vec::with_capacity(self.lines.len());
        let together = |a: &Line, b: &Line| {
            a.comment.is_some() && b.comment.is_some() && indentation(a) == indentation(b)
        };
        for table in self.lines.chunk_by(together) {
            let widest = table
                .iter()
                .map(|line| width(line.text.lines().last().unwrap_or("")))
                .max()
                .unwrap_or(0);
            for line in table {
                out.push(match &line.comment {
                    Some(comment) => {
                        let own = width(line.text.lines().last().unwrap_or(""));
                        format!("{}{}  {comment}", line.text, " ".repeat(widest - own))
                    }
                    None => line.text.clone(),
                });
            }
        }
        out
    }
}

fn indentation(line: &Line) -> usize {
    line.text.len() - line.text.trim_start_matches(' ').len()
}
