//! What is taken back of a record, and what is turned away.

use serde_json::{Value, json};

use super::*;
use crate::request::tests::{arrival, event, now, with};

/// What must never come back: every bad value here contains it.
const REJECTED: &str = "S3CRET";

fn ask(payload: &Value) -> Result<Earlier, Error> {
    Earlier::read(&payload.to_string(), arrival())
}

fn record(pointer: &str, value: impl Into<Option<Value>>) -> Result<Earlier, Error> {
    ask(&with(event("record-associated"), pointer, value))
}

#[test]
fn a_record_is_taken_back_as_it_was_written() {
    let written = event("record-associated");
    let earlier = ask(&written).unwrap();
    assert_eq!(earlier.outcome, Outcome::Associated);
    assert_eq!(earlier.time, now() + time::Duration::milliseconds(1_500));
    for (name, part) in [
        ("request", serde_json::to_value(&earlier.request)),
        ("from", serde_json::to_value(&earlier.from)),
        ("to", serde_json::to_value(&earlier.to)),
        ("before", serde_json::to_value(&earlier.before)),
        ("inverse", serde_json::to_value(&earlier.inverse)),
    ] {
        assert_eq!(part.unwrap(), written[name], "{name}");
    }
    assert_eq!(earlier.target(), "dxlag-fgashlag");
}

#[test]
fn what_verification_can_do_without_may_be_missing() {
    let whole = ask(&event("record-associated")).unwrap();
    for name in ["from", "before", "inverse", "to"] {
        let mut expected = whole.clone();
        match name {
            "from" => expected.from = None,
            "before" => expected.before = None,
            "inverse" => expected.inverse = None,
            _ => expected.to = None,
        }
        assert_eq!(record(&format!("/{name}"), None), Ok(expected), "{name}");
    }
    let elsewhere = record("/to/connectionId", json!("dxcon-fother")).unwrap();
    assert_eq!(elsewhere.target(), "dxcon-fother", "where AWS really put it");
    assert_eq!(record("/to", None).unwrap().target(), "dxlag-fgashlag", "as asked for");
    let nameless = with(event("record-associated"), "/requestId", None);
    let nameless = with(nameless, "/request/requestId", None);
    assert_eq!(ask(&nameless).unwrap().request.request_id, "lambda-1");
    let named = with(event("record-associated"), "/request/requestId", None);
    assert_eq!(ask(&named), Ok(whole));
}

#[test]
fn there_is_a_move_to_verify_after_some_outcomes_only() {
    use Outcome::{AlreadyAssociated, Associated, Settled, Unhealthy, Unsettled};
    for outcome in Outcome::ALL {
        let read = record("/outcome", json!(outcome.as_str())).map(|earlier| earlier.outcome);
        let message = "outcome is not one after which there is a move to verify";
        let expected = match outcome {
            Associated | AlreadyAssociated | Unsettled | Settled | Unhealthy => Ok(outcome),
            _ => Err(invalid(message.to_owned())),
        };
        assert_eq!(read, expected);
    }
}

#[test]
fn what_is_no_record_of_one_move_is_turned_away_by_its_path() {
    let shapes = "is not an id of the shape dxcon-... or dxlag-...";
    for (pointer, value, message) in [
        ("/schemaVersion", json!("2.0"), "schemaVersion is not 1.0".to_owned()),
        ("/schemaVersion", Value::Null, "schemaVersion is missing".to_owned()),
        ("/outcome", Value::Null, "outcome is missing".to_owned()),
        ("/time", Value::Null, "time is missing".to_owned()),
        ("/request", Value::Null, "request is not an object".to_owned()),
        ("/request/other", json!(REJECTED), "request.other is not a field of a request".to_owned()),
        ("/request/dryRun", json!(true), "request.dryRun is true: a dry run moved nothing".to_owned()),
        ("/from", json!(REJECTED), "from is not as it stands in a record".to_owned()),
        ("/before/vlan", json!(REJECTED), "before is not as it stands in a record".to_owned()),
        (
            "/before/virtualInterfaceId",
            json!("dxvif-fother"),
            "before is of another virtual interface than the request".to_owned(),
        ),
        (
            "/inverse/virtualInterfaceId",
            json!("dxvif-fother"),
            "inverse is of another virtual interface than the request".to_owned(),
        ),
        ("/from/connectionId", json!(REJECTED), format!("from.connectionId {shapes}")),
        ("/to/connectionId", json!("dxvif-fother"), format!("to.connectionId {shapes}")),
        ("/inverse/connectionId", json!(REJECTED), format!("inverse.connectionId {shapes}")),
        ("/inverse/expectedConnectionId", json!(REJECTED), format!("inverse.expectedConnectionId {shapes}")),
    ] {
        assert_eq!(record(pointer, value), Err(invalid(message)), "{pointer}");
    }
    let written = event("record-associated").to_string();
    let padded = |length: usize| format!("{}{written}", " ".repeat(length - written.len()));
    assert!(Earlier::read(&padded(MAX_RECORD), arrival()).is_ok());
    let larger = Err(invalid("the payload is larger than 262144 bytes".to_owned()));
    assert_eq!(Earlier::read(&padded(MAX_RECORD + 1), arrival()), larger);
}
