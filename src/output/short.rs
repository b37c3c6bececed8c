//! `short`: one line per finding in codespan-reporting's short style, without a summary, so that editors can parse all of it.
//!
//! `info` is written as `note`, which compilers use and editors recognize.

use std::io::{self, Write};
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label, Severity as Level};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Config, DisplayStyle, Styles, StylesWriter, termcolor::Ansi};
use lint::report::Report;
use source::{Severity, Source, SourceId, SourceMap};

use crate::output::Style;
use crate::output::text::{display_path, sanitize};

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let files = Sources(&report.sources);
    let config = Config {
        display_style: DisplayStyle::Short,
        ..Config::default()
    };
    let styles = Styles::default();
    for finding in &report.findings {
        let diagnostic = &finding.diagnostic;
        let level = match diagnostic.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Note,
        };
        let span = diagnostic.primary.span;
        let short = Diagnostic::new(level)
            .with_code(sanitize(diagnostic.code.as_str()))
            .with_message(sanitize(&diagnostic.message))
            .with_label(Label::primary(span.source, span.range()));
        let written = if style.color {
            let mut ansi = StylesWriter::new(Ansi::new(&mut *out), &styles);
            term::emit_to_write_style(&mut ansi, &config, &files, &short)
        } else {
            term::emit_to_io_write(out, &config, &files, &short)
        };
        written.map_err(|error| match error {
            Error::Io(error) => error,
            other => io::Error::other(other.to_string()),
        })?;
    }
    Ok(())
}

/// Adapts the sources of a report to codespan-reporting. Columns count characters.
struct Sources<'a>(&'a SourceMap);

impl Sources<'_> {
    fn at(&self, id: SourceId, offset: usize) -> source::LineCol {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let lines = self.0.get(id).lines();
        lines.place(offset)
    }
}

impl<'a> Files<'a> for Sources<'a> {
    type FileId = SourceId;
    type Name = String;
    type Source = &'a str;

    fn name(&'a self, id: SourceId) -> Result<String, Error> {
        Ok(sanitize(&display_path(&self.0.get(id).path)).into_owned())
    }

    fn source(&'a self, id: SourceId) -> Result<&'a str, Error> {
        let source: &'a Source = self.0.get(id);
        Ok(&source.text)
    }

    fn line_index(&'a self, id: SourceId, offset: usize) -> Result<usize, Error> {
        Ok(self.at(id, offset).line as usize)
    }

    fn column_number(&'a self, id: SourceId, _: usize, offset: usize) -> Result<usize, Error> {
        Ok(self.at(id, offset).column as usize + 1)
    }

    fn line_range(&'a self, id: SourceId, line: usize) -> Result<Range<usize>, Error> {
        let lines = self.0.get(id).lines();
        let range = u32::try_from(line).ok().and_then(|it| lines.line_range(it));
        let missing = Error::LineTooLarge {
            given: line,
            max: lines.line_count() as usize,
        };
        range
            .map(|range| range.start as usize..range.end as usize)
            .ok_or(missing)
    }
}
