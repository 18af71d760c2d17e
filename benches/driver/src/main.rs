//! Measures the `associate` function against a floor and its peers, in one run, on loopback: see `benches/README.md`.

mod certificates;
mod estate;
mod figures;
mod function;
mod gates;
mod growth;
mod http;
mod machine;
mod mock;
mod plot;
mod report;
mod runtime_api;
mod scenario;
mod scheduling;
mod share;
mod variant;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::estate::{SMALL, request};
use crate::gates::{GATES, Standing};
use crate::machine::{Machine, crates, size};
use crate::mock::Mock;
use crate::scenario::{Stage, rounds};
use crate::variant::{Programs, Variant};

/// Whatever has gone wrong: the run is over then, for a figure that is missing is none.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// How many times a hello world's CPU one move may take. Some four are usual; with the entropy that aws-lc gathers
/// by itself it is eighteen.
const ENTROPY: f64 = 8.0;
/// How often that is measured; the least counts, which nothing else on the machine can make smaller.
const ENTROPY_LIVES: usize = 5;

/// Measures the associate function against a floor and its peers.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    places: Places,
}

#[derive(Subcommand)]
enum Command {
    /// Compares all programs, prints the table, and writes it and the plot.
    Run {
        /// How many rounds count.
        #[arg(long, default_value_t = 15)]
        rounds: usize,
        /// Fail where a gate is not met.
        #[arg(long)]
        gate: bool,
        /// The folder for `table.md` and `plot.svg`.
        #[arg(long, default_value = "benches/results")]
        out: PathBuf,
    },
    /// Shows what a move and a plan cost as the estate grows.
    Growth {
        /// The folder for `growth.md`.
        #[arg(long, default_value = "benches/results")]
        out: PathBuf,
    },
    /// Fails if the function computes as much as with the entropy that aws-lc gathers by itself.
    Entropy,
}

#[derive(Args)]
struct Places {
    /// The folder with the release binaries.
    #[arg(long, global = true, default_value = "target/release")]
    release: PathBuf,
    /// The Python that has boto3 and awslambdaric.
    #[arg(long, global = true, default_value = "python3")]
    python: PathBuf,
    /// The bundled Node.js function.
    #[arg(long, global = true, default_value = "benches/peers/node/bundle.mjs")]
    bundle: PathBuf,
}

/// Tells how far it is, on standard error.
pub(crate) fn say(what: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "bench: {what}");
}

fn main() -> ExitCode {
    let Arguments { command, places } = Arguments::parse();
    match bench(command, places) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn bench(command: Command, places: Places) -> Result<bool, Error> {
    let folder = std::env::temp_dir().join(format!("associate-bench-{}", std::process::id()));
    fs::create_dir(&folder)?;
    // A function runs in a folder of its own, so its files are named from the root.
    let programs = Programs {
        release: unpack(&places.release, &folder)?,
        python: places.python,
        boto3: fs::canonicalize("benches/peers/boto3")?,
        bundle: std::path::absolute(places.bundle)?,
    };
    scheduling::keep_awake();
    let done = Stage::new(programs, &folder).and_then(|stage| match command {
        Command::Run { rounds, gate, out } => run(&stage, rounds, gate, &out),
        Command::Growth { out } => {
            let text = growth::growth(&stage)?;
            write(&out, "growth.md", &format!("{}\n{text}", Machine::here(&stage.programs.python)))?;
            io::stdout().write_all(text.as_bytes())?;
            Ok(true)
        }
        Command::Entropy => entropy(&stage),
    });
    fs::remove_dir_all(&folder)?;
    done
}

/// The programs as a package that is unpacked has them: written from one end to the other. Where a linker has put them
/// together page by page, the kernel maps them page by page as well, and every start takes longer, the larger the more.
fn unpack(release: &Path, folder: &Path) -> Result<PathBuf, Error> {
    let unpacked = folder.join("programs");
    fs::create_dir(&unpacked)?;
    for program in ["associate", "evacuate", "bench-floor"] {
        let built = release.join(program);
        match fs::copy(&built, unpacked.join(program)) {
            // The guard of the entropy comes without a planner.
            Err(error) if program != "evacuate" => return Err(format!("{}: {error}", built.display()).into()),
            _ => {}
        }
    }
    Ok(unpacked)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), Error> {
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join(name), text)?)
}

fn run(stage: &Stage, number: usize, gate: bool, out: &Path) -> Result<bool, Error> {
    let machine = Machine::here(&stage.programs.python);
    let (mut results, mocks) = rounds(stage, number)?;
    let release = &stage.programs.release;
    results.sizes = Some((size(&release.join("bench-floor"))?, size(&release.join("associate"))?));
    results.crates = Some(crates()?);
    let text = report::report(&machine, number, &results, &mocks);
    write(out, "table.md", &text)?;
    write(out, "plot.svg", &plot::plot(&results))?;
    io::stdout().write_all(text.as_bytes())?;
    let mut met = true;
    for one in &GATES {
        let why = match one.standing(&results) {
            Standing::Met(_) => continue,
            Standing::Missed(measured, by) => {
                let (measured, at_most) = (one.write(measured), one.write(one.at_most));
                format!("is {measured}, {:.0} % above {at_most}", by * 100.0)
            }
            Standing::NotMeasured => "was not measured".to_owned(),
        };
        say(&format!("gate not met: {} {why}", one.figure));
        met = false;
    }
    Ok(met || !gate)
}

fn entropy(stage: &Stage) -> Result<bool, Error> {
    let mock = Mock::start(&stage.tls, Duration::ZERO, SMALL)?;
    let mut least = [Duration::MAX; 2];
    for _ in 0..ENTROPY_LIVES {
        for (variant, least) in [Variant::Floor, Variant::Ours].into_iter().zip(&mut least) {
            let (life, _) = stage.live(variant, &mock, 1, request, None)?;
            *least = life.cpu.min(*least);
        }
    }
    let [floor, ours] = least.map(figures::milliseconds);
    let ratio = ours / floor;
    writeln!(
        io::stdout(),
        "CPU of one move with TLS: {ours:.1} ms, {ratio:.1} times a hello world ({floor:.1} ms); at most {ENTROPY} times is \
         right"
    )?;
    Ok(ratio <= ENTROPY)
}
