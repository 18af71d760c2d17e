//! The runbooks' examples in `events/`: their inputs go through the real functions in the order in which the runbook calls
//! them when all goes well, and what that gives is put into the shape that the state machine's own definition has.

use dx_sim::Options;
use serde_json::{Map, Value, json};

use crate::examples::compare;
use crate::harness::{EVACUATE, Stage, VERIFY, event};

const TICKET: &str = "CHG-2041";

/// The examples of this file.
pub(crate) const RUNBOOKS: [&str; 5] =
    ["move-input", "move-output", "evacuate-input", "evacuation-approval-requested", "evacuation-finished"];

/// The object at this place of a state machine's definition.
fn shape(machine: &str, place: &str) -> Map<String, Value> {
    let path = format!("{}/statemachines/{machine}.asl.json", env!("CARGO_MANIFEST_DIR"));
    let definition: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    definition.pointer(place).unwrap_or_else(|| panic!("{machine} has no {place}")).as_object().unwrap().clone()
}

fn same_members(one: &Value, other: &Map<String, Value>) {
    let (one, other): (Vec<_>, Vec<_>) = (one.as_object().unwrap().keys().collect(), other.keys().collect());
    assert_eq!(one, other);
}

/// What `move` does when all goes well; and the ids of the records.
async fn moved(associate: &Stage, verify: &Stage, request: &Value) -> (Value, [Value; 2]) {
    let record = associate.ask(request).await.record();
    let settled = verify.ask(&record).await.record();
    let again = verify.ask(&settled).await.record();
    let ids = [record["id"].clone(), again["id"].clone()];
    (again, ids)
}

#[tokio::test]
async fn move_answers_with_the_settled_record() {
    let associate = Stage::new().await;
    let verify = associate.beside(VERIFY, &[]).await;
    let input = event("move-input");
    let (mut record, ids) = moved(&associate, &verify, &input["request"]).await;
    record = crate::examples::steady(record);
    let output = json!({
        "virtualInterfaceId": input["request"]["virtualInterfaceId"],
        "outcome": "settled",
        "recordIds": ids,
        "record": record,
    });
    same_members(&output, &shape("move", "/States/Settled/Output"));
    compare("move-output", &output);
}

#[tokio::test]
async fn evacuate_asks_and_tells_of_every_interface() {
    let associate = Stage::with(Options::default(), &[]).await;
    let (verify, evacuate) = (associate.beside(VERIFY, &[]).await, associate.beside(EVACUATE, &[]).await);
    let input = event("evacuate-input");
    let mut request = input["request"].clone();
    request["requestId"] = TICKET.into();
    let plan = evacuate.ask(&request).await.record();
    let requests = plan["requests"].as_array().unwrap();
    assert!(requests.len() > 1 && plan["skipped"] == json!([]), "{plan}");
    let execution =
        format!("arn:aws:states:us-east-1:123456789012:execution:associate-virtual-interface-evacuate:{TICKET}");

    let ends = |one: &Value| {
        let member = |name: &str| (name.to_owned(), one[name].clone());
        Value::Object(["virtualInterfaceId", "connectionId", "expectedConnectionId"].map(member).into_iter().collect())
    };
    let question = json!({
        "schemaVersion": "1.0",
        "requestId": TICKET,
        "executionArn": execution,
        "fromConnectionIds": [input["request"]["fromConnectionId"]],
        "planned": requests.iter().map(ends).collect::<Vec<_>>(),
        "skipped": [],
        "timeoutSeconds": 3600,
        "taskToken": "AQCEAAAAKgAAAAMAAAAAAAAAAexampletoken",
    });
    same_members(&question, &shape("evacuate", "/States/Approval/Arguments/Entries/0/Detail"));
    compare("evacuation-approval-requested", &question);

    let mut all = Vec::new();
    for request in requests {
        let (_, ids) = moved(&associate, &verify, request).await;
        all.push(json!({"virtualInterfaceId": request["virtualInterfaceId"], "recordIds": ids}));
    }
    let summary = json!({
        "schemaVersion": "1.0",
        "requestId": TICKET,
        "executionArn": execution,
        "fromConnectionIds": [input["request"]["fromConnectionId"]],
        "outcome": "evacuated",
        "moved": all,
        "failed": [],
        "notBegun": [],
        "skipped": [],
    });
    same_members(&summary, &shape("evacuate", "/States/Summarise/Assign/summary"));
    compare("evacuation-finished", &summary);
}
