//! The other doors: an envelope, a CloudWatch alarm, an AWS Health event. And what is turned away at all of them.

use dx_sim::Invocation;
use serde_json::{Value, json};

use super::{
    ASHBURN, DOWNED, DOWNED_INTERFACE, LAG, add_connection, in_seconds, notices, plan, requested, set_standby, skipped,
    stage,
};
use crate::harness::{Said, Stage, event, now};

/// What must never come back: every bad value here contains it.
const REJECTED: &str = "S3CRET";

fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"))[name] = value;
    event
}

/// The alarm of `events/`, just sent.
fn alarm() -> Value {
    with(event("evacuation-from-alarm"), "/time", json!(in_seconds(-1)))
}

/// An issue that names these, just sent, with some members of its detail changed.
#[expect(clippy::needless_pass_by_value, reason = "every caller writes the members in place")]
pub(super) fn health(detail: Value, ids: &[&str]) -> Value {
    let mut event = with(event("evacuation-from-health-issue"), "/time", json!(in_seconds(-1)));
    event["resources"] = json!(ids);
    event["detail"]["affectedEntities"] = json!([]);
    for (name, value) in detail.as_object().unwrap() {
        event["detail"][name] = value.clone();
    }
    event
}

/// `Wed, 3 Sep 2025 09:00:00 GMT`, with a day of one digit where it has one.
pub(super) fn health_date(seconds: i64) -> String {
    let time = now() + time::Duration::seconds(seconds);
    let text = time.format(&time::format_description::well_known::Rfc2822).unwrap();
    text.replace(" +0000", " GMT").replace(", 0", ", ")
}

/// The connection that is down has a standby.
async fn stage_with_standby() -> Stage {
    stage(|world| {
        set_standby(world, DOWNED, LAG);
        set_standby(world, ASHBURN, LAG);
    })
    .await
}

#[tokio::test]
async fn an_envelope_is_opened_and_its_id_becomes_the_request_id() {
    let stage = stage(|_| {}).await;
    let mut envelope = event("request-from-eventbridge");
    envelope["time"] = json!(in_seconds(-1));
    envelope["detail"] = json!({"fromConnectionId": DOWNED, "connectionId": LAG});
    let plan = plan(&stage, &envelope).await;
    let id = format!("{}.{DOWNED_INTERFACE}", envelope["id"].as_str().unwrap());
    assert_eq!(plan["requests"][0]["requestId"], json!(id));
}

#[tokio::test]
async fn an_alarm_plans_its_connection_and_is_the_reason() {
    let stage = stage_with_standby().await;
    let plan = plan(&stage, &alarm()).await;
    let id = format!("{}.{DOWNED_INTERFACE}", alarm()["id"].as_str().unwrap());
    assert_eq!(
        plan["requests"],
        json!([{"virtualInterfaceId": DOWNED_INTERFACE, "connectionId": LAG, "expectedConnectionId": DOWNED,
            "requestId": id, "reason": "alarm dx-ashburn-third-down"}])
    );
    assert_eq!(notices(&plan), Vec::<&str>::new());
}

#[tokio::test]
async fn the_name_of_an_alarm_is_cleaned_and_cut_and_not_refused() {
    let stage = stage_with_standby().await;
    let name = format!("a\u{202e}b\n{}", "x".repeat(255));
    let plan = plan(&stage, &with(alarm(), "/detail/alarmName", json!(name))).await;
    assert_eq!(plan["requests"][0]["reason"], json!(format!("alarm a b {}", "x".repeat(246))));
}

#[tokio::test]
async fn only_alarm_plans_and_aws_is_not_asked_for_the_others() {
    let stage = stage_with_standby().await;
    for state in ["OK", "INSUFFICIENT_DATA"] {
        // Whatever it watches.
        let mut event = with(alarm(), "/detail/state/value", json!(state));
        event["detail"]["configuration"] = Value::Null;
        let plan = plan(&stage, &event).await;
        assert_eq!((requested(&plan), skipped(&plan), notices(&plan)), (vec![], vec![], vec!["alarmNotInAlarm"]));
    }
    assert!(stage.simulator.calls().is_empty());
}

#[tokio::test]
async fn an_alarm_on_one_interface_plans_its_connection_and_says_so() {
    let stage = stage_with_standby().await;
    let dimensions = "/detail/configuration/metrics/0/metricStat/metric/dimensions/VirtualInterfaceId";
    let plan = plan(&stage, &with(alarm(), dimensions, json!(DOWNED_INTERFACE))).await;
    assert_eq!((requested(&plan), notices(&plan)), (vec![DOWNED_INTERFACE], vec!["alarmWatchesInterface"]));
}

#[tokio::test]
async fn a_computed_alarm_is_known_by_the_one_connection_that_it_is_computed_from() {
    let stage = stage_with_standby().await;
    let mut event = alarm();
    let metric = event["detail"]["configuration"]["metrics"][0].clone();
    let expression = json!({"id": "e1", "expression": "FILL(m1, 0)", "returnData": true});
    let other = with(metric.clone(), "/metricStat/metric/namespace", json!("AWS/EC2"));
    let other = with(other, "/metricStat/metric/dimensions", json!({"ConnectionId": "dxcon-felse"}));
    event["detail"]["configuration"]["metrics"] = json!([expression, metric, other, metric]);
    assert_eq!(requested(&plan(&stage, &event).await), [DOWNED_INTERFACE]);
}

/// `+0000` without a colon is no RFC 3339; nobody needs it.
#[tokio::test]
async fn the_times_inside_an_alarm_may_be_anything() {
    let stage = stage_with_standby().await;
    let event = with(alarm(), "/detail/state/timestamp", json!("yesterday"));
    assert_eq!(requested(&plan(&stage, &event).await), [DOWNED_INTERFACE]);
    assert!(alarm()["detail"]["state"]["timestamp"].as_str().unwrap().ends_with("+0000"), "as AWS writes it");
}

#[tokio::test]
async fn a_health_event_names_a_port_its_interfaces_and_both_twice() {
    let stage = stage_with_standby().await;
    let arn = format!("arn:aws:directconnect:us-east-1:123456789012:dxcon/{DOWNED}");
    let entity = |id: &str| json!({"entityValue": id, "status": "IMPAIRED"});
    let entities = json!([entity(DOWNED_INTERFACE), entity(DOWNED), entity("dxvif-fgprivt1")]);
    let event = health(json!({"affectedEntities": entities}), &[DOWNED, &arn, DOWNED_INTERFACE]);
    let plan = plan(&stage, &event).await;
    assert_eq!(requested(&plan), [DOWNED_INTERFACE]);
    // Its port is not named, so it is planned alone; the others on that port are left out.
    assert_eq!(skipped(&plan), [("dxvif-fgprivt1", vec!["CarriesTraffic"])]);
    assert_eq!(plan["requests"][0]["reason"], "AWS Health AWS_DIRECTCONNECT_OPERATIONAL_ISSUE");
    assert_eq!(plan["requests"][0].get("notAfter"), None, "an issue is now");
    assert_eq!(stage.count("DescribeVirtualInterfaces"), 3, "of the Region, of the named port, of the standby");
}

/// Trap 14: copies of one event, in the backup Region and on several pages, give one interface one id.
#[tokio::test]
async fn the_request_id_hangs_on_the_event_and_not_on_its_envelope() {
    let stage = stage_with_standby().await;
    let id = |plan: &Value| plan["requests"][0]["requestId"].clone();
    let first = plan(&stage, &health(json!({"page": "1", "totalPages": "2"}), &[DOWNED])).await;
    assert_eq!(notices(&first), ["severalPages"]);
    let page = with(health(json!({"page": "2", "totalPages": "2"}), &[DOWNED_INTERFACE]), "/id", json!("another"));
    assert_eq!(id(&plan(&stage, &page).await), id(&first));
    let other = health(json!({"eventArn": "arn:aws:health:us-east-1::event/DIRECTCONNECT/OTHER/1"}), &[DOWNED]);
    let other = plan(&stage, &other).await;
    assert_ne!(id(&other), id(&first));
    assert_eq!(notices(&other), Vec::<&str>::new(), "one page of one");
    let base = id(&first).as_str().unwrap().trim_end_matches(DOWNED_INTERFACE).to_owned();
    assert!(base.starts_with("health-") && base.len() == 7 + 32 + 1, "{base}");
}

#[tokio::test]
async fn a_health_event_for_nobody_here_plans_nothing_and_says_why() {
    let stage = stage_with_standby().await;
    for (detail, notice) in [
        (json!({"eventRegion": "us-west-2"}), "otherRegion"),
        (json!({"statusCode": "closed"}), "healthEventClosed"),
        (json!({"eventTypeCategory": "accountNotification"}), "healthEventOfOtherCategory"),
        (json!({"eventTypeCategory": "investigation"}), "healthEventOfOtherCategory"),
        (json!({"eventTypeCategory": REJECTED}), "healthEventOfOtherCategory"),
        (json!({"eventTypeCategory": null}), "healthEventOfOtherCategory"),
        (json!({"eventTypeCode": "AWS_DIRECTCONNECT_MAINTENANCE_CANCELLED"}), "healthEventCancelled"),
        (
            json!({"eventTypeCategory": "scheduledChange", "eventTypeCode": "AWS_DIRECTCONNECT_MAINTENANCE_CANCELED"}),
            "healthEventCancelled",
        ),
    ] {
        let plan = plan(&stage, &health(detail.clone(), &[DOWNED])).await;
        assert_eq!((requested(&plan), skipped(&plan), notices(&plan)), (vec![], vec![], vec![notice]), "{detail}");
        assert!(!plan.to_string().contains(REJECTED));
    }
    let nobody = plan(&stage, &health(json!({}), &[])).await;
    assert_eq!((requested(&nobody), notices(&nobody)), (vec![], vec!["nothingNamed"]));
    assert!(stage.simulator.calls().is_empty());
}

#[tokio::test]
async fn what_else_a_health_event_names_is_left_out() {
    let stage = stage_with_standby().await;
    let other_region = "arn:aws:directconnect:eu-west-1:123456789012:dxcon/dxcon-felse001";
    for other in ["123456789012", REJECTED, "dxgw-f1", "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", other_region] {
        let plan = plan(&stage, &health(json!({}), &[other, DOWNED])).await;
        assert_eq!((requested(&plan), notices(&plan)), (vec![DOWNED_INTERFACE], vec!["othersNamed"]), "{other}");
        assert!(!plan.to_string().contains(REJECTED));
    }
    let only_others = plan(&stage, &health(json!({}), &["dxgw-f1"])).await;
    assert_eq!(notices(&only_others), ["othersNamed", "nothingNamed"]);
}

#[tokio::test]
async fn of_several_what_is_not_visible_is_told_and_refused_only_if_nothing_is() {
    let stage = stage_with_standby().await;
    let some = plan(&stage, &health(json!({}), &["dxcon-nosuch", DOWNED, "dxvif-nosuch", "dxlag-nosuch"])).await;
    assert_eq!((requested(&some), notices(&some)), (vec![DOWNED_INTERFACE], vec!["notVisible"; 3]));
    let twice = json!({"affectedEntities": [{"entityValue": "dxcon-nosuch"}]});
    let twice = plan(&stage, &health(twice, &["dxcon-nosuch", DOWNED, "dxcon-nosuch"])).await;
    assert_eq!(notices(&twice), ["notVisible"], "what is named again is named once");
    let none = stage.ask(&health(json!({}), &["dxcon-nosuch", "dxvif-nosuch"])).await;
    assert_eq!(none.name(), "PreCheckRefused");
    assert_eq!(
        none.message(),
        "dxcon-nosuch is not visible in us-east-1\nvirtual interface dxvif-nosuch is not visible in us-east-1"
    );
    let member = plan(&stage, &health(json!({}), &["dxcon-nosuch", "dxcon-fglagm01"])).await;
    assert_eq!(notices(&member), ["sourceIsLagMember", "notVisible"]);
}

#[tokio::test]
async fn a_standby_that_is_named_itself_is_no_standby() {
    let stage = stage_with_standby().await;
    for other in [LAG, "dxvif-fglagvif"] {
        let plan = plan(&stage, &health(json!({}), &[DOWNED, other])).await;
        let expected = match other {
            LAG => vec![(DOWNED_INTERFACE, vec!["TargetIsEmptied"]), ("dxvif-fglagvif", vec!["NoStandby"])],
            _ => vec![("dxvif-fglagvif", vec!["NoStandby"])],
        };
        assert_eq!(skipped(&plan), expected);
    }
}

/// What concerns one link of a LAG concerns the LAG: all links end on one endpoint of AWS.
#[tokio::test]
async fn a_standby_of_which_a_link_is_named_is_no_standby() {
    let stage = stage_with_standby().await;
    let plan = plan(&stage, &health(json!({}), &[DOWNED, "dxcon-fglagm01"])).await;
    assert_eq!(skipped(&plan), [(DOWNED_INTERFACE, vec!["TargetIsEmptied"])]);
    assert_eq!(notices(&plan), ["sourceIsLagMember"]);
}

/// A later event, or another page, may name an interface that has been brought to safety.
#[tokio::test]
async fn an_interface_that_is_named_alone_is_not_brought_back() {
    let stage = stage_with_standby().await;
    stage.simulator.change(|world| super::set_standby(world, LAG, DOWNED));
    let alone = health(json!({}), &["dxvif-fglagvif"]);
    assert_eq!(skipped(&plan(&stage, &alone).await), [("dxvif-fglagvif", vec!["StandbyOfEachOther"])]);
    let with_its_port = health(json!({}), &["dxvif-fglagvif", LAG]);
    let named = plan(&stage, &with_its_port).await;
    assert!(!named.to_string().contains("StandbyOfEachOther"), "{named}");
}

#[tokio::test]
async fn maintenance_is_announced_and_the_requests_expire_when_it_begins() {
    let stage = stage_with_standby().await;
    let (start, end) = (health_date(14 * 86_400), health_date(14 * 86_400 + 14_400));
    assert!(start.ends_with(" GMT"), "{start}");
    let scheduled = |start: &str, end: &str| {
        let detail = json!({"eventTypeCategory": "scheduledChange", "statusCode": "upcoming", "startTime": start,
            "endTime": end, "eventTypeCode": "AWS_DIRECTCONNECT_MAINTENANCE_SCHEDULED"});
        health(detail, &[DOWNED])
    };
    let ahead = plan(&stage, &scheduled(&start, &end)).await;
    assert_eq!((requested(&ahead), notices(&ahead)), (vec![DOWNED_INTERFACE], vec!["maintenanceWindow"]));
    let not_after = ahead["requests"][0]["notAfter"].as_str().unwrap();
    let message = ahead["notices"][0]["message"].as_str().unwrap();
    let begins = format!("scheduledChange AWS_DIRECTCONNECT_MAINTENANCE_SCHEDULED from {not_after} to ");
    assert!(message.starts_with(&begins) && message.ends_with("the requests expire when it begins"), "{message}");

    let over = plan(&stage, &scheduled(&health_date(-7200), &health_date(-60))).await;
    assert_eq!((requested(&over), notices(&over)), (vec![""; 0], vec!["maintenanceWindow"]));
    assert!(over["notices"][0]["message"].as_str().unwrap().ends_with("it is over: nothing is planned"), "{over}");

    for (start, end, code, ends) in [
        (health_date(-60), health_date(3600), "maintenanceWindow", "it has begun, and the requests do not expire"),
        (health_date(-60), String::new(), "maintenanceWindow", "it has begun, and the requests do not expire"),
        (String::new(), String::new(), "maintenanceWindowUnknown", "so the requests do not expire"),
        (REJECTED.to_owned(), end.clone(), "maintenanceWindowUnknown", "so the requests do not expire"),
    ] {
        let plan = plan(&stage, &scheduled(&start, &end)).await;
        assert_eq!((requested(&plan), notices(&plan)), (vec![DOWNED_INTERFACE], vec![code]), "{start}");
        assert!(plan["notices"][0]["message"].as_str().unwrap().ends_with(ends), "{plan}");
        assert_eq!(plan["requests"][0].get("notAfter"), None);
        assert!(!plan.to_string().contains(REJECTED));
    }
}

#[tokio::test]
async fn a_day_of_one_digit_is_a_date_and_an_unusual_type_code_is_not_repeated() {
    let stage = stage_with_standby().await;
    let detail = json!({"eventTypeCategory": "scheduledChange", "startTime": "Wed, 3 Sep 2098 09:00:00 GMT",
        "endTime": "", "eventTypeCode": "Maintenance <b>"});
    let plan = plan(&stage, &health(detail, &[DOWNED])).await;
    assert_eq!(plan["requests"][0]["notAfter"], "2098-09-03T09:00:00Z");
    let message = plan["notices"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("scheduledChange from 2098-09-03T09:00:00Z to an end that is not known"), "{message}");
}

#[tokio::test]
async fn a_large_health_event_is_read_and_one_that_eventbridge_would_not_carry_is_not() {
    let stage = stage(|world| {
        set_standby(world, DOWNED, LAG);
        for number in 0..20 {
            add_connection(world, &format!("dxcon-fgmany{number:02}"));
        }
    })
    .await;
    let mut ids: Vec<String> = (0..20).map(|number| format!("dxcon-fgmany{number:02}")).collect();
    ids.push(DOWNED.to_owned());
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let text = |length: usize| json!({"eventDescription": [{"latestDescription": "x".repeat(length)}]});
    let large = plan(&stage, &health(text(200 * 1024), &ids)).await;
    assert_eq!((requested(&large), notices(&large)), (vec![DOWNED_INTERFACE], vec!["sourceIsEmpty"; 20]));
    let said = stage.ask(&health(text(256 * 1024), &ids)).await;
    assert_eq!((said.name(), said.message()), ("InvalidRequest", "the payload is larger than 262144 bytes"));
}

#[tokio::test]
async fn what_is_not_a_request_is_invalid_and_aws_is_not_asked() {
    let stage = stage(|_| {}).await;
    for (begins, payload) in invalid_payloads() {
        let said = stage.ask_as(payload.to_string(), Invocation::default()).await;
        let Said::Error { name, message } = said else { panic!("accepted: {payload}") };
        assert_eq!(name, "InvalidRequest", "{message}: {payload}");
        assert!(message.starts_with(begins), "{begins} is not what this begins with: {message}");
        assert!(!message.contains(REJECTED), "{message}");
    }
    assert!(stage.simulator.calls().is_empty());
    let output = stage.finish().await.join("\n");
    assert!(!output.contains(REJECTED), "{output}");
}

fn invalid_payloads() -> Vec<(&'static str, Value)> {
    let plain = |name: &str, value: Value| {
        with(json!({"fromConnectionId": DOWNED, "connectionId": LAG}), &format!("/{name}"), value)
    };
    let alarm_with = |pointer: &str, value: Value| with(alarm(), &format!("/detail/{pointer}"), value);
    let health_with = |detail: Value| health(detail, &[DOWNED]);
    let metrics = "configuration/metrics";
    let metric = alarm()["detail"]["configuration"]["metrics"][0].clone();
    let second = with(metric.clone(), "/metricStat/metric/dimensions/ConnectionId", json!("dxcon-fsecond1"));
    let connection = format!("{metrics}/0/metricStat/metric/dimensions/ConnectionId");
    vec![
        ("the payload is not a JSON object", json!([REJECTED])),
        ("fromConnectionId is missing", json!({"connectionId": LAG})),
        ("fromConnectionId is not a string", plain("fromConnectionId", json!({"a": REJECTED}))),
        ("fromConnectionId is not an id", plain("fromConnectionId", json!("dxvif-S3CRET"))),
        ("connectionId is not an id", plain("connectionId", json!(REJECTED))),
        ("connectionId is the same as fromConnectionId", plain("connectionId", json!(DOWNED))),
        ("virtualInterfaceId is not a field", plain("virtualInterfaceId", json!(REJECTED))),
        ("expectedConnectionId is not a field", plain("expectedConnectionId", json!(REJECTED))),
        ("FromConnectionId is not a field", plain("FromConnectionId", json!(REJECTED))),
        ("dryRun is not true or false", plain("dryRun", json!(REJECTED))),
        ("overrides is not a list", plain("overrides", json!(REJECTED))),
        (
            "overrides[0].check names a refusal",
            plain("overrides", json!([{"check": "owns-target", "reason": REJECTED}])),
        ),
        (
            "overrides[0].check is not the name",
            plain("overrides", json!([{"check": "evacuation-target", "reason": "r"}])),
        ),
        ("reason is longer than 256", plain("reason", json!(REJECTED.repeat(50)))),
        ("requestId is empty", plain("requestId", json!(""))),
        ("notAfter is not a time", plain("notAfter", json!(REJECTED))),
        ("fromConnectionId stands beside detail", with(alarm(), "/fromConnectionId", json!(DOWNED))),
        ("detail.fromConnectionId is missing", with(alarm(), "/source", json!("example.other"))),
        ("detail-type is not CloudWatch Alarm State Change", with(alarm(), "/detail-type", json!(REJECTED))),
        ("detail-type is not AWS Health Event", with(health_with(json!({})), "/detail-type", json!(REJECTED))),
        ("account is not an account id", with(alarm(), "/account", json!(REJECTED))),
        ("time lies more than five minutes ahead", with(alarm(), "/time", json!(in_seconds(400)))),
        ("detail.state is missing", alarm_with("state", Value::Null)),
        ("detail.state.value is missing", alarm_with("state", json!({}))),
        ("detail.state.value is none of", alarm_with("state/value", json!(REJECTED))),
        ("detail.configuration.metrics has no AWS/DX metric", alarm_with("configuration", Value::Null)),
        ("detail.configuration.metrics has no AWS/DX metric", alarm_with(metrics, json!([{"expression": REJECTED}]))),
        (
            "detail.configuration.metrics has no AWS/DX metric",
            alarm_with("configuration/metrics/0/metricStat/metric/namespace", json!("AWS/EC2")),
        ),
        ("detail.configuration.metrics is not a list", alarm_with(metrics, json!(REJECTED))),
        ("detail.configuration.metrics names more than one", alarm_with(metrics, json!([metric, second]))),
        (
            "detail.configuration.metrics[0].metricStat.metric.dimensions.ConnectionId is not an id",
            alarm_with(&connection, json!("dxvif-S3CRET")),
        ),
        ("detail.service is missing", health_with(json!({"service": null}))),
        ("detail.service is not DIRECTCONNECT", health_with(json!({"service": REJECTED}))),
        ("detail.eventArn is missing", health_with(json!({"eventArn": null}))),
        ("detail.affectedEntities is not a list", health_with(json!({"affectedEntities": REJECTED}))),
        ("detail.affectedEntities[0] is not an object", health_with(json!({"affectedEntities": [REJECTED]}))),
        ("resources is not a list", with(health_with(json!({})), "/resources", json!(REJECTED))),
    ]
}

#[tokio::test]
async fn what_is_too_old_is_stale_and_aws_is_not_asked() {
    let stage = stage(|_| {}).await;
    for (begins, payload) in [
        ("it is replayed", with(alarm(), "/replay-name", json!("last-year"))),
        ("its event is 9", with(alarm(), "/time", json!(in_seconds(-901)))),
        ("its event is 9", with(health(json!({}), &[DOWNED]), "/time", json!(in_seconds(-901)))),
        ("its notAfter has passed", json!({"fromConnectionId": DOWNED, "notAfter": in_seconds(-1)})),
    ] {
        let said = stage.ask(&payload).await;
        assert_eq!(said.name(), "StaleRequest", "{payload}");
        assert!(said.message().starts_with(begins), "{said:?}");
    }
    assert!(stage.simulator.calls().is_empty());
}
