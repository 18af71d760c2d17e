//! A record as `verify` takes it back from a workflow.
//!
//! Read by allow-list too: what verification does not need is not looked at, and a BGP key that somebody put into a
//! record ends here.

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::{Before, Inverse, Outcome, Place, SCHEMA_VERSION};
use crate::error::Error;
use crate::fields::{Fields, Text, invalid};
use crate::json;
use crate::request::{Arrival, Request, id_of, read_request};

/// The largest record that is read, in bytes: what Step Functions hands on at most.
const MAX_RECORD: usize = 256 * 1024;

/// What a record says of a move that was made, or may have been.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in a record")]
pub struct Earlier {
    pub outcome: Outcome,
    pub time: OffsetDateTime,
    pub request: Request,
    pub from: Option<Place>,
    pub to: Option<Place>,
    pub before: Option<Before>,
    pub inverse: Option<Inverse>,
}

impl Earlier {
    /// Reads a record. Members that are not named here are not looked at.
    ///
    /// # Errors
    /// [`crate::error::Name::InvalidRequest`] for what is no record, or that of a request after which nothing moved.
    pub fn read(payload: &str, arrival: Arrival<'_>) -> Result<Self, Error> {
        if payload.len() > MAX_RECORD {
            return Err(invalid(format!("the payload is larger than {MAX_RECORD} bytes")));
        }
        let payload = json::read(payload).map_err(|json::Unreadable(problem)| invalid(problem))?;
        let mut record = Fields::of("", Some(payload))?;
        if record.required("schemaVersion", 16)? != SCHEMA_VERSION {
            return Err(invalid(format!("schemaVersion is not {SCHEMA_VERSION}")));
        }
        let outcome = outcome(&record.required("outcome", 32)?)?;
        let request_id = record.nonempty("requestId", 128)?.unwrap_or_else(|| arrival.lambda_request_id.to_owned());
        let request = read_request(Fields::of("request", record.take("request"))?, request_id, arrival)?;
        if request.dry_run {
            return Err(invalid("request.dryRun is true: a dry run moved nothing".to_owned()));
        }
        let earlier = Self {
            outcome,
            time: record.time("time")?.ok_or_else(|| invalid("time is missing".to_owned()))?,
            request,
            from: part(&mut record, "from")?,
            to: part(&mut record, "to")?,
            before: part(&mut record, "before")?,
            inverse: part(&mut record, "inverse")?,
        };
        earlier.is_of_one_move(arrival)?;
        Ok(earlier)
    }

    /// What is handed on, compared with and said again is of the interface that the request names, and of ports.
    fn is_of_one_move(&self, arrival: Arrival<'_>) -> Result<(), Error> {
        let id = &self.request.virtual_interface_id;
        let other = |what: &str| Err(invalid(format!("{what} is of another virtual interface than the request")));
        if self.before.as_ref().is_some_and(|before| before.virtual_interface.virtual_interface_id != *id) {
            return other("before");
        }
        if self.inverse.as_ref().is_some_and(|inverse| inverse.virtual_interface_id != *id) {
            return other("inverse");
        }
        let inverse = self.inverse.as_ref();
        for (path, port) in [
            ("from.connectionId", self.from.as_ref().map(|place| &place.connection_id)),
            ("to.connectionId", self.to.as_ref().map(|place| &place.connection_id)),
            ("inverse.connectionId", inverse.map(|inverse| &inverse.connection_id)),
            ("inverse.expectedConnectionId", inverse.map(|inverse| &inverse.expected_connection_id)),
        ] {
            if let Some(port) = port {
                id_of(&Text { path: path.to_owned(), text: port.clone() }, &["dxcon", "dxlag"], arrival)?;
            }
        }
        Ok(())
    }

    /// The port that the interface was to arrive on: where AWS really put it, as far as the record tells.
    #[must_use]
    pub fn target(&self) -> &str {
        self.to.as_ref().map_or(&self.request.connection_id, |to| &to.connection_id)
    }
}

fn outcome(text: &str) -> Result<Outcome, Error> {
    use Outcome::{AlreadyAssociated, Associated, Settled, Unhealthy, Unsettled};
    [Associated, AlreadyAssociated, Unsettled, Settled, Unhealthy]
        .into_iter()
        .find(|outcome| outcome.as_str() == text)
        .ok_or_else(|| invalid("outcome is not one after which there is a move to verify".to_owned()))
}

/// The library's own words would quote what it stumbled over.
fn part<T: DeserializeOwned>(record: &mut Fields, name: &str) -> Result<Option<T>, Error> {
    let read = record.take(name).map(serde_json::from_value).transpose();
    read.map_err(|_| invalid(format!("{name} is not as it stands in a record")))
}

#[cfg(test)]
mod tests;
