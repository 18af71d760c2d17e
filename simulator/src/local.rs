//! The API without a network, for a harness that is the network itself: it decides when a call arrives, what goes wrong
//! with it, and what becomes of the answer.

use bytes::Bytes;
use hyper::{HeaderMap, Response};
use serde_json::Value;

use crate::fault::Effect;
use crate::ids;
use crate::service::{Reply, Service};
use crate::world::World;
use crate::{Item, Options};

/// What becomes of a call.
#[derive(Debug)]
pub enum Answer {
    /// It is answered.
    Whole(Response<Bytes>),
    /// The answer breaks off in the middle of its body.
    Cut(Response<Bytes>),
    /// The connection is closed without an answer.
    Closed,
    /// Nothing, ever.
    Never,
}

/// The simulator without a port. Faults are given with each call; those of the options are not looked at, and neither is
/// their latency.
pub struct Local(Service);

impl Local {
    /// Starts with the time of the current tokio runtime. Ids are drawn from `seed`, on this thread.
    #[must_use]
    pub fn new(options: Options, seed: u64) -> Self {
        ids::seed(seed);
        Self(Service::new(options))
    }

    /// Answers one call at once.
    pub fn call(&self, headers: &HeaderMap, body: &[u8], effect: Option<Effect>) -> Answer {
        match self.0.call_now(headers, body, effect) {
            Reply::Whole(response) => Answer::Whole(response),
            Reply::Cut(response) => Answer::Cut(response),
            Reply::Closed => Answer::Closed,
            Reply::Never => Answer::Never,
        }
    }

    /// Looks at the world as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.0.world())
    }

    /// Changes the world behind everyone's back.
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        let mut world = self.0.world();
        world.remember();
        change(&mut world);
    }

    /// The accepted entries of PutEvents, as of [`Simulator::events`](crate::Simulator::events).
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.0.events()
    }

    /// How many items of DynamoDB are in the index of what is unfinished.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.0.ledger().in_index()
    }

    /// The items of DynamoDB, as of [`Simulator::ledger`](crate::Simulator::ledger).
    #[must_use]
    pub fn ledger(&self) -> Value {
        self.0.ledger().to_json()
    }

    /// Changes every item of a table of DynamoDB behind everyone's back.
    pub fn change_ledger(&self, table: &str, change: impl FnMut(&mut Item)) {
        self.0.ledger().change(table, change);
    }
}
