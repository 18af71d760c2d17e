//! Tells what happened: one record to the log, to the bus and to the caller, in this order, so that it is not lost with
//! the bus. It must not know how the record came about.

use serde_json::value::RawValue;
use tracing::{error, info};

use crate::associate::Invocation;
use crate::aws::event_bus::{Event, EventBus};
use crate::check::Finding;
use crate::error::{Error, Name};
use crate::log;
use crate::record::Saying;

/// What is told of an invocation.
#[derive(Debug)]
pub struct Told {
    /// The outcome that it is counted by.
    pub outcome: &'static str,
    /// Whether the bus took the record; `None` where it was not offered.
    pub emitted: Option<bool>,
    /// The checks whose findings stood in the way.
    pub refused_by: Vec<&'static str>,
    /// What else is counted: name, CloudWatch's unit, value.
    pub figures: Vec<(&'static str, &'static str, u64)>,
    /// What the caller gets: the record as JSON, or an error by name.
    pub answer: Result<Box<RawValue>, Error>,
}

impl Told {
    /// Logs the record.
    pub fn log(saying: &Saying) {
        let Saying { record, outcome, detail_type, .. } = saying;
        info!(target: log::RECORD, record, outcome = outcome.as_str(), "{detail_type}");
    }

    /// Offers the record to the bus, if there is one to offer it to, and concludes.
    pub async fn offer(saying: &Saying, bus: Option<&EventBus>, invocation: &Invocation) -> Self {
        let Some(bus) = bus else { return Self::only(saying, saying.conclude(Ok(()))) };
        let event = Event {
            detail_type: &saying.detail_type,
            detail: &saying.record,
            resources: &saying.resources,
            trace: invocation.trace.as_deref(),
        };
        let emitted = bus.emit(event, &invocation.clock).await;
        if let Err(why) = &emitted {
            error!(why, "the bus did not take the record");
        }
        Self { emitted: Some(emitted.is_ok()), ..Self::only(saying, saying.conclude(emitted)) }
    }

    fn only(saying: &Saying, answer: Result<Box<RawValue>, Error>) -> Self {
        let outcome = match &answer {
            Err(error) if error.name == Name::RecordNotEmitted => error.name.as_str(),
            _ => saying.outcome.as_str(),
        };
        Self { outcome, emitted: None, refused_by: Vec::new(), figures: Vec::new(), answer }
    }

    /// Counts the checks whose findings stood in the way.
    #[must_use]
    pub fn refused_by(mut self, findings: &[Finding]) -> Self {
        self.refused_by = findings.iter().filter(|finding| finding.blocks()).map(|finding| finding.check).collect();
        self.refused_by.dedup();
        self
    }
}
