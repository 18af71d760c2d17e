//! What is planned for a set, against what `associate` would decide when the turn of each comes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::check::example::{caller, connection, interface, lag, text};
use crate::estate::{Estate, Failed, Found};
use crate::facts::{Attachment, PortKind, RateLimiterStatus};
use crate::request::Override;

const TARGET: &str = "dxlag-fexample";
const SOURCE: &str = "dxcon-fexample";

/// One interface of an estate: on which port, of which gateway, with which VLAN, and so on.
#[derive(Clone, Debug)]
struct Draft {
    port: usize,
    gateway: &'static str,
    vlan: i32,
    its_type: &'static str,
    up: bool,
    rate_limited: bool,
    prefixes: i32,
}

fn draft(ports: &'static [usize]) -> impl Strategy<Value = Draft> {
    let of =
        (select(ports), select(vec!["g1", "g1", "g2", "g3"]), 101..116, select(vec!["private", "private", "transit"]));
    (of, any::<bool>(), prop::bool::weighted(0.2), 0..60).prop_map(
        |((port, gateway, vlan, its_type), up, rate_limited, prefixes)| Draft {
            port,
            gateway,
            vlan,
            its_type,
            up,
            rate_limited,
            prefixes,
        },
    )
}

/// The source, the target, and two ports elsewhere.
fn ports() -> [Port; 4] {
    let mut target = lag(TARGET, "EqDC2", "2lmn3opqrstuv");
    target.rate_limiter = Some(RateLimiterStatus { max_allowed: 10, remaining: 2 });
    target.prefix_pool_unallocated_count_ipv4 = Some(150);
    [
        connection(SOURCE, "EqDC2", "1abc2defghijk"),
        target,
        connection("dxcon-felsewhr", "CSVA1", "3wxy4zabcdefg"),
        connection("dxcon-fmunich1", "EqMU1", "6yza7bcdefghi"),
    ]
}

/// The same ports; some of a target on the source's own device, some without names of devices.
fn wirings() -> impl Strategy<Value = [Port; 4]> {
    select(vec![0, 1, 2]).prop_map(|wiring| {
        let mut ports = ports();
        match wiring {
            1 => ports[1].aws_device_v2.clone_from(&ports[0].aws_device_v2.clone()),
            2 => ports.iter_mut().for_each(|port| port.aws_device_v2 = None),
            _ => {}
        }
        for port in &mut ports {
            port.aws_logical_device_id.clone_from(&port.aws_device_v2);
        }
        ports
    })
}

fn interfaces(drafts: &[Draft]) -> Vec<VirtualInterface> {
    interfaces_on(drafts, &ports())
}

fn interfaces_on(drafts: &[Draft], ports: &[Port; 4]) -> Vec<VirtualInterface> {
    let one = |(number, draft): (usize, &Draft)| {
        let mut one = interface(&format!("dxvif-f{number:03}"), &ports[draft.port], draft.vlan);
        one.direct_connect_gateway_id = text(draft.gateway);
        one.virtual_interface_type = text(draft.its_type);
        one.rate_limit = draft.rate_limited.then(|| "500Mbps".to_owned());
        one.prefix_pool_allocated_count_ipv4 = Some(draft.prefixes);
        if !draft.up {
            one.virtual_interface_state = text("down");
            one.bgp_peers[0].bgp_status = text("down");
        }
        one
    };
    drafts.iter().enumerate().map(one).collect()
}

fn on(all: &[VirtualInterface], port: &str) -> Vec<VirtualInterface> {
    all.iter().filter(|one| is_on(one, port)).cloned().collect()
}

fn survey(all: &[VirtualInterface]) -> Survey {
    survey_of(all, &ports())
}

fn survey_of(all: &[VirtualInterface], ports: &[Port; 4]) -> Survey {
    let [source, target, elsewhere, munich] = ports.clone();
    Survey {
        in_region: Ok(all.to_vec()),
        on_ports: [SOURCE, TARGET].map(|port| (port.to_owned(), Ok(on(all, port)))).into(),
        connections: Ok(vec![source, elsewhere, munich]),
        lags: Ok(vec![target]),
        attachments: BTreeMap::new(),
    }
}

fn evacuation(overrides: &[&str]) -> Evacuation {
    let accepted = |check: &&str| Override { check: (*check).to_owned(), reason: "a test says so".to_owned() };
    Evacuation {
        ports: vec![SOURCE.to_owned()],
        target: Some(TARGET.to_owned()),
        overrides: overrides.iter().map(accepted).collect(),
        request_id: "CHG-1".to_owned(),
        ..Evacuation::default()
    }
}

fn planned(all: &[VirtualInterface], evacuation: &Evacuation) -> Plan {
    planned_on(all, evacuation, &ports())
}

fn planned_on(all: &[VirtualInterface], evacuation: &Evacuation, ports: &[Port; 4]) -> Plan {
    let (survey, caller) = (survey_of(all, ports), caller());
    let situation = survey.situation(evacuation, &caller).unwrap();
    Judge { survey: &survey, situation: &situation, evacuation, caller: &caller }.plan().unwrap()
}

/// What `associate` would decide about this request in this world, with its own reads and its own facts.
fn decided(
    all: &[VirtualInterface],
    ports: &[Port; 4],
    target: &Port,
    request: &AssociationRequest,
) -> Result<(), String> {
    let read = survey_of(all, ports);
    let interface = all.iter().find(|one| one.virtual_interface_id == request.virtual_interface_id).cloned();
    let estate = Estate {
        interface: Ok(interface.into_iter().collect()),
        on_target: Ok(on(all, TARGET)),
        in_region: Ok(all.to_vec()),
        connections: read.connections,
        lags: Ok(vec![target.clone()]),
        attachment: Ok(vec![Attachment::default()]),
        accepted_prefixes: Ok(Vec::new()),
    };
    let request = request.as_understood();
    let Found::Facts(facts) = estate.find(&request, &caller()).unwrap() else { return Err("no facts".to_owned()) };
    let blocking: Vec<_> = check(&request, &facts).findings.into_iter().filter(Finding::blocks).collect();
    if blocking.is_empty() { Ok(()) } else { Err(format!("{blocking:?}")) }
}

/// The world after a move, put together without the code that is tested.
fn carry_out(all: &mut [VirtualInterface], target: &mut Port, id: &str) {
    let one = all.iter_mut().find(|one| one.virtual_interface_id == id).unwrap();
    one.connection_id = text(TARGET);
    one.aws_device_v2.clone_from(&target.aws_device_v2);
    one.aws_logical_device_id.clone_from(&target.aws_logical_device_id);
    if one.rate_limit.is_some() {
        target.rate_limiter.as_mut().unwrap().remaining -= 1;
    }
    *target.prefix_pool_unallocated_count_ipv4.as_mut().unwrap() -= one.prefix_pool_allocated_count_ipv4.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is planned is what `associate` lets pass, one after the other; nobody is forgotten or told twice; and those
    /// that are down go first.
    #[test]
    fn associate_lets_every_planned_request_pass_when_its_turn_comes(
        leaving in vec(draft(&[0]), 0..9),
        others in vec(draft(&[1, 2, 2, 3]), 0..6),
        overrides in subsequence(vec![
            "interrupts-traffic", "healthy-path-remains", "redundancy-kept", "healthy-path-elsewhere", "rate-limiter"], 0..5),
        ports in wirings(),
    ) {
        let drafts = [leaving.clone(), others].concat();
        let mut all = interfaces_on(&drafts, &ports);
        let evacuation = evacuation(&overrides);
        let plan = planned_on(&all, &evacuation, &ports);

        let down: Vec<bool> = plan.requests.iter().map(|request| {
            let one = all.iter().find(|one| one.virtual_interface_id == request.virtual_interface_id).unwrap();
            one.virtual_interface_state.as_deref() == Some("down")
        }).collect();
        prop_assert!(down.is_sorted_by(|one, next| one >= next), "{:?}", down);

        let requested = plan.requests.iter().map(|request| &request.virtual_interface_id);
        let mut told: Vec<_> = requested.chain(plan.skipped.iter().map(|one| &one.virtual_interface_id)).cloned().collect();
        told.sort();
        let expected: Vec<_> = all.iter().take(leaving.len()).map(|one| one.virtual_interface_id.clone()).collect();
        prop_assert_eq!(told, expected);
        prop_assert!(plan.skipped.iter().all(|one| one.findings.iter().all(Finding::blocks) && !one.findings.is_empty()));

        let mut target = ports[1].clone();
        for request in &plan.requests {
            let decided = decided(&all, &ports, &target, request);
            prop_assert!(decided.is_ok(), "{}: {:?}", request.virtual_interface_id, decided);
            carry_out(&mut all, &mut target, &request.virtual_interface_id);
        }
    }

    /// A gateway that is in doubt for anybody's turn was asked for.
    #[test]
    fn no_gateway_comes_into_doubt_that_was_not_asked_for(
        leaving in vec(draft(&[0]), 0..9),
        others in vec(draft(&[1, 2, 2, 3]), 0..6),
    ) {
        let all = interfaces(&[leaving, others].concat());
        let (survey, caller, evacuation) = (survey(&all), caller(), evacuation(&["interrupts-traffic"]));
        let situation = survey.situation(&evacuation, &caller).unwrap();
        let judge = Judge { survey: &survey, situation: &situation, evacuation: &evacuation, caller: &caller };
        let asked = judge.gateways_in_doubt();
        for skipped in judge.plan().unwrap().skipped {
            let one = all.iter().find(|one| one.virtual_interface_id == skipped.virtual_interface_id).unwrap();
            if skipped.findings.iter().any(|finding| finding.check == "healthy-path-remains") {
                prop_assert!(asked.contains(one.gateway().unwrap()));
            }
        }
    }
}

fn up(port: usize, gateway: &'static str, vlan: i32) -> Draft {
    Draft { port, gateway, vlan, its_type: "private", up: true, rate_limited: false, prefixes: 0 }
}

fn requested(plan: &Plan) -> Vec<&str> {
    plan.requests.iter().map(|request| request.virtual_interface_id.as_str()).collect()
}

#[test]
fn the_facts_of_one_interface_hold_its_siblings_and_its_neighbours_alone() {
    let all = interfaces(&[up(0, "g1", 101), up(0, "g1", 102), up(2, "g1", 103), up(3, "g2", 104), up(1, "g2", 105)]);
    let (survey, caller, evacuation) = (survey(&all), caller(), evacuation(&[]));
    let situation = survey.situation(&evacuation, &caller).unwrap();
    let judge = Judge { survey: &survey, situation: &situation, evacuation: &evacuation, caller: &caller };
    let turn = Turn { targets: judge.targets(), arrived: Vec::new() };
    let facts = judge.facts(&situation.leaving[0], &turn.targets[TARGET], ports()[1].clone(), &turn, Waiting::Gone);
    let ids = |all: Vec<&VirtualInterface>| all.iter().map(|one| one.virtual_interface_id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(facts.siblings.iter().map(|one| &one.virtual_interface).collect()), ["dxvif-f002"]);
    assert_eq!(ids(facts.neighbours.iter().collect()), ["dxvif-f004"]);
    assert_eq!(facts.source.as_ref().map(|port| port.kind), Some(PortKind::Connection));
}

#[test]
fn who_has_arrived_is_a_path_and_a_neighbour_and_who_waits_is_neither() {
    let all = interfaces(&[up(0, "g1", 101), up(0, "g1", 102), up(2, "g1", 103)]);
    let plan = planned(&all, &evacuation(&["interrupts-traffic", "redundancy-kept"]));
    assert_eq!(requested(&plan), ["dxvif-f000", "dxvif-f001"]);
    let alone = planned(&all[..2], &evacuation(&["interrupts-traffic"]));
    assert_eq!(requested(&alone), Vec::<&str>::new());
}

#[test]
fn as_associate_sees_it_who_waits_is_a_path_and_who_has_arrived_is_one_path_on_the_target() {
    let all = interfaces(&[up(0, "g1", 101), up(0, "g1", 102), up(2, "g1", 103)]);
    let (mut survey, caller, evacuation) = (survey(&all), caller(), evacuation(&[]));
    survey.attachments = BTreeMap::new();
    let situation = survey.situation(&evacuation, &caller).unwrap();
    let judge = Judge { survey: &survey, situation: &situation, evacuation: &evacuation, caller: &caller };
    let mut turn = Turn { targets: judge.targets(), arrived: Vec::new() };
    let siblings = |turn: &Turn| {
        let port = ports()[1].clone();
        let facts = judge.facts(&situation.leaving[0], &turn.targets[TARGET], port, turn, Waiting::Seen);
        let place = |one: Sibling| (one.virtual_interface.virtual_interface_id, one.virtual_interface.connection_id);
        facts.siblings.into_iter().map(place).map(|(id, port)| format!("{id} {}", port.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(siblings(&turn), ["dxvif-f001 dxcon-fexample", "dxvif-f002 dxcon-felsewhr"]);
    turn.arrive(&all[1], TARGET);
    assert_eq!(siblings(&turn), ["dxvif-f002 dxcon-felsewhr", "dxvif-f001 dxlag-fexample"]);
}

#[test]
fn a_listing_that_could_not_be_read_is_named_in_the_facts() {
    let all = interfaces(&[up(0, "g1", 101)]);
    let (mut survey, caller, evacuation) = (survey(&all), caller(), evacuation(&[]));
    survey.in_region = Err(Failed::Denied { code: "AccessDeniedException".to_owned() });
    let situation = survey.situation(&evacuation, &caller).unwrap();
    let judge = Judge { survey: &survey, situation: &situation, evacuation: &evacuation, caller: &caller };
    let turn = Turn { targets: judge.targets(), arrived: Vec::new() };
    let facts = judge.facts(&situation.leaving[0], &turn.targets[TARGET], ports()[1].clone(), &turn, Waiting::Gone);
    let unread: Vec<_> = facts.unread.iter().map(|one| one.operation).collect();
    assert_eq!(unread, ["DescribeVirtualInterfaces"]);
}

#[test]
fn who_leaves_too_is_no_path_of_its_gateway_that_nobody_sees() {
    let all = interfaces(&[up(0, "g1", 101), up(0, "g1", 102)]);
    let (mut survey, caller, evacuation) = (survey(&all), caller(), evacuation(&["interrupts-traffic"]));
    let attachment = |one: &VirtualInterface| Attachment {
        virtual_interface_id: Some(one.virtual_interface_id.clone()),
        attachment_state: text("attached"),
        ..Attachment::default()
    };
    survey.attachments.insert("g1".to_owned(), Ok(all.iter().map(attachment).collect()));
    let situation = survey.situation(&evacuation, &caller).unwrap();
    let judge = Judge { survey: &survey, situation: &situation, evacuation: &evacuation, caller: &caller };
    let plan = judge.plan().unwrap();
    let remains = |one: &Skipped| {
        let found = one.findings.iter().find(|finding| finding.check == "healthy-path-remains").unwrap();
        matches!(found.fault, Fault::TooFewHealthyPaths { .. })
    };
    assert_eq!(plan.skipped.iter().map(remains).collect::<Vec<_>>(), [true, true], "{:?}", plan.skipped);
}

#[test]
fn the_gap_that_a_skipped_one_leaves_is_closed() {
    // The third keeps the first two apart, but its VLAN is taken; then the fourth does.
    let all = interfaces(&[
        up(0, "g1", 101),
        up(0, "g1", 102),
        up(0, "g2", 103),
        up(0, "g3", 104),
        up(1, "g4", 103),
        up(2, "g1", 111),
        up(3, "g2", 112),
        up(2, "g3", 113),
    ]);
    let plan = planned(&all, &evacuation(&["interrupts-traffic", "redundancy-kept", "healthy-path-elsewhere"]));
    assert_eq!(plan.skipped.iter().map(|one| one.virtual_interface_id.as_str()).collect::<Vec<_>>(), ["dxvif-f002"]);
    assert_eq!(requested(&plan), ["dxvif-f000", "dxvif-f003", "dxvif-f001"]);
}

#[test]
fn nothing_is_lost_by_moving_what_certainly_has_no_session_up() {
    let is_down = |state: &str, statuses: &[Option<&str>]| {
        let mut one = interface("dxvif-fexample", &ports()[0], 101);
        one.virtual_interface_state = text(state);
        let peer = one.bgp_peers[0].clone();
        one.bgp_peers =
            statuses.iter().map(|status| BgpPeer { bgp_status: status.map(str::to_owned), ..peer.clone() }).collect();
        is_down(&one)
    };
    let (up, down) = (Some("up"), Some("down"));
    assert!(is_down("available", &[down]) && is_down("available", &[down, down]));
    assert!(is_down("down", &[]) && is_down("down", &[None]) && is_down("down", &[down]));
    assert!(!is_down("available", &[]) && !is_down("available", &[up]) && !is_down("available", &[down, up]));
    assert!(!is_down("down", &[up]) && !is_down("available", &[None, down]) && !is_down("pending", &[None]));
}

#[test]
fn who_arrives_takes_a_rate_limiter_and_prefixes_from_those_who_come_later() {
    let port = || Port {
        rate_limiter: Some(RateLimiterStatus { max_allowed: 10, remaining: 2 }),
        prefix_pool_unallocated_count_ipv4: Some(5),
        ..lag(TARGET, "EqDC2", "2lmn3opqrstuv")
    };
    let left = |rate_limit: Option<&str>, prefixes: Option<i32>| {
        let mut left = port();
        let one = VirtualInterface {
            rate_limit: rate_limit.map(str::to_owned),
            prefix_pool_allocated_count_ipv4: prefixes,
            ..interface("dxvif-fexample", &ports()[0], 101)
        };
        make_room(&mut left, &one);
        (left.rate_limiter.unwrap().remaining, left.prefix_pool_unallocated_count_ipv4)
    };
    assert_eq!(left(Some("50Mbps"), Some(3)), (1, Some(2)));
    assert_eq!(left(None, None), (2, Some(5)));
}
