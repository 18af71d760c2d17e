//! What goes wrong in a schedule: a few named calls, or, by chance, any call until a given time.

use std::collections::HashSet;
use std::time::Duration;

use fastrand::Rng;

use crate::trouble::{Trouble, troubles};

/// Which call of an operation, in the whole schedule, and what goes wrong with it.
pub type Cell = (String, u32, Trouble);

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Plan {
    /// These calls.
    Cells(Vec<Cell>),
    /// Any call, until then.
    Chance(Chance),
}

/// How often what goes wrong, drawn for each schedule: in some nothing is ever killed, in others nothing throttled.
#[derive(Clone, Debug)]
pub struct Chance {
    /// Until then.
    until: Duration,
    /// The names of the troubles that there are.
    enabled: HashSet<&'static str>,
    /// How many of a thousand calls.
    per_mille: u32,
}

impl Chance {
    /// Draws what goes wrong in one schedule.
    pub fn draw(rng: &mut Rng, until: Duration) -> Self {
        let per_mille = [0, 10, 40, 120, 300][rng.usize(0..5)];
        let operations = ["AssociateVirtualInterface", "PutEvents", "UpdateItem", "DescribeLags"];
        let names = operations.into_iter().flat_map(troubles).map(Trouble::name);
        let mut all: Vec<&'static str> = names.collect();
        all.sort_unstable();
        all.dedup();
        Self { until, enabled: all.into_iter().filter(|_| rng.u8(0..10) < 6).collect(), per_mille }
    }
}

impl Plan {
    /// What goes wrong with this call.
    pub fn trouble(
        &mut self,
        operation: &str,
        nth: u32,
        now: Duration,
        lagging: bool,
        rng: &mut Rng,
    ) -> Option<Trouble> {
        match self {
            Self::Cells(cells) => {
                let here = |cell: &&Cell| cell.0 == operation && cell.1 == nth;
                cells.iter().find(here).map(|(_, _, trouble)| *trouble)
            }
            Self::Chance(chance) => {
                if now >= chance.until || rng.u32(0..1000) >= chance.per_mille {
                    return None;
                }
                let fits = |trouble: &Trouble| chance.enabled.contains(trouble.name());
                let all: Vec<Trouble> = troubles(operation).filter(fits).collect();
                let chosen = rng.choice(all)?;
                (lagging || chosen.name() != "stale").then_some(chosen)
            }
        }
    }
}
