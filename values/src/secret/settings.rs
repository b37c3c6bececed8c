//! Secrets that stand in a longer text: a file of settings, a script, the arguments of a program.
//!
//! A finding in vain costs trust; so a name has to be that of a secret for certain, and what follows it has to be its text and not what
//! puts one in later. What is only hidden, and never told, is wider: [`super::maybe`].

use memchr::{memchr, memchr2_iter, memmem};

use super::classify::{SecretClass, SecretContext, classify};
use super::is_secret_key;
use super::shapes::{is_filled, is_hidden_text};

/// The name under which a longer text holds the value of a secret: `spring.datasource.password`, `requirepass`. `None` where it holds
/// none, or is one itself.
pub fn secret_setting(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_block = memchr(b'\n', bytes).is_some();
    // Asked of every text there is: most are one word.
    if !is_block && memchr(b'=', bytes).is_none() && memchr(b'"', bytes).is_none() {
        return None;
    }
    let code = is_block && is_code(text);
    // A secret that is fetched from elsewhere is named there, not written.
    let fetched = is_block && memmem::find(bytes, b"remoteRef").is_some();
    let assigned = || {
        let mut found =
            memchr2_iter(b'=', b':', bytes).filter_map(|at| Setting::at(text, at, is_block));
        found.find(|it| it.holds_secret(code) && !fetched)
    };
    let name = assigned().map(|it| it.name);
    if !is_block {
        return name;
    }
    name.or_else(|| variable(text))
        .or_else(|| output_password(text))
        .or_else(|| statement(text))
}

/// A name with what is assigned to it.
#[derive(Debug, Clone, Copy)]
struct Setting<'t> {
    name: &'t str,
    value: &'t str,
    is_quoted: bool,
}

impl<'t> Setting<'t> {
    /// What the `=` or `:` at a place of a text assigns, if it does: on a line of its own, as in JSON, and as databases and programs
    /// are told: `host=db password=…`, `--password=…`, `?token=…`.
    fn at(text: &'t str, at: usize, is_block: bool) -> Option<Self> {
        let sign = text.as_bytes()[at];
        let before = &text[..at];
        let tight = !before.ends_with([' ', '\t']);
        let (before, quote) = unquoted_end(before.trim_end_matches([' ', '\t']));
        let start = before.trim_end_matches(is_word).len();
        let name = &before[start..];
        if name.is_empty() || !names_secret(name) {
            return None;
        }
        let lead = match quote {
            Some(quote) => before[..start].strip_suffix(quote)?,
            None => &before[..start],
        };
        let line = &lead[lead.rfind('\n').map_or(0, |end| end + 1)..];
        if is_comment(line) {
            return None;
        }
        let alone = is_block && is_lead(line);
        let among = match (lead.chars().next_back(), quote) {
            (None, _) => sign == b'=',
            (Some('{' | ','), Some(_)) => true,
            (Some(c), None) => sign == b'=' && tight && matches!(c, ';' | '&' | '?' | ' '),
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
        let (value, is_quoted) = if alone || among {
            value_of(rest.trim_start_matches([' ', '\t']), alone)?
        } else {
            return None;
        };
        Some(Self {
            name,
            value,
            is_quoted,
        })
    }

    /// Is the value the text of a secret?
    fn holds_secret(self, code: bool) -> bool {
        let Self {
            name,
            value,
            is_quoted,
        } = self;
        let words = [
            "true", "false", "null", "none", "nil", "yes", "no", "string", "required", "optional",
        ];
        let is_word = || words.iter().any(|it| it.eq_ignore_ascii_case(value));
        let is_count = || value.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        let is_path = || value.starts_with(['/', '.']) && value[1..].contains('/');
        let is_other = || {
            value.starts_with(['*', '&', '!', '|', '>', '@', '%', '[', '#']) || value.contains('(')
        };
        let context = SecretContext::default();
        value.len() >= 4
            && is_filled(value)
            && !(is_word() || is_count() || is_path() || is_other())
            && (is_quoted || !code && !is_property(value))
            && !name.eq_ignore_ascii_case(value)
            && matches!(
                classify(value, &context),
                SecretClass::Plain | SecretClass::Weak
            )
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// A text without the quote at its end.
fn unquoted_end(text: &str) -> (&str, Option<char>) {
    match text.chars().next_back() {
        Some(quote @ ('"' | '\'')) => (&text[..text.len() - 1], Some(quote)),
        _ => (text, None),
    }
}

/// Names of secrets that are something else in a text: the name of a cookie, a map.
const OTHERS: &[&str] = &["cookie", "proxyconfig", "configjson", "basicauth"];

fn names_secret(name: &str) -> bool {
    let other = |end: &&str| {
        let letters = name.bytes().rev().filter(|it| !matches!(it, b'_' | b'-'));
        let mut letters = letters.map(|it| it.to_ascii_lowercase());
        end.bytes().rev().all(|it| letters.next() == Some(it))
    };
    is_secret_key(name) && !OTHERS.iter().any(other)
}

/// Is what stands on a line before a name nothing of weight?
fn is_lead(line: &str) -> bool {
    let words = ["-", "export", "set", "declare", "ENV", "{", "\"", "'"];
    line.split_whitespace().all(|it| words.contains(&it))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", ";", "//", "--", "*", "<!--"]
        .iter()
        .any(|it| line.starts_with(it) && !is_flag(line))
}

/// `--name`, which is no comment.
fn is_flag(line: &str) -> bool {
    line.strip_prefix("--")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Is a text that of a program, in which what stands without quotes is a name?
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

/// `config.database.password`: what a value is called elsewhere.
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

/// The value that a text begins with, and whether it stands in quotes. `None` if it is several words without quotes, where those
/// would be one: on a line of its own.
fn value_of(rest: &str, alone: bool) -> Option<(&str, bool)> {
    let line = rest.lines().next().unwrap_or_default();
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

/// A list of variables as text, as templates take it, with one that is called like a secret and has its value.
fn variable(text: &str) -> Option<&str> {
    let mut named = None;
    text.lines().find_map(|line| {
        let told = named.filter(|_| line_value(line, "value").is_some_and(is_filled));
        named = line_value(line, "name").filter(|it| is_secret_key(it));
        told
    })
}

/// What stands behind a key on a line of YAML.
fn line_value<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    let entry = line.trim_start().trim_start_matches("- ");
    let rest = entry.strip_prefix(key)?.strip_prefix(':')?;
    Some(rest.trim().trim_matches(['"', '\'']))
}

/// What fluent-bit's outputs call a secret, in small letters (fluent-bit 3.1, the pages of `es`, `http`, `splunk`, `forward`, `datadog`,
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

/// Outputs of fluent-bit in its own format, with a password or a token in them.
fn output_password(text: &str) -> Option<&str> {
    let mut inside = false;
    text.lines().find_map(|line| {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line.eq_ignore_ascii_case("[output]");
        }
        let (key, value) = line.split_once(char::is_whitespace).filter(|_| inside)?;
        let mut secrets = OUTPUT_SECRETS.iter();
        let told = secrets.any(|it| it.eq_ignore_ascii_case(key)) && is_filled(value.trim());
        told.then_some(key)
    })
}

/// Words that a server's settings or a database's statements put before a password (redis.conf of Redis 7, `CREATE ROLE` of PostgreSQL 16,
/// `CREATE USER` of MySQL 8).
const BEFORE: &[(&str, bool)] = &[
    ("requirepass", false),
    ("masterauth", false),
    ("password", true),
    ("identified by", true),
];

/// A setting or statement that has no sign between the name and the password, and a token or an address with a password, wherever
/// it stands.
fn statement(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let line = line.trim();
        if is_comment(line) {
            return None;
        }
        let told = BEFORE
            .iter()
            .find_map(|(word, quoted)| stated(line, word, *quoted));
        told.or_else(|| line_token(line))
    })
}

/// The word, where a password stands behind it: in quotes anywhere, without them as the only word behind it.
fn stated<'t>(line: &'t str, word: &str, quoted: bool) -> Option<&'t str> {
    let starts =
        line.match_indices(|c: char| c.eq_ignore_ascii_case(&char::from(word.as_bytes()[0])));
    let mut starts = starts.filter(|(at, _)| *at == 0 || quoted && line[..*at].ends_with(' '));
    starts.find_map(|(at, _)| {
        let found = line
            .get(at..at + word.len())
            .filter(|it| it.eq_ignore_ascii_case(word))?;
        let rest = line[at + word.len()..].strip_prefix(' ')?.trim_start();
        let (value, is_quoted) = value_of(rest, !quoted)?;
        let told = Setting {
            name: found,
            value,
            is_quoted,
        };
        (is_quoted || !quoted && rest.split_whitespace().count() == 1).then_some(told)?;
        told.holds_secret(false).then_some(found)
    })
}

/// The first word of a line on which a token stands, or an address with a password in it. Not so of a proxy, of which the password is
/// part.
fn line_token(line: &str) -> Option<&str> {
    let parts =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ',' | '(' | ')' | '<' | '>');
    let token = line.split(parts).find(|word| is_hidden_text(word))?;
    let start = line.find(|c: char| c.is_ascii_alphanumeric() || c == '_')?;
    let end = line[start..]
        .find(|c: char| !is_word(c))
        .map_or(line.len(), |it| start + it);
    let name = &line[start..end];
    // It is not named, or the name would be (part of) the token.
    if token.contains(name) {
        return Some("token");
    }
    let is_proxy = name.to_ascii_lowercase().ends_with("proxy");
    (!is_proxy).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn outputs_of_fluent_bit_are_secret_with_a_password_in_them() {
        for (text, secret) in [
            ("[OUTPUT]\n    Name es\n    HTTP_Passwd hunter2\n", true),
            ("[output]\n  Name splunk\n  splunk_token\t0a1b\n", true),
            ("[OUTPUT]\n    Name es\n    HTTP_User wire\n", false),
            ("[OUTPUT]\n    HTTP_Passwd ${ES_PASSWORD}\n", false),
            ("[OUTPUT]\n    HTTP_Passwd\n", false),
            ("[INPUT]\n    Name tail\n[FILTER]\n    Password x\n", false),
            ("[OUTPUT] HTTP_Passwd hunter2", false),
        ] {
            assert_eq!(secret_setting(text).is_some(), secret, "{text}");
        }
    }

    #[test]
    fn settings_scripts_and_arguments_tell_their_secrets_by_name() {
        for (text, name) in [
            ("database:\n  password: Tr0ub4dor\n", Some("password")),
            (
                "database:\n  - password: 'a word or two'\n",
                Some("password"),
            ),
            (
                "[smtp]\nsmtp_password = Tr0ub4dor ; mine\n",
                Some("smtp_password"),
            ),
            (
                "a=1\nspring.datasource.password=Tr0ub4dor",
                Some("spring.datasource.password"),
            ),
            (
                "#!/bin/sh\nexport DB_PASSWORD=Tr0ub4dor\n",
                Some("DB_PASSWORD"),
            ),
            (
                "{\"user\": \"me\", \"apiKey\":\"0a1b2c3d\"}",
                Some("apiKey"),
            ),
            ("{\n  \"token\" : \"0a1b2c3d\",\n}", Some("token")),
            ("output {\n  x { password => \"Tr0ub4dor\" }\n}", None),
            ("output {\n  password => \"Tr0ub4dor\"\n}", Some("password")),
            ("host=db user=me password=Tr0ub4dor", Some("password")),
            ("Server=db;Password=Tr0ub4dor;", Some("Password")),
            ("https://x.test/hook?token=0a1b2c3d", Some("token")),
            ("--verbose --password=Tr0ub4dor", Some("--password")),
            (
                "-Djavax.net.ssl.keyStorePassword=Tr0ub4dor",
                Some("-Djavax.net.ssl.keyStorePassword"),
            ),
            ("port 6379\nrequirepass Tr0ub4dor\n", Some("requirepass")),
            (
                "CREATE ROLE wire\n  WITH LOGIN PASSWORD 'Tr0ub4dor';",
                Some("PASSWORD"),
            ),
            (
                "x;\nCREATE USER wire IDENTIFIED BY 'Tr0ub4dor';",
                Some("IDENTIFIED BY"),
            ),
            (
                "a: b\nDATABASE_URL=postgres://me:Tr0ub4dor@db/x",
                Some("DATABASE_URL"),
            ),
            ("a: b\npostgres://me:Tr0ub4dor@db/x\n", Some("token")),
            ("a: b\nghp_abcdefghijklmnopqrstuvwxyz\n", Some("token")),
            (
                "a: b\nuser: x # ghp_abcdefghijklmnopqrstuvwxyz\n",
                Some("user"),
            ),
        ] {
            assert_eq!(secret_setting(text), name, "{text}");
        }
    }

    #[test]
    fn what_only_names_a_secret_or_puts_it_in_later_is_none() {
        for text in [
            "Tr0ub4dor",
            "password: Tr0ub4dor",
            "Password: at least eight characters",
            "a:\n  # password: Tr0ub4dor\n",
            "a:\n  password: ${DB_PASSWORD}\n",
            "a:\n  password: {{ .Values.password }}\n",
            "a:\n  password: <yours>\n",
            "a:\n  password: CHANGE-ME\n",
            "a:\n  password: ref+vault://kv/x#/y\n",
            "a:\n  password: |\n    x\n",
            "a:\n  password: string\n",
            "a:\n  token: /var/run/secrets/token\n",
            "a:\n  token: 3600\n",
            "a:\n  passwordFile: Tr0ub4dor\n",
            "a:\n  session_cookie: grafana_session\n",
            "password: must be long\nand more\n",
            "if password == 'Tr0ub4dor' then\n",
            "import os\npassword = secret_value\n",
            "x = 1\npassword = os.environ['X']\ntoken = request.headers.token\n",
            "x\npassword = get_password(1)\n",
            "x\npassword = password\n",
            "spec:\n  - secretKey: db-password\n    remoteRef: {key: x}\n",
            "https://x.test/hook?token=${TOKEN}",
            "http_proxy=http://me:Tr0ub4dor@proxy:80\na=b\n",
            "ALTER ROLE wire PASSWORD NULL;\nx\n",
            "sum(rate(x{token=\"abcdef\"}[5m]))",
            "the password is Tr0ub4dor\nsay nothing",
        ] {
            assert_eq!(secret_setting(text), None, "{text}");
        }
    }
}
