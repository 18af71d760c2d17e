//! HTTP: the port, the paths, and the ways to break a connection on purpose.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Shared;
use crate::fault::{Fault, Faults};
use crate::lambda::{Invocation, RUNTIME};
use crate::service::{Call, Reply};

/// Where Lambda's Invoke begins and ends; the function's name is in between.
const INVOKE: (&str, &str) = ("/2015-03-31/functions/", "/invocations");

/// Accepts connections until it is aborted; the connections end with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        let service = service_fn(|request| answer(&shared, request));
                        // An error here is a client that went away, or a connection that was broken on purpose.
                        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                    });
                }
                Err(error) => crate::complain(&format!("a connection was not accepted: {error}")),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers one request; an error closes the connection without an answer.
async fn answer(shared: &Shared, request: Request<Incoming>) -> io::Result<Response<Reading>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let path = head.uri.path();
    if let Some(path) = path.strip_prefix(RUNTIME) {
        return Ok(shared.lambda.runtime(&head.method, path, body).await.map(Reading::whole));
    }
    if let Some(name) = path.strip_prefix(INVOKE.0).and_then(|rest| rest.strip_suffix(INVOKE.1)) {
        return Ok(invoke(shared, name, &head.headers, body).await.map(Reading::whole));
    }
    match (&head.method, path) {
        (&Method::POST, "/") => match shared.service.call(&head.headers, &body).await {
            Reply::Whole(response) => Ok(response.map(Reading::whole)),
            Reply::Cut(response) => Ok(response.map(|body| Reading::cut(&body))),
            Reply::Closed => Err(io::Error::other("closed on purpose")),
            Reply::Never => std::future::pending().await,
        },
        (&Method::GET, "/_sim/calls") => {
            let calls = shared.service.calls();
            Ok(show(&calls.iter().map(Call::to_json).collect()))
        }
        (&Method::GET, "/_sim/events") => Ok(show(&Value::Array(shared.service.events()))),
        (&Method::GET, "/_sim/ledger") => Ok(show(&shared.service.ledger().to_json())),
        (&Method::GET, "/_sim/world") => Ok(show(&shared.service.masked_world())),
        (&Method::PUT, "/_sim/faults") => Ok(with_other_faults(shared, &body)),
        (method, path) => {
            crate::complain(&format!("{method} {path} is not served"));
            let body = json!({"message": format!("{method} {path} is not served")});
            Ok(with_status(StatusCode::NOT_FOUND, show(&body)))
        }
    }
}

/// Takes a JSON list of faults in place of those that there were.
fn with_other_faults(shared: &Shared, body: &[u8]) -> Response<Reading> {
    let specs: Result<Vec<String>, String> = serde_json::from_slice(body).map_err(|error| error.to_string());
    let faults = specs.and_then(|specs| {
        let read = |spec: &String| spec.parse::<Fault>().map_err(|error| error.to_string());
        specs.iter().map(read).collect::<Result<Vec<_>, _>>()
    });
    match faults {
        Ok(faults) => {
            shared.service.set_faults(Faults::new(faults));
            show(&json!({}))
        }
        Err(message) => with_status(StatusCode::BAD_REQUEST, show(&json!({"message": message}))),
    }
}

/// Lambda's Invoke, of the one kind that waits for the answer.
async fn invoke(shared: &Shared, name: &str, headers: &HeaderMap, payload: Bytes) -> Response<Bytes> {
    let kind = headers.get("x-amz-invocation-type").map(HeaderValue::as_bytes);
    if kind.is_some_and(|kind| kind != b"RequestResponse") {
        let message = "only the invocation type RequestResponse is simulated";
        crate::complain(message);
        let body = json!({"Type": "User", "message": message}).to_string();
        let mut response = with_status(StatusCode::BAD_REQUEST, Response::new(body.into()));
        let error = HeaderValue::from_static("InvalidParameterValueException");
        response.headers_mut().insert("x-amzn-errortype", error);
        return response;
    }
    let name = name.replace("%3A", ":");
    let arn = if name.starts_with("arn:") { name } else { shared.function_arn(&name) };
    let answer = shared.lambda.invoke(payload, Invocation::default(), arn).await;
    let mut response = Response::new(answer.payload);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
    if let Ok(id) = HeaderValue::try_from(answer.request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if answer.function_error {
        headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    response
}

fn show(value: &Value) -> Response<Reading> {
    let mut response = Response::new(Reading::whole(value.to_string().into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn with_status<B>(status: StatusCode, mut response: Response<B>) -> Response<B> {
    *response.status_mut() = status;
    response
}

/// A body as the client gets to read it: whole, or announced whole and broken off in the middle.
struct Reading {
    rest: Option<Bytes>,
    /// How many of the announced bytes never come.
    withheld: u64,
    /// The first part is on its way; the connection may be closed.
    flushed: bool,
}

impl Reading {
    fn whole(body: Bytes) -> Self {
        Self { rest: Some(body), withheld: 0, flushed: false }
    }

    fn cut(body: &Bytes) -> Self {
        let half = body.slice(..body.len() / 2);
        Self { withheld: (body.len() - half.len()) as u64, rest: Some(half), flushed: false }
    }
}

impl Body for Reading {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(part) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if self.withheld == 0 {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // One turn of waiting, in which hyper sends what it has.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other("broken off on purpose"))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.withheld == 0
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.len() as u64);
        SizeHint::with_exact(rest + self.withheld)
    }
}

/// The address is always a loopback one: what answers here believes everyone.
pub(crate) async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await
}
