//! Every fault: what the caller sees, what became of the world, and what the journal says.

use std::time::Duration;

use dx_sim::{Fault, Options, Simulator};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::{begin, call, receive, request, try_call};
use crate::example::*;

fn entry() -> Value {
    json!({"Entries": [{"Source": "test", "DetailType": "t", "Detail": "{}"}]})
}

/// The input of a call that succeeds.
fn input(operation: &str) -> Value {
    match operation {
        "AssociateVirtualInterface" => move_to(TARGET),
        "PutEvents" => entry(),
        _ => json!({}),
    }
}

/// Whether the call had its effect.
fn applied(sim: &Simulator, operation: &str) -> bool {
    if operation == "PutEvents" { !sim.events().is_empty() } else { place(sim) == TARGET }
}

#[tokio::test]
async fn errors_in_place_of_an_answer() {
    for (operation, fault, status, code, words) in [
        ("AssociateVirtualInterface", "throttle", 400, "ThrottlingException", "Rate exceeded"),
        ("AssociateVirtualInterface", "500", 500, "DirectConnectServerException", "internal"),
        ("AssociateVirtualInterface", "server-exception-400", 400, "DirectConnectServerException", "internal"),
        ("AssociateVirtualInterface", "503", 503, "ServiceUnavailable", "unavailable"),
        ("AssociateVirtualInterface", "client", 400, "DirectConnectClientException", "cannot be carried out"),
        (
            "AssociateVirtualInterface",
            "transitioning",
            400,
            "DirectConnectClientException",
            "is in a transitioning state",
        ),
        (
            "AssociateVirtualInterface",
            "denied",
            400,
            "AccessDeniedException",
            "is not authorized to perform: directconnect:AssociateVirtualInterface on resource: arn:aws:directconnect:",
        ),
        ("DescribeLags", "denied", 400, "AccessDeniedException", "User: arn:aws:sts::123456789012:assumed-role/"),
        ("DescribeLags", "server-exception-400", 400, "DirectConnectServerException", "internal"),
        ("PutEvents", "denied", 400, "AccessDeniedException", "is not authorized to perform: events:PutEvents"),
        ("PutEvents", "500", 500, "InternalFailure", "internal"),
        ("PutEvents", "throttle", 400, "ThrottlingException", "Rate exceeded"),
    ] {
        let sim = faulty(&[&format!("{operation}:{fault}")]).await;
        let answer = call(&sim, operation, input(operation)).await;
        assert_eq!((answer.status, answer.error().0.as_str()), (status, code), "{operation}:{fault}");
        assert!(answer.error().1.contains(words), "{}", answer.text());
        assert!(!applied(&sim, operation), "{operation}:{fault}");
        assert_eq!(sim.calls()[0].status, status);
        assert_eq!(sim.calls()[0].refused_by, None);
    }
}

#[tokio::test]
async fn a_reset_closes_the_connection_before_or_after() {
    for operation in ["AssociateVirtualInterface", "PutEvents"] {
        for (fault, done) in [("reset-before", false), ("reset-after", true)] {
            let sim = faulty(&[&format!("{operation}:{fault}")]).await;
            assert!(try_call(&sim, operation, &input(operation)).await.is_none(), "{operation}:{fault}");
            assert_eq!(applied(&sim, operation), done, "{operation}:{fault}");
            assert_eq!(sim.calls()[0].status, 0);
        }
    }
    let sim = faulty(&["DescribeLags:reset-before:1"]).await;
    assert!(try_call(&sim, "DescribeLags", &json!({})).await.is_none());
    assert_eq!(call(&sim, "DescribeLags", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_500_after_the_change() {
    for operation in ["AssociateVirtualInterface", "PutEvents"] {
        let sim = faulty(&[&format!("{operation}:500-after")]).await;
        assert_eq!(call(&sim, operation, input(operation)).await.status, 500);
        assert!(applied(&sim, operation));
        assert_eq!(sim.calls()[0].status, 500);
    }
}

#[tokio::test]
async fn a_hang_never_answers() {
    for operation in ["AssociateVirtualInterface", "PutEvents"] {
        for (fault, done) in [("hang", false), ("hang-after", true)] {
            let sim = faulty(&[&format!("{operation}:{fault}")]).await;
            let stream = begin(&sim, operation, &input(operation)).await;
            while sim.calls().is_empty() {
                tokio::task::yield_now().await;
            }
            // The call has come and nothing delays it, so that an answer would be on its way.
            let answer = timeout(Duration::from_millis(50), receive(stream)).await;
            assert!(answer.is_err(), "{operation}:{fault} ended the connection");
            assert_eq!(applied(&sim, operation), done, "{operation}:{fault}");
            assert_eq!((sim.calls()[0].status, sim.calls()[0].took), (0, Duration::ZERO));
        }
    }
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_holds() {
    for operation in ["AssociateVirtualInterface", "PutEvents", "DescribeLags"] {
        let sim = faulty(&[&format!("{operation}:truncated")]).await;
        let answer = call(&sim, operation, input(operation)).await;
        assert_eq!(answer.status, 200);
        let promised: usize = answer.header("content-length").expect("a length").parse().expect("a number");
        assert!(!answer.body.is_empty() && answer.body.len() < promised, "{} of {promised}", answer.body.len());
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
        assert!(operation == "DescribeLags" || applied(&sim, operation));
    }
}

#[tokio::test]
async fn a_late_move_shows_after_the_next_read() {
    let sim = faulty(&["AssociateVirtualInterface:late"]).await;
    assert!(try_call(&sim, "AssociateVirtualInterface", &move_to(TARGET)).await.is_none());
    call(&sim, "DescribeConnections", json!({})).await;
    call(&sim, "DescribeVirtualInterfaces", json!({"connectionId": TARGET})).await;
    assert_eq!(place(&sim), SOURCE, "no read has shown the interface yet");
    assert_eq!(described(&sim).await["connectionId"], SOURCE);
    assert_eq!(described(&sim).await["connectionId"], TARGET);
}

#[tokio::test]
async fn a_late_move_that_is_refused_never_shows() {
    let sim = faulty(&["AssociateVirtualInterface:late"]).await;
    assert!(try_call(&sim, "AssociateVirtualInterface", &move_to(MEMBER)).await.is_none());
    described(&sim).await;
    assert_eq!(described(&sim).await["connectionId"], SOURCE);
    assert_eq!(sim.calls()[0].refused_by.map(|rule| rule.name), Some("lag-member"));
}

/// "HTTP 200 with `FailedEntryCount` > 0": `InternalFailure` is retryable, `AccessDeniedException` is not.
#[tokio::test]
async fn the_bus_takes_only_a_part() {
    for (fault, code) in [("partial", "InternalFailure"), ("partial-final", "AccessDeniedException")] {
        let sim = faulty(&[&format!("PutEvents:{fault}:1")]).await;
        let mut two = entry();
        two["Entries"] = json!([two["Entries"][0], two["Entries"][0]]);
        let answer = call(&sim, "PutEvents", two).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["FailedEntryCount"], 1);
        assert_eq!(answer.json()["Entries"][0]["ErrorCode"], code);
        assert_eq!(answer.json()["Entries"][1]["EventId"], sim.events()[0]["EventId"]);
        assert_eq!(sim.events().len(), 1);
        assert_eq!(call(&sim, "PutEvents", entry()).await.json()["FailedEntryCount"], 0);
    }
}

#[tokio::test]
async fn a_stale_read_answers_from_before_the_last_change() {
    let sim = faulty(&["DescribeVirtualInterfaces:stale:1-2"]).await;
    assert_eq!(described(&sim).await["connectionId"], SOURCE, "nothing has changed");
    associate(&sim, TARGET).await;
    let stale = described(&sim).await;
    assert_eq!((&stale["connectionId"], &stale["virtualInterfaceState"]), (&json!(SOURCE), &json!("available")));
    assert_eq!(described(&sim).await["connectionId"], TARGET);
}

#[tokio::test]
async fn pages_that_never_end() {
    let sim = faulty(&["DescribeConnections:bad-page-token-loop"]).await;
    let first = call(&sim, "DescribeConnections", json!({"maxResults": 2})).await.json();
    let again = json!({"maxResults": 2, "nextToken": first["nextToken"]});
    let second = call(&sim, "DescribeConnections", again).await.json();
    assert_eq!(first["connections"].as_array().map(Vec::len), Some(2));
    assert_eq!(first, second);
    sim.set_faults(Vec::new());
    let all = call(&sim, "DescribeConnections", json!({})).await.json();
    assert_eq!(all.get("nextToken"), None);
}

#[tokio::test]
async fn faults_hit_the_calls_of_their_range_and_can_be_replaced() {
    let sim = faulty(&["DescribeLags:throttle:2-3", "DescribeLags:503:3-4"]).await;
    let status = async || call(&sim, "DescribeLags", json!({})).await.status;
    assert_eq!(call(&sim, "DescribeConnections", json!({})).await.status, 200);
    let statuses = [status().await, status().await, status().await, status().await, status().await];
    assert_eq!(statuses, [200, 400, 400, 503, 200]);
    sim.set_faults(vec!["DescribeLags:500:1".parse::<Fault>().expect("the fault is well written")]);
    assert_eq!([status().await, status().await], [500, 200]);

    let set = async |body: &str| request(&sim, "PUT", "/_sim/faults", body).await;
    assert_eq!(set(r#"["DescribeLags:503:2"]"#).await.status, 200);
    for wrong in [r#"["DescribeLags:503:2", "DescribeLags:never"]"#, r#""DescribeLags:503""#, ""] {
        let answer = set(wrong).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.json()["message"].is_string(), "{wrong}");
    }
    assert_eq!([status().await, status().await], [200, 503], "what was not understood changes nothing");
}

#[tokio::test]
async fn latency_is_waited_for_before_anything_happens() {
    let latency = Duration::from_millis(20);
    let sim = start(Options { latency, ..options() }).await;
    associate(&sim, TARGET).await;
    assert!(sim.calls()[0].took >= latency, "{:?}", sim.calls()[0].took);
}
