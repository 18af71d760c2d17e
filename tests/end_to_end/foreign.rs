//! The ledger on a DynamoDB that is not ours: `.ci/ledger` starts an emulator, names it in `DYNAMODB_ENDPOINT`, and runs
//! these. Direct Connect and the bus are the simulator's as ever.

use std::time::Duration;

use associate_virtual_interface::aws::defaults;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use dx_sim::Options;
use serde_json::json;

use crate::harness::{ASSOCIATE, Said, Stage, accept, faults};
use crate::ledger::{moves, named, scheduled};

/// A stage whose ledger is a new table of the emulator.
struct Foreign {
    stage: Stage,
    client: Client,
    table: String,
    endpoint: String,
}

impl Foreign {
    async fn new(name: &str, specs: &[&str]) -> Self {
        let endpoint = std::env::var("DYNAMODB_ENDPOINT").expect("`.ci/ledger` says where DynamoDB is");
        // The emulator knows the account by the key; the functions' own has none that it knows, and gets the default.
        let nobody = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None);
        let config = defaults().endpoint_url(&endpoint).region(Region::from_static("us-east-1"));
        let client = Client::new(&config.credentials_provider(nobody).load().await);
        let table = format!("ledger-{name}-{}", std::process::id());
        create(&client, &table).await;
        let options = Options { faults: faults(specs), ..Options::default() };
        let stage = Stage::with(options, &environment(&table, &endpoint)).await;
        Self { stage, client, table, endpoint }
    }

    async fn beside(&self) -> Stage {
        self.stage.beside(ASSOCIATE, &environment(&self.table, &self.endpoint)).await
    }

    /// The request's item.
    async fn status(&self) -> (String, bool, bool) {
        let items = self.client.scan().table_name(&self.table).send().await.unwrap().items.unwrap_or_default();
        let item = items.iter().find(|item| item["id"].as_s().unwrap().starts_with("req#")).unwrap();
        let unfinished = item.contains_key("unfinished");
        (item["status"].as_s().unwrap().clone(), *item["emitted"].as_bool().unwrap(), unfinished)
    }
}

fn environment<'a>(table: &'a str, endpoint: &'a str) -> [(&'a str, &'a str); 3] {
    [("LEDGER_TABLE", table), ("IN_DOUBT_SECONDS", "1"), ("AWS_ENDPOINT_URL_DYNAMODB", endpoint)]
}

async fn create(client: &Client, table: &str) {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let attribute =
        |name: &str, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap();
    let index = GlobalSecondaryIndex::builder()
        .index_name("unfinished")
        .key_schema(key("unfinished", KeyType::Hash))
        .key_schema(key("due", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .unwrap();
    let made = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("id", KeyType::Hash))
        .attribute_definitions(attribute("id", ScalarAttributeType::S))
        .attribute_definitions(attribute("unfinished", ScalarAttributeType::S))
        .attribute_definitions(attribute("due", ScalarAttributeType::N))
        .global_secondary_indexes(index);
    made.send().await.expect("the emulator makes a table");
}

#[tokio::test]
#[ignore = "needs an emulator of DynamoDB: `.ci/ledger`"]
async fn a_request_is_carried_out_once_and_its_late_duplicate_is_refused() {
    let foreign = Foreign::new("once", &[]).await;
    let stage = &foreign.stage;
    let first = stage.ask(&named("CHG-1")).await;
    assert_eq!(stage.ask(&named("CHG-1")).await, first);
    assert_eq!(foreign.status().await, ("COMPLETED".to_owned(), true, false));
    let mut other = named("CHG-1");
    other["notAfter"] = json!("2126-01-01T00:00:00Z");
    assert_eq!(stage.ask(&other).await.name(), "RequestIdReused");
    stage.simulator.change(dx_sim::World::settle_now);
    let mut back = first.record()["inverse"].clone();
    back["requestId"] = json!("CHG-1-back");
    back["overrides"] = accept(&["interrupts-traffic", "bandwidth-kept", "healthy-path-remains", "redundancy-kept"]);
    assert_eq!(stage.ask(&back).await.record()["outcome"], "associated");
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "StaleRequest");
    assert_eq!((stage.associate_calls(), moves(stage)), (2, 2));
}

#[tokio::test]
#[ignore = "needs an emulator of DynamoDB: `.ci/ledger`"]
async fn what_is_in_doubt_is_cleared_up_by_reading() {
    let foreign = Foreign::new("doubt", &["AssociateVirtualInterface:late"]).await;
    assert_eq!(foreign.stage.ask(&named("CHG-1")).await.name(), "AssociationUnsettled");
    assert_eq!(foreign.status().await, ("IN_DOUBT".to_owned(), true, true));
    assert_eq!(foreign.stage.ask(&named("CHG-2")).await.name(), "InProgress");
    assert_eq!(foreign.stage.ask(&named("CHG-1")).await.record()["outcome"], "associated");
    assert_eq!(foreign.status().await, ("COMPLETED".to_owned(), true, false));
    assert_eq!(foreign.stage.associate_calls(), 1);
}

#[tokio::test]
#[ignore = "needs an emulator of DynamoDB: `.ci/ledger`"]
async fn the_sweeper_finds_by_the_index_what_stayed_behind() {
    let foreign = Foreign::new("sweep", &["PutEvents:partial-final:1"]).await;
    let stage = &foreign.stage;
    assert_eq!(stage.ask(&named("CHG-1")).await.name(), "RecordNotEmitted");
    assert_eq!(stage.ask(&scheduled()).await.record()["unfinished"], 0, "it is not due yet");
    let items = foreign.client.scan().table_name(&foreign.table).send().await.unwrap().items.unwrap();
    let id = items.iter().map(|item| item["id"].clone()).find(|id| id.as_s().unwrap().starts_with("req#")).unwrap();
    let due = foreign.client.update_item().table_name(&foreign.table).key("id", id).update_expression("SET due = :due");
    due.expression_attribute_values(":due", AttributeValue::N("1".to_owned())).send().await.unwrap();
    assert_eq!(stage.ask(&scheduled()).await.record(), json!({"unfinished": 1, "emitted": 1, "unsettled": 0}));
    assert_eq!(stage.ask(&scheduled()).await.record()["unfinished"], 0);
    assert_eq!((foreign.status().await, stage.emitted().len()), (("COMPLETED".to_owned(), true, false), 1));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an emulator of DynamoDB: `.ci/ledger`"]
async fn of_many_at_once_one_moves_and_every_other_is_told_to_wait() {
    let foreign = Foreign::new("race", &[]).await;
    // Slow enough that all of them have read before the first writes.
    let mut others = Vec::new();
    for _ in 0..7 {
        others.push(foreign.beside().await);
    }
    let asked: Vec<_> = others
        .into_iter()
        .enumerate()
        .map(|(number, one)| tokio::spawn(async move { one.ask(&named(&format!("CHG-{}", number % 4))).await }))
        .collect();
    let mut moved = 0;
    for one in asked {
        match tokio::time::timeout(Duration::from_secs(60), one).await.unwrap().unwrap() {
            Said::Record(record) if record["outcome"] == "associated" => moved += 1,
            Said::Record(record) => assert_eq!(record["outcome"], "alreadyAssociated"),
            Said::Error { name, message } => {
                assert!(matches!(name.as_str(), "InProgress" | "PreCheckNotYet" | "Unavailable"), "{name}: {message}");
            }
        }
    }
    assert!(moved >= 1, "nobody moved it");
    assert_eq!((foreign.stage.associate_calls(), moves(&foreign.stage)), (1, 1));
}
