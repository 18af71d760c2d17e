//! Every trouble at every call of a request, of what comes after it, and of the sweeper; and every two of them. The request
//! is sent until it ends, and a second client asks once more; nothing is left to chance but the order of the calls.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::estate::{MOVING, SOURCE, TARGETS};
use crate::history::History;
use crate::plan::{Cell, Plan};
use crate::seeds::{is_over, request, run};
use crate::stage::{Circumstances, Limits, Stage};
use crate::trouble::troubles;

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_secs(40);
/// More attempts than it can take until two doubts are over, one after the other.
const ENOUGH: usize = 30;
const SEED: u64 = 1;

/// How the clocks of the attempts go, in seconds, first and later ones: all right, or off by an hour.
pub const CLOCKS: [(i64, i64); 5] = [(0, 0), (3600, 0), (-3600, 0), (0, 3600), (0, -3600)];

/// Plays the request with these troubles, and clocks off by so much.
#[must_use]
pub fn play(cells: &[Cell], clocks: (i64, i64)) -> History {
    let plan = Plan::Cells(cells.to_vec());
    run(async move {
        let payload = request("R0", MOVING, TARGETS[0], Some(SOURCE));
        let stage = Stage::new(vec![payload], plan, SEED, Limits::NONE);
        let mut unended = Vec::new();
        let mut attempts = 0;
        loop {
            let skew = if attempts == 0 { clocks.0 } else { clocks.1 };
            attempts += 1;
            let lambda_request_id = format!("attempt-{attempts}");
            let how = Circumstances { lambda_request_id, skew, timeout: Duration::from_mins(1) };
            let ended = stage.send(0, how).await;
            if is_over(&ended) {
                break;
            }
            // A clock that was an hour ahead of the later ones has left a lease for an hour.
            if attempts > ENOUGH + usize::try_from((clocks.0 - clocks.1).max(0)).unwrap_or_default() / 40 {
                unended.push(format!("{ended:?}"));
                break;
            }
            tokio::time::sleep(PAUSE).await;
            stage.sweep(clocks.1).await;
        }
        stage.finish(unended).await
    })
}

/// Every trouble at every call that this schedule makes from one call on.
#[must_use]
pub fn cells_of(history: &History, from: usize) -> Vec<Cell> {
    let mut seen = BTreeSet::new();
    let calls = history.calls.iter().skip(from).filter(|call| seen.insert((call.operation.clone(), call.nth)));
    calls
        .flat_map(|call| troubles(&call.operation).map(|trouble| (call.operation.clone(), call.nth, trouble)))
        .collect()
}

/// What may go wrong first, with the clocks that go with it. A late move and a clock that is off by more than the doubt
/// lasts exclude each other: that clocks are not is assumed.
#[must_use]
pub fn first() -> Vec<(Vec<Cell>, (i64, i64))> {
    let untroubled = play(&[], (0, 0));
    let mut all: Vec<(Vec<Cell>, (i64, i64))> = CLOCKS.iter().map(|clocks| (Vec::new(), *clocks)).collect();
    for cell in cells_of(&untroubled, 0) {
        let late = cell.2.is_late();
        let clocks = CLOCKS.into_iter().filter(|clocks| !late || *clocks == (0, 0));
        all.extend(clocks.map(|clocks| (vec![cell.clone()], clocks)));
    }
    all
}

/// What may go wrong after that: every trouble at every call that follows the first.
#[must_use]
pub fn second(first: &[Cell], history: &History) -> Vec<Vec<Cell>> {
    let Some((operation, nth, _)) = first.first() else { return Vec::new() };
    let from = history.calls.iter().position(|call| call.operation == *operation && call.nth == *nth);
    let Some(from) = from else { return Vec::new() };
    let after = cells_of(history, from + 1);
    after.into_iter().map(|cell| vec![first[0].clone(), cell]).collect()
}
