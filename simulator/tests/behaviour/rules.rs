//! One test per rule of AssociateVirtualInterface: the clean example, one change, the refusal by name, and the nearest
//! case that is not refused. The sentences are AWS's; for an assumed rule the text says what is assumed.

use dx_sim::{Simulator, Table, World, rules};
use serde_json::{Value, json};

use crate::client::call;
use crate::example::*;

async fn accepts(sim: &Simulator, target: &str) {
    let answer = associate(sim, target).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(place(sim), target);
}

/// The call is refused by this rule and nothing moved.
async fn refuses(sim: &Simulator, target: &str, rule: &str) {
    let before = place(sim);
    let answer = associate(sim, target).await;
    let refused_by = sim.calls().last().and_then(|call| call.refused_by).map(|rule| rule.name);
    assert_eq!(refused_by, Some(rule), "{}", answer.text());
    assert_eq!((answer.status, answer.error().0.as_str()), (400, "DirectConnectClientException"));
    assert_eq!(place(sim), before);
}

fn add_interfaces(world: &mut World, count: u16, port: &str, kind: &str) {
    for number in 0..count {
        let id = format!("dxvif-f{kind}{number}");
        let item = interface(&id, port, 1000 + number + if kind == "transit" { 500 } else { 0 }, 0);
        let own = json!({"virtualInterfaceType": kind, "bgpPeers": [], "amazonAddress": "", "customerAddress": ""});
        world.add(Table::VirtualInterfaces, with(item, own));
    }
}

fn add_neighbour(world: &mut World, members: Value) {
    world.add(Table::VirtualInterfaces, with(interface("dxvif-fneigh01", TARGET, 202, 2), members));
}

/// Without the change that each test makes, AWS makes the move, onto every kind of port that it may go to.
#[tokio::test]
async fn the_example_is_clean() {
    for target in [TARGET, LAG, HOSTED] {
        accepts(&start(options()).await, target).await;
    }
}

#[test]
fn every_rule_is_listed_once_with_its_source() {
    let mut names: Vec<&str> = rules().map(|rule| rule.name).collect();
    assert_eq!(rules().filter(|rule| rule.documented).count(), 13);
    assert_eq!(rules().filter(|rule| !rule.documented).count(), 9);
    assert!(rules().all(|rule| rule.source.len() > 20));
    let table = include_str!("../../src/lib.rs");
    assert!(names.iter().all(|name| table.contains(&format!("`{name}`"))), "the crate's table of rules is complete");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 22);
}

/// "You can migrate a virtual interface to a new connection within the same Region, but you can't migrate it from one
/// Region to another."
#[tokio::test]
async fn virtual_interface_exists() {
    let sim = changed(|world| world.set(INTERFACE, "region", "us-east-1")).await;
    refuses(&sim, TARGET, "virtual-interface-exists").await;
    sim.change(|world| world.set(INTERFACE, "region", "eu-west-1"));
    accepts(&sim, TARGET).await;
    let input = json!({"virtualInterfaceId": "vif-1", "connectionId": TARGET});
    let answer = call(&sim, "AssociateVirtualInterface", input).await;
    assert_eq!(answer.error().1, "Virtual Interface ID vif-1 has an invalid format.");
}

/// "connectionId: The ID of the LAG or connection."
#[tokio::test]
async fn target_exists() {
    let sim = start(options()).await;
    refuses(&sim, "dxcon-fnowhere", "target-exists").await;
    refuses(&sim, "dxlag-fnowhere", "target-exists").await;
    refuses(&sim, "con-1", "target-exists").await;
    sim.change(|world| world.set(TARGET, "region", "us-east-1"));
    refuses(&sim, TARGET, "target-exists").await;
}

/// "the requester must own either the virtual interface itself or the connection to which the virtual interface is
/// currently associated"
#[tokio::test]
async fn owner_of_interface_or_source() {
    let sim = changed(|world| {
        world.set(INTERFACE, "ownerAccount", OTHER_ACCOUNT);
        world.set(SOURCE, "ownerAccount", OTHER_ACCOUNT);
    })
    .await;
    refuses(&sim, TARGET, "owner-of-interface-or-source").await;
    // A port of another account is not in the inventory of the caller.
    sim.change(|world| assert!(world.remove(SOURCE)));
    refuses(&sim, TARGET, "owner-of-interface-or-source").await;
    sim.change(|world| world.set(INTERFACE, "ownerAccount", ACCOUNT));
    accepts(&sim, TARGET).await;
    let owner_of_the_port = changed(|world| world.set(INTERFACE, "ownerAccount", OTHER_ACCOUNT)).await;
    accepts(&owner_of_the_port, TARGET).await;
}

/// "Additionally, the requester must own the connection or LAG for the association."
#[tokio::test]
async fn owner_of_target() {
    for target in [TARGET, LAG] {
        let sim = changed(|world| world.set(target, "ownerAccount", OTHER_ACCOUNT)).await;
        refuses(&sim, target, "owner-of-target").await;
    }
}

/// "Virtual interfaces associated with a hosted connection cannot be associated with a LAG; hosted connections must be
/// migrated along with their virtual interfaces using AssociateHostedConnection."
#[tokio::test]
async fn hosted_to_lag() {
    let sim = changed(|world| world.set(INTERFACE, "connectionId", HOSTED)).await;
    refuses(&sim, LAG, "hosted-to-lag").await;
    accepts(&sim, TARGET).await;
}

/// "You can't migrate a VIF from one hosted connection to another hosted connection. VLAN IDs are unique; therefore,
/// migrating a VIF in this way would mean the VLANs don't match."
#[tokio::test]
async fn hosted_to_hosted() {
    let sim = changed(|world| {
        let other = with(connection("dxcon-fhosted2", "TIVIT"), json!({"vlan": 101, "partnerName": "KINX"}));
        world.add(Table::Connections, other);
        world.set(INTERFACE, "connectionId", "dxcon-fhosted2");
    })
    .await;
    refuses(&sim, HOSTED, "hosted-to-hosted").await;
    // Without the name of a partner, a connection is a dedicated one.
    sim.change(|world| world.set("dxcon-fhosted2", "partnerName", ""));
    accepts(&sim, HOSTED).await;
}

/// "If the target connection or LAG has an associated virtual interface with a conflicting VLAN number ..., the
/// operation fails."
#[tokio::test]
async fn vlan_conflict() {
    let sim = changed(|world| add_neighbour(world, json!({"vlan": 101}))).await;
    refuses(&sim, TARGET, "vlan-conflict").await;
    sim.change(|world| world.set("dxvif-fneigh01", "virtualInterfaceState", "deleting"));
    refuses(&sim, TARGET, "vlan-conflict").await;
    for state in ["deleted", "rejected"] {
        let sim = changed(|world| add_neighbour(world, json!({"vlan": 101, "virtualInterfaceState": state}))).await;
        accepts(&sim, TARGET).await;
    }
    let elsewhere = changed(|world| add_neighbour(world, json!({"vlan": 101, "connectionId": SOURCE}))).await;
    accepts(&elsewhere, TARGET).await;
}

/// "If the target connection or LAG has an associated virtual interface with ... a conflicting IP address, the operation
/// fails." What conflicts is not documented; assumed is an address that a live peer uses.
#[tokio::test]
async fn address_conflict() {
    let peer = |members: Value| json!({"bgpPeers": [with(json!({"bgpPeerState": "available"}), members)]});
    for taken in [
        peer(json!({"amazonAddress": "169.254.1.1/30"})),
        peer(json!({"customerAddress": "169.254.1.2/29"})),
        peer(json!({"customerAddress": "169.254.1.1/30"})),
        json!({"bgpPeers": [], "amazonAddress": "169.254.1.1/30"}),
        with(
            peer(json!({"amazonAddress": "169.254.1.1/30", "bgpPeerState": "deleting"})),
            json!({"virtualInterfaceState": "deleting"}),
        ),
    ] {
        refuses(&changed(|world| add_neighbour(world, taken)).await, TARGET, "address-conflict").await;
    }
    for free in [
        peer(json!({"amazonAddress": "169.254.1.1/30", "bgpPeerState": "deleting"})),
        peer(json!({"amazonAddress": "169.254.1.1/30", "bgpPeerState": "deleted"})),
        peer(json!({"amazonAddress": "169.254.1.3/29"})), // the same network, another address
        with(peer(json!({"amazonAddress": "169.254.9.1/30"})), json!({"amazonAddress": "169.254.1.1/30"})),
        with(peer(json!({"amazonAddress": "169.254.1.1/30"})), json!({"virtualInterfaceState": "deleted"})),
        with(
            peer(json!({"amazonAddress": "169.254.1.1/30", "bgpPeerState": "deleted"})),
            json!({"virtualInterfaceState": "deleting"}),
        ),
    ] {
        accepts(&changed(|world| add_neighbour(world, free)).await, TARGET).await;
    }
}

/// The same sentence, for IPv6: one address may be written in several ways.
#[tokio::test]
async fn address_conflict_of_ipv6() {
    let ours = json!([{"addressFamily": "ipv6", "amazonAddress": "2001:db8::1/125", "bgpPeerState": "available"}]);
    let theirs = json!({"bgpPeers": [{"addressFamily": "ipv6", "customerAddress": "2001:0db8:0:0::0001/125"}]});
    let sim = changed(|world| {
        world.set(INTERFACE, "bgpPeers", ours);
        add_neighbour(world, theirs);
    })
    .await;
    refuses(&sim, TARGET, "address-conflict").await;
}

/// "After you enable jumbo frames for your private virtual interface or transit virtual interface, you can only
/// associate it with a connection or LAG that is jumbo frame capable."
#[tokio::test]
async fn jumbo_capable() {
    let sim = changed(|world| {
        world.set(INTERFACE, "mtu", 8500);
        world.set(TARGET, "jumboFrameCapable", false);
    })
    .await;
    refuses(&sim, TARGET, "jumbo-capable").await;
    accepts(&sim, LAG).await;
    let plain = changed(|world| world.set(TARGET, "jumboFrameCapable", false)).await;
    accepts(&plain, TARGET).await;
    let unknown = changed(|world| {
        world.set(INTERFACE, "mtu", 9001);
        world.set(TARGET, "jumboFrameCapable", Value::Null);
    });
    accepts(&unknown.await, TARGET).await;
}

/// "Virtual interfaces per dedicated connection: 51", and as many per LAG.
#[tokio::test]
async fn quota_total() {
    for target in [TARGET, LAG] {
        let sim = changed(|world| {
            add_interfaces(world, 48, target, "private");
            add_interfaces(world, 3, target, "transit");
        })
        .await;
        refuses(&sim, target, "quota-total").await;
        sim.change(|world| world.set("dxvif-ftransit0", "virtualInterfaceState", "rejected"));
        accepts(&sim, target).await;
    }
}

/// "Private or public virtual interfaces per dedicated connection: 50."
#[tokio::test]
async fn quota_private_public() {
    let sim = changed(|world| {
        add_interfaces(world, 25, TARGET, "private");
        add_interfaces(world, 24, TARGET, "public");
        // The public ones have VLANs of their own.
        for number in 0..24 {
            world.set(&format!("dxvif-fpublic{number}"), "vlan", 2000 + number);
        }
    })
    .await;
    sim.change(|world| add_neighbour(world, json!({})));
    refuses(&sim, TARGET, "quota-private-public").await;
    sim.change(|world| world.set("dxvif-fneigh01", "virtualInterfaceState", "deleted"));
    accepts(&sim, TARGET).await;
}

/// "Transit virtual interfaces per dedicated connection: 4."
#[tokio::test]
async fn quota_transit() {
    let sim = changed(|world| {
        world.set(INTERFACE, "virtualInterfaceType", "transit");
        add_interfaces(world, 4, TARGET, "transit");
    })
    .await;
    refuses(&sim, TARGET, "quota-transit").await;
    sim.change(|world| world.set(INTERFACE, "virtualInterfaceType", "private"));
    accepts(&sim, TARGET).await;
}

/// "Virtual interfaces per hosted connection: 1."
#[tokio::test]
async fn quota_hosted() {
    let sim = changed(|world| add_neighbour(world, json!({"connectionId": HOSTED}))).await;
    refuses(&sim, HOSTED, "quota-hosted").await;
    sim.change(|world| world.set("dxvif-fneigh01", "virtualInterfaceState", "deleted"));
    accepts(&sim, HOSTED).await;
}

/// Assumed: "the LAG configuration applies to all connections in the group", so that a member is no target.
#[tokio::test]
async fn lag_member() {
    refuses(&start(options()).await, MEMBER, "lag-member").await;
    let listed_only = changed(|world| assert!(world.remove(MEMBER))).await;
    refuses(&listed_only, MEMBER, "lag-member").await;
    let without_the_id = changed(|world| world.set(MEMBER, "lagId", Value::Null)).await;
    refuses(&without_the_id, MEMBER, "lag-member").await;
    // A hosted connection on a partner's LAG carries that LAG's id, and is a connection of its own.
    accepts(&changed(|world| world.set(HOSTED, "lagId", "dxlag-fpartner")).await, HOSTED).await;
}

/// Assumed: an interconnect carries hosted connections only.
#[tokio::test]
async fn interconnect() {
    let sim = changed(|world| {
        let item = json!({"interconnectId": "dxcon-finterc1", "interconnectState": "available"});
        world.add(Table::Interconnects, item);
    })
    .await;
    refuses(&sim, "dxcon-finterc1", "interconnect").await;
}

/// Assumed, from "For a LAG owned by a partner, any associated virtual interfaces cannot be directly configured."
#[tokio::test]
async fn partner_lag() {
    refuses(&changed(|world| world.set(LAG, "allowsHostedConnections", true)).await, LAG, "partner-lag").await;
}

/// Assumed: the VLAN of a hosted connection is the partner's, and an interface keeps its own.
#[tokio::test]
async fn hosted_target_vlan() {
    refuses(&changed(|world| world.set(HOSTED, "vlan", 102)).await, HOSTED, "hosted-target-vlan").await;
}

/// Assumed: a target takes interfaces when it is `available` or `down`.
#[tokio::test]
async fn target_state() {
    for state in ["requested", "pending", "ordering", "deleting", "deleted", "rejected", "unknown"] {
        refuses(&changed(|world| world.set(TARGET, "connectionState", state)).await, TARGET, "target-state").await;
        refuses(&changed(|world| world.set(LAG, "lagState", state)).await, LAG, "target-state").await;
    }
    accepts(&changed(|world| world.set(TARGET, "connectionState", "down")).await, TARGET).await;
}

/// Assumed: an interface that is under test, under way or gone cannot be moved.
#[tokio::test]
async fn interface_state() {
    for state in ["testing", "pending", "deleting", "deleted", "rejected"] {
        let sim = changed(|world| world.set(INTERFACE, "virtualInterfaceState", state)).await;
        refuses(&sim, TARGET, "interface-state").await;
    }
    for state in ["available", "down", "confirming", "verifying", "unknown"] {
        let sim = changed(|world| world.set(INTERFACE, "virtualInterfaceState", state)).await;
        accepts(&sim, TARGET).await;
    }
}

/// Assumed, from "rateLimit cannot exceed the bandwidth of the parent connection or LAG" and the maximum of limiters.
#[tokio::test]
async fn rate_limiter() {
    let limited = async |limit: &str| changed(|world| world.set(INTERFACE, "rateLimit", limit)).await;
    refuses(&limited("500Mbps").await, HOSTED, "rate-limiter").await;
    refuses(&limited("2Gbps").await, TARGET, "rate-limiter").await;
    accepts(&limited("1Gbps").await, TARGET).await;
    let none_left = limited("500Mbps").await;
    none_left.change(|world| world.set(TARGET, "rateLimiterStatus", json!({"maxAllowed": 10, "remaining": 0})));
    refuses(&none_left, TARGET, "rate-limiter").await;
    none_left.change(|world| world.set(TARGET, "rateLimiterStatus", json!({"maxAllowed": 10, "remaining": 1})));
    accepts(&none_left, TARGET).await;
}

/// Assumed: a port must have as many prefixes to give as the interface brings, in both families.
#[tokio::test]
async fn prefix_pool() {
    for family in ["Ipv4", "Ipv6"] {
        let sim = changed(|world| {
            world.set(INTERFACE, &format!("prefixPoolAllocatedCount{family}"), 100);
            world.set(TARGET, &format!("prefixPoolUnallocatedCount{family}"), 99);
        })
        .await;
        refuses(&sim, TARGET, "prefix-pool").await;
        sim.change(|world| world.set(TARGET, &format!("prefixPoolUnallocatedCount{family}"), 100));
        accepts(&sim, TARGET).await;
    }
}

/// Assumed: a move onto the port that carries the interface is accepted, and interrupts it once more.
#[tokio::test]
async fn same_target() {
    let sim = start(options()).await;
    let answer = associate(&sim, SOURCE).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["virtualInterfaceState"], "pending");
    assert_eq!(answer.json()["bgpPeers"].as_array().map(Vec::len), Some(2));
    let hosted = changed(|world| world.set(INTERFACE, "connectionId", HOSTED)).await;
    accepts(&hosted, HOSTED).await;
}
