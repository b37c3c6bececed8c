//! Texts that are secret by their shape alone, whatever their key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::{memchr2, memmem};

/// Prefixes of Slack webhook URLs; anyone who knows the rest may post.
const SLACK_HOOKS: &[&str] = &[
    "https://hooks.slack.com/services/",
    "https://hooks.slack.com/workflows/",
    "https://hooks.slack.com/triggers/",
];

/// Prefixes of Discord webhook URLs, followed by a number and a token.
const DISCORD_HOOKS: &[&str] = &[
    "https://discord.com/api/webhooks/",
    "https://discordapp.com/api/webhooks/",
];

/// Part of a Teams webhook URL, preceded by the organization's name.
const TEAMS_HOOK: &str = ".webhook.office.com/webhookb2/";

/// Prefixes of other services' tokens, with the minimum number of characters that follow.
const SERVICE_TOKENS: &[(&str, usize)] = &[
    ("glpat-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("AIza", 35),
    ("npm_", 36),
    ("hvs.", 24),
    ("hvb.", 24),
    ("AGE-SECRET-KEY-1", 58),
    ("glrt-", 20),
    ("gldt-", 20),
    ("glptt-", 20),
    ("dop_v1_", 64),
    ("dckr_pat_", 20),
    ("pypi-AgEI", 40),
    ("ATATT3", 40),
    ("GOCSPX-", 20),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("whsec_", 24),
];

/// The start of a Google service account file in base64: `{"type":"service_account"`, on one line or as downloaded.
const GOOGLE_ACCOUNT_IN_BASE64: [&str; 2] = [
    "eyJ0eXBlIjoic2VydmljZV9hY2NvdW50",
    "ewogICJ0eXBlIjogInNlcnZpY2VfYWNjb3Vud",
];

/// `-----BEGIN ` in base64, as in the `data` of a Kubernetes secret.
const BEGIN_IN_BASE64: &str = "LS0tLS1CRUdJTi";

/// `PRIVATE KEY` in base64, one for each alignment within a group of three bytes.
const PRIVATE_KEY_IN_BASE64: [&str; 3] = ["UFJJVkFURSBLRV", "BSSVZBVEUgS0VZ", "QUklWQVRFIEtFW"];

/// The start of a PEM block.
const BEGIN: &[u8] = b"-----BEGIN ";

/// A shape that only credentials have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenShape {
    /// A PEM block of a private key with a body.
    PrivateKey,
    /// An AWS access key ID (an identifier, but always with a secret nearby).
    AwsKeyId,
    /// A GitHub token.
    GithubToken,
    /// A Slack token or webhook URL.
    SlackToken,
    /// A token of GitLab, Stripe, Google, SendGrid, npm, PyPI, Docker, DigitalOcean, Atlassian, Anthropic, OpenAI, Telegram or Vault, a
    /// Google service account file, an age key, a Discord or Teams webhook URL, or an Azure signed URL.
    ServiceToken,
    /// The value of an `Authorization` header: `Bearer …`, `Basic …`.
    Authorization,
    /// A JSON Web Token.
    Jwt,
    /// A URL with a password in it.
    UrlPassword,
}

/// The credential shape of a text, if it has one.
pub fn token_shape(text: &str) -> Option<TokenShape> {
    let text = text.trim();
    if text.len() < 8 {
        return None;
    }
    // Called for every text. Most do not start like a token and have neither a space (PEM blocks, `Authorization`) nor an `@` (URLs with a
    // password).
    let first = text.as_bytes()[0];
    if first.is_ascii_digit() && is_telegram_token(text) {
        return Some(TokenShape::ServiceToken);
    }
    if !b"AGLSdeghnprswx".contains(&first) && memchr2(b' ', b'@', text.as_bytes()).is_none() {
        return None;
    }
    if has_private_key(text) || is_private_key_in_base64(text) {
        return Some(TokenShape::PrivateKey);
    }
    let id = ["AKIA", "ASIA"].iter().find_map(|it| text.strip_prefix(it));
    if let Some(rest) = id
        && rest.len() == 16
        && all(rest, |b| b.is_ascii_uppercase() || b.is_ascii_digit())
    {
        return Some(TokenShape::AwsKeyId);
    }
    if is_github_token(text) {
        return Some(TokenShape::GithubToken);
    }
    if ["xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xapp-"]
        .iter()
        .any(|prefix| has_token_after(text, prefix, 10))
    {
        return Some(TokenShape::SlackToken);
    }
    let mut hooks = SLACK_HOOKS.iter();
    if hooks.any(|it| text.strip_prefix(it).is_some_and(|rest| rest.len() > 20)) {
        return Some(TokenShape::SlackToken);
    }
    if is_service_token(text) || is_secret_url(text) {
        return Some(TokenShape::ServiceToken);
    }
    if is_authorization(text) {
        return Some(TokenShape::Authorization);
    }
    if is_jwt(text) {
        return Some(TokenShape::Jwt);
    }
    has_url_password(text).then_some(TokenShape::UrlPassword)
}

/// True if a text is a credential or contains one, either as a word or between characters that tokens do not contain. A private key is
/// recognized by its first line alone.
pub fn has_token(text: &str) -> bool {
    let is_token = |text: &str| token_shape(text).is_some();
    let words = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '=');
    let between = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    // Dots and hyphens may be part of a token or separate it from other text.
    let is_part = |part: &str| {
        is_token(part) || part.split('.').any(is_token) || part.split(['.', '-']).any(is_token)
    };
    mentions_private_key(text)
        || is_token(text)
        || text.split(words).any(is_token)
        || text.split(between).any(is_part)
}

/// True if a text has the first line of a PEM private key, with or without a body.
pub fn mentions_private_key(text: &str) -> bool {
    text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----")
}

/// True if a text must be masked because of its shape, whatever its key. An AWS access key ID may be shown.
pub fn is_credential(text: &str) -> bool {
    !matches!(token_shape(text), None | Some(TokenShape::AwsKeyId))
}

fn all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(test)
}

fn has_token_after(text: &str, prefix: &str, min_length: usize) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        rest.len() >= min_length
            && all(rest, |b| {
                b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
            })
    })
}

fn is_service_token(text: &str) -> bool {
    let is_sendgrid = || {
        let mut parts = text.strip_prefix("SG.")?.split('.');
        let both = (parts.next()?.len(), parts.next()?.len());
        Some(parts.next().is_none() && both == (22, 43))
    };
    SERVICE_TOKENS
        .iter()
        .any(|(prefix, min_length)| has_token_after(text, prefix, *min_length))
        || GOOGLE_ACCOUNT_IN_BASE64
            .iter()
            .any(|it| text.starts_with(it))
        || is_sendgrid().unwrap_or(false)
}

/// `123456789:AA…`, a Telegram bot token.
fn is_telegram_token(text: &str) -> bool {
    let Some((bot, token)) = text.split_once(":AA") else {
        return false;
    };
    (8..=10).contains(&bot.len())
        && all(bot, |b| b.is_ascii_digit())
        && token.len() == 33
        && has_token_after(token, "", 33)
}

/// True for a URL that grants access to anyone who knows it: a webhook or an Azure signed URL.
fn is_secret_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    let is_discord = || {
        let mut hooks = DISCORD_HOOKS.iter();
        let rest = hooks.find_map(|it| text.strip_prefix(it));
        rest.and_then(|it| it.split_once('/'))
            .is_some_and(|(number, token)| {
                all(number, |b| b.is_ascii_digit()) && has_token_after(token, "", 50)
            })
    };
    let is_teams = || {
        let rest = rest.split_once(TEAMS_HOOK);
        rest.is_some_and(|(_, rest)| rest.len() > 60 && is_filled(rest))
    };
    let is_signed = || {
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let value = |name: &str| {
            let mut parts = query.split('&');
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let signature = value("sig").filter(|it| it.len() >= 32 && is_filled(it));
        value("sv").is_some() && signature.is_some()
    };
    is_discord() || is_teams() || is_signed()
}

/// `Bearer …` or `Basic …`, also after `Authorization:`, if what follows looks like a token rather than a word.
fn is_authorization(text: &str) -> bool {
    let words = match text.split_once(':') {
        Some((name, rest)) if name.trim().eq_ignore_ascii_case("authorization") => rest,
        Some(_) => return false,
        None => text,
    };
    let mut words = words.split_ascii_whitespace();
    let (Some(scheme), Some(token), None) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_.~+/=".contains(&b);
    let mixed =
        token.bytes().any(|b| b.is_ascii_digit()) && token.bytes().any(|b| b.is_ascii_alphabetic());
    let scheme = |it: &str| scheme.eq_ignore_ascii_case(it);
    let is_token = all(token, letter) && mixed;
    scheme("bearer") && is_token && token.len() >= 20
        || scheme("basic") && is_token && is_user_and_password(token)
}

/// True for `user:password` in base64.
fn is_user_and_password(token: &str) -> bool {
    let plain = STANDARD_NO_PAD
        .decode(token.trim_end_matches('='))
        .unwrap_or_default();
    let colon = plain.iter().position(|it| *it == b':');
    let printable = plain.iter().all(|it| it.is_ascii_graphic() || *it == b' ');
    printable && colon.is_some_and(|at| at > 0 && at + 4 < plain.len())
}

/// True if a text is randomly generated rather than a name. Misses some random texts, but never matches a name.
pub fn is_random(text: &str) -> bool {
    let class = |byte: u8| match byte {
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b"+=_-!#%*?@^~".contains(&b);
    if !(12..=256).contains(&text.len()) || !all(text, word) {
        return false;
    }
    let has = |expected: u8| text.bytes().any(|b| class(b) == expected);
    // In a name, upper case, lower case and digits alternate only at word boundaries.
    let pairs = text.as_bytes().windows(2);
    let changes = pairs.filter(|it| {
        let (a, b) = (class(it[0]), class(it[1]));
        a != 0 && b != 0 && a != b
    });
    let mixed = || has(1) && has(2) && has(3) && changes.count() * 2 >= text.len();
    let hex =
        || text.len() >= 32 && all(text, |b| b.is_ascii_hexdigit()) && has(3) && (has(1) != has(2));
    hex() || mixed()
}

/// A whole PEM block of a private key in base64.
fn is_private_key_in_base64(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(BEGIN_IN_BASE64) else {
        return false;
    };
    let head = &rest.as_bytes()[..rest.len().min(48)];
    PRIVATE_KEY_IN_BASE64
        .iter()
        .any(|key| memmem::find(head, key.as_bytes()).is_some())
}

fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (Some(head), Some(body), Some(sign), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let word = |part: &str, min_length: usize| {
        part.len() >= min_length
            && all(part, |b| {
                b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
            })
    };
    // `eyJ` is the base64 of `{"`, with which every header begins.
    head.starts_with("eyJ") && word(head, 10) && word(body, 4) && word(sign, 16)
}

/// `-----BEGIN … PRIVATE KEY-----` with a body other than dots, also after a certificate; a PGP `PRIVATE KEY BLOCK`; or a PuTTY key file.
fn has_private_key(text: &str) -> bool {
    if text.starts_with("PuTTY-User-Key-File-") && text.contains("\nPrivate-Lines:") {
        return true;
    }
    let Some(begin) = memmem::find(text.as_bytes(), BEGIN) else {
        return false;
    };
    // Each block ends where the next begins, so no text is scanned twice.
    let mut blocks = text[begin..].split("-----BEGIN ").skip(1);
    blocks.any(|block| {
        pem_block(block).is_some_and(|(label, body)| {
            let key = label.ends_with("PRIVATE KEY") || label == "PGP PRIVATE KEY BLOCK";
            key && !body.is_empty() && !body.contains("....")
        })
    })
}

/// True if there is a value, rather than a template or reference that provides one later.
pub fn is_filled(value: &str) -> bool {
    !value.is_empty() && !value.contains(['{', '<', '$'])
}

/// The label and the trimmed body of the first PEM block.
pub(super) fn pem_body(text: &str) -> Option<(&str, &str)> {
    let begin = memmem::find(text.as_bytes(), BEGIN)? + BEGIN.len();
    pem_block(text.get(begin..)?)
}

/// The label and the trimmed body of a PEM block, given the text after its `-----BEGIN `.
fn pem_block(block: &str) -> Option<(&str, &str)> {
    let (label, after) = block.split_once("-----")?;
    if label.len() > 64 || label.contains('\n') {
        return None;
    }
    let body = after.split("-----END").next().unwrap_or(after);
    Some((
        label.trim(),
        body.trim_matches(|c: char| c == '-' || c.is_whitespace()),
    ))
}

fn has_url_password(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    if scheme.is_empty() || !all(scheme, |b| b.is_ascii_alphanumeric() || b == b'+') {
        return false;
    }
    let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or(rest);
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    match user.split_once(':') {
        Some((_, password)) => is_filled(password),
        // `https://ghp_…@github.com`: a token instead of a username.
        None => is_access_token(user),
    }
}

/// True if a text is a token that authenticates its sender.
fn is_access_token(text: &str) -> bool {
    is_github_token(text) || is_service_token(text)
}

fn is_github_token(text: &str) -> bool {
    let github = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];
    github
        .iter()
        .any(|prefix| has_token_after(text, prefix, 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_random_texts_from_names() {
        for text in [
            "Zq7xWv3kJy9z",
            "aB3dE5fG7hJ9kL1m",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert!(is_random(text), "{text}");
        }
        for text in [
            "my-jwt-secret-2",
            "ProdDbSecret01",
            "MySecret-v2-Ab",
            "WireServerTurnSecret2024",
            "00000000000000000000000000000000",
            "DB_PASSWORD_2",
            "prod/Wire2/Db3Secret",
            "11111111-2222-3333-4444-555555555555",
            "Zq7xWv3",
        ] {
            assert!(!is_random(text), "{text}");
        }
    }

    #[test]
    fn finds_tokens_anywhere_in_a_text() {
        let github = format!("ghp_{}", "0aB".repeat(12));
        for text in [
            format!("see ({github})."),
            format!("{github}.git; and more"),
            "https://acme.test/?id=AKIAABCDEFGHIJKLMNOP&x=1".to_owned(),
            "key-AKIAABCDEFGHIJKLMNOP-old".to_owned(),
            format!("<{github}>"),
            "-----BEGIN EC PRIVATE KEY-----".to_owned(),
            "use \"postgres://wire:hunter2@db.acme.test\"".to_owned(),
        ] {
            assert!(has_token(&text), "{text}");
        }
        for text in [
            "AKIA-ABCDEFGHIJKLMNOP",
            "https://acme.test/?id=1",
            "a token",
        ] {
            assert!(!has_token(text), "{text}");
        }
    }

    #[test]
    fn detects_credentials_by_shape() {
        let cases = [
            ("AKIAIOSFODNN7EXAMPLE", Some(TokenShape::AwsKeyId)),
            ("AKIAx", None),
            (
                "https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/abcdefghijklmnop",
                Some(TokenShape::SlackToken),
            ),
            ("https://hooks.slack.com/services/<yours>", None),
            (
                "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----",
                Some(TokenShape::PrivateKey),
            ),
            (
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\nMC4CAQAw\n-----END EC PRIVATE KEY-----",
                Some(TokenShape::PrivateKey),
            ),
            (
                "-----BEGIN PRIVATE KEY-----\n....\n-----END PRIVATE KEY-----",
                None,
            ),
            (
                "-----BEGIN CERTIFICATE-----\nMC4CAQAw\n-----END CERTIFICATE-----",
                None,
            ),
            ("http://svc:pw@proxy:8080", Some(TokenShape::UrlPassword)),
            ("http://svc@proxy:8080", None),
            (
                "https://ghp_abcdefghijklmnopqrstuvwxyz@github.com/acme/chat",
                Some(TokenShape::UrlPassword),
            ),
            ("http://svc:{{ x }}@proxy:8080", None),
            ("http://proxy:8080/a:b@c", None),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijklmnopqrstuvwxyz",
                Some(TokenShape::Jwt),
            ),
            ("glpat-abcdefghijklmnopqrst", Some(TokenShape::ServiceToken)),
            ("glpat-x", None),
            (
                "dckr_pat_abcdefghijklmnopqrstuvwxyz",
                Some(TokenShape::ServiceToken),
            ),
            (
                "GOCSPX-abcdefghijklmnopqrstuvwx",
                Some(TokenShape::ServiceToken),
            ),
            ("pypi-mirror", None),
            ("whsec_", None),
            (
                "eyJ0eXBlIjoic2VydmljZV9hY2NvdW50IiwiYSI6MX0=",
                Some(TokenShape::ServiceToken),
            ),
            (
                "xapp-1-A0123456789-0123456789012-abcdef",
                Some(TokenShape::SlackToken),
            ),
            (
                "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq",
                Some(TokenShape::ServiceToken),
            ),
            ("SG.abc.def", None),
            (
                "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQdGBGZq\n-----END PGP PRIVATE KEY BLOCK-----",
                Some(TokenShape::PrivateKey),
            ),
            (
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nlQdGBGZq\n-----END PGP PUBLIC KEY BLOCK-----",
                None,
            ),
            (
                "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPrivate-Lines: 1\nAAAA\n",
                Some(TokenShape::PrivateKey),
            ),
            (
                "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123",
                Some(TokenShape::ServiceToken),
            ),
            ("https://discord.com/api/webhooks/<id>/<token>", None),
            (
                "https://acme.webhook.office.com/webhookb2/11111111-2222-3333-4444-555555555555@11111111-2222-3333-4444-555555555555/IncomingWebhook/0123456789abcdef0123456789abcdef",
                Some(TokenShape::ServiceToken),
            ),
            (
                "https://x.blob.core.windows.net/c?sv=2022-11-02&sr=c&sig=abcdefghijklmnopqrstuvwxyz0123456789%3D",
                Some(TokenShape::ServiceToken),
            ),
            ("https://x.test/?sv=1&sig=ok", None),
            (
                "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
                Some(TokenShape::ServiceToken),
            ),
            ("12345678:90", None),
            (
                "Bearer abcdefgh01234567ijkl",
                Some(TokenShape::Authorization),
            ),
            (
                "Authorization: Bearer abcdefgh01234567ijkl",
                Some(TokenShape::Authorization),
            ),
            // `user:swordfish1`
            (
                "Basic dXNlcjpzd29yZGZpc2gx",
                Some(TokenShape::Authorization),
            ),
            ("Basic authentication1", None),
            ("Bearer ${TOKEN_0123456789abcdef}", None),
            ("Bearer your-access-token-goes-here", None),
            ("Bearer of bad news", None),
            // `-----BEGIN PRIVATE KEY-----`, its RSA and OpenSSH forms, and a certificate.
            (
                "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1DNENBUUF3",
                Some(TokenShape::PrivateKey),
            ),
            (
                "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNQzRD",
                Some(TokenShape::PrivateKey),
            ),
            (
                "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0K",
                Some(TokenShape::PrivateKey),
            ),
            ("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI=", None),
            ("1.2.3", None),
            ("example.with.dots", None),
        ];
        for (text, expected) in cases {
            assert_eq!(token_shape(text), expected, "{text}");
        }
    }
}
