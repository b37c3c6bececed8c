//! Classifies how a secret is kept.

use super::hidden::{Encryption, HiddenText, hidden_text, vals_provider};
use super::tokens::pem_body;

/// How a secret is kept, from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretClass {
    /// Nothing: an empty text, or only comments.
    Empty,
    /// Ciphertext.
    Encrypted(Encryption),
    /// A reference that is resolved elsewhere, or the location where a program finds it.
    Reference,
    /// A template that is filled in elsewhere.
    Template,
    /// Not a secret: says that there is none, or where it is: `none`, `true`, `{}`, `24h`.
    Switch,
    /// A well-known default: `guest`, `changeme`.
    Weak,
    /// Not filled in yet: `CHANGE-ME`, `<password>`.
    Placeholder,
    /// In plain text.
    Plain,
}

impl SecretClass {
    /// The words used by the rule language, in the order of the variants.
    pub const WORDS: &[&str] = &[
        "empty",
        "encrypted",
        "reference",
        "template",
        "switch",
        "weak",
        "placeholder",
        "plain",
    ];

    /// The word used by the rule language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Encrypted(_) => "encrypted",
            Self::Reference => "reference",
            Self::Template => "template",
            Self::Switch => "switch",
            Self::Weak => "weak",
            Self::Placeholder => "placeholder",
            Self::Plain => "plain",
        }
    }
}

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

/// Classifies the text of a secret, with YAML quoting already removed.
///
/// `changeme` is both a placeholder and a weak default; it counts as weak.
pub fn classify(text: &str) -> SecretClass {
    let text = text.trim();
    if text.is_empty() || is_commented_out(text) {
        return SecretClass::Empty;
    }
    match hidden_text(text) {
        Some(HiddenText::Encrypted(with)) => return SecretClass::Encrypted(with),
        Some(HiddenText::Reference) if is_plaintext_reference(text) => return SecretClass::Plain,
        Some(HiddenText::Reference) => return SecretClass::Reference,
        Some(HiddenText::Template) => return SecretClass::Template,
        None => {}
    }
    if is_location(text) {
        SecretClass::Reference
    } else if has_variable(text) {
        SecretClass::Template
    } else if is_switch(text) {
        SecretClass::Switch
    } else if is_weak(text) {
        SecretClass::Weak
    } else if is_placeholder(text) {
        SecretClass::Placeholder
    } else {
        SecretClass::Plain
    }
}

/// True if a text is a reference to a plaintext value: in the text itself, in another file, or in the environment of the process that
/// resolves it, such as `ref+echo://hunter2`.
pub fn is_plaintext_reference(text: &str) -> bool {
    matches!(vals_provider(text), Some("echo" | "file" | "envsubst"))
}

/// True if a text is a readable secret, rather than one that is not filled in yet or kept elsewhere.
pub fn is_plaintext_secret(text: &str) -> bool {
    matches!(classify(text), SecretClass::Plain | SecretClass::Weak)
}

/// Folders where programs look for mounted secrets.
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

/// True if a text says where a program finds the secret at startup: `/etc/tls/tls.key`, `env://NAME`.
fn is_location(text: &str) -> bool {
    let has_rest = |start: &str| text.strip_prefix(start).is_some_and(|it| !it.is_empty());
    let is_path_byte =
        |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-' | b'/');
    let is_secret_file = || {
        let ends = [
            ".key", ".pem", ".crt", ".txt", ".json", ".yaml", ".yml", ".conf",
        ];
        let file = text.rfind('/').is_some_and(|it| it > 0);
        FOLDERS.iter().any(|it| has_rest(it)) || file && ends.iter().any(|it| text.ends_with(it))
    };
    let in_vault = || {
        let mut steps = text.split('/');
        let names = (steps.next(), steps.next(), steps.next(), steps.next());
        let (Some("vaults"), Some(vault), Some("items"), Some(item)) = names else {
            return false;
        };
        !vault.is_empty() && !item.is_empty() && steps.next().is_none()
    };
    has_rest("env://")
        || has_rest("file:///")
        || has_rest("os.environ/")
        || text.starts_with('/') && text.bytes().all(is_path_byte) && is_secret_file()
        || in_vault()
}

/// True if the text of a secret contains a variable: `{env:NAME}`, or `${name}` even in lower case, which in a mail template would be
/// part of the text.
fn has_variable(text: &str) -> bool {
    let variable = text
        .find("${")
        .and_then(|at| text[at + 2..].find('}').filter(|it| *it > 0));
    let name = text
        .strip_prefix("{env:")
        .and_then(|it| it.strip_suffix('}'));
    variable.is_some()
        || name.is_some_and(|it| {
            let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            !it.is_empty() && it.bytes().all(letter)
        })
}

/// Non-secret values of keys named like secrets: switches (`ENABLE_API_KEY: "true"`), fillers where no secret is needed, and what to do
/// with one (`redact`).
const NON_SECRETS: &[&str] = &[
    "{}",
    // `{}` in base64, with and without a line break, for registries that need no password.
    "e30",
    "e30=",
    "e30K",
    "true",
    "false",
    "none",
    "n/a",
    "unused",
    "not-used",
    "not-needed",
    "not-required",
    "sk-no-key-required",
    "user-provided",
    "user_provided",
    "keep",
    "drop",
    "redact",
    "redacted",
];

/// True if a text says that there is no secret, where it is, what to do with it, or how long it lasts: `DEFINED-IN-SECRETS`,
/// `Cookie: redact`, `idToken: 24h`.
fn is_switch(text: &str) -> bool {
    NON_SECRETS.iter().any(|it| it.eq_ignore_ascii_case(text))
        || says_defined_elsewhere(text)
        || is_duration(text)
}

/// `defined in secrets`, `PROVIDED-BY-OPERATOR`: three or more words separated by hyphens, underscores or spaces.
fn says_defined_elsewhere(text: &str) -> bool {
    let between = |c: char| matches!(c, '-' | '_' | ' ');
    let mut words = text.splitn(3, between);
    let (Some(first), Some(second), Some(rest)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let is = |word: &str, of: &[&str]| of.iter().any(|it| it.eq_ignore_ascii_case(word));
    is(
        first,
        &["define", "defined", "set", "stored", "provided", "injected"],
    ) && is(second, &["in", "by", "from"])
        && !rest.is_empty()
        && rest.chars().all(|c| c.is_ascii_alphabetic() || between(c))
}

/// `24h`
fn is_duration(text: &str) -> bool {
    let number = text.strip_suffix(['s', 'm', 'h', 'd']);
    number.is_some_and(|it| (1..=4).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit()))
}

/// True if a block of text holds only comments, like a password file that is not filled in yet.
fn is_commented_out(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    text.contains('\n') && lines.all(|line| line.is_empty() || line.starts_with('#'))
}

/// True if a text is a well-known or stopgap default: `guest`, `changeme`.
pub fn is_weak(text: &str) -> bool {
    WEAK.iter()
        .any(|weak| weak.eq_ignore_ascii_case(text.trim()))
}

/// True if a text was meant to be replaced: `CHANGE-ME`, `<password>`, an empty PEM body.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    if let Some((_, body)) = pem_body(text) {
        return body.bytes().all(|it| it == b'.') || body.contains("....");
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
        || is_update_placeholder(text)
        || is_variable(text)
        || lower.ends_with("here")
        || matches!(lower.as_str(), "todo" | "tbd" | "fixme")
        || (lower.len() >= 3 && lower.bytes().all(|byte| byte == b'x'))
        || (lower.len() >= 3 && lower.bytes().all(|byte| byte == b'.'))
        || is_in_angle_brackets(text)
        || is_script_token(text)
        || is_your_placeholder(&lower)
}

/// `UPDATE_AWS_SECRET_ACCESS_KEY`.
fn is_update_placeholder(text: &str) -> bool {
    let letter = |it: u8| it.is_ascii_uppercase() || it == b'_';
    text.strip_prefix("UPDATE_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(letter))
}

/// `SMTP_PASSWORD`: the name of a variable that a script fills in.
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

/// Endings of placeholders such as `your-password`.
const YOUR_ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "passphrase",
    "token",
    "secret",
    "key",
];

/// `your-password`, `your_api_key`, `yourtoken`. Expects lower case.
fn is_your_placeholder(text: &str) -> bool {
    let Some(name) = text.strip_prefix("your") else {
        return false;
    };
    let letter = |it: u8| it.is_ascii_alphabetic() || matches!(it, b'-' | b'_' | b' ');
    name.bytes().all(letter) && YOUR_ENDINGS.iter().any(|it| name.ends_with(it))
}

/// `<…>` or `<…>:<…>`.
fn is_in_angle_brackets(text: &str) -> bool {
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

/// `__TOKEN__`, filled in by deployment scripts.
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
    fn distinguishes_secrets_from_stand_ins() {
        use SecretClass::{Empty, Placeholder, Plain, Reference, Switch, Template, Weak};
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
            ("DEFINED-IN-SECRETS", Switch),
            ("set by hand", Switch),
            ("set by", Plain),
            ("set by ops7", Plain),
            ("redact", Switch),
            ("None", Switch),
            ("24h", Switch),
            ("20481h", Plain),
            ("vaults/prod/items/mail", Reference),
            ("vaults/prod/items/mail/x", Plain),
            ("{env:MAIL_PW}", Template),
            ("{env:}", Plain),
            ("pre-${mail_pw}", Template),
            ("${}x", Plain),
            ("CHANGE-ME", Placeholder),
            ("REPLACE_WITH_CLIENT_SECRET", Placeholder),
            ("UPDATE_AWS_SECRET_ACCESS_KEY", Placeholder),
            ("UPDATE_7", Plain),
            ("SMTP_PASSWORD", Placeholder),
            ("SET-ME-IF-SMTP", Placeholder),
            ("PASSWORD7", Plain),
            ("{}", Switch),
            ("# admin:…\n# filled in by nobody yet\n", Empty),
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
                "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
                Placeholder,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----",
                Plain,
            ),
            ("e30K", Switch),
        ];
        for (text, expected) in cases {
            assert_eq!(classify(text), expected, "{text}");
            assert!(SecretClass::WORDS.contains(&expected.as_str()), "{text}");
        }
    }
}
