//! DynamoDB: conditions and updates over one item, transactions, the index, and what is refused. What a real table answers
//! to the same calls is compared by `.ci/ledger`, with an emulator that is not ours.

use dx_sim::Simulator;
use serde_json::{Value, json};

use crate::client::{Answer, call, request};
use crate::example::{options, start, with};

fn put(item: Value) -> Value {
    json!({"TableName": "ledger", "Item": item})
}

async fn stored(sim: &Simulator, id: &str) -> Value {
    let key = json!({"TableName": "ledger", "Key": {"id": {"S": id}}, "ConsistentRead": true});
    call(sim, "GetItem", key).await.json()["Item"].clone()
}

fn code(answer: &Answer) -> String {
    if answer.status == 200 { "done".to_owned() } else { answer.error().0 }
}

#[tokio::test]
async fn a_condition_decides_whether_an_item_is_written() {
    let (name, seven) = (json!({"#t": "token"}), json!({":v": {"N": "7"}}));
    for (condition, names, values, expected) in [
        ("attribute_not_exists(id)", json!({}), json!({}), "ConditionalCheckFailedException"),
        ("attribute_exists(id)", json!({}), json!({}), "done"),
        ("NOT attribute_exists(nothing)", json!({}), json!({}), "done"),
        ("#t = :v", name.clone(), json!({":v": {"S": "a"}}), "done"),
        ("#t = :v", name.clone(), json!({":v": {"S": "b"}}), "ConditionalCheckFailedException"),
        ("#t <> :v", name.clone(), json!({":v": {"S": "b"}}), "done"),
        ("due < :v", json!({}), seven.clone(), "ConditionalCheckFailedException"),
        ("due <= :v AND due >= :v", json!({}), seven.clone(), "done"),
        ("due > :v OR (attribute_exists(id) AND due = :v)", json!({}), seven.clone(), "done"),
        ("due BETWEEN :v AND :w", json!({}), json!({":v": {"N": "1"}, ":w": {"N": "9"}}), "done"),
        ("nothing < :v", json!({}), seven.clone(), "ConditionalCheckFailedException"),
        ("token = :v", json!({}), json!({":v": {"S": "a"}}), "ValidationException"),
        ("#t = :v", json!({}), json!({":v": {"S": "a"}}), "ValidationException"),
        ("attribute_exists(id)", json!({}), seven.clone(), "ValidationException"),
        ("due = :w", json!({}), json!({}), "ValidationException"),
        ("due ==", json!({}), json!({}), "ValidationException"),
        ("due ? :v", json!({}), seven, "ValidationException"),
        ("", json!({}), json!({}), "ValidationException"),
    ] {
        let sim = start(options()).await;
        let before = json!({"id": {"S": "a"}, "token": {"S": "a"}, "due": {"N": "7"}});
        assert_eq!(call(&sim, "PutItem", put(before.clone())).await.status, 200);
        let after = json!({"id": {"S": "a"}, "emitted": {"BOOL": true}});
        let mut input = with(put(after.clone()), json!({"ConditionExpression": condition}));
        for (member, given) in [("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)] {
            if given != json!({}) {
                input[member] = given;
            }
        }
        assert_eq!(code(&call(&sim, "PutItem", input).await), expected, "{condition}");
        assert_eq!(stored(&sim, "a").await, if expected == "done" { after } else { before }, "{condition}");
    }
}

#[tokio::test]
async fn an_update_sets_adds_and_removes() {
    let sim = start(options()).await;
    call(&sim, "PutItem", put(json!({"id": {"S": "a"}, "due": {"N": "7"}, "unfinished": {"S": "yes"}}))).await;
    let update = |expression: &str, values: Value| {
        json!({"TableName": "ledger", "Key": {"id": {"S": "a"}}, "UpdateExpression": expression,
               "ExpressionAttributeValues": values})
    };
    let values = json!({":true": {"BOOL": true}, ":one": {"N": "1"}});
    let answer =
        call(&sim, "UpdateItem", update("SET emitted = :true, due = due + :one REMOVE unfinished", values)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(stored(&sim, "a").await, json!({"id": {"S": "a"}, "due": {"N": "8"}, "emitted": {"BOOL": true}}));
    for expression in [
        "SET id = :v",
        "ADD due :v",
        "SET due = nothing + :v",
        "SET owner = :v",
        "SET leaves = :v SET holder = :v",
        "SET leaves = :v, leaves = :v",
        "SET leaves = :v REMOVE leaves",
    ] {
        let answer = call(&sim, "UpdateItem", update(expression, json!({":v": {"S": "b"}}))).await;
        assert_eq!(code(&answer), "ValidationException", "{expression}");
    }
}

#[tokio::test]
async fn a_transaction_writes_all_or_nothing_and_once_for_each_token() {
    let sim = start(options()).await;
    let new = |id: &str| json!({"Put": with(put(json!({"id": {"S": id}})), json!({"ConditionExpression": "attribute_not_exists(id)"}))});
    let write = |items: Value, token: &str| json!({"TransactItems": items, "ClientRequestToken": token});
    let both = json!([new("a"), new("b")]);
    assert_eq!(code(&call(&sim, "TransactWriteItems", write(both.clone(), "one")).await), "done");
    assert_eq!(code(&call(&sim, "TransactWriteItems", write(both, "one")).await), "done", "the same again");
    let other = write(json!([new("c")]), "one");
    assert_eq!(code(&call(&sim, "TransactWriteItems", other).await), "IdempotentParameterMismatchException");
    let half = call(&sim, "TransactWriteItems", write(json!([new("c"), new("b")]), "two")).await;
    assert_eq!(code(&half), "TransactionCanceledException");
    assert_eq!(half.json()["CancellationReasons"], json!([{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]));
    assert_eq!(stored(&sim, "c").await, Value::Null);
    let check = json!([new("c"), {"ConditionCheck": {"TableName": "ledger", "Key": {"id": {"S": "b"}},
        "ConditionExpression": "attribute_exists(id)"}}]);
    assert_eq!(code(&call(&sim, "TransactWriteItems", write(check, "three")).await), "done");
    let twice = call(&sim, "TransactWriteItems", write(json!([new("d"), new("d")]), "four")).await;
    assert_eq!(code(&twice), "ValidationException");
    assert_eq!(request(&sim, "GET", "/_sim/ledger", "").await.json(), sim.ledger());
}

#[tokio::test]
async fn the_index_lists_what_has_its_key_in_order() {
    let sim = start(options()).await;
    for (id, members) in [
        ("late", json!({"unfinished": {"S": "yes"}, "due": {"N": "30"}})),
        ("second", json!({"unfinished": {"S": "yes"}, "due": {"N": "20"}, "record": {"S": "{}"}})),
        ("first", json!({"unfinished": {"S": "yes"}, "due": {"N": "9"}})),
        ("finished", json!({"due": {"N": "1"}})),
    ] {
        call(&sim, "PutItem", put(with(json!({"id": {"S": id}}), members))).await;
    }
    let query = json!({"TableName": "ledger", "IndexName": "unfinished",
        "KeyConditionExpression": "unfinished = :yes AND due <= :now",
        "ExpressionAttributeValues": {":yes": {"S": "yes"}, ":now": {"N": "20"}}});
    let found = call(&sim, "Query", query.clone()).await.json();
    let row = |id: &str, due: &str| json!({"id": {"S": id}, "unfinished": {"S": "yes"}, "due": {"N": due}});
    assert_eq!((&found["Items"], &found["Count"]), (&json!([row("first", "9"), row("second", "20")]), &json!(2)));
    assert!(found.get("LastEvaluatedKey").is_none());
    let first = call(&sim, "Query", with(query.clone(), json!({"Limit": 1}))).await.json();
    assert_eq!(first["LastEvaluatedKey"], row("first", "9"));
    for wrong in [
        json!({"IndexName": "other"}),
        json!({"KeyConditionExpression": "due <= :now"}),
        json!({"KeyConditionExpression": "unfinished = :yes OR due <= :now"}),
        json!({"ConsistentRead": true}),
        json!({"Limit": 0}),
    ] {
        assert_eq!(code(&call(&sim, "Query", with(query.clone(), wrong)).await), "ValidationException");
    }
}

#[tokio::test]
async fn an_item_without_its_key_or_too_large_is_refused() {
    let sim = start(options()).await;
    for item in [
        json!({"due": {"N": "1"}}),
        json!({"id": {"S": ""}}),
        json!({"id": {"N": "1"}}),
        json!({"id": {"S": "a"}, "due": {"N": "many"}}),
        json!({"id": {"S": "a"}, "due": {"X": "1"}}),
        json!({"id": {"S": "a"}, "record": {"S": "x".repeat(400 * 1024)}}),
        json!({"id": {"S": "a"}, "unfinished": {"S": "yes"}, "due": {"S": "7"}}),
    ] {
        assert_eq!(code(&call(&sim, "PutItem", put(item)).await), "ValidationException");
    }
    assert_eq!(stored(&sim, "a").await, Value::Null);
    // As large as an item may be, to the byte.
    let largest = json!({"id": {"S": "a"}, "record": {"S": "x".repeat(400 * 1024 - "idarecord".len())}});
    assert_eq!(code(&call(&sim, "PutItem", put(largest)).await), "done");
}

#[tokio::test]
async fn faults_of_writes_are_answered_in_dynamodbs_words() {
    for (fault, operation, expected) in [
        ("conditional", "PutItem", "ConditionalCheckFailedException"),
        ("conditional", "TransactWriteItems", "TransactionCanceledException"),
        ("conflict", "PutItem", "TransactionConflictException"),
        ("conflict", "TransactWriteItems", "TransactionCanceledException"),
        ("500", "PutItem", "InternalServerError"),
        ("denied", "PutItem", "AccessDeniedException"),
    ] {
        let fault = format!("{operation}:{fault}").parse().unwrap();
        let sim = start(dx_sim::Options { faults: vec![fault], ..options() }).await;
        let item = put(json!({"id": {"S": "a"}}));
        let input = if operation == "PutItem" { item } else { json!({"TransactItems": [{"Put": item}]}) };
        assert_eq!(code(&call(&sim, operation, input).await), expected);
        assert_eq!(stored(&sim, "a").await, Value::Null, "{expected}: nothing is written");
    }
}

#[tokio::test]
async fn another_dynamodb_answers_in_its_place_and_faults_stay_here() {
    let other = start(options()).await;
    let faults = ["PutItem:conditional:2", "PutItem:500-after:3"].map(|spec| spec.parse().unwrap()).to_vec();
    let sim = start(dx_sim::Options { dynamodb: Some(other.address()), faults, ..options() }).await;
    for (id, expected, written) in [
        ("a", "done", true),
        ("b", "ConditionalCheckFailedException", false),
        ("c", "InternalServerError", true),
        ("", "ValidationException", false),
    ] {
        let answer = call(&sim, "PutItem", put(json!({"id": {"S": id}}))).await;
        assert_eq!(code(&answer), expected, "{id}");
        assert_eq!(other.ledger()["ledger"].to_string().contains(&format!("{{\"S\":\"{id}\"}}")), written, "{id}");
    }
    assert_eq!(stored(&sim, "a").await, json!({"id": {"S": "a"}}));
    assert_eq!((sim.ledger(), sim.calls().len(), other.calls().len()), (json!({}), 5, 4));
    drop(other);
    tokio::task::yield_now().await; // its server ends
    let key = json!({"TableName": "ledger", "Key": {"id": {"S": "a"}}});
    assert!(crate::client::try_call(&sim, "GetItem", &key).await.is_none(), "nobody there is no answer");
}
