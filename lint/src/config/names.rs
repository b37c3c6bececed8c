//! Holds the names in a configuration against what there is: rules, tags, packs, parameters, charts and releases.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use lang::charts::ChartSet;
use lang::check::similar::similar;
use lang::parse::ast::{ItemKind, TypeExpr, TypeKind};
use source::{Diagnostic, Severity, Span};

use super::check::{error, replace, shown};
use super::{Config, ParameterValue, codes};
use crate::known::Known;
use crate::rulebook::{BookFile, RuleBook};

/// A name of something that is not in the configuration itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What it names.
    pub of: Mentioned,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// What a name in a configuration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mentioned {
    /// A built-in pack.
    Pack,
    /// A rule, a tag or a pack.
    Rules,
    /// A parameter.
    Parameter,
    /// A release or a chart: it is there, or what is said of it is said of nothing.
    Installed,
    /// A chart or service that nothing here installs.
    External,
}

/// What is wrong with the names in a configuration, given the rules that apply below it.
pub fn check_names(config: &Config, book: &RuleBook) -> Vec<Diagnostic> {
    // What is known of rules is read from their trees: it takes a while, and few configurations name one.
    let known = LazyCell::new(|| Known::of(book));
    let types = LazyCell::new(|| parameter_types(&book.files));
    let mentions = config.mentions.iter();
    let wrong = mentions.filter_map(|it| match it.of {
        Mentioned::Pack => pack(it, &known),
        Mentioned::Rules if known.has(&it.name) => None,
        Mentioned::Rules => {
            let what = "is no rule, no tag and no pack";
            Some(unknown(
                codes::UNKNOWN_RULE,
                it,
                what,
                known.similar(&it.name),
            ))
        }
        Mentioned::Parameter => parameter(it, config, &types),
        Mentioned::Installed | Mentioned::External => None,
    });
    wrong.collect()
}

/// Charts and releases that a configuration names and that there are not: `charts` are the declared ones, `installed` what the trees
/// below it have.
pub(crate) fn check_installed(
    config: &Config,
    charts: &ChartSet,
    installed: &BTreeSet<&str>,
) -> Vec<Diagnostic> {
    let stated = config.deployments.iter().flatten();
    let stated = stated.flat_map(|it| &it.releases);
    let stated: BTreeSet<&str> = stated
        .flat_map(|it| [it.name.as_str(), it.chart.as_str()])
        .collect();
    let is_known =
        |name: &str| charts.is_component(name) || installed.contains(name) || stated.contains(name);
    let wrong = config.mentions.iter().filter_map(|it| {
        let only_if_similar = match it.of {
            Mentioned::Installed => false,
            // Rules of one's own may ask for services that nobody declares.
            Mentioned::External => true,
            Mentioned::Pack | Mentioned::Rules | Mentioned::Parameter => return None,
        };
        if is_known(&it.name) {
            return None;
        }
        let names = charts.component_names();
        let similar = similar(&it.name, names.chain(installed.iter().copied()));
        if only_if_similar && similar.is_none() {
            return None;
        }
        let what = "is no release here, and no chart or service that is known";
        let mut diagnostic = unknown(codes::UNKNOWN_CHART, it, what, similar);
        diagnostic.severity = Severity::Warning;
        Some(diagnostic)
    });
    wrong.collect()
}

fn pack(it: &Mention, known: &Known) -> Option<Diagnostic> {
    let built_in = &Known::built_in().packs;
    if built_in.contains(&it.name) {
        return None;
    }
    let names = built_in.iter().map(String::as_str);
    let what = "is no built-in pack";
    let diagnostic = unknown(codes::UNKNOWN_PACK, it, what, similar(&it.name, names));
    Some(if known.packs.contains(&it.name) {
        diagnostic.with_help("packs of your own take part anyway; see `rules`")
    } else {
        diagnostic
    })
}

fn parameter(
    it: &Mention,
    config: &Config,
    types: &BTreeMap<String, Vec<&TypeExpr>>,
) -> Option<Diagnostic> {
    let Some(types) = types.get(&it.name) else {
        let names = types.keys().map(String::as_str);
        let what = "is no parameter of a rule that takes part";
        let similar = similar(&it.name, names);
        return Some(unknown(codes::UNKNOWN_PARAMETER, it, what, similar));
    };
    let value = config.parameters.get(&it.name)?;
    let wrong = types.iter().find(|ty| !fits(value, ty))?;
    let message = format!("{} is a {}", shown(&it.name), written(wrong));
    Some(error(codes::PARAMETER_TYPE, it.span, message).with_label("the value is none"))
}

fn unknown(code: &'static str, it: &Mention, what: &str, similar: Option<String>) -> Diagnostic {
    let message = format!("{} {what}", shown(&it.name));
    let mut diagnostic = error(code, it.span, message);
    if let Some(similar) = similar {
        diagnostic.fixes.push(replace(it.span, &similar));
        diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
    }
    diagnostic
}

/// The types of the parameters there are, by name and by `PACK.NAME`.
fn parameter_types(files: &[BookFile]) -> BTreeMap<String, Vec<&TypeExpr>> {
    let mut types: BTreeMap<String, Vec<&TypeExpr>> = BTreeMap::new();
    for file in files {
        for item in &file.ast().items {
            if let ItemKind::Param(param) = &item.kind {
                let name = &param.name.node;
                for name in [name.clone(), format!("{}.{name}", file.pack)] {
                    types.entry(name).or_default().push(&param.ty);
                }
            }
        }
    }
    types
}

/// True if a parameter of the type may have the value.
pub(crate) fn fits(value: &ParameterValue, ty: &TypeExpr) -> bool {
    use ParameterValue as V;
    match (&ty.kind, value) {
        (TypeKind::Word(word), value) => match (word.as_str(), value) {
            ("string", V::Text(_)) | ("number", V::Number(_)) | ("bool", V::Bool(_)) => true,
            // A word that is no type is told where the rule is checked.
            (word, _) => !matches!(word, "string" | "number" | "bool"),
        },
        (TypeKind::List(of), V::List(items)) => items.iter().all(|it| fits(it, of)),
        (TypeKind::Map(of), V::Map(entries)) => entries.iter().all(|(_, it)| fits(it, of)),
        (TypeKind::List(_) | TypeKind::Map(_), _) => false,
        (TypeKind::Choice(_) | TypeKind::OrNull(_), _) => true,
    }
}

fn written(ty: &TypeExpr) -> String {
    match &ty.kind {
        TypeKind::Word(word) => word.clone(),
        TypeKind::List(of) => format!("list of {}", written(of)),
        TypeKind::Map(of) => format!("map of {}", written(of)),
        TypeKind::Choice(_) => "choice".to_owned(),
        TypeKind::OrNull(of) => format!("{}?", written(of)),
    }
}
