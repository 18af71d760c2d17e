//! AWS with a delay that is always the same: Direct Connect, EventBridge and DynamoDB, each a host of its own as in AWS,
//! answered from one world of the simulator.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dx_sim::{Local, LocalAnswer, Options};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::certificates::Tls;
use crate::estate::{INTERFACE, SOURCE, Size, estate};
use crate::scheduling::stand_back;
use crate::variant::TABLE;
use crate::{Error, http, say};

/// Members of an input that only say how an answer is cut.
const OF_PAGES: [&str; 2] = ["maxResults", "nextToken"];

/// How many connections a host has at once. No client here opens more than ten.
const CONNECTIONS: usize = 16;

/// Direct Connect, EventBridge and DynamoDB: what tells every SDK where each is, and its name. With one name for all, a
/// client would take up its TLS session with the one at the other, which in AWS it cannot.
pub(crate) const HOSTS: [(&str, Ipv4Addr); 3] = [
    ("AWS_ENDPOINT_URL", Ipv4Addr::LOCALHOST),
    (EVENT_BUS, Ipv4Addr::new(127, 0, 0, 2)),
    ("AWS_ENDPOINT_URL_DYNAMODB", Ipv4Addr::new(127, 0, 0, 3)),
];

/// Nobody here opens two connections to it in one life, so that a TLS session that is taken up there is another host's.
const EVENT_BUS: &str = "AWS_ENDPOINT_URL_EVENTBRIDGE";

/// Operations with the members of their input that say what is asked for, and how often each was called.
pub(crate) type Calls = BTreeMap<String, usize>;

/// A running mock. Its threads end with the process.
pub(crate) struct Mock {
    shared: Arc<Shared>,
    endpoints: Vec<(&'static str, String)>,
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
    /// A client took up another host's TLS session.
    session_of_another: bool,
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
        let listen = |(variable, host)| Ok((variable, format!("https://{}", serve(&shared, variable, host)?)));
        let endpoints = HOSTS.into_iter().map(listen).collect::<io::Result<_>>()?;
        Ok(Self { shared, endpoints })
    }

    /// What tells every SDK where AWS is.
    pub(crate) fn environment(&self) -> &[(&'static str, String)] {
        &self.endpoints
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
    ///
    /// # Errors
    /// A client had it easier than it would with AWS.
    pub(crate) fn calls(&self) -> Result<Calls, Error> {
        let journal = self.shared.journal();
        if journal.session_of_another {
            return Err("a TLS session was taken up at another host than it was made with".into());
        }
        Ok(journal.calls.clone())
    }

    /// What the answers took so far.
    pub(crate) fn took(&self) -> Vec<Duration> {
        self.shared.journal().took.clone()
    }
}

/// Listens as that host. The threads for the connections are there before them: to make one takes as long as to answer.
fn serve(shared: &Arc<Shared>, variable: &'static str, host: Ipv4Addr) -> io::Result<SocketAddr> {
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
                        let _ = connection(stream, &shared, variable);
                    }
                });
            }
        });
    });
    Ok(address)
}

fn connection(stream: TcpStream, shared: &Shared, variable: &str) -> Result<(), Error> {
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
        let resumed = stream.get_ref().conn.handshake_kind() == Some(HandshakeKind::Resumed);
        journal.session_of_another |= resumed && variable == EVENT_BUS;
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
