//! What stands in the ledger, and what it means for the next request.

use super::example::{held, intent, key, now, request, saying, seen, times};
use super::*;
use crate::record::Outcome;
use crate::request::Override;

/// What the ledger says of the example's request, in a word, so long after the attempt began.
fn standing(seen: &Seen, key: &Key, later: Duration) -> &'static str {
    let now = now() + later;
    match seen.standing(key, now) {
        Ok(Standing::Over(_)) => "over",
        Ok(_) if seen.left_behind_by(key, now).is_some() => "left behind",
        Ok(_) if seen.is_free_for(key, now).is_err() => "held",
        Ok(Standing::Open(None)) => "open",
        Ok(Standing::Open(Some(_))) => "open again",
        Ok(Standing::InDoubt(_)) => "in doubt",
        Err(error) => error.name.as_str(),
    }
}

fn other_request() -> Key {
    Key::of(&Request { request_id: "another".to_owned(), ..request() })
}

fn as_it_ended(status: Status) -> Seen {
    let outcome = match status {
        Status::Completed => Outcome::Associated,
        Status::Rejected => Outcome::Rejected,
        _ => Outcome::Unsettled,
    };
    let Held { entry, lease } = match status {
        Status::InProgress => held(),
        Status::PutOff => held().put_off(now()),
        status => held().end(status, saying(outcome), times()),
    };
    seen(entry, lease)
}

#[test]
fn what_an_attempt_left_decides_about_the_same_request_and_about_others() {
    use Status::{Completed, InDoubt, InProgress, PutOff, Rejected};
    let at_once = Duration::ZERO;
    let (running, not_running) = (Duration::seconds(65), Duration::milliseconds(65_001));
    let (doubt, no_doubt) = (Duration::minutes(6), Duration::minutes(6) + Duration::MILLISECOND);
    // An attempt that is known to be over calls no more before its deadline.
    let short_doubt = Duration::minutes(5);
    let forgotten = Duration::days(15);
    // Status; how much later; the same request; another for the same interface.
    for (status, later, same, other) in [
        (InProgress, at_once, "InProgress", "held"),
        (InProgress, running, "InProgress", "held"),
        (InProgress, not_running, "in doubt", "held"),
        (InProgress, doubt, "in doubt", "held"),
        (InProgress, no_doubt, "in doubt", "left behind"),
        (InDoubt, at_once, "in doubt", "held"),
        (InDoubt, short_doubt, "in doubt", "held"),
        (InDoubt, short_doubt + Duration::MILLISECOND, "in doubt", "left behind"),
        (InDoubt, forgotten - Duration::MILLISECOND, "in doubt", "left behind"),
        (InDoubt, forgotten, "open", "open"),
        (PutOff, at_once, "open again", "open"),
        (Completed, at_once, "over", "open"),
        (Completed, forgotten - Duration::MILLISECOND, "over", "open"),
        (Completed, forgotten, "open", "open"),
        (Rejected, at_once, "over", "open"),
    ] {
        let left = as_it_ended(status);
        assert_eq!(standing(&left, &key(), later), same, "{status:?} after {later}");
        let lease_alone = Seen { entry: None, ..left };
        assert_eq!(standing(&lease_alone, &other_request(), later), other, "another, {status:?} after {later}");
    }
    assert_eq!(standing(&Seen::default(), &key(), at_once), "open");
    let left = as_it_ended(InDoubt);
    assert_eq!(left.left_behind_by(&other_request(), now() + no_doubt), Some(key().request.as_str()));
    assert_eq!(left.is_free_for(&other_request(), now() + no_doubt).unwrap_err().name, Name::InProgress);
}

#[test]
fn an_id_with_other_content_is_reused_whatever_became_of_it() {
    let other_content = Key { guard: "other".to_owned(), ..key() };
    for status in Status::ALL {
        assert_eq!(standing(&as_it_ended(status), &other_content, Duration::ZERO), "RequestIdReused", "{status:?}");
        assert_eq!(standing(&as_it_ended(status), &other_content, REMEMBERED), "open", "{status:?}");
    }
}

#[test]
fn the_guard_covers_what_is_asked_for_and_nothing_else() {
    let reason = "CHG-1".to_owned();
    let same = |change: fn(&mut Request)| {
        let mut other = request();
        change(&mut other);
        let other = Key::of(&other);
        (other.guard == key().guard, other.request == key().request, other.lease == key().lease)
    };
    assert_eq!(same(|_| {}), (true, true, true));
    assert_eq!(same(|request| request.reason = Some("another ticket".to_owned())), (true, true, true));
    assert_eq!(same(|request| request.request_id.push('2')), (true, false, true));
    assert_eq!(same(|request| request.virtual_interface_id.push('2')), (false, true, false));
    assert_eq!(same(|request| request.connection_id.push('2')), (false, true, true));
    assert_eq!(same(|request| request.expected_connection_id = Some("dxcon-fother".to_owned())), (false, true, true));
    assert_eq!(same(|request| request.not_after = Some(now())), (false, true, true));
    let accepting = Request { overrides: vec![Override { check: "vlan".to_owned(), reason }], ..request() };
    assert_ne!(Key::of(&accepting).guard, key().guard);
    assert_eq!(key().lease, format!("vif#{}", request().virtual_interface_id));
    assert!(key().request.starts_with("req#") && key().request.len() == 68, "{}", key().request);
}

#[test]
fn a_late_duplicate_after_a_move_back_is_stale() {
    let first = as_it_ended(Status::Completed);
    let back =
        Key::of(&Request { request_id: "back".to_owned(), connection_id: "dxcon-fexample".to_owned(), ..request() });
    let before = Seen { entry: None, lease: first.lease.clone() };
    let back = before.begin(&back, Intent { token: "attempt-2".to_owned(), ..intent() }, times());
    // While the move back is under way, the first request is still what was last done.
    assert_eq!(standing(&Seen { lease: Some(back.lease.clone()), ..first.clone() }, &key(), Duration::ZERO), "over");
    let back = back.end(Status::Completed, saying(Outcome::Associated), times());
    let duplicate = Seen { lease: Some(back.lease), ..first };
    assert_eq!(standing(&duplicate, &key(), Duration::ZERO), "StaleRequest");
    // What nobody remembers cannot have been moved since.
    assert_eq!(standing(&Seen { lease: None, ..duplicate }, &key(), Duration::ZERO), "over");
}

#[test]
fn an_interface_that_somebody_else_has_held_since_may_have_been_moved_by_them() {
    let left = as_it_ended(Status::InDoubt);
    let entry = left.entry.clone().unwrap();
    assert!(left.is_held_by(&entry, now()) && !left.is_held_by(&entry, now() + REMEMBERED));
    let taken = Seen { entry: None, ..left }.begin(&other_request(), intent(), times());
    assert!(!seen(entry.clone(), taken.lease.clone()).is_held_by(&entry, now()));
    assert!(!seen(entry.clone(), taken.put_off(now()).lease).is_held_by(&entry, now()));
    assert!(!Seen { entry: Some(entry.clone()), lease: None }.is_held_by(&entry, now()));
}

#[test]
fn an_attempt_is_gone_on_with_only_where_it_was_begun() {
    let left = as_it_ended(Status::PutOff);
    let entry = left.entry.clone().unwrap();
    assert_eq!(left.is_unmoved(&entry, Some("dxcon-fexample"), now()), Ok(()));
    for port in [Some("dxcon-fother"), None] {
        assert_eq!(left.is_unmoved(&entry, port, now()).unwrap_err().name, Name::StaleRequest);
    }
    let lease = Lease { last_move: Some("attempt-7".to_owned()), ..left.lease.clone().unwrap() };
    let moved = seen(entry.clone(), lease);
    assert_eq!(moved.is_unmoved(&entry, Some("dxcon-fexample"), now()).unwrap_err().name, Name::StaleRequest);
}

#[test]
fn every_end_lets_the_interface_go_but_one_in_doubt() {
    for status in [Status::InDoubt, Status::Completed, Status::Rejected] {
        let Held { entry, lease } = held().end(status, saying(Outcome::Associated), times());
        let doubt = status == Status::InDoubt;
        assert_eq!(lease.holder.is_some(), doubt, "{status:?}");
        assert_eq!(lease.free_since, (!doubt).then(now), "{status:?}");
        assert_eq!((entry.status, entry.emitted), (status, false));
        assert_eq!(entry.due, Some(now() + ITS_OWN));
        assert_eq!(entry.saying, saying(Outcome::Associated));
        let moved = (status == Status::Completed).then(|| "attempt-1".to_owned());
        assert_eq!((&entry.last_move, &lease.last_move), (&moved, &moved), "{status:?}");
    }
    let Held { entry, lease } = held().put_off(now());
    assert_eq!((entry.status, entry.due, lease.holder, lease.free_since), (Status::PutOff, None, None, Some(now())));
}

#[test]
fn the_next_write_has_a_token_of_its_own_on_both_items() {
    let next = held().with_token("attempt-2");
    let mut expected = held();
    expected.entry.token = "attempt-2".to_owned();
    expected.lease.token = "attempt-2".to_owned();
    assert_eq!((next.entry, next.lease), (expected.entry, expected.lease));
    let written = Status::ALL.map(Status::as_str);
    assert_eq!(written, ["INPROGRESS", "IN_DOUBT", "PUT_OFF", "COMPLETED", "REJECTED"]);
}

#[test]
fn what_is_beside_must_have_been_quiet_since_before_the_facts_were_read() {
    let beside = Beside::of(&["dxvif-fsibling".to_owned()], now());
    assert_eq!(beside.leases, [lease_of("dxvif-fsibling")]);
    assert_eq!(beside.quiet_since, now() - Duration::seconds(10));
    assert_eq!(interface_of(&beside.leases[0]), "dxvif-fsibling");
}

#[test]
fn what_is_emitted_is_finished_unless_it_is_in_doubt() {
    for (status, due) in [(Status::Completed, None), (Status::Rejected, None), (Status::InDoubt, Some(now()))] {
        let entry = held().end(status, saying(Outcome::Rejected), times()).entry.emitted(now());
        assert_eq!((entry.emitted, entry.due), (true, due), "{status:?}");
    }
    let left = held().entry.emitted(now()).in_doubt(now());
    assert_eq!((left.status, left.emitted, left.due), (Status::InDoubt, false, Some(now() + ITS_OWN)));
    assert_eq!((left.clone().closed().status, left.closed().due), (Status::PutOff, None));
}

#[test]
fn what_was_let_go_lately_may_have_been_moved_while_it_was_read() {
    let left = as_it_ended(Status::PutOff);
    assert!(left.was_let_go_after(now()) && left.was_let_go_after(now() - Duration::SECOND));
    assert!(!left.was_let_go_after(now() + Duration::SECOND));
    assert!(!as_it_ended(Status::InProgress).was_let_go_after(now()) && !Seen::default().was_let_go_after(now()));
}

#[test]
fn an_interface_has_arrived_on_the_ports_that_were_meant() {
    let entry = held().entry;
    assert!(entry.has_arrived(Some(&request().connection_id)));
    assert!(!entry.has_arrived(Some("dxcon-fexample")) && !entry.has_arrived(None));
    assert!(entry.doubt_is_over(now() + Duration::minutes(7)) && !entry.doubt_is_over(now() + Duration::minutes(6)));
}

#[test]
fn what_there_was_nothing_to_do_about_is_over() {
    let lease = Lease { last_move: Some("attempt-0".to_owned()), holder: None, ..held().lease };
    let before = Seen { entry: None, lease: Some(lease) };
    let entry = before.note(&key(), Intent { saying: saying(Outcome::AlreadyAssociated), ..intent() }, times());
    assert_eq!((entry.status, entry.emitted, entry.due), (Status::Completed, false, Some(now() + ITS_OWN)));
    assert_eq!(entry.last_move.as_deref(), Some("attempt-0"));
    assert_eq!(standing(&Seen { entry: Some(entry), ..before }, &key(), Duration::ZERO), "over");
}
