//! An AWS Health event about Direct Connect: an issue, or maintenance that is announced. Ids come bare or as ARNs, in
//! `resources` and in `affectedEntities`, a port beside its own interfaces, and the event comes to two Regions and in
//! several pages. Members that are not named here are AWS's to add; their spelling varies.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use super::doors::{Asked, MAX_REASON};
use super::{Evacuation, Notice, NoticeCode};
use crate::check;
use crate::digest;
use crate::error::Error;
use crate::fields::{Fields, Text, clean, invalid};
use crate::request::{Arrival, Envelope, Override, id_of};

pub(super) const SOURCE: &str = "aws.health";
pub(super) const DETAIL_TYPE: &str = "AWS Health Event";
const SERVICE: &str = "DIRECTCONNECT";
/// The category of maintenance that is announced.
const SCHEDULED: &str = "scheduledChange";

pub(super) fn read(mut envelope: Envelope, arrival: Arrival<'_>) -> Result<Asked, Error> {
    let mut detail = envelope.detail()?;
    if detail.required("service", 256)? != SERVICE {
        return Err(invalid(format!("detail.service is not {SERVICE}")));
    }
    let event_arn = detail.required("eventArn", 2048)?;
    let type_code = detail.words("eventTypeCode", 256)?.unwrap_or_default();
    let category = detail.words("eventTypeCategory", 64)?.unwrap_or_default();
    if let Some(nothing) = nothing_to_do(&mut detail, &type_code, &category, arrival)? {
        return Ok(nothing);
    }
    let mut notices = Vec::new();
    let window = match category.as_str() {
        SCHEDULED => window(&mut detail, &type_code, arrival.now, &mut notices)?,
        _ => Window::Open(None),
    };
    let Window::Open(not_after) = window else { return Ok(Asked { evacuation: None, notices }) };
    let Named { ports, interfaces } = named(&mut envelope.rest, &mut detail, arrival, &mut notices)?;
    several_pages(&mut detail, &mut notices);
    if ports.is_empty() && interfaces.is_empty() {
        let message = "the Health event names no connection, LAG or virtual interface here: nothing is planned";
        notices.push(Notice::new(NoticeCode::NothingNamed, message));
        return Ok(Asked { evacuation: None, notices });
    }
    let reason = clean(&format!("AWS Health {type_code}"), MAX_REASON);
    // Else nothing that is up could ever be planned for maintenance, and there would be nothing to approve.
    let announced = || Override {
        check: check::INTERRUPTS_TRAFFIC.name.to_owned(),
        reason: clean(&format!("{reason}: the maintenance interrupts it anyway"), MAX_REASON),
    };
    let evacuation = Evacuation {
        ports,
        interfaces,
        overrides: (category == SCHEDULED).then(announced).into_iter().collect(),
        reason: Some(reason),
        not_after,
        request_id: request_id(&event_arn, not_after),
        ..Evacuation::default()
    };
    Ok(Asked { evacuation: Some(evacuation), notices })
}

/// Not the envelope's, for the same event has another one in the backup Region and on every page. Maintenance that was put
/// off asks for something else than before, and gets another one.
fn request_id(event_arn: &str, not_after: Option<OffsetDateTime>) -> String {
    let not_after = not_after.map(|end| end.unix_timestamp().to_string());
    let parts: Vec<&str> = [Some(event_arn), not_after.as_deref()].into_iter().flatten().collect();
    format!("health-{}", digest::short(&parts))
}

/// Why an event of this kind asks for nothing.
fn nothing_to_do(
    detail: &mut Fields,
    type_code: &str,
    category: &str,
    arrival: Arrival<'_>,
) -> Result<Option<Asked>, Error> {
    let region = detail.words("eventRegion", 64)?;
    let status = detail.words("statusCode", 64)?;
    let nothing = |code, message: &str| Ok(Some(Asked::nothing(code, message)));
    if region.is_some_and(|region| region != arrival.region) {
        let message = "the Health event is about another Region than this function's (events are delivered to a backup \
                       Region too): nothing is planned";
        return nothing(NoticeCode::OtherRegion, message);
    }
    if status.as_deref() == Some("closed") {
        return nothing(NoticeCode::HealthEventClosed, "the Health event is closed: nothing is planned");
    }
    if !matches!(category, "issue" | SCHEDULED) {
        let message = "the Health event is neither an issue nor a scheduled change: nothing is planned";
        return nothing(NoticeCode::HealthEventOfOtherCategory, message);
    }
    if type_code.contains("CANCEL") {
        let message = "the Health event takes back what was announced (assumed of its type code): nothing is planned";
        return nothing(NoticeCode::HealthEventCancelled, message);
    }
    Ok(None)
}

/// When a scheduled change may be prepared for.
enum Window {
    /// Until then, if that is known and still to come.
    Open(Option<OffsetDateTime>),
    /// It is over.
    Over,
}

/// The beginning of the maintenance, if that is still to come. The requests are not to be carried out in the middle of it.
fn window(
    detail: &mut Fields,
    type_code: &str,
    now: OffsetDateTime,
    notices: &mut Vec<Notice>,
) -> Result<Window, Error> {
    let start = detail.words("startTime", 64)?.as_deref().and_then(date);
    let end = detail.words("endTime", 64)?.as_deref().and_then(date);
    let plain = !type_code.is_empty()
        && type_code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let what = if plain { format!("scheduledChange {type_code}") } else { "scheduledChange".to_owned() };
    let Some(start) = start else {
        let message = format!("{what}: when it begins is not known, so the requests do not expire");
        notices.push(Notice::new(NoticeCode::MaintenanceWindowUnknown, message));
        return Ok(Window::Open(None));
    };
    let written = |time: OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
    let until = end.map_or_else(|| "an end that is not known".to_owned(), written);
    let (ahead, over) = (start > now, end.is_some_and(|end| end < now));
    let so = match (over, ahead) {
        (true, _) => "it is over: nothing is planned",
        (false, true) => "the requests expire when it begins",
        (false, false) => "it has begun, and the requests do not expire",
    };
    let message = format!("{what} from {} to {until}: {so}", written(start));
    notices.push(Notice::new(NoticeCode::MaintenanceWindow, message));
    Ok(if over { Window::Over } else { Window::Open(ahead.then_some(start)) })
}

/// `Wed, 3 Sep 2025 09:00:00 GMT`; an empty text is no date.
fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822).ok()
}

struct Named {
    ports: Vec<String>,
    interfaces: Vec<String>,
}

/// What the event names, each once.
fn named(
    envelope: &mut Fields,
    detail: &mut Fields,
    arrival: Arrival<'_>,
    notices: &mut Vec<Notice>,
) -> Result<Named, Error> {
    let mut values = envelope.list("resources")?;
    for (index, entity) in detail.list("affectedEntities")?.into_iter().enumerate() {
        let mut entity = Fields::of(&format!("detail.affectedEntities[{index}]"), Some(entity))?;
        values.extend(entity.take("entityValue"));
    }
    let mut named = Named { ports: Vec::new(), interfaces: Vec::new() };
    let mut others = false;
    for value in values {
        let Some(id) = id_in(value, arrival) else {
            others = true;
            continue;
        };
        let ids = if id.starts_with("dxvif-") { &mut named.interfaces } else { &mut named.ports };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if others {
        let message = "the Health event also names what is no connection, LAG or virtual interface of this Region; \
                       that is left out";
        notices.push(Notice::new(NoticeCode::OthersNamed, message));
    }
    Ok(named)
}

fn id_in(value: Value, arrival: Arrival<'_>) -> Option<String> {
    let Value::String(text) = value else { return None };
    id_of(&Text { path: String::new(), text }, &["dxcon", "dxlag", "dxvif"], arrival).ok()
}

/// AWS writes both numbers as strings.
fn several_pages(detail: &mut Fields, notices: &mut Vec<Notice>) {
    if detail.take("totalPages").as_ref().and_then(Value::as_str).is_some_and(|total| total != "1") {
        let message = "this is one of several pages: each is an event of its own, and an interface that stands on two \
                       of them has the same requestId in both plans";
        notices.push(Notice::new(NoticeCode::SeveralPages, message));
    }
}

#[cfg(test)]
mod tests;
