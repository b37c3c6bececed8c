//! Prints trees as simply as possible: every operand in parentheses, every clause on its own line.

use lang::parse::ast::*;

pub(crate) fn file(file: &File) -> String {
    let mut out = String::new();
    for item in &file.items {
        for line in item.docs.iter().flat_map(|docs| docs.node.lines()) {
            out += &format!("## {line}\n");
        }
        out += &match &item.kind {
            ItemKind::Rule(item) => rule(item),
            ItemKind::Let(item) => format!("{}\n", let_item(item)),
            ItemKind::Param(item) => {
                let (name, ty, default) =
                    (&item.name.node, type_expr(&item.ty), expr(&item.default));
                format!("param {name}: {ty} = {default}\n")
            }
            ItemKind::Fn(item) => function(item),
            ItemKind::Chart(item) => chart(item),
            ItemKind::Use(name) => format!("use {}\n", name.node),
        };
    }
    out
}

fn let_item(item: &LetItem) -> String {
    format!("let {} = {}", item.name.node, expr(&item.value))
}

fn function(item: &FnItem) -> String {
    let param = |(name, ty): &(Name, Option<TypeExpr>)| match ty {
        Some(ty) => format!("{}: {}", name.node, type_expr(ty)),
        None => name.node.clone(),
    };
    let params: Vec<String> = item.params.iter().map(param).collect();
    let result = item
        .result
        .as_ref()
        .map_or(String::new(), |ty| format!(" -> {}", type_expr(ty)));
    format!(
        "fn {}({}){result} = {}\n",
        item.name.node,
        params.join(", "),
        expr(&item.body)
    )
}

fn type_expr(ty: &TypeExpr) -> String {
    match &ty.kind {
        TypeKind::Word(word) => word.clone(),
        TypeKind::List(inner) => format!("list of {}", type_expr(inner)),
        TypeKind::Map(inner) => format!("map of {}", type_expr(inner)),
        TypeKind::Choice(choices) => list(choices, " | "),
        TypeKind::OrNull(inner) => format!("({})?", type_expr(inner)),
    }
}

fn rule(rule: &Rule) -> String {
    let mut lines = Vec::new();
    if !rule.severities.is_empty() {
        let entries: Vec<String> = rule.severities.iter().map(severity).collect();
        lines.push(format!("severity {}", entries.join(", ")));
    }
    for source in &rule.sources {
        let url = source
            .url
            .as_ref()
            .map_or(String::new(), |url| format!(" {}", quote(&url.node)));
        lines.push(format!("source {}{url}", quote(&source.title.node)));
    }
    lines.extend(names("tags", &rule.tags));
    lines.extend(version("since", &rule.since));
    lines.extend(version("until", &rule.until));
    for part in &rule.body {
        clause(part, &mut lines);
    }
    for example in &rule.examples {
        let head = match example.expect {
            Expect::Fails => "fails",
            Expect::Passes => "passes",
            Expect::NotApplicable => "passes not-applicable",
            Expect::Undecided => "passes undecided",
        };
        let title = example
            .title
            .as_ref()
            .map_or(String::new(), |title| format!(" {}", quote(&title.node)));
        lines.push(format!("{head}{title} ```\n{}  ```", example.text.node));
    }
    format!("rule {} {{\n{}}}\n", rule.name.node, block_of(&lines))
}

fn block_of(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

fn severity(entry: &SeverityClause) -> String {
    let word = entry
        .severity
        .node
        .map_or("off", |severity| severity.as_str());
    match &entry.profile {
        Some(profile) => format!("{word} in {}", profile.node),
        None => word.to_owned(),
    }
}

fn names(head: &str, names: &[Name]) -> Option<String> {
    let words: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
    (!words.is_empty()).then(|| format!("{head} {}", words.join(", ")))
}

fn version(head: &str, version: &Option<Spanned<String>>) -> Option<String> {
    version
        .as_ref()
        .map(|version| format!("{head} {}", quote(&version.node)))
}

fn clause(clause: &Clause, lines: &mut Vec<String>) {
    match clause {
        Clause::ForAt {
            name,
            view,
            pattern: places,
        } => {
            let places = pattern(places);
            lines.push(match view {
                View::Effective => format!("for {} at {places}", name.node),
                View::User => format!("for {} at user({places})", name.node),
                View::Written => format!("for {} at written({places})", name.node),
            });
        }
        Clause::ForIn(over) => lines.push(format!("for {}", generator(over))),
        Clause::When(condition) => lines.push(format!("when {}", expr(condition))),
        Clause::Let(item) => lines.push(let_item(item)),
        Clause::Require(item) => requirement(item, lines),
    }
}

fn requirement(item: &Requirement, lines: &mut Vec<String>) {
    let head = if item.forbid { "forbid" } else { "require" };
    lines.push(format!("{head} {}", expr(&item.condition)));
    lines.extend(item.when.iter().map(|when| format!("when {}", expr(when))));
    lines.extend(
        item.severity
            .iter()
            .map(|severity| format!("severity {}", severity.node)),
    );
    lines.extend(item.at.iter().map(|at| format!("at {}", expr(at))));
    for (place, label) in &item.also_at {
        // An expression ending in a text must not be followed directly by a label, which would extend it.
        let label = label
            .as_ref()
            .map_or(String::new(), |label| format!(" {}", expr(label)));
        lines.push(format!("also at {}{label}", expr(place)));
    }
    lines.extend(item.say.iter().map(|say| format!("say {}", expr(say))));
    lines.extend(item.help.iter().map(|help| format!("help {}", expr(help))));
    for fix in &item.fixes {
        let head = if fix.safe { "fix" } else { "unsafe fix" };
        let title = fix
            .title
            .as_ref()
            .map_or(String::new(), |title| format!(" {}", expr(title)));
        let action = match &fix.action {
            FixAction::Set(a, b) => format!("set {} to {}", operand(a), operand(b)),
            FixAction::Quote(a) => format!("quote {}", operand(a)),
            FixAction::Rename(a, b) => format!("rename {} to {}", operand(a), operand(b)),
            FixAction::Move(a, b) => format!("move {} to {}", operand(a), operand(b)),
            FixAction::Delete(a) => format!("delete {}", operand(a)),
            FixAction::Append(a, b) => format!("append {} to {}", operand(a), operand(b)),
            FixAction::Remove(a, b) => format!("remove {} from {}", operand(a), operand(b)),
        };
        lines.push(format!("{head}{title} {action}"));
    }
}

fn pattern(pattern: &Pattern) -> String {
    let mut out = String::new();
    for (i, segment) in pattern.segments.iter().enumerate() {
        let dot = if i == 0 { "" } else { "." };
        out += &match &segment.kind {
            SegmentKind::Key(key) => format!("{dot}{}", key_text(key)),
            SegmentKind::Any => format!("{dot}*"),
            SegmentKind::AnyDepth => format!("{dot}**"),
            SegmentKind::Index(index) => format!("[{index}]"),
            SegmentKind::Capture { name, filter } => match filter {
                None => format!("{dot}{{{}}}", name.node),
                Some(CaptureFilter::Regex(regex)) => {
                    format!("{dot}{{{}: {}}}", name.node, slashes(&regex.node))
                }
                Some(CaptureFilter::OneOf(list)) => {
                    format!("{dot}{{{}: {}}}", name.node, expr(list))
                }
            },
        };
    }
    out
}

fn chart(chart: &Chart) -> String {
    let mut lines = Vec::new();
    if !chart.umbrellas.is_empty() {
        let umbrellas: Vec<String> = chart
            .umbrellas
            .iter()
            .map(|umbrella| {
                let since = version(" since", &umbrella.since).unwrap_or_default();
                let until = version(" until", &umbrella.until).unwrap_or_default();
                format!("{}{since}{until}", umbrella.name.node)
            })
            .collect();
        lines.push(format!("in {}", umbrellas.join(", ")));
    }
    lines.extend(chart.key.iter().map(|key| format!("key {}", key_name(key))));
    lines.extend(names("tags", &chart.tags));
    if !chart.conditions.is_empty() {
        let paths: Vec<String> = chart.conditions.iter().map(|keys| path(keys)).collect();
        lines.push(format!("condition {}", paths.join(", ")));
    }
    if let Some(always) = &chart.always {
        let since = always.node.as_ref().map_or(String::new(), |version| {
            format!(" since {}", quote(version))
        });
        lines.push(format!("always{since}"));
    }
    lines.extend(
        chart
            .wraps
            .iter()
            .map(|key| format!("wraps {}", key_name(key))),
    );
    lines.extend(names("names", &chart.names));
    lines.extend(version("since", &chart.since));
    lines.extend(version("until", &chart.until));
    lines.extend(
        chart
            .keys
            .iter()
            .map(|keys| format!("keys {}", block(keys))),
    );
    format!("chart {} {{\n{}}}\n", chart.name.node, block_of(&lines))
}

fn path(keys: &[Name]) -> String {
    keys.iter().map(key_name).collect::<Vec<_>>().join(".")
}

fn block(block: &KeyBlock) -> String {
    let open = if block.open { "open " } else { "" };
    let keys: Vec<String> = block
        .keys
        .iter()
        .chain(block.any.as_deref())
        .map(key)
        .collect();
    format!("{open}{{\n{}}}", block_of(&keys))
}

fn key(key: &Key) -> String {
    let secret = if key.secret { "secret " } else { "" };
    let required = if key.required { "required " } else { "" };
    let name = match key.name.node.as_str() {
        "*" => "*".to_owned(),
        _ => key_name(&key.name),
    };
    let value = match &key.value {
        KeyValue::Scalar { ty, default } => {
            let default = default
                .as_ref()
                .map_or(String::new(), |default| format!(" = {}", expr(default)));
            format!(": {}{default}", type_expr(ty))
        }
        KeyValue::Block(keys) => format!(" {}", block(keys)),
    };
    let since = version(" since", &key.since).unwrap_or_default();
    let until = version(" until", &key.until).unwrap_or_default();
    let moved = key
        .moved_to
        .as_ref()
        .map_or(String::new(), |keys| format!(" moved to {}", path(keys)));
    format!("{secret}{required}{name}{value}{since}{until}{moved}")
}

fn key_name(name: &Name) -> String {
    key_text(&name.node)
}

fn key_text(key: &str) -> String {
    let plain = key.starts_with(char::is_alphabetic)
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain { key.to_owned() } else { quote(key) }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' | '{' | '}' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            c if c.is_control() => out += &format!("\\u{{{:x}}}", u32::from(c)),
            c => out.push(c),
        }
    }
    out
}

fn slashes(regex: &str) -> String {
    format!("/{}/", regex.replace('/', "\\/"))
}

fn list(exprs: &[Expr], between: &str) -> String {
    exprs.iter().map(expr).collect::<Vec<_>>().join(between)
}

fn generator(generator: &Generator) -> String {
    let key = generator
        .key
        .as_ref()
        .map_or(String::new(), |key| format!("{}, ", key.node));
    let conditions: String = generator
        .conditions
        .iter()
        .map(|c| format!(" if {}", operand(c)))
        .collect();
    format!(
        "{key}{} in {}{conditions}",
        generator.name.node,
        operand(&generator.over)
    )
}

/// In parentheses, unless it is a single word or already bracketed.
fn operand(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Template(_)
        | ExprKind::List(_)
        | ExprKind::Map(_)
        | ExprKind::Name(_) => expr(value),
        _ => format!("({})", expr(value)),
    }
}

pub(crate) fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Damaged => "<damaged>".to_owned(),
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Number(value) => value.to_string(),
        ExprKind::String(text) => quote(text),
        ExprKind::Template(parts) => {
            let part = |part: &TemplatePart| match part {
                TemplatePart::Text(text) => escape(text),
                TemplatePart::Expr(inner) => format!("{{{}}}", expr(inner)),
            };
            format!("\"{}\"", parts.iter().map(part).collect::<String>())
        }
        ExprKind::Regex(regex) => slashes(regex),
        ExprKind::List(items) => format!("[{}]", list(items, ", ")),
        ExprKind::Map(entries) => {
            let entry = |(key, value): &(Name, Expr)| format!("{}: {}", key_name(key), expr(value));
            format!(
                "{{{}}}",
                entries.iter().map(entry).collect::<Vec<_>>().join(", ")
            )
        }
        ExprKind::Comprehension {
            element,
            generators,
        } => {
            let fors: String = generators
                .iter()
                .map(|over| format!(" for {}", generator(over)))
                .collect();
            format!("[{}{fors}]", operand(element))
        }
        ExprKind::Name(name) => name.clone(),
        ExprKind::Field(base, key) => format!("{}.{}", operand(base), key_name(key)),
        ExprKind::Index(base, index) => format!("{}[{}]", operand(base), expr(index)),
        ExprKind::Call(callee, args) => format!("{}({})", operand(callee), list(args, ", ")),
        ExprKind::KeyOf(inner) => format!("key of {}", operand(inner)),
        ExprKind::Not(inner) => format!("not {}", operand(inner)),
        ExprKind::Negate(inner) => format!("-{}", operand(inner)),
        ExprKind::And(sides) => sides.iter().map(operand).collect::<Vec<_>>().join(" and "),
        ExprKind::Or(sides) => sides.iter().map(operand).collect::<Vec<_>>().join(" or "),
        ExprKind::Binary(op, left, right) => {
            format!("{} {} {}", operand(left), operator(*op), operand(right))
        }
        ExprKind::Is {
            value,
            negated,
            word,
        } => {
            let not = if *negated { "not " } else { "" };
            format!("{} is {not}{}", operand(value), word.node)
        }
        ExprKind::InLayer(value, layer) => format!("{} in layer {}", operand(value), layer.node),
        ExprKind::Agree(value) => format!("{} agree", operand(value)),
        ExprKind::If(condition, yes, no) => {
            format!(
                "if {} then {} else {}",
                operand(condition),
                operand(yes),
                operand(no)
            )
        }
        ExprKind::Quantifier {
            kind,
            generator: over,
            body,
        } => {
            let word = match kind {
                Quantifier::Every => "every",
                Quantifier::Some => "some",
                Quantifier::No => "no",
                Quantifier::One => "one",
            };
            format!("{word} {} satisfies {}", generator(over), operand(body))
        }
    }
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::Contains => "contains",
        BinaryOp::Matches => "matches",
        BinaryOp::StartsWith => "starts with",
        BinaryOp::EndsWith => "ends with",
        BinaryOp::AgreesWith => "agrees with",
        BinaryOp::Default => "default",
        BinaryOp::Concat => "++",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}
