//! The output formats: each is a pure function of a report; the same report gives the same bytes.
//!
//! INVARIANT: no file is read here. Source lines come from `Report::sources`, in which secrets are masked. Adding a
//! format touches only its own file and its lines in this one.

pub(crate) mod counts;
mod drawing;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod marks;
pub(crate) mod pages;
mod prepared;
mod pretty;
mod sarif;
mod short;
mod style;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use lint::report::Report;

pub(crate) use drawing::draw;
pub(crate) use style::Style;
pub(crate) use text::{Place, Sanitizer, display_path, sanitize, sanitize_lines};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people at a terminal: source lines with messages, then a summary
    Pretty,
    /// One line per finding, `file:line:column: error[rule]: message`, as editors expect it
    Short,
    /// The whole report, for programs; see docs/schemas/report.schema.json
    Json,
    /// SARIF 2.1.0, for code scanning services
    Sarif,
    /// JUnit XML: a test case for each rule
    Junit,
    /// GitHub workflow annotations
    Github,
    /// GitLab code quality report
    Gitlab,
    /// A single page for a browser, with filters and charts
    Html,
}

impl Format {
    /// Does the format lack a place for files left out and notes?
    pub(crate) fn has_findings_only(self) -> bool {
        matches!(
            self,
            Self::Short | Self::Junit | Self::Github | Self::Gitlab
        )
    }

    /// Does the format show fixes? Computing them takes longer than finding the problems.
    pub(crate) fn shows_fixes(self) -> bool {
        match self {
            Self::Pretty | Self::Json | Self::Sarif | Self::Html => true,
            Self::Short | Self::Junit | Self::Github | Self::Gitlab => false,
        }
    }
}

/// Writes `report` in `format`. The output depends only on the format, the report and the style.
///
/// # Errors
/// If writing to `out` fails.
pub(crate) fn write(
    format: Format,
    report: &Report,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Pretty => pretty::write(report, style, out),
        Format::Short => short::write(report, style, out),
        Format::Json => json::write(report, style, out),
        Format::Sarif => sarif::write(report, style, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Html => html::write(report, style, out),
    }
}

/// The value of one `--format`: a format, and the file to write it to unless that is standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The format.
    pub(crate) format: Format,
    /// The file to write to; `None` is standard output.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for Target {
    type Err = String;

    /// Parses `FORMAT` or `FORMAT=FILE`; the file `-` is standard output.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("missing filename after `{text}`")),
            Some((name, file)) => (name, Some(file)),
            None => (text, None),
        };
        let format = Format::from_str(name, false).map_err(|_| {
            let known = Format::value_variants().iter();
            let known = known.filter_map(ValueEnum::to_possible_value);
            let known: Vec<_> = known.map(|it| it.get_name().to_owned()).collect();
            format!(
                "unknown format `{name}`; expected one of {}",
                known.join(", ")
            )
        })?;
        Ok(Self {
            format,
            file: file.filter(|file| *file != "-").map(PathBuf::from),
        })
    }
}
