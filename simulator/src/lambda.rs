//! The Lambda Runtime API, and the Invoke that feeds it.
//!
//! An invocation waits until a runtime asks for the next one, and then until that runtime answers, or until its time is
//! over. Lambda would kill a function whose time is over; here only the caller is told, in Lambda's words.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};

use crate::{clock, ids};

/// Where the Runtime API begins.
pub(crate) const RUNTIME: &str = "/2018-06-01/runtime/";

/// How a function is invoked. Everything has a default.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The request id, unique among the invocations under way; by default a fresh one.
    pub request_id: Option<String>,
    /// How long the function may take once it has the invocation, and how long a runtime has to ask for it.
    pub timeout: Duration,
    /// The raw value of `Lambda-Runtime-Deadline-Ms`, for emulators that send odd ones; by default now and the timeout.
    pub deadline_ms: Option<u64>,
    /// The function's ARN; by default that of a function `associate` in the simulated account.
    pub function_arn: Option<String>,
    /// The value of `Lambda-Runtime-Trace-Id`; by default a fresh one that is not sampled.
    pub trace_id: Option<String>,
}

impl Default for Invocation {
    fn default() -> Self {
        Self {
            request_id: None,
            timeout: Duration::from_mins(1),
            deadline_ms: None,
            function_arn: None,
            trace_id: None,
        }
    }
}

/// What became of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The id under which the function knew it.
    pub request_id: String,
    /// Whether the payload is an error: the function's own, its runtime's, or the time-out.
    pub function_error: bool,
    /// What the function answered.
    pub payload: Bytes,
    /// From the moment the runtime had the invocation to the answer.
    pub took: Duration,
}

/// The invocations that are waiting for a runtime, and those that one has.
#[derive(Default)]
pub(crate) struct Lambda {
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    running: Vec<(String, oneshot::Sender<Verdict>)>,
    /// What a runtime said when it could not start; every invocation after it is answered with that.
    init_error: Option<Bytes>,
}

struct Waiting {
    request_id: String,
    payload: Bytes,
    invocation: Invocation,
    function_arn: String,
    taken: oneshot::Sender<Instant>,
    answered: oneshot::Sender<Verdict>,
}

struct Verdict {
    function_error: bool,
    payload: Bytes,
}

impl Lambda {
    /// Queues an invocation and waits for what becomes of it.
    pub(crate) async fn invoke(&self, payload: Bytes, invocation: Invocation, function_arn: String) -> Answer {
        let request_id = invocation.request_id.clone().unwrap_or_else(ids::uuid);
        let limit = invocation.timeout;
        let (taken, when_taken) = oneshot::channel();
        let (answered, when_answered) = oneshot::channel();
        let waiting = Waiting { request_id: request_id.clone(), payload, invocation, function_arn, taken, answered };
        if let Some(verdict) = self.enqueue(waiting) {
            return answer(request_id, verdict, Duration::ZERO);
        }
        let Ok(Ok(begun)) = timeout(limit, when_taken).await else {
            self.lock().waiting.retain(|waiting| waiting.request_id != request_id);
            return answer(request_id, nobody_came(limit), Duration::ZERO);
        };
        let verdict = if let Ok(Ok(verdict)) = timeout(limit, when_answered).await {
            verdict
        } else {
            self.lock().running.retain(|(id, _)| *id != request_id);
            timed_out(&request_id, limit)
        };
        answer(request_id, verdict, begun.elapsed())
    }

    /// Answers a request of a runtime. The path is what comes after [`RUNTIME`].
    pub(crate) async fn runtime(&self, method: &Method, path: &str, body: Bytes) -> Response<Bytes> {
        let parts: Vec<&str> = path.split('/').collect();
        match (method, parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.finish(id, false, body),
            (&Method::POST, ["invocation", id, "error"]) => self.finish(id, true, body),
            (&Method::POST, ["init", "error"]) => self.init_error(body),
            _ => refuse(
                StatusCode::NOT_FOUND,
                "NotFound",
                &format!("{method} {RUNTIME}{path} is not in the Runtime API"),
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an invocation into the queue, or says at once that the runtime could not start.
    fn enqueue(&self, waiting: Waiting) -> Option<Verdict> {
        let mut queue = self.lock();
        if let Some(payload) = queue.init_error.clone() {
            return Some(Verdict { function_error: true, payload });
        }
        queue.waiting.push_back(waiting);
        self.arrived.notify_one();
        None
    }

    /// Hands out the next invocation, as soon as there is one.
    async fn next(&self) -> Response<Bytes> {
        self.lock().init_error = None;
        loop {
            let arrived = self.arrived.notified();
            if let Some(response) = self.take() {
                return response;
            }
            arrived.await;
        }
    }

    fn take(&self) -> Option<Response<Bytes>> {
        let mut queue = self.lock();
        loop {
            let waiting = queue.waiting.pop_front()?;
            let response = invocation_response(&waiting);
            // The caller that is gone takes its invocation with it.
            if waiting.taken.send(Instant::now()).is_ok() {
                queue.running.push((waiting.request_id, waiting.answered));
                return Some(response);
            }
        }
    }

    fn finish(&self, id: &str, function_error: bool, payload: Bytes) -> Response<Bytes> {
        let mut queue = self.lock();
        let running = queue.running.iter().position(|(running, _)| running == id);
        let sender = running.map(|index| queue.running.swap_remove(index).1);
        let known = sender.is_some_and(|sender| sender.send(Verdict { function_error, payload }).is_ok());
        if known {
            accepted()
        } else {
            refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", &format!("no invocation {id} is running"))
        }
    }

    fn init_error(&self, payload: Bytes) -> Response<Bytes> {
        let mut queue = self.lock();
        for waiting in std::mem::take(&mut queue.waiting) {
            // A caller that is gone needs no answer.
            let _ = waiting.taken.send(Instant::now());
            let _ = waiting.answered.send(Verdict { function_error: true, payload: payload.clone() });
        }
        queue.init_error = Some(payload);
        accepted()
    }
}

fn answer(request_id: String, verdict: Verdict, took: Duration) -> Answer {
    Answer { request_id, function_error: verdict.function_error, payload: verdict.payload, took }
}

fn timed_out(request_id: &str, limit: Duration) -> Verdict {
    let seconds = limit.as_secs_f64();
    let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
    sandbox_error("Sandbox.Timedout", &message)
}

fn nobody_came(limit: Duration) -> Verdict {
    let message = format!("no runtime asked for the invocation within {:.2} seconds", limit.as_secs_f64());
    sandbox_error("Runtime.NotStarted", &message)
}

fn sandbox_error(kind: &str, message: &str) -> Verdict {
    let payload = json!({"errorType": kind, "errorMessage": message}).to_string();
    Verdict { function_error: true, payload: payload.into() }
}

/// The invocation as a runtime gets it. Its deadline begins now.
fn invocation_response(waiting: &Waiting) -> Response<Bytes> {
    let invocation = &waiting.invocation;
    let deadline = invocation
        .deadline_ms
        .unwrap_or_else(|| u64::try_from((clock::since_epoch() + invocation.timeout).as_millis()).unwrap_or(u64::MAX));
    let trace = invocation.trace_id.clone().unwrap_or_else(ids::trace);
    let mut response = Response::new(waiting.payload.clone());
    for (name, value) in [
        ("lambda-runtime-aws-request-id", waiting.request_id.as_str()),
        ("lambda-runtime-deadline-ms", &deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", &waiting.function_arn),
        ("lambda-runtime-trace-id", &trace),
        ("content-type", "application/json"),
    ] {
        // A value that no header can hold is the caller's own, and is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn accepted() -> Response<Bytes> {
    json_response(StatusCode::ACCEPTED, &json!({"status": "OK"}))
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response<Bytes> {
    crate::complain(message);
    json_response(status, &json!({"errorType": kind, "errorMessage": message}))
}

fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
