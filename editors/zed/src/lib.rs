//! Tells Zed how to start the server: from the settings, or from the project's `PATH`.

use zed_extension_api::{self as zed, LanguageServerId, Result, settings::LspSettings};

struct Dogwatch;

impl zed::Extension for Dogwatch {
    fn new() -> Self {
        Self
    }

    fn language_server_command(
        &mut self,
        _: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<zed::Command> {
        let settings = LspSettings::for_worktree("dogwatch", worktree)?;
        let chosen = settings.binary.and_then(|binary| binary.path);
        let command = chosen
            .or_else(|| worktree.which("dogwatch"))
            .ok_or("`dogwatch` is not on the PATH; set `lsp.dogwatch.binary.path`")?;
        Ok(zed::Command {
            command,
            args: vec!["lsp".to_owned()],
            env: worktree.shell_env(),
        })
    }

    fn language_server_initialization_options(
        &mut self,
        _: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<Option<zed::serde_json::Value>> {
        Ok(LspSettings::for_worktree("dogwatch", worktree)?.initialization_options)
    }
}

zed::register_extension!(Dogwatch);
