//! What the ledger keeps of a request and of an interface, and what that means for a request that arrives.
//!
//! Two kinds of item: the request, so that it is carried out once and its record is never lost; and the lease of an
//! interface, so that two requests for it never overlap. Every item has a token that is new with each write, and every
//! write is made only if the token is still the one that was read. Nothing is ever deleted.
//!
//! Unlike the well-known idempotency utilities: a request that failed is not forgotten, for the failure may have moved
//! the interface; an id is required and its content compared; no write goes without a token; and an attempt without a
//! definite answer is kept in doubt, and cleared up by reading the interface, never by calling again.
//!
//! Pure: it must not know DynamoDB, the clock, or how ids are made.

use time::{Duration, OffsetDateTime};

use crate::digest::digest;
use crate::error::{Error, Name};
use crate::estate::Failed;
use crate::record::Saying;
use crate::request::Request;

/// How long a request is remembered: longer than every way in which it can come again. (EventBridge and Lambda keep an
/// event for 30 hours together, Step Functions redrives for 14 days, a dead-letter queue keeps for 14 days.)
pub const REMEMBERED: Duration = Duration::days(15);
/// How long after its deadline an attempt may still be writing, before another one looks after it.
const LAST_WORDS: Duration = Duration::seconds(5);
/// How long the process that made a record has for getting it onto the bus before the sweeper does.
const ITS_OWN: Duration = Duration::seconds(30);
/// What the clocks of two invocations may differ by, when it is about what one has read before the other has moved.
/// (Assumed: Lambda's hosts keep time to milliseconds.)
const APART: Duration = Duration::seconds(10);

/// How the items of a request are found, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The id of the request's item.
    pub request: String,
    /// The id of the lease's item.
    pub lease: String,
    /// The same for two requests that ask for the same.
    pub guard: String,
}

impl Key {
    /// The key of a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let Request { virtual_interface_id, connection_id, expected_connection_id, overrides, not_after, .. } = request;
        let not_after = not_after.map(OffsetDateTime::unix_timestamp_nanos).map(|end| end.to_string());
        let content = (virtual_interface_id, connection_id, expected_connection_id, overrides, not_after);
        let content = serde_json::to_string(&content).unwrap_or_default();
        Self {
            request: format!("req#{}", digest(&[&request.request_id])),
            lease: lease_of(virtual_interface_id),
            guard: digest(&[&content]),
        }
    }
}

/// The id of the lease's item of this interface.
#[must_use]
pub fn lease_of(virtual_interface_id: &str) -> String {
    format!("vif#{virtual_interface_id}")
}

/// The interface of a lease's item.
#[must_use]
pub fn interface_of(lease: &str) -> &str {
    lease.strip_prefix("vif#").unwrap_or(lease)
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An attempt was about to call, and has not told how that ended.
    InProgress,
    /// An attempt ended without a definite answer: the interface may have moved, or move yet.
    InDoubt,
    /// Nothing was applied; the request may be tried again.
    PutOff,
    /// The interface is on the target.
    Completed,
    /// AWS said no for good.
    Rejected,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::InProgress, Self::InDoubt, Self::PutOff, Self::Completed, Self::Rejected];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "INPROGRESS",
            Self::InDoubt => "IN_DOUBT",
            Self::PutOff => "PUT_OFF",
            Self::Completed => "COMPLETED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// A request of which a call was made, or was about to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The id of the item.
    pub id: String,
    /// New with every write.
    pub token: String,
    /// How far it has come.
    pub status: Status,
    /// What it asks for: [`Key::guard`].
    pub guard: String,
    /// The interface.
    pub virtual_interface_id: String,
    /// The ports on which the interface counts as arrived.
    pub arrives_on: Vec<String>,
    /// The port that it is to leave.
    pub leaves: Option<String>,
    /// Until then the attempt may be running.
    pub running_until: OffsetDateTime,
    /// Until then its call may be applied. (Assumed: AWS does not say.)
    pub in_doubt_until: OffsetDateTime,
    /// [`Lease::last_move`] when this was written.
    pub last_move: Option<String>,
    /// The record; before the call was answered, the one that holds should nobody ever hear of it again.
    pub saying: Saying,
    /// Whether the bus has it.
    pub emitted: bool,
    /// When somebody must look after it; `None` when nothing is left to do.
    pub due: Option<OffsetDateTime>,
    /// It means nothing afterwards.
    pub expires: OffsetDateTime,
}

/// Who may move an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The id of the item.
    pub id: String,
    /// New with every write.
    pub token: String,
    /// The id of the request's item that holds the interface.
    pub holder: Option<String>,
    /// Until then it may be moving it, and nobody else asks what became of it.
    pub held_until: OffsetDateTime,
    /// When it was last let go.
    pub free_since: Option<OffsetDateTime>,
    /// The token of the attempt that was last seen to have moved the interface.
    pub last_move: Option<String>,
    /// It means nothing afterwards.
    pub expires: OffsetDateTime,
}

/// Both items as they were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The request's.
    pub entry: Option<Entry>,
    /// The interface's.
    pub lease: Option<Lease>,
}

/// What the ledger says of a request before anything is done about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing<'a> {
    /// It may be carried out. There may have been an attempt before, of which nothing was applied.
    Open(Option<&'a Entry>),
    /// It was carried out: this was said.
    Over(&'a Entry),
    /// Nobody knows whether it was carried out. Only reading the interface tells.
    InDoubt(&'a Entry),
}

impl Seen {
    /// What this means for a request, whoever holds the interface.
    ///
    /// # Errors
    /// [`Name::RequestIdReused`]; [`Name::InProgress`], while another attempt at it may be running; and
    /// [`Name::StaleRequest`], when it was carried out and the interface has been moved again since.
    pub fn standing(&self, key: &Key, now: OffsetDateTime) -> Result<Standing<'_>, Error> {
        let Some(entry) = self.entry.as_ref().filter(|entry| entry.expires > now) else {
            return Ok(Standing::Open(None));
        };
        if entry.guard != key.guard {
            let message = "a request with this requestId and other content was made before";
            return Err(Error::new(Name::RequestIdReused, message));
        }
        match entry.status {
            Status::Completed if self.moved_since(entry, now) => {
                Err(stale("it was carried out, and the interface has been moved again since"))
            }
            Status::Completed | Status::Rejected => Ok(Standing::Over(entry)),
            Status::InProgress if now <= entry.running_until => {
                Err(Error::new(Name::InProgress, "the same request is being carried out"))
            }
            Status::InProgress | Status::InDoubt => Ok(Standing::InDoubt(entry)),
            Status::PutOff => Ok(Standing::Open(Some(entry))),
        }
    }

    /// Whether the interface is still held by this request, so that nobody else can have moved it since.
    #[must_use]
    pub fn is_held_by(&self, entry: &Entry, now: OffsetDateTime) -> bool {
        self.lease_at(now).is_some_and(|lease| lease.holder.as_ref() == Some(&entry.id))
    }

    /// Whether another request was seen to move the interface after this was written.
    #[must_use]
    pub fn moved_since(&self, entry: &Entry, now: OffsetDateTime) -> bool {
        self.lease_at(now).is_some_and(|lease| lease.last_move != entry.last_move)
    }

    /// Whether the interface, being on this port, is where an attempt before meant to take it from, as if nobody had
    /// moved it since.
    ///
    /// # Errors
    /// [`Name::StaleRequest`], if somebody has.
    pub fn is_unmoved(&self, entry: &Entry, port: Option<&str>, now: OffsetDateTime) -> Result<(), Error> {
        if entry.leaves.as_deref() == port && !self.moved_since(entry, now) {
            return Ok(());
        }
        Err(stale("an attempt was made before, and the interface has been moved by somebody else since"))
    }

    /// Whether no other request holds the interface.
    ///
    /// # Errors
    /// [`Name::InProgress`], if one does.
    pub fn is_free_for(&self, key: &Key, now: OffsetDateTime) -> Result<(), Error> {
        let message = "another request for this interface is being carried out, or it is not known yet whether its call \
                       was applied";
        self.other_holder(key, now).map_or(Ok(()), |_| Err(Error::new(Name::InProgress, message)))
    }

    /// The other request that still holds the interface although its time is over: the id of its item. Somebody must
    /// find out what became of it before anybody else takes the interface, for afterwards nobody could tell.
    #[must_use]
    pub fn left_behind_by(&self, key: &Key, now: OffsetDateTime) -> Option<&str> {
        self.other_holder(key, now).filter(|(lease, _)| now > lease.held_until).map(|(_, holder)| holder)
    }

    fn other_holder(&self, key: &Key, now: OffsetDateTime) -> Option<(&Lease, &str)> {
        let lease = self.lease_at(now)?;
        let holder = lease.holder.as_deref().filter(|holder| *holder != key.request)?;
        Some((lease, holder))
    }

    /// Whether the interface was let go so shortly before that what was read meanwhile may be older.
    #[must_use]
    pub fn was_let_go_after(&self, moment: OffsetDateTime) -> bool {
        self.lease.as_ref().and_then(|lease| lease.free_since).is_some_and(|since| since >= moment)
    }

    fn lease_at(&self, now: OffsetDateTime) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| lease.expires > now)
    }

    fn last_move(&self, now: OffsetDateTime) -> Option<String> {
        self.lease_at(now).and_then(|lease| lease.last_move.clone())
    }

    /// Both items as they must stand before the call is made.
    #[must_use]
    pub fn begin(&self, key: &Key, intent: Intent, times: Times) -> Held {
        let Intent { token, virtual_interface_id, arrives_on, leaves, saying } = intent;
        let in_doubt_until = times.deadline + times.in_doubt;
        let running_until = times.deadline + LAST_WORDS;
        let last_move = self.last_move(times.now);
        let expires = times.now + REMEMBERED;
        Held {
            lease: Lease {
                id: key.lease.clone(),
                token: token.clone(),
                holder: Some(key.request.clone()),
                held_until: in_doubt_until.max(running_until),
                free_since: None,
                last_move: last_move.clone(),
                expires,
            },
            entry: Entry {
                id: key.request.clone(),
                token,
                status: Status::InProgress,
                guard: key.guard.clone(),
                virtual_interface_id,
                arrives_on,
                leaves,
                running_until,
                in_doubt_until,
                last_move,
                saying,
                emitted: false,
                due: Some(running_until),
                expires,
            },
        }
    }

    /// The request's item where there was nothing to do, for the interface was on the target.
    #[must_use]
    pub fn note(&self, key: &Key, intent: Intent, times: Times) -> Entry {
        let mut entry = self.begin(key, intent, times).entry;
        entry.status = Status::Completed;
        entry.due = Some(times.now + ITS_OWN);
        entry
    }
}

/// What an attempt is about to do.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in Entry")]
pub struct Intent {
    pub token: String,
    pub virtual_interface_id: String,
    pub arrives_on: Vec<String>,
    pub leaves: Option<String>,
    pub saying: Saying,
}

/// What must be true of other interfaces, of the same gateway, when an attempt begins: that none of them is moving, or has
/// moved after its facts were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The ids of their leases.
    pub leases: Vec<String>,
    /// Since then nobody may have let one go; and whoever holds one may have held it until then, and no longer.
    pub quiet_since: OffsetDateTime,
}

impl Beside {
    /// Of these interfaces, when the facts were read from then on.
    #[must_use]
    pub fn of(interfaces: &[String], read_since: OffsetDateTime) -> Self {
        Self { leases: interfaces.iter().map(|id| lease_of(id)).collect(), quiet_since: read_since - APART }
    }
}

/// When an attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Now.
    pub now: OffsetDateTime,
    /// When the attempt is over at the latest.
    pub deadline: OffsetDateTime,
    /// How long afterwards its call may still be applied.
    pub in_doubt: Duration,
}

/// Both items of a request that holds its interface.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "said above")]
pub struct Held {
    pub entry: Entry,
    pub lease: Lease,
}

impl Held {
    /// As it stands once it is known how the call ended, or that nobody knows.
    #[must_use]
    pub fn end(mut self, status: Status, saying: Saying, times: Times) -> Self {
        self.entry.saying = saying;
        self.entry.emitted = false;
        self.entry.due = Some(times.now + ITS_OWN);
        // This attempt calls no more, whatever is left before its deadline.
        self.entry.in_doubt_until = times.now + times.in_doubt;
        self.lease.held_until = self.entry.in_doubt_until;
        self.become_at(status, times.now)
    }

    /// As it stands when it turned out that nothing was applied, which is no record.
    #[must_use]
    pub fn put_off(mut self, now: OffsetDateTime) -> Self {
        self.entry = self.entry.closed();
        self.become_at(Status::PutOff, now)
    }

    fn become_at(mut self, status: Status, now: OffsetDateTime) -> Self {
        self.entry.status = status;
        if status == Status::Completed {
            self.lease.last_move = Some(self.lease.token.clone());
            self.entry.last_move.clone_from(&self.lease.last_move);
        }
        if status != Status::InDoubt {
            self.lease.holder = None;
            self.lease.free_since = Some(now);
        }
        self
    }

    /// With a token for the next write.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.entry.token);
        token.clone_into(&mut self.lease.token);
        self
    }
}

/// Why nothing is known to have been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwritten {
    /// Somebody else has written since the items were read, or another interface stands in the way, whose lease this is;
    /// nothing was written.
    Changed(Option<String>),
    /// The table did not take it, or nobody knows.
    Failed(Failed),
}

/// What it means for a request that the ledger did not do its part before the call.
pub(crate) fn unavailable(done: &str, failed: &Failed) -> Error {
    match failed {
        Failed::Denied { code } => Error::new(Name::AccessDenied, format!("the ledger could not be {done} ({code})")),
        failed => Error::new(Name::Unavailable, format!("the ledger could not be {done} ({})", failed.why())),
    }
}

impl Entry {
    /// As it stands once the bus has its record.
    #[must_use]
    pub fn emitted(mut self, now: OffsetDateTime) -> Self {
        self.emitted = true;
        // What is in doubt is looked after until it is not.
        self.due = (self.status == Status::InDoubt).then_some(now);
        self
    }

    /// As it stands once an attempt is over that did not tell how it ended.
    #[must_use]
    pub fn in_doubt(mut self, now: OffsetDateTime) -> Self {
        self.status = Status::InDoubt;
        self.emitted = false;
        self.due = Some(now + ITS_OWN);
        self
    }

    /// As it stands once its call counts as never applied.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.status = Status::PutOff;
        self.due = None;
        self
    }

    /// Whether the interface, being on this port, has arrived.
    #[must_use]
    pub fn has_arrived(&self, port: Option<&str>) -> bool {
        port.is_some_and(|port| self.arrives_on.iter().any(|one| one == port))
    }

    /// Whether its call can no longer be applied. (Assumed.)
    #[must_use]
    pub fn doubt_is_over(&self, now: OffsetDateTime) -> bool {
        now > self.in_doubt_until
    }
}

fn stale(problem: &str) -> Error {
    Error::new(Name::StaleRequest, format!("{problem}: make a new request"))
}

#[cfg(test)]
pub(crate) mod example;
#[cfg(test)]
mod tests;
