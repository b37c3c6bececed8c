//! What a text that should be secret looks like. Only its shape is told, never the text.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::builtins::call::{answer_bool, answer_number};
use crate::builtins::{Builtin, Call, Stop};
use crate::host::Place;
use crate::value::{Absent, Data, Regex, Value};

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
            let kept = kept(call)?;
            answer_bool(matches!(kept, Kept::Text(text) if is_encrypted(text.trim())))
        },
    )
    .lenient(),
    Builtin::predicate(
        "reference(value: any) -> bool",
        "A reference that is resolved when deploying, such as `ref+vault://…`, `op://…` or `<path:…#key>`, or the place where a program finds it: `/etc/tls/tls.key`, `env://NAME`. `ref+echo` and `ref+file` hide nothing.",
        &[
            ("'ref+vault://secret/a#/b' is a reference", "true"),
            ("'ref+echo://hunter2' is a reference", "false"),
            ("'<vault:kv/data/a~b>' is a reference", "true"),
            ("'/etc/tls/tls.key' is a reference", "true"),
        ],
        |call| class_is(call, Class::Reference),
    )
    .lenient(),
    Builtin::predicate(
        "template(value: any) -> bool",
        "Text that is filled in when deploying: `{{ … }}`, `${…}` or `$(…)`.",
        &[("'${SMTP_PASSWORD}' is a template", "true"), ("'$(SMTP_PASSWORD)' is a template", "true"), ("'$1' is a template", "false")],
        |call| class_is(call, Class::Template),
    )
    .lenient(),
    Builtin::predicate(
        "placeholder(value: any) -> bool",
        "Text that is meant to be replaced: `change-me`, `<password>`, `...`, `TODO`, `dummy-key`, `your-password`, `SMTP_PASSWORD`, an empty PEM body.",
        &[
            ("'change-me-please' is a placeholder", "true"),
            ("'<password>' is a placeholder", "true"),
            ("'SMTP_PASSWORD' is a placeholder", "true"),
            ("'hunter2' is a placeholder", "false"),
        ],
        |call| answer_bool(call.maybe_text(0).is_some_and(|text| PLACEHOLDERS.is_match(text.trim()))),
    ),
    Builtin::predicate(
        "weak(value: any) -> bool",
        "A password that everybody tries first: `guest`, `admin`, `changeme`, `minio123` and their like.",
        &[("'guest' is weak", "true"), ("'changeme' is weak", "true"), ("'Tr0ub4dor' is weak", "false")],
        |call| answer_bool(call.maybe_text(0).is_some_and(is_weak)),
    ),
    Builtin::predicate(
        "token-shaped(value: any) -> bool",
        "A token of a known service, a JSON web token or a private key, wherever it stands.",
        &[
            ("'AKIAABCDEFGHIJKLMNOP' is token-shaped", "true"),
            ("'AKIA' is token-shaped", "false"),
        ],
        |call| answer_bool(call.maybe_text(0).is_some_and(|text| TOKENS.is_match(text))),
    ),
    Builtin::predicate(
        "private-key(value: any) -> bool",
        "A text with a PEM private key in it.",
        &[("'-----BEGIN EC PRIVATE KEY-----' is a private-key", "true"), ("'key' is a private-key", "false")],
        |call| {
            let text = call.maybe_text(0);
            let key = text.is_some_and(|text| text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----"));
            answer_bool(key)
        },
    ),
    Builtin::new(
        "secret-class(value: any) -> string",
        "How a secret is kept: `empty`, `encrypted`, `reference`, `template`, `weak`, `placeholder` or `plain`; a boolean is a `switch`, which keeps nothing, in quotes too, and so is `none`, `not-needed`, `defined-in-secrets`, `redact` or a time. Of a missing value it is missing, of null `empty`.",
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
    .one_of(&[
        "empty",
        "encrypted",
        "reference",
        "template",
        "weak",
        "placeholder",
        "plain",
        "switch",
    ])
    .lenient()
    .reveals_nothing(),
    Builtin::new(
        "entropy(text: string) -> number",
        "Shannon's entropy of the characters, in bits for each, rounded to hundredths. Random base64 of 40 characters has about 5.",
        &[("entropy('aaaa')", "0"), ("entropy('abcd')", "2"), ("entropy('')", "0")],
        |call| {
            let text = call.text(0)?;
            call.charge_text(text.len())?;
            answer_number(entropy(text))
        },
    )
    .reveals_nothing(),
];

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Empty,
    Encrypted,
    Reference,
    Template,
    Weak,
    Placeholder,
    Plain,
    /// A boolean, which keeps nothing secret: `usePassword: true`; or a word that says that there is none.
    Switch,
}

impl Class {
    fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Encrypted => "encrypted",
            Self::Reference => "reference",
            Self::Template => "template",
            Self::Weak => "weak",
            Self::Placeholder => "placeholder",
            Self::Plain => "plain",
            Self::Switch => "switch",
        }
    }
}

/// Regexes of which one must match. Each is compiled when a text comes that it may match, which few do.
struct Shapes(Vec<Regex>);

impl Shapes {
    fn is_match(&self, text: &str) -> bool {
        self.0.iter().any(|shape| shape.is_match(text))
    }
}

fn set(patterns: &[&str]) -> Shapes {
    // A test reads every pattern.
    let shapes = patterns.iter().map(|pattern| Regex::trusted(pattern));
    Shapes(shapes.collect())
}

static REFERENCES: LazyLock<Shapes> = LazyLock::new(|| {
    set(&[
        r"^(secret)?ref\+[a-z0-9]+://",
        r"^<(path|vault|secret):[^<>\s][^<>]*>$",
        r"^op://.",
        r"^vault:.+#.",
        // Where a program finds it when it starts.
        r"^env://[A-Za-z_]",
        r"^os\.environ/[A-Za-z_]",
        r"^file:///.",
        r"^/(etc|run|var|mnt|opt|usr|home|secrets?|vault|tls|ssl|certs?)/[0-9A-Za-z._/-]+$",
        r"^(/[0-9A-Za-z._-]+)+/[0-9A-Za-z_-]+\.(key|pem|crt|txt|json|ya?ml|conf)$",
        // Where the operator of 1Password finds it.
        r"^vaults/[^/]+/items/[^/]+$",
    ])
});

/// References whose text is in the clear, or in another file of the tree.
static OPEN_REFERENCES: LazyLock<Shapes> =
    LazyLock::new(|| set(&[r"^(secret)?ref\+(echo|file|envsubst)://"]));

static TEMPLATES: LazyLock<Shapes> = LazyLock::new(|| {
    set(&[
        r"\{\{.*\}\}",
        r"\$\{[^}]+\}",
        r"^\$\([0-9A-Za-z_]+\)$",
        r"^\{env:[0-9A-Za-z_]+\}$",
    ])
});

/// Words that say where the value is, or what becomes of one, and how long it counts: `DEFINED-IN-SECRETS`, `Cookie: redact`, `idToken: 24h`.
static ELSEWHERE: LazyLock<Shapes> = LazyLock::new(|| {
    set(&[
        r"(?i)^(defined?|set|stored|provided|injected)[-_ ](in|by|from)[-_ ][-_ a-z]+$",
        r"^(user[-_]provided|keep|drop|redact|redacted)$",
        r"^[0-9]{1,4}(s|m|h|d)$",
    ])
});

static PLACEHOLDERS: LazyLock<Shapes> = LazyLock::new(|| {
    set(&[
        r"(?i)^change[-_ ]?me",
        r"^<[^<>]+>(:<[^<>]+>)?$",
        r"^\.{3,}$",
        r"(?i)^(todo|tbd|fixme|xxx+)$",
        r"(?i)^dummy",
        r"(?i)^replace[-_ ]",
        r"^UPDATE_[A-Z_]+$",
        r"(?i)^placeholder",
        r"(?i)^set[-_ ]me\b",
        r"^([A-Z][A-Z0-9]*_)+(PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|KEY)$",
        r"(?i)^your[-_ a-z]*(password|passwd|pass|pwd|passphrase|token|secret|key)$",
        r"(?i)^insert-",
        r"(?i)here$",
        r#""\.\.\.""#,
        r"^-----BEGIN [A-Z0-9 ]+-----\s*(\.{3,}\s*)?-----END",
        r"^-----BEGIN [A-Z0-9 ]+-----[^-]*\.{4,}",
        r"^__[A-Z_]+__$",
    ])
});

static TOKENS: LazyLock<Shapes> = LazyLock::new(|| {
    set(&[
        r"\bA(KIA|SIA)[0-9A-Z]{16}\b",
        r"\bgh[pousr]_[0-9A-Za-z]{36}",
        r"\bgithub_pat_[0-9A-Za-z_]{22,}",
        r"\bglpat-[0-9A-Za-z_-]{20}",
        r"\bxox[abprs]-[0-9A-Za-z-]{10,}",
        r"\b[sr]k_live_[0-9A-Za-z]{16,}",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\bSG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}",
        r"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{4,}\.[0-9A-Za-z_-]*",
        r"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----",
    ])
});

/// Defaults of charts and what people take for the moment.
const WEAK: &[&str] = &[
    "admin",
    "changeme",
    "elastic",
    "guest",
    "minio123",
    "passwd",
    "password",
    "postgres",
    "prom-operator",
    "rabbitmq",
    "secret",
    "supersecret",
    "test",
    "verysecurepassword",
];

/// Switches that are called like a secret, as variables have them: `ENABLE_API_KEY: "true"`; and what stands where none is needed.
const NO_SECRETS: &[&str] = &[
    "true",
    "false",
    "none",
    "n/a",
    "unused",
    "not-used",
    "not-needed",
    "not-required",
    "sk-no-key-required",
];

fn is_weak(text: &str) -> bool {
    WEAK.contains(&text.trim().to_ascii_lowercase().as_str())
}

/// A secret that is there.
enum Kept<'a> {
    Null,
    Text(Cow<'a, str>),
    Switch,
    Other,
}

/// Ciphertext and references are values that cannot be seen, but how they are kept can: by their text.
fn kept<'a>(call: &Call<'a, '_>) -> Result<Kept<'a>, Stop> {
    let value = call.value(0);
    Ok(match (&value.data, &value.place) {
        (Data::Null, _) => Kept::Null,
        (Data::Bool(_), _) => Kept::Switch,
        (Data::String(text), _) => Kept::Text(Cow::Borrowed(text)),
        (Data::Absent(Absent::Unknown(unknown)), place) => {
            let hidden = match place {
                Some(Place::Node(node)) => call.host.text(*node),
                _ => Cow::Borrowed(""),
            };
            // A reference may hold its text in the clear; of all else that is hidden the text is not known.
            let kept = matches!(
                class_of(hidden.trim()),
                Class::Encrypted | Class::Reference | Class::Template
            );
            if !kept && !OPEN_REFERENCES.is_match(hidden.trim()) {
                return Err(Stop::Unknown(unknown.as_ref().clone()));
            }
            Kept::Text(Cow::Owned(hidden.into_owned()))
        }
        (Data::Absent(Absent::Missing), _) => return Err(Stop::Missing),
        _ => Kept::Other,
    })
}

fn class(call: &Call<'_, '_>) -> Result<Class, Stop> {
    // The rest of such a text may be filled in later; the secret is there.
    if let Some(Place::Node(node)) = call.value(0).place
        && call.host.secret_setting(node).is_some()
    {
        return Ok(Class::Plain);
    }
    Ok(match kept(call)? {
        Kept::Null => Class::Empty,
        Kept::Text(text) => class_of(text.trim()),
        Kept::Switch => Class::Switch,
        Kept::Other => Class::Plain,
    })
}

/// Asked of every value, so it is told by the first letters.
fn is_encrypted(text: &str) -> bool {
    let envelope = |text: &str| {
        let name = text
            .trim_start_matches(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        name.len() < text.len() && name.starts_with(',')
    };
    text.strip_prefix("ENC[").is_some_and(envelope)
        || text.starts_with("$ANSIBLE_VAULT;")
        || text.starts_with("-----BEGIN AGE ENCRYPTED FILE-")
        || text.starts_with("age-encryption.org/v1")
        || text.starts_with("-----BEGIN PGP MESSAGE-----")
}

fn class_of(text: &str) -> Class {
    if text.is_empty() {
        Class::Empty
    } else if is_encrypted(text) {
        Class::Encrypted
    } else if OPEN_REFERENCES.is_match(text) {
        Class::Plain
    } else if REFERENCES.is_match(text) {
        Class::Reference
    } else if TEMPLATES.is_match(text) {
        Class::Template
    } else if NO_SECRETS.iter().any(|it| it.eq_ignore_ascii_case(text)) || ELSEWHERE.is_match(text)
    {
        Class::Switch
    } else if is_weak(text) {
        Class::Weak
    } else if PLACEHOLDERS.is_match(text) {
        Class::Placeholder
    } else {
        Class::Plain
    }
}

fn class_is<'h>(call: &mut Call<'_, 'h>, wanted: Class) -> crate::builtins::Answer<'h> {
    answer_bool(class(call)? == wanted)
}

fn entropy(text: &str) -> f64 {
    let mut counts = rustc_hash::FxHashMap::<char, f64>::default();
    let mut total = 0.0;
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
        total += 1.0;
    }
    let mut sorted: Vec<f64> = counts.into_values().collect();
    // Sums of floats depend on their order.
    sorted.sort_by(f64::total_cmp);
    let bits: f64 = sorted
        .iter()
        .map(|n| -(n / total) * (n / total).log2())
        .sum();
    // Adding zero makes `-0` of an empty sum a plain zero.
    (bits * 100.0).round() / 100.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_a_regex() {
        for shapes in [
            &REFERENCES,
            &OPEN_REFERENCES,
            &TEMPLATES,
            &PLACEHOLDERS,
            &TOKENS,
        ] {
            for shape in &shapes.0 {
                let text = shape.as_str();
                assert_eq!(Regex::new(text).map(|_| ()), Ok(()), "{text}");
            }
        }
    }
}
