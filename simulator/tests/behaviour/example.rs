//! The clean example that the tests change one thing of: an interface on one connection, and three ports to move it to.

use dx_sim::{Inventory, Options, Simulator, World};
use serde_json::{Value, json};

use crate::client::{self, Answer};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const OTHER_ACCOUNT: &str = "210987654321";

pub(crate) const INTERFACE: &str = "dxvif-fmoving1";
pub(crate) const SOURCE: &str = "dxcon-fsource1";
pub(crate) const TARGET: &str = "dxcon-ftarget1";
pub(crate) const LAG: &str = "dxlag-ftarget1";
pub(crate) const MEMBER: &str = "dxcon-fmember1";
pub(crate) const HOSTED: &str = "dxcon-fhosted1";
/// A BGP key that must be seen nowhere but in the answers of Direct Connect.
pub(crate) const CANARY: &str = "canary-0x123pK5";

/// The files of the example, merged.
pub(crate) fn inventory() -> Value {
    json!({
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "virtualInterfaces": [interface(INTERFACE, SOURCE, 101, 1)],
        "connections": [
            connection(SOURCE, "EqDC2"),
            connection(TARGET, "CSVA1"),
            member(),
            with(connection(HOSTED, "TIVIT"), json!({"vlan": 101, "partnerName": "KINX", "bandwidth": "500Mbps"})),
        ],
        "lags": [{
            "lagId": LAG, "ownerAccount": ACCOUNT, "lagState": "available", "region": "eu-west-1", "location": "EqSe2",
            "connectionsBandwidth": "1Gbps", "minimumLinks": 0, "jumboFrameCapable": true, "awsDeviceV2": "EqSe2-lag",
            "awsLogicalDeviceId": "EqSe2-lag-logical", "allowsHostedConnections": false, "connections": [member()],
        }],
        "directConnectGatewayAttachments": [
            {"directConnectGatewayId": "dxgw-1", "virtualInterfaceId": INTERFACE, "attachmentState": "attached"},
            {"directConnectGatewayId": "dxgw-1", "virtualInterfaceId": "dxvif-fother01", "attachmentState": "attached"},
        ],
    })
}

/// A private interface with one IPv4 peer; `host` makes its addresses its own.
pub(crate) fn interface(id: &str, port: &str, vlan: u16, host: u8) -> Value {
    let (amazon, customer) = (format!("169.254.{host}.1/30"), format!("169.254.{host}.2/30"));
    json!({
        "virtualInterfaceId": id, "ownerAccount": ACCOUNT, "connectionId": port, "region": "eu-west-1",
        "location": "EqDC2", "virtualInterfaceType": "private", "virtualInterfaceName": "prod", "vlan": vlan,
        "asn": 65000, "mtu": 1500, "virtualInterfaceState": "available", "authKey": CANARY,
        "customerRouterConfig": format!("<bgp_auth_key>{CANARY}</bgp_auth_key>"), "awsDeviceV2": "EqDC2-a",
        "awsLogicalDeviceId": "EqDC2-a-logical", "amazonAddress": amazon, "customerAddress": customer,
        "addressFamily": "ipv4", "aMemberOfTomorrow": {"kept": true},
        "bgpPeers": [{
            "bgpPeerId": format!("dxpeer-f{host:07}"), "asn": 65000, "addressFamily": "ipv4", "authKey": CANARY,
            "amazonAddress": amazon, "customerAddress": customer, "bgpPeerState": "available", "bgpStatus": "up",
            "awsDeviceV2": "EqDC2-a", "awsLogicalDeviceId": "EqDC2-a-logical",
        }],
    })
}

/// A dedicated connection of 1 Gbit/s.
pub(crate) fn connection(id: &str, location: &str) -> Value {
    json!({
        "connectionId": id, "ownerAccount": ACCOUNT, "connectionState": "available", "region": "eu-west-1",
        "location": location, "bandwidth": "1Gbps", "jumboFrameCapable": true, "awsDeviceV2": format!("{location}-new"),
        "awsLogicalDeviceId": format!("{location}-new-logical"),
    })
}

fn member() -> Value {
    with(connection(MEMBER, "EqSe2"), json!({"lagId": LAG}))
}

/// The object with some members set.
pub(crate) fn with(mut object: Value, members: Value) -> Value {
    for (name, value) in members.as_object().expect("members are an object") {
        object[name] = value.clone();
    }
    object
}

/// The example as options, to change.
pub(crate) fn options() -> Options {
    let inventory = Inventory::from_json(&inventory().to_string()).expect("the example is an inventory");
    Options { inventory, ..Options::default() }
}

pub(crate) async fn start(options: Options) -> Simulator {
    Simulator::start(options).await.expect("a free port is found")
}

/// The example with something changed in it.
pub(crate) async fn changed(change: impl FnOnce(&mut World)) -> Simulator {
    let sim = start(options()).await;
    sim.change(change);
    sim
}

/// The example with faults.
pub(crate) async fn faulty(specs: &[&str]) -> Simulator {
    let faults = specs.iter().map(|spec| spec.parse().expect("the fault is well written")).collect();
    start(Options { faults, ..options() }).await
}

pub(crate) fn move_to(target: &str) -> Value {
    json!({"virtualInterfaceId": INTERFACE, "connectionId": target})
}

pub(crate) async fn associate(sim: &Simulator, target: &str) -> Answer {
    client::call(sim, "AssociateVirtualInterface", move_to(target)).await
}

/// The moving interface as DescribeVirtualInterfaces shows it.
pub(crate) async fn described(sim: &Simulator) -> Value {
    let answer = client::call(sim, "DescribeVirtualInterfaces", json!({"virtualInterfaceId": INTERFACE})).await;
    answer.json()["virtualInterfaces"][0].clone()
}

/// Where the moving interface is, as the simulator itself knows it.
pub(crate) fn place(sim: &Simulator) -> String {
    let world = sim.world();
    let interfaces = world["virtualInterfaces"].as_array().expect("interfaces are a list");
    let moving = interfaces.iter().find(|item| item["virtualInterfaceId"] == INTERFACE).expect("it is there");
    moving["connectionId"].as_str().expect("it is on a port").to_owned()
}
