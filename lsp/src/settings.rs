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
const OF_EDITORS: [&str; 2] = ["path", "trace.server"];

impl Settings {
    /// Applies the given settings; missing and invalid ones keep their value. Clients differ: `{"dogwatch": {…}}` and `{…}`, nested keys
    /// and dotted keys are all accepted. Returns the mistakes; `own` means that every key must be a setting of this server.
    pub(crate) fn take(&mut self, said: &Value, own: bool) -> Vec<String> {
        let (said, own) = match said.get("dogwatch") {
            Some(inside) => (inside, true),
            None => (said, own),
        };
        let mut all = Vec::new();
        flatten("", said, &mut all);
        let mut wrong = Vec::new();
        for (key, value) in all {
            let (key, own) = match key.strip_prefix("dogwatch.") {
                Some(key) => (key, true),
                None => (key.as_str(), own),
            };
            if value.is_null() || self.set(key, value).is_some() {
                continue;
            }
            let known = ACCEPTED.iter().find(|(name, _)| *name == key);
            if let Some((name, accepted)) = known {
                wrong.push(format!("the setting `dogwatch.{name}` must be {accepted}"));
            } else if own && !OF_EDITORS.contains(&key) {
                let names = ACCEPTED.map(|(name, _)| format!("`{name}`")).join(", ");
                wrong.push(format!(
                    "unknown setting `dogwatch.{key}`; expected one of {names}"
                ));
            }
        }
        wrong
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
fn flatten<'v>(above: &str, said: &'v Value, out: &mut Vec<(String, &'v Value)>) {
    for (key, value) in said.as_object().into_iter().flatten() {
        let key = match above {
            "" => key.clone(),
            above => format!("{above}.{key}"),
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
    fn settings_are_understood_as_different_clients_give_them() {
        let forms = [
            json!({"diagnostics": {"scope": "workspace"}, "codeLens": {"enable": false}}),
            json!({"dogwatch": {"diagnostics": {"scope": "workspace"}, "codeLens": {"enable": false}}}),
            json!({"diagnostics.scope": "workspace", "codeLens.enable": false}),
            json!({"dogwatch.diagnostics.scope": "workspace", "dogwatch.codeLens": {"enable": false}}),
        ];
        for form in forms {
            let mut settings = Settings::default();
            assert!(settings.take(&form, true).is_empty(), "{form}");
            assert_eq!(
                (settings.scope, settings.code_lens),
                (Scope::Workspace, false)
            );
        }
    }

    #[test]
    fn what_is_no_setting_changes_nothing_and_is_told() {
        let mut settings = Settings::default();
        for (form, wrong) in [
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
            assert_eq!(settings.take(&form, true).len(), wrong, "{form}");
        }
        // Some clients send the settings of all servers.
        let others = json!({"yaml": {"schemas": {}}, "editor.tabSize": 2});
        assert!(settings.take(&others, false).is_empty());
        assert_eq!(settings, Settings::default());
    }
}
