//! The ledger's part of one attempt: what is written before the call, after it, and once the bus has the record.
//!
//! Without a ledger every step does nothing. It must not know what the call does or how records are made; what an item
//! means is in `ledger.rs`, and how it is written in `aws/ledger.rs`.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;
use tracing::warn;

use crate::associate::Invocation;
use crate::aws::ledger::Ledger;
use crate::clock::{CALL_MINIMUM, RESERVE, RESERVE_FOR_ANSWER};
use crate::error::{Error, Name};
use crate::ledger::{Beside, Entry, Held, Intent, Key, Seen, Status, Times, Unwritten, interface_of, unavailable};
use crate::record::Saying;

/// What a write after the call may take: the bus is waiting, and the interface can be read again.
const WRITE: Duration = Duration::from_secs(2);

/// What is kept of one attempt.
pub(crate) struct Keeping<'a> {
    kept: Option<Kept<'a>>,
}

struct Kept<'a> {
    ledger: &'a Ledger,
    invocation: &'a Invocation,
    key: Key,
    /// What stands in the ledger, as far as this attempt knows.
    seen: Seen,
    /// What should stand there, and was not written.
    owed: Option<Held>,
    writes: u32,
}

impl<'a> Keeping<'a> {
    /// Nothing is kept.
    pub(crate) fn nothing() -> Self {
        Self { kept: None }
    }

    /// Begins with what was read of the request.
    pub(crate) fn of(ledger: &'a Ledger, key: Key, seen: Seen, invocation: &'a Invocation) -> Self {
        Self { kept: Some(Kept { ledger, invocation, key, seen, owed: None, writes: 0 }) }
    }

    /// Writes what is about to be done, before it is done, and takes the interface.
    ///
    /// # Errors
    /// [`Name::InProgress`], when somebody else has written since the ledger was read, or moves an interface that has to
    /// stay meanwhile; [`Name::AccessDenied`] and [`Name::Unavailable`]. Nothing was called, and nothing may be.
    pub(crate) async fn begin(&mut self, intent: impl FnOnce() -> Intent, must_stay: &[String]) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let held = kept.begun(intent());
        let beside = Beside::of(must_stay, kept.invocation.clock.began());
        match kept.ledger.begin(&held, &kept.seen, &beside, kept.until_the_call()).await {
            Ok(()) => {
                kept.seen = seen(held);
                Ok(())
            }
            Err(Unwritten::Changed(None)) => Err(at_the_same_moment()),
            Err(Unwritten::Changed(Some(lease))) => Err(beside_it(&lease)),
            Err(Unwritten::Failed(failed)) => {
                // It may stand there all the same, and would hold the interface until its time is over.
                kept.seen = seen(held);
                kept.put_off().await;
                Err(unavailable("written", &failed))
            }
        }
    }

    /// Writes how the call ended. A failure is no reason to keep silent: the record is said, and the next attempt or the
    /// sweeper finds out by reading the interface.
    pub(crate) async fn end(&mut self, status: Status, saying: &Saying) {
        let Some(kept) = &mut self.kept else { return };
        let Some(held) = kept.held() else { return };
        kept.write(held.end(status, saying.clone(), kept.times())).await;
    }

    /// Writes that nothing was applied, and lets the interface go.
    pub(crate) async fn put_off(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.put_off().await;
        }
    }

    /// Writes that there was nothing to do.
    ///
    /// # Errors
    /// As of [`Self::begin`], but that nothing was to be called.
    pub(crate) async fn note(&mut self, intent: impl FnOnce() -> Intent) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let intent = Intent { token: kept.token(), ..intent() };
        let entry = kept.seen.note(&kept.key, intent, kept.times());
        kept.write_entry(entry).await
    }

    /// Writes that the call of an attempt before was applied. Unless that stands there it must not be said, for somebody
    /// else may have taken the interface meanwhile and have brought it there.
    ///
    /// # Errors
    /// [`Name::InProgress`], when somebody else has written since the ledger was read, or the ledger does not take it:
    /// whoever asks next finds the same. (Any other name would say that nothing moved.)
    pub(crate) async fn conclude(&mut self, entry: &Entry, saying: &Saying) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        kept.seen.is_free_for(&kept.key, kept.now())?;
        let held = kept.begun(intent_of(entry));
        kept.written(held.end(Status::Completed, saying.clone(), kept.times())).await
    }

    /// Writes that nobody knows whether the call of an attempt before was applied.
    ///
    /// # Errors
    /// As of [`Self::conclude`].
    pub(crate) async fn leave_in_doubt(&mut self, entry: &Entry) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let entry = Entry { token: kept.token(), ..entry.clone().in_doubt(kept.now()) };
        kept.write_entry(entry).await
    }

    /// Writes that the call of an attempt before was never applied, and lets the interface go, if it is still held.
    ///
    /// # Errors
    /// As of [`Self::conclude`].
    pub(crate) async fn close(&mut self) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        if let Some(held) = kept.held() {
            return kept.written(held.put_off(kept.now())).await;
        }
        let Some(entry) = kept.seen.entry.clone() else { return Ok(()) };
        let entry = Entry { token: kept.token(), ..entry.closed() };
        kept.write_entry(entry).await
    }

    /// Writes that the bus has the record.
    pub(crate) async fn emitted(&mut self) {
        let Some(kept) = &mut self.kept else { return };
        if let Some(owed) = kept.owed.take() {
            let now = kept.now();
            let entry = owed.entry.emitted(now);
            kept.write(Held { entry, ..owed }).await;
            return;
        }
        // What stands there is another record than the one that was said, if its writing has failed.
        let is_known = |entry: &Entry| entry.status != Status::InProgress;
        let Some(entry) = kept.seen.entry.clone().filter(is_known) else { return };
        let seen = entry.token.clone();
        let entry = Entry { token: kept.token(), ..entry.emitted(kept.now()) };
        match kept.ledger.write_emitted(&entry, &seen, kept.until_the_answer()).await {
            Ok(()) => kept.seen.entry = Some(entry),
            Err(unwritten) => warn!(why = told(&unwritten), "the ledger does not know that the bus has the record"),
        }
    }
}

impl Kept<'_> {
    fn now(&self) -> OffsetDateTime {
        self.invocation.clock.now()
    }

    fn times(&self) -> Times {
        Times { now: self.now(), deadline: self.invocation.clock.ends(), in_doubt: self.ledger.in_doubt() }
    }

    /// A token that no other write has. One invocation may look after several requests, and write the same lease for
    /// each.
    fn token(&mut self) -> String {
        self.writes += 1;
        format!("{}/{:016x}/{}/{}", self.invocation.request_id, self.invocation.nonce, self.key.request, self.writes)
    }

    fn begun(&mut self, intent: Intent) -> Held {
        let intent = Intent { token: self.token(), ..intent };
        self.seen.begin(&self.key, intent, self.times())
    }

    /// Both items, if this request holds the interface.
    fn held(&self) -> Option<Held> {
        let (entry, lease) = (self.seen.entry.clone()?, self.seen.lease.clone()?);
        (lease.holder.as_ref() == Some(&entry.id)).then_some(Held { entry, lease })
    }

    async fn put_off(&mut self) {
        if let Some(held) = self.held() {
            self.write(held.put_off(self.now())).await;
        }
    }

    /// Writes both items under a new token; what could not be written is owed.
    async fn write(&mut self, held: Held) -> Option<Unwritten> {
        let held = held.with_token(&self.token());
        match self.ledger.write(&held, &self.seen, self.until_the_answer()).await {
            Ok(()) => {
                self.seen = seen(held);
                None
            }
            Err(unwritten) => {
                warn!(why = told(&unwritten), status = held.entry.status.as_str(), "the ledger does not know");
                // Even if somebody seems to have written: it may have been a conflict that is over by the next try.
                self.owed = Some(held);
                Some(unwritten)
            }
        }
    }

    /// The same where nothing may be said before it is written.
    async fn written(&mut self, held: Held) -> Result<(), Error> {
        match self.write(held).await {
            None => Ok(()),
            Some(Unwritten::Changed(_)) => Err(at_the_same_moment()),
            Some(Unwritten::Failed(failed)) => {
                let message = format!("what became of an attempt before could not be written ({})", failed.why());
                Err(Error::new(Name::InProgress, message))
            }
        }
    }

    async fn write_entry(&mut self, entry: Entry) -> Result<(), Error> {
        match self.ledger.write_entry(&entry, self.seen.entry.as_ref(), self.until_the_answer()).await {
            Ok(()) => {
                self.seen.entry = Some(entry);
                Ok(())
            }
            Err(Unwritten::Changed(_)) => Err(at_the_same_moment()),
            Err(Unwritten::Failed(failed)) => Err(unavailable("written", &failed)),
        }
    }

    fn until_the_call(&self) -> Instant {
        self.invocation.clock.until(RESERVE + CALL_MINIMUM)
    }

    fn until_the_answer(&self) -> Instant {
        self.invocation.clock.until(RESERVE_FOR_ANSWER).min(Instant::now() + WRITE)
    }
}

fn seen(held: Held) -> Seen {
    Seen { entry: Some(held.entry), lease: Some(held.lease) }
}

/// What an attempt before was about to do.
fn intent_of(entry: &Entry) -> Intent {
    Intent {
        token: String::new(),
        virtual_interface_id: entry.virtual_interface_id.clone(),
        arrives_on: entry.arrives_on.clone(),
        leaves: entry.leaves.clone(),
        saying: entry.saying.clone(),
    }
}

fn at_the_same_moment() -> Error {
    Error::new(Name::InProgress, "another attempt, or another request for this interface, began at the same moment")
}

fn beside_it(lease: &str) -> Error {
    let interface = interface_of(lease);
    let message = format!(
        "{interface} is a path of the same gateway, and is being moved, was moved moments ago, or may be moved by a call \
         that had no answer"
    );
    Error::new(Name::InProgress, message)
}

fn told(unwritten: &Unwritten) -> String {
    match unwritten {
        Unwritten::Changed(_) => "somebody else has written since".to_owned(),
        Unwritten::Failed(failed) => failed.why(),
    }
}
