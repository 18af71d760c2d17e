//! The mutating story: moves one virtual interface onto a connection or LAG.
//!
//! It only puts the steps in order. What a request is, what the facts mean, what is to be done and what is said about it
//! are decided elsewhere; it must not know an SDK type, the environment or the time of day but through its arguments.
//! What is done about a request that was begun before is in `again.rs`.

use std::pin::pin;

use time::{Duration, OffsetDateTime};

use crate::aws::direct_connect::DirectConnect;
use crate::aws::event_bus::EventBus;
use crate::aws::ledger::Ledger;
use crate::clock::{Clock, needed_to_act};
use crate::error::{Error, Name};
use crate::estate::{Caller, Found};
use crate::keeping::Keeping;
use crate::ledger::{Intent, Key, Standing, Status};
use crate::plan::{Association, Plan, plan};
use crate::record::{Decided, Outcome, Record, Saying};
use crate::request::{Arrival, Asked, MAX_CLOCK_SKEW, Request, parse};
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
    /// `LEDGER_TABLE`: the DynamoDB table of requests and leases; without it the function is stateless.
    pub ledger: Option<String>,
    /// `IN_DOUBT_SECONDS`: how long after its attempt is over a call without an answer may still be applied, and what
    /// clocks may differ by together. (Assumed: AWS gives no time.)
    pub in_doubt: Duration,
    /// `AWS_REGION`.
    pub region: String,
}

/// What Lambda tells of one invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's id of it.
    pub request_id: String,
    /// A number that no other invocation has, not even one with the same id.
    pub nonce: u64,
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
    pub(crate) direct_connect: DirectConnect,
    pub(crate) event_bus: EventBus,
    pub(crate) ledger: Option<Ledger>,
    settings: Settings,
}

/// One request that is worked on.
#[derive(Clone, Copy)]
struct Work<'a> {
    request: &'a Request,
    caller: &'a Caller,
    invocation: &'a Invocation,
}

impl Work<'_> {
    fn now(&self) -> OffsetDateTime {
        self.invocation.clock.now()
    }
}

impl Associate {
    /// The function over these clients. Without a ledger it is stateless.
    #[must_use]
    pub fn new(direct_connect: DirectConnect, event_bus: EventBus, ledger: Option<Ledger>, settings: Settings) -> Self {
        Self { direct_connect, event_bus, ledger, settings }
    }

    /// Handles one request, or a schedule's event.
    ///
    /// # Flow
    /// Read the request, read every fact in one wave and with it what the ledger knows, decide, write down what is about
    /// to be done, make the call if that is the decision, write down how it ended, and say what happened in one record:
    /// to the log, to the bus, to the caller.
    ///
    /// # Guarantees
    /// The call is sent only after every check has let the request pass on facts read in this invocation, and at most
    /// once unless AWS proved that nothing was applied. After any other answer than the moved interface, the interface
    /// is read again and that read decides what is said. No secret leaves `aws/`. The record is logged before it is
    /// offered to the bus, so that it is not lost with the bus. With a ledger, whoever comes after this invocation, at
    /// whatever step it ends, finishes what it has begun, and nobody moves the interface meanwhile.
    ///
    /// # Assumptions
    /// What DescribeVirtualInterfaces says after the call was answered is the state of the world or older. With a
    /// ledger: a call without an answer is applied within `IN_DOUBT_SECONDS` of its deadline or never, and what clocks
    /// differ by is within that too.
    ///
    /// # Errors
    /// `Err` for what leaves no record: [`Name::InvalidRequest`], [`Name::StaleRequest`], [`Name::AccessDenied`] and
    /// [`Name::Unavailable`], when nothing moved; and [`Name::InProgress`] and [`Name::RequestIdReused`], when the
    /// ledger knows of somebody else. Every other error is in [`Told::answer`].
    pub async fn handle(&self, payload: &str, invocation: &Invocation) -> Result<Told, Error> {
        let clock = &invocation.clock;
        let request = match parse(payload, self.arrival(invocation))? {
            Asked::Association(request) => request,
            Asked::Sweep => return Box::pin(self.sweep(invocation)).await,
        };
        let caller = self.caller(invocation)?;
        clock.is_enough_for(needed_to_act(request.dry_run))?;

        let work = Work { request: &request, caller: &caller, invocation };
        match self.ledger.as_ref().filter(|_| !request.dry_run) {
            None => {
                let found = self.direct_connect.find(&request, &caller, clock).await?;
                Box::pin(self.act(work, &found, &mut Keeping::nothing())).await
            }
            Some(ledger) => Box::pin(self.act_once(work, ledger, false)).await,
        }
    }

    /// The same with a ledger: what was begun before is not begun again. Another request that was left behind is looked
    /// after first, once. (On the heap, like the reads that it waits for.)
    async fn act_once(&self, work: Work<'_>, ledger: &Ledger, looked_after: bool) -> Result<Told, Error> {
        let Work { request, caller, invocation } = work;
        let key = Key::of(request);
        let mut find = pin!(self.direct_connect.find(request, caller, &invocation.clock));
        let mut look = pin!(ledger.look(&key));
        let mut found = None;
        let seen = loop {
            tokio::select! {
                biased;
                seen = &mut look => break seen?,
                read = &mut find, if found.is_none() => found = Some(read),
            }
        };
        // What the ledger can answer by itself does not wait for the facts.
        let standing = seen.standing(&key, work.now())?;
        let mut keeping = Keeping::of(ledger, key.clone(), seen.clone(), invocation);
        if let Standing::Over(entry) = standing {
            return Ok(self.say_again(entry, &mut keeping, invocation).await);
        }
        if let Some(holder) = seen.left_behind_by(&key, work.now())
            && !looked_after
            && let Some(holder) = ledger.entry(holder).await?
        {
            Box::pin(self.look_after(ledger, holder, invocation)).await?;
            invocation.clock.is_enough_for(needed_to_act(false))?;
            return Box::pin(self.act_once(work, ledger, true)).await;
        }
        seen.is_free_for(&key, work.now())?;
        let mut found = match found {
            Some(found) => found,
            None => find.await,
        };
        if let Standing::InDoubt(entry) = standing
            && let Some(told) = self.clear_up(entry, &seen, &found, &mut keeping, invocation).await?
        {
            return Ok(told);
        }
        if let Ok(Found::Facts(_)) = &found
            && seen.was_let_go_after(invocation.clock.began() - MAX_CLOCK_SKEW)
        {
            // The facts may be older than the move that somebody else has made just now.
            found = self.direct_connect.find(request, caller, &invocation.clock).await;
        }
        let found = found?;
        if let (Standing::Open(Some(entry)) | Standing::InDoubt(entry), Found::Facts(facts)) = (&standing, &found) {
            seen.is_unmoved(entry, facts.virtual_interface.connection_id.as_deref(), work.now())?;
        }
        Box::pin(self.act(work, &found, &mut keeping)).await
    }

    /// Decides, acts and says what happened.
    async fn act(&self, work: Work<'_>, found: &Found, keeping: &mut Keeping<'_>) -> Result<Told, Error> {
        let Work { request, invocation, .. } = work;
        let decided = match plan(request, found)? {
            Plan::AlreadyAssociated(report) => Decided::without_call(Outcome::AlreadyAssociated, report),
            Plan::Refuse(report) => Decided::without_call(Outcome::Refused, report),
            Plan::WouldAssociate(report) => Decided::without_call(Outcome::WouldAssociate, report),
            Plan::Associate(association) => {
                keeping.begin(|| intent(work, found, &association), association.must_stay()).await?;
                let turn = self.direct_connect.associate(&association, &invocation.clock).await;
                match Decided::by_call(turn, association.into_report()) {
                    Ok(decided) => decided,
                    Err(error) => {
                        keeping.put_off().await;
                        return Err(error);
                    }
                }
            }
        };
        let outcome = decided.outcome;
        let record = Record::new(request.clone(), found, decided, work.now());
        let saying = saying(&record, work.caller);
        if outcome == Outcome::AlreadyAssociated {
            keeping.note(|| nothing_to_do(request, saying.clone())).await?;
        }
        Told::log(&saying);
        match outcome {
            Outcome::Associated => keeping.end(Status::Completed, &saying).await,
            Outcome::Rejected => keeping.end(Status::Rejected, &saying).await,
            Outcome::Unsettled => keeping.end(Status::InDoubt, &saying).await,
            Outcome::AlreadyAssociated => {}
            // Nothing was called: the same request is judged anew when it comes again.
            _ => *keeping = Keeping::nothing(),
        }
        Ok(self.say(&saying, keeping, invocation).await.refused_by(&record.checks.findings))
    }

    /// Offers a record to the bus, and keeps that the bus has it.
    pub(crate) async fn say(&self, saying: &Saying, keeping: &mut Keeping<'_>, invocation: &Invocation) -> Told {
        let told = Told::offer(saying, Some(&self.event_bus), invocation).await;
        if told.emitted == Some(true) {
            keeping.emitted().await;
        }
        told
    }

    fn arrival<'a>(&'a self, invocation: &'a Invocation) -> Arrival<'a> {
        let Settings { region, event_source, max_request_age, .. } = &self.settings;
        invocation.arrival(region, event_source, *max_request_age)
    }

    fn caller(&self, invocation: &Invocation) -> Result<Caller, Error> {
        invocation.caller(&self.settings.region, self.settings.min_healthy_paths)
    }
}

fn saying(record: &Record, caller: &Caller) -> Saying {
    Saying::of(record, record.resources(&caller.partition, &caller.region, &caller.account))
}

/// What is about to be done, with the record that holds should nobody ever hear of it again.
fn intent(work: Work<'_>, found: &Found, association: &Association) -> Intent {
    let Work { request, caller, .. } = work;
    let decided = Decided::unanswered(association.report().clone());
    let record = Record::new(request.clone(), found, decided, work.now());
    Intent {
        arrives_on: association.arrives_on(),
        leaves: record.from.as_ref().map(|place| place.connection_id.clone()),
        ..nothing_to_do(request, saying(&record, caller))
    }
}

fn nothing_to_do(request: &Request, saying: Saying) -> Intent {
    let virtual_interface_id = request.virtual_interface_id.clone();
    Intent { token: String::new(), virtual_interface_id, arrives_on: Vec::new(), leaves: None, saying }
}
