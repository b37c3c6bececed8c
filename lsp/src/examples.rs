//! Runs the examples of rules while they are edited, and shows failures at their lines.

use std::path::Path;

use lang::parse::ast::ItemKind;
use lint::examples::{Options, RuleTest, Tester};
use serde_json::{Value, json};
use source::Span;
use tower_lsp_server::ls_types as lsp;

use crate::convert::{SOURCE, severity};
use crate::documents::is_rule_file;
use crate::session::Session;

/// Only the first rules of a file, up to this number, have their examples run.
const MAX_RULES: usize = 50;

impl Session {
    /// The failing examples of a rule file, as diagnostics.
    pub(crate) fn example_diagnostics(&self, path: &Path) -> Vec<lsp::Diagnostic> {
        let (true, Some(document)) = (is_rule_file(path), self.documents.at(path)) else {
            return Vec::new();
        };
        let tests = self.run_tests(path, None);
        let problems = tests.iter().flat_map(RuleTest::problems);
        let diagnostics = problems.map(|it| {
            let mut message = it.message.clone();
            if let Some(help) = &it.help {
                message.push_str("\nhelp: ");
                message.push_str(help);
            }
            lsp::Diagnostic {
                range: document.range(it.primary.span, self.client.encoding),
                severity: Some(severity(it.severity)),
                code: Some(lsp::NumberOrString::String(it.code.as_str().to_owned())),
                source: Some(SOURCE.to_owned()),
                message,
                ..lsp::Diagnostic::default()
            }
        });
        diagnostics.collect()
    }

    /// Runs the examples of all rules of a file, or of one rule.
    fn run_tests(&self, path: &Path, only: Option<&str>) -> Vec<RuleTest> {
        let book = self.project.rules_of(path);
        let Some(file) = book
            .files
            .iter()
            .find(|file| file.file.as_deref() == Some(path))
        else {
            return Vec::new();
        };
        let rules = file.ast().items.iter().filter_map(|item| match &item.kind {
            ItemKind::Rule(rule) if !item.damaged => Some(&rule.name.node),
            ItemKind::Rule(_)
            | ItemKind::Let(_)
            | ItemKind::Param(_)
            | ItemKind::Fn(_)
            | ItemKind::Chart(_)
            | ItemKind::Use(_) => None,
        });
        let selected = rules.filter(|id| only.is_none_or(|only| *id == only));
        let ids: Vec<String> = selected.take(MAX_RULES).cloned().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        Tester::new(std::sync::Arc::clone(&book)).test_all(&ids, Options::default())
    }

    /// Runs the examples of a rule and shows the outcome.
    pub(crate) fn run_examples(&mut self, path: &Path, rule: &str) -> Option<Value> {
        let tests = self.run_tests(path, Some(rule));
        let test = tests.first()?;
        let held = test
            .examples
            .iter()
            .filter(|example| example.holds())
            .count();
        let all = test.examples.len();
        let text = match (test.broken, held == all) {
            (true, _) => format!("`{rule}` has errors, so its examples were not run"),
            (false, true) => format!("`{rule}`: {all} of {all} examples pass"),
            (false, false) => format!("`{rule}`: {held} of {all} examples pass"),
        };
        let kind = if held == all && !test.broken {
            lsp::MessageType::INFO
        } else {
            lsp::MessageType::ERROR
        };
        self.show(kind, &text);
        let examples: Vec<Value> = test
            .examples
            .iter()
            .map(|example| {
                let problems: Vec<&str> = example.problems.iter().map(|it| it.message.as_str()).collect();
                json!({"title": example.title, "holds": example.holds(), "problems": problems, "range": self.range_at(path, example.span)})
            })
            .collect();
        Some(
            json!({"rule": rule, "held": held, "all": all, "broken": test.broken, "examples": examples}),
        )
    }

    fn range_at(&self, path: &Path, span: Span) -> Option<lsp::Range> {
        Some(self.documents.at(path)?.range(span, self.client.encoding))
    }
}
