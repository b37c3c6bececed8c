//! Describes a failed requirement: place, messages, witnesses, fixes.

use source::Severity;

use crate::eval::expr::Elements;
use crate::eval::machine::{EvalResult, Machine};
use crate::eval::{Truth, show};
use crate::host::{NodeRef, Place};
use crate::parse::ast::{BinaryOp, Quantifier};
use crate::program::ir::{ActionCode, FindingCode, FixCode, Node, Op, Part, RequireCode};
use crate::value::{Data, Value};

/// A requirement that does not hold for a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'h> {
    /// The rule's index in [`crate::program::Program::rules`].
    pub rule: usize,
    /// The index of the requirement in the rule, from 0; identifies the class of the message.
    pub requirement: usize,
    /// Its severity under the profile of its place.
    pub severity: Severity,
    /// The problem; secrets are redacted.
    pub message: String,
    /// Its place.
    pub place: Place,
    /// The subject's place, if it has one.
    pub subject: Option<Place>,
    /// Related places with labels, which may be empty.
    pub related: Vec<(Place, String)>,
    /// What to do about it.
    pub help: Option<String>,
    /// Proposed fixes, in the order of the rule.
    pub fixes: Vec<ProposedFix<'h>>,
    /// The elements for which a quantifier failed, at most [`MAX_WITNESSES`].
    pub witnesses: Vec<Place>,
}

/// Maximum number of witnesses.
pub const MAX_WITNESSES: usize = 16;

/// A fix proposed by a rule. The host decides whether it can be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedFix<'h> {
    /// Its title in an editor's menu; secrets are redacted.
    pub title: String,
    /// May it be applied without confirmation?
    pub safe: bool,
    /// The change it makes.
    pub action: Action<'h>,
}

/// The change made by a fix. No value contains absent or secret parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Action<'h> {
    /// Writes a value at a place, which may not exist yet.
    Set(Place, Value<'h>),
    /// Puts a scalar in quotes.
    Quote(Place),
    /// Renames a key.
    Rename(Place, String),
    /// Moves a value, with the comments of its key, to another place.
    Move(Place, Place),
    /// Deletes a key or list item.
    Delete(Place),
    /// Appends items to a list, which may not exist yet.
    Append(Place, Vec<Value<'h>>),
    /// Removes items from a list.
    Remove(Place, Vec<Value<'h>>),
}

impl Action<'_> {
    fn map_nodes(&self, to: &mut dyn FnMut(NodeRef) -> Option<NodeRef>) -> Option<Action<'static>> {
        Some(match self {
            Self::Append(place, values) => {
                let values = values.iter().map(|it| it.map_nodes(to));
                let values = values.collect::<Option<_>>()?;
                Action::Append(place.map_nodes(to)?, values)
            }
            Self::Remove(place, values) => {
                let values = values.iter().map(|it| it.map_nodes(to));
                let values = values.collect::<Option<_>>()?;
                Action::Remove(place.map_nodes(to)?, values)
            }
            Self::Set(place, value) => Action::Set(place.map_nodes(to)?, value.map_nodes(to)?),
            Self::Quote(place) => Action::Quote(place.map_nodes(to)?),
            Self::Rename(place, key) => Action::Rename(place.map_nodes(to)?, key.clone()),
            Self::Move(from, place) => Action::Move(from.map_nodes(to)?, place.map_nodes(to)?),
            Self::Delete(place) => Action::Delete(place.map_nodes(to)?),
        })
    }
}

impl Verdict<'_> {
    /// A copy that borrows nothing, with its host values mapped by `to`; `None` if that returns `None` for one of them.
    pub(super) fn map_nodes(
        &self,
        to: &mut dyn FnMut(NodeRef) -> Option<NodeRef>,
    ) -> Option<Verdict<'static>> {
        let subject = match &self.subject {
            Some(subject) => Some(subject.map_nodes(to)?),
            None => None,
        };
        let related = self.related.iter();
        let related = related.map(|(place, label)| Some((place.map_nodes(to)?, label.clone())));
        let related = related.collect::<Option<_>>()?;
        let fixes = self.fixes.iter().map(|fix| {
            Some(ProposedFix {
                title: fix.title.clone(),
                safe: fix.safe,
                action: fix.action.map_nodes(to)?,
            })
        });
        let fixes = fixes.collect::<Option<_>>()?;
        let witnesses = self.witnesses.iter().map(|place| place.map_nodes(to));
        let witnesses = witnesses.collect::<Option<_>>()?;
        Some(Verdict {
            rule: self.rule,
            requirement: self.requirement,
            severity: self.severity,
            message: self.message.clone(),
            place: self.place.map_nodes(to)?,
            subject,
            related,
            help: self.help.clone(),
            fixes,
            witnesses,
        })
    }
}

/// The places responsible for the truth of a condition.
#[derive(Default)]
struct Evidence {
    primary: Vec<Place>,
    related: Vec<(Place, String)>,
    witnesses: Vec<Place>,
}

impl<'h> Machine<'_, 'h> {
    /// Explains a failed requirement. If the requirement does not state a severity, the caller must fill it in.
    pub(super) fn verdict(&mut self, rule: usize, it: &'h RequireCode) -> EvalResult<Verdict<'h>> {
        let truth = self.truth(&it.condition)?;
        let finding: &FindingCode = &it.finding;
        let mut evidence = Evidence::default();
        self.collect_evidence(&it.condition, &truth, &mut evidence)?;
        let mut places = match &finding.at {
            Some(at) => self.places_at(at)?,
            None => Vec::new(),
        };
        if places.is_empty() {
            places = std::mem::take(&mut evidence.primary);
        }
        let subject = self.subjects.iter().rev().find_map(place_of);
        let missing = match truth {
            Truth::Missing(place) => place.map(|place| *place),
            _ => None,
        };
        let mut places = places.into_iter();
        let place = places.next().or(missing).or_else(|| subject.clone());
        let place = place.unwrap_or_else(|| self.run.deployment_place());
        let mut related: Vec<(Place, String)> =
            places.map(|place| (place, String::new())).collect();
        related.append(&mut evidence.related);
        for (node, label) in &finding.also_at {
            let value = self.value(node)?;
            let label = match label {
                Some(label) => self.message_text(label)?,
                None => String::new(),
            };
            // Skip values that are absent or have no place.
            if !value.is_absent() {
                let found = self.places_of(&value).into_iter();
                related.extend(found.map(|place| (place, label.clone())));
            }
        }
        related.retain(|(other, _)| *other != place);
        let info = &self.run.program.rules[rule];
        let message = match &finding.say {
            Some(say) => one_line(&self.message_text(say)?),
            None => format!("`{}` does not hold here", info.id),
        };
        let help = finding
            .help
            .as_ref()
            .map(|help| self.message_text(help))
            .transpose()?;
        let mut fixes = Vec::new();
        for fix in &finding.fixes {
            fixes.extend(self.propose_fix(fix)?);
        }
        Ok(Verdict {
            rule,
            requirement: it.index,
            severity: finding.severity.unwrap_or(Severity::Error),
            message,
            place,
            subject,
            related,
            help,
            fixes,
            witnesses: evidence.witnesses,
        })
    }

    /// Text for users: every secret part is redacted, whatever it was computed from.
    fn message_text(&mut self, node: &'h Node) -> EvalResult<String> {
        let parts = match &node.op {
            Op::Template(parts) => parts,
            Op::If(branches) => {
                let [condition, yes, no] = branches.as_ref();
                let before = std::mem::replace(&mut self.tainted, false);
                let truth = self.truth(condition)?;
                let tainted = std::mem::replace(&mut self.tainted, before);
                return match truth {
                    _ if tainted => Ok(show::REDACTED.to_owned()),
                    Truth::True => self.message_text(yes),
                    Truth::False => self.message_text(no),
                    undecided => self.redacted(&undecided.into_value()),
                };
            }
            _ => {
                let value = self.value(node)?;
                return self.redacted(&value);
            }
        };
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Expr(node) => {
                    let value = self.value(node)?;
                    text.push_str(&self.redacted(&value)?);
                }
            }
        }
        Ok(text)
    }

    fn redacted(&mut self, value: &Value<'h>) -> EvalResult<String> {
        show::redacted(self.host, value, &mut self.budget)
    }

    /// The places named by `at`. In a list literal, a missing element stands for the place where it should be.
    fn places_at(&mut self, at: &'h Node) -> EvalResult<Vec<Place>> {
        let Op::List(items) = &at.op else {
            let value = self.value(at)?;
            return Ok(self.places_of(&value));
        };
        let mut places = Vec::with_capacity(items.len());
        for item in items {
            let value = self.value(item)?;
            places.extend(self.places_of(&value));
        }
        Ok(places)
    }

    /// The places of a value: its own, or those of the elements of a computed list.
    fn places_of(&self, value: &Value<'h>) -> Vec<Place> {
        if let Data::List(list) = &value.data {
            let items = list.items.iter().chain(list.incomplete.as_deref());
            let places: Vec<Place> = items.filter_map(place_of).collect();
            if !places.is_empty() {
                return places;
            }
        }
        place_of(value).into_iter().collect()
    }

    /// Collects what the operators of a condition know about its truth.
    fn collect_evidence(
        &mut self,
        node: &'h Node,
        truth: &Truth,
        evidence: &mut Evidence,
    ) -> EvalResult<()> {
        match &node.op {
            Op::Not(inner) => self.collect_evidence(inner, &truth.clone().negate(), evidence),
            Op::And(sides) | Op::Or(sides) => {
                for side in sides {
                    let side_truth = self.truth(side)?;
                    if side_truth == *truth {
                        self.collect_evidence(side, truth, evidence)?;
                    }
                }
                Ok(())
            }
            Op::Binary(BinaryOp::AgreesWith, sides) => {
                let (a, b) = (self.value(&sides[0])?, self.value(&sides[1])?);
                let missing = |value: &Value<'_>| value.is_absent();
                // The absent side is where something must be written.
                let (first, second) = if missing(&b) && !missing(&a) {
                    (b, a)
                } else {
                    (a, b)
                };
                evidence.primary.extend(first.place.clone());
                if !second.is_absent() {
                    let label = self.label("the other is", &second, "the other value")?;
                    evidence
                        .related
                        .extend(second.place.map(|place| (place, label)));
                }
                Ok(())
            }
            Op::Agree(list) if *truth == Truth::False => {
                let list = self.value(list)?;
                match self.elements(list)? {
                    Some(elements) => self.note_minority(&elements, evidence),
                    None => Ok(()),
                }
            }
            Op::Quantifier {
                kind,
                generator,
                body,
            } => {
                let culprit = match (kind, truth) {
                    (Quantifier::Every, Truth::False) => Truth::False,
                    (Quantifier::No, Truth::False) | (Quantifier::Some, Truth::True) => Truth::True,
                    _ => return Ok(()),
                };
                let list = self.value(&generator.over)?;
                let Some(elements) = self.elements(list)? else {
                    return Ok(());
                };
                for index in 0..elements.len() {
                    if evidence.witnesses.len() >= MAX_WITNESSES {
                        break;
                    }
                    self.budget.charge(1)?;
                    self.bind_element(generator, &elements, index);
                    if self.truth(body)? == culprit {
                        evidence.witnesses.extend(elements.get(self, index).1.place);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Collects the elements outside the largest group of equal ones; if several groups are largest, the first counts.
    fn note_minority(
        &mut self,
        elements: &Elements<'h>,
        evidence: &mut Evidence,
    ) -> EvalResult<()> {
        let mut groups: Vec<Vec<Value<'h>>> = Vec::new();
        'elements: for index in 0..elements.len() {
            let (_, element) = elements.get(self, index);
            if element.is_absent() {
                continue;
            }
            for group in &mut groups {
                if self.equal(&group[0].clone(), &element)? == Truth::True {
                    group.push(element);
                    continue 'elements;
                }
            }
            groups.push(vec![element]);
        }
        let largest = groups.iter().map(Vec::len).max().unwrap_or(0);
        let Some(at) = groups.iter().position(|group| group.len() == largest) else {
            return Ok(());
        };
        let majority = groups.remove(at);
        let others = groups.into_iter().flatten();
        evidence
            .primary
            .extend(others.filter_map(|element| element.place));
        if let Some(shown) = majority.into_iter().find(|element| element.place.is_some()) {
            let words = if largest > 1 {
                "the others are"
            } else {
                "the other is"
            };
            let label = self.label(words, &shown, "a different value")?;
            evidence
                .related
                .extend(shown.place.map(|place| (place, label)));
        }
        Ok(())
    }

    /// `words VALUE`, or `instead` if the value is secret or too long.
    fn label(&mut self, words: &str, value: &Value<'h>, instead: &str) -> EvalResult<String> {
        if value.secret {
            return Ok(instead.to_owned());
        }
        let shown = self.redacted(value)?;
        Ok(if shown.len() > 60 || shown.contains('\n') {
            instead.to_owned()
        } else {
            format!("{words} `{shown}`")
        })
    }

    /// The proposed fix; `None` if anything it needs is unknown, has no place, or must not be shown.
    fn propose_fix(&mut self, fix: &'h FixCode) -> EvalResult<Option<ProposedFix<'h>>> {
        let Some(action) = self.action(&fix.action)? else {
            return Ok(None);
        };
        let title = match &fix.title {
            Some(title) => one_line(&self.message_text(title)?),
            None => self.default_title(&action)?,
        };
        Ok(Some(ProposedFix {
            title,
            safe: fix.safe,
            action,
        }))
    }

    fn action(&mut self, action: &'h ActionCode) -> EvalResult<Option<Action<'h>>> {
        Ok(match action {
            ActionCode::Set(target, value) => {
                let (target, value) = (self.target_place(target)?, self.writable_value(value)?);
                target
                    .zip(value)
                    .map(|(target, value)| Action::Set(target, value))
            }
            ActionCode::Quote(target) => self.existing_place(target)?.map(Action::Quote),
            ActionCode::Rename(target, name) => {
                let (target, name) = (self.existing_place(target)?, self.writable_value(name)?);
                match (target, name.map(|name| name.data)) {
                    (Some(target), Some(Data::String(name))) => {
                        Some(Action::Rename(target, name.into_owned()))
                    }
                    _ => None,
                }
            }
            ActionCode::Move(from, to) => {
                let (from, to) = (self.existing_place(from)?, self.target_place(to)?);
                from.zip(to).map(|(from, to)| Action::Move(from, to))
            }
            ActionCode::Delete(target) => self.existing_place(target)?.map(Action::Delete),
            ActionCode::Append(items, list) => {
                let (items, list) = (self.writable_items(items)?, self.target_place(list)?);
                list.zip(items)
                    .map(|(list, items)| Action::Append(list, items))
            }
            ActionCode::Remove(items, list) => {
                let (items, list) = (self.writable_items(items)?, self.existing_place(list)?);
                list.zip(items)
                    .map(|(list, items)| Action::Remove(list, items))
            }
        })
    }

    fn target_place(&mut self, node: &'h Node) -> EvalResult<Option<Place>> {
        Ok(self.value(node)?.place)
    }

    fn existing_place(&mut self, node: &'h Node) -> EvalResult<Option<Place>> {
        let value = self.value(node)?;
        Ok(value
            .place
            .filter(|place| matches!(place, Place::Node(_) | Place::Key(_))))
    }

    /// A value that can be written into a file as it is.
    fn writable_value(&mut self, node: &'h Node) -> EvalResult<Option<Value<'h>>> {
        let value = self.value(node)?;
        Ok(Some(value).filter(|value| is_writable(value)))
    }

    /// A single item, or the items of a list; `None` if there is nothing to add.
    fn writable_items(&mut self, node: &'h Node) -> EvalResult<Option<Vec<Value<'h>>>> {
        let value = self.value(node)?;
        if value.is_absent() {
            return Ok(None);
        }
        let items = match self.elements(value.clone())? {
            Some(elements) if !matches!(elements, Elements::Entries(..)) => {
                if elements.incomplete().is_some() {
                    return Ok(None);
                }
                (0..elements.len())
                    .map(|at| elements.get(self, at).1)
                    .collect()
            }
            _ => vec![value],
        };
        Ok(Some(items).filter(|items| !items.is_empty() && items.iter().all(is_writable)))
    }

    /// The title of a fix for which the rule has none.
    fn default_title(&mut self, action: &Action<'h>) -> EvalResult<String> {
        let host = self.host;
        let path = |place: &Place| {
            crate::builtins::path_of(host, place).unwrap_or_else(|| "this".to_owned())
        };
        Ok(match action {
            Action::Set(place, value) => {
                format!("set `{}` to `{}`", path(place), show::literal(host, value))
            }
            Action::Quote(place) => format!("quote `{}`", path(place)),
            Action::Rename(place, name) => format!("rename `{}` to `{name}`", path(place)),
            Action::Move(from, to) => format!("move `{}` to `{}`", path(from), path(to)),
            Action::Delete(place) => format!("delete `{}`", path(place)),
            Action::Append(place, items) => {
                let items = show::literal(host, &Value::list(items.clone()));
                format!(
                    "add {} to `{}`",
                    items.trim_matches(['[', ']']),
                    path(place)
                )
            }
            Action::Remove(place, items) => {
                let items = show::literal(host, &Value::list(items.clone()));
                format!(
                    "remove {} from `{}`",
                    items.trim_matches(['[', ']']),
                    path(place)
                )
            }
        })
    }
}

/// The place of a value; a record without one is its own place.
fn place_of(value: &Value<'_>) -> Option<Place> {
    match (&value.place, &value.data) {
        (Some(place), _) => Some(place.clone()),
        (None, Data::Record(record)) => Some(Place::Record(*record)),
        _ => None,
    }
}

/// Can the value be written, that is, does it contain no absent or secret parts?
fn is_writable(value: &Value<'_>) -> bool {
    if value.secret {
        return false;
    }
    match &value.data {
        Data::Absent(_) | Data::Record(_) | Data::Regex(_) => false,
        Data::List(list) => list.incomplete.is_none() && list.items.iter().all(is_writable),
        Data::Map(entries) => entries.iter().all(|(_, value)| is_writable(value)),
        _ => true,
    }
}

/// Joins the lines of interpolated values, since a message is a single line.
fn one_line(text: &str) -> String {
    if text.contains(['\n', '\r']) {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text.to_owned()
    }
}
