//! Every fault at every call of the function. What the error's name says about the world is compared with the world;
//! the mutating call is counted; and a second invocation without the fault converges: moved exactly once, with the
//! record on the bus.

use std::time::Duration;

use associate_virtual_interface::error::Moved;
use dx_sim::{Invocation, Options};
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use crate::harness::{Said, Stage, accept, error_name, faults, now, request, request_with};

const MOVED: &str = "dxlag-fgashlag";
const READS: &[&str] = &[
    "DescribeVirtualInterfaces",
    "DescribeConnections",
    "DescribeLags",
    "DescribeDirectConnectGatewayAttachments",
    "ListVirtualInterfaceRoutes",
];
const ANY_CALL: &[&str] = &["throttle", "500", "503", "denied", "reset-before", "hang", "truncated"];
const DIRECT_CONNECT: &[&str] = &["server-exception-400", "client"];
const MUTATING: &[&str] = &["transitioning", "transitioning:1", "reset-after", "500-after", "hang-after", "late"];
const EMITTING: &[&str] = &["partial", "partial-final", "reset-after", "500-after"];

/// Short, so that a call that hangs is given up in seconds: reads after 8, the call after 13 less 5.
fn short() -> Invocation {
    Invocation { timeout: Duration::from_secs(25), ..Invocation::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_error_agrees_with_the_world_and_a_retry_converges() {
    let mut specs: Vec<String> = Vec::new();
    for operation in READS.iter().chain(&["AssociateVirtualInterface", "PutEvents"]) {
        specs.extend(ANY_CALL.iter().map(|fault| format!("{operation}:{fault}")));
        // A fault that passes: the reads and the bus are tried again, the call only where nothing was applied.
        specs.extend(["throttle", "500", "reset-before"].iter().map(|fault| format!("{operation}:{fault}:1")));
    }
    for operation in READS.iter().chain(&["AssociateVirtualInterface"]) {
        specs.extend(DIRECT_CONNECT.iter().map(|fault| format!("{operation}:{fault}")));
    }
    specs.extend(MUTATING.iter().map(|fault| format!("AssociateVirtualInterface:{fault}")));
    specs.extend(EMITTING.iter().map(|fault| format!("PutEvents:{fault}")));
    specs.push("DescribeVirtualInterfaces:stale".to_owned());
    specs.push("PutEvents:partial:1-3".to_owned());
    // The second wave, which only a gateway in doubt makes necessary: its one read is the second of its operation.
    let second = |fault: &&'static str| format!("DescribeDirectConnectGatewayAttachments:{fault}:2-");
    specs.extend(ANY_CALL.iter().chain(DIRECT_CONNECT).map(second));
    let cells: Vec<_> = specs.into_iter().map(|spec| (spec.clone(), tokio::spawn(cell(spec)))).collect();
    assert_eq!(cells.len(), 103);
    for (spec, cell) in cells {
        cell.await.unwrap_or_else(|error| panic!("{spec}: {error}"));
    }
}

async fn cell(spec: String) {
    let stage = Stage::new().await;
    let mut request = request();
    if spec.ends_with(":2-") {
        stage.simulator.change(|world| assert!(world.remove("dxvif-fgprivt2")));
        request["overrides"] = accept(&["interrupts-traffic", "healthy-path-remains", "redundancy-kept"]);
    }
    // Something to be stale about that has no part in the move.
    stage.simulator.change(|world| world.set("dxcon-fgspare1", "connectionName", "renamed"));
    stage.simulator.set_faults(faults(&[&spec]));
    let said = stage.ask_as(request.to_string(), short()).await;

    let moved = stage.place_of("dxvif-fgprivt1") == MOVED;
    match &said {
        Said::Record(record) => {
            assert!(moved, "{spec}: {record}");
            assert_eq!(stage.emitted().len(), 1, "{spec}");
        }
        Said::Error { name, message } => match error_name(name).did_it_move() {
            Moved::Yes => assert!(moved, "{spec}: {name}: {message}"),
            Moved::No => assert!(!moved, "{spec}: {name}: {message}"),
            Moved::Unknown => {}
        },
    }
    let put_off = ["throttle", "transitioning"]
        .iter()
        .any(|fault| spec.starts_with(&format!("AssociateVirtualInterface:{fault}")));
    assert!(stage.associate_calls() <= if put_off { 3 } else { 1 }, "{spec}: {} calls", stage.associate_calls());

    stage.simulator.set_faults(Vec::new());
    let again = stage.ask_as(request.to_string(), short()).await;
    assert!(matches!(&again, Said::Record(_)), "{spec}: then {again:?}");
    assert_eq!(stage.place_of("dxvif-fgprivt1"), MOVED, "{spec}");
    let mut times = 0;
    stage.simulator.change(|world| times = world.moves());
    assert_eq!(times, 1, "{spec}: it is to be moved exactly once");
    let told = stage.emitted();
    let of_the_move = told.iter().filter(|record| {
        matches!(record["outcome"].as_str(), Some("associated" | "alreadyAssociated"))
            && record["from"]["connectionId"] == "dxcon-fgashbn1"
            && record["to"]["connectionId"] == MOVED
    });
    assert!(of_the_move.count() >= 1, "{spec}: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_may_be_an_interconnect_is_asked_for_and_every_fault_of_that_moves_nothing() {
    let request = request_with(json!({"connectionId": "dxcon-nosuch"}));
    let cells = ANY_CALL.iter().chain(DIRECT_CONNECT).map(|fault| {
        let request = request.to_string();
        tokio::spawn(async move {
            let stage = Stage::with_faults(&[&format!("DescribeInterconnects:{fault}")]).await;
            let said = stage.ask_as(request, short()).await;
            assert!(stage.count("DescribeInterconnects") >= 1);
            assert_eq!(stage.associate_calls(), 0, "{fault}");
            let Said::Error { name, .. } = said else { panic!("{fault}: {said:?}") };
            assert_eq!(error_name(&name).did_it_move(), Moved::No, "{fault}: {name}");
        })
    });
    for cell in cells.collect::<Vec<_>>() {
        cell.await.unwrap();
    }
}

#[tokio::test]
async fn the_call_is_not_made_after_the_requests_end() {
    let end = (now() + time::Duration::milliseconds(400)).format(&Rfc3339).unwrap();
    // Put off once, at once; the next try would come half a second later.
    let stage = Stage::with_faults(&["AssociateVirtualInterface:throttle:1"]).await;
    let said = stage.ask(&request_with(json!({"notAfter": end}))).await;
    assert_eq!(said.name(), "StaleRequest", "{said:?}");
    assert_ne!(stage.place_of("dxvif-fgprivt1"), MOVED);
    assert!(stage.associate_calls() <= 1);
}

#[tokio::test]
async fn a_lost_answer_after_the_move_is_reported_as_moved() {
    for fault in ["reset-after", "500-after", "truncated"] {
        let stage = Stage::with_faults(&[&format!("AssociateVirtualInterface:{fault}")]).await;
        let record = stage.ask(&request()).await.record();
        assert_eq!(record["outcome"], "associated", "{fault}");
        assert!(record["error"]["code"].is_string(), "{fault}: {record}");
        assert_eq!(record["virtualInterface"]["connectionId"], MOVED);
        assert_eq!(stage.associate_calls(), 1, "{fault}");
    }
}

#[tokio::test]
async fn no_answer_and_no_sight_of_it_on_the_target_is_unsettled() {
    for fault in ["reset-before", "500", "503", "server-exception-400", "late"] {
        let stage = Stage::with_faults(&[&format!("AssociateVirtualInterface:{fault}")]).await;
        let said = stage.ask(&request()).await;
        assert_eq!(said.name(), "AssociationUnsettled", "{fault}");
        assert_eq!(stage.associate_calls(), 1, "{fault}");
        let record = &stage.emitted()[0];
        assert_eq!(record["outcome"], "unsettled");
        // It may have moved, so the way back is told; it expects the target and is harmless if it has not.
        assert_eq!(record["inverse"]["expectedConnectionId"], MOVED);
        assert_eq!(stage.simulator.events()[0]["DetailType"], "Virtual Interface Association Unsettled");
    }
}

#[tokio::test]
async fn a_no_that_a_read_agrees_with_is_rejected_and_one_that_cannot_be_read_up_is_unsettled() {
    let stage = Stage::with_faults(&["AssociateVirtualInterface:client"]).await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "AssociationRejected");
    assert_eq!(stage.emitted()[0]["error"]["code"], "DirectConnectClientException");

    // Three reads of interfaces before the call, the fourth is the one after it.
    let blind = ["AssociateVirtualInterface:client", "DescribeVirtualInterfaces:client:4"];
    let stage = Stage::with_faults(&blind).await;
    assert_eq!(stage.ask(&request()).await.name(), "AssociationUnsettled");
}

#[tokio::test]
async fn what_is_put_off_is_tried_again_and_then_left_to_the_caller() {
    for fault in ["throttle", "transitioning"] {
        let stage = Stage::with_faults(&[&format!("AssociateVirtualInterface:{fault}:1")]).await;
        assert_eq!(stage.ask(&request()).await.name(), "associated", "{fault}");
        assert_eq!(stage.associate_calls(), 2, "{fault}");

        let stage = Stage::with_faults(&[&format!("AssociateVirtualInterface:{fault}")]).await;
        let said = stage.ask(&request()).await;
        assert_eq!((said.name(), stage.associate_calls()), ("Unavailable", 3), "{fault}: {said:?}");
        assert!(stage.simulator.events().is_empty());
    }
}

#[tokio::test]
async fn a_record_that_the_bus_did_not_take_is_emitted_by_the_next_invocation() {
    let stage = Stage::with_faults(&["PutEvents:partial-final"]).await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "RecordNotEmitted");
    assert!(stage.simulator.events().is_empty());
    assert_eq!(stage.count("PutEvents"), 1, "an entry that is refused for good is not offered again");

    stage.simulator.set_faults(Vec::new());
    let record = stage.ask(&request()).await.record();
    assert_eq!(
        (&record["outcome"], &record["from"]["connectionId"]),
        (&json!("alreadyAssociated"), &json!("dxcon-fgashbn1"))
    );
    assert_eq!(stage.emitted(), [record]);
    assert_eq!(stage.associate_calls(), 1);
}

#[tokio::test]
async fn the_first_cause_keeps_its_name_when_the_bus_is_down_too() {
    let causes = [
        ("AssociateVirtualInterface:client", "AssociationRejected"),
        ("AssociateVirtualInterface:reset-before", "AssociationUnsettled"),
    ];
    for (fault, name) in causes {
        let stage = Stage::with_faults(&[fault, "PutEvents:denied"]).await;
        assert_eq!(stage.ask(&request()).await.name(), name);
    }
    let stage = Stage::with_faults(&["PutEvents:denied"]).await;
    assert_eq!(stage.ask(&crate::harness::event("request-vlan-in-use")).await.name(), "PreCheckRefused");
}

#[tokio::test]
async fn a_retryable_entry_is_offered_until_the_bus_takes_it() {
    let stage = Stage::with(Options { faults: faults(&["PutEvents:partial:1-3"]), ..Options::default() }, &[]).await;
    stage.ask(&request()).await.record();
    assert_eq!((stage.count("PutEvents"), stage.emitted().len()), (4, 1));
}
