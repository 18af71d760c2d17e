//! "Connectivity to AWS is temporarily interrupted as the virtual interface is being migrated." (API reference,
//! AssociateVirtualInterface.) It "goes down for a brief period" (User Guide). So whoever moves an interface that
//! carries traffic says so; one that is down has nothing to interrupt. To move that one is the failover which the
//! function exists for: it takes no path away either, which is why [`super::redundancy`] asks here too.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{BgpPeer, Facts, Port};
use crate::request::Request;

pub(super) const INTERRUPTS_TRAFFIC: Check = Check {
    name: "interrupts-traffic",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "no BGP session is up, or the port that carries it is down, so that the move interrupts nothing",
    source: "API reference, AssociateVirtualInterface: connectivity is temporarily interrupted during the migration",
    run: interrupts_traffic,
};

fn interrupts_traffic(_: &Request, facts: &Facts) -> Vec<Fault> {
    let interface = &facts.virtual_interface;
    let cannot_tell = |because: &str| vec![Fault::cannot_tell("whether the move interrupts traffic", because)];
    match carries_traffic(facts) {
        Some(true) => vec![Fault::CarriesTraffic { families: families(facts), target: facts.target.id.clone() }],
        Some(false) => Vec::new(),
        None if interface.bgp_peers.is_empty() => {
            cannot_tell("AWS lists no BGP peers of the virtual interface, and it is not down")
        }
        // Sessions that only leave are not the move's to interrupt; that they leave is for peers-settled to say.
        None if interface.standing_peers().next().is_none() => Vec::new(),
        None => cannot_tell("AWS did not say of each BGP session whether it is up"),
    }
}

/// Whether the interface carries traffic where it is now. Fails closed: `Some(false)` only where that is certain.
///
/// A session that is up outweighs the state `down`, for AWS does not say which of the two it shows for an interface
/// with one session up and one down. A port that is down outweighs both: BGP stays up until its hold timer ends.
pub(super) fn carries_traffic(facts: &Facts) -> Option<bool> {
    let interface = &facts.virtual_interface;
    if facts.source.as_ref().is_some_and(Port::is_certainly_down) {
        return Some(false);
    }
    let statuses: Vec<_> = interface.standing_peers().map(|peer| peer.bgp_status.as_deref()).collect();
    if statuses.contains(&Some("up")) {
        return Some(true);
    }
    let all_sessions_down = !statuses.is_empty() && statuses.iter().all(|status| *status == Some("down"));
    let down = interface.virtual_interface_state.as_deref() == Some("down");
    (down || all_sessions_down).then_some(false)
}

/// `ipv4 and ipv6`.
fn families(facts: &Facts) -> String {
    let interface = &facts.virtual_interface;
    let nameless = |peer: &BgpPeer| peer.bgp_status.as_deref() == Some("up") && peer.family().is_none();
    let mut families: Vec<_> = interface.families_up().into_iter().collect();
    if interface.standing_peers().any(nameless) {
        families.push("family unknown");
    }
    families.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{DOWN, UP, bring_up, example, lag_with_links, prove, row, text};
    use crate::facts::VirtualInterface;

    fn ipv6(status: &str) -> BgpPeer {
        BgpPeer { amazon_address: text("2001:db8::1/125"), bgp_status: text(status), ..BgpPeer::default() }
    }

    fn carries(families: &str) -> Vec<Fault> {
        vec![Fault::CarriesTraffic { families: families.to_owned(), target: "dxlag-fexample".to_owned() }]
    }

    fn unknown(because: &str) -> Vec<Fault> {
        vec![Fault::cannot_tell("whether the move interrupts traffic", because)]
    }

    const NONE_LISTED: &str = "AWS lists no BGP peers of the virtual interface, and it is not down";
    const NOT_SAID: &str = "AWS did not say of each BGP session whether it is up";

    #[test]
    fn interrupts_traffic() {
        prove(
            &INTERRUPTS_TRAFFIC,
            vec![
                row("the example, which is down, is clean", |_, _| {}, vec![]),
                row("IPv4 is up", |_, facts| bring_up(facts), carries("ipv4")),
                row(
                    "IPv6 alone is up",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers = vec![ipv6("up")];
                    },
                    carries("ipv6"),
                ),
                row(
                    "both are up",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers.push(ipv6("up"));
                    },
                    carries("ipv4 and ipv6"),
                ),
                row(
                    "one of both is up",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers.push(ipv6("down"));
                    },
                    carries("ipv4"),
                ),
                row(
                    "one of both is up, and AWS calls the interface down",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.virtual_interface_state = text("down");
                        facts.virtual_interface.bgp_peers.push(ipv6("down"));
                    },
                    carries("ipv4"),
                ),
                row(
                    "up for no longer than its hold timer, for its port is down",
                    |_, facts| {
                        bring_up(facts);
                        facts.source.get_or_insert_default().state = text("down");
                    },
                    vec![],
                ),
                row(
                    "up, and its port is not said to be down",
                    |_, facts| {
                        bring_up(facts);
                        facts.source.get_or_insert_default().state = text("pending");
                    },
                    carries("ipv4"),
                ),
                row(
                    "AWS did not say which family is up",
                    |_, facts| {
                        bring_up(facts);
                        let up = BgpPeer { bgp_status: text("up"), ..BgpPeer::default() };
                        facts.virtual_interface.bgp_peers = vec![up];
                    },
                    carries("family unknown"),
                ),
                row(
                    "available, and its one session is down",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers[0].bgp_status = text("down");
                    },
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn interrupts_traffic_or_cannot_be_told() {
        prove(
            &INTERRUPTS_TRAFFIC,
            vec![
                row("the example, which is down, is clean", |_, _| {}, vec![]),
                row(
                    "available, and the status of its session is unknown",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers[0].bgp_status = text("unknown");
                    },
                    unknown(NOT_SAID),
                ),
                row(
                    "available, IPv4 is down and AWS did not say how IPv6 is",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers[0].bgp_status = text("down");
                        facts.virtual_interface.bgp_peers.push(BgpPeer { bgp_status: None, ..ipv6("") });
                    },
                    unknown(NOT_SAID),
                ),
                row(
                    "down, and the status of its session is unknown",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.virtual_interface_state = text("down");
                        facts.virtual_interface.bgp_peers[0].bgp_status = text("unknown");
                    },
                    vec![],
                ),
                row(
                    "down, and no peers are listed",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.virtual_interface_state = text("down");
                        facts.virtual_interface.bgp_peers.clear();
                    },
                    vec![],
                ),
                row(
                    "available, and no peers are listed, as in old answers",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers.clear();
                    },
                    unknown(NONE_LISTED),
                ),
                row(
                    "neither its state nor its peers are known",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.virtual_interface_state = None;
                        facts.virtual_interface.bgp_peers.clear();
                    },
                    unknown(NONE_LISTED),
                ),
                row(
                    "a session that is being deleted is not the move's to interrupt",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers[0].bgp_peer_state = text("deleting");
                        facts.virtual_interface.bgp_peers.push(ipv6("down"));
                    },
                    vec![],
                ),
                row(
                    "sessions that all leave are for peers-settled to tell of",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers[0].bgp_peer_state = text("deleting");
                        let gone = BgpPeer { bgp_peer_state: text("deleted"), ..ipv6("up") };
                        facts.virtual_interface.bgp_peers.push(gone);
                    },
                    vec![],
                ),
            ],
        );
    }

    /// A sentence, a mutation of the example that is up, and whether it carries traffic.
    type Row = (&'static str, fn(&mut Facts), Option<bool>);

    fn port_in(facts: &mut Facts, state: &str) {
        facts.source.get_or_insert_default().state = text(state);
    }

    #[test]
    fn carries_traffic() {
        fn its(facts: &mut Facts) -> &mut VirtualInterface {
            &mut facts.virtual_interface
        }
        let rows: Vec<Row> = vec![
            ("it is up", |_| {}, Some(true)),
            (
                "a session is up, though the state is down",
                |facts| its(facts).virtual_interface_state = text("down"),
                Some(true),
            ),
            (
                "its one session is down, though the state is not",
                |facts| its(facts).bgp_peers = vec![ipv6("down")],
                Some(false),
            ),
            ("one of two sessions is up", |facts| its(facts).bgp_peers.push(ipv6("down")), Some(true)),
            (
                "its state is down and no peers are listed",
                |facts| {
                    its(facts).virtual_interface_state = text("down");
                    its(facts).bgp_peers.clear();
                },
                Some(false),
            ),
            (
                "its state is down and of its session AWS did not say",
                |facts| {
                    its(facts).virtual_interface_state = text("down");
                    its(facts).bgp_peers[0].bgp_status = None;
                },
                Some(false),
            ),
            ("of its session AWS did not say", |facts| its(facts).bgp_peers[0].bgp_status = None, None),
            (
                "of one of its sessions AWS did not say",
                |facts| its(facts).bgp_peers = vec![ipv6("down"), ipv6("unknown")],
                None,
            ),
            ("no peers are listed, as in old answers", |facts| its(facts).bgp_peers.clear(), None),
            (
                "its only session is being deleted",
                |facts| its(facts).bgp_peers[0].bgp_peer_state = text("deleting"),
                None,
            ),
            ("AWS did not say its state", |facts| its(facts).virtual_interface_state = None, Some(true)),
            (
                "its port is down, and BGP has not noticed",
                |facts| facts.source.get_or_insert_default().state = text("down"),
                Some(false),
            ),
            (
                "the state of its port is unknown",
                |facts| facts.source.get_or_insert_default().state = text("unknown"),
                Some(true),
            ),
            ("its port is not visible", |facts| facts.source = None, Some(true)),
            ("its port is being deleted, and carries until then", |facts| port_in(facts, "deleting"), Some(true)),
            (
                "its port is pending, as AWS may still call one that carries",
                |facts| port_in(facts, "pending"),
                Some(true),
            ),
            ("its port was only requested", |facts| port_in(facts, "requested"), Some(true)),
            ("its port was only ordered", |facts| port_in(facts, "ordering"), Some(true)),
            (
                "its LAG is down, whatever its links say",
                |facts| facts.source = Some(Port { state: text("down"), ..lag_with_links([UP, UP]) }),
                Some(false),
            ),
            (
                "its LAG has fewer live links than its minimum",
                |facts| facts.source = Some(Port { minimum_links: 2, ..lag_with_links([UP, DOWN]) }),
                Some(true),
            ),
            ("its LAG has a live link", |facts| facts.source = Some(lag_with_links([UP, DOWN])), Some(true)),
            ("its LAG has no live link", |facts| facts.source = Some(lag_with_links([DOWN, DOWN])), Some(false)),
            (
                "AWS did not say how a link of its LAG is",
                |facts| facts.source = Some(lag_with_links([DOWN, None])),
                Some(true),
            ),
            (
                "of the links of its LAG AWS lists none, which a session that is up belies",
                |facts| facts.source = Some(Port { members: vec![], ..lag_with_links([UP, UP]) }),
                Some(true),
            ),
        ];
        for (sentence, mutate, carries) in rows {
            let (_, mut facts) = example();
            assert_eq!(super::carries_traffic(&facts), Some(false), "the example is down");
            bring_up(&mut facts);
            mutate(&mut facts);
            assert_eq!(super::carries_traffic(&facts), carries, "{sentence}");
        }
    }
}
