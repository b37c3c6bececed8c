//! Classifies text that should be secret. Only its class is revealed, never the text.

use std::borrow::Cow;

use source::secret::{
    HiddenText, SecretClass, classify, has_token, hidden_text, is_placeholder,
    is_plaintext_reference, is_weak, mentions_private_key,
};

use crate::builtins::call::{answer_bool, answer_number};
use crate::builtins::{Builtin, Call, Stop};
use crate::host::Place;
use crate::value::{Absent, Data, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "encrypted(value: any) -> bool",
        "Encrypted by sops, Ansible Vault, age or PGP.",
        &[
            ("'ENC[AES256_GCM,data:x,type:str]' is encrypted", "true"),
            ("'-----BEGIN PGP MESSAGE-----' is encrypted", "true"),
            ("'hunter2' is encrypted", "false"),
        ],
        |call| {
            // Evaluated for every value, so it skips the other classes.
            let encrypted = match &call.value(0).data {
                Data::String(text) => matches!(hidden_text(text), Some(HiddenText::Encrypted(_))),
                _ => matches!(stored_class(call)?, SecretClass::Encrypted(_)),
            };
            answer_bool(encrypted)
        },
    )
    .lenient(),
    Builtin::predicate(
        "reference(value: any) -> bool",
        "A reference resolved at deployment, such as `ref+vault://…`, `op://…` or `<path:…#key>`, or the location from which a program reads it: `/etc/tls/tls.key`, `env://NAME`. `ref+echo` and `ref+file` hide nothing.",
        &[
            ("'ref+vault://secret/a#/b' is a reference", "true"),
            ("'ref+echo://hunter2' is a reference", "false"),
            ("'<vault:kv/data/a~b>' is a reference", "true"),
            ("'/etc/tls/tls.key' is a reference", "true"),
        ],
        |call| answer_bool(class(call)? == SecretClass::Reference),
    )
    .lenient(),
    Builtin::predicate(
        "template(value: any) -> bool",
        "Text filled in at deployment: `{{ … }}`, `${…}` or `$(…)`.",
        &[("'${SMTP_PASSWORD}' is a template", "true"), ("'$(SMTP_PASSWORD)' is a template", "true"), ("'$1' is a template", "false")],
        |call| answer_bool(class(call)? == SecretClass::Template),
    )
    .lenient(),
    Builtin::predicate(
        "placeholder(value: any) -> bool",
        "Text meant to be replaced: `change-me`, `<password>`, `...`, `TODO`, `dummy-key`, `your-password`, `SMTP_PASSWORD`, an empty PEM body.",
        &[
            ("'change-me-please' is a placeholder", "true"),
            ("'<password>' is a placeholder", "true"),
            ("'SMTP_PASSWORD' is a placeholder", "true"),
            ("'hunter2' is a placeholder", "false"),
        ],
        |call| answer_bool(call.maybe_text(0).is_some_and(is_placeholder)),
    ),
    Builtin::predicate(
        "weak(value: any) -> bool",
        "A password that attackers try first: `guest`, `admin`, `changeme`, `minio123` and the like.",
        &[("'guest' is weak", "true"), ("'changeme' is weak", "true"), ("'Tr0ub4dor' is weak", "false")],
        |call| answer_bool(call.maybe_text(0).is_some_and(is_weak)),
    ),
    Builtin::predicate(
        "token-shaped(value: any) -> bool",
        "A token of a known service, a JSON web token, a private key or a URL with a password, anywhere in the text.",
        &[
            ("'AKIAABCDEFGHIJKLMNOP' is token-shaped", "true"),
            ("'?id=AKIAABCDEFGHIJKLMNOP&x=1' is token-shaped", "true"),
            ("'AKIA' is token-shaped", "false"),
        ],
        |call| answer_bool(call.maybe_text(0).is_some_and(has_token)),
    ),
    Builtin::predicate(
        "private-key(value: any) -> bool",
        "Text that contains a PEM private key.",
        &[("'-----BEGIN EC PRIVATE KEY-----' is a private-key", "true"), ("'key' is a private-key", "false")],
        |call| answer_bool(call.maybe_text(0).is_some_and(mentions_private_key)),
    ),
    Builtin::new(
        "secret-class(value: any) -> string",
        "How a secret is stored: `empty`, `encrypted`, `reference`, `template`, `weak`, `placeholder`, `plain` or `switch`. A `switch` holds no secret: a boolean, quoted or not, `none`, `not-needed`, `defined-in-secrets`, `redact`, `{}` (also in base64) or a time. A block of nothing but comments is `empty`, like null. Missing for a missing value.",
        &[
            ("secret-class('')", "\"empty\""),
            ("secret-class('changeme')", "\"weak\""),
            ("secret-class('Tr0ub4dor')", "\"plain\""),
            ("secret-class(12345)", "\"plain\""),
            ("secret-class(true)", "\"switch\""),
            ("secret-class('not-needed')", "\"switch\""),
            ("secret-class('DEFINED-IN-SECRETS')", "\"switch\""),
            ("secret-class('24h')", "\"switch\""),
        ],
        |call| Ok(Value::string(class(call)?.as_str())),
    )
    .one_of(SecretClass::WORDS)
    .lenient()
    .reveals_nothing(),
    Builtin::new(
        "entropy(text: string) -> number",
        "Shannon entropy in bits per character, rounded to hundredths. Random base64 of 40 characters has about 5.",
        &[("entropy('aaaa')", "0"), ("entropy('abcd')", "2"), ("entropy('')", "0")],
        |call| {
            let text = call.text(0)?;
            call.charge_text(text.len())?;
            answer_number(entropy(text))
        },
    )
    .reveals_nothing(),
];

/// How a value is stored. Ciphertext and references are unknown values, but their text shows how they are stored.
fn stored_class(call: &Call<'_, '_>) -> Result<SecretClass, Stop> {
    let value = call.value(0);
    Ok(match (&value.data, &value.place) {
        (Data::Null, _) => SecretClass::Empty,
        (Data::Bool(_), _) => SecretClass::Switch,
        (Data::String(text), _) => classify(text),
        (Data::Absent(Absent::Unknown(unknown)), place) => {
            let hidden = match place {
                Some(Place::Node(node)) => call.host.text(*node),
                _ => Cow::Borrowed(""),
            };
            let class = classify(&hidden);
            // A reference may hold its text in the clear; the text of anything else hidden is unknown.
            let kept = matches!(
                class,
                SecretClass::Encrypted(_) | SecretClass::Reference | SecretClass::Template
            );
            if !kept && !is_plaintext_reference(&hidden) {
                return Err(Stop::Unknown(unknown.as_ref().clone()));
            }
            class
        }
        (Data::Absent(Absent::Missing), _) => return Err(Stop::Missing),
        _ => SecretClass::Plain,
    })
}

fn class(call: &Call<'_, '_>) -> Result<SecretClass, Stop> {
    // Other parts of such a text may be filled in later, but the secret is already there.
    if let Some(Place::Node(node)) = call.value(0).place
        && call.host.secret_setting(node).is_some()
    {
        return Ok(SecretClass::Plain);
    }
    stored_class(call)
}

fn entropy(text: &str) -> f64 {
    let mut counts = rustc_hash::FxHashMap::<char, f64>::default();
    let mut total = 0.0;
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
        total += 1.0;
    }
    let mut sorted: Vec<f64> = counts.into_values().collect();
    // The sum of floats depends on their order, so sort them.
    sorted.sort_by(f64::total_cmp);
    let bits: f64 = sorted
        .iter()
        .map(|n| -(n / total) * (n / total).log2())
        .sum();
    // Adding zero turns the `-0` of an empty sum into `0`.
    (bits * 100.0).round() / 100.0 + 0.0
}
