//! The look of output for people: color, width, line-drawing characters.

/// The look of output for people. Formats for programs only use [`Style::docs`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Style {
    /// Use colors, as terminal escape sequences.
    pub(crate) color: bool,
    /// Draw lines with box characters instead of ASCII.
    pub(crate) unicode: bool,
    /// Maximum number of columns for a line of source text.
    pub(crate) width: usize,
    /// Do not shorten lists.
    pub(crate) verbose: bool,
    /// Base URL of the pages written by `dogwatch docs`, with a trailing `/`. A rule's page is `<docs><rule>.html`.
    /// Without it, a rule links to the first of its sources.
    pub(crate) docs: Option<String>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            unicode: true,
            width: 100,
            verbose: false,
            docs: None,
        }
    }
}

/// The minimum width at which source lines remain useful.
const MIN_WIDTH: usize = 40;

impl Style {
    /// The style for the output's destination: a terminal with the given number of columns, or (`None`) a file or a
    /// pipe. `env` looks up an environment variable.
    ///
    /// `NO_COLOR` (not empty) disables colors, `CLICOLOR_FORCE` or `FORCE_COLOR` (neither empty nor `0`) enables them
    /// without a terminal, and `TERM=dumb` disables colors and box characters.
    pub(crate) fn for_terminal(
        terminal: Option<usize>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let is_non_empty = |name| env(name).is_some_and(|it| !it.is_empty());
        let forced = |name| env(name).is_some_and(|it| !it.is_empty() && it != "0");
        let dumb = env("TERM").is_some_and(|it| it == "dumb");
        let wanted = forced("CLICOLOR_FORCE") || forced("FORCE_COLOR");
        let default = Self::default();
        Self {
            color: !is_non_empty("NO_COLOR") && (wanted || terminal.is_some() && !dumb),
            unicode: !dumb,
            width: terminal.map_or(default.width, |it| it.max(MIN_WIDTH)),
            ..default
        }
    }

    /// Whether to show a progress bar, given whether standard error is a terminal. The log of a build server would keep
    /// every frame, so `CI` disables it.
    pub(crate) fn shows_progress(terminal: bool, env: &dyn Fn(&str) -> Option<String>) -> bool {
        let ci = env("CI").is_some_and(|it| !it.is_empty() && it != "0" && it != "false");
        let dumb = env("TERM").is_some_and(|it| it == "dumb");
        terminal && !ci && !dumb
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn color_follows_terminal_and_environment() {
        let color = |terminal, pairs: &[_]| Style::for_terminal(terminal, &env(pairs)).color;
        assert!(color(Some(80), &[("TERM", "xterm")]));
        assert!(!color(None, &[]));
        assert!(!color(Some(80), &[("NO_COLOR", "1")]));
        assert!(color(Some(80), &[("NO_COLOR", "")]));
        assert!(!color(Some(80), &[("TERM", "dumb")]));
        assert!(color(None, &[("FORCE_COLOR", "1")]));
        assert!(!color(None, &[("FORCE_COLOR", "0")]));
        assert!(!color(None, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }

    #[test]
    fn progress_is_shown_only_on_interactive_terminals() {
        assert!(Style::shows_progress(true, &env(&[])));
        assert!(!Style::shows_progress(false, &env(&[])));
        assert!(!Style::shows_progress(true, &env(&[("CI", "true")])));
        assert!(Style::shows_progress(true, &env(&[("CI", "false")])));
    }
}
