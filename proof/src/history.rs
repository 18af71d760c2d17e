//! What happened in one schedule, as the harness saw it from outside: every call, every attempt, and what was left.

use std::fmt::Write as _;
use std::time::Duration;

use associate_virtual_interface::error::Name;
use serde_json::Value;
use time::OffsetDateTime;

use crate::trouble::Trouble;

/// A request, as often as it may be sent.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    /// What is sent.
    pub json: String,
    /// Its `requestId`.
    pub request_id: String,
    /// The interface.
    pub interface: String,
    /// Where it shall go.
    pub target: String,
    /// Where the caller believes it to be.
    pub expected: Option<String>,
    /// The request may not be carried out afterwards.
    pub not_after: Option<OffsetDateTime>,
    /// It comes from an archive.
    pub replayed: bool,
    /// It asks for no move.
    pub dry_run: bool,
}

/// The world at the moment at which the move was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Where the interface was.
    pub place: String,
    /// Its state.
    pub state: String,
    /// Whether a session of it was up.
    pub up: bool,
    /// The target's state.
    pub target_state: String,
    /// Whether its VLAN was taken there.
    pub vlan_taken: bool,
    /// Whether the target is a link of a LAG.
    pub is_member: bool,
    /// Healthy paths of its gateway besides it.
    pub others_healthy: usize,
}

/// One call of the API.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it was sent, since the schedule began.
    pub sent: Duration,
    /// When it arrived; `None` if it never did.
    pub arrived: Option<Duration>,
    /// The attempt that made it.
    pub attempt: usize,
    /// Its operation.
    pub operation: String,
    /// How many of that operation there were in the schedule, with it.
    pub nth: u32,
    /// What went wrong.
    pub trouble: Option<Trouble>,
    /// Of AssociateVirtualInterface: what was asked.
    pub input: Value,
    /// Whether a secret was in what was asked.
    pub leaks: bool,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// Of AssociateVirtualInterface: the world when it arrived.
    pub moment: Option<Moment>,
    /// Of AssociateVirtualInterface: whether it was applied, or will be.
    pub applied: bool,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// With a record, or what the sweeper says.
    Said(String),
    /// With an error by name.
    Failed(Name, String),
    /// Its process was killed.
    Killed,
    /// Lambda's deadline passed.
    TimedOut,
}

impl Ended {
    /// What was said, if something was.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Said(text) | Self::Failed(_, text) => text,
            Self::Killed | Self::TimedOut => "",
        }
    }
}

/// One invocation of the function.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Which of the payloads; `None` for the sweeper.
    pub payload: Option<usize>,
    /// When it began.
    pub began: Duration,
    /// When Lambda would end it.
    pub deadline: Duration,
    /// What its clock showed when it began.
    pub clock: OffsetDateTime,
    /// How it ended, and when.
    pub ended: Option<(Duration, Ended)>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The requests.
    pub payloads: Vec<Payload>,
    /// The attempts, in the order in which they began.
    pub attempts: Vec<Attempt>,
    /// The calls, in the order in which they were sent.
    pub calls: Vec<Call>,
    /// What the bus took.
    pub events: Vec<Value>,
    /// What the ledger holds in the end.
    pub ledger: Value,
    /// Where each interface is in the end, and where it was in the beginning.
    pub places: Vec<(String, String, String)>,
    /// Requests that did not end although nothing went wrong any more.
    pub unended: Vec<String>,
}

impl History {
    /// The calls of AssociateVirtualInterface that arrived.
    pub fn moves_asked(&self) -> impl Iterator<Item = (&Call, &Moment)> {
        self.calls.iter().filter_map(|call| Some((call, call.moment.as_ref()?)))
    }

    /// The moves that were applied, with the request that each was made for.
    pub fn moves(&self) -> impl Iterator<Item = (&Call, &Payload)> {
        self.calls.iter().filter(|call| call.applied).filter_map(|call| Some((call, self.payload_of(call)?)))
    }

    /// The request that a call was made for.
    #[must_use]
    pub fn payload_of(&self, call: &Call) -> Option<&Payload> {
        self.payloads.get(self.attempts.get(call.attempt)?.payload?)
    }

    /// The records that the bus took.
    pub fn records(&self) -> impl Iterator<Item = &Value> {
        self.events.iter().map(|event| &event["Detail"])
    }

    /// All of it, line by line, in the order of time.
    #[must_use]
    pub fn trace(&self) -> String {
        let mut lines: Vec<(Duration, String)> = Vec::new();
        for (index, payload) in self.payloads.iter().enumerate() {
            lines.push((Duration::ZERO, format!("request {index}: {}", payload.json)));
        }
        for (index, attempt) in self.attempts.iter().enumerate() {
            let what = attempt.payload.map_or("the sweeper".to_owned(), |payload| format!("request {payload}"));
            lines.push((attempt.began, format!("#{index} begins: {what}, its clock at {}", attempt.clock)));
            match &attempt.ended {
                Some((at, ended)) => {
                    let ended: String = format!("{ended:?}").chars().take(240).collect();
                    lines.push((*at, format!("#{index} ends: {ended}")));
                }
                None => lines.push((attempt.deadline, format!("#{index} never ends"))),
            }
        }
        for call in &self.calls {
            let mut line = format!("#{} {}:{}", call.attempt, call.operation, call.nth);
            if let Some(trouble) = call.trouble {
                let _ = write!(line, " [{}]", trouble.name());
            }
            match call.arrived {
                Some(at) => {
                    let _ = write!(line, " arrives at {:.3}, answered {}", at.as_secs_f64(), call.status);
                }
                None => line.push_str(" never arrives"),
            }
            if call.applied {
                line.push_str(", applied");
            }
            lines.push((call.sent, line));
        }
        lines.sort_by_key(|(at, _)| *at);
        let mut trace = String::new();
        for (at, line) in lines {
            let _ = writeln!(trace, "{:>12.3} s  {line}", at.as_secs_f64());
        }
        for record in self.records() {
            let _ = writeln!(trace, "on the bus: {} {}", record["requestId"], record["outcome"]);
        }
        let _ = writeln!(trace, "in the end: {:?}", self.places);
        trace
    }
}
