//! URLs as written in configuration, including `host:port` without a scheme.

use crate::builtins::call::{answer_bool, answer_number};
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "url(value: any) -> bool",
        "A URL with a scheme and a host.",
        &[
            ("'http://proxy:8080' is a url", "true"),
            ("'proxy:8080' is a url", "false"),
            ("'http://' is a url", "false"),
            ("'http:/proxy' is a url", "false"),
        ],
        |call| answer_bool(call.maybe_text(0).is_some_and(is_url)),
    ),
    Builtin::new(
        "url-scheme(url: string) -> string?",
        "The part before `://`, in lower case.",
        &[
            ("url-scheme('HTTPS://a.b/c')", "\"https\""),
            ("url-scheme('proxy:8080')", "missing"),
        ],
        |call| part(call, |url| url.scheme.map(str::to_ascii_lowercase)),
    ),
    Builtin::new(
        "url-host(url: string) -> string?",
        "The host, without user, port and brackets. Text without a scheme is parsed as `host:port/path`.",
        &[
            (
                "url-host('http://user:pw@proxy.corp:8080/x')",
                "\"proxy.corp\"",
            ),
            ("url-host('proxy:8080')", "\"proxy\""),
            ("url-host('http://[::1]:80')", "\"::1\""),
            ("url-host('http:///x')", "missing"),
        ],
        |call| {
            part(call, |url| {
                Some(url.host.to_owned()).filter(|host| !host.is_empty())
            })
        },
    ),
    Builtin::new(
        "url-port(url: string) -> number?",
        "The port, at most 65535. Defaults to the port of the scheme: 80 for `http`, 443 for `https`.",
        &[
            ("url-port('http://a:8080')", "8080"),
            ("url-port('a:8080')", "8080"),
            ("url-port('http://a/b')", "80"),
            ("url-port('https://a')", "443"),
            ("url-port('HTTPS://a:')", "443"),
            ("url-port('a')", "missing"),
            ("url-port('a:x')", "missing"),
            ("url-port('a:+80')", "missing"),
        ],
        |call| {
            let port = port(&split(call.text(0)?)).ok_or(Stop::Missing)?;
            answer_number(f64::from(port))
        },
    ),
    Builtin::new(
        "url-path(url: string) -> string",
        "The path, starting with `/`, without query and fragment; empty if there is none.",
        &[
            ("url-path('http://a/b/c?d#e')", "\"/b/c\""),
            ("url-path('a:80')", "\"\""),
        ],
        |call| part(call, |url| Some(url.path.to_owned())),
    ),
    Builtin::new(
        "url-query(url: string) -> string?",
        "The part between `?` and `#`.",
        &[
            ("url-query('http://a/b?c=1#e')", "\"c=1\""),
            ("url-query('http://a')", "missing"),
        ],
        |call| part(call, |url| url.query.map(str::to_owned)),
    ),
    Builtin::new(
        "url-fragment(url: string) -> string?",
        "The part after `#`.",
        &[("url-fragment('http://a/b#e')", "\"e\"")],
        |call| part(call, |url| url.fragment.map(str::to_owned)),
    ),
    Builtin::new(
        "url-user(url: string) -> string?",
        "The username before `@`.",
        &[
            ("url-user('http://me:pw@a')", "\"me\""),
            ("url-user('http://a')", "missing"),
        ],
        |call| {
            part(call, |url| {
                let user = url.userinfo?;
                Some(
                    user.split_once(':')
                        .map_or(user, |(name, _)| name)
                        .to_owned(),
                )
            })
        },
    ),
    Builtin::new(
        "url-has-password(url: string) -> bool",
        "Is there a password before `@`?",
        &[
            ("url-has-password('http://me:pw@a')", "true"),
            ("url-has-password('http://me@a')", "false"),
        ],
        |call| {
            let user = split(call.text(0)?).userinfo;
            answer_bool(
                user.and_then(|user| user.split_once(':'))
                    .is_some_and(|(_, pw)| !pw.is_empty()),
            )
        },
    )
    .reveals_nothing(),
];

/// The parser repairs what browsers do, such as `http:host` and `http:///host`; programs that read a configuration do not.
fn is_url(text: &str) -> bool {
    let parts = split(text);
    let parsed = || url::Url::parse(text);
    parts.scheme.is_some() && !parts.host.is_empty() && parsed().is_ok_and(|url| url.has_host())
}

/// The parts of a URL, not validated.
struct Parts<'t> {
    scheme: Option<&'t str>,
    userinfo: Option<&'t str>,
    host: &'t str,
    port: Option<&'t str>,
    path: &'t str,
    query: Option<&'t str>,
    fragment: Option<&'t str>,
}

fn split(text: &str) -> Parts<'_> {
    let text = text.trim();
    let is_scheme = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, text),
    };
    let (rest, fragment) = match rest.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (rest, None),
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (userinfo, address) = match authority.rsplit_once('@') {
        Some((userinfo, address)) => (Some(userinfo), address),
        None => (None, authority),
    };
    let bracketed = address
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        // Several colons without brackets mean an IPv6 address without a port.
        None if address.matches(':').count() > 1 => (address, None),
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    Parts {
        scheme,
        userinfo,
        host,
        port,
        path,
        query,
        fragment,
    }
}

/// The explicit port, or else that of the scheme (RFC 9110 §4.2; an empty port counts as none, RFC 3986 §3.2.3).
fn port(parts: &Parts<'_>) -> Option<u16> {
    match (parts.port, parts.scheme) {
        // The parser would accept a sign.
        (Some(written), _) if written.starts_with('+') => None,
        (Some(written), _) if !written.is_empty() => written.parse().ok(),
        (_, Some(scheme)) if scheme.eq_ignore_ascii_case("http") => Some(80),
        (_, Some(scheme)) if scheme.eq_ignore_ascii_case("https") => Some(443),
        _ => None,
    }
}

fn part<'h>(call: &mut Call<'_, 'h>, of: fn(&Parts<'_>) -> Option<String>) -> Answer<'h> {
    let text = of(&split(call.text(0)?)).ok_or(Stop::Missing)?;
    call.charge_text(text.len())?;
    Ok(Value::string(text))
}
