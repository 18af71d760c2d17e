//! The set is judged as one: what two of it do to each other, and in which order they go.

use dx_sim::World;
use serde_json::{Value, json};

use super::{ASHBURN, DOWNED, DOWNED_INTERFACE, LAG, add, add_connection, plan, requested, skipped, stage};
use crate::harness::accept;

/// Interfaces of this many gateways on the connection that is down, none of them up: `dxvif-fgs000` and so on.
fn add_many(world: &mut World, count: u32, gateways: u32) {
    assert!(world.remove(DOWNED_INTERFACE));
    for number in 0..count {
        let gateway = format!("00000000-0000-4000-8000-{:012}", number % gateways);
        add(world, &format!("dxvif-fgs{number:03}"), DOWNED, 501 + number, &gateway, "down");
    }
}

fn empty_downed() -> Value {
    json!({"fromConnectionId": DOWNED, "connectionId": LAG})
}

#[tokio::test]
async fn two_of_the_set_that_clash_with_each_other_do_not_both_go() {
    let clash = |world: &mut World| {
        add_many(world, 3, 3);
        world.set("dxvif-fgs002", "vlan", 501);
    };
    let stage = stage(clash).await;
    let vlan = plan(&stage, &empty_downed()).await;
    assert_eq!(requested(&vlan), ["dxvif-fgs000", "dxvif-fgs001"]);
    assert_eq!(skipped(&vlan), [("dxvif-fgs002", vec!["VlanInUse"])]);
    assert_eq!(vlan["skipped"][0]["findings"][0]["facts"]["by"], "dxvif-fgs000");

    let peers = json!([{"bgpPeerId": "dxpeer-x", "addressFamily": "ipv4", "amazonAddress": "169.254.7.217/30",
        "customerAddress": "169.254.7.218/30", "bgpPeerState": "available", "bgpStatus": "down", "asnLong": 65000}]);
    stage.simulator.change(|world| {
        world.set("dxvif-fgs002", "vlan", 600);
        world.set("dxvif-fgs001", "bgpPeers", peers.clone());
        world.set("dxvif-fgs002", "bgpPeers", peers);
    });
    let addresses = plan(&stage, &empty_downed()).await;
    assert_eq!(skipped(&addresses), [("dxvif-fgs002", vec!["AddressInUse", "AddressInUse"])]);
}

#[tokio::test]
async fn the_quota_counts_the_whole_set() {
    let stage = stage(|world| add_many(world, 51, 51)).await;
    // One is on the LAG already, and it takes 50 private and public ones.
    let plan = plan(&stage, &empty_downed()).await;
    assert_eq!(requested(&plan).len(), 49);
    let quota = vec!["QuotaReached"];
    assert_eq!(skipped(&plan), [("dxvif-fgs049", quota.clone()), ("dxvif-fgs050", quota)]);
    assert_eq!(plan["skipped"][0]["findings"][0]["facts"]["count"], 50);
}

#[tokio::test]
async fn transit_interfaces_have_a_quota_of_their_own_and_all_have_another() {
    let stage = stage(|world| {
        add_many(world, 53, 53);
        for number in 0..5 {
            world.set(&format!("dxvif-fgs{number:03}"), "virtualInterfaceType", "transit");
        }
    })
    .await;
    let plan = plan(&stage, &empty_downed()).await;
    // Four transit ones and the one that is there leave room for 46 of the 48 that come after them.
    assert_eq!(requested(&plan).len(), 50);
    assert_eq!(skipped(&plan)[0], ("dxvif-fgs004", vec!["QuotaReached"]));
    assert_eq!(skipped(&plan).len(), 3);
}

#[tokio::test]
async fn rate_limiters_and_prefix_pools_are_used_up_by_those_who_go_first() {
    let stage = stage(|world| {
        add_many(world, 4, 4);
        for number in 0..4 {
            let id = format!("dxvif-fgs{number:03}");
            world.set(&id, "rateLimit", "500Mbps");
            world.set(&id, "prefixPoolAllocatedCountIpv4", 100);
            world.set(&id, "prefixPoolAllocatedCountIpv6", 10);
        }
        world.set(LAG, "rateLimiterStatus", json!({"maxAllowed": 10, "remaining": 3}));
        world.set(LAG, "prefixPoolUnallocatedCountIpv4", 250);
        world.set(LAG, "prefixPoolUnallocatedCountIpv6", 15);
    })
    .await;
    let short = plan(&stage, &empty_downed()).await;
    assert_eq!(requested(&short), ["dxvif-fgs000"]);
    let pool = |plan: &Value, index: usize| plan["skipped"][index]["findings"][0]["facts"].clone();
    assert_eq!(pool(&short, 0), json!({"target": LAG, "family": "ipv6", "needed": 10, "left": 5}));

    stage.simulator.change(|world| world.set(LAG, "prefixPoolUnallocatedCountIpv6", 100));
    let short = plan(&stage, &empty_downed()).await;
    assert_eq!(requested(&short), ["dxvif-fgs000", "dxvif-fgs001"]);
    assert_eq!(pool(&short, 0), json!({"target": LAG, "family": "ipv4", "needed": 100, "left": 50}));

    stage.simulator.change(|world| world.set(LAG, "prefixPoolUnallocatedCountIpv4", 1000));
    let limited = plan(&stage, &empty_downed()).await;
    assert_eq!(requested(&limited).len(), 3);
    assert_eq!(skipped(&limited), [("dxvif-fgs003", vec!["NoRateLimiterLeft"])]);
    let mut accepted = empty_downed();
    accepted["overrides"] = accept(&["rate-limiter"]);
    assert_eq!(requested(&plan(&stage, &accepted).await).len(), 4);
}

/// Each of the two would vouch for the other, and the port of both is emptied.
#[tokio::test]
async fn the_last_healthy_path_of_a_gateway_may_be_carried_by_two_of_the_set() {
    let stage = stage(|world| {
        assert!(world.remove("dxvif-fgtrans1") && world.remove("dxvif-fgpublc1") && world.remove("dxvif-fgprivt1"));
        add(world, "dxvif-fgtwin01", ASHBURN, 501, "vgw", "up");
        add(world, "dxvif-fgtwin02", ASHBURN, 502, "vgw", "up");
    })
    .await;
    let mut asked =
        json!({"fromConnectionId": ASHBURN, "connectionId": LAG, "overrides": accept(&["interrupts-traffic"])});
    let refused = plan(&stage, &asked).await;
    assert_eq!(requested(&refused), Vec::<&str>::new());
    let too_few = vec!["TooFewHealthyPaths"];
    assert_eq!(skipped(&refused), [("dxvif-fgtwin01", too_few.clone()), ("dxvif-fgtwin02", too_few)]);

    // Once somebody accepts that of the first, it is there for the second.
    asked["overrides"] = accept(&["interrupts-traffic", "healthy-path-remains"]);
    let accepted = plan(&stage, &asked).await;
    assert_eq!(requested(&accepted), ["dxvif-fgtwin01"], "{accepted}");
    assert_eq!(skipped(&accepted), [("dxvif-fgtwin02", vec!["OtherPathsShareTarget", "RedundancyLost"])]);

    // With a third path elsewhere both may go.
    stage.simulator.change(|world| add(world, "dxvif-fgthird1", "dxcon-fgcsva01", 503, "vgw", "up"));
    asked["overrides"] = accept(&["interrupts-traffic", "redundancy-kept"]);
    assert_eq!(requested(&plan(&stage, &asked).await), ["dxvif-fgtwin01", "dxvif-fgtwin02"]);
}

#[tokio::test]
async fn those_that_are_down_go_first_and_gateways_take_turns() {
    let stage = stage(|world| {
        assert!(world.remove("dxvif-fgtrans1") && world.remove("dxvif-fgpublc1") && world.remove("dxvif-fgprivt1"));
        for gateway in ["g1", "g2"] {
            add(
                world,
                &format!("dxvif-felse{gateway}"),
                "dxcon-fgcsva01",
                if gateway == "g1" { 590 } else { 591 },
                gateway,
                "up",
            );
        }
        for (id, vlan, gateway, status) in [
            ("dxvif-fga", 501, "g1", "up"),
            ("dxvif-fgb", 502, "g1", "up"),
            ("dxvif-fgc", 503, "g2", "up"),
            ("dxvif-fgd", 504, "g1", "down"),
            ("dxvif-fge", 505, "g2", "down"),
        ] {
            add(world, id, ASHBURN, vlan, gateway, status);
        }
    })
    .await;
    let overrides = accept(&["interrupts-traffic", "redundancy-kept"]);
    let mut asked = json!({"fromConnectionId": ASHBURN, "connectionId": LAG, "overrides": overrides});
    let order = ["dxvif-fgd", "dxvif-fge", "dxvif-fga", "dxvif-fgc", "dxvif-fgb"];
    assert_eq!(requested(&plan(&stage, &asked).await), order);

    // Who is skipped leaves no gap that puts two of one gateway side by side, where that can be avoided.
    stage.simulator.change(|world| {
        world.set("dxvif-fge", "virtualInterfaceState", "testing");
        add(world, "dxvif-fgf", ASHBURN, 506, "g2", "up");
    });
    let again = plan(&stage, &asked).await;
    assert_eq!(skipped(&again), [("dxvif-fge", vec!["InterfaceNotMovable"])]);
    assert_eq!(requested(&again), ["dxvif-fgd", "dxvif-fgc", "dxvif-fga", "dxvif-fgf", "dxvif-fgb"]);
    asked["overrides"] = json!([]);
    assert_eq!(requested(&plan(&stage, &asked).await), ["dxvif-fgd"]);
}

#[tokio::test]
async fn two_ports_with_one_standby_are_one_set() {
    let stage = stage(|world| {
        add_many(world, 2, 2);
        add_connection(world, "dxcon-fgother1");
        add(world, "dxvif-fgo000", "dxcon-fgother1", 501, "g9", "down");
        for port in [DOWNED, "dxcon-fgother1"] {
            super::set_standby(world, port, LAG);
        }
    })
    .await;
    let plan = plan(&stage, &super::events::health(json!({}), &[DOWNED, "dxcon-fgother1"])).await;
    assert_eq!(requested(&plan), ["dxvif-fgo000", "dxvif-fgs001"]);
    assert_eq!(skipped(&plan), [("dxvif-fgs000", vec!["VlanInUse", "AddressInUse", "AddressInUse"])]);
}
