//! `dogwatch docs DIR`: writes a page for each rule, as HTML and as Markdown, with the findings of its examples.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use ::lint::examples::{Options, Tester};
use anyhow::Context as _;

use super::explain::{chart_versions, example_heading, severities};
use super::{Status, pluralize, print_to_stderr, project, rules_settings};
use crate::args::Docs;
use crate::output::pages::{self, PageExample, RulePage};

pub(super) fn run(args: &Docs) -> anyhow::Result<Status> {
    let settings = rules_settings(&args.place)?;
    let at = settings.paths.first().cloned().unwrap_or_default();
    let book = project(settings).rules_of(&at);
    let mut rules: Vec<_> = book.rules().collect();
    rules.sort_by_key(|(.., rule)| rule.name.node.as_str());
    let ids: Vec<String> = rules
        .iter()
        .map(|(.., rule)| rule.name.node.clone())
        .collect();
    let tests = Tester::new(Arc::clone(&book)).test_all(&ids, Options::default());
    let mut pages = Vec::new();
    let mut broken = false;
    for ((file, item, rule), test) in rules.iter().zip(&tests) {
        let id = rule.name.node.as_str();
        let Some(info) = book
            .program
            .find(id)
            .and_then(|at| book.program.rules().get(at))
        else {
            print_to_stderr(&format!(
                "`{id}` has errors and gets no page: run `dogwatch check`"
            ));
            broken = true;
            continue;
        };
        let examples = rule.examples.iter().zip(&test.examples);
        pages.push(RulePage {
            id,
            pack: &file.pack,
            summary: info.summary(),
            docs: &info.docs,
            severity: severities(info),
            tags: &info.tags,
            guidance: &info.sources,
            charts: chart_versions(info),
            text: item.span,
            examples: examples
                .map(|(example, test)| PageExample {
                    word: example_heading(example.expect),
                    title: test.title.as_deref().unwrap_or(""),
                    text: example.text.span,
                    findings: &test.findings,
                })
                .collect(),
        });
    }
    let folder = &args.folder;
    fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    for page in &pages {
        write_file(
            folder,
            &format!("{}.html", page.id),
            &pages::html(page, book.sources())?,
        )?;
        write_file(
            folder,
            &format!("{}.md", page.id),
            &pages::markdown(page, book.sources()),
        )?;
    }
    write_file(folder, "index.html", &pages::html_index(&pages))?;
    write_file(folder, "index.md", &pages::markdown_index(&pages))?;
    write_file(folder, pages::STYLESHEET, &pages::stylesheet())?;
    let written = pluralize(pages.len(), "rule");
    writeln!(
        io::stdout(),
        "{written} documented in {}",
        folder.join("index.html").display()
    )?;
    Ok(if broken { Status::Usage } else { Status::Clean })
}

/// Writes a file to the folder.
fn write_file(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    let what = || format!("{} cannot be written", path.display());
    let mut file = File::create(&path).with_context(what)?;
    file.write_all(text.as_bytes()).with_context(what)
}
