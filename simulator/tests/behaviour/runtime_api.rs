//! The Lambda Runtime API, from the side of the caller and from that of the runtime.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dx_sim::{Answer, Invocation, Simulator};
use serde_json::{Value, json};

use crate::client::{self, receive, request, send};
use crate::example::*;

const RUNTIME: &str = "/2018-06-01/runtime";

async fn next(sim: &Simulator) -> client::Answer {
    request(sim, "GET", &format!("{RUNTIME}/invocation/next"), "").await
}

async fn post(sim: &Simulator, path: &str, body: &str) -> client::Answer {
    request(sim, "POST", &format!("{RUNTIME}/{path}"), body).await
}

fn id(answer: &client::Answer) -> String {
    answer.header("Lambda-Runtime-Aws-Request-Id").expect("an invocation has an id").to_owned()
}

/// One invocation that a runtime answers at `path`: `response` or `error`.
async fn round_trip(sim: &Simulator, path: &str, body: &str) -> Answer {
    let runtime = async {
        let invocation = next(sim).await;
        post(sim, &format!("invocation/{}/{path}", id(&invocation)), body).await
    };
    let (answer, accepted) = tokio::join!(sim.invoke("{}", Invocation::default()), runtime);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    answer
}

#[tokio::test]
async fn a_response_comes_back_to_the_caller() {
    let sim = start(options()).await;
    let answer = round_trip(&sim, "response", r#"{"moved":true}"#).await;
    assert_eq!((answer.function_error, answer.payload.as_ref()), (false, br#"{"moved":true}"#.as_slice()));
    assert_eq!(answer.request_id.len(), 36);
}

#[tokio::test]
async fn an_error_comes_back_as_one() {
    let sim = start(options()).await;
    let error = r#"{"errorType":"PreCheckRefused","errorMessage":"no"}"#;
    let answer = round_trip(&sim, "error", error).await;
    assert_eq!((answer.function_error, answer.payload.as_ref()), (true, error.as_bytes()));
}

#[expect(clippy::disallowed_methods, reason = "a deadline is a time of day")]
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    now.as_millis().try_into().expect("milliseconds fit")
}

#[tokio::test]
async fn an_invocation_carries_its_headers() {
    let sim = start(options()).await;
    let poll = send(sim.address(), "GET", &format!("{RUNTIME}/invocation/next"), &[], "").await;
    let before = now_ms();
    let invocation = Invocation { timeout: Duration::from_secs(30), ..Invocation::default() };
    let runtime = async {
        let got = receive(poll).await.expect("the long poll is answered");
        post(&sim, &format!("invocation/{}/response", id(&got)), "").await;
        got
    };
    let (_, got) = tokio::join!(sim.invoke(r#"{"a":1}"#, invocation), runtime);
    assert_eq!((got.status, got.json()), (200, json!({"a": 1})));
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:associate";
    assert_eq!(got.header("Lambda-Runtime-Invoked-Function-Arn"), Some(arn));
    assert!(got.header("Lambda-Runtime-Trace-Id").is_some_and(|trace| trace.starts_with("Root=1-")));
    let deadline: u64 = got.header("Lambda-Runtime-Deadline-Ms").expect("a deadline").parse().expect("a number");
    assert!((before + 30_000..=now_ms() + 30_000).contains(&deadline), "{deadline}");
}

#[tokio::test]
async fn every_header_can_be_set() {
    let sim = start(options()).await;
    let invocation = Invocation {
        request_id: Some("request-1".to_owned()),
        deadline_ms: Some(600_000),
        function_arn: Some("arn:aws:lambda:us-east-1:1:function:verify".to_owned()),
        trace_id: Some("Root=1-2".to_owned()),
        ..Invocation::default()
    };
    let runtime = async {
        let got = next(&sim).await;
        post(&sim, "invocation/request-1/response", "{}").await;
        got
    };
    let (answer, got) = tokio::join!(sim.invoke("{}", invocation), runtime);
    assert_eq!(answer.request_id, "request-1");
    for (name, value) in [
        ("Lambda-Runtime-Aws-Request-Id", "request-1"),
        ("Lambda-Runtime-Deadline-Ms", "600000"),
        ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:1:function:verify"),
        ("Lambda-Runtime-Trace-Id", "Root=1-2"),
    ] {
        assert_eq!(got.header(name), Some(value));
    }
}

#[tokio::test]
async fn invocations_are_handed_out_in_order() {
    let sim = start(options()).await;
    let runtime = async {
        for expected in ["1", "2"] {
            let got = next(&sim).await;
            assert_eq!(got.text(), expected);
            post(&sim, &format!("invocation/{}/response", id(&got)), expected).await;
        }
    };
    let invoke = |payload| sim.invoke(payload, Invocation::default());
    let (first, second, ()) = tokio::join!(invoke("1"), invoke("2"), runtime);
    assert_eq!((first.payload.as_ref(), second.payload.as_ref()), (b"1".as_slice(), b"2".as_slice()));
}

fn error(answer: &Answer) -> (String, String) {
    assert!(answer.function_error);
    let payload: Value = serde_json::from_slice(&answer.payload).expect("an error is JSON");
    let member = |name: &str| payload[name].as_str().expect("an error has its members").to_owned();
    (member("errorType"), member("errorMessage"))
}

#[tokio::test]
async fn a_function_that_does_not_answer_times_out() {
    let sim = start(options()).await;
    let runtime = async {
        let got = next(&sim).await;
        tokio::time::pause(); // nothing but the deadline is left to wait for
        got
    };
    let invocation = Invocation { timeout: Duration::from_secs(3), ..Invocation::default() };
    let (answer, got) = tokio::join!(sim.invoke("{}", invocation), runtime);
    assert_eq!(error(&answer).0, "Sandbox.Timedout");
    assert_eq!(error(&answer).1, format!("RequestId: {} Error: Task timed out after 3.00 seconds", id(&got)));
    let late = post(&sim, &format!("invocation/{}/response", id(&got)), "{}").await;
    assert_eq!(late.status, 400, "an answer after the deadline is for nobody");
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_no_runtime_asks_for_ends_too() {
    let sim = start(options()).await;
    let answer = sim.invoke("{}", Invocation::default()).await;
    assert_eq!(error(&answer).0, "Runtime.NotStarted");
}

#[tokio::test]
async fn a_runtime_that_cannot_start_answers_what_waits_and_what_follows() {
    let sim = start(options()).await;
    let broken = r#"{"errorType":"Init","errorMessage":"EVENT_BUS_NAME is not set"}"#;
    let (waiting, accepted) = tokio::join!(sim.invoke("{}", Invocation::default()), post(&sim, "init/error", broken));
    assert_eq!(accepted.status, 202);
    assert_eq!(error(&waiting).0, "Init");
    assert_eq!(error(&sim.invoke("{}", Invocation::default()).await).0, "Init");
    assert!(!round_trip_after_restart(&sim).await.function_error);
}

/// A runtime that asks for the next invocation has started after all.
async fn round_trip_after_restart(sim: &Simulator) -> Answer {
    let poll = send(sim.address(), "GET", &format!("{RUNTIME}/invocation/next"), &[], "").await;
    // The order of two connections is nobody's to promise: ask until the poll has been seen.
    let runtime = async {
        let got = receive(poll).await.expect("the long poll is answered");
        post(sim, &format!("invocation/{}/response", id(&got)), "{}").await
    };
    let caller = async {
        loop {
            let answer = sim.invoke("{}", Invocation::default()).await;
            if !answer.function_error {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let both = async { tokio::join!(caller, runtime).0 };
    tokio::time::timeout(Duration::from_mins(1), both).await.expect("the poll is seen at last")
}

#[tokio::test]
async fn what_is_not_in_the_runtime_api_is_refused() {
    let sim = start(options()).await;
    let unknown = post(&sim, "invocation/nobody/response", "{}").await;
    assert_eq!((unknown.status, unknown.json()["errorType"].clone()), (400, json!("InvalidRequestID")));
    assert_eq!(post(&sim, "invocation/nobody/error", "{}").await.status, 400);
    assert_eq!(post(&sim, "invocation/next", "{}").await.status, 404);
    assert_eq!(request(&sim, "GET", &format!("{RUNTIME}/restore/next"), "").await.status, 404);
}

/// `aws lambda invoke --endpoint-url` speaks this.
#[tokio::test]
async fn lambda_invoke_feeds_the_runtime_api() {
    let sim = start(options()).await;
    for (name, arn) in [
        ("move", "arn:aws:lambda:eu-west-1:123456789012:function:move"),
        ("arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Ax", "arn:aws:lambda:us-east-1:1:function:x"),
    ] {
        for (path, header) in [("response", None), ("error", Some("Unhandled"))] {
            let runtime = async {
                let got = next(&sim).await;
                assert_eq!(
                    (got.text().as_str(), got.header("Lambda-Runtime-Invoked-Function-Arn")),
                    ("[7]", Some(arn))
                );
                post(&sim, &format!("invocation/{}/{path}", id(&got)), r#"{"b":2}"#).await;
            };
            let invoke = format!("/2015-03-31/functions/{name}/invocations");
            let (answer, ()) = tokio::join!(request(&sim, "POST", &invoke, "[7]"), runtime);
            assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"b":2}"#));
            assert_eq!(answer.header("X-Amz-Function-Error"), header);
        }
    }
}

#[tokio::test]
async fn an_invoke_that_does_not_wait_is_refused() {
    let sim = start(options()).await;
    let headers = [("x-amz-invocation-type", "Event")];
    let stream = send(sim.address(), "POST", "/2015-03-31/functions/move/invocations", &headers, "{}").await;
    let answer = receive(stream).await.expect("there is an answer");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-amzn-errortype"), Some("InvalidParameterValueException"));
}
