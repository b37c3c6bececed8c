//! Generated trees.

use lang::parse::ast::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use source::{Severity, SourceId, Span};

fn nowhere() -> Span {
    Span::point(SourceId(0), 0)
}

fn spanned<T>(node: T) -> Spanned<T> {
    Spanned {
        node,
        span: nowhere(),
    }
}

fn expr(kind: ExprKind) -> Expr {
    Expr {
        span: nowhere(),
        kind,
    }
}

fn name() -> impl Strategy<Value = Name> {
    prop::sample::select(vec![
        "brig",
        "x",
        "no-proxy",
        "noProxyList",
        "k8s_1",
        "rule",
        "list",
        "from",
        "é",
        "set",
        "chart",
    ])
    .prop_map(|name| spanned(name.to_owned()))
}

/// Keys after a dot and in maps may also be reserved words or need quotes.
fn key() -> impl Strategy<Value = Name> {
    prop_oneof![
        4 => name(),
        1 => prop::sample::select(vec!["when", "and", "tags", "since", "eks.amazonaws.com/role", "", "0", "a b"])
            .prop_map(|key| spanned(key.to_owned())),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z ]{0,12}",
        1 => "[a-z{}\"'\\\\\n\t\u{e9}\u{1f436}#`/]{0,8}",
    ]
}

fn regex() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a+", "^[a-z]{2}$", "a/b", r"\.\d", r"a\\", "#", "\"{"])
        .prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        Just(ExprKind::Null),
        any::<bool>().prop_map(ExprKind::Bool),
        (0_u32..5_000).prop_map(|n| ExprKind::Number(f64::from(n) / 4.0)),
        text().prop_map(ExprKind::String),
        regex().prop_map(ExprKind::Regex),
        name().prop_map(|name| ExprKind::Name(name.node)),
    ]
    .prop_map(expr)
}

fn binary_op() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp::*;
    prop::sample::select(vec![
        Equal,
        NotEqual,
        Less,
        LessEqual,
        Greater,
        GreaterEqual,
        In,
        NotIn,
        Contains,
        Matches,
        StartsWith,
        EndsWith,
        AgreesWith,
        Default,
        Concat,
        Add,
        Subtract,
        Multiply,
        Divide,
        Remainder,
    ])
}

fn generator(inner: impl Strategy<Value = Expr> + Clone) -> impl Strategy<Value = Generator> {
    (option::of(name()), name(), inner.clone(), vec(inner, 0..2)).prop_map(
        |(key, name, over, conditions)| Generator {
            key,
            name,
            over,
            conditions,
        },
    )
}

/// An interpolated text with at least one expression and no adjacent plain parts.
fn template(inner: impl Strategy<Value = Expr>) -> impl Strategy<Value = ExprKind> {
    vec((text(), inner), 1..3).prop_map(|parts| {
        let mut out = Vec::new();
        for (text, inner) in parts {
            if !text.is_empty() {
                out.push(TemplatePart::Text(text));
            }
            out.push(TemplatePart::Expr(inner));
        }
        ExprKind::Template(out)
    })
}

pub(crate) fn expression() -> impl Strategy<Value = Expr> + Clone {
    leaf()
        .prop_recursive(4, 40, 4, |inner| {
            let boxed = || inner.clone().prop_map(Box::new);
            let quantifier = prop::sample::select(vec![
                Quantifier::Every,
                Quantifier::Some,
                Quantifier::No,
                Quantifier::One,
            ]);
            prop_oneof![
                template(inner.clone()),
                vec(inner.clone(), 0..5).prop_map(ExprKind::List),
                vec((key(), inner.clone()), 0..4).prop_map(ExprKind::Map),
                (boxed(), vec(generator(inner.clone()), 1..3)).prop_map(|(element, generators)| {
                    ExprKind::Comprehension {
                        element,
                        generators,
                    }
                }),
                (boxed(), key()).prop_map(|(value, key)| ExprKind::Field(value, key)),
                (boxed(), boxed()).prop_map(|(value, index)| ExprKind::Index(value, index)),
                (boxed(), vec(inner.clone(), 0..3))
                    .prop_map(|(callee, args)| ExprKind::Call(callee, args)),
                boxed().prop_map(ExprKind::KeyOf),
                boxed().prop_map(ExprKind::Not),
                boxed().prop_map(ExprKind::Negate),
                vec(inner.clone(), 2..4).prop_map(ExprKind::And),
                vec(inner.clone(), 2..4).prop_map(ExprKind::Or),
                (binary_op(), boxed(), boxed()).prop_map(|(op, a, b)| ExprKind::Binary(op, a, b)),
                (boxed(), any::<bool>(), name()).prop_map(|(value, negated, word)| ExprKind::Is {
                    value,
                    negated,
                    word,
                }),
                (boxed(), name()).prop_map(|(value, layer)| ExprKind::InLayer(value, layer)),
                boxed().prop_map(ExprKind::Agree),
                (boxed(), boxed(), boxed()).prop_map(|(a, b, c)| ExprKind::If(a, b, c)),
                (quantifier, generator(inner.clone()), boxed()).prop_map(
                    |(kind, mut generator, body)| {
                        generator.conditions.clear();
                        ExprKind::Quantifier {
                            kind,
                            generator: Box::new(generator),
                            body,
                        }
                    }
                ),
            ]
            .prop_map(expr)
        })
        .boxed()
}

fn segment() -> impl Strategy<Value = Segment> {
    prop_oneof![
        4 => key().prop_map(|key| SegmentKind::Key(key.node)),
        1 => Just(SegmentKind::Any),
        1 => Just(SegmentKind::AnyDepth),
        1 => (0_u32..9).prop_map(SegmentKind::Index),
        2 => (name(), option::of(prop_oneof![
            regex().prop_map(|regex| CaptureFilter::Regex(spanned(regex))),
            vec(leaf(), 0..3).prop_map(|items| CaptureFilter::OneOf(expr(ExprKind::List(items)))),
        ])).prop_map(|(name, filter)| SegmentKind::Capture { name, filter }),
    ]
    .prop_map(|kind| Segment {
        span: nowhere(),
        kind,
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    (name(), vec(segment(), 0..4)).prop_map(|(first, rest)| {
        let first = Segment {
            span: nowhere(),
            kind: SegmentKind::Key(first.node),
        };
        Pattern {
            span: nowhere(),
            segments: std::iter::once(first).chain(rest).collect(),
        }
    })
}

fn let_item() -> impl Strategy<Value = LetItem> {
    (name(), expression()).prop_map(|(name, value)| LetItem { name, value })
}

fn title() -> impl Strategy<Value = Option<Expr>> {
    option::of(text().prop_map(|text| expr(ExprKind::String(text))))
}

fn fix() -> impl Strategy<Value = FixClause> {
    let action = (0_u8..7, expression(), expression()).prop_map(|(which, a, b)| match which {
        0 => FixAction::Set(a, b),
        1 => FixAction::Quote(a),
        2 => FixAction::Rename(a, b),
        3 => FixAction::Move(a, b),
        4 => FixAction::Delete(a),
        5 => FixAction::Append(a, b),
        _ => FixAction::Remove(a, b),
    });
    (any::<bool>(), title(), action).prop_map(|(safe, title, action)| FixClause {
        span: nowhere(),
        safe,
        title,
        action,
    })
}

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(vec![Severity::Error, Severity::Warning, Severity::Info])
}

fn requirement() -> impl Strategy<Value = Requirement> {
    let place = || option::of(expression());
    (
        (
            any::<bool>(),
            expression(),
            place(),
            option::of(severity().prop_map(spanned)),
        ),
        (
            place(),
            vec((expression(), title()), 0..2),
            place(),
            place(),
            vec(fix(), 0..2),
        ),
    )
        .prop_map(
            |((forbid, condition, when, severity), (at, also_at, say, help, fixes))| Requirement {
                span: nowhere(),
                forbid,
                condition,
                when,
                severity,
                at,
                also_at,
                say,
                help,
                fixes,
            },
        )
}

fn clause() -> impl Strategy<Value = Clause> {
    let view = prop::sample::select(vec![View::Effective, View::User, View::Written]);
    prop_oneof![
        (name(), view, pattern()).prop_map(|(name, view, pattern)| Clause::ForAt {
            name,
            view,
            pattern
        }),
        generator(expression()).prop_map(|mut generator| {
            generator.conditions.clear();
            Clause::ForIn(generator)
        }),
        let_item().prop_map(Clause::Let),
    ]
}

/// A `when` after a requirement belongs to it, so those of the rule come first.
fn body() -> impl Strategy<Value = Vec<Clause>> {
    let first = prop_oneof![clause(), expression().prop_map(Clause::When)];
    let then = prop_oneof![
        clause(),
        requirement().prop_map(|clause| Clause::Require(Box::new(clause)))
    ];
    (vec(first, 0..3), vec(then, 0..3))
        .prop_map(|(first, then)| first.into_iter().chain(then).collect())
}

fn version() -> impl Strategy<Value = Option<Spanned<String>>> {
    option::of(
        prop::sample::select(vec!["4.36", "5.0"]).prop_map(|version| spanned(version.to_owned())),
    )
}

fn example() -> impl Strategy<Value = Example> {
    let expect = prop::sample::select(vec![
        Expect::Fails,
        Expect::Passes,
        Expect::NotApplicable,
        Expect::Undecided,
    ]);
    let lines = vec("[ a-z:#^\"{}]{0,20}\n", 0..4).prop_map(|lines| lines.concat());
    (expect, option::of(text()), lines).prop_map(|(expect, title, lines)| Example {
        span: nowhere(),
        expect,
        title: title.map(spanned),
        // A line of the example must not look like the end of a rule.
        text: spanned(lines.lines().map(|line| format!("    {line}\n")).collect()),
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let severities = vec((option::of(severity()), option::of(name())), 0..3).prop_map(|entries| {
        entries
            .into_iter()
            .map(|(severity, profile)| SeverityClause {
                severity: spanned(severity),
                profile,
            })
            .collect()
    });
    let sources = vec((text(), option::of(text())), 0..2).prop_map(|sources| {
        sources
            .into_iter()
            .map(|(title, url)| SourceClause {
                title: spanned(title),
                url: url.map(spanned),
            })
            .collect()
    });
    (
        name(),
        (severities, sources, vec(name(), 0..3), version(), version()),
        body(),
        vec(example(), 0..3),
    )
        .prop_map(
            |(name, (severities, sources, tags, since, until), body, examples)| Rule {
                name,
                severities,
                sources,
                tags,
                since,
                until,
                body,
                examples,
            },
        )
}

fn literal() -> impl Strategy<Value = Expr> {
    prop_oneof![
        Just(ExprKind::Null),
        any::<bool>().prop_map(ExprKind::Bool),
        (0_u32..100).prop_map(|n| ExprKind::Number(f64::from(n))),
        text().prop_map(ExprKind::String),
        vec(leaf(), 0..3).prop_map(ExprKind::List),
    ]
    .prop_map(expr)
}

fn type_expr(in_chart: bool) -> impl Strategy<Value = TypeExpr> {
    let word = prop::sample::select(vec!["string", "number", "bool", "any"])
        .prop_map(|word| TypeKind::Word(word.to_owned()));
    let choice =
        vec(text().prop_map(|text| expr(ExprKind::String(text))), 1..3).prop_map(TypeKind::Choice);
    let leaf = if in_chart {
        prop_oneof![word, choice].boxed()
    } else {
        word.boxed()
    };
    let ty = |kind| TypeExpr {
        span: nowhere(),
        kind,
    };
    leaf.prop_map(ty).prop_recursive(2, 4, 1, move |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(|inner| TypeKind::List(Box::new(inner))),
            inner.prop_map(|inner| TypeKind::Map(Box::new(inner))),
        ]
        .prop_map(ty)
    })
}

fn scalar_key() -> impl Strategy<Value = Key> {
    (
        (key(), any::<bool>(), any::<bool>()),
        (type_expr(true), option::of(literal())),
        (version(), version(), option::of(vec(key(), 1..3))),
    )
        .prop_map(
            |((name, secret, required), (ty, default), (since, until, moved_to))| Key {
                docs: None,
                name,
                secret,
                required,
                value: KeyValue::Scalar { ty, default },
                since,
                until,
                moved_to,
            },
        )
}

fn block() -> impl Strategy<Value = KeyBlock> {
    let star = |mut key: Key| {
        key.name.node = "*".to_owned();
        Box::new(key)
    };
    let leaf = (
        vec(scalar_key(), 0..3),
        any::<bool>(),
        option::of(scalar_key().prop_map(star)),
    )
        .prop_map(|(keys, open, any)| KeyBlock { keys, open, any });
    leaf.prop_recursive(2, 8, 3, |inner| {
        (
            vec(scalar_key(), 0..2),
            vec((key(), inner), 0..2),
            any::<bool>(),
        )
            .prop_map(|(mut keys, blocks, open)| {
                keys.extend(blocks.into_iter().map(|(name, block)| Key {
                    docs: None,
                    name,
                    secret: false,
                    required: false,
                    value: KeyValue::Block(block),
                    since: None,
                    until: None,
                    moved_to: None,
                }));
                KeyBlock {
                    keys,
                    open,
                    any: None,
                }
            })
    })
}

fn chart() -> impl Strategy<Value = Chart> {
    let umbrella = (name(), version(), version()).prop_map(|(name, since, until)| Umbrella {
        name,
        since,
        until,
    });
    let always = version().prop_map(|version| spanned(version.map(|version| version.node)));
    (
        (
            name(),
            vec(umbrella, 0..3),
            option::of(key()),
            vec(name(), 0..3),
        ),
        (
            vec(vec(key(), 1..3), 0..2),
            option::of(always),
            option::of(key()),
            vec(name(), 0..2),
        ),
        (version(), version(), option::of(block())),
    )
        .prop_map(
            |(
                (name, umbrellas, key, tags),
                (conditions, always, wraps, names),
                (since, until, keys),
            )| Chart {
                name,
                umbrellas,
                key,
                tags,
                conditions,
                always,
                wraps,
                names,
                since,
                until,
                keys,
            },
        )
}

pub(crate) fn file() -> impl Strategy<Value = File> {
    let param = (name(), type_expr(false), expression())
        .prop_map(|(name, ty, default)| ItemKind::Param(ParamItem { name, ty, default }));
    let params = vec((name(), option::of(type_expr(false))), 0..3);
    let function = (name(), params, option::of(type_expr(false)), expression()).prop_map(
        |(name, params, result, body)| {
            ItemKind::Fn(FnItem {
                name,
                params,
                result,
                body,
            })
        },
    );
    let kind = prop_oneof![
        3 => rule().prop_map(|rule| ItemKind::Rule(Box::new(rule))),
        2 => chart().prop_map(|chart| ItemKind::Chart(Box::new(chart))),
        2 => let_item().prop_map(ItemKind::Let),
        1 => param,
        1 => function,
        1 => name().prop_map(ItemKind::Use),
    ];
    let docs = option::of("[a-z`*][a-z `*]{0,10}[a-z](\n[a-z]{1,5})?");
    vec((docs, kind), 0..4).prop_map(|items| File {
        items: items
            .into_iter()
            .map(|(docs, kind)| Item {
                docs: docs.map(spanned),
                span: nowhere(),
                damaged: false,
                kind,
            })
            .collect(),
    })
}
