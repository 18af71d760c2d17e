//! Whether another interface of the gateway is a healthy path. AWS's words decide: of an interface `down` is "BGP down",
//! of a peer `bgpStatus: up` is an established session while `bgpPeerState: available` is only "ready to be
//! established", and a LAG "stays up even with 0 active members".
//!
//! A path is healthy only when everything about it is known and good. What is not known is neither healthy nor absent.

use std::collections::BTreeSet;

use crate::facts::{BgpPeer, Sibling, VirtualInterface};

/// Whether it carries what the moving interface carries now, and if not or not certainly, why in a few words.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Health {
    Healthy,
    Unknown(String),
    /// Not healthy, for no other reason than that it is in transition: waiting may make it healthy.
    Settling(String),
    Unhealthy(String),
}

/// The worst that is known of it: one certain fault is enough, whatever else is unknown.
pub(super) fn health(sibling: &Sibling, moving: &VirtualInterface, families: &BTreeSet<&str>) -> Health {
    let interface = &sibling.virtual_interface;
    let mut judged = vec![kind(interface, moving), state(interface)];
    if families.is_empty() {
        judged.push(session(interface, None));
    }
    judged.extend(families.iter().map(|family| session(interface, Some(family))));
    judged.extend(families_in_doubt(moving).map(|family| match session(interface, family) {
        Health::Unhealthy(because) | Health::Settling(because) => {
            Health::Unknown(format!("{because}, and one may be needed"))
        }
        healthy_or_unknown => healthy_or_unknown,
    }));
    judged.push(port(sibling));

    let find = |which: fn(&Health) -> bool| judged.iter().find(|health| which(health)).cloned();
    let unknown = find(|health| matches!(health, Health::Unknown(_)));
    let certain = find(|health| matches!(health, Health::Unhealthy(_)));
    match certain.or_else(|| find(|health| matches!(health, Health::Settling(_)))) {
        // Once it has settled, what is unknown is so still.
        Some(Health::Settling(because)) if unknown.is_some() => Health::Unhealthy(because),
        Some(not_healthy) => not_healthy,
        None => unknown.unwrap_or(Health::Healthy),
    }
}

/// The families of the moving interface's sessions of which AWS did not say whether they are up.
fn families_in_doubt(moving: &VirtualInterface) -> impl Iterator<Item = Option<&str>> {
    let in_doubt = |peer: &&BgpPeer| !matches!(peer.bgp_status.as_deref(), Some("up" | "down"));
    moving.standing_peers().filter(in_doubt).map(BgpPeer::family)
}

/// A Direct Connect gateway serves virtual private gateways (private interfaces) or transit gateways (transit ones),
/// never both, so an interface of the other type carries nothing for it.
fn kind(interface: &VirtualInterface, moving: &VirtualInterface) -> Health {
    match (&interface.virtual_interface_type, &moving.virtual_interface_type) {
        (Some(its), Some(wanted)) if its == wanted => Health::Healthy,
        (Some(its), Some(wanted)) => Health::Unhealthy(format!("it is {its}, not {wanted}")),
        _ => Health::Unknown("AWS did not say of which type both are".to_owned()),
    }
}

/// What is `down` because its sessions are may come up with one that is still being made.
fn state(interface: &VirtualInterface) -> Health {
    match interface.virtual_interface_state.as_deref() {
        Some("available") => Health::Healthy,
        None | Some("unknown") => Health::Unknown("its state is not known".to_owned()),
        Some(state) => {
            let settles = in_transition(interface) || state == "down" && interface.bgp_peers.iter().any(is_being_made);
            let because = format!("its state is {state}");
            if settles { Health::Settling(because) } else { Health::Unhealthy(because) }
        }
    }
}

fn in_transition(interface: &VirtualInterface) -> bool {
    matches!(interface.virtual_interface_state.as_deref(), Some("pending" | "verifying"))
}

fn is_being_made(peer: &BgpPeer) -> bool {
    matches!(peer.bgp_peer_state.as_deref(), Some("pending" | "verifying"))
}

/// Whether a session of this family, or of any, is up.
fn session(interface: &VirtualInterface, family: Option<&str>) -> Health {
    let named = match family {
        Some("ipv4") => "IPv4",
        Some("ipv6") => "IPv6",
        _ => "BGP",
    };
    let fits = |its: Option<&str>| family.is_none() || its == family;
    if interface.standing_peers().any(|peer| peer.bgp_status.as_deref() == Some("up") && fits(peer.family())) {
        return Health::Healthy;
    }
    // While its interface moves, a session that it had before leaves and comes back.
    let comes = |peer: &BgpPeer| {
        is_being_made(peer) || in_transition(interface) && peer.bgp_peer_state.as_deref() != Some("deleted")
    };
    if interface.bgp_peers.iter().any(|peer| fits(peer.family()) && comes(peer)) {
        return Health::Settling(format!("no {named} session is up"));
    }
    let could_be_up = interface.standing_peers().any(|peer| {
        let may_fit = peer.family().is_none() || fits(peer.family());
        may_fit && peer.bgp_status.as_deref() != Some("down")
    });
    if could_be_up || interface.bgp_peers.is_empty() {
        return Health::Unknown(format!("AWS did not say whether its {named} session is up"));
    }
    Health::Unhealthy(format!("no {named} session is up"))
}

fn port(sibling: &Sibling) -> Health {
    let Some(port) = &sibling.port else {
        let id = sibling.virtual_interface.connection_id.as_deref().unwrap_or("of unknown id");
        return Health::Unknown(format!("its port {id} is not visible"));
    };
    let id = &port.id;
    match (port.is_up(), port.state.as_deref()) {
        (Some(true), _) => Health::Healthy,
        (None, _) => Health::Unknown(format!("AWS did not say whether its port {id} is up")),
        (Some(false), Some("available")) if port.links().is_empty() => {
            Health::Unhealthy(format!("LAG {id} has no links"))
        }
        (Some(false), Some("available")) => {
            let (up, of, needed) = (port.links_up(), port.links().len(), port.links_needed());
            Health::Unhealthy(format!("LAG {id} has {up} of {of} links up and needs {needed}"))
        }
        (Some(false), state) => Health::Unhealthy(format!("its port {id} is {}", state.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{DOWN, UP, ipv6, lag_with_links, sibling, text};
    use super::*;
    use crate::check::example::{bring_up, connection, example};
    use crate::check::redundancy::paths::siblings;
    use crate::facts::{Facts, Port};

    /// The only sibling in the example.
    fn its(facts: &mut Facts) -> &mut VirtualInterface {
        &mut facts.siblings[0].virtual_interface
    }

    fn on(facts: &mut Facts, port: Port) {
        facts.siblings = vec![sibling("dxvif-fsibling", port, 103)];
    }

    type Mutation = fn(&mut Facts);

    /// Judges the sibling after a mutation, with the moving interface's IPv4 session up.
    fn prove(rows: Vec<(&str, Mutation, Health)>) {
        assert_eq!(rows[0].2, Health::Healthy, "the first row is the clean example");
        for (sentence, mutate, health) in rows {
            let (_, mut facts) = example();
            bring_up(&mut facts);
            mutate(&mut facts);
            assert_eq!(siblings(&facts)[0].health, health, "{sentence}");
        }
    }

    fn unhealthy(because: &str) -> Health {
        Health::Unhealthy(because.to_owned())
    }

    fn settling(because: &str) -> Health {
        Health::Settling(because.to_owned())
    }

    fn unknown(because: &str) -> Health {
        Health::Unknown(because.to_owned())
    }

    #[test]
    fn the_interface_itself() {
        let state_unknown = || unknown("its state is not known");
        prove(vec![
            ("the example is clean", |_| {}, Health::Healthy),
            ("down", |facts| its(facts).virtual_interface_state = text("down"), unhealthy("its state is down")),
            (
                "testing",
                |facts| its(facts).virtual_interface_state = text("testing"),
                unhealthy("its state is testing"),
            ),
            (
                "deleting",
                |facts| its(facts).virtual_interface_state = text("deleting"),
                unhealthy("its state is deleting"),
            ),
            ("pending", |facts| its(facts).virtual_interface_state = text("pending"), settling("its state is pending")),
            ("unknown", |facts| its(facts).virtual_interface_state = text("unknown"), state_unknown()),
            ("AWS did not say its state", |facts| its(facts).virtual_interface_state = None, state_unknown()),
            (
                "of another type",
                |facts| its(facts).virtual_interface_type = text("transit"),
                unhealthy("it is transit, not private"),
            ),
            (
                "AWS did not say its type",
                |facts| its(facts).virtual_interface_type = None,
                unknown("AWS did not say of which type both are"),
            ),
            (
                "AWS did not say the type of the one that moves",
                |facts| facts.virtual_interface.virtual_interface_type = None,
                unknown("AWS did not say of which type both are"),
            ),
        ]);
    }

    #[test]
    fn its_sessions() {
        let not_said = || unknown("AWS did not say whether its IPv4 session is up");
        prove(vec![
            ("IPv4 is wanted and up", |_| {}, Health::Healthy),
            (
                "IPv4 is wanted and down",
                |facts| its(facts).bgp_peers[0].bgp_status = text("down"),
                unhealthy("no IPv4 session is up"),
            ),
            (
                "both are wanted and it has only IPv4",
                |facts| facts.virtual_interface.bgp_peers.push(ipv6("up")),
                unhealthy("no IPv6 session is up"),
            ),
            (
                "both are wanted and both are up",
                |facts| {
                    facts.virtual_interface.bgp_peers.push(ipv6("up"));
                    its(facts).bgp_peers.push(ipv6("up"));
                },
                Health::Healthy,
            ),
            (
                "IPv6 is not wanted, for it is down on the moving interface too",
                |facts| facts.virtual_interface.bgp_peers.push(ipv6("down")),
                Health::Healthy,
            ),
            (
                "IPv6 may be wanted, for AWS did not say whether it is up on the moving interface",
                |facts| facts.virtual_interface.bgp_peers.push(ipv6("unknown")),
                unknown("no IPv6 session is up, and one may be needed"),
            ),
            (
                "IPv4 may be wanted, and it is up",
                |facts| facts.virtual_interface.bgp_peers[0].bgp_status = None,
                Health::Healthy,
            ),
            (
                "IPv6 alone is wanted and it has only IPv4",
                |facts| facts.virtual_interface.bgp_peers = vec![ipv6("up")],
                unhealthy("no IPv6 session is up"),
            ),
            (
                "nothing is up on the moving interface, so any session will do",
                |facts| {
                    facts.virtual_interface.bgp_peers = vec![ipv6("down")];
                    its(facts).bgp_peers = vec![ipv6("up")];
                },
                Health::Healthy,
            ),
            (
                "nothing is up on either",
                |facts| {
                    facts.virtual_interface.bgp_peers.clear();
                    its(facts).bgp_peers = vec![ipv6("down")];
                },
                unhealthy("no BGP session is up"),
            ),
            (
                "a session that is up and being deleted does not stay",
                |facts| its(facts).bgp_peers[0].bgp_peer_state = text("deleting"),
                unhealthy("no IPv4 session is up"),
            ),
            (
                "one of two sessions of a family is up",
                |facts| {
                    let down = BgpPeer { bgp_status: text("down"), ..its(facts).bgp_peers[0].clone() };
                    its(facts).bgp_peers.insert(0, down);
                },
                Health::Healthy,
            ),
            ("its status is unknown", |facts| its(facts).bgp_peers[0].bgp_status = text("unknown"), not_said()),
            ("its status is not given", |facts| its(facts).bgp_peers[0].bgp_status = None, not_said()),
            (
                "the family of a session that is up is not known",
                |facts| its(facts).bgp_peers = vec![BgpPeer { address_family: None, ..ipv6("up") }],
                not_said(),
            ),
            ("no peers are listed, as in old answers", |facts| its(facts).bgp_peers.clear(), not_said()),
        ]);
    }

    #[test]
    fn its_port() {
        let not_said = |id: &str| unknown(&format!("AWS did not say whether its port {id} is up"));
        let links = |words: &str| unhealthy(&format!("LAG dxlag-felsewhr has {words}"));
        prove(vec![
            ("its connection is available", |_| {}, Health::Healthy),
            (
                "its connection is down",
                |facts| on(facts, Port { state: text("down"), ..connection("dxcon-x", "CSVA1", "d") }),
                unhealthy("its port dxcon-x is down"),
            ),
            (
                "the state of its connection is unknown",
                |facts| on(facts, Port { state: text("unknown"), ..connection("dxcon-x", "CSVA1", "d") }),
                not_said("dxcon-x"),
            ),
            (
                "its port is not visible",
                |facts| facts.siblings[0].port = None,
                unknown("its port dxcon-felsewhr is not visible"),
            ),
            (
                "its port is neither visible nor named",
                |facts| {
                    facts.siblings[0].port = None;
                    its(facts).connection_id = None;
                },
                unknown("its port of unknown id is not visible"),
            ),
            ("its LAG has both links up", |facts| on(facts, lag_with_links([UP, UP])), Health::Healthy),
            ("its LAG has one link up, one is enough", |facts| on(facts, lag_with_links([DOWN, UP])), Health::Healthy),
            (
                "its LAG is available without a single live link",
                |facts| on(facts, lag_with_links([DOWN, DOWN])),
                links("0 of 2 links up and needs 1"),
            ),
            (
                "its LAG has fewer links up than its minimum",
                |facts| on(facts, Port { minimum_links: 2, ..lag_with_links([UP, DOWN]) }),
                links("1 of 2 links up and needs 2"),
            ),
            (
                "its LAG is down",
                |facts| on(facts, Port { state: text("down"), ..lag_with_links([UP, UP]) }),
                unhealthy("its port dxlag-felsewhr is down"),
            ),
            (
                "its LAG is available and has no links",
                |facts| on(facts, Port { members: vec![], ..lag_with_links([UP, UP]) }),
                links("no links"),
            ),
            (
                "AWS did not say how the link is that decides",
                |facts| on(facts, lag_with_links([DOWN, None])),
                not_said("dxlag-felsewhr"),
            ),
            (
                "what is certain outweighs what is unknown",
                |facts| {
                    facts.siblings[0].port = None;
                    its(facts).virtual_interface_state = text("down");
                },
                unhealthy("its state is down"),
            ),
        ]);
    }

    #[test]
    fn what_settles() {
        fn pending(facts: &mut Facts) -> &mut VirtualInterface {
            its(facts).virtual_interface_state = text("pending");
            its(facts).bgp_peers[0].bgp_status = text("down");
            its(facts)
        }
        fn its_peer_is(facts: &mut Facts, state: &str) {
            let peer = &mut its(facts).bgp_peers[0];
            (peer.bgp_peer_state, peer.bgp_status) = (text(state), text("down"));
        }
        let no_ipv6 = || unhealthy("no IPv6 session is up");
        prove(vec![
            ("what is at rest is not", |_| {}, Health::Healthy),
            ("moving", |facts| _ = pending(facts), settling("its state is pending")),
            (
                "moving, as AWS answers: the same peer twice",
                |facts| {
                    let old = pending(facts).bgp_peers[0].clone();
                    its_peer_is(facts, "pending");
                    its(facts).bgp_peers.push(BgpPeer { bgp_peer_state: text("deleting"), ..old });
                },
                settling("its state is pending"),
            ),
            ("its peer is pending", |facts| its_peer_is(facts, "pending"), settling("no IPv4 session is up")),
            (
                "down, and its peer is being verified",
                |facts| {
                    its(facts).virtual_interface_state = text("down");
                    its_peer_is(facts, "verifying");
                },
                settling("its state is down"),
            ),
            ("its peer goes away for good", |facts| its_peer_is(facts, "deleting"), unhealthy("no IPv4 session is up")),
            (
                "it goes away, and so does its peer",
                |facts| {
                    its_peer_is(facts, "pending");
                    its(facts).virtual_interface_state = text("deleting");
                },
                unhealthy("its state is deleting"),
            ),
            (
                "a failover test lasts until a person ends it",
                |facts| {
                    its_peer_is(facts, "pending");
                    its(facts).virtual_interface_state = text("testing");
                },
                unhealthy("its state is testing"),
            ),
            (
                "moving, and of another type",
                |facts| pending(facts).virtual_interface_type = text("transit"),
                unhealthy("it is transit, not private"),
            ),
            (
                "moving, and its port is down",
                |facts| {
                    on(facts, Port { state: text("down"), ..connection("dxcon-x", "CSVA1", "d") });
                    pending(facts);
                },
                unhealthy("its port dxcon-x is down"),
            ),
            (
                "moving, and its port is not visible",
                |facts| {
                    facts.siblings[0].port = None;
                    pending(facts);
                },
                unhealthy("its state is pending"),
            ),
            (
                "moving, and it never had the other family that is wanted",
                |facts| {
                    facts.virtual_interface.bgp_peers.push(ipv6("up"));
                    pending(facts);
                },
                no_ipv6(),
            ),
            (
                "moving, and the other family comes back too",
                |facts| {
                    facts.virtual_interface.bgp_peers.push(ipv6("up"));
                    pending(facts).bgp_peers.push(ipv6("down"));
                },
                settling("its state is pending"),
            ),
        ]);
    }
}
