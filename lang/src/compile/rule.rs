//! Compiles rules and patterns.

use std::fmt::Write as _;

use super::{Compiler, Failed, Result, Scope, docs};
use crate::parse::ast::{
    CaptureFilter, Clause, Expr, FixAction, Item, Pattern, Requirement, Rule, SegmentKind, View,
};
use crate::program::ir::{
    ActionCode, ClauseCode, ClauseKind, Filter, FindingCode, FixCode, Node, Op, PatternCode,
    RequireCode, RuleCode, Slot, Step,
};
use crate::program::{ReadPath, ReadSet, RuleInfo};

/// Maximum number of `for` clauses in a rule: each multiplies the number of subjects.
const MAX_FOR: usize = 8;

/// Maximum number of segments in a pattern.
const MAX_SEGMENTS: usize = 64;

impl<'a> Compiler<'a> {
    pub(super) fn rule(
        &mut self,
        pack: &'a str,
        file: usize,
        item: &'a Item,
        rule: &'a Rule,
    ) -> Result<()> {
        let mut scope = Scope::new(pack, file);
        let mut code = RuleCode {
            clauses: Vec::new(),
            lets: Vec::new(),
            slots: 0,
            places: false,
        };
        let mut requirements = Vec::new();
        let mut sound = true;
        let mut loops = 0;
        for clause in &rule.body {
            loops += usize::from(matches!(clause, Clause::ForAt { .. } | Clause::ForIn(_)));
            if loops > MAX_FOR {
                let message = format!("a rule may have at most {MAX_FOR} `for` clauses");
                return self.fail("too-many-loops", rule.name.span, message);
            }
            match self.clause(&mut scope, &mut code, &mut requirements, clause) {
                Ok(clause) => code.clauses.push(clause),
                Err(Failed) => sound = false,
            }
        }
        if !sound {
            return Err(Failed);
        }
        code.slots = scope.slots;
        code.places = scope.places;
        self.program.rules.push(RuleInfo {
            id: rule.name.node.clone(),
            pack: pack.to_owned(),
            docs: docs(item),
            severities: rule
                .severities
                .iter()
                .map(|it| {
                    (
                        it.profile.as_ref().map(|it| it.node.clone()),
                        it.severity.node,
                    )
                })
                .collect(),
            sources: rule
                .sources
                .iter()
                .map(|it| {
                    (
                        it.title.node.clone(),
                        it.url.as_ref().map(|url| url.node.clone()),
                    )
                })
                .collect(),
            tags: rule.tags.iter().map(|tag| tag.node.clone()).collect(),
            since: rule.since.as_ref().map(|it| it.node.clone()),
            until: rule.until.as_ref().map(|it| it.node.clone()),
            span: item.span,
            name_span: rule.name.span,
            requirements,
            reads: scope.reads.into(),
        });
        self.program.code.push(code);
        Ok(())
    }

    fn clause(
        &mut self,
        scope: &mut Scope<'a>,
        code: &mut RuleCode,
        requirements: &mut Vec<source::Span>,
        clause: &'a Clause,
    ) -> Result<ClauseCode> {
        let (span, kind) = match clause {
            Clause::ForAt {
                name,
                view,
                pattern,
            } => {
                let (compiled, captures) = self.pattern(scope, *view, pattern);
                // Captures are bound even if the pattern failed, so that they are not mistaken for components.
                let slot = scope.bind(&name.node);
                let kind = ClauseKind::ForAt {
                    pattern: compiled?,
                    captures,
                    slot,
                };
                (pattern.span, kind)
            }
            Clause::ForIn(generator) => {
                let generator = self.generator(scope, generator)?;
                (generator.over.span, ClauseKind::ForIn(generator.into()))
            }
            Clause::When(condition) => (
                condition.span,
                ClauseKind::When(self.expr(scope, condition)?.into()),
            ),
            Clause::Let(it) => {
                // The requirements of the value matter only where it is used.
                let before = std::mem::replace(&mut scope.places, false);
                let depth = std::mem::replace(&mut scope.depth, 0);
                let value = self.expr(scope, &it.value);
                let own = std::mem::replace(&mut scope.depth, depth);
                scope.let_depths.push(value.is_ok().then_some(own));
                let places = std::mem::replace(&mut scope.places, before);
                scope.let_places.push(places);
                let slot = scope.slots;
                scope.slots += 1;
                let index = scope.let_depths.len() - 1;
                scope.names.push((&it.name.node, slot, Some(index)));
                code.lets.push(value?.into());
                (it.name.span, ClauseKind::Let(slot))
            }
            Clause::Require(requirement) => {
                let index = requirements.len();
                requirements.push(requirement.span);
                let compiled = self.requirement(scope, index, requirement)?;
                (requirement.span, ClauseKind::Require(compiled.into()))
            }
        };
        Ok(ClauseCode { span, kind })
    }

    fn optional_expr(
        &mut self,
        scope: &mut Scope<'a>,
        expr: Option<&'a Expr>,
    ) -> Result<Option<Node>> {
        expr.map(|expr| self.expr(scope, expr)).transpose()
    }

    fn requirement(
        &mut self,
        scope: &mut Scope<'a>,
        index: usize,
        it: &'a Requirement,
    ) -> Result<RequireCode> {
        let condition = self.expr(scope, &it.condition);
        let when = self.optional_expr(scope, it.when.as_ref());
        // Messages, places and fixes are evaluated only for findings, which always track places and marks.
        let places = scope.places;
        let at = self.optional_expr(scope, it.at.as_ref());
        let say = self.optional_expr(scope, it.say.as_ref());
        let help = self.optional_expr(scope, it.help.as_ref());
        let mut also_at = Vec::new();
        for (place, label) in &it.also_at {
            let place = self.expr(scope, place);
            let label = self.optional_expr(scope, label.as_ref());
            also_at.push(place.and_then(|place| Ok((place, label?))));
        }
        let mut fixes = Vec::new();
        for fix in &it.fixes {
            let title = self.optional_expr(scope, fix.title.as_ref());
            let action = self.action(scope, &fix.action);
            fixes.push(title.and_then(|title| {
                Ok(FixCode {
                    safe: fix.safe,
                    title,
                    action: action?,
                })
            }));
        }
        scope.places = places;
        let finding = FindingCode {
            severity: it.severity.as_ref().map(|it| it.node),
            at: at?,
            also_at: also_at.into_iter().collect::<Result<_>>()?,
            say: say?,
            help: help?,
            fixes: fixes.into_iter().collect::<Result<_>>()?,
        };
        Ok(RequireCode {
            index,
            forbid: it.forbid,
            condition: condition?,
            when: when?,
            finding: finding.into(),
        })
    }

    fn action(&mut self, scope: &mut Scope<'a>, action: &'a FixAction) -> Result<ActionCode> {
        let mut pair = |a, b| -> Result<(Node, Node)> {
            let (a, b) = (self.expr(scope, a), self.expr(scope, b));
            Ok((a?, b?))
        };
        Ok(match action {
            FixAction::Set(a, b) => pair(a, b).map(|(a, b)| ActionCode::Set(a, b))?,
            FixAction::Rename(a, b) => pair(a, b).map(|(a, b)| ActionCode::Rename(a, b))?,
            FixAction::Move(a, b) => pair(a, b).map(|(a, b)| ActionCode::Move(a, b))?,
            FixAction::Append(a, b) => pair(a, b).map(|(a, b)| ActionCode::Append(a, b))?,
            FixAction::Remove(a, b) => pair(a, b).map(|(a, b)| ActionCode::Remove(a, b))?,
            FixAction::Quote(a) => ActionCode::Quote(self.expr(scope, a)?),
            FixAction::Delete(a) => ActionCode::Delete(self.expr(scope, a)?),
        })
    }

    /// The index of the pattern and the slots of its captures, which are bound even if it failed.
    fn pattern(
        &mut self,
        scope: &mut Scope<'a>,
        view: View,
        pattern: &'a Pattern,
    ) -> (Result<usize>, Vec<Slot>) {
        let steps = self.steps(scope, pattern);
        let captures = pattern
            .segments
            .iter()
            .filter_map(|segment| match &segment.kind {
                SegmentKind::Capture { name, .. } => Some(scope.bind(&name.node)),
                _ => None,
            });
        let captures = captures.collect();
        let interned = steps.map(|(steps, key)| {
            note_reads(&mut scope.reads, &steps);
            let key = format!("{view:?}{key}");
            if let Some(index) = self.pattern_ids.get(&key) {
                return *index;
            }
            let index = self.program.patterns.len();
            self.program.patterns.push(PatternCode { view, steps });
            self.pattern_ids.insert(key, index);
            index
        });
        (interned, captures)
    }

    /// The steps of a pattern, and a string that is equal for equal patterns.
    fn steps(
        &mut self,
        scope: &mut Scope<'a>,
        pattern: &'a Pattern,
    ) -> Result<(Vec<Step>, String)> {
        if pattern.segments.is_empty() || pattern.segments.len() > MAX_SEGMENTS {
            let message = format!("a pattern must have 1 to {MAX_SEGMENTS} segments");
            return self.fail("pattern-length", pattern.span, message);
        }
        let mut steps = Vec::new();
        let mut key = String::new();
        for segment in &pattern.segments {
            let step = match &segment.kind {
                SegmentKind::Key(name) => {
                    let _ = write!(key, ".{name:?}");
                    Step::Key(name.clone())
                }
                SegmentKind::Any => {
                    key.push_str(".*");
                    Step::Any
                }
                SegmentKind::AnyDepth => {
                    // `**.**` is equivalent to `**`.
                    if matches!(steps.last(), Some(Step::AnyDepth)) {
                        continue;
                    }
                    key.push_str(".**");
                    Step::AnyDepth
                }
                SegmentKind::Index(at) => {
                    let _ = write!(key, "[{at}]");
                    Step::Index(*at as usize)
                }
                SegmentKind::Capture { filter: None, .. } => {
                    key.push_str(".{}");
                    Step::Capture(Filter::All)
                }
                SegmentKind::Capture {
                    filter: Some(CaptureFilter::Regex(text)),
                    ..
                } => {
                    let _ = write!(key, ".{{/{}/}}", text.node);
                    Step::Capture(Filter::Regex(self.regex(&text.node, text.span)?))
                }
                SegmentKind::Capture {
                    filter: Some(CaptureFilter::OneOf(list)),
                    ..
                } => {
                    let global = self.key_list(scope, list)?;
                    let _ = write!(key, ".{{{global}}}");
                    Step::Capture(Filter::OneOf(global))
                }
            };
            steps.push(step);
        }
        if let Some(Step::Index(_)) = steps.first() {
            let message = "a pattern must start with a component, not a position";
            return self.fail("pattern-start", pattern.span, message);
        }
        Ok((steps, key))
    }

    /// The list of a capture as a global, so that it is computed only once.
    fn key_list(&mut self, scope: &mut Scope<'a>, list: &'a Expr) -> Result<usize> {
        let mut own = Scope::new(scope.pack, scope.file);
        let node = self.expr(&mut own, list)?;
        scope.reads.merge(&own.reads);
        if let Op::Global(index) = node.op {
            return Ok(index);
        }
        let pack = scope.pack;
        if let Op::Const(value) = &node.op {
            let same = self.program.globals.iter().position(|global| {
                global.name.is_empty()
                    && matches!(&global.value.op, Op::Const(other) if other == value)
            });
            if let Some(index) = same {
                return Ok(index);
            }
        }
        Ok(self.global(pack, "", node, own.slots))
    }
}

fn note_reads(reads: &mut ReadSet, steps: &[Step]) {
    let component = match steps.first() {
        Some(Step::Key(name)) => Some(name.clone()),
        Some(Step::AnyDepth) | None => {
            reads.everything = true;
            return;
        }
        Some(_) => None,
    };
    let keys = steps.iter().skip(1).map_while(|step| match step {
        Step::Key(name) => Some(Some(name.clone())),
        Step::AnyDepth => None,
        Step::Any | Step::Index(_) | Step::Capture(_) => Some(None),
    });
    reads.add(ReadPath {
        component,
        keys: keys.collect(),
    });
}
