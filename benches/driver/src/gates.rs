//! What has to hold of the figures.

use crate::figures::{Figure, Results, milliseconds};
use crate::scenario::{Name, scenario};
use crate::variant::Variant::{Boto3, Floor, Ours};

/// One figure with what it may be at most.
pub(crate) struct Gate {
    pub(crate) figure: &'static str,
    /// More than this fails.
    pub(crate) at_most: f64,
    /// What is hoped for.
    pub(crate) aim: f64,
    /// Digits after the point.
    pub(crate) digits: usize,
    pub(crate) unit: &'static str,
    pub(crate) measured: fn(&Results) -> Option<f64>,
}

/// How a gate stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Standing {
    Met(f64),
    /// By how many parts of the gate it is missed.
    Missed(f64, f64),
    /// Which is no better than missed.
    NotMeasured,
}

impl Gate {
    pub(crate) fn standing(&self, results: &Results) -> Standing {
        match (self.measured)(results) {
            None => Standing::NotMeasured,
            Some(measured) if measured <= self.at_most => Standing::Met(measured),
            Some(measured) => Standing::Missed(measured, measured / self.at_most - 1.0),
        }
    }

    /// The figure as it is written.
    pub(crate) fn write(&self, value: f64) -> String {
        format!("{value:.*}{}", self.digits, self.unit)
    }
}

fn to_floor(results: &Results, figure: Figure) -> Option<f64> {
    Some(results.ratio(Name::Fast, Ours, Floor, figure)?.middle)
}

/// A warm invocation to what its calls take by themselves.
fn to_limit(results: &Results, name: Name) -> Option<f64> {
    Some(results.median(name, Ours, Figure::Warm)? / milliseconds(scenario(name).limit()))
}

#[expect(clippy::cast_precision_loss, reason = "no function has 2^52 bytes or crates")]
fn size_to_floor(results: &Results) -> Option<f64> {
    results.sizes.map(|(floor, ours)| ours as f64 / floor as f64)
}

/// All of them.
pub(crate) const GATES: [Gate; 11] = [
    Gate {
        figure: "init, to the floor",
        at_most: 2.0,
        aim: 1.3,
        digits: 2,
        unit: "",
        measured: |results| to_floor(results, Figure::Init),
    },
    Gate {
        figure: "cold (init and first) at 0 ms, to the floor",
        at_most: 4.5,
        aim: 3.0,
        digits: 2,
        unit: "",
        measured: |results| to_floor(results, Figure::Cold),
    },
    Gate {
        figure: "CPU of one invocation, to the floor",
        at_most: 4.0,
        aim: 2.5,
        digits: 2,
        unit: "",
        measured: |results| to_floor(results, Figure::Cpu),
    },
    Gate {
        figure: "cold at 0 ms, to boto3",
        at_most: 0.025,
        aim: 0.012,
        digits: 4,
        unit: "",
        measured: |results| Some(results.ratio(Name::Fast, Ours, Boto3, Figure::Cold)?.middle),
    },
    Gate {
        figure: "first invocation at 20 ms, over three round trips",
        at_most: 8.0,
        aim: 4.0,
        digits: 1,
        unit: " ms",
        measured: |results| {
            let limit = milliseconds(scenario(Name::Slow).limit());
            Some(results.median(Name::Slow, Ours, Figure::First)? - limit)
        },
    },
    Gate {
        figure: "warm at 20 ms, to three round trips",
        at_most: 1.06,
        aim: 1.03,
        digits: 3,
        unit: "",
        measured: |results| to_limit(results, Name::Slow),
    },
    Gate {
        figure: "warm at 20 ms, the 51st on the target, 500 in the Region, to the same and its pages",
        at_most: 1.10,
        aim: 1.05,
        digits: 3,
        unit: "",
        measured: |results| to_limit(results, Name::Large),
    },
    Gate {
        figure: "first invocation on the CPU of 128 MB, to boto3",
        at_most: 0.08,
        aim: 0.05,
        digits: 3,
        unit: "",
        measured: |results| Some(results.ratio(Name::Share, Ours, Boto3, Figure::First)?.middle),
    },
    Gate {
        figure: "peak memory, to the floor",
        at_most: 3.0,
        aim: 2.0,
        digits: 2,
        unit: "",
        measured: |results| to_floor(results, Figure::Peak),
    },
    Gate {
        figure: "stripped size, to the floor",
        at_most: 4.5,
        aim: 2.5,
        digits: 2,
        unit: "",
        measured: size_to_floor,
    },
    Gate {
        figure: "crates in the function",
        at_most: 150.0,
        aim: 120.0,
        digits: 0,
        unit: "",
        measured: |results| results.crates.and_then(|crates| u32::try_from(crates).ok()).map(f64::from),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_met_missed_or_not_measured() {
        let crates = |crates| Results { crates, ..Results::default() };
        let gate = &GATES[10];
        assert_eq!(gate.standing(&crates(Some(150))), Standing::Met(150.0));
        assert_eq!(gate.standing(&crates(None)), Standing::NotMeasured);
        let Standing::Missed(measured, by) = gate.standing(&crates(Some(165))) else { panic!("165 is more than 150") };
        assert!((by - 0.1).abs() < 1e-9);
        assert_eq!(gate.write(measured), "165");
        assert!(GATES.iter().all(|gate| gate.aim < gate.at_most));
    }
}
