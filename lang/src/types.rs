//! Types of the language and signatures of functions, as text and as data.
//!
//! A single grammar serves built-ins, host functions, record fields, hover and the checker: `no-proxy-covers(list: list
//! of string, host: string) -> bool`. `T?` is a `T` that may be missing; `name?: T` is an optional parameter.

use std::fmt;
use std::sync::Arc;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// Any value.
    Any,
    /// Only `null`.
    Null,
    /// A string.
    String,
    /// A 64-bit float.
    Number,
    /// `true` or `false`.
    Bool,
    /// A `/regex/`.
    Regex,
    /// `list of T`
    List(Box<Type>),
    /// `map of T`
    Map(Box<Type>),
    /// A map with known keys, each with the type of its value, in the order written: the type of `{at: x, by: y}`. Only
    /// inferred; it has no syntax that can be parsed.
    Entries(Arc<[(String, Type)]>),
    /// A record of the host, by name: `release`.
    Record(String),
    /// `T?`: a value that may be missing.
    Optional(Box<Type>),
}

impl Type {
    /// Is it a map, with or without known keys?
    pub fn is_map(&self) -> bool {
        matches!(self, Self::Map(_) | Self::Entries(_))
    }

    /// The type without `?`, and whether it had a `?`.
    pub fn without_optional(&self) -> (&Self, bool) {
        match self {
            Self::Optional(of) => (of, true),
            of => (of, false),
        }
    }
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name, for messages and hover.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Is it optional? Only the last parameters can be.
    pub optional: bool,
}

/// The parameters and the result of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The function's name.
    pub name: String,
    /// The parameters, in order.
    pub params: Vec<Param>,
    /// The type of the result.
    pub result: Type,
}

impl Signature {
    /// The minimum number of arguments.
    pub fn required(&self) -> usize {
        self.params.iter().filter(|param| !param.optional).count()
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::String => f.write_str("string"),
            Self::Number => f.write_str("number"),
            Self::Bool => f.write_str("bool"),
            Self::Regex => f.write_str("regex"),
            Self::List(of) => write!(f, "list of {of}"),
            Self::Map(of) => write!(f, "map of {of}"),
            Self::Entries(entries) => {
                f.write_str("{")?;
                for (index, (key, ty)) in entries.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{key}: {ty}")?;
                }
                f.write_str("}")
            }
            Self::Record(name) => f.write_str(name),
            Self::Optional(of) => write!(f, "{of}?"),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (index, param) in self.params.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let mark = if param.optional { "?" } else { "" };
            write!(f, "{comma}{}{mark}: {}", param.name, param.ty)?;
        }
        write!(f, ") -> {}", self.result)
    }
}

/// Why a type or signature could not be parsed; for authors of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSyntax {
    /// What was expected.
    pub expected: &'static str,
    /// The text found instead, at most 40 characters.
    pub rest: String,
}

impl fmt::Display for TypeSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at `{}`", self.expected, self.rest)
    }
}

impl std::error::Error for TypeSyntax {}

/// Parses a type: `list of string`, `release`, `string?`. Any other word is the name of a record.
///
/// # Errors
/// If the text is not a type.
pub fn parse_type(text: &str) -> Result<Type, TypeSyntax> {
    let mut reader = Reader { rest: text };
    let ty = reader.ty(0)?;
    reader.end()?;
    Ok(ty)
}

/// Parses a signature: `name(a: string, b?: list of any) -> bool`.
///
/// # Errors
/// If the text is not a signature.
pub fn parse_signature(text: &str) -> Result<Signature, TypeSyntax> {
    let mut reader = Reader { rest: text };
    let name = reader.word("a name")?.to_owned();
    reader.mark("(")?;
    let mut params = Vec::new();
    while !reader.eat(")") {
        if !params.is_empty() {
            reader.mark(",")?;
        }
        let name = reader.word("a parameter")?.to_owned();
        let optional = reader.eat("?");
        reader.mark(":")?;
        let ty = reader.ty(0)?;
        params.push(Param { name, ty, optional });
    }
    reader.mark("->")?;
    let result = reader.ty(0)?;
    reader.end()?;
    Ok(Signature {
        name,
        params,
        result,
    })
}

/// Maximum nesting of `list of list of …`.
const MAX_DEPTH: usize = 32;

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn fail<T>(&self, expected: &'static str) -> Result<T, TypeSyntax> {
        Err(TypeSyntax {
            expected,
            rest: self.rest.chars().take(40).collect(),
        })
    }

    fn eat(&mut self, mark: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn mark(&mut self, mark: &'static str) -> Result<(), TypeSyntax> {
        if self.eat(mark) {
            Ok(())
        } else {
            self.fail(mark)
        }
    }

    fn end(&mut self) -> Result<(), TypeSyntax> {
        if self.rest.trim().is_empty() {
            Ok(())
        } else {
            self.fail("the end")
        }
    }

    fn word(&mut self, expected: &'static str) -> Result<&'t str, TypeSyntax> {
        self.rest = self.rest.trim_start();
        let mut len = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .unwrap_or(self.rest.len());
        // `->` may follow without a space.
        if self.rest[..len].ends_with('-') {
            len -= 1;
        }
        if len == 0 {
            return self.fail(expected);
        }
        let (word, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(word)
    }

    fn ty(&mut self, depth: usize) -> Result<Type, TypeSyntax> {
        if depth > MAX_DEPTH {
            return self.fail("a less deeply nested type");
        }
        let ty = match self.word("a type")? {
            "any" => Type::Any,
            "null" => Type::Null,
            "string" => Type::String,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "regex" => Type::Regex,
            word @ ("list" | "map") => {
                let element = if self.of() {
                    self.ty(depth + 1)?
                } else {
                    Type::Any
                };
                // `list of string?` is a list that may be missing, not a list of elements that may be missing.
                let (element, optional) = match element {
                    Type::Optional(inner) => (*inner, true),
                    other => (other, false),
                };
                let whole = match word {
                    "list" => Type::List(Box::new(element)),
                    _ => Type::Map(Box::new(element)),
                };
                if optional {
                    Type::Optional(Box::new(whole))
                } else {
                    whole
                }
            }
            name => Type::Record(name.to_owned()),
        };
        if !matches!(ty, Type::Optional(_)) && self.eat("?") {
            return Ok(Type::Optional(Box::new(ty)));
        }
        Ok(ty)
    }

    fn of(&mut self) -> bool {
        let before = self.rest;
        if self.word("of") == Ok("of") {
            return true;
        }
        self.rest = before;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_round_trip() {
        for text in [
            "f() -> bool",
            "range(from: number, to: number, step?: number) -> list of number",
            "first(list: list of any) -> any?",
            "callees(service: string) -> list of list of string?",
            "of(release: release) -> map of any",
        ] {
            assert_eq!(parse_signature(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn invalid_signature_reports_what_was_expected() {
        let fault = |text| parse_signature(text).unwrap_err().to_string();
        assert_eq!(
            fault("f(a string) -> bool"),
            "expected : at `string) -> bool`"
        );
        assert_eq!(fault("f(a: string)"), "expected -> at ``");
        assert_eq!(fault("f() -> bool bool"), "expected the end at `bool`");
        assert!(parse_type(&"list of ".repeat(10_000)).is_err());
    }
}
