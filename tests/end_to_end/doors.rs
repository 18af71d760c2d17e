//! What is accepted at the two doors, and what is turned away: by name, with the path, without the value, and before
//! AWS is asked anything.

use dx_sim::{Invocation, Options};
use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::harness::{Said, Stage, event, now, request, request_with};

/// What must never come back: every bad value here contains it.
const REJECTED: &str = "S3CRET";

fn seconds_ago(seconds: i64) -> String {
    (now() - Duration::seconds(seconds)).format(&Rfc3339).unwrap()
}

fn envelope() -> Value {
    let mut envelope = event("request-from-eventbridge");
    envelope["time"] = json!(seconds_ago(1));
    envelope
}

fn envelope_with(name: &str, value: Value) -> Value {
    let mut envelope = envelope();
    envelope[name] = value;
    envelope
}

#[tokio::test]
async fn an_envelope_is_opened_and_its_id_becomes_the_request_id() {
    let stage = Stage::new().await;
    let record = stage.ask(&envelope()).await.record();
    assert_eq!(record["outcome"], "associated");
    assert_eq!(record["requestId"], envelope()["id"]);
}

#[tokio::test]
async fn a_request_without_id_is_known_by_lambdas_own() {
    let stage = Stage::new().await;
    let named = Invocation { request_id: Some("7c8a".to_owned()), ..Invocation::default() };
    let bare = request_with(json!({"requestId": null, "reason": null}));
    let record = stage.ask_as(bare.to_string(), named).await.record();
    assert_eq!((&record["requestId"], &record["reason"]), (&json!("7c8a"), &Value::Null));
}

#[tokio::test]
async fn ids_are_accepted_bare_as_arns_and_in_the_spelling_of_the_sdk_integration() {
    for name in ["request-with-arns", "request-from-sdk-integration"] {
        let stage = Stage::new().await;
        let record = stage.ask(&event(name)).await.record();
        assert_eq!(
            (&record["outcome"], &record["request"]["connectionId"]),
            (&json!("associated"), &json!("dxlag-fgashlag"))
        );
    }
}

#[tokio::test]
async fn what_is_not_a_request_is_invalid_and_aws_is_not_asked() {
    let stage = Stage::new().await;
    for (path, payload) in invalid_payloads() {
        let said = stage.ask_as(payload.clone(), Invocation::default()).await;
        let Said::Error { name, message } = said else { panic!("accepted: {payload}") };
        assert_eq!(name, "InvalidRequest", "{message}: {payload}");
        assert!(message.starts_with(path), "{path} is not what this begins with: {message}");
        assert!(!message.contains(REJECTED), "{message}");
    }
    assert!(stage.simulator.calls().is_empty());
    let output = stage.finish().await.join("\n");
    assert!(!output.contains(REJECTED), "{output}");
}

/// Each with the path that its message begins with.
fn invalid_payloads() -> Vec<(&'static str, String)> {
    let mut payloads: Vec<(&str, String)> = vec![
        ("the payload is not a JSON object", "null".to_owned()),
        ("the payload is not a JSON object", "[]".to_owned()),
        ("the payload is not a JSON object", format!("\"{REJECTED}\"")),
        ("the payload is not a JSON object", format!("{{{REJECTED}")),
        ("the payload is larger than 32768 bytes", request_with(json!({"reason": "x".repeat(32 * 1024)})).to_string()),
        ("virtualInterfaceId is missing", "{}".to_owned()),
        ("connectionId is given twice", twice("connectionId")),
        ("overrides[0].reason is given twice", twice("reason")),
    ];
    let member = |path: &'static str, name: &str, value: Value| (path, request_with(json!({name: value})).to_string());
    let override_of = |check: &str| json!([{"check": check, "reason": "why"}]);
    payloads.extend([
        member("connectionId is missing", "connectionId", Value::Null),
        member("dryrun is not a field", "dryrun", json!(true)),
        member("what?is?this is not a field", "what\u{1b}is\u{1b}this", json!(REJECTED)),
        member("dryRun is not true or false", "dryRun", json!(REJECTED)),
        member("requestId is not a string", "requestId", json!({REJECTED: 1})),
        member("requestId is empty", "requestId", json!("")),
        member("requestId is longer than 128", "requestId", json!(REJECTED.repeat(30))),
        member("reason is longer than 256", "reason", json!(REJECTED.repeat(50))),
        member("reason has control", "reason", json!(format!("{REJECTED}\u{202e}"))),
        member("reason has control", "reason", json!(format!("{REJECTED}\n"))),
        member("reason has control", "reason", json!(format!("{REJECTED}\u{200b}"))),
        member("notAfter is not a time", "notAfter", json!("2026-11-23 02:00")),
        member("notAfter is not a time", "notAfter", json!("2026-11-23 02:00:00Z")),
        member("virtualInterfaceId is not an id", "virtualInterfaceId", json!("dxcon-S3CRET")),
        member("virtualInterfaceId is not an id", "virtualInterfaceId", json!("dxvif-")),
        member("virtualInterfaceId is not an id", "virtualInterfaceId", json!("dxvif-S3CRET/..")),
        member("connectionId is not an id", "connectionId", json!("dxvif-S3CRET")),
        member("expectedConnectionId is not an id", "expectedConnectionId", json!(REJECTED)),
        member("virtualInterfaceId and VirtualInterfaceId are both", "VirtualInterfaceId", json!("dxvif-fgprivt1")),
        member("overrides is not a list", "overrides", json!(REJECTED)),
        member("overrides[0] is not an object", "overrides", json!([REJECTED])),
        member("overrides[0].reason is missing", "overrides", json!([{"check": "target-state"}])),
        member("overrides[0].check is not the name of a check", "overrides", override_of(REJECTED)),
        member("overrides[0].check names a refusal", "overrides", override_of("vlan-free-on-target")),
        member("overrides[0].check names a notice", "overrides", override_of("leaves-device")),
        (
            "overrides[1].check names a guard that is overridden already",
            request_with(json!({"overrides": [
                {"check": "target-state", "reason": "one"}, {"check": "target-state", "reason": REJECTED}]}))
            .to_string(),
        ),
    ]);
    payloads.extend(
        [
            ("partition", "arn:aws-cn:directconnect:us-east-1:123456789012:dxvif/dxvif-S3CRET"),
            ("service", "arn:aws:ec2:us-east-1:123456789012:dxvif/dxvif-S3CRET"),
            ("Region", "arn:aws:directconnect:eu-west-1:123456789012:dxvif/dxvif-S3CRET"),
        ]
        .map(|(what, arn)| {
            let path: &str = Box::leak(format!("virtualInterfaceId is an ARN of another {what}").into_boxed_str());
            (path, request_with(json!({"virtualInterfaceId": arn})).to_string())
        }),
    );
    let arn = json!("arn:aws:directconnect:us-east-1:123456789012:dxcon/dxvif-S3CRET");
    payloads.push(member("virtualInterfaceId is not an ARN of a virtual interface", "virtualInterfaceId", arn));
    payloads.extend(invalid_envelopes());
    payloads
}

fn invalid_envelopes() -> Vec<(&'static str, String)> {
    let with = |path: &'static str, name: &str, value: Value| (path, envelope_with(name, value).to_string());
    let mut detail = envelope()["detail"].clone();
    detail["dryrun"] = json!(REJECTED);
    vec![
        with("id is missing", "id", Value::Null),
        with("source is missing", "source", Value::Null),
        with("account is missing", "account", Value::Null),
        with("account is not an account id", "account", json!("S3CRET")),
        with("time is missing", "time", Value::Null),
        with("time is not a time", "time", json!(REJECTED)),
        with("time lies more than five minutes ahead", "time", json!(seconds_ago(-400))),
        with("source is this function's own", "source", json!("associate-virtual-interface")),
        with("detail is not an object", "detail", json!(REJECTED)),
        with("dryRun stands beside detail", "dryRun", json!(true)),
        with("ConnectionId stands beside detail", "ConnectionId", json!(REJECTED)),
        ("detail is missing beside detail-type", json!({"detail-type": REJECTED}).to_string()),
        ("detail-type is missing beside detail", json!({"detail": {"a": REJECTED}}).to_string()),
        with("detail.dryrun is not a field", "detail", detail),
        ("detail.connectionId is given twice", twice_in_detail()),
    ]
}

/// The request as text, with one member written twice.
fn twice(name: &str) -> String {
    write_twice(&request().to_string(), name)
}

fn twice_in_detail() -> String {
    write_twice(&envelope().to_string(), "connectionId")
}

fn write_twice(text: &str, name: &str) -> String {
    let member = format!("\"{name}\":\"");
    assert!(text.contains(&member), "{member} in {text}");
    text.replacen(&member, &format!("\"{name}\":\"{REJECTED}\",{member}"), 1)
}

#[tokio::test]
async fn what_is_too_old_is_stale_and_aws_is_not_asked() {
    let stage = Stage::new().await;
    let too_old = [
        ("it is replayed", envelope_with("replay-name", json!("last-year"))),
        ("its event is 9", envelope_with("time", json!(seconds_ago(901)))),
        ("its notAfter has passed", request_with(json!({"notAfter": seconds_ago(1)}))),
    ];
    for (begins, payload) in too_old {
        let said = stage.ask(&payload).await;
        assert_eq!(said.name(), "StaleRequest", "{payload}");
        assert!(said.message().starts_with(begins), "{said:?}");
    }
    assert!(stage.simulator.calls().is_empty());
    assert!(stage.simulator.events().is_empty());
}

#[tokio::test]
async fn what_is_just_young_enough_is_acted_on() {
    for payload in [
        envelope_with("time", json!(seconds_ago(890))),
        envelope_with("time", json!(seconds_ago(-290))),
        request_with(json!({"notAfter": seconds_ago(-60)})),
    ] {
        assert_eq!(Stage::new().await.ask(&payload).await.name(), "associated");
    }
}

#[tokio::test]
async fn age_and_source_are_settings() {
    let settings = [("MAX_REQUEST_AGE_SECONDS", "60"), ("EVENT_SOURCE", "example.moves")];
    let stage = Stage::with(Options::default(), &settings).await;
    assert_eq!(stage.ask(&envelope_with("time", json!(seconds_ago(70)))).await.name(), "StaleRequest");
    assert_eq!(stage.ask(&envelope_with("source", json!("example.moves"))).await.name(), "InvalidRequest");
    stage.ask(&envelope_with("source", json!("associate-virtual-interface"))).await.record();
    assert_eq!(stage.simulator.events()[0]["Source"], "example.moves");
}
