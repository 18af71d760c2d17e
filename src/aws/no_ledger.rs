//! In the ledger's place where the program is built without it: there is none, so nothing can be asked of it.

use time::{Duration, OffsetDateTime};
use tokio::time::Instant;

use crate::error::Error;
use crate::ledger::{Beside, Entry, Held, Key, Lease, Seen, Unwritten};

/// What nobody has.
#[derive(Debug, Clone, Copy)]
pub enum Ledger {}

#[expect(missing_docs, clippy::missing_errors_doc, clippy::unused_async, reason = "the ledger's own, in aws/ledger.rs")]
impl Ledger {
    #[must_use]
    pub fn in_doubt(&self) -> Duration {
        match *self {}
    }

    pub async fn look(&self, _: &Key) -> Result<Seen, Error> {
        match *self {}
    }

    pub async fn entry(&self, _: &str) -> Result<Option<Entry>, Error> {
        match *self {}
    }

    pub async fn lease(&self, _: &str) -> Result<Option<Lease>, Error> {
        match *self {}
    }

    pub async fn begin(&self, _: &Held, _: &Seen, _: &Beside, _: Instant) -> Result<(), Unwritten> {
        match *self {}
    }

    pub async fn write(&self, _: &Held, _: &Seen, _: Instant) -> Result<(), Unwritten> {
        match *self {}
    }

    pub async fn write_entry(&self, _: &Entry, _: Option<&Entry>, _: Instant) -> Result<(), Unwritten> {
        match *self {}
    }

    pub async fn write_emitted(&self, _: &Entry, _: &str, _: Instant) -> Result<(), Unwritten> {
        match *self {}
    }

    pub async fn unfinished(&self, _: OffsetDateTime, _: i32) -> Result<Vec<String>, Error> {
        match *self {}
    }
}
