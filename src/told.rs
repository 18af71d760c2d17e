//! Tells what happened: one record to the log, to the bus and to the caller, in this order, so that it is not lost with
//! the bus. It must not know how the record came about.

use serde_json::value::RawValue;
use tracing::{error, info};

use crate::associate::Invocation;
use crate::aws::event_bus::{Event, EventBus};
use crate::error::Error;
use crate::log;
use crate::record::Record;

/// What is told once there is a record.
#[derive(Debug)]
pub struct Told {
    /// The record.
    pub record: Record,
    /// Whether the bus took it; `None` where it was not offered.
    pub emitted: Option<bool>,
    /// What the caller gets: the record as JSON, or an error by name.
    pub answer: Result<Box<RawValue>, Error>,
}

impl Told {
    /// Logs the record, offers it to the bus, if there is one to offer it to, and concludes.
    pub async fn tell(record: Record, resources: &[String], bus: Option<&EventBus>, invocation: &Invocation) -> Self {
        let Ok(json) = serde_json::value::to_raw_value(&record) else {
            unreachable!("a record has no map with keys that are not strings")
        };
        info!(target: log::RECORD, record = json.get(), outcome = record.outcome.as_str(), "{}", record.detail_type());
        let Some(bus) = bus else {
            return Self { emitted: None, answer: record.conclude(Ok(())).map(|()| json), record };
        };
        let event = Event {
            detail_type: record.detail_type(),
            detail: json.get(),
            resources,
            trace: invocation.trace.as_deref(),
        };
        let emitted = bus.emit(event, &invocation.clock).await;
        if let Err(why) = &emitted {
            error!(why, "the bus did not take the record");
        }
        Self { emitted: Some(emitted.is_ok()), answer: record.conclude(emitted).map(|()| json), record }
    }
}
