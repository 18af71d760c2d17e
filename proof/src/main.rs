//! `cargo prove`: see `--help`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use clap::{Parser, Subcommand};
use proof::cells::{Played, Scene};
use proof::history::History;
use proof::invariants::{INVARIANTS, check};
use proof::reached::Reached;
use proof::{cells, seeds};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Shows by faults and schedules that no record is lost and no interface moved twice: the function's own code with the real
/// SDK clients against the simulator, in one process, on a clock and a network of our own.
#[derive(Parser)]
#[command(name = "cargo prove")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Every trouble at every call in each of three scenes, one at a time, with clocks that are right and off by an hour
    Cells,
    /// Every two troubles in each scene
    Pairs {
        /// In this one alone
        #[arg(long, value_enum)]
        scene: Option<Scene>,
    },
    /// Random schedules
    Seeds {
        /// How many
        #[arg(long, default_value_t = 20_000)]
        count: u64,
        /// The first seed
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// One random schedule, call by call
    Seed {
        /// Which
        seed: u64,
    },
    /// One schedule of `cells` or `pairs`, call by call: OPERATION:NTH:TROUBLE, each
    Cell {
        /// What goes wrong
        cells: Vec<String>,
        /// Who is there
        #[arg(long, value_enum, default_value_t = Scene::Retried)]
        scene: Scene,
        /// By how many seconds the first attempt's clock is off
        #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
        first_clock: i64,
        /// And those of the later ones
        #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
        later_clocks: i64,
    },
    /// The invariants, by name
    Invariants,
}

/// Schedules that are left from so many for each reached thing to have been reached.
const ENOUGH_TO_REACH_ALL: u64 = 20_000;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    commit();
    match arguments.what {
        What::Cells => all_cells(false, None),
        What::Pairs { scene } => all_cells(true, scene),
        What::Seeds { count, from } => all_seeds(from, count),
        What::Seed { seed } => show(&seeds::play(seed)),
        What::Cell { cells, scene, first_clock, later_clocks } => {
            let cells: Option<Vec<_>> = cells.iter().map(|text| parse(text)).collect();
            if let Some(cells) = cells {
                return show(&Played { scene, cells, clocks: (first_clock, later_clocks) }.play());
            }
            eprintln!("a cell is OPERATION:NTH:TROUBLE");
            ExitCode::from(2)
        }
        What::Invariants => {
            for invariant in INVARIANTS {
                say(&format!("{:<20} {}", invariant.name, invariant.sentence));
            }
            ExitCode::SUCCESS
        }
    }
}

fn parse(text: &str) -> Option<proof::plan::Cell> {
    let mut parts = text.split(':');
    let (operation, nth, name) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let trouble = proof::trouble::troubles(operation).find(|trouble| trouble.name() == name)?;
    Some((operation.to_owned(), nth, trouble))
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn say(line: &str) {
    println!("{line}");
}

fn show(history: &History) -> ExitCode {
    say(&history.trace());
    match check(history) {
        Ok(()) => {
            say("every invariant holds");
            ExitCode::SUCCESS
        }
        Err((name, why)) => {
            say(&format!("{name} does not hold: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// What many schedules have shown.
#[derive(Default)]
struct Shown {
    schedules: AtomicU64,
    calls: AtomicU64,
    failed: AtomicBool,
    reached: Mutex<Reached>,
}

impl Shown {
    fn look(&self, history: &History, reached: &mut Reached, command: impl FnOnce() -> String) {
        self.schedules.fetch_add(1, Ordering::Relaxed);
        self.calls.fetch_add(history.calls.len() as u64, Ordering::Relaxed);
        reached.look(history);
        if let Err((name, why)) = check(history)
            && !self.failed.swap(true, Ordering::Relaxed)
        {
            let number = self.schedules.load(Ordering::Relaxed);
            say(&format!("{name} does not hold, after {number} schedules: {why}"));
            say(&format!("at commit {}; to see it: {}", commit(), command()));
        }
    }

    fn tell(&self, what: &str, began: Instant, missing: &[String]) -> ExitCode {
        let (schedules, calls) = (self.schedules.load(Ordering::Relaxed), self.calls.load(Ordering::Relaxed));
        let seconds = began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "for reading")]
        let rate = schedules as f64 / seconds;
        let reached = self.reached.lock().map_or(0, |reached| reached.len());
        say(&format!(
            "{what}: {schedules} schedules, {calls} calls, {reached} different things reached, in {seconds:.0} s \
             ({rate:.0} a second), at commit {}",
            commit()
        ));
        for what in missing {
            say(&format!("never reached: {what}"));
        }
        let failed = self.failed.load(Ordering::Relaxed) || !missing.is_empty();
        say(if failed { "NOT PROVED" } else { "every invariant holds after every schedule" });
        if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// The commit that was checked out when this began, and whether anything differs from it.
fn commit() -> &'static str {
    static COMMIT: LazyLock<String> = LazyLock::new(|| {
        let git = |words: &[&str]| {
            let output = std::process::Command::new("git").args(words).output().ok()?;
            String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
        };
        let head = git(&["rev-parse", "--short", "HEAD"]).filter(|head| !head.is_empty());
        let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
        format!("{}{}", head.as_deref().unwrap_or("unknown"), if changed { ", changed since" } else { "" })
    });
    &COMMIT
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Hands out the numbers below `count`, one after the other, to as many threads as there are cores, until one fails.
fn each(count: u64, shown: &Shown, play: impl Fn(u64, &mut Reached) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                let mut reached = Reached::default();
                while !shown.failed.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    play(number, &mut reached);
                }
                if let Ok(mut all) = shown.reached.lock() {
                    all.add(reached);
                }
            });
        }
    });
}

fn all_seeds(from: u64, count: u64) -> ExitCode {
    let began = Instant::now();
    let shown = Shown::default();
    each(count, &shown, |number, reached| {
        let seed = from + number;
        shown.look(&seeds::play(seed), reached, || format!("cargo prove seed {seed}"));
    });
    let missing = shown.reached.lock().map(|reached| reached.missing()).unwrap_or_default();
    let missing = if count >= ENOUGH_TO_REACH_ALL { missing } else { Vec::new() };
    shown.tell(&format!("seeds {from} to {}", from + count - 1), began, &missing)
}

fn all_cells(pairs: bool, scene: Option<Scene>) -> ExitCode {
    let began = Instant::now();
    let shown = Shown::default();
    let unmet = Mutex::new(Vec::new());
    let mut first = cells::first();
    first.retain(|played| scene.is_none_or(|scene| played.scene == scene));
    let look = |played: &Played, reached: &mut Reached| {
        let history = played.play();
        shown.look(&history, reached, || played.command());
        if played.unmet(&history).next().is_some()
            && let Ok(mut unmet) = unmet.lock()
        {
            unmet.push(played.command());
        }
        history
    };
    each(first.len() as u64, &shown, |number, reached| {
        let Some(played) = usize::try_from(number).ok().and_then(|number| first.get(number)) else { return };
        let history = look(played, reached);
        if !pairs || played.clocks != (0, 0) {
            return;
        }
        for both in played.second(&history) {
            if shown.failed.load(Ordering::Relaxed) {
                break;
            }
            look(&both, reached);
        }
    });
    // Every trouble that is chosen must be met, and at every operation where it can be.
    let mut missing = unmet.into_inner().unwrap_or_default();
    missing.extend(shown.reached.lock().map(|reached| reached.missing_troubles()).unwrap_or_default());
    shown.tell(if pairs { "pairs" } else { "cells" }, began, &missing)
}
