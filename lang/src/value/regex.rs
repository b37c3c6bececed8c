//! Regexes. Most rules meet nothing that theirs could match, so one is compiled when a text comes that it may match.

mod automaton;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use memchr::memmem;
use regex_automata::meta;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{
    Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition,
};
use serde::{Deserialize, Serialize};

use automaton::Automaton;

/// A regex. Two are equal if their texts are.
#[derive(Debug, Clone)]
pub struct Regex(Arc<Lazy>);

struct Lazy {
    text: Box<str>,
    /// What is known of it already.
    known: Option<Known>,
    compiled: OnceLock<regex::Regex>,
    /// For whoever asks only whether it matches: for texts of ASCII, which nearly all are, and for others.
    matchers: [OnceLock<Matcher>; 2],
    /// Pieces of text of which each match has one; none are known if this is empty.
    needs: OnceLock<Vec<memmem::Finder<'static>>>,
    /// How many texts had none of them.
    refused: AtomicU32,
}

/// What it does is all in its text.
impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// Pieces of text of which each match has one; none are known if this is empty.
type Pieces = Vec<Box<[u8]>>;

/// What can be known of a regex before any text comes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    pieces: Pieces,
    /// For texts of ASCII, unless it is large.
    automaton: Option<Automaton>,
}

/// Says whether a regex matches.
enum Matcher {
    /// It matches no such text: a character that is not of ASCII is in each match.
    Never,
    Engine(meta::Regex),
    /// The compiled regex has to be asked.
    Compiled,
}

/// How large a regex may get when compiled, in bytes.
const SIZE: usize = 1 << 20;
/// How deep groups may be nested.
const NESTING: u32 = 100;
/// So many pieces are looked for one by one.
const FEW_PIECES: usize = 8;
/// After so many texts that it does not match, a regex is asked so often that it is better compiled.
const OFTEN: u32 = 500;
/// Ranges of characters, each as often as it may repeat: with so few a regex stays far below [`SIZE`], a range taking less than 200 bytes.
const FEW_RANGES: u64 = 2000;

impl Regex {
    /// Takes a regex of at most 1 MiB when compiled.
    ///
    /// # Errors
    /// One line that says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let small = read(text).is_some_and(|hir| ranges(&hir) <= FEW_RANGES);
        let regex = Self::trusted(text);
        if !small {
            // Only compiling it tells whether it is too large, and what is wrong with it.
            let compiled = compile(text).map_err(|error| words(&error))?;
            let _ = regex.0.compiled.set(compiled);
        }
        Ok(regex)
    }

    /// Takes one that [`Regex::new`] takes, without reading it. Another one matches nothing.
    pub(crate) fn trusted(text: &str) -> Self {
        Self::known(text, None)
    }

    /// The same with what [`Regex::knowledge`] told.
    pub(crate) fn known(text: &str, known: Option<Known>) -> Self {
        Self(Arc::new(Lazy {
            text: text.into(),
            known,
            compiled: OnceLock::new(),
            matchers: Default::default(),
            needs: OnceLock::new(),
            refused: AtomicU32::new(0),
        }))
    }

    /// Does it match somewhere in the text? Most texts are refused without the regex being compiled.
    pub fn is_match(&self, text: &str) -> bool {
        let is_ascii = text.is_ascii();
        if let Some(known) = self.at_first_sight(text, is_ascii) {
            return known;
        }
        if let Some(compiled) = self.0.compiled.get() {
            return compiled.is_match(text);
        }
        match self.matcher(is_ascii) {
            Matcher::Never => false,
            Matcher::Engine(engine) => engine.is_match(text),
            Matcher::Compiled => (**self).is_match(text),
        }
    }

    /// Does it match, as far as that is known without compiling it?
    fn at_first_sight(&self, text: &str, is_ascii: bool) -> Option<bool> {
        let lazy = &*self.0;
        if is_ascii && let Some(automaton) = self.automaton() {
            return Some(automaton.is_match(text));
        }
        let is_compiled =
            lazy.compiled.get().is_some() || lazy.matchers[usize::from(!is_ascii)].get().is_some();
        if is_compiled || lazy.refused.load(Ordering::Relaxed) >= OFTEN {
            return None;
        }
        let needs = self.needs();
        let has = |piece: &memmem::Finder<'_>| piece.find(text.as_bytes()).is_some();
        if needs.is_empty() || needs.iter().any(has) {
            return None;
        }
        lazy.refused.fetch_add(1, Ordering::Relaxed);
        Some(false)
    }

    fn matcher(&self, for_ascii: bool) -> &Matcher {
        let matcher = &self.0.matchers[usize::from(!for_ascii)];
        matcher.get_or_init(|| compile_matcher(&self.0.text, for_ascii))
    }

    /// The first match and its groups; a group that took no part is `None`.
    pub fn groups<'t>(&self, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        let is_ascii = text.is_ascii();
        if self.at_first_sight(text, is_ascii) == Some(false) {
            return None;
        }
        match self.matcher(is_ascii) {
            Matcher::Never => None,
            Matcher::Engine(engine) => {
                let mut found = engine.create_captures();
                engine.captures(text, &mut found);
                let groups = found.iter().map(|it| text.get(it?.range()));
                found.is_match().then(|| groups.collect())
            }
            Matcher::Compiled => {
                let found = self.captures(text)?;
                Some(found.iter().map(|it| Some(it?.as_str())).collect())
            }
        }
    }

    /// Every match, from left to right, without overlaps.
    pub fn matches<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let is_ascii = text.is_ascii();
        if self.at_first_sight(text, is_ascii) == Some(false) {
            return Vec::new();
        }
        match self.matcher(is_ascii) {
            Matcher::Never => Vec::new(),
            Matcher::Engine(engine) => {
                let found = engine.find_iter(text);
                found.filter_map(|it| text.get(it.range())).collect()
            }
            Matcher::Compiled => self.find_iter(text).map(|it| it.as_str()).collect(),
        }
    }

    /// Is it sure that it matches none of some texts, as far as is known which pieces none of them holds? Not asked of pieces
    /// that may be written in another way than they are meant.
    pub(crate) fn matches_none(&self, lacks: impl Fn(&[u8]) -> bool) -> bool {
        let is_plain =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_lacking = |piece: &[u8]| piece.iter().all(is_plain) && lacks(piece);
        let needs = self.needs();
        !needs.is_empty() && needs.iter().all(|piece| is_lacking(piece.needle()))
    }

    fn automaton(&self) -> Option<&Automaton> {
        self.0.known.as_ref()?.automaton.as_ref()
    }

    fn needs(&self) -> &[memmem::Finder<'static>] {
        self.0.needs.get_or_init(|| {
            let pieces = self.pieces().into_iter();
            pieces
                .map(|piece| memmem::Finder::new(&piece).into_owned())
                .collect()
        })
    }

    /// Pieces of text of which each match has one; none are known if this is empty.
    pub(crate) fn pieces(&self) -> Pieces {
        let known = self.0.known.as_ref().map(|it| it.pieces.clone());
        known.unwrap_or_else(|| pieces(&self.0.text))
    }

    /// All that can be known of it before any text comes; it takes long to find out.
    pub(crate) fn knowledge(&self) -> Known {
        self.0.known.clone().unwrap_or_else(|| Known {
            pieces: pieces(&self.0.text),
            automaton: read(&self.0.text).and_then(|hir| Automaton::of(&ascii(&hir))),
        })
    }

    /// The text between the slashes.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }
}

fn read(text: &str) -> Option<Hir> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(NESTING)
        .build();
    parser.parse(text).ok()
}

/// Pieces of text of which each match has one: at its beginning, its end, or where a part of the regex begins. None if there are many,
/// or an empty one.
fn pieces(text: &str) -> Pieces {
    let Some(hir) = read(text) else {
        return Vec::new();
    };
    let of = |kind, hir: &Hir| {
        let mut extractor = Extractor::new();
        let found = extractor
            .kind(kind)
            .limit_total(FEW_PIECES)
            .extract(hir)
            .literals()
            .map(|found| found.iter().map(|it| it.as_bytes().into()).collect());
        found.filter(|found: &Pieces| found.iter().all(|piece| !piece.is_empty()))
    };
    let mut best = of(ExtractKind::Prefix, &hir).unwrap_or_default();
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => &[],
    };
    let others = parts.iter().map(|part| (ExtractKind::Prefix, part));
    for (kind, hir) in [(ExtractKind::Suffix, &hir)].into_iter().chain(others) {
        let shortest = |pieces: &[Box<[u8]>]| pieces.iter().map(|it| it.len()).min().unwrap_or(0);
        // The longer they are, the fewer texts have one.
        let pieces = of(kind, hir).unwrap_or_default();
        if shortest(&pieces) > shortest(&best) {
            best = pieces;
        }
    }
    best
}

/// The engine of a regex without the tables whose making costs more than most runs ask of it; for texts of ASCII also without
/// the automata that read other characters, which are most of one like `[^/]*`.
fn compile_matcher(text: &str, for_ascii: bool) -> Matcher {
    let config = meta::Config::new()
        .dfa(false)
        .onepass(false)
        .auto_prefilter(false);
    let Some(mut hir) = read(text) else {
        return Matcher::Compiled;
    };
    if for_ascii {
        hir = ascii(&hir);
    }
    if is_empty(&hir) {
        return Matcher::Never;
    }
    let mut builder = meta::Builder::new();
    let built = builder.configure(config).build_from_hir(&hir);
    built.map_or(Matcher::Compiled, Matcher::Engine)
}

/// Is there no text that it matches?
fn is_empty(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => class.ranges().is_empty(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().is_empty(),
        HirKind::Repetition(it) => it.min > 0 && is_empty(&it.sub),
        HirKind::Capture(it) => is_empty(&it.sub),
        HirKind::Concat(parts) => parts.iter().any(is_empty),
        HirKind::Alternation(parts) => parts.iter().all(is_empty),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
    }
}

/// What matches the same texts of ASCII.
fn ascii(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.intersect(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            other => *other,
        }),
        HirKind::Repetition(it) => Hir::repetition(Repetition {
            sub: Box::new(ascii(&it.sub)),
            ..it.clone()
        }),
        HirKind::Capture(it) => Hir::capture(Capture {
            sub: Box::new(ascii(&it.sub)),
            ..it.clone()
        }),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(ascii).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(ascii).collect()),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(Class::Bytes(_)) => hir.clone(),
    }
}

fn compile(text: &str) -> Result<regex::Regex, regex::Error> {
    let mut builder = regex::RegexBuilder::new(text);
    builder.size_limit(SIZE).nest_limit(NESTING).build()
}

fn words(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            "the regex is too large: more than 1 MiB when compiled".to_owned()
        }
        error => {
            let text = error.to_string();
            let line = text.lines().rev().find(|line| !line.trim().is_empty());
            let line = line.unwrap_or_default().trim();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}

/// How many ranges of characters a regex has, each as often as it may repeat.
fn ranges(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        HirKind::Capture(capture) => 1 + ranges(&capture.sub),
        HirKind::Repetition(it) => {
            let most = u64::from(it.max.unwrap_or(it.min).max(it.min).max(1));
            ranges(&it.sub).saturating_mul(most).saturating_add(1)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            let parts = parts.iter().map(ranges);
            parts.fold(1, u64::saturating_add)
        }
    }
}

impl std::ops::Deref for Regex {
    type Target = regex::Regex;

    fn deref(&self) -> &regex::Regex {
        let compiled = &self.0.compiled;
        compiled.get_or_init(|| {
            let nothing = || regex::Regex::new("[^\\s\\S]").expect("a regex that matches nothing");
            compile(self.as_str()).unwrap_or_else(|_| nothing())
        })
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::{Regex, SIZE, compile, pieces, ranges};
    use proptest::prelude::*;

    #[test]
    fn one_that_is_too_large_or_wrong_is_refused_at_once() {
        assert_eq!(
            Regex::new(r"(\w{100}){100}").map(|_| ()),
            Err("the regex is too large: more than 1 MiB when compiled".to_owned())
        );
        assert_eq!(
            Regex::new("a(b").map(|_| ()),
            Err("unclosed group".to_owned())
        );
    }

    #[test]
    fn one_that_is_trusted_is_read_when_it_is_used() {
        assert!(Regex::trusted("a(b|c)+").is_match("xabc"));
        for wrong in ["a(b", r"(\w{100}){100}"] {
            assert!(!Regex::trusted(wrong).is_match("a(b"));
            assert!(!Regex::trusted(wrong).is_match("é"));
        }
    }

    #[test]
    fn what_each_match_needs_is_known_without_compiling() {
        let needs = |text| {
            let found = pieces(text).into_iter();
            let found = found.map(|it| String::from_utf8(it.into()).expect("ASCII"));
            found.collect::<Vec<_>>()
        };
        assert_eq!(needs("^__[A-Z_]+__$"), ["__"]);
        assert_eq!(needs("[sS]ervice$"), ["Service", "service"]);
        assert_eq!(
            needs("^(tag|[a-z]*[vV]ersion)$"),
            ["tag", "Version", "version"]
        );
        assert_eq!(
            needs(r"(^|[^a-z])[a-z.]*(host\.(com|org)|b\.example)($|[^a-z])"),
            ["host.com", "host.org", "b.example"]
        );
        assert!(needs("[^ ]+").is_empty());
        assert!(needs("a|").is_empty());
    }

    proptest! {
        /// A text that is refused for what it lacks does not match; and an automaton that was made before tells the same.
        #[test]
        fn a_refused_text_does_not_match(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("a"), Just("(?i)bc"), Just("[ab]"), Just("^"), Just("$"), Just("(ab|c)"), Just("b?"), Just(".*"), Just("é"),
                    Just(r"\b"), Just(r"\B"), Just("[^a]"), Just(r"\w{2}"), Just("[é-ü]?"), Just("[é-ü]"), Just(r"(\pL|b)+"), Just("(?i)k"),
                ],
                1..6,
            ),
            text in prop_oneof!["[abcABCé ]{0,8}", "[abcABCkK ]{0,8}"],
        ) {
            let regex = pieces.concat();
            let lazy = Regex::new(&regex).expect("the pieces are regexes");
            let compiled = compile(&regex).expect("small");
            let matches = compiled.is_match(&text);
            prop_assert_eq!(lazy.is_match(&text), matches, "{}", regex);
            let known = Regex::known(&regex, Some(lazy.knowledge()));
            prop_assert_eq!(known.is_match(&text), matches, "{} by its automaton", regex);
            let groups = compiled.captures(&text);
            let groups = groups.map(|it| it.iter().map(|it| it.map(|it| it.as_str())).collect::<Vec<_>>());
            prop_assert_eq!(lazy.groups(&text), groups, "{}", regex);
            let all: Vec<_> = compiled.find_iter(&text).map(|it| it.as_str()).collect();
            prop_assert_eq!(lazy.matches(&text), all, "{}", regex);
        }

        /// What is compiled later compiles: pieces that take much room for their length, repeated and joined.
        #[test]
        fn few_ranges_take_little_room(
            pieces in proptest::collection::vec(
                (prop_oneof![
                    Just("[^a]"), Just("."), Just(r"\w"), Just(r"\pL"), Just("(?i)k"), Just("[α-ω]"),
                    Just("(a|bc)"), Just(r"\b"), Just("(x?)"), Just("[\u{10000}-\u{10fff}é]"),
                ], 1u32..60),
                1..12,
            ),
        ) {
            let text: String = pieces.iter().map(|(piece, times)| format!("(?:{piece}){{{times}}}")).collect();
            let hir = regex_syntax::parse(&text).expect("the pieces are regexes");
            if ranges(&hir) <= super::FEW_RANGES {
                prop_assert!(compile(&text).is_ok(), "{} ranges, more than {SIZE} bytes: {text}", ranges(&hir));
            }
        }
    }
}
