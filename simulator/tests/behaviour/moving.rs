//! A move: what AWS shows right after it was accepted, and what is left when it has settled.

use std::time::Duration;

use dx_sim::{Options, Simulator, World};
use serde_json::{Value, json};

use crate::example::*;

const SETTLE: Duration = Duration::from_secs(30);

async fn slow() -> Simulator {
    start(Options { settle: SETTLE, ..options() }).await
}

fn members(value: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| value[name].clone()).collect()
}

fn peers(interface: &Value) -> Vec<Vec<Value>> {
    let peers = interface["bgpPeers"].as_array().expect("peers are a list").iter();
    peers.map(|peer| members(peer, &["bgpPeerState", "bgpStatus"])).collect()
}

/// As in AWS's example: the whole interface at top level, already on the target and `pending`, and each peer twice, the
/// old one `deleting` and the new one `pending`, both down.
#[tokio::test]
async fn the_answer_shows_a_move_under_way() {
    let sim = slow().await;
    let before = described(&sim).await;
    let moved = associate(&sim, TARGET).await.json();
    assert_eq!(
        members(&moved, &["virtualInterfaceId", "connectionId", "virtualInterfaceState"]),
        [INTERFACE, TARGET, "pending"]
    );
    let place = ["location", "awsDeviceV2", "awsLogicalDeviceId"];
    assert_eq!(members(&moved, &place), ["CSVA1", "CSVA1-new", "CSVA1-new-logical"]);
    assert_eq!(peers(&moved), [["deleting", "down"], ["pending", "down"]]);
    let (old, new) = (&moved["bgpPeers"][0], &moved["bgpPeers"][1]);
    assert_eq!(old["bgpPeerId"], before["bgpPeers"][0]["bgpPeerId"]);
    assert_eq!(old["awsDeviceV2"], "EqDC2-a");
    assert_eq!(members(new, &place[1..]), ["CSVA1-new", "CSVA1-new-logical"]);
    assert_ne!(new["bgpPeerId"], old["bgpPeerId"]);
    let same = ["addressFamily", "amazonAddress", "customerAddress", "asn", "authKey"];
    assert_eq!(members(new, &same), members(&before["bgpPeers"][0], &same));
    let kept = ["ownerAccount", "vlan", "mtu", "authKey", "customerRouterConfig", "aMemberOfTomorrow"];
    assert_eq!(members(&moved, &kept), members(&before, &kept));
    assert_eq!(described(&sim).await, moved);
}

#[tokio::test]
async fn a_move_settles_when_its_time_has_come() {
    let sim = slow().await;
    tokio::time::pause();
    associate(&sim, TARGET).await;
    tokio::time::advance(Duration::from_millis(29_999)).await;
    assert_eq!(described(&sim).await["virtualInterfaceState"], "pending");
    tokio::time::advance(Duration::from_millis(1)).await;
    let settled = described(&sim).await;
    assert_eq!(members(&settled, &["connectionId", "virtualInterfaceState"]), [TARGET, "available"]);
    assert_eq!(peers(&settled), [["available", "up"]]);
    assert_ne!(settled["bgpPeers"][0]["bgpPeerId"], "dxpeer-f0000001");
}

#[tokio::test]
async fn a_peer_that_is_being_deleted_is_not_doubled() {
    let sim = slow().await;
    sim.change(|world| {
        let peer = |state: &str| json!({"bgpPeerId": state, "bgpPeerState": state, "bgpStatus": "up"});
        world.set(INTERFACE, "bgpPeers", json!([peer("deleting"), peer("available")]));
    });
    let moved = associate(&sim, TARGET).await.json();
    assert_eq!(peers(&moved), [["deleting", "up"], ["deleting", "down"], ["pending", "down"]]);
    sim.change(World::settle_now);
    assert_eq!(peers(&described(&sim).await), [["available", "up"]]);
}

/// "down: A virtual interface that is BGP down": a finished move onto a port that is not up ends as `down`.
#[tokio::test]
async fn a_move_onto_a_port_that_is_not_up_ends_down() {
    let connection_down = changed(|world| world.set(TARGET, "connectionState", "down")).await;
    let lag_without_links = changed(|world| world.set(MEMBER, "connectionState", "down")).await;
    let lag_below_minimum = changed(|world| world.set(LAG, "minimumLinks", 2)).await;
    for (sim, target) in [(connection_down, TARGET), (lag_without_links, LAG), (lag_below_minimum, LAG)] {
        associate(&sim, target).await;
        let settled = described(&sim).await;
        assert_eq!(settled["virtualInterfaceState"], "down");
        assert_eq!(peers(&settled), [["available", "down"]]);
    }
    let healthy = start(options()).await;
    associate(&healthy, LAG).await;
    assert_eq!(peers(&described(&healthy).await), [["available", "up"]]);
}

#[tokio::test]
async fn an_interface_can_be_made_to_come_up_unhealthy() {
    let sim = changed(|world| world.never_up(INTERFACE)).await;
    associate(&sim, TARGET).await;
    let settled = described(&sim).await;
    assert_eq!(settled["virtualInterfaceState"], "down");
    assert_eq!(peers(&settled), [["available", "down"]]);
}

#[tokio::test]
async fn a_port_can_be_one_on_which_nothing_comes_up() {
    let sim = start(Options { never_up: vec![TARGET.to_owned()], ..options() }).await;
    associate(&sim, TARGET).await;
    assert_eq!(described(&sim).await["virtualInterfaceState"], "down");
    associate(&sim, LAG).await;
    assert_eq!(described(&sim).await["virtualInterfaceState"], "available");
}

/// Old answers list no peers; the interface has one all the same.
#[tokio::test]
async fn an_interface_without_a_list_of_peers_comes_up_with_its_port() {
    let sim = changed(|world| world.set(INTERFACE, "bgpPeers", Value::Null)).await;
    associate(&sim, TARGET).await;
    assert_eq!(described(&sim).await["virtualInterfaceState"], "available");
}

#[tokio::test]
async fn a_device_that_the_target_does_not_name_is_not_that_of_the_source() {
    let sim = changed(|world| world.set(TARGET, "ownerAccount", ACCOUNT)).await;
    sim.change(|world| {
        let target = world.get_mut(TARGET).expect("the target is there");
        target.shift_remove("awsLogicalDeviceId");
    });
    let moved = associate(&sim, TARGET).await.json();
    assert_eq!(moved.get("awsLogicalDeviceId"), None);
    assert_eq!(moved["bgpPeers"][1].get("awsLogicalDeviceId"), None);
}

#[tokio::test]
async fn an_interface_that_is_deleted_while_it_moves_does_not_come_back() {
    let sim = slow().await;
    associate(&sim, TARGET).await;
    sim.change(|world| {
        world.set(INTERFACE, "virtualInterfaceState", "deleting");
        world.settle_now();
    });
    assert_eq!(described(&sim).await["virtualInterfaceState"], "deleting");
}

#[tokio::test]
async fn a_second_move_waits_for_the_first() {
    let sim = slow().await;
    associate(&sim, TARGET).await;
    assert_eq!(associate(&sim, LAG).await.status, 400);
    sim.change(World::settle_now);
    assert_eq!(associate(&sim, LAG).await.status, 200);
}

#[tokio::test]
async fn someone_else_can_move_it_meanwhile() {
    let sim = start(options()).await;
    sim.change(|world| world.start_move(INTERFACE, LAG));
    assert_eq!(described(&sim).await["connectionId"], LAG);
    assert_eq!(sim.calls().len(), 1, "a change is not a call");
}
