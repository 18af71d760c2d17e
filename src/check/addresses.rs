//! "If the target connection or LAG has an associated virtual interface with ... a conflicting IP address, the
//! operation fails." (API reference, AssociateVirtualInterface.) AWS does not say what a conflict is: the same address
//! is taken for one, networks that only overlap are expected to be one. Knows nothing of VLANs: those are next door.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{Basis, Check, Fault, Severity};
use crate::facts::Facts;
use crate::request::Request;

pub(super) const ADDRESSES_FREE_ON_TARGET: Check = Check {
    name: "addresses-free-on-target",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "no other interface on the target uses one of its addresses; one that is being deleted still does",
    source: "API reference, AssociateVirtualInterface: a conflicting IP address on the target fails the operation",
    run: addresses_free_on_target,
};

pub(super) const NETWORKS_APART_ON_TARGET: Check = Check {
    name: "networks-apart-on-target",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "its networks overlap with no network of another interface on the target",
    source: "AWS does not say whether networks that overlap are conflicting addresses",
    run: networks_apart_on_target,
};

fn addresses_free_on_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let own = facts.virtual_interface.addresses().known;
    let mut faults = in_doubt(facts, "whether its addresses are free on");
    for neighbour in &facts.neighbours {
        let in_use = in_both(&own, &neighbour.addresses().known).into_iter().map(|address| Fault::AddressInUse {
            address: address.to_string(),
            target: facts.target.id.clone(),
            by: neighbour.virtual_interface_id.clone(),
            state: neighbour.state_or_unknown(),
        });
        faults.extend(in_use);
    }
    faults
}

fn networks_apart_on_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let own = facts.virtual_interface.addresses().known;
    let mut faults = in_doubt(facts, "whether its networks overlap with others on");
    for neighbour in &facts.neighbours {
        let theirs = neighbour.addresses().known;
        let in_both = in_both(&own, &theirs);
        for network in networks(&own) {
            for other in networks(&theirs) {
                // Networks that share an address in use are refused already.
                let refused = in_both.iter().any(|address| network.contains(address) && other.contains(address));
                if !refused && (network.contains(&other) || other.contains(&network)) {
                    faults.push(Fault::NetworksOverlap {
                        network: network.to_string(),
                        other: other.to_string(),
                        target: facts.target.id.clone(),
                        by: neighbour.virtual_interface_id.clone(),
                        state: neighbour.state_or_unknown(),
                    });
                }
            }
        }
    }
    faults
}

/// The addresses that both use, on either side of their sessions.
fn in_both(own: &[IpNet], theirs: &[IpNet]) -> BTreeSet<IpAddr> {
    let theirs: BTreeSet<_> = theirs.iter().map(IpNet::addr).collect();
    own.iter().map(IpNet::addr).filter(|address| theirs.contains(address)).collect()
}

/// Each network once: the two ends of a session are hosts of the same one.
fn networks(addresses: &[IpNet]) -> BTreeSet<IpNet> {
    addresses.iter().map(IpNet::trunc).collect()
}

/// Every interface whose addresses are not all known, if there is anything on the target to conflict with.
fn in_doubt(facts: &Facts, what: &str) -> Vec<Fault> {
    let moving = Some(&facts.virtual_interface).filter(|_| !facts.neighbours.is_empty());
    let doubts = moving.into_iter().chain(&facts.neighbours).filter_map(|interface| interface.addresses().doubt);
    doubts.map(|doubt| Fault::cannot_tell(format!("{what} {}", facts.target.id), doubt)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{clean, prove, row};
    use crate::facts::{BgpPeer, VirtualInterface};

    /// Gives an interface another peer with these addresses, which is in this state.
    fn add_peer(interface: &mut VirtualInterface, [amazon, customer]: [&str; 2], state: &str) {
        interface.bgp_peers.push(BgpPeer {
            amazon_address: Some(amazon.to_owned()),
            customer_address: Some(customer.to_owned()),
            bgp_peer_state: Some(state.to_owned()),
            ..BgpPeer::default()
        });
    }

    /// What the example uses.
    const OWN: [&str; 2] = ["169.254.101.1/30", "169.254.101.2/30"];

    /// Gives the example's neighbour these addresses instead of its own.
    fn neighbour(facts: &mut Facts, addresses: [&str; 2]) {
        facts.neighbours[0].bgp_peers.clear();
        add_peer(&mut facts.neighbours[0], addresses, "available");
    }

    /// Gives both another peer.
    fn dual_stack(facts: &mut Facts, own: [&str; 2], theirs: [&str; 2]) {
        add_peer(&mut facts.virtual_interface, own, "available");
        add_peer(&mut facts.neighbours[0], theirs, "available");
    }

    fn without_peers(interface: &mut VirtualInterface, addresses: [Option<&str>; 2]) {
        interface.bgp_peers.clear();
        [interface.amazon_address, interface.customer_address] = addresses.map(|text| text.map(str::to_owned));
    }

    fn in_use(address: &str, state: &str) -> Fault {
        Fault::AddressInUse {
            address: address.to_owned(),
            target: "dxlag-fexample".to_owned(),
            by: "dxvif-fneighbr".to_owned(),
            state: state.to_owned(),
        }
    }

    fn overlap(network: &str, other: &str) -> Fault {
        overlap_with("available", network, other)
    }

    /// With the neighbour in this state.
    fn overlap_with(state: &str, network: &str, other: &str) -> Fault {
        Fault::NetworksOverlap {
            network: network.to_owned(),
            other: other.to_owned(),
            target: "dxlag-fexample".to_owned(),
            by: "dxvif-fneighbr".to_owned(),
            state: state.to_owned(),
        }
    }

    #[test]
    fn addresses_free_on_target() {
        let one = || vec![in_use("169.254.101.1", "available")];
        let both = |state| vec![in_use("169.254.101.1", state), in_use("169.254.101.2", state)];
        prove(
            &ADDRESSES_FREE_ON_TARGET,
            vec![
                clean(),
                row("one", |_, facts| neighbour(facts, ["169.254.101.1/30", "169.254.7.2/30"]), one()),
                row("both", |_, facts| neighbour(facts, OWN), both("available")),
                row("the other way round", |_, facts| neighbour(facts, [OWN[1], OWN[0]]), both("available")),
                row("on either side", |_, facts| neighbour(facts, ["169.254.7.2/30", OWN[0]]), one()),
                row(
                    "whatever the prefix length",
                    |_, facts| neighbour(facts, ["169.254.101.1/29", "169.254.101.2"]),
                    both("available"),
                ),
                row(
                    "no host of its own",
                    |_, facts| neighbour(facts, ["169.254.101.0/30", "169.254.101.3/30"]),
                    vec![],
                ),
                row(
                    "IPv6, written in another way",
                    |_, facts| {
                        dual_stack(facts, ["2001:db8::1/125", "2001:db8::2/125"], ["2001:DB8:0::1/125", "fd00::1/125"]);
                    },
                    vec![in_use("2001:db8::1", "available")],
                ),
                row(
                    "a neighbour that is being deleted holds them to the end",
                    |_, facts| {
                        neighbour(facts, OWN);
                        facts.neighbours[0].virtual_interface_state = Some("deleting".to_owned());
                        facts.neighbours[0].bgp_peers[0].bgp_peer_state = Some("deleting".to_owned());
                    },
                    both("deleting"),
                ),
                row(
                    "AWS did not say which state the neighbour is in",
                    |_, facts| {
                        neighbour(facts, OWN);
                        facts.neighbours[0].virtual_interface_state = None;
                    },
                    both("unknown"),
                ),
                row(
                    "a peer that a neighbour gives up holds nothing",
                    |_, facts| add_peer(&mut facts.neighbours[0], OWN, "deleting"),
                    vec![],
                ),
                row(
                    "a move that still settles shows the same peer twice",
                    |_, facts| {
                        facts.virtual_interface.bgp_peers[0].bgp_peer_state = Some("deleting".to_owned());
                        add_peer(&mut facts.virtual_interface, OWN, "pending");
                        neighbour(facts, OWN);
                        add_peer(&mut facts.neighbours[0], OWN, "pending");
                    },
                    both("available"),
                ),
                row(
                    "where AWS lists no peers, the addresses at the top level are in use",
                    |_, facts| without_peers(&mut facts.neighbours[0], OWN.map(Some)),
                    both("available"),
                ),
            ],
        );
    }

    #[test]
    fn addresses_that_are_not_known() {
        let cannot_tell =
            |because: &str| Fault::cannot_tell("whether its addresses are free on dxlag-fexample", because);
        let left_out = |id: &str| vec![cannot_tell(&format!("AWS did not give every address of {id}"))];
        prove(
            &ADDRESSES_FREE_ON_TARGET,
            vec![
                clean(),
                row(
                    "none of its own",
                    |_, facts| without_peers(&mut facts.virtual_interface, [None, None]),
                    left_out("dxvif-fexample"),
                ),
                row(
                    "none of a neighbour",
                    |_, facts| without_peers(&mut facts.neighbours[0], [None, None]),
                    left_out("dxvif-fneighbr"),
                ),
                row(
                    "one side of one of its peers",
                    |_, facts| facts.virtual_interface.bgp_peers[0].amazon_address = None,
                    left_out("dxvif-fexample"),
                ),
                row(
                    "nothing is in use on a target without interfaces",
                    |_, facts| {
                        without_peers(&mut facts.virtual_interface, [None, None]);
                        facts.neighbours.clear();
                    },
                    vec![],
                ),
                row(
                    "what is no address hides none that is in use",
                    |_, facts| neighbour(facts, ["169.254.102.1/33", "169.254.101.2/30"]),
                    vec![
                        cannot_tell("\"169.254.102.1/33\" of dxvif-fneighbr is not an address"),
                        in_use("169.254.101.2", "available"),
                    ],
                ),
            ],
        );
    }

    #[test]
    fn networks_apart_on_target() {
        let cannot_tell = Fault::cannot_tell(
            "whether its networks overlap with others on dxlag-fexample",
            "AWS did not give every address of dxvif-fneighbr",
        );
        prove(
            &NETWORKS_APART_ON_TARGET,
            vec![
                clean(),
                row(
                    "other hosts of the same network, which is one finding",
                    |_, facts| neighbour(facts, ["169.254.101.0/30", "169.254.101.3/30"]),
                    vec![overlap("169.254.101.0/30", "169.254.101.0/30")],
                ),
                row(
                    "a larger network",
                    |_, facts| neighbour(facts, ["169.254.101.129/24", "169.254.101.130/24"]),
                    vec![overlap("169.254.101.0/30", "169.254.101.0/24")],
                ),
                row(
                    "a smaller network",
                    |_, facts| neighbour(facts, ["169.254.101.3/32", "169.254.102.2/30"]),
                    vec![overlap("169.254.101.0/30", "169.254.101.3/32")],
                ),
                row(
                    "an address that both use elsewhere excuses no other network",
                    |_, facts| {
                        dual_stack(facts, ["10.0.0.5/24", "10.0.0.6/24"], ["10.0.0.130/25", "10.0.0.131/25"]);
                        add_peer(&mut facts.neighbours[0], ["10.0.0.5/30", "10.0.0.7/30"], "available");
                    },
                    vec![overlap("10.0.0.0/24", "10.0.0.128/25")],
                ),
                row(
                    "one that is being deleted",
                    |_, facts| {
                        neighbour(facts, ["169.254.101.0/30", "169.254.101.3/30"]);
                        facts.neighbours[0].virtual_interface_state = Some("deleting".to_owned());
                    },
                    vec![overlap_with("deleting", "169.254.101.0/30", "169.254.101.0/30")],
                ),
                row("the next one", |_, facts| neighbour(facts, ["169.254.101.5/30", "169.254.101.6/30"]), vec![]),
                row("refused for its addresses", |_, facts| neighbour(facts, [OWN[0], "169.254.101.3/30"]), vec![]),
                row(
                    "an address in use in one network excuses no other network",
                    |_, facts| {
                        neighbour(facts, OWN);
                        dual_stack(
                            facts,
                            ["2001:db8::1/125", "2001:db8::2/125"],
                            ["2001:db8::3/125", "2001:db8::4/125"],
                        );
                    },
                    vec![overlap("2001:db8::/125", "2001:db8::/125")],
                ),
                row(
                    "the next IPv6 network",
                    |_, facts| {
                        dual_stack(
                            facts,
                            ["2001:db8::1/125", "2001:db8::2/125"],
                            ["2001:db8::9/125", "2001:db8::a/125"],
                        );
                    },
                    vec![],
                ),
                row(
                    "a neighbour without addresses",
                    |_, facts| without_peers(&mut facts.neighbours[0], [None, None]),
                    vec![cannot_tell],
                ),
            ],
        );
    }

    #[test]
    fn waiting_helps_where_the_neighbour_is_being_deleted() {
        for (state, helps) in [("deleting", true), ("available", false), ("unknown", false)] {
            assert_eq!(overlap_with(state, "169.254.101.0/30", "169.254.101.0/30").may_clear(), helps, "{state}");
        }
    }
}
