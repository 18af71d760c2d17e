//! Random schedules: two to four requests at once, duplicates, retries, moves back, late deliveries, the sweeper, and
//! anything going wrong for the first ten minutes. All of it follows from the seed.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use tokio::time::sleep;

use crate::estate::{MEMBER, MOVING, OTHER, SIBLING, SOURCE, TAKEN, TARGETS};
use crate::history::{Ended, History, Payload};
use crate::plan::{Chance, Plan};
use crate::stage::{Circumstances, PAGE, Stage, wall};

/// Until then something may go wrong.
const TROUBLED: Duration = Duration::from_mins(10);
/// How often a request is sent, once nothing goes wrong any more, until it must have ended.
const ENOUGH: u32 = 12;
/// How far a clock may be off, in seconds: two of them may differ by twice that, and a late move may show so much later,
/// before a call counts as never applied.
const SKEW: i64 = 95;
/// How far, where one interface waits for another: two of them may differ by less than the ten seconds that are assumed.
const SKEW_BESIDE: i64 = 4;

/// Who sends a request, again and again while waiting helps, as a state machine or Lambda would.
#[derive(Clone, Debug)]
pub struct Client {
    /// Which.
    pub payload: usize,
    /// When for the first time.
    pub begins: Duration,
    /// After so many attempts it is given up.
    pub patience: u32,
    /// Whether every attempt has the same Lambda request id, as Lambda's own retries have.
    pub same_id: bool,
    /// The shortest and the longest pause between two attempts, in seconds.
    pub pause: (u64, u64),
}

/// A request to move an interface, that accepts every guard but the one that keeps a gateway's last path.
#[must_use]
pub fn request(request_id: &str, interface: &str, target: &str, expected: Option<&str>) -> Payload {
    let guards = ["interrupts-traffic", "bandwidth-kept", "redundancy-kept", "healthy-path-elsewhere"];
    let overrides: Vec<Value> = guards.iter().map(|check| json!({"check": check, "reason": "a schedule"})).collect();
    let mut json = json!({"virtualInterfaceId": interface, "connectionId": target, "requestId": request_id,
        "overrides": overrides});
    if let Some(expected) = expected {
        json["expectedConnectionId"] = json!(expected);
    }
    Payload {
        json: json.to_string(),
        request_id: request_id.to_owned(),
        interface: interface.to_owned(),
        target: target.to_owned(),
        expected: expected.map(str::to_owned),
        ..Payload::default()
    }
}

fn with(payload: &Payload, member: &str, value: Value) -> Payload {
    let mut json: Value = serde_json::from_str(&payload.json).unwrap_or_default();
    json[member] = value;
    Payload { json: json.to_string(), ..payload.clone() }
}

/// As an event, sent when the schedule begins.
fn enveloped(payload: &Payload, replayed: bool) -> Payload {
    let detail: Value = serde_json::from_str(&payload.json).unwrap_or_default();
    let mut json = json!({"version": "0", "id": "an-event", "detail-type": "Virtual Interface Association Requested",
        "source": "runbooks", "account": "123456789012", "region": "us-east-1", "resources": [],
        "time": wall(Duration::ZERO).format(&Rfc3339).unwrap_or_default(), "detail": detail});
    if replayed {
        json["replay-name"] = json!("last-week");
    }
    Payload { json: json.to_string(), replayed, ..payload.clone() }
}

/// Draws the requests of a schedule, and who sends them when.
fn draw(rng: &mut Rng) -> (Vec<Payload>, Vec<Client>) {
    let target = TARGETS[rng.usize(0..2)];
    let expected = rng.bool().then_some(SOURCE);
    let mut first = request("R0", MOVING, target, expected);
    if rng.u8(0..5) == 0 {
        let end = wall(Duration::from_secs(rng.u64(1..900)));
        let end = end.replace_nanosecond(0).unwrap_or(end);
        first = with(&first, "notAfter", json!(end.format(&Rfc3339).unwrap_or_default()));
        first.not_after = Some(end);
    }
    if rng.u8(0..5) == 0 {
        first = enveloped(&first, false);
    }
    let mut payloads = vec![first.clone()];
    let soon = |rng: &mut Rng| Duration::from_millis(rng.u64(0..40_000));
    let mut clients = vec![client(0, soon(rng), rng)];
    for number in 1..rng.usize(2..5) {
        let id = format!("R{number}");
        let mut begins = soon(rng);
        let payload = match rng.u8(0..12) {
            // The same again: at once, or after every window in which nothing was heard of it.
            0..=2 => first.clone(),
            3 => {
                begins = Duration::from_secs(rng.u64(1_000..200_000));
                first.clone()
            }
            4 => request(&id, MOVING, TARGETS[rng.usize(0..2)], None),
            5 => request(&id, MOVING, target, Some(SOURCE)),
            6 | 7 => {
                begins = Duration::from_secs(rng.u64(30..1_500));
                request(&id, MOVING, SOURCE, Some(target))
            }
            8 => request("R0", MOVING, SOURCE, None),
            9 => {
                if rng.bool() {
                    enveloped(&request(&id, MOVING, target, None), true)
                } else {
                    let mut dry = with(&request(&id, MOVING, target, None), "dryRun", json!(true));
                    dry.dry_run = true;
                    dry
                }
            }
            10 => request(&id, MOVING, if rng.bool() { TAKEN } else { MEMBER }, None),
            _ => request(&id, OTHER, TARGETS[rng.usize(0..2)], Some(SOURCE)),
        };
        payloads.push(payload);
        clients.push(client(number, begins, rng));
    }
    // What was moved back may be asked for once more, long after.
    if rng.u8(0..3) == 0 {
        clients.push(client(0, Duration::from_secs(rng.u64(1_600..4_000)), rng));
    }
    (payloads, clients)
}

fn client(payload: usize, begins: Duration, rng: &mut Rng) -> Client {
    let patience = if rng.u8(0..4) == 0 { rng.u32(1..4) } else { u32::MAX };
    let shortest = rng.u64(1..40);
    Client { payload, begins, patience, same_id: rng.bool(), pause: (shortest, shortest + rng.u64(1..60)) }
}

/// Plays the schedule of one seed.
#[must_use]
pub fn play(seed: u64) -> History {
    let mut rng = Rng::with_seed(seed);
    let (mut payloads, mut clients) = draw(&mut rng);
    let plan = Plan::Chance(Chance::draw(&mut rng, TROUBLED));
    let sweeper = rng.u8(0..4) > 0;
    // With two items a page there are pages to follow.
    let page_size = if rng.u8(0..6) == 0 { 2 } else { PAGE };
    let both_paths = rng.u8(0..6) == 0;
    let skew = if both_paths { SKEW_BESIDE } else { SKEW };
    if both_paths {
        clients.push(client(payloads.len(), Duration::from_millis(rng.u64(0..60_000)), &mut rng));
        payloads.push(request("sibling", SIBLING, TARGETS[1], None));
    }
    run(async move {
        let stage = Stage::new(payloads, plan, seed, page_size);
        let mut swept = rng.fork();
        let sweeping = Arc::clone(&stage);
        let sweeps = tokio::spawn(async move {
            if sweeper {
                sweeping.keep_sweeping(|| swept.i64(-skew..=skew)).await;
            }
        });
        let sent: Vec<_> =
            clients.into_iter().map(|one| tokio::spawn(send(Arc::clone(&stage), one, skew, rng.fork()))).collect();
        let mut unended = Vec::new();
        for one in sent {
            unended.extend(one.await.unwrap_or_else(|error| Some(format!("the function failed inside: {error}"))));
        }
        sweeps.abort();
        stage.finish(unended).await
    })
}

/// Runs a schedule on a runtime of its own, whose clock stands still while somebody works.
pub fn run<T>(schedule: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap_or_else(|error| unreachable!("{error}")).block_on(schedule)
}

/// Sends a request until it has ended; if it does not, what it is. Its clocks are off by so many seconds at most.
pub async fn send(stage: Arc<Stage>, client: Client, skew: i64, mut rng: Rng) -> Option<String> {
    sleep(client.begins).await;
    let mut untroubled = 0;
    for number in 1.. {
        let lambda_request_id =
            if client.same_id { format!("client-{}", client.payload) } else { format!("{}", rng.u64(..)) };
        let how = Circumstances {
            lambda_request_id,
            skew: rng.i64(-skew..=skew),
            // The least that a call is begun with is 17 seconds.
            timeout: Duration::from_secs(if rng.u8(0..8) == 0 { rng.u64(18..26) } else { 60 }),
        };
        let began = stage.elapsed();
        let ended = stage.send(client.payload, how).await;
        if is_over(&ended) || number >= client.patience {
            return None;
        }
        untroubled += u32::from(began > TROUBLED);
        if untroubled > ENOUGH {
            return Some(format!("request {}: {ended:?}", client.payload));
        }
        // Longer and longer, until a doubt must be over.
        let longest = client.pause.1 + u64::from(untroubled) * 20;
        sleep(Duration::from_secs(rng.u64(client.pause.0..=longest))).await;
    }
    None
}

/// Whether this is the end, for whoever retries where waiting helps.
#[must_use]
pub fn is_over(ended: &Ended) -> bool {
    match ended {
        Ended::Said(_) => true,
        Ended::Failed(name, _) => !name.waiting_helps(),
        Ended::Killed | Ended::TimedOut => false,
    }
}
