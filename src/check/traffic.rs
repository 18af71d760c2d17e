//! "Connectivity to AWS is temporarily interrupted as the virtual interface is being migrated." (API reference,
//! AssociateVirtualInterface.) It "goes down for a brief period" (User Guide). So whoever moves an interface that
//! carries traffic says so; one that is down has nothing to interrupt.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{BgpPeer, Facts};
use crate::request::Request;

pub(super) const INTERRUPTS_TRAFFIC: Check = Check {
    name: "interrupts-traffic",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "no BGP session is up, so that the move interrupts nothing",
    source: "API reference, AssociateVirtualInterface: connectivity is temporarily interrupted during the migration",
    run: interrupts_traffic,
};

/// A session that is up decides, whatever the state: AWS does not say which it shows for one session up and one down.
fn interrupts_traffic(_: &Request, facts: &Facts) -> Vec<Fault> {
    let interface = &facts.virtual_interface;
    let statuses: Vec<_> = interface.standing_peers().map(|peer| peer.bgp_status.as_deref()).collect();
    let cannot_tell = |because: &str| vec![Fault::cannot_tell("whether the move interrupts traffic", because)];

    if statuses.contains(&Some("up")) {
        return vec![Fault::CarriesTraffic { families: families(facts), target: facts.target.id.clone() }];
    }
    if interface.virtual_interface_state.as_deref() == Some("down") {
        return Vec::new();
    }
    if statuses.is_empty() {
        return cannot_tell("AWS lists no BGP peers of the virtual interface, and it is not down");
    }
    if statuses.iter().any(|status| *status != Some("down")) {
        return cannot_tell("AWS did not say of each BGP session whether it is up");
    }
    Vec::new()
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
    use crate::check::example::{bring_up, prove, row, text};

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
                    |_, facts| facts.virtual_interface.bgp_peers.push(ipv6("up")),
                    carries("ipv6"),
                ),
                row(
                    "AWS did not say which family is up",
                    |_, facts| {
                        let up = BgpPeer { bgp_status: text("up"), ..BgpPeer::default() };
                        facts.virtual_interface.bgp_peers = vec![up];
                    },
                    carries("family unknown"),
                ),
                row(
                    "available, and its one session is down",
                    |_, facts| facts.virtual_interface.virtual_interface_state = text("available"),
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
                        facts.virtual_interface.virtual_interface_state = text("available");
                        facts.virtual_interface.bgp_peers.push(BgpPeer { bgp_status: None, ..ipv6("") });
                    },
                    unknown(NOT_SAID),
                ),
                row(
                    "down, and the status of its session is unknown",
                    |_, facts| facts.virtual_interface.bgp_peers[0].bgp_status = text("unknown"),
                    vec![],
                ),
                row("down, and no peers are listed", |_, facts| facts.virtual_interface.bgp_peers.clear(), vec![]),
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
                        facts.virtual_interface.virtual_interface_state = None;
                        facts.virtual_interface.bgp_peers.clear();
                    },
                    unknown(NONE_LISTED),
                ),
                row(
                    "a session that is being deleted carries nothing that the move could interrupt",
                    |_, facts| {
                        bring_up(facts);
                        facts.virtual_interface.bgp_peers[0].bgp_peer_state = text("deleting");
                        facts.virtual_interface.bgp_peers.push(ipv6("down"));
                    },
                    vec![],
                ),
            ],
        );
    }
}
