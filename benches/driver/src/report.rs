//! The figures as tables in Markdown.

use std::fmt::Write as _;

use crate::figures::{Figure, Results, median, megabytes, milliseconds};
use crate::gates::{GATES, Standing};
use crate::machine::Machine;
use crate::mock::Mock;
use crate::scenario::{LIVES, Name, SCENARIOS, Scenario};
use crate::variant::Variant;
use std::collections::BTreeMap;

/// Everything, ready for a file.
pub(crate) fn report(machine: &Machine, rounds: usize, results: &Results, mocks: &BTreeMap<Name, Mock>) -> String {
    let mut text = String::from("# What the bench measured\n\nMade by `.ci/bench`; see [the bench](../README.md).\n\n");
    let _ = writeln!(text, "{machine}");
    let _ = writeln!(
        text,
        "Medians of {rounds} rounds in which every program ran once in every row, in an order that was new each time, \
         after one round that does not count. What runs for some milliseconds only, Rust's programs where AWS answers at \
         once, ran {LIVES} times in a round, whose figure is the median. Times in milliseconds, memory in megabytes of 10^6 \
         bytes. A ratio is the median of the ratios within each round, its quarters in brackets.\n"
    );
    gates(&mut text, results);
    for one in SCENARIOS.iter().filter(|one| mocks.contains_key(&one.name)) {
        scenario(&mut text, one, results, &mocks[&one.name]);
    }
    calls(&mut text, results);
    text
}

fn gates(text: &mut String, results: &Results) {
    text.push_str("## The gates\n\n| figure | measured | gate | aim | |\n|---|---:|---:|---:|---|\n");
    for gate in &GATES {
        let (measured, standing) = match gate.standing(results) {
            Standing::Met(measured) if measured <= gate.aim => (gate.write(measured), "aim met".to_owned()),
            Standing::Met(measured) => (gate.write(measured), "met".to_owned()),
            Standing::Missed(measured, by) => (gate.write(measured), format!("**missed by {:.0} %**", by * 100.0)),
            Standing::NotMeasured => ("-".to_owned(), "**not measured**".to_owned()),
        };
        let (at_most, aim) = (gate.write(gate.at_most), gate.write(gate.aim));
        let _ = writeln!(text, "| {} | {measured} | {at_most} | {aim} | {standing} |", gate.figure);
    }
    if let Some((floor, ours)) = results.sizes {
        let _ = writeln!(text, "\nStripped: {ours} bytes, {:.2} MB; the floor {floor} bytes.", megabytes(ours));
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

fn scenario(text: &mut String, one: &Scenario, results: &Results, mock: &Mock) {
    let _ = writeln!(text, "\n## {}\n", one.title);
    let took = median(mock.took().into_iter().map(milliseconds)).unwrap_or_default();
    let _ = writeln!(text, "The mock took {took:.2} ms for an answer, in the middle.");
    if !one.limit().is_zero() {
        let limit = milliseconds(one.limit());
        let _ = writeln!(text, "{} calls have to follow each other: {limit:.0} ms are the limit.", one.trips);
    }
    let yardstick = if one.name == Name::Fast { Variant::Floor } else { Variant::Boto3 };
    let of = if one.name == Name::Fast { "the floor" } else { "boto3" };
    let _ = writeln!(
        text,
        "\n| program | init | first | cold | warm | CPU, one invocation | peak memory | cold to {of} | CPU to {of} |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|"
    );
    for variant in one.variants {
        let figure = |figure| results.median(one.name, *variant, figure).map_or("-".to_owned(), short);
        let ratio = |figure| {
            let ratio = results.ratio(one.name, *variant, yardstick, figure);
            ratio.map_or("-".to_owned(), |r| format!("{} ({} to {})", fine(r.middle), fine(r.low), fine(r.high)))
        };
        let _ = writeln!(
            text,
            "| {variant} | {} | {} | {} | {} | {} | {} | {} | {} |",
            figure(Figure::Init),
            figure(Figure::First),
            figure(Figure::Cold),
            figure(Figure::Warm),
            figure(Figure::Cpu),
            figure(Figure::Peak),
            ratio(Figure::Cold),
            ratio(Figure::Cpu),
        );
    }
}

/// A ratio, which may be far below one.
fn fine(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { short(ratio) }
}

fn calls(text: &mut String, results: &Results) {
    text.push_str("\n## What is called for one move\n\n| call | small estate | 51st on the target, 500 in the Region | with ledger |\n|---|---:|---:|---:|\n");
    let columns = [(Name::Slow, Variant::Ours), (Name::Large, Variant::Ours), (Name::Slow, Variant::Ledger)];
    let columns = columns.map(|column| results.calls.get(&column).cloned().unwrap_or_default());
    let all: std::collections::BTreeSet<&String> = columns.iter().flat_map(BTreeMap::keys).collect();
    for call in all {
        let [small, large, ledger] = columns.each_ref().map(|calls| calls.get(call).copied().unwrap_or_default());
        let _ = writeln!(text, "| `{call}` | {small} | {large} | {ledger} |");
    }
    let total = |calls: &BTreeMap<String, usize>| calls.values().sum::<usize>();
    let [small, large, ledger] = columns.each_ref().map(total);
    let _ = writeln!(text, "| together | {small} | {large} | {ledger} |");
    text.push_str(
        "\nThe bench fails if a peer calls anything else, or any of these more or less often; \
         but Node.js, whose SDK has no `ListVirtualInterfaceRoutes` yet, makes that one read less.\n",
    );
}
