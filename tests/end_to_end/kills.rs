//! The real binary killed by SIGKILL at every step: each call of the function is held, before it is carried out or after
//! it, and while it is held the process dies. Another process then gets the same request, or nobody asks again and the
//! sweeper comes. Time is let pass by taking it from what stands in the ledger.

use std::collections::BTreeSet;

use crate::harness::{ASSOCIATE, Said, Stage, faults};
use crate::ledger::{LEDGER, hours_pass, moves, named, scheduled};
use crate::{secrets, table};

/// Each call of a move in turn, held before it is carried out and, where it changes something, after it.
const STEPS: &[&str] = &[
    "GetItem:hang:1",
    "GetItem:hang:2",
    "DescribeVirtualInterfaces:hang:1",
    "DescribeVirtualInterfaces:hang:2",
    "DescribeVirtualInterfaces:hang:3",
    "DescribeConnections:hang:1",
    "DescribeLags:hang:1",
    "DescribeDirectConnectGatewayAttachments:hang:1",
    "ListVirtualInterfaceRoutes:hang:1",
    "TransactWriteItems:hang:1",
    "TransactWriteItems:hang-after:1",
    "AssociateVirtualInterface:hang:1",
    "AssociateVirtualInterface:hang-after:1",
    "TransactWriteItems:hang:2",
    "TransactWriteItems:hang-after:2",
    "PutEvents:hang:1",
    "PutEvents:hang-after:1",
    "UpdateItem:hang:1",
    "UpdateItem:hang-after:1",
];

/// Plays every step, several at a time: as many as whoever answers DynamoDB can bear, and an emulator is one thread.
async fn at_every_step<F: Future<Output = ()> + Send + 'static>(play: fn(&'static str) -> F) {
    let at_a_time = if table::other().is_some() { 2 } else { STEPS.len() };
    for some in STEPS.chunks(at_a_time) {
        let playing: Vec<_> = some.iter().map(|step| tokio::spawn(play(step))).collect();
        for step in playing {
            step.await.unwrap();
        }
    }
}

/// What is left of a function that was killed at this step.
async fn killed_at(step: &str) -> Stage {
    let mut stage = Stage::with(dx_sim::Options::default(), LEDGER).await;
    stage.simulator.change(secrets::plant);
    stage.simulator.set_faults(faults(&[step]));
    let (operation, nth) = (step.split(':').next().unwrap(), step.rsplit(':').next().unwrap().parse().unwrap());
    let request = named("CHG-1");
    tokio::select! {
        said = stage.ask(&request) => panic!("{step}: it was to be held, and says {said:?}"),
        () = async {
            while stage.count(operation) < nth {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await; // looks again; decides nothing
            }
        } => {}
    }
    stage.kill().await;
    stage.simulator.set_faults(Vec::new());
    stage
}

/// What must hold in the end, however it came to it.
fn nothing_is_left(stage: &Stage, step: &str) {
    for item in stage.items() {
        assert!(item.get("unfinished").is_none() && item.get("holder").is_none(), "{step}: {item}");
        let status = item.get("status").map(|status| status["S"].as_str().unwrap());
        assert!(!matches!(status, Some("INPROGRESS" | "IN_DOUBT")), "{step}: {item}");
        assert!(!item.to_string().contains(secrets::CANARY), "{step}: a secret in the ledger");
    }
    let mut ids = BTreeSet::new();
    for record in stage.emitted().iter().filter(|record| record["outcome"] == "associated") {
        ids.insert(record["id"].to_string());
        assert_eq!(record["from"]["connectionId"], "dxcon-fgashbn1", "{step}");
    }
    assert_eq!(ids.len(), moves(stage), "{step}: {ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_again_finishes_what_a_killed_process_began() {
    at_every_step(asked_again).await;
}

async fn asked_again(step: &'static str) {
    let stage = killed_at(step).await;
    let another = stage.beside(ASSOCIATE, LEDGER).await;
    let mut said = another.ask(&named("CHG-1")).await;
    for _ in 0..3 {
        let Said::Error { name, .. } = &said else { break };
        assert!(matches!(name.as_str(), "InProgress" | "AssociationUnsettled"), "{step}: {said:?}");
        hours_pass(&stage);
        said = another.ask(&named("CHG-1")).await;
    }
    assert_eq!(said.record()["outcome"], "associated", "{step}");
    assert_eq!(moves(&stage), 1, "{step}: moved exactly once");
    nothing_is_left(&stage, step);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweeper_finishes_what_a_killed_process_began_and_nobody_asks_for_again() {
    at_every_step(swept).await;
}

async fn swept(step: &'static str) {
    let stage = killed_at(step).await;
    let begun = !stage.items().is_empty();
    let sweeper = stage.beside(ASSOCIATE, LEDGER).await;
    for _ in 0..3 {
        hours_pass(&stage);
        sweeper.ask(&scheduled()).await.record();
    }
    nothing_is_left(&stage, step);
    assert!(stage.associate_calls() <= 1, "{step}: the sweeper never calls");
    let outcomes: Vec<String> = stage.emitted().iter().map(|record| record["outcome"].to_string()).collect();
    // Of what was begun somebody hears, even if nobody can say how it ended.
    let heard = if moves(&stage) == 1 { "\"associated\"" } else { "\"unsettled\"" };
    assert_eq!(outcomes.contains(&heard.to_owned()), begun, "{step}: {outcomes:?}");
}
