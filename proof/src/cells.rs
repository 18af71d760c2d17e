//! Every trouble at every call, and every two of them, in three scenes: a client that retries, a client that is gone and
//! leaves the rest to the sweeper, and another request for the same interface after one that nobody has cleared up.
//! Nothing is left to chance but the order of the calls.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::estate::{MOVING, SOURCE, TARGETS};
use crate::history::{Call, History};
use crate::plan::{Cell, Plan};
use crate::seeds::{is_over, request, run};
use crate::stage::{Circumstances, PAGE, Stage};
use crate::trouble::troubles;

/// The pause between two attempts, and between two visits of the sweeper.
const PAUSE: Duration = Duration::from_secs(40);
/// More attempts than it can take until two doubts are over, one after the other.
const ENOUGH: usize = 30;
/// Longer than a doubt lasts.
const LONG: Duration = Duration::from_mins(8);
const SEED: u64 = 1;

/// How the clocks of the attempts go, in seconds, first and later ones: all right, or off by an hour.
pub const CLOCKS: [(i64, i64); 5] = [(0, 0), (3600, 0), (-3600, 0), (0, 3600), (0, -3600)];

/// Who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scene {
    /// A client that asks until it is answered, and the sweeper.
    Retried,
    /// A client that asks once, and the sweeper; nobody asks again.
    Swept,
    /// A client that asks once, and no sweeper; long after, another request for the same interface; then the first again.
    Followed,
}

/// All of them.
pub const SCENES: [Scene; 3] = [Scene::Retried, Scene::Swept, Scene::Followed];

/// One schedule that is not left to chance.
#[derive(Clone, Debug)]
pub struct Played {
    /// Who is there.
    pub scene: Scene,
    /// What goes wrong.
    pub cells: Vec<Cell>,
    /// By how many seconds the first attempt's clock is off, and those of the later ones.
    pub clocks: (i64, i64),
}

/// Somebody who sends requests, one after the other.
struct Sender {
    stage: Arc<Stage>,
    clocks: (i64, i64),
    attempts: usize,
    unended: Vec<String>,
}

impl Played {
    /// Plays it.
    #[must_use]
    pub fn play(&self) -> History {
        let (plan, clocks, scene) = (Plan::Cells(self.cells.clone()), self.clocks, self.scene);
        run(async move {
            let payloads =
                vec![request("R0", MOVING, TARGETS[0], Some(SOURCE)), request("R1", MOVING, TARGETS[1], None)];
            let stage = Stage::new(payloads, plan, SEED, PAGE);
            let mut sender = Sender { stage, clocks, attempts: 0, unended: Vec::new() };
            match scene {
                Scene::Retried => sender.until_over(0, true).await,
                Scene::Swept => {
                    sender.once(0).await;
                    sender.sweep().await;
                }
                Scene::Followed => {
                    sender.once(0).await;
                    sleep(LONG).await;
                    sender.until_over(1, false).await;
                    sender.until_over(0, false).await;
                }
            }
            sender.stage.finish(sender.unended).await
        })
    }

    /// The cells that were not met, although they were chosen.
    pub fn unmet<'a>(&'a self, history: &'a History) -> impl Iterator<Item = &'a Cell> {
        self.cells.iter().filter(|(operation, nth, trouble)| {
            let met = |call: &Call| call.operation == *operation && call.nth == *nth && call.trouble == Some(*trouble);
            !history.calls.iter().any(met)
        })
    }

    /// The command that shows it.
    #[must_use]
    pub fn command(&self) -> String {
        let Self { scene, cells, clocks: (first, later) } = self;
        let cells: Vec<_> =
            cells.iter().map(|(operation, nth, trouble)| format!("{operation}:{nth}:{}", trouble.name())).collect();
        let cells = cells.join(" ");
        let scene = format!("{scene:?}").to_lowercase();
        format!("cargo prove cell {cells} --scene {scene} --first-clock {first} --later-clocks {later}")
    }

    /// Every trouble at every call that was made from this one on.
    fn cells_from(&self, history: &History, from: usize) -> Vec<Cell> {
        let mut seen = BTreeSet::new();
        let later = history.calls.iter().skip(from);
        let calls = later.filter(|call| seen.insert((call.operation.clone(), call.nth)));
        let each = calls.flat_map(|call| troubles(&call.operation).map(move |trouble| (call, trouble)));
        let possible = each.filter(|(call, trouble)| !self.is_void(trouble.name(), call, history));
        possible.map(|(call, trouble)| (call.operation.clone(), call.nth, trouble)).collect()
    }

    /// What cannot be, or is assumed not to be: see the page on reliability. A late move and a clock that is off by more
    /// than the doubt lasts exclude each other; and when a request is over, another one's reads show what it did.
    fn is_void(&self, trouble: &str, call: &Call, history: &History) -> bool {
        let has_moved = |one: &Call| one.applied && one.attempt == call.attempt && one.arrived <= Some(call.sent);
        match trouble {
            "late" => self.clocks != (0, 0),
            "stale" => self.scene == Scene::Followed && !history.calls.iter().any(has_moved),
            _ => false,
        }
    }

    /// The same with one more trouble.
    fn and(&self, cell: Cell) -> Self {
        let mut both = self.clone();
        both.cells.push(cell);
        both
    }

    /// What may go wrong after what has: every trouble at every call that follows the first.
    #[must_use]
    pub fn second(&self, history: &History) -> Vec<Self> {
        let Some((operation, nth, _)) = self.cells.first() else { return Vec::new() };
        let from = history.calls.iter().position(|call| call.operation == *operation && call.nth == *nth);
        let after = from.map(|from| self.cells_from(history, from + 1)).unwrap_or_default();
        after.into_iter().map(|cell| self.and(cell)).collect()
    }
}

/// What may go wrong first, in each scene and with each pair of clocks.
#[must_use]
pub fn first() -> Vec<Played> {
    let mut all = Vec::new();
    for (scene, clocks) in SCENES.into_iter().flat_map(|scene| CLOCKS.map(|clocks| (scene, clocks))) {
        let untroubled = Played { scene, cells: Vec::new(), clocks };
        let cells = untroubled.cells_from(&untroubled.play(), 0);
        all.extend(cells.into_iter().map(|cell| untroubled.and(cell)));
        all.push(untroubled);
    }
    all
}

impl Sender {
    /// So many attempts, or visits of the sweeper, are enough. A clock that was an hour ahead of the later ones has left
    /// a lease for an hour.
    fn enough(&self) -> usize {
        ENOUGH + usize::try_from((self.clocks.0 - self.clocks.1).max(0)).unwrap_or_default() / 40
    }

    /// Sends the request once: `None` if that was the end of it, or else how it ended.
    async fn once(&mut self, payload: usize) -> Option<String> {
        let skew = if self.attempts == 0 { self.clocks.0 } else { self.clocks.1 };
        self.attempts += 1;
        let lambda_request_id = format!("attempt-{}", self.attempts);
        let how = Circumstances { lambda_request_id, skew, timeout: Duration::from_mins(1) };
        let ended = self.stage.send(payload, how).await;
        (!is_over(&ended)).then(|| format!("request {payload}: {ended:?}"))
    }

    /// Sends the request until it is over, and lets the sweeper come between, if there is one.
    async fn until_over(&mut self, payload: usize, sweeper: bool) {
        let mut attempts = 1;
        while let Some(ended) = self.once(payload).await {
            if attempts > self.enough() {
                return self.unended.push(ended);
            }
            attempts += 1;
            sleep(PAUSE).await;
            if sweeper {
                self.stage.sweep(self.clocks.1).await;
            }
        }
    }

    /// Lets the sweeper come until nothing is left to do, once at least.
    async fn sweep(&mut self) {
        for _ in 0..=self.enough() {
            sleep(PAUSE).await;
            self.stage.sweep(self.clocks.1).await;
            if self.stage.unfinished() == 0 {
                return;
            }
        }
        self.unended.push("the sweeper does not come to an end".to_owned());
    }
}
