//! Secrets inside a longer text: a configuration file, a script, program arguments.
//!
//! A false finding costs trust; so a name must certainly be that of a secret, and be followed by a literal value rather than something
//! filled in later. What is only masked and never reported is broader: [`super::maybe`].

use memchr::{memchr, memchr2_iter, memchr3, memmem};
use source::secret::{TokenShape, is_credential, is_filled, is_plaintext_secret, token_shape};

use super::is_secret_key;
use super::paths::starts_with_any_case;

/// The name under which a longer text holds the value of a secret: `spring.datasource.password`, `requirepass`. `None` if it holds none, or
/// if the whole text is a secret.
pub fn secret_setting(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_block = memchr(b'\n', bytes).is_some();
    // Called for every text; most are a single word.
    if !is_block && memchr3(b'=', b'"', b'@', bytes).is_none() {
        return None;
    }
    let code = is_block && is_code(text);
    // A text about a secret fetched from elsewhere names it without its value.
    let fetched = is_block && memmem::find(bytes, b"remoteRef").is_some();
    let assigned = || {
        let mut found = text.lines().flat_map(|line| Setting::all(line, is_block));
        found.find(|it| it.holds_secret(code) && !fetched)
    };
    let name = assigned().map(|it| it.name);
    if !is_block {
        return name.or_else(|| line_token(text).filter(|_| !is_credential(text)));
    }
    name.or_else(|| variable(text))
        .or_else(|| output_password(text))
        .or_else(|| text.lines().find_map(element))
        .or_else(|| statement(text))
}

/// True if a text is a secret by its shape, whatever its path. Identifiers do not count, nor do proxy URLs, which normally include a
/// password.
pub fn is_secret_text(key: Option<&str>, text: &str) -> bool {
    match token_shape(text) {
        None | Some(TokenShape::AwsKeyId) => secret_setting(text).is_some(),
        Some(TokenShape::UrlPassword) => !matches!(key, Some("httpProxy" | "httpsProxy")),
        Some(_) => true,
    }
}

/// The longest text that counts as a name, in bytes. A longer one could be anything, and names are shown.
const MAX_NAME: usize = 80;

/// A name and the value assigned to it.
#[derive(Debug, Clone, Copy)]
struct Setting<'t> {
    name: &'t str,
    value: &'t str,
    is_quoted: bool,
}

impl<'t> Setting<'t> {
    /// The assignments on a line, which is the whole text or a line of a block.
    fn all(line: &'t str, is_block: bool) -> impl Iterator<Item = Self> {
        let signs = if is_comment(line) { "" } else { line };
        memchr2_iter(b'=', b':', signs.as_bytes())
            .filter_map(move |at| Self::at(line, at, is_block))
    }

    /// The assignment at a `=` or `:` of a line, if it is one: on a line of its own, as in JSON, or in settings of databases and programs:
    /// `host=db password=…`, `--password=…`, `?token=…`. Called for every sign of a line, so it must not scan the whole line.
    fn at(text: &'t str, at: usize, is_block: bool) -> Option<Self> {
        let sign = text.as_bytes()[at];
        let before = &text[..at];
        let tight = !before.ends_with([' ', '\t']);
        let (before, quote) = unquoted_end(before.trim_end_matches([' ', '\t']));
        let start = before.trim_end_matches(is_word).len();
        let name = &before[start..];
        if name.is_empty() || name.len() > MAX_NAME || !names_secret(name) {
            return None;
        }
        let lead = match quote {
            Some(quote) => before[..start].strip_suffix(quote)?,
            None => &before[..start],
        };
        let alone = is_block && is_lead(lead);
        let in_sequence = match (lead.chars().next_back(), quote) {
            (None, _) => sign == b'=',
            (Some('{' | ','), Some(_)) => true,
            (Some(c), None) => {
                sign == b'=' && tight && matches!(c, ';' | '&' | '?' | ' ' | ':' | '=')
            }
            (Some(' '), Some(_)) => lead.trim_end().ends_with([',', '{']),
            (Some(_), Some(_)) => false,
        };
        let rest = &text[at + 1..];
        let rest = match sign {
            b'=' if rest.starts_with(['=', '~']) => return None,
            b'=' => rest.strip_prefix('>').unwrap_or(rest),
            _ if rest.starts_with([' ', '\t', '"', '\'']) => rest,
            _ => return None,
        };
        let rest = rest.trim_start_matches([' ', '\t']);
        // A quote after `?token=` ends the text around it.
        let ends = lead.ends_with(['?', '&']) && rest.starts_with(['"', '\'']);
        if ends || !(alone || in_sequence) {
            return None;
        }
        // Shell variables for a single command: `PGPASSWORD=… psql`.
        let shell = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
        let for_one_command = sign == b'=' && tight && name.bytes().all(shell);
        let (value, is_quoted) = value_of(rest, alone && !for_one_command)?;
        if for_one_command && !is_quoted && value.bytes().all(|it| it.is_ascii_alphabetic()) {
            value_of(rest, alone)?;
        }
        Some(Self {
            name,
            value,
            is_quoted,
        })
    }

    /// True if the value is the text of a secret, and not its name elsewhere.
    fn holds_secret(self, code: bool) -> bool {
        let Self { name, value, .. } = self;
        self.is_literal(code) && !is_name(name, value) && !(self.is_quoted && is_prose(name, value))
    }

    /// True if the value looks like a literal text.
    fn is_literal(self, code: bool) -> bool {
        let Self {
            name,
            value,
            is_quoted,
        } = self;
        let is_word = || WORDS.iter().any(|it| it.eq_ignore_ascii_case(value));
        let is_count = || value.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        let is_path = || value.starts_with(['/', '.']) && value[1..].contains('/');
        let is_other = || {
            value.starts_with(['*', '&', '!', '|', '>', '@', '%', '[', '#', '`'])
                || value.contains('(')
        };
        value.len() >= 4
            && is_filled(value)
            && !(is_word() || is_count() || is_path() || is_other())
            && (is_quoted || !code && !is_property(value))
            && !name.eq_ignore_ascii_case(value)
            && is_plaintext_secret(value)
    }
}

/// Values that are settings: switches, types, and how to ask for the secret.
const WORDS: &[&str] = &[
    "true", "false", "null", "none", "nil", "yes", "no", "string", "object", "array", "integer",
    "number", "boolean", "required", "optional", "redacted", "prompt", "stdin",
];

/// True if a value is a name: `DB_PASSWORD`, `access_token`, `X-Auth-Token`, `env:TOKEN`; after a name like `secretKey`, any that could be
/// a key.
fn is_name(name: &str, value: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphabetic());
    let parts = || value.split(['_', '-', '.', ':', '$']);
    let letters = value.trim_matches(['_', '%', '@', '$']);
    let several = value.contains(['_', '-', '.', ':', '$', '%', '@']);
    let is_variable = letters.contains('_')
        && letters
            .bytes()
            .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    // A user interface label: `loginPassword=Password`.
    let shown = value.starts_with(|it: char| it.is_ascii_uppercase())
        && name
            .to_ascii_lowercase()
            .ends_with(&value.to_ascii_lowercase());
    let fetched = ["env:", "file:", "env.", "your-", "your_"];
    let is_secret_name = is_secret_key(letters.trim_end_matches(':'))
        && (several || name.to_ascii_lowercase().ends_with("key"))
        && parts().filter(|it| !it.is_empty()).all(word)
        && parts().count() <= 3;
    is_variable
        || is_secret_name
        || shown
        || fetched.iter().any(|it| starts_with_any_case(value, it))
}

/// True if a quoted text is not a value but a user interface message about one, or code between two string literals.
fn is_prose(name: &str, value: &str) -> bool {
    let is_concatenation =
        value.starts_with([' ', '\t', ',']) || value.starts_with('+') && value.ends_with('+');
    let mentions_secret = || {
        let name = name.rsplit(['.', '_', '-']).next().unwrap_or(name);
        let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
        let mut kinds = ["password", "passphrase", "token", "secret", "key"].iter();
        kinds.any(|it| name.ends_with(it) && value.contains(it))
    };
    is_concatenation || value.contains(' ') && mentions_secret()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// A text without a quote at its end, and that quote.
fn unquoted_end(text: &str) -> (&str, Option<char>) {
    match text.chars().next_back() {
        Some(quote @ ('"' | '\'')) => (&text[..text.len() - 1], Some(quote)),
        _ => (text, None),
    }
}

/// Names of secrets that mean something else inside a text: the name of a cookie, a map.
const EXCEPTIONS: &[&str] = &["cookie", "proxyconfig", "configjson", "basicauth"];

fn names_secret(name: &str) -> bool {
    let other = |end: &&str| {
        let letters = name.bytes().rev().filter(|it| !matches!(it, b'_' | b'-'));
        let mut letters = letters.map(|it| it.to_ascii_lowercase());
        end.bytes().rev().all(|it| letters.next() == Some(it))
    };
    is_secret_key(name) && !EXCEPTIONS.iter().any(other)
}

/// True if the text before a name on a line is insignificant.
fn is_lead(line: &str) -> bool {
    if line.trim_start().len() > MAX_NAME {
        return false;
    }
    let words = ["-", "export", "set", "declare", "ENV", "{", "\"", "'"];
    line.split_whitespace().all(|it| words.contains(&it))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", ";", "//", "--", "*", "/*", "<!--"]
        .iter()
        .any(|it| line.starts_with(it) && !is_flag(line) && !is_registry(line))
}

/// True for `//registry.acme.test/:_authToken=…`, an npm setting and not a comment.
fn is_registry(line: &str) -> bool {
    line.starts_with("//") && memmem::find(line.as_bytes(), b"/:_").is_some()
}

/// True for `--name`, which is not a comment.
fn is_flag(line: &str) -> bool {
    line.strip_prefix("--")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// True if a text is program code, where unquoted words are identifiers.
fn is_code(text: &str) -> bool {
    let starts = [
        "def ",
        "import ",
        "from ",
        "function ",
        "local ",
        "const ",
        "let ",
        "var ",
        "package ",
        "func ",
        "class ",
        "return ",
    ];
    text.lines().any(|line| {
        let line = line.trim_start();
        starts.iter().any(|it| line.starts_with(it))
    })
}

/// True for `config.database.password`: the name of a value elsewhere.
fn is_property(value: &str) -> bool {
    let mut parts = value.split('.');
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|it| it.is_ascii_alphabetic() || it == b'_')
    };
    value.contains('.') && parts.all(word)
}

/// The value at the start of the rest of a line, and whether it is quoted. `None` for several unquoted words if the assignment is alone on
/// its line, where they would be one value.
fn value_of(line: &str, alone: bool) -> Option<(&str, bool)> {
    if let Some(quote) = line.chars().next().filter(|it| matches!(it, '"' | '\'')) {
        let (value, _) = line[1..].split_once(quote)?;
        return Some((value, true));
    }
    let end = line
        .find([' ', '\t', ';', ',', '&', '"', '\''])
        .unwrap_or(line.len());
    let (value, after) = line.split_at(end);
    let after = after.trim_start_matches([',', ';']).trim();
    let more = alone && !after.is_empty() && !after.starts_with(['#', ';']) && !after.contains('=');
    (!more).then_some((value, false))
}

/// The name of an XML element that holds a secret: `<password>…</password>`.
fn element(line: &str) -> Option<&str> {
    // Split at `<`, so that each line is scanned once.
    let mut parts = line.split('<').skip(1).peekable();
    while let Some(part) = parts.next() {
        let Some((name, value)) = part.split_once('>') else {
            continue;
        };
        let closed = parts.peek().and_then(|next| next.strip_prefix('/'));
        let closed = closed.and_then(|next| next.strip_prefix(name));
        let setting = Setting {
            name,
            value,
            is_quoted: true,
        };
        let is_name = (1..=MAX_NAME).contains(&name.len()) && name.chars().all(is_word);
        if is_name
            && closed.is_some_and(|it| it.starts_with('>'))
            && names_secret(name)
            && setting.holds_secret(false)
        {
            return Some(name);
        }
    }
    None
}

/// The name of a secret variable in a list of variables given as text for a template, if it has a literal value.
fn variable(text: &str) -> Option<&str> {
    let mut named: Option<&str> = None;
    text.lines().find_map(|line| {
        let found = named.filter(|name| {
            let value = line_value(line, "value");
            value.is_some_and(|value| {
                let is_quoted = true;
                let setting = Setting {
                    name,
                    value,
                    is_quoted,
                };
                setting.holds_secret(false)
            })
        });
        let is_name = |it: &&str| it.len() <= MAX_NAME && it.chars().all(is_word);
        named = line_value(line, "name").filter(|it| is_name(it) && is_secret_key(it));
        found
    })
}

/// The value of a key on a line of YAML.
fn line_value<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    let entry = line.trim_start().trim_start_matches("- ");
    let rest = entry.strip_prefix(key)?.strip_prefix(':')?;
    Some(rest.trim().trim_matches(['"', '\'']))
}

/// Secret settings of fluent-bit outputs, in lower case (fluent-bit 3.1, the pages of `es`, `http`, `splunk`, `forward`, `datadog`,
/// `nrlogs` and `azure_blob`).
const OUTPUT_SECRETS: &[&str] = &[
    "http_passwd",
    "cloud_auth",
    "splunk_token",
    "shared_key",
    "password",
    "tls.key_passwd",
    "apikey",
    "api_key",
    "license_key",
    "sas_token",
];

/// The setting that holds a password or token in a fluent-bit output in the classic format.
fn output_password(text: &str) -> Option<&str> {
    let mut inside = false;
    text.lines().find_map(|line| {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line.eq_ignore_ascii_case("[output]");
        }
        let (key, value) = line.split_once(char::is_whitespace).filter(|_| inside)?;
        let mut secrets = OUTPUT_SECRETS.iter();
        let is_secret = secrets.any(|it| it.eq_ignore_ascii_case(key)) && is_filled(value.trim());
        is_secret.then_some(key)
    })
}

/// Words before a password in server settings and database statements (redis.conf of Redis 7, `CREATE ROLE` of PostgreSQL 16, `CREATE USER`
/// of MySQL 8), and whether the password must be quoted.
const KEYWORDS: &[(&str, bool)] = &[
    ("requirepass", false),
    ("masterauth", false),
    ("password", true),
    ("identified by", true),
];

/// A setting or statement without a sign between name and password, or a token or URL with a password anywhere on a line.
fn statement(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let line = line.trim();
        if is_comment(line) {
            return None;
        }
        let found = KEYWORDS
            .iter()
            .find_map(|(word, quoted)| keyword_before_secret(line, word, *quoted));
        found.or_else(|| line_token(line))
    })
}

/// The word, if a password follows it: quoted anywhere, or unquoted as the only word after it.
fn keyword_before_secret<'t>(line: &'t str, word: &str, quoted: bool) -> Option<&'t str> {
    let starts =
        line.match_indices(|c: char| c.eq_ignore_ascii_case(&char::from(word.as_bytes()[0])));
    let mut starts = starts.filter(|(at, _)| *at == 0 || quoted && line[..*at].ends_with(' '));
    starts.find_map(|(at, _)| {
        let found = line
            .get(at..at + word.len())
            .filter(|it| it.eq_ignore_ascii_case(word))?;
        let rest = line[at + word.len()..].strip_prefix(' ')?.trim_start();
        let (value, is_quoted) = value_of(rest, !quoted)?;
        let setting = Setting {
            name: found,
            value,
            is_quoted,
        };
        (is_quoted || !quoted && rest.split_whitespace().count() == 1).then_some(setting)?;
        setting.is_literal(false).then_some(found)
    })
}

/// The name that a token or a URL with a password is assigned to on a line, or `token`. `None` for proxies, whose URLs normally include a
/// password.
fn line_token(line: &str) -> Option<&str> {
    let is_separator =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ',' | '(' | ')' | '<' | '>');
    let token = line.split(is_separator).find(|word| is_credential(word))?;
    let at = token.as_ptr().addr() - line.as_ptr().addr();
    let before = line[..at].trim_end_matches([' ', '\t', '"', '\'', '>']);
    let assigned = before.strip_suffix(['=', ':']).map(|it| {
        let it = it.trim_end_matches([' ', '\t', '"', '\'']);
        &it[it.trim_end_matches(is_word).len()..]
    });
    let first = line.trim_start().split(|c: char| !is_word(c)).next();
    // The name of a proxy setting contains the word somewhere: `proxyUrl`.
    let is_proxy = |name: &str| {
        let name = name.as_bytes();
        name.windows(b"proxy".len())
            .any(|it| it.eq_ignore_ascii_case(b"proxy"))
    };
    let is_proxy = assigned.or(first).is_some_and(is_proxy);
    let shown = assigned.filter(|it| is_safe_to_show(it)).unwrap_or("token");
    (!is_proxy).then_some(shown)
}

/// True if a name next to a token may be shown. It could be a token or password itself; only one of letters is certainly a name.
fn is_safe_to_show(name: &str) -> bool {
    let letter = |it: u8| it.is_ascii_alphabetic() || matches!(it, b'_' | b'-' | b'.');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(letter)
}

#[cfg(test)]
mod tests;
