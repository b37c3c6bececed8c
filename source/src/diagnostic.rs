//! Diagnostics: problems reported about a text.

use std::borrow::Cow;
use std::fmt;

use crate::{Fix, Span};

/// How serious a diagnostic is, in ascending order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Very probably wrong, or risky.
    Warning,
    /// Will fail, leaks a secret, or contradicts the guidance.
    Error,
}

impl Severity {
    /// The word used in every format and in the rule language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Severity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "info" => Ok(Self::Info),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            _ => Err(()),
        }
    }
}

/// What a diagnostic is about: a rule's id, or the name of a problem such as `yaml-syntax`. Kebab-case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub Cow<'static, str>);

impl Code {
    /// A code known at compile time.
    pub const fn new(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Code {
    fn from(text: &str) -> Self {
        Self(Cow::Owned(text.to_owned()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A span with a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, for example `overridden here`. May be empty for a primary label.
    pub message: String,
}

impl Label {
    /// Labels `span` with `message`.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

/// One problem reported about a text. The only diagnostic type in the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule or the kind of problem.
    pub code: Code,
    /// How serious it is.
    pub severity: Severity,
    /// One line, lower case, no final period. Never holds the value of a secret.
    pub message: String,
    /// Where: the narrowest span at fault.
    pub primary: Label,
    /// Why: `overridden here`, `the other load balancer`.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// Fixes for it, best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic with only a span and a message.
    pub fn new(
        code: impl Into<Code>,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            severity,
            message: message.into(),
            primary: Label::new(span, ""),
            related: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Adds advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn with_related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label::new(span, message));
        self
    }

    /// Sets the message of the primary label.
    #[must_use]
    pub fn with_label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }
}
