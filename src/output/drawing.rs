//! Diagnostics drawn with their source lines: the `pretty` format, and how problems in rules and the configuration are shown.

use std::io::{self, Write};

use ariadne::{CharSet, Color, Config, Fmt, Label, Report, ReportKind};
use source::{Applicability, Diagnostic, Severity, SourceMap};

use crate::output::Style;
use crate::output::marks::group_marks;
use crate::output::prepared::PreparedSources;
use crate::output::text::{Place, sanitize};

/// Related places beyond this number are counted instead of drawn.
const MAX_RELATED: usize = 6;
/// Columns to the left of a source line: the line number and the frame.
const GUTTER: usize = 10;

/// Draws diagnostics one after the other, each followed by an empty line.
///
/// # Errors
/// If writing to `out` fails.
pub(crate) fn draw(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut renderer = Renderer::new(sources, style);
    for diagnostic in diagnostics {
        renderer.draw(diagnostic, &[], out)?;
    }
    Ok(())
}

/// Draws diagnostics over one set of sources.
pub(crate) struct Renderer<'a> {
    sources: &'a SourceMap,
    style: &'a Style,
    prepared: PreparedSources<'a>,
}

impl<'a> Renderer<'a> {
    /// Creates a renderer.
    pub(crate) fn new(sources: &'a SourceMap, style: &'a Style) -> Self {
        Self {
            sources,
            style,
            prepared: PreparedSources::new(sources),
        }
    }

    /// Draws one diagnostic: the message, the source lines, the help and fixes, then `more` (pairs of a label and a text).
    pub(crate) fn draw(
        &mut self,
        diagnostic: &Diagnostic,
        more: &[(&str, String)],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let color = severity_color(diagnostic.severity);
        let head = format!(
            "{}[{}]",
            diagnostic.severity,
            sanitize(diagnostic.code.as_str())
        );
        let message = sanitize(&diagnostic.message);
        if self.style.color {
            writeln!(
                out,
                "\u{1b}[1m{}\u{1b}[1m: {message}\u{1b}[0m",
                head.fg(color)
            )?;
        } else {
            writeln!(out, "{head}: {message}")?;
        }
        self.excerpts(diagnostic, color, out)?;
        if diagnostic.related.len() > MAX_RELATED && !self.style.verbose {
            let left = diagnostic.related.len() - MAX_RELATED;
            self.remark("note", &format!("and {left} more places"), out)?;
        }
        if let Some(help) = &diagnostic.help {
            self.remark("help", help, out)?;
        }
        for fix in &diagnostic.fixes {
            let word = match fix.applicability {
                Applicability::Safe => "fix available (safe)",
                Applicability::Unsafe => "fix available (unsafe)",
            };
            self.remark(word, &fix.title, out)?;
        }
        for (word, text) in more {
            self.remark(word, text, out)?;
        }
        writeln!(out)
    }

    /// Writes a labeled remark below the excerpt; later lines of `text` are indented.
    fn remark(&self, word: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut lines = text.trim_end().lines();
        let first = sanitize(lines.next().unwrap_or(""));
        if self.style.color {
            writeln!(out, "  {} {first}", format!("{word}:").fg(Color::Cyan))?;
        } else {
            writeln!(out, "  {word}: {first}")?;
        }
        for line in lines {
            writeln!(
                out,
                "  {:width$}  {}",
                "",
                sanitize(line),
                width = word.len()
            )?;
        }
        Ok(())
    }

    fn excerpts(
        &mut self,
        diagnostic: &Diagnostic,
        color: Color,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let most = if self.style.verbose {
            usize::MAX
        } else {
            MAX_RELATED
        };
        let groups = group_marks(diagnostic, self.sources, most);
        let max_width = self.style.width.saturating_sub(GUTTER).max(20);
        self.prepared.clear_cut();
        let mut labels = Vec::new();
        for (order, group) in groups.iter().enumerate() {
            let Some(placed) = self.prepared.place(group, order, max_width) else {
                let place = Place::of(self.sources, diagnostic.primary.span);
                return writeln!(
                    out,
                    "  at {}:{}:{}",
                    sanitize(&place.file),
                    place.line,
                    place.column
                );
            };
            for (mark, (excerpt, range)) in group.iter().zip(placed) {
                let color = if mark.primary { color } else { Color::Blue };
                let order = i32::try_from(order).unwrap_or(i32::MAX);
                let label = Label::new((excerpt, range.clone())).with_order(order);
                let Some(message) = mark.message else {
                    labels.push((label, None));
                    continue;
                };
                let message = match message {
                    // Ariadne underlines only labels that have a message.
                    "" => "here".into(),
                    text => sanitize(text),
                };
                let message = if self.style.color {
                    message.fg(color).to_string()
                } else {
                    message.into_owned()
                };
                let label = label
                    .with_message(message)
                    .with_color(color)
                    .with_priority(i32::from(mark.primary));
                labels.push((label, mark.primary.then_some((excerpt, range))));
            }
        }
        let Some(primary) = labels.iter().find_map(|(_, primary)| primary.clone()) else {
            return Ok(());
        };
        let config = Config::default()
            .with_color(self.style.color)
            .with_char_set(if self.style.unicode {
                CharSet::Unicode
            } else {
                CharSet::Ascii
            });
        let mut drawn = Vec::new();
        Report::build(ReportKind::Error, primary)
            .with_config(config)
            .with_labels(labels.into_iter().map(|(label, _)| label))
            .finish()
            .write(&mut self.prepared, &mut drawn)?;
        // The first line is ariadne's own headline; trailing frame padding is trimmed.
        let drawn = String::from_utf8_lossy(&drawn);
        for line in drawn.lines().skip(1) {
            if self.style.color {
                writeln!(out, "{}", simplify_colors(line))?;
            } else {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

/// Adapts ariadne's colors to any background: ariadne draws text in a gray that is unreadable on white, and colors each
/// character separately. The only escapes in `line` are ariadne's.
fn simplify_colors(line: &str) -> String {
    let mut simplified = String::with_capacity(line.len());
    let (mut current, mut wanted) = ("", "");
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((code, after)) = rest
            .strip_prefix("\u{1b}[")
            .and_then(|it| it.split_once('m'))
        {
            wanted = match code {
                "0" | "38;5;249" => "",
                "38;5;246" | "38;5;240" => "90",
                code => code,
            };
            rest = after;
            continue;
        }
        if wanted != current {
            let reset = if current.is_empty() { "" } else { "\u{1b}[0m" };
            simplified.push_str(reset);
            if !wanted.is_empty() {
                simplified.push_str("\u{1b}[");
                simplified.push_str(wanted);
                simplified.push('m');
            }
            current = wanted;
        }
        simplified.push(c);
        rest = &rest[c.len_utf8()..];
    }
    simplified.truncate(simplified.trim_end().len());
    if !current.is_empty() {
        simplified.push_str("\u{1b}[0m");
    }
    simplified
}

/// The color of a severity, also used by the summary.
pub(crate) fn severity_color(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Info => Color::Cyan,
    }
}
