//! The ledger: the same request again and again, at once and late, two requests for one interface, a bus or a table that
//! is down, and what a dead attempt leaves. Every fault in every order is the proof's (`proof/`); here the real binary
//! shows each promise once.

use std::time::Duration;

use dx_sim::{Invocation, Options};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::harness::{Said, Stage, accept, event, faults, now, request, request_with};

const MOVED: &str = "dxlag-fgashlag";
pub(crate) const LEDGER: &[(&str, &str)] = &[("LEDGER_TABLE", "ledger"), ("IN_DOUBT_SECONDS", "3600")];

async fn stage(specs: &[&str]) -> Stage {
    Stage::with(Options { faults: faults(specs), ..Options::default() }, LEDGER).await
}

/// The default move under this id.
pub(crate) fn named(id: &str) -> Value {
    request_with(json!({"requestId": id}))
}

pub(crate) fn moves(stage: &Stage) -> usize {
    let mut moves = 0;
    stage.simulator.change(|world| moves = world.moves());
    moves
}

/// The item of the ledger whose id begins like this.
fn item(stage: &Stage, prefix: &str) -> Value {
    let items = stage.items();
    let mut found = items.iter().filter(|item| item["id"]["S"].as_str().unwrap().starts_with(prefix));
    let item = found.next().unwrap_or_else(|| panic!("no {prefix} in {items:?}")).clone();
    assert!(found.next().is_none(), "several {prefix} in {items:?}");
    item
}

/// As if two hours had passed since the ledger was last written: longer than a deadline and a doubt.
pub(crate) fn hours_pass(stage: &Stage) {
    stage.change_items(|item| {
        for time in ["in_progress_expiration", "in_doubt_until", "due", "free_since"] {
            let Some(number) = item.get(time).and_then(|value| value["N"].as_str()) else { continue };
            let earlier = number.parse::<i64>().unwrap() - 7_200_000;
            item.insert(time.to_owned(), json!({"N": earlier.to_string()}));
        }
    });
}

pub(crate) fn scheduled() -> Value {
    json!({
        "version": "0", "id": "8f5e", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": "123456789012", "time": now().format(&Rfc3339).unwrap(), "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/sweep"], "detail": {},
    })
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_record_and_calls_nothing() {
    let stage = stage(&[]).await;
    let first = stage.simulator.invoke(named("CHG-1").to_string(), Invocation::default()).await;
    assert!(!first.function_error);
    let again = stage.simulator.invoke(named("CHG-1").to_string(), Invocation::default()).await;
    assert_eq!(again.payload, first.payload, "byte for byte");
    assert_eq!((stage.associate_calls(), moves(&stage), stage.emitted().len()), (1, 1, 1));
    let kept = item(&stage, "req#");
    assert_eq!(kept["record"]["S"].as_str().unwrap().as_bytes(), first.payload);
    assert_eq!((&kept["status"]["S"], &kept["emitted"]["BOOL"]), (&json!("COMPLETED"), &json!(true)));
    assert!(kept.get("unfinished").is_none(), "{kept}");
    assert!(item(&stage, "vif#").get("holder").is_none());
}

#[tokio::test]
async fn the_same_id_with_other_content_is_refused() {
    let stage = stage(&[]).await;
    stage.ask(&named("CHG-1")).await.record();
    let other = request_with(json!({"requestId": "CHG-1", "notAfter": "2126-01-01T00:00:00Z"}));
    assert_eq!(stage.ask(&other).await.name(), "RequestIdReused");
    assert_eq!((stage.associate_calls(), stage.emitted().len()), (1, 1));
}

#[tokio::test]
async fn a_late_duplicate_after_a_move_back_is_refused() {
    let stage = stage(&[]).await;
    let record = stage.ask(&named("CHG-1")).await.record();
    let mut back = record["inverse"].clone();
    back["requestId"] = json!("CHG-1-back");
    back["overrides"] = accept(&["interrupts-traffic", "bandwidth-kept", "healthy-path-remains", "redundancy-kept"]);
    stage.simulator.change(dx_sim::World::settle_now);
    let back = stage.ask(&back).await.record();
    assert_eq!((&back["outcome"], moves(&stage)), (&json!("associated"), 2));

    let late = stage.ask(&named("CHG-1")).await;
    assert_eq!(late.name(), "StaleRequest", "{late:?}");
    assert!(late.message().contains("has been moved again since"), "{late:?}");
    assert_eq!((stage.associate_calls(), moves(&stage)), (2, 2));
    assert_eq!(stage.place_of("dxvif-fgprivt1"), "dxcon-fgashbn1");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_for_one_interface_never_overlap() {
    // The first is held up in its call; the second has an environment of its own.
    let stage = stage(&["AssociateVirtualInterface:hang:1"]).await;
    let beside = stage.beside(crate::harness::ASSOCIATE, LEDGER).await;
    let short = Invocation { timeout: Duration::from_secs(20), ..Invocation::default() };
    let first = stage.ask_as(named("CHG-1").to_string(), short);
    let others = async {
        let called = async {
            while stage.associate_calls() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), called).await.expect("the first calls");
        (beside.ask(&named("CHG-2")).await, beside.ask(&named("CHG-1")).await)
    };
    let (first, (another, same)) = tokio::join!(first, others);
    assert_eq!((another.name(), same.name()), ("InProgress", "InProgress"), "{another:?} {same:?}");
    assert_eq!(first.name(), "AssociationUnsettled", "{first:?}");
    assert_eq!(stage.associate_calls(), 1);
}

#[tokio::test]
async fn a_record_that_the_bus_did_not_take_is_kept_and_emitted_by_the_next_attempt() {
    let stage = stage(&["PutEvents:partial-final:1"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "RecordNotEmitted");
    assert_eq!(item(&stage, "req#")["unfinished"]["S"], "yes");
    let record = stage.ask(&named("CHG-1")).await.record();
    assert_eq!(record["outcome"], "associated", "the first record, not one of its own");
    assert_eq!((stage.emitted(), stage.associate_calls()), (vec![record], 1));
    assert_eq!(item(&stage, "req#")["emitted"]["BOOL"], true);
}

#[tokio::test]
async fn what_nobody_asks_for_again_is_emitted_by_the_sweeper() {
    let stage = stage(&["PutEvents:partial-final:1"]).await;
    stage.ask(&named("CHG-1")).await;
    let idle = stage.ask(&scheduled()).await.record();
    assert_eq!(idle, json!({"unfinished": 0, "emitted": 0, "unsettled": 0}), "its own process has half a minute");
    stage.change_items(|item| {
        if item.contains_key("due") {
            item.insert("due".to_owned(), json!({"N": "1"}));
        }
    });
    let swept = stage.ask(&scheduled()).await.record();
    assert_eq!(swept, json!({"unfinished": 1, "emitted": 1, "unsettled": 0}));
    assert_eq!((stage.emitted()[0]["outcome"].as_str(), stage.associate_calls()), (Some("associated"), 1));
    assert_eq!(stage.ask(&scheduled()).await.record()["unfinished"], 0);
}

#[tokio::test]
async fn a_call_without_an_answer_is_cleared_up_by_reading() {
    // Applied only after the read that follows the call.
    let stage = stage(&["AssociateVirtualInterface:late"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    assert_eq!(item(&stage, "req#")["status"]["S"], "IN_DOUBT");
    let record = stage.ask(&named("CHG-1")).await.record();
    assert_eq!(record["outcome"], "associated");
    assert_eq!(record["before"]["connectionId"], "dxcon-fgashbn1", "all that the first attempt knew is in it");
    assert_eq!(record["inverse"]["connectionId"], "dxcon-fgashbn1");
    assert_eq!(record["virtualInterface"]["connectionId"], MOVED);
    assert_eq!(record["error"]["code"], "NoAnswer");
    assert_eq!((stage.associate_calls(), moves(&stage)), (1, 1));
    let outcomes: Vec<_> = stage.emitted().iter().map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes, ["unsettled", "associated"]);
    assert_eq!(stage.ask(&named("CHG-1")).await, Said::Record(record));
}

#[tokio::test]
async fn a_call_without_an_answer_is_not_made_again_while_it_may_be_applied() {
    let stage = stage(&["AssociateVirtualInterface:reset-before:1"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    assert_eq!(stage.ask(&named("CHG-2")).await.name(), "InProgress", "nor may another request");
    assert_eq!((stage.associate_calls(), stage.emitted().len()), (1, 1));
    hours_pass(&stage);
    let record = stage.ask(&named("CHG-1")).await.record();
    assert_eq!((record["outcome"].as_str(), stage.associate_calls(), moves(&stage)), (Some("associated"), 2, 1));
}

/// Outcomes on the bus, each with the id of its request.
fn told(stage: &Stage) -> Vec<String> {
    let text = |record: &Value, name: &str| record[name].as_str().unwrap().to_owned();
    let told = |record: &Value| format!("{} {}", text(record, "requestId"), text(record, "outcome"));
    stage.emitted().iter().map(told).collect()
}

#[tokio::test]
async fn whoever_takes_an_interface_that_was_left_behind_first_finds_out_what_became_of_the_other_request() {
    let elsewhere = request_with(json!({"requestId": "CHG-2", "connectionId": "dxcon-fgspare1"}));
    // The first call was applied after the read that followed it; it was never carried out; the bus is down meanwhile.
    let stage = stage(&["AssociateVirtualInterface:late:1"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    hours_pass(&stage);
    assert_eq!(stage.ask(&elsewhere).await.name(), "PreCheckRefused", "the interface is where the first has put it");
    assert_eq!(told(&stage), ["CHG-1 unsettled", "CHG-1 associated", "CHG-2 refused"]);
    assert_eq!(stage.ask(&named("CHG-1")).await.record()["outcome"], "associated");

    let stage = self::stage(&["AssociateVirtualInterface:reset-before:1"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    hours_pass(&stage);
    assert_eq!(stage.ask(&named("CHG-2")).await.record()["outcome"], "associated");
    assert_eq!(told(&stage), ["CHG-1 unsettled", "CHG-2 associated"]);
    assert_eq!((stage.associate_calls(), moves(&stage)), (2, 1));

    let stage = self::stage(&["AssociateVirtualInterface:late:1", "PutEvents:partial-final:2"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    hours_pass(&stage);
    assert_eq!(stage.ask(&named("CHG-2")).await.record()["outcome"], "alreadyAssociated");
    assert_eq!(told(&stage), ["CHG-1 unsettled", "CHG-2 alreadyAssociated"]);
    hours_pass(&stage);
    stage.ask(&scheduled()).await.record();
    assert_eq!(told(&stage)[2..], ["CHG-1 associated"], "it is kept for the sweeper");

    let stage = self::stage(&["AssociateVirtualInterface:reset-before:1", "PutEvents:partial-final:1-2"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    hours_pass(&stage);
    assert_eq!(stage.ask(&named("CHG-2")).await.name(), "InProgress", "nobody has been told of the first");
    assert_eq!(stage.ask(&named("CHG-2")).await.record()["outcome"], "associated");
    assert_eq!(told(&stage), ["CHG-1 unsettled", "CHG-2 associated"]);
}

#[tokio::test]
async fn no_two_writes_of_an_invocation_have_one_token() {
    // The writes of the first request's attempt are two. The second one's first lets go of what the first request holds;
    // the next is about its own call, and is the last that succeeds.
    let stage = stage(&["AssociateVirtualInterface:reset-before:1-2", "TransactWriteItems:500:5-"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    hours_pass(&stage);
    assert_eq!(stage.ask(&named("CHG-2")).await.name(), "AssociationUnsettled");
    let items = stage.items();
    let tokens = |status: &str| {
        let of_it = items.iter().filter(|item| item.get("status").is_some_and(|value| value["S"] == status));
        of_it.map(|item| item["token"]["S"].as_str().unwrap()).collect::<Vec<_>>()
    };
    let (closed, began) = (tokens("PUT_OFF"), tokens("INPROGRESS"));
    assert_eq!((closed.len(), began.len()), (1, 1), "{items:?}");
    assert_ne!(closed, began);
    assert_eq!(item(&stage, "vif#")["token"]["S"], began[0]);
}

#[tokio::test]
async fn a_path_waits_until_it_is_known_that_no_other_one_of_its_gateway_is_moving() {
    let other_path = request_with(json!({
        "virtualInterfaceId": "dxvif-fgprivt2", "connectionId": "dxcon-fgspare1", "requestId": "CHG-0",
        "expectedConnectionId": null,
        "overrides": accept(&["interrupts-traffic", "bandwidth-kept", "redundancy-kept", "healthy-path-elsewhere"]),
    }));
    // It may yet be applied, so that the only healthy path would be the one that is asked for now.
    let stage = stage(&["AssociateVirtualInterface:reset-before:1"]).await;
    assert_eq!(stage.ask(&other_path).await.name(), "AssociationUnsettled");
    let waits = stage.ask(&named("CHG-1")).await;
    assert_eq!(waits.name(), "InProgress");
    assert!(waits.message().starts_with("dxvif-fgprivt2 is a path of the same gateway"), "{waits:?}");
    assert_eq!(stage.associate_calls(), 1);
    hours_pass(&stage);
    assert_eq!(stage.ask(&named("CHG-1")).await.record()["outcome"], "associated");

    // It was moved and is well, but who knows what was read before that.
    let stage = self::stage(&[]).await;
    assert_eq!(stage.ask(&other_path).await.record()["outcome"], "associated");
    stage.simulator.change(dx_sim::World::settle_now);
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "InProgress");
    let mut accepts = named("CHG-1");
    accepts["overrides"] = accept(&["interrupts-traffic", "bandwidth-kept", "healthy-path-remains", "redundancy-kept"]);
    assert_eq!(stage.ask(&accepts).await.record()["outcome"], "associated");
}

#[tokio::test]
async fn what_became_of_an_attempt_is_not_said_before_it_is_written() {
    let stage = stage(&["AssociateVirtualInterface:late:1", "TransactWriteItems:500:3-5"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "InProgress");
    assert_eq!(told(&stage), ["CHG-1 unsettled"]);
    assert_eq!(stage.ask(&named("CHG-1")).await.record()["outcome"], "associated");
}

#[tokio::test]
async fn what_was_put_off_or_refused_may_be_asked_for_again() {
    let stage = stage(&["AssociateVirtualInterface:throttle:1-3"]).await;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "Unavailable");
    assert_eq!(item(&stage, "req#")["status"]["S"], "PUT_OFF");
    assert_eq!(stage.ask(&named("CHG-1")).await.record()["outcome"], "associated");

    let stage = self::stage(&[]).await;
    let busy = event("request-vlan-in-use");
    assert_eq!(stage.ask(&busy).await.name(), "PreCheckRefused");
    assert_eq!(stage.items(), [json!(null); 0], "what called nothing leaves nothing");
    assert_eq!(stage.count("TransactWriteItems"), 0);
}

#[tokio::test]
async fn a_no_from_aws_stays_a_no() {
    let stage = stage(&["AssociateVirtualInterface:client:1"]).await;
    let no = stage.ask(&named("CHG-1")).await;
    assert_eq!(no.name(), "AssociationRejected");
    assert_eq!(stage.ask(&named("CHG-1")).await, no);
    assert_eq!((stage.associate_calls(), stage.emitted().len()), (1, 1));
    assert_eq!(item(&stage, "req#")["status"]["S"], "REJECTED");
}

#[tokio::test]
async fn without_the_ledger_nothing_is_begun() {
    for (fault, name) in [
        ("GetItem:denied", "AccessDenied"),
        ("GetItem:500", "Unavailable"),
        ("TransactWriteItems:denied", "AccessDenied"),
        ("TransactWriteItems:throttle", "Unavailable"),
        ("TransactWriteItems:conditional", "InProgress"),
        ("TransactWriteItems:conflict", "InProgress"),
    ] {
        let stage = stage(&[fault]).await;
        assert_eq!(stage.ask(&named("CHG-1")).await.name(), name, "{fault}");
        assert_eq!((stage.associate_calls(), stage.emitted().len()), (0, 0), "{fault}");
        stage.simulator.set_faults(Vec::new());
        assert_eq!(stage.ask(&named("CHG-1")).await.record()["outcome"], "associated", "{fault}");
    }
}

#[tokio::test]
async fn a_ledger_that_fails_after_the_call_keeps_nobody_from_the_record() {
    // The first write is the one before the call.
    let stage = stage(&["TransactWriteItems:500:2-"]).await;
    let record = stage.ask(&named("CHG-1")).await.record();
    assert_eq!((record["outcome"].as_str(), stage.emitted()), (Some("associated"), vec![record.clone()]));
    assert_eq!(item(&stage, "req#")["status"]["S"], "INPROGRESS");
}

#[tokio::test]
async fn an_interface_that_is_there_is_noted_too() {
    let stage = stage(&[]).await;
    stage.simulator.change(|world| world.set("dxvif-fgprivt1", "connectionId", MOVED));
    let record = stage.ask(&named("CHG-1")).await.record();
    assert_eq!(record["outcome"], "alreadyAssociated");
    stage.simulator.change(|world| world.set("dxvif-fgprivt1", "connectionId", "dxcon-fgashbn1"));
    assert_eq!(stage.ask(&named("CHG-1")).await, Said::Record(record), "a late duplicate moves nothing");
    assert_eq!(stage.associate_calls(), 0);
}

#[tokio::test]
async fn a_dry_run_and_a_function_without_a_table_ask_no_ledger() {
    let asked = |stage: &Stage| stage.simulator.calls().iter().filter(|call| call.service == "dynamodb").count();
    let stage = stage(&[]).await;
    stage.ask(&request_with(json!({"dryRun": true}))).await.record();
    assert_eq!(asked(&stage), 0);
    let stage = Stage::new().await;
    stage.ask(&request()).await.record();
    assert_eq!(asked(&stage), 0);
    assert_eq!(stage.ask(&scheduled()).await.name(), "InvalidRequest");
}

/// The reads of the ledger go with the wave of all other reads; one write follows, and then the call.
#[tokio::test]
async fn the_ledger_costs_one_round_trip_before_the_call() {
    let stage = Stage::with(Options { latency: Duration::from_millis(300), ..Options::default() }, LEDGER).await;
    stage.ask(&named("CHG-1")).await.record();
    let calls = stage.simulator.calls();
    // How many answers in a row were waited for before the first call of an operation was made.
    let trips = |operation: &str| {
        let mut began = calls.iter().find(|call| call.operation == operation).unwrap().started;
        let mut trips = 0;
        let before = |began| calls.iter().filter(move |call| call.started + call.took <= began);
        while let Some(last) = before(began).max_by_key(|call| call.started) {
            began = last.started;
            trips += 1;
        }
        trips
    };
    assert_eq!((trips("DescribeVirtualInterfaces"), trips("GetItem")), (0, 0));
    assert_eq!((trips("TransactWriteItems"), trips("AssociateVirtualInterface")), (1, 2));
}

#[tokio::test]
async fn no_secret_is_in_the_ledger() {
    let stage = stage(&[]).await;
    stage.simulator.change(crate::secrets::plant);
    stage.ask(&named("CHG-1")).await.record();
    let ledger = json!(stage.items()).to_string();
    assert!(ledger.contains("[PROTECTED]"), "there was a key to protect");
    assert!(!ledger.contains(crate::secrets::CANARY));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_moves_and_every_other_is_told_to_wait() {
    let stage = stage(&[]).await;
    let mut asked = Vec::new();
    for number in 0..8 {
        let one = stage.beside(crate::harness::ASSOCIATE, LEDGER).await;
        asked.push(tokio::spawn(async move { one.ask(&named(&format!("CHG-{}", number % 4))).await }));
    }
    let mut moved = 0;
    for one in asked {
        match one.await.unwrap() {
            Said::Record(record) if record["outcome"] == "associated" => moved += 1,
            Said::Record(record) => assert_eq!(record["outcome"], "alreadyAssociated"),
            Said::Error { name, message } => {
                assert!(matches!(name.as_str(), "InProgress" | "PreCheckNotYet" | "Unavailable"), "{name}: {message}");
            }
        }
    }
    assert!(moved >= 1, "nobody moved it");
    assert_eq!((stage.associate_calls(), moves(&stage)), (1, 1));
}
