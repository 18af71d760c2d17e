//! The real `verify` over a move that the real `associate` made in the same simulator: settled, not yet, unhealthy.

use std::time::Duration;

use dx_sim::{Invocation, Options, World};
use serde_json::{Value, json};

use crate::harness::{Said, Stage, VERIFY, accept, findings, request_with};

const INTERFACE: &str = "dxvif-fgprivt1";
/// Nothing may come back later: what is lost is lost.
const AT_ONCE: [(&str, &str); 1] = [("CONVERGENCE_SECONDS", "0")];

/// The default move, made; the verifying function; and the record of the move.
async fn moved(options: Options, environment: &[(&str, &str)]) -> (Stage, Stage, Value) {
    let associate = Stage::with(options, &[]).await;
    let record = associate.ask(&request_with(json!({"expectedConnectionId": "dxcon-fgashbn1"}))).await.record();
    assert_eq!(record["outcome"], "associated");
    let verify = associate.beside(VERIFY, environment).await;
    (associate, verify, record)
}

fn never_up() -> Options {
    Options { never_up: vec!["dxlag-fgashlag".to_owned()], ..Options::default() }
}

fn details(stage: &Stage) -> Vec<String> {
    stage.simulator.events().iter().map(|event| event["DetailType"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_move_that_came_up_is_settled_and_says_so_once() {
    let (_associate, verify, record) = moved(Options::default(), &[]).await;
    assert_eq!(record["before"]["acceptedPrefixes"], json!(["192.0.2.0/24", "198.51.100.0/24", "2001:db8:1::/48"]));
    let settled = verify.ask(&record).await.record();
    assert_eq!((&settled["outcome"], &settled["checks"]["findings"]), (&json!("settled"), &json!([])));
    for carried in ["requestId", "request", "reason", "from", "to", "before", "inverse"] {
        assert_eq!(settled[carried], record[carried], "{carried}");
    }
    assert_eq!(settled["virtualInterface"]["virtualInterfaceState"], "available");
    assert_ne!(settled["id"], record["id"]);
    assert_eq!(details(&verify), ["Virtual Interface Associated", "Virtual Interface Settled"]);
    assert_eq!(verify.emitted()[1], settled);
    let about = verify.simulator.events()[1]["Resources"].clone();
    assert_eq!(about, verify.simulator.events()[0]["Resources"]);
    assert_eq!(about.as_array().unwrap().len(), 3);

    // Again, after a soak: still so, and not said twice.
    let again = verify.ask(&settled).await.record();
    assert_eq!((&again["outcome"], &again["id"]), (&settled["outcome"], &settled["id"]));
    assert_eq!(details(&verify).len(), 2);
    // Cheap: two reads each.
    assert_eq!((verify.count("ListVirtualInterfaceRoutes"), verify.count("DescribeConnections")), (3, 1));
    assert_eq!(verify.associate_calls(), 1);
    // How long it took is counted when it was seen first.
    let counted = verify.finish().await;
    assert_eq!(counted.iter().filter(|line| line.contains("\"Outcome\":\"settled\"")).count(), 2);
    assert_eq!(counted.iter().filter(|line| line.contains("\"TimeToSettle\":")).count(), 1);
}

#[tokio::test]
async fn in_transition_nothing_is_emitted() {
    let (associate, verify, record) =
        moved(Options { settle: Duration::from_hours(1), ..Options::default() }, &AT_ONCE).await;
    let said = verify.ask(&record).await;
    assert_eq!((said.name(), said.message()), ("NotSettledYet", "dxvif-fgprivt1 is pending"));
    assert_eq!(details(&verify).len(), 1);
    associate.simulator.change(World::settle_now);
    assert_eq!(verify.ask(&record).await.name(), "settled");
}

#[tokio::test]
async fn what_is_lost_may_come_back_for_a_while_and_then_is_unhealthy() {
    let (associate, patient, record) = moved(never_up(), &[]).await;
    let said = patient.ask(&record).await;
    assert_eq!(said.name(), "NotSettledYet");
    assert!(
        said.message().contains("state-kept: dxvif-fgprivt1 is down; it was available before the move"),
        "{said:?}"
    );
    assert_eq!(details(&patient).len(), 1);

    let verify = associate.beside(VERIFY, &AT_ONCE).await;
    let said = verify.ask(&record).await;
    assert_eq!(said.name(), "SettledUnhealthy");
    for lost in [
        "state-kept: ",
        "sessions-kept: the BGP session ipv4 ",
        "sessions-kept: the BGP session ipv6 ",
        "prefixes-kept: 3 prefixes",
    ] {
        assert!(said.message().contains(lost), "{lost}: {said:?}");
    }
    let unhealthy = &verify.emitted()[1];
    assert_eq!(details(&verify)[1], "Virtual Interface Unhealthy");
    assert_eq!((&unhealthy["outcome"], &unhealthy["inverse"]), (&json!("unhealthy"), &record["inverse"]));
    let codes: Vec<String> = findings(unhealthy).into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes, ["InterfaceDown", "SessionLost", "SessionLost", "PrefixesLost"]);

    // Said once, and taken back when it comes up after all.
    assert_eq!(verify.ask(unhealthy).await.name(), "SettledUnhealthy");
    assert_eq!(details(&verify).len(), 2);
    associate.simulator.change(|world| {
        world.set(INTERFACE, "virtualInterfaceState", "available");
        for peer in world.get_mut(INTERFACE).unwrap()["bgpPeers"].as_array_mut().unwrap() {
            peer["bgpStatus"] = "up".into();
        }
    });
    assert_eq!(verify.ask(unhealthy).await.name(), "settled");
    assert_eq!(details(&verify)[2], "Virtual Interface Settled");
}

#[tokio::test]
async fn what_was_down_before_may_be_down() {
    let associate = Stage::with(never_up(), &[]).await;
    let request = json!({"virtualInterfaceId": "dxvif-fgdowned", "connectionId": "dxlag-fgashlag",
        "overrides": accept(&["redundancy-kept", "healthy-path-elsewhere"])});
    let record = associate.ask(&request).await.record();
    let verify = associate.beside(VERIFY, &AT_ONCE).await;
    let settled = verify.ask(&record).await.record();
    assert_eq!(
        (&settled["outcome"], &settled["virtualInterface"]["virtualInterfaceState"]),
        (&json!("settled"), &json!("down"))
    );
    let codes: Vec<String> =
        findings(&settled).into_iter().map(|(_, severity, code)| format!("{severity} {code}")).collect();
    assert_eq!(codes, ["notice InterfaceStillDown"]);
}

#[tokio::test]
async fn routes_that_may_not_be_read_are_not_compared_and_the_record_says_so() {
    for (specs, because) in [
        (["ListVirtualInterfaceRoutes:denied", ""], "the record has no accepted prefixes from before the move"),
        (["ListVirtualInterfaceRoutes:hang", ""], "the record has no accepted prefixes from before the move"),
        (
            ["", "ListVirtualInterfaceRoutes:denied"],
            "ListVirtualInterfaceRoutes could not be read (AccessDeniedException)",
        ),
    ] {
        let faults = |spec: &str| if spec.is_empty() { Vec::new() } else { crate::harness::faults(&[spec]) };
        let (associate, verify, record) = moved(Options { faults: faults(specs[0]), ..Options::default() }, &[]).await;
        assert_eq!(record["before"]["acceptedPrefixes"].is_null(), !specs[0].is_empty());
        associate.simulator.set_faults(faults(specs[1]));
        let settled = verify.ask(&record).await.record();
        assert_eq!(findings(&settled), [("routes-compared".into(), "notice".into(), "RoutesNotCompared".into())]);
        assert_eq!(settled["checks"]["findings"][0]["facts"]["because"], because);
    }
}

/// What a state machine puts together when the answer was lost: no record, only the request.
#[tokio::test]
async fn a_move_without_a_definite_answer_is_verified_by_reading() {
    let unsettled = |place: Value| {
        json!({"schemaVersion": "1.0", "outcome": "unsettled", "time": "2026-01-10T17:39:55Z", "requestId": "CHG-1",
            "request": {"virtualInterfaceId": INTERFACE, "connectionId": "dxlag-fgashlag"}, "from": place,
            "to": {"connectionId": "dxlag-fgashlag"}, "before": null, "inverse": null})
    };
    let stage = Stage::of(VERIFY, Options { inventory: dx_sim::Inventory::example(), ..Options::default() }, &[]).await;
    let said = stage.ask(&unsettled(Value::Null)).await;
    assert_eq!(
        (said.name(), said.message()),
        ("AssociationUnsettled", "dxvif-fgprivt1 is on dxcon-fgashbn1, not on dxlag-fgashlag")
    );
    assert_eq!(stage.emitted().len(), 0);
    stage.simulator.change(|world| world.start_move(INTERFACE, "dxlag-fgashlag"));
    stage.simulator.change(World::settle_now);
    let settled = stage.ask(&unsettled(json!({"connectionId": "dxcon-fgashbn1"}))).await.record();
    assert_eq!(findings(&settled), [("before-known".into(), "notice".into(), "BeforeUnknown".into())]);
    assert_eq!((&settled["requestId"], &settled["from"]["connectionId"]), (&json!("CHG-1"), &json!("dxcon-fgashbn1")));
    assert_eq!(details(&stage), ["Virtual Interface Settled"]);
}

#[tokio::test]
async fn what_is_no_record_of_a_move_is_named_and_not_quoted() {
    let (_associate, verify, record) = moved(Options::default(), &[]).await;
    let with = |member: &str, value: Value| {
        let mut record = record.clone();
        record[member] = value;
        record
    };
    for (payload, expected) in [
        (json!([]), "the payload is not a JSON object"),
        (with("schemaVersion", json!("2.0")), "schemaVersion is not 1.0"),
        (with("outcome", json!("refused")), "outcome is not one after which there is a move to verify"),
        (with("outcome", json!("canary")), "outcome is not one after which there is a move to verify"),
        (with("time", json!("canary")), "time is not a time in RFC 3339"),
        (with("time", Value::Null), "time is missing"),
        (with("request", Value::Null), "request is not an object"),
        (with("request", json!({"virtualInterfaceId": "canary"})), "connectionId is missing"),
        (
            with("request", json!({"virtualInterfaceId": INTERFACE, "connectionId": "canary"})),
            "request.connectionId is not an id of the shape dxcon-... or dxlag-...",
        ),
        (
            with("request", json!({"virtualInterfaceId": INTERFACE, "connectionId": "dxlag-fgashlag", "dryRun": true})),
            "request.dryRun is true: a dry run moved nothing",
        ),
        (with("before", json!({"vlan": "canary"})), "before is not as it stands in a record"),
        (with("inverse", json!({})), "inverse is not as it stands in a record"),
        (with("to", json!("canary")), "to is not as it stands in a record"),
        (with("to", json!({})), "to.connectionId is not an id of the shape dxcon-... or dxlag-..."),
        (
            with("from", json!({"connectionId": "canary"})),
            "from.connectionId is not an id of the shape dxcon-... or dxlag-...",
        ),
        (with("before", json!({})), "before is of another virtual interface than the request"),
    ] {
        let said = verify.ask(&payload).await;
        assert_eq!(said.name(), "InvalidRequest", "{payload}");
        assert!(said.message().ends_with(expected) && !said.message().contains("canary"), "{said:?}");
    }
    let long = with("reason", json!("x".repeat(300 * 1024)));
    assert_eq!(verify.ask(&long).await.message(), "the payload is larger than 262144 bytes");
    assert_eq!(verify.count("DescribeVirtualInterfaces"), 3, "only the move's own reads");
}

#[tokio::test]
async fn a_key_that_somebody_put_into_a_record_ends_there() {
    let (_associate, verify, mut record) = moved(Options::default(), &[]).await;
    record["before"]["authKey"] = json!("canary");
    record["before"]["customerRouterConfig"] = json!({"canary": true});
    record["before"]["bgpPeers"][0]["authKey"] = json!("canary");
    record["before"]["canary"] = json!("canary");
    record["from"]["authKey"] = json!("canary");
    let settled = verify.ask(&record).await.record();
    assert_eq!(settled["before"]["authKey"], "[PROTECTED]");
    let events = json!(verify.simulator.events()).to_string();
    let output = verify.finish().await.join("\n");
    assert!(output.contains("\"outcome\":\"settled\""), "the record is in the log");
    for said in [settled.to_string(), events, output] {
        assert!(!said.contains("canary"), "{said}");
    }
}

/// Every fault at every call: what is said agrees with the world, and once the fault is gone it is settled.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_read_is_told_by_name() {
    let short = || Invocation { timeout: Duration::from_secs(12), ..Invocation::default() };
    let cells = [
        ("DescribeVirtualInterfaces:throttle", "Unavailable"),
        ("DescribeVirtualInterfaces:500", "Unavailable"),
        ("DescribeVirtualInterfaces:hang", "Unavailable"),
        ("DescribeVirtualInterfaces:truncated", "Unavailable"),
        ("DescribeVirtualInterfaces:denied", "AccessDenied"),
        // AWS says that there is none, once, and then shows it; or says so of everything, which is no answer.
        ("DescribeVirtualInterfaces:client:1", "settled"),
        ("DescribeVirtualInterfaces:client", "Unavailable"),
        ("DescribeVirtualInterfaces:throttle:1", "settled"),
        ("ListVirtualInterfaceRoutes:throttle", "Unavailable"),
        ("ListVirtualInterfaceRoutes:truncated", "Unavailable"),
        ("ListVirtualInterfaceRoutes:denied", "settled"),
        ("ListVirtualInterfaceRoutes:client", "settled"),
        ("PutEvents:denied", "RecordNotEmitted"),
        ("PutEvents:partial-final", "RecordNotEmitted"),
        ("PutEvents:partial:1", "settled"),
    ]
    .map(|(spec, expected)| {
        tokio::spawn(async move {
            let (associate, verify, record) = moved(Options::default(), &[]).await;
            associate.simulator.set_faults(crate::harness::faults(&[spec]));
            let said = verify.ask_as(record.to_string(), short()).await;
            assert_eq!(said.name(), expected, "{spec}: {said:?}");
            associate.simulator.set_faults(Vec::new());
            assert!(
                matches!(verify.ask(&record).await, Said::Record(settled) if settled["outcome"] == "settled"),
                "{spec}"
            );
            assert_eq!(verify.associate_calls(), 1, "{spec}");
        })
    });
    for cell in cells {
        cell.await.unwrap();
    }
}

#[tokio::test]
async fn it_is_gone_only_if_the_region_does_not_show_it_either() {
    let (associate, verify, record) = moved(Options::default(), &AT_ONCE).await;
    let settled = verify.ask(&record).await.record();
    associate.simulator.change(|world| assert!(world.remove(INTERFACE)));
    let said = verify.ask(&settled).await;
    assert_eq!(said.name(), "SettledUnhealthy");
    assert_eq!(said.message(), "still-there: dxvif-fgprivt1 is not visible any more: it will not come up again");
    assert_eq!(details(&verify)[2], "Virtual Interface Unhealthy");
}

#[tokio::test]
async fn whole_numbers_may_have_become_floats_on_their_way() {
    let (_associate, verify, record) = moved(Options::default(), &[]).await;
    assert_eq!((&record["before"]["vlan"], &record["before"]["asnLong"]), (&json!(101), &json!(65010)));
    let floats = record.to_string().replace(":101,", ":101.0,").replace(":65010,", ":65010.0,");
    assert!(floats.contains("101.0") && floats.contains("65010.0"), "{floats}");
    let settled = verify.ask_as(floats, Invocation::default()).await.record();
    assert_eq!((&settled["outcome"], &settled["before"]), (&json!("settled"), &record["before"]));
}

#[tokio::test]
async fn a_record_from_the_future_waits_for_nothing() {
    let (_associate, verify, mut record) = moved(never_up(), &[]).await;
    record["time"] = json!("9999-01-01T00:00:00Z");
    assert_eq!(verify.ask(&record).await.name(), "SettledUnhealthy");
}

#[tokio::test]
async fn too_little_time_is_said_before_anything_is_read() {
    let (_associate, verify, record) = moved(Options::default(), &[]).await;
    let hurried = Invocation { timeout: Duration::from_secs(4), ..Invocation::default() };
    assert_eq!(verify.ask_as(record.to_string(), hurried).await.name(), "Unavailable");
    assert_eq!(verify.count("DescribeVirtualInterfaces"), 3);
}
