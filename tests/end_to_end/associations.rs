//! Moves that are made, that were made already, and that are only asked about.

use dx_sim::{Invocation, Options, Table};
use serde_json::{Value, json};

use crate::harness::{Said, Stage, accept, event, findings, request, request_with};

const LAG: &str = "dxlag-fgashlag";
const PRIMARY: &str = "dxcon-fgashbn1";

#[tokio::test]
async fn an_interface_is_moved_once_and_the_same_record_goes_to_caller_bus_and_log() {
    let stage = Stage::new().await;
    let record = stage.ask(&request()).await.record();

    assert_eq!(stage.place_of("dxvif-fgprivt1"), LAG);
    assert_eq!(stage.associate_calls(), 1);
    assert_eq!((&record["outcome"], &record["error"]), (&json!("associated"), &Value::Null));
    assert_eq!((&record["from"]["connectionId"], &record["to"]["connectionId"]), (&json!(PRIMARY), &json!(LAG)));
    assert_eq!((&record["from"]["kind"], &record["to"]["kind"]), (&json!("connection"), &json!("lag")));
    assert_eq!(record["before"]["connectionId"], PRIMARY);
    assert_eq!(record["virtualInterface"]["connectionId"], LAG);
    assert_eq!(record["virtualInterface"]["virtualInterfaceState"], "pending");
    let back = json!({"virtualInterfaceId": "dxvif-fgprivt1", "connectionId": PRIMARY, "expectedConnectionId": LAG});
    assert_eq!(record["inverse"], back);

    let events = stage.simulator.events();
    assert_eq!(events.len(), 1);
    let arn = |rest: &str| format!("arn:aws:directconnect:us-east-1:123456789012:{rest}");
    assert_eq!(events[0]["DetailType"], "Virtual Interface Associated");
    assert_eq!(events[0]["Source"], "associate-virtual-interface");
    assert_eq!(events[0]["EventBusName"], "associate-virtual-interface");
    assert_eq!(
        events[0]["Resources"],
        json!([arn("dxvif/dxvif-fgprivt1"), arn("dxcon/dxcon-fgashbn1"), arn("dxlag/dxlag-fgashlag")])
    );
    assert_eq!(events[0]["Detail"], record);

    let logged: Vec<Value> =
        lines(&stage.finish().await).into_iter().filter(|line| line.get("record").is_some()).collect();
    assert_eq!(logged.len(), 1);
    assert_eq!(logged[0]["record"], record);
}

#[tokio::test]
async fn all_facts_are_read_before_the_call_and_nothing_after_it() {
    let stage = Stage::new().await;
    stage.ask(&request()).await.record();
    let operations: Vec<_> = stage.simulator.calls().into_iter().map(|call| call.operation).collect();
    let (reads, rest) = operations.split_at(7);
    let mut reads = reads.to_vec();
    reads.sort_unstable();
    let attachments = "DescribeDirectConnectGatewayAttachments";
    let interfaces = "DescribeVirtualInterfaces";
    let routes = "ListVirtualInterfaceRoutes";
    assert_eq!(reads, ["DescribeConnections", attachments, "DescribeLags", interfaces, interfaces, interfaces, routes]);
    assert_eq!(rest, ["AssociateVirtualInterface", "PutEvents"]);
}

#[tokio::test]
async fn an_interface_already_on_the_target_is_left_alone() {
    let stage = Stage::new().await;
    let first = stage.ask(&request()).await.record();
    let second = stage.ask(&request()).await.record();

    assert_eq!(stage.associate_calls(), 1);
    assert_eq!(second["outcome"], "alreadyAssociated");
    // The request says where it came from, so the retry can say it too.
    assert_eq!(second["from"], first["from"]);
    assert_eq!(second["to"], first["to"]);
    assert_eq!(second["inverse"], first["inverse"]);
    assert_eq!(second["before"], Value::Null);
    assert_eq!(findings(&second), [found("not-on-target-yet", "notice", "AlreadyOnTarget")]);
    assert_eq!(stage.emitted().len(), 2);
    assert_eq!(stage.simulator.events()[1]["DetailType"], "Virtual Interface Associated");
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn a_retry_that_does_not_say_where_it_came_from_is_not_told() {
    let stage = Stage::new().await;
    let request = request_with(json!({"expectedConnectionId": null}));
    stage.ask(&request).await.record();
    let second = stage.ask(&request).await.record();
    assert_eq!((&second["outcome"], &second["from"]), (&json!("alreadyAssociated"), &Value::Null));
    assert_eq!(second["inverse"], Value::Null);
}

#[tokio::test]
async fn already_there_is_decided_before_every_check() {
    let stage = Stage::changed(|world| {
        world.set("dxvif-fgprivt1", "connectionId", LAG);
        world.set("dxvif-fgprivt1", "vlan", 102);
        world.set("dxvif-fgprivt1", "ownerAccount", "210987654321");
        world.set(LAG, "lagState", "deleting");
    })
    .await;
    let request = request_with(json!({"expectedConnectionId": "dxcon-fgcsva01", "overrides": []}));
    assert_eq!(stage.ask(&request).await.record()["outcome"], "alreadyAssociated");
    assert_eq!(stage.associate_calls(), 0);
}

#[tokio::test]
async fn a_target_that_is_a_member_of_its_lag_is_already_there_and_the_lag_is_named() {
    let stage = Stage::new().await;
    let request = json!({"virtualInterfaceId": "dxvif-fglagvif", "connectionId": "dxcon-fglagm02"});
    let record = stage.ask(&request).await.record();
    assert_eq!(record["outcome"], "alreadyAssociated");
    assert_eq!(findings(&record), [found("not-on-target-yet", "notice", "TargetIsMemberOfItsLag")]);
    assert_eq!(record["checks"]["findings"][0]["facts"]["lag"], LAG);
    assert_eq!(record["to"]["connectionId"], LAG);
    assert_eq!(stage.associate_calls(), 0);
}

#[tokio::test]
async fn a_dry_run_reads_and_checks_and_calls_nothing() {
    let stage = Stage::new().await;
    let record = stage.ask(&request_with(json!({"dryRun": true}))).await.record();
    assert_eq!((&record["outcome"], &record["inverse"]), (&json!("wouldAssociate"), &Value::Null));
    assert_eq!(stage.associate_calls(), 0);
    assert_eq!(stage.place_of("dxvif-fgprivt1"), PRIMARY);
    assert_eq!(stage.simulator.events()[0]["DetailType"], "Virtual Interface Association Planned");

    let real = stage.ask(&request()).await.record();
    assert_eq!(real["checks"], record["checks"], "a dry run runs the same checks over the same facts");
}

#[tokio::test]
async fn a_dry_run_of_what_is_refused_is_a_result_and_not_an_error() {
    let stage = Stage::new().await;
    let mut request = event("request-vlan-in-use");
    request["dryRun"] = json!(true);
    let record = stage.ask(&request).await.record();
    assert_eq!(record["outcome"], "refused");
    assert_eq!(stage.simulator.events()[0]["DetailType"], "Virtual Interface Association Refused");
}

#[tokio::test]
async fn a_dry_run_of_what_is_there_never_says_associated_on_the_bus() {
    let stage = Stage::new().await;
    stage.ask(&request()).await.record();
    let record = stage.ask(&request_with(json!({"dryRun": true}))).await.record();
    assert_eq!(record["outcome"], "alreadyAssociated");
    assert_eq!(stage.simulator.events()[1]["DetailType"], "Virtual Interface Association Planned");
}

#[tokio::test]
async fn a_dry_run_is_a_result_even_when_the_bus_is_down() {
    let stage = Stage::with_faults(&["PutEvents:denied"]).await;
    assert_eq!(stage.ask(&request_with(json!({"dryRun": true}))).await.name(), "wouldAssociate");
}

#[tokio::test]
async fn an_interface_whose_port_is_not_visible_can_be_moved_by_its_owner() {
    let stage = Stage::changed(|world| {
        assert!(world.remove(PRIMARY));
    })
    .await;
    let checks = ["interrupts-traffic", "bandwidth-kept", "macsec-kept"];
    let record = stage.ask(&request_with(json!({"overrides": accept(&checks)}))).await.record();
    assert_eq!(record["outcome"], "associated");
    let nowhere = json!({"connectionId": PRIMARY, "kind": null, "location": null, "awsDeviceV2": null,
        "awsLogicalDeviceId": null, "bandwidth": null});
    assert_eq!(record["from"], nowhere);
    assert!(findings(&record).contains(&found("source-visible", "notice", "SourceNotVisible")), "{record}");
}

#[tokio::test]
async fn paths_that_are_not_visible_are_asked_for_only_where_the_visible_ones_do_not_do() {
    let attachments = "DescribeDirectConnectGatewayAttachments";
    let stage = Stage::new().await;
    stage.ask(&request()).await.record();
    assert_eq!(stage.count(attachments), 1);

    let stage = Stage::changed(|world| assert!(world.remove("dxvif-fgprivt2"))).await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert_eq!(stage.count(attachments), 2);
    let record = &stage.emitted()[0];
    assert!(findings(record).contains(&found("healthy-path-remains", "guard", "HealthyPathsUnseen")), "{record}");
    assert!(said.message().contains("cannot tell") && said.message().contains("dxvif-fgdublin"), "{said:?}");

    let all = accept(&["interrupts-traffic", "healthy-path-remains", "redundancy-kept"]);
    let said = stage.ask(&request_with(json!({"overrides": all}))).await;
    assert_eq!(said.name(), "associated", "{said:?}");
}

#[tokio::test]
async fn an_interconnect_has_the_id_of_a_connection_and_is_known_by_asking_for_it() {
    let stage = Stage::changed(|world| {
        world.add(
            Table::Interconnects,
            json!({"interconnectId": "dxcon-fginterc", "interconnectState": "available", "region": "us-east-1",
                "location": "EqDC2", "bandwidth": "10Gbps", "jumboFrameCapable": true}),
        );
    })
    .await;
    let said = stage.ask(&request_with(json!({"connectionId": "dxcon-fginterc"}))).await;
    assert_eq!(said.name(), "PreCheckRefused");
    let record = &stage.emitted()[0];
    assert!(findings(record).contains(&found("target-not-partner-port", "guard", "TargetIsInterconnect")), "{record}");
}

#[tokio::test]
async fn a_deadline_in_the_past_is_a_local_emulators_and_counts_as_unknown() {
    let stage = Stage::new().await;
    // What `cargo lambda watch` sends: a relative deadline, and an ARN that is none.
    let odd = Invocation {
        deadline_ms: Some(600_000),
        function_arn: Some("function-arn".to_owned()),
        ..Invocation::default()
    };
    let said = stage.ask_as(request().to_string(), odd.clone()).await;
    assert_eq!(said.name(), "Unavailable");
    assert!(said.message().contains("AWS_ACCOUNT_ID"), "{said:?}");

    let stage = Stage::with(Options::default(), &[("AWS_ACCOUNT_ID", "123456789012")]).await;
    assert_eq!(stage.ask_as(request().to_string(), odd).await.name(), "associated");
}

#[tokio::test]
async fn each_service_can_have_an_endpoint_of_its_own() {
    let other = dx_sim::Simulator::start(Options::default()).await.unwrap();
    let stage = Stage::with(Options::default(), &[("AWS_ENDPOINT_URL_EVENTBRIDGE", other.url().as_str())]).await;
    stage.ask(&request()).await.record();
    assert_eq!((stage.emitted().len(), other.events().len()), (0, 1));

    let stage = Stage::with(Options::default(), &[("AWS_ENDPOINT_URL_DIRECT_CONNECT", other.url().as_str())]).await;
    assert_eq!(stage.ask(&request()).await.name(), "PreCheckRefused", "the other account has no such interface");
}

#[tokio::test]
async fn with_too_little_time_left_nothing_is_attempted() {
    let stage = Stage::new().await;
    let short = Invocation { timeout: std::time::Duration::from_secs(10), ..Invocation::default() };
    let said = stage.ask_as(request().to_string(), short).await;
    assert_eq!(said.name(), "Unavailable");
    assert!(stage.simulator.calls().is_empty());
}

#[tokio::test]
async fn every_log_line_tells_when_how_grave_and_of_which_invocation() {
    let stage = Stage::new().await;
    let named = |id: &str| Invocation {
        request_id: Some(id.to_owned()),
        trace_id: Some("Root=1-5759e988-bd862e3fe1be46a994272793".to_owned()),
        ..Invocation::default()
    };
    stage.ask_as(request().to_string(), named("first")).await.record();
    assert!(matches!(stage.ask_as("{}", named("second")).await, Said::Error { .. }));
    let lines = lines(&stage.finish().await);

    let (metrics, log): (Vec<&Value>, Vec<&Value>) = lines.iter().partition(|line| line.get("_aws").is_some());
    for line in &lines {
        let timestamp = line["timestamp"].as_str().unwrap();
        time::OffsetDateTime::parse(timestamp, &time::format_description::well_known::Rfc3339).unwrap();
        assert!(line["level"].is_string() && line["requestId"].is_string(), "{line}");
    }
    for line in log {
        assert_eq!(line["functionName"], "associate");
        assert_eq!(line["xrayTraceId"], "Root=1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(line["coldStart"], json!(line["requestId"] == "first"), "{line}");
    }
    let outcomes: Vec<_> = metrics.iter().map(|line| (&line["Outcome"], &line["RecordsEmitted"])).collect();
    assert_eq!(outcomes, [(&json!("associated"), &json!(1)), (&json!("InvalidRequest"), &Value::Null)]);
}

#[tokio::test]
async fn the_record_is_logged_whatever_the_level_and_an_error_by_name() {
    for level in ["TRACE", "INFO", "WARN", "ERROR", "FATAL", "nonsense"] {
        let stage = Stage::with(Options::default(), &[("AWS_LAMBDA_LOG_LEVEL", level)]).await;
        stage.ask(&request()).await.record();
        assert_eq!(stage.ask(&json!({})).await.name(), "InvalidRequest");
        let lines = lines(&stage.finish().await);
        assert_eq!(lines.iter().filter(|line| line.get("record").is_some()).count(), 1, "{level}");
        let named = lines.iter().filter(|line| line["errorType"] == "InvalidRequest").count();
        assert_eq!(named, usize::from(!matches!(level, "ERROR" | "FATAL")), "{level}");
    }
}

#[tokio::test]
async fn the_arn_of_a_port_is_its_owners() {
    let stage = Stage::changed(|world| world.set(PRIMARY, "ownerAccount", "210987654321")).await;
    stage.ask(&request()).await.record();
    let arn = "arn:aws:directconnect:us-east-1:210987654321:dxcon/dxcon-fgashbn1";
    assert_eq!(stage.simulator.events()[0]["Resources"][1], arn);
}

fn lines(output: &[String]) -> Vec<Value> {
    output.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
}

fn found(check: &str, severity: &str, code: &str) -> (String, String, String) {
    (check.to_owned(), severity.to_owned(), code.to_owned())
}
