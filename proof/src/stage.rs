//! Runs invocations of the function's own code: the handler with the real SDK clients, over our network, on our clock. A
//! process is a future: it is killed by being dropped.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use associate_virtual_interface::associate::{Associate, Invocation, Settings};
use associate_virtual_interface::aws;
use associate_virtual_interface::aws::direct_connect::DirectConnect;
use associate_virtual_interface::aws::event_bus::EventBus;
use associate_virtual_interface::aws::ledger::Ledger;
use associate_virtual_interface::clock::Clock;
use aws_config::identity::IdentityCache;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use dx_sim::{Local, Options};
use fastrand::Rng;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::estate::{inventory, places};
use crate::history::{Attempt, Ended, History, Payload};
use crate::network::{Network, RUNNING, Running};
use crate::plan::Plan;

/// `IN_DOUBT_SECONDS`, its default.
pub const IN_DOUBT: Duration = Duration::from_mins(5);
/// What o'clock it is when a schedule begins: 2026-11-28T02:00:00Z.
const BEGAN: i64 = 1_795_831_200;
/// AWS's own pages have up to so many items.
pub const PAGE: usize = 100;
/// How long a move takes to settle.
const SETTLES: Duration = Duration::from_secs(20);
/// How often the sweeper comes.
const SWEEP: Duration = Duration::from_mins(1);
/// How long it is waited, in the end, for what is still on its way.
const QUIET: Duration = Duration::from_mins(3);
const MOST_SWEEPS: usize = 30;

/// One schedule while it runs.
pub struct Stage {
    network: Network,
    function: Associate,
    payloads: Vec<Payload>,
    attempts: Mutex<Vec<Attempt>>,
    places: Vec<(String, String)>,
}

/// In which circumstances an invocation is made.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// Lambda's id of it.
    pub lambda_request_id: String,
    /// How far its clock is off, in seconds.
    pub skew: i64,
    /// Lambda's time-out.
    pub timeout: Duration,
}

impl Stage {
    /// A stage with these requests, on which this goes wrong, with so many items a page. The seed is what the simulator's ids, the network and the
    /// SDK's own chance are drawn from.
    #[must_use]
    pub fn new(payloads: Vec<Payload>, plan: Plan, seed: u64, page_size: usize) -> Arc<Self> {
        fastrand::seed(seed);
        let options = Options { inventory: inventory(), settle: SETTLES, page_size, ..Options::default() };
        let local = Local::new(options, seed);
        let before = local.look(places);
        let network = Network::new(local, plan, Rng::with_seed(seed ^ 0x5eed));
        let configuration = configuration().to_builder().http_client(network.clone()).build();
        let settings = Settings {
            event_bus: "records".to_owned(),
            event_source: "associate-virtual-interface".to_owned(),
            max_request_age: time::Duration::minutes(15),
            min_healthy_paths: 1,
            ledger: Some("ledger".to_owned()),
            in_doubt: IN_DOUBT.try_into().unwrap_or_default(),
            region: "us-east-1".to_owned(),
        };
        let bus = EventBus::new(&configuration, settings.event_bus.clone(), settings.event_source.clone());
        let ledger = Ledger::new(&configuration, "ledger".to_owned(), settings.in_doubt);
        let function = Associate::new(DirectConnect::new(&configuration), bus, Some(ledger), settings);
        Arc::new(Self { network, function, payloads, attempts: Mutex::default(), places: before })
    }

    fn attempts(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the schedule has been running.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.network.elapsed()
    }

    /// How many requests somebody must still look after.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.network.local().unfinished()
    }

    /// Sends a request once and waits for what becomes of it.
    pub async fn send(&self, payload: usize, how: Circumstances) -> Ended {
        self.invoke(Some(payload), self.payloads[payload].json.clone(), how).await
    }

    /// Lets the sweeper work once.
    pub async fn sweep(&self, skew: i64) {
        let how = Circumstances { lambda_request_id: "sweep".to_owned(), skew, timeout: Duration::from_mins(1) };
        let now = (wall(self.elapsed()) + time::Duration::seconds(skew)).format(&Rfc3339).unwrap_or_default();
        let event = format!(
            r#"{{"version":"0","id":"sweep","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012",
            "time":"{now}","region":"us-east-1","resources":[],"detail":{{}}}}"#
        );
        self.invoke(None, event, how).await;
    }

    async fn invoke(&self, payload: Option<usize>, json: String, how: Circumstances) -> Ended {
        let began = self.elapsed();
        let clock = wall(began) + time::Duration::seconds(how.skew);
        let deadline = Instant::now() + how.timeout;
        let number = {
            let mut attempts = self.attempts();
            attempts.push(Attempt { payload, began, deadline: began + how.timeout, clock, ended: None });
            attempts.len() - 1
        };
        let milliseconds = (clock.unix_timestamp_nanos() / 1_000_000) + how.timeout.as_millis().cast_signed();
        let invocation = Invocation {
            request_id: how.lambda_request_id,
            nonce: number as u64,
            account: Some("123456789012".to_owned()),
            partition: "aws".to_owned(),
            trace: None,
            clock: Clock::start(clock, u64::try_from(milliseconds).unwrap_or_default()),
        };
        let running = Arc::new(Running { number, killed: Notify::new() });
        let process = async {
            tokio::select! {
                biased;
                () = running.killed.notified() => Ended::Killed,
                () = sleep_until(deadline) => Ended::TimedOut,
                told = self.function.handle(&json, &invocation) => match told.and_then(|told| told.answer) {
                    Ok(json) => Ended::Said(json.get().to_owned()),
                    Err(error) => Ended::Failed(error.name, error.message),
                },
            }
        };
        let ended = Box::pin(RUNNING.scope(Arc::clone(&running), process)).await;
        self.attempts()[number].ended = Some((self.elapsed(), ended.clone()));
        ended
    }

    /// The sweeper, as often as it finds something, until it is dropped.
    pub async fn keep_sweeping(&self, mut skew: impl FnMut() -> i64) {
        loop {
            sleep(SWEEP).await;
            if self.unfinished() > 0 {
                self.sweep(skew()).await;
            }
        }
    }

    /// Lets everything come to rest, and tells what happened.
    pub async fn finish(&self, unended: Vec<String>) -> History {
        for _ in 0..MOST_SWEEPS {
            sleep(QUIET).await;
            if self.unfinished() == 0 {
                break;
            }
            self.sweep(0).await;
        }
        let local = self.network.local();
        let places_now = local.look(places);
        let both = self.places.iter().zip(places_now);
        History {
            payloads: self.payloads.clone(),
            attempts: self.attempts().clone(),
            calls: self.network.calls(),
            events: local.events(),
            ledger: local.ledger(),
            places: both.map(|((id, before), (_, now))| (id.clone(), now, before.clone())).collect(),
            unended,
        }
    }
}

/// The time of day after so much of a schedule.
#[must_use]
pub fn wall(elapsed: Duration) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(BEGAN).unwrap_or(OffsetDateTime::UNIX_EPOCH) + elapsed
}

/// What the clients share, but for the network: made as the function itself makes it.
fn configuration() -> &'static SdkConfig {
    static CONFIGURATION: OnceLock<SdkConfig> = OnceLock::new();
    CONFIGURATION.get_or_init(|| {
        let nobody = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None);
        let loader = aws::defaults()
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            // A cache would draw a number from the seed's chance in the process's first schedule, and in no other.
            .identity_cache(IdentityCache::no_cache())
            .sleep_impl(TokioSleep::new())
            .endpoint_url("http://simulator.invalid");
        futures(loader.load())
    })
}

/// Waits for something that needs no clock, on a thread of its own: this one may be inside a runtime.
fn futures<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap_or_else(|error| unreachable!("{error}")).block_on(future)
        });
        waiting.join().unwrap_or_else(|_| unreachable!("the configuration is read"))
    })
}
