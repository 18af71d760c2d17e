//! What is said: a record as JSON, with all that the bus, the caller and the ledger need beside it, so that it can be
//! said again byte for byte by a process that did not make it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::{Inverse, Outcome, Place, Record, derived_id};
use crate::error::{Error, Name};
use crate::facts::VirtualInterface;

/// A record, ready to be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Saying {
    /// The record as JSON.
    pub record: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// EventBridge's `detail-type`.
    pub detail_type: String,
    /// The ARNs that it is about.
    pub resources: Vec<String>,
    /// What the caller gets in place of the record, whatever the bus does.
    pub error: Option<Error>,
    /// What is true of the interface although the bus did not take the record; `None` where that is no error.
    pub unsaid: Option<String>,
}

impl Saying {
    /// What this record says, to the bus and to the caller.
    #[must_use]
    pub fn of(record: &Record, resources: Vec<String>) -> Self {
        let Ok(json) = serde_json::to_string(record) else {
            unreachable!("a record has no map with keys that are not strings")
        };
        Self {
            record: json,
            outcome: record.outcome,
            detail_type: record.detail_type().to_owned(),
            resources,
            error: record.error(),
            unsaid: (!record.request.dry_run).then(|| on_target(record)),
        }
    }

    /// What the caller is told, once the bus has taken the record or not. The first cause keeps its name:
    /// [`Name::RecordNotEmitted`] is said only of a move that is made.
    ///
    /// # Errors
    /// The name of what went wrong; of a dry run none.
    pub fn conclude(&self, emitted: Result<(), String>) -> Result<Box<RawValue>, Error> {
        match (&self.error, &self.unsaid, emitted) {
            (Some(error), _, _) => Err(error.clone()),
            (None, Some(unsaid), Err(why)) => {
                let message = format!("{unsaid}, and the bus did not take the record ({why})");
                Err(Error::new(Name::RecordNotEmitted, message))
            }
            (None, _, _) => self.to_json(),
        }
    }

    fn to_json(&self) -> Result<Box<RawValue>, Error> {
        let unreadable = |_| Error::new(Name::Unavailable, "the record that was kept is not JSON");
        RawValue::from_string(self.record.clone()).map_err(unreadable)
    }

    /// The same move, of which it was not known whether it was made, now that the interface was seen on the target.
    ///
    /// # Errors
    /// [`Name::AssociationUnsettled`], when what was kept is no record.
    pub fn now_associated(&self, seen: VirtualInterface, time: OffsetDateTime) -> Result<Self, Error> {
        let unreadable = |_| Error::new(Name::AssociationUnsettled, "the record that was kept cannot be read");
        let mut kept: Kept = serde_json::from_str(&self.record).map_err(unreadable)?;
        if let (Some(to), Some(id)) = (kept.to.take(), seen.connection_id.as_deref()) {
            kept.to = Some(to.or_carried_by(id));
        }
        if let (Some(inverse), Some(to)) = (&mut kept.inverse, &kept.to) {
            inverse.expected_connection_id.clone_from(&to.connection_id);
        }
        let id = &seen.virtual_interface_id;
        let unsaid = kept.to.as_ref().map(|to| format!("{id} is on {}", to.connection_id));
        kept.outcome = Outcome::Associated;
        kept.id = derived_id(&kept.request_id, kept.outcome);
        kept.time = time;
        kept.virtual_interface = Some(seen);
        Ok(Self {
            record: serde_json::to_string(&kept).map_err(unreadable)?,
            outcome: kept.outcome,
            detail_type: kept.outcome.detail_type(false).to_owned(),
            resources: self.resources.clone(),
            error: None,
            unsaid,
        })
    }
}

fn on_target(record: &Record) -> String {
    format!("{} is on {}", record.request.virtual_interface_id, record.request.connection_id)
}

/// A record as it was kept: what does not change is handed on as it stands.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Kept<'a> {
    #[serde(borrow)]
    schema_version: &'a RawValue,
    id: String,
    request_id: String,
    reason: &'a RawValue,
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    outcome: Outcome,
    request: &'a RawValue,
    from: &'a RawValue,
    to: Option<Place>,
    before: &'a RawValue,
    virtual_interface: Option<VirtualInterface>,
    checks: &'a RawValue,
    inverse: Option<Inverse>,
    error: &'a RawValue,
}
