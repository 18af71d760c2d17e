//! `cargo rehearse`: the real `associate` function, under the real Lambda runtime, against the simulator.
//!
//! The program plays two parts. What a person starts is the stage: it starts the simulator, starts itself once more as
//! the function, invokes that, and shows what came of it. The function's part is nothing but the library's
//! [`lambda::associate`], in an environment that holds only what Lambda would give it; it is built without TLS, for its AWS is
//! on this machine too, which nothing leaves.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use associate_virtual_interface::lambda;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use dx_sim::{Fault, Options, Simulator, fault_help};
use time::OffsetDateTime;

use event::Event;
use page::{Page, printable};
use run::{Ended, Rehearsal};

mod calls;
mod checks;
mod event;
mod ground;
mod machine;
mod outcome;
mod page;
mod run;
mod show;

/// Exit status of a returned record, of an error by name, and of wrong usage, which is clap's own too.
const RECORD: u8 = 0;
const ERROR: u8 = 1;
const USAGE: u8 = 2;
/// What shells say of a program that was interrupted.
const INTERRUPTED: u8 = 130;

/// What this does, and how it ends.
const ABOUT: &str = "Rehearses the move of a virtual interface: the real function, under the real Lambda runtime, against \
    a simulator of AWS on this machine. No AWS account is needed, and none is touched.";
const STATUSES: &str =
    "Exit status: 0 for a returned record, also that of a dry run; 1 for an error by name; 2 for wrong usage.";

/// What a rehearsal is started with.
struct Arguments {
    event: Option<PathBuf>,
    inventory: Vec<PathBuf>,
    faults: Vec<Fault>,
    latency: u64,
    rules: bool,
    logs: bool,
    json: bool,
}

impl From<ArgMatches> for Arguments {
    fn from(mut given: ArgMatches) -> Self {
        Self {
            event: given.remove_one("event"),
            inventory: given.remove_many("inventory").into_iter().flatten().collect(),
            faults: given.remove_many("fault").into_iter().flatten().collect(),
            latency: given.remove_one("latency").unwrap_or_default(),
            rules: given.get_flag("rules"),
            logs: given.get_flag("logs"),
            json: given.get_flag("json"),
        }
    }
}

/// The command line. It is not derived from the type: who rehearses first would have to build what derives it.
fn command() -> Command {
    let option = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let options = |name, value| option(name, value).action(ArgAction::Append);
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let event = Arg::new("event").value_name("EVENT.json").value_parser(value_parser!(PathBuf));
    let inventory = options("inventory", "FILE").value_parser(value_parser!(PathBuf));
    let fault = options("fault", "SPEC").value_parser(value_parser!(Fault));
    let latency = option("latency", "MS").value_parser(value_parser!(u64)).default_value("0");
    Command::new("cargo rehearse")
        .bin_name("cargo rehearse")
        .about(ABOUT)
        .long_about(format!("{ABOUT}\n\n{STATUSES}"))
        .after_long_help(fault_help())
        .args([
            event.help("The request: a bare payload or an EventBridge event; by default a move that succeeds"),
            inventory.help("Saved output of `aws directconnect describe-...` to rehearse on; several are merged"),
            fault.help("What goes wrong, for example AssociateVirtualInterface:reset-after; --help lists all"),
            latency.help("Milliseconds that every call to AWS takes at least"),
            flag("rules").help("Shows the rule of every check, also of those that passed"),
            flag("logs").help("Shows the function's own log"),
            flag("json").help("Prints one JSON object for machines instead"),
        ])
}

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == run::AS_THE_FUNCTION) {
        return lambda::associate();
    }
    let arguments = Arguments::from(command().get_matches());
    if arguments.event.is_none() && !arguments.inventory.is_empty() {
        let message =
            "--inventory needs an EVENT.json: the request that is built in is for the estate that is built in";
        command().error(ErrorKind::MissingRequiredArgument, message).exit();
    }
    match rehearse(&arguments) {
        Ok(status) => ExitCode::from(status),
        Err(Failure { status, message }) => {
            eprintln!("error: {}", printable(&message));
            ExitCode::from(status)
        }
    }
}

/// Why there is nothing to show, and the exit status that it amounts to.
struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    fn usage(message: String) -> Self {
        Self { status: USAGE, message }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { status: ERROR, message: format!("the rehearsal cannot be held: {error}") }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn rehearse(arguments: &Arguments) -> Result<u8, Failure> {
    let event = Event::read(arguments.event.as_deref(), now()).map_err(Failure::usage)?;
    let (inventory, ground) = ground::read(&arguments.inventory).map_err(Failure::usage)?;
    let options = Options {
        inventory,
        latency: Duration::from_millis(arguments.latency),
        faults: arguments.faults.clone(),
        ..Options::default()
    };
    let simulator = Simulator::start(options).await?;
    if !arguments.json {
        // Before the function runs: some faults take it half a minute.
        in_front_of_a_person(|page| show::opening(page, arguments, &ground, &event, &simulator.world()))?;
    }
    let Some(rehearsal) = run::rehearse(&simulator, &event).await? else { return Ok(INTERRUPTED) };
    let status = status(&rehearsal);
    if arguments.json {
        let text = machine::text(&rehearsal, &event, arguments.logs, status);
        unless_nobody_reads(writeln!(io::stdout(), "{text}"))?;
    } else {
        in_front_of_a_person(|page| show::ending(page, arguments, &ground, &rehearsal, status))?;
    }
    Ok(status)
}

fn status(rehearsal: &Rehearsal) -> u8 {
    match &rehearsal.ended {
        Ended::Answered(answer) if !answer.function_error => RECORD,
        Ended::Answered(_) | Ended::Died(_) => ERROR,
    }
}

/// Shows something on standard output, in colour if that is a terminal and nobody asked for none.
fn in_front_of_a_person(show: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    unless_nobody_reads(show(&mut Page::new(&mut stdout)).and_then(|()| stdout.flush()))
}

/// Whoever reads may have seen enough: `cargo rehearse | head` is no failure.
fn unless_nobody_reads(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[expect(clippy::disallowed_methods, reason = "the stage plays EventBridge, which stamps its events with the time")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
