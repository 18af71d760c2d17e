//! The network between the function's own SDK clients and the simulator: it decides when a call arrives, what goes wrong
//! with it, and whether the process lives to see the answer. It must not know what the calls mean, but for the one that
//! moves, whose moment it notes.
//!
//! A call that was sent arrives, even if its sender is dead by then.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dx_sim::{Local, LocalAnswer};
use fastrand::Rng;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};

use crate::estate::{CANARY, moment};
use crate::history::Call;
use crate::plan::Plan;
use crate::trouble::Trouble;

tokio::task_local! {
    /// The attempt that a call is made by.
    pub static RUNNING: Arc<Running>;
}

/// An attempt while it runs.
pub struct Running {
    /// Its number.
    pub number: usize,
    /// Told when its process is killed.
    pub killed: Notify,
}

/// The network, and the world at its other end.
#[derive(Clone)]
pub struct Network(Arc<Shared>);

struct Shared {
    local: Local,
    began: Instant,
    state: Mutex<State>,
}

struct State {
    calls: Vec<Call>,
    counts: HashMap<String, u32>,
    plan: Plan,
    rng: Rng,
}

/// One call on its way.
struct Sent {
    index: usize,
    trouble: Option<Trouble>,
    there: Duration,
    back: Duration,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl Network {
    /// A network to this simulator, on which this goes wrong.
    #[must_use]
    pub fn new(local: Local, plan: Plan, rng: Rng) -> Self {
        let state = State { calls: Vec::new(), counts: HashMap::new(), plan, rng };
        Self(Arc::new(Shared { local, began: Instant::now(), state: Mutex::new(state) }))
    }

    /// The world at the other end.
    #[must_use]
    pub fn local(&self) -> &Local {
        &self.0.local
    }

    /// How long it has been there.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.began.elapsed()
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.state().calls.clone()
    }
}

impl HttpClient for Network {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let shared = Arc::clone(&self.0);
        let running = RUNNING.with(Arc::clone);
        HttpConnectorFuture::new(async move {
            let headers = headers_of(&request);
            let body = request.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
            let sent = shared.send(running.number, &headers, &body);
            if sent.trouble == Some(Trouble::KillBefore) {
                running.killed.notify_one();
                return std::future::pending().await;
            }
            let trouble = sent.trouble;
            let (answer, answered) = oneshot::channel();
            tokio::spawn(async move {
                sleep(sent.there).await;
                let arrived = shared.arrive(&sent, &headers, &body);
                if sent.trouble == Some(Trouble::KillAfter) {
                    running.killed.notify_one();
                    return;
                }
                sleep(sent.back).await;
                // Who asked may be gone.
                let _ = answer.send(arrived);
            });
            match answered.await {
                Ok(answer) => to_sdk(answer, trouble).await,
                Err(_) => std::future::pending().await,
            }
        })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, attempt: usize, headers: &HeaderMap, body: &[u8]) -> Sent {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let now = self.began.elapsed();
        let mut state = self.state();
        let State { calls, counts, plan, rng } = &mut *state;
        let nth = counts.entry(operation.clone()).or_default();
        *nth += 1;
        // Only the reads of whoever has just moved it may lag behind: see the page on reliability.
        let moved = |call: &Call| call.applied && call.attempt == attempt;
        let lagging = calls.iter().any(moved);
        let trouble = plan.trouble(&operation, *nth, now, lagging, rng);
        let pause = |rng: &mut Rng| Duration::from_millis(rng.u64(1..60));
        let (there, back) = (pause(rng), pause(rng));
        let back = if let Some(Trouble::Slow(seconds)) = trouble { Duration::from_secs(seconds) } else { back };
        calls.push(Call {
            sent: now,
            arrived: None,
            attempt,
            input: match operation.as_str() {
                "AssociateVirtualInterface" => serde_json::from_slice(body).unwrap_or_default(),
                _ => Value::Null,
            },
            leaks: body.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()),
            operation,
            nth: *nth,
            trouble,
            status: 0,
            moment: None,
            applied: false,
        });
        Sent { index: calls.len() - 1, trouble, there, back }
    }

    fn arrive(&self, sent: &Sent, headers: &HeaderMap, body: &[u8]) -> LocalAnswer {
        let input = {
            let mut state = self.state();
            let call = &mut state.calls[sent.index];
            call.arrived = Some(self.began.elapsed());
            (call.operation == "AssociateVirtualInterface").then(|| call.input.clone())
        };
        let made = || self.local.look(|world| world.moves() + world.moves_to_come());
        let (moment, before) = (input.map(|input| self.local.look(|world| moment(world, &input))), made());
        let answer = self.local.call(headers, body, sent.trouble.and_then(Trouble::effect));
        let applied = made() > before;
        let mut state = self.state();
        let call = &mut state.calls[sent.index];
        call.applied = applied && moment.is_some();
        call.moment = moment;
        if let LocalAnswer::Whole(response) | LocalAnswer::Cut(response) = &answer {
            call.status = response.status().as_u16();
        }
        answer
    }
}

fn headers_of(request: &HttpRequest) -> HeaderMap {
    let known = ["authorization", "content-type", "x-amz-target"];
    let pair = |name: &'static str| {
        let value = HeaderValue::from_str(request.headers().get(name)?).ok()?;
        Some((HeaderName::from_static(name), value))
    };
    known.into_iter().filter_map(pair).collect()
}

async fn to_sdk(answer: LocalAnswer, trouble: Option<Trouble>) -> Result<HttpResponse, ConnectorError> {
    let (response, cut) = match answer {
        LocalAnswer::Whole(response) => (response, false),
        LocalAnswer::Cut(response) => (response, true),
        LocalAnswer::Closed => return Err(ConnectorError::io("closed without an answer".into())),
        LocalAnswer::Never => return std::future::pending().await,
    };
    let (head, body) = response.into_parts();
    let mut bytes = body.to_vec();
    if cut {
        bytes.truncate(bytes.len() / 2);
    } else if trouble == Some(Trouble::Unknown) {
        bytes = with_unknown_members(&bytes);
    }
    let mut response = HttpResponse::new(head.status.into(), SdkBody::from(bytes));
    for (name, value) in &head.headers {
        if let Ok(value) = value.to_str() {
            response.headers_mut().insert(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

/// As AWS may answer some day.
fn with_unknown_members(body: &[u8]) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    answer["someNewMember"] = json!({"bgpAuthKey": CANARY});
    for interface in answer.get_mut("virtualInterfaces").and_then(Value::as_array_mut).into_iter().flatten() {
        interface["bgpAuthKeyV2"] = json!(CANARY);
    }
    answer.to_string().into_bytes()
}
