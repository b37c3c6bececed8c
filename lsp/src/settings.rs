//! What the editor's settings say. They change what is shown, never what is found.

use serde_json::Value;

/// Which files' findings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those that are open.
    Open,
    /// All.
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
    /// The client shows documents with the scheme `dogwatch`.
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

impl Settings {
    /// Takes over what is said; what is not said, or said wrongly, stays. Clients differ: `{"dogwatch": {…}}` and `{…}`, nested keys and
    /// keys with dots are all understood.
    pub(crate) fn take(&mut self, said: &Value) {
        let said = said.get("dogwatch").unwrap_or(said);
        let find = |section: &str, name: &str| {
            let nested = said.get(section).and_then(|it| it.get(name));
            nested.or_else(|| said.get(format!("{section}.{name}")))
        };
        let word = |section, name| find(section, name).and_then(Value::as_str);
        match word("diagnostics", "scope") {
            Some("open") => self.scope = Scope::Open,
            Some("workspace") => self.scope = Scope::Workspace,
            _ => {}
        }
        match word("yaml", "syntaxDiagnostics") {
            Some("on") => self.syntax = true,
            Some("off") => self.syntax = false,
            _ => {}
        }
        let flag = |section, name| find(section, name).and_then(Value::as_bool);
        self.inlay_hints = flag("inlayHints", "enable").unwrap_or(self.inlay_hints);
        self.code_lens = flag("codeLens", "enable").unwrap_or(self.code_lens);
        if let Some(yes) = said.get("virtualDocuments").and_then(Value::as_bool) {
            self.virtual_documents = yes;
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
        ];
        for form in forms {
            let mut settings = Settings::default();
            settings.take(&form);
            assert_eq!(
                (settings.scope, settings.code_lens),
                (Scope::Workspace, false)
            );
        }
    }

    #[test]
    fn what_is_no_setting_changes_nothing() {
        let mut settings = Settings::default();
        for form in [
            json!(null),
            json!([1]),
            json!({"diagnostics": 3}),
            json!({"inlayHints": {"enable": "x"}}),
        ] {
            settings.take(&form);
        }
        assert_eq!(settings, Settings::default());
    }
}
