//! The canary: BGP keys come out of Direct Connect's own answers, as they do from AWS, and out of nothing else.

use serde_json::json;

use crate::client::{call, request};
use crate::example::*;

#[tokio::test]
async fn keys_are_in_the_answers_of_direct_connect_and_nowhere_else() {
    let sim = start(options()).await;
    let described = call(&sim, "DescribeVirtualInterfaces", json!({})).await;
    assert_eq!(described.text().matches(CANARY).count(), 3, "the key, the peer's key and the router configuration");
    let associated = associate(&sim, TARGET).await;
    assert_eq!(associated.text().matches(CANARY).count(), 4, "the same, with two peers");
    for operation in ["DescribeConnections", "DescribeLags", "ListVirtualInterfaceRoutes"] {
        let input = if operation.starts_with("List") { json!({"virtualInterfaceId": INTERFACE}) } else { json!({}) };
        assert!(!call(&sim, operation, input).await.text().contains(CANARY), "{operation}");
    }
    assert!(!associate(&sim, "dxcon-fnowhere").await.text().contains(CANARY));
    for path in ["/_sim/calls", "/_sim/events", "/_sim/world"] {
        assert!(!request(&sim, "GET", path, "").await.text().contains(CANARY), "{path}");
    }
    let world = sim.world();
    assert_eq!(world["virtualInterfaces"][0]["authKey"], "[PROTECTED]");
    assert_eq!(world["virtualInterfaces"][0]["customerRouterConfig"], "[PROTECTED]");
    assert_eq!(world["virtualInterfaces"][0]["bgpPeers"][0]["authKey"], "[PROTECTED]");
    assert!(!world.to_string().contains(CANARY));
}

#[tokio::test]
async fn keys_in_an_input_are_masked_in_the_journal() {
    let sim = start(options()).await;
    let input =
        json!({"virtualInterfaceId": INTERFACE, "authKey": CANARY, "nested": [{"customerRouterConfig": CANARY}]});
    let answer = call(&sim, "DescribeVirtualInterfaces", input).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.text().contains(CANARY));
    assert_eq!(
        sim.calls()[0].input,
        json!({"virtualInterfaceId": INTERFACE, "authKey": "[PROTECTED]",
               "nested": [{"customerRouterConfig": "[PROTECTED]"}]})
    );
}

/// The bus shows what it was given: that is how a test finds a key that leaked.
#[tokio::test]
async fn a_key_that_was_put_on_the_bus_is_seen_there() {
    let sim = start(options()).await;
    let detail = json!({"authKey": CANARY}).to_string();
    call(&sim, "PutEvents", json!({"Entries": [{"Source": "s", "DetailType": "t", "Detail": detail}]})).await;
    assert!(request(&sim, "GET", "/_sim/events", "").await.text().contains(CANARY));
}

#[test]
fn keys_are_not_in_any_debug_output() {
    let options = options();
    let shown = format!("{options:?} {:?}", options.inventory);
    assert!(shown.contains("virtualInterfaces: 1"), "{shown}");
    assert!(!shown.contains(CANARY));
}
