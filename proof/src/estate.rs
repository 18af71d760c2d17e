//! The world in which the schedules are played: two gateways with two paths each, three ports and a LAG, and in every place
//! where AWS returns a secret, a canary. And the moment of a move, judged by what the simulator knows and not by the
//! function's own checks.

use dx_sim::{Inventory, Item, World};
use serde_json::Value;

use crate::history::Moment;

/// In every place where AWS returns a secret.
pub const CANARY: &str = "EXAMPLE-canary-key";
/// The interface that most requests are about.
pub const MOVING: &str = "dxvif-fgprivt1";
/// The other path of its gateway.
pub const SIBLING: &str = "dxvif-fgprivt2";
/// One of another gateway.
pub const OTHER: &str = "dxvif-fgtrans1";
/// Where both are in the beginning.
pub const SOURCE: &str = "dxcon-fgashbn1";
/// Where they may go.
pub const TARGETS: [&str; 2] = ["dxlag-fgashlag", "dxcon-fgspare1"];
/// Where the moving interface's VLAN is taken, by the last of those that are there.
pub const TAKEN: &str = "dxcon-fgcsva01";
/// A link of a LAG: nothing goes onto it but through the LAG.
pub const MEMBER: &str = "dxcon-fglagm01";
/// All of them.
const INTERFACES: [&str; 6] = [MOVING, SIBLING, OTHER, "dxvif-fgtrans2", "dxvif-fglagvif", "dxvif-fgclash1"];

/// The inventory, read once for each thread.
#[must_use]
pub fn inventory() -> Inventory {
    thread_local! {
        static ESTATE: Inventory =
            Inventory::from_json(include_str!("../estate.json")).unwrap_or_else(|error| unreachable!("{error}"));
    }
    ESTATE.with(Clone::clone)
}

fn text<'a>(item: &'a Item, member: &str) -> &'a str {
    item.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Where each interface is.
#[must_use]
pub fn places(world: &World) -> Vec<(String, String)> {
    let place = |id: &str| Some((id.to_owned(), text(world.get(id)?, "connectionId").to_owned()));
    INTERFACES.into_iter().filter_map(place).collect()
}

fn is_up(interface: &Item) -> bool {
    let peers = interface.get("bgpPeers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    peers.iter().any(|peer| peer["bgpStatus"] == "up")
}

/// The world when a call of AssociateVirtualInterface arrives.
#[must_use]
pub fn moment(world: &World, input: &Value) -> Moment {
    let id = input["virtualInterfaceId"].as_str().unwrap_or_default();
    let target = input["connectionId"].as_str().unwrap_or_default();
    let (Some(interface), Some(port)) = (world.get(id), world.get(target)) else {
        unreachable!("the schedules name what is there")
    };
    let others = || INTERFACES.into_iter().filter(|other| *other != id).filter_map(|other| world.get(other));
    let place = text(interface, "connectionId");
    let gateway = text(interface, "directConnectGatewayId");
    let healthy = |other: &&Item| {
        text(other, "directConnectGatewayId") == gateway
            && text(other, "virtualInterfaceState") == "available"
            && is_up(other)
    };
    let vlan = interface.get("vlan");
    Moment {
        place: place.to_owned(),
        state: text(interface, "virtualInterfaceState").to_owned(),
        up: is_up(interface),
        target_state: format!("{}{}", text(port, "connectionState"), text(port, "lagState")),
        is_member: port.contains_key("lagId") && !port.contains_key("lagState"),
        vlan_taken: others().any(|other| text(other, "connectionId") == target && other.get("vlan") == vlan),
        others_healthy: others().filter(healthy).count(),
    }
}
