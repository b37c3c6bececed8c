//! How output for people looks: colour, width, line-drawing characters.

/// How output for people looks. Formats for programs read only [`Style::docs`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Style {
    /// Colours, as terminal escape sequences.
    pub(crate) color: bool,
    /// Lines are drawn with box characters; else with ASCII.
    pub(crate) unicode: bool,
    /// Columns a line of source text may take.
    pub(crate) width: usize,
    /// Lists are not shortened.
    pub(crate) verbose: bool,
    /// Where the pages are that `dogwatch docs` wrote, with a `/` at the end. A rule's page is `<docs><rule>.html`.
    /// Without it a rule's link is the first of its sources.
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

/// Narrower than this and source lines say nothing.
const LEAST_WIDTH: usize = 40;

impl Style {
    /// The style that fits where the output goes: a terminal of so many columns, or (`None`) a file or a pipe.
    /// `env` gives the value of a variable of the environment.
    ///
    /// `NO_COLOR` (not empty) forbids colours, `CLICOLOR_FORCE` or `FORCE_COLOR` (neither empty nor `0`) asks for them
    /// where there is no terminal, `TERM=dumb` has neither colours nor box characters.
    pub(crate) fn fitting(terminal: Option<usize>, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let filled = |name| env(name).is_some_and(|it| !it.is_empty());
        let forced = |name| env(name).is_some_and(|it| !it.is_empty() && it != "0");
        let dumb = env("TERM").is_some_and(|it| it == "dumb");
        let wanted = forced("CLICOLOR_FORCE") || forced("FORCE_COLOR");
        let default = Self::default();
        Self {
            color: !filled("NO_COLOR") && (wanted || terminal.is_some() && !dumb),
            unicode: !dumb,
            width: terminal.map_or(default.width, |it| it.max(LEAST_WIDTH)),
            ..default
        }
    }

    /// Whether a moving progress line may be shown on a standard error that is (or is not) a terminal. A build server's
    /// log keeps every frame of one, so `CI` turns it off.
    pub(crate) fn progress(terminal: bool, env: &dyn Fn(&str) -> Option<String>) -> bool {
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
    fn colours_follow_the_terminal_and_its_variables() {
        let color = |terminal, pairs: &[_]| Style::fitting(terminal, &env(pairs)).color;
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
    fn progress_is_for_people_at_a_terminal() {
        assert!(Style::progress(true, &env(&[])));
        assert!(!Style::progress(false, &env(&[])));
        assert!(!Style::progress(true, &env(&[("CI", "true")])));
        assert!(Style::progress(true, &env(&[("CI", "false")])));
    }
}
