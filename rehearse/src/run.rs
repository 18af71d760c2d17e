//! The function on its stage: a child that is this same program once more, invoked once through the simulator.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use associate_virtual_interface::error::Name;
use dx_sim::{Answer, Call, Invocation, Simulator};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::event::Event;

/// The argument that makes this program the function.
pub(crate) const AS_THE_FUNCTION: &str = "--as-the-function";

/// What came of a rehearsal.
pub(crate) struct Rehearsal {
    pub(crate) ended: Ended,
    /// Every call that the simulator saw.
    pub(crate) calls: Vec<Call>,
    /// What the bus took.
    pub(crate) events: Vec<Value>,
    /// The interface that the request names, in the simulator's world before and after.
    pub(crate) before: Option<Whereabouts>,
    pub(crate) after: Option<Whereabouts>,
    /// The function's log.
    pub(crate) log: String,
    /// What it wrote to standard error.
    pub(crate) complaints: String,
    /// From its start to its end.
    pub(crate) took: Duration,
}

/// How the function ended.
pub(crate) enum Ended {
    Answered(Answer),
    /// Before it had answered.
    Died(ExitStatus),
}

/// Where an interface is in the simulator's world.
pub(crate) struct Whereabouts {
    pub(crate) virtual_interface_id: String,
    pub(crate) connection_id: String,
    pub(crate) state: String,
}

impl Rehearsal {
    /// The record: as returned, else as logged, since a record is logged whatever becomes of the answer and the bus.
    pub(crate) fn record(&self) -> Option<Value> {
        match &self.ended {
            Ended::Answered(answer) if !answer.function_error => serde_json::from_slice(&answer.payload).ok(),
            _ => self.log_lines().find_map(|line| line.get("record").cloned()),
        }
    }

    /// Whether someone else had to say how it ended, because the function did not: then its log has to tell the story.
    pub(crate) fn is_cut_short(&self) -> bool {
        match &self.ended {
            Ended::Answered(answer) if answer.function_error => {
                let error: Value = serde_json::from_slice(&answer.payload).unwrap_or_default();
                Name::ALL.iter().all(|name| error["errorType"] != name.as_str())
            }
            Ended::Answered(_) => false,
            Ended::Died(_) => true,
        }
    }

    /// The lines of the log that are JSON.
    fn log_lines(&self) -> impl Iterator<Item = Value> {
        self.log.lines().filter_map(|line| serde_json::from_str(line).ok())
    }
}

/// Starts the function, invokes it with the event, and ends it; `None` if a person interrupted that.
pub(crate) async fn rehearse(simulator: &Simulator, event: &Event) -> io::Result<Option<Rehearsal>> {
    let began = Instant::now();
    let whereabouts = || event.virtual_interface_id().and_then(|id| Whereabouts::of(id, &simulator.world()));
    let before = whereabouts();
    let mut function = start(simulator)?;
    let log = read(function.stdout.take());
    let complaints = read(function.stderr.take());
    let ended = tokio::select! {
        biased;
        answer = simulator.invoke(event.payload.clone(), Invocation::default()) => Ended::Answered(answer),
        interrupted = tokio::signal::ctrl_c() => return interrupted.map(|()| None),
        status = function.wait() => Ended::Died(status?),
    };
    // One that has ended by itself cannot be killed any more, and need not be.
    let _ = function.kill().await;
    Ok(Some(Rehearsal {
        ended,
        calls: simulator.calls(),
        events: simulator.events(),
        before,
        after: whereabouts(),
        log: log.await?,
        complaints: complaints.await?,
        took: began.elapsed(),
    }))
}

/// It knows what Lambda would tell it and nothing of the person's own environment, credentials least of all. It ends
/// with the stage, however that ends: on the way out it is killed, and without the Runtime API it ends by itself.
fn start(simulator: &Simulator) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg(AS_THE_FUNCTION)
        .env_clear()
        .envs(simulator.environment())
        .env("EVENT_BUS_NAME", "associate-virtual-interface")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Reads a pipe to its end, beside everything else, so that the function never waits for a reader.
fn read(pipe: Option<impl AsyncRead + Unpin + Send + 'static>) -> JoinHandle<String> {
    tokio::spawn(async move {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is as good as without one.
            let _ = pipe.read_to_end(&mut bytes).await;
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Whereabouts {
    fn of(virtual_interface_id: String, world: &Value) -> Option<Self> {
        let interfaces = world["virtualInterfaces"].as_array()?;
        let interface = interfaces.iter().find(|one| one["virtualInterfaceId"] == virtual_interface_id.as_str())?;
        let text = |member: &str| interface[member].as_str().unwrap_or_default().to_owned();
        Some(Self { connection_id: text("connectionId"), state: text("virtualInterfaceState"), virtual_interface_id })
    }
}
