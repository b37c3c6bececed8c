//! Builds patterns, which select the places a rule applies to.

use super::super::ast::{CaptureFilter, Pattern, Segment, SegmentKind, Spanned};
use super::super::{report, text};
use super::{Builder, Node, Rule};

impl Builder<'_> {
    /// A pattern; without segments after reporting that it is missing.
    pub(super) fn pattern(&self, node: Node<'_>) -> Pattern {
        let span = self.span(&node);
        if node.as_rule() == Rule::no_path {
            self.report_missing(
                &node,
                "a place",
                Some("for example `brig.config.smtp` or `*.config`"),
            );
            return Pattern {
                span,
                segments: Vec::new(),
            };
        }
        let mut segments: Vec<Segment> = Vec::new();
        for part in node.into_inner() {
            let span = self.span(&part);
            let kind = match part.as_rule() {
                Rule::any => SegmentKind::Any,
                Rule::any_depth => SegmentKind::AnyDepth,
                Rule::segment_name | Rule::segment_key => {
                    SegmentKind::Key(self.any_name(&part).node)
                }
                Rule::position => self.position(part),
                Rule::capture => match self.capture(part) {
                    Some(kind) => kind,
                    None => continue,
                },
                Rule::dangling_dot => {
                    self.report_dangling_dot(&part);
                    continue;
                }
                _ => {
                    self.report_bad_segment(&part);
                    continue;
                }
            };
            segments.push(Segment { span, kind });
        }
        Pattern { span, segments }
    }

    fn position(&self, node: Node<'_>) -> SegmentKind {
        let opening = self.word_index(&node);
        let mut kind = SegmentKind::Any;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::number => match self.first_word_text(&part).parse() {
                    Ok(index) => kind = SegmentKind::Index(index),
                    Err(_) => self.report(self.error(
                        report::SYNTAX,
                        self.span(&part),
                        "a position must be a whole number, counted from 0",
                    )),
                },
                Rule::hole => self.report_missing(&part, "a position or `*`", None),
                Rule::not_closed => self.report_unclosed(&part, opening),
                _ => {}
            }
        }
        kind
    }

    fn capture(&self, node: Node<'_>) -> Option<SegmentKind> {
        let opening = self.word_index(&node);
        let mut name = None;
        let mut filter = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::regex => {
                    filter = Some(CaptureFilter::Regex(Spanned {
                        node: text::regex(self.first_word_text(&part)),
                        span: self.span(&part),
                    }));
                }
                Rule::expr | Rule::hole => filter = Some(CaptureFilter::OneOf(self.expr(part))),
                Rule::not_closed => self.report_unclosed(&part, opening),
                _ => name = self.name(&part, "a name for the key"),
            }
        }
        Some(SegmentKind::Capture {
            name: name?,
            filter,
        })
    }

    /// Reports `a.` with nothing after it.
    pub(super) fn report_dangling_dot(&self, node: &Node<'_>) {
        let next = self.word_index(node) + 1;
        self.first_report_at(next);
        self.report(
            self.error(report::SYNTAX, self.span(node), "expected a key after `.`")
                .with_help("write no spaces around a dot; quote a key that is not a name"),
        );
    }

    /// Reports `a.0` and `a."{b}"`.
    pub(super) fn report_bad_segment(&self, node: &Node<'_>) {
        let spelled = self.first_word_text(node);
        let help = if spelled.starts_with('"') {
            "put a computed key in brackets: `x[key]`".to_owned()
        } else {
            format!("put a position in brackets: `x[{spelled}]`")
        };
        self.report(
            self.error(report::SYNTAX, self.span(node), "invalid key after `.`")
                .with_help(help),
        );
    }
}
