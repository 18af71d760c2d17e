//! What is said of every outcome, and the published schemas.

use super::*;
use crate::check::example::example;
use crate::estate::{Found, Missing, OnTarget};

fn record(outcome: Outcome, dry_run: bool) -> Record {
    let (mut request, facts) = example();
    request.dry_run = dry_run;
    let error = (outcome == Outcome::Rejected).then(|| AwsError::new("DirectConnectClientException", "no"));
    let decided = Decided { outcome, report: Report::default(), seen: None, error };
    Record::new(request, &Found::Facts(Box::new(facts)), decided, OffsetDateTime::UNIX_EPOCH)
}

fn said(outcome: Outcome, dry_run: bool) -> Saying {
    Saying::of(&record(outcome, dry_run), Vec::new())
}

#[test]
fn the_caller_is_told_the_first_cause_and_of_the_bus_only_when_all_else_went_well() {
    let told = |outcome, emitted: Result<(), String>| match said(outcome, false).conclude(emitted) {
        Ok(_) => "the record",
        Err(error) => error.name.as_str(),
    };
    let told = |outcome| (told(outcome, Ok(())), told(outcome, Err("it is down".to_owned())));
    assert_eq!(told(Outcome::Associated), ("the record", "RecordNotEmitted"));
    assert_eq!(told(Outcome::AlreadyAssociated), ("the record", "RecordNotEmitted"));
    assert_eq!(told(Outcome::Refused), ("PreCheckNotYet", "PreCheckNotYet"));
    assert_eq!(told(Outcome::Rejected), ("AssociationRejected", "AssociationRejected"));
    assert_eq!(told(Outcome::Settled), ("the record", "RecordNotEmitted"));
    assert_eq!(told(Outcome::Unhealthy), ("SettledUnhealthy", "SettledUnhealthy"));
    assert_eq!(told(Outcome::Unsettled), ("AssociationUnsettled", "AssociationUnsettled"));
    let unsaid = said(Outcome::Associated, false).conclude(Err("it is down".to_owned())).unwrap_err();
    assert_eq!(unsaid.message, "dxvif-fexample is on dxlag-fexample, and the bus did not take the record (it is down)");
    for outcome in Outcome::ALL {
        let dry_run = said(outcome, true).conclude(Err("it is down".to_owned()));
        assert!(dry_run.is_ok(), "a dry run of {outcome:?}");
    }
}

#[test]
fn ids_follow_from_request_and_outcome_alone() {
    let ids: std::collections::BTreeSet<_> = Outcome::ALL.map(|outcome| record(outcome, false).id).into();
    assert_eq!(ids.len(), Outcome::ALL.len());
    assert_eq!(record(Outcome::Refused, false).id, record(Outcome::Refused, true).id);
    assert_ne!(derived_id("a", Outcome::Refused), derived_id("b", Outcome::Refused));
    assert_eq!(derived_id("CHG-2041-1", Outcome::Associated), "b3212b16bd2cc4d4228e3989d6f381c9");
}

#[test]
fn where_it_went_is_where_it_is_carried_and_of_that_kind() {
    let port = crate::check::example::connection("dxcon-fexample", "EqDC2", "1abc2defghijk");
    let there = Place::of(&port).or_carried_by("dxcon-fexample");
    assert_eq!(there, Place::of(&port));
    let lag = Place::of(&port).or_carried_by("dxlag-fother");
    assert_eq!((lag.connection_id.as_str(), lag.kind), ("dxlag-fother", Some(PortKind::Lag)));
    assert_eq!(lag.aws_device_v2, Place::of(&port).aws_device_v2);
}

#[test]
fn there_is_a_way_back_exactly_where_it_moved_or_may_have() {
    for outcome in Outcome::ALL {
        let moved = matches!(outcome, Outcome::Associated | Outcome::AlreadyAssociated | Outcome::Unsettled);
        assert_eq!(record(outcome, false).inverse.is_some(), moved, "{outcome:?}");
    }
}

#[test]
fn every_turn_of_a_call_is_a_decision_or_an_error() {
    let seen = || Some(Box::new(example().1.virtual_interface));
    let error = || AwsError::new("Code", "words");
    let by = |turn| Decided::by_call(turn, Report::default()).map(|one| (one.outcome, one.seen.is_some(), one.error));
    let associated = Turn::Associated(seen().unwrap(), None);
    assert_eq!(by(associated), Ok((Outcome::Associated, true, None)));
    assert_eq!(by(Turn::Rejected(error(), seen())), Ok((Outcome::Rejected, true, Some(error()))));
    assert_eq!(by(Turn::Unsettled(error(), None)), Ok((Outcome::Unsettled, false, Some(error()))));
    let broke = |name, message: &str| Err(Error::new(name, message));
    assert_eq!(by(Turn::PutOff(error())), broke(Name::Unavailable, "AWS put the call off: Code: words"));
    assert_eq!(by(Turn::Denied(error())), broke(Name::AccessDenied, "AWS denied the call: Code: words"));
    assert_eq!(by(Turn::TooLate), broke(Name::StaleRequest, "its notAfter passed before the call was made"));
}

#[test]
fn a_record_names_what_was_found_and_nothing_else() {
    let (request, facts) = example();
    let target = Place::of(&facts.target);
    let source = facts.source.as_ref().map(Place::of);
    let interface = facts.virtual_interface.clone();
    let of = |found: &Found, outcome| {
        let decided = Decided::without_call(outcome, Report::default());
        let record = Record::new(request.clone(), found, decided, OffsetDateTime::UNIX_EPOCH);
        (record.from, record.to, record.before.map(|before| before.virtual_interface), record.virtual_interface)
    };
    let known = Some(interface.clone());
    let expected = (source.clone(), Some(target.clone()), known.clone(), known.clone());
    assert_eq!(of(&Found::Facts(Box::new(facts.clone())), Outcome::Refused), expected);

    let missing = |interface: Option<VirtualInterface>| {
        let (run, faults) = (Vec::new(), Vec::new());
        Found::Missing(Missing { run, faults, virtual_interface: interface, source: None, target: None })
    };
    let id = interface.connection_id.clone().unwrap();
    let by_id_alone = Some(Place { connection_id: id, ..Place::default() });
    assert_eq!(of(&missing(known.clone()), Outcome::Refused), (by_id_alone, None, known.clone(), known));
    assert_eq!(of(&missing(None), Outcome::Refused), (None, None, None, None));

    let arrived = VirtualInterface { connection_id: Some(facts.target.id.clone()), ..interface };
    let fault = crate::check::Fault::AlreadyOnTarget { virtual_interface: "i".to_owned(), target: "t".to_owned() };
    let there = Found::OnTarget(OnTarget {
        fault,
        virtual_interface: arrived.clone(),
        port: Some(facts.target),
        came_from: facts.source.as_ref().map(|port| port.id.clone()),
        came_from_port: facts.source,
    });
    assert_eq!(of(&there, Outcome::AlreadyAssociated), (source, Some(target), None, Some(arrived)));
}

#[test]
fn an_event_is_about_the_interface_and_its_ports_by_their_owners() {
    let mut one = record(Outcome::Unsettled, false);
    one.virtual_interface.as_mut().unwrap().owner_account = Some("210987654321".to_owned());
    one.to.as_mut().unwrap().owner_account = None;
    assert_eq!(
        one.resources("aws-cn", "cn-north-1", "caller").as_slice(),
        [
            "arn:aws-cn:directconnect:cn-north-1:210987654321:dxvif/dxvif-fexample",
            "arn:aws-cn:directconnect:cn-north-1:123456789012:dxcon/dxcon-fexample",
            "arn:aws-cn:directconnect:cn-north-1:caller:dxlag/dxlag-fexample",
        ]
    );
    (one.from, one.to, one.virtual_interface) = (None, None, None);
    assert_eq!(one.resources("aws", "r", "a"), ["arn:aws:directconnect:r:a:dxvif/dxvif-fexample"]);
}

#[test]
fn a_move_that_is_looked_at_again_is_said_with_what_was_known_of_it() {
    let first = record(Outcome::Associated, false);
    let earlier = Earlier {
        outcome: first.outcome,
        time: first.time,
        request: first.request.clone(),
        from: first.from.clone(),
        to: first.to.clone(),
        before: first.before.clone(),
        inverse: first.inverse.clone(),
    };
    let later = OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR;
    let again = Record::of_verification(earlier, Outcome::Settled, Report::default(), None, later);
    let id = derived_id(&first.request_id, Outcome::Settled);
    let expected = Record { id, outcome: Outcome::Settled, time: later, virtual_interface: None, error: None, ..first };
    assert_eq!(again, expected);
}

#[test]
fn each_kind_of_event_has_its_name_and_a_dry_run_moves_nothing() {
    let planned = "Virtual Interface Association Planned";
    let named = |dry_run| Outcome::ALL.map(|outcome| record(outcome, dry_run).detail_type());
    let refused = ["Virtual Interface Association Refused", "Virtual Interface Association Rejected"];
    let rest = ["Virtual Interface Association Unsettled", "Virtual Interface Settled", "Virtual Interface Unhealthy"];
    let associated = "Virtual Interface Associated";
    assert_eq!(named(false).to_vec(), [&[associated, associated, planned][..], &refused, &rest].concat());
    assert_eq!(named(true).to_vec(), [&[planned; 3][..], &refused, &rest].concat());
}

#[test]
fn outcomes_are_written_as_they_are_named() {
    for outcome in Outcome::ALL {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
    }
}

#[test]
fn aws_words_are_cleaned_and_cut() {
    let error = AwsError::new("code", &format!("a\u{1b}[31m\n{}", "x".repeat(600)));
    assert!(error.message.starts_with("a [31m xxx"));
    assert_eq!(error.message.chars().count(), 512);
    assert_eq!(AwsError::new("Code", "words").to_string(), "Code: words");
}

/// After a change that is meant, `UPDATE_SCHEMAS=1 cargo test --lib schemas` writes them anew.
#[test]
fn schemas_are_generated_from_the_types() {
    // A record is what we write, whatever else we may read.
    let written = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let record = written.into_generator().into_root_schema_for::<Record>();
    for (name, schema) in [("request", schemars::schema_for!(Request)), ("record", record)] {
        let path = format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let generated = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        assert!(std::fs::read_to_string(&path).expect(&path) == generated, "{path} is not what the types say");
    }
}

#[test]
fn schemas_accept_the_examples_and_not_their_opposites() {
    let read = |path: &str| -> serde_json::Value {
        let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).unwrap()
    };
    let [request, record] =
        ["request", "record"].map(|name| jsonschema::validator_for(&read(&format!("schemas/{name}.json"))).unwrap());
    for name in [
        "associated",
        "already-associated",
        "would-associate",
        "refused",
        "rejected",
        "unsettled",
        "settled",
        "unhealthy",
    ] {
        let example = read(&format!("events/record-{name}.json"));
        assert!(record.is_valid(&example), "{name}: {:?}", record.iter_errors(&example).next());
        // A record's request is a request, and so is its way back.
        assert!(request.is_valid(&example["request"]), "{name}");
        assert!(example["inverse"].is_null() || request.is_valid(&example["inverse"]), "{name}");
    }
    for name in ["request", "request-dry-run", "request-to-connection", "request-with-arns", "request-vlan-in-use"] {
        assert!(request.is_valid(&read(&format!("events/{name}.json"))), "{name}");
    }
    assert!(!request.is_valid(&read("events/invalid-unknown-field.json")));
    assert!(!record.is_valid(&read("events/request.json")));
}

#[test]
fn a_move_that_was_seen_later_is_said_as_if_it_had_been_seen_at_once() {
    let later = OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR;
    let unsettled = record(Outcome::Unsettled, false);
    let resources = vec!["arn:aws:directconnect:us-east-1:123456789012:dxvif/dxvif-fexample".to_owned()];
    let target = unsettled.to.clone().unwrap().connection_id;
    for place in [target.as_str(), "dxlag-fcarries"] {
        let seen =
            VirtualInterface { connection_id: Some(place.to_owned()), ..unsettled.virtual_interface.clone().unwrap() };
        let said = Saying::of(&unsettled, resources.clone()).now_associated(seen.clone(), later).unwrap();
        let mut expected = Record {
            id: derived_id(&unsettled.request_id, Outcome::Associated),
            outcome: Outcome::Associated,
            time: later,
            to: unsettled.to.clone().map(|to| to.or_carried_by(place)),
            virtual_interface: Some(seen),
            ..unsettled.clone()
        };
        expected.inverse =
            inverse(Outcome::Associated, &expected.request, expected.from.as_ref(), expected.to.as_ref());
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(json(&said.record), json(&serde_json::to_string(&expected).unwrap()));
        assert_eq!((said.outcome, said.detail_type.as_str()), (Outcome::Associated, "Virtual Interface Associated"));
        assert_eq!((said.resources.as_slice(), &said.error), (resources.as_slice(), &None));
        let id = &unsettled.request.virtual_interface_id;
        let error = said.conclude(Err("it is down".to_owned())).unwrap_err();
        assert_eq!(error.name, Name::RecordNotEmitted);
        assert_eq!(error.message, format!("{id} is on {place}, and the bus did not take the record (it is down)"));
        assert_eq!(said.conclude(Ok(())).unwrap().get(), said.record);
    }
    let odd = Saying { record: "{}".to_owned(), ..Saying::of(&unsettled, Vec::new()) };
    let seen = unsettled.virtual_interface.unwrap();
    assert_eq!(odd.now_associated(seen, later).unwrap_err().name, Name::AssociationUnsettled);
}
