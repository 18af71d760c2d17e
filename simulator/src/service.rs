//! One call of the API from the request to what goes back over the wire: faults, the journal, the world.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::{HeaderMap, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::Options;
use crate::describe;
use crate::dynamodb::Tables;
use crate::elsewhere;
use crate::events;
use crate::fault::{Effect, Faults, internal};
use crate::item::{Item, objects, text};
use crate::operation::Operation;
use crate::paging::Paging;
use crate::rules::{Rule, first_broken};
use crate::secret::masked;
use crate::wire::{self, ApiError};
use crate::world::World;

/// One call as the simulator saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `directconnect`, `events` or `dynamodb`.
    pub service: String,
    /// The operation as the caller named it.
    pub operation: String,
    /// The input, with `authKey` and `customerRouterConfig` masked; null if it was not JSON.
    pub input: Value,
    /// The HTTP status of the answer; 0 if none was sent.
    pub status: u16,
    /// The rule of AssociateVirtualInterface that refused the call.
    pub refused_by: Option<Rule>,
    /// When it came, since the simulator started.
    pub started: Duration,
    /// How long it took; zero while it is under way, and for ever if no answer ever comes.
    pub took: Duration,
}

impl Call {
    /// The call as `/_sim/calls` shows it.
    pub(crate) fn to_json(&self) -> Value {
        let mut shown = json!({
            "service": self.service,
            "operation": self.operation,
            "input": self.input,
            "status": self.status,
        });
        if let Some(rule) = self.refused_by {
            shown["refusedBy"] = json!({"name": rule.name, "documented": rule.documented, "source": rule.source});
        }
        shown["startedMs"] = json!(self.started.as_secs_f64() * 1000.0);
        shown["tookMs"] = json!(self.took.as_secs_f64() * 1000.0);
        shown
    }
}

/// What goes back over the wire.
pub(crate) enum Reply {
    Whole(Response<Bytes>),
    /// The head and half of the body, then the connection is closed.
    Cut(Response<Bytes>),
    /// The connection is closed without an answer.
    Closed,
    /// Nothing, ever.
    Never,
}

/// How a call went.
struct Outcome {
    result: Result<Value, ApiError>,
    refused_by: Option<Rule>,
}

impl From<Result<Value, ApiError>> for Outcome {
    fn from(result: Result<Value, ApiError>) -> Self {
        Self { result, refused_by: None }
    }
}

/// What goes back to a request that could not be read.
fn unreadable(error: ApiError) -> Reply {
    crate::complain(&format!("{}: {}", error.code, error.message));
    Reply::Whole(wire::answer(&Err(error), wire::JSON_1_1))
}

/// What becomes of an answer on its way back.
fn becomes(response: Response<Bytes>, operation: Operation, effect: Option<Effect>) -> Reply {
    match effect {
        Some(Effect::ResetAfter | Effect::Late | Effect::LateBy(_)) => Reply::Closed,
        Some(Effect::HangAfter) => Reply::Never,
        Some(Effect::Error500After) => Reply::Whole(wire::answer(&Err(internal(operation)), operation.content_type())),
        Some(Effect::Truncated) => Reply::Cut(response),
        _ => Reply::Whole(response),
    }
}

/// Direct Connect, EventBridge and DynamoDB.
pub(crate) struct Service {
    started: Instant,
    latency: Duration,
    page_size: usize,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    calls: Mutex<Vec<Call>>,
    events: Mutex<Vec<Value>>,
    ledger: Mutex<Tables>,
    /// Who answers DynamoDB, if not `ledger`.
    dynamodb: Option<SocketAddr>,
}

/// The content, whoever panicked while holding it: a test that failed inside a change should fail by its own words.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    pub(crate) fn new(options: Options) -> Self {
        let started = Instant::now();
        let mut world = World::new(options.inventory, options.settle, started);
        for id in &options.never_up {
            world.never_up(id);
        }
        Self {
            started,
            latency: options.latency,
            page_size: options.page_size.max(1),
            world: Mutex::new(world),
            faults: Mutex::new(Faults::new(options.faults)),
            calls: Mutex::default(),
            events: Mutex::default(),
            ledger: Mutex::default(),
            dynamodb: options.dynamodb,
        }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        lock(&self.events).clone()
    }

    /// The items of DynamoDB.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Tables> {
        lock(&self.ledger)
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        *lock(&self.faults) = faults;
    }

    /// The world, brought to the present.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = lock(&self.world);
        world.advance(Instant::now());
        world
    }

    /// The world in the shape of an inventory, with its secrets masked.
    pub(crate) fn masked_world(&self) -> Value {
        masked(&self.world().to_json())
    }

    /// Answers one request, after the latency of the network, and notes it in the journal.
    pub(crate) async fn call(&self, headers: &HeaderMap, body: &[u8]) -> Reply {
        let number = self.note_start(headers, body);
        if !self.latency.is_zero() {
            sleep(self.latency).await;
        }
        let (reply, refused_by) = match self.dynamodb {
            Some(other) if wire::named_operation(headers).0 == "dynamodb" => {
                (self.pass_on(other, headers, body).await, None)
            }
            _ => self.answer(headers, body, |operation| lock(&self.faults).next(operation)),
        };
        self.note_end(number, &reply, refused_by);
        reply
    }

    /// Answers one request at once, without a note in the journal.
    pub(crate) fn call_now(&self, headers: &HeaderMap, body: &[u8], effect: Option<Effect>) -> Reply {
        self.answer(headers, body, |_| effect).0
    }

    fn answer(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        effect: impl FnOnce(Operation) -> Option<Effect>,
    ) -> (Reply, Option<Rule>) {
        match wire::read(headers, body) {
            Ok(request) => self.handle(request.operation, &request.input, effect(request.operation)),
            Err(error) => (unreadable(error), None),
        }
    }

    /// Lets somebody else answer, unless a fault stands before that.
    async fn pass_on(&self, other: SocketAddr, headers: &HeaderMap, body: &[u8]) -> Reply {
        let operation = match wire::read(headers, body) {
            Ok(request) => request.operation,
            Err(error) => return unreadable(error),
        };
        let effect = lock(&self.faults).next(operation);
        if let Some(reply) = self.instead(operation, effect) {
            return reply;
        }
        match elsewhere::ask(other, headers, body).await {
            Ok(response) => becomes(response, operation, effect),
            Err(error) => {
                crate::complain(&format!("{other} did not answer {}: {error}", operation.name()));
                Reply::Closed
            }
        }
    }

    fn note_start(&self, headers: &HeaderMap, body: &[u8]) -> usize {
        let (service, operation) = wire::named_operation(headers);
        let input: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut calls = lock(&self.calls);
        calls.push(Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input: masked(&input),
            status: 0,
            refused_by: None,
            started: self.started.elapsed(),
            took: Duration::ZERO,
        });
        calls.len() - 1
    }

    fn note_end(&self, number: usize, reply: &Reply, refused_by: Option<Rule>) {
        let call = &mut lock(&self.calls)[number];
        call.refused_by = refused_by;
        // One that is never answered is never over.
        if !matches!(reply, Reply::Never) {
            call.took = self.started.elapsed().saturating_sub(call.started);
        }
        if let Reply::Whole(response) | Reply::Cut(response) = reply {
            call.status = response.status().as_u16();
        }
    }

    /// Does what is asked, unless a fault stands before it, and answers, unless a fault stands after it.
    fn handle(&self, operation: Operation, input: &Item, effect: Option<Effect>) -> (Reply, Option<Rule>) {
        if let Some(reply) = self.instead(operation, effect) {
            return (reply, None);
        }
        let outcome = self.perform(operation, input, effect);
        let response = wire::answer(&outcome.result, operation.content_type());
        (becomes(response, operation, effect), outcome.refused_by)
    }

    /// What goes back in place of doing what is asked.
    fn instead(&self, operation: Operation, effect: Option<Effect>) -> Option<Reply> {
        match effect {
            Some(Effect::ResetBefore) => return Some(Reply::Closed),
            Some(Effect::Hang) => return Some(Reply::Never),
            _ => {}
        }
        let world = self.world();
        let error = effect?.error_before(operation, world.account_id(), world.region())?;
        Some(Reply::Whole(wire::answer(&Err(error), operation.content_type())))
    }

    fn perform(&self, operation: Operation, input: &Item, effect: Option<Effect>) -> Outcome {
        match operation {
            Operation::PutEvents => {
                let failure = match effect {
                    Some(Effect::Partial) => Some("InternalFailure"),
                    Some(Effect::PartialFinal) => Some("AccessDeniedException"),
                    _ => None,
                };
                events::put(input, &mut lock(&self.events), failure).into()
            }
            Operation::AssociateVirtualInterface => self.associate(input, effect),
            item if item.service() == "dynamodb" => self.ledger().call(item, input, Instant::now()).into(),
            read => self.read(read, input, effect).into(),
        }
    }

    /// Moves the interface, now or later, if no rule is broken; the answer is the whole interface.
    fn associate(&self, input: &Item, effect: Option<Effect>) -> Outcome {
        let [interface, target] = ["virtualInterfaceId", "connectionId"].map(|id| text(input, id).unwrap_or_default());
        let mut world = self.world();
        if let Err(broken) = first_broken(&world, interface, target) {
            return Outcome { result: Err(ApiError::client(broken.message)), refused_by: Some(*broken.rule) };
        }
        match effect {
            Some(Effect::Late) => world.move_after_next_read(interface, target),
            Some(Effect::LateBy(delay)) => world.move_after(delay, interface, target),
            _ => {
                world.remember();
                world.start_move(interface, target);
            }
        }
        Ok(json!(world.interface(interface))).into()
    }

    fn read(&self, operation: Operation, input: &Item, effect: Option<Effect>) -> Result<Value, ApiError> {
        let endless = effect == Some(Effect::BadPageTokenLoop);
        let paging = Paging::read(operation, input, self.page_size, endless)?;
        let mut world = self.world();
        let answer = if effect == Some(Effect::Stale) {
            describe::answer(&world.before_last_change(), operation, input, &paging)
        } else {
            describe::answer(&world, operation, input, &paging)
        }?;
        let read = objects(&answer, "virtualInterfaces").filter_map(|item| text(item, "virtualInterfaceId"));
        let read: Vec<String> = read.map(str::to_owned).collect();
        world.was_read(&read);
        Ok(Value::Object(answer))
    }
}
