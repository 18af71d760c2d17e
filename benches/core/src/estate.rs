//! Estates of any size, as they are read. Every interface that leaves is down, as after the failure of its port, so that
//! nothing stands in its way.

use associate_virtual_interface::estate::Caller;
use associate_virtual_interface::facts::{BgpPeer, Port, PortKind, VirtualInterface};
use associate_virtual_interface::request::Request;

/// The port that is left; it is down.
pub(crate) const SOURCE: &str = "dxcon-fexample";
/// Where interfaces go.
pub(crate) const TARGET: &str = "dxlag-fexample";
/// A port at another location, on which all others are.
const ELSEWHERE: &str = "dxcon-felsewhr";
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

#[expect(clippy::unnecessary_wraps, reason = "every member of AWS's shapes may be missing")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn caller() -> Caller {
    Caller { account: ACCOUNT.to_owned(), region: REGION.to_owned(), partition: "aws".to_owned(), min_healthy_paths: 1 }
}

/// Moves the first of the interfaces.
pub(crate) fn request() -> Request {
    Request {
        virtual_interface_id: id(0),
        connection_id: TARGET.to_owned(),
        expected_connection_id: text(SOURCE),
        dry_run: false,
        overrides: Vec::new(),
        request_id: "bench".to_owned(),
        not_after: None,
        reason: None,
    }
}

fn id(number: usize) -> String {
    format!("dxvif-fb{number:06}")
}

/// (The example of the unit tests makes one like it, and is no part of the function.)
fn connection(id: &str, location: &str, state: &str) -> Port {
    Port {
        id: id.to_owned(),
        kind: PortKind::Connection,
        owner_account: text(ACCOUNT),
        state: text(state),
        region: text(REGION),
        location: text(location),
        aws_device_v2: Some(format!("{location}-{id}")),
        aws_logical_device_id: Some(format!("{location}-{id}")),
        bandwidth: text("10Gbps"),
        jumbo_frame_capable: Some(true),
        has_logical_redundancy: text("no"),
        mac_sec_capable: Some(false),
        encryption_mode: text("no_encrypt"),
        port_encryption_status: text("Encryption Down"),
        ..Port::default()
    }
}

pub(crate) fn connections() -> Vec<Port> {
    vec![connection(SOURCE, "EqDC2", "down"), connection(ELSEWHERE, "CSVA1", "available")]
}

pub(crate) fn lags() -> Vec<Port> {
    let member =
        |letter| Port { lag_id: text(TARGET), ..connection(&format!("dxcon-fexamp{letter}"), "EqDC2", "available") };
    let members = vec![member("a"), member("b")];
    vec![Port {
        kind: PortKind::Lag,
        members,
        port_encryption_status: None,
        ..connection(TARGET, "EqDC2", "available")
    }]
}

/// So many interfaces in the Region: the first, or the first so many that leave, on the source; then those on the target;
/// all others elsewhere.
pub(crate) fn interfaces(on_target: usize, in_region: usize, leaving: usize) -> Vec<VirtualInterface> {
    let leaving = leaving.max(1);
    let port = |number| match number {
        number if number < leaving => SOURCE,
        number if number < leaving + on_target => TARGET,
        _ => ELSEWHERE,
    };
    (0..in_region.max(leaving + on_target)).map(|number| interface(number, port(number))).collect()
}

fn interface(number: usize, port: &str) -> VirtualInterface {
    let up = port != SOURCE;
    // One in fifty of a port is a transit interface: it takes 51 of which no more than 50 are private or public.
    let its_type = if port == TARGET && number == 1 { "transit" } else { "private" };
    let location = if port == ELSEWHERE { "CSVA1" } else { "EqDC2" };
    let (device, state) = (format!("{location}-{port}"), if up { "available" } else { "down" });
    let address = |end: usize| Some(format!("10.{}.{}.{end}/30", number / 250, number % 250));
    VirtualInterface {
        owner_account: text(ACCOUNT),
        virtual_interface_id: id(number),
        location: text(location),
        connection_id: text(port),
        virtual_interface_type: text(its_type),
        vlan: i32::try_from(101 + number % 3900).ok(),
        asn: Some(65010),
        asn_long: Some(65010),
        amazon_address: address(1),
        customer_address: address(2),
        address_family: text("ipv4"),
        virtual_interface_state: text(state),
        mtu: Some(1500),
        // Ten interfaces to a gateway, the tenth of those that leave among them: others are up elsewhere.
        direct_connect_gateway_id: Some(format!("5f294f92-bafb-4011-916d-9b0b{:08}", number % 10)),
        bgp_peers: vec![BgpPeer {
            bgp_peer_id: Some(format!("dxpeer-f{number:07}")),
            asn: Some(65010),
            asn_long: Some(65010),
            address_family: text("ipv4"),
            amazon_address: address(1),
            customer_address: address(2),
            bgp_peer_state: text("available"),
            bgp_status: text(if up { "up" } else { "down" }),
            aws_device_v2: text(&device),
            aws_logical_device_id: text(&device),
            ..BgpPeer::default()
        }],
        region: text(REGION),
        aws_device_v2: text(&device),
        aws_logical_device_id: text(&device),
        site_link_enabled: Some(false),
        ..VirtualInterface::default()
    }
}
