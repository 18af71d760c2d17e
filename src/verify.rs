//! The story of `verify`: says whether a move has settled, and whether the interface is as well off as before it.
//!
//! It only reads and tells. What settled and healthy mean is in `check/settled.rs`; what was before stands in the record
//! that it is given and is never guessed. Cheap to ask again: one wave of two reads.

use time::Duration;

use crate::associate::Invocation;
use crate::aws::direct_connect::DirectConnect;
use crate::aws::event_bus::EventBus;
use crate::check::Finding;
use crate::check::settled::{Seen, judge};
use crate::clock::needed_to_act;
use crate::error::Error;
use crate::estate::unread;
use crate::record::{Earlier, Outcome, Record, Saying};
use crate::request::MAX_CLOCK_SKEW;
use crate::told::Told;

/// What the function is configured with, once, from its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `EVENT_BUS_NAME`: name or ARN of the bus that takes the records.
    pub event_bus: String,
    /// `EVENT_SOURCE`: the `source` of the records.
    pub event_source: String,
    /// `CONVERGENCE_SECONDS`: how long after the move sessions and prefixes may still be on their way back.
    pub convergence: Duration,
    /// `AWS_REGION`.
    pub region: String,
}

/// The function.
#[derive(Debug, Clone)]
pub struct Verify {
    direct_connect: DirectConnect,
    event_bus: EventBus,
    settings: Settings,
}

/// What is told of a move that is over.
#[derive(Debug)]
pub struct Verified {
    /// The record, and what became of it.
    pub told: Told,
    /// How long after the move was decided it was seen to have settled; `None` where it has not, or had been seen before.
    pub after: Option<Duration>,
}

impl Verify {
    /// The function over these clients.
    #[must_use]
    pub fn new(direct_connect: DirectConnect, event_bus: EventBus, settings: Settings) -> Self {
        Self { direct_connect, event_bus, settings }
    }

    /// Verifies the move that a record tells of.
    ///
    /// # Flow
    /// Read the record, read the interface and its routes at once, judge, and, if the move is over, say so in a record of
    /// its own: to the log, to the bus, to the caller.
    ///
    /// # Guarantees
    /// Nothing is changed. Nothing is emitted while the move is not over, and `settled` is not emitted again for a record
    /// that says so already.
    ///
    /// # Assumptions
    /// BGP may take as long as [`Settings::convergence`] after the move to come back: what is lost until then is "not
    /// yet", afterwards "worse". (AWS gives no time; BGP's hold time is 90 seconds by default.)
    ///
    /// # Errors
    /// `Err` for what leaves no record: `InvalidRequest`, `NotSettledYet`, `AssociationUnsettled`, `AccessDenied` and
    /// `Unavailable` of [`crate::error::Name`]. `SettledUnhealthy` and `RecordNotEmitted` are in [`Told::answer`].
    pub async fn handle(&self, payload: &str, invocation: &Invocation) -> Result<Verified, Error> {
        let clock = &invocation.clock;
        let earlier = Earlier::read(
            payload,
            invocation.arrival(&self.settings.region, &self.settings.event_source, Duration::MAX),
        )?;
        let account = invocation.account()?;
        clock.is_enough_for(needed_to_act(true))?;

        let seen = self.look(&earlier, invocation).await?;
        let said_before = matches!(earlier.outcome, Outcome::Settled | Outcome::Unhealthy);
        let since = clock.now() - earlier.time;
        // A record from the future, beyond what clocks differ by, is no reason to wait for ever.
        let converging = since < self.settings.convergence && since > -MAX_CLOCK_SKEW;
        let report = judge(&earlier, &seen, converging && !said_before)?;
        let healthy = !report.findings.iter().any(Finding::blocks);
        let outcome = if healthy { Outcome::Settled } else { Outcome::Unhealthy };

        let bus = Some(&self.event_bus).filter(|_| earlier.outcome != outcome);
        let record = Record::of_verification(earlier, outcome, report, seen.virtual_interface, clock.now());
        let resources = record.resources(&invocation.partition, &self.settings.region, account);
        let saying = Saying::of(&record, resources);
        Told::log(&saying);
        let told = Told::offer(&saying, bus, invocation).await.refused_by(&record.checks.findings);
        Ok(Verified { told, after: (healthy && !said_before).then_some(since) })
    }

    async fn look(&self, earlier: &Earlier, invocation: &Invocation) -> Result<Seen, Error> {
        let id = &earlier.request.virtual_interface_id;
        let (interfaces, accepted_prefixes) = self.direct_connect.look(id, &invocation.clock).await;
        let interfaces = interfaces.map_err(|failed| unread("DescribeVirtualInterfaces", &failed))?;
        let virtual_interface = interfaces.into_iter().find(|one| one.virtual_interface_id == *id);
        Ok(Seen { virtual_interface, accepted_prefixes })
    }
}
