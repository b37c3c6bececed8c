//! The state of a secret's value.

use super::hidden::{Encryption, HiddenText, hidden_text, vals_provider};
use super::shapes::pem_body;

/// The state of a secret's value, from the harmless to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretClass {
    /// Null or an empty text.
    Empty,
    /// Ciphertext.
    Encrypted(Encryption),
    /// A reference that is resolved elsewhere.
    Reference,
    /// A template that is filled in elsewhere.
    Template,
    /// Looks like a secret and means nothing: an empty Docker configuration.
    Benign,
    /// Still to be filled in: `CHANGE-ME`, `<password>`.
    Placeholder,
    /// A default everybody knows: `guest`, `changeme`.
    Weak,
    /// In the clear.
    Plain,
}

impl SecretClass {
    /// The word the rule language uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Encrypted(_) => "encrypted",
            Self::Reference => "reference",
            Self::Template => "template",
            Self::Benign => "benign",
            Self::Placeholder => "placeholder",
            Self::Weak => "weak",
            Self::Plain => "plain",
        }
    }
}

/// What is known about the place of a value.
#[derive(Debug, Clone, Copy, Default)]
pub struct SecretContext<'a> {
    /// The last key of its path.
    pub key: &'a str,
    /// The chart it is for; a secret that is the chart's name is a weak one.
    pub chart: &'a str,
    /// The user name that belongs to it, if there is one beside it.
    pub user_name: Option<&'a str>,
    /// True for a number or a boolean: those are always plain.
    pub not_a_string: bool,
}

const WEAK: &[&str] = &[
    "guest",
    "admin",
    "password",
    "passwd",
    "secret",
    "test",
    "changeme",
    "verysecurepassword",
    "supersecret",
    "minio123",
    "rabbitmq",
    "postgres",
    "elastic",
    "prom-operator",
];

/// The state of a secret whose text (after YAML's quoting) is `text`; pass an empty text for null.
///
/// `changeme` is a placeholder and a weak default; it is reported as the latter only.
pub fn classify(text: &str, context: &SecretContext<'_>) -> SecretClass {
    let text = text.trim();
    if text.is_empty() {
        return SecretClass::Empty;
    }
    if context.not_a_string {
        return SecretClass::Plain;
    }
    match hidden_text(text) {
        Some(HiddenText::Encrypted(with)) => return SecretClass::Encrypted(with),
        // These providers only spell out a value that is in the tree or in the environment of the caller.
        Some(HiddenText::Reference)
            if matches!(vals_provider(text), Some("echo" | "file" | "envsubst")) =>
        {
            return SecretClass::Plain;
        }
        Some(HiddenText::Reference) => return SecretClass::Reference,
        Some(HiddenText::Template | HiddenText::SetItem | HiddenText::SetElsewhere) => {
            return SecretClass::Template;
        }
        None => {}
    }
    if context.key.eq_ignore_ascii_case("configJson")
        && matches!(text, "e30K" | "e30=" | "e30" | "{}")
    {
        return SecretClass::Benign;
    }
    if text == "{}" || is_commented_out(text) {
        return SecretClass::Benign;
    }
    if is_place(text) {
        return SecretClass::Reference;
    }
    if is_weak(text, context) {
        SecretClass::Weak
    } else if is_placeholder(text) {
        SecretClass::Placeholder
    } else {
        SecretClass::Plain
    }
}

/// Is a text a secret that somebody can read, and not one that is still to be filled in, or kept somewhere else?
pub fn is_in_the_clear(text: &str) -> bool {
    let class = classify(text, &SecretContext::default());
    matches!(class, SecretClass::Plain | SecretClass::Weak)
}

/// Folders in which programs find what they are not to be told.
const FOLDERS: &[&str] = &[
    "/etc/",
    "/run/",
    "/var/",
    "/mnt/",
    "/opt/",
    "/usr/",
    "/home/",
    "/secret/",
    "/secrets/",
    "/vault/",
    "/tls/",
    "/ssl/",
    "/cert/",
    "/certs/",
];

/// Does a text say where a program finds a secret when it starts: `/etc/tls/tls.key`, `env://NAME`?
fn is_place(text: &str) -> bool {
    let named = |start: &str| text.strip_prefix(start).is_some_and(|it| !it.is_empty());
    let of_path = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-' | b'/');
    let kept = || {
        let ends = [
            ".key", ".pem", ".crt", ".txt", ".json", ".yaml", ".yml", ".conf",
        ];
        let file = text.rfind('/').is_some_and(|it| it > 0);
        FOLDERS.iter().any(|it| named(it)) || file && ends.iter().any(|it| text.ends_with(it))
    };
    named("env://")
        || named("file:///")
        || named("os.environ/")
        || text.starts_with('/') && text.bytes().all(of_path) && kept()
}

/// Is a block of text nothing but comments, as a file of passwords that nobody has filled in?
fn is_commented_out(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    text.contains('\n') && lines.all(|line| line.is_empty() || line.starts_with('#'))
}

fn is_weak(text: &str, context: &SecretContext<'_>) -> bool {
    WEAK.iter().any(|weak| weak.eq_ignore_ascii_case(text))
        || (!context.chart.is_empty() && text == context.chart)
        || context.user_name == Some(text)
}

/// True for a text that somebody was meant to replace.
fn is_placeholder(text: &str) -> bool {
    if let Some((_, body)) = pem_body(text) {
        return body.is_empty() || body.contains("....");
    }
    // An unfinished block of API keys: `apiKey = "..."`.
    if text.contains("\"...\"") {
        return true;
    }
    if text.contains('\n') {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let starts = |prefix: &str| lower.starts_with(prefix);
    ["change-me", "change_me", "change me", "changeme"]
        .iter()
        .any(|p| starts(p))
        || starts("dummy")
        || starts("placeholder")
        || starts("insert-")
        || ["replace-", "replace_", "replace "]
            .iter()
            .any(|p| starts(p))
        || ["set-me", "set_me", "set me"].iter().any(|p| starts(p))
        || is_to_be_updated(text)
        || is_variable(text)
        || lower.ends_with("here")
        || matches!(lower.as_str(), "todo" | "tbd" | "fixme")
        || (lower.len() >= 3 && lower.bytes().all(|byte| byte == b'x'))
        || (lower.len() >= 3 && lower.bytes().all(|byte| byte == b'.'))
        || is_angled(text)
        || is_script_token(text)
        || is_yours(&lower)
}

/// `UPDATE_AWS_SECRET_ACCESS_KEY`.
fn is_to_be_updated(text: &str) -> bool {
    let letter = |it: u8| it.is_ascii_uppercase() || it == b'_';
    text.strip_prefix("UPDATE_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(letter))
}

/// `SMTP_PASSWORD`: the name of what a script fills in.
fn is_variable(text: &str) -> bool {
    let letter = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
    let ends = [
        "_PASSWORD",
        "_PASSWD",
        "_PASSPHRASE",
        "_TOKEN",
        "_SECRET",
        "_KEY",
    ];
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(letter)
        && ends.iter().any(|it| text.ends_with(it))
}

/// What stands in examples is called like what belongs there.
const YOURS: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "passphrase",
    "token",
    "secret",
    "key",
];

/// `your-password`, `your_api_key`, `yourtoken`: in small letters.
fn is_yours(text: &str) -> bool {
    let Some(name) = text.strip_prefix("your") else {
        return false;
    };
    let letter = |it: u8| it.is_ascii_alphabetic() || matches!(it, b'-' | b'_' | b' ');
    name.bytes().all(letter) && YOURS.iter().any(|it| name.ends_with(it))
}

/// `<…>` or `<…>:<…>`.
fn is_angled(text: &str) -> bool {
    let one = |part: &str| {
        part.len() > 2
            && part.starts_with('<')
            && part.ends_with('>')
            && !part[1..part.len() - 1].contains(['<', '>'])
    };
    one(text)
        || text
            .split_once(">:<")
            .is_some_and(|(left, right)| one(&format!("{left}>")) && one(&format!("<{right}")))
}

/// `__TOKEN__`, as deployment scripts fill in.
fn is_script_token(text: &str) -> bool {
    text.strip_prefix("__")
        .and_then(|rest| rest.strip_suffix("__"))
        .is_some_and(|name| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_apart_from_what_only_stands_in_for_one() {
        use SecretClass::{Benign, Empty, Placeholder, Plain, Reference, Template, Weak};
        let cases = [
            ("", Empty),
            ("  ", Empty),
            ("Tr0ub4dor", Plain),
            (
                "ENC[AES256_GCM,data:x]",
                SecretClass::Encrypted(Encryption::Sops),
            ),
            ("ref+vault://kv/x#/y", Reference),
            ("ref+echo://clear", Plain),
            ("ref+file://./pw", Plain),
            ("/etc/tls-certs/tls.key", Reference),
            ("/portal/tls.pem", Reference),
            ("env://PORTAL_PASSWORD", Reference),
            ("file:///run/secrets/pw", Reference),
            ("os.environ/OPENAI_API_KEY", Reference),
            ("/Xk92/aZ+q8=", Plain),
            ("/hunter.2", Plain),
            ("{{ .Env.PW }}", Template),
            ("changeme", Weak),
            ("Guest", Weak),
            ("coturn", Weak),
            ("CHANGE-ME", Placeholder),
            ("REPLACE_WITH_CLIENT_SECRET", Placeholder),
            ("UPDATE_AWS_SECRET_ACCESS_KEY", Placeholder),
            ("UPDATE_7", Plain),
            ("SMTP_PASSWORD", Placeholder),
            ("SET-ME-IF-SMTP", Placeholder),
            ("PASSWORD7", Plain),
            ("{}", Benign),
            ("# admin:…\n# filled in by nobody yet\n", Benign),
            ("#hash-tag", Plain),
            ("change_me_please", Placeholder),
            ("<your password>", Placeholder),
            ("yourpassword", Placeholder),
            ("YOUR_API_KEY", Placeholder),
            ("your client secret", Placeholder),
            ("yourhunter2password", Plain),
            ("yourbrig", Plain),
            ("<user>:<password>", Placeholder),
            ("<a><b>", Plain),
            ("...", Placeholder),
            ("XXX", Placeholder),
            ("dummykey", Placeholder),
            ("put-your-key-here", Placeholder),
            ("__DB_PASSWORD__", Placeholder),
            ("secrets {\n  youtube = \"...\"\n}", Placeholder),
            (
                "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
                Placeholder,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\n....\n-----END PRIVATE KEY-----",
                Placeholder,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----",
                Plain,
            ),
            ("e30K", Plain),
        ];
        for (text, want) in cases {
            let context = SecretContext {
                key: "password",
                chart: "coturn",
                ..SecretContext::default()
            };
            assert_eq!(classify(text, &context), want, "{text}");
        }
        let docker = SecretContext {
            key: "configJson",
            ..SecretContext::default()
        };
        assert_eq!(classify("e30K", &docker), Benign);
    }

    #[test]
    fn a_number_is_never_more_than_plain() {
        let context = SecretContext {
            not_a_string: true,
            ..SecretContext::default()
        };
        assert_eq!(classify("123456", &context), SecretClass::Plain);
    }

    #[test]
    fn a_password_equal_to_the_user_name_is_weak() {
        let context = SecretContext {
            user_name: Some("wire-server"),
            ..SecretContext::default()
        };
        assert_eq!(classify("wire-server", &context), SecretClass::Weak);
    }
}
