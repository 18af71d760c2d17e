//! The published schemas of what is asked and what is answered.

use serde_json::Value;
use time::OffsetDateTime;

use super::Plan;
use crate::request::{Arrival, Asked, Override, parse};

/// An evacuation request. Events of CloudWatch and AWS Health have AWS's own schemas.
#[derive(schemars::JsonSchema)]
#[schemars(title = "EvacuationRequest", rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Schema {
    /// The connection (`dxcon-...`) or LAG (`dxlag-...`) to empty, or its ARN.
    #[schemars(regex(pattern = "^(arn:.+/)?dx(con|lag)-[0-9A-Za-z]{1,64}$"))]
    from_connection_id: String,
    /// Where its interfaces go; by default what its tag `associate-virtual-interface:standby` names.
    #[schemars(regex(pattern = "^(arn:.+/)?dx(con|lag)-[0-9A-Za-z]{1,64}$"))]
    connection_id: Option<String>,
    /// Carried to every request of the plan: everything but the call.
    dry_run: Option<bool>,
    /// Guards that the caller accepts by name, for every interface; carried to every request.
    overrides: Option<Vec<Override>>,
    /// Change ticket or a few words; carried to every request.
    #[schemars(length(max = 256))]
    reason: Option<String>,
    /// What the `requestId` of every request begins with; by default the event's `id`, else the Lambda request id.
    #[schemars(length(min = 1, max = 128))]
    request_id: Option<String>,
    /// RFC 3339; refused afterwards, and so is every request.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    not_after: Option<String>,
}

fn path(file: &str) -> String {
    format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path(file)).expect(file)).expect(file)
}

/// After a change that is meant, `UPDATE_SCHEMAS=1 cargo test --lib schemas` writes them anew.
#[test]
fn schemas_are_generated_from_the_types() {
    for (name, schema) in [("evacuation-request", schemars::schema_for!(Schema)), ("plan", schemars::schema_for!(Plan))]
    {
        let path = path(&format!("schemas/{name}.json"));
        let generated = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).expect(&path), generated, "{name}");
    }
}

#[test]
fn schemas_accept_the_examples_and_not_their_opposites() {
    let schema = |name: &str| jsonschema::validator_for(&read(&format!("schemas/{name}.json"))).unwrap();
    let [asked, planned, request] = ["evacuation-request", "plan", "request"].map(schema);
    assert!(asked.is_valid(&read("events/evacuation-request.json")));
    assert!(!asked.is_valid(&read("events/request.json")), "no fromConnectionId");
    assert!(!asked.is_valid(&read("events/evacuation-from-alarm.json")));
    assert!(!planned.is_valid(&read("events/record-associated.json")));
    let mut seen = 0;
    for name in ["from-request", "from-alarm", "from-health-issue", "from-health-scheduled", "nothing"] {
        let plan = read(&format!("events/plan-{name}.json"));
        assert!(planned.is_valid(&plan), "{name}: {:?}", planned.iter_errors(&plan).next());
        for one in plan["requests"].as_array().unwrap() {
            seen += 1;
            assert!(request.is_valid(one), "{name}");
            let Ok(Asked::Association(understood)) = parse(&one.to_string(), arrival()) else {
                panic!("no request: {one}")
            };
            assert_eq!(understood.request_id, one["requestId"].as_str().unwrap(), "associate accepts it");
        }
    }
    assert_eq!(seen, 7);
}

fn arrival() -> Arrival<'static> {
    Arrival {
        now: OffsetDateTime::UNIX_EPOCH,
        lambda_request_id: "",
        partition: "aws",
        region: "us-east-1",
        own_source: "",
        max_age: time::Duration::ZERO,
    }
}
