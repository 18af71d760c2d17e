//! The ledger's table on a stage, behind the function's back: the simulator's own, or one in the DynamoDB at the address in
//! `OTHER_DYNAMODB`, which then answers in the simulator's place (`.ci/ledger`). It must not know what items mean.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use dx_sim::{Item, Simulator};
use serde_json::{Value, json};

/// Who asks: the function's own key and Region, for by these an emulator knows whose table it is.
const AS_THE_FUNCTION: &str =
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/dynamodb/aws4_request";

/// The other DynamoDB, if there is to be one.
pub(crate) fn other() -> Option<SocketAddr> {
    let address = std::env::var("OTHER_DYNAMODB").ok()?;
    Some(address.parse().expect("OTHER_DYNAMODB is IP:PORT"))
}

/// A table, for the stage alone.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    name: String,
    other: Option<SocketAddr>,
}

impl Table {
    /// The simulator's, or a new one elsewhere.
    pub(crate) fn new() -> Self {
        static TABLES: AtomicUsize = AtomicUsize::new(0);
        let other = other();
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        let name = other.map_or("ledger".to_owned(), |_| format!("ledger-{}-{number}", std::process::id()));
        let table = Self { name, other };
        if let Some(other) = other {
            let of = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
            let typed = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
            let index = json!({
                "IndexName": "unfinished",
                "KeySchema": [of("unfinished", "HASH"), of("due", "RANGE")],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            });
            let members = json!({
                "TableName": table.name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [typed("id", "S"), typed("unfinished", "S"), typed("due", "N")],
                "KeySchema": [of("id", "HASH")],
                "GlobalSecondaryIndexes": [index],
            });
            ask(other, "CreateTable", &members);
        }
        table
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// All items, in the order of their ids.
    pub(crate) fn items(&self, simulator: &Simulator) -> Vec<Value> {
        let Some(other) = self.other else {
            let ledger = simulator.ledger();
            return ledger.get(&self.name).and_then(Value::as_array).cloned().unwrap_or_default();
        };
        let answer = ask(other, "Scan", &json!({"TableName": self.name, "ConsistentRead": true}));
        let mut items = answer["Items"].as_array().unwrap().clone();
        items.sort_by_key(|item| item["id"]["S"].to_string());
        items
    }

    /// Changes every item.
    pub(crate) fn change(&self, simulator: &Simulator, mut change: impl FnMut(&mut Item)) {
        let Some(other) = self.other else { return simulator.change_ledger(&self.name, change) };
        for mut item in self.items(simulator) {
            change(item.as_object_mut().unwrap());
            ask(other, "PutItem", &json!({"TableName": self.name, "Item": item}));
        }
    }
}

/// One call, which is to succeed. It holds the thread up: whoever answers is another process.
fn ask(other: SocketAddr, operation: &str, members: &Value) -> Value {
    let body = members.to_string();
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {other}\r\nconnection: close\r\nauthorization: {AS_THE_FUNCTION}\r\n\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\
         x-amz-target: DynamoDB_20120810.{operation}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(other).unwrap();
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{operation}: {answer}"));
    assert!(head.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{operation}: {error}: {answer}"))
}
