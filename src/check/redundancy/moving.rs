//! Whether the interface that is to move is itself a healthy path now. To move one that is down is the failover that
//! the function exists for: it takes nothing away. Fails closed: only what is certainly no path can be moved freely.

use super::paths::carries;
use crate::facts::Facts;

/// Whether the move may take a path away.
///
/// A session that is up outweighs the state `down`, for AWS does not say which of the two it shows for an interface
/// with one session up and one down.
pub(super) fn may_be_healthy_now(facts: &Facts) -> bool {
    let interface = &facts.virtual_interface;
    let statuses: Vec<_> = interface.standing_peers().map(|peer| peer.bgp_status.as_deref()).collect();
    let all_sessions_down = !statuses.is_empty() && statuses.iter().all(|status| *status == Some("down"));
    let down = interface.virtual_interface_state.as_deref() == Some("down") && !statuses.contains(&Some("up"));
    let port_down = facts.source.as_ref().and_then(carries) == Some(false);
    !(down || all_sessions_down || port_down)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{DOWN, UP, ipv6, lag_with_links, text};
    use super::*;
    use crate::check::example::{bring_up, example};
    use crate::facts::{Port, VirtualInterface};

    /// A sentence, a mutation of the example that is up, and whether it may be a healthy path.
    type Row = (&'static str, fn(&mut Facts), bool);

    #[test]
    fn the_moving_interface() {
        fn its(facts: &mut Facts) -> &mut VirtualInterface {
            &mut facts.virtual_interface
        }
        let rows: Vec<Row> = vec![
            ("it is up", |_| {}, true),
            (
                "a session is up, though the state is down",
                |facts| its(facts).virtual_interface_state = text("down"),
                true,
            ),
            (
                "its one session is down, though the state is not",
                |facts| its(facts).bgp_peers = vec![ipv6("down")],
                false,
            ),
            ("one of two sessions is up", |facts| its(facts).bgp_peers.push(ipv6("down")), true),
            (
                "its state is down and no peers are listed",
                |facts| {
                    its(facts).virtual_interface_state = text("down");
                    its(facts).bgp_peers.clear();
                },
                false,
            ),
            (
                "its state is down and of its session AWS did not say",
                |facts| {
                    its(facts).virtual_interface_state = text("down");
                    its(facts).bgp_peers[0].bgp_status = None;
                },
                false,
            ),
            ("of its session AWS did not say", |facts| its(facts).bgp_peers[0].bgp_status = None, true),
            (
                "of one of its sessions AWS did not say",
                |facts| its(facts).bgp_peers = vec![ipv6("down"), ipv6("unknown")],
                true,
            ),
            ("no peers are listed, as in old answers", |facts| its(facts).bgp_peers.clear(), true),
            (
                "its only session is being deleted",
                |facts| its(facts).bgp_peers[0].bgp_peer_state = text("deleting"),
                true,
            ),
            ("AWS did not say its state", |facts| its(facts).virtual_interface_state = None, true),
            (
                "its port is down, and BGP has not noticed",
                |facts| facts.source.get_or_insert_default().state = text("down"),
                false,
            ),
            (
                "the state of its port is unknown",
                |facts| facts.source.get_or_insert_default().state = text("unknown"),
                true,
            ),
            ("its port is not visible", |facts| facts.source = None, true),
            ("its LAG has a live link", |facts| facts.source = Some(lag_with_links([UP, DOWN])), true),
            ("its LAG has no live link", |facts| facts.source = Some(lag_with_links([DOWN, DOWN])), false),
            (
                "AWS did not say how a link of its LAG is",
                |facts| facts.source = Some(lag_with_links([DOWN, None])),
                true,
            ),
            (
                "the links of its LAG are not listed",
                |facts| facts.source = Some(Port { members: vec![], ..lag_with_links([UP, UP]) }),
                true,
            ),
        ];
        for (sentence, mutate, healthy) in rows {
            let (_, mut facts) = example();
            assert!(!may_be_healthy_now(&facts), "the example is down");
            bring_up(&mut facts);
            mutate(&mut facts);
            assert_eq!(may_be_healthy_now(&facts), healthy, "{sentence}");
        }
    }
}
