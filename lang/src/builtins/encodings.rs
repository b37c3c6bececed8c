//! Base64, the structure of PEM text, and Amazon resource names.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::builtins::call::answer_bool;
use crate::builtins::strings::list_of;
use crate::builtins::{Answer, Builtin, Call, Stop};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "base64(value: any) -> bool",
        "Non-empty base64, in the standard or the URL-safe alphabet, with or without padding.",
        &[("'e30=' is base64", "true"), ("'e30' is base64", "true"), ("'{}' is base64", "false")],
        |call| answer_bool(call.maybe_text(0).is_some_and(|text| decode(text).is_some())),
    ),
    Builtin::new(
        "base64-decode(text: string) -> string?",
        "The decoded text; missing unless it is base64 of UTF-8 text.",
        &[("base64-decode('e30=')", "\"\\{}\""), ("base64-decode('!')", "missing")],
        |call| {
            let text = call.text(0)?;
            call.charge_text(text.len())?;
            let bytes = decode(text).ok_or(Stop::Missing)?;
            call.answer_text(String::from_utf8(bytes).map_err(|_| Stop::Missing)?)
        },
    ),
    Builtin::new(
        "base64-encode(text: string) -> string",
        "The text encoded as padded base64.",
        &[("base64-encode('{}')", "\"e30=\"")],
        |call| {
            let text = STANDARD.encode(call.text(0)?);
            call.answer_text(text)
        },
    ),
    Builtin::new(
        "pem-labels(text: string) -> list of string",
        "The labels of the `-----BEGIN …-----` lines.",
        &[("pem-labels(\"-----BEGIN CERTIFICATE-----\\n-----END CERTIFICATE-----\")", "[\"CERTIFICATE\"]")],
        |call| {
            let text = call.text(0)?;
            list_of(call, text.lines().filter_map(|line| pem_label(line, "-----BEGIN ")))
        },
    )
    .reveals_nothing(),
    Builtin::new(
        "pem-problem(text: string) -> string?",
        "A description of what is wrong with the structure of a PEM text; missing if nothing is. The contents are not checked.",
        &[
            ("pem-problem('hello')", "\"there is no BEGIN line\""),
            ("pem-problem(\"-----BEGIN KEY-----\\nZm9v\\n-----END KEY-----\\n\")", "missing"),
            ("pem-problem(\"-----BEGIN KEY-----\\nZm9v\\n-----END CERT-----\")", "\"the BEGIN and END labels differ\""),
            ("pem-problem(\"-----BEGIN KEY-----\\n....\\n-----END KEY-----\")", "\"the body is not base64\""),
        ],
        |call| {
            let text = call.text(0)?;
            call.charge_text(text.len())?;
            call.answer_text(pem_problem(text).ok_or(Stop::Missing)?.to_owned())
        },
    )
    .reveals_nothing(),
    Builtin::new(
        "arn-part(arn: string, part: string) -> string?",
        "A part of an Amazon resource name: `partition`, `service`, `region`, `account` or `resource`.",
        &[
            ("arn-part('arn:aws:sns:eu-west-1:123:x', 'region')", "\"eu-west-1\""),
            ("arn-part('arn:aws:s3:::bucket/a:b', 'resource')", "\"bucket/a:b\""),
            ("arn-part('x', 'region')", "missing"),
        ],
        arn_part,
    ),
];

fn decode(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    if compact.is_empty() {
        return None;
    }
    let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    engines
        .iter()
        .find_map(|engine| engine.decode(&compact).ok())
}

fn pem_label<'t>(line: &'t str, start: &str) -> Option<&'t str> {
    line.trim().strip_prefix(start)?.strip_suffix("-----")
}

/// Checks RFC 7468 as far as a parser depends on it: matching labels and a base64 body.
fn pem_problem(text: &str) -> Option<&'static str> {
    let mut open: Option<(&str, String)> = None;
    let mut blocks = 0;
    for line in text.lines() {
        if let Some(label) = pem_label(line, "-----BEGIN ") {
            if open.is_some() {
                return Some("a block begins inside another");
            }
            open = Some((label, String::new()));
        } else if let Some(label) = pem_label(line, "-----END ") {
            let Some((begun, body)) = open.take() else {
                return Some("an END line has no BEGIN line");
            };
            if begun != label {
                return Some("the BEGIN and END labels differ");
            }
            if body.is_empty() {
                return Some("the body is empty");
            }
            if STANDARD.decode(&body).is_err() {
                return Some("the body is not base64");
            }
            blocks += 1;
        } else if line.contains("-----BEGIN") || line.contains("-----END") {
            return Some("a BEGIN or END line contains other text");
        } else if let Some((_, body)) = &mut open {
            // Headers such as `Proc-Type: 4,ENCRYPTED` are not part of the body.
            if !line.contains(": ") {
                body.push_str(line.trim());
            }
        }
    }
    match (open, blocks) {
        (Some((begun, _)), _) if begun.contains("-----END") => {
            Some("its lines are joined into one, as `>` does instead of `|`")
        }
        (Some(_), _) => Some("there is no END line"),
        (None, 0) => Some("there is no BEGIN line"),
        _ => None,
    }
}

fn arn_part<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let index = match call.text(1)? {
        "partition" => 1,
        "service" => 2,
        "region" => 3,
        "account" => 4,
        "resource" => 5,
        _ => return Err(Stop::Missing),
    };
    let parts: Vec<&str> = call.text(0)?.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, _, _, _, _] if !parts[index].is_empty() => {
            call.answer_text(parts[index].to_owned())
        }
        _ => Err(Stop::Missing),
    }
}
