//! What is understood at both doors, and each reason to turn a payload away, with the whole message.

use serde_json::{Value, json};
use time::Duration;

use super::*;

/// What must never come back: every bad value here contains it.
const REJECTED: &str = "S3CRET";

/// 2026-11-23T02:00:00Z, when every event of `events/` was sent.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_795_399_200)
}

pub(crate) fn arrival() -> Arrival<'static> {
    Arrival {
        now: now(),
        lambda_request_id: "lambda-1",
        partition: "aws",
        region: "us-east-1",
        own_source: "associate-virtual-interface",
        max_age: Duration::minutes(15),
    }
}

/// An example of `events/`.
pub(crate) fn event(name: &str) -> Value {
    let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).unwrap()
}

/// The same with another value at this pointer; without one, with nothing there.
pub(crate) fn with(mut event: Value, pointer: &str, value: impl Into<Option<Value>>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match value.into() {
        Some(value) => parent[name] = value,
        None => assert!(parent.as_object_mut().unwrap().remove(name).is_some(), "{pointer}"),
    }
    event
}

fn ask(payload: &Value) -> Result<Request, Error> {
    match parse(&payload.to_string(), arrival())? {
        Asked::Association(request) => Ok(*request),
        Asked::Sweep => panic!("no request: {payload}"),
    }
}

fn understood() -> Request {
    Request {
        virtual_interface_id: "dxvif-fgprivt1".to_owned(),
        connection_id: "dxlag-fgashlag".to_owned(),
        expected_connection_id: Some("dxcon-fgashbn1".to_owned()),
        dry_run: false,
        overrides: vec![Override {
            check: "interrupts-traffic".to_owned(),
            reason: "maintenance window 02:00-04:00 UTC".to_owned(),
        }],
        request_id: "CHG-2041-1".to_owned(),
        not_after: None,
        reason: Some("CHG-2041: empty ashburn-primary before AWS works on it".to_owned()),
    }
}

#[test]
fn both_doors_lead_to_the_same_request() {
    assert_eq!(ask(&event("request")), Ok(understood()));
    let in_envelope = Request { request_id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718".to_owned(), ..understood() };
    assert_eq!(ask(&event("request-from-eventbridge")), Ok(in_envelope));
    let plain = Request { expected_connection_id: None, reason: None, ..understood() };
    assert_eq!(ask(&event("request-with-arns")), Ok(plain));
}

#[test]
fn each_field_is_understood_and_null_is_absent() {
    let asked = |name: &str, value: Value| ask(&with(event("request"), &format!("/{name}"), value));
    assert_eq!(asked("dryRun", json!(true)), Ok(Request { dry_run: true, ..understood() }));
    assert_eq!(asked("dryRun", Value::Null), Ok(understood()));
    assert_eq!(
        asked("expectedConnectionId", Value::Null),
        Ok(Request { expected_connection_id: None, ..understood() })
    );
    assert_eq!(asked("overrides", Value::Null), Ok(Request { overrides: Vec::new(), ..understood() }));
    assert_eq!(asked("requestId", Value::Null), Ok(Request { request_id: "lambda-1".to_owned(), ..understood() }));
    assert_eq!(asked("reason", json!("")), Ok(Request { reason: Some(String::new()), ..understood() }));
    let not_after = Some(now() + Duration::hours(1));
    assert_eq!(asked("notAfter", json!("2026-11-23T03:00:00Z")), Ok(Request { not_after, ..understood() }));
    assert_eq!(asked("notAfter", json!("2026-11-23t05:00:00+02:00")), Ok(Request { not_after, ..understood() }));
    let sdk = with(with(event("request"), "/virtualInterfaceId", None), "/connectionId", None);
    let sdk = with(with(sdk, "/VirtualInterfaceId", json!("dxvif-fgprivt1")), "/ConnectionId", json!("dxlag-fgashlag"));
    assert_eq!(ask(&sdk), Ok(understood()));
}

#[test]
fn the_longest_that_is_allowed_is_and_one_more_is_not() {
    let asked = |name: &str, value: String| ask(&with(event("request"), &format!("/{name}"), json!(value)));
    for (name, most) in [("requestId", 128), ("reason", 256), ("notAfter", 64), ("connectionId", 2048)] {
        let longer = format!("{name} is longer than {most} characters");
        let at_most = asked(name, "\u{e4}".repeat(most));
        assert_ne!(at_most.map_err(|error| error.message), Err(longer.clone()));
        assert_eq!(asked(name, "x".repeat(most + 1)), Err(invalid(longer)));
    }
    for (rest, well_formed) in [(1, true), (64, true), (0, false), (65, false)] {
        assert_eq!(asked("connectionId", format!("dxcon-{}", "x".repeat(rest))).is_ok(), well_formed, "{rest}");
    }
    let padded =
        |length: usize| format!("{}{}", " ".repeat(length - event("request").to_string().len()), event("request"));
    assert!(parse(&padded(MAX_PAYLOAD), arrival()).is_ok());
    let larger = Err(invalid("the payload is larger than 32768 bytes".to_owned()));
    assert_eq!(parse(&padded(MAX_PAYLOAD + 1), arrival()), larger);
}

#[test]
fn what_is_not_a_request_is_invalid_by_its_path_and_without_its_value() {
    let shapes = "dxcon-... or dxlag-...";
    let accepted = |check: &str| json!([{"check": check, "reason": "why"}]);
    let one = || json!({"check": "target-state", "reason": "why"});
    let arn = |rest: &str| json!(format!("arn:{rest}"));
    let cases: Vec<(String, &str, Value)> = [
        ("connectionId is missing", "connectionId", Value::Null),
        ("dryrun is not a field of a request", "dryrun", json!(true)),
        ("what?is?this is not a field of a request", "what\u{1b}is\u{1b}this", json!(REJECTED)),
        ("dryRun is not true or false", "dryRun", json!(REJECTED)),
        ("requestId is not a string", "requestId", json!({REJECTED: 1})),
        ("requestId is empty", "requestId", json!("")),
        ("reason has control, bidirectional or invisible characters", "reason", json!("S3CRET\u{202e}")),
        ("notAfter is not a time in RFC 3339", "notAfter", json!("2026-11-23 05:00:00Z")),
        ("notAfter is not a time in RFC 3339", "notAfter", json!("S3CRET")),
        ("virtualInterfaceId is not an id of the shape dxvif-...", "virtualInterfaceId", json!("dxcon-S3CRET")),
        ("virtualInterfaceId is not an id of the shape dxvif-...", "virtualInterfaceId", json!("dxvif-S3CRET/..")),
        ("virtualInterfaceId and VirtualInterfaceId are both given", "VirtualInterfaceId", json!("dxvif-S3CRET")),
        ("overrides is not a list", "overrides", json!(REJECTED)),
        ("overrides[0] is not an object", "overrides", json!([REJECTED])),
        ("overrides[0].reason is missing", "overrides", json!([{"check": "target-state"}])),
        (
            "overrides[0].S3 is not a field of a request",
            "overrides",
            json!([{"check": "target-state", "reason": "x", "S3": 1}]),
        ),
        ("overrides[0].check is not the name of a check", "overrides", accepted(REJECTED)),
        (
            "overrides[0].check names a refusal; only guards can be overridden",
            "overrides",
            accepted("vlan-free-on-target"),
        ),
        ("overrides[0].check names a notice, which holds nothing up", "overrides", accepted("leaves-device")),
        ("overrides[1].check names a guard that is overridden already", "overrides", json!([one(), one()])),
        ("connectionId is not an ARN", "connectionId", arn("S3CRET")),
        (
            "connectionId is an ARN of another partition",
            "connectionId",
            arn("aws-cn:directconnect:us-east-1:123456789012:dxcon/dxcon-S3CRET"),
        ),
        (
            "connectionId is an ARN of another service",
            "connectionId",
            arn("aws:ec2:us-east-1:123456789012:dxcon/dxcon-S3CRET"),
        ),
        (
            "connectionId is an ARN of another Region",
            "connectionId",
            arn("aws:directconnect:eu-west-1:123456789012:dxcon/dxcon-S3CRET"),
        ),
    ]
    .map(|(message, name, value)| (message.to_owned(), name, value))
    .into();
    let no_such = "connectionId is not an ARN of a virtual interface, connection or LAG";
    let other_arns = [
        "123456789012:dxvif/dxcon-S3CRET",
        "12345678901:dxcon/dxcon-S3CRET",
        "12345678901x:dxcon/dxcon-S3CRET",
        "123456789012:dxcon-S3CRET",
    ]
    .map(|rest| (no_such.to_owned(), "connectionId", arn(&format!("aws:directconnect:us-east-1:{rest}"))));
    let ids = ["connectionId", "expectedConnectionId"]
        .map(|name| (format!("{name} is not an id of the shape {shapes}"), name, json!("dxvif-S3CRET")));
    for (message, name, value) in cases.into_iter().chain(other_arns).chain(ids) {
        let payload = with(event("request"), &format!("/{name}"), value);
        assert_eq!(ask(&payload), Err(invalid(message)), "{payload}");
    }
    for payload in [json!(null), json!([]), json!(REJECTED)] {
        assert_eq!(ask(&payload), Err(invalid("the payload is not a JSON object".to_owned())));
    }
    let unread = parse("{S3CRET", arrival()).unwrap_err();
    assert_eq!(unread, invalid("the payload is not JSON (line 1, column 2)".to_owned()));
}

#[test]
fn an_envelope_is_judged_before_what_is_in_it() {
    let opened = |pointer: &str, value: Option<Value>| ask(&with(event("request-from-eventbridge"), pointer, value));
    for (message, pointer, value) in [
        ("id is missing", "/id", None),
        ("source is missing", "/source", None),
        ("account is missing", "/account", None),
        ("time is missing", "/time", None),
        ("account is not an account id", "/account", Some(json!("12345678901"))),
        ("account is not an account id", "/account", Some(json!("S3CRETS3CRET"))),
        ("time is not a time in RFC 3339", "/time", Some(json!(REJECTED))),
        ("time lies more than five minutes ahead", "/time", Some(json!("2026-11-23T02:05:01Z"))),
        (
            "source is this function's own: its events are not requests",
            "/source",
            Some(json!("associate-virtual-interface")),
        ),
        ("detail is not an object", "/detail", Some(json!(REJECTED))),
        ("detail is missing beside detail-type", "/detail", None),
        ("detail-type is missing beside detail", "/detail-type", None),
        ("detail.dryrun is not a field of a request", "/detail/dryrun", Some(json!(true))),
    ] {
        assert_eq!(opened(pointer, value), Err(invalid(message.to_owned())), "{pointer}");
    }
    for name in FIELDS {
        let message = format!("{name} stands beside detail and not in it");
        assert_eq!(opened(&format!("/{name}"), Some(json!(REJECTED))), Err(invalid(message)));
    }
    assert!(opened("/time", Some(json!("2026-11-23T02:05:00Z"))).is_ok());
    assert!(opened("/what-eventbridge-adds", Some(json!(1))).is_ok());
}

#[test]
fn what_is_replayed_too_old_or_expired_is_stale() {
    let envelope = |pointer: &str, value: Value| ask(&with(event("request-from-eventbridge"), pointer, value));
    let stale = |problem: &str| Err(stale(problem.to_owned()));
    assert_eq!(envelope("/replay-name", json!("last-year")), stale("it is replayed from an archive"));
    let old = stale("its event is 901 seconds old, and 900 are allowed");
    assert_eq!(envelope("/time", json!("2026-11-23T01:44:59Z")), old);
    assert!(envelope("/time", json!("2026-11-23T01:45:00Z")).is_ok());
    assert!(envelope("/replay-name", Value::Null).is_ok());
    let until = |text: &str| ask(&with(event("request"), "/notAfter", json!(text)));
    assert_eq!(until("2026-11-23T01:59:59Z"), stale("its notAfter has passed"));
    assert!(until("2026-11-23T02:00:00Z").is_ok());
}

#[test]
fn only_a_schedule_of_aws_asks_to_look_after_what_is_unfinished() {
    let schedule = with(event("request-from-eventbridge"), "/source", json!("aws.events"));
    let schedule = with(schedule, "/detail-type", json!("Scheduled Event"));
    let schedule = with(schedule, "/detail", json!({}));
    assert_eq!(parse(&schedule.to_string(), arrival()), Ok(Asked::Sweep));
    for (pointer, other) in [("/source", "example.events"), ("/detail-type", "Another Event")] {
        let other = with(schedule.clone(), pointer, json!(other));
        assert_eq!(ask(&other), Err(invalid("detail.virtualInterfaceId is missing".to_owned())));
    }
}

#[test]
fn a_reason_to_override_is_of_the_guard_that_it_names() {
    let request = understood();
    assert_eq!(request.reason_to_override("interrupts-traffic"), Some("maintenance window 02:00-04:00 UTC"));
    assert_eq!(request.reason_to_override("target-state"), None);
}
