//! Runs one part of the pure core over an estate of some size, some times: `bench-core PART SIZE TIMES`. What it costs once
//! is the difference that the last number makes to the instructions of the process, which `.ci/slim` counts under valgrind.

mod estate;

use std::hint::black_box;
use std::process::ExitCode;

use associate_virtual_interface::check::check;
use associate_virtual_interface::estate::{Estate, Found};
use associate_virtual_interface::evacuation::Evacuation;
use associate_virtual_interface::evacuation::judge::Judge;
use associate_virtual_interface::evacuation::survey::Survey;
use associate_virtual_interface::plan::{Plan, plan};

use crate::estate::{SOURCE, TARGET, caller, connections, interfaces, lags, request};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [part, size, times] = arguments.as_slice() else { return ExitCode::from(2) };
    let (Ok(size), Ok(times)) = (size.parse(), times.parse()) else { return ExitCode::from(2) };
    let right = match part.as_str() {
        "find" => find(size, times),
        "check" => neighbours(size, times, |found| match found {
            Found::Facts(facts) => check(&request(), facts).findings.iter().all(|finding| !finding.blocks()),
            _ => false,
        }),
        "plan" => neighbours(size, times, |found| matches!(plan(&request(), found), Ok(Plan::Associate(_)))),
        "evacuate" => evacuate(size, times),
        _ => return ExitCode::from(2),
    };
    // What is counted has to be the work that it is taken for.
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Everything that one wave of reads gives, with so many interfaces on the target and in the Region.
fn read(on_target: usize, in_region: usize) -> Estate {
    let all = interfaces(on_target, in_region, 0);
    let on = |port: &str| all.iter().filter(|one| one.connection_id.as_deref() == Some(port)).cloned().collect();
    Estate {
        interface: Ok(all[..1].to_vec()),
        on_target: Ok(on(TARGET)),
        connections: Ok(connections()),
        lags: Ok(lags()),
        attachment: Ok(Vec::new()),
        accepted_prefixes: Ok((0..100).map(|n| format!("198.51.{n}.0/24")).collect()),
        in_region: Ok(all),
    }
}

/// From the reads to the facts, by the size of the Region.
fn find(size: usize, times: usize) -> bool {
    let (estate, request, caller) = (read(1, size), request(), caller());
    (0..times).all(|_| matches!(black_box(&estate).find(&request, &caller), Ok(Found::Facts(_))))
}

/// From the facts on, by the number of interfaces on the target.
fn neighbours(size: usize, times: usize, judged: impl Fn(&Found) -> bool) -> bool {
    let Ok(found) = read(size, 100).find(&request(), &caller()) else { return false };
    (0..times).all(|_| judged(black_box(&found)))
}

/// The plan that empties a port, by the number of interfaces on it.
fn evacuate(size: usize, times: usize) -> bool {
    let all = interfaces(0, 100, size);
    let on = |port: &str| all.iter().filter(|one| one.connection_id.as_deref() == Some(port)).cloned().collect();
    let survey = Survey {
        on_ports: [SOURCE, TARGET].map(|port| (port.to_owned(), Ok(on(port)))).into(),
        connections: Ok(connections()),
        lags: Ok(lags()),
        attachments: [].into(),
        in_region: Ok(all),
    };
    let evacuation = Evacuation {
        ports: vec![SOURCE.to_owned()],
        target: Some(TARGET.to_owned()),
        request_id: "bench".to_owned(),
        ..Evacuation::default()
    };
    let caller = caller();
    (0..times).all(|_| {
        let survey = black_box(&survey);
        let Ok(situation) = survey.situation(&evacuation, &caller) else { return false };
        let judge = Judge { survey, situation: &situation, evacuation: &evacuation, caller: &caller };
        let gateways = judge.gateways_in_doubt();
        gateways.is_empty() && judge.plan().is_ok_and(|plan| plan.requests.len() == size && plan.skipped.is_empty())
    })
}
