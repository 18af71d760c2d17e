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
fn of_a_port_that_carries_nothing_its_own_listing_is_needed_and_no_other() {
    let empty = |survey: &mut Survey| {
        survey.in_region.as_mut().unwrap().remove(0);
        set(survey, SOURCE, Ok(Vec::new()));
    };
    let leaving = |change: fn(&mut Survey)| {
        let (evacuation, mut survey) = (evacuation(), survey());
        empty(&mut survey);
        change(&mut survey);
        let found = survey.situation(&evacuation, &caller());
        found.map(|found| found.leaving.len()).map_err(|error| error.name.as_str())
    };
    assert_eq!(leaving(|_| {}), Ok(0));
    assert_eq!(leaving(|survey| survey.connections = denied()), Err("AccessDenied"));
    assert_eq!(leaving(|survey| survey.lags = denied()), Ok(0));
    // AWS refuses to list the interfaces of what is no port.
    let no_port: Change = |_, survey| {
        survey.in_region.as_mut().unwrap().remove(0);
        survey.connections = Ok(Vec::new());
        set(survey, SOURCE, refused());
    };
    assert_eq!(found(no_port), Err("PreCheckRefused"));
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

/// Where the interface goes after this change, or the fault.
fn target(mutate: impl Fn(&mut Evacuation, &mut Survey)) -> Result<String, Fault> {
    let (mut evacuation, mut survey) = (evacuation(), survey());
    mutate(&mut evacuation, &mut survey);
    survey.situation(&evacuation, &caller()).unwrap().leaving.swap_remove(0).target
}

fn set_standby(listing: &mut Listing<Port>, id: &str) {
    let tag = crate::facts::Tag { key: STANDBY_TAG.to_owned(), value: text(id) };
    listing.as_mut().unwrap()[0].tags = vec![tag];
}

#[test]
fn everything_goes_where_it_was_told_to_or_where_the_tag_says_and_not_in_circles() {
    let (from, to) = (SOURCE.to_owned(), TARGET.to_owned());
    assert_eq!(target(|_, _| {}), Ok(to.clone()));
    assert_eq!(target(|evacuation, _| evacuation.target = None), Err(Fault::NoStandby { from: from.clone() }));
    let by_tag = |evacuation: &mut Evacuation, survey: &mut Survey| {
        evacuation.target = None;
        set_standby(&mut survey.connections, TARGET);
    };
    assert_eq!(target(by_tag), Ok(to.clone()));
    let no_port = |evacuation: &mut Evacuation, survey: &mut Survey| {
        evacuation.target = None;
        set_standby(&mut survey.connections, "dxvif-f1");
    };
    assert_eq!(target(no_port), Err(Fault::StandbyNotAPort { from: from.clone() }));
    let left = |evacuation: &mut Evacuation, _: &mut Survey| evacuation.target = text(SOURCE);
    assert_eq!(target(left), Err(Fault::TargetIsLeft { target: from.clone(), from: from.clone() }));
    let emptied = |evacuation: &mut Evacuation, _: &mut Survey| evacuation.ports.push(TARGET.to_owned());
    assert_eq!(target(emptied), Err(Fault::TargetIsEmptied { target: to.clone() }));
    // Named alone, it may be where it was brought to; with its port, that is meant.
    let of_each_other = |evacuation: &mut Evacuation, survey: &mut Survey| {
        *evacuation = Evacuation { interfaces: vec!["dxvif-fexample".to_owned()], ..Evacuation::default() };
        set_standby(&mut survey.connections, TARGET);
        set_standby(&mut survey.lags, SOURCE);
    };
    assert_eq!(target(of_each_other), Err(Fault::StandbyOfEachOther { from: from.clone(), target: to.clone() }));
    let with_another_port = |evacuation: &mut Evacuation, survey: &mut Survey| {
        of_each_other(evacuation, survey);
        evacuation.ports = vec!["dxcon-fother01".to_owned()];
    };
    assert_eq!(target(with_another_port), Err(Fault::StandbyOfEachOther { from, target: to.clone() }));
    let with_its_port = |evacuation: &mut Evacuation, survey: &mut Survey| {
        of_each_other(evacuation, survey);
        evacuation.ports = vec![SOURCE.to_owned()];
    };
    assert_eq!(target(with_its_port), Ok(to));
}

#[test]
fn what_carries_nothing_or_is_not_visible_is_told_and_refused_only_if_nothing_is() {
    let mut survey = survey();
    let member = survey.lags.as_ref().unwrap()[0].members[0].id.clone();
    survey.connections.as_mut().unwrap().push(connection("dxcon-fempty01", "EqDC2", "1abc2defghijk"));
    let evacuation = |ports: &[&str]| Evacuation {
        ports: ports.iter().map(|&port| port.to_owned()).collect(),
        interfaces: vec!["dxvif-fnosuch".to_owned()],
        ..Evacuation::default()
    };
    let some = evacuation(&[&member, "dxcon-fempty01", "dxcon-fnosuch", SOURCE]);
    let situation = survey.situation(&some, &caller()).unwrap();
    let (port, interface) =
        ("dxcon-fnosuch is not visible in us-east-1", "virtual interface dxvif-fnosuch is not visible in us-east-1");
    let lag = format!("{member} is a member of {TARGET} and carries nothing itself: name {TARGET} instead");
    let notices = [
        Notice::new(NoticeCode::SourceIsLagMember, lag),
        Notice::new(NoticeCode::SourceIsEmpty, "dxcon-fempty01 carries no virtual interfaces"),
        Notice::new(NoticeCode::NotVisible, port),
        Notice::new(NoticeCode::NotVisible, interface),
    ];
    assert_eq!(situation.notices, notices);
    assert_eq!(situation.leaving.len(), 1);
    let none = survey.situation(&evacuation(&["dxcon-fnosuch"]), &caller()).unwrap_err();
    assert_eq!(none, Error::new(Name::PreCheckRefused, format!("{port}\n{interface}")));
}

#[test]
fn a_target_that_is_known_from_a_tag_alone_is_listed_and_may_be_an_interconnect() {
    let other = "dxcon-fintrcon";
    let (mut evacuation, mut survey) = (evacuation(), survey());
    let to_read = |survey: &Survey, evacuation: &Evacuation| {
        let situation = survey.situation(evacuation, &caller()).unwrap();
        (survey.targets_to_list(&situation), survey.interconnects_to_find(&situation))
    };
    assert_eq!(to_read(&survey, &evacuation), (BTreeSet::new(), BTreeSet::new()));
    evacuation.target = text(other);
    let both: BTreeSet<String> = [other.to_owned()].into();
    assert_eq!(to_read(&survey, &evacuation), (both.clone(), both.clone()));
    assert_eq!(survey.see_interconnects(refused()), Ok(()));
    assert_eq!(survey.see_interconnects(denied()), Ok(()), "then it is not visible");
    assert_eq!(survey.see_interconnects(incomplete()).unwrap_err().name, Name::Unavailable);
    assert_eq!(to_read(&survey, &evacuation), (both.clone(), both.clone()));
    survey.see_interconnects(Ok(vec![connection(other, "EqDC2", "1abc2defghijk")])).unwrap();
    assert_eq!(to_read(&survey, &evacuation), (both, BTreeSet::new()));
}
