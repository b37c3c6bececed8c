//! Rules: their clauses in order, and the required ones.

use source::Span;

use super::checker::Checker;
use super::index::RuleEntry;
use super::info::Info;
use super::messages::Report;
use super::patterns::literal_key;
use super::problem::{LateWhenScope, Problem};
use crate::charts::{at_least, parse_version};
use crate::parse::ast::{
    Clause, Expect, Expr, ExprKind, FixAction, Requirement, Rule, Spanned, TemplatePart, View,
};
use crate::types::Type;

const IN_WHEN: &str = "the rule then does not apply";
const IN_REQUIRE: &str = "an undecided `require` is a finding";
const IN_FORBID: &str = "`forbid` then passes";
const IN_TEXT: &str = "the result is then undecided too";

impl<'a> Checker<'a> {
    /// Checks a rule.
    pub(super) fn rule(&mut self, entry: &RuleEntry<'a>) {
        let (rule, item) = (entry.rule, entry.item);
        self.enter(&rule.name, entry.file, item.damaged);
        self.rule = Some(rule);
        if self.index.packs[self.pack].trusted {
            return;
        }
        self.check_file_name(entry);
        self.check_required_clauses(rule, item.docs.as_ref());
        self.severities(rule);
        self.rule_versions(rule);
        for (at, clause) in rule.body.iter().enumerate() {
            if let (Clause::When(condition), Some(of)) = (clause, late_when(&rule.body, at)) {
                self.report(condition.span, Problem::LateWhen { of });
            }
            self.clause(clause);
        }
        self.leave(0, item.span.end);
    }

    /// A file with the name of a rule contains that rule and no other.
    fn check_file_name(&mut self, entry: &RuleEntry<'a>) {
        let file = &self.index.files[entry.file].file;
        let name = &entry.rule.name;
        let mut before = file.ast.items.iter().filter_map(|item| match &item.kind {
            crate::parse::ast::ItemKind::Rule(rule) => Some(&rule.name),
            _ => None,
        });
        let first = before.next();
        if let Some(first) = first
            && first.span != name.span
        {
            let problem = Problem::SeveralRules {
                first: first.node.clone(),
            };
            self.emit(Report::new(name.span, problem).with_related(first.span, "first rule"));
        } else if let Some(stem) = file.name.strip_suffix(".watch")
            && stem != name.node
        {
            let problem = Problem::FileName {
                rule: name.node.clone(),
                file: file.name.to_owned(),
            };
            self.report(name.span, problem);
        }
    }

    fn check_required_clauses(&mut self, rule: &'a Rule, docs: Option<&Spanned<String>>) {
        let at = rule.name.span;
        let mut lacks = |missing: bool, clause| {
            if missing {
                self.report(at, Problem::MissingClause { clause });
            }
        };
        lacks(
            docs.is_none_or(|docs| docs.node.trim().is_empty()),
            "documentation",
        );
        let plain = rule
            .severities
            .iter()
            .any(|clause| clause.profile.is_none());
        lacks(!plain, "`severity`");
        let requires = rule
            .body
            .iter()
            .any(|clause| matches!(clause, Clause::Require(_)));
        lacks(!requires, "`require` or `forbid`");
        let has = |expect| rule.examples.iter().any(|example| example.expect == expect);
        lacks(!has(Expect::Fails), "example that fails");
        lacks(
            !has(Expect::Passes) && !has(Expect::NotApplicable),
            "example that passes",
        );
    }

    fn severities(&mut self, rule: &'a Rule) {
        let mut seen = rustc_hash::FxHashMap::default();
        for clause in &rule.severities {
            let profile = clause.profile.as_ref();
            let span = profile.map_or(clause.severity.span, |profile| profile.span);
            let key = profile.map(|profile| profile.node.as_str());
            if let Some(first) = seen.insert(key, span) {
                let problem = Problem::DuplicateName {
                    what: "severity",
                    name: key.map_or("every profile".to_owned(), |it| format!("`{it}`")),
                };
                self.emit(Report::new(span, problem).with_related(first, "first defined here"));
            }
        }
    }

    fn rule_versions(&mut self, rule: &'a Rule) {
        self.range(rule.since.as_ref(), rule.until.as_ref());
        let mut clauses = rule.body.iter();
        if let Some(version) = rule.since.as_ref().or(rule.until.as_ref())
            && !clauses.any(|clause| matches!(clause, Clause::ForAt { .. } | Clause::ForIn(_)))
        {
            self.report(version.span, Problem::NoVersionedSubject);
        }
        let version = |text: &Option<Spanned<String>>| {
            text.as_ref().and_then(|text| parse_version(&text.node))
        };
        self.versions = (version(&rule.since), version(&rule.until));
    }

    /// A pair of `since` and `until`.
    pub(super) fn range(
        &mut self,
        since: Option<&Spanned<String>>,
        until: Option<&Spanned<String>>,
    ) {
        let mut good = true;
        for version in [since, until].into_iter().flatten() {
            if parse_version(&version.node).is_none() {
                let text = version.node.clone();
                self.report(version.span, Problem::BadVersion { text });
                good = false;
            }
        }
        if let (true, Some(since), Some(until)) = (good, since, until)
            && at_least(&since.node, &until.node)
        {
            let problem = Problem::EmptyVersions {
                since: since.node.clone(),
                until: until.node.clone(),
            };
            self.report(until.span, problem);
        }
    }

    fn clause(&mut self, clause: &'a Clause) {
        match clause {
            Clause::ForAt {
                name,
                view,
                pattern,
            } => {
                let info = self.pattern(pattern, *view);
                self.placed = true;
                let key = literal_key(pattern);
                if let Some(key) = &key
                    && *view == View::Effective
                {
                    self.known.add_present(key);
                }
                let alias = key.filter(|_| *view == View::Effective);
                self.bind(name, "subject", true, info, alias);
            }
            Clause::ForIn(generator) => {
                self.outcome = IN_TEXT;
                let over = self.generator(generator, true);
                self.placed |= over.from_tree;
                for condition in &generator.conditions {
                    self.condition(condition);
                    self.assume(condition, true);
                }
            }
            Clause::When(condition) => {
                self.outcome = IN_WHEN;
                self.condition(condition);
                self.assume(condition, true);
            }
            Clause::Let(it) => {
                self.outcome = IN_TEXT;
                let info = self.expr(&it.value);
                let alias = match it.value.kind {
                    ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) => {
                        self.path_key(&it.value)
                    }
                    _ => None,
                };
                self.bind(&it.name, "let", false, info, alias);
            }
            Clause::Require(requirement) => self.requirement(requirement),
        }
        self.outcome = IN_TEXT;
    }

    fn requirement(&mut self, it: &'a Requirement) {
        let mark = self.known.mark();
        if let Some(when) = &it.when {
            if first_clause(it).is_some_and(|first| first < when.span.start) {
                let of = LateWhenScope::Requirement { forbid: it.forbid };
                self.report(when.span, Problem::LateWhen { of });
            }
            self.outcome = IN_WHEN;
            self.condition(when);
            self.assume(when, true);
        }
        self.outcome = if it.forbid { IN_FORBID } else { IN_REQUIRE };
        self.condition(&it.condition);
        self.outcome = IN_TEXT;
        match &it.at {
            Some(at) => {
                let info = self.expr(at);
                self.expect_place(at, &info, "`at`");
            }
            None if !self.placed => self.report(head(it), Problem::MissingPlace),
            None => {}
        }
        for (place, label) in &it.also_at {
            let info = self.expr(place);
            self.expect_place(place, &info, "`also at`");
            if let Some(label) = label {
                self.text(label);
            }
        }
        match &it.say {
            Some(say) => self.text(say),
            None => self.report(head(it), Problem::MissingClause { clause: "`say`" }),
        }
        if let Some(help) = &it.help {
            self.text(help);
        }
        for fix in &it.fixes {
            if let Some(title) = &fix.title {
                self.text(title);
            }
            self.action(&fix.action);
        }
        self.known.forget(mark);
        if it.when.is_none() {
            self.require(&it.condition, !it.forbid);
        }
    }

    /// Checks text shown to users.
    fn text(&mut self, expr: &'a Expr) {
        let info = self.expr(expr);
        self.expect_type(expr.span, &info, &Type::String);
        let (whole, last) = match &expr.kind {
            ExprKind::String(text) => (text.trim().is_empty(), Some(text.as_str())),
            ExprKind::Template(parts) => match parts.last() {
                Some(TemplatePart::Text(text)) => (false, Some(text.as_str())),
                _ => (false, None),
            },
            _ => (false, None),
        };
        let breaks = match &expr.kind {
            ExprKind::String(text) => text.contains('\n'),
            ExprKind::Template(parts) => parts
                .iter()
                .any(|part| matches!(part, TemplatePart::Text(text) if text.contains('\n'))),
            _ => false,
        };
        if let Some((fault, help)) = self.uninterpolated(expr) {
            let help = Some(help);
            return self.report(expr.span, Problem::MessageStyle { fault, help });
        }
        let stop = last.is_some_and(|text| text.ends_with('.') && !text.ends_with(".."));
        let fault = if whole {
            "must not be empty"
        } else if breaks {
            "must be a single line"
        } else if stop {
            "must not end with a period"
        } else {
            return;
        };
        self.report(expr.span, Problem::MessageStyle { fault, help: None });
    }

    /// Does the message interpolate as in another language, so that signs meant for that are printed?
    fn uninterpolated(&self, expr: &Expr) -> Option<(&'static str, &'static str)> {
        match &expr.kind {
            // Without an escape, a text with a brace in it is in single quotes.
            ExprKind::String(text)
                if (expr.span.end - expr.span.start) as usize == text.len() + 2 =>
            {
                let known = |part: &str| {
                    let (name, _) = part.split_once('}')?;
                    let first = name.split('.').next()?;
                    self.scope.get(first).map(|_| ())
                };
                text.split('{').skip(1).find_map(known)?;
                Some((
                    "in single quotes is printed as it stands, with its braces",
                    "use double quotes",
                ))
            }
            ExprKind::Template(parts) => {
                let dollar = |pair: &[TemplatePart]| matches!(pair, [TemplatePart::Text(text), TemplatePart::Expr(_)] if text.ends_with('$'));
                parts
                    .windows(2)
                    .any(dollar)
                    .then_some(("with `${…}` prints the `$`, too", "write `{…}` without `$`"))
            }
            _ => None,
        }
    }

    fn action(&mut self, action: &'a FixAction) {
        const TARGET: &str = "the target of a fix";
        match action {
            FixAction::Set(target, value) | FixAction::Append(value, target) => {
                self.target(target, TARGET);
                self.expr(value);
            }
            FixAction::Remove(value, target) => {
                let list = self.target(target, TARGET);
                self.expect_type(target.span, &list, &Type::List(Box::new(Type::Any)));
                self.expr(value);
            }
            FixAction::Quote(target) | FixAction::Delete(target) => {
                self.target(target, TARGET);
            }
            FixAction::Rename(target, name) => {
                self.target(target, TARGET);
                let name_info = self.expr(name);
                self.expect_type(name.span, &name_info, &Type::String);
            }
            FixAction::Move(from, to) => {
                self.target(from, TARGET);
                self.target(to, TARGET);
            }
        }
    }

    fn target(&mut self, expr: &'a Expr, role: &'static str) -> Info<'a> {
        let info = self.expr(expr);
        self.expect_place(expr, &info, role);
        info
    }
}

/// What a separate `when` below a requirement applies to; `None` if it is above the first requirement or below a later `for`.
fn late_when(body: &[Clause], at: usize) -> Option<LateWhenScope> {
    let is_requirement = |clause: &Clause| matches!(clause, Clause::Require(_));
    let is_for = |clause: &Clause| matches!(clause, Clause::ForAt { .. } | Clause::ForIn(_));
    let before = body[..at].iter().rev();
    let mut before = before.take_while(|clause| !is_for(clause));
    before.any(is_requirement).then(|| {
        if body[at..].iter().any(is_requirement) {
            LateWhenScope::Following
        } else {
            LateWhenScope::Nothing
        }
    })
}

/// The offset of the first clause of a requirement that describes the finding. Its severity may precede its `when`.
fn first_clause(it: &Requirement) -> Option<u32> {
    let places = it.also_at.iter().map(|(place, _)| place);
    let exprs = it.at.iter().chain(&it.say).chain(&it.help).chain(places);
    exprs
        .map(|expr| expr.span.start)
        .chain(it.fixes.iter().map(|fix| fix.span.start))
        .min()
}

/// The keyword of a requirement.
fn head(it: &Requirement) -> Span {
    let word = if it.forbid { "forbid" } else { "require" };
    let end = it.span.start.saturating_add(word.len() as u32);
    Span::new(it.span.source, it.span.start, end.min(it.span.end))
}
