//! Converts findings, whose places are byte spans in numbered texts, to what editors show.

use std::path::Path;

use lint::finding::{Finding, Origin};
use lint::report::Report;
use lint::tree::Tree;
use serde_json::json;
use source::{Severity, Source, SourceId, Span};
use tower_lsp_server::ls_types as lsp;

use crate::lint_result::LintResult;
use crate::position;
use crate::session::Session;

/// The source name of diagnostics.
pub(crate) const SOURCE: &str = "dogwatch";

/// The URI scheme of documents that are not on disk: effective values and built-in rules.
pub(crate) const SCHEME: &str = "dogwatch";

impl Session {
    /// The range of a span in a text. If the file is open, the open text decides: the text that was linted may have its secrets masked,
    /// which shifts the columns after them.
    pub(crate) fn range_in(&self, path: Option<&Path>, text: &Source, span: Span) -> lsp::Range {
        let encoding = self.client.encoding;
        match path.and_then(|path| self.documents.at(path)) {
            Some(document) => document.range(span, encoding),
            None => {
                let range = position::range_of(&text.text, text.lines(), span, encoding);
                position::without_bom(&text.text, range, encoding)
            }
        }
    }

    /// The location of a span of a report.
    pub(crate) fn location_in_report(
        &self,
        result: &LintResult,
        span: Span,
    ) -> Option<lsp::Location> {
        let report = &result.report;
        let path = report.file(span.source).map(|path| path.as_path());
        let masked = report.sources.get(span.source);
        let real = path.and_then(|path| {
            let mut files = result.trees.iter().filter_map(|tree| tree.files.get(path));
            files.next().map(|file| &file.source)
        });
        self.location(path, real.unwrap_or(masked), span)
    }

    /// The location of a span of a tree or of its rules.
    pub(crate) fn location_in_tree(&self, tree: &Tree, span: Span) -> Option<lsp::Location> {
        let text = tree.source(span.source)?;
        self.location(tree.path_of(span.source), &text, span)
    }

    /// The location of a span of a text; `None` if the text is not a file, unless the client can show virtual documents.
    pub(crate) fn location(
        &self,
        path: Option<&Path>,
        text: &Source,
        span: Span,
    ) -> Option<lsp::Location> {
        let uri = match path {
            Some(path) => self.uri_of(path)?,
            None if self.settings.virtual_documents => {
                let path = text.path.to_string_lossy().replace('\\', "/");
                format!("{SCHEME}:///{path}").parse().ok()?
            }
            None => return None,
        };
        Some(lsp::Location::new(uri, self.range_in(path, text, span)))
    }

    /// The diagnostic for a finding in a file. If the finding's primary place is in another file, it is shown at its related place in this
    /// one.
    pub(crate) fn to_diagnostic(
        &self,
        result: &LintResult,
        finding: &Finding,
        file: SourceId,
    ) -> Option<lsp::Diagnostic> {
        let diagnostic = &finding.diagnostic;
        let mut places = vec![(diagnostic.primary.span, diagnostic.primary.message.as_str())];
        places.extend(
            diagnostic
                .related
                .iter()
                .map(|it| (it.span, it.message.as_str())),
        );
        let own = places.iter().position(|(span, _)| span.source == file)?;
        let (span, label) = places.remove(own);
        let range = self.location_in_report(result, span)?.range;
        let related: Vec<_> = places
            .into_iter()
            .filter_map(|(span, label)| {
                Some(lsp::DiagnosticRelatedInformation {
                    location: self.location_in_report(result, span)?,
                    message: if label.is_empty() {
                        diagnostic.message.clone()
                    } else {
                        label.to_owned()
                    },
                })
            })
            .collect();
        let mut message = diagnostic.message.clone();
        if !label.is_empty() {
            message.push('\n');
            message.push_str(label);
        }
        if let Some(help) = &diagnostic.help {
            message.push_str("\nhelp: ");
            message.push_str(help);
        }
        let has_related = self
            .client
            .can("/textDocument/publishDiagnostics/relatedInformation");
        Some(lsp::Diagnostic {
            range,
            severity: Some(severity(diagnostic.severity)),
            code: Some(lsp::NumberOrString::String(
                diagnostic.code.as_str().to_owned(),
            )),
            code_description: rule_link(&result.report, diagnostic.code.as_str())
                .and_then(|url| url.parse().ok())
                .map(|href| lsp::CodeDescription { href }),
            source: Some(SOURCE.to_owned()),
            message,
            related_information: (has_related && !related.is_empty()).then_some(related),
            tags: tags(finding),
            data: Some(json!({
                "fingerprint": finding.fingerprint,
                "rule": matches!(finding.origin, Origin::Rule).then_some(diagnostic.code.as_str()),
                "path": finding.path,
                "fixes": finding.repairs.len().max(diagnostic.fixes.len()),
            })),
        })
    }
}

/// The link for more about a rule: its page, if the configuration says where pages are, or else the guidance that it encodes.
pub(crate) fn rule_link<'r>(report: &'r Report, rule: &str) -> Option<&'r str> {
    report.rules.get(rule)?.link()
}

pub(crate) fn severity(severity: Severity) -> lsp::DiagnosticSeverity {
    match severity {
        Severity::Error => lsp::DiagnosticSeverity::ERROR,
        Severity::Warning => lsp::DiagnosticSeverity::WARNING,
        Severity::Info => lsp::DiagnosticSeverity::INFORMATION,
    }
}

/// Maps the tags of a rule to the editor's: unused text is faded, deprecated text struck through.
fn tags(finding: &Finding) -> Option<Vec<lsp::DiagnosticTag>> {
    let has = |names: &[&str]| {
        let mut tags = finding.tags.iter();
        tags.any(|tag| names.contains(&tag.as_str()))
            || names.contains(&finding.diagnostic.code.as_str())
    };
    let mut out = Vec::new();
    if has(&["unnecessary", "unused", "unused-suppression", "unused-name"]) {
        out.push(lsp::DiagnosticTag::UNNECESSARY);
    }
    if has(&["deprecated", "moved"]) {
        out.push(lsp::DiagnosticTag::DEPRECATED);
    }
    (!out.is_empty()).then_some(out)
}
