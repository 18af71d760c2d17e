//! The mutating story: moves one virtual interface onto a connection or LAG.
//!
//! It only puts the steps in order. What a request is, what the facts mean, what is to be done and what is said about it
//! are decided elsewhere; it must not know an SDK type, the environment or the time of day but through its arguments.

use time::Duration;

use crate::aws::direct_connect::DirectConnect;
use crate::aws::event_bus::EventBus;
use crate::clock::{Clock, needed_to_act};
use crate::error::{Error, Name};
use crate::estate::Caller;
use crate::plan::{Plan, plan};
use crate::record::{Decided, Outcome, Record};
use crate::request::{Arrival, parse};
use crate::told::Told;

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

impl Invocation {
    /// The account that the function runs in.
    ///
    /// # Errors
    /// [`Name::Unavailable`], where nobody told.
    pub fn account(&self) -> Result<&str, Error> {
        let unknown = "the function's ARN does not tell its account, and AWS_ACCOUNT_ID is not set";
        self.account.as_deref().ok_or_else(|| Error::new(Name::Unavailable, unknown))
    }

    /// The circumstances in which its payload arrived.
    pub(crate) fn arrival<'a>(&'a self, region: &'a str, own_source: &'a str, max_age: Duration) -> Arrival<'a> {
        Arrival {
            now: self.clock.now(),
            lambda_request_id: &self.request_id,
            partition: &self.partition,
            region,
            own_source,
            max_age,
        }
    }

    /// On whose behalf the function works.
    pub(crate) fn caller(&self, region: &str, min_healthy_paths: usize) -> Result<Caller, Error> {
        Ok(Caller {
            account: self.account()?.to_owned(),
            region: region.to_owned(),
            partition: self.partition.clone(),
            min_healthy_paths,
        })
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct Associate {
    direct_connect: DirectConnect,
    event_bus: EventBus,
    settings: Settings,
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
        clock.is_enough_for(needed_to_act(request.dry_run))?;

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
        let resources = record.resources(&caller.partition, &caller.region, &caller.account);
        Ok(Told::tell(record, &resources, Some(&self.event_bus), invocation).await)
    }

    fn arrival<'a>(&'a self, invocation: &'a Invocation) -> Arrival<'a> {
        let Settings { region, event_source, max_request_age, .. } = &self.settings;
        invocation.arrival(region, event_source, *max_request_age)
    }

    fn caller(&self, invocation: &Invocation) -> Result<Caller, Error> {
        invocation.caller(&self.settings.region, self.settings.min_healthy_paths)
    }
}
