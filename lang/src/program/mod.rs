//! A compiled program: its rules, what is known about each, and their code.

pub(crate) mod ir;
pub mod packed;
mod reads;

use serde::{Deserialize, Serialize};
use source::{Severity, Span};

use crate::deferred::Deferred;
use crate::host::Schema;
use ir::{Function, Global, PatternCode, RuleCode};

pub use reads::{ReadPath, ReadSet};

/// Rules ready for evaluation. Created by [`crate::compile::compile`]; does not borrow the sources.
#[derive(Debug, Serialize, Deserialize)]
pub struct Program {
    pub(crate) rules: Vec<RuleInfo>,
    pub(crate) code: Vec<RuleCode>,
    pub(crate) globals: Vec<Global>,
    pub(crate) functions: Vec<Function>,
    pub(crate) patterns: Vec<PatternCode>,
    pub(crate) components: Vec<String>,
    #[serde(skip)]
    pub(crate) schema: Schema,
}

impl Program {
    /// The rules, in the order of the packs and files, without those that failed to compile.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules
    }

    /// The index of the rule with the given id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.id == id)
    }

    /// What the host must provide.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }
}

/// What is known about a rule without evaluating it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// Its name.
    pub id: String,
    /// The pack it is in.
    pub pack: String,
    /// Its documentation, in Markdown.
    pub docs: String,
    /// Its default severity and those for profiles; `None` is `off`.
    pub severities: Vec<(Option<String>, Option<Severity>)>,
    /// The sections of the guidance that it encodes: titles and URLs.
    pub sources: Vec<(String, Option<String>)>,
    /// Tags to select it by.
    pub tags: Vec<String>,
    /// The first chart version it applies to.
    pub since: Option<String>,
    /// The first chart version it no longer applies to.
    pub until: Option<String>,
    /// The span of the whole item.
    pub span: Span,
    /// The span of its name.
    pub name_span: Span,
    /// The spans of its requirements, by index.
    pub requirements: Vec<Span>,
    pub(crate) reads: Deferred<ReadSet>,
}

impl RuleInfo {
    /// What the rule may read.
    pub fn reads(&self) -> &ReadSet {
        &self.reads
    }

    /// Its severity for a profile; `None` if it is off.
    pub fn severity(&self, profile: &str) -> Option<Severity> {
        let of = |wanted: Option<&str>| {
            let mut entries = self.severities.iter();
            entries.find(|(profile, _)| profile.as_deref() == wanted)
        };
        let entry = of(Some(profile)).or_else(|| of(None));
        entry.map_or(Some(Severity::Error), |(_, severity)| *severity)
    }

    /// The first sentence of the documentation.
    pub fn summary(&self) -> &str {
        let first = self.docs.split("\n\n").next().unwrap_or_default();
        first.find(". ").map_or(first, |end| &first[..=end]).trim()
    }
}
