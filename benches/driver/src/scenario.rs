//! The circumstances in which the programs are compared, and the rounds.

use std::collections::BTreeMap;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::certificates::Tls;
use crate::estate::{SMALL, Size, request};
use crate::figures::Results;
use crate::function::{Life, Script, live};
use crate::mock::{Calls, Mock};
use crate::runtime_api::RuntimeApi;
use crate::share::Share;
use crate::variant::{Programs, Variant};
use crate::{Error, say};

/// How often a function is invoked in its life: once cold, and then warm.
const INVOCATIONS: usize = 6;

/// How often a program of some milliseconds lives in a round: a single life so short shows what else the machine did.
pub(crate) const LIVES: usize = 9;

/// The circumstances, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// AWS answers at once: all that is left is the program's own.
    Fast,
    /// AWS takes 20 ms.
    Slow,
    /// The same, with a full target in a large Region.
    Large,
    /// The same as `Slow` on the CPU of 128 MB.
    Share,
}

/// Circumstances.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: Name,
    pub(crate) title: &'static str,
    /// What AWS takes for each answer.
    pub(crate) delay: Duration,
    pub(crate) size: Size,
    /// Calls that have to follow each other: the pages of the longest listing, the association, the event.
    pub(crate) trips: u32,
    pub(crate) variants: &'static [Variant],
}

impl Scenario {
    /// What the calls that have to follow each other take by themselves.
    pub(crate) fn limit(&self) -> Duration {
        self.delay * self.trips
    }

    /// How often this program lives in a round.
    fn lives(&self, variant: Variant) -> usize {
        let short = self.name == Name::Fast && matches!(variant, Variant::Floor | Variant::Ours | Variant::Ledger);
        if short { LIVES } else { 1 }
    }
}

/// Where the target takes one more and no other, of a Region with five pages of interfaces.
const LARGE: Size = Size { in_region: 500, on_target: 50, to_leave: 0 };

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: Name::Fast,
        title: "AWS answers at once",
        delay: Duration::ZERO,
        size: SMALL,
        trips: 3,
        variants: &[Variant::Floor, Variant::Ours, Variant::Ledger, Variant::Boto3, Variant::Node],
    },
    Scenario {
        name: Name::Slow,
        title: "AWS answers after 20 ms",
        delay: Duration::from_millis(20),
        size: SMALL,
        trips: 3,
        variants: &[Variant::Ours, Variant::Ledger, Variant::Boto3, Variant::Node],
    },
    Scenario {
        name: Name::Large,
        title: "20 ms, the 51st interface on the target, 500 in the Region",
        delay: Duration::from_millis(20),
        size: LARGE,
        trips: 7,
        variants: &[Variant::Ours, Variant::Boto3, Variant::Node],
    },
    Scenario {
        name: Name::Share,
        title: "20 ms, the CPU of 128 MB after the start",
        delay: Duration::from_millis(20),
        size: SMALL,
        trips: 3,
        variants: &[Variant::Ours, Variant::Boto3, Variant::Node],
    },
];

/// The circumstances of that name.
pub(crate) fn scenario(name: Name) -> &'static Scenario {
    SCENARIOS.iter().find(|one| one.name == name).unwrap_or(&SCENARIOS[0])
}

/// What every life needs.
pub(crate) struct Stage {
    pub(crate) programs: Programs,
    pub(crate) api: RuntimeApi,
    pub(crate) tls: Tls,
    pub(crate) folder: PathBuf,
}

impl Stage {
    /// Sets it up, with a folder for what has to be in files.
    pub(crate) fn new(programs: Programs, folder: &Path) -> Result<Self, Error> {
        let tls = Tls::new(folder)?;
        Ok(Self { programs, api: RuntimeApi::start()?, tls, folder: folder.to_owned() })
    }

    /// Lets a program live once against this mock, and looks at every answer.
    pub(crate) fn live(
        &self,
        variant: Variant,
        mock: &Mock,
        times: usize,
        payload: impl Fn(&str) -> Value,
        share: Option<&Share>,
    ) -> Result<(Life, Calls), Error> {
        let command = variant.command(&self.programs, self.api.address(), &self.tls, mock.environment());
        let mut calls = Calls::new();
        let script = Script {
            payload: &|id| {
                mock.reset();
                payload(id)
            },
            look: &mut |answer| {
                calls = mock.calls()?;
                if !variant.is_right(answer) {
                    return Err(Error::from(format!("{variant} should have done its work, and answers {answer}")));
                }
                Ok(())
            },
            times,
            share,
            log: &self.folder.join("output.log"),
        };
        let life = live(command, &self.api, script)?;
        Ok((life, calls))
    }
}

/// Runs every program in all circumstances in each round, in an order that is new each time. The first round warms what is
/// warm ever after, and is not counted.
pub(crate) fn rounds(stage: &Stage, rounds: usize) -> Result<(Results, BTreeMap<Name, Mock>), Error> {
    let share = Share::of_128_mb().inspect_err(|error| say(&format!("128 MB cannot be emulated here: {error}"))).ok();
    let measured = || SCENARIOS.iter().filter(|one| one.name != Name::Share || share.is_some());
    let start = |one: &Scenario| Mock::start(&stage.tls, one.delay, one.size).map(|mock| (one.name, mock));
    let mocks: BTreeMap<Name, Mock> = measured().map(start).collect::<Result<_, _>>()?;
    let mut results = Results::default();
    for round in 0..=rounds {
        let each = measured().flat_map(|one| one.variants.iter().map(move |variant| (one, *variant)));
        let mut order: Vec<(&Scenario, Variant)> =
            each.flat_map(|(one, variant)| iter::repeat_n((one, variant), one.lives(variant))).collect();
        fastrand::shuffle(&mut order);
        say(&format!("round {round} of {rounds}{}", if round == 0 { ", not counted" } else { "" }));
        for (one, variant) in order {
            let share = share.as_ref().filter(|_| one.name == Name::Share);
            let (life, calls) = stage.live(variant, &mocks[&one.name], INVOCATIONS, request, share)?;
            if round > 0 {
                let rounds = results.lives.entry((one.name, variant)).or_default();
                rounds.resize_with(round, Vec::new);
                rounds[round - 1].push(life);
            }
            results.calls.insert((one.name, variant), calls);
        }
        all_ask_for_the_same(&results)?;
    }
    Ok((results, mocks))
}

/// A read that the Node.js SDK's client does not know yet: that peer has one less to make.
const UNKNOWN_TO_NODE: &str = "ListVirtualInterfaceRoutes(filters, virtualInterfaceId)";

/// Who reads fewer facts is not compared.
fn all_ask_for_the_same(results: &Results) -> Result<(), Error> {
    for ((name, variant), calls) in &results.calls {
        let mut ours = results.calls.get(&(*name, Variant::Ours)).cloned().unwrap_or_default();
        if *variant == Variant::Node {
            ours.remove(UNKNOWN_TO_NODE);
        }
        if !matches!(variant, Variant::Floor | Variant::Ledger) && ours != *calls {
            return Err(Error::from(format!("{variant} calls {calls:?}, and the function {ours:?}")));
        }
    }
    Ok(())
}
