//! Whatever AWS answers to the reads and to the call, with secrets in every place where one may stand: none of them gets
//! into the record, the event, a line of the log, another call, an error, or the `Debug` of our own types.

use associate_virtual_interface::record::Earlier;
use associate_virtual_interface::request::{Asked, parse};
use serde_json::Value;

use crate::arrival;
use crate::canary::{assert_none, planted};
use crate::classifier::clean_failure;
use crate::controls::Controls;
use crate::log::logged;
use crate::stage::{Answer, Asks, INTERFACE, Stage, caller, invocation, on_stage};

/// Which answers are the fuzzer's, whether secrets are everywhere, and which way it is looked at.
const CONTROLS: usize = 4;

/// What the fuzzer may answer, in the order of its choices.
const ANSWERED: [&[Asks]; 12] = [
    &[Asks::Associate],
    &[Asks::Interface],
    &[Asks::InterfaceAfterwards],
    &[Asks::OnTarget],
    &[Asks::InRegion],
    &[Asks::Connections],
    &[Asks::Lags],
    &[Asks::Attachments],
    &[Asks::Routes],
    &[Asks::Connections, Asks::Interconnects],
    &[Asks::Interface, Asks::InRegion, Asks::OnTarget, Asks::InterfaceAfterwards],
    &[Asks::PutEvents],
];

/// The members of an interface in a record, and of its peers, prefixes and tags.
const MEMBERS: &[&str] = &[
    "acceptedPrefixes",
    "addressFamily",
    "amazonAddress",
    "amazonSideAsn",
    "asn",
    "asnLong",
    "authKey",
    "awsDeviceV2",
    "awsLogicalDeviceId",
    "bgpPeerId",
    "bgpPeerState",
    "bgpPeers",
    "bgpStatus",
    "cidr",
    "connectionId",
    "customerAddress",
    "customerRouterConfig",
    "directConnectGatewayId",
    "jumboFrameCapable",
    "key",
    "location",
    "mtu",
    "ownerAccount",
    "prefixPoolAllocatedCountIpv4",
    "prefixPoolAllocatedCountIpv6",
    "rateLimit",
    "region",
    "routeFilterPrefixes",
    "siteLinkEnabled",
    "tags",
    "value",
    "virtualGatewayId",
    "virtualInterfaceId",
    "virtualInterfaceName",
    "virtualInterfaceState",
    "virtualInterfaceType",
    "vlan",
];

/// What stands where AWS returned a secret.
const PROTECTED: &str = "[PROTECTED]";

/// Takes the first bytes as which answers are the fuzzer's, and the rest as their text.
pub fn check(bytes: &[u8]) {
    let Some((mut controls, text)) = Controls::before_text(bytes, CONTROLS) else { return };
    let answered = ANSWERED[usize::from(controls.choose(12))];
    let text = planted(text, controls.choose(2) == 1);
    let status = [200, 400, 500][usize::from(controls.choose(3))];
    let answers = answered.iter().map(|asks| (*asks, Answer::Said(status, Vec::new(), text.clone()))).collect();
    let only_read = controls.choose(2) == 1;
    on_stage(|stage| {
        stage.wire.answer(answers);
        if only_read { read(stage) } else { moved(stage, answered == [Asks::Associate]) }
    });
}

/// What the reads come to, as our own types show it.
fn read(stage: &Stage) {
    let Ok(Asked::Association(request)) = parse(PAYLOAD, arrival()) else { unreachable!("the example is a request") };
    let (found, (seen, prefixes)) = stage.wait(async {
        let clock = invocation().clock;
        let found = stage.direct_connect.find(&request, &caller(), &clock).await;
        (found, stage.direct_connect.look(INTERFACE, &clock).await)
    });
    assert_none(&format!("{found:?} {seen:?} {prefixes:?}"), "the facts");
    for failed in [seen.err(), prefixes.err()].into_iter().flatten() {
        clean_failure(&failed);
    }
}

const PAYLOAD: &str = include_str!("../../events/request.json");

/// What the function tells of a move.
fn moved(stage: &Stage, call_only: bool) {
    let (told, lines) = logged(|| stage.wait(async { stage.function.handle(PAYLOAD, &invocation()).await }));
    assert_none(&lines, "the log");
    for sent in stage.wire.sent() {
        assert_none(&sent.headers, "a header that is sent");
        assert_none(&sent.body, "what is sent");
    }
    assert_none(&format!("{told:?}"), "what is told");
    let Ok(told) = told else { return };
    match told.answer {
        Err(error) => assert_none(&error.to_string(), "an error"),
        Ok(record) => {
            assert_none(record.get(), "the record");
            let read: Value = serde_json::from_str(record.get()).expect("a record is JSON");
            let_in(&read["before"]);
            let_in(&read["virtualInterface"]);
            if call_only && record.get().len() < 200_000 {
                let earlier = Earlier::read(record.get(), arrival());
                assert!(earlier.is_ok(), "{earlier:?} of {}", record.get());
            }
        }
    }
}

/// Nothing but what was let in, at any depth, and no key but as the mark of one.
fn let_in(value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                assert!(MEMBERS.contains(&name.as_str()), "{name:?} is in the record");
                let holds_key = matches!(name.as_str(), "authKey" | "customerRouterConfig");
                assert!(!holds_key || member == PROTECTED, "{name:?} is {member} in the record");
                let_in(member);
            }
        }
        Value::Array(items) => items.iter().for_each(let_in),
        _ => {}
    }
}
