//! Two readings of the same documents: what the checks let pass the simulator accepts, what the simulator refuses for a
//! documented reason a check has named, and what a check refuses the simulator refuses too. Over random estates and
//! requests; the same ones in every run, more of them with `PROPTEST_CASES=5000`.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;

use associate_virtual_interface::aws::direct_connect::DirectConnect;
use associate_virtual_interface::aws::{Roots, http_client};
use associate_virtual_interface::check::{CHECKS, Fault, Report, Severity};
use associate_virtual_interface::clock::Clock;
use associate_virtual_interface::error::Name;
use associate_virtual_interface::estate::{Caller, Found};
use associate_virtual_interface::plan::{Plan, plan};
use associate_virtual_interface::request::{Override, Request};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use dx_sim::{Inventory, Options, Rule, Simulator};
use proptest::collection::vec;
use proptest::option;
use proptest::sample::select;
use proptest::strategy::{Just, Strategy};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

const ME: &str = "123456789012";
const OTHER: &str = "210987654321";
const MOVING: &str = "dxvif-fmoving1";
const SOURCE: &str = "dxcon-fsource1";

/// Which check names what the simulator refuses. AWS raises the transit quota for some, so that one is a guard.
fn check_for(rule: &str) -> &'static str {
    match rule {
        "virtual-interface-exists" => "virtual-interface-exists",
        "target-exists" => "target-exists",
        "owner-of-interface-or-source" => "owns-virtual-interface-or-source",
        "owner-of-target" => "owns-target",
        "hosted-to-lag" | "hosted-to-hosted" => "hosted-connection-stays",
        "vlan-conflict" => "vlan-free-on-target",
        "address-conflict" => "addresses-free-on-target",
        "jumbo-capable" => "jumbo-frames",
        "quota-total" | "quota-private-public" | "quota-hosted" => "quota-on-target",
        "quota-transit" => "transit-quota-on-target",
        other => panic!("no check is known for the documented rule {other}"),
    }
}

#[derive(Debug, Clone)]
struct PortDraft {
    kind: &'static str,
    owner: &'static str,
    state: &'static str,
    jumbo: Option<bool>,
}

#[derive(Debug, Clone)]
struct InterfaceDraft {
    owner: &'static str,
    kind: &'static str,
    vlan: i32,
    mtu: i32,
    state: &'static str,
    peer_state: &'static str,
    up: bool,
    ipv4: u8,
    ipv6: Option<u8>,
    rate_limit: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Case {
    source: Option<PortDraft>,
    target: Option<PortDraft>,
    moving: InterfaceDraft,
    neighbours: Vec<InterfaceDraft>,
    crowd: usize,
    accept_all: bool,
}

fn port(kinds: &'static [&'static str]) -> impl Strategy<Value = PortDraft> {
    let states = mostly("available", &["down", "pending", "deleting"]);
    let jumbo = select(vec![Some(true), Some(true), Some(false), None]);
    (select(kinds), mostly(ME, &[OTHER]), states, jumbo).prop_map(|(kind, owner, state, jumbo)| PortDraft {
        kind,
        owner,
        state,
        jumbo,
    })
}

/// The usual thing seven times in eight: an estate in which everything is odd shows only the first oddity.
fn mostly(usual: &'static str, rare: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::prop_oneof![7 => Just(usual), 1 => select(rare)]
}

fn interface(vlans: &'static [i32]) -> impl Strategy<Value = InterfaceDraft> {
    (
        mostly(ME, &[OTHER]),
        select(vec!["private", "public", "transit"]),
        select(vlans),
        select(vec![1500, 1500, 8500, 9001]),
        mostly("available", &["down", "pending", "deleting", "deleted", "rejected"]),
        mostly("available", &["deleting", "pending"]),
        proptest::bool::ANY,
        1_u8..8,
        option::of(1_u8..8),
        select(vec![None, None, None, Some("500Mbps"), Some("40Gbps")]),
    )
        .prop_map(|(owner, kind, vlan, mtu, state, peer_state, up, ipv4, ipv6, rate_limit)| InterfaceDraft {
            owner,
            kind,
            vlan,
            mtu,
            state,
            peer_state,
            up,
            ipv4,
            ipv6,
            rate_limit,
        })
}

fn case() -> impl Strategy<Value = Case> {
    let source = option::weighted(0.9, port(&["connection", "connection", "lag", "hosted"]));
    let targets = &["connection", "connection", "lag", "lag", "lag", "member", "hosted", "partner"];
    let target = option::weighted(0.97, port(targets));
    let moving = interface(&[101, 102, 103, 104, 105, 1506]);
    let neighbours = vec(interface(&[101, 201, 202, 203]), 0..3);
    let crowd = select(vec![0, 0, 0, 0, 3, 4, 48, 49, 50, 51]);
    (source, target, moving, neighbours, crowd, proptest::bool::ANY).prop_map(
        |(source, target, moving, neighbours, crowd, accept_all)| Case {
            source,
            target,
            moving,
            neighbours,
            crowd,
            accept_all,
        },
    )
}

impl Case {
    fn source_id(&self) -> &'static str {
        if self.source.as_ref().is_some_and(|port| port.kind == "lag") { "dxlag-fsource1" } else { SOURCE }
    }

    fn target_id(&self) -> &'static str {
        match self.target.as_ref().map(|port| port.kind) {
            Some("lag" | "partner") => "dxlag-ftarget1",
            _ => "dxcon-ftarget1",
        }
    }

    fn inventory(&self) -> Inventory {
        let (mut connections, mut lags) = (Vec::new(), Vec::new());
        for (id, port, device) in [
            (self.source_id(), &self.source, "EqDC2-19y7z3m17xpuz"),
            (self.target_id(), &self.target, "CSVA1-23u8tlpaz8iks"),
        ] {
            match port {
                Some(port) if id.starts_with("dxlag") => lags.push(lag_json(id, port, device)),
                Some(port) => connections.push(connection_json(id, port, device)),
                None => {}
            }
        }
        let mut interfaces = vec![interface_json(MOVING, self.source_id(), &self.moving)];
        for (index, draft) in self.neighbours.iter().enumerate() {
            interfaces.push(interface_json(&format!("dxvif-fneigh{index:02}"), self.target_id(), draft));
        }
        for index in 0..self.crowd {
            let kind = if self.crowd < 10 { "transit" } else { "private" };
            interfaces.push(crowd_json(index, kind, self.target_id()));
        }
        let inventory = json!({"accountId": ME, "region": "us-east-1", "connections": connections, "lags": lags,
            "virtualInterfaces": interfaces, "directConnectGatewayAttachments": []});
        Inventory::from_json(&inventory.to_string()).unwrap()
    }

    fn request(&self) -> Request {
        let guards = CHECKS.iter().filter(|check| self.accept_all && check.severity == Severity::Guard);
        let accept = |name: &str| Override { check: name.to_owned(), reason: "a random one".to_owned() };
        Request {
            virtual_interface_id: MOVING.to_owned(),
            connection_id: self.target_id().to_owned(),
            expected_connection_id: None,
            dry_run: false,
            overrides: guards.map(|check| accept(check.name)).collect(),
            request_id: "r".to_owned(),
            not_after: None,
            reason: None,
        }
    }
}

fn connection_json(id: &str, draft: &PortDraft, device: &str) -> Value {
    let mut port = json!({"connectionId": id, "ownerAccount": draft.owner, "connectionState": draft.state,
        "region": "us-east-1", "location": &device[..5], "awsDeviceV2": device, "awsLogicalDeviceId": device,
        "bandwidth": "10Gbps"});
    if let Some(capable) = draft.jumbo {
        port["jumboFrameCapable"] = json!(capable);
    }
    match draft.kind {
        "hosted" => {
            port["vlan"] = json!(1506);
            port["partnerName"] = json!("Example Carrier");
        }
        "member" => port["lagId"] = json!("dxlag-fanother"),
        _ => {}
    }
    port
}

fn lag_json(id: &str, draft: &PortDraft, device: &str) -> Value {
    let member = |suffix: &str| {
        let draft = PortDraft { kind: "connection", state: "available", ..draft.clone() };
        let mut member = connection_json(&format!("dxcon-{}{suffix}", &id[6..]), &draft, device);
        member["lagId"] = json!(id);
        member
    };
    let mut lag = json!({"lagId": id, "ownerAccount": draft.owner, "lagState": draft.state, "region": "us-east-1",
        "location": &device[..5], "awsDeviceV2": device, "awsLogicalDeviceId": device, "connectionsBandwidth": "10Gbps",
        "numberOfConnections": 2, "minimumLinks": 0, "allowsHostedConnections": draft.kind == "partner",
        "connections": [member("a"), member("b")]});
    if let Some(capable) = draft.jumbo {
        lag["jumboFrameCapable"] = json!(capable);
    }
    lag
}

fn interface_json(id: &str, port: &str, draft: &InterfaceDraft) -> Value {
    let status = if draft.up { "up" } else { "down" };
    let peer = |family: &str, amazon: String, customer: String| {
        json!({"bgpPeerId": "dxpeer-fx", "addressFamily": family, "amazonAddress": amazon, "customerAddress": customer,
            "bgpPeerState": draft.peer_state, "bgpStatus": status, "asn": 65000, "asnLong": 65000})
    };
    // Every other pair lies in one network with its neighbour, so that overlaps without equal addresses occur too.
    let host = u16::from(draft.ipv4) * 2;
    let mut peers = vec![peer("ipv4", format!("169.254.7.{host}/29"), format!("169.254.7.{}/29", host + 1))];
    if let Some(six) = draft.ipv6 {
        peers.push(peer("ipv6", format!("2001:db8::{six:x}0/125"), format!("2001:db8::{six:x}1/125")));
    }
    let mut interface = json!({"virtualInterfaceId": id, "ownerAccount": draft.owner, "connectionId": port,
        "virtualInterfaceType": draft.kind, "vlan": draft.vlan, "mtu": draft.mtu, "region": "us-east-1",
        "virtualInterfaceState": draft.state, "amazonAddress": peers[0]["amazonAddress"],
        "customerAddress": peers[0]["customerAddress"], "addressFamily": "ipv4", "bgpPeers": peers});
    if draft.kind != "public" {
        interface["directConnectGatewayId"] = json!("7f9c1a52-3b64-4d1e-9c55-0a1b2c3d4e5f");
    }
    if let Some(limit) = draft.rate_limit {
        interface["rateLimit"] = json!(limit);
    }
    interface
}

/// One of many, on a VLAN and addresses of its own.
fn crowd_json(index: usize, kind: &str, port: &str) -> Value {
    let pair = |host: usize| format!("198.18.{index}.{host}/30");
    json!({"virtualInterfaceId": format!("dxvif-fcrowd{index:02}"), "ownerAccount": ME, "connectionId": port,
        "virtualInterfaceType": kind, "vlan": 1000 + index, "region": "us-east-1", "virtualInterfaceState": "available",
        "bgpPeers": [{"bgpPeerId": "dxpeer-fx", "addressFamily": "ipv4", "amazonAddress": pair(1),
            "customerAddress": pair(2), "bgpPeerState": "available", "bgpStatus": "up"}]})
}

/// How the function judges, and what the simulator does with the same request, asked directly.
async fn judge(case: &Case) -> (Judgement, Option<Rule>) {
    let options = Options { inventory: case.inventory(), ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let configuration = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .endpoint_url(simulator.url())
        .http_client(http_client(&Roots::Amazon).unwrap())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .credentials_provider(aws_sdk_directconnect::config::SharedCredentialsProvider::new(
            aws_sdk_directconnect::config::Credentials::new("AKIAIOSFODNN7EXAMPLE", "example", None, None, "test"),
        ))
        .build();
    let request = case.request();
    let caller = Caller {
        account: ME.to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        min_healthy_paths: 0,
    };
    let clock = Clock::start(time::OffsetDateTime::UNIX_EPOCH, 60_000);
    let found = DirectConnect::new(&configuration).find(&request, &caller, &clock).await;
    let judgement = match found.and_then(|found: Found| plan(&request, &found)) {
        Ok(Plan::Associate(association)) => Judgement::Pass(association.into_report()),
        Ok(Plan::Refuse(report)) => Judgement::Refuse(report),
        Ok(other) => panic!("neither there already nor a dry run: {other:?}"),
        Err(error) => {
            assert_eq!(error.name, Name::Unavailable, "{error}");
            Judgement::CannotTell
        }
    };
    let client = aws_sdk_directconnect::Client::new(&configuration);
    let call = client.associate_virtual_interface();
    let call = call.virtual_interface_id(MOVING).connection_id(case.target_id());
    let accepted = call.send().await.is_ok();
    let refused_by = simulator.calls().last().unwrap().refused_by;
    assert_eq!(accepted, refused_by.is_none());
    (judgement, refused_by)
}

#[derive(Debug)]
enum Judgement {
    Pass(Report),
    Refuse(Report),
    CannotTell,
}

fn agree(case: &Case, judgement: &Judgement, refused_by: Option<Rule>) -> Result<(), TestCaseError> {
    let fail = |what: &str| Err(TestCaseError::fail(format!("{what}: {judgement:?}, {refused_by:?}")));
    let report = match judgement {
        Judgement::CannotTell => return Ok(()),
        Judgement::Pass(_) if refused_by.is_some() && !case.accept_all => return fail("what was let pass is refused"),
        Judgement::Pass(report) | Judgement::Refuse(report) => report,
    };
    if let Some(rule) = refused_by.filter(|rule| rule.documented) {
        let named = |check: &str| report.findings.iter().any(|finding| finding.check == check);
        // Where the interface or the target is not there, nothing else can be judged.
        if !named(check_for(rule.name)) && !named("virtual-interface-exists") && !named("target-exists") {
            return fail("what is refused for a documented reason was not named");
        }
    }
    let definite = |fault: &Fault| !matches!(fault, Fault::CannotTell { .. });
    let refusal = report.findings.iter().find(|f| f.severity == Severity::Refusal && definite(&f.fault));
    if refusal.is_some() && refused_by.is_none() {
        return fail("what a check calls a documented refusal is accepted");
    }
    Ok(())
}

#[test]
fn the_checks_and_the_simulator_agree_on_random_estates() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(600);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let seen = std::cell::RefCell::new(BTreeMap::<String, usize>::new());
    let result = TestRunner::new_with_rng(config, rng).run(&case(), |case| {
        let (judgement, refused_by) = runtime.block_on(judge(&case));
        let ending = match (&judgement, refused_by) {
            (Judgement::CannotTell, _) => "cannot tell".to_owned(),
            (_, Some(rule)) => rule.name.to_owned(),
            (Judgement::Pass(_), None) => "passed and accepted".to_owned(),
            (Judgement::Refuse(_), None) => "guarded".to_owned(),
        };
        *seen.borrow_mut().entry(ending).or_default() += 1;
        agree(&case, &judgement, refused_by)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // Agreement on nothing would be no agreement: every documented rule must have had its say.
    let seen = seen.into_inner();
    let documented = dx_sim::rules().filter(|rule| rule.documented && rule.name != "virtual-interface-exists");
    let silent: Vec<_> = documented.map(|rule| rule.name).filter(|name| !seen.contains_key(*name)).collect();
    assert!(silent.is_empty(), "never reached: {silent:?}; reached: {seen:?}");
    assert!(seen["passed and accepted"] >= 10, "{seen:?}");
}
