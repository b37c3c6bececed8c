//! Patterns: the declared places that each segment can match.

use source::Span;

use super::checker::Checker;
use super::info::{Info, type_of};
use super::messages::FILTERED_CAPTURE;
use super::paths::push_key;
use super::problem::Problem;
use super::visit::each_inside;
use crate::charts::{Found, Place, Step};
use crate::parse::ast::{
    CaptureFilter, Expr, ExprKind, ItemKind, Pattern, Segment, SegmentKind, View,
};
use crate::types::Type;
use crate::value::Regex;

/// Maximum number of items followed to find a constant.
const MAX_CHAIN: usize = 16;

/// If a subject may be in more places than this, keys below it are not checked against declarations: some of the places
/// would accept any key.
const MAX_PLACES: usize = 128;

/// The keys that a capture matches, as far as known.
enum Keys<'a> {
    Any,
    /// These keys, each with its span if it is written in the pattern.
    Listed(Vec<(&'a str, Span)>),
    Matching(Regex),
}

/// The places that a pattern has reached.
struct Walk<'a> {
    places: Vec<Place<'a>>,
    /// The matched part of the pattern, for messages.
    text: String,
    /// An earlier segment matches unspecified keys, so there are places of many kinds.
    loose: bool,
}

/// A segment that matches nothing.
struct DeadEnd<'a> {
    /// The key, if the segment spells one out.
    key: Option<String>,
    text: String,
    span: Span,
    within: String,
    tried: Vec<Place<'a>>,
}

impl<'a> Checker<'a> {
    /// Checks a pattern and binds its captures; returns what is known about the places it matches.
    pub(super) fn pattern(&mut self, pattern: &'a Pattern, view: View) -> Info<'a> {
        let keys: Vec<Keys<'a>> = pattern
            .segments
            .iter()
            .map(|segment| self.capture_keys(segment))
            .collect();
        let places = self.walk(pattern, &keys, view);
        for segment in &pattern.segments {
            if let SegmentKind::Capture { name, filter } = &segment.kind {
                let key = Info {
                    from_tree: true,
                    ..Info::of(Type::String)
                };
                let what = match filter {
                    None => "capture",
                    Some(_) => FILTERED_CAPTURE,
                };
                self.bind(name, what, false, key, None);
            }
        }
        match places {
            Some(places) if (1..=MAX_PLACES).contains(&places.len()) => Info::at(places.into()),
            Some(places) if !places.is_empty() => Info {
                from_tree: true,
                ..Info::of(type_of(&places))
            },
            _ => Info::any(),
        }
    }

    /// The keys that a capture matches; reports an invalid filter.
    fn capture_keys(&mut self, segment: &'a Segment) -> Keys<'a> {
        let SegmentKind::Capture {
            filter: Some(filter),
            ..
        } = &segment.kind
        else {
            return Keys::Any;
        };
        match filter {
            CaptureFilter::Regex(regex) => match self.regex(&regex.node, regex.span) {
                Some(regex) => Keys::Matching(regex),
                None => Keys::Any,
            },
            CaptureFilter::OneOf(list) => {
                self.capture_list(list);
                let mut keys = Vec::new();
                match self.constant_keys(list, self.pack, None, MAX_CHAIN, &mut keys) {
                    Some(()) => Keys::Listed(keys),
                    None => Keys::Any,
                }
            }
        }
    }

    fn capture_list(&mut self, list: &'a Expr) {
        let mut bound = Vec::new();
        each_inside(list, &mut |part| {
            if let ExprKind::Name(name) = &part.kind
                && self.scope.get(name).is_some()
            {
                bound.push((name, part.span));
            }
        });
        if let Some(&(name, span)) = bound.first() {
            let name = name.clone();
            self.report(span, Problem::CaptureNotConstant { name });
        }
        let info = self.expr(list);
        if !info.ty.is_map() && self.expect_type(list.span, &info, &Type::List(Box::new(Type::Any)))
        {
            let texts = Type::List(Box::new(Type::String));
            self.expect_type(list.span, &info, &texts);
        }
    }

    /// The strings of a constant list. `from` is the place where it is used, if that is elsewhere.
    fn constant_keys(
        &self,
        list: &'a Expr,
        pack: usize,
        from: Option<Span>,
        left: usize,
        out: &mut Vec<(&'a str, Span)>,
    ) -> Option<()> {
        let left = left.checked_sub(1)?;
        match &list.kind {
            ExprKind::List(items) => {
                for item in items {
                    let ExprKind::String(text) = &item.kind else {
                        return None;
                    };
                    out.push((text, from.unwrap_or(item.span)));
                }
                Some(())
            }
            ExprKind::Binary(crate::parse::ast::BinaryOp::Concat, a, b) => {
                self.constant_keys(a, pack, from, left, out)?;
                self.constant_keys(b, pack, from, left, out)
            }
            ExprKind::Name(name) => {
                let item = self.index.find(pack, name)?;
                self.constant_item(item, from.unwrap_or(list.span), left, out)
            }
            ExprKind::Field(of, name) => {
                let ExprKind::Name(used) = &of.kind else {
                    return None;
                };
                let pack = self.index.used_pack(self.file, used)?;
                let item = self.index.find(pack, &name.node)?;
                self.constant_item(item, from.unwrap_or(list.span), left, out)
            }
            _ => None,
        }
    }

    fn constant_item(
        &self,
        item: usize,
        from: Span,
        left: usize,
        out: &mut Vec<(&'a str, Span)>,
    ) -> Option<()> {
        let entry = &self.index.items[item];
        match &entry.item.kind {
            ItemKind::Let(it) => {
                let pack = self.index.files[entry.file].pack;
                self.constant_keys(&it.value, pack, Some(from), left, out)
            }
            _ => None,
        }
    }

    /// The declared places that a pattern matches; `None` if an error was reported or nothing is known.
    fn walk(
        &mut self,
        pattern: &'a Pattern,
        keys: &[Keys<'a>],
        view: View,
    ) -> Option<Vec<Place<'a>>> {
        let starts = self.starts(pattern, keys)?;
        let several = starts.len() > 1;
        let mut found = Vec::new();
        let mut dead = Vec::new();
        for (start, span) in starts {
            match self.walk_from(pattern, keys, start, view) {
                Ok(mut places) => found.append(&mut places),
                Err(end) => dead.push((end, span)),
            }
        }
        let all_dead = found.is_empty();
        for (end, span) in dead {
            // If only some of the listed components lack the key, report the component in the list.
            let span = if several && !all_dead { span } else { end.span };
            match end.key {
                Some(key) => self.unknown_key(span, end.within, &key, &end.tried),
                None => {
                    let within = Some(end.within);
                    let part = end.text;
                    self.report(span, Problem::MatchesNothing { within, part });
                }
            }
            if all_dead {
                return None;
            }
        }
        Some(found)
    }

    /// The starts of a pattern: one walk for each listed component, so that each is checked against the pattern.
    fn starts(&mut self, pattern: &'a Pattern, keys: &[Keys<'a>]) -> Option<Vec<(Walk<'a>, Span)>> {
        let first = pattern.segments.first()?;
        let charts = self.charts;
        let start = |places: Vec<Place<'a>>, text: &str| Walk {
            places,
            text: text.to_owned(),
            loose: is_loose(&first.kind, &keys[0]),
        };
        let one = |walk| Some(vec![(walk, first.span)]);
        match (&first.kind, &keys[0]) {
            (SegmentKind::Key(name), _) => {
                let places = self.pattern_component(name, first.span)?;
                self.component_name(first.span, name);
                let mut text = String::new();
                push_key(name, &mut text);
                one(start(places, &text))
            }
            (SegmentKind::Any, _) | (SegmentKind::Capture { .. }, Keys::Any) => {
                one(start(charts.all_components(), "*"))
            }
            (SegmentKind::AnyDepth, _) => one(start(self.everywhere(), "**")),
            (SegmentKind::Capture { .. }, Keys::Listed(names)) => {
                let mut starts = Vec::new();
                for &(name, span) in names {
                    if let Some(places) = self.pattern_component(name, span) {
                        starts.push((start(places, name), span));
                    }
                }
                (!starts.is_empty()).then_some(starts)
            }
            (SegmentKind::Capture { .. }, Keys::Matching(regex)) => {
                let names = charts.component_names();
                let mut names: Vec<&str> = names.filter(|name| regex.is_match(name)).collect();
                names.sort_unstable();
                if names.is_empty() {
                    let problem = Problem::MatchesNothing {
                        within: None,
                        part: format!("/{}/", regex.as_str()),
                    };
                    self.report(first.span, problem);
                    return None;
                }
                let places = names.iter().flat_map(|name| charts.component(name));
                one(start(
                    distinct(places.collect()),
                    &format!("{{/{}/}}", regex.as_str()),
                ))
            }
            (SegmentKind::Index(_), _) => None,
        }
    }

    /// All declared places, which is what `**` matches.
    fn everywhere(&mut self) -> Vec<Place<'a>> {
        let charts = self.charts;
        let places = self
            .everywhere
            .get_or_insert_with(|| charts.any_depth(&charts.all_components()));
        places.clone()
    }

    fn pattern_component(&mut self, name: &str, span: Span) -> Option<Vec<Place<'a>>> {
        let charts = self.charts;
        let places = charts.component(name);
        if !places.is_empty() {
            return Some(places.into_vec());
        }
        let similar = self.suggest(name, charts.component_names().collect::<Vec<_>>());
        let name = name.to_owned();
        self.report(span, Problem::UnknownComponent { name, similar });
        None
    }

    fn walk_from(
        &mut self,
        pattern: &'a Pattern,
        keys: &[Keys<'a>],
        mut walk: Walk<'a>,
        view: View,
    ) -> Result<Vec<Place<'a>>, DeadEnd<'a>> {
        for (at, segment) in pattern.segments.iter().enumerate().skip(1) {
            let (mut text, mut below) = (String::new(), Vec::new());
            match (&segment.kind, &keys[at]) {
                (SegmentKind::Key(key), _) => {
                    push_key(key, &mut text);
                    below = self.below(&walk.places, Step::Key(key));
                }
                (SegmentKind::Index(position), _) => {
                    text = format!("[{position}]");
                    below = self.below(&walk.places, Step::Item);
                }
                (SegmentKind::AnyDepth, _) => {
                    text.push_str("**");
                    below = self.charts.any_depth(&walk.places);
                }
                (SegmentKind::Capture { .. }, Keys::Listed(names)) => {
                    text.push_str("{…}");
                    for &(name, span) in names {
                        let mut places = self.below(&walk.places, Step::Key(name));
                        if all_undeclared(&places) {
                            return Err(DeadEnd {
                                key: Some(name.to_owned()),
                                text,
                                span,
                                within: walk.text,
                                tried: places,
                            });
                        }
                        below.append(&mut places);
                    }
                }
                (SegmentKind::Capture { .. }, Keys::Matching(regex)) => {
                    text = format!("{{/{}/}}", regex.as_str());
                    below = self.matching(&walk.places, regex);
                }
                (SegmentKind::Any | SegmentKind::Capture { .. }, _) => {
                    text.push('*');
                    let places = walk.places.iter();
                    below.extend(places.flat_map(|&place| self.charts.any_step(place)));
                }
            }
            if all_undeclared(&below) {
                let key = match &segment.kind {
                    SegmentKind::Key(key) => Some(key.clone()),
                    _ => None,
                };
                return Err(DeadEnd {
                    key,
                    text,
                    span: segment.span,
                    within: walk.text,
                    tried: below,
                });
            }
            below.retain(|place| !matches!(place.found, Found::Undeclared(_)));
            let below = distinct(below);
            if let SegmentKind::Key(key) = &segment.kind {
                self.key_name(segment.span, &below);
                self.out_of_use(segment.span, &below, || walk.text.clone(), view);
                if walk.loose {
                    let everywhere = walk.text.ends_with("**");
                    let within = || (!everywhere).then(|| walk.text.clone());
                    self.report_doubtful_key(&walk.places, key, segment.span, &below, within);
                }
            }
            if !text.starts_with('[') {
                walk.text.push('.');
            }
            walk.text.push_str(&text);
            walk.loose |= is_loose(&segment.kind, &keys[at]);
            walk.places = below;
        }
        Ok(walk.places)
    }

    fn below(&self, places: &[Place<'a>], step: Step<'_>) -> Vec<Place<'a>> {
        let places = places.iter();
        places
            .flat_map(|&place| self.charts.step(place, step))
            .collect()
    }

    /// The places below keys that match.
    fn matching(&self, places: &[Place<'a>], regex: &Regex) -> Vec<Place<'a>> {
        let mut below = Vec::new();
        for &place in places {
            match place.found {
                Found::Map(map, _) => {
                    let keys = map.keys.iter().filter(|key| regex.is_match(&key.name));
                    let mut names: Vec<&str> = keys.map(|key| key.name.as_str()).collect();
                    names.dedup();
                    for name in names {
                        below.extend(self.charts.step(place, Step::Key(name)));
                    }
                    let parts = self.charts.parts(place);
                    let parts = parts.filter(|(key, _)| regex.is_match(key));
                    below.extend(parts.map(|(_, part)| part));
                    if map.takes_any() {
                        // An undeclared key stands for all keys that an open map accepts.
                        below.extend(self.charts.step(place, Step::Key("\u{0}")));
                    }
                }
                _ => below.extend(self.charts.any_step(place)),
            }
        }
        below
    }

    /// Reports a likely typo in a key. Among places of many kinds, an open one may have any key, so this is only a guess.
    pub(super) fn report_doubtful_key(
        &mut self,
        places: &[Place<'a>],
        key: &str,
        span: Span,
        below: &[Place<'a>],
        within: impl Fn() -> Option<String>,
    ) {
        if below.iter().any(|place| place.declares(key))
            || places
                .iter()
                .any(|&it| self.charts.needs_no_declaration(it, key))
        {
            return;
        }
        let maps = places.iter().filter_map(|place| match place.found {
            Found::Map(map, _) => Some(map),
            _ => None,
        });
        let keys = maps.flat_map(|map| map.keys.iter().map(|key| key.name.as_str()));
        if let Some(similar) = self.suggest(key, keys) {
            let problem = Problem::DoubtfulKey {
                within: within(),
                key: key.to_owned(),
                similar,
            };
            self.report(span, problem);
        }
    }
}

/// Does a segment match keys that are not spelled out?
fn is_loose(kind: &SegmentKind, keys: &Keys<'_>) -> bool {
    match kind {
        SegmentKind::Any | SegmentKind::AnyDepth => true,
        SegmentKind::Capture { .. } => !matches!(keys, Keys::Listed(_)),
        SegmentKind::Key(_) | SegmentKind::Index(_) => false,
    }
}

/// Removes duplicate places.
fn distinct(places: Vec<Place<'_>>) -> Vec<Place<'_>> {
    if places.len() < 8 {
        return places;
    }
    let mut seen = rustc_hash::FxHashSet::default();
    let mut places = places;
    places.retain(|place| seen.insert(place.identity()));
    places
}

fn all_undeclared(places: &[Place<'_>]) -> bool {
    let mut places = places.iter();
    places.all(|place| matches!(place.found, Found::Undeclared(_)))
}

/// The path of a pattern that consists only of keys; see [`super::known`].
pub(super) fn literal_key(pattern: &Pattern) -> Option<String> {
    let keys: Option<Vec<&str>> = pattern
        .segments
        .iter()
        .map(|segment| match &segment.kind {
            SegmentKind::Key(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    keys.map(|keys| keys.join("\u{1f}"))
}
