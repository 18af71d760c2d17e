//! Each invariant sees a history that breaks it, and only it; and all hold of one in which all went well.

use associate_virtual_interface::error::Name;
use serde_json::json;

use super::*;
use crate::cells::{self, Played, SCENES, Scene};
use crate::estate::{MOVING, SOURCE, TARGETS};
use crate::history::Attempt;
use crate::seeds;
use crate::trouble::troubles;

/// A move that went well, in two attempts of which the second was told again.
fn sound() -> History {
    let mut history = Played { scene: Scene::Retried, cells: Vec::new(), clocks: (0, 0) }.play();
    let again = history.attempts[0].clone();
    history.attempts.push(again);
    history
}

/// What the change breaks.
fn broken(change: impl FnOnce(&mut History)) -> &'static str {
    let mut history = sound();
    change(&mut history);
    check(&history).map_or_else(|(name, _)| name, |()| "nothing")
}

fn the_call(history: &mut History) -> &mut Call {
    let call = history.calls.iter_mut().find(|call| call.operation == "AssociateVirtualInterface");
    call.unwrap_or_else(|| unreachable!("there is one"))
}

/// The same call by another attempt.
fn called_again(history: &mut History) -> Call {
    let call = Call { attempt: 1, ..the_call(history).clone() };
    let reads = history.calls.iter().filter(|read| read.operation.starts_with("Describe"));
    let reads: Vec<Call> = reads.map(|read| Call { attempt: 1, ..read.clone() }).collect();
    history.calls.extend(reads);
    call
}

#[test]
fn all_hold_of_a_move_that_went_well() {
    assert_eq!(broken(|_| {}), "nothing");
}

#[test]
fn i1_sees_a_call_without_a_read_and_one_that_the_world_forbids() {
    let without =
        |operation: &'static str| move |history: &mut History| history.calls.retain(|call| call.operation != operation);
    for (operation, _) in READS {
        assert_eq!(broken(without(operation)), "I1-checked", "{operation}");
    }
    let changes: [fn(&mut Moment); 6] = [
        |moment| moment.place = TARGETS[0].to_owned(),
        |moment| moment.place = TARGETS[1].to_owned(),
        |moment| moment.state = "pending".to_owned(),
        |moment| moment.target_state = "down".to_owned(),
        |moment| moment.vlan_taken = true,
        |moment| moment.is_member = true,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let broken = broken(|history| change(the_call(history).moment.as_mut().unwrap_or_else(|| unreachable!())));
        assert_eq!(broken, "I1-checked", "{number}");
    }
    assert_eq!(broken(|history| history.attempts[0].payload = None), "I1-checked");
}

#[test]
fn i2_sees_a_second_move() {
    let twice = |history: &mut History| {
        let again = called_again(history);
        history.calls.push(again);
    };
    assert_eq!(broken(twice), "I2-once");
    for trouble in troubles("AssociateVirtualInterface") {
        let again = |history: &mut History| {
            let call = the_call(history);
            let first = Call { trouble: Some(trouble), applied: false, ..call.clone() };
            call.sent += Duration::from_secs(1);
            history.calls.push(first);
        };
        let proves = ["throttle", "transitioning"].contains(&trouble.name());
        assert_eq!(broken(again), if proves { "nothing" } else { "I2-once" }, "{}", trouble.name());
    }
}

#[test]
fn i3_sees_two_at_once() {
    let at_once = |history: &mut History| {
        let again = Call { applied: false, ..called_again(history) };
        let taken = history.calls.iter().find(|call| call.operation == "TransactWriteItems").cloned();
        history.calls.extend(taken.map(|taken| Call { attempt: 1, ..taken }));
        history.calls.push(again);
    };
    assert_eq!(broken(at_once), "I3-alone");
}

#[test]
fn i4_sees_what_was_not_told_and_what_was_told_and_not_done() {
    assert_eq!(broken(|history| history.events.clear()), "I4-told");
    let other_id = |history: &mut History| {
        let mut event = history.events[0].clone();
        event["Detail"]["id"] = json!("another");
        history.events.push(event);
    };
    assert_eq!(broken(other_id), "I4-told");
    let untrue = |history: &mut History| {
        let mut event = history.events[0].clone();
        event["Detail"]["requestId"] = json!("R7");
        history.events.push(event);
    };
    assert_eq!(broken(untrue), "I4-told");
}

#[test]
fn i5_sees_an_answer_that_is_not_true() {
    let says = |name: Name| {
        move |history: &mut History| {
            history.attempts[0].ended = Some((Duration::ZERO, Ended::Failed(name, String::new())));
        }
    };
    for name in Name::ALL {
        let expected = if name.did_it_move() == Moved::No { "I5-no-means-no" } else { "nothing" };
        assert_eq!(broken(says(name)), expected, "{name:?}");
    }
    let nothing_applied = |history: &mut History| {
        the_call(history).applied = false;
        history.events.clear();
        history.places.clear();
    };
    assert_eq!(broken(nothing_applied), "I5-no-means-no");
}

#[test]
fn i6_sees_what_is_left_unfinished_held_or_elsewhere() {
    let item = |member: &'static str| {
        move |history: &mut History| {
            history.ledger["ledger"][0][member] = json!({"S": "yes"});
        }
    };
    assert_eq!(broken(item("unfinished")), "I6-never-silent");
    assert_eq!(broken(item("holder")), "I6-never-silent");
    assert_eq!(broken(|history| history.places[0].1 = SOURCE.to_owned()), "I6-never-silent");
}

#[test]
fn i7_sees_a_move_from_elsewhere() {
    // I1 sees it too, at the first call; a second try is not judged by it.
    let second_try = |history: &mut History| {
        let mut again = the_call(history).clone();
        let first = the_call(history);
        (first.applied, first.trouble) = (false, troubles("AssociateVirtualInterface").next());
        again.sent += Duration::from_secs(1);
        again.moment = again.moment.map(|moment| Moment { place: TARGETS[1].to_owned(), ..moment });
        history.calls.push(again);
    };
    assert_eq!(broken(second_try), "I7-compare-and-set");
}

#[test]
fn i8_sees_what_was_too_late_replayed_or_not_meant() {
    assert_eq!(broken(|history| history.payloads[0].not_after = Some(wall(Duration::ZERO))), "I8-in-time");
    assert_eq!(broken(|history| history.payloads[0].replayed = true), "I8-in-time");
    assert_eq!(broken(|history| history.payloads[0].dry_run = true), "I8-in-time");
}

#[test]
fn i9_sees_a_secret_wherever_it_is() {
    let leak = || json!({"authKey": CANARY});
    assert_eq!(broken(|history| history.events[0]["Detail"]["leak"] = leak()), "I9-no-secret");
    assert_eq!(broken(|history| history.ledger["leak"] = leak()), "I9-no-secret");
    assert_eq!(broken(|history| history.calls[0].leaks = true), "I9-no-secret");
    let said = |history: &mut History| {
        history.attempts[1].ended = Some((Duration::ZERO, Ended::Failed(Name::InProgress, CANARY.to_owned())));
    };
    assert_eq!(broken(said), "I9-no-secret");
}

#[test]
fn i10_sees_a_call_too_close_to_the_deadline() {
    assert_eq!(broken(|history| history.attempts[0].deadline = Duration::from_secs(16)), "I10-reserve");
    let cut_off = |history: &mut History| history.attempts[1].ended = Some((Duration::ZERO, Ended::TimedOut));
    assert_eq!(broken(cut_off), "I10-reserve");
}

#[test]
fn i11_sees_what_does_not_end() {
    assert_eq!(broken(|history| history.unended.push("R0".to_owned())), "I11-ends");
}

#[test]
fn i12_sees_a_last_path_moved() {
    let last = |history: &mut History| {
        let call = the_call(history);
        call.moment = call.moment.take().map(|moment| Moment { others_healthy: 0, ..moment });
    };
    assert_eq!(broken(last), "I12-last-path");
}

#[test]
fn the_same_seed_gives_the_same_schedule_call_by_call() {
    for seed in 0..20 {
        let (one, two) = (seeds::play(seed), seeds::play(seed));
        assert_eq!(one.trace(), two.trace(), "seed {seed}");
        assert_eq!(one.ledger, two.ledger, "seed {seed}");
    }
}

#[test]
fn every_invariant_holds_after_some_schedules_and_every_record_is_of_its_schema() {
    let schema = include_str!("../../../schemas/record.json");
    let schema = serde_json::from_str(schema).unwrap_or_else(|error| unreachable!("{error}"));
    let schema = jsonschema::validator_for(&schema).unwrap_or_else(|error| unreachable!("{error}"));
    for seed in 0..150 {
        let history = seeds::play(seed);
        for record in history.records() {
            assert!(schema.is_valid(record), "cargo prove seed {seed}: {record}");
        }
        assert_eq!(check(&history), Ok(()), "cargo prove seed {seed}\n{}", history.trace());
        assert!(history.attempts.iter().all(|attempt: &Attempt| attempt.ended.is_some()));
    }
    assert_eq!(seeds::play(0).places[0].0, MOVING);
}

#[test]
fn every_invariant_holds_after_some_cells_of_each_scene_and_each_is_met() {
    let first = cells::first();
    for scene in SCENES {
        assert!(first.iter().filter(|played| played.scene == scene).count() > 500, "{scene:?}");
    }
    for played in first.iter().step_by(61) {
        let history = played.play();
        assert_eq!(check(&history), Ok(()), "{}", played.command());
        assert_eq!(played.unmet(&history).count(), 0, "{}", played.command());
    }
}

#[test]
fn a_cell_that_was_not_met_is_seen() {
    let cell = ("DescribeLags".to_owned(), 1, crate::trouble::troubles("DescribeLags").next().unwrap());
    let mut played = Played { scene: Scene::Retried, cells: vec![cell], clocks: (0, 0) };
    let history = played.play();
    assert_eq!(played.unmet(&history).count(), 0);
    played.cells[0].1 = 99;
    assert_eq!(played.unmet(&history).count(), 1);
}
