//! What stands in the way: nothing is called, everything is said, and the record is on the bus.

use dx_sim::{Options, Table};
use serde_json::{Value, json};

use crate::harness::{Stage, accept, event, findings, request, request_with};

#[tokio::test]
async fn a_refusal_calls_nothing_and_leaves_a_record() {
    let stage = Stage::new().await;
    let said = stage.ask(&event("request-vlan-in-use")).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().contains("VLAN 102 is in use on dxlag-fgashlag by dxvif-fglagvif"), "{said:?}");
    assert_eq!(stage.associate_calls(), 0);
    assert_eq!(stage.place_of("dxvif-fgclash1"), "dxcon-fgspare1");

    let record = &stage.emitted()[0];
    assert_eq!(stage.simulator.events()[0]["DetailType"], "Virtual Interface Association Refused");
    assert_eq!(
        (&record["outcome"], &record["inverse"], &record["error"]),
        (&json!("refused"), &Value::Null, &Value::Null)
    );
    let mut now = record["virtualInterface"].clone();
    now["acceptedPrefixes"] = json!([]);
    assert_eq!(record["before"], now);
}

#[tokio::test]
async fn every_finding_is_told_and_not_only_the_first() {
    let stage = Stage::changed(|world| world.set("dxlag-fgashlag", "lagState", "down")).await;
    let said = stage.ask(&event("request-vlan-in-use")).await;
    let told: Vec<_> = said.message().lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(told, ["vlan-free-on-target", "target-state"], "{said:?}");
}

#[tokio::test]
async fn a_refusal_cannot_be_overridden_and_a_guard_only_by_its_own_name() {
    let stage = Stage::new().await;
    let traffic = ("interrupts-traffic".to_owned(), "guard".to_owned(), "CarriesTraffic".to_owned());
    let said = stage.ask(&request_with(json!({"overrides": accept(&["target-state"])}))).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(findings(&stage.emitted()[0]).contains(&traffic));

    let record = stage.ask(&request()).await.record();
    let overridden =
        &record["checks"]["findings"].as_array().unwrap().iter().find(|f| f["check"] == "interrupts-traffic");
    assert_eq!(overridden.unwrap()["overriddenBecause"], request()["overrides"][0]["reason"]);
}

#[tokio::test]
async fn what_is_still_settling_is_not_yet_and_what_will_not_clear_is_refused() {
    let stage = Stage::changed(|world| world.set("dxvif-fgdowned", "virtualInterfaceState", "pending")).await;
    assert_eq!(stage.ask(&event("request-from-sdk-integration")).await.name(), "PreCheckNotYet");
    stage.simulator.change(|world| world.set("dxlag-fgashlag", "lagState", "down"));
    assert_eq!(stage.ask(&event("request-from-sdk-integration")).await.name(), "PreCheckRefused");
    assert_eq!(stage.associate_calls(), 0);
}

#[tokio::test]
async fn a_second_move_waits_for_the_first_to_settle() {
    let hour = std::time::Duration::from_hours(1);
    let stage = Stage::with(Options { settle: hour, ..Options::default() }, &[]).await;
    stage.ask(&event("request-from-sdk-integration")).await.record();
    let back = json!({"virtualInterfaceId": "dxvif-fgdowned", "connectionId": "dxcon-fgashbn1",
        "overrides": accept(&["bandwidth-kept"])});
    let said = stage.ask(&back).await;
    assert_eq!(said.name(), "PreCheckNotYet", "{said:?}");
    stage.simulator.change(dx_sim::World::settle_now);
    let accepted = json!({"virtualInterfaceId": "dxvif-fgdowned", "connectionId": "dxcon-fgashbn1",
        "overrides": accept(&["interrupts-traffic", "bandwidth-kept", "redundancy-kept"])});
    let said = stage.ask(&accepted).await;
    assert_eq!(said.name(), "associated", "{said:?}");
}

#[tokio::test]
async fn what_does_not_exist_is_refused_and_both_absences_are_told() {
    let stage = Stage::new().await;
    let said = stage.ask(&json!({"virtualInterfaceId": "dxvif-nosuch", "connectionId": "dxlag-nosuch"})).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().contains("dxvif-nosuch") && said.message().contains("dxlag-nosuch"), "{said:?}");
    let record = &stage.emitted()[0];
    assert_eq!((&record["from"], &record["to"], &record["before"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(record["checks"]["run"], json!(["virtual-interface-exists", "target-exists"]));

    let said = stage.ask(&request_with(json!({"connectionId": "dxcon-nosuch"}))).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().starts_with("target-exists: target dxcon-nosuch is not visible in us-east-1"), "{said:?}");
}

#[tokio::test]
async fn what_may_be_an_interconnect_is_not_called_missing_before_it_was_asked_for() {
    let stage = Stage::with_faults(&["DescribeInterconnects:500"]).await;
    let said = stage.ask(&request_with(json!({"connectionId": "dxcon-nosuch"}))).await;
    assert_eq!(said.name(), "Unavailable", "{said:?}");
    stage.simulator.set_faults(crate::harness::faults(&["DescribeInterconnects:denied"]));
    let said = stage.ask(&request_with(json!({"connectionId": "dxcon-nosuch"}))).await;
    assert_eq!(said.name(), "PreCheckRefused", "{said:?}");
}

#[tokio::test]
async fn compare_and_set_refuses_what_is_elsewhere() {
    let stage = Stage::new().await;
    let said = stage.ask(&request_with(json!({"expectedConnectionId": "dxcon-fgcsva01"}))).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().contains("dxcon-fgashbn1") && said.message().contains("dxcon-fgcsva01"), "{said:?}");
}

#[tokio::test]
async fn denied_reads_that_are_needed_are_access_denied_and_others_only_leave_guards_unmet() {
    let stage = Stage::with_faults(&["DescribeLags:denied"]).await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "AccessDenied");
    assert!(stage.simulator.events().is_empty());

    let between_connections = event("request-to-connection");
    let said = stage.ask(&between_connections).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().contains("DescribeLags could not be read"), "{said:?}");
    let mut accepted = between_connections;
    accepted["overrides"] = accept(&["healthy-path-elsewhere", "facts-complete"]);
    assert_eq!(stage.ask(&accepted).await.name(), "associated");
}

#[tokio::test]
async fn a_refusal_that_cannot_be_judged_is_no_answer() {
    let stage = Stage::changed(|world| {
        world.get_mut("dxvif-fglagvif").unwrap().remove("vlan");
    })
    .await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "Unavailable");
    assert!(said.message().contains("cannot tell whether VLAN 101 is free"), "{said:?}");
    assert_eq!(stage.associate_calls(), 0);
    let dry = stage.ask(&request_with(json!({"dryRun": true}))).await;
    assert_eq!(dry.name(), "Unavailable");
}

#[tokio::test]
async fn more_healthy_paths_can_be_demanded() {
    let stage = Stage::with(Options::default(), &[("MIN_HEALTHY_PATHS", "2")]).await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().starts_with("healthy-path-remains"), "{said:?}");
}

#[tokio::test]
async fn pages_that_never_end_make_a_listing_unreadable() {
    let stage = Stage::with_faults(&["DescribeConnections:bad-page-token-loop"]).await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "Unavailable");
    assert!(said.message().contains("pages do not end"), "{said:?}");
    assert_eq!(stage.associate_calls(), 0);
}

#[tokio::test]
async fn a_clash_on_the_last_page_is_a_clash() {
    let stage = Stage::with(Options { page_size: 1, ..Options::default() }, &[]).await;
    stage.simulator.change(|world| {
        let mut last = world.get("dxvif-fglagvif").unwrap().clone();
        last.insert("virtualInterfaceId".to_owned(), json!("dxvif-fgzlast1"));
        last.insert("vlan".to_owned(), json!(101));
        last.insert("bgpPeers".to_owned(), json!([]));
        last.insert("amazonAddress".to_owned(), json!("169.254.9.1/30"));
        last.insert("customerAddress".to_owned(), json!("169.254.9.2/30"));
        world.add(Table::VirtualInterfaces, Value::Object(last));
    });
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().contains("VLAN 101 is in use on dxlag-fgashlag by dxvif-fgzlast1"), "{said:?}");
}
