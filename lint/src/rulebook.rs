//! The rules of a run: the packs inside the program and those of the rules folders, parsed, checked and compiled together.
//!
//! INVARIANT: a rule with errors is reported and left out; the others are compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use lang::charts::ChartSet;
use lang::check::{Checked, Options, PackFiles, RuleFile, check};
use lang::compile::{Params, compile_checked};
use lang::parse::ast::{File, Item, ItemKind};
use lang::parse::{Parse, parse};
use lang::program::{Program, RuleInfo};
use lang::value::{Entries, Value};
use rayon::prelude::*;
use source::{Code, Diagnostic, Severity, Source, SourceId, SourceMap, Span};

use crate::built_in;
use crate::config::{self, Config, ParameterValue};
use crate::report::{RuleFacts, RuleWords};
use crate::schema::schema;

/// A `.watch` file before it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// The pack: the name of the folder.
    pub pack: String,
    /// Its path, as shown to users.
    pub path: PathBuf,
    /// Its path on disk; `None` for one inside the program.
    pub file: Option<PathBuf>,
    /// The whole text, with invalid bytes replaced.
    pub text: Arc<str>,
    /// Why the text differs from the file.
    pub fault: Option<TextFault>,
}

/// Why a file could not be read unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFault {
    /// The offset at which the text first differs from the file.
    pub at: u32,
    /// The code, as for values files.
    pub code: &'static str,
    /// The message.
    pub message: String,
}

/// A parsed `.watch` file.
#[derive(Debug)]
pub struct BookFile {
    /// The pack.
    pub pack: String,
    /// Its filename.
    pub name: String,
    /// Its path on disk; `None` for one inside the program.
    pub file: Option<PathBuf>,
    /// The id of its text.
    pub source: SourceId,
    ast: Ast,
}

/// All enabled rules below one `dogwatch.yaml`. Holds no reference to a tree; shared between threads.
#[derive(Debug)]
pub struct RuleBook {
    /// The texts of the rules; `None` if they are only those inside the program, which few runs show.
    sources: Option<SourceMap>,
    /// The files, those inside the program first.
    pub files: Vec<BookFile>,
    /// The rules, compiled.
    pub program: Program,
    /// The problems of rule texts, sorted by position.
    pub diagnostics: Vec<Diagnostic>,
    /// The declared charts.
    pub charts: Arc<ChartSet>,
    /// The checker's results.
    pub checked: Checked,
    /// The configured values of parameters.
    pub params: Params,
    facts: OnceLock<BTreeMap<String, RuleFacts>>,
    by_id: OnceLock<Vec<usize>>,
}

/// Where the tree of a file is stored.
#[derive(Debug, Clone)]
enum Ast {
    /// A file inside the program, by its position there.
    BuiltIn(usize),
    Own(Arc<File>),
}

impl BookFile {
    /// Its tree.
    pub fn ast(&self) -> &File {
        match &self.ast {
            Ast::BuiltIn(at) => built_in::tree(*at),
            Ast::Own(file) => file,
        }
    }

    fn rules(&self) -> impl Iterator<Item = (&Self, &Item, &lang::parse::ast::Rule)> {
        let items = self.ast().items.iter();
        items.filter_map(move |item| match &item.kind {
            ItemKind::Rule(rule) => Some((self, item, &**rule)),
            _ => None,
        })
    }

    /// A file inside the program.
    fn built_in(at: usize, file: &rules::RuleFile) -> Self {
        Self {
            pack: file.pack.to_owned(),
            name: file.name().to_owned(),
            file: None,
            source: SourceId(at as u32),
            ast: Ast::BuiltIn(at),
        }
    }
}

impl TextFault {
    fn diagnostic(&self, source: SourceId) -> Diagnostic {
        let code = Code::new(self.code);
        let span = Span::point(source, self.at);
        Diagnostic::new(code, Severity::Error, span, self.message.clone())
    }
}

impl RuleBook {
    /// What reports say about the rules before any was judged, by id.
    pub(crate) fn facts(&self) -> &BTreeMap<String, RuleFacts> {
        self.facts.get_or_init(|| {
            let words = |rule: &RuleInfo| RuleWords {
                pack: rule.pack.clone(),
                summary: rule.summary().to_owned(),
                docs: rule.docs.clone(),
                severity: rule.severity(""),
                tags: rule.tags.clone(),
                sources: rule.sources.clone(),
            };
            let facts = |rule: &RuleInfo| RuleFacts {
                words: Arc::new(words(rule)),
                off: true,
                ..RuleFacts::default()
            };
            let rules = self.program.rules().iter();
            rules.map(|rule| (rule.id.clone(), facts(rule))).collect()
        })
    }

    /// The texts of the rules. Their ids are below [`crate::sources::FIRST_FILE`].
    pub fn sources(&self) -> &SourceMap {
        self.sources.as_ref().unwrap_or_else(|| built_in::sources())
    }

    /// The indices of its rules in the program, sorted by id.
    pub(crate) fn by_id(&self) -> &[usize] {
        self.by_id.get_or_init(|| {
            let rules = self.program.rules();
            let mut all: Vec<usize> = (0..rules.len()).collect();
            all.sort_by_key(|at| &rules[*at].id);
            all
        })
    }

    /// Parses, checks and compiles rules. `texts` are those of the rules folders; the configuration selects the packs inside the
    /// program. With `facts`, what editors need is kept.
    pub fn build(texts: &[RuleText], config: &Config, facts: bool) -> Self {
        let mut sources = built_in::sources().clone();
        let mut diagnostics = built_in::read_all();
        let takes_part = |pack: &str| {
            let packs = config.packs.as_ref();
            packs.is_none_or(|packs| packs.iter().any(|it| it == pack))
        };
        // A pack of the user replaces the built-in one of the same name.
        let own_packs: BTreeSet<&str> = texts.iter().map(|it| it.pack.as_str()).collect();
        let mut files: Vec<BookFile> = (0..)
            .zip(rules::FILES)
            .filter(|(_, file)| !own_packs.contains(file.pack))
            .map(|(at, file)| BookFile {
                ast: match takes_part(file.pack) {
                    true => Ast::BuiltIn(at),
                    false => Ast::Own(Arc::new(without_rules(built_in::tree(at)))),
                },
                ..BookFile::built_in(at, file)
            })
            .collect();
        let trusted = files.len();
        let first = sources.len() as u32;
        let parsed: Vec<Parse> = texts
            .par_iter()
            .enumerate()
            .map(|(at, text)| parse(SourceId(first + at as u32), &text.text))
            .collect();
        for (text, parsed) in texts.iter().zip(parsed) {
            let source = sources.add(Source::new(text.path.clone(), Arc::clone(&text.text)));
            let name = text.path.file_name().unwrap_or_default();
            diagnostics.extend(parsed.diagnostics);
            diagnostics.extend(text.fault.as_ref().map(|fault| fault.diagnostic(source)));
            files.push(BookFile {
                pack: text.pack.clone(),
                name: name.to_string_lossy().into_owned(),
                file: text.file.clone(),
                source,
                ast: Ast::Own(Arc::new(parsed.file)),
            });
        }
        let params = parameters(&files, config);
        let compile_usable = |usable: &dyn Fn(&Item) -> bool| {
            let usable = files
                .iter()
                .map(|file| (file.pack.as_str(), usable_items(file.ast(), usable)));
            let usable: Vec<(&str, std::borrow::Cow<'_, File>)> = usable.collect();
            let pairs = usable.iter().map(|(pack, file)| (*pack, file.as_ref()));
            compile_checked(&pairs.collect::<Vec<_>>(), schema(), &params)
        };
        // The packs inside the program are compiled while they are checked; if a problem turns up, they are compiled again.
        let (checked, compiled) = rayon::join(
            || check_files(&files, trusted, facts),
            || texts.is_empty().then(|| compile_usable(&|_| true)),
        );
        diagnostics.extend(checked.diagnostics.values().flatten().cloned());
        let all_usable = || {
            let mut items = files.iter().flat_map(|file| &file.ast().items);
            items.all(|item| checked.usable(name_span(item)))
        };
        let (program, problems) = compiled
            .filter(|_| all_usable())
            .unwrap_or_else(|| compile_usable(&|item| checked.usable(name_span(item))));
        let reported: BTreeSet<(Code, Span)> = diagnostics
            .iter()
            .map(|it| (it.code.clone(), it.primary.span))
            .collect();
        diagnostics.extend(
            problems
                .into_iter()
                .filter(|it| !reported.contains(&(it.code.clone(), it.primary.span))),
        );
        diagnostics.sort_by(|a, b| {
            (a.primary.span, &a.code, &a.message).cmp(&(b.primary.span, &b.code, &b.message))
        });
        diagnostics.dedup();
        Self {
            sources: Some(sources),
            charts: Arc::clone(&checked.charts),
            files,
            program,
            diagnostics,
            checked,
            params,
            facts: OnceLock::new(),
            by_id: OnceLock::new(),
        }
    }

    /// The rules inside the program and nothing else.
    fn ready(program: Program, charts: Arc<ChartSet>) -> Self {
        let files = (0..).zip(rules::FILES);
        Self {
            sources: None,
            files: files
                .map(|(at, file)| BookFile::built_in(at, file))
                .collect(),
            program,
            diagnostics: Vec::new(),
            checked: Checked::trusted(Arc::clone(&charts)),
            charts,
            params: Params::new(),
            facts: OnceLock::new(),
            by_id: OnceLock::new(),
        }
    }

    /// The rules inside the program, without any configuration. Built once per process.
    pub fn standard() -> Arc<Self> {
        static STANDARD: OnceLock<Arc<RuleBook>> = OnceLock::new();
        let make = || match built_in::ready() {
            Some((program, charts)) => Self::ready(program, charts),
            None => Self::build(&[], &Config::default(), false),
        };
        Arc::clone(STANDARD.get_or_init(|| Arc::new(make())))
    }

    /// The texts that are not inside the program, in order: the ones passed to [`RuleBook::build`].
    pub fn texts(&self) -> Vec<RuleText> {
        let own = self.files.iter().filter(|file| file.file.is_some());
        own.map(|file| {
            let source = self.sources().get(file.source);
            RuleText {
                pack: file.pack.clone(),
                path: source.path.to_path_buf(),
                file: file.file.clone(),
                text: Arc::clone(&source.text),
                fault: None,
            }
        })
        .collect()
    }

    /// The file with the given text.
    pub fn file(&self, source: SourceId) -> Option<&BookFile> {
        self.files.iter().find(|file| file.source == source)
    }

    /// The file, item and tree of a rule.
    pub fn rule(&self, id: &str) -> Option<(&BookFile, &Item, &lang::parse::ast::Rule)> {
        self.rules().find(|(.., rule)| rule.name.node == id)
    }

    /// Every rule in the texts, whether or not it compiles: file, item and tree.
    pub fn rules(&self) -> impl Iterator<Item = (&BookFile, &Item, &lang::parse::ast::Rule)> {
        self.files.iter().flat_map(BookFile::rules)
    }

    /// The rules that are not inside the program.
    pub fn own_rules(&self) -> impl Iterator<Item = (&BookFile, &Item, &lang::parse::ast::Rule)> {
        let own = self.files.iter().filter(|file| file.file.is_some());
        own.flat_map(BookFile::rules)
    }

    /// True if a rule text has an error that keeps it from being judged.
    pub fn has_errors(&self) -> bool {
        let mut severities = self.diagnostics.iter().map(|it| it.severity);
        severities.any(|severity| severity == Severity::Error)
    }
}

fn check_files(files: &[BookFile], trusted: usize, facts: bool) -> Checked {
    let mut packs: BTreeMap<(bool, &str), Vec<RuleFile<'_>>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        packs
            .entry((at >= trusted, &file.pack))
            .or_default()
            .push(RuleFile {
                source: file.source,
                name: &file.name,
                ast: file.ast(),
            });
    }
    let packs: Vec<PackFiles<'_>> = packs
        .into_iter()
        .map(|((own, name), files)| PackFiles {
            name,
            files,
            trusted: !own && !facts,
        })
        .collect();
    check(&packs, schema(), Options { facts })
}

/// The items of a file that other packs may use: charts, names, functions.
fn without_rules(file: &File) -> File {
    let items = file.items.iter();
    let kept = items.filter(|item| !matches!(item.kind, ItemKind::Rule(_)));
    File {
        items: kept.cloned().collect(),
    }
}

/// The file without the items that have errors.
fn usable_items<'a>(file: &'a File, usable: &dyn Fn(&Item) -> bool) -> std::borrow::Cow<'a, File> {
    let usable = |item: &Item| usable(item) && !item.damaged;
    if file.items.iter().all(usable) {
        return std::borrow::Cow::Borrowed(file);
    }
    let items = file.items.iter().filter(|item| usable(item));
    std::borrow::Cow::Owned(File {
        items: items.cloned().collect(),
    })
}

/// The span of an item's name.
pub fn name_span(item: &Item) -> Span {
    match &item.kind {
        ItemKind::Rule(it) => it.name.span,
        ItemKind::Let(it) => it.name.span,
        ItemKind::Param(it) => it.name.span,
        ItemKind::Fn(it) => it.name.span,
        ItemKind::Chart(it) => it.name.span,
        ItemKind::Use(name) => name.span,
    }
}

/// The configured values of parameters. A name without a pack applies to every pack that has such a parameter.
fn parameters(files: &[BookFile], config: &Config) -> Params {
    let mut params = Params::new();
    if config.parameters.is_empty() {
        return params;
    }
    for file in files {
        for item in &file.ast().items {
            let ItemKind::Param(param) = &item.kind else {
                continue;
            };
            let name = &param.name.node;
            let full = format!("{}.{name}", file.pack);
            let value = config.parameters.get(&full).or(config.parameters.get(name));
            // A value of the wrong type is reported at its position in the configuration; the default applies.
            if let Some(value) = value.filter(|value| config::fits(value, &param.ty)) {
                params.insert((file.pack.clone(), name.clone()), value_of(value));
            }
        }
    }
    params
}

fn value_of(value: &ParameterValue) -> Value<'static> {
    use lang::value::Data;
    match value {
        ParameterValue::Null => Value::new(Data::Null),
        ParameterValue::Bool(value) => Value::bool(*value),
        ParameterValue::Number(value) => Value::number(*value),
        ParameterValue::Text(text) => Value::string(text.clone()),
        ParameterValue::List(items) => Value::list(items.iter().map(value_of).collect()),
        ParameterValue::Map(entries) => {
            let entries: Entries<'static> = entries
                .iter()
                .map(|(key, value)| (key.clone().into(), value_of(value)))
                .collect();
            Value::new(Data::Map(Arc::new(entries)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_packs_match_a_fresh_compilation() {
        let now = RuleBook::build(&[], &Config::default(), false);
        assert_eq!(now.diagnostics, []);
        let (program, charts) = built_in::ready().expect("the packs have no errors");
        assert_eq!(charts.charts(), now.charts.charts());
        for (ready, now) in program.rules().iter().zip(now.program.rules()) {
            assert_eq!(ready, now);
        }
        let shown = |program: &Program| format!("{program:?}");
        assert!(
            shown(&program) == shown(&now.program),
            "the compiled code differs"
        );
    }
}
