//! What we tell people about a text.

use std::borrow::Cow;
use std::fmt;

use crate::{Fix, Span};

/// How bad it is. Ordered from the least to the worst.
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
    /// A code known when the program is compiled.
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

/// A place with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there: `overridden here`. May be empty for a primary label.
    pub message: String,
}

impl Label {
    /// A labelled place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

/// One thing to tell a person about a text. The only type for it in the whole program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule or the kind of problem.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One line, lower case, no final period. Never holds the value of a secret.
    pub message: String,
    /// Where: the narrowest place at fault.
    pub primary: Label,
    /// Why: `overridden here`, `the other load balancer`.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// Changes that would mend it, best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic with a place and a message and nothing else.
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

    /// Says what is at the primary place.
    #[must_use]
    pub fn with_label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }
}
