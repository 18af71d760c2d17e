//! From what arrives, the plain request, the same in an EventBridge envelope, an alarm or a Health event, to one
//! [`Evacuation`]; or to the reason why nothing is to be planned.

use super::{Evacuation, Notice, NoticeCode, alarm, health};
use crate::error::Error;
use crate::fields::{Fields, invalid};
use crate::request::{Arrival, Envelope, Opened, id_of, not_expired, open, read_overrides};

/// The largest payload that is read, in bytes: EventBridge's own limit. A Health event may name many interfaces.
pub const MAX_PAYLOAD: usize = 256 * 1024;

/// What a reason is cut to.
pub(super) const MAX_REASON: usize = 256;

/// What arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is to be emptied; `None`: nothing is to be planned.
    pub evacuation: Option<Evacuation>,
    /// What is worth knowing; where nothing is to be planned, why.
    pub notices: Vec<Notice>,
}

impl Asked {
    /// Nothing is to be planned, for this reason.
    pub(super) fn nothing(code: NoticeCode, message: impl Into<String>) -> Self {
        Self { evacuation: None, notices: vec![Notice::new(code, message)] }
    }
}

/// Reads a payload at any door.
///
/// # Errors
/// As for a request to move one interface: [`crate::error::Name::InvalidRequest`] names the field by its path and never
/// quotes what it rejects; [`crate::error::Name::StaleRequest`] says that it is replayed, too old or past its `notAfter`.
pub fn parse(payload: &str, arrival: Arrival<'_>) -> Result<Asked, Error> {
    match open(payload, MAX_PAYLOAD, &FIELDS, arrival)? {
        Opened::Bare(fields) => read_plain(fields, arrival.lambda_request_id.to_owned(), arrival),
        Opened::Envelope(mut envelope) => match envelope.source.as_str() {
            alarm::SOURCE => {
                detail_type_is(&envelope, alarm::DETAIL_TYPE)?;
                alarm::read(envelope, arrival)
            }
            health::SOURCE => {
                detail_type_is(&envelope, health::DETAIL_TYPE)?;
                health::read(envelope, arrival)
            }
            _ => read_plain(envelope.detail()?, envelope.id, arrival),
        },
    }
}

const FIELDS: [&str; 7] =
    ["fromConnectionId", "connectionId", "dryRun", "overrides", "reason", "requestId", "notAfter"];

fn detail_type_is(envelope: &Envelope, expected: &str) -> Result<(), Error> {
    if envelope.detail_type == expected {
        return Ok(());
    }
    Err(invalid(format!("detail-type is not {expected}, the only one of this source that is understood")))
}

fn read_plain(mut fields: Fields, default_id: String, arrival: Arrival<'_>) -> Result<Asked, Error> {
    let kinds = &["dxcon", "dxlag"];
    let (from_path, target_path) = (fields.path("fromConnectionId"), fields.path("connectionId"));
    let from = fields.string("fromConnectionId", 2048)?;
    let from = from.ok_or_else(|| invalid(format!("{from_path} is missing")))?;
    let from = id_of(&from, kinds, arrival)?;
    let target = fields.string("connectionId", 2048)?.map(|found| id_of(&found, kinds, arrival)).transpose()?;
    if target.as_ref() == Some(&from) {
        return Err(invalid(format!("{target_path} is the same as {from_path}")));
    }
    let evacuation = Evacuation {
        ports: vec![from],
        interfaces: Vec::new(),
        target,
        dry_run: fields.boolean("dryRun")?,
        overrides: read_overrides(&mut fields)?,
        reason: fields.string("reason", MAX_REASON)?.map(|found| found.text),
        not_after: fields.time("notAfter")?,
        request_id: fields.nonempty("requestId", 128)?.unwrap_or(default_id),
    };
    fields.end()?;
    not_expired(evacuation.not_after, arrival)?;
    Ok(Asked { evacuation: Some(evacuation), notices: Vec::new() })
}

#[cfg(test)]
mod tests;
