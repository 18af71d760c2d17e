//! The EventBridge envelope: each of its members right, wrong, missing or there twice, and any text as its `detail`. What
//! must come of it is worked out from what was put in: the same request as without the envelope, a schedule's event, or a
//! refusal by the name that one of the faults has.

use std::collections::BTreeSet;

use associate_virtual_interface::error::{Error, Name};
use associate_virtual_interface::json;
use associate_virtual_interface::request::{Asked, MAX_CLOCK_SKEW, MAX_PAYLOAD, parse};
use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::controls::Controls;
use crate::request::{accepted, comes_back, plain, quotes_nothing};
use crate::{MAX_AGE, OWN_SOURCE, arrival, now};

/// How many bytes say what becomes of the members.
const CONTROLS: usize = 11;

/// Takes the first bytes as what becomes of the envelope's members, and the rest as its `detail`.
pub fn check(bytes: &[u8]) {
    let Some((controls, detail)) = Controls::before_text(bytes, CONTROLS) else { return };
    // Text that is no JSON might bring members of its own.
    if serde_json::from_str::<Value>(detail).is_err() {
        return;
    }
    let envelope = Envelope::new(controls, detail);
    let payload = envelope.written();
    let expected = envelope.expected(detail, payload.len());
    let read = parse(&payload, arrival());
    match (&read, &expected) {
        (Ok(read), Ok(wanted)) => assert_eq!(read, wanted, "{payload}"),
        (Err(error), Err(names)) => {
            assert!(names.contains(error.name.as_str()), "{error}, not one of {names:?}: {payload}");
            plain(error);
            let again = |payload: &Value| parse(&payload.to_string(), arrival()).err().map(|error| error.message);
            quotes_nothing(&payload, error, again);
        }
        _ => panic!("{read:?}, but should be {expected:?}: {payload}"),
    }
    if let Ok(Asked::Association(request)) = &read {
        let detail = serde_json::from_str(detail).expect("looked at above");
        accepted(request, &detail, &envelope.id);
        comes_back(request);
    }
}

/// An envelope as it is sent.
struct Envelope {
    members: Vec<(&'static str, String)>,
    faults: BTreeSet<&'static str>,
    id: String,
    of_a_schedule: bool,
}

const INVALID: &str = "InvalidRequest";
const STALE: &str = "StaleRequest";

/// A member's text, and whether it may stand there.
type Variant = (Option<Value>, bool);

impl Envelope {
    fn new(mut controls: Controls<'_>, detail: &str) -> Self {
        let mut envelope =
            Self { members: Vec::new(), faults: BTreeSet::new(), id: String::new(), of_a_schedule: false };
        let id = envelope.put("id", text("6a7e8feb-b491-4cf7-a9f1-bf3703467718", 128, controls.choose(8)));
        let special = controls.choose(10);
        let source = match special {
            8 => (Some(json!(OWN_SOURCE)), false),
            9 => (Some(json!("aws.events")), true),
            other => text("example.maintenance", 256, other),
        };
        let source = envelope.put("source", source);
        let account = match controls.choose(9) {
            8 => (Some(json!("12345678901a")), false),
            other => text("123456789012", 12, other),
        };
        envelope.put("account", account);
        let detail_type = match controls.choose(9) {
            8 => (Some(json!("Scheduled Event")), true),
            other => text("Virtual Interface Association Requested", 128, other),
        };
        let detail_type = envelope.put("detail-type", detail_type);
        let kind = controls.choose(8);
        envelope.put_time(kind, i64::from(controls.number().cast_signed()));
        envelope.put_others(&mut controls);
        envelope.members.push(("detail", detail.to_owned()));
        envelope.put_twice(controls.choose(16));
        envelope.of_a_schedule = source == "aws.events" && detail_type == "Scheduled Event";
        envelope.id = id;
        envelope
    }

    fn put(&mut self, name: &'static str, (value, right): Variant) -> String {
        if !right {
            self.faults.insert(INVALID);
        }
        let Some(value) = value else { return String::new() };
        self.members.push((name, value.to_string()));
        value.as_str().unwrap_or_default().to_owned()
    }

    fn put_time(&mut self, kind: u8, age: i64) {
        let time = now() - Duration::seconds(age);
        let written = time.format(&Rfc3339).expect("a time of this century");
        let variant = match kind {
            7 => (Some(json!(written.replace('T', " "))), false),
            other => text(&written, 64, other),
        };
        let right = variant.1;
        self.put("time", variant);
        if right && age > MAX_AGE {
            self.faults.insert(STALE);
        }
        if right && age < -MAX_CLOCK_SKEW.whole_seconds() {
            self.faults.insert(INVALID);
        }
    }

    /// What makes it stale, what is out of place, and what is EventBridge's to add.
    fn put_others(&mut self, controls: &mut Controls<'_>) {
        match controls.choose(4) {
            0 => {}
            1 => _ = self.put("replay-name", (Some(Value::Null), true)),
            kind => {
                self.put("replay-name", (Some(if kind == 2 { json!("year-end") } else { json!(7) }), true));
                self.faults.insert(STALE);
            }
        }
        match controls.choose(4) {
            0 | 1 => {}
            2 => _ = self.put("dryRun", (Some(json!(true)), false)),
            _ => _ = self.put("connectionId", (Some(Value::Null), false)),
        }
        if controls.choose(2) == 1 {
            self.put("version", (Some(json!("0")), true));
            self.put("resources", (Some(json!(["arn:aws:events:us-east-1:123456789012:rule/nightly"])), true));
            self.put("somethingNew", (Some(json!({"deep": [1, 2]})), true));
        }
    }

    /// One of its members once more.
    fn put_twice(&mut self, which: u8) {
        if let Some(member) = usize::from(which).checked_sub(1).and_then(|index| self.members.get(index)).cloned() {
            self.members.push(member);
            self.faults.insert(INVALID);
        }
    }

    fn written(&self) -> String {
        let members: Vec<String> = self.members.iter().map(|(name, text)| format!("\"{name}\":{text}")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// What must come of it, or the names of which one must be said.
    fn expected(&self, detail: &str, length: usize) -> Result<Asked, BTreeSet<&'static str>> {
        let mut faults = self.faults.clone();
        // As deep as it stands in the envelope.
        if length > MAX_PAYLOAD || json::read(&format!("[{detail}]")).is_err() {
            faults.insert(INVALID);
        }
        if self.of_a_schedule {
            return if faults.is_empty() { Ok(Asked::Sweep) } else { Err(faults) };
        }
        match self.without_it(detail) {
            Ok(asked) if faults.is_empty() => Ok(asked),
            Ok(_) => Err(faults),
            Err(error) => {
                faults.insert(error.name.as_str());
                Err(faults)
            }
        }
    }

    /// What comes of the detail alone.
    fn without_it(&self, detail: &str) -> Result<Asked, Error> {
        let read: Value = serde_json::from_str(detail).expect("looked at before");
        if read.get("detail").is_some() || read.get("detail-type").is_some() {
            return Err(Error::new(Name::InvalidRequest, "an envelope in an envelope"));
        }
        let mut arrival = arrival();
        arrival.lambda_request_id = &self.id;
        parse(detail, arrival)
    }
}

/// A required text of at most so many characters.
fn text(right: &str, most: usize, kind: u8) -> Variant {
    match kind {
        0 => (Some(json!(right)), true),
        1 => (None, false),
        2 => (Some(Value::Null), false),
        3 => (Some(json!(20_261_123)), false),
        4 => (Some(json!("")), false),
        5 => (Some(json!("x".repeat(most + 1))), false),
        6 => (Some(json!(format!("{right}\u{202e}"))), false),
        // The longest that is right, but for those with a shape of their own.
        _ if most > 64 => (Some(json!("x".repeat(most))), true),
        _ => (Some(json!(["123456789012"])), false),
    }
}
