//! The table of `verify`: a clean move, one change of it, the whole verdict.

use time::OffsetDateTime;

use super::*;
use crate::check::example::{bring_up, example, text};
use crate::record::{Inverse, Place};

/// A move of an interface that was up, with one prefix; and the interface on its target, as well off as before, with
/// another `bgpPeerId`.
fn clean() -> (Earlier, Seen) {
    let (request, mut facts) = example();
    bring_up(&mut facts);
    let before = facts.virtual_interface;
    let mut now = before.clone();
    now.connection_id = text("dxlag-fexample");
    now.bgp_peers[0].bgp_peer_id = text("dxpeer-another1");
    let place = |id: &str| Some(Place { connection_id: id.to_owned(), ..Place::default() });
    let earlier = Earlier {
        outcome: Outcome::Associated,
        time: OffsetDateTime::UNIX_EPOCH,
        from: place("dxcon-fexample"),
        to: place("dxlag-fexample"),
        before: Some(Before { virtual_interface: before, accepted_prefixes: Some(vec!["198.51.100.0/24".to_owned()]) }),
        inverse: Some(Inverse {
            virtual_interface_id: request.virtual_interface_id.clone(),
            connection_id: "dxcon-fexample".to_owned(),
            expected_connection_id: "dxlag-fexample".to_owned(),
        }),
        request,
    };
    let prefixes = vec!["198.51.100.0/24".to_owned(); 2];
    (earlier, Seen { virtual_interface: Some(now), accepted_prefixes: Ok(prefixes) })
}

type Mutation = fn(&mut Earlier, &mut Seen);

fn now(seen: &mut Seen) -> &mut VirtualInterface {
    seen.virtual_interface.as_mut().unwrap()
}

fn before(earlier: &mut Earlier) -> &mut VirtualInterface {
    &mut earlier.before.as_mut().unwrap().virtual_interface
}

fn down(interface: &mut VirtualInterface) {
    interface.virtual_interface_state = text("down");
    interface.bgp_peers[0].bgp_status = text("down");
}

/// What is said after this change, once nothing may come back any more: each finding, or the error.
fn said(mutate: Mutation, converging: bool) -> Vec<String> {
    let (mut earlier, mut seen) = clean();
    mutate(&mut earlier, &mut seen);
    match judge(&earlier, &seen, converging) {
        Ok(report) => {
            assert_eq!(report.run.len(), SETTLED_CHECKS.len());
            report.findings.iter().map(|one| format!("{}: {}", one.check, one.message)).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

#[test]
fn a_clean_move_has_settled_whether_or_not_anything_might_come_back() {
    assert_eq!(said(|_, _| {}, false), Vec::<String>::new());
    assert_eq!(said(|_, _| {}, true), Vec::<String>::new());
}

#[test]
fn in_transition_is_no_verdict_however_long_it_takes() {
    let rows: [(Mutation, &str); 9] = [
        (
            |_, seen| now(seen).connection_id = text("dxcon-fexample"),
            "NotSettledYet: dxvif-fexample is on dxcon-fexample, not on dxlag-fexample",
        ),
        (
            |_, seen| now(seen).connection_id = None,
            "NotSettledYet: dxvif-fexample is on nothing, not on dxlag-fexample",
        ),
        (
            |earlier, seen| {
                earlier.outcome = Outcome::Unsettled;
                now(seen).connection_id = text("dxcon-fexample");
            },
            "AssociationUnsettled: dxvif-fexample is on dxcon-fexample, not on dxlag-fexample",
        ),
        (|_, seen| now(seen).virtual_interface_state = text("pending"), "NotSettledYet: dxvif-fexample is pending"),
        (|_, seen| now(seen).virtual_interface_state = text("testing"), "NotSettledYet: dxvif-fexample is testing"),
        (|_, seen| now(seen).virtual_interface_state = None, "NotSettledYet: dxvif-fexample is unknown"),
        (
            |_, seen| now(seen).bgp_peers[0].bgp_peer_state = text("pending"),
            "NotSettledYet: peer ipv4 169.254.101.1/30 - 169.254.101.2/30 (ASN 65000) is pending",
        ),
        (
            // The doubled peer: the new one is up, the old one is still leaving.
            |_, seen| {
                let mut old = now(seen).bgp_peers[0].clone();
                old.bgp_peer_state = text("deleting");
                old.bgp_status = text("down");
                now(seen).bgp_peers.insert(0, old);
            },
            "NotSettledYet: peer ipv4 169.254.101.1/30 - 169.254.101.2/30 (ASN 65000) is deleting",
        ),
        (
            |_, seen| now(seen).bgp_peers[0].bgp_peer_state = None,
            "NotSettledYet: peer ipv4 169.254.101.1/30 - 169.254.101.2/30 (ASN 65000) is in no known state",
        ),
    ];
    for (mutate, expected) in rows {
        assert_eq!(said(mutate, false), [expected]);
        assert_eq!(said(mutate, true), [expected]);
    }
}

/// Each is "not yet" while it may still come back, with the same words.
#[test]
fn what_got_worse_is_named() {
    let session = "169.254.101.1/30 - 169.254.101.2/30 (ASN 65000)";
    let rows: [(Mutation, Vec<String>); 8] = [
        (|_, seen| seen.virtual_interface = None, vec!["still-there: dxvif-fexample is not visible any more: it will not come up again".to_owned()]),
        (
            |_, seen| down(now(seen)),
            vec![
                "state-kept: dxvif-fexample is down; it was available before the move".to_owned(),
                format!("sessions-kept: the BGP session ipv4 {session} was up before the move and is down"),
            ],
        ),
        (
            |_, seen| now(seen).bgp_peers[0].bgp_status = None,
            vec![format!("sessions-kept: the BGP session ipv4 {session} was up before the move and is in no known state")],
        ),
        (
            // The same addresses with another ASN are another session.
            |_, seen| now(seen).bgp_peers[0].asn_long = Some(65001),
            vec![format!("sessions-kept: the BGP session ipv4 {session} was up before the move and is not there any more")],
        ),
        (
            |earlier, seen| {
                let mut second = before(earlier).bgp_peers[0].clone();
                second.address_family = text("ipv6");
                second.amazon_address = text("2001:db8::1/125");
                second.customer_address = text("2001:db8::2/125");
                before(earlier).bgp_peers.push(second.clone());
                second.bgp_status = text("down");
                now(seen).bgp_peers.push(second);
            },
            vec!["sessions-kept: the BGP session ipv6 2001:db8::1/125 - 2001:db8::2/125 (ASN 65000) was up before the move and is down".to_owned()],
        ),
        (
            |_, seen| seen.accepted_prefixes = Ok(vec!["203.0.113.0/24".to_owned()]),
            vec!["prefixes-kept: 1 prefixes that were accepted before the move are not accepted now: 198.51.100.0/24".to_owned()],
        ),
        (
            |earlier, seen| {
                let prefixes = (10..40).map(|n| format!("10.{n}.0.0/16")).collect();
                earlier.before.as_mut().unwrap().accepted_prefixes = Some(prefixes);
                seen.accepted_prefixes = Ok((10..15).map(|n| format!("10.{n}.0.0/16")).collect());
            },
            vec![format!(
                "prefixes-kept: 25 prefixes that were accepted before the move are not accepted now: {}, ...",
                (15..35).map(|n| format!("10.{n}.0.0/16")).collect::<Vec<_>>().join(", ")
            )],
        ),
        (
            |earlier, seen| {
                earlier.before = None;
                down(now(seen));
            },
            vec![
                "state-kept: dxvif-fexample is down, and nobody knows whether it was before the move".to_owned(),
                "before-known: nobody read the interface before the move: that it is available is all that can be said"
                    .to_owned(),
            ],
        ),
    ];
    for (mutate, expected) in rows {
        assert_eq!(said(mutate, false), expected);
        let blocking: Vec<String> = expected.into_iter().filter(|one| !one.starts_with("before-known")).collect();
        assert_eq!(said(mutate, true), [format!("NotSettledYet: {}", blocking.join("\n"))]);
    }
}

/// Any one of family, addresses and ASN makes another session.
#[test]
fn another_session_that_is_up_is_no_substitute() {
    let others: [fn(&mut BgpPeer); 4] = [
        |peer| peer.address_family = text("ipv6"),
        |peer| peer.amazon_address = text("169.254.101.9/30"),
        |peer| peer.customer_address = text("169.254.101.10/30"),
        |peer| peer.asn_long = Some(65001),
    ];
    for change in others {
        let (earlier, mut seen) = clean();
        change(&mut now(&mut seen).bgp_peers[0]);
        let report = judge(&earlier, &seen, false).unwrap();
        let lost: Vec<_> = report.findings.iter().map(|one| (one.check, one.blocks())).collect();
        assert_eq!(lost, [("sessions-kept", true)], "{seen:?}");
    }
}

#[test]
fn what_is_being_deleted_is_not_waited_for() {
    for (state, mutate) in [
        ("deleting", (|_, seen| now(seen).virtual_interface_state = text("deleting")) as Mutation),
        ("deleted", |_, seen| now(seen).virtual_interface_state = text("deleted")),
        ("rejected", |_, seen| now(seen).virtual_interface_state = text("rejected")),
    ] {
        let expected = format!("still-there: dxvif-fexample is {state}: it will not come up again");
        assert_eq!(said(mutate, true), [expected]);
    }
}

#[test]
fn what_was_no_better_before_is_settled() {
    let new_peer_is_up: Mutation = |_, seen| {
        let mut gone = now(seen).bgp_peers[0].clone();
        gone.bgp_peer_state = text("deleted");
        gone.bgp_status = text("down");
        now(seen).bgp_peers.insert(0, gone);
    };
    let more_prefixes: Mutation = |_, seen| seen.accepted_prefixes.as_mut().unwrap().push("203.0.113.0/24".to_owned());
    // The ASN of an old answer is only in `asn`, and of some there is none.
    let another_spelling: Mutation = |earlier, seen| {
        before(earlier).bgp_peers[0].asn_long = None;
        now(seen).bgp_peers[0].asn = None;
        now(seen).bgp_peers[0].address_family = None;
    };
    let on_the_lag_of_a_member: Mutation = |earlier, _| earlier.request.connection_id = "dxcon-fmember1".to_owned();
    for mutate in [new_peer_is_up, more_prefixes, another_spelling, on_the_lag_of_a_member] {
        assert_eq!(said(mutate, false), Vec::<String>::new());
    }
}

#[test]
fn what_was_down_before_may_be_down_and_that_is_said() {
    let was_down: Mutation = |earlier, seen| {
        down(before(earlier));
        down(now(seen));
    };
    let expected = "comes-up: dxvif-fexample is down, as it was before the move: no BGP session has come up";
    assert_eq!(said(was_down, false), [expected]);
    assert_eq!(said(was_down, true), [expected], "it is not waited for");
}

#[test]
fn routes_that_cannot_be_compared_are_said_to_be_so() {
    let denied: Mutation = |_, seen| {
        seen.accepted_prefixes = Err(Failed::Denied { code: "AccessDeniedException".to_owned() });
    };
    let unknown: Mutation = |_, seen| {
        let message = "Unknown operation".to_owned();
        seen.accepted_prefixes = Err(Failed::Refused { code: "UnknownOperationException".to_owned(), message });
    };
    let not_read_before: Mutation = |earlier, _| earlier.before.as_mut().unwrap().accepted_prefixes = None;
    let cut_short: Mutation =
        |_, seen| seen.accepted_prefixes = Err(Failed::Incomplete { why: "no answer came in time".to_owned() });
    let none_to_lose: Mutation = |earlier, seen| {
        earlier.before.as_mut().unwrap().accepted_prefixes = Some(Vec::new());
        seen.accepted_prefixes = Err(Failed::Incomplete { why: "no answer came in time".to_owned() });
    };
    let too_many: Mutation = |_, seen| {
        seen.accepted_prefixes = Ok((0..3_000).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect());
    };
    for (mutate, expected) in [
        (
            denied,
            "routes-compared: routes were not compared: ListVirtualInterfaceRoutes could not be read (AccessDeniedException)",
        ),
        (
            unknown,
            "routes-compared: routes were not compared: ListVirtualInterfaceRoutes could not be read (UnknownOperationException: Unknown operation)",
        ),
        (
            not_read_before,
            "routes-compared: routes were not compared: the record has no accepted prefixes from before the move",
        ),
        (cut_short, "Unavailable: ListVirtualInterfaceRoutes could not be read completely (no answer came in time)"),
        (
            none_to_lose,
            "routes-compared: routes were not compared: ListVirtualInterfaceRoutes could not be read (no answer came in time)",
        ),
        (too_many, "routes-compared: routes were not compared: there are too many prefixes now"),
    ] {
        assert_eq!(said(mutate, false), [expected]);
    }
}

#[test]
fn names_are_no_check_of_association() {
    for check in SETTLED_CHECKS {
        assert!(crate::check::CHECKS.iter().all(|other| other.name != check.name), "{}", check.name);
    }
}
