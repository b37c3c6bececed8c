//! Checks that the names in a configuration exist: rules, tags, packs, parameters, charts and releases.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use lang::charts::ChartSet;
use lang::check::similar::similar;
use lang::parse::ast::{ItemKind, TypeExpr, TypeKind};
use source::{Diagnostic, Severity, Span};

use super::check::{error, replace, shown};
use super::{Config, ParameterValue, codes};
use crate::known::KnownNames;
use crate::rulebook::{BookFile, RuleBook};

/// A name of something that is defined outside the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What it names.
    pub of: Mentioned,
    /// The name.
    pub name: String,
    /// Its position.
    pub span: Span,
}

/// What a name in a configuration refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mentioned {
    /// A built-in pack.
    Pack,
    /// A rule, a tag or a pack.
    Rules,
    /// A parameter.
    Parameter,
    /// A release or a chart: unless it exists, the setting has no effect.
    Installed,
    /// A chart or service that nothing here installs.
    External,
}

/// Reports unknown names in a configuration, given the rules that apply below it.
pub fn check_names(config: &Config, book: &RuleBook) -> Vec<Diagnostic> {
    // Built on demand: reading the rules' trees takes a while, and few configurations name a rule.
    let known = LazyCell::new(|| KnownNames::of(book));
    let types = LazyCell::new(|| parameter_types(&book.files));
    let mentions = config.mentions.iter();
    let wrong = mentions.filter_map(|it| match it.of {
        Mentioned::Pack => pack(it, &known),
        Mentioned::Rules if known.has(&it.name) => None,
        Mentioned::Rules => {
            let what = "is not a rule, tag or pack";
            let pattern = it.name.contains('*');
            let similar = known.similar(&it.name).filter(|_| !pattern);
            let diagnostic = unknown(codes::UNKNOWN_RULE, it, what, similar);
            Some(if pattern {
                diagnostic.with_help("patterns are not possible: write each id, or a tag or pack")
            } else if diagnostic.help.is_none() {
                diagnostic.with_help("`dogwatch rules` lists all")
            } else {
                diagnostic
            })
        }
        Mentioned::Parameter => parameter(it, config, &types),
        Mentioned::Installed | Mentioned::External => None,
    });
    wrong.collect()
}

/// Reports the charts and releases that a configuration names and that do not exist: `charts` are the declared ones, `installed`
/// what the trees below the configuration contain.
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
            // The user's own rules may ask for services that nothing declares.
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
        let what = "is neither a release here nor a known chart or service";
        let mut diagnostic = unknown(codes::UNKNOWN_CHART, it, what, similar);
        diagnostic.severity = Severity::Warning;
        Some(diagnostic)
    });
    wrong.collect()
}

fn pack(it: &Mention, known: &KnownNames) -> Option<Diagnostic> {
    let built_in = &KnownNames::built_in().packs;
    if built_in.contains(&it.name) {
        return None;
    }
    let names = built_in.iter().map(String::as_str);
    let what = "is not a built-in pack";
    let diagnostic = unknown(codes::UNKNOWN_PACK, it, what, similar(&it.name, names));
    Some(if known.packs.contains(&it.name) {
        diagnostic.with_help("your own packs are always enabled; see `rules`")
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
        let what = "is not a parameter of any enabled rule";
        let similar = similar(&it.name, names);
        return Some(unknown(codes::UNKNOWN_PARAMETER, it, what, similar));
    };
    let value = config.parameters.get(&it.name)?;
    let wrong = types.iter().find(|ty| !fits(value, ty))?;
    let message = format!("{} must be a {}", shown(&it.name), written(wrong));
    Some(error(codes::PARAMETER_TYPE, it.span, message).with_label("wrong type"))
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

/// The types of all parameters, by name and by `PACK.NAME`.
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

/// True if `value` is valid for a parameter of type `ty`.
pub(crate) fn fits(value: &ParameterValue, ty: &TypeExpr) -> bool {
    use ParameterValue as V;
    match (&ty.kind, value) {
        (TypeKind::Word(word), value) => match (word.as_str(), value) {
            ("string", V::Text(_)) | ("number", V::Number(_)) | ("bool", V::Bool(_)) => true,
            // A word that is not a type is reported when the rule is checked.
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
