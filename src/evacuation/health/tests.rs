//! What is understood of an AWS Health event, the whole of it compared.

use serde_json::{Value, json};

use super::*;
use crate::evacuation::doors::parse;
use crate::request::tests::{arrival, event, with};

/// What must never come back: every bad value here contains it.
const REJECTED: &str = "S3CRET";

fn ask(payload: &Value) -> Result<Asked, Error> {
    parse(&payload.to_string(), arrival())
}

fn issue(pointer: &str, value: impl Into<Option<Value>>) -> Value {
    with(event("evacuation-from-health-issue"), pointer, value)
}

fn scheduled(pointer: &str, value: impl Into<Option<Value>>) -> Value {
    with(event("evacuation-from-health-scheduled"), pointer, value)
}

fn digested(parts: &[&str]) -> String {
    format!("health-{}", digest::short(parts))
}

const ISSUE: &str = "arn:aws:health:us-east-1::event/DIRECTCONNECT/AWS_DIRECTCONNECT_OPERATIONAL_ISSUE/\
                     AWS_DIRECTCONNECT_OPERATIONAL_ISSUE_E23AA_ADAB9D3D11F";
const MAINTENANCE: &str = "arn:aws:health:us-east-1::event/DIRECTCONNECT/AWS_DIRECTCONNECT_MAINTENANCE_SCHEDULED/\
                           AWS_DIRECTCONNECT_MAINTENANCE_SCHEDULED_84BDD6BC9D0B29720DC58CBCFB104FBB";

fn of_issue() -> Evacuation {
    Evacuation {
        ports: vec!["dxcon-fgdowned".to_owned()],
        interfaces: vec!["dxvif-fgdowned".to_owned()],
        reason: Some("AWS Health AWS_DIRECTCONNECT_OPERATIONAL_ISSUE".to_owned()),
        request_id: digested(&[ISSUE]),
        ..Evacuation::default()
    }
}

/// Of the maintenance from 2026-12-08 09:00 to 13:00.
fn of_maintenance() -> Evacuation {
    let reason = "AWS Health AWS_DIRECTCONNECT_MAINTENANCE_SCHEDULED";
    Evacuation {
        ports: vec!["dxcon-fgashbn1".to_owned(), "dxcon-fgdowned".to_owned()],
        interfaces: vec!["dxvif-fgprivt1".to_owned()],
        overrides: vec![Override {
            check: "interrupts-traffic".to_owned(),
            reason: format!("{reason}: the maintenance interrupts it anyway"),
        }],
        reason: Some(reason.to_owned()),
        not_after: Some(OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1_796_720_400)),
        request_id: digested(&[MAINTENANCE, "1796720400"]),
        ..Evacuation::default()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with is a Result")]
fn asked(evacuation: Evacuation, notices: &[(NoticeCode, &str)]) -> Result<Asked, Error> {
    let notices = notices.iter().map(|(code, message)| Notice::new(*code, *message)).collect();
    Ok(Asked { evacuation: Some(evacuation), notices })
}

#[test]
fn an_issue_asks_for_what_it_names_each_once() {
    let others = "the Health event also names what is no connection, LAG or virtual interface of this Region; that is left \
                  out";
    let others = (NoticeCode::OthersNamed, others);
    assert_eq!(ask(&event("evacuation-from-health-issue")), asked(of_issue(), &[]));
    let resources = |resources: Value| ask(&issue("/resources", resources));
    let arn = "arn:aws:directconnect:us-east-1:123456789012:dxlag/dxlag-fgashlag";
    let both = vec!["dxlag-fgashlag".to_owned(), "dxcon-fgdowned".to_owned()];
    let both = Evacuation { ports: both, ..of_issue() };
    assert_eq!(resources(json!([arn, "dxlag-fgashlag"])), asked(both, &[]));
    for other in [
        json!(1),
        json!(REJECTED),
        json!("dxgw-f1"),
        json!("arn:aws:directconnect:eu-west-1:123456789012:dxcon/dxcon-fother"),
    ] {
        assert_eq!(resources(json!([other])), asked(of_issue(), &[others]), "{other}");
    }
    let port_alone =
        issue("/detail/affectedEntities", json!([{"entityValue": "dxcon-fgdowned"}, {"status": "IMPAIRED"}]));
    let port_alone = with(port_alone, "/resources", json!([]));
    assert_eq!(ask(&port_alone), asked(Evacuation { interfaces: Vec::new(), ..of_issue() }, &[]));
    let one_alone = with(port_alone.clone(), "/detail/affectedEntities", None);
    let one_alone = with(one_alone, "/resources", json!(["dxvif-fgdowned"]));
    assert_eq!(ask(&one_alone), asked(Evacuation { ports: Vec::new(), ..of_issue() }, &[]));
    let nobody = with(port_alone, "/detail/affectedEntities", Value::Null);
    let message = "the Health event names no connection, LAG or virtual interface here: nothing is planned";
    assert_eq!(ask(&nobody), Ok(Asked::nothing(NoticeCode::NothingNamed, message)));
}

#[test]
fn an_issue_in_several_pages_says_so_and_begins_at_once_whenever_it_began() {
    let pages = "this is one of several pages: each is an event of its own, and an interface that stands on two of them has the \
                 same requestId in both plans";
    assert_eq!(ask(&issue("/detail/totalPages", json!("2"))), asked(of_issue(), &[(NoticeCode::SeveralPages, pages)]));
    assert_eq!(ask(&issue("/detail/totalPages", None)), asked(of_issue(), &[]));
    let ahead = issue("/detail/startTime", json!("Tue, 8 Dec 2026 09:00:00 GMT"));
    assert_eq!(ask(&ahead), asked(of_issue(), &[]));
    let elsewhere = issue("/id", json!("another"));
    assert_eq!(ask(&elsewhere), asked(of_issue(), &[]), "the id hangs on the event");
    let unnamed = Evacuation { reason: Some("AWS Health ".to_owned()), ..of_issue() };
    assert_eq!(ask(&issue("/detail/eventTypeCode", None)), asked(unnamed, &[]));
}

#[test]
fn maintenance_is_prepared_for_until_it_begins() {
    const CODE: &str = "scheduledChange AWS_DIRECTCONNECT_MAINTENANCE_SCHEDULED";
    let known = |rest: &str| (NoticeCode::MaintenanceWindow, format!("{CODE} from {rest}"));
    let unknown = |code: &str| {
        let rest = "when it begins is not known, so the requests do not expire";
        (NoticeCode::MaintenanceWindowUnknown, format!("{code}: {rest}"))
    };
    let without_end = || Evacuation { not_after: None, request_id: digested(&[MAINTENANCE]), ..of_maintenance() };
    let at = |start: &str, end: &str| {
        scheduled("/detail/startTime", json!(start))
            .pointer("/detail")
            .cloned()
            .map(|detail| with(scheduled("/detail", detail), "/detail/endTime", json!(end)))
            .unwrap()
    };
    let (ninth, end) = ("Tue, 8 Dec 2026 09:00:00 GMT", "Tue, 8 Dec 2026 13:00:00 GMT");
    let begun = "Mon, 23 Nov 2026 02:00:00 GMT";
    for (payload, evacuation, (code, message)) in [
        (
            at(ninth, end),
            of_maintenance(),
            known("2026-12-08T09:00:00Z to 2026-12-08T13:00:00Z: the requests expire when it begins"),
        ),
        (
            at(ninth, ""),
            of_maintenance(),
            known("2026-12-08T09:00:00Z to an end that is not known: the requests expire when it begins"),
        ),
        (
            at(begun, begun),
            without_end(),
            known("2026-11-23T02:00:00Z to 2026-11-23T02:00:00Z: it has begun, and the requests do not expire"),
        ),
        (at("", end), without_end(), unknown(CODE)),
    ] {
        assert_eq!(ask(&payload), asked(evacuation, &[(code, &message)]), "{payload}");
    }
    let (code, message) = known("2026-11-23T01:00:00Z to 2026-11-23T01:59:59Z: it is over: nothing is planned");
    let over = at("Mon, 23 Nov 2026 01:00:00 GMT", "Mon, 23 Nov 2026 01:59:59 GMT");
    assert_eq!(ask(&over), Ok(Asked::nothing(code, message)));
    // The type code stands in the notice only where it is one.
    for (code, plain) in [("A_1", true), ("a", false), ("A-1", false), ("", false)] {
        let payload = with(at("", end), "/detail/eventTypeCode", json!(code));
        let (_, message) = unknown(if plain { "scheduledChange A_1" } else { "scheduledChange" });
        let notices = ask(&payload).unwrap().notices;
        assert_eq!(notices, [Notice::new(NoticeCode::MaintenanceWindowUnknown, message)], "{code}");
    }
}

#[test]
fn an_event_for_nobody_here_asks_for_nothing() {
    let region = "the Health event is about another Region than this function's (events are delivered to a backup Region \
                  too): nothing is planned";
    let other = "the Health event is neither an issue nor a scheduled change: nothing is planned";
    let back = "the Health event takes back what was announced (assumed of its type code): nothing is planned";
    for (name, value, code, message) in [
        ("eventRegion", json!("us-west-2"), NoticeCode::OtherRegion, region),
        (
            "statusCode",
            json!("closed"),
            NoticeCode::HealthEventClosed,
            "the Health event is closed: nothing is planned",
        ),
        ("eventTypeCategory", json!("accountNotification"), NoticeCode::HealthEventOfOtherCategory, other),
        ("eventTypeCategory", Value::Null, NoticeCode::HealthEventOfOtherCategory, other),
        ("eventTypeCode", json!("AWS_DIRECTCONNECT_MAINTENANCE_CANCELLED"), NoticeCode::HealthEventCancelled, back),
    ] {
        let payload = issue(&format!("/detail/{name}"), value);
        assert_eq!(ask(&payload), Ok(Asked::nothing(code, message)), "{name}");
    }
    for name in ["eventRegion", "statusCode"] {
        assert_eq!(ask(&issue(&format!("/detail/{name}"), None)), asked(of_issue(), &[]), "{name}");
    }
}

#[test]
fn what_is_no_health_event_of_direct_connect_is_turned_away_by_its_path() {
    for (name, value, message) in [
        ("service", json!(REJECTED), "detail.service is not DIRECTCONNECT"),
        ("service", Value::Null, "detail.service is missing"),
        ("eventArn", Value::Null, "detail.eventArn is missing"),
        ("eventTypeCode", json!(1), "detail.eventTypeCode is not a string"),
        ("affectedEntities", json!([REJECTED]), "detail.affectedEntities[0] is not an object"),
    ] {
        assert_eq!(ask(&issue(&format!("/detail/{name}"), value)), Err(invalid(message.to_owned())));
    }
}
