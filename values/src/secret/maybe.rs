//! Possible secrets: masked in output, but never reported by rules.
//!
//! Masking too much costs little, but a false finding costs trust; so this is broad where [`super::paths`] is narrow. A key that ends in
//! `secret` often holds the name of a Kubernetes secret.

use memchr::{memchr, memmem};
use source::secret::{is_credential, is_filled, is_random};

use super::is_secret_key;
use super::paths::{Names, is_clear_key};
use crate::path::Step;

/// Endings of keys that may name a secret, in lower case and without `_`, `-` and `.`.
const NAME_ENDINGS: &[&str] = &[
    "secret",
    "pwd",
    "pass",
    "credential",
    "credentials",
    "passwordhash",
    "passhash",
    "htpasswd",
    "authorization",
    "signingkey",
    "psk",
    "xsrf",
    "xsrfkey",
    "csrf",
    "csrfkey",
    "salt",
];

/// A key that contains one of these has such an ending for another reason.
const EXCEPTIONS: &[&str] = &[
    "existing",
    "pull",
    "tls",
    "cert",
    "issuer",
    "bypass",
    "compass",
    "proxypass",
    "fastcgipass",
    "grpcpass",
    "scgipass",
    "uwsgipass",
];

/// Endings of the keys of lists and maps in which every value may be a secret.
const COLLECTION_ENDINGS: &[&str] = &["passwords", "passphrases", "tokens", "apikeys"];

/// Keys of a map that hold the value itself: `password: {value: …}`, or one per environment: `password: {prod: …}`. Other keys of such a
/// map say where to get it.
const VALUE_KEYS: &[&str] = &[
    "value",
    "plain",
    "plaintext",
    "literal",
    "default",
    "prod",
    "production",
    "staging",
    "demo",
    "dev",
    "test",
];

/// True if a value may be a secret by its path or its text. `text` is `None` for a number; `before` is the text of the preceding list item.
pub fn may_be_secret(path: &[Step<'_>], text: Option<&str>, before: Option<&str>) -> bool {
    may_be_secret_by_path(path, text)
        || passes_secret(text, before)
        || text.is_some_and(is_credential)
}

/// Like [`may_be_secret`], by text alone: true if it passes a secret to a program, a database or a server.
pub(crate) fn passes_secret(text: Option<&str>, before: Option<&str>) -> bool {
    // Called for every text; most are a single word.
    let has_separator = |text: &str| {
        let mut bytes = text.bytes();
        bytes.any(|it| it == b'=' || it.is_ascii_whitespace() || !it.is_ascii())
    };
    let passes = |text| is_header(text) || has_setting(text) || has_argument(text);
    text.is_some_and(|text| {
        has_separator(text) && passes(text) || is_option_argument(before, text) || has_login(text)
    })
}

/// Prefixes of password hashes as written by htpasswd, crypt and bcrypt.
const HASHES: &[&str] = &["$2a$", "$2b$", "$2y$", "$apr1$", "$5$", "$6$"];

/// True if a text has a password hash, `admin:$2y$…`, or is a file of registry logins.
fn has_login(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hash = || HASHES.iter().any(|it| text.contains(it));
    memchr(b'$', bytes).is_some() && hash() || memmem::find(bytes, b"\"auths\"").is_some()
}

/// Like [`may_be_secret`], by path alone.
pub(crate) fn may_be_secret_by_path(path: &[Step<'_>], text: Option<&str>) -> bool {
    let keys = path.iter().filter_map(|step| match *step {
        Step::Key(key) => Some(key),
        Step::Index(_) => None,
    });
    let last = keys
        .clone()
        .fold(PossibleSecretName::default(), PossibleSecretName::then);
    let names = || keys.fold(Names::default(), Names::then);
    last.may_be_secret(text) && !names().is_harmless()
}

/// What the last keys of a path say about possible secrets, accumulated key by key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PossibleSecretName {
    /// The last key may name a secret.
    last_key: bool,
    /// Each value in its list or map may be a secret.
    collection: bool,
    /// The same holds for the previous key.
    in_collection: bool,
}

impl PossibleSecretName {
    /// Adds a key.
    #[must_use]
    pub(crate) fn then(self, key: &str) -> Self {
        // A value directly at `secrets` was meant to be below it.
        let is_value_key = self.last_key && VALUE_KEYS.contains(&key);
        let last_key = is_value_key || key == "secrets" || may_name_secret(key);
        let collection = ends_in(key, COLLECTION_ENDINGS);
        let any = last_key || collection || self.collection;
        let clear = any && is_clear_key(key);
        Self {
            last_key: last_key && !clear,
            collection: collection && !clear,
            in_collection: self.collection && !clear,
        }
    }

    /// True if the value at the end of the path may be a secret, provided that no key is harmless. `text` is `None` for a number.
    pub(crate) fn may_be_secret(self, text: Option<&str>) -> bool {
        // A number under `tokens` is a limit.
        let in_collection = || text.is_some() && (self.collection || self.in_collection);
        !matches!(text, Some("" | "true" | "false")) && (self.last_key || in_collection())
    }
}

/// True if a last key may name a secret, including those that certainly do.
pub fn may_name_secret(key: &str) -> bool {
    is_secret_key(key) || ends_in(key, NAME_ENDINGS) && !is_clear_key(key)
}

fn ends_in(key: &str, endings: &[&str]) -> bool {
    let letters = || {
        let letters = key
            .bytes()
            .rev()
            .filter(|c| !matches!(c, b'_' | b'-' | b'.'));
        letters.map(|c| c.to_ascii_lowercase())
    };
    let ends = |ending: &&str| {
        let mut own = letters();
        ending
            .bytes()
            .rev()
            .all(|letter| own.next() == Some(letter))
    };
    if !endings.iter().any(ends) {
        return false;
    }
    let mut word: Vec<u8> = letters().collect();
    word.reverse();
    let contains = |other: &&str| {
        word.windows(other.len())
            .any(|part| part == other.as_bytes())
    };
    !EXCEPTIONS.iter().any(contains)
}

/// True if a value is certainly a secret because it is random. Otherwise the value of a key such as `turnSecret` may be the chosen name of
/// a secret.
pub(crate) fn is_random_secret(key: &str, text: &str) -> bool {
    let names = ["secret", "pwd", "pass", "credential", "credentials", "psk"];
    is_random(text) && ends_in(key, &names)
}

/// `Authorization: Bearer …`
fn is_header(text: &str) -> bool {
    text.lines().any(|line| {
        let line = match line.split_once(':') {
            Some((name, rest)) if name.trim().eq_ignore_ascii_case("authorization") => rest,
            _ => line,
        };
        let mut words = line.split_whitespace();
        let scheme = words.next().unwrap_or_default();
        let known = ["bearer", "basic", "token"];
        known.iter().any(|it| it.eq_ignore_ascii_case(scheme))
            && words
                .next()
                .is_some_and(|it| it.len() >= 8 && is_filled(it))
            && words.next().is_none()
    })
}

/// `Server=x;Password=…`, `?token=…`, `db.password = …`
fn has_setting(text: &str) -> bool {
    text.match_indices('=').any(|(at, _)| {
        let before = text[..at].trim_end_matches(' ');
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let start = before.trim_end_matches(word).len();
        let name = before[start..].rsplit('.').next().unwrap_or_default();
        may_name_secret(name) && is_value(text[at + 1..].trim_start_matches(' '))
    })
}

/// `--db-password …`
fn has_argument(text: &str) -> bool {
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if words
            .peek()
            .is_some_and(|next| is_option_argument(Some(word), next))
        {
            return true;
        }
    }
    false
}

/// True if a text is the argument of an option like `--password`.
fn is_option_argument(before: Option<&str>, text: &str) -> bool {
    let flag = before.and_then(|it| it.strip_prefix("--"));
    flag.is_some_and(may_name_secret) && !text.starts_with('-') && is_value(text)
}

/// True if the text after a name is a value, rather than a switch or something filled in later.
fn is_value(text: &str) -> bool {
    let text = text.trim_start_matches(['"', '\'']);
    let end = text.find([' ', ';', '&', ',', '"', '\'', '\n', '\r', '\t']);
    let value = &text[..end.unwrap_or(text.len())];
    is_filled(value) && !matches!(value, "true" | "false" | "=")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn possible(path: &str, text: Option<&str>) -> bool {
        let steps: Vec<Step<'_>> = path
            .split('.')
            .map(|key| key.parse().map_or(Step::Key(key), Step::Index))
            .collect();
        may_be_secret(&steps, text, None)
    }

    #[test]
    fn secret_like_names_may_hold_secrets() {
        for path in [
            "x.jwtSecret",
            "x.signing_secret",
            "x.sharedSecret",
            "turn.secret",
            "x.pwd",
            "x.dbPass",
            "x.DB_PASS",
            "x.credentials",
            "x.passwordHash",
            "jwt.signingKey",
            "vpn.psk",
            "core.xsrfKey",
            "harbor.xsrf",
            "session.csrf_key",
            "auth.passwordSalt",
            "x.passwords.admin",
            "x.tokens.0",
            "x.apiTokens.ci",
            "x.password",
            "x.password.value",
            "x.apiKey.prod",
            "x.clientSecret.plain",
            "x.secrets",
            "x.secrets.0",
        ] {
            assert!(possible(path, Some("swordfish")), "{path}");
        }
        for path in [
            "x.existingSecret",
            "x.imagePullSecret",
            "imagePullSecrets.0",
            "ingress.tlsSecret",
            "x.certSecret",
            "tls.secretName",
            "x.fooSecretRef.secret",
            "x.rootPasswordSecretKey",
            "nginx.proxy_pass",
            "x.bypass",
            "x.token.name",
            "x.value",
            "x.host.value",
            "x.host.prod",
            "x.existingSecret.value",
            "x.host",
        ] {
            assert!(!possible(path, Some("swordfish")), "{path}");
        }
        assert!(!possible("x.maxTokens", None));
        assert!(possible("x.pwd", None));
        assert!(!possible("x.configAsSecret", Some("true")));
    }

    #[test]
    fn detects_credentials_passed_in_texts() {
        for text in [
            "Authorization: Bearer swordfish1",
            "authorization: Basic c3dvcmRmaXNo",
            "Bearer swordfish1",
            "Server=db;Database=x;Password=swordfish;",
            "Server=db; Pwd = swordfish",
            "https://x.test/hook?token=swordfish",
            "host = x\ndb.password = swordfish\n",
            "--db-password swordfish",
            "run --user x --password swordfish",
            "--password=\"swordfish\"",
            "admin:$2y$05$swordfishswordfish",
            "admin:$apr1$sword$fish",
            "{\"auths\":{\"quay.io\":{\"auth\":\"c3dvcmRmaXNo\"}}}",
        ] {
            assert!(may_be_secret(&[], Some(text), None), "{text}");
        }
        for text in [
            "Authorization: $http_authorization",
            "Bearer of bad news",
            "password=",
            "password=${PASSWORD}",
            "--password-file /etc/x",
            "--password --verbose",
            "a == b",
            "https://x.test/?q=1",
            "",
        ] {
            assert!(!may_be_secret(&[], Some(text), None), "{text}");
        }
        assert!(may_be_secret(&[], Some("swordfish"), Some("--password")));
        assert!(!may_be_secret(&[], Some("swordfish"), Some("--user")));
        assert!(!may_be_secret(&[], Some("swordfish"), Some("password")));
    }
}
