//! A small HTTP client that shows exactly what came over the wire, broken answers included.

use std::net::SocketAddr;

use dx_sim::Simulator;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the simulator answers in UTF-8")
    }

    /// The error code and the message of a refused call.
    pub(crate) fn error(&self) -> (String, String) {
        let json = self.json();
        let member = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned();
        (member("__type"), member("message"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head, body: bytes[end + 4..].to_vec() })
    }
}

/// Sends a request and returns the connection, for answers that may not come.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TcpStream {
    let length = body.len().to_string();
    let own =
        [("host", &*address.to_string()), ("connection", "close"), ("content-length", &length)].map(line).concat();
    let given: String = headers.iter().copied().map(line).collect();
    let request = format!("{method} {path} HTTP/1.1\r\n{own}{given}\r\n{body}");
    let mut stream = TcpStream::connect(address).await.expect("the simulator listens");
    stream.write_all(request.as_bytes()).await.expect("the simulator reads");
    stream
}

fn line((name, value): (&str, &str)) -> String {
    format!("{name}: {value}\r\n")
}

/// Everything that comes until the connection is closed; nothing if it is closed without an answer.
pub(crate) async fn receive(mut stream: TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    // A reset ends the answer like a close does.
    let _ = stream.read_to_end(&mut bytes).await;
    Answer::parse(&bytes)
}

pub(crate) async fn request(sim: &Simulator, method: &str, path: &str, body: &str) -> Answer {
    receive(send(sim.address(), method, path, &[], body).await).await.expect("there is an answer")
}

/// The headers of a call as an SDK sends them.
pub(crate) fn headers(target: &str) -> [(&str, &str); 3] {
    let json = if target.starts_with("DynamoDB") { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" };
    [("content-type", json), ("authorization", "AWS4-HMAC-SHA256 Credential=test"), ("x-amz-target", target)]
}

fn target(operation: &str) -> String {
    let prefix = match operation {
        "PutEvents" => "AWSEvents",
        "GetItem" | "PutItem" | "UpdateItem" | "TransactWriteItems" | "Query" => "DynamoDB_20120810",
        _ => "OvertureService",
    };
    format!("{prefix}.{operation}")
}

/// Starts a call and leaves the answer on the connection.
pub(crate) async fn begin(sim: &Simulator, operation: &str, input: &Value) -> TcpStream {
    send(sim.address(), "POST", "/", &headers(&target(operation)), &input.to_string()).await
}

/// Calls an operation; nothing if the connection was closed without an answer.
pub(crate) async fn try_call(sim: &Simulator, operation: &str, input: &Value) -> Option<Answer> {
    receive(begin(sim, operation, input).await).await
}

/// Calls an operation.
pub(crate) async fn call(sim: &Simulator, operation: &str, input: Value) -> Answer {
    try_call(sim, operation, &input).await.expect("there is an answer")
}
