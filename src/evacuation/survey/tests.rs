//! What is found of an evacuation, and which reads it takes.

use super::*;
use crate::check::example::{caller, connection, interface, lag, text};

const SOURCE: &str = "dxcon-fexample";
const TARGET: &str = "dxlag-fexample";

fn evacuation() -> Evacuation {
    Evacuation { ports: vec![SOURCE.to_owned()], target: Some(TARGET.to_owned()), ..Evacuation::default() }
}

/// One interface on the source and one on the target.
fn survey() -> Survey {
    let source = connection(SOURCE, "EqDC2", "1abc2defghijk");
    let target = lag(TARGET, "EqDC2", "2lmn3opqrstuv");
    let (leaving, neighbour) = (interface("dxvif-fexample", &source, 101), interface("dxvif-fneighbr", &target, 102));
    Survey {
        in_region: Ok(vec![leaving.clone(), neighbour.clone()]),
        on_ports: [(SOURCE, leaving), (TARGET, neighbour)].map(|(id, one)| (id.to_owned(), Ok(vec![one]))).into(),
        connections: Ok(vec![source]),
        lags: Ok(vec![target]),
        attachments: BTreeMap::new(),
    }
}

type Change = fn(&mut Evacuation, &mut Survey);

/// Who leaves after this change, or the name of the error.
fn found(mutate: Change) -> Result<Vec<String>, &'static str> {
    let (mut evacuation, mut survey) = (evacuation(), survey());
    mutate(&mut evacuation, &mut survey);
    let situation = survey.situation(&evacuation, &caller());
    let situation = situation.and_then(|found| survey.targets_are_listed(&found).map(|()| found));
    let ids =
        |found: Situation<'_>| found.leaving.iter().map(|one| one.interface.virtual_interface_id.clone()).collect();
    situation.map(ids).map_err(|error| error.name.as_str())
}

fn denied<T>() -> Listing<T> {
    Err(Failed::Denied { code: "AccessDenied".to_owned() })
}

fn refused<T>() -> Listing<T> {
    Err(Failed::Refused { code: "DirectConnectClientException".to_owned(), message: "no".to_owned() })
}

fn incomplete<T>() -> Listing<T> {
    Err(Failed::Incomplete { why: "Throttling".to_owned() })
}

fn set(survey: &mut Survey, port: &str, listing: Listing<VirtualInterface>) {
    survey.on_ports.insert(port.to_owned(), listing);
}

#[test]
fn the_interface_on_the_source_leaves_whichever_listing_shows_it() {
    let it = Ok(vec!["dxvif-fexample".to_owned()]);
    assert_eq!(found(|_, _| {}), it);
    assert_eq!(found(|_, survey| survey.in_region = Ok(Vec::new())), it);
    assert_eq!(found(|_, survey| set(survey, SOURCE, Ok(Vec::new()))), it);
    assert_eq!(found(|_, survey| survey.in_region = denied()), it, "then guards are unmet");
}

#[test]
fn a_read_that_is_needed_and_gave_nothing_fails_closed() {
    let rows: [(&str, Change, &str); 12] = [
        ("the source's, denied", |_, survey| set(survey, SOURCE, denied()), "AccessDenied"),
        ("the source's, refused, of a port that is there", |_, survey| set(survey, SOURCE, refused()), "Unavailable"),
        ("the source's, cut short", |_, survey| set(survey, SOURCE, incomplete()), "Unavailable"),
        ("the target's, denied", |_, survey| set(survey, TARGET, denied()), "AccessDenied"),
        ("the target's, refused, of a port that is there", |_, survey| set(survey, TARGET, refused()), "Unavailable"),
        ("the Region's, cut short", |_, survey| survey.in_region = incomplete(), "Unavailable"),
        (
            "the Region's, denied, and an interface is named alone",
            |evacuation, survey| {
                evacuation.interfaces = vec!["dxvif-fneighbr".to_owned()];
                survey.in_region = denied();
            },
            "AccessDenied",
        ),
        ("the connections, denied", |_, survey| survey.connections = denied(), "AccessDenied"),
        ("the connections, cut short", |_, survey| survey.connections = incomplete(), "Unavailable"),
        ("the LAGs, denied, and the target is one", |_, survey| survey.lags = denied(), "AccessDenied"),
        ("the LAGs, refused", |_, survey| survey.lags = refused(), "Unavailable"),
        (
            "the LAGs, denied, and an interface that is named alone is on one",
            |evacuation, survey| {
                *evacuation = Evacuation { interfaces: vec!["dxvif-fneighbr".to_owned()], ..Evacuation::default() };
                survey.lags = denied();
            },
            "AccessDenied",
        ),
    ];
    for (sentence, mutate, name) in rows {
        assert_eq!(found(mutate), Err(name), "{sentence}");
    }
}

#[test]
fn reads_that_disagree_on_where_an_interface_is_are_no_fact() {
    let moved = |survey: &mut Survey| {
        let mut arrived = survey.in_region.as_ref().unwrap()[0].clone();
        arrived.connection_id = text(TARGET);
        arrived
    };
    assert_eq!(
        found(|_, survey| survey.in_region.as_mut().unwrap()[0].connection_id = text(TARGET)),
        Err("Unavailable")
    );
    let (mut changed, evacuation) = (survey(), evacuation());
    let arrived = moved(&mut changed);
    set(&mut changed, TARGET, Ok(vec![arrived]));
    let error = changed.situation(&evacuation, &caller()).unwrap_err();
    assert_eq!(error.message, "two reads disagree on where dxvif-fexample is: dxcon-fexample and dxlag-fexample");
    // One that stays has no part in it.
    assert_eq!(
        found(|_, survey| survey.in_region.as_mut().unwrap()[1].connection_id = text("dxcon-felsewhr")),
        Ok(vec!["dxvif-fexample".to_owned()])
    );
}
