//! Host names, and which of them a proxy is bypassed for.

use std::net::IpAddr;

use crate::builtins::addresses::is_private;
use crate::builtins::call::{answer_bool, answer_list, answer_truth};
use crate::builtins::{Answer, Builtin, Call};
use crate::eval::Truth;
use crate::value::{Data, List, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "hostname(value: any) -> bool",
        "A host name of RFC 1123: labels of letters, digits and inner `-`, at most 63 characters each and 253 in all. No address.",
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
        "A name or address inside the cluster, as far as its form tells: one label, `….svc`, `….svc.<domain>`, `….local`, or a private or loopback address.",
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
        "As `is internal-host`; besides, `service.namespace` with one of the namespaces.",
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
        "Is the host the suffix, or a name below it? Whole labels are compared, without regard to case.",
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
        "Is the host exempt from the proxy, as Haskell's http-client decides it? Elements are split at commas, compared in lower case, \
         and cover a host and every name below it. Addresses with a mask, `*`, ports and URLs cover nothing.",
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
        "Those of the hosts that `no-proxy-covers` does not hold for.",
        &[(
            "no-proxy-uncovered(['brig'], ['brig', 'galley'])",
            "[\"galley\"]",
        )],
        no_proxy_uncovered,
    )
    .elements(),
];

/// RFC 1123, with an optional dot at the end.
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

fn is_internal(host: &str, namespaces: &[std::borrow::Cow<'_, str>]) -> bool {
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

/// What the elements of a bypass list cover: http-client, Network/HTTP/Proxy.hs. Only leading blanks are dropped.
struct Bypass<'h> {
    suffixes: Vec<String>,
    open: Option<Value<'h>>,
}

impl<'h> Bypass<'h> {
    fn read(call: &mut Call<'_, 'h>) -> Result<Self, crate::builtins::Stop> {
        let list = call.list(0)?;
        let mut open = list.incomplete.as_deref().cloned();
        let mut suffixes = Vec::new();
        for item in &list.items {
            match &item.data {
                Data::String(text) => {
                    call.charge_text(text.len())?;
                    let parts = text.split(',').map(|part| part.trim_start_matches(' '));
                    let parts = parts.filter(|part| !part.is_empty());
                    suffixes.extend(parts.map(|part| dotted(&part.to_lowercase())));
                }
                Data::Absent(_) => open = open.or_else(|| Some(item.clone())),
                // A chart joins the elements as text; no number or boolean is a host.
                _ => {}
            }
        }
        Ok(Self { suffixes, open })
    }

    fn covers(&self, call: &mut Call<'_, 'h>, host: &str) -> Result<Truth, crate::builtins::Stop> {
        call.charge(self.suffixes.len())?;
        let host = dotted(&host.to_lowercase());
        if self
            .suffixes
            .iter()
            .any(|suffix| host.ends_with(suffix.as_str()))
        {
            return Ok(Truth::True);
        }
        Ok(self.open.as_ref().map_or(Truth::False, Truth::of_value))
    }
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
            undecided => uncovered.lacks(undecided.into_value()),
        }
    }
    answer_list(uncovered.items, uncovered.incomplete)
}
