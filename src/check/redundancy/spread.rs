//! Whether the paths of a gateway stay spread. "MUST NOT let the customer order two connections and assume they are
//! redundant; terminating both on the same Direct Connect device leaves a single point of failure" (AWS agent toolkit).
//! "A campus is treated as a single AWS Direct Connect location" (User Guide): an equal location is one failure domain.
//!
//! Of paths in other accounts AWS names no place: they may end anywhere in their Region.

use super::health::Health;
use super::paths::{self, Path};
use super::place::Place;
use super::unseen::{siblings_unread, unseen};
use super::{Basis, Check, Fault, Severity};
use crate::check::traffic::carries_traffic;
use crate::facts::{Attachment, Facts};
use crate::request::Request;

pub(in crate::check) const REDUNDANCY_KEPT: Check = Check {
    name: "redundancy-kept",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "the healthy paths of its gateway end at no fewer locations, devices and connections than before the move",
    source: "User Guide, resiliency toolkit: separate connections on separate devices in more than one location",
    run: redundancy_kept,
};

/// What can be lost, widest first, and how to tell whether two paths share it.
const LEVELS: [(&str, Same); 3] = [
    ("location", |one, another| one.same_location(another)),
    ("device", |one, another| one.same_device(another)),
    ("connection", |one, another| one.same_port(another)),
];

type Same = fn(&Place, &Place) -> Option<bool>;

fn redundancy_kept(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(gateway) = facts.virtual_interface.gateway() else { return Vec::new() };
    if carries_traffic(facts) == Some(false) {
        return Vec::new();
    }
    if let Some(unread) = siblings_unread(facts) {
        return vec![Fault::cannot_tell(format!("whether the healthy paths of gateway {gateway} stay apart"), unread)];
    }
    let from = Place::of_path(&facts.virtual_interface, facts.source.as_ref());
    let to = Place::of_port(&facts.target);
    let siblings = paths::siblings(facts);
    let healthy_ones: Vec<&Path> = siblings.iter().filter(|path| path.health == Health::Healthy).collect();
    let healthy: Vec<Place> = healthy_ones.iter().map(|path| path.place).collect();
    let mut doubts: Vec<(Place, String)> =
        siblings.iter().filter_map(|path| Some((path.place, path.doubt()?))).collect();
    // A connection is of one Region, and so is what it ends on, so paths of other Regions do not end where this does.
    let may_be_here = |path: &Attachment| path.virtual_interface_region.as_ref().is_none_or(|it| *it == facts.region);
    doubts.extend(unseen(facts, may_be_here).1.into_iter().map(|doubt| (Place::default(), doubt)));
    let (unknown, doubts): (Vec<Place>, Vec<String>) = doubts.into_iter().unzip();

    let verdicts = LEVELS.map(|(what, same)| (what, same, decreases(same, &from, &to, &healthy, &unknown)));
    if let Some((what, same, _)) = verdicts.iter().find(|(.., lost)| *lost == Some(true)) {
        let after = count(*same, &healthy);
        let there = healthy_ones.into_iter().filter(|path| same(&path.place, &to) == Some(true));
        return vec![Fault::RedundancyLost {
            gateway: gateway.to_owned(),
            what: (*what).to_owned(),
            before: after + 1,
            after,
            target: facts.target.id.clone(),
            others: paths::ids(there),
        }];
    }
    let Some((what, same, _)) = verdicts.iter().find(|(.., lost)| lost.is_none()) else { return Vec::new() };
    let because = if decreases(*same, &from, &to, &healthy, &[]).is_none() {
        format!("AWS did not say the {what} of each of them, of the source or of the target")
    } else {
        doubts.join(", ")
    };
    vec![Fault::cannot_tell(format!("whether the healthy paths of gateway {gateway} keep as many {what}s"), because)]
}

/// Whether the move makes them fewer: the moving interface leaves a place where no other path ends, for one where
/// another does. `None` where that hangs on something unknown.
fn decreases(same: Same, from: &Place, to: &Place, healthy: &[Place], unknown: &[Place]) -> Option<bool> {
    if same(from, to) == Some(true) {
        return Some(false);
    }
    match (taken(same, from, healthy, unknown), taken(same, to, healthy, unknown)) {
        (Some(true), _) | (_, Some(false)) => Some(false),
        (Some(false), Some(true)) => Some(true),
        _ => None,
    }
}

/// Whether another healthy path ends at this place.
fn taken(same: Same, place: &Place, healthy: &[Place], unknown: &[Place]) -> Option<bool> {
    if healthy.iter().any(|other| same(place, other) == Some(true)) {
        return Some(true);
    }
    let nobody = healthy.iter().chain(unknown).all(|other| same(place, other) == Some(false));
    nobody.then_some(false)
}

/// How many different ones there are.
fn count(same: Same, places: &[Place]) -> usize {
    let is_first = |(index, place): &(usize, &Place)| !places[..*index].iter().any(|p| same(p, place) == Some(true));
    places.iter().enumerate().filter(is_first).count()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{
        ANOTHERS, BESIDE_SOURCE, BESIDE_TARGET, ELSEWHERE, MUNICH, ON_TARGET, THIRD_DEVICE, beside, denied,
        first_without_devices, port_of_first, row, text, unseen_in,
    };
    use super::*;
    use crate::check::example::{GATEWAY, OTHER_ACCOUNT, connection, lag, prove};
    use crate::facts::Port;

    /// The target is at the location of `ELSEWHERE`.
    fn onto_other_location(facts: &mut Facts) {
        facts.target = lag("dxlag-fexample", "CSVA1", "5nop6qrstuvwx");
    }

    fn lost_on(target: &str, what: &str, before: usize, after: usize, others: &str) -> Vec<Fault> {
        let (gateway, what) = (GATEWAY.to_owned(), what.to_owned());
        let (target, others) = (target.to_owned(), others.to_owned());
        vec![Fault::RedundancyLost { gateway, what, before, after, target, others }]
    }

    fn lost(what: &str, before: usize, after: usize, others: &str) -> Vec<Fault> {
        lost_on("dxlag-fexample", what, before, after, others)
    }

    fn kept_unknown(what: &str, because: &str) -> Vec<Fault> {
        let what = format!("whether the healthy paths of gateway {GATEWAY} keep as many {what}s");
        vec![Fault::cannot_tell(what, because)]
    }

    #[test]
    fn redundancy_kept() {
        prove(
            &REDUNDANCY_KEPT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("another device, another location", |_, facts| _ = beside(facts, &[ELSEWHERE]), vec![]),
                row("nothing to share with", |_, facts| _ = beside(facts, &[]), vec![]),
                row("off the device of its sibling", |_, facts| _ = beside(facts, &[BESIDE_SOURCE]), vec![]),
                row(
                    "onto the device of its sibling",
                    |_, facts| _ = beside(facts, &[BESIDE_TARGET]),
                    lost("device", 2, 1, "dxvif-fother01"),
                ),
                row(
                    "onto another logical device of its sibling's physical one",
                    |_, facts| {
                        beside(facts, &[BESIDE_TARGET]);
                        port_of_first(facts).aws_logical_device_id = text("EqDC2-7abc8defghijk");
                    },
                    lost("device", 2, 1, "dxvif-fother01"),
                ),
                row(
                    "onto the location of its sibling",
                    |_, facts| onto_other_location(beside(facts, &[ELSEWHERE])),
                    lost("location", 2, 1, "dxvif-fother01"),
                ),
                row(
                    "onto the port of its sibling, on the device where both are",
                    |_, facts| {
                        facts.target = connection("dxcon-fexampl2", "EqDC2", "1abc2defghijk");
                        beside(facts, &[ON_TARGET]);
                    },
                    lost_on("dxcon-fexampl2", "connection", 2, 1, "dxvif-fother01"),
                ),
                row(
                    "from three locations to two",
                    |_, facts| onto_other_location(beside(facts, &[ELSEWHERE, MUNICH])),
                    lost("location", 3, 2, "dxvif-fother01"),
                ),
                row(
                    "each location stays, a device does not",
                    |_, facts| _ = beside(facts, &[ELSEWHERE, BESIDE_TARGET]),
                    lost("device", 3, 2, "dxvif-fother02"),
                ),
                row(
                    "another stays on the device that it leaves",
                    |_, facts| _ = beside(facts, &[BESIDE_SOURCE, BESIDE_TARGET]),
                    vec![],
                ),
                row(
                    "two on one connection are one failure domain",
                    |_, facts| _ = beside(facts, &[BESIDE_TARGET, BESIDE_TARGET]),
                    lost("device", 2, 1, "dxvif-fother01, dxvif-fother02"),
                ),
                row(
                    "a sibling that is down holds nothing",
                    |_, facts| {
                        beside(facts, &[BESIDE_SOURCE, BESIDE_TARGET]);
                        facts.siblings[0].virtual_interface.virtual_interface_state = text("down");
                    },
                    lost("device", 2, 1, "dxvif-fother02"),
                ),
                row(
                    "what is down now is no path that could be lost",
                    |_, facts| {
                        beside(facts, &[BESIDE_TARGET]);
                        facts.virtual_interface.virtual_interface_state = text("down");
                        facts.virtual_interface.bgp_peers[0].bgp_status = text("down");
                    },
                    vec![],
                ),
                row(
                    "without a gateway there are no siblings",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).virtual_interface.direct_connect_gateway_id = None,
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn redundancy_kept_with_gaps_in_the_facts() {
        prove(
            &REDUNDANCY_KEPT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "the source is not visible, and the interface says where it is",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).source = None,
                    lost("device", 2, 1, "dxvif-fother01"),
                ),
                row(
                    "the source is not visible, and the interface does not say where it is",
                    |_, facts| {
                        beside(facts, &[BESIDE_TARGET]);
                        facts.source = None;
                        facts.virtual_interface.location = None;
                        facts.virtual_interface.aws_device_v2 = None;
                        facts.virtual_interface.aws_logical_device_id = None;
                    },
                    kept_unknown(
                        "location",
                        "AWS did not say the location of each of them, of the source or of the target",
                    ),
                ),
                row(
                    "the sibling's device is not known, in the same location",
                    |_, facts| _ = first_without_devices(beside(facts, &[THIRD_DEVICE])),
                    kept_unknown(
                        "device",
                        "AWS did not say the device of each of them, of the source or of the target",
                    ),
                ),
                row(
                    "a device is lost for certain, whatever the unknown location of the source",
                    |_, facts| {
                        beside(facts, &[BESIDE_TARGET]).virtual_interface.location = None;
                        facts.source = Some(Port { location: None, ..BESIDE_SOURCE(facts) });
                    },
                    lost("device", 2, 1, "dxvif-fother01"),
                ),
                row(
                    "a path that may be healthy may share the target's device",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).siblings[0].port = None,
                    kept_unknown("device", "dxvif-fother01: its port dxcon-fbeside1 is not visible"),
                ),
                row(
                    "a path that may be healthy may stay on the device that it leaves",
                    |_, facts| beside(facts, &[BESIDE_SOURCE, BESIDE_TARGET]).siblings[0].port = None,
                    kept_unknown("device", "dxvif-fother01: its port dxcon-fbeside2 is not visible"),
                ),
                row(
                    "a path that may be healthy changes nothing elsewhere",
                    |_, facts| beside(facts, &[ELSEWHERE, BESIDE_TARGET]).siblings[0].port = None,
                    lost("device", 2, 1, "dxvif-fother02"),
                ),
            ],
        );
    }

    #[test]
    fn redundancy_kept_beside_paths_that_are_not_visible() {
        prove(
            &REDUNDANCY_KEPT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "a path in another account and this Region may end on the target's device",
                    |_, facts| beside(facts, &[]).unseen_paths = Ok(vec![unseen_in(Some("us-east-1"))]),
                    kept_unknown("device", "dxvif-funseen1 of account 210987654321 in us-east-1"),
                ),
                row(
                    "a path of which AWS names no Region may end at the target's location",
                    |_, facts| {
                        onto_other_location(beside(facts, &[]));
                        facts.unseen_paths = Ok(vec![unseen_in(None)]);
                    },
                    kept_unknown("location", "dxvif-funseen1 of account 210987654321"),
                ),
                row(
                    "a path in another Region ends elsewhere",
                    |_, facts| beside(facts, &[]).unseen_paths = Ok(vec![unseen_in(Some("us-west-2"))]),
                    vec![],
                ),
                row(
                    "whether there are others was not to be learned",
                    |_, facts| {
                        beside(facts, &[]).unseen_paths = Err(denied("DescribeDirectConnectGatewayAttachments"));
                    },
                    kept_unknown("device", "DescribeDirectConnectGatewayAttachments could not be read (AccessDenied)"),
                ),
                row(
                    "the siblings could not be listed",
                    |_, facts| beside(facts, &[]).unread = vec![denied("DescribeVirtualInterfaces")],
                    vec![Fault::cannot_tell(
                        format!("whether the healthy paths of gateway {GATEWAY} stay apart"),
                        "DescribeVirtualInterfaces could not be read (AccessDenied)",
                    )],
                ),
                row(
                    "another account's gateway may have paths on the target's device",
                    |_, facts| beside(facts, &[]).virtual_interface.owner_account = text(OTHER_ACCOUNT),
                    kept_unknown("device", ANOTHERS),
                ),
                row(
                    "its device stays with another, and a path that is not visible may end on the target itself",
                    |_, facts| beside(facts, &[BESIDE_SOURCE]).unseen_paths = Ok(vec![unseen_in(Some("us-east-1"))]),
                    kept_unknown("connection", "dxvif-funseen1 of account 210987654321 in us-east-1"),
                ),
            ],
        );
    }
}
