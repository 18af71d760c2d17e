//! What is read, and how often: one wave and its pages, however large the estate is; a second wave only where the first
//! proves it necessary.

use dx_sim::{Options, Table, World};
use serde_json::{Value, json};

use super::{
    ASHBURN, DOWNED, DOWNED_INTERFACE, GATEWAY, LAG, add, add_connection, notices, plan, requested, set_standby,
    skipped, stage,
};
use crate::harness::{Stage, accept};

const TARGET: &str = "dxcon-fgempty1";

/// More than two thousand interfaces, fifty of them on the one that is to be emptied, of ten gateways that
/// have other healthy paths.
fn large(world: &mut World, status: &str) {
    for id in ["dxvif-fgprivt1", "dxvif-fgtrans1", "dxvif-fgpublc1"] {
        assert!(world.remove(id));
    }
    add_connection(world, TARGET);
    world.set(TARGET, "awsDeviceV2", "EqDC2-2h0v5wq2tqzdl");
    world.set(TARGET, "awsLogicalDeviceId", "EqDC2-2h0v5wq2tqzdl");
    let gateway = |number: u32| format!("00000000-0000-4000-8000-{number:012}");
    for number in 0..50 {
        add(world, &format!("dxvif-fgsource{number:02}"), ASHBURN, 501 + number, &gateway(number % 10), status);
    }
    for port in 0..39 {
        let id = format!("dxcon-fgbulk{port:02}");
        add_connection(world, &id);
        world.set(&id, "location", "CSVA1");
        world.set(&id, "awsDeviceV2", "CSVA1-23u8tlpaz8iks");
        world.set(&id, "awsLogicalDeviceId", "CSVA1-23u8tlpaz8iks");
        for number in 0..50 {
            let its_gateway = gateway(if port == 0 { number % 10 } else { 100 + number });
            add(world, &format!("dxvif-fgbulk{port:02}x{number:02}"), &id, 501 + number, &its_gateway, "up");
        }
    }
}

fn reads(stage: &Stage) -> [usize; 5] {
    [
        "DescribeVirtualInterfaces",
        "DescribeConnections",
        "DescribeLags",
        "DescribeDirectConnectGatewayAttachments",
        "DescribeInterconnects",
    ]
    .map(|operation| stage.count(operation))
}

#[tokio::test]
async fn an_estate_of_thousands_is_read_once_page_by_page() {
    let stage = stage(|world| large(world, "down")).await;
    let all = stage.simulator.world()["virtualInterfaces"].as_array().unwrap().len();
    assert_eq!(all, 2007);
    let answer = plan(&stage, &json!({"fromConnectionId": ASHBURN, "connectionId": TARGET})).await;
    assert_eq!((requested(&answer).len(), skipped(&answer)), (50, vec![]));
    // 21 pages of the Region, one of the source and one of the target; nothing for any one interface.
    assert_eq!(reads(&stage), [23, 1, 1, 0, 0]);
}

#[tokio::test]
async fn gateways_in_doubt_are_asked_once_each() {
    let stage = stage(|world| {
        large(world, "up");
        for number in 0..50 {
            assert!(world.remove(&format!("dxvif-fgbulk00x{number:02}")));
        }
    })
    .await;
    let asked =
        json!({"fromConnectionId": ASHBURN, "connectionId": TARGET, "overrides": accept(&["interrupts-traffic"])});
    let answer = plan(&stage, &asked).await;
    assert_eq!((requested(&answer), skipped(&answer).len()), (vec![], 50));
    assert_eq!(reads(&stage), [22, 1, 1, 10, 0]);
    assert_eq!(skipped(&answer)[0].1, ["TooFewHealthyPaths"]);
}

#[tokio::test]
async fn paths_that_are_not_visible_here_are_told_and_those_of_the_set_are_not_among_them() {
    let stage = stage(|world| assert!(world.remove("dxvif-fgprivt2"))).await;
    stage.simulator.change(|world| {
        add(world, "dxvif-fgtwin01", ASHBURN, 501, GATEWAY, "up");
        world.add(
            Table::GatewayAttachments,
            json!({"directConnectGatewayId": GATEWAY, "virtualInterfaceId": "dxvif-fgtwin01",
                "virtualInterfaceRegion": "us-east-1", "virtualInterfaceOwnerAccount": "123456789012",
                "attachmentState": "attached"}),
        );
    });
    let asked = json!({"fromConnectionId": ASHBURN, "connectionId": LAG, "overrides": accept(&["interrupts-traffic"])});
    let answer = plan(&stage, &asked).await;
    let finding = |id: &str| -> Value {
        let all = answer["skipped"].as_array().unwrap();
        let of_it = all.iter().find(|one| one["virtualInterfaceId"] == id).unwrap_or_else(|| panic!("{id}: {answer}"));
        of_it["findings"][0].clone()
    };
    for id in ["dxvif-fgprivt1", "dxvif-fgtwin01"] {
        let finding = finding(id);
        assert_eq!(finding["code"], "HealthyPathsUnseen", "{finding}");
        let because = finding["facts"]["because"].as_str().unwrap();
        assert!(because.contains("dxvif-fgdublin"), "{because}");
        assert!(!because.contains("dxvif-fgtwin01") && !because.contains("dxvif-fgprivt1"), "{because}");
    }
    assert_eq!(stage.count("DescribeDirectConnectGatewayAttachments"), 1, "one gateway is in doubt");
}

#[tokio::test]
async fn a_standby_is_listed_once_it_is_known_and_an_interconnect_looked_for() {
    let stage = stage(|world| set_standby(world, DOWNED, LAG)).await;
    plan(&stage, &json!({"fromConnectionId": DOWNED})).await;
    assert_eq!(reads(&stage), [3, 1, 1, 0, 0]);
    let to_nowhere = json!({"fromConnectionId": DOWNED, "connectionId": "dxcon-nosuch"});
    let nowhere = plan(&stage, &to_nowhere).await;
    assert_eq!(skipped(&nowhere), [(DOWNED_INTERFACE, vec!["TargetNotFound"])]);
    assert_eq!(reads(&stage), [6, 2, 2, 0, 1]);
    plan(&stage, &json!({"fromConnectionId": DOWNED, "connectionId": "dxlag-nosuch"})).await;
    assert_eq!(reads(&stage), [9, 3, 3, 0, 1], "a LAG is no interconnect");

    stage.simulator.change(|world| {
        let interconnect = json!({"interconnectId": "dxcon-fginterc", "interconnectState": "available",
            "region": "us-east-1", "location": "EqDC2", "bandwidth": "10Gbps", "awsDeviceV2": "EqDC2-2h0v5wq2tqzdl",
            "awsLogicalDeviceId": "EqDC2-2h0v5wq2tqzdl", "jumboFrameCapable": true});
        world.add(Table::Interconnects, interconnect);
    });
    let onto_interconnect = json!({"fromConnectionId": DOWNED, "connectionId": "dxcon-fginterc"});
    let answer = plan(&stage, &onto_interconnect).await;
    assert!(skipped(&answer)[0].1.contains(&"TargetIsInterconnect"), "{answer}");
}

#[tokio::test]
async fn what_stands_on_the_last_page_is_seen() {
    let stage = super::stage_with(Options { page_size: 1, ..Options::default() }, |world| {
        add(world, "dxvif-fgzlast1", LAG, 104, "g", "up");
    })
    .await;
    let answer = plan(&stage, &json!({"fromConnectionId": DOWNED, "connectionId": LAG})).await;
    assert_eq!(skipped(&answer), [(DOWNED_INTERFACE, vec!["VlanInUse"])]);
    assert_eq!(notices(&answer), Vec::<&str>::new());
}

#[tokio::test]
async fn too_little_time_is_unavailable_before_it_is_an_answer_too_late() {
    let stage = stage(|_| {}).await;
    stage.simulator.set_faults(crate::harness::faults(&["DescribeConnections:hang"]));
    let short = dx_sim::Invocation { timeout: std::time::Duration::from_secs(4), ..dx_sim::Invocation::default() };
    let asked = json!({"fromConnectionId": DOWNED, "connectionId": LAG});
    let said = stage.ask_as(asked.to_string(), short).await;
    assert_eq!(said.name(), "Unavailable", "{said:?}");
    assert!(said.message().starts_with("too little time"), "{said:?}");
}
