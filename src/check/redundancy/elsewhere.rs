//! Whether, once the interface has arrived, one fault can still take all healthy paths: "terminating both on the same
//! Direct Connect device leaves a single point of failure" (AWS agent toolkit). Looks at the target only; what the move
//! changes is judged in [`super::spread`].

use super::health::Health;
use super::paths::{self, Path};
use super::place::Place;
use super::unseen::siblings_unread;
use super::{Basis, Check, Fault, Severity};
use crate::check::traffic::carries_traffic;
use crate::facts::Facts;
use crate::request::Request;

pub(in crate::check) const HEALTHY_PATH_ELSEWHERE: Check = Check {
    name: "healthy-path-elsewhere",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "after the move a healthy path of its gateway ends on another AWS device than the target",
    source: "User Guide, resiliency toolkit: separate connections on separate devices in more than one location",
    run: healthy_path_elsewhere,
};

/// Holds for an interface that is down now as well: after a failover onto the one device that the other path ends on,
/// a single fault takes both.
fn healthy_path_elsewhere(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(gateway) = facts.virtual_interface.gateway() else { return Vec::new() };
    let target = Place::of_port(&facts.target);
    let cannot_tell = |because| {
        let what = format!("whether gateway {gateway} has a healthy path on another device than {}", facts.target.id);
        vec![Fault::cannot_tell(what, because)]
    };
    if let Some(unread) = siblings_unread(facts) {
        return cannot_tell(unread);
    }
    let paths = paths::siblings(facts);
    let healthy: Vec<_> = paths.iter().filter(|path| path.health == Health::Healthy).collect();
    let shared: Vec<_> = healthy.iter().map(|path| path.place.same_device(&target)).collect();
    if shared.contains(&Some(false)) {
        return Vec::new();
    }
    if shared.contains(&None) {
        return cannot_tell(format!(
            "AWS did not say on which devices {} and {} end",
            paths::ids(healthy),
            facts.target.id
        ));
    }
    if healthy.is_empty() {
        // A failover is held up no more by siblings that may be dead than by dead ones.
        if carries_traffic(facts) == Some(false) {
            return Vec::new();
        }
        let may_share = paths.iter().filter(|path| path.place.same_device(&target) != Some(false));
        let doubts: Vec<_> = may_share.filter_map(Path::doubt).collect();
        return if doubts.is_empty() { Vec::new() } else { cannot_tell(doubts.join(", ")) };
    }
    let all_on_target = healthy.iter().all(|path| path.place.same_port(&target) == Some(true));
    let (shared, place) = match healthy.iter().find_map(|path| path.place.shared_device(&target)) {
        Some(device) if !all_on_target => ("device", device),
        _ => ("port", facts.target.id.as_str()),
    };
    vec![Fault::OtherPathsShareTarget {
        gateway: gateway.to_owned(),
        shared: shared.to_owned(),
        place: place.to_owned(),
        others: paths::ids(healthy),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{
        BESIDE_TARGET, ELSEWHERE, ON_TARGET, THIRD_DEVICE, beside, denied, down_beside, first_without_devices,
        port_of_first, row, text, without_devices,
    };
    use super::*;
    use crate::check::example::{GATEWAY, prove};

    fn shares(shared: &str, place: &str, others: &str) -> Vec<Fault> {
        let (gateway, shared) = (GATEWAY.to_owned(), shared.to_owned());
        vec![Fault::OtherPathsShareTarget { gateway, shared, place: place.to_owned(), others: others.to_owned() }]
    }

    fn shares_device(others: &str) -> Vec<Fault> {
        shares("device", "EqDC2-2lmn3opqrstuv", others)
    }

    fn elsewhere_unknown(because: &str) -> Vec<Fault> {
        let what = format!("whether gateway {GATEWAY} has a healthy path on another device than dxlag-fexample");
        vec![Fault::cannot_tell(what, because)]
    }

    #[test]
    fn healthy_path_elsewhere() {
        prove(
            &HEALTHY_PATH_ELSEWHERE,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("another location", |_, facts| _ = beside(facts, &[ELSEWHERE]), vec![]),
                row("another device of the same location", |_, facts| _ = beside(facts, &[THIRD_DEVICE]), vec![]),
                row(
                    "another connection on the target's device",
                    |_, facts| _ = beside(facts, &[BESIDE_TARGET]),
                    shares_device("dxvif-fother01"),
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
                    shares_device("dxvif-fother01, dxvif-fother02"),
                ),
                row("the best of them counts", |_, facts| _ = beside(facts, &[ON_TARGET, THIRD_DEVICE]), vec![]),
                row(
                    "only healthy ones count",
                    |_, facts| {
                        beside(facts, &[ELSEWHERE, BESIDE_TARGET]);
                        facts.siblings[0].virtual_interface.virtual_interface_state = text("down");
                    },
                    shares_device("dxvif-fother02"),
                ),
                row(
                    "the failover onto the sibling's own device, with the moving interface down",
                    |_, facts| _ = down_beside(facts, &[BESIDE_TARGET]),
                    shares_device("dxvif-fother01"),
                ),
                row(
                    "the failover beside a sibling that may be dead",
                    |_, facts| down_beside(facts, &[BESIDE_TARGET]).siblings[0].port = None,
                    vec![],
                ),
                row(
                    "another logical device of the target's physical one",
                    |_, facts| {
                        beside(facts, &[BESIDE_TARGET]);
                        port_of_first(facts).aws_logical_device_id = text("EqDC2-7abc8defghijk");
                    },
                    shares_device("dxvif-fother01"),
                ),
                row("no sibling is known", |_, facts| _ = beside(facts, &[]), vec![]),
            ],
        );
    }

    #[test]
    fn healthy_path_elsewhere_or_cannot_be_told() {
        prove(
            &HEALTHY_PATH_ELSEWHERE,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "the one that may be healthy may share the target's device",
                    |_, facts| beside(facts, &[BESIDE_TARGET]).siblings[0].port = None,
                    elsewhere_unknown("dxvif-fother01: its port dxcon-fbeside1 is not visible"),
                ),
                row(
                    "the one that may be healthy does not share it",
                    |_, facts| beside(facts, &[THIRD_DEVICE]).siblings[0].port = None,
                    vec![],
                ),
                row(
                    "one that may be healthy elsewhere excuses nothing",
                    |_, facts| beside(facts, &[ELSEWHERE, BESIDE_TARGET]).siblings[0].port = None,
                    shares_device("dxvif-fother02"),
                ),
                row(
                    "the siblings could not be listed",
                    |_, facts| beside(facts, &[]).unread = vec![denied("DescribeVirtualInterfaces")],
                    elsewhere_unknown("DescribeVirtualInterfaces could not be read (AccessDenied)"),
                ),
                row(
                    "the siblings of one that is down could not be listed, and one may share the target's device",
                    |_, facts| down_beside(facts, &[]).unread = vec![denied("DescribeVirtualInterfaces")],
                    elsewhere_unknown("DescribeVirtualInterfaces could not be read (AccessDenied)"),
                ),
                row(
                    "another listing could not be read",
                    |_, facts| beside(facts, &[ELSEWHERE]).unread = vec![denied("DescribeLags")],
                    vec![],
                ),
                row(
                    "without a gateway there are no siblings",
                    |_, facts| beside(facts, &[ON_TARGET]).virtual_interface.direct_connect_gateway_id = None,
                    vec![],
                ),
                row(
                    "the sibling's device is not known, in the target's location",
                    |_, facts| _ = first_without_devices(beside(facts, &[BESIDE_TARGET])),
                    elsewhere_unknown("AWS did not say on which devices dxvif-fother01 and dxlag-fexample end"),
                ),
                row(
                    "the target's device is not known, in the sibling's location",
                    |_, facts| without_devices(&mut beside(facts, &[THIRD_DEVICE]).target),
                    elsewhere_unknown("AWS did not say on which devices dxvif-fother01 and dxlag-fexample end"),
                ),
                row(
                    "neither the sibling's device nor its location is known",
                    |_, facts| {
                        first_without_devices(beside(facts, &[ELSEWHERE]));
                        port_of_first(facts).location = None;
                        facts.siblings[0].virtual_interface.location = None;
                    },
                    elsewhere_unknown("AWS did not say on which devices dxvif-fother01 and dxlag-fexample end"),
                ),
                row(
                    "its device is not known, and the other location is enough",
                    |_, facts| _ = first_without_devices(beside(facts, &[ELSEWHERE])),
                    vec![],
                ),
                row(
                    "its port's device is not known, and it says itself that it shares the target's",
                    |_, facts| without_devices(port_of_first(beside(facts, &[BESIDE_TARGET]))),
                    shares_device("dxvif-fother01"),
                ),
            ],
        );
    }
}
