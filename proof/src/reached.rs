//! What was seen at least once: every trouble at every operation where it can be, every name and outcome that can be
//! answered, and every branch that a request which was begun before can take. A proof that never got there proves nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::history::{Ended, History};
use crate::trouble::{Trouble, troubles};

/// The operations that `associate` calls on the example.
const OPERATIONS: [&str; 11] = [
    "AssociateVirtualInterface",
    "DescribeConnections",
    "DescribeDirectConnectGatewayAttachments",
    "DescribeLags",
    "DescribeVirtualInterfaces",
    "GetItem",
    "ListVirtualInterfaceRoutes",
    "PutEvents",
    "Query",
    "TransactWriteItems",
    "UpdateItem",
];

/// Every answer that must have been given.
const ANSWERS: [&str; 15] = [
    "AccessDenied",
    "AssociationRejected",
    "AssociationUnsettled",
    "InProgress",
    "PreCheckNotYet",
    "PreCheckRefused",
    "RecordNotEmitted",
    "RequestIdReused",
    "StaleRequest",
    "Unavailable",
    "alreadyAssociated",
    "associated",
    "killed",
    "swept",
    "wouldAssociate",
];

/// What becomes of requests that were begun before.
const BRANCHES: [&str; 8] = [
    "a call without an answer is seen to have been applied",
    "a call without an answer counts as never applied, and is made anew",
    "a late duplicate after a later move is stale",
    "a move back",
    "a path waits for another one of its gateway",
    "a record is said again",
    "the sweeper emits a record",
    "two requests meet",
];

/// How often what was seen.
#[derive(Clone, Debug, Default)]
pub struct Reached(BTreeMap<String, u64>);

impl Reached {
    /// Looks at one schedule.
    pub fn look(&mut self, history: &History) {
        for call in &history.calls {
            if let Some(trouble) = call.trouble {
                self.note(format!("{} at {}", trouble.name(), call.operation));
            }
        }
        for attempt in &history.attempts {
            let Some((_, ended)) = &attempt.ended else { continue };
            match ended {
                Ended::Killed => self.note("killed".to_owned()),
                Ended::TimedOut => self.note("timed out".to_owned()),
                Ended::Failed(name, _) => self.note(name.as_str().to_owned()),
                Ended::Said(json) => {
                    let outcome = json.split_once(r#""outcome":""#).and_then(|(_, rest)| rest.split('"').next());
                    self.note(outcome.unwrap_or("swept").to_owned());
                }
            }
        }
        self.branches(history);
    }

    fn branches(&mut self, history: &History) {
        let [applied, anew, stale, back, waits, again, emits, meet] = BRANCHES;
        let mut seen = |branch: &str, is: bool| {
            if is {
                self.note(branch.to_owned());
            }
        };
        let failed = |with: &str| {
            let says = |ended: &Ended| matches!(ended, Ended::Failed(_, message) if message.contains(with));
            history.attempts.iter().any(|one| one.ended.as_ref().is_some_and(|(_, ended)| says(ended)))
        };
        let kept = |record: &Value| record["outcome"] == "associated" && record["error"]["message"] == UNHEARD;
        seen(applied, history.records().any(kept));
        let asked = |request: &str| {
            let attempts = history.moves_asked().filter(|(call, _)| {
                call.trouble
                    .is_some_and(|trouble| matches!(trouble.name(), "reset-before" | "hang" | "500" | "kill-before"))
            });
            attempts.filter_map(|(call, _)| history.payload_of(call)).any(|payload| payload.request_id == request)
        };
        seen(anew, history.moves().any(|(call, payload)| call.trouble.is_none() && asked(&payload.request_id)));
        seen(stale, failed("moved again since"));
        seen(back, history.moves().any(|(_, payload)| payload.target == crate::estate::SOURCE));
        seen(waits, failed("is a path of the same gateway"));
        let mut said: Vec<&String> = Vec::new();
        for attempt in &history.attempts {
            if let Some((_, Ended::Said(json))) = &attempt.ended
                && json.contains(r#""outcome":"associated""#)
            {
                seen(again, said.contains(&json));
                said.push(json);
            }
        }
        let swept = |attempt: usize| history.attempts[attempt].payload.is_none();
        seen(emits, history.calls.iter().any(|call| call.operation == "PutEvents" && swept(call.attempt)));
        seen(meet, failed("another request for this interface"));
    }

    fn note(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Adds what was seen elsewhere.
    pub fn add(&mut self, other: Self) {
        for (what, times) in other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// How many different things were seen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was never seen of all that must be.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let rest = ANSWERS.iter().chain(&BRANCHES).map(|name| (*name).to_owned());
        rest.filter(|what| !self.0.contains_key(what)).chain(self.missing_troubles()).collect()
    }

    /// Every trouble that was never met at an operation where it can be.
    #[must_use]
    pub fn missing_troubles(&self) -> Vec<String> {
        // Only the reads that follow a move may lag behind it.
        let void = |name: &str, operation: &str| name == "stale" && operation != "DescribeVirtualInterfaces";
        let cells = OPERATIONS.iter().flat_map(|operation| {
            let names = troubles(operation).map(Trouble::name).filter(|name| !void(name, operation));
            names.map(move |name| format!("{name} at {operation}"))
        });
        cells.filter(|what| !self.0.contains_key(what)).collect()
    }
}

/// The words of a record that was kept before the call.
const UNHEARD: &str = "the function ended before it knew the answer";
