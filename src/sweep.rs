//! The sweeper: finishes what processes that ended too soon, or a bus that was down, have left unfinished. A schedule
//! invokes it every minute: the same binary, for a stream and a pipe would be two more things that can fail unseen, and
//! they could not find out what became of a call without an answer.
//!
//! It reads interfaces, writes the ledger and emits records. It never calls AssociateVirtualInterface.

use serde_json::value::RawValue;
use tracing::{info, warn};

use crate::associate::{Associate, Invocation};
use crate::aws::ledger::Ledger;
use crate::clock::needed_to_act;
use crate::error::{Error, Name};
use crate::fields::invalid;
use crate::keeping::Keeping;
use crate::ledger::{Entry, Key, Seen, Status, lease_of};
use crate::record::Outcome;
use crate::told::Told;

/// How many requests are looked after in one invocation.
const MOST: i32 = 25;

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
struct Swept {
    /// Requests that somebody had to look after.
    unfinished: u64,
    /// Records that the bus took.
    emitted: u64,
    /// Requests of which nobody could say whether they moved.
    unsettled: u64,
}

impl Associate {
    /// Looks after every request that is overdue.
    ///
    /// # Flow
    /// Ask the ledger which are overdue; of each, read both items, read the interface if its move is in doubt, write what
    /// is known now, and emit what the bus has not taken.
    ///
    /// # Guarantees
    /// What another invocation writes meanwhile stands: each write is made only if nobody else has written.
    ///
    /// # Errors
    /// [`Name::InvalidRequest`] without a ledger; [`Name::AccessDenied`] and [`Name::Unavailable`], when the ledger could
    /// not be asked, or the first that stood in the way of a request; the others were looked after all the same.
    pub(crate) async fn sweep(&self, invocation: &Invocation) -> Result<Told, Error> {
        let Some(ledger) = &self.ledger else {
            return Err(invalid("a schedule's event is for a function with a ledger".to_owned()));
        };
        let clock = &invocation.clock;
        let mut swept = Swept::default();
        let mut failure = None;
        for id in ledger.unfinished(clock.now(), MOST).await? {
            clock.is_enough_for(needed_to_act(true))?;
            swept.unfinished += 1;
            match self.look_after_overdue(ledger, &id, invocation).await {
                Ok(told) => {
                    swept.emitted += u64::from(told.as_ref().is_some_and(|told| told.emitted == Some(true)));
                    // What is in doubt is counted when it is said.
                    let said = told.filter(|told| told.emitted.is_some());
                    let name = said.and_then(|told| told.answer.err()).map(|error| error.name);
                    swept.unsettled += u64::from(name == Some(Name::AssociationUnsettled));
                    if name == Some(Name::RecordNotEmitted) {
                        failure.get_or_insert(Error::new(Name::Unavailable, "the bus does not take a record"));
                    }
                }
                // Somebody else is at it.
                Err(error) if error.name == Name::InProgress => {}
                Err(error) => {
                    warn!(id, why = error.message, "a request stays unfinished");
                    failure.get_or_insert(error);
                }
            }
        }
        match failure {
            None => Ok(swept.told()),
            Some(error) => Err(error),
        }
    }

    async fn look_after_overdue(
        &self,
        ledger: &Ledger,
        id: &str,
        invocation: &Invocation,
    ) -> Result<Option<Told>, Error> {
        let now = invocation.clock.now();
        // The index may be behind.
        match ledger.entry(id).await?.filter(|entry| entry.due.is_some_and(|due| due <= now)) {
            Some(entry) => self.look_after(ledger, entry, invocation).await.map(Some),
            None => Ok(None),
        }
    }

    /// Finishes what can be finished of one request now, and says it.
    ///
    /// # Errors
    /// [`Name::InProgress`], when somebody else is at it; [`Name::AccessDenied`] and [`Name::Unavailable`] from the ledger.
    pub(crate) async fn look_after(
        &self,
        ledger: &Ledger,
        entry: Entry,
        invocation: &Invocation,
    ) -> Result<Told, Error> {
        let lease = lease_of(&entry.virtual_interface_id);
        let seen = Seen { lease: ledger.lease(&lease).await?, entry: Some(entry.clone()) };
        let key = Key { request: entry.id.clone(), lease, guard: entry.guard.clone() };
        let held = seen.is_held_by(&entry, invocation.clock.now());
        let mut keeping = Keeping::of(ledger, key, seen, invocation);
        if matches!(entry.status, Status::Completed | Status::Rejected | Status::PutOff) {
            return Ok(self.say_again(&entry, &mut keeping, invocation).await);
        }
        self.find_out(&entry, held, &mut keeping, invocation).await
    }

    /// What became of a call whose answer nobody has.
    async fn find_out(
        &self,
        entry: &Entry,
        held: bool,
        keeping: &mut Keeping<'_>,
        invocation: &Invocation,
    ) -> Result<Told, Error> {
        let read = self.direct_connect.see(&entry.virtual_interface_id, &invocation.clock).await;
        match &read {
            Ok(Some(one)) if held && entry.has_arrived(one.connection_id.as_deref()) => {
                return self.conclude(entry, one.clone(), keeping, invocation).await;
            }
            _ => {}
        }
        let told = self.leave_in_doubt(entry, keeping, invocation).await?;
        if read.is_ok() && told.emitted != Some(false) && entry.doubt_is_over(invocation.clock.now()) {
            keeping.close().await?;
        }
        Ok(told)
    }
}

impl Swept {
    fn told(self) -> Told {
        let Self { unfinished, emitted, unsettled } = self;
        info!(unfinished, emitted, unsettled, "swept");
        let json = format!(r#"{{"unfinished":{unfinished},"emitted":{emitted},"unsettled":{unsettled}}}"#);
        Told {
            outcome: if unsettled > 0 { Outcome::Unsettled.as_str() } else { "swept" },
            emitted: None,
            refused_by: Vec::new(),
            figures: vec![("SweptUnfinished", "Count", unfinished), ("SweptEmitted", "Count", emitted)],
            answer: RawValue::from_string(json).map_err(|error| Error::new(Name::Unavailable, error.to_string())),
        }
    }
}
