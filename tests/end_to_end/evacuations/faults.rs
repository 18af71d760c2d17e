//! Every fault at every read, the secrets, and that nothing is ever moved or emitted.

use std::time::Duration;

use associate_virtual_interface::error::Moved;
use dx_sim::{Invocation, Options};
use serde_json::{Value, json};

use super::{ASHBURN, DOWNED, LAG, add, plan, requested, set_standby, skipped, stage, stage_with};
use crate::harness::{EVACUATE, Said, accept, error_name, faults};
use crate::secrets::{CANARY, plant};

const READS: [&str; 5] = [
    "DescribeVirtualInterfaces",
    "DescribeConnections",
    "DescribeLags",
    "DescribeDirectConnectGatewayAttachments",
    "DescribeInterconnects",
];
const FAULTS: [&str; 10] = [
    "throttle",
    "500",
    "503",
    "denied",
    "reset-before",
    "hang",
    "truncated",
    "server-exception-400",
    "client",
    "bad-page-token-loop",
];

/// Everything that is ever read is read: a gateway in doubt, and a standby that may be an interconnect.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_error_says_what_became_of_the_read() {
    let cells = READS.iter().flat_map(|read| FAULTS.iter().map(move |fault| (*read, *fault)));
    let cells: Vec<_> = cells.map(|(read, fault)| (read, fault, tokio::spawn(cell(read, fault)))).collect();
    for (read, fault, cell) in cells {
        let said = cell.await.unwrap_or_else(|error| panic!("{read}:{fault}: {error}"));
        // What only guards depend on may be denied; and AWS refuses to list interconnects to who has none.
        let guards_only = matches!(read, "DescribeDirectConnectGatewayAttachments" | "DescribeInterconnects");
        let expected = match fault {
            "denied" | "client" if guards_only => "a plan",
            "bad-page-token-loop" if read == "DescribeInterconnects" => "a plan",
            "denied" => "AccessDenied",
            _ => "Unavailable",
        };
        assert_eq!(said, expected, "{read}:{fault}");
    }
}

async fn cell(read: &str, fault: &str) -> String {
    let stage = stage(|world| {
        assert!(world.remove("dxvif-fgprivt2"));
        set_standby(world, DOWNED, "dxcon-nosuch");
        set_standby(world, ASHBURN, LAG);
    })
    .await;
    let event = super::events::health(json!({}), &[DOWNED, ASHBURN]);
    stage.simulator.set_faults(faults(&[&format!("{read}:{fault}")]));
    let short = || Invocation { timeout: Duration::from_secs(25), ..Invocation::default() };
    let said = stage.ask_as(event.to_string(), short()).await;
    assert!(stage.count(read) >= 1);
    assert_eq!((stage.associate_calls(), stage.emitted()), (0, Vec::<Value>::new()));

    stage.simulator.set_faults(Vec::new());
    let again = stage.ask_as(event.to_string(), short()).await;
    assert!(matches!(again, Said::Record(_)), "and then {again:?}");
    match said {
        Said::Record(plan) => {
            assert!(plan["requests"].is_array(), "{plan}");
            "a plan".to_owned()
        }
        Said::Error { name, message } => {
            assert_eq!(error_name(&name).did_it_move(), Moved::No, "{message}");
            name
        }
    }
}

#[tokio::test]
async fn a_fault_that_passes_is_read_over() {
    for fault in ["throttle:1", "500:1", "reset-before:1"] {
        let stage = stage(|_| {}).await;
        stage.simulator.set_faults(faults(&[&format!("DescribeVirtualInterfaces:{fault}")]));
        let asked = json!({"fromConnectionId": DOWNED, "connectionId": LAG});
        assert_eq!(requested(&plan(&stage, &asked).await).len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_listing_that_is_denied_and_only_guards_depend_on_leaves_them_unmet() {
    let stage = stage(|_| {}).await;
    stage.simulator.set_faults(faults(&["DescribeLags:denied"]));
    let asked = json!({"fromConnectionId": DOWNED, "connectionId": "dxcon-fgspare1"});
    let answer = plan(&stage, &asked).await;
    assert!(skipped(&answer)[0].1.contains(&"ListingUnread"), "{answer}");
    let lag = json!({"fromConnectionId": DOWNED, "connectionId": LAG});
    assert_eq!(stage.ask(&lag).await.name(), "AccessDenied");
}

/// The Region and the source are listed; the third listing is the standby's, once its tag is read.
#[tokio::test]
async fn a_standby_whose_interfaces_cannot_be_listed_is_no_empty_one() {
    let stage = stage(|world| set_standby(world, DOWNED, LAG)).await;
    for (fault, name) in
        [("server-exception-400", "Unavailable"), ("denied", "AccessDenied"), ("client", "Unavailable")]
    {
        stage.simulator.set_faults(faults(&[&format!("DescribeVirtualInterfaces:{fault}:3-")]));
        assert_eq!(stage.ask(&json!({"fromConnectionId": DOWNED})).await.name(), name, "{fault}");
    }
}

#[tokio::test]
async fn no_secret_leaves_the_function_at_any_level_on_any_path() {
    let overrides = accept(&["interrupts-traffic"]);
    let paths: [(&[&str], Value); 4] = [
        (&[], json!({"fromConnectionId": ASHBURN, "connectionId": LAG, "overrides": overrides})),
        (&[], json!({"fromConnectionId": ASHBURN, "connectionId": "dxcon-fghosted"})),
        (&[], json!({"fromConnectionId": LAG})),
        (&["DescribeVirtualInterfaces:truncated"], json!({"fromConnectionId": ASHBURN, "connectionId": LAG})),
    ];
    for (specs, asked) in paths {
        let options = Options { faults: faults(specs), inventory: dx_sim::Inventory::example(), ..Options::default() };
        let loud = [("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", "trace")];
        let stage = crate::harness::Stage::of(EVACUATE, options, &loud).await;
        stage.simulator.change(plant);
        let mut everything = format!("{:?}", stage.ask(&asked).await);
        let inputs: Vec<_> = stage.simulator.calls().into_iter().map(|call| call.input).collect();
        everything.push_str(&serde_json::to_string(&inputs).unwrap());
        everything.push_str(&stage.finish().await.join("\n"));
        assert!(everything.contains("dxvif-fg") || !specs.is_empty(), "there is something to look at");
        assert!(!everything.contains(CANARY), "{asked}");
    }
}

#[tokio::test]
async fn healthy_paths_and_the_age_of_events_are_settings() {
    let options = || Options { inventory: dx_sim::Inventory::example(), ..Options::default() };
    let asked = json!({"fromConnectionId": ASHBURN, "connectionId": LAG, "overrides": accept(&["interrupts-traffic"])});
    let two = crate::harness::Stage::of(EVACUATE, options(), &[("MIN_HEALTHY_PATHS", "2")]).await;
    assert_eq!(requested(&plan(&two, &asked).await), ["dxvif-fgtrans1"], "two other ones serve its gateway");
    let young = crate::harness::Stage::of(EVACUATE, options(), &[("MAX_REQUEST_AGE_SECONDS", "60")]).await;
    let mut event = super::events::health(json!({}), &[DOWNED]);
    event["time"] = json!(super::in_seconds(-70));
    assert_eq!(young.ask(&event).await.name(), "StaleRequest");
}

/// It needs no bus, and an account that nobody told is not guessed at.
#[tokio::test]
async fn an_account_that_is_not_known_is_not_guessed_at() {
    let stage = stage_with(Options::default(), |world| add(world, "dxvif-fgmore01", DOWNED, 501, "g", "down")).await;
    let nameless = Invocation { function_arn: Some("function-arn".to_owned()), ..Invocation::default() };
    let asked = json!({"fromConnectionId": DOWNED, "connectionId": LAG});
    let said = stage.ask_as(asked.to_string(), nameless).await;
    assert_eq!(said.name(), "Unavailable");
    assert!(said.message().contains("AWS_ACCOUNT_ID"), "{said:?}");
}
