//! What is read from a `dogwatch.yaml`, and the diagnostics for mistakes in it.

mod mistakes;
mod schema;
mod settings;

use source::{Diagnostic, Source, SourceId};
use values::yaml::Document;

use super::{Config, read};

/// The settings of a text, and its diagnostics.
fn config(text: &str) -> (Config, Vec<Diagnostic>) {
    let source = SourceId(0);
    read(source, &Document::parse(source, text))
}

/// The settings of a text that must have no mistakes.
fn clean(text: &str) -> Config {
    let (config, diagnostics) = config(text);
    assert_eq!(render(text, &diagnostics), "");
    config
}

/// Diagnostics, one per line: `line:text at the position: code: message; help`.
fn render(text: &str, diagnostics: &[Diagnostic]) -> String {
    let source = Source::new("dogwatch.yaml", text);
    let line = |it: &Diagnostic| {
        let before = &text[..it.primary.span.start as usize];
        let number = before.matches('\n').count() + 1;
        let place = source.slice(it.primary.span).lines().next().unwrap_or("");
        let help = it.help.as_ref().map(|it| format!("; {it}"));
        let help = help.unwrap_or_default();
        format!("{number}:{place}: {}: {}{help}", it.code, it.message)
    };
    let lines: Vec<String> = diagnostics.iter().map(line).collect();
    lines.join("\n")
}
