//! Serialization of programs: a binary with built-in rules compiles them when it is built, not each time it starts.
//!
//! INVARIANT: bytes are read by the program they were written for; this is not a storage format.

use crate::host::Schema;
use crate::program::Program;

/// Serializes a program, without the host's schema.
pub fn pack(program: &Program) -> Vec<u8> {
    // Serializing a compiled program to memory does not fail; if it did, the texts would be read instead.
    postcard::to_allocvec(program).unwrap_or_default()
}

/// Deserializes a program from [`pack`] for the same host; `None` if the bytes are invalid.
pub fn unpack(bytes: &[u8], schema: &Schema) -> Option<Program> {
    let mut program: Program = postcard::from_bytes(bytes).ok()?;
    program.schema = schema.clone();
    Some(program)
}

/// Literals. A program contains no other values.
pub(super) mod constant {
    use std::sync::Arc;

    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::value::{Data, List, Regex, Value};

    #[derive(Serialize, Deserialize)]
    enum Constant {
        Null,
        Bool(bool),
        Number(f64),
        String(String),
        Regex(#[serde(with = "super::regex")] Regex),
        List(Vec<Self>),
        Map(Vec<(String, Self)>),
    }

    impl Constant {
        fn of(value: &Value<'static>) -> Option<Self> {
            if value.place.is_some() || value.secret {
                return None;
            }
            Some(match &value.data {
                Data::Null => Self::Null,
                Data::Bool(value) => Self::Bool(*value),
                Data::Number(value) => Self::Number(*value),
                Data::String(text) => Self::String(text.to_string()),
                Data::Regex(regex) => Self::Regex(regex.clone()),
                Data::List(list) if list.incomplete.is_none() => {
                    Self::List(list.items.iter().map(Self::of).collect::<Option<_>>()?)
                }
                Data::Map(entries) => {
                    let entries = entries.iter();
                    let entries = entries.map(|(key, it)| Some((key.to_string(), Self::of(it)?)));
                    Self::Map(entries.collect::<Option<_>>()?)
                }
                Data::List(_)
                | Data::HostList(_)
                | Data::HostMap(_)
                | Data::Record(_)
                | Data::Absent(_) => return None,
            })
        }

        fn value(self) -> Value<'static> {
            Value::new(match self {
                Self::Null => Data::Null,
                Self::Bool(value) => Data::Bool(value),
                Self::Number(value) => Data::Number(value),
                Self::String(text) => Data::String(text.into()),
                Self::Regex(regex) => Data::Regex(regex),
                Self::List(items) => Data::List(Arc::new(List {
                    items: items.into_iter().map(Self::value).collect(),
                    incomplete: None,
                })),
                Self::Map(entries) => {
                    let entries = entries.into_iter();
                    let entries = entries.map(|(key, it)| (key.into(), it.value()));
                    Data::Map(Arc::new(entries.collect()))
                }
            })
        }
    }

    pub(crate) fn serialize<S: Serializer>(
        value: &Value<'static>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let constant = Constant::of(value).ok_or_else(|| S::Error::custom("not a literal"))?;
        constant.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Value<'static>, D::Error> {
        Constant::deserialize(from).map(Constant::value)
    }
}

/// Validated regexes: their texts, and what is known about their matches without compiling them.
pub(super) mod regex {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::value::Regex;

    pub(crate) fn serialize<S: Serializer>(regex: &Regex, to: S) -> Result<S::Ok, S::Error> {
        (regex.as_str(), regex.precompute()).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Regex, D::Error> {
        let (text, known) = <(&str, _)>::deserialize(from)?;
        Ok(Regex::with_precomputed(text, Some(known)))
    }
}

/// Built-ins, by their index in the table.
pub(super) mod entry {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::builtins::{Entry, all};

    pub(crate) fn serialize<S: Serializer>(
        entry: &&'static Entry,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let at = all().iter().position(|it| std::ptr::eq(it, *entry));
        at.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<&'static Entry, D::Error> {
        let at = Option::<usize>::deserialize(from)?;
        let entry = at.and_then(|at| all().get(at));
        entry.ok_or_else(|| D::Error::custom("unknown built-in"))
    }
}

#[cfg(test)]
mod tests {
    use source::SourceId;

    use super::*;
    use crate::compile::{Params, compile};
    use crate::parse::parse;

    #[test]
    fn program_round_trips() {
        let text = "let hosts = [\"a\", 1.5, null, {b: true}]\nfn two(x: any) -> any = [x, x]\n\
            rule r {\n  severity warning, off in demo\n  for x at brig.{k: /a+/}[*].{j}\n  \
            when x is string and lower(x) matches /(?i)b/ and some h in hosts satisfies h == x\n  \
            require two(x)[0] is url or x is not secret\n    say \"{x} is ü\"\n    fix quote x\n}\n";
        let parsed = parse(SourceId(3), text);
        assert_eq!(parsed.diagnostics, []);
        let schema = Schema::default();
        let (program, problems) = compile(&[("p", &parsed.file)], &schema, &Params::new());
        assert_eq!(problems, []);
        let back = unpack(&pack(&program), &schema).expect("these bytes were just packed");
        assert_eq!(format!("{back:?}"), format!("{program:?}"));
    }

    #[test]
    fn invalid_bytes_are_rejected() {
        assert!(unpack(&[7, 1, 255, 255], &Schema::default()).is_none());
        assert!(unpack(&[], &Schema::default()).is_none());
    }
}
