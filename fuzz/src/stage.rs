//! The function's own clients on a wire that ends here: every call is answered at once, as AWS would answer of a small
//! estate, or as the target wants it. The clock stands still until everybody waits.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use associate_virtual_interface::associate::{Associate, Invocation, Settings};
use associate_virtual_interface::aws;
use associate_virtual_interface::aws::direct_connect::DirectConnect;
use associate_virtual_interface::aws::event_bus::EventBus;
use associate_virtual_interface::aws::ledger::Ledger;
use associate_virtual_interface::clock::Clock;
use associate_virtual_interface::estate::Caller;
use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use time::Duration;
use tokio::runtime::Runtime;

use crate::canary::planted;
use crate::{INVOCATION, OWN_SOURCE, now};

/// The interface that is to be moved in the estate, which has its sibling, its neighbour and their ports, and where it is to go.
pub(crate) const INTERFACE: &str = "dxvif-fgprivt1";
pub(crate) const TARGET: &str = "dxlag-fgashlag";

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    Associate,
    Interface,
    /// The same once the call was made.
    InterfaceAfterwards,
    OnTarget,
    InRegion,
    Connections,
    Lags,
    Attachments,
    Routes,
    Interconnects,
    PutEvents,
    /// The ledger's item of a request.
    Entry,
    /// The ledger's item of an interface.
    Lease,
    /// None of these.
    Other,
}

/// What becomes of a call.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status, headers and a body.
    Said(u16, Vec<(&'static str, String)>, String),
    /// The connection fails in this way.
    Failed(Failure),
    /// Nothing, ever.
    Never,
}

/// How a connection fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    Io,
    TimedOut,
    User,
    Other,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::Said(200, Vec::new(), body.into())
    }
}

/// One call as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) asks: Asks,
    pub(crate) headers: String,
    pub(crate) body: String,
}

#[derive(Default)]
struct State {
    answers: Vec<(Asks, Answer)>,
    sent: Vec<Sent>,
}

/// The wire.
#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<State>>);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on these are answered so, and everything else as in the estate. Forgets what was sent.
    pub(crate) fn answer(&self, answers: Vec<(Asks, Answer)>) {
        *self.state() = State { answers, sent: Vec::new() };
    }

    /// What was sent since.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    fn take(&self, request: &HttpRequest) -> Answer {
        let body = request.body().bytes().unwrap_or_default();
        let mut state = self.state();
        let called = state.sent.iter().any(|sent| sent.asks == Asks::Associate);
        let asks = asked(request, body, called);
        let headers = request.headers().iter().map(|(name, value)| format!("{name}: {value}\n"));
        let body = String::from_utf8_lossy(body).into_owned();
        state.sent.push(Sent { asks, headers: headers.collect(), body });
        let wanted = state.answers.iter().find(|(one, _)| *one == asks);
        wanted.map_or_else(|| Answer::ok(healthy(asks)), |(_, answer)| answer.clone())
    }
}

fn asked(request: &HttpRequest, body: &[u8], called: bool) -> Asks {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let has = |name: &str| body.windows(name.len()).any(|part| part == name.as_bytes());
    match target.rsplit('.').next().unwrap_or_default() {
        "AssociateVirtualInterface" => Asks::Associate,
        "DescribeVirtualInterfaces" if has("\"virtualInterfaceId\"") && called => Asks::InterfaceAfterwards,
        "DescribeVirtualInterfaces" if has("\"virtualInterfaceId\"") => Asks::Interface,
        "DescribeVirtualInterfaces" if has("\"connectionId\"") => Asks::OnTarget,
        "DescribeVirtualInterfaces" => Asks::InRegion,
        "DescribeConnections" => Asks::Connections,
        "DescribeLags" => Asks::Lags,
        "DescribeDirectConnectGatewayAttachments" => Asks::Attachments,
        "ListVirtualInterfaceRoutes" => Asks::Routes,
        "DescribeInterconnects" => Asks::Interconnects,
        "PutEvents" => Asks::PutEvents,
        "GetItem" if has("\"req#") => Asks::Entry,
        "GetItem" => Asks::Lease,
        _ => Asks::Other,
    }
}

/// What AWS answers of the estate, with a secret wherever there may be one.
pub(crate) fn healthy(asks: Asks) -> &'static str {
    thread_local! {
        static ANSWERS: RefCell<Vec<(Asks, &'static str)>> = const { RefCell::new(Vec::new()) };
    }
    ANSWERS.with_borrow_mut(|answers| {
        if let Some((_, answer)) = answers.iter().find(|(one, _)| *one == asks) {
            return *answer;
        }
        let answer: &'static str = planted(&of_the_estate(asks).to_string(), true).leak();
        answers.push((asks, answer));
        answer
    })
}

fn of_the_estate(asks: Asks) -> Value {
    let estate: Value = serde_json::from_str(include_str!("../../simulator/inventory/estate.json")).expect("JSON");
    let all = |name: &str| estate[name].as_array().cloned().unwrap_or_default();
    let some = |name: &str, member: &str, ids: &[&str]| -> Vec<Value> {
        all(name).into_iter().filter(|one| ids.iter().any(|id| one[member] == *id)).collect()
    };
    let interfaces = |member: &str, value: &str| -> Value {
        let that = some("virtualInterfaces", "virtualInterfaceId", &[INTERFACE, "dxvif-fgprivt2", "dxvif-fglagvif"]);
        let that = that.into_iter().filter(|one| member.is_empty() || one[member] == value);
        json!({ "virtualInterfaces": that.collect::<Vec<_>>() })
    };
    let moving = || interfaces("virtualInterfaceId", INTERFACE);
    match asks {
        Asks::Associate => {
            let mut moved = moving()["virtualInterfaces"][0].take();
            moved["connectionId"] = json!(TARGET);
            moved
        }
        Asks::Interface | Asks::InterfaceAfterwards => moving(),
        Asks::OnTarget => interfaces("connectionId", TARGET),
        Asks::InRegion => interfaces("", ""),
        Asks::Connections => {
            json!({ "connections": some("connections", "connectionId", &["dxcon-fgashbn1", "dxcon-fgcsva01"]) })
        }
        Asks::Lags => json!({ "lags": all("lags") }),
        Asks::Attachments => {
            json!({ "directConnectGatewayAttachments": some("directConnectGatewayAttachments", "virtualInterfaceId", &[INTERFACE]) })
        }
        Asks::Routes => json!({ "routes": estate["routes"][INTERFACE] }),
        Asks::Interconnects => json!({ "interconnects": [] }),
        Asks::PutEvents => json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] }),
        Asks::Entry | Asks::Lease | Asks::Other => json!({}),
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let failed = |failure| match failure {
            Failure::Io => ConnectorError::io("reset".into()),
            Failure::TimedOut => ConnectorError::timeout("timed out".into()),
            Failure::User => ConnectorError::user("not a request".into()),
            Failure::Other => ConnectorError::other("something else".into(), None),
        };
        match self.take(&request) {
            Answer::Said(status, headers, body) => {
                let status = status.clamp(100, 999).try_into().expect("a status");
                let mut response = HttpResponse::new(status, SdkBody::from(body));
                for (name, value) in headers {
                    // What HTTP does not let through cannot come.
                    let _ = response.headers_mut().try_insert(name, value);
                }
                HttpConnectorFuture::ready(Ok(response))
            }
            Answer::Failed(failure) => HttpConnectorFuture::ready(Err(failed(failure))),
            Answer::Never => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

/// The clients, the function over them, and the clock.
pub(crate) struct Stage {
    runtime: Runtime,
    pub(crate) wire: Wire,
    pub(crate) direct_connect: DirectConnect,
    pub(crate) ledger: Ledger,
    pub(crate) function: Associate,
}

/// Runs on the stage, which is set once.
pub(crate) fn on_stage<T>(play: impl FnOnce(&Stage) -> T) -> T {
    thread_local! {
        static STAGE: Stage = Stage::new();
    }
    STAGE.with(play)
}

impl Stage {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime without threads");
        let wire = Wire::default();
        let configuration = runtime.block_on(configuration()).to_builder().http_client(wire.clone()).build();
        let settings = Settings {
            event_bus: "records".to_owned(),
            event_source: OWN_SOURCE.to_owned(),
            max_request_age: Duration::seconds(crate::MAX_AGE),
            min_healthy_paths: 1,
            ledger: None,
            in_doubt: Duration::minutes(5),
            region: "us-east-1".to_owned(),
        };
        let direct_connect = DirectConnect::new(&configuration);
        let bus = EventBus::new(&configuration, settings.event_bus.clone(), settings.event_source.clone());
        let ledger = Ledger::new(&configuration, "ledger".to_owned(), settings.in_doubt);
        let function = Associate::new(direct_connect.clone(), bus, None, settings);
        Self { runtime, wire, direct_connect, ledger, function }
    }

    pub(crate) fn wait<T>(&self, play: impl Future<Output = T>) -> T {
        self.runtime.block_on(play)
    }
}

/// An invocation that begins now, with a minute to go.
pub(crate) fn invocation() -> Invocation {
    let deadline = (now() + Duration::minutes(1)).unix_timestamp() * 1000;
    Invocation {
        request_id: INVOCATION.to_owned(),
        nonce: 1,
        account: Some("123456789012".to_owned()),
        partition: "aws".to_owned(),
        trace: None,
        clock: Clock::start(now(), u64::try_from(deadline).expect("after 1970")),
    }
}

/// On whose behalf.
pub(crate) fn caller() -> Caller {
    Caller {
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        min_healthy_paths: 1,
    }
}

/// As the function itself has it, but that a read is not repeated: its quota of retries would make one input depend on
/// those before.
async fn configuration() -> SdkConfig {
    let nobody = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None);
    let loader = aws::defaults()
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(nobody))
        .sleep_impl(TokioSleep::new())
        .retry_config(RetryConfig::disabled())
        .endpoint_url("http://aws.invalid");
    loader.load().await
}
