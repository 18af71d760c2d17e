//! Every file in `events/`: the requests go through the front door, and the records and errors are compared whole with
//! what the program says. After a change that is meant, `UPDATE_EVENTS=1 cargo test --test end_to_end examples` writes
//! the answers anew; read the difference before you commit it.

use std::collections::BTreeSet;
use std::time::Duration;

use dx_sim::{Invocation, Options, World};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::harness::{Said, Stage, VERIFY, event, faults, now};
use crate::runbooks::RUNBOOKS;

/// A request file and how it ends on the example estate.
const REQUESTS: &[(&str, &str)] = &[
    ("request", "associated"),
    ("request-dry-run", "wouldAssociate"),
    ("request-from-eventbridge", "associated"),
    ("request-from-sdk-integration", "associated"),
    ("request-hosted-to-lag", "PreCheckRefused"),
    ("request-last-path-unseen", "PreCheckRefused"),
    ("request-to-connection", "associated"),
    ("request-vlan-in-use", "PreCheckRefused"),
    ("request-with-arns", "associated"),
    ("invalid-override-of-refusal", "InvalidRequest"),
    ("invalid-unknown-field", "InvalidRequest"),
    ("stale-expired", "StaleRequest"),
    ("stale-replayed", "StaleRequest"),
];

/// An answer file, and the invocation that it answers.
struct Scene {
    answer: &'static str,
    /// What the bus gets, where the caller gets an error.
    record: Option<&'static str>,
    request: &'static str,
    faults: &'static [&'static str],
    change: fn(&mut World),
    /// The request is sent this often; the last answer counts.
    times: usize,
    ledger: bool,
    /// Another request, which came before under the same id.
    before: Option<&'static str>,
}

const PLAIN: Scene = Scene {
    answer: "",
    record: None,
    request: "request",
    faults: &[],
    change: |_| {},
    times: 1,
    ledger: false,
    before: None,
};

const SCENES: &[Scene] = &[
    Scene { answer: "record-associated", ..PLAIN },
    Scene { answer: "record-already-associated", times: 2, ..PLAIN },
    Scene { answer: "record-would-associate", request: "request-dry-run", ..PLAIN },
    Scene {
        answer: "error-pre-check-refused",
        record: Some("record-refused"),
        request: "request-vlan-in-use",
        ..PLAIN
    },
    Scene {
        answer: "error-pre-check-not-yet",
        request: "request-from-sdk-integration",
        change: |world| world.set("dxvif-fgdowned", "virtualInterfaceState", "pending"),
        ..PLAIN
    },
    Scene {
        answer: "error-association-rejected",
        record: Some("record-rejected"),
        faults: &["AssociateVirtualInterface:client"],
        ..PLAIN
    },
    Scene {
        answer: "error-association-unsettled",
        record: Some("record-unsettled"),
        faults: &["AssociateVirtualInterface:reset-before"],
        ..PLAIN
    },
    Scene { answer: "error-record-not-emitted", faults: &["PutEvents:partial-final"], ..PLAIN },
    Scene { answer: "error-invalid-request", request: "invalid-unknown-field", ..PLAIN },
    Scene { answer: "error-stale-request", request: "stale-expired", ..PLAIN },
    Scene { answer: "error-access-denied", faults: &["DescribeLags:denied"], ..PLAIN },
    Scene { answer: "error-unavailable", faults: &["DescribeLags:throttle"], ..PLAIN },
    Scene { answer: "error-in-progress", faults: &["TransactWriteItems:conditional"], ledger: true, ..PLAIN },
    Scene { answer: "error-request-id-reused", ledger: true, before: Some("request-to-connection"), ..PLAIN },
];

type Verdict = (&'static str, Option<&'static str>, fn() -> Options);

/// What `verify` says of the default move: the answer file, the record file where the caller gets an error, and what is
/// different about the move.
const VERDICTS: &[Verdict] = &[
    ("record-settled", None, Options::default),
    ("error-not-settled-yet", None, || Options { settle: Duration::from_hours(1), ..Options::default() }),
    ("error-settled-unhealthy", Some("record-unhealthy"), || Options {
        never_up: vec!["dxlag-fgashlag".to_owned()],
        ..Options::default()
    }),
];

#[test]
fn every_file_is_claimed() {
    let folder = format!("{}/events", env!("CARGO_MANIFEST_DIR"));
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".json").to_owned())
        .collect();
    let scenes = SCENES.iter().map(|scene| (scene.answer, scene.record));
    let answers = scenes.chain(VERDICTS.iter().map(|(answer, record, _)| (*answer, *record)));
    let answers = answers.flat_map(|(answer, record)| [Some(answer), record]).flatten();
    let requests = REQUESTS.iter().map(|(name, _)| *name);
    let claimed = requests.chain(answers).chain(RUNBOOKS).chain(crate::evacuations::files::claimed());
    let claimed: BTreeSet<String> = claimed.map(str::to_owned).collect();
    assert_eq!(files, claimed);
}

#[tokio::test]
async fn every_request_ends_as_it_is_said_to() {
    for (name, ending) in REQUESTS {
        let stage = Stage::new().await;
        let said = stage.ask(&delivered(name)).await;
        assert_eq!(said.name(), *ending, "{name}: {said:?}");
    }
}

#[tokio::test]
async fn every_answer_is_what_the_program_says() {
    for scene in SCENES {
        let environment: &[_] = if scene.ledger { &[("LEDGER_TABLE", "ledger")] } else { &[] };
        let stage = Stage::with(Options { faults: faults(scene.faults), ..Options::default() }, environment).await;
        stage.simulator.change(scene.change);
        if let Some(other) = scene.before {
            let mut other = delivered(other);
            other["requestId"] = delivered(scene.request)["requestId"].clone();
            stage.ask(&other).await.record();
        }
        let mut said = None;
        for _ in 0..scene.times {
            let named = Invocation { request_id: Some("8f507cfc-example".to_owned()), ..Invocation::default() };
            said = Some(stage.ask_as(delivered(scene.request).to_string(), named).await);
        }
        compare(scene.answer, &answer(said.unwrap()));
        if let Some(name) = scene.record {
            compare(name, &steady(stage.emitted().remove(0)));
        }
    }
}

#[tokio::test]
async fn every_verdict_is_what_verify_says() {
    for (name, record, options) in VERDICTS {
        let stage = Stage::with(options(), &[]).await;
        let named = Invocation { request_id: Some("8f507cfc-example".to_owned()), ..Invocation::default() };
        let moved = stage.ask_as(event("request").to_string(), named).await.record();
        let verify = stage.beside(VERIFY, &[("CONVERGENCE_SECONDS", "0")]).await;
        compare(name, &answer(verify.ask(&moved).await));
        if let Some(name) = record {
            compare(name, &steady(stage.emitted().remove(1)));
        }
    }
}

fn answer(said: Said) -> Value {
    match said {
        Said::Record(record) => steady(record),
        Said::Error { name, message } => json!({"errorType": name, "errorMessage": message}),
    }
}

/// As EventBridge would deliver it: the `time` of an envelope is now.
pub(crate) fn delivered(name: &str) -> Value {
    let mut event = event(name);
    if event.get("detail-type").is_some() {
        event["time"] = json!(now().format(&Rfc3339).unwrap());
    }
    event
}

/// What differs from run to run: the time, and the ids that AWS gives to new peers.
pub(crate) fn steady(mut record: Value) -> Value {
    record["time"] = json!("2026-11-23T02:00:01.5Z");
    if let Some(peers) = record["virtualInterface"]["bgpPeers"].as_array_mut() {
        let new = |peer: &&mut Value| !peer["bgpPeerId"].as_str().unwrap().starts_with("dxpeer-fg0000");
        for peer in peers.iter_mut().filter(new) {
            peer["bgpPeerId"] = json!("dxpeer-fexample");
        }
    }
    record
}

pub(crate) fn compare(name: &str, said: &Value) {
    if std::env::var_os("UPDATE_EVENTS").is_some() {
        let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(said).unwrap())).unwrap();
    }
    assert_eq!(&event(name), said, "{name}");
}
