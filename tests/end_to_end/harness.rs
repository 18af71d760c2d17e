//! A stage for one test: a simulator on a free port, and a function's own binary working against it.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use associate_virtual_interface::error::Name;
use dx_sim::{Fault, Inventory, Invocation, Item, Options, Simulator, World};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::table::{self, Table};

/// The function that moves.
pub(crate) const ASSOCIATE: &str = env!("CARGO_BIN_EXE_associate");

/// The function that says whether a move has settled.
pub(crate) const VERIFY: &str = env!("CARGO_BIN_EXE_verify");
/// The function that plans.
pub(crate) const EVACUATE: &str = env!("CARGO_BIN_EXE_evacuate");

/// The ledger's table, by its name; which one it is on a stage, the stage decides.
const LEDGER_TABLE: &str = "LEDGER_TABLE";

/// The simulator, the function, and what the function wrote.
pub(crate) struct Stage {
    pub(crate) simulator: Arc<Simulator>,
    /// Where the function gets its invocations from: the simulator itself, or, for a second function, one of its own.
    runtime: Arc<Simulator>,
    function: Child,
    output: Arc<Mutex<Vec<String>>>,
    /// The ledger's, if the function has one.
    table: Option<Table>,
}

/// What the caller of the function gets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    Record(Value),
    Error { name: String, message: String },
}

impl Said {
    pub(crate) fn record(self) -> Value {
        match self {
            Self::Record(record) => record,
            Self::Error { name, message } => panic!("expected a record, got {name}: {message}"),
        }
    }

    /// The name of the error, or of the outcome.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Record(record) => record["outcome"].as_str().unwrap(),
            Self::Error { name, .. } => name,
        }
    }

    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Record(record) => panic!("expected an error, got {record}"),
            Self::Error { message, .. } => message,
        }
    }
}

/// The error of this name, from the one list of them.
pub(crate) fn error_name(text: &str) -> Name {
    Name::ALL.into_iter().find(|name| name.as_str() == text).unwrap_or_else(|| panic!("{text} is not one of our names"))
}

/// One of the files in `events/`.
pub(crate) fn event(name: &str) -> Value {
    let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect(&path)
}

/// The default move of the example estate: a private interface that carries traffic, onto the LAG.
pub(crate) fn request() -> Value {
    event("request")
}

/// The request with some members set (or, by null, taken away).
#[expect(clippy::needless_pass_by_value, reason = "every caller writes the members in place")]
pub(crate) fn request_with(members: Value) -> Value {
    let mut request = request();
    for (name, value) in members.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

#[expect(clippy::disallowed_methods, reason = "envelopes are judged by the age that they have now")]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

pub(crate) fn faults(specs: &[&str]) -> Vec<Fault> {
    specs.iter().map(|spec| spec.parse().expect(spec)).collect()
}

impl Stage {
    /// The example estate.
    pub(crate) async fn new() -> Self {
        Self::with(Options::default(), &[]).await
    }

    /// The example estate, changed.
    pub(crate) async fn changed(change: impl FnOnce(&mut World)) -> Self {
        let stage = Self::new().await;
        stage.simulator.change(change);
        stage
    }

    /// The example estate with faults.
    pub(crate) async fn with_faults(specs: &[&str]) -> Self {
        Self::with(Options { faults: faults(specs), ..Options::default() }, &[]).await
    }

    /// The example estate under these options (whose inventory is not looked at), and a function with more environment.
    pub(crate) async fn with(options: Options, environment: &[(&str, &str)]) -> Self {
        Self::on(Options { inventory: Inventory::example(), ..options }, environment).await
    }

    /// Any estate.
    pub(crate) async fn on(options: Options, environment: &[(&str, &str)]) -> Self {
        Self::of(ASSOCIATE, options, environment).await
    }

    /// Any function over any estate.
    pub(crate) async fn of(binary: &str, options: Options, environment: &[(&str, &str)]) -> Self {
        let options = Options { dynamodb: table::other(), ..options };
        let simulator = Arc::new(Simulator::start(options).await.unwrap());
        let table = has_ledger(environment).then(Table::new);
        Self::run(binary, Arc::clone(&simulator), simulator, table, environment)
    }

    /// Another function over the same estate.
    pub(crate) async fn beside(&self, binary: &str, environment: &[(&str, &str)]) -> Self {
        let runtime = Arc::new(Simulator::start(Options::default()).await.unwrap());
        let table = self.table.clone().filter(|_| has_ledger(environment));
        Self::run(binary, Arc::clone(&self.simulator), runtime, table, environment)
    }

    fn run(
        binary: &str,
        simulator: Arc<Simulator>,
        runtime: Arc<Simulator>,
        table: Option<Table>,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut function = Command::new(binary)
            .env_clear()
            .envs(simulator.environment())
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address().to_string())
            .env("EVENT_BUS_NAME", "associate-virtual-interface")
            .envs(environment.iter().copied())
            .envs(table.iter().map(|table| (LEDGER_TABLE, table.name())))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(Vec::new()));
        collect(function.stdout.take().unwrap(), &output);
        collect(function.stderr.take().unwrap(), &output);
        Self { simulator, runtime, function, output, table }
    }

    /// Invokes the function with a request that deserves to be read as JSON.
    pub(crate) async fn ask(&self, request: &Value) -> Said {
        self.ask_as(request.to_string(), Invocation::default()).await
    }

    /// Invokes the function with any bytes, in any circumstances.
    pub(crate) async fn ask_as(&self, payload: impl Into<Vec<u8>>, invocation: Invocation) -> Said {
        let answer = self.runtime.invoke(payload.into(), invocation).await;
        let payload: Value = serde_json::from_slice(&answer.payload).unwrap();
        if answer.function_error {
            let text = |name: &str| payload[name].as_str().unwrap_or_else(|| panic!("no {name}: {payload}")).to_owned();
            Said::Error { name: text("errorType"), message: text("errorMessage") }
        } else {
            Said::Record(payload)
        }
    }

    /// How often the mutating call reached the simulator.
    pub(crate) fn associate_calls(&self) -> usize {
        self.count("AssociateVirtualInterface")
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        self.simulator.calls().iter().filter(|call| call.operation == operation).count()
    }

    /// Where the interface is in the simulator's world.
    pub(crate) fn place_of(&self, virtual_interface: &str) -> String {
        let world = self.simulator.world();
        let all = world["virtualInterfaces"].as_array().unwrap();
        let one = all.iter().find(|one| one["virtualInterfaceId"] == virtual_interface).unwrap();
        one["connectionId"].as_str().unwrap().to_owned()
    }

    /// The `detail` of every event on the bus.
    pub(crate) fn emitted(&self) -> Vec<Value> {
        self.simulator.events().into_iter().map(|event| event["Detail"].clone()).collect()
    }

    /// The items of the ledger.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.table.iter().flat_map(|table| table.items(&self.simulator)).collect()
    }

    /// Changes every item of the ledger behind the function's back.
    pub(crate) fn change_items(&self, change: impl FnMut(&mut Item)) {
        self.table.as_ref().unwrap().change(&self.simulator, change);
    }

    /// Everything that the function has written so far.
    pub(crate) fn output(&self) -> Vec<String> {
        self.output.lock().unwrap().clone()
    }

    /// SIGKILL: the process has no time for a last word.
    pub(crate) async fn kill(&mut self) {
        self.function.kill().await.unwrap();
    }

    /// Ends the function and gives all that it wrote.
    pub(crate) async fn finish(mut self) -> Vec<String> {
        self.function.kill().await.unwrap();
        // The pipes are drained once their readers have dropped their handles.
        while Arc::strong_count(&self.output) > 1 {
            tokio::task::yield_now().await;
        }
        self.output()
    }
}

fn has_ledger(environment: &[(&str, &str)]) -> bool {
    environment.iter().any(|(name, _)| *name == LEDGER_TABLE)
}

fn collect(pipe: impl AsyncRead + Unpin + Send + 'static, into: &Arc<Mutex<Vec<String>>>) {
    let into = Arc::clone(into);
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            into.lock().unwrap().push(line);
        }
    });
}

/// The findings of a record as (check, severity, code).
pub(crate) fn findings(record: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = record["checks"]["findings"].as_array().unwrap().iter();
    all.map(|found| (text(&found["check"]), text(&found["severity"]), text(&found["code"]))).collect()
}

/// What a guard is overridden with in these tests.
pub(crate) fn accept(checks: &[&str]) -> Value {
    json!(checks.iter().map(|check| json!({"check": check, "reason": "a test says so"})).collect::<Vec<_>>())
}
