//! Which paths hold secrets, by chart declarations and key names.

use crate::chart::ChartInfo;
use crate::path::{PathPattern, Step};

/// How a value must be treated because of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sensitivity {
    /// May be shown.
    Clear,
    /// Must never be shown.
    Secret,
}

/// Whether the value at `path` (from the top of the chart's values) is secret.
///
/// The chart's declarations take precedence over the generic test of key names.
pub fn sensitivity(chart: Option<&ChartInfo>, path: &[Step<'_>]) -> Sensitivity {
    if let Some(declared) = chart.and_then(|chart| declared_sensitivity(chart, path)) {
        return declared;
    }
    if is_generic_secret_path(path) {
        Sensitivity::Secret
    } else {
        Sensitivity::Clear
    }
}

/// What the chart declares about `path`; `None` if nothing.
pub fn declared_sensitivity(chart: &ChartInfo, path: &[Step<'_>]) -> Option<Sensitivity> {
    let covered = |patterns: &[PathPattern]| patterns.iter().any(|pattern| pattern.covers(path));
    if covered(&chart.secrets) {
        Some(Sensitivity::Secret)
    } else if covered(&chart.not_secret) {
        Some(Sensitivity::Clear)
    } else {
        None
    }
}

/// True if the value at `path` is secret. See [`sensitivity`].
pub fn is_secret_path(chart: Option<&ChartInfo>, path: &[Step<'_>]) -> bool {
    sensitivity(chart, path) == Sensitivity::Secret
}

/// Endings of a last key that name a secret, in lower case and without `_` and `-`, selected by their last byte.
fn secret_endings(last: u8) -> &'static [&'static str] {
    match last {
        b'd' => &["password", "passwd", "mysqlpwd"],
        b'e' => &["passphrase", "erlangcookie", "cookie", "secretkeybase"],
        b'g' => &["proxyconfig"],
        b'h' => &["basicauth"],
        b'n' => &["token", "configjson"],
        b's' => &["privatekeys", "privatekeycontents", "zrestsecrets"],
        b't' => &["clientsecret", "zrestsecret", "cookiesecret", "passwort"],
        b'w' => &["bindpw", "rootpw"],
        b'y' => &[
            "secretkey",
            "secretaccesskey",
            "privatekey",
            "apikey",
            "tlskey",
            "tlswildcardkey",
            "encryptionkey",
            "masterkey",
            "accountkey",
            // PagerDuty.
            "servicekey",
            "sharedaccesskey",
        ],
        _ => &[],
    }
}

/// True if a key has one of these endings in any case, including variable names such as `API_KEY`. Called for every key; the last byte
/// rules out most of them.
fn ends_like_a_secret(key: &str) -> bool {
    let last = key.as_bytes().last().map_or(0, u8::to_ascii_lowercase);
    let letters = || {
        let bytes = key
            .bytes()
            .rev()
            .filter(|byte| !matches!(byte, b'_' | b'-'));
        bytes.map(|byte| byte.to_ascii_lowercase())
    };
    let mut endings = secret_endings(last).iter();
    endings.any(|ending| letters().take(ending.len()).eq(ending.bytes().rev()))
}

/// Last keys that are never secret, not even below `secrets`; in lower case.
const CLEAR_KEYS: &[&str] = &[
    "passwordfile",
    "secretname",
    "sfttokenttl",
    "keyid",
    "username",
    "awskeyid",
    "accesskey",
    "certificate",
    "crt",
    "ca",
    "tlsca",
    "publickey",
    "publickeys",
    // Settings of the Kubernetes secret that holds it: `secrets: {smtp: {name: smtp-credentials, create: false}}`.
    "name",
    "namespace",
    "create",
    "enabled",
    "optional",
    "type",
];

/// Prefixes of switches that concern a secret: `USE_ID_TOKEN`, `pass-access-token`; in lower case.
const SWITCHES: &[&str] = &[
    "use_", "use-", "enable_", "enable-", "disable_", "disable-", "require_", "require-", "pass-",
];

/// Endings of a last key that is never secret; in lower case.
const CLEAR_ENDINGS: &[&str] = &[
    "tokentimeout",
    "url",
    "publickey",
    "publickeys",
    "cert",
    "certs",
    "clientca",
    "username",
    // The folder where it is mounted, and where it is kept.
    "path",
    // The key of the value in a Kubernetes secret.
    "usersecretkey",
    "passwordsecretkey",
    "cookiesecretkey",
    "tokensecretkey",
    "keysecretkey",
    // A switch.
    "automountserviceaccounttoken",
];

/// The test of a last key alone: `smtpPassword`, `clientSecret`.
pub fn is_secret_key(key: &str) -> bool {
    ends_like_a_secret(key) && !is_clear_key(key)
}

pub(super) fn is_clear_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    CLEAR_KEYS.contains(&lower.as_str())
        || CLEAR_ENDINGS.iter().any(|ending| lower.ends_with(ending))
        || lower.starts_with("existing")
        || lower.contains("existingsecret")
        || lower.contains("forgot")
        // A permission of a group: `admin:token`.
        || lower.contains(':')
        || SWITCHES.iter().any(|start| lower.starts_with(start))
        || lower.contains("misuse")
        // An annotation that tells the Vault agent where to get a secret.
        || lower.starts_with("vault.hashicorp.com/")
}

/// True if a text repeats its key in another spelling: `BIND_PASSWORD: bind-password`. It is then the value's name where it is kept. A
/// single word is a weak secret instead.
pub(crate) fn repeats_key(key: &str, text: &str) -> bool {
    let letters = |text: &str| {
        let bytes = text.bytes().filter(|it| !matches!(it, b'-' | b'_'));
        bytes.map(|it| it.to_ascii_lowercase()).collect::<Vec<u8>>()
    };
    let camel_case = |it: &str| it.bytes().any(|c| c.is_ascii_uppercase());
    text.len().abs_diff(key.len()) < 8
        && (text.contains(['-', '_']) || text == key && camel_case(key))
        && letters(key) == letters(text)
}

/// What the keys of a path say, accumulated key by key, so that walking a tree visits each key once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names {
    /// True if nothing from here on is secret.
    harmless: bool,
    below_secrets: bool,
    before: Before,
}

/// The previous key, as far as it matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    Test,
    Tests,
    Data,
}

impl Names {
    /// Adds a key.
    #[must_use]
    pub(crate) fn then(mut self, key: &str) -> Self {
        // References to Kubernetes secrets only name them, and the charts mark values below `test` as harmless.
        self.harmless |= key.ends_with("SecretRef")
            || key == "secretKeyRef"
            || self.before == Before::Test
            || (key == "secrets" && self.before == Before::Tests)
            || is_reference_key(key)
            // Names of an existing secret, or of its keys: `existingSecretMappings`.
            || starts_with_any_case(key, "existingsecret")
            || (key == "secretKey" && self.before == Before::Data && !self.below_secrets);
        self.below_secrets |= key == "secrets";
        // Annotations and labels of a Kubernetes secret are public.
        self.below_secrets &= !matches!(key, "annotations" | "labels");
        self.before = match key {
            "test" => Before::Test,
            "tests" => Before::Tests,
            "data" => Before::Data,
            _ => Before::Other,
        };
        self
    }

    /// True if nothing from here on is secret, whatever its name.
    pub(crate) fn is_harmless(self) -> bool {
        self.harmless
    }

    /// True if the value at the end of the path is secret. `last` is the last key, already added.
    pub(crate) fn is_secret(self, last: &str) -> bool {
        if self.harmless {
            return false;
        }
        // The map `secrets` itself is not a value; everything below it is.
        let named = (self.below_secrets && last != "secrets") || ends_like_a_secret(last);
        named && !is_clear_key(last)
    }
}

/// True if a text starts with `start`, ignoring ASCII case. Called for every key, so it does not copy.
pub(super) fn starts_with_any_case(text: &str, start: &str) -> bool {
    let head = text.as_bytes().get(..start.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// True for keys whose values say where secrets are fetched from and under which names, describe a token, or are sealed.
fn is_reference_key(key: &str) -> bool {
    matches!(
        key,
        "externalSecret"
            | "externalSecrets"
            | "ExternalSecret"
            | "encryptedData"
            | "remoteRef"
            | "secretKeys"
            | "secretRefKeys"
            | "claims_policies"
    )
}

fn is_generic_secret_path(path: &[Step<'_>]) -> bool {
    let mut keys = path.iter().filter_map(|step| match *step {
        Step::Key(key) => Some(key),
        Step::Index(_) => None,
    });
    let names = keys.clone().fold(Names::default(), Names::then);
    keys.next_back().is_some_and(|last| names.is_secret(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(chart: Option<&ChartInfo>, path: &str) -> bool {
        let steps: Vec<Step<'_>> = path
            .split('.')
            .map(|key| key.parse().map_or(Step::Key(key), Step::Index))
            .collect();
        is_secret_path(chart, &steps)
    }

    #[test]
    fn detects_secrets_by_key_name() {
        for path in [
            "brig.secrets.turn.secret",
            "brig.secrets.zAuth.privateKeys",
            "brig.secrets.smtpPassword",
            "brig.config.smtp.password",
            "secrets.zrestSecrets.0",
            "legalhold.serviceToken",
            "secrets.configJson",
            "rabbitmq.auth.erlangCookie",
            "envVars.TRACKING_API_KEY",
            "grafana.env.GF_SECURITY_ADMIN_PASSWORD",
            "s3.secret-access-key",
            "receivers.0.pagerduty_configs.0.service_key",
            "storage.accountKey",
            "hub.SharedAccessKey",
            "rails.secret_key_base",
            "env.MYSQL_PWD",
            "ldap.bindpw",
            "ldap.olcRootPW",
            "datenbank.passwort",
            "minio.users.0.secretKey",
            "secrets.data.secretKey",
            "secrets.smtp.annotations.password",
        ] {
            assert!(secret(None, path), "{path}");
        }
        for path in [
            "brig.secrets",
            "brig.secrets.zAuth.publicKeys",
            "brig.secrets.awsKeyId",
            "brig.secrets.rabbitmq.username",
            "brig.config.optSettings.setActivationTokenTimeout",
            "brig.config.userTokenTimeout",
            "x.passwordResetUrl",
            "x.existingSecretPassword",
            "env.existingSecretMappings.AWS_SECRET_ACCESS_KEY",
            "x.passwordSecretRef.token",
            "x.secretKeyRef.password",
            "brig.tests.secrets.pw",
            "brig.test.config.password",
            "secrets.tlsWildcardCert",
            "secrets.nginz.tls.crt",
            "tls.secretName",
            "brig.config.logLevel",
            "minio.rootPasswordSecretKey",
            "openAI.apiKeySecretKey",
            "secrets.itemPath",
            "auth.secretKeys.password",
            "web.secretRefKeys.adminPassword",
            "oidc.claims_policies.shell.id_token.0",
            "oauth2.cookieSecretKey",
            "x.key",
            "secrets.smtp.name",
            "secrets.smtp.annotations.acme",
            "secrets.smtp.mountPath",
            "persistence.secrets.globalMounts.0.path",
            "sso.clientExistingSecretKey",
            "env.USE_ID_TOKEN",
            "extraArgs.pass-access-token",
            "groups.admin:token",
            "secrets.0.create",
            "serviceAccount.automountServiceAccountToken",
            "externalSecrets.0.data.0.secretKey",
            "spec.data.0.secretKey",
            "spec.data.0.remoteRef.password",
            "spec.encryptedData.password",
        ] {
            assert!(!secret(None, path), "{path}");
        }
        let annotation = "vault.hashicorp.com/agent-inject-secret-password";
        assert!(!is_secret_key(annotation));
    }

    #[test]
    fn text_that_repeats_its_key_is_a_name() {
        assert!(repeats_key("BIND_PASSWORD", "bind-password"));
        assert!(repeats_key("dbPassword", "db-password"));
        assert!(repeats_key("secretKey", "secretKey"));
        assert!(!repeats_key("password", "password"));
        assert!(!repeats_key("bindPassword", "bind-password-1"));
    }

    #[test]
    fn chart_declarations_take_precedence() {
        let chart = ChartInfo {
            secrets: vec![PathPattern::parse("config.blob")],
            not_secret: vec![PathPattern::parse("dpop.key")],
            ..ChartInfo::default()
        };
        assert!(secret(Some(&chart), "config.blob"));
        assert!(secret(Some(&chart), "config.blob.inner"));
        assert!(!secret(Some(&chart), "dpop.key.token"));
        assert!(secret(Some(&chart), "other.token"));
    }
}
