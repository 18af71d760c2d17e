//! From what was measured to figures: medians, and ratios of what ran in the same round.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::function::Life;
use crate::mock::Calls;
use crate::scenario::Name;
use crate::variant::Variant;

/// What is measured of one life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Milliseconds from the start to the first question for an invocation.
    Init,
    /// Milliseconds of the first invocation.
    First,
    /// Both.
    Cold,
    /// Milliseconds of an invocation after the first: the median of them.
    Warm,
    /// Milliseconds of CPU of the whole process with one invocation done.
    Cpu,
    /// The most megabytes that were resident.
    Peak,
}

impl Figure {
    /// Of this life.
    pub(crate) fn of(self, life: &Life) -> f64 {
        match self {
            Self::Init => milliseconds(life.init),
            Self::First => milliseconds(life.first()),
            Self::Cold => milliseconds(life.cold()),
            Self::Warm => median(life.invocations[1..].iter().map(|took| milliseconds(*took))).unwrap_or(f64::NAN),
            Self::Cpu => milliseconds(life.cpu),
            Self::Peak => megabytes(life.peak),
        }
    }
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "no program here has 2^52 bytes")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The middle, and the quarters beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) middle: f64,
    pub(crate) high: f64,
}

/// Of these values, unless there are none.
pub(crate) fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    // Between two neighbours, half way at most: four parts of the way from the first to the last.
    let at = |quarters: usize| {
        let (place, rest) = (last * quarters / 4, last * quarters % 4);
        let (this, next) = (values[place], values[(place + 1).min(last)]);
        this + (next - this) * [0.0, 0.25, 0.5, 0.75][rest]
    };
    Some(Spread { low: at(1), middle: at(2), high: at(3) })
}

/// The middle one of these values, unless there are none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    spread(values).map(|spread| spread.middle)
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The lives of each round, in the order of the rounds.
    pub(crate) lives: BTreeMap<(Name, Variant), Vec<Vec<Life>>>,
    /// What each called of AWS for one invocation.
    pub(crate) calls: BTreeMap<(Name, Variant), Calls>,
    /// Bytes of the floor and of the function, stripped.
    pub(crate) sizes: Option<(u64, u64)>,
    /// Crates in the function.
    pub(crate) crates: Option<usize>,
}

impl Results {
    /// The median over all rounds.
    pub(crate) fn median(&self, scenario: Name, variant: Variant, figure: Figure) -> Option<f64> {
        median(self.of_each_round(scenario, variant, figure))
    }

    /// How many times another's figure this one's is: of the ratios within each round.
    pub(crate) fn ratio(&self, scenario: Name, variant: Variant, other: Variant, figure: Figure) -> Option<Spread> {
        let of = |variant| self.of_each_round(scenario, variant, figure);
        spread(of(variant).zip(of(other)).map(|(one, other)| one / other))
    }

    /// The median over the lives of each round.
    fn of_each_round(&self, scenario: Name, variant: Variant, figure: Figure) -> impl Iterator<Item = f64> {
        let rounds = self.lives.get(&(scenario, variant)).into_iter().flatten();
        rounds.filter_map(move |lives| median(lives.iter().map(|life| figure.of(life))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_in_the_middle_and_its_quarters_beside_it() {
        assert_eq!(median([]), None);
        assert_eq!(spread([7.0]), Some(Spread { low: 7.0, middle: 7.0, high: 7.0 }));
        assert_eq!(spread([5.0, 1.0, 3.0, 2.0, 4.0]), Some(Spread { low: 2.0, middle: 3.0, high: 4.0 }));
        assert_eq!(spread([1.0, 2.0]), Some(Spread { low: 1.25, middle: 1.5, high: 1.75 }));
    }

    fn life(ms: u64) -> Life {
        let time = Duration::from_millis(ms);
        Life { init: time, invocations: vec![time, 2 * time, 4 * time, 3 * time], cpu: time, peak: ms * 1_000_000 }
    }

    #[test]
    fn a_ratio_is_of_the_same_round() {
        // In the second round the machine is slow, and once it is very slow.
        let lives =
            [(Variant::Ours, [[2, 2, 2], [40, 900, 40], [6, 6, 6]]), (Variant::Floor, [[1; 3], [10; 3], [3; 3]])];
        let of = |rounds: [[u64; 3]; 3]| rounds.map(|lives| lives.map(life).to_vec()).to_vec();
        let lives = lives.map(|(variant, rounds)| ((Name::Fast, variant), of(rounds)));
        let results = Results { lives: lives.into(), ..Results::default() };
        let ratio = results.ratio(Name::Fast, Variant::Ours, Variant::Floor, Figure::Cold).unwrap();
        assert!((ratio.middle - 2.0).abs() < 1e-9, "{ratio:?}");
        assert_eq!(results.median(Name::Fast, Variant::Ours, Figure::Warm), Some(18.0));
        assert_eq!(results.median(Name::Slow, Variant::Ours, Figure::Warm), None);
    }
}
