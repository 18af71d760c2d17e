//! Where the paths of a gateway end. "MUST NOT let the customer order two connections and assume they are redundant;
//! terminating both on the same Direct Connect device leaves a single point of failure." (AWS agent toolkit.) "A
//! campus is treated as a single AWS Direct Connect location" (User Guide): an equal location is one failure domain.
//!
//! Of paths in other accounts AWS names no place: they may end anywhere in their Region.

use super::moving::may_be_healthy_now;
use super::paths::{self, Health, Path};
use super::place::Place;
use super::{Basis, Check, Fault, Severity, describe, not_read};
use crate::facts::{Attachment, Facts};
use crate::request::Request;

pub(in crate::check) const HEALTHY_PATH_ELSEWHERE: Check = Check {
    name: "healthy-path-elsewhere",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "after the move a healthy path of its gateway ends on another AWS device than the target",
    source: "User Guide, resiliency toolkit: separate connections on separate devices in more than one location",
    run: healthy_path_elsewhere,
};

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

/// Holds for an interface that is down now as well: after a failover onto the one device that the other path ends on,
/// a single fault takes both.
fn healthy_path_elsewhere(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(gateway) = facts.virtual_interface.gateway() else { return Vec::new() };
    let target = Place::of_port(&facts.target);
    let cannot_tell = |because| {
        let what = format!("whether gateway {gateway} has a healthy path on another device than {}", facts.target.id);
        vec![Fault::cannot_tell(what, because)]
    };
    let paths = paths::siblings(facts);
    let healthy: Vec<_> = paths.iter().filter(|path| path.health == Health::Healthy).collect();
    let shared: Vec<_> = healthy.iter().map(|path| path.place.same_device(&target)).collect();
    if shared.contains(&Some(false)) {
        return Vec::new();
    }
    if shared.contains(&None) {
        return cannot_tell(format!("AWS did not say on which devices {} and {} end", ids(&healthy), facts.target.id));
    }
    if healthy.is_empty() {
        let may_share = paths.iter().filter(|path| path.place.same_device(&target) != Some(false));
        let doubts: Vec<_> = may_share.filter_map(Path::doubt).collect();
        return if doubts.is_empty() { Vec::new() } else { cannot_tell(doubts.join(", ")) };
    }
    let all_on_target = healthy.iter().all(|path| path.place.same_port(&target) == Some(true));
    let (shared, place) = match facts.target.device() {
        Some(device) if !all_on_target => ("device", device),
        _ => ("port", facts.target.id.as_str()),
    };
    vec![Fault::OtherPathsShareTarget {
        gateway: gateway.to_owned(),
        shared: shared.to_owned(),
        place: place.to_owned(),
        others: ids(&healthy),
    }]
}

fn redundancy_kept(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(gateway) = facts.virtual_interface.gateway() else { return Vec::new() };
    if !may_be_healthy_now(facts) {
        return Vec::new();
    }
    let from = Place::of_path(&facts.virtual_interface, facts.source.as_ref());
    let to = Place::of_port(&facts.target);
    let siblings = paths::siblings(facts);
    let healthy: Vec<Place> =
        siblings.iter().filter(|path| path.health == Health::Healthy).map(|path| path.place).collect();
    let mut doubts: Vec<(Place, String)> =
        siblings.iter().filter_map(|path| Some((path.place, path.doubt()?))).collect();
    doubts.extend(unseen(facts).into_iter().map(|doubt| (Place::default(), doubt)));
    let (unknown, doubts): (Vec<Place>, Vec<String>) = doubts.into_iter().unzip();

    let verdicts = LEVELS.map(|(what, same)| (what, same, decreases(same, &from, &to, &healthy, &unknown)));
    if let Some((what, same, _)) = verdicts.iter().find(|(.., lost)| *lost == Some(true)) {
        let after = count(*same, &healthy);
        let (gateway, what) = (gateway.to_owned(), (*what).to_owned());
        return vec![Fault::RedundancyLost { gateway, what, before: after + 1, after }];
    }
    let Some((what, same, _)) = verdicts.iter().find(|(.., lost)| lost.is_none()) else { return Vec::new() };
    let because = if decreases(*same, &from, &to, &healthy, &[]).is_none() {
        format!("AWS did not say the {what} of each of them, of the source or of the target")
    } else {
        doubts.join(", ")
    };
    vec![Fault::cannot_tell(format!("whether the healthy paths of gateway {gateway} keep as many {what}s"), because)]
}

/// The paths that are not visible and may end where this one does. A connection is of one Region, and so is what it ends
/// on, so those of other Regions do not.
fn unseen(facts: &Facts) -> Vec<String> {
    match &facts.unseen_paths {
        Ok(attachments) => {
            let here = |region: &String| *region == facts.region;
            let may_be_here = |path: &&Attachment| path.virtual_interface_region.as_ref().is_none_or(here);
            attachments.iter().filter(may_be_here).map(describe).collect()
        }
        Err(unread) => vec![not_read(unread)],
    }
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

fn ids(paths: &[&Path]) -> String {
    paths.iter().map(|path| path.interface.virtual_interface_id.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::paths::tests::{sibling, text};
    use super::*;
    use crate::check::example::{GATEWAY, OTHER_ACCOUNT, Row, bring_up, connection, lag, prove};
    use crate::facts::{Port, Unread};

    type PortOf = fn(&Facts) -> Port;

    const ON_TARGET: PortOf = |facts| facts.target.clone();
    const BESIDE_TARGET: PortOf = |_| connection("dxcon-fbeside1", "EqDC2", "2lmn3opqrstuv");
    const BESIDE_SOURCE: PortOf = |_| connection("dxcon-fbeside2", "EqDC2", "1abc2defghijk");
    const THIRD_DEVICE: PortOf = |_| connection("dxcon-fthird01", "EqDC2", "4cde5fghijklm");
    const MUNICH: PortOf = |_| connection("dxcon-fmunich1", "EqMU1", "6yza7bcdefghi");
    const ELSEWHERE: PortOf = |_| connection("dxcon-felsewhr", "CSVA1", "3wxy4zabcdefg");

    /// The moving interface is up, and the healthy siblings `dxvif-fother01` and so on are on these ports.
    fn beside<'a>(facts: &'a mut Facts, ports: &[PortOf]) -> &'a mut Facts {
        bring_up(facts);
        let ids = ["dxvif-fother01", "dxvif-fother02", "dxvif-fother03"];
        facts.siblings = ids.iter().zip(ports).map(|(id, port)| sibling(id, port(facts), 103)).collect();
        facts
    }

    /// A path in another account, that AWS places in this Region, in none, and so on.
    fn unseen_in(region: Option<&str>) -> Attachment {
        Attachment {
            virtual_interface_id: text("dxvif-funseen1"),
            virtual_interface_owner_account: text(OTHER_ACCOUNT),
            virtual_interface_region: region.map(str::to_owned),
            ..Attachment::default()
        }
    }

    fn port_of_first(facts: &mut Facts) -> &mut Port {
        facts.siblings[0].port.get_or_insert_default()
    }

    /// The target is at the location of `ELSEWHERE`.
    fn onto_other_location(facts: &mut Facts) {
        facts.target = lag("dxlag-fexample", "CSVA1", "5nop6qrstuvwx");
    }

    /// AWS names no device.
    fn without_devices(port: &mut Port) {
        port.aws_logical_device_id = None;
        port.aws_device_v2 = None;
    }

    fn row(sentence: &'static str, mutate: fn(&mut Request, &mut Facts), faults: Vec<Fault>) -> Row {
        Row { sentence, mutate, faults }
    }

    #[test]
    fn healthy_path_elsewhere() {
        let shares = |shared: &str, place: &str, others: &str| {
            let (gateway, shared) = (GATEWAY.to_owned(), shared.to_owned());
            vec![Fault::OtherPathsShareTarget { gateway, shared, place: place.to_owned(), others: others.to_owned() }]
        };
        let on_device = |others: &str| shares("device", "EqDC2-2lmn3opqrstuv", others);
        let cannot_tell = |because: &str| {
            let what = format!("whether gateway {GATEWAY} has a healthy path on another device than dxlag-fexample");
            vec![Fault::cannot_tell(what, because)]
        };
        let unknown = || cannot_tell("AWS did not say on which devices dxvif-fother01 and dxlag-fexample end");
        prove(
            &HEALTHY_PATH_ELSEWHERE,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("another location", |_, facts| _ = beside(facts, &[ELSEWHERE]), vec![]),
                row("another device of the same location", |_, facts| _ = beside(facts, &[THIRD_DEVICE]), vec![]),
                row(
                    "another connection on the target's device",
                    |_, facts| _ = beside(facts, &[BESIDE_TARGET]),
                    on_device("dxvif-fother01"),
                ),
                row(
                    "the target itself, a LAG",
                    |_, facts| _ = beside(facts, &[ON_TARGET]),
                    shares("port", "dxlag-fexample", "dxvif-fother01"),
                ),
                row(
                    "the target itself, a connection of which AWS names no device",
                    |_, facts| {
                        facts.target = BESIDE_TARGET(facts);
                        without_devices(&mut facts.target);
                        beside(facts, &[ON_TARGET]);
                    },
                    shares("port", "dxcon-fbeside1", "dxvif-fother01"),
                ),
                row(
                    "one on the target and one beside it",
                    |_, facts| _ = beside(facts, &[ON_TARGET, BESIDE_TARGET]),
                    on_device("dxvif-fother01, dxvif-fother02"),
                ),
                row("the best of them counts", |_, facts| _ = beside(facts, &[ON_TARGET, THIRD_DEVICE]), vec![]),
                row(
                    "only healthy ones count",
                    |_, facts| {
                        beside(facts, &[ELSEWHERE, BESIDE_TARGET]).siblings[0]
                            .virtual_interface
                            .virtual_interface_state = text("down")
                    },
                    on_device("dxvif-fother02"),
                ),
                row(
                    "the failover onto the sibling's own device, with the moving interface down",
                    |_, facts| {
                        let (state, source) = (facts.virtual_interface.clone(), facts.source.clone());
                        beside(facts, &[BESIDE_TARGET]);
                        (facts.virtual_interface, facts.source) = (state, source);
                    },
                    on_device("dxvif-fother01"),
                ),
                row("no sibling is known", |_, facts| _ = beside(facts, &[]), vec![]),
                row(
                    "the one that may be healthy may share the target's device",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).siblings[0].port = None,
                    cannot_tell("dxvif-fother01: its port dxcon-fbeside1 is not visible"),
                ),
                row(
                    "the one that may be healthy does not share it",
                    |_, facts| beside(facts, &[THIRD_DEVICE]).siblings[0].port = None,
                    vec![],
                ),
                row(
                    "one that may be healthy elsewhere excuses nothing",
                    |_, facts| beside(facts, &[ELSEWHERE, BESIDE_TARGET]).siblings[0].port = None,
                    on_device("dxvif-fother02"),
                ),
                row(
                    "without a gateway there are no siblings",
                    |_, facts| beside(facts, &[ON_TARGET]).virtual_interface.direct_connect_gateway_id = None,
                    vec![],
                ),
                row(
                    "the sibling's device is not known, in the target's location",
                    |_, facts| without_devices(port_of_first(beside(facts, &[BESIDE_TARGET]))),
                    unknown(),
                ),
                row(
                    "the target's device is not known, in the sibling's location",
                    |_, facts| without_devices(&mut beside(facts, &[THIRD_DEVICE]).target),
                    unknown(),
                ),
                row(
                    "neither the sibling's device nor its location is known",
                    |_, facts| {
                        beside(facts, &[ELSEWHERE]);
                        without_devices(port_of_first(facts));
                        port_of_first(facts).location = None;
                    },
                    unknown(),
                ),
                row(
                    "its device is not known, and the other location is enough",
                    |_, facts| without_devices(port_of_first(beside(facts, &[ELSEWHERE]))),
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn redundancy_kept() {
        let lost = |what: &str, before, after| {
            let (gateway, what) = (GATEWAY.to_owned(), what.to_owned());
            vec![Fault::RedundancyLost { gateway, what, before, after }]
        };
        let unknown = |what: &str, because: &str| {
            let what = format!("whether the healthy paths of gateway {GATEWAY} keep as many {what}s");
            vec![Fault::cannot_tell(what, because)]
        };
        let not_visible = "dxvif-fother01: its port dxcon-fbeside1 is not visible";
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
                    lost("device", 2, 1),
                ),
                row(
                    "onto the location of its sibling",
                    |_, facts| onto_other_location(beside(facts, &[ELSEWHERE])),
                    lost("location", 2, 1),
                ),
                row(
                    "onto the port of its sibling, on the device where both are",
                    |_, facts| {
                        facts.target = connection("dxcon-fexampl2", "EqDC2", "1abc2defghijk");
                        beside(facts, &[ON_TARGET]);
                    },
                    lost("connection", 2, 1),
                ),
                row(
                    "from three locations to two",
                    |_, facts| onto_other_location(beside(facts, &[ELSEWHERE, MUNICH])),
                    lost("location", 3, 2),
                ),
                row(
                    "each location stays, a device does not",
                    |_, facts| _ = beside(facts, &[ELSEWHERE, BESIDE_TARGET]),
                    lost("device", 3, 2),
                ),
                row(
                    "another stays on the device that it leaves",
                    |_, facts| _ = beside(facts, &[BESIDE_SOURCE, BESIDE_TARGET]),
                    vec![],
                ),
                row(
                    "two on one connection are one failure domain",
                    |_, facts| _ = beside(facts, &[BESIDE_TARGET, BESIDE_TARGET]),
                    lost("device", 2, 1),
                ),
                row(
                    "a sibling that is down holds nothing",
                    |_, facts| {
                        beside(facts, &[BESIDE_SOURCE, BESIDE_TARGET]).siblings[0]
                            .virtual_interface
                            .virtual_interface_state = text("down")
                    },
                    lost("device", 2, 1),
                ),
                row(
                    "what is down now is no path that could be lost",
                    |_, facts| {
                        beside(facts, &[BESIDE_TARGET]);
                        facts.virtual_interface.virtual_interface_state = Some("down".to_owned());
                        facts.virtual_interface.bgp_peers[0].bgp_status = Some("down".to_owned());
                    },
                    vec![],
                ),
                row(
                    "without a gateway there are no siblings",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).virtual_interface.direct_connect_gateway_id = None,
                    vec![],
                ),
                row(
                    "the source is not visible, and the interface says where it is",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).source = None,
                    lost("device", 2, 1),
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
                    unknown("location", "AWS did not say the location of each of them, of the source or of the target"),
                ),
                row(
                    "the sibling's device is not known, in the same location",
                    |_, facts| without_devices(port_of_first(beside(facts, &[THIRD_DEVICE]))),
                    unknown("device", "AWS did not say the device of each of them, of the source or of the target"),
                ),
                row(
                    "a device is lost for certain, whatever the unknown location of the source",
                    |_, facts| {
                        beside(facts, &[BESIDE_TARGET]).source = Some(Port { location: None, ..BESIDE_SOURCE(facts) })
                    },
                    lost("device", 2, 1),
                ),
                row(
                    "a path that may be healthy may share the target's device",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).siblings[0].port = None,
                    unknown("device", not_visible),
                ),
                row(
                    "a path that may be healthy may stay on the device that it leaves",
                    |_, facts| beside(facts, &[BESIDE_SOURCE, BESIDE_TARGET]).siblings[0].port = None,
                    unknown("device", "dxvif-fother01: its port dxcon-fbeside2 is not visible"),
                ),
                row(
                    "a path that may be healthy changes nothing elsewhere",
                    |_, facts| beside(facts, &[ELSEWHERE, BESIDE_TARGET]).siblings[0].port = None,
                    lost("device", 2, 1),
                ),
                row(
                    "a path in another account and this Region may end on the target's device",
                    |_, facts| beside(facts, &[]).unseen_paths = Ok(vec![unseen_in(Some("us-east-1"))]),
                    unknown("device", "dxvif-funseen1 of account 210987654321 in us-east-1"),
                ),
                row(
                    "a path of which AWS names no Region may end at the target's location",
                    |_, facts| {
                        onto_other_location(beside(facts, &[]));
                        facts.unseen_paths = Ok(vec![unseen_in(None)]);
                    },
                    unknown("location", "dxvif-funseen1 of account 210987654321"),
                ),
                row(
                    "a path in another Region ends elsewhere",
                    |_, facts| beside(facts, &[]).unseen_paths = Ok(vec![unseen_in(Some("us-west-2"))]),
                    vec![],
                ),
                row(
                    "whether there are others was not to be learned",
                    |_, facts| {
                        let operation = "DescribeDirectConnectGatewayAttachments";
                        let why = "AccessDenied".to_owned();
                        beside(facts, &[]).unseen_paths = Err(Unread { operation, why });
                    },
                    unknown("device", "DescribeDirectConnectGatewayAttachments could not be read (AccessDenied)"),
                ),
                row(
                    "its device stays with another, and a path that is not visible may end on the target itself",
                    |_, facts| beside(facts, &[BESIDE_SOURCE]).unseen_paths = Ok(vec![unseen_in(Some("us-east-1"))]),
                    unknown("connection", "dxvif-funseen1 of account 210987654321 in us-east-1"),
                ),
            ],
        );
    }
}
