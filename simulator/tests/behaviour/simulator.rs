//! The life of a simulator, and what a test can do to its world.

use dx_sim::{Simulator, Table};
use serde_json::json;
use tokio::net::TcpStream;

use crate::client::receive;
use crate::example::*;

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let sim = start(options()).await;
    assert!(sim.address().ip().is_loopback());
    assert_eq!(sim.url(), format!("http://127.0.0.1:{}", sim.address().port()));
}

#[tokio::test]
async fn it_stops_when_it_is_dropped() {
    let sim = start(options()).await;
    let stream = TcpStream::connect(sim.address()).await.expect("the simulator listens");
    drop(sim);
    assert!(receive(stream).await.is_none(), "the connection ends with the simulator");
}

#[tokio::test]
async fn two_simulators_have_two_worlds() {
    let (one, other) = (start(options()).await, start(options()).await);
    associate(&one, TARGET).await;
    assert_eq!((place(&one).as_str(), place(&other).as_str()), (TARGET, SOURCE));
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let sim = start(options()).await;
    let again = Simulator::start(dx_sim::Options { port: sim.address().port(), ..options() }).await;
    assert_eq!(again.err().map(|error| error.kind()), Some(std::io::ErrorKind::AddrInUse));
}

#[tokio::test]
async fn the_world_can_be_read_and_changed() {
    let sim = changed(|world| {
        assert_eq!((world.account_id(), world.region()), (ACCOUNT, "eu-west-1"));
        world.set(MEMBER, "connectionState", "down");
        assert_eq!(world.get(MEMBER).expect("it is there")["connectionState"], "down");
        world.add(Table::Lags, json!({"lagId": LAG, "lagName": "another"}));
        assert!(world.remove(HOSTED) && !world.remove(HOSTED));
        assert!(world.get(HOSTED).is_none());
    })
    .await;
    assert_eq!(sim.world()["lags"], json!([{"lagId": LAG, "lagName": "another"}]));
}

/// A connection is described twice where it is a member of a LAG; a change reaches both.
#[tokio::test]
async fn a_change_of_a_member_reaches_its_lag() {
    let sim = changed(|world| world.set(MEMBER, "connectionState", "down")).await;
    assert_eq!(sim.world()["lags"][0]["connections"][0]["connectionState"], "down");
}

#[tokio::test]
#[should_panic(expected = "nothing in the world has the id dxvif-fnowhere")]
async fn a_change_of_what_is_not_there_is_a_mistake_of_the_test() {
    changed(|world| world.set("dxvif-fnowhere", "vlan", 1)).await;
}

#[tokio::test]
#[should_panic(expected = "has no lagId")]
async fn an_item_without_its_id_cannot_be_added() {
    changed(|world| world.add(Table::Lags, json!({"lagName": "x"}))).await;
}

/// Moves that took effect are counted, whatever their callers were told.
#[tokio::test]
async fn moves_are_counted() {
    let sim = faulty(&["AssociateVirtualInterface:500-after:1"]).await;
    associate(&sim, TARGET).await;
    associate(&sim, MEMBER).await;
    sim.change(|world| assert_eq!(world.moves(), 1));
}
