//! What the tables of this folder share, beside the clean example.

pub(super) use crate::check::example::{DOWN, UP, lag_with_links, row, text};
use crate::check::example::{OTHER_ACCOUNT, bring_up, connection, interface};
use crate::facts::{Attachment, BgpPeer, Facts, Port, Sibling, Unread};

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

/// The same while the moving interface and its port are down: the failover.
pub(super) fn down_beside<'a>(facts: &'a mut Facts, ports: &[PortOf]) -> &'a mut Facts {
    let (interface, source) = (facts.virtual_interface.clone(), facts.source.clone());
    beside(facts, ports);
    (facts.virtual_interface, facts.source) = (interface, source);
    facts
}

/// An IPv6 session beside the IPv4 one.
pub(super) fn ipv6(status: &str) -> BgpPeer {
    BgpPeer { address_family: text("ipv6"), bgp_status: text(status), ..BgpPeer::default() }
}

/// AWS names no device.
pub(super) fn without_devices(port: &mut Port) {
    port.aws_logical_device_id = None;
    port.aws_device_v2 = None;
}

/// AWS names no device of the first sibling's port, nor of the sibling itself.
pub(super) fn first_without_devices(facts: &mut Facts) -> &mut Facts {
    without_devices(port_of_first(facts));
    let interface = &mut facts.siblings[0].virtual_interface;
    (interface.aws_logical_device_id, interface.aws_device_v2) = (None, None);
    facts
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

/// Why the paths of another account's gateway are not all known.
pub(super) const ANOTHERS: &str = "the interface, and so its gateway, is not known to be this account's";

pub(super) fn denied(operation: &'static str) -> Unread {
    Unread { operation, why: "AccessDenied".to_owned() }
}
