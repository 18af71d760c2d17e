//! One life of a function: started, invoked some times, measured, killed.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;
use serde_json::Value;

use crate::Error;
use crate::runtime_api::{Invocation, RuntimeApi, Said, Talk};
use crate::share::Share;

/// How long anything may take before the run counts as stuck.
const PATIENCE: Duration = Duration::from_mins(1);
/// What an invocation may take, as the function is told.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What was measured of one life.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    /// From just before the process is started to its first question for an invocation.
    pub(crate) init: Duration,
    /// From just before each invocation is written to the end of its answer.
    pub(crate) invocations: Vec<Duration>,
    /// CPU time, user and system, of the whole process with one invocation, from its start to its end.
    pub(crate) cpu: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) peak: u64,
}

impl Life {
    /// The first invocation.
    pub(crate) fn first(&self) -> Duration {
        self.invocations[0]
    }

    /// Start and first invocation.
    pub(crate) fn cold(&self) -> Duration {
        self.init + self.first()
    }
}

/// A process that is killed when it is dropped, whatever else has failed.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed any more.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What goes in and what has to come out.
pub(crate) struct Script<'a> {
    /// The payload of an invocation, by its id.
    pub(crate) payload: &'a dyn Fn(&str) -> Value,
    /// Looks at an answer; called with the number of the invocation, before the next one.
    pub(crate) look: &'a mut dyn FnMut(&Value) -> Result<(), Error>,
    /// How often it is invoked.
    pub(crate) times: usize,
    /// The share of the CPU that it has once it has started.
    pub(crate) share: Option<&'a Share>,
    /// Where its output goes.
    pub(crate) log: &'a Path,
}

/// Lets a function live once.
pub(crate) fn live(mut command: Command, api: &RuntimeApi, script: Script<'_>) -> Result<Life, Error> {
    let log = script.log;
    let lived = live_unexplained(&mut command, api, script);
    lived.map_err(|error| {
        let said = fs::read_to_string(log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        Error::from(format!("{command:?}: {error}; its last words: {last:?}"))
    })
}

fn live_unexplained(command: &mut Command, api: &RuntimeApi, script: Script<'_>) -> Result<Life, Error> {
    let Script { payload, look, times, share, log } = script;
    let output = File::create(log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let talk = api.talk();
    let began = Instant::now();
    let process = Killed(command.spawn()?);
    let id = process.0.id();
    let init = ready(&talk)?.duration_since(began);
    if let Some(share) = share {
        share.confine(id)?;
    }
    let mut one_done = Duration::ZERO;
    let mut life = Life { init, invocations: Vec::new(), cpu: Duration::ZERO, peak: 0 };
    for number in 0..times {
        let request_id = format!("8476a536-e9f4-11e8-9739-{:012}", fastrand::u64(..1_000_000_000_000));
        let payload = payload(&request_id).to_string();
        talk.invoke(Invocation { id: request_id, payload, deadline: deadline() })?;
        let (took, answer) = match talk.hear(PATIENCE)? {
            Said::Answered { written, at, body } => (at.duration_since(written), body),
            other => return Err(Error::from(format!("no answer but {}", shown(&other)))),
        };
        ready(&talk)?;
        if number == 0 {
            one_done = cpu(id)?;
        }
        life.invocations.push(took);
        look(&serde_json::from_slice(&answer)?)?;
    }
    life.peak = peak(id)?;
    let (alive, others) = (cpu(id)?, dead()?);
    drop(process);
    // All that it took, but for the invocations after the first.
    life.cpu = dead()?.saturating_sub(others).saturating_sub(alive) + one_done;
    Ok(life)
}

fn ready(talk: &Talk) -> Result<Instant, Error> {
    match talk.hear(PATIENCE)? {
        Said::Ready(at) => Ok(at),
        other => Err(Error::from(format!("it should ask for an invocation, and said {}", shown(&other)))),
    }
}

fn shown(said: &Said) -> String {
    match said {
        Said::Ready(_) => "that it is ready".to_owned(),
        Said::Answered { body, .. } | Said::Failed(body) => String::from_utf8_lossy(body).into_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "Lambda tells a function the time of day at which it is killed")]
fn deadline() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from((now + TIMEOUT).as_millis()).unwrap_or(u64::MAX)
}

/// What the process has computed so far, all its threads together, those that are over included.
fn cpu(id: u32) -> Result<Duration, Error> {
    let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(id)?))?;
    Ok(Duration::from(clock.now()?))
}

/// What all processes took that this one has started and seen the end of.
fn dead() -> Result<Duration, Error> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}

/// Of the program itself: what `wait4` tells begins with the memory of the process that started it.
fn peak(id: u32) -> Result<u64, Error> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
