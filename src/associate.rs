//! The mutating story: moves one virtual interface onto a connection or LAG.
//!
//! It only puts the steps in order. What a request is, what the facts mean, what is to be done and what is said about it
//! are decided elsewhere; it must not know an SDK type, the environment or the time of day but through its arguments.

use serde_json::value::RawValue;
use time::Duration;
use tracing::info;

use crate::aws::direct_connect::DirectConnect;
use crate::aws::event_bus::{Event, EventBus};
use crate::clock::{Clock, needed_to_act};
use crate::error::{Error, Name};
use crate::estate::Caller;
use crate::log;
use crate::plan::{Plan, plan};
use crate::record::{Decided, Outcome, Record};
use crate::request::{Arrival, Request, parse};

/// What the function is configured with, once, from its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `EVENT_BUS_NAME`: name or ARN of the bus that takes the records.
    pub event_bus: String,
    /// `EVENT_SOURCE`: the `source` of the records.
    pub event_source: String,
    /// `MAX_REQUEST_AGE_SECONDS`: the oldest envelope that is still acted on.
    pub max_request_age: Duration,
    /// `MIN_HEALTHY_PATHS`: healthy paths, each on a port of its own, that a gateway must keep while one of its
    /// interfaces is moved.
    pub min_healthy_paths: usize,
    /// `AWS_REGION`.
    pub region: String,
}

/// What Lambda tells of one invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's id of it.
    pub request_id: String,
    /// The account that the function runs in; `None` where nobody told.
    pub account: Option<String>,
    /// `aws`, `aws-cn`, ...
    pub partition: String,
    /// The X-Ray trace that it belongs to.
    pub trace: Option<String>,
    /// Its time and deadline.
    pub clock: Clock,
}

/// The function.
#[derive(Debug, Clone)]
pub struct Associate {
    direct_connect: DirectConnect,
    event_bus: EventBus,
    settings: Settings,
}

/// What is told once there is a record.
#[derive(Debug)]
pub struct Told {
    /// The record.
    pub record: Record,
    /// Whether the bus took it.
    pub emitted: bool,
    /// What the caller gets: the record as JSON, or an error by name.
    pub answer: Result<Box<RawValue>, Error>,
}

impl Associate {
    /// The function over these clients.
    #[must_use]
    pub fn new(direct_connect: DirectConnect, event_bus: EventBus, settings: Settings) -> Self {
        Self { direct_connect, event_bus, settings }
    }

    /// Handles one request.
    ///
    /// # Flow
    /// Read the request, read every fact in one wave, decide, make the call if that is the decision, and say what
    /// happened in one record: to the log, to the bus, to the caller.
    ///
    /// # Guarantees
    /// The call is sent only after every check has let the request pass on facts read in this invocation, and at most
    /// once unless AWS proved that nothing was applied. After any other answer than the moved interface, the interface
    /// is read again and that read decides what is said. No secret leaves `aws/`. The record is logged before it is
    /// offered to the bus, so that it is not lost with the bus.
    ///
    /// # Assumptions
    /// What DescribeVirtualInterfaces says after the call was answered is the state of the world or older.
    ///
    /// # Errors
    /// `Err` for what leaves no record: [`Name::InvalidRequest`], [`Name::StaleRequest`], [`Name::AccessDenied`] and
    /// [`Name::Unavailable`]; nothing moved then. Every other error is in [`Told::answer`].
    pub async fn handle(&self, payload: &str, invocation: &Invocation) -> Result<Told, Error> {
        let clock = &invocation.clock;
        let request = parse(payload, self.arrival(invocation))?;
        let caller = self.caller(invocation)?;
        enough_time_to_begin(&request, clock)?;

        let found = self.direct_connect.find(&request, &caller, clock).await?;
        let decided = match plan(&request, &found)? {
            Plan::AlreadyAssociated(report) => Decided::without_call(Outcome::AlreadyAssociated, report),
            Plan::Refuse(report) => Decided::without_call(Outcome::Refused, report),
            Plan::WouldAssociate(report) => Decided::without_call(Outcome::WouldAssociate, report),
            Plan::Associate(association) => {
                let turn = self.direct_connect.associate(&association, clock).await;
                Decided::by_call(turn, association.into_report())?
            }
        };
        let record = Record::new(request, &found, decided, clock.now());
        Ok(self.tell(record, &caller, invocation).await)
    }

    async fn tell(&self, record: Record, caller: &Caller, invocation: &Invocation) -> Told {
        let Ok(json) = serde_json::value::to_raw_value(&record) else {
            unreachable!("a record has no map with keys that are not strings")
        };
        info!(target: log::RECORD, record = json.get(), outcome = record.outcome.as_str(), "{}", record.detail_type());
        let resources = record.resources(caller);
        let event = Event {
            detail_type: record.detail_type(),
            detail: json.get(),
            resources: &resources,
            trace: invocation.trace.as_deref(),
        };
        let emitted = self.event_bus.emit(event, &invocation.clock).await;
        if let Err(why) = &emitted {
            tracing::error!(why, "the bus did not take the record");
        }
        Told { emitted: emitted.is_ok(), answer: record.conclude(emitted).map(|()| json), record }
    }

    fn arrival<'a>(&'a self, invocation: &'a Invocation) -> Arrival<'a> {
        Arrival {
            now: invocation.clock.now(),
            lambda_request_id: &invocation.request_id,
            partition: &invocation.partition,
            region: &self.settings.region,
            own_source: &self.settings.event_source,
            max_age: self.settings.max_request_age,
        }
    }

    fn caller(&self, invocation: &Invocation) -> Result<Caller, Error> {
        invocation.caller(&self.settings.region, self.settings.min_healthy_paths)
    }
}

impl Invocation {
    /// On whose behalf the function works.
    pub(crate) fn caller(&self, region: &str, min_healthy_paths: usize) -> Result<Caller, Error> {
        let unknown = "the function's ARN does not tell its account, and AWS_ACCOUNT_ID is not set";
        Ok(Caller {
            account: self.account.clone().ok_or_else(|| Error::new(Name::Unavailable, unknown))?,
            region: region.to_owned(),
            partition: self.partition.clone(),
            min_healthy_paths,
        })
    }
}

/// With too little time left nothing is begun: not even the reads, whose only use is to act on them.
fn enough_time_to_begin(request: &Request, clock: &Clock) -> Result<(), Error> {
    let needed = needed_to_act(request.dry_run);
    if clock.left(needed).is_zero() {
        let (left, needed) = (clock.left(std::time::Duration::ZERO).as_secs(), needed.as_secs());
        let message =
            format!("{left} seconds are left before the Lambda deadline, and {needed} are needed to finish safely");
        return Err(Error::new(Name::Unavailable, message));
    }
    Ok(())
}
