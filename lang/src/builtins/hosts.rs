//! Hostnames, and which of them bypass a proxy.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::builtins::addresses::is_private;
use crate::builtins::call::{answer_bool, answer_list, answer_truth};
use crate::builtins::{Answer, Builtin, Call, Stop};
use crate::eval::Truth;
use crate::value::{Data, List};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "hostname(value: any) -> bool",
        "A hostname as defined by RFC 1123: labels of letters, digits and inner `-`, at most 63 characters each and 253 in total. IP addresses do not count.",
        &[
            ("'cannon-0.cannon.default' is a hostname", "true"),
            ("'a_b' is a hostname", "false"),
            ("'10.0.0.1' is a hostname", "false"),
            ("'http://a' is a hostname", "false"),
        ],
        |call| answer_bool(call.maybe_text(0).is_some_and(is_hostname)),
    ),
    Builtin::predicate(
        "internal-host(value: any) -> bool",
        "A name or address that looks cluster-internal: a single label, `….svc`, `….svc.<domain>`, `….local`, or a private or loopback address.",
        &[
            ("'elasticsearch-external' is an internal-host", "true"),
            ("'es.db.svc.cluster.local' is an internal-host", "true"),
            ("'10.1.2.3' is an internal-host", "true"),
            ("'sqs.eu-west-1.amazonaws.com' is an internal-host", "false"),
        ],
        |call| {
            answer_bool(
                call.maybe_text(0)
                    .is_some_and(|host| is_internal(host, &[])),
            )
        },
    ),
    Builtin::new(
        "is-internal-host(host: string, namespaces: list of string) -> bool",
        "Like `is internal-host`, but also accepts `service.namespace` with one of the namespaces.",
        &[
            ("is-internal-host('brig.prod', ['prod'])", "true"),
            ("is-internal-host('brig.prod', [])", "false"),
        ],
        |call| {
            let namespaces = call.strings(1)?;
            answer_bool(is_internal(call.text(0)?, &namespaces))
        },
    ),
    Builtin::new(
        "host-has-suffix(host: string, suffix: string) -> bool",
        "Is the host equal to the suffix, or a subdomain of it? Compares whole labels, ignoring case.",
        &[
            ("host-has-suffix('a.example.com', 'example.com')", "true"),
            ("host-has-suffix('a.example.com', '.Example.com')", "true"),
            ("host-has-suffix('notexample.com', 'example.com')", "false"),
        ],
        |call| {
            let suffix = call.text(1)?.trim_start_matches('.').to_ascii_lowercase();
            let host = call.text(0)?.to_ascii_lowercase();
            answer_bool(!suffix.is_empty() && dotted(&host).ends_with(&dotted(&suffix)))
        },
    ),
    Builtin::new(
        "no-proxy-covers(list: list of string, host: string) -> bool",
        "Does the host bypass the proxy according to Haskell's http-client? Elements are split at commas, compared in lower case, \
         and cover a host and all of its subdomains. CIDR ranges, `*`, ports and URLs cover nothing.",
        &[
            ("no-proxy-covers(['brig', 'galley'], 'brig')", "true"),
            (
                "no-proxy-covers(['a,.Default'], 'cannon-7.cannon.default')",
                "true",
            ),
            (
                "no-proxy-covers(['cannon'], 'cannon-0.cannon.default')",
                "false",
            ),
            ("no-proxy-covers(['10.0.0.0/8'], '10.1.2.3')", "false"),
            ("no-proxy-covers(['*'], 'brig')", "false"),
            ("no-proxy-covers(['brig '], 'brig')", "false"),
        ],
        no_proxy_covers,
    ),
    Builtin::new(
        "no-proxy-uncovered(list: list of string, hosts: list of string) -> list of string",
        "The hosts for which `no-proxy-covers` is false.",
        &[(
            "no-proxy-uncovered(['brig'], ['brig', 'galley'])",
            "[\"galley\"]",
        )],
        no_proxy_uncovered,
    )
    .elements(),
];

/// RFC 1123, with an optional trailing dot.
fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label) && text.parse::<IpAddr>().is_err()
}

fn is_internal(host: &str, namespaces: &[Cow<'_, str>]) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return is_private(address);
    }
    if !is_hostname(host) {
        return false;
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        [_] => true,
        [.., "local"] => true,
        [_, namespace] => *namespace == "svc" || namespaces.iter().any(|it| it == namespace),
        [_, rest @ ..] => rest.contains(&"svc"),
        [] => false,
    }
}

fn dotted(text: &str) -> String {
    if text.starts_with('.') {
        text.to_owned()
    } else {
        format!(".{text}")
    }
}

/// A bypass list, as in http-client's Network/HTTP/Proxy.hs.
struct Bypass<'a, 'h> {
    list: Cow<'a, List<'h>>,
    /// The total length of its elements, in bytes.
    length: usize,
}

impl<'a, 'h> Bypass<'a, 'h> {
    fn read(call: &mut Call<'a, 'h>) -> Result<Self, Stop> {
        let list = call.list(0)?;
        let texts = list.items.iter().map(|item| match &item.data {
            Data::String(text) => text.len(),
            _ => 0,
        });
        let length = texts.sum();
        Ok(Self { list, length })
    }

    fn covers(&self, call: &mut Call<'_, 'h>, host: &str) -> Result<Truth, Stop> {
        call.charge(self.list.items.len())?;
        call.charge_text(self.length)?;
        let mut open = self.list.incomplete.as_deref();
        for item in &self.list.items {
            match &item.data {
                Data::String(text) if text.split(',').any(|part| covers(part, host)) => {
                    return Ok(Truth::True);
                }
                Data::Absent(_) => open = open.or(Some(item)),
                // A chart joins the elements as text; a number or boolean is never a host.
                _ => {}
            }
        }
        Ok(open.map_or(Truth::False, Truth::of_value))
    }
}

/// Does a part of a bypass list cover a host? Only leading blanks are dropped; a dot is prepended to both unless there is one.
fn covers(part: &str, host: &str) -> bool {
    let part = part.trim_start_matches(' ');
    if part.is_empty() {
        return false;
    }
    if !part.is_ascii() || !host.is_ascii() {
        return dotted(&host.to_lowercase()).ends_with(&dotted(&part.to_lowercase()));
    }
    let (host, part) = (host.as_bytes(), part.as_bytes());
    let part = part.strip_prefix(b".").unwrap_or(part);
    let Some(start) = host.len().checked_sub(part.len()) else {
        return false;
    };
    let (before, end) = host.split_at(start);
    let at_dot = match before {
        [] => !host.starts_with(b"."),
        [.., last] => *last == b'.',
    };
    at_dot && end.eq_ignore_ascii_case(part)
}

fn no_proxy_covers<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let bypass = Bypass::read(call)?;
    let host = call.text(1)?;
    answer_truth(bypass.covers(call, host)?)
}

fn no_proxy_uncovered<'h>(call: &mut Call<'_, 'h>) -> Answer<'h> {
    let bypass = Bypass::read(call)?;
    let hosts = call.list(1)?.into_owned();
    let mut uncovered = List {
        items: Vec::new(),
        incomplete: hosts.incomplete,
    };
    for host in hosts.items {
        let truth = match &host.data {
            Data::String(text) => bypass.covers(call, text)?,
            _ => Truth::of_value(&host),
        };
        match truth {
            Truth::True => {}
            Truth::False => uncovered.items.push(host),
            undecided => uncovered.mark_incomplete(undecided.into_value()),
        }
    }
    answer_list(uncovered.items, uncovered.incomplete)
}

#[cfg(test)]
mod tests {
    use super::{covers, dotted};
    use proptest::prelude::*;

    proptest! {
        /// A part covers any host that ends with it, with a dot before both.
        #[test]
        fn part_coverage_matches_http_client(part in " ?[aBé.]{0,4}", host in "[AbÉ.]{0,5}") {
            let bare = part.trim_start_matches(' ');
            let expected = !bare.is_empty()
                && dotted(&host.to_lowercase()).ends_with(&dotted(&bare.to_lowercase()));
            prop_assert_eq!(covers(&part, &host), expected);
        }
    }
}
