//! What is understood at each door of an evacuation, the whole of it compared.

use serde_json::{Value, json};

use super::*;
use crate::error::Name;
use crate::request::Override;
use crate::request::tests::{arrival, event, now, with};

/// What must never come back: every bad value here contains it.
const REJECTED: &str = "S3CRET";

fn ask(payload: &Value) -> Result<Asked, Error> {
    parse(&payload.to_string(), arrival())
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with is a Result")]
fn asked(evacuation: Evacuation) -> Result<Asked, Error> {
    Ok(Asked { evacuation: Some(evacuation), notices: Vec::new() })
}

fn understood() -> Evacuation {
    Evacuation {
        ports: vec!["dxcon-fgashbn1".to_owned()],
        target: Some("dxlag-fgashlag".to_owned()),
        overrides: vec![Override {
            check: "interrupts-traffic".to_owned(),
            reason: "maintenance window 02:00-04:00 UTC".to_owned(),
        }],
        reason: Some("CHG-2050: empty ashburn-primary before AWS works on it".to_owned()),
        request_id: "CHG-2050".to_owned(),
        ..Evacuation::default()
    }
}

#[test]
fn a_plain_request_is_the_same_bare_and_in_an_envelope() {
    let plain = event("evacuation-request");
    assert_eq!(ask(&plain), asked(understood()));
    let envelope = with(event("request-from-eventbridge"), "/detail", plain.clone());
    assert_eq!(ask(&envelope), asked(understood()));
    let without_id = with(plain.clone(), "/requestId", None);
    assert_eq!(ask(&without_id), asked(Evacuation { request_id: "lambda-1".to_owned(), ..understood() }));
    let id = envelope["id"].as_str().unwrap().to_owned();
    let envelope = with(envelope, "/detail", without_id);
    assert_eq!(ask(&envelope), asked(Evacuation { request_id: id, ..understood() }));
    let everything = with(with(plain, "/dryRun", json!(true)), "/notAfter", json!("2026-11-23T02:00:00Z"));
    let everything = with(everything, "/connectionId", None);
    let expected = Evacuation { dry_run: Some(true), not_after: Some(now()), target: None, ..understood() };
    assert_eq!(ask(&everything), asked(expected));
}

#[test]
fn what_is_no_evacuation_is_turned_away_by_its_path() {
    let request = |name: &str, value: Value| ask(&with(event("evacuation-request"), &format!("/{name}"), value));
    let shapes = "is not an id of the shape dxcon-... or dxlag-...";
    for (message, name, value) in [
        ("fromConnectionId is missing".to_owned(), "fromConnectionId", Value::Null),
        (format!("fromConnectionId {shapes}"), "fromConnectionId", json!("dxvif-S3CRET")),
        (format!("connectionId {shapes}"), "connectionId", json!("dxvif-S3CRET")),
        ("connectionId is the same as fromConnectionId".to_owned(), "connectionId", json!("dxcon-fgashbn1")),
        ("virtualInterfaceId is not a field of a request".to_owned(), "virtualInterfaceId", json!(REJECTED)),
    ] {
        assert_eq!(request(name, value), Err(invalid(message)));
    }
    assert_eq!(request("notAfter", json!("2026-11-23T01:59:59Z")).unwrap_err().name, Name::StaleRequest);
    for name in FIELDS {
        let message = format!("{name} stands beside detail and not in it");
        let misplaced = with(event("evacuation-from-alarm"), &format!("/{name}"), json!(REJECTED));
        assert_eq!(ask(&misplaced), Err(invalid(message)));
    }
    for (file, expected) in [("alarm", "CloudWatch Alarm State Change"), ("health-issue", "AWS Health Event")] {
        let message = format!("detail-type is not {expected}, the only one of this source that is understood");
        let other = with(event(&format!("evacuation-from-{file}")), "/detail-type", json!(REJECTED));
        assert_eq!(ask(&other), Err(invalid(message)));
    }
}

const METRICS: &str = "/detail/configuration/metrics";

fn of_alarm() -> Evacuation {
    Evacuation {
        ports: vec!["dxcon-fgdowned".to_owned()],
        reason: Some("alarm dx-ashburn-third-down".to_owned()),
        request_id: "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92".to_owned(),
        ..Evacuation::default()
    }
}

#[test]
fn an_alarm_asks_for_the_connection_that_it_watches() {
    let alarm = || event("evacuation-from-alarm");
    assert_eq!(ask(&alarm()), asked(of_alarm()));
    let named = |name: Option<Value>| ask(&with(alarm(), "/detail/alarmName", name));
    assert_eq!(named(None), asked(Evacuation { reason: Some("alarm ".to_owned()), ..of_alarm() }));
    let long = format!("alarm a b {}", "x".repeat(246));
    let long = Evacuation { reason: Some(long), ..of_alarm() };
    assert_eq!(named(Some(json!(format!("a\u{202e}b\n{}", "x".repeat(300))))), asked(long));

    let metric = alarm().pointer(METRICS).unwrap()[0].clone();
    let other = with(metric.clone(), "/metricStat/metric/namespace", json!("AWS/EC2"));
    let other = with(other, "/metricStat/metric/dimensions/ConnectionId", json!(REJECTED));
    let dimensions = with(metric.clone(), "/metricStat/metric/dimensions", json!({"Other": "x"}));
    let passed_over = [
        json!({"id": "e1", "expression": "FILL(m1, 0)"}),
        json!({"metricStat": {}}),
        json!({"metricStat": {"metric": {"namespace": "AWS/DX"}}}),
        other,
        dimensions,
    ];
    let several: Vec<_> = passed_over.iter().cloned().chain([metric.clone(), metric.clone()]).collect();
    assert_eq!(ask(&with(alarm(), METRICS, json!(several))), asked(of_alarm()));

    let one = with(metric, "/metricStat/metric/dimensions/VirtualInterfaceId", json!("dxvif-fgdowned"));
    let message = "the alarm watches one virtual interface, and every interface of its connection is planned";
    let notices = vec![Notice::new(NoticeCode::AlarmWatchesInterface, message)];
    let expected = Asked { evacuation: Some(of_alarm()), notices };
    assert_eq!(ask(&with(alarm(), METRICS, json!([one]))), Ok(expected));

    let none = "detail.configuration.metrics has no AWS/DX metric with the dimension ConnectionId; a composite alarm, or \
                one that is only computed, names no connection";
    assert_eq!(ask(&with(alarm(), METRICS, json!(passed_over))), Err(invalid(none.to_owned())));
    assert_eq!(ask(&with(alarm(), "/detail/configuration", None)), Err(invalid(none.to_owned())));
}

#[test]
fn an_alarm_that_is_none_asks_for_nothing() {
    let state = |value: Value| ask(&with(event("evacuation-from-alarm"), "/detail/state/value", value));
    let nothing = |message: &str| Ok(Asked::nothing(NoticeCode::AlarmNotInAlarm, message));
    assert_eq!(state(json!("OK")), nothing("the alarm is OK: nothing is planned"));
    let insufficient = nothing("the alarm has insufficient data, which is no outage: nothing is planned");
    assert_eq!(state(json!("INSUFFICIENT_DATA")), insufficient);
    let none = "detail.state.value is none of ALARM, OK and INSUFFICIENT_DATA";
    assert_eq!(state(json!(REJECTED)), Err(invalid(none.to_owned())));
    let without = with(event("evacuation-from-alarm"), "/detail/state", None);
    assert_eq!(ask(&without), Err(invalid("detail.state is missing".to_owned())));
}

#[test]
fn an_alarm_is_read_by_its_paths() {
    let metric =
        |pointer: &str, value: Value| ask(&with(event("evacuation-from-alarm"), &format!("{METRICS}{pointer}"), value));
    let two = event("evacuation-from-alarm").pointer(METRICS).unwrap()[0].clone();
    let two = with(two, "/metricStat/metric/dimensions/ConnectionId", json!("dxcon-fother"));
    let mut both = event("evacuation-from-alarm");
    both.pointer_mut(METRICS).unwrap().as_array_mut().unwrap().push(two);
    let several = "detail.configuration.metrics names more than one connection";
    assert_eq!(ask(&both), Err(invalid(several.to_owned())));
    let mut no_object = event("evacuation-from-alarm");
    no_object.pointer_mut(METRICS).unwrap()[0] = json!(REJECTED);
    assert_eq!(ask(&no_object), Err(invalid("detail.configuration.metrics[0] is not an object".to_owned())));
    for (pointer, value, message) in [
        ("", json!(REJECTED), "detail.configuration.metrics is not a list"),
        ("/0/metricStat", json!(REJECTED), "detail.configuration.metrics[0].metricStat is not an object"),
        (
            "/0/metricStat/metric/namespace",
            json!(1),
            "detail.configuration.metrics[0].metricStat.metric.namespace is not a string",
        ),
        (
            "/0/metricStat/metric/dimensions/ConnectionId",
            json!(REJECTED),
            "detail.configuration.metrics[0].metricStat.metric.dimensions.ConnectionId is not an id of the shape dxcon-... or \
             dxlag-...",
        ),
    ] {
        let answer = if pointer.is_empty() {
            ask(&with(event("evacuation-from-alarm"), METRICS, value))
        } else {
            metric(pointer, value)
        };
        assert_eq!(answer, Err(invalid(message.to_owned())), "{pointer}");
    }
}
