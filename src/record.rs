//! What happened, in one record: the same JSON to the caller, to the bus and to the log.
//!
//! Built by allow-list from our own types, so a member that AWS adds later stays out until someone lets it in.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::check::Report;
use crate::digest;
use crate::error::{Error, Name};
use crate::estate::Found;
use crate::facts::{Port, PortKind, VirtualInterface};
use crate::fields::clean;
use crate::plan::{refusal, sentences};
use crate::request::Request;
use crate::turn::Turn;

pub use earlier::Earlier;
pub use saying::Saying;

mod earlier;
mod saying;

/// Of the record's shape.
const SCHEMA_VERSION: &str = "1.0";

/// How it turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// AWS moved it.
    Associated,
    /// It was there; nothing was called.
    AlreadyAssociated,
    /// A dry run that nothing stands in the way of.
    WouldAssociate,
    /// A pre-check stood in the way; nothing was called.
    Refused,
    /// AWS said no, and a read agrees.
    Rejected,
    /// Nobody can say yet.
    Unsettled,
    /// From `verify`: the move is over, and the interface is as well off as before.
    Settled,
    /// From `verify`: the move is over, and the interface is worse off than before.
    Unhealthy,
}

/// A connection or LAG as the record names it; null for what is not visible to the caller.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "the members are AWS's own and documented there")]
pub struct Place {
    pub connection_id: String,
    pub kind: Option<PortKind>,
    pub location: Option<String>,
    pub aws_device_v2: Option<String>,
    pub aws_logical_device_id: Option<String>,
    /// Of a connection, or of each link of a LAG.
    pub bandwidth: Option<String>,
    /// Not part of the record: whose ARN it has.
    #[serde(skip)]
    pub owner_account: Option<String>,
}

/// The interface as read before the call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Before {
    /// The interface.
    #[serde(flatten)]
    pub virtual_interface: VirtualInterface,
    /// The prefixes that AWS accepted over it, each once; null where they could not be read.
    pub accepted_prefixes: Option<Vec<String>>,
}

/// The request that would move it back.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "as in a request")]
pub struct Inverse {
    pub virtual_interface_id: String,
    pub connection_id: String,
    pub expected_connection_id: String,
}

/// AWS's own words about a call that it did not answer with the moved interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AwsError {
    /// AWS's error code, or what became of the connection: `NoAnswer`, `UnreadableAnswer`.
    pub code: String,
    /// Its message, without control, bidirectional and invisible characters and cut at 512.
    pub message: String,
}

impl AwsError {
    /// Cleans both: AWS's words go to logs and terminals.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: clean(code, 128), message: clean(message, 512) }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// The record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Of this shape; `1.0`.
    pub schema_version: &'static str,
    /// Derived from `requestId` and `outcome`, so that consumers can drop duplicates by it.
    pub id: String,
    /// As requested.
    pub request_id: String,
    /// As requested.
    pub reason: Option<String>,
    /// When it was decided, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub time: OffsetDateTime,
    /// How it turned out.
    pub outcome: Outcome,
    /// The request as understood.
    pub request: Request,
    /// Where it was; null where nobody told.
    pub from: Option<Place>,
    /// Where it was to go, or is.
    pub to: Option<Place>,
    /// The interface as read before the call; null where it had arrived before we looked.
    pub before: Option<Before>,
    /// The interface as last read.
    pub virtual_interface: Option<VirtualInterface>,
    /// What was checked and what was found.
    pub checks: Report,
    /// The request that would move it back; null where it has not moved, or nobody told from where.
    pub inverse: Option<Inverse>,
    /// AWS's error answer to the call, or null.
    pub error: Option<AwsError>,
}

/// A decision that leaves a record.
#[derive(Debug)]
pub struct Decided {
    /// How it turned out.
    pub outcome: Outcome,
    /// What was checked and found.
    pub report: Report,
    /// The interface as last read, if it was read after the facts.
    pub seen: Option<VirtualInterface>,
    /// AWS's error answer to the call.
    pub error: Option<AwsError>,
}

impl Decided {
    /// A decision that called nothing.
    #[must_use]
    pub fn without_call(outcome: Outcome, report: Report) -> Self {
        Self { outcome, report, seen: None, error: None }
    }

    /// What holds of a call that nobody ever heard of again: it is kept before the call is made.
    #[must_use]
    pub fn unanswered(report: Report) -> Self {
        let error = AwsError::new("NoAnswer", "the function ended before it knew the answer");
        Self { outcome: Outcome::Unsettled, report, seen: None, error: Some(error) }
    }

    /// A call that turned out like this.
    ///
    /// # Errors
    /// [`Name::Unavailable`], [`Name::AccessDenied`] and [`Name::StaleRequest`], which leave no record: nothing was
    /// applied.
    pub fn by_call(turn: Turn, report: Report) -> Result<Self, Error> {
        let (outcome, seen, error) = match turn {
            Turn::Associated(seen, error) => (Outcome::Associated, Some(seen), error),
            Turn::Rejected(error, seen) => (Outcome::Rejected, seen, Some(error)),
            Turn::Unsettled(error, seen) => (Outcome::Unsettled, seen, Some(error)),
            Turn::PutOff(error) => return Err(Error::new(Name::Unavailable, format!("AWS put the call off: {error}"))),
            Turn::Denied(error) => return Err(Error::new(Name::AccessDenied, format!("AWS denied the call: {error}"))),
            Turn::TooLate => {
                return Err(Error::new(Name::StaleRequest, "its notAfter passed before the call was made"));
            }
        };
        Ok(Self { outcome, report, seen: seen.map(|boxed| *boxed), error })
    }
}

impl Record {
    /// Puts the record together.
    #[must_use]
    pub fn new(request: Request, found: &Found, decided: Decided, time: OffsetDateTime) -> Self {
        let (from, to, before, prefixes) = match found {
            Found::Missing(missing) => (
                source_place(missing.virtual_interface.as_ref(), missing.source.as_ref()),
                missing.target.as_ref().map(Place::of),
                missing.virtual_interface.as_ref(),
                None,
            ),
            Found::OnTarget(there) => (
                there.came_from.as_deref().map(|id| Place::named(id, there.came_from_port.as_ref())),
                there.virtual_interface.connection_id.as_deref().map(|id| Place::named(id, there.port.as_ref())),
                None,
                None,
            ),
            Found::Facts(facts) => (
                source_place(Some(&facts.virtual_interface), facts.source.as_ref()),
                Some(Place::of(&facts.target)),
                Some(&facts.virtual_interface),
                facts.accepted_prefixes.clone(),
            ),
        };
        let there = if let Found::OnTarget(there) = found { Some(&there.virtual_interface) } else { None };
        let Decided { outcome, report, seen, error } = decided;
        let virtual_interface = seen.or_else(|| there.or(before).cloned());
        // Where it really went: AWS may put it on the LAG that the target is a member of.
        let to = match (outcome, virtual_interface.as_ref().and_then(|one| one.connection_id.as_deref())) {
            (Outcome::Associated, Some(id)) => to.map(|to| to.or_carried_by(id)),
            _ => to,
        };
        Self {
            schema_version: SCHEMA_VERSION,
            id: derived_id(&request.request_id, outcome),
            request_id: request.request_id.clone(),
            reason: request.reason.clone(),
            time,
            outcome,
            inverse: inverse(outcome, &request, from.as_ref(), to.as_ref()),
            request,
            from,
            to,
            before: before.map(|one| Before { virtual_interface: one.clone(), accepted_prefixes: prefixes }),
            virtual_interface,
            checks: report,
            error,
        }
    }

    /// The record of a move that was looked at again: what was known of it, and how the interface is now.
    #[must_use]
    pub fn of_verification(
        earlier: Earlier,
        outcome: Outcome,
        report: Report,
        seen: Option<VirtualInterface>,
        time: OffsetDateTime,
    ) -> Self {
        let Earlier { request, from, to, before, inverse, .. } = earlier;
        Self {
            schema_version: SCHEMA_VERSION,
            id: derived_id(&request.request_id, outcome),
            request_id: request.request_id.clone(),
            reason: request.reason.clone(),
            time,
            outcome,
            request,
            from,
            to,
            before,
            virtual_interface: seen,
            checks: report,
            inverse,
            error: None,
        }
    }

    /// EventBridge's `detail-type`.
    #[must_use]
    pub fn detail_type(&self) -> &'static str {
        self.outcome.detail_type(self.request.dry_run)
    }

    /// The ARNs of the interface, `from` and `to`: what the event is about. The account of each is its owner's where
    /// that is known, else the caller's.
    #[must_use]
    pub fn resources(&self, partition: &str, region: &str, account: &str) -> Vec<String> {
        let owner = self.virtual_interface.as_ref().and_then(|one| one.owner_account.as_deref()).unwrap_or(account);
        let id = &self.request.virtual_interface_id;
        let mut arns = vec![format!("arn:{partition}:directconnect:{region}:{owner}:dxvif/{id}")];
        arns.extend([&self.from, &self.to].into_iter().flatten().map(|place| {
            let kind = match PortKind::of(&place.connection_id) {
                PortKind::Connection => "dxcon",
                PortKind::Lag => "dxlag",
            };
            let owner = place.owner_account.as_deref().unwrap_or(account);
            format!("arn:{partition}:directconnect:{region}:{owner}:{kind}/{}", place.connection_id)
        }));
        arns
    }

    /// What the caller gets in place of the record; of a dry run nothing.
    fn error(&self) -> Option<Error> {
        let words = || self.error.as_ref().map(ToString::to_string).unwrap_or_default();
        let (id, target) = (&self.request.virtual_interface_id, &self.request.connection_id);
        let error = match self.outcome {
            _ if self.request.dry_run => return None,
            Outcome::Refused => refusal(&self.checks),
            Outcome::Rejected => {
                Error::new(Name::AssociationRejected, format!("AWS refused to move {id} to {target} ({})", words()))
            }
            Outcome::Unsettled => Error::new(
                Name::AssociationUnsettled,
                format!(
                    "no definite answer ({}), and {id} was not seen on {target}; it may still be applied: read before \
                     acting",
                    words()
                ),
            ),
            Outcome::Unhealthy => Error::new(Name::SettledUnhealthy, sentences(&self.checks)),
            Outcome::Associated | Outcome::AlreadyAssociated | Outcome::WouldAssociate | Outcome::Settled => {
                return None;
            }
        };
        Some(error)
    }
}

impl Place {
    /// The port with this id as the record names it; where it is not visible to the caller, the id alone.
    #[must_use]
    pub fn named(id: &str, port: Option<&Port>) -> Self {
        port.map_or_else(|| Self { connection_id: id.to_owned(), ..Self::default() }, Self::of)
    }

    /// A port as the record names it.
    #[must_use]
    pub fn of(port: &Port) -> Self {
        Self {
            connection_id: port.id.clone(),
            kind: Some(port.kind),
            location: port.location.clone(),
            aws_device_v2: port.aws_device_v2.clone(),
            aws_logical_device_id: port.aws_logical_device_id.clone(),
            bandwidth: port.bandwidth.clone(),
            owner_account: port.owner_account.clone(),
        }
    }

    fn or_carried_by(self, id: &str) -> Self {
        if self.connection_id == id {
            return self;
        }
        Self { connection_id: id.to_owned(), kind: Some(PortKind::of(id)), ..self }
    }
}

/// Where the interface is: its port, or, where that is not visible to the caller, its id alone.
fn source_place(interface: Option<&VirtualInterface>, source: Option<&Port>) -> Option<Place> {
    let id = interface?.connection_id.as_ref()?;
    Some(Place::named(id, source))
}

fn inverse(outcome: Outcome, request: &Request, from: Option<&Place>, to: Option<&Place>) -> Option<Inverse> {
    match outcome {
        Outcome::Associated | Outcome::AlreadyAssociated | Outcome::Unsettled => Some(Inverse {
            virtual_interface_id: request.virtual_interface_id.clone(),
            connection_id: from?.connection_id.clone(),
            expected_connection_id: to?.connection_id.clone(),
        }),
        // The records of `verify` are not made in this way: they hand on the one that it was given.
        Outcome::WouldAssociate | Outcome::Refused | Outcome::Rejected | Outcome::Settled | Outcome::Unhealthy => None,
    }
}

/// The same for the same request and outcome, whoever emits it and however often.
fn derived_id(request_id: &str, outcome: Outcome) -> String {
    digest::short(&[request_id, outcome.as_str()])
}

impl Outcome {
    /// EventBridge's `detail-type`. A dry run never says "Associated": who listens for that would act on a move that
    /// nobody made.
    #[must_use]
    pub fn detail_type(self, dry_run: bool) -> &'static str {
        match self {
            Self::Associated | Self::AlreadyAssociated if !dry_run => "Virtual Interface Associated",
            Self::WouldAssociate | Self::Associated | Self::AlreadyAssociated => {
                "Virtual Interface Association Planned"
            }
            Self::Refused => "Virtual Interface Association Refused",
            Self::Rejected => "Virtual Interface Association Rejected",
            Self::Unsettled => "Virtual Interface Association Unsettled",
            Self::Settled => "Virtual Interface Settled",
            Self::Unhealthy => "Virtual Interface Unhealthy",
        }
    }

    /// Every outcome.
    pub const ALL: [Self; 8] = [
        Self::Associated,
        Self::AlreadyAssociated,
        Self::WouldAssociate,
        Self::Refused,
        Self::Rejected,
        Self::Unsettled,
        Self::Settled,
        Self::Unhealthy,
    ];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Associated => "associated",
            Self::AlreadyAssociated => "alreadyAssociated",
            Self::WouldAssociate => "wouldAssociate",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Unsettled => "unsettled",
            Self::Settled => "settled",
            Self::Unhealthy => "unhealthy",
        }
    }
}

#[cfg(test)]
mod tests;
