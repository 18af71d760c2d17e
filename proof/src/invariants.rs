//! What must hold after every schedule, by name. Each looks at what the harness saw from outside: calls, answers, events,
//! the ledger and the world; none of them asks the function.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use associate_virtual_interface::error::Moved;
use serde_json::Value;

use crate::estate::CANARY;
use crate::history::{Call, Ended, History, Moment, Payload};
use crate::stage::wall;
use crate::trouble::Trouble;

/// One of them.
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// What must hold.
    pub sentence: &'static str,
    holds: fn(&History) -> Result<(), String>,
}

/// All of them.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "I1-checked",
        sentence: "no call without every fact read in the same attempt, and none that the world forbade when it arrived",
        holds: checked,
    },
    Invariant {
        name: "I2-once",
        sentence: "at most one applied move for each requestId, whatever is duplicated, reordered or retried, and a call \
                   made again only after an answer that proves that nothing was applied",
        holds: once,
    },
    Invariant {
        name: "I3-alone",
        sentence: "never two attempts inside the critical section of one interface",
        holds: alone,
    },
    Invariant {
        name: "I4-told",
        sentence: "every applied move is on the bus, always with the same id, and nothing is told that was not applied",
        holds: told,
    },
    Invariant {
        name: "I5-no-means-no",
        sentence: "an answer that says that nothing moved comes from an attempt that moved nothing; one that says so, moved",
        holds: no_means_no,
    },
    Invariant {
        name: "I6-never-silent",
        sentence: "in the end no request is unfinished, and every interface is where the last applied move put it",
        holds: never_silent,
    },
    Invariant {
        name: "I7-compare-and-set",
        sentence: "a move with an expected connection, a move back for one, is applied only from there",
        holds: compare_and_set,
    },
    Invariant {
        name: "I8-in-time",
        sentence: "an expired or replayed request, and a dry run, never reach the call",
        holds: in_time,
    },
    Invariant { name: "I9-no-secret", sentence: "no secret in any answer, event, item or input", holds: no_secret },
    Invariant {
        name: "I10-reserve",
        sentence: "the call is not sent with less time left than the read and the record need, and Lambda cuts nobody off",
        holds: reserve,
    },
    Invariant { name: "I11-ends", sentence: "when nothing goes wrong any more, every request ends", holds: ends },
    Invariant {
        name: "I12-last-path",
        sentence: "no applied move takes a gateway its last healthy path",
        holds: last_path,
    },
];

/// The first that does not hold, and why.
///
/// # Errors
/// Its name and what it saw.
pub fn check(history: &History) -> Result<(), (&'static str, String)> {
    for invariant in INVARIANTS {
        (invariant.holds)(history).map_err(|why| (invariant.name, why))?;
    }
    Ok(())
}

/// Stops at the first that is wrong.
fn no<T: std::fmt::Debug>(wrong: Option<T>, why: &str) -> Result<(), String> {
    wrong.map_or(Ok(()), |wrong| Err(format!("{why}: {wrong:?}")))
}

/// What must be read before the call, and how often: of the interface by its id, those of the target and those of the
/// Region one may be refused, for the others show the same. (On the attachment to the gateway rests no more than a notice.)
const READS: [(&str, usize); 3] = [("DescribeVirtualInterfaces", 2), ("DescribeConnections", 1), ("DescribeLags", 1)];

fn checked(history: &History) -> Result<(), String> {
    for (call, moment) in history.moves_asked() {
        let Some(payload) = history.payload_of(call) else { return Err(format!("the sweeper calls: {call:?}")) };
        let read = |operation: &str| {
            let before = |one: &&Call| one.attempt == call.attempt && one.sent < call.sent && one.status == 200;
            history.calls.iter().filter(before).filter(|one| one.operation == operation).count()
        };
        no(READS.iter().find(|(operation, times)| read(operation) < *times), "called without a read")?;
        let first =
            |one: &&Call| one.attempt == call.attempt && one.operation == call.operation && one.sent < call.sent;
        let again = history.calls.iter().any(|one| first(&one));
        if !again && !is_allowed(moment, payload) {
            return Err(format!("{payload:?} was called for at {moment:?}"));
        }
    }
    Ok(())
}

fn is_allowed(moment: &Moment, payload: &Payload) -> bool {
    moment.place != payload.target
        && matches!(moment.state.as_str(), "available" | "down")
        && moment.target_state == "available"
        && !moment.is_member
        && !moment.vlan_taken
        && payload.expected.as_ref().is_none_or(|expected| *expected == moment.place)
}

fn once(history: &History) -> Result<(), String> {
    let mut moved = BTreeMap::new();
    for (_, payload) in history.moves() {
        *moved.entry(&payload.request_id).or_insert(0) += 1;
    }
    no(moved.into_iter().find(|(_, times)| *times > 1), "moved more than once")?;
    let is_repeated = |call: &Call| {
        let later = |(other, _): &(&Call, &Moment)| other.attempt == call.attempt && other.sent > call.sent;
        history.moves_asked().any(|other| later(&other))
    };
    let proves = |call: &Call| call.trouble.is_some_and(Trouble::proves_that_nothing_was_applied);
    let blind = history.moves_asked().map(|(call, _)| call).find(|call| is_repeated(call) && !proves(call));
    no(blind, "made again, and might have been applied")
}

/// From the write that takes the interface to the last call.
fn section(history: &History, attempt: usize) -> Option<(Duration, Duration)> {
    let mut calls = history.calls.iter().filter(|call| call.attempt == attempt);
    let taken = calls.clone().find(|call| call.operation == "TransactWriteItems")?.sent;
    let last = calls.rfind(|call| call.moment.is_some())?;
    Some((taken, last.arrived?))
}

fn alone(history: &History) -> Result<(), String> {
    let sections: Vec<_> = (0..history.attempts.len())
        .filter_map(|attempt| {
            let payload = history.payloads.get(history.attempts[attempt].payload?)?;
            Some((attempt, &payload.interface, section(history, attempt)?))
        })
        .collect();
    for (index, (one, interface, (begins, ends))) in sections.iter().enumerate() {
        let inside = |(_, other, (from, to)): &&(usize, &String, (Duration, Duration))| {
            other == interface && from < ends && begins < to
        };
        if let Some((other, ..)) = sections[index + 1..].iter().find(inside) {
            return Err(format!("attempts {one} and {other} were both about to move {interface}"));
        }
    }
    Ok(())
}

fn told(history: &History) -> Result<(), String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut ids: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for record in history.records() {
        ids.entry((text(&record["requestId"]), text(&record["outcome"]))).or_default().insert(text(&record["id"]));
    }
    no(ids.iter().find(|(_, ids)| ids.len() > 1), "one outcome under several ids")?;
    let said = |request: &str, outcome: &str| ids.contains_key(&(request.to_owned(), outcome.to_owned()));
    let moves: Vec<_> = history.moves().collect();
    for (_, payload) in &moves {
        let request = &payload.request_id;
        if !said(request, "associated") {
            return Err(format!("{request} was applied, and the bus does not know"));
        }
    }
    let made = |request: &str| moves.iter().any(|(_, payload)| payload.request_id == request);
    no(ids.keys().find(|(request, outcome)| outcome == "associated" && !made(request)), "told, and not applied")
}

fn no_means_no(history: &History) -> Result<(), String> {
    for (number, attempt) in history.attempts.iter().enumerate() {
        let applied = || history.calls.iter().any(|call| call.attempt == number && call.applied);
        let Some(payload) = attempt.payload.and_then(|payload| history.payloads.get(payload)) else { continue };
        let moved = || history.moves().any(|(_, other)| other.request_id == payload.request_id);
        match &attempt.ended {
            Some((_, Ended::Failed(name, _))) => match name.did_it_move() {
                Moved::No if applied() => return Err(format!("attempt {number} moved and says {name:?}")),
                _ => {}
            },
            Some((_, Ended::Said(record))) if record.contains(r#""outcome":"associated""#) && !moved() => {
                return Err(format!("attempt {number} says associated, and nothing was applied"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn never_silent(history: &History) -> Result<(), String> {
    let tables = history.ledger.as_object().into_iter().flat_map(|tables| tables.values());
    let mut items = tables.filter_map(Value::as_array).flatten();
    no(items.clone().find(|item| item.get("unfinished").is_some()), "a request is unfinished")?;
    no(items.find(|item| item.get("holder").is_some()), "an interface is held by nobody who is there")?;
    for (id, now, before) in &history.places {
        let of_it = history.moves().filter(|(_, payload)| payload.interface == *id);
        let last = of_it.max_by_key(|(call, _)| call.arrived).map_or(before, |(_, payload)| &payload.target);
        if last != now {
            return Err(format!("{id} is on {now}, and the last move went to {last}"));
        }
    }
    Ok(())
}

fn compare_and_set(history: &History) -> Result<(), String> {
    let wrong = history.moves().find(|(call, payload)| {
        let place = call.moment.as_ref().map(|moment| &moment.place);
        payload.expected.is_some() && payload.expected.as_ref() != place
    });
    no(wrong, "moved from elsewhere than was expected")
}

fn in_time(history: &History) -> Result<(), String> {
    for (call, _) in history.moves_asked() {
        let Some(payload) = history.payload_of(call) else { continue };
        let attempt = &history.attempts[call.attempt];
        let its_clock = attempt.clock + (call.sent.saturating_sub(attempt.began));
        let late = payload.not_after.is_some_and(|end| its_clock > end);
        if late || payload.replayed || payload.dry_run {
            return Err(format!("{payload:?} was called for when it was {} at its own", wall(call.sent)));
        }
    }
    Ok(())
}

fn no_secret(history: &History) -> Result<(), String> {
    let told = |text: &str| text.contains(CANARY);
    no(history.events.iter().find(|event| told(&event.to_string())), "a secret on the bus")?;
    no(history.calls.iter().find(|call| call.leaks), "a secret in a call")?;
    let answers = history.attempts.iter().filter_map(|one| one.ended.as_ref());
    no(answers.map(|(_, ended)| ended.text()).find(|text| told(text)), "a secret in an answer")?;
    no(told(&history.ledger.to_string()).then_some(()), "a secret in the ledger")
}

/// Twelve seconds for the read and the record, and five for the call at least.
const LEFT: Duration = Duration::from_millis(16_990);

fn reserve(history: &History) -> Result<(), String> {
    let late = history.calls.iter().find(|call| {
        let deadline = history.attempts[call.attempt].deadline;
        call.operation == "AssociateVirtualInterface" && deadline.saturating_sub(call.sent) < LEFT
    });
    no(late, "called too late")?;
    let cut_off = history.attempts.iter().find(|one| matches!(one.ended, Some((_, Ended::TimedOut))));
    no(cut_off, "cut off at the deadline")
}

fn ends(history: &History) -> Result<(), String> {
    no(history.unended.first(), "does not end")
}

fn last_path(history: &History) -> Result<(), String> {
    let last = history.moves().find(|(call, _)| {
        call.moment
            .as_ref()
            .is_some_and(|moment| moment.up && moment.state == "available" && moment.others_healthy == 0)
    });
    no(last, "a gateway lost its last healthy path")
}

#[cfg(test)]
mod tests;
