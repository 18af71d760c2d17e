//! A simulator of AWS Direct Connect, EventBridge PutEvents, the Lambda Runtime API and as much of DynamoDB as a ledger
//! needs, on one loopback port.
//!
//! A client needs nothing but the endpoint: the AWS CLI, boto3 and the SDKs speak to [`Simulator::url`], and a Lambda
//! function that is given [`Simulator::address`] as `AWS_LAMBDA_RUNTIME_API` runs unchanged. The world begins as an
//! [`Inventory`], the saved answers of the AWS CLI, and changes as AWS says that it would.
//!
//! The crate must not know the programs that are tested against it: it reads the same documents, on its own. It also
//! has no opinion on whether a move is wise, only on whether AWS would make it.
//!
//! # The rules of AssociateVirtualInterface
//!
//! Each is a [`Rule`] that quotes its source; [`rules`] lists them.
//!
//! | documented by AWS | assumed, where AWS is silent |
//! |---|---|
//! | `virtual-interface-exists` | `interconnect` |
//! | `target-exists` | `partner-lag` |
//! | `owner-of-interface-or-source` | `lag-member` |
//! | `owner-of-target` | `target-state` |
//! | `hosted-to-lag` | `interface-state` |
//! | `hosted-to-hosted` | `hosted-target-vlan` |
//! | `vlan-conflict` | `rate-limiter` |
//! | `address-conflict` (what conflicts is assumed) | `prefix-pool` |
//! | `jumbo-capable` | `same-target` (accepted, and interrupts again) |
//! | `quota-total`, `quota-private-public`, `quota-transit`, `quota-hosted` | |
//!
//! # Faults
//!
//! A [`Fault`] is written `OPERATION:FAULT[:FROM[-TO]]`, for example `AssociateVirtualInterface:reset-after:1`;
//! [`fault_help`] lists them all.
//!
//! # What is not simulated
//!
//! Tables of DynamoDB are not made: each that is named is there, with the key `id` and the index `unfinished`. Signatures
//! are not verified, and who calls is always the one account; event buses are not checked to exist, nor are
//! events matched to rules; a function whose time is over is not killed.

mod clock;
mod describe;
mod dynamodb;
mod elsewhere;
mod events;
mod fault;
mod ids;
mod inventory;
mod item;
mod lambda;
mod local;
mod moving;
mod operation;
mod paging;
mod port;
mod rules;
mod secret;
mod server;
mod service;
mod tables;
mod wire;
mod world;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::task::JoinHandle;

pub use fault::{Effect, Fault, FaultError, fault_help};
pub use inventory::{AccountFrom, Inventory, InventoryError};
pub use item::Item;
pub use lambda::{Answer, Invocation};
pub use local::{Answer as LocalAnswer, Local};
pub use rules::{Rule, rules};
pub use secret::masked;
pub use service::Call;
pub use tables::Table;
pub use world::World;

use fault::Faults;
use lambda::Lambda;
use service::Service;

/// How a simulator starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 picks a free one.
    pub port: u16,
    /// What the account holds.
    pub inventory: Inventory,
    /// How long a move takes to settle.
    pub settle: Duration,
    /// How long every call of the API takes at least.
    pub latency: Duration,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// The largest page, below AWS's 100.
    pub page_size: usize,
    /// What [`World::never_up`] is told from the beginning.
    pub never_up: Vec<String>,
    /// Who answers DynamoDB in the simulator's place. Faults and the journal are the simulator's as ever; its own tables
    /// stay empty.
    pub dynamodb: Option<SocketAddr>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            inventory: Inventory::default(),
            settle: Duration::ZERO,
            latency: Duration::ZERO,
            faults: Vec::new(),
            page_size: paging::LARGEST_PAGE,
            never_up: Vec::new(),
            dynamodb: None,
        }
    }
}

/// What the connections share.
struct Shared {
    service: Service,
    lambda: Lambda,
}

impl Shared {
    fn function_arn(&self, name: &str) -> String {
        let world = self.service.world();
        format!("arn:aws:lambda:{}:{}:function:{name}", world.region(), world.account_id())
    }
}

/// A running simulator. It stops when it is dropped.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Simulator {
    /// Binds the port and serves it on the current tokio runtime.
    ///
    /// # Errors
    /// If the port cannot be bound.
    pub async fn start(options: Options) -> io::Result<Simulator> {
        let listener = server::bind(options.port).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { service: Service::new(options), lambda: Lambda::default() });
        let server = tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, server })
    }

    /// The endpoint for SDKs: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What Lambda would put into the environment of a function that works against this simulator: the Runtime API, the
    /// endpoint of every service, the Region, and credentials of nobody.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let region = self.shared.service.world().region().to_owned();
        vec![
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "associate".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/associate".to_owned()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "simulator".to_owned()),
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", region),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        ]
    }

    /// Every call of the API so far, in the order in which they came.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.service.calls()
    }

    /// The accepted entries of PutEvents, in order: their members as sent, with `Detail` read as JSON, and `EventId`.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.shared.service.events()
    }

    /// The world as it is now, in the shape of an inventory, with its secrets masked.
    #[must_use]
    pub fn world(&self) -> Value {
        self.shared.service.masked_world()
    }

    /// The items of every table of DynamoDB, by table, in the order of their ids.
    #[must_use]
    pub fn ledger(&self) -> Value {
        self.shared.service.ledger().to_json()
    }

    /// Changes every item of a table behind everyone's back.
    pub fn change_ledger(&self, table: &str, change: impl FnMut(&mut Item)) {
        self.shared.service.ledger().change(table, change);
    }

    /// Replaces the faults; calls are counted from 1 again.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.shared.service.set_faults(Faults::new(faults));
    }

    /// Changes the world behind everyone's back.
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        let mut world = self.shared.service.world();
        world.remember();
        change(&mut world);
    }

    /// Invokes the function whose runtime asks this simulator for its next invocation, and waits for what becomes of it.
    pub async fn invoke(&self, payload: impl Into<Bytes>, invocation: Invocation) -> Answer {
        let arn = invocation.function_arn.clone().unwrap_or_else(|| self.shared.function_arn("associate"));
        self.shared.lambda.invoke(payload.into(), invocation, arn).await
    }
}

/// Says on standard error what a client got wrong; a test that only sees a 400 would have to guess.
fn complain(problem: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "dx-sim: {problem}");
}
