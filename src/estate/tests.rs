//! What is found in an estate, and which reads it takes.

use super::*;
use crate::check::example::{caller, connection, example, interface, lag};

/// The example's estate as the reads would give it.
fn estate() -> (Request, Estate) {
    let (request, facts) = example();
    let moving = facts.virtual_interface.clone();
    let siblings = facts.siblings.iter().map(|sibling| sibling.virtual_interface.clone());
    let mut in_region = vec![moving.clone()];
    in_region.extend(facts.neighbours.iter().cloned().chain(siblings));
    let mut connections: Vec<Port> = facts.source.iter().cloned().collect();
    connections.extend(facts.siblings.iter().filter_map(|sibling| sibling.port.clone()));
    connections.extend(facts.target.members.clone());
    let estate = Estate {
        interface: Ok(vec![moving]),
        on_target: Ok(facts.neighbours.clone()),
        in_region: Ok(in_region),
        connections: Ok(connections),
        lags: Ok(vec![facts.target.clone()]),
        attachment: Ok(facts.attachment.clone().unwrap().into_iter().collect()),
        // As often as AWS lists them, and in no order.
        accepted_prefixes: Ok(vec!["198.51.100.0/24".to_owned(); 2]),
    };
    (request, estate)
}

fn denied<T>() -> Listing<T> {
    Err(Failed::Denied { code: "AccessDeniedException".to_owned() })
}

fn refused<T>() -> Listing<T> {
    let message = "Could not find Connection with ID".to_owned();
    Err(Failed::Refused { code: "DirectConnectClientException".to_owned(), message })
}

fn incomplete<T>() -> Listing<T> {
    Err(Failed::Incomplete { why: "Throttling".to_owned() })
}

/// What is found after this change, in a word.
fn found(mutate: fn(&mut Request, &mut Estate)) -> String {
    let (mut request, mut estate) = estate();
    mutate(&mut request, &mut estate);
    match estate.find(&request, &caller()) {
        Ok(Found::Facts(_)) => "facts".to_owned(),
        Ok(Found::OnTarget(there)) => format!("on {}", there.virtual_interface.connection_id.unwrap()),
        Ok(Found::Missing(missing)) => {
            missing.faults.iter().map(|(check, _)| check.name).collect::<Vec<_>>().join(" and ")
        }
        Err(error) => error.name.as_str().to_owned(),
    }
}

#[test]
fn the_examples_estate_makes_the_examples_facts() {
    let (request, estate) = estate();
    let Ok(Found::Facts(facts)) = estate.find(&request, &caller()) else { panic!("nothing is missing") };
    assert_eq!(*facts, example().1);
}

#[test]
fn what_is_missing_is_known_from_the_answers_and_not_from_their_texts() {
    let no_interface = |_: &mut Request, estate: &mut Estate| {
        estate.interface = Ok(vec![]);
        estate.in_region.as_mut().unwrap().remove(0);
    };
    assert_eq!(found(no_interface), "virtual-interface-exists");
    assert_eq!(
        found(|_, estate| {
            estate.interface = refused();
            estate.in_region.as_mut().unwrap().remove(0);
        }),
        "virtual-interface-exists"
    );
    assert_eq!(found(|_, estate| estate.interface = refused()), "facts", "the listing of the Region shows it");
    assert_eq!(found(|_, estate| estate.lags = Ok(vec![])), "target-exists");
    assert_eq!(
        found(|_, estate| {
            estate.lags = Ok(vec![]);
            estate.on_target = refused();
        }),
        "target-exists"
    );
    assert_eq!(
        found(|request, estate| {
            request.virtual_interface_id = "dxvif-nosuch".to_owned();
            estate.interface = Ok(vec![]);
            estate.lags = Ok(vec![]);
        }),
        "virtual-interface-exists and target-exists"
    );
    let deleted = |_: &mut Request, estate: &mut Estate| {
        estate.interface.as_mut().unwrap()[0].virtual_interface_state = Some("deleted".to_owned());
    };
    assert_eq!(found(deleted), "virtual-interface-exists");
}

#[test]
fn what_is_there_is_found_there_whatever_else_cannot_be_read() {
    assert_eq!(
        found(|_, estate| {
            estate.interface.as_mut().unwrap()[0].connection_id = Some("dxlag-fexample".to_owned());
            estate.on_target = incomplete();
            estate.in_region = incomplete();
            estate.connections = denied();
            estate.lags = denied();
        }),
        "on dxlag-fexample"
    );
}

#[test]
fn a_member_of_the_lag_that_carries_it_is_there_by_either_sign() {
    let on_lag = |request: &mut Request, estate: &mut Estate| {
        request.connection_id = "dxcon-fexamplea".to_owned();
        for listing in [&mut estate.interface, &mut estate.in_region] {
            listing.as_mut().unwrap()[0].connection_id = Some("dxlag-fexample".to_owned());
        }
    };
    let (mut request, mut estate) = estate();
    on_lag(&mut request, &mut estate);
    for port in estate.connections.as_mut().unwrap() {
        port.lag_id = None;
    }
    let Ok(Found::OnTarget(there)) = estate.find(&request, &caller()) else { panic!("the LAG lists it") };
    assert_eq!(there.port.unwrap().id, "dxlag-fexample");
    for port in estate.connections.as_mut().unwrap() {
        port.lag_id = Some("dxlag-fexample".to_owned());
    }
    estate.lags = Ok(vec![]);
    assert!(matches!(estate.find(&request, &caller()), Ok(Found::OnTarget(_))), "the connection says so");
}

#[test]
fn reads_that_refusals_need_fail_closed() {
    assert_eq!(found(|_, estate| estate.interface = denied()), "AccessDenied");
    assert_eq!(found(|_, estate| estate.interface = incomplete()), "Unavailable");
    let neither = |_: &mut Request, estate: &mut Estate| {
        estate.interface = refused();
        estate.in_region = denied();
    };
    assert_eq!(found(neither), "Unavailable", "a refusal alone does not prove that it is not there");
    assert_eq!(found(|_, estate| estate.on_target = denied()), "AccessDenied");
    assert_eq!(found(|_, estate| estate.on_target = refused()), "Unavailable");
    assert_eq!(found(|_, estate| estate.on_target = incomplete()), "Unavailable");
    assert_eq!(found(|_, estate| estate.in_region = incomplete()), "Unavailable");
    assert_eq!(found(|_, estate| estate.in_region = denied()), "facts", "only guards look at siblings");
    assert_eq!(found(|_, estate| estate.connections = denied()), "AccessDenied", "the source is a connection");
    assert_eq!(found(|_, estate| estate.connections = incomplete()), "Unavailable");
    assert_eq!(found(|_, estate| estate.lags = denied()), "AccessDenied", "the target is a LAG");
    assert_eq!(found(|_, estate| estate.attachment = incomplete()), "facts", "only a notice looks at it");
}

#[test]
fn a_listing_of_which_no_refusal_hangs_may_be_denied_and_is_named() {
    let unread = |mutate: fn(&mut Request, &mut Estate)| {
        let (mut request, mut estate) = estate();
        mutate(&mut request, &mut estate);
        let Ok(Found::Facts(facts)) = estate.find(&request, &caller()) else { panic!("nothing is missing") };
        facts.unread
    };
    let why = "AccessDeniedException".to_owned();
    let all_in_region = Unread { operation: "DescribeVirtualInterfaces", why: why.clone() };
    assert_eq!(unread(|_, estate| estate.in_region = denied()), [all_in_region]);
    // Neither is from or to a LAG.
    let between_connections = |request: &mut Request, estate: &mut Estate| {
        request.connection_id = estate.connections.as_ref().unwrap()[1].id.clone();
        estate.lags = denied();
    };
    assert_eq!(unread(between_connections), [Unread { operation: "DescribeLags", why }]);
    assert_eq!(unread(|_, _| {}), []);
}

#[test]
fn where_it_came_from_is_what_the_request_expected_if_that_is_elsewhere() {
    let came_from = |expected: &str| {
        let (mut request, mut estate) = estate();
        estate.interface.as_mut().unwrap()[0].connection_id = Some("dxlag-fexample".to_owned());
        request.expected_connection_id = Some(expected.to_owned());
        let Ok(Found::OnTarget(there)) = estate.find(&request, &caller()) else { panic!("it is there") };
        (there.came_from, there.came_from_port.map(|port| port.id))
    };
    let source = Some("dxcon-fexample".to_owned());
    assert_eq!(came_from("dxcon-fexample"), (source.clone(), source));
    assert_eq!(came_from("dxcon-fnosuch"), (Some("dxcon-fnosuch".to_owned()), None));
    assert_eq!(came_from("dxlag-fexample"), (None, None));
    // Asked for a link of the LAG that carries it: neither is where it came from.
    for expected in ["dxcon-fexamplea", "dxlag-fexample"] {
        let (mut request, mut estate) = estate();
        for listing in [&mut estate.interface, &mut estate.in_region] {
            listing.as_mut().unwrap()[0].connection_id = Some("dxlag-fexample".to_owned());
        }
        request.connection_id = "dxcon-fexamplea".to_owned();
        request.expected_connection_id = Some(expected.to_owned());
        let Ok(Found::OnTarget(there)) = estate.find(&request, &caller()) else { panic!("it is there") };
        assert_eq!(there.came_from, None, "{expected}");
    }
}

#[test]
fn an_interconnect_is_found_where_it_is_listed() {
    let (mut request, mut estate) = estate();
    request.connection_id = "dxcon-fpartner".to_owned();
    assert!(matches!(estate.find(&request, &caller()), Ok(Found::Missing(_))));
    assert_eq!(estate.see_interconnects(refused()), Ok(()), "who is no partner has none");
    assert_eq!(estate.see_interconnects(denied()), Ok(()));
    assert_eq!(estate.see_interconnects(incomplete()).unwrap_err().name, Name::Unavailable);
    let interconnect = Port { interconnect: true, ..connection("dxcon-fpartner", "CSVA1", "3wxy4zabcdefg") };
    assert_eq!(estate.see_interconnects(Ok(vec![interconnect])), Ok(()));
    let Ok(Found::Facts(facts)) = estate.find(&request, &caller()) else { panic!("it is listed") };
    assert!(facts.target.interconnect);
}

#[test]
fn what_aws_said_of_a_missing_target_is_told() {
    let told = |on_target: Listing<VirtualInterface>| {
        let (request, mut estate) = estate();
        estate.lags = Ok(vec![]);
        estate.on_target = on_target;
        let Ok(Found::Missing(missing)) = estate.find(&request, &caller()) else { panic!("it is missing") };
        missing.faults[0].1.clone()
    };
    let expected = |aws_says: &str| Fault::TargetNotFound {
        target: "dxlag-fexample".to_owned(),
        region: caller().region,
        aws_says: aws_says.to_owned(),
    };
    let said = " (AWS says DirectConnectClientException: Could not find Connection with ID)";
    assert_eq!(told(refused()), expected(said));
    assert_eq!(told(Ok(vec![])), expected(""));
}

#[test]
fn two_reads_that_disagree_on_its_place_are_no_fact() {
    let moved_meanwhile = |_: &mut Request, estate: &mut Estate| {
        estate.in_region.as_mut().unwrap()[0].connection_id = Some("dxcon-felsewhr".to_owned());
    };
    assert_eq!(found(moved_meanwhile), "Unavailable");
    // A retry that reads a moment too early: only the target's own listing is up to date.
    let arrived_by_one_read = |_: &mut Request, estate: &mut Estate| {
        let mut newer = estate.interface.as_ref().unwrap()[0].clone();
        newer.connection_id = Some("dxlag-fexample".to_owned());
        estate.on_target.as_mut().unwrap().push(newer);
    };
    assert_eq!(found(arrived_by_one_read), "Unavailable");
}

#[test]
fn neighbours_come_from_both_listings_and_are_others_and_alive() {
    let (request, mut estate) = estate();
    let target = lag("dxlag-fexample", "EqDC2", "2lmn3opqrstuv");
    let mut newer = interface("dxvif-fexample", &target, 101);
    newer.connection_id = Some("dxcon-fexample".to_owned());
    let mut gone = interface("dxvif-fdeleted", &target, 101);
    gone.virtual_interface_state = Some("deleted".to_owned());
    estate.on_target.as_mut().unwrap().extend([newer, gone]);
    estate.in_region.as_mut().unwrap().push(interface("dxvif-fonlyhere", &target, 105));
    let Ok(Found::Facts(facts)) = estate.find(&request, &caller()) else { panic!("nothing is missing") };
    let ids: Vec<_> = facts.neighbours.iter().map(|one| one.virtual_interface_id.as_str()).collect();
    assert_eq!(ids, ["dxvif-fneighbr", "dxvif-fonlyhere"]);
}

#[test]
fn siblings_share_a_gateway_that_has_an_id() {
    let (request, mut estate) = estate();
    let elsewhere = connection("dxcon-felsewhr", "CSVA1", "3wxy4zabcdefg");
    let mut public = interface("dxvif-fpublic", &elsewhere, 301);
    public.direct_connect_gateway_id = None;
    estate.in_region.as_mut().unwrap().push(public);
    estate.interface.as_mut().unwrap()[0].direct_connect_gateway_id = None;
    let Ok(Found::Facts(facts)) = estate.find(&request, &caller()) else { panic!("nothing is missing") };
    assert_eq!(facts.siblings, [], "no gateway is not a gateway that they share");
}

#[test]
fn unseen_paths_are_the_attached_that_are_not_visible_here() {
    let attachment = |id: &str, state: &str| Attachment {
        virtual_interface_id: Some(id.to_owned()),
        attachment_state: Some(state.to_owned()),
        ..Attachment::default()
    };
    let (_, mut facts) = example();
    let all = [
        ("dxvif-fexample", "attached"),
        ("dxvif-fsibling", "attached"),
        ("dxvif-fdublin", "attached"),
        ("dxvif-fgone", "detached"),
    ];
    facts.see_unseen_paths(Ok(all.map(|(id, state)| attachment(id, state)).to_vec())).unwrap();
    assert_eq!(facts.unseen_paths, Ok(vec![attachment("dxvif-fdublin", "attached")]));
    facts.see_unseen_paths(denied()).unwrap();
    assert!(facts.unseen_paths.is_err());
    assert_eq!(facts.see_unseen_paths(incomplete()).unwrap_err().name, Name::Unavailable);
}

#[test]
fn prefixes_are_kept_once_each_and_only_as_many_as_a_record_carries() {
    let prefixes = |count: usize| (0..count).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect::<Vec<_>>();
    let mut twice = vec!["b".to_owned(), "a".to_owned(), "b".to_owned()];
    assert_eq!(distinct(&twice), Some(vec!["a".to_owned(), "b".to_owned()]));
    twice = prefixes(2_000);
    twice.extend(prefixes(2_000));
    assert_eq!(distinct(&twice).map(|all| all.len()), Some(2_000));
    assert_eq!(distinct(&prefixes(2_001)), None);

    let (request, mut estate) = estate();
    for (listing, expected) in [(denied(), None), (incomplete(), None), (Ok(Vec::new()), Some(Vec::new()))] {
        estate.accepted_prefixes = listing;
        let Ok(Found::Facts(facts)) = estate.find(&request, &caller()) else { panic!("no check needs the routes") };
        assert_eq!(facts.accepted_prefixes, expected);
    }
}
