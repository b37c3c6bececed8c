//! Completion in values files: keys and values that charts declare, names of services and hosts, rules to allow.
//!
//! The context is read from the lines above the cursor, not from the tree: the text is rarely valid while a word is being typed.

use std::collections::BTreeSet;

use lang::charts::{KeyDecl, KeyType, Literal};
use lint::report::Report;
use tower_lsp_server::ls_types as lsp;
use values::merged::{NodeRef, Shape, View};
use values::path::PathStep;

use super::declared::{keys_at, type_text, types_at};
use super::host_keys::is_host_key;
use super::layers::FileLayer;

/// The maximum number of lines searched upwards.
const MAX_LINES: usize = 200_000;

/// A completion proposal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proposal {
    pub(crate) label: String,
    pub(crate) kind: lsp::CompletionItemKind,
    pub(crate) detail: Option<String>,
    pub(crate) docs: Option<String>,
    pub(crate) insert: String,
    pub(crate) deprecated: bool,
}

impl Proposal {
    pub(crate) fn new(label: impl Into<String>, kind: lsp::CompletionItemKind) -> Self {
        let label = label.into();
        Self {
            insert: label.clone(),
            label,
            kind,
            detail: None,
            docs: None,
            deprecated: false,
        }
    }
}

/// The kind of text being typed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Context {
    /// A key of the map at the path.
    Key { path: Vec<PathStep>, indent: usize },
    /// The value at the path.
    Value { path: Vec<PathStep> },
    /// The first word of the list item at the path: a key of a map, or the value.
    Item { path: Vec<PathStep> },
    /// The word after `# dogwatch:`, such as `allow`.
    Directive,
    /// The rule in `# dogwatch: allow …`.
    Allow,
    /// Nothing that can be completed.
    Other,
}

/// The byte range that a proposal replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// The first byte.
    pub(crate) start: usize,
    /// The end, exclusive; the cursor may be before it.
    pub(crate) end: usize,
    /// A colon follows, so the word is already a key.
    pub(crate) is_key: bool,
}

impl Word {
    /// The word around an offset, given its start.
    pub(crate) fn around(text: &str, start: usize, offset: usize) -> Self {
        let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let rest = &text[offset..];
        let end = offset + rest.find(|c| !part(c)).unwrap_or(rest.len());
        Self {
            start,
            end,
            is_key: false,
        }
    }

    /// The scalar around an offset, with its quotes: a proposal is written as a plain scalar, or has quotes of its own.
    fn scalar(text: &str, start: usize, offset: usize) -> Self {
        let opening = text[start..].chars().next().filter(|it| is_quote(*it));
        let end = opening.and_then(|quote| {
            let inside = offset.max(start + 1);
            let is_open = !text[start + 1..inside].contains(quote);
            // A quote after the end of the entry would be that of another scalar.
            let at = text[inside..].find([quote, ',', '#', '\n'])?;
            let closes = is_open && text[inside + at..].starts_with(quote);
            closes.then_some(inside + at + 1)
        });
        let word = Self::around(text, start, offset);
        Self {
            end: end.unwrap_or(word.end),
            ..word
        }
    }

    /// The key around an offset: everything up to the colon after it, if there is one.
    fn key(text: &str, start: usize, offset: usize) -> Self {
        let line = text[start..].split(['\n', '\r']).next().unwrap_or("");
        // In `{a: 1, b: 2}` the key ends with its entry.
        let entry = line
            .split([',', '}', '{', '[', ']', '#'])
            .next()
            .unwrap_or("");
        match colon(entry).map(|at| start + at) {
            Some(colon) if offset <= colon => Self {
                start,
                end: start + text[start..colon].trim_end().len().max(offset - start),
                is_key: true,
            },
            _ => Self::scalar(text, start, offset),
        }
    }

    /// The quote that the word starts with.
    pub(crate) fn quote(&self, text: &str) -> Option<char> {
        text.get(self.start..self.end)?
            .chars()
            .next()
            .filter(|it| is_quote(*it))
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

/// The context at an offset, and the word around it.
pub(crate) fn context_at(text: &str, offset: usize) -> (Context, Word) {
    // A byte order mark is not part of the first key.
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    if mark > 0 && offset >= mark {
        let (context, word) = context_at(&text[mark..], offset - mark);
        let word = Word {
            start: word.start + mark,
            end: word.end + mark,
            ..word
        };
        return (context, word);
    }
    let line_start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[line_start..offset];
    if let Some(comment) = comment_start(line) {
        let (context, start) = comment_context(&line[comment..])
            .map_or((Context::Other, offset), |(context, at)| {
                (context, line_start + comment + at)
            });
        return (context, Word::around(text, start, offset));
    }
    let word = |start| Word::scalar(text, start, offset);
    let (mut indent, mut dashes) = (line.len() - line.trim_start_matches(' ').len(), 0);
    let first = indent;
    while line[indent..].starts_with("- ") {
        indent += 2;
        indent += line[indent..].len() - line[indent..].trim_start_matches(' ').len();
        dashes += 1;
    }
    let mut path = path_above(text, line_start, first, dashes > 0);
    path.extend((0..dashes).map(|_| PathStep::Index(0)));
    let typed = &line[indent..];
    let at_key = |at| Word::key(text, line_start + at, offset);
    if typed.starts_with(['{', '[']) {
        let (is_key, at) = flow(typed, &mut path);
        let at = indent + at;
        return match is_key {
            true => (Context::Key { path, indent }, at_key(at)),
            false => (Context::Value { path }, word(line_start + at)),
        };
    }
    match colon(typed) {
        Some(at) => {
            path.push(PathStep::Key(unquoted(typed[..at].trim_end())));
            let value = &typed[at + 1..];
            let at = indent + at + 1 + (value.len() - value.trim_start().len());
            let (is_key, inside) = flow(value.trim_start(), &mut path);
            let at = at + inside;
            match is_key {
                true => (Context::Key { path, indent }, at_key(at)),
                false => (Context::Value { path }, word(line_start + at)),
            }
        }
        None if dashes > 0 => (Context::Item { path }, at_key(indent)),
        None => (Context::Key { path, indent }, at_key(indent)),
    }
}

/// The context inside a `# dogwatch:` comment, and the start of the word.
fn comment_context(comment: &str) -> Option<(Context, usize)> {
    let content = comment.trim_start_matches('#').trim_start();
    let words = content.strip_prefix("dogwatch:")?;
    let at = comment.rfind([' ', ',']).map_or(0, |at| at + 1);
    let Some((verb, names)) = words.trim_start().split_once(' ') else {
        return words.starts_with(' ').then_some((Context::Directive, at));
    };
    let allows = matches!(verb, "allow" | "allow-file") && !names.contains("--");
    allows.then_some((Context::Allow, at))
}

/// Follows a flow collection to the cursor at its end, and adds the path to what is open there. Returns whether a key is being typed, and
/// the start of the word.
fn flow(value: &str, path: &mut Vec<PathStep>) -> (bool, usize) {
    let outside = path.len();
    // The open braces and brackets. Each has one step of the path, except for a brace whose key is being typed.
    let mut open: Vec<char> = Vec::new();
    let (mut quote, mut word) = (None, 0);
    for (at, c) in value.char_indices() {
        match (quote, c) {
            (Some(end), _) => quote = quote.filter(|_| end != c),
            // Without an opening bracket, the value is plain text.
            (None, c) if open.is_empty() && !matches!(c, '{' | '[') => return (false, 0),
            (None, '"' | '\'') if value[word..at].trim().is_empty() => quote = Some(c),
            (None, '{') => {
                open.push(c);
                word = at + 1;
            }
            (None, '[') => {
                open.push(c);
                path.push(PathStep::Index(0));
                word = at + 1;
            }
            (None, '}' | ']' | ',') => {
                // The entry ends, and with it its step of the path.
                let depth = outside + open.len();
                if open.last() == Some(&'{') {
                    path.truncate(depth - 1);
                }
                if c != ',' {
                    open.pop();
                    path.truncate(outside + open.len());
                }
                word = at + 1;
            }
            (None, ':')
                if open.last() == Some(&'{')
                    && path.len() < outside + open.len()
                    && (value[..at].ends_with(['"', '\''])
                        || value[at + 1..].is_empty()
                        || value[at + 1..].starts_with([' ', '\t'])) =>
            {
                path.push(PathStep::Key(unquoted(value[word..at].trim())));
                word = at + 1;
            }
            (None, _) => {}
        }
    }
    let is_key = open.last() == Some(&'{') && path.len() < outside + open.len();
    word += value[word..].len() - value[word..].trim_start().len();
    (is_key, word)
}

/// The path of the map that a line with this indentation belongs to.
fn path_above(text: &str, line_start: usize, indent: usize, is_item: bool) -> Vec<PathStep> {
    let mut path = Vec::new();
    let mut least = indent;
    // A list item may have the same indentation as the key of its list.
    let mut allow_equal = is_item;
    for line in text[..line_start].lines().rev().take(MAX_LINES) {
        if least == 0 && !allow_equal {
            break;
        }
        let own = line.len() - line.trim_start_matches(' ').len();
        let content = &line[own..];
        if content.is_empty() || content.starts_with('#') || own > least {
            continue;
        }
        let mut inner = own;
        let mut dashes = 0;
        while line[inner..].starts_with("- ") {
            inner += 2;
            inner += line[inner..].len() - line[inner..].trim_start_matches(' ').len();
            dashes += 1;
        }
        if dashes > 0 {
            // The first key of an item: the item contains the line only if its keys are indented less than the line is.
            if inner < least || (inner == least && own < least) {
                if inner < least
                    && let Some(at) = colon(&line[inner..])
                {
                    path.push(PathStep::Key(unquoted(&line[inner..inner + at])));
                }
                path.extend((0..dashes).map(|_| PathStep::Index(0)));
                least = own;
                allow_equal = true;
            }
            continue;
        }
        let above = own < least || (allow_equal && own == least);
        if above && let Some(at) = colon(content) {
            path.push(PathStep::Key(unquoted(content[..at].trim_end())));
            least = own;
            allow_equal = false;
        }
    }
    path.reverse();
    path
}

/// The offset of the colon after a key, if the line has one.
fn colon(content: &str) -> Option<usize> {
    let start = match content.chars().next()? {
        quote @ ('"' | '\'') => content[1..].find(quote)? + 2,
        _ => 0,
    };
    let rest = &content[start..];
    let mut colons = rest.match_indices(':').map(|(at, _)| at);
    colons
        .find(|at| rest[at + 1..].is_empty() || rest[at + 1..].starts_with([' ', '\t', '\r']))
        .map(|at| start + at)
}

fn unquoted(key: &str) -> String {
    let bare = |quote| {
        key.strip_prefix(quote)
            .and_then(|it: &str| it.strip_suffix(quote))
    };
    bare('"').or_else(|| bare('\'')).unwrap_or(key).to_owned()
}

/// The start of a comment in a line, if there is one. Quotes that span lines are not considered.
fn comment_start(line: &str) -> Option<usize> {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return Some(at),
            (None, '"' | '\'') if before.is_whitespace() || "[{,:".contains(before) => {
                quote = Some(c)
            }
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    None
}

/// The proposals for a context.
pub(crate) fn proposals(
    file_layers: &[FileLayer<'_>],
    report: &Report,
    context: &Context,
) -> Vec<Proposal> {
    let mut out = match context {
        Context::Key { path, .. } => file_layers
            .iter()
            .flat_map(|file_layer| keys(file_layer, path))
            .collect(),
        Context::Value { path } => file_layers
            .iter()
            .flat_map(|file_layer| values(file_layer, path))
            .collect(),
        Context::Item { path } => file_layers
            .iter()
            .flat_map(|file_layer| {
                let mut found = keys(file_layer, path);
                found.extend(values(file_layer, path));
                found
            })
            .collect(),
        Context::Directive => directives(),
        Context::Allow => rules(report),
        Context::Other => Vec::new(),
    };
    out.sort_by(|a: &Proposal, b| a.label.cmp(&b.label));
    out.dedup_by(|a, b| a.label == b.label);
    out
}

fn keys(file_layer: &FileLayer<'_>, path: &[PathStep]) -> Vec<Proposal> {
    let merged = file_layer.merged();
    let existing = |name: &str| {
        let root = merged.layer_root(file_layer.layer)?;
        let steps: Vec<_> = path.iter().map(step).collect();
        let map = merged.lookup(root, &steps).found()?;
        merged.get(map, name).found()
    };
    let mut out = Vec::new();
    for (name, decl, docs) in keys_at(file_layer, path) {
        // A key that is being typed is already there, with an empty value.
        if existing(&name).is_some_and(|node| merged.shape(node) != Shape::Null) {
            continue;
        }
        out.push(key(name, decl.as_ref(), docs));
    }
    out
}

fn key(name: String, decl: Option<&KeyDecl>, docs: Option<String>) -> Proposal {
    let mut proposal = Proposal::new(name, lsp::CompletionItemKind::PROPERTY);
    proposal.docs = docs;
    match decl {
        Some(decl) => {
            let ty = match &decl.holds {
                lang::charts::Holds::Value { ty, .. } => Some(ty),
                lang::charts::Holds::Keys(_) => None,
            };
            let is_map = ty.is_none_or(|ty| matches!(ty, KeyType::Map(_)));
            let mut detail = ty.map_or("map".to_owned(), type_text);
            if decl.required {
                detail.push_str(", required");
            }
            if decl.secret {
                detail.push_str(", secret");
            }
            proposal.detail = Some(detail);
            proposal.deprecated = decl.is_discontinued();
            proposal.insert.push_str(if is_map { ":" } else { ": " });
        }
        None => {
            proposal.kind = lsp::CompletionItemKind::MODULE;
            proposal.detail = Some("service".to_owned());
            proposal.insert.push(':');
        }
    }
    proposal
}

fn values(file_layer: &FileLayer<'_>, path: &[PathStep]) -> Vec<Proposal> {
    let mut out = Vec::new();
    for ty in types_at(file_layer, path) {
        literals(&ty, &mut out);
    }
    let key = path.iter().rev().find_map(|step| match step {
        PathStep::Key(key) => Some(key),
        PathStep::Index(_) => None,
    });
    if key.is_some_and(|key| is_host_key(&file_layer.tree.book, key)) {
        out.extend(hosts(file_layer).into_iter().map(|host| {
            let mut proposal = Proposal::new(host, lsp::CompletionItemKind::VALUE);
            proposal.detail = Some("host in this deployment".to_owned());
            proposal
        }));
    }
    out
}

fn literals(ty: &KeyType, out: &mut Vec<Proposal>) {
    match ty {
        KeyType::Bool => {
            out.extend(
                ["true", "false"].map(|it| Proposal::new(it, lsp::CompletionItemKind::VALUE)),
            );
        }
        KeyType::Choice(choices) => out.extend(choices.iter().map(|choice| {
            let text = match choice {
                Literal::String(text) => {
                    values::write::string(text, values::yaml::Style::Plain, true)
                }
                other => other.to_string(),
            };
            Proposal::new(text, lsp::CompletionItemKind::ENUM_MEMBER)
        })),
        KeyType::OrNull(of) => {
            literals(of, out);
            out.push(Proposal::new("null", lsp::CompletionItemKind::VALUE));
        }
        KeyType::Any | KeyType::String | KeyType::Number | KeyType::List(_) | KeyType::Map(_) => {}
    }
}

/// The hosts of a deployment: those of its services, and those that its values name.
fn hosts(file_layer: &FileLayer<'_>) -> BTreeSet<String> {
    let merged = file_layer.merged();
    let deployment = merged.deployment();
    let mut hosts: BTreeSet<String> = ["localhost", "127.0.0.1", ".svc.cluster.local"]
        .map(str::to_owned)
        .into();
    for component in merged.components() {
        hosts.insert(component.name.clone());
        let namespace = deployment.releases[component.release].namespace.as_deref();
        let namespace = namespace.unwrap_or("default");
        hosts.insert(format!("{}.{namespace}", component.name));
    }
    let mut remaining = 100_000;
    for release in 0..deployment.releases.len() {
        named_hosts(
            merged.root(release, View::Effective),
            file_layer,
            &mut hosts,
            &mut remaining,
        );
    }
    hosts
}

fn named_hosts(
    top: NodeRef,
    file_layer: &FileLayer<'_>,
    hosts: &mut BTreeSet<String>,
    remaining: &mut usize,
) {
    let merged = file_layer.merged();
    let mut stack = vec![top];
    while let Some(node) = stack.pop() {
        let mut entries = Vec::new();
        merged.entries(node, &mut entries);
        for (key, value) in entries {
            *remaining = remaining.saturating_sub(1);
            if *remaining == 0 {
                return;
            }
            match merged.shape(value) {
                Shape::Map => stack.push(value),
                Shape::String
                    if key.eq_ignore_ascii_case("host")
                        && !lint::shown::is_hidden(merged, value) =>
                {
                    let text = merged.text(value);
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
                    if !text.is_empty() && text.chars().all(is_name) {
                        hosts.insert(text.into_owned());
                    }
                }
                _ => {}
            }
        }
    }
}

fn directives() -> Vec<Proposal> {
    let words = [
        (
            "allow",
            "allow the findings of a rule at the value below, or on this line",
        ),
        ("allow-file", "allow the findings of a rule in this file"),
    ];
    let proposals = words.map(|(word, detail)| {
        let mut proposal = Proposal::new(word, lsp::CompletionItemKind::KEYWORD);
        proposal.detail = Some(detail.to_owned());
        proposal.insert.push(' ');
        proposal
    });
    proposals.into()
}

fn rules(report: &Report) -> Vec<Proposal> {
    let rules = report.rules.iter();
    rules
        .map(|(id, facts)| {
            let mut proposal = Proposal::new(id, lsp::CompletionItemKind::REFERENCE);
            proposal.detail = Some(facts.summary.clone());
            proposal
        })
        .collect()
}

fn step(step: &PathStep) -> values::path::Step<'_> {
    match step {
        PathStep::Key(key) => values::path::Step::Key(key),
        PathStep::Index(at) => values::path::Step::Index(*at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> String {
        let offset = text.find('|').unwrap();
        let text = text.replace('|', "");
        let words = |path: &[PathStep]| values::path::KeyPath(path.to_vec()).to_string();
        match context_at(&text, offset).0 {
            Context::Key { path, indent } => format!("key of `{}` at {indent}", words(&path)),
            Context::Value { path } => format!("value of `{}`", words(&path)),
            Context::Item { path } => format!("item `{}`", words(&path)),
            Context::Directive => "verb".to_owned(),
            Context::Allow => "allow".to_owned(),
            Context::Other => "other".to_owned(),
        }
    }

    #[test]
    fn context_follows_indentation() {
        assert_eq!(at("|"), "key of `` at 0");
        assert_eq!(at("a:\n  b:\n    c: 1\n    |d"), "key of `a.b` at 4");
        assert_eq!(at("a:\n  b:\n    c: 1\n  x|: 2\n"), "key of `a` at 2");
        assert_eq!(at("a:\n  b:\n\n  # note\n    c: \"x|"), "value of `a.b.c`");
        assert_eq!(at("a:\n- x: 1\n  y|"), "key of `a[0]` at 2");
        assert_eq!(at("a:\n- x:\n    z: 1\n    y: |"), "value of `a[0].x.y`");
        assert_eq!(at("a:\n  l:\n    - |"), "item `a.l[0]`");
        assert_eq!(at("a:\n  l:\n    - x|"), "item `a.l[0]`");
        assert_eq!(at("a:\n  l: [x, |"), "value of `a.l[0]`");
        assert_eq!(at("\u{feff}a:\n  b|"), "key of `a` at 2");
        assert_eq!(at("\u{feff}a|"), "key of `` at 0");
    }

    #[test]
    fn context_follows_flow_collections() {
        assert_eq!(at("a: {b|"), "key of `a` at 0");
        assert_eq!(at("a: {b: 1, c|"), "key of `a` at 0");
        assert_eq!(at("a: {b: |"), "value of `a.b`");
        assert_eq!(
            at("a: {b: {c: 1}, d: [x, {e: 1, f|"),
            "key of `a.d[0]` at 0"
        );
        assert_eq!(at("a: {\"b,c\": [1, |"), "value of `a.\"b,c\"[0]`");
        assert_eq!(at("a:\n  - {b: x|"), "value of `a[0].b`");
        assert_eq!(at("a: {b: 1}|"), "value of `a`");
    }

    #[test]
    fn word_extends_past_the_cursor() {
        let word = |text: &str| {
            let offset = text.find('|').unwrap();
            let text = text.replace('|', "");
            let (_, word) = context_at(&text, offset);
            (text[word.start..word.end].to_owned(), word.is_key)
        };
        assert_eq!(word("a:\n  hots|: mail"), ("hots".to_owned(), true));
        assert_eq!(word("a:\n  ho|ts : mail"), ("hots".to_owned(), true));
        assert_eq!(word("a:\n  ho|"), ("ho".to_owned(), false));
        assert_eq!(word("a: tr|ue # b: 1"), ("true".to_owned(), false));
        assert_eq!(word("a: {ho|st: 1, b: 2}"), ("host".to_owned(), true));
        assert_eq!(word("a: {ho|, b: 2}"), ("ho".to_owned(), false));
        assert_eq!(word("\u{feff}ho|st: 1"), ("host".to_owned(), true));
    }

    #[test]
    fn word_includes_the_quotes_around_the_cursor() {
        let word = |text: &str| {
            let offset = text.find('|').unwrap();
            let text = text.replace('|', "");
            let (_, word) = context_at(&text, offset);
            text[word.start..word.end].to_owned()
        };
        assert_eq!(word("a: \"In|\""), "\"In\"");
        assert_eq!(word("a: \"|\"\nb: \"c\""), "\"\"");
        assert_eq!(word("a: |'in fo'"), "'in fo'");
        assert_eq!(word("a: \"Info\"|"), "\"Info\"");
        assert_eq!(word("a: [\"x\", \"lo|\", \"y\"]"), "\"lo\"");
        assert_eq!(word("a: {\"ho|\"}"), "\"ho\"");
        // Without a closing quote of its own, the word ends as usual.
        assert_eq!(word("a: [\"lo|, \"y\"]"), "\"lo");
        assert_eq!(word("a: \"lo| # say \"x\""), "\"lo");
        assert_eq!(word("a: \"lo|\nb: \"x\""), "\"lo");
    }

    #[test]
    fn completes_suppression_comments() {
        assert_eq!(at("a: 1 # dogwatch: allow no|"), "allow");
        assert_eq!(at("a: 1 # dogwatch: allow no -- be|"), "other");
        assert_eq!(at("a: 1 # dogwatch: allow-file no|"), "allow");
        assert_eq!(at("a: 1 # dogwatch: |"), "verb");
        assert_eq!(at("# dogwatch: al|"), "verb");
        assert_eq!(at("# dogwatch:|"), "other");
        assert_eq!(at("# b|"), "other");
        assert_eq!(at("a: '# b|"), "value of `a`");
    }
}
