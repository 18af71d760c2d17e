//! The protocol: what an answer carries, and that everything a client can get wrong is refused and named.

use serde_json::{Value, json};

use crate::client::{Answer, call, headers, receive, request, send};
use crate::example::*;

async fn post(headers: &[(&str, &str)], body: &str) -> Answer {
    let sim = start(options()).await;
    receive(send(sim.address(), "POST", "/", headers, body).await).await.expect("there is an answer")
}

#[tokio::test]
async fn answers_carry_the_content_type_and_an_id() {
    let sim = start(options()).await;
    for answer in [associate(&sim, TARGET).await, associate(&sim, "dxcon-fnowhere").await] {
        assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
    }
}

/// A recorded 400 of DescribeLags has a body of 95 bytes, which is this one with a LAG id of 14 characters.
#[tokio::test]
async fn errors_have_the_form_that_was_recorded() {
    let sim = start(options()).await;
    let answer = call(&sim, "DescribeLags", json!({"lagId": "dxlag-fnosuch1"})).await;
    assert_eq!(answer.status, 400);
    let body = r#"{"__type":"DirectConnectClientException","message":"Could not find Lag with ID dxlag-fnosuch1"}"#;
    assert_eq!(answer.text(), body);
    assert_eq!(answer.header("content-length"), Some("95"));
}

#[tokio::test]
async fn a_call_without_authorization_is_refused() {
    let [content_type, _, target] = headers("OvertureService.DescribeLags");
    let answer = post(&[content_type, target], "{}").await;
    assert_eq!((answer.status, answer.error().0.as_str()), (400, "MissingAuthenticationTokenException"));
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let [_, authorization, target] = headers("OvertureService.DescribeLags");
    for content_type in ["application/json", "application/cbor"] {
        let answer = post(&[("content-type", content_type), authorization, target], "{}").await;
        assert_eq!(answer.status, 400);
        assert!(answer.error().1.contains(content_type), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_operation_that_is_not_simulated_is_refused() {
    for target in [
        "OvertureService.DeleteVirtualInterface",
        "OvertureService.PutEvents",
        "AWSEvents.DescribeLags",
        "DescribeLags",
        "",
    ] {
        let answer = post(&headers(target), "{}").await;
        assert_eq!((answer.status, answer.error().0.as_str()), (400, "UnknownOperationException"), "{target}");
    }
    let [content_type, authorization, _] = headers("");
    let answer = post(&[content_type, authorization], "{}").await;
    assert!(answer.error().1.contains("x-amz-target"), "{}", answer.text());
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    for body in ["", "[]", "null", "{", "{} {}"] {
        let answer = post(&headers("OvertureService.DescribeLags"), body).await;
        assert_eq!((answer.status, answer.error().0.as_str()), (400, "SerializationException"), "{body:?}");
    }
}

#[tokio::test]
async fn a_member_that_is_unknown_missing_or_of_another_type_is_named() {
    let sim = start(options()).await;
    for (operation, input, problem) in [
        ("DescribeLags", json!({"LagId": "x"}), "LagId is not a member"),
        ("DescribeConnections", json!({"virtualInterfaceId": INTERFACE}), "virtualInterfaceId is not a member"),
        ("DescribeLags", json!({"lagId": 1}), "lagId is not a string"),
        ("DescribeLags", json!({"maxResults": "1"}), "maxResults is not an integer"),
        ("DescribeLags", json!({"maxResults": 1.5}), "maxResults is not an integer"),
        ("ListVirtualInterfaceRoutes", json!({"filters": []}), "filters is not an object"),
        ("ListVirtualInterfaceRoutes", json!({"filters": {"cidr": []}}), "filters.cidr is not a member"),
        ("ListVirtualInterfaceRoutes", json!({"filters": {"asPath": ["1"]}}), "filters.asPath[0] is not an integer"),
        ("AssociateVirtualInterface", json!({"connectionId": TARGET}), "virtualInterfaceId is required"),
        (
            "AssociateVirtualInterface",
            json!({"virtualInterfaceId": INTERFACE, "connectionId": null}),
            "connectionId is",
        ),
        ("PutEvents", json!({"Entries": {}}), "Entries is not a list"),
        ("PutEvents", json!({"Entries": [{"Details": "{}"}]}), "Entries[0].Details is not a member"),
        ("PutEvents", json!({"Entries": [{"Time": "now"}]}), "Entries[0].Time is not a number"),
    ] {
        let answer = call(&sim, operation, input).await;
        assert_eq!((answer.status, answer.error().0.as_str()), (400, "SerializationException"));
        assert!(answer.error().1.contains(problem), "{}", answer.text());
    }
    assert_eq!(place(&sim), SOURCE);
}

/// JSON 1.1 allows null for a member that is absent.
#[tokio::test]
async fn null_is_an_absent_member() {
    let sim = start(options()).await;
    let answer = call(&sim, "DescribeLags", json!({"lagId": null, "nextToken": null, "maxResults": null})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn what_is_not_served_is_said() {
    let sim = start(options()).await;
    for (method, path) in [("GET", "/"), ("POST", "/_sim/calls"), ("GET", "/service/OvertureService")] {
        let answer = request(&sim, method, path, "").await;
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains(path));
    }
}

#[tokio::test]
async fn the_journal_holds_every_call_in_order() {
    let sim = start(options()).await;
    call(&sim, "DescribeLags", json!({})).await;
    call(&sim, "DeleteLag", json!({"lagId": LAG})).await;
    associate(&sim, MEMBER).await;
    let calls = request(&sim, "GET", "/_sim/calls", "").await.json();
    let member = |name: &str| -> Vec<Value> {
        calls.as_array().expect("calls are a list").iter().map(|call| call[name].clone()).collect()
    };
    assert_eq!(member("operation"), ["DescribeLags", "DeleteLag", "AssociateVirtualInterface"]);
    assert_eq!(member("service"), ["directconnect"; 3]);
    assert_eq!(member("status"), [200, 400, 400]);
    assert_eq!(member("input")[2], move_to(MEMBER));
    assert_eq!(member("refusedBy")[1], Value::Null);
    assert_eq!(member("refusedBy")[2]["name"], "lag-member");
    assert_eq!(member("refusedBy")[2]["documented"], false);
    assert!(member("startedMs").iter().chain(&member("tookMs")).all(|time| time.as_f64().is_some()));
    assert_eq!(sim.calls()[2].refused_by.map(|rule| rule.name), Some("lag-member"));
}
