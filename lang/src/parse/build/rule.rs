//! Builds rules: clauses in the order written, each requirement with its details.

use source::{Applicability, Edit, Fix, Severity, Span};

use super::super::ast::{
    Clause, Example, Expect, FixAction, FixClause, Requirement, Rule as AstRule, SeverityClause,
    SourceClause, Spanned, View,
};
use super::super::{fence, report, vocabulary};
use super::primary::Binding;
use super::{Builder, Node, Rule};

impl Builder<'_> {
    /// A rule; `None` if it has no name.
    pub(super) fn rule(&self, node: Node<'_>) -> Option<AstRule> {
        let mut name = None;
        let mut opening = 0;
        let mut rule = None;
        self.lost.set(false);
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::no_body => self.report_missing(&part, "`{`", Some("`rule name { … }`")),
                Rule::body_open => opening = self.word_index(&part),
                Rule::not_closed => self.report_unclosed(&part, opening),
                Rule::name | Rule::taken_name | Rule::no_name => {
                    name = self.name(&part, "the rule's name");
                }
                _ => self.clause(rule.get_or_insert_with(empty), part),
            }
        }
        let name = name?;
        let mut rule = rule.unwrap_or_else(empty);
        rule.name = name;
        Some(rule)
    }

    fn clause(&self, rule: &mut AstRule, node: Node<'_>) {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::junk => {
                self.lost.set(true);
                self.report_junk(&node, vocabulary::RULE_CLAUSES);
            }
            Rule::source_clause => {
                let mut parts = node.into_inner();
                let title = parts
                    .next()
                    .and_then(|part| self.quoted(&part, "the title of a section"));
                let url = parts.next().and_then(|part| self.quoted(&part, "a URL"));
                rule.sources
                    .extend(title.map(|title| SourceClause { title, url }));
            }
            Rule::tags_clause => {
                for part in node.into_inner() {
                    rule.tags.extend(self.name(&part, "a tag"));
                }
            }
            Rule::since_clause => {
                let version = self.version(node);
                self.set_once("since", span, &mut rule.since, version, |version| {
                    version.span
                });
            }
            Rule::until_clause => {
                let version = self.version(node);
                self.set_once("until", span, &mut rule.until, version, |version| {
                    version.span
                });
            }
            Rule::for_clause => rule.body.extend(self.for_clause(node)),
            Rule::let_item => rule.body.extend(self.let_item(node).map(Clause::Let)),
            Rule::require_clause => {
                self.lost.set(false);
                rule.body.extend(self.require(node));
            }
            Rule::example => rule.examples.extend(self.example(node)),
            Rule::severity_clause => match rule.body.last_mut() {
                Some(Clause::Require(requirement)) => {
                    self.requirement_severity(requirement, node, span);
                }
                _ => {
                    for part in node.into_inner() {
                        rule.severities.extend(self.severity(part));
                    }
                }
            },
            Rule::when_clause => {
                let Some(condition) = node.into_inner().next().map(|part| self.expr(part)) else {
                    return;
                };
                match rule.body.last_mut() {
                    Some(Clause::Require(requirement)) => {
                        requirement.span = requirement.span.cover(span);
                        self.set_once(
                            "when",
                            span,
                            &mut requirement.when,
                            Some(condition),
                            |when| when.span,
                        );
                    }
                    _ => rule.body.push(Clause::When(condition)),
                }
            }
            _ => match rule.body.last_mut() {
                Some(Clause::Require(requirement)) => {
                    requirement.span = requirement.span.cover(span);
                    self.requirement_clause(requirement, node);
                }
                _ => self.report_orphan(node),
            },
        }
    }

    /// Reports a detail of a requirement where there is no requirement.
    fn report_orphan(&self, node: Node<'_>) {
        if !self.lost.get() {
            let index = self.word_index(&node);
            let spelled = self.first_word_text(&node);
            self.report(
                self.error(
                    report::SYNTAX,
                    self.word_span(index),
                    format!("`{spelled}` belongs to a `require` or `forbid`"),
                )
                .with_help("put it below its requirement"),
            );
        }
        // Report errors inside it as well.
        let mut elsewhere = Requirement {
            span: self.span(&node),
            forbid: false,
            condition: self.damaged_expr(self.span(&node)),
            when: None,
            severity: None,
            at: None,
            also_at: Vec::new(),
            say: None,
            help: None,
            fixes: Vec::new(),
        };
        self.requirement_clause(&mut elsewhere, node);
    }

    /// Reports words in a body that match no clause: likely typos in clauses, line by line, or else the first word.
    pub(super) fn report_junk(&self, node: &Node<'_>, clauses: &[&'static str]) {
        let first = self.word_index(node);
        let end = self.sentence.word_at(node.as_span().end());
        let mut found = false;
        for index in first..end {
            let Some(word) = self.word(index).filter(|word| word.first_on_line) else {
                continue;
            };
            let spelled = word.token.text(self.text.text);
            let near = vocabulary::nearest(spelled, clauses).filter(|near| *near != spelled);
            if let Some(near) = near {
                found = true;
                if self.first_report_at(index) {
                    self.report(self.misspelled(self.word_span(index), "clause", spelled, near));
                }
            } else if let Some(advice) = report::foreign_word(spelled) {
                found = true;
                if self.first_report_at(index) {
                    let message = format!("unknown clause `{spelled}`");
                    let span = self.word_span(index);
                    self.problems.borrow_mut().damaged = true;
                    self.report(
                        self.error(report::UNKNOWN_WORD, span, message)
                            .with_help(advice),
                    );
                }
            }
        }
        if !found {
            self.report_unexpected(node, "unexpected");
        }
    }

    fn version(&self, node: Node<'_>) -> Option<Spanned<String>> {
        let part = node.into_inner().next()?;
        self.quoted(&part, "a version in quotes")
    }

    /// Keeps the first occurrence of a clause that may appear only once.
    pub(super) fn set_once<T>(
        &self,
        clause: &str,
        span: Span,
        place: &mut Option<T>,
        value: Option<T>,
        where_is: impl Fn(&T) -> Span,
    ) {
        match place {
            Some(first) => self.report_duplicate(clause, span, where_is(first)),
            None => *place = value,
        }
    }

    fn severity(&self, node: Node<'_>) -> Option<SeverityClause> {
        const WORDS: &[&str] = &["error", "warning", "info", "off"];
        let mut severity = None;
        let mut profile = None;
        for (i, part) in node.into_inner().enumerate() {
            match part.as_rule() {
                Rule::no_severity => {
                    self.report_missing(
                        &part,
                        "`error`, `warning`, `info` or `off`",
                        Some("for example `severity error`"),
                    );
                }
                _ if i > 0 => profile = self.name(&part, "the name of a profile"),
                _ => {
                    let word = self.any_name(&part);
                    match (word.node.as_str(), word.node.parse::<Severity>()) {
                        ("off", _) => severity = Some(word.span_of(None)),
                        (_, Ok(known)) => severity = Some(word.span_of(Some(known))),
                        (written, Err(())) => {
                            let index = self.word_index(&part);
                            if !self.first_report_at(index) {
                                continue;
                            }
                            let message = format!("unknown severity `{written}`");
                            let before = index.checked_sub(1).map(|i| self.word_span(i).range());
                            let further = before.is_some_and(|it| &self.text.text[it] == ",");
                            let near = vocabulary::nearest(written, WORDS)
                                .or_else(|| vocabulary::foreign_severity(written));
                            let help = match near {
                                Some(near) => format!("did you mean `{near}`?"),
                                None if further => "write a severity for each profile: `error, warning in staging, info in dev`".to_owned(),
                                None => "expected `error`, `warning`, `info` or `off`".to_owned(),
                            };
                            self.report(
                                self.error(report::UNKNOWN_WORD, word.span, message)
                                    .with_help(help),
                            );
                        }
                    }
                }
            }
        }
        Some(SeverityClause {
            severity: severity?,
            profile,
        })
    }

    fn requirement_severity(&self, requirement: &mut Requirement, node: Node<'_>, span: Span) {
        requirement.span = requirement.span.cover(span);
        for part in node.into_inner() {
            let place = self.span(&part);
            let Some(entry) = self.severity(part) else {
                continue;
            };
            let plain = entry.severity.node.filter(|_| entry.profile.is_none());
            let Some(severity) = plain else {
                self.report(
                    self.error(
                        report::SYNTAX,
                        place,
                        "a requirement must have a single severity: `error`, `warning` or `info`",
                    )
                    .with_help("put severities for a profile at the top of the rule"),
                );
                continue;
            };
            let severity = Some(Spanned {
                node: severity,
                span: entry.severity.span,
            });
            self.set_once(
                "severity",
                span,
                &mut requirement.severity,
                severity,
                |first| first.span,
            );
        }
    }

    fn for_clause(&self, node: Node<'_>) -> Option<Clause> {
        let mut binding = Binding::default();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::places => {
                    let name = binding.only_name(self);
                    let (view, pattern) = self.places(part);
                    return Some(Clause::ForAt {
                        name: name?,
                        view,
                        pattern,
                    });
                }
                Rule::elements => {
                    for part in part.into_inner() {
                        binding.take(self, part);
                    }
                }
                Rule::no_in => self.report_missing(
                    &part,
                    "`at` and a place, or `in` and a list",
                    Some("`for x at brig.config`, or `for x in list`"),
                ),
                _ => binding.take(self, part),
            }
        }
        binding.generator().map(Clause::ForIn)
    }

    fn places(&self, node: Node<'_>) -> (View, super::super::ast::Pattern) {
        let mut view = View::Effective;
        let mut opening = 0;
        let mut pattern = super::super::ast::Pattern {
            span: self.span(&node),
            segments: Vec::new(),
        };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::view => {
                    view = match self.first_word_text(&part) {
                        "user" => View::User,
                        _ => View::Written,
                    }
                }
                Rule::open_paren => opening = self.word_index(&part),
                Rule::not_closed => self.report_unclosed(&part, opening),
                _ => pattern = self.pattern(part),
            }
        }
        (view, pattern)
    }

    fn require(&self, node: Node<'_>) -> Option<Clause> {
        let span = self.span(&node);
        let forbid = self.first_word_text(&node) == "forbid";
        let condition = node
            .into_inner()
            .find(|part| part.as_rule() != Rule::require_word)
            .map(|part| self.expr_or(part, "a condition", "for example `x is set` or `x == y`"))?;
        Some(Clause::Require(Box::new(Requirement {
            span,
            forbid,
            condition,
            when: None,
            severity: None,
            at: None,
            also_at: Vec::new(),
            say: None,
            help: None,
            fixes: Vec::new(),
        })))
    }

    fn requirement_clause(&self, requirement: &mut Requirement, node: Node<'_>) {
        let span = self.span(&node);
        let rule = node.as_rule();
        if rule == Rule::fix_clause {
            requirement.fixes.extend(self.fix(node));
            return;
        }
        let mut value = None;
        let mut label = None;
        for part in node.into_inner() {
            match (part.as_rule(), rule) {
                (Rule::no_at, _) => {
                    self.report_missing(&part, "`at`", Some("`also at place \"label\"`"))
                }
                (Rule::label, _) => {
                    label = part.into_inner().next().map(|text| self.text_expr(text));
                }
                (_, Rule::say_clause | Rule::help_clause) => {
                    value =
                        Some(self.expr_or(part, "quoted text", "for example \"{x} must be set\""));
                }
                _ => value = Some(self.expr_or(part, "a place", "for example `brig.config.smtp`")),
            }
        }
        let where_is = |first: &super::super::ast::Expr| first.span;
        match rule {
            Rule::at_clause => self.set_once("at", span, &mut requirement.at, value, where_is),
            Rule::say_clause => self.set_once("say", span, &mut requirement.say, value, where_is),
            Rule::help_clause => {
                self.set_once("help", span, &mut requirement.help, value, where_is)
            }
            _ => requirement
                .also_at
                .extend(value.map(|value| (value, label))),
        }
    }

    fn fix(&self, node: Node<'_>) -> Option<FixClause> {
        let span = self.span(&node);
        let mut safe = true;
        let mut title = None;
        let mut action = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::unsafely => safe = false,
                Rule::no_fix => {
                    self.report_missing(&part, "`fix`", Some("`unsafe fix \"title\" set a to b`"))
                }
                Rule::label => title = part.into_inner().next().map(|text| self.text_expr(text)),
                Rule::no_action => self.report_missing(
                    &part,
                    "an action",
                    Some("`set`, `quote`, `rename`, `move`, `delete`, `append` or `remove`"),
                ),
                _ => action = self.action(part),
            }
        }
        Some(FixClause {
            span,
            safe,
            title,
            action: action?,
        })
    }

    fn action(&self, node: Node<'_>) -> Option<FixAction> {
        let word = self.first_word_text(&node);
        let mut values = Vec::new();
        let mut parts = node.into_inner().peekable();
        while let Some(part) = parts.next() {
            let no_to = |next: &Node<'_>| next.as_rule() == Rule::no_to;
            if values.is_empty() && parts.peek().is_some_and(no_to) && self.equals_for_to(&part) {
                return None;
            }
            match part.as_rule() {
                Rule::to_word | Rule::on_word => {}
                Rule::bad_link => {
                    let wanted = if word == "remove" { "`from`" } else { "`to`" };
                    let message =
                        format!("expected {wanted}, found `{}`", self.first_word_text(&part));
                    self.report(self.error(report::SYNTAX, self.span(&part), message));
                }
                Rule::no_to => self.report_missing(&part, "`to`", None),
                Rule::no_from => self.report_missing(&part, "`from`", None),
                _ => values.push(self.expr(part)),
            }
        }
        let mut values = values.into_iter();
        let (first, second) = (values.next()?, values.next());
        Some(match (word, second) {
            ("set", Some(second)) => FixAction::Set(first, second),
            ("rename", Some(second)) => FixAction::Rename(first, second),
            ("move", Some(second)) => FixAction::Move(first, second),
            ("append", Some(second)) => FixAction::Append(first, second),
            ("remove", Some(second)) => FixAction::Remove(first, second),
            ("quote", _) => FixAction::Quote(first),
            _ => FixAction::Delete(first),
        })
    }

    /// Reports `set path = value`, which must be written with `to`.
    fn equals_for_to(&self, target: &Node<'_>) -> bool {
        let mut operators = target.clone().into_inner();
        let equals = operators
            .find(|part| part.as_rule() == Rule::compare_op && self.first_word_text(part) == "=");
        let Some(equals) = equals else {
            return false;
        };
        let span = self.span(&equals);
        let mut diagnostic = self.error(report::SYNTAX, span, "expected `to`, found `=`");
        diagnostic.fixes.push(Fix {
            title: "write `to`".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![Edit {
                span,
                insert: "to".to_owned(),
            }],
        });
        self.report(diagnostic);
        true
    }

    fn example(&self, node: Node<'_>) -> Option<Example> {
        let span = self.span(&node);
        let mut expect = match self.first_word_text(&node) {
            "fails" => Expect::Fails,
            _ => Expect::Passes,
        };
        let mut title = None;
        let mut text = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expectation if expect == Expect::Fails => self.report(self.error(
                    report::SYNTAX,
                    self.span(&part),
                    format!(
                        "`{}` is only allowed after `passes`",
                        self.first_word_text(&part)
                    ),
                )),
                Rule::expectation => {
                    expect = match self.first_word_text(&part) {
                        "undecided" => Expect::Undecided,
                        _ => Expect::NotApplicable,
                    }
                }
                Rule::text => title = self.quoted(&part, "a title"),
                Rule::fence => {
                    let (content, _) = fence::content(self.first_word_text(&part));
                    let start = self.span(&part).start;
                    let span = Span::new(
                        span.source,
                        start + content.start as u32,
                        start + content.end as u32,
                    );
                    text = Some(Spanned {
                        node: self.first_word_text(&part)[content].to_owned(),
                        span,
                    });
                }
                Rule::no_fence => self.report_missing(
                    &part,
                    "the text of the example between lines of three backticks",
                    Some("write `fails \"title\"` and three backticks, then the example on lines of its own"),
                ),
                _ => {}
            }
        }
        Some(Example {
            span,
            expect,
            title,
            text: text?,
        })
    }
}

impl Spanned<String> {
    /// Another node with the same span.
    fn span_of<T>(&self, node: T) -> Spanned<T> {
        Spanned {
            node,
            span: self.span,
        }
    }
}

fn empty() -> AstRule {
    AstRule {
        name: Spanned {
            node: String::new(),
            span: Span::point(source::SourceId(0), 0),
        },
        severities: Vec::new(),
        sources: Vec::new(),
        tags: Vec::new(),
        since: None,
        until: None,
        body: Vec::new(),
        examples: Vec::new(),
    }
}
