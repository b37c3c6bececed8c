//! IP addresses and networks.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::builtins::call::answer_bool;
use crate::builtins::{Builtin, Stop};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::predicate(
        "ip(value: any) -> bool",
        "An IPv4 or IPv6 address.",
        &[
            ("'10.0.0.1' is an ip", "true"),
            ("'::1' is an ip", "true"),
            ("'10.0.0.0/8' is an ip", "false"),
        ],
        |call| {
            answer_bool(
                call.maybe_text(0)
                    .is_some_and(|text| text.parse::<IpAddr>().is_ok()),
            )
        },
    ),
    Builtin::predicate(
        "cidr(value: any) -> bool",
        "A network in CIDR notation, such as `10.0.0.0/8`.",
        &[
            ("'10.0.0.0/8' is a cidr", "true"),
            ("'10.0.0.0' is a cidr", "false"),
            ("'10.0.0.0/33' is a cidr", "false"),
        ],
        |call| {
            answer_bool(
                call.maybe_text(0)
                    .is_some_and(|text| text.parse::<IpNet>().is_ok()),
            )
        },
    ),
    Builtin::predicate(
        "private-ip(value: any) -> bool",
        "An IP address not routed on the internet: private, loopback, link-local or unique local.",
        &[
            ("'192.168.1.1' is a private-ip", "true"),
            ("'127.0.0.1' is a private-ip", "true"),
            ("'fd00::1' is a private-ip", "true"),
            ("'8.8.8.8' is a private-ip", "false"),
        ],
        |call| {
            let address = call.maybe_text(0).and_then(|text| text.parse().ok());
            answer_bool(address.is_some_and(is_private))
        },
    ),
    Builtin::new(
        "cidr-contains(network: string, address: string) -> bool",
        "Does the network contain the address, or all of another network?",
        &[
            ("cidr-contains('10.0.0.0/8', '10.1.2.3')", "true"),
            ("cidr-contains('10.0.0.0/8', '10.1.0.0/16')", "true"),
            ("cidr-contains('10.0.0.0/8', '11.0.0.1')", "false"),
            ("cidr-contains('ten', '11.0.0.1')", "missing"),
        ],
        |call| {
            let network: IpNet = call.text(0)?.parse().map_err(|_| Stop::Missing)?;
            let text = call.text(1)?;
            let other: IpNet = match text.parse::<IpAddr>() {
                Ok(address) => IpNet::from(address),
                Err(_) => text.parse().map_err(|_| Stop::Missing)?,
            };
            answer_bool(network.contains(&other))
        },
    ),
];

/// Is the address not routed on the internet?
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            v6.is_loopback() || (first & 0xfe00) == 0xfc00 || (first & 0xffc0) == 0xfe80
        }
    }
}
