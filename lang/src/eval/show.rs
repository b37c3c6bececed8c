//! Values as text: for messages, where secrets are redacted, and for `string(…)`.

use std::fmt::Write as _;

use source::quote;

use crate::eval::reader::is_missing;
use crate::eval::{Budget, OverBudget};
use crate::host::Host;
use crate::value::{Absent, Data, Value};

/// Printed in place of a secret.
pub const REDACTED: &str = "‹redacted›";

/// Maximum depth of printed values; deeper parts become `…`.
const MAX_DEPTH: usize = 8;

/// A value as text for computation.
pub(crate) struct Plain<'h> {
    /// The text, with secrets in the clear.
    pub(crate) text: String,
    /// Does it contain a secret?
    pub(crate) secret: bool,
    /// The value, or a part of it, that is absent; the text is then only for display.
    pub(crate) absent: Option<Value<'h>>,
}

/// A value as interpolation renders it, for computation only.
pub(crate) fn plain<'h>(
    host: &'h (dyn Host + 'h),
    value: &Value<'h>,
    budget: &mut Budget,
) -> Result<Plain<'h>, OverBudget> {
    let mut writer = Writer::new(host, budget, false);
    writer.value(value, Style::Prose, 0)?;
    Ok(Plain {
        text: writer.out,
        secret: writer.secret,
        absent: writer.absent,
    })
}

/// A value as messages show it: lists as `a, b`, secrets redacted.
///
/// # Errors
/// If the budget is exceeded.
pub fn redacted<'h>(
    host: &'h (dyn Host + 'h),
    value: &Value<'h>,
    budget: &mut Budget,
) -> Result<String, OverBudget> {
    let mut writer = Writer::new(host, budget, true);
    writer.value(value, Style::Prose, 0)?;
    Ok(writer.out)
}

/// A value as a literal of the language, or `missing` or `unknown`; secrets are redacted, and long or deep parts shortened.
pub fn literal<'h>(host: &'h (dyn Host + 'h), value: &Value<'h>) -> String {
    let mut budget = Budget::new(10_000);
    let mut writer = Writer::new(host, &mut budget, true);
    match writer.value(value, Style::Literal, 0) {
        Ok(()) => writer.out,
        Err(OverBudget) => "…".to_owned(),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// As in prose: `a, b`, `(missing)`.
    Prose,
    /// As in a rule: `["a", "b"]`, `missing`.
    Literal,
}

struct Writer<'b, 'h> {
    host: &'h (dyn Host + 'h),
    budget: &'b mut Budget,
    redact: bool,
    out: String,
    /// Has a secret been encountered?
    secret: bool,
    /// An absent part; missing takes precedence over unknown.
    absent: Option<Value<'h>>,
}

impl<'b, 'h> Writer<'b, 'h> {
    fn new(host: &'h (dyn Host + 'h), budget: &'b mut Budget, redact: bool) -> Self {
        Self {
            host,
            budget,
            redact,
            out: String::new(),
            secret: false,
            absent: None,
        }
    }

    fn note_absent(&mut self, why: &Value<'h>) {
        if self.absent.is_none() || is_missing(why) && !self.absent.as_ref().is_some_and(is_missing)
        {
            self.absent = Some(why.clone());
        }
    }

    fn value(&mut self, value: &Value<'h>, style: Style, depth: usize) -> Result<(), OverBudget> {
        self.budget.charge(1)?;
        let compound = matches!(
            value.data,
            Data::List(_) | Data::Map(_) | Data::HostList(_) | Data::HostMap(_)
        );
        // Elements of a computed list or map have their own marks; a host value may be marked as a whole.
        let whole = !matches!(value.data, Data::List(_) | Data::Map(_) | Data::Absent(_));
        self.secret |= value.secret;
        if self.redact && value.secret && whole {
            self.out.push_str(REDACTED);
            return Ok(());
        }
        if compound && depth >= MAX_DEPTH {
            self.out.push('…');
            return Ok(());
        }
        match &value.data {
            Data::Null => self.out.push_str("null"),
            Data::Bool(value) => {
                let _ = write!(self.out, "{value}");
            }
            Data::Number(value) => number(&mut self.out, *value),
            Data::String(text) => {
                self.budget.charge_text(text.len())?;
                match style {
                    Style::Prose => self.out.push_str(text),
                    Style::Literal => quoted(&mut self.out, text),
                }
            }
            Data::Regex(regex) => {
                let _ = write!(self.out, "/{}/", regex.as_str());
            }
            Data::Record(record) => self.record(*record, style),
            Data::Absent(absent) => {
                self.note_absent(value);
                let word = match absent {
                    Absent::Missing => "missing",
                    Absent::Unknown(_) => "unknown",
                };
                match style {
                    Style::Prose => {
                        let _ = write!(self.out, "({word})");
                    }
                    Style::Literal => self.out.push_str(word),
                }
            }
            Data::List(_) | Data::HostList(_) => self.list(value, style, depth)?,
            Data::Map(_) | Data::HostMap(_) => self.map(value, style, depth)?,
        }
        Ok(())
    }

    fn record(&mut self, record: crate::host::RecordRef, style: Style) {
        match self.host.field(record, "name").data {
            Data::String(name) if style == Style::Prose => self.out.push_str(&name),
            Data::String(name) => quoted(&mut self.out, &name),
            _ => self.out.push_str("(record)"),
        }
    }

    fn list(&mut self, value: &Value<'h>, style: Style, depth: usize) -> Result<(), OverBudget> {
        self.budget.charge(value.size(self.host))?;
        let list = value.items(self.host);
        // In prose, the outermost list has no brackets.
        let brackets = style == Style::Literal || depth > 0;
        if brackets {
            self.out.push('[');
        }
        let items = list.items.iter().chain(list.incomplete.as_deref());
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.value(item, style, depth + 1)?;
        }
        if brackets {
            self.out.push(']');
        }
        Ok(())
    }

    fn map(&mut self, value: &Value<'h>, style: Style, depth: usize) -> Result<(), OverBudget> {
        self.budget.charge(value.size(self.host))?;
        let (entries, open) = value.entries(self.host);
        if let Data::HostMap(map) = &value.data
            && self.redact
            && self.host.has_secret_keys(*map)
        {
            self.out.push_str(REDACTED);
            return Ok(());
        }
        self.out.push('{');
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            if is_name(key) {
                self.out.push_str(key);
            } else {
                quoted(&mut self.out, key);
            }
            self.out.push_str(": ");
            self.value(value, style, depth + 1)?;
        }
        if let Some(why) = &open {
            self.note_absent(why);
            self.out
                .push_str(if entries.is_empty() { "…" } else { ", …" });
        }
        self.out.push('}');
        Ok(())
    }
}

/// The shortest form: integers without a fraction, others with as many digits as needed.
fn number(out: &mut String, value: f64) {
    let _ = if value.abs() < 1e16 || value.fract() != 0.0 {
        write!(out, "{}", value + 0.0)
    } else {
        write!(out, "{value:e}")
    };
}

/// A number as written in a rule.
pub(crate) fn number_literal(value: f64) -> String {
    let mut out = String::new();
    number(&mut out, value);
    out
}

/// A string as written in a rule, without interpolation.
pub fn text_literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quoted(&mut out, text);
    out
}

fn quoted(out: &mut String, text: &str) {
    quote(out, text, |out, c| {
        match c {
            '\n' | '\t' => return false,
            // An unescaped brace would start an interpolation.
            '{' => out.push_str("\\{"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            _ => return false,
        }
        true
    });
}

/// Can the key be written without quotes?
pub(crate) fn is_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !key.ends_with('-')
        && !key.contains("--")
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
