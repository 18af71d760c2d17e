//! What the tables of this folder share, beside the clean example.

use crate::check::example::{OTHER_ACCOUNT, bring_up, connection, interface, lag};
pub(super) use crate::check::example::{row, text};
use crate::facts::{Attachment, BgpPeer, Facts, Port, Sibling, Unread};

pub(super) const UP: Option<&str> = Some("available");
pub(super) const DOWN: Option<&str> = Some("down");

/// Where a sibling shall be, in an estate whose source and target may have been mutated.
pub(super) type PortOf = fn(&Facts) -> Port;
pub(super) const ON_TARGET: PortOf = |facts| facts.target.clone();
pub(super) const BESIDE_TARGET: PortOf = |_| connection("dxcon-fbeside1", "EqDC2", "2lmn3opqrstuv");
pub(super) const BESIDE_SOURCE: PortOf = |_| connection("dxcon-fbeside2", "EqDC2", "1abc2defghijk");
pub(super) const THIRD_DEVICE: PortOf = |_| connection("dxcon-fthird01", "EqDC2", "4cde5fghijklm");
pub(super) const ELSEWHERE: PortOf = |_| connection("dxcon-felsewhr", "CSVA1", "3wxy4zabcdefg");
pub(super) const MUNICH: PortOf = |_| connection("dxcon-fmunich1", "EqMU1", "6yza7bcdefghi");

/// An interface of the example's gateway on this port.
pub(super) fn sibling(id: &str, port: Port, vlan: i32) -> Sibling {
    Sibling { virtual_interface: interface(id, &port, vlan), port: Some(port) }
}

/// The moving interface is up, and the healthy siblings `dxvif-fother01` and so on are on these ports.
pub(super) fn beside<'a>(facts: &'a mut Facts, ports: &[PortOf]) -> &'a mut Facts {
    bring_up(facts);
    let ids = ["dxvif-fother01", "dxvif-fother02", "dxvif-fother03"];
    facts.siblings = ids.iter().zip(ports).map(|(id, port)| sibling(id, port(facts), 103)).collect();
    facts
}

/// An IPv6 session beside the IPv4 one.
pub(super) fn ipv6(status: &str) -> BgpPeer {
    BgpPeer { address_family: text("ipv6"), bgp_status: text(status), ..BgpPeer::default() }
}

/// A LAG at another location than source and target, its links in these states.
pub(super) fn lag_with_links(states: [Option<&str>; 2]) -> Port {
    let mut port = lag("dxlag-felsewhr", "CSVA1", "3wxy4zabcdefg");
    for (link, state) in port.members.iter_mut().zip(states) {
        link.state = state.map(str::to_owned);
    }
    port
}

/// AWS names no device.
pub(super) fn without_devices(port: &mut Port) {
    port.aws_logical_device_id = None;
    port.aws_device_v2 = None;
}

pub(super) fn port_of_first(facts: &mut Facts) -> &mut Port {
    facts.siblings[0].port.get_or_insert_default()
}

/// A path in another account, in this Region if AWS said so.
pub(super) fn unseen_in(region: Option<&str>) -> Attachment {
    Attachment {
        virtual_interface_id: text("dxvif-funseen1"),
        virtual_interface_owner_account: text(OTHER_ACCOUNT),
        virtual_interface_region: region.map(str::to_owned),
        ..Attachment::default()
    }
}

pub(super) fn denied(operation: &'static str) -> Unread {
    Unread { operation, why: "AccessDenied".to_owned() }
}
