//! The clean example that every table of checks starts from: an interface whose port went down, about to move onto a
//! LAG on another device of the same location. Nothing is wrong with it.

use crate::estate::Caller;
use crate::facts::{Attachment, BgpPeer, Facts, Port, PortKind, Sibling, VirtualInterface};
use crate::request::Request;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const OTHER_ACCOUNT: &str = "210987654321";
pub(crate) const GATEWAY: &str = "5f294f92-bafb-4011-916d-9b0bexample";

/// Whose function it is in the tests.
pub(crate) fn caller() -> Caller {
    Caller {
        account: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        min_healthy_paths: 1,
    }
}

/// States of links, for [`lag_with_links`].
pub(crate) const UP: Option<&str> = Some("available");
pub(crate) const DOWN: Option<&str> = Some("down");

#[expect(clippy::unnecessary_wraps, reason = "every member of AWS's shapes may be missing")]
pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A private interface on its own VLAN and /30, on `port`, with its one session up.
pub(crate) fn interface(id: &str, port: &Port, vlan: i32) -> VirtualInterface {
    VirtualInterface {
        owner_account: text(ACCOUNT),
        virtual_interface_id: id.to_owned(),
        location: port.location.clone(),
        connection_id: text(&port.id),
        virtual_interface_type: text("private"),
        vlan: Some(vlan),
        asn: Some(65000),
        asn_long: Some(65000),
        amazon_address: Some(format!("169.254.{}.1/30", vlan % 256)),
        customer_address: Some(format!("169.254.{}.2/30", vlan % 256)),
        address_family: text("ipv4"),
        virtual_interface_state: text("available"),
        mtu: Some(1500),
        direct_connect_gateway_id: text(GATEWAY),
        bgp_peers: vec![BgpPeer {
            bgp_peer_id: Some(format!("dxpeer-{vlan:08}")),
            asn: Some(65000),
            asn_long: Some(65000),
            address_family: text("ipv4"),
            amazon_address: Some(format!("169.254.{}.1/30", vlan % 256)),
            customer_address: Some(format!("169.254.{}.2/30", vlan % 256)),
            bgp_peer_state: text("available"),
            bgp_status: text("up"),
            ..BgpPeer::default()
        }],
        region: text("us-east-1"),
        aws_device_v2: port.aws_device_v2.clone(),
        aws_logical_device_id: port.aws_logical_device_id.clone(),
        site_link_enabled: Some(false),
        ..VirtualInterface::default()
    }
}

/// A dedicated connection of 10Gbps that is available.
pub(crate) fn connection(id: &str, location: &str, device: &str) -> Port {
    Port {
        id: id.to_owned(),
        kind: PortKind::Connection,
        owner_account: text(ACCOUNT),
        state: text("available"),
        region: text("us-east-1"),
        location: text(location),
        aws_device_v2: Some(format!("{location}-{device}")),
        aws_logical_device_id: Some(format!("{location}-{device}")),
        bandwidth: text("10Gbps"),
        jumbo_frame_capable: Some(true),
        has_logical_redundancy: text("no"),
        mac_sec_capable: Some(false),
        encryption_mode: text("no_encrypt"),
        port_encryption_status: text("Encryption Down"),
        ..Port::default()
    }
}

/// A LAG of two such connections.
pub(crate) fn lag(id: &str, location: &str, device: &str) -> Port {
    let member = |suffix: char| Port {
        lag_id: text(id),
        ..connection(&format!("{}{suffix}", id.replace("dxlag", "dxcon")), location, device)
    };
    Port {
        id: id.to_owned(),
        kind: PortKind::Lag,
        members: vec![member('a'), member('b')],
        port_encryption_status: None,
        ..connection(id, location, device)
    }
}

/// A LAG at another location than source and target, its links in these states.
pub(crate) fn lag_with_links(states: [Option<&str>; 2]) -> Port {
    let mut port = lag("dxlag-felsewhr", "CSVA1", "3wxy4zabcdefg");
    for (link, state) in port.members.iter_mut().zip(states) {
        link.state = state.map(str::to_owned);
    }
    port
}

/// The interface is on `dxcon-fexample` and down, as that port is; the target is `dxlag-fexample`. A sibling of the same
/// gateway is up at another location.
pub(crate) fn example() -> (Request, Facts) {
    let source = Port { state: text("down"), ..connection("dxcon-fexample", "EqDC2", "1abc2defghijk") };
    let target = lag("dxlag-fexample", "EqDC2", "2lmn3opqrstuv");
    let elsewhere = connection("dxcon-felsewhr", "CSVA1", "3wxy4zabcdefg");

    let mut moving = interface("dxvif-fexample", &source, 101);
    moving.virtual_interface_state = text("down");
    moving.bgp_peers[0].bgp_status = text("down");
    let mut neighbour = interface("dxvif-fneighbr", &target, 102);
    neighbour.direct_connect_gateway_id = text("a1b2c3d4-0000-4000-8000-example00000");

    let facts = Facts {
        account: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        min_healthy_paths: 1,
        virtual_interface: moving,
        source: Some(source),
        target,
        neighbours: vec![neighbour],
        siblings: vec![Sibling {
            virtual_interface: interface("dxvif-fsibling", &elsewhere, 103),
            port: Some(elsewhere),
        }],
        attachment: Ok(Some(Attachment {
            direct_connect_gateway_id: text(GATEWAY),
            virtual_interface_id: text("dxvif-fexample"),
            virtual_interface_region: text("us-east-1"),
            virtual_interface_owner_account: text(ACCOUNT),
            attachment_state: text("attached"),
        })),
        unseen_paths: Ok(Vec::new()),
        accepted_prefixes: Some(vec!["198.51.100.0/24".to_owned()]),
        unread: Vec::new(),
    };
    let request = Request {
        virtual_interface_id: "dxvif-fexample".to_owned(),
        connection_id: "dxlag-fexample".to_owned(),
        expected_connection_id: None,
        dry_run: false,
        overrides: Vec::new(),
        request_id: "request-1".to_owned(),
        not_after: None,
        reason: None,
    };
    (request, facts)
}

/// Runs one check's table: each row is a sentence, one mutation of the example (with its BGP session brought up first
/// where the table says so), and the whole answer.
pub(crate) struct Row {
    pub(crate) sentence: &'static str,
    pub(crate) mutate: fn(&mut Request, &mut Facts),
    pub(crate) faults: Vec<super::Fault>,
}

/// A row of a table.
pub(crate) fn row(sentence: &'static str, mutate: fn(&mut Request, &mut Facts), faults: Vec<super::Fault>) -> Row {
    Row { sentence, mutate, faults }
}

/// The first row of most tables.
pub(crate) fn clean() -> Row {
    row("the example is clean", |_, _| {}, vec![])
}

/// Proves a table. The first row must be the clean example.
pub(crate) fn prove(check: &super::Check, rows: Vec<Row>) {
    assert!(rows[0].faults.is_empty(), "{}: the first row is the one without a finding", check.name);
    for row in rows {
        let (mut request, mut facts) = example();
        (row.mutate)(&mut request, &mut facts);
        assert_eq!((check.run)(&request, &facts), row.faults, "{}: {}", check.name, row.sentence);
    }
}

/// Brings the example's interface and its port up.
pub(crate) fn bring_up(facts: &mut Facts) {
    facts.virtual_interface.virtual_interface_state = text("available");
    facts.virtual_interface.bgp_peers[0].bgp_status = text("up");
    if let Some(source) = &mut facts.source {
        source.state = text("available");
    }
}

/// Overrides of these guards.
pub(crate) fn accepting(guards: &[&str]) -> Vec<crate::request::Override> {
    let reason = "the example".to_owned();
    guards.iter().map(|check| crate::request::Override { check: (*check).to_owned(), reason: reason.clone() }).collect()
}
