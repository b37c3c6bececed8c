//! A layout document: text with places where lines may be broken.

use super::WIDTH;

/// A piece of layout.
pub(super) enum Doc<'t> {
    /// Text without a line break.
    Text(&'t str),
    /// Arbitrary text, printed verbatim; what follows continues on its last line.
    Raw(String),
    /// A space, or a line break if the enclosing group is broken.
    Line,
    /// Nothing, or a line break if the enclosing group is broken.
    Soft,
    /// A line break.
    Hard,
    /// A comment at the end of the line; a line break must follow.
    Comment(&'t str),
    /// Printed only if the enclosing group is broken.
    IfBroken(&'t str),
    /// A sequence.
    Concat(Vec<Doc<'t>>),
    /// Indents line breaks inside by this many columns.
    Indent(usize, Box<Doc<'t>>),
    /// On one line if it fits, otherwise broken at each of its own [`Doc::Line`] and [`Doc::Soft`].
    Group {
        /// The width on one line; `None` if it must be broken. Precomputed, since groups nest deeply.
        width: Option<usize>,
        /// The grouped content.
        content: Box<Doc<'t>>,
    },
    /// Pieces separated by spaces, broken only where a line is full.
    Fill(Vec<Doc<'t>>),
}

impl<'t> Doc<'t> {
    /// A group of pieces; broken if `broken`, or if one of them must be.
    pub(super) fn group(broken: bool, parts: Vec<Doc<'t>>) -> Self {
        let content = Self::Concat(parts);
        let free = !broken && !content.forces_break();
        Self::Group {
            width: free.then(|| content.flat_width()).flatten(),
            content: Box::new(content),
        }
    }

    /// Must the enclosing group be broken?
    pub(super) fn forces_break(&self) -> bool {
        match self {
            Self::Hard | Self::Comment(_) => true,
            Self::Concat(parts) | Self::Fill(parts) => parts.iter().any(Self::forces_break),
            Self::Indent(_, content) => content.forces_break(),
            Self::Group { width, .. } => width.is_none(),
            Self::Text(_) | Self::Raw(_) | Self::Line | Self::Soft | Self::IfBroken(_) => false,
        }
    }

    /// The width on one line; `None` if it does not fit on one line.
    pub(super) fn flat_width(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(width(text)),
            Self::Raw(text) => (!text.contains('\n')).then(|| width(text)),
            Self::Line => Some(1),
            Self::Soft | Self::IfBroken(_) => Some(0),
            Self::Hard | Self::Comment(_) => None,
            Self::Concat(parts) => parts.iter().map(Self::flat_width).sum(),
            Self::Fill(parts) => {
                let blanks = parts.len().saturating_sub(1);
                parts
                    .iter()
                    .map(Self::flat_width)
                    .sum::<Option<usize>>()
                    .map(|sum| sum + blanks)
            }
            Self::Indent(_, content) => content.flat_width(),
            Self::Group { width, .. } => *width,
        }
    }
}

/// The number of columns of a text, counted in characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// A line of the output.
#[derive(Default, Clone)]
pub(super) struct Line {
    /// The text without the comment.
    pub(super) text: String,
    /// The comment at the end of the line.
    pub(super) comment: Option<String>,
}

/// Prints `doc` after `start`, with continuation lines at `indent`. With `flat`, a group is not broken if it can be
/// printed on one line.
pub(super) fn print(doc: &Doc<'_>, start: String, indent: usize, flat: bool) -> Vec<Line> {
    let mut printer = Printer {
        lines: vec![Line {
            text: start,
            comment: None,
        }],
        flat,
    };
    printer.print(doc, indent, false, 0);
    printer.lines
}

struct Printer {
    lines: Vec<Line>,
    flat: bool,
}

impl Printer {
    fn text(&mut self, text: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(text);
        }
    }

    fn line_break(&mut self, indent: usize) {
        self.lines.push(Line {
            text: " ".repeat(indent),
            comment: None,
        });
    }

    fn column(&self) -> usize {
        self.lines.last().map_or(0, |line| width(&line.text))
    }

    /// Prints a document; `after` is the number of columns to keep free for what follows without a break.
    fn print(&mut self, doc: &Doc<'_>, indent: usize, broken: bool, after: usize) {
        match doc {
            Doc::Text(text) => self.text(text),
            Doc::Raw(text) => self.text(text),
            Doc::Line if broken => self.line_break(indent),
            Doc::Line => self.text(" "),
            Doc::Soft if broken => self.line_break(indent),
            Doc::Soft => {}
            Doc::Hard => self.line_break(indent),
            Doc::Comment(comment) => {
                // Joining lines may bring two trailing comments together, or a comment line and a trailing comment.
                let is_taken =
                    |line: &Line| line.comment.is_some() || line.text.trim_start().starts_with('#');
                if self.lines.last().is_some_and(is_taken) {
                    self.line_break(indent);
                    self.text(comment);
                } else if let Some(line) = self.lines.last_mut() {
                    line.comment = Some((*comment).to_owned());
                }
            }
            Doc::IfBroken(text) => {
                if broken {
                    self.text(text);
                }
            }
            Doc::Concat(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    let after = width_to_break(&parts[i + 1..], broken, after);
                    self.print(part, indent, broken, after);
                }
            }
            Doc::Indent(by, content) => self.print(content, indent + by, broken, after),
            Doc::Group { content, .. } => {
                let fits = match doc.flat_width() {
                    Some(width) => self.flat || self.column() + width + after <= WIDTH,
                    None => false,
                };
                self.print(content, indent, !fits, after);
            }
            Doc::Fill(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        let full = part
                            .flat_width()
                            .is_none_or(|width| self.column() + 1 + width > WIDTH);
                        if broken && full {
                            self.line_break(indent);
                        } else {
                            self.text(" ");
                        }
                    }
                    self.print(part, indent, false, 0);
                }
            }
        }
    }
}

/// The width up to the first possible break.
fn width_to_break(parts: &[Doc<'_>], broken: bool, after: usize) -> usize {
    let mut sum = 0;
    for part in parts {
        match part {
            Doc::Line | Doc::Soft if broken => return sum,
            Doc::Hard | Doc::Comment(_) => return sum,
            Doc::Group { .. } | Doc::Fill(_) | Doc::Indent(..) | Doc::Concat(_) => {
                // What follows may itself be broken, so only its first word counts.
                return sum + first_width(part);
            }
            _ => sum += part.flat_width().unwrap_or(0),
        }
    }
    sum + after
}

/// The width of a piece up to its first possible break.
fn first_width(doc: &Doc<'_>) -> usize {
    match doc {
        Doc::Text(text) => width(text),
        Doc::Raw(text) => text.lines().next().map_or(0, width),
        Doc::Line | Doc::Soft | Doc::Hard | Doc::Comment(_) | Doc::IfBroken(_) => 0,
        Doc::Concat(parts) | Doc::Fill(parts) => parts.first().map_or(0, first_width),
        Doc::Indent(_, content) | Doc::Group { content, .. } => first_width(content),
    }
}
