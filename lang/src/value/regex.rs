//! Regexes. Most rules meet no text that their regex could match, so a regex is compiled only when a text may match it.

mod automaton;

use std::fmt;
use std::ops::Range;
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
    /// What was determined in advance.
    precomputed: Option<Precomputed>,
    compiled: OnceLock<regex::Regex>,
    /// For callers that only ask whether it matches: one for ASCII texts, which are the vast majority, and one for other texts.
    matchers: [OnceLock<Matcher>; 2],
    /// Substrings of which every match contains at least one; empty if none are known.
    literals: OnceLock<Vec<memmem::Finder<'static>>>,
    /// The number of texts that contained none of them.
    rejected_count: AtomicU32,
}

/// The text determines everything else.
impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// Substrings of which every match contains at least one; empty if none are known.
type Pieces = Vec<Box<[u8]>>;

/// What can be determined about a regex in advance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Precomputed {
    pieces: Pieces,
    /// For ASCII texts, unless it is too large.
    automaton: Option<Automaton>,
}

/// Decides whether a regex matches.
enum Matcher {
    /// It matches no such text, because every match contains a non-ASCII character.
    Never,
    Engine(meta::Regex),
    /// Use the compiled regex.
    Compiled,
}

/// Maximum size of a compiled regex, in bytes.
const MAX_SIZE: usize = 1 << 20;
/// Maximum nesting of groups.
const MAX_NESTING: u32 = 100;
/// Maximum number of substrings to search for one by one.
const MAX_SEARCHED_PIECES: usize = 8;
/// After this many texts without a match, a regex is used often enough to be compiled.
const COMPILE_AFTER: u32 = 500;
/// Number of character ranges, multiplied by repetitions, up to which a regex stays far below [`MAX_SIZE`]; a range takes
/// less than 200 bytes.
const MAX_DEFERRED_RANGES: u64 = 2000;

impl Regex {
    /// Accepts a regex of at most 1 MiB when compiled.
    ///
    /// # Errors
    /// A single line that describes the problem.
    pub fn new(text: &str) -> Result<Self, String> {
        let small = read(text).is_some_and(|hir| ranges(&hir) <= MAX_DEFERRED_RANGES);
        let regex = Self::trusted(text);
        if !small {
            // Only compiling it tells whether it is too large or invalid.
            let compiled = compile(text).map_err(|error| error_message(&error))?;
            let _ = regex.0.compiled.set(compiled);
        }
        Ok(regex)
    }

    /// Accepts a regex known to be valid for [`Regex::new`], without parsing it. An invalid one matches nothing.
    pub(crate) fn trusted(text: &str) -> Self {
        Self::with_precomputed(text, None)
    }

    /// The same, with the result of [`Regex::precompute`].
    pub(crate) fn with_precomputed(text: &str, precomputed: Option<Precomputed>) -> Self {
        Self(Arc::new(Lazy {
            text: text.into(),
            precomputed,
            compiled: OnceLock::new(),
            matchers: Default::default(),
            literals: OnceLock::new(),
            rejected_count: AtomicU32::new(0),
        }))
    }

    /// Does it match anywhere in the text? For most texts this is decided without compiling the regex.
    pub fn is_match(&self, text: &str) -> bool {
        let is_ascii = text.is_ascii();
        if let Some(known) = self.quick_match(text, is_ascii) {
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

    /// Does it match, if that is known without compiling it?
    fn quick_match(&self, text: &str, is_ascii: bool) -> Option<bool> {
        let lazy = &*self.0;
        if is_ascii && let Some(automaton) = self.automaton() {
            return Some(automaton.is_match(text));
        }
        let is_compiled =
            lazy.compiled.get().is_some() || lazy.matchers[usize::from(!is_ascii)].get().is_some();
        if is_compiled || lazy.rejected_count.load(Ordering::Relaxed) >= COMPILE_AFTER {
            return None;
        }
        let literals = self.literals();
        let has = |piece: &memmem::Finder<'_>| piece.find(text.as_bytes()).is_some();
        if literals.is_empty() || literals.iter().any(has) {
            return None;
        }
        lazy.rejected_count.fetch_add(1, Ordering::Relaxed);
        Some(false)
    }

    fn matcher(&self, for_ascii: bool) -> &Matcher {
        let matcher = &self.0.matchers[usize::from(!for_ascii)];
        matcher.get_or_init(|| compile_matcher(&self.0.text, for_ascii))
    }

    /// The first match and its groups; a group that did not participate is `None`.
    pub fn groups<'t>(&self, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        let is_ascii = text.is_ascii();
        if self.quick_match(text, is_ascii) == Some(false) {
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

    /// All non-overlapping matches, from left to right. Each search may read the whole rest of the text, even if it
    /// finds a short match, so `charge` is called with the length of the rest first.
    ///
    /// # Errors
    /// If `charge` fails.
    pub fn matches<'t, E>(
        &self,
        text: &'t str,
        charge: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<Vec<&'t str>, E> {
        let is_ascii = text.is_ascii();
        if self.quick_match(text, is_ascii) == Some(false) {
            return Ok(Vec::new());
        }
        match self.matcher(is_ascii) {
            Matcher::Never => Ok(Vec::new()),
            Matcher::Engine(engine) => {
                let found = engine.find_iter(text).map(|it| it.range());
                collect_matches(text, found, charge)
            }
            Matcher::Compiled => {
                let found = self.find_iter(text).map(|it| it.range());
                collect_matches(text, found, charge)
            }
        }
    }

    /// Is it certain to match none of a set of texts, given which substrings they all lack? Substrings that could be
    /// escaped in those texts are not considered.
    pub(crate) fn matches_none(&self, lacks: impl Fn(&[u8]) -> bool) -> bool {
        let is_plain =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_lacking = |piece: &[u8]| piece.iter().all(is_plain) && lacks(piece);
        let literals = self.literals();
        !literals.is_empty() && literals.iter().all(|piece| is_lacking(piece.needle()))
    }

    fn automaton(&self) -> Option<&Automaton> {
        self.0.precomputed.as_ref()?.automaton.as_ref()
    }

    fn literals(&self) -> &[memmem::Finder<'static>] {
        self.0.literals.get_or_init(|| {
            let pieces = self.pieces().into_iter();
            pieces
                .map(|piece| memmem::Finder::new(&piece).into_owned())
                .collect()
        })
    }

    /// Substrings of which every match contains at least one; empty if none are known.
    pub(crate) fn pieces(&self) -> Pieces {
        let known = self.0.precomputed.as_ref().map(|it| it.pieces.clone());
        known.unwrap_or_else(|| pieces(&self.0.text))
    }

    /// Everything that can be determined in advance, which is slow.
    pub(crate) fn precompute(&self) -> Precomputed {
        self.0.precomputed.clone().unwrap_or_else(|| Precomputed {
            pieces: pieces(&self.0.text),
            automaton: read(&self.0.text).and_then(|hir| Automaton::of(&ascii(&hir))),
        })
    }

    /// The text between the slashes.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }
}

fn collect_matches<E>(
    text: &str,
    mut found: impl Iterator<Item = Range<usize>>,
    mut charge: impl FnMut(usize) -> Result<(), E>,
) -> Result<Vec<&str>, E> {
    let (mut matches, mut end) = (Vec::new(), 0);
    loop {
        charge(text.len() - end)?;
        let Some(range) = found.next() else {
            return Ok(matches);
        };
        end = range.end;
        matches.extend(text.get(range));
    }
}

fn read(text: &str) -> Option<Hir> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build();
    parser.parse(text).ok()
}

/// Substrings of which every match contains at least one: at its start, its end, or at the start of a part of the
/// regex. Empty if there are too many, or one is empty.
fn pieces(text: &str) -> Pieces {
    let Some(hir) = read(text) else {
        return Vec::new();
    };
    let of = |kind, hir: &Hir| {
        let mut extractor = Extractor::new();
        let found = extractor
            .kind(kind)
            .limit_total(MAX_SEARCHED_PIECES)
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
        // Fewer texts contain longer substrings.
        let pieces = of(kind, hir).unwrap_or_default();
        if shortest(&pieces) > shortest(&best) {
            best = pieces;
        }
    }
    best
}

/// The engine of a regex without tables that cost more to build than most runs save; for ASCII texts also without the
/// automata for other characters, which make up most of a regex such as `[^/]*`.
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

/// Does it match no text at all?
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

/// A regex that matches the same ASCII texts.
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
    builder.size_limit(MAX_SIZE).nest_limit(MAX_NESTING).build()
}

fn error_message(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            "the regex is too large: it exceeds 1 MiB when compiled".to_owned()
        }
        error => {
            let text = error.to_string();
            let line = text.lines().rev().find(|line| !line.trim().is_empty());
            let line = line.unwrap_or_default().trim();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}

/// The number of character ranges of a regex, multiplied by repetitions.
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
            let nothing = || regex::Regex::new("[^\\s\\S]").expect("the pattern is valid");
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
    use super::{MAX_SIZE, Regex, compile, pieces, ranges};
    use proptest::prelude::*;

    #[test]
    fn new_rejects_oversized_and_invalid_regexes() {
        assert_eq!(
            Regex::new(r"(\w{100}){100}").map(|_| ()),
            Err("the regex is too large: it exceeds 1 MiB when compiled".to_owned())
        );
        assert_eq!(
            Regex::new("a(b").map(|_| ()),
            Err("unclosed group".to_owned())
        );
    }

    #[test]
    fn trusted_regexes_compile_on_first_use() {
        assert!(Regex::trusted("a(b|c)+").is_match("xabc"));
        for wrong in ["a(b", r"(\w{100}){100}"] {
            assert!(!Regex::trusted(wrong).is_match("a(b"));
            assert!(!Regex::trusted(wrong).is_match("é"));
        }
    }

    #[test]
    fn finds_required_substrings_without_compiling() {
        let literals = |text| {
            let found = pieces(text).into_iter();
            let found = found.map(|it| String::from_utf8(it.into()).expect("the pieces are ASCII"));
            found.collect::<Vec<_>>()
        };
        assert_eq!(literals("^__[A-Z_]+__$"), ["__"]);
        assert_eq!(literals("[sS]ervice$"), ["Service", "service"]);
        assert_eq!(
            literals("^(tag|[a-z]*[vV]ersion)$"),
            ["tag", "Version", "version"]
        );
        assert_eq!(
            literals(r"(^|[^a-z])[a-z.]*(host\.(com|org)|b\.example)($|[^a-z])"),
            ["host.com", "host.org", "b.example"]
        );
        assert!(literals("[^ ]+").is_empty());
        assert!(literals("a|").is_empty());
    }

    proptest! {
        /// Texts rejected for lacking a substring do not match, and a precomputed automaton agrees.
        #[test]
        fn shortcuts_agree_with_the_regex_engine(
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
            let compiled = compile(&regex).expect("the regex is small");
            let matches = compiled.is_match(&text);
            prop_assert_eq!(lazy.is_match(&text), matches, "{}", regex);
            let known = Regex::with_precomputed(&regex, Some(lazy.precompute()));
            prop_assert_eq!(known.is_match(&text), matches, "{} by its automaton", regex);
            let groups = compiled.captures(&text);
            let groups = groups.map(|it| it.iter().map(|it| it.map(|it| it.as_str())).collect::<Vec<_>>());
            prop_assert_eq!(lazy.groups(&text), groups, "{}", regex);
            let all: Vec<_> = compiled.find_iter(&text).map(|it| it.as_str()).collect();
            let found = lazy.matches(&text, |_| Ok::<_, std::convert::Infallible>(()));
            prop_assert_eq!(found, Ok(all), "{}", regex);
        }

        /// Regexes that are compiled later do compile: joins and repeats pieces that are large for their length.
        #[test]
        fn few_ranges_stay_below_the_size_limit(
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
            if ranges(&hir) <= super::MAX_DEFERRED_RANGES {
                prop_assert!(compile(&text).is_ok(), "{} ranges, more than {MAX_SIZE} bytes: {text}", ranges(&hir));
            }
        }
    }
}
