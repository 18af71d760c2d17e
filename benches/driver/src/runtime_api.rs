//! Lambda's Runtime API for one function at a time, with a clock.

use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Error, http};

/// Where the API lives on its host.
const RUNTIME: &str = "/2018-06-01/runtime/";

/// What a function says to the API.
#[derive(Debug)]
pub(crate) enum Said {
    /// It wants its next invocation.
    Ready(Instant),
    /// It has answered the one that was written at the first of these times.
    Answered { written: Instant, at: Instant, body: Vec<u8> },
    /// It has answered with an error, or could not start.
    Failed(Vec<u8>),
}

/// An invocation that is to be handed over.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) payload: String,
    /// Milliseconds since 1970.
    pub(crate) deadline: u64,
}

/// Both ends of the talk with one function.
struct Session {
    said: Sender<Said>,
    invocations: Mutex<Receiver<Invocation>>,
    /// When the last invocation was written.
    written: Mutex<Option<Instant>>,
}

/// The API. It talks to whoever connects as to the function of the last session.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    session: Arc<Mutex<Option<Arc<Session>>>>,
}

/// The other end of a session.
#[derive(Debug)]
pub(crate) struct Talk {
    said: Receiver<Said>,
    invocations: Sender<Invocation>,
}

impl Talk {
    /// Waits for what the function says next.
    pub(crate) fn hear(&self, patience: Duration) -> Result<Said, Error> {
        self.said.recv_timeout(patience).map_err(|_| Error::from("the function has not said anything in time"))
    }

    /// Hands over an invocation.
    pub(crate) fn invoke(&self, invocation: Invocation) -> Result<(), Error> {
        self.invocations.send(invocation).map_err(|_| Error::from("the session is over"))
    }
}

impl RuntimeApi {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let session: Arc<Mutex<Option<Arc<Session>>>> = Arc::default();
        let current = Arc::clone(&session);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // An error here is a function that was killed.
                thread::spawn(move || session.map(|session| connection(stream, &session)));
            }
        });
        Ok(Self { address, session })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on whoever connects is the function of this session.
    pub(crate) fn talk(&self) -> Talk {
        let (said, hears) = channel();
        let (invokes, invocations) = channel();
        let session = Session { said, invocations: Mutex::new(invocations), written: Mutex::default() };
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(session));
        Talk { said: hears, invocations: invokes }
    }
}

fn connection(stream: TcpStream, session: &Session) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(64 * 1024, stream);
    while let Some(request) = http::read(&mut reader)? {
        let at = Instant::now();
        let path = request.path.strip_prefix(RUNTIME).unwrap_or_default();
        let stream = reader.get_mut();
        if path == "invocation/next" {
            session.said.send(Said::Ready(at))?;
            let invocation = session.invocations.lock().unwrap_or_else(PoisonError::into_inner).recv()?;
            let whole = handed_over(&invocation)?;
            *session.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            stream.write_all(&whole)?;
        } else {
            let written = *session.written.lock().unwrap_or_else(PoisonError::into_inner);
            let said = match written {
                Some(written) if path.ends_with("/response") => Said::Answered { written, at, body: request.body },
                _ => Said::Failed(request.body),
            };
            session.said.send(said)?;
            stream.write_all(&http::answer(202, [], b"")?)?;
        }
    }
    Ok(())
}

fn handed_over(invocation: &Invocation) -> io::Result<Vec<u8>> {
    let deadline = invocation.deadline.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", &invocation.id),
        ("lambda-runtime-deadline-ms", &deadline),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:associate"),
        ("lambda-runtime-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"),
    ];
    http::answer(200, headers.map(|(name, value)| (name, value.as_bytes())), invocation.payload.as_bytes())
}
