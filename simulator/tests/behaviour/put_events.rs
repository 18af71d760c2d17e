//! EventBridge PutEvents: what is refused as a whole, what entry by entry, and what the bus holds afterwards.

use serde_json::{Value, json};

use crate::client::{call, request};
use crate::example::*;

fn entry(members: Value) -> Value {
    with(json!({"Source": "associate", "DetailType": "Moved", "Detail": "{\"a\":1}"}), members)
}

#[tokio::test]
async fn accepted_entries_are_kept_in_order() {
    let sim = start(options()).await;
    let resources = json!(["arn:aws:directconnect:eu-west-1:123456789012:dxvif/dxvif-fmoving1"]);
    let first =
        entry(json!({"EventBusName": "moves", "Resources": resources, "Time": 1_700_000_000, "TraceHeader": null}));
    let entries = json!({"Entries": [first, entry(json!({"Detail": "{\"a\":2}"}))]});
    let answer = call(&sim, "PutEvents", entries).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let events = sim.events();
    assert_eq!(answer.json()["FailedEntryCount"], 0);
    assert_eq!(answer.json()["Entries"], json!([{"EventId": events[0]["EventId"]}, {"EventId": events[1]["EventId"]}]));
    assert_eq!(
        events[0],
        json!({"Source": "associate", "DetailType": "Moved", "Detail": {"a": 1}, "EventBusName": "moves",
               "Resources": resources, "Time": 1_700_000_000, "EventId": events[0]["EventId"]})
    );
    assert_eq!(events[1]["Detail"], json!({"a": 2}));
    assert!(events[1]["Time"].as_u64().is_some_and(|time| time > 1_700_000_000), "{}", events[1]["Time"]);
    assert_eq!(request(&sim, "GET", "/_sim/events", "").await.json(), json!(events));
}

#[tokio::test]
async fn entries_fail_one_by_one() {
    for (members, code) in [
        (json!({"Source": null}), "InvalidArgument"),
        (json!({"DetailType": ""}), "InvalidArgument"),
        (json!({"Detail": null}), "InvalidArgument"),
        (json!({"DetailType": "x".repeat(129)}), "InvalidArgument"),
        (json!({"Detail": "{"}), "MalformedDetail"),
        (json!({"Detail": "[]"}), "MalformedDetail"),
        (json!({"Source": "aws.directconnect"}), "NotAuthorizedForSourceException"),
    ] {
        let sim = start(options()).await;
        let entries = json!({"Entries": [entry(members.clone()), entry(json!({}))]});
        let answer = call(&sim, "PutEvents", entries).await.json();
        assert_eq!(answer["FailedEntryCount"], 1, "{members}");
        assert_eq!(answer["Entries"][0]["ErrorCode"], code, "{members}");
        assert_eq!(answer["Entries"][1]["EventId"], sim.events()[0]["EventId"]);
        assert_eq!(sim.events().len(), 1);
    }
    let sim = start(options()).await;
    let longest = json!({"Entries": [entry(json!({"DetailType": "x".repeat(128), "Source": "awsome"}))]});
    assert_eq!(call(&sim, "PutEvents", longest).await.json()["FailedEntryCount"], 0);
}

/// "PutEvents: 1 to 10 entries; the total entry size must be less than 1MB."
#[tokio::test]
async fn a_call_is_refused_as_a_whole() {
    let sim = start(options()).await;
    let sized = |size: usize| {
        entry(json!({"Source": "s", "DetailType": "d", "Detail": format!("{{{}}}", " ".repeat(size - 4))}))
    };
    let entries = |count: usize| json!({"Entries": vec![entry(json!({})); count]});
    for refused in [entries(0), entries(11), json!({"Entries": [sized(1 << 19), sized(1 << 19)]})] {
        let answer = call(&sim, "PutEvents", refused).await;
        assert_eq!((answer.status, answer.error().0.as_str()), (400, "ValidationException"));
    }
    assert_eq!(sim.events(), [Value::Null; 0]);
    assert_eq!(call(&sim, "PutEvents", entries(10)).await.status, 200);
    let just_fits = json!({"Entries": [sized(1 << 19), sized((1 << 19) - 1)]});
    assert_eq!(call(&sim, "PutEvents", just_fits).await.json()["FailedEntryCount"], 0);
}
