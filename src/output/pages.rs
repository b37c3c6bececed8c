//! The pages that `dogwatch docs` writes: one for each rule, generated from its file and the findings of its examples,
//! and an index.
//!
//! INVARIANT: HTML written by a rule's author is shown, never rendered; pages load nothing but the style sheet next to them.

use std::fmt::Write as _;
use std::io;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html::push_html};
use source::{Diagnostic, SourceMap, Span};

use crate::output::html::{CSS, excerpt};
use crate::output::marks::Mark;
use crate::output::text::{escape_markup, prose_html, safe_url};

/// The style sheet shared by all pages: that of the report, and additions for rule pages.
pub(crate) fn stylesheet() -> String {
    format!("{CSS}{}", include_str!("pages/page.css"))
}

/// The filename of the style sheet.
pub(crate) const STYLESHEET: &str = "style.css";

/// The data for a rule's page.
pub(crate) struct RulePage<'a> {
    /// The rule's id; its page is `<id>.html`.
    pub(crate) id: &'a str,
    /// Its pack.
    pub(crate) pack: &'a str,
    /// The first sentence of its documentation.
    pub(crate) summary: &'a str,
    /// Its documentation, in Markdown.
    pub(crate) docs: &'a str,
    /// `error, info in demo`.
    pub(crate) severity: String,
    /// Tags to select it by.
    pub(crate) tags: &'a [String],
    /// The guidance: titles and URLs.
    pub(crate) guidance: &'a [(String, Option<String>)],
    /// The chart versions it applies to.
    pub(crate) charts: Option<String>,
    /// Its source text.
    pub(crate) text: Span,
    /// Its examples and their findings.
    pub(crate) examples: Vec<PageExample<'a>>,
}

/// An example on a page.
pub(crate) struct PageExample<'a> {
    /// Its heading, such as `Fails`.
    pub(crate) word: &'a str,
    /// The scenario it shows.
    pub(crate) title: &'a str,
    /// The text between the fences.
    pub(crate) text: Span,
    /// The rule's findings, with positions in that text.
    pub(crate) findings: &'a [Diagnostic],
}

impl RulePage<'_> {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("pack", self.pack.to_owned()),
            ("severity", self.severity.clone()),
        ];
        if !self.tags.is_empty() {
            facts.push(("tags", self.tags.join(", ")));
        }
        facts.extend(self.charts.clone().map(|charts| ("charts", charts)));
        facts
    }
}

/// Renders the page of a rule as HTML.
///
/// # Errors
/// None in practice: it writes to memory.
pub(crate) fn html(page: &RulePage<'_>, sources: &SourceMap) -> io::Result<String> {
    let mut out = Vec::new();
    let body: &mut dyn io::Write = &mut out;
    writeln!(
        body,
        r#"<header><h1><a href="index.html">rules</a></h1>
<p class="verdict"><code>{}</code></p>
<dl class="facts">"#,
        escape_markup(page.id)
    )?;
    for (word, text) in page.facts() {
        writeln!(body, "<dt>{word}</dt><dd>{}</dd>", escape_markup(&text))?;
    }
    for (title, address) in page.guidance {
        let title = escape_markup(title);
        match address.as_deref().and_then(safe_url) {
            Some(address) => writeln!(
                body,
                r#"<dt>guidance</dt><dd><a href="{}">{title}</a></dd>"#,
                escape_markup(&address)
            )?,
            None => writeln!(body, "<dt>guidance</dt><dd>{title}</dd>")?,
        }
    }
    writeln!(
        body,
        "</dl></header>\n<main>\n<div class=\"docs\">{}</div>",
        markdown_to_html(page.docs)
    )?;
    if !page.examples.is_empty() {
        writeln!(body, "<h2>Examples</h2>")?;
    }
    for example in &page.examples {
        let (word, title) = (escape_markup(example.word), prose_html(example.title));
        let colon = if title.is_empty() { "" } else { ": " };
        writeln!(
            body,
            "<section class=\"example\"><h3>{word}{colon}{title}</h3>"
        )?;
        example_text(example, sources, body)?;
        let helps = example.findings.iter().filter_map(|it| it.help.as_deref());
        let mut helps: Vec<_> = helps.collect();
        helps.dedup();
        for help in helps {
            writeln!(
                body,
                r#"<dl class="advice"><dt>help</dt><dd>{}</dd></dl>"#,
                prose_html(help)
            )?;
        }
        writeln!(body, "</section>")?;
    }
    let allow = format!(
        "# dogwatch: allow {} until 2030-12-31 -- the reason",
        page.id
    );
    writeln!(
        body,
        "<h2>Allow it in one place</h2>\n<p>Put this comment above the line, with your reason:</p>\n<pre> {}</pre>\n<details><summary>The rule itself</summary><pre class=\"rule\">{}</pre></details>\n</main>",
        escape_markup(&allow),
        excerpt::code(sources.slice(page.text).trim_end()),
    )?;
    Ok(html_page(page.id, &String::from_utf8_lossy(&out)))
}

/// Renders the index of rules as HTML, grouped by pack.
pub(crate) fn html_index(pages: &[RulePage<'_>]) -> String {
    let mut body = String::new();
    let _ = writeln!(
        body,
        "<header><h1>dogwatch</h1><p class=\"verdict\">{} rules</p></header>\n<main>",
        pages.len()
    );
    for (pack, pages) in by_pack(pages) {
        let _ = writeln!(
            body,
            "<h2>{}</h2>\n<div class=\"wide\"><table><tr><th>rule</th><th>requirement</th><th>severity</th></tr>",
            escape_markup(pack)
        );
        for page in pages {
            let id = escape_markup(page.id);
            let _ = writeln!(
                body,
                r#"<tr><td><a href="{id}.html"><code>{id}</code></a></td><td>{}</td><td>{}</td></tr>"#,
                prose_html(page.summary),
                escape_markup(&page.severity)
            );
        }
        body.push_str("</table></div>\n");
    }
    body.push_str("</main>");
    html_page("rules", &body)
}

/// Renders the page of a rule as Markdown. Examples are kept as written, including the marks that show where a finding is.
pub(crate) fn markdown(page: &RulePage<'_>, sources: &SourceMap) -> String {
    let mut out = format!("# {}\n\n{}\n\n", page.id, page.docs.trim());
    for (word, text) in page.facts() {
        let _ = writeln!(out, "- {word}: {text}");
    }
    for (title, address) in page.guidance {
        let _ = match address.as_deref().and_then(safe_url) {
            Some(address) => writeln!(out, "- guidance: [{}](<{address}>)", escape_markdown(title)),
            None => writeln!(out, "- guidance: {}", escape_markdown(title)),
        };
    }
    for example in &page.examples {
        let colon = if example.title.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "\n## {}{colon}{}\n", example.word, example.title);
        let lines: Vec<_> = lines(sources.slice(example.text))
            .into_iter()
            .map(|(_, line)| line)
            .collect();
        let text = lines.join("\n");
        // The fence must be longer than any run of backticks in the text.
        let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
        let _ = writeln!(out, "{fence}yaml\n{text}\n{fence}");
        for finding in example.findings {
            let help = finding
                .help
                .as_deref()
                .map_or_else(String::new, |it| format!(" ({it})"));
            let _ = writeln!(
                out,
                "\n> {}: {}{}",
                finding.severity,
                finding.message,
                help.replace('\n', " ")
            );
        }
    }
    out
}

/// Renders the index of rules as Markdown.
pub(crate) fn markdown_index(pages: &[RulePage<'_>]) -> String {
    let mut out = "# Rules\n".to_owned();
    for (pack, pages) in by_pack(pages) {
        let _ = writeln!(
            out,
            "\n## {pack}\n\n| rule | requirement | severity |\n|---|---|---|"
        );
        for page in pages {
            let summary = page.summary.replace('\n', " ").replace('|', "\\|");
            let _ = writeln!(
                out,
                "| [`{0}`]({0}.md) | {summary} | {1} |",
                page.id, page.severity
            );
        }
    }
    out
}

fn by_pack<'p, 'a>(pages: &'p [RulePage<'a>]) -> Vec<(&'p str, Vec<&'p RulePage<'a>>)> {
    let mut packs: std::collections::BTreeMap<&str, Vec<&RulePage<'a>>> = Default::default();
    for page in pages {
        packs.entry(page.pack).or_default().push(page);
    }
    packs.into_iter().collect()
}

fn html_page(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
<link rel="stylesheet" href="{STYLESHEET}">
</head>
<body>
{body}
</body>
</html>
"#,
        escape_markup(title)
    )
}

/// Converts Markdown to HTML. HTML in it is shown as text; links may only lead to the web or to other rule pages.
fn markdown_to_html(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: safe_link(dest_url),
            title,
            id,
        }),
        // Do not load images from other sites.
        Event::Start(Tag::Image {
            link_type,
            title,
            id,
            ..
        }) => Event::Start(Tag::Image {
            link_type,
            dest_url: CowStr::Borrowed(""),
            title,
            id,
        }),
        other => other,
    });
    let mut html = String::new();
    push_html(&mut html, events);
    html
}

fn safe_link(address: CowStr<'_>) -> CowStr<'_> {
    let relative = address
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-._#/".contains(c));
    if relative || safe_url(&address).is_some() {
        address
    } else {
        CowStr::Borrowed("")
    }
}

/// The lines of an example, each with its offset, without the shared indentation and without empty lines at either end.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut start = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.split('\n') {
        lines.push((start, line.trim_end()));
        start += line.len() + 1;
    }
    let filled = lines
        .iter()
        .map(|(_, line)| *line)
        .filter(|line| !line.is_empty());
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = filled.map(indent).min().unwrap_or(0);
    let first = lines
        .iter()
        .position(|(_, line)| !line.is_empty())
        .unwrap_or(lines.len());
    let last = lines
        .iter()
        .rposition(|(_, line)| !line.is_empty())
        .map_or(first, |at| at + 1);
    let kept = lines.get(first..last).unwrap_or(&[]).iter();
    kept.map(|(at, line)| {
        (
            at + shared.min(line.len()),
            line.get(shared..).unwrap_or(""),
        )
    })
    .collect()
}

/// Is this a mark, such as `#   ^^^^ words`, that states where a finding must be?
fn is_marks(line: &str) -> bool {
    let rest = line.trim_start().strip_prefix('#');
    rest.is_some_and(|it| it.trim_start().starts_with('^'))
}

/// Writes the text of an example with its findings marked.
fn example_text(
    example: &PageExample<'_>,
    sources: &SourceMap,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let source = example.text.source;
    let base = example.text.start as usize;
    let whole = &*sources.get(source).text;
    let mut marks = Vec::new();
    for finding in example.findings {
        marks.push(Mark::new(
            sources,
            finding.primary.span,
            &finding.message,
            true,
        ));
        for label in &finding.related {
            marks.push(Mark::new(sources, label.span, &label.message, false));
        }
    }
    write!(out, "<pre>")?;
    for (at, line) in lines(sources.slice(example.text)) {
        if is_marks(line) {
            continue;
        }
        let start = base + at;
        let end = start + line.len();
        let here: Vec<_> = marks
            .iter()
            .filter(|it| it.source == source && start <= it.bytes.start && it.bytes.start <= end)
            .collect();
        let class = if here.iter().any(|it| it.primary) {
            "row at"
        } else {
            "row"
        };
        write!(out, r#"<span class="{class}">"#)?;
        excerpt::write_marked_text(whole, start..end, &here, out)?;
        excerpt::write_remarks(&here, out)?;
        if line.is_empty() {
            writeln!(out)?;
        }
        write!(out, "</span>")?;
    }
    writeln!(out, "</pre>")
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn escape_markdown(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]")
}
