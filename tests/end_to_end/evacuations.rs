//! The plans of `evacuate`, from its own binary: what it answers to a plain request, where the target comes from, and
//! that `associate` carries the plan out.

use dx_sim::{Inventory, Options, Table, World};
use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::harness::{ASSOCIATE, EVACUATE, Stage, accept, now};

mod events;
mod faults;
pub(crate) mod files;
mod reads;
mod sets;

/// A connection with a private, a transit and a public interface, all up.
const ASHBURN: &str = "dxcon-fgashbn1";
/// A connection that is down, and its one interface.
const DOWNED: &str = "dxcon-fgdowned";
const DOWNED_INTERFACE: &str = "dxvif-fgdowned";
const LAG: &str = "dxlag-fgashlag";
const SPARE: &str = "dxcon-fgspare1";
/// The gateway of `dxvif-fgprivt1`, whose other healthy path is in Vienna.
const GATEWAY: &str = "7f9c1a52-3b64-4d1e-9c55-0a1b2c3d4e5f";

/// `evacuate` over the example estate, changed.
async fn stage(change: impl FnOnce(&mut World)) -> Stage {
    stage_with(Options::default(), change).await
}

async fn stage_with(options: Options, change: impl FnOnce(&mut World)) -> Stage {
    let stage = Stage::of(EVACUATE, Options { inventory: Inventory::example(), ..options }, &[]).await;
    stage.simulator.change(change);
    stage
}

/// The whole plan for this payload.
async fn plan(stage: &Stage, payload: &Value) -> Value {
    stage.ask(payload).await.record()
}

fn requested(plan: &Value) -> Vec<&str> {
    let all = plan["requests"].as_array().unwrap().iter();
    all.map(|request| request["virtualInterfaceId"].as_str().unwrap()).collect()
}

/// Who is skipped, and the codes of the findings.
fn skipped(plan: &Value) -> Vec<(&str, Vec<&str>)> {
    let all = plan["skipped"].as_array().unwrap().iter();
    all.map(|one| {
        let findings = one["findings"].as_array().unwrap().iter();
        let codes = findings.map(|finding| finding["code"].as_str().unwrap());
        (one["virtualInterfaceId"].as_str().unwrap(), codes.collect())
    })
    .collect()
}

fn notices(plan: &Value) -> Vec<&str> {
    plan["notices"].as_array().unwrap().iter().map(|notice| notice["code"].as_str().unwrap()).collect()
}

fn set_standby(world: &mut World, port: &str, standby: &str) {
    let tags = json!([{"key": "environment", "value": "production"},
        {"key": "associate-virtual-interface:standby", "value": standby}]);
    world.set(port, "tags", tags);
}

/// Adds a private interface of this gateway with a session in this state, on addresses of its own.
fn add(world: &mut World, id: &str, port: &str, vlan: u32, gateway: &str, status: &str) {
    let (third, fourth) = (vlan / 64, vlan % 64 * 4);
    let (amazon, customer) =
        (format!("169.254.{third}.{}/30", fourth + 1), format!("169.254.{third}.{}/30", fourth + 2));
    let peer = json!({"bgpPeerId": format!("dxpeer-{vlan:08}"), "asn": 65010, "asnLong": 65010,
        "addressFamily": "ipv4", "amazonAddress": amazon, "customerAddress": customer, "bgpPeerState": "available",
        "bgpStatus": status});
    let state = if status == "up" { "available" } else { "down" };
    let interface = json!({"virtualInterfaceId": id, "connectionId": port, "ownerAccount": "123456789012",
        "virtualInterfaceType": "private", "vlan": vlan, "directConnectGatewayId": gateway, "virtualGatewayId": "",
        "asn": 65010, "asnLong": 65010, "amazonAddress": amazon, "customerAddress": customer, "addressFamily": "ipv4",
        "virtualInterfaceState": state, "mtu": 1500, "bgpPeers": [peer], "region": "us-east-1",
        "siteLinkEnabled": false});
    world.add(Table::VirtualInterfaces, interface);
}

/// Adds a connection like the one in Ashburn.
fn add_connection(world: &mut World, id: &str) {
    let mut connection = world.get(ASHBURN).unwrap().clone();
    connection.insert("connectionId".to_owned(), json!(id));
    world.add(Table::Connections, Value::Object(connection));
}

fn in_seconds(seconds: i64) -> String {
    (now() + Duration::seconds(seconds)).format(&Rfc3339).unwrap()
}

#[tokio::test]
async fn a_connection_is_emptied_and_every_member_of_the_request_is_carried_on() {
    let stage = stage(|_| {}).await;
    let (end, overrides) = (in_seconds(3600), accept(&["interrupts-traffic"]));
    let asked = json!({"fromConnectionId": ASHBURN, "connectionId": LAG, "dryRun": false, "overrides": overrides,
        "reason": "CHG-2050", "requestId": "CHG-2050", "notAfter": end});
    let plan = plan(&stage, &asked).await;
    assert_eq!(
        plan["requests"][0],
        json!({"virtualInterfaceId": "dxvif-fgprivt1", "connectionId": LAG, "expectedConnectionId": ASHBURN,
            "dryRun": false, "overrides": overrides, "requestId": "CHG-2050.dxvif-fgprivt1", "notAfter": end,
            "reason": "CHG-2050"})
    );
    assert_eq!(requested(&plan), ["dxvif-fgprivt1", "dxvif-fgtrans1"]);
    assert_eq!(skipped(&plan), [("dxvif-fgpublc1", vec!["CannotTell"])], "and nothing but what blocks is told");
    assert_eq!(notices(&plan), Vec::<&str>::new());
    assert_eq!(stage.associate_calls(), 0);
    assert!(stage.simulator.events().is_empty());
}

#[tokio::test]
async fn what_was_not_given_is_absent_and_the_id_is_lambdas_own() {
    let stage = stage(|_| {}).await;
    let named = dx_sim::Invocation { request_id: Some("7c8a".to_owned()), ..dx_sim::Invocation::default() };
    let asked = json!({"fromConnectionId": DOWNED, "connectionId": LAG});
    let plan = stage.ask_as(asked.to_string(), named).await.record();
    assert_eq!(
        plan["requests"],
        json!([{"virtualInterfaceId": DOWNED_INTERFACE, "connectionId": LAG, "expectedConnectionId": DOWNED,
            "requestId": "7c8a.dxvif-fgdowned"}])
    );
    // It is logged once, as JSON, and counted.
    let output = stage.finish().await;
    let lines: Vec<Value> = output.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().filter(|line| line["plan"].is_object()).collect();
    assert_eq!((told.len(), &told[0]["plan"]), (1, &plan));
    let count = lines.iter().find(|line| line["Outcome"].is_string()).unwrap();
    assert_eq!((&count["Outcome"], &count["Requests"], &count["Skipped"]), (&json!("planned"), &json!(1), &json!(0)));
}

#[tokio::test]
async fn a_long_request_id_leaves_room_for_what_a_runbook_adds() {
    let stage = stage(|_| {}).await;
    for (length, id) in [
        (110 - 15, format!("{}.{DOWNED_INTERFACE}", "x".repeat(95))),
        (110 - 14, format!("d47f0876dd6917702e40d215907c975a.{DOWNED_INTERFACE}")),
    ] {
        let asked = json!({"fromConnectionId": DOWNED, "connectionId": LAG, "requestId": "x".repeat(length)});
        assert_eq!(plan(&stage, &asked).await["requests"][0]["requestId"], json!(id));
    }
}

#[tokio::test]
async fn the_target_is_the_requests_or_the_sources_tag() {
    let arn = format!("arn:aws:directconnect:us-east-1:123456789012:dxlag/{LAG}");
    for standby in [LAG, &arn] {
        let stage = stage(|world| set_standby(world, DOWNED, standby)).await;
        let tagged = plan(&stage, &json!({"fromConnectionId": DOWNED})).await;
        assert_eq!(tagged["requests"][0]["connectionId"], LAG);
        let asked = json!({"fromConnectionId": DOWNED, "connectionId": "dxcon-fgcsva01",
            "overrides": accept(&["healthy-path-elsewhere"])});
        assert_eq!(plan(&stage, &asked).await["requests"][0]["connectionId"], "dxcon-fgcsva01");
    }
}

#[tokio::test]
async fn without_a_target_that_can_be_everything_is_skipped_with_the_reason() {
    let arn = "arn:aws:directconnect:eu-west-1:123456789012:dxlag/dxlag-fgashlag";
    for (standby, code) in [
        (None, "NoStandby"),
        (Some(""), "StandbyNotAPort"),
        (Some("the LAG"), "StandbyNotAPort"),
        (Some("dxvif-fgdowned"), "StandbyNotAPort"),
        (Some(arn), "StandbyNotAPort"),
        (Some(DOWNED), "TargetIsLeft"),
        (Some("dxlag-nosuch"), "TargetNotFound"),
        (Some("dxcon-nosuch"), "TargetNotFound"),
    ] {
        let stage = stage(|world| {
            if let Some(standby) = standby {
                set_standby(world, DOWNED, standby);
            }
        })
        .await;
        let plan = plan(&stage, &json!({"fromConnectionId": DOWNED})).await;
        assert_eq!(skipped(&plan), [(DOWNED_INTERFACE, vec![code])], "{standby:?}");
        assert_eq!(requested(&plan), Vec::<&str>::new());
        assert!(!plan.to_string().contains("the LAG"), "a tag's value is not told");
    }
}

#[tokio::test]
async fn a_member_of_a_lag_is_neither_a_source_nor_a_target_for_that_lag() {
    let stage = stage(|_| {}).await;
    let member = json!({"fromConnectionId": "dxcon-fglagm01", "connectionId": SPARE});
    let of_member = plan(&stage, &member).await;
    assert_eq!((requested(&of_member), skipped(&of_member)), (vec![], vec![]));
    assert_eq!(notices(&of_member), ["sourceIsLagMember"]);
    assert!(of_member["notices"][0]["message"].as_str().unwrap().contains(LAG));

    let onto_member = plan(&stage, &json!({"fromConnectionId": LAG, "connectionId": "dxcon-fglagm01"})).await;
    assert_eq!(skipped(&onto_member), [("dxvif-fglagvif", vec!["TargetIsLeft"])]);
}

#[tokio::test]
async fn a_source_without_interfaces_is_empty_and_one_that_is_not_visible_refused() {
    let stage = stage(|world| assert!(world.remove("dxvif-fgclash1"))).await;
    let empty = plan(&stage, &json!({"fromConnectionId": SPARE, "connectionId": LAG})).await;
    assert_eq!((requested(&empty), skipped(&empty), notices(&empty)), (vec![], vec![], vec!["sourceIsEmpty"]));
    for source in ["dxcon-nosuch", "dxlag-nosuch"] {
        let said = stage.ask(&json!({"fromConnectionId": source, "connectionId": LAG})).await;
        assert_eq!(said.name(), "PreCheckRefused");
        assert_eq!(said.message(), format!("{source} is not visible in us-east-1"));
    }
}

#[tokio::test]
async fn an_interface_on_a_port_that_is_not_visible_can_still_be_moved() {
    // A partner's port: the account owns the interface alone.
    let stage = stage(|world| assert!(world.remove(DOWNED))).await;
    let overrides = accept(&["bandwidth-kept", "macsec-kept"]);
    let asked = json!({"fromConnectionId": DOWNED, "connectionId": LAG, "overrides": overrides});
    assert_eq!(requested(&plan(&stage, &asked).await), [DOWNED_INTERFACE]);
}

#[tokio::test]
async fn what_was_deleted_is_not_there_and_what_is_not_at_rest_is_skipped() {
    for (state, expected) in
        [("deleted", vec![]), ("deleting", vec!["InterfaceNotMovable"]), ("testing", vec!["InterfaceNotMovable"])]
    {
        let stage = stage(|world| world.set(DOWNED_INTERFACE, "virtualInterfaceState", state)).await;
        let plan = plan(&stage, &json!({"fromConnectionId": DOWNED, "connectionId": LAG})).await;
        assert_eq!(skipped(&plan).into_iter().flat_map(|(_, codes)| codes).collect::<Vec<_>>(), expected, "{state}");
        assert!(requested(&plan).is_empty());
    }
}

/// The whole point: the requests, one after the other, through the function that moves.
#[tokio::test]
async fn associate_carries_out_every_request_and_a_second_plan_finds_nothing() {
    let planner = stage(|world| {
        for (number, status) in ["up", "down", "up", "down"].into_iter().enumerate() {
            let vlan = 501 + u32::try_from(number).unwrap();
            add(world, &format!("dxvif-fgset{number:03}"), ASHBURN, vlan, GATEWAY, status);
        }
    })
    .await;
    let mover = planner.beside(ASSOCIATE, &[]).await;
    let overrides = accept(&["interrupts-traffic", "healthy-path-remains", "redundancy-kept"]);
    let asked = json!({"fromConnectionId": ASHBURN, "connectionId": LAG, "overrides": overrides, "requestId": "CHG-1"});
    let first = plan(&planner, &asked).await;
    let requests = first["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 7, "{first}");
    for request in requests {
        let record = mover.ask(request).await.record();
        assert_eq!((&record["outcome"], &record["requestId"]), (&json!("associated"), &request["requestId"]));
    }
    for request in requests {
        assert_eq!(planner.place_of(request["virtualInterfaceId"].as_str().unwrap()), LAG);
    }
    assert_eq!(notices(&plan(&planner, &asked).await), ["sourceIsEmpty"]);
}
