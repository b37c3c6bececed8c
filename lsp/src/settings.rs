//! The editor's settings. They change what is shown, never what is found.

use serde_json::Value;

/// The files whose findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Open files.
    Open,
    /// All files of the workspace.
    Workspace,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `diagnostics.scope`
    pub(crate) scope: Scope,
    /// `yaml.syntaxDiagnostics`
    pub(crate) syntax: bool,
    /// `inlayHints.enable`
    pub(crate) inlay_hints: bool,
    /// `codeLens.enable`
    pub(crate) code_lens: bool,
    /// The client can show documents with the scheme `dogwatch`.
    pub(crate) virtual_documents: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scope: Scope::Open,
            syntax: true,
            inlay_hints: true,
            code_lens: true,
            virtual_documents: false,
        }
    }
}

/// The user's settings and the values they accept.
const ACCEPTED: [(&str, &str); 4] = [
    ("diagnostics.scope", "`open` or `workspace`"),
    ("yaml.syntaxDiagnostics", "`on` or `off`"),
    ("inlayHints.enable", "`true` or `false`"),
    ("codeLens.enable", "`true` or `false`"),
];

/// Settings of the same section that only the editor extension uses.
const EXTENSION_ONLY: [&str; 2] = ["path", "trace.server"];

impl Settings {
    /// Applies the given settings; missing and invalid ones keep their value. Clients differ: `{"dogwatch": {…}}` and `{…}`, nested keys
    /// and dotted keys are all accepted. Returns the errors; `strict` means that every key must be a setting of this server.
    pub(crate) fn apply(&mut self, given: &Value, strict: bool) -> Vec<String> {
        let (given, strict) = match given.get("dogwatch") {
            Some(inside) => (inside, true),
            None => (given, strict),
        };
        let mut all = Vec::new();
        flatten("", given, &mut all);
        let mut errors = Vec::new();
        for (key, value) in all {
            let (key, strict) = match key.strip_prefix("dogwatch.") {
                Some(key) => (key, true),
                None => (key.as_str(), strict),
            };
            if value.is_null() || self.set(key, value).is_some() {
                continue;
            }
            let known = ACCEPTED.iter().find(|(name, _)| *name == key);
            if let Some((name, accepted)) = known {
                errors.push(format!("the setting `dogwatch.{name}` must be {accepted}"));
            } else if strict && !EXTENSION_ONLY.contains(&key) {
                let names = ACCEPTED.map(|(name, _)| format!("`{name}`")).join(", ");
                errors.push(format!(
                    "unknown setting `dogwatch.{key}`; expected one of {names}"
                ));
            }
        }
        errors
    }

    /// Sets one setting; `None` if the name is unknown or the value is not accepted.
    fn set(&mut self, key: &str, value: &Value) -> Option<()> {
        match (key, value.as_str()) {
            ("diagnostics.scope", Some("open")) => self.scope = Scope::Open,
            ("diagnostics.scope", Some("workspace")) => self.scope = Scope::Workspace,
            ("yaml.syntaxDiagnostics", Some("on")) => self.syntax = true,
            ("yaml.syntaxDiagnostics", Some("off")) => self.syntax = false,
            ("inlayHints.enable", _) => self.inlay_hints = value.as_bool()?,
            ("codeLens.enable", _) => self.code_lens = value.as_bool()?,
            ("virtualDocuments", _) => self.virtual_documents = value.as_bool()?,
            _ => return None,
        }
        Some(())
    }
}

/// Collects each value with its keys joined by dots.
fn flatten<'v>(prefix: &str, given: &'v Value, out: &mut Vec<(String, &'v Value)>) {
    for (key, value) in given.as_object().into_iter().flatten() {
        let key = match prefix {
            "" => key.clone(),
            prefix => format!("{prefix}.{key}"),
        };
        match value {
            Value::Object(_) => flatten(&key, value, out),
            _ => out.push((key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn accepts_every_layout_of_settings() {
        let forms = [
            json!({"diagnostics": {"scope": "workspace"}, "codeLens": {"enable": false}}),
            json!({"dogwatch": {"diagnostics": {"scope": "workspace"}, "codeLens": {"enable": false}}}),
            json!({"diagnostics.scope": "workspace", "codeLens.enable": false}),
            json!({"dogwatch.diagnostics.scope": "workspace", "dogwatch.codeLens": {"enable": false}}),
        ];
        for form in forms {
            let mut settings = Settings::default();
            assert!(settings.apply(&form, true).is_empty(), "{form}");
            assert_eq!(
                (settings.scope, settings.code_lens),
                (Scope::Workspace, false)
            );
        }
    }

    #[test]
    fn reports_invalid_settings_and_keeps_defaults() {
        let mut settings = Settings::default();
        for (form, errors) in [
            (json!(null), 0),
            (json!([1]), 0),
            (json!({"diagnostics": 3}), 1),
            (json!({"inlayHints": {"enable": "x"}}), 1),
            (
                json!({"dogwatch": {"diagnostics": {"scope": "everything"}}}),
                1,
            ),
            (
                json!({"path": "/bin/dogwatch", "trace": {"server": "off"}}),
                0,
            ),
        ] {
            assert_eq!(settings.apply(&form, true).len(), errors, "{form}");
        }
        // Some clients send the settings of all servers.
        let others = json!({"yaml": {"schemas": {}}, "editor.tabSize": 2});
        assert!(settings.apply(&others, false).is_empty());
        assert_eq!(settings, Settings::default());
    }
}
