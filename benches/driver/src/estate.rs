//! The estates that interfaces are moved in: the simulator's example, and as many more interfaces as are wanted.

use dx_sim::Inventory;
use serde_json::{Value, json};

use crate::Error;

/// The example estate: ten interfaces.
const EXAMPLE: &str = include_str!("../../../simulator/inventory/estate.json");
/// The interface that is moved: private, two BGP sessions, traffic on it.
pub(crate) const INTERFACE: &str = "dxvif-fgprivt1";
/// The port that it is on.
pub(crate) const SOURCE: &str = "dxcon-fgashbn1";
/// The LAG that it is moved to; one interface is on it in the example.
pub(crate) const TARGET: &str = "dxlag-fgashlag";
/// A port that is down, with interfaces that are to leave it.
pub(crate) const EMPTIED: &str = "dxcon-fgempty1";
/// An empty port that they may go to.
pub(crate) const SPARE: &str = "dxcon-fgspare2";
/// How many interfaces one of the other ports carries.
const ON_ONE_PORT: usize = 50;

/// How large an estate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size {
    /// Interfaces in the Region, all of them.
    pub(crate) in_region: usize,
    /// Interfaces on the target before the move.
    pub(crate) on_target: usize,
    /// Interfaces on the port that is to be emptied.
    pub(crate) to_leave: usize,
}

/// The example as it is.
pub(crate) const SMALL: Size = Size { in_region: 10, on_target: 1, to_leave: 0 };

/// A connection of 10 Gbit/s.
fn connection(id: &str, state: &str) -> Value {
    json!({
        "ownerAccount": "123456789012", "connectionId": id, "connectionName": id, "connectionState": state,
        "region": "us-east-1", "location": "CSVA1", "bandwidth": "10Gbps", "jumboFrameCapable": true,
        "awsDeviceV2": format!("CSVA1-{id}"), "awsLogicalDeviceId": format!("CSVA1-{id}"),
        "hasLogicalRedundancy": "no", "tags": [{"key": "environment", "value": "production"}],
        "providerName": "", "macSecCapable": false, "portEncryptionStatus": "Encryption Down",
        "encryptionMode": "no_encrypt", "macSecKeys": [], "billingMode": "PayAsYouGo",
    })
}

/// An interface with one session, its number in its id, its VLAN, its addresses and its gateway.
fn interface(number: usize, port: &str, kind: &str, status: &str) -> Value {
    let (vlan, asn) = (1000 + number % 3000, 65010);
    let address = |end: usize| format!("10.{}.{}.{end}/30", 100 + number / 250, number % 250);
    let state = if status == "up" { "available" } else { "down" };
    let key = format!("EXAMPLEkey{number}");
    json!({
        "ownerAccount": "123456789012", "virtualInterfaceId": format!("dxvif-fb{number:06}"), "location": "CSVA1",
        "connectionId": port, "virtualInterfaceType": kind, "virtualInterfaceName": format!("bench-{number}"),
        "vlan": vlan, "asn": asn, "asnLong": asn, "amazonSideAsn": 64512, "authKey": key,
        "amazonAddress": address(1), "customerAddress": address(2), "addressFamily": "ipv4",
        "virtualInterfaceState": state,
        "customerRouterConfig": format!("<logical_connection><bgp_auth_key>{key}</bgp_auth_key></logical_connection>"),
        "mtu": 1500, "jumboFrameCapable": true, "virtualGatewayId": "",
        "directConnectGatewayId": format!("5f294f92-bafb-4011-916d-9b0b{:08}", number / 10),
        "routeFilterPrefixes": [], "region": "us-east-1", "tags": [{"key": "environment", "value": "production"}],
        "awsDeviceV2": format!("CSVA1-{port}"), "awsLogicalDeviceId": format!("CSVA1-{port}"),
        "siteLinkEnabled": false,
        "bgpPeers": [{
            "bgpPeerId": format!("dxpeer-f{number:07}"), "asn": asn, "asnLong": asn, "authKey": key,
            "addressFamily": "ipv4", "amazonAddress": address(1), "customerAddress": address(2),
            "bgpPeerState": "available", "bgpStatus": status,
            "awsDeviceV2": format!("CSVA1-{port}"), "awsLogicalDeviceId": format!("CSVA1-{port}"),
        }],
    })
}

/// The example, filled up to that size.
pub(crate) fn estate(size: Size) -> Result<Inventory, Error> {
    let mut estate: Value = serde_json::from_str(EXAMPLE)?;
    let mut interfaces = list(&mut estate, "virtualInterfaces");
    let mut connections = list(&mut estate, "connections");
    if size.to_leave > 0 {
        connections.extend([connection(EMPTIED, "down"), connection(SPARE, "available")]);
    }
    let mut numbers = 1..;
    let mut add = |port: &str, kind: &str, status: &str| {
        interfaces.extend(numbers.next().map(|n| interface(n, port, kind, status)));
    };
    // One of fifty is a transit interface: a port takes 51 of which no more than 50 are private or public.
    (1..size.on_target).for_each(|n| add(TARGET, if n == 1 { "transit" } else { "private" }, "up"));
    (0..size.to_leave).for_each(|_| add(EMPTIED, "private", "down"));
    let others = size.in_region.saturating_sub(SMALL.in_region + size.on_target - 1 + size.to_leave);
    for n in 0..others {
        let port = format!("dxcon-fgfill{:02}", n / ON_ONE_PORT);
        if n % ON_ONE_PORT == 0 {
            connections.push(connection(&port, "available"));
        }
        add(&port, "private", "up");
    }
    if interfaces.len() != size.in_region.max(SMALL.in_region) {
        return Err(Error::from(format!("{} interfaces are not {size:?}", interfaces.len())));
    }
    estate["virtualInterfaces"] = Value::Array(interfaces);
    estate["connections"] = Value::Array(connections);
    Ok(Inventory::from_json(&estate.to_string())?)
}

fn list(estate: &mut Value, member: &str) -> Vec<Value> {
    estate[member].as_array_mut().map(std::mem::take).unwrap_or_default()
}

/// The request that moves the interface.
pub(crate) fn request(id: &str) -> Value {
    json!({
        "virtualInterfaceId": INTERFACE, "connectionId": TARGET, "expectedConnectionId": SOURCE, "requestId": id,
        "overrides": [{"check": "interrupts-traffic", "reason": "the bench moves it"}], "reason": "bench",
    })
}

/// The request that plans how the port is emptied.
pub(crate) fn evacuation(id: &str) -> Value {
    json!({"fromConnectionId": EMPTIED, "connectionId": SPARE, "requestId": id, "reason": "bench"})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estate_is_as_large_as_it_was_asked_for() {
        for size in
            [SMALL, Size { in_region: 500, on_target: 50, to_leave: 0 }, Size { in_region: 100, to_leave: 50, ..SMALL }]
        {
            let shown = format!("{:?}", estate(size).unwrap());
            assert!(shown.contains(&format!("virtualInterfaces: {}", size.in_region)), "{shown}");
        }
    }
}
