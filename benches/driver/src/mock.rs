//! AWS with a delay that is always the same: Direct Connect, EventBridge and DynamoDB, each a host of its own as in AWS,
//! answered from one world of the simulator.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dx_sim::{Local, LocalAnswer, Options};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::certificates::Tls;
use crate::estate::{INTERFACE, SOURCE, Size, estate};
use crate::scheduling::stand_back;
use crate::variant::TABLE;
use crate::{Error, http, say};

/// Members of an input that only say how an answer is cut.
const OF_PAGES: [&str; 2] = ["maxResults", "nextToken"];

/// How many connections a port has at once. No client here opens more than ten.
const CONNECTIONS: usize = 16;

/// Direct Connect, EventBridge and DynamoDB, by different names: with one name a client would take up its TLS session with
/// the one at the other, which in AWS it cannot.
pub(crate) const HOSTS: [Ipv4Addr; 3] = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];

/// Operations with the members of their input that say what is asked for, and how often each was called.
pub(crate) type Calls = BTreeMap<String, usize>;

/// A running mock. Its threads end with the process.
pub(crate) struct Mock {
    shared: Arc<Shared>,
    direct_connect: SocketAddr,
    event_bus: SocketAddr,
    ledger: SocketAddr,
}

/// What the connections share.
struct Shared {
    world: Local,
    delay: Duration,
    tls: Arc<ServerConfig>,
    journal: Mutex<Journal>,
}

#[derive(Default)]
struct Journal {
    calls: Calls,
    /// What each answer really took, from the end of the request.
    took: Vec<Duration>,
}

impl Shared {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mock {
    /// Starts it over an estate of that size.
    pub(crate) fn start(tls: &Tls, delay: Duration, size: Size) -> Result<Self, Error> {
        let world = Local::new(Options { inventory: estate(size)?, ..Options::default() }, 1);
        let shared = Arc::new(Shared { world, delay, tls: Arc::clone(&tls.server), journal: Mutex::default() });
        let [direct_connect, event_bus, ledger] = HOSTS;
        let listen = |host| serve(&shared, host);
        let (direct_connect, event_bus, ledger) = (listen(direct_connect)?, listen(event_bus)?, listen(ledger)?);
        Ok(Self { shared, direct_connect, event_bus, ledger })
    }

    /// What tells every SDK where AWS is.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        let url = |address: SocketAddr| format!("https://{address}");
        [
            ("AWS_ENDPOINT_URL", url(self.direct_connect)),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", url(self.event_bus)),
            ("AWS_ENDPOINT_URL_DYNAMODB", url(self.ledger)),
        ]
    }

    /// Puts the interface back, settled and with its sessions up, so that it can be moved again; and forgets the calls. To
    /// the ledger the move before was long ago: after a recent one the function reads everything twice.
    pub(crate) fn reset(&self) {
        self.shared.world.change(|world| {
            world.start_move(INTERFACE, SOURCE);
            world.settle_now();
        });
        self.shared.world.change_ledger(TABLE, |item| _ = item.remove("free_since"));
        self.shared.journal().calls.clear();
    }

    /// The calls since the last reset.
    pub(crate) fn calls(&self) -> Calls {
        self.shared.journal().calls.clone()
    }

    /// What the answers took so far.
    pub(crate) fn took(&self) -> Vec<Duration> {
        self.shared.journal().took.clone()
    }
}

/// Listens as that host. The threads for the connections are there before them: to make one takes as long as to
/// answer.
fn serve(shared: &Arc<Shared>, host: Ipv4Addr) -> io::Result<SocketAddr> {
    let listener = Arc::new(TcpListener::bind((host, 0))?);
    let address = listener.local_addr()?;
    thread::scope(|threads| {
        // They inherit where this one stands.
        threads.spawn(|| {
            if let Err(error) = stand_back() {
                say(&format!("the mock of AWS is in the way: {error}"));
            }
            for _ in 0..CONNECTIONS {
                let (shared, listener) = (Arc::clone(shared), Arc::clone(&listener));
                thread::spawn(move || {
                    for stream in listener.incoming().flatten() {
                        // An error here is a client that was killed.
                        let _ = connection(stream, &shared);
                    }
                });
            }
        });
    });
    Ok(address)
}

fn connection(stream: TcpStream, shared: &Shared) -> Result<(), Error> {
    nix::sys::prctl::set_timerslack(1)?;
    stream.set_nodelay(true)?;
    let tls = ServerConnection::new(Arc::clone(&shared.tls))?;
    let mut stream = BufReader::with_capacity(64 * 1024, StreamOwned::new(tls, stream));
    while let Some(request) = http::read(&mut stream)? {
        let began = Instant::now();
        let called = called(&request);
        let LocalAnswer::Whole(answer) = shared.world.call(&request.headers, &request.body, None) else { break };
        let headers = answer.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let whole = http::answer(answer.status().as_u16(), headers, answer.body())?;
        // The delay is what is measured against, and not a wait for somebody: AWS takes its time.
        thread::sleep(shared.delay.saturating_sub(began.elapsed()));
        let mut journal = shared.journal();
        *journal.calls.entry(called).or_default() += 1;
        journal.took.push(began.elapsed());
        drop(journal);
        stream.get_mut().write_all(&whole)?;
        stream.get_mut().flush()?;
    }
    Ok(())
}

/// `DescribeVirtualInterfaces(connectionId)`: what is called, so that two programs can be seen to ask for the same.
fn called(request: &http::Request) -> String {
    let target = request.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.split('.').next_back().unwrap_or_default();
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let members = input.as_object().into_iter().flatten();
    let mut members: Vec<&str> = members
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name.as_str())
        .filter(|name| !OF_PAGES.contains(name))
        .collect();
    members.sort_unstable();
    format!("{operation}({})", members.join(", "))
}
