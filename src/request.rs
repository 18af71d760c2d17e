//! From what arrives at either door, the bare payload or an EventBridge envelope, to one [`Request`].
//!
//! Parsed by hand over strictly read JSON, because a message must name the field and may not quote its value, and
//! because an unknown field may be a misspelt safety catch. Knows the clock and the Region only as arguments.

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::check::{CHECKS, Severity};
use crate::error::{Error, Name};
use crate::fields::{Fields, Text, invalid};
use crate::json;

/// The largest payload that is read, in bytes.
pub const MAX_PAYLOAD: usize = 32 * 1024;
/// How far a `time` may lie ahead of our clock.
pub const MAX_CLOCK_SKEW: Duration = Duration::minutes(5);

/// An association request, as understood.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The interface to move: its id (`dxvif-...`) or its ARN. Also accepted as `VirtualInterfaceId`.
    #[cfg_attr(test, schemars(regex(pattern = "^(arn:.+/)?dxvif-[0-9A-Za-z]{1,64}$")))]
    pub virtual_interface_id: String,
    /// The connection (`dxcon-...`) or LAG (`dxlag-...`) to move it to, or its ARN. Also accepted as `ConnectionId`.
    #[cfg_attr(test, schemars(regex(pattern = "^(arn:.+/)?dx(con|lag)-[0-9A-Za-z]{1,64}$")))]
    pub connection_id: String,
    /// Compare-and-set: where the caller believes the interface is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^(arn:.+/)?dx(con|lag)-[0-9A-Za-z]{1,64}$")))]
    pub expected_connection_id: Option<String>,
    /// Everything but the call.
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub dry_run: bool,
    /// Guards that the caller accepts by name.
    #[cfg_attr(test, schemars(with = "Option<Vec<Override>>"))]
    pub overrides: Vec<Override>,
    /// Correlation and idempotency key; by default the event's `id`, else the Lambda request id.
    #[cfg_attr(test, schemars(with = "Option<String>", length(min = 1, max = 128)))]
    pub request_id: String,
    /// RFC 3339; the request is refused afterwards.
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub not_after: Option<OffsetDateTime>,
    /// Change ticket or a few words; carried to the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(length(max = 256)))]
    pub reason: Option<String>,
}

/// A guard that the caller accepts, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub struct Override {
    /// The guard's name.
    pub check: String,
    /// Why its findings are accepted; carried to the record.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub reason: String,
}

impl Request {
    /// The caller's reason for accepting the findings of this guard.
    #[must_use]
    pub fn reason_to_override(&self, check: &str) -> Option<&str> {
        self.overrides.iter().find(|accepted| accepted.check == check).map(|accepted| accepted.reason.as_str())
    }
}

/// The circumstances in which a payload arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Our clock.
    pub now: OffsetDateTime,
    /// The id that Lambda gave to this invocation.
    pub lambda_request_id: &'a str,
    /// `aws`, `aws-cn`, ...
    pub partition: &'a str,
    /// The Region that the function works in.
    pub region: &'a str,
    /// The `source` of our own events.
    pub own_source: &'a str,
    /// The oldest envelope that is still acted on.
    pub max_age: Duration,
}

/// What is asked of `associate`.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// To move an interface.
    Association(Box<Request>),
    /// To look after what was left unfinished: a schedule's event.
    Sweep,
}

/// Reads a payload at either door.
///
/// # Errors
/// [`Name::InvalidRequest`] names the field by its path and never quotes what it rejects; [`Name::StaleRequest`] says
/// that the request is replayed, too old or past its `notAfter`.
pub fn parse(payload: &str, arrival: Arrival<'_>) -> Result<Asked, Error> {
    let (fields, default_id) = match open(payload, MAX_PAYLOAD, &FIELDS, arrival)? {
        Opened::Bare(fields) => (fields, arrival.lambda_request_id.to_owned()),
        Opened::Envelope(envelope) if envelope.is_of_a_schedule() => return Ok(Asked::Sweep),
        Opened::Envelope(mut envelope) => (envelope.detail()?, envelope.id),
    };
    let request = read_request(fields, default_id, arrival)?;
    not_expired(request.not_after, arrival)?;
    Ok(Asked::Association(Box::new(request)))
}

/// A payload, by the door that it came through.
pub(crate) enum Opened {
    /// The payload itself is the request.
    Bare(Fields),
    /// An EventBridge event, neither stale nor our own.
    Envelope(Envelope),
}

/// An EventBridge event.
pub(crate) struct Envelope {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) detail_type: String,
    /// Its other members.
    pub(crate) rest: Fields,
}

impl Envelope {
    /// Nobody but AWS can put an event with this source on a bus.
    fn is_of_a_schedule(&self) -> bool {
        self.source == "aws.events" && self.detail_type == "Scheduled Event"
    }

    pub(crate) fn detail(&mut self) -> Result<Fields, Error> {
        Fields::of("detail", self.rest.take("detail"))
    }
}

/// Opens a payload of at most so many bytes. The fields that a request can have would be lost beside `detail`.
pub(crate) fn open(payload: &str, max_payload: usize, fields: &[&str], arrival: Arrival<'_>) -> Result<Opened, Error> {
    if payload.len() > max_payload {
        return Err(invalid(format!("the payload is larger than {max_payload} bytes")));
    }
    let payload = json::read(payload).map_err(|json::Unreadable(problem)| invalid(problem))?;
    let outer = Fields::of("", Some(payload))?;
    match (outer.has("detail-type"), outer.has("detail")) {
        (true, true) => Ok(Opened::Envelope(open_envelope(outer, fields, arrival)?)),
        (false, false) => Ok(Opened::Bare(outer)),
        (true, false) => Err(invalid("detail is missing beside detail-type".to_owned())),
        (false, true) => Err(invalid("detail-type is missing beside detail".to_owned())),
    }
}

pub(crate) fn not_expired(not_after: Option<OffsetDateTime>, arrival: Arrival<'_>) -> Result<(), Error> {
    match not_after {
        Some(end) if end < arrival.now => Err(stale("its notAfter has passed".to_owned())),
        _ => Ok(()),
    }
}

/// The fields of a request. Beside the `detail` of an envelope they would be lost: a `dryRun` out of place must not move
/// an interface.
const FIELDS: [&str; 10] = [
    "virtualInterfaceId",
    "VirtualInterfaceId",
    "connectionId",
    "ConnectionId",
    "expectedConnectionId",
    "dryRun",
    "overrides",
    "requestId",
    "notAfter",
    "reason",
];

/// Judges an envelope. Members that are not named here are EventBridge's to add.
fn open_envelope(mut envelope: Fields, fields: &[&str], arrival: Arrival<'_>) -> Result<Envelope, Error> {
    if let Some(misplaced) = fields.iter().find(|name| envelope.has(name)) {
        return Err(invalid(format!("{misplaced} stands beside detail and not in it")));
    }
    let id = envelope.required("id", 128)?;
    let source = envelope.required("source", 256)?;
    let account = envelope.required("account", 12)?;
    let detail_type = envelope.required("detail-type", 128)?;
    let time = envelope.time("time")?.ok_or_else(|| invalid("time is missing".to_owned()))?;
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("account is not an account id".to_owned()));
    }
    if source == arrival.own_source {
        return Err(invalid("source is this function's own: its events are not requests".to_owned()));
    }
    if envelope.take("replay-name").is_some() {
        return Err(stale("it is replayed from an archive".to_owned()));
    }
    let age = arrival.now - time;
    if age < -MAX_CLOCK_SKEW {
        return Err(invalid("time lies more than five minutes ahead".to_owned()));
    }
    if age > arrival.max_age {
        let (age, max) = (age.whole_seconds(), arrival.max_age.whole_seconds());
        return Err(stale(format!("its event is {age} seconds old, and {max} are allowed")));
    }
    Ok(Envelope { id, source, detail_type, rest: envelope })
}

pub(crate) fn read_request(mut fields: Fields, default_id: String, arrival: Arrival<'_>) -> Result<Request, Error> {
    let virtual_interface_id = fields.either_spelling("virtualInterfaceId", "VirtualInterfaceId")?;
    let connection_id = fields.either_spelling("connectionId", "ConnectionId")?;
    let expected_connection_id = fields.string("expectedConnectionId", 2048)?;
    let request = Request {
        virtual_interface_id: id_of(&virtual_interface_id, &["dxvif"], arrival)?,
        connection_id: id_of(&connection_id, &["dxcon", "dxlag"], arrival)?,
        expected_connection_id: expected_connection_id
            .map(|found| id_of(&found, &["dxcon", "dxlag"], arrival))
            .transpose()?,
        dry_run: fields.boolean("dryRun")?.unwrap_or(false),
        overrides: read_overrides(&mut fields)?,
        request_id: fields.nonempty("requestId", 128)?.unwrap_or(default_id),
        not_after: fields.time("notAfter")?,
        reason: fields.string("reason", 256)?.map(|found| found.text),
    };
    fields.end()?;
    Ok(request)
}

pub(crate) fn read_overrides(fields: &mut Fields) -> Result<Vec<Override>, Error> {
    let path = fields.path("overrides");
    let mut overrides: Vec<Override> = Vec::new();
    for (index, item) in fields.list("overrides")?.into_iter().enumerate() {
        let mut item = Fields::of(&format!("{path}[{index}]"), Some(item))?;
        let named = item.required("check", 128)?;
        let at = item.path("check");
        match CHECKS.iter().find(|check| check.name == named).map(|check| check.severity) {
            Some(Severity::Guard) => {}
            Some(Severity::Refusal) => {
                return Err(invalid(format!("{at} names a refusal; only guards can be overridden")));
            }
            Some(Severity::Notice) => return Err(invalid(format!("{at} names a notice, which holds nothing up"))),
            None => return Err(invalid(format!("{at} is not the name of a check"))),
        }
        if overrides.iter().any(|earlier| earlier.check == named) {
            return Err(invalid(format!("{at} names a guard that is overridden already")));
        }
        overrides.push(Override { check: named, reason: item.required("reason", 256)? });
        item.end()?;
    }
    Ok(overrides)
}

/// An id of one of these kinds, bare or as an ARN of our Region and partition. Judged loosely on purpose: AWS gives no
/// pattern for these ids and has the last word.
pub(crate) fn id_of(found: &Text, kinds: &[&str], arrival: Arrival<'_>) -> Result<String, Error> {
    id_here(found, kinds, arrival.partition, arrival.region)
}

/// The same where nothing arrived.
pub(crate) fn id_here(found: &Text, kinds: &[&str], partition: &str, region: &str) -> Result<String, Error> {
    let Text { path, text } = found;
    let id = if text.starts_with("arn:") { id_in_arn(path, text, partition, region)? } else { text };
    let well_formed = id.split_once('-').is_some_and(|(kind, rest)| {
        kinds.contains(&kind) && (1..=64).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if well_formed {
        return Ok(id.to_owned());
    }
    let shapes: Vec<_> = kinds.iter().map(|kind| format!("{kind}-...")).collect();
    Err(invalid(format!("{path} is not an id of the shape {}", shapes.join(" or "))))
}

/// `arn:PARTITION:directconnect:REGION:ACCOUNT:KIND/ID`. The account is the owner's and may be another one.
fn id_in_arn<'a>(path: &str, arn: &'a str, our_partition: &str, our_region: &str) -> Result<&'a str, Error> {
    let wrong = |what: &str| Err(invalid(format!("{path} is an ARN of another {what}")));
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &[_, partition, service, region, account, resource] = parts.as_slice() else {
        return Err(invalid(format!("{path} is not an ARN")));
    };
    if partition != our_partition {
        return wrong("partition");
    }
    if service != "directconnect" {
        return wrong("service");
    }
    if region != our_region {
        return wrong("Region");
    }
    let owned = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    match resource.split_once('/') {
        Some((kind, id)) if owned && id.split('-').next() == Some(kind) => Ok(id),
        _ => Err(invalid(format!("{path} is not an ARN of a virtual interface, connection or LAG"))),
    }
}

pub(crate) fn stale(problem: String) -> Error {
    Error::new(Name::StaleRequest, problem)
}

#[cfg(test)]
pub(crate) mod tests;
