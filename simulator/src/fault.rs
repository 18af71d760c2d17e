//! Faults: what can be made to go wrong with a call, and which calls it hits.
//!
//! A fault is written `OPERATION:FAULT[:FROM[-TO]]`. See [`Fault`] for the grammar and [`Effect`] for the list.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::str::FromStr;
use std::time::Duration;

use hyper::StatusCode;

use crate::dynamodb::{cancelled, conditional};
use crate::operation::Operation;
use crate::wire::ApiError;

/// Something that goes wrong with some calls of one operation, written `OPERATION:FAULT[:FROM[-TO]]`.
///
/// `OPERATION` is a name of AWS's API, such as `AssociateVirtualInterface`. The calls are counted from 1 since the faults
/// were set: `:3` hits the third call only, `:3-5` the third to the fifth, `:3-` the third and all after it; without a
/// range every call is hit. Of several faults that hit a call, the first one given does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    operation: Operation,
    effect: Effect,
    name: &'static str,
    from: u64,
    to: u64,
}

/// Why a text is not a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

/// What goes wrong with a call. [`fault_help`] says what each does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "said in `fault_help`")]
pub enum Effect {
    Throttle,
    Error500,
    ServerException400,
    Error503,
    Denied,
    Client,
    Transitioning,
    ResetBefore,
    ResetAfter,
    Error500After,
    Hang,
    HangAfter,
    Truncated,
    Late,
    Partial,
    PartialFinal,
    Stale,
    BadPageTokenLoop,
    Conditional,
    Conflict,
    /// AssociateVirtualInterface: connection closed, applied after so long. It has no name in a [`Fault`].
    LateBy(Duration),
}

/// Which operations an effect fits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fits {
    Any,
    DirectConnect,
    Reads,
    Writes,
    Associate,
    PutEvents,
    Items,
}

/// The name, the operations and the meaning of every effect; the help text is made of it.
const EFFECTS: [(Effect, &str, Fits, &str); 20] = [
    (Effect::Throttle, "throttle", Fits::Any, "400 ThrottlingException"),
    (Effect::Error500, "500", Fits::Any, "500 DirectConnectServerException or InternalFailure"),
    (Effect::ServerException400, "server-exception-400", Fits::DirectConnect, "DirectConnectServerException as a 400"),
    (Effect::Error503, "503", Fits::Any, "503 ServiceUnavailable"),
    (Effect::Denied, "denied", Fits::Any, "400 AccessDeniedException"),
    (Effect::Client, "client", Fits::DirectConnect, "400 DirectConnectClientException with an unknown text"),
    (Effect::Transitioning, "transitioning", Fits::Associate, "400 \"... is in a transitioning state\", not applied"),
    (Effect::ResetBefore, "reset-before", Fits::Any, "connection closed, no answer, not applied"),
    (Effect::ResetAfter, "reset-after", Fits::Writes, "applied, then connection closed without an answer"),
    (Effect::Error500After, "500-after", Fits::Writes, "applied, then a 500"),
    (Effect::Hang, "hang", Fits::Any, "never answers, not applied"),
    (Effect::HangAfter, "hang-after", Fits::Writes, "applied, never answers"),
    (Effect::Truncated, "truncated", Fits::Any, "applied, the 200 answer breaks off in the middle"),
    (Effect::Late, "late", Fits::Associate, "connection closed, applied only after the next read of the interface"),
    (Effect::Partial, "partial", Fits::PutEvents, "the first entry fails with InternalFailure, which is retryable"),
    (Effect::PartialFinal, "partial-final", Fits::PutEvents, "the first entry fails with AccessDeniedException"),
    (Effect::Stale, "stale", Fits::Reads, "answers from the world before the last change"),
    (Effect::Conditional, "conditional", Fits::Items, "400 as if the condition did not hold, not applied"),
    (Effect::Conflict, "conflict", Fits::Items, "400 as if another transaction were at the item, not applied"),
    (Effect::BadPageTokenLoop, "bad-page-token-loop", Fits::Reads, "always a nextToken, the pages never end"),
];

impl Fits {
    fn operation(self, operation: Operation) -> bool {
        match self {
            Self::Any => true,
            Self::DirectConnect => operation.service() == "directconnect",
            Self::Reads => operation.service() == "directconnect" && operation.is_read(),
            Self::Writes => !operation.is_read(),
            Self::Associate => operation == Operation::AssociateVirtualInterface,
            Self::PutEvents => operation == Operation::PutEvents,
            Self::Items => operation.service() == "dynamodb" && !operation.is_read(),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Any => "every operation",
            Self::DirectConnect => "the operations of Direct Connect",
            Self::Reads => "Describe* and List*",
            Self::Writes => "AssociateVirtualInterface, PutEvents and the writes of DynamoDB",
            Self::Associate => "AssociateVirtualInterface",
            Self::PutEvents => "PutEvents",
            Self::Items => "the writes of DynamoDB",
        }
    }
}

impl Effect {
    /// The error that is answered in place of doing what was asked.
    pub(crate) fn error_before(self, operation: Operation, account: &str, region: &str) -> Option<ApiError> {
        let error = match self {
            Self::Throttle => ApiError::new("ThrottlingException", "Rate exceeded"),
            Self::Error500 => internal(operation),
            Self::ServerException400 => internal(operation).with_status(StatusCode::BAD_REQUEST),
            Self::Error503 => {
                let message = "The service is temporarily unavailable.";
                ApiError::new("ServiceUnavailable", message).with_status(StatusCode::SERVICE_UNAVAILABLE)
            }
            Self::Denied => ApiError::new("AccessDeniedException", denied(operation, account, region)),
            Self::Conditional if operation == Operation::TransactWriteItems => cancelled(&["ConditionalCheckFailed"]),
            Self::Conditional => conditional(),
            Self::Conflict if operation == Operation::TransactWriteItems => cancelled(&["TransactionConflict"]),
            Self::Conflict => ApiError::new("TransactionConflictException", "Transaction is ongoing for the item"),
            Self::Client => ApiError::client("The request cannot be carried out (0x2A)."),
            Self::Transitioning => ApiError::client("The virtual interface is in a transitioning state."),
            _ => return None,
        };
        Some(error)
    }
}

/// The error of a server that broke.
pub(crate) fn internal(operation: Operation) -> ApiError {
    let code = match operation {
        Operation::PutEvents => "InternalFailure",
        other if other.service() == "dynamodb" => "InternalServerError",
        _ => "DirectConnectServerException",
    };
    ApiError::new(code, "An internal error occurred.").with_status(StatusCode::INTERNAL_SERVER_ERROR)
}

/// "User: arn:... is not authorized to perform: directconnect:<Action> on resource: ..."
fn denied(operation: Operation, account: &str, region: &str) -> String {
    let (service, name) = (operation.service(), operation.name());
    format!(
        "User: arn:aws:sts::{account}:assumed-role/caller/session is not authorized to perform: {service}:{name} on \
         resource: arn:aws:{service}:{region}:{account}:* because no identity-based policy allows the {service}:{name} \
         action"
    )
}

/// The grammar and every effect, for `--help`.
#[must_use]
pub fn fault_help() -> String {
    let mut help = String::from(
        "A SPEC is OPERATION:FAULT[:FROM[-TO]]: the calls of that operation that are hit, counted from 1 since the faults \
         were set.\n:3 is the third call only, :3-5 the third to the fifth, :3- the third and all after it; default all.\n\
         PUT /_sim/faults with a JSON list of SPECs sets others. FAULT is one of:\n",
    );
    for (_, name, fits, meaning) in EFFECTS {
        // Writing to a string cannot fail.
        let _ = writeln!(help, "  {name:<21} {meaning} ({})", fits.describe());
    }
    help
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(spec: &str) -> Result<Self, FaultError> {
        let wrong = |problem: String| FaultError(format!("fault {spec:?}: {problem}"));
        let mut parts = spec.splitn(3, ':');
        let (Some(operation), Some(effect), range) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("is not OPERATION:FAULT[:FROM[-TO]]".to_owned()));
        };
        let operation = Operation::from_name(operation).ok_or_else(|| {
            let known = Operation::ALL.map(Operation::name).join(", ");
            wrong(format!("{operation:?} is not an operation; there are {known}"))
        })?;
        let (effect, name, fits, _) = EFFECTS.iter().find(|(_, name, ..)| *name == effect).ok_or_else(|| {
            let known = EFFECTS.map(|(_, name, ..)| name).join(", ");
            wrong(format!("{effect:?} is not a fault; there are {known}"))
        })?;
        if !fits.operation(operation) {
            return Err(wrong(format!("{name} applies to {} only", fits.describe())));
        }
        let (from, to) = match range {
            None => (1, u64::MAX),
            Some(range) => parse_range(range)
                .ok_or_else(|| wrong(format!("{range:?} is not a range of calls: FROM, FROM-TO or FROM-, from 1")))?,
        };
        Ok(Self { operation, effect: *effect, name, from, to })
    }
}

fn parse_range(range: &str) -> Option<(u64, u64)> {
    let (from, to) = match range.split_once('-') {
        None => (range.parse().ok()?, range.parse().ok()?),
        Some((from, "")) => (from.parse().ok()?, u64::MAX),
        Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
    };
    (1 <= from && from <= to).then_some((from, to))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.operation.name(), self.name)?;
        match (self.from, self.to) {
            (1, u64::MAX) => Ok(()),
            (from, u64::MAX) => write!(f, ":{from}-"),
            (from, to) if from == to => write!(f, ":{from}"),
            (from, to) => write!(f, ":{from}-{to}"),
        }
    }
}

/// The faults that are set, and how many calls of each operation came since.
#[derive(Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    calls: HashMap<&'static str, u64>,
}

impl Faults {
    /// Sets the faults, and counts from 1.
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self { faults, calls: HashMap::new() }
    }

    /// Counts a call, and says what goes wrong with it.
    pub(crate) fn next(&mut self, operation: Operation) -> Option<Effect> {
        let count = self.calls.entry(operation.name()).or_default();
        *count += 1;
        let hit = |fault: &&Fault| fault.operation == operation && (fault.from..=fault.to).contains(count);
        self.faults.iter().find(hit).map(|fault| fault.effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_back_as_it_is_written() {
        for (_, name, fits, _) in EFFECTS {
            let operation = Operation::ALL.into_iter().find(|operation| fits.operation(*operation)).unwrap();
            for range in ["", ":3", ":3-5", ":3-"] {
                let spec = format!("{}:{name}{range}", operation.name());
                assert_eq!(spec.parse::<Fault>().unwrap().to_string(), spec);
                assert!(fault_help().contains(name));
            }
        }
    }

    #[test]
    fn bad_specs_say_what_is_wrong() {
        for (spec, problem) in [
            ("DescribeLags", "is not OPERATION:FAULT"),
            ("DescribeLag:throttle", "\"DescribeLag\" is not an operation"),
            ("DescribeLags:explode", "\"explode\" is not a fault"),
            ("DescribeLags:late", "late applies to AssociateVirtualInterface only"),
            ("DescribeLags:partial", "partial applies to PutEvents only"),
            (
                "DescribeLags:reset-after",
                "reset-after applies to AssociateVirtualInterface, PutEvents and the writes of DynamoDB only",
            ),
            ("PutEvents:stale", "stale applies to Describe* and List* only"),
            ("PutEvents:client", "client applies to the operations of Direct Connect only"),
            ("DescribeLags:throttle:0", "\"0\" is not a range"),
            ("DescribeLags:throttle:3-2", "\"3-2\" is not a range"),
            ("DescribeLags:throttle:x", "\"x\" is not a range"),
        ] {
            let error = spec.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn calls_are_counted_by_operation_since_the_faults_were_set() {
        let mut faults = Faults::new(vec!["DescribeLags:throttle:2-3".parse().unwrap()]);
        assert_eq!(faults.next(Operation::DescribeConnections), None);
        let hits: Vec<bool> = (0..4).map(|_| faults.next(Operation::DescribeLags).is_some()).collect();
        assert_eq!(hits, [false, true, true, false]);
    }
}
