//! The bare payload: what is accepted is exactly what stands there, and what is refused is refused by name, without a word
//! of its values.

use associate_virtual_interface::check::{CHECKS, Severity};
use associate_virtual_interface::error::{Error, Name};
use associate_virtual_interface::fields::is_deceptive;
use associate_virtual_interface::request::{Asked, MAX_PAYLOAD, Override, Request, parse};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::echo::echoed;
use crate::{INVOCATION, arrival, now};

/// What a request may have.
const FIELDS: [&str; 10] = [
    "ConnectionId",
    "VirtualInterfaceId",
    "connectionId",
    "dryRun",
    "expectedConnectionId",
    "notAfter",
    "overrides",
    "reason",
    "requestId",
    "virtualInterfaceId",
];

/// Takes the bytes as a payload.
pub fn check(bytes: &[u8]) {
    let Ok(payload) = std::str::from_utf8(bytes) else { return };
    match parse(payload, arrival()) {
        Ok(Asked::Association(request)) => {
            let read: Value = serde_json::from_str(payload).expect("an accepted payload is JSON");
            match read.get("detail") {
                None => accepted(&request, &read, INVOCATION),
                Some(detail) => accepted(&request, detail, read["id"].as_str().expect("an envelope has an id")),
            }
            comes_back(&request);
        }
        Ok(Asked::Sweep) => {
            let read: Value = serde_json::from_str(payload).expect("an accepted payload is JSON");
            assert_eq!((&read["source"], &read["detail-type"]), (&"aws.events".into(), &"Scheduled Event".into()));
        }
        Err(error) => refused(payload, &error),
    }
}

/// The request is the one that stands in the payload, and it is not too late for it.
pub(crate) fn accepted(request: &Request, read: &Value, default_id: &str) {
    is_as_read(request, read, default_id);
    assert!(request.not_after.is_none_or(|end| end >= now()), "an expired request was accepted");
}

/// The request is the one that another reader reads, and is fit for every place that it goes to.
pub(crate) fn is_as_read(request: &Request, read: &Value, default_id: &str) {
    let members = read.as_object().expect("a request is an object");
    for name in members.keys() {
        assert!(FIELDS.contains(&name.as_str()), "an unknown member was accepted: {name:?}");
    }
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let id = |name: &str, pascal: &str| text(name).or_else(|| text(pascal)).map(id_of);
    assert_eq!(Some(request.virtual_interface_id.as_str()), id("virtualInterfaceId", "VirtualInterfaceId"));
    assert_eq!(Some(request.connection_id.as_str()), id("connectionId", "ConnectionId"));
    assert_eq!(request.expected_connection_id.as_deref(), text("expectedConnectionId").map(id_of));
    assert!(is_id(&request.virtual_interface_id, &["dxvif-"]), "{:?}", request.virtual_interface_id);
    let ports = [Some(&request.connection_id), request.expected_connection_id.as_ref()];
    for port in ports.into_iter().flatten() {
        assert!(is_id(port, &["dxcon-", "dxlag-"]), "{port:?}");
    }
    assert_eq!(request.dry_run, members.get("dryRun") == Some(&Value::Bool(true)));
    assert_eq!(request.request_id, text("requestId").unwrap_or(default_id));
    assert!((1..=128).contains(&request.request_id.chars().count()));
    assert_eq!(request.reason.as_deref(), text("reason"));
    assert!(request.reason.as_deref().unwrap_or_default().chars().count() <= 256);
    assert_eq!(request.overrides, overrides(members));
    let end = text("notAfter").map(|end| OffsetDateTime::parse(end, &Rfc3339).expect("RFC 3339"));
    assert_eq!(request.not_after, end);

    let reasons = request.overrides.iter().map(|accepted| &accepted.reason);
    for text in reasons.chain([&request.request_id]).chain(&request.reason) {
        assert!(!text.chars().any(is_deceptive), "deceptive characters were accepted: {text:?}");
    }
}

fn overrides(members: &Map<String, Value>) -> Vec<Override> {
    let items = members.get("overrides").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read = |item: &Value| {
        let members = item.as_object().expect("an override is an object");
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        assert_eq!(members.len(), 2, "an override has a check and a reason: {members:?}");
        Override { check: text("check"), reason: text("reason") }
    };
    let overrides: Vec<Override> = items.iter().map(read).collect();
    for (index, Override { check, reason }) in overrides.iter().enumerate() {
        let guard = CHECKS.iter().any(|one| one.name == check && one.severity == Severity::Guard);
        assert!(guard, "{check:?} was accepted as a guard");
        assert!((1..=256).contains(&reason.chars().count()), "a reason of {} characters", reason.chars().count());
        assert!(overrides[..index].iter().all(|earlier| earlier.check != *check), "{check:?} is overridden twice");
    }
    overrides
}

/// What follows the last slash.
fn id_of(text: &str) -> &str {
    text.rsplit_once('/').map_or(text, |(_, id)| id)
}

fn is_id(text: &str, kinds: &[&str]) -> bool {
    let rest = kinds.iter().find_map(|kind| text.strip_prefix(kind));
    rest.is_some_and(|rest| (1..=64).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// What we write of a request, we read as the same request.
pub(crate) fn comes_back(request: &Request) {
    let written = serde_json::to_string(request).expect("a request has only members that JSON has");
    // Escapes may make it longer than what it was read from.
    if written.len() <= MAX_PAYLOAD {
        assert_eq!(parse(&written, arrival()), Ok(Asked::Association(Box::new(request.clone()))), "{written}");
    }
}

/// It is refused by a name that a caller knows, in one line of plain words that hold nothing of what was rejected.
pub(crate) fn refused(payload: &str, error: &Error) {
    plain(error);
    let message = |payload: &Value| parse(&payload.to_string(), arrival()).err().map(|error| error.message);
    quotes_nothing(payload, error, message);
}

pub(crate) fn plain(error: &Error) {
    let Error { name, message } = error;
    assert!(matches!(name, Name::InvalidRequest | Name::StaleRequest), "{name:?}");
    assert!(message.is_ascii() && !message.contains(|c: char| c.is_control()), "{message:?}");
    assert!((1..=512).contains(&message.len()), "{message:?}");
}

/// `again` is the message about another payload.
pub(crate) fn quotes_nothing(payload: &str, error: &Error, again: impl Fn(&Value) -> Option<String>) {
    let Ok(read) = serde_json::from_str::<Value>(payload) else {
        let told = ["the payload is not JSON (line ", "the payload is larger than "];
        assert!(told.iter().any(|told| error.message.starts_with(told)) || is_given_twice(error), "{error}");
        return;
    };
    if let Some(word) = echoed(&read, &error.message, again) {
        panic!("{error}\nrepeats {word:?}");
    }
}

/// Found before the end, where it turns out not to be JSON at all.
fn is_given_twice(error: &Error) -> bool {
    error.message.ends_with(" is given twice")
}
