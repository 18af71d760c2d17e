//! Whether the interface is at rest. AssociateVirtualInterface documents no states; its example answer shows an
//! interface `pending` and its one peer twice, the old one `deleting` and the new one `pending`, until a move has
//! settled. Also says which listings could not be read, for then "no finding" would mean less than it says.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{BgpPeer, Facts};
use crate::request::Request;

pub(super) const VIRTUAL_INTERFACE_STATE: Check = Check {
    name: "virtual-interface-state",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "the virtual interface is available or down",
    source: "API reference, VirtualInterface: its states; AWS does not say which of them lets an interface move",
    run: virtual_interface_state,
};

pub(super) const PEERS_SETTLED: Check = Check {
    name: "peers-settled",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "no BGP peer is deleting, pending or verifying",
    source: "AWS CLI examples, associate-virtual-interface: the old peer is deleting and the new one pending",
    run: peers_settled,
};

pub(super) const GATEWAY_ATTACHED: Check = Check {
    name: "gateway-attached",
    severity: Severity::Notice,
    basis: Basis::Documented,
    rule: "the interface is attached to its Direct Connect gateway",
    source: "API reference, DirectConnectGatewayAttachment: attaching, attached, detaching, detached",
    run: gateway_attached,
};

pub(super) const FACTS_COMPLETE: Check = Check {
    name: "facts-complete",
    severity: Severity::Guard,
    basis: Basis::Ours,
    rule: "every listing that the checks rest on could be read",
    source: "API reference, the Describe operations: what may not be listed is not there to be checked",
    run: facts_complete,
};

fn virtual_interface_state(_: &Request, facts: &Facts) -> Vec<Fault> {
    match facts.virtual_interface.virtual_interface_state.as_deref() {
        Some("available" | "down") => Vec::new(),
        Some(state) => vec![Fault::InterfaceNotMovable { state: state.to_owned() }],
        None => {
            vec![Fault::cannot_tell("whether the virtual interface can move", "AWS did not say which state it is in")]
        }
    }
}

/// Every peer that AWS lists, for the one that is `deleting` is what shows a move under way. Old answers list none.
fn peers_settled(_: &Request, facts: &Facts) -> Vec<Fault> {
    let unsettled = |peer: &BgpPeer| match peer.bgp_peer_state.as_deref() {
        Some("available" | "deleted") => None,
        Some(state @ ("deleting" | "pending" | "verifying")) => Some(Fault::PeerNotSettled {
            peer: name(peer),
            family: peer.family().unwrap_or("family unknown").to_owned(),
            state: state.to_owned(),
        }),
        state => Some(Fault::cannot_tell(
            format!("whether BGP peer {} has settled", name(peer)),
            state.map_or_else(|| "AWS did not say which state it is in".to_owned(), |state| format!("it is {state}")),
        )),
    };
    facts.virtual_interface.bgp_peers.iter().filter_map(unsettled).collect()
}

/// A virtual private gateway has no such attachment, and a public interface no gateway.
fn gateway_attached(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(gateway) = &facts.virtual_interface.direct_connect_gateway_id else { return Vec::new() };
    let cannot_tell = |because: &str| {
        vec![Fault::cannot_tell(format!("whether the virtual interface is attached to gateway {gateway}"), because)]
    };
    match &facts.attachment {
        Ok(Some(attachment)) => match attachment.attachment_state.as_deref() {
            Some("attached") => Vec::new(),
            Some(state) => vec![Fault::NotAttached { gateway: gateway.clone(), state: state.to_owned() }],
            None => cannot_tell("AWS did not say which state the attachment is in"),
        },
        Ok(None) => cannot_tell("AWS lists no attachment of it"),
        Err(unread) => cannot_tell(&unread.to_string()),
    }
}

fn facts_complete(_: &Request, facts: &Facts) -> Vec<Fault> {
    facts.unread.iter().cloned().map(Fault::ListingUnread).collect()
}

/// Its id, else its addresses: old answers have no ids.
fn name(peer: &BgpPeer) -> String {
    let addresses = || {
        let known: Vec<_> = [&peer.amazon_address, &peer.customer_address].into_iter().flatten().cloned().collect();
        if known.is_empty() { "without id".to_owned() } else { known.join(" and ") }
    };
    peer.bgp_peer_id.clone().unwrap_or_else(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{GATEWAY, example, prove, row, text};
    use crate::facts::{Attachment, Unread};

    #[test]
    fn virtual_interface_state() {
        let (request, mut facts) = example();
        facts.virtual_interface.virtual_interface_state = text("available");
        assert_eq!((VIRTUAL_INTERFACE_STATE.run)(&request, &facts), [], "an interface that is up may move");
        let others = [
            "testing",
            "pending",
            "deleting",
            "deleted",
            "rejected",
            "confirming",
            "verifying",
            "unknown",
            "not heard of yet",
        ];
        for state in others {
            facts.virtual_interface.virtual_interface_state = text(state);
            let faults = (VIRTUAL_INTERFACE_STATE.run)(&request, &facts);
            assert_eq!(faults, [Fault::InterfaceNotMovable { state: state.to_owned() }]);
            // A test may last three days, and a person ends it.
            assert_eq!(faults[0].may_clear(), matches!(state, "pending" | "verifying"), "{state}");
        }
        prove(
            &VIRTUAL_INTERFACE_STATE,
            vec![
                row("the example, which is down, is clean", |_, _| {}, vec![]),
                row(
                    "AWS did not say",
                    |_, facts| facts.virtual_interface.virtual_interface_state = None,
                    vec![Fault::cannot_tell(
                        "whether the virtual interface can move",
                        "AWS did not say which state it is in",
                    )],
                ),
            ],
        );
    }

    #[test]
    fn peers_settled() {
        let unsettled = |peer: &str, family: &str, state: &str| Fault::PeerNotSettled {
            peer: peer.to_owned(),
            family: family.to_owned(),
            state: state.to_owned(),
        };
        prove(
            &PEERS_SETTLED,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "no peers are listed, as in old answers",
                    |_, facts| facts.virtual_interface.bgp_peers.clear(),
                    vec![],
                ),
                row(
                    "the same peer twice, as after a move that has not settled",
                    |_, facts| {
                        let peers = &mut facts.virtual_interface.bgp_peers;
                        peers[0].bgp_peer_state = text("deleting");
                        let new = BgpPeer { bgp_peer_id: None, bgp_peer_state: text("pending"), ..peers[0].clone() };
                        peers.push(new);
                    },
                    vec![
                        unsettled("dxpeer-00000101", "ipv4", "deleting"),
                        unsettled("169.254.101.1/30 and 169.254.101.2/30", "ipv4", "pending"),
                    ],
                ),
                row(
                    "an IPv6 peer of a public interface is being verified beside an IPv4 one that is settled",
                    |_, facts| {
                        facts.virtual_interface.bgp_peers.push(BgpPeer {
                            amazon_address: text("2001:db8::1/125"),
                            bgp_peer_state: text("verifying"),
                            ..BgpPeer::default()
                        });
                    },
                    vec![unsettled("2001:db8::1/125", "ipv6", "verifying")],
                ),
                row(
                    "one that was deleted has settled",
                    |_, facts| facts.virtual_interface.bgp_peers[0].bgp_peer_state = text("deleted"),
                    vec![],
                ),
                row(
                    "AWS did not say which state it is in, nor its family",
                    |_, facts| facts.virtual_interface.bgp_peers = vec![BgpPeer::default()],
                    vec![Fault::cannot_tell(
                        "whether BGP peer without id has settled",
                        "AWS did not say which state it is in",
                    )],
                ),
                row(
                    "a state that is not heard of yet",
                    |_, facts| facts.virtual_interface.bgp_peers[0].bgp_peer_state = text("resting"),
                    vec![Fault::cannot_tell("whether BGP peer dxpeer-00000101 has settled", "it is resting")],
                ),
                row(
                    "neither id, addresses nor family of a peer that is pending",
                    |_, facts| {
                        let peer = BgpPeer { bgp_peer_state: text("pending"), ..BgpPeer::default() };
                        facts.virtual_interface.bgp_peers = vec![peer];
                    },
                    vec![unsettled("without id", "family unknown", "pending")],
                ),
            ],
        );
    }

    #[test]
    fn gateway_attached() {
        fn in_state(facts: &mut Facts, state: Option<&str>) {
            let attachment_state = state.map(str::to_owned);
            facts.attachment = Ok(Some(Attachment { attachment_state, ..Attachment::default() }));
        }
        let cannot_tell = |because: &str| {
            vec![Fault::cannot_tell(format!("whether the virtual interface is attached to gateway {GATEWAY}"), because)]
        };
        let not_attached =
            |state: &str| vec![Fault::NotAttached { gateway: GATEWAY.to_owned(), state: state.to_owned() }];
        prove(
            &GATEWAY_ATTACHED,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("attaching", |_, facts| in_state(facts, Some("attaching")), not_attached("attaching")),
                row("detaching", |_, facts| in_state(facts, Some("detaching")), not_attached("detaching")),
                row("detached", |_, facts| in_state(facts, Some("detached")), not_attached("detached")),
                row(
                    "AWS did not say which state it is in",
                    |_, facts| in_state(facts, None),
                    cannot_tell("AWS did not say which state the attachment is in"),
                ),
                row(
                    "no attachment is listed",
                    |_, facts| facts.attachment = Ok(None),
                    cannot_tell("AWS lists no attachment of it"),
                ),
                row(
                    "the attachments could not be listed in time",
                    |_, facts| {
                        facts.attachment = Err(Unread {
                            operation: "DescribeDirectConnectGatewayAttachments",
                            why: "no answer in time".to_owned(),
                        });
                    },
                    cannot_tell("DescribeDirectConnectGatewayAttachments could not be read (no answer in time)"),
                ),
                row(
                    "at a virtual private gateway there is none",
                    |_, facts| {
                        facts.virtual_interface.direct_connect_gateway_id = None;
                        facts.virtual_interface.virtual_gateway_id = text("vgw-38e90b51");
                        facts.attachment = Ok(None);
                    },
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn facts_complete() {
        fn unread() -> [Unread; 2] {
            let incomplete = "its pages do not end after 100".to_owned();
            [
                Unread { operation: "DescribeVirtualInterfaces", why: incomplete },
                Unread { operation: "DescribeInterconnects", why: "AccessDenied".to_owned() },
            ]
        }
        assert_eq!(
            Fault::ListingUnread(unread()[0].clone()).to_string(),
            "DescribeVirtualInterfaces could not be read (its pages do not end after 100), so not everything that \
             could be checked was"
        );
        prove(
            &FACTS_COMPLETE,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "one listing was denied, and the pages of another did not end",
                    |_, facts| facts.unread = unread().to_vec(),
                    unread().map(Fault::ListingUnread).to_vec(),
                ),
            ],
        );
    }
}
