//! How a move goes: what AWS shows right after it was accepted, and what is left once it has settled.
//!
//! Imitates the example that AWS gives for AssociateVirtualInterface: the answer already carries the new
//! `connectionId`, the interface is `pending`, and each peer is there twice, the old one `deleting` and a new one
//! `pending`, both down.

use serde_json::{Value, json};

use crate::ids;
use crate::item::{Item, text};
use crate::port::Port;
use crate::tables::Table;
use crate::world::World;

/// The members of an interface, and the device members of a peer, that say where its port is.
const PLACE_MEMBERS: [&str; 3] = ["location", "awsDeviceV2", "awsLogicalDeviceId"];

impl World {
    /// Moves a virtual interface onto a connection or LAG, without asking any rule, and starts the clock after which
    /// the move settles. Nothing happens if either is not there.
    pub fn start_move(&mut self, interface: &str, target: &str) {
        let Some(place) = self.port(target).map(|port| place_of(port.item())) else { return };
        let Some(item) = self.tables.find_mut(Table::VirtualInterfaces, interface) else { return };
        item.insert("connectionId".to_owned(), target.into());
        item.insert("virtualInterfaceState".to_owned(), "pending".into());
        put_place(item, &place, &PLACE_MEMBERS);
        if let Some(peers) = item.get_mut("bgpPeers").and_then(Value::as_array_mut) {
            *peers = std::mem::take(peers).into_iter().flat_map(|peer| doubled(peer, &place)).collect();
        }
        self.settling.insert(interface.to_owned(), self.now + self.settle);
        self.moves += 1;
    }

    /// Ends a move: the old peers are gone, the new ones are up if the port is. An interface that was deleted, or
    /// otherwise changed its state, meanwhile is left alone.
    pub(crate) fn settle_move(&mut self, interface: &str) {
        let Some(item) = self.tables.find(Table::VirtualInterfaces, interface) else { return };
        if text(item, "virtualInterfaceState") != Some("pending") {
            return;
        }
        let place = text(item, "connectionId").unwrap_or_default();
        let never = [interface, place].iter().any(|id| self.never_up.contains(*id));
        let up = self.port(place).is_some_and(Port::is_up) && !never;
        let Some(item) = self.tables.find_mut(Table::VirtualInterfaces, interface) else { return };
        if let Some(peers) = item.get_mut("bgpPeers").and_then(Value::as_array_mut) {
            peers.retain(|peer| peer.as_object().is_some_and(is_live_peer));
            for peer in peers {
                peer["bgpPeerState"] = "available".into();
                peer["bgpStatus"] = if up { "up" } else { "down" }.into();
            }
        }
        item.insert("virtualInterfaceState".to_owned(), if up { "available" } else { "down" }.into());
    }
}

/// Whether a peer takes part: neither being deleted nor deleted.
pub(crate) fn is_live_peer(peer: &Item) -> bool {
    !matches!(text(peer, "bgpPeerState"), Some("deleting" | "deleted"))
}

/// A live peer becomes two, the old one leaving and a new one coming; a leaving one stays as it is.
fn doubled(peer: Value, place: &Item) -> Vec<Value> {
    let Some(old) = peer.as_object().filter(|peer| is_live_peer(peer)) else { return vec![peer] };
    let (mut old, mut new) = (old.clone(), old.clone());
    old.insert("bgpPeerState".to_owned(), "deleting".into());
    old.insert("bgpStatus".to_owned(), "down".into());
    new.insert("bgpPeerId".to_owned(), ids::peer().into());
    new.insert("bgpPeerState".to_owned(), "pending".into());
    new.insert("bgpStatus".to_owned(), "down".into());
    put_place(&mut new, place, &PLACE_MEMBERS[1..]);
    vec![json!(old), json!(new)]
}

fn place_of(port: &Item) -> Item {
    let member = |name: &str| Some((name.to_owned(), port.get(name)?.clone()));
    PLACE_MEMBERS.into_iter().filter_map(member).collect()
}

/// Sets the members to what the new place says; one that it does not name would be the old place's, and goes.
fn put_place(item: &mut Item, place: &Item, members: &[&str]) {
    for member in members {
        match place.get(*member) {
            Some(value) => drop(item.insert((*member).to_owned(), value.clone())),
            None => drop(item.shift_remove(*member)),
        }
    }
}
