//! The built-in rule packs, as text. There is no logic here: a rule is its file.
#![warn(missing_docs)]

/// One `.watch` file of a built-in pack.
#[derive(Debug, Clone, Copy)]
pub struct RuleFile {
    /// The pack: `helm`, `security` or `wire`.
    pub pack: &'static str,
    /// The path below `rules/`, with forward slashes: `wire/proxy-url-invalid.watch`.
    pub path: &'static str,
    /// The whole text of the file.
    pub text: &'static str,
}

impl RuleFile {
    /// The filename, without folders.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// Every file of every built-in pack, sorted by path.
pub const FILES: &[RuleFile] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// The guidance, statement by statement, and the rules that enforce it, as YAML. The comment at the top of the file describes the format.
pub const GUIDANCE: &str = include_str!("../guidance.yaml");
