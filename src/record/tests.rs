//! What is said of every outcome, and the published schemas.

use super::*;
use crate::check::example::example;
use crate::estate::Found;

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
fn there_is_a_way_back_exactly_where_it_moved_or_may_have() {
    for outcome in Outcome::ALL {
        let moved = matches!(outcome, Outcome::Associated | Outcome::AlreadyAssociated | Outcome::Unsettled);
        assert_eq!(record(outcome, false).inverse.is_some(), moved, "{outcome:?}");
    }
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
