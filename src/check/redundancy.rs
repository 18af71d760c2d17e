//! "A virtual private gateway has less than two virtual interfaces, or the interfaces are not configured to multiple
//! Direct Connect connections" (Trusted Advisor, 4g3Nt5M1Th). A move interrupts one path of a gateway, so another must
//! carry the traffic meanwhile; and afterwards they must not all end on one thing.
//!
//! This file counts the paths. Whether the moving interface is one is in [`super::traffic`], which siblings are healthy
//! ones in [`health`], which paths are not visible in [`mod@unseen`], and where they end in [`elsewhere`] and [`spread`].

use super::fault::{Siblings, UnhealthySibling};
use super::traffic::carries_traffic;
use super::{Basis, Check, Fault, Severity};
use crate::facts::Facts;
use crate::request::Request;
use health::Health;
use paths::Path;
use unseen::{siblings_unread, unseen};

pub(super) use elsewhere::HEALTHY_PATH_ELSEWHERE;
pub(super) use place::Place;
pub(super) use spread::REDUNDANCY_KEPT;
pub(super) use unseen::PATHS_VISIBLE;

mod elsewhere;
#[cfg(test)]
mod fixtures;
mod health;
mod paths;
mod place;
mod spread;
mod unseen;

pub(super) const HEALTHY_PATH_REMAINS: Check = Check {
    name: "healthy-path-remains",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "while a healthy path is moved, its gateway keeps enough other healthy ones, each on a port of its own and \
           in every address family",
    source: "Trusted Advisor, check 4g3Nt5M1Th: a gateway has at least two interfaces, on more than one connection",
    run: healthy_path_remains,
};

fn healthy_path_remains(_: &Request, facts: &Facts) -> Vec<Fault> {
    let interface = &facts.virtual_interface;
    let needed = facts.min_healthy_paths;
    if needed == 0 || carries_traffic(facts) == Some(false) {
        return Vec::new();
    }
    let cannot_tell = |because: &str| vec![Fault::cannot_tell("whether another healthy path remains", because)];
    let Some(gateway) = interface.gateway() else {
        return match interface.virtual_interface_type.as_deref() {
            Some("public") => cannot_tell(
                "a public interface shares no gateway with others; AWS does not tell which others serve its prefixes",
            ),
            _ => cannot_tell("AWS did not say which gateway it serves"),
        };
    };
    if let Some(unread) = siblings_unread(facts) {
        return cannot_tell(&unread);
    }

    let paths = paths::siblings(facts);
    let ports = paths::ports(&paths, |health| *health == Health::Healthy);
    let healthy = ports.len();
    if healthy >= needed {
        return Vec::new();
    }
    let settling = paths::ports(&paths, |health| matches!(health, Health::Settling(_)));
    let settling = settling.difference(&ports).count();
    let (gateway, siblings) = (gateway.to_owned(), unhealthy(&paths));
    let is_another = |path: &&Path| path.place.port.is_none_or(|port| !ports.contains(port));
    let mut unknown: Vec<String> = paths.iter().filter(is_another).filter_map(Path::doubt).collect();
    let (complete, unseen) = unseen(facts, |_| true);
    unknown.extend(unseen);
    if unknown.is_empty() {
        return vec![Fault::TooFewHealthyPaths { gateway, healthy, needed, settling, siblings }];
    }
    let (unseen, because) = (complete.then_some(unknown.len()), unknown.join(", "));
    vec![Fault::HealthyPathsUnseen { gateway, healthy, needed, settling, unseen, because, siblings }]
}

/// The ids of the interfaces that must not be moved at the same moment, for among them are the paths that have to remain:
/// all visible ones of the gateway, healthy or not, unless no path has to, or the request accepts that none does.
pub(crate) fn must_stay<'a>(request: &Request, facts: &'a Facts) -> impl Iterator<Item = &'a str> {
    let accepted = request.overrides.iter().any(|one| one.check == HEALTHY_PATH_REMAINS.name);
    let none = accepted || facts.min_healthy_paths == 0 || carries_traffic(facts) == Some(false);
    let siblings = facts.siblings.iter().filter(move |_| !none);
    siblings.map(|sibling| sibling.virtual_interface.virtual_interface_id.as_str())
}

fn unhealthy(paths: &[Path]) -> Siblings {
    let unhealthy = |path: &Path| match &path.health {
        Health::Unhealthy(because) | Health::Settling(because) => Some(UnhealthySibling {
            virtual_interface: path.interface.virtual_interface_id.clone(),
            because: because.clone(),
            settling: matches!(path.health, Health::Settling(_)),
        }),
        Health::Healthy | Health::Unknown(_) => None,
    };
    Siblings(paths.iter().filter_map(unhealthy).collect())
}

#[cfg(test)]
mod tests {
    use super::fixtures::{ANOTHERS, DOWN, denied, ipv6, lag_with_links, row, sibling, text, unseen_in};
    use super::*;
    use crate::check::example::{GATEWAY, OTHER_ACCOUNT, bring_up, connection, example, prove};
    use crate::facts::{Attachment, VirtualInterface};

    type Listed<'a> = &'a [(&'a str, &'a str, bool)];

    fn too_few(healthy: usize, needed: usize, siblings: Listed) -> Vec<Fault> {
        let settling = siblings.iter().filter(|(.., settling)| *settling).count();
        let (gateway, siblings) = (GATEWAY.to_owned(), listed(siblings));
        vec![Fault::TooFewHealthyPaths { gateway, healthy, needed, settling, siblings }]
    }

    /// None is known to be healthy, and one is needed.
    fn unknown(unseen: Option<usize>, because: &str, siblings: Listed) -> Vec<Fault> {
        let settling = siblings.iter().filter(|(.., settling)| *settling).count();
        vec![Fault::HealthyPathsUnseen {
            gateway: GATEWAY.to_owned(),
            healthy: 0,
            needed: 1,
            settling,
            unseen,
            because: because.to_owned(),
            siblings: listed(siblings),
        }]
    }

    fn listed(siblings: Listed) -> Siblings {
        let listed = |(id, because, settling): &(&str, &str, bool)| UnhealthySibling {
            virtual_interface: (*id).to_owned(),
            because: (*because).to_owned(),
            settling: *settling,
        };
        Siblings(siblings.iter().map(listed).collect())
    }

    fn cannot_tell(because: &str) -> Vec<Fault> {
        vec![Fault::cannot_tell("whether another healthy path remains", because)]
    }

    /// The moving interface is up; to mutate further.
    fn up(facts: &mut Facts) -> &mut Facts {
        bring_up(facts);
        facts
    }

    /// It is up and has no sibling.
    fn alone(facts: &mut Facts) -> &mut Facts {
        bring_up(facts);
        facts.siblings.clear();
        facts
    }

    /// It is up and has two siblings, on connections of their own.
    fn with_two(facts: &mut Facts) -> &mut Facts {
        bring_up(facts);
        let port = connection("dxcon-fanother", "EqMU1", "6yza7bcdefghi");
        facts.siblings.push(sibling("dxvif-fanother", port, 104));
        facts
    }

    /// It is up and has two siblings on one connection.
    fn with_two_on_one(facts: &mut Facts) -> &mut Facts {
        with_two(facts).siblings[1].port = facts.siblings[0].port.clone();
        facts.siblings[1].virtual_interface.connection_id = facts.siblings[0].virtual_interface.connection_id.clone();
        facts
    }

    /// It is up, and this is its sibling.
    fn sibling_of(facts: &mut Facts) -> &mut VirtualInterface {
        &mut up(facts).siblings[0].virtual_interface
    }

    #[test]
    fn healthy_path_remains_of_what_is_visible() {
        prove(
            &HEALTHY_PATH_REMAINS,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("it is up and has a healthy sibling", |_, facts| bring_up(facts), vec![]),
                row("it is up and alone", |_, facts| _ = alone(facts), too_few(0, 1, &[])),
                row("it is down and alone: the failover takes nothing away", |_, facts| facts.siblings.clear(), vec![]),
                row("none has to remain", |_, facts| alone(facts).min_healthy_paths = 0, vec![]),
                row("one remains and two are needed", |_, facts| up(facts).min_healthy_paths = 2, too_few(1, 2, &[])),
                row("two remain and two are needed", |_, facts| with_two(facts).min_healthy_paths = 2, vec![]),
                row(
                    "two on one connection are one path",
                    |_, facts| with_two_on_one(facts).min_healthy_paths = 2,
                    too_few(1, 2, &[]),
                ),
                row(
                    "one that may be healthy, beside a healthy one on its connection, is no other path",
                    |_, facts| {
                        with_two_on_one(facts).min_healthy_paths = 2;
                        facts.siblings[1].virtual_interface.virtual_interface_state = None;
                    },
                    too_few(1, 2, &[]),
                ),
                row(
                    "two remain and three are needed",
                    |_, facts| with_two(facts).min_healthy_paths = 3,
                    too_few(2, 3, &[]),
                ),
                row(
                    "the sibling carries IPv4 only, and IPv6 is up here",
                    |_, facts| up(facts).virtual_interface.bgp_peers.push(ipv6("up")),
                    too_few(0, 1, &[("dxvif-fsibling", "no IPv6 session is up", false)]),
                ),
                row(
                    "two siblings with one family each are no path for both",
                    |_, facts| {
                        with_two(facts).virtual_interface.bgp_peers.push(ipv6("up"));
                        facts.siblings[1].virtual_interface.bgp_peers = vec![ipv6("up")];
                    },
                    too_few(
                        0,
                        1,
                        &[
                            ("dxvif-fsibling", "no IPv6 session is up", false),
                            ("dxvif-fanother", "no IPv4 session is up", false),
                        ],
                    ),
                ),
                row(
                    "a sibling that is moving itself may be healthy soon",
                    |_, facts| sibling_of(facts).virtual_interface_state = text("pending"),
                    too_few(0, 1, &[("dxvif-fsibling", "its state is pending", true)]),
                ),
                row(
                    "a sibling under a failover test is no path",
                    |_, facts| sibling_of(facts).virtual_interface_state = text("testing"),
                    too_few(0, 1, &[("dxvif-fsibling", "its state is testing", false)]),
                ),
                row(
                    "a sibling that is moving itself and never had IPv6, which is up here",
                    |_, facts| {
                        up(facts).virtual_interface.bgp_peers.push(ipv6("up"));
                        facts.siblings[0].virtual_interface.virtual_interface_state = text("pending");
                    },
                    too_few(0, 1, &[("dxvif-fsibling", "no IPv6 session is up", false)]),
                ),
                row(
                    "a sibling that is being deleted is no path, and waiting does not help",
                    |_, facts| {
                        sibling_of(facts).virtual_interface_state = text("deleting");
                        sibling_of(facts).bgp_peers[0].bgp_peer_state = text("deleting");
                    },
                    too_few(0, 1, &[("dxvif-fsibling", "its state is deleting", false)]),
                ),
                row(
                    "the sibling's LAG is available without a single live link",
                    |_, facts| {
                        let port = lag_with_links([DOWN, DOWN]);
                        up(facts).siblings = vec![sibling("dxvif-fsibling", port, 103)];
                    },
                    too_few(0, 1, &[("dxvif-fsibling", "LAG dxlag-felsewhr has 0 of 2 links up and needs 1", false)]),
                ),
                row(
                    "a virtual private gateway serves as well",
                    |_, facts| {
                        alone(facts).virtual_interface.direct_connect_gateway_id = None;
                        facts.virtual_interface.virtual_gateway_id = text(GATEWAY);
                    },
                    too_few(0, 1, &[]),
                ),
            ],
        );
    }

    #[test]
    fn healthy_path_remains_or_cannot_be_told() {
        prove(
            &HEALTHY_PATH_REMAINS,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "a sibling whose port is not visible is neither healthy nor absent",
                    |_, facts| up(facts).siblings[0].port = None,
                    unknown(Some(1), "dxvif-fsibling: its port dxcon-felsewhr is not visible", &[]),
                ),
                row(
                    "a path of another account and Region, beside a sibling that settles",
                    |_, facts| {
                        sibling_of(facts).virtual_interface_state = text("verifying");
                        facts.unseen_paths = Ok(vec![unseen_in(Some("us-west-2"))]);
                    },
                    unknown(
                        Some(1),
                        "dxvif-funseen1 of account 210987654321 in us-west-2",
                        &[("dxvif-fsibling", "its state is verifying", true)],
                    ),
                ),
                row(
                    "two paths of which AWS did not say all",
                    |_, facts| alone(facts).unseen_paths = Ok(vec![unseen_in(None), Attachment::default()]),
                    unknown(Some(2), "dxvif-funseen1 of account 210987654321, an interface", &[]),
                ),
                row(
                    "whether there are others was not to be learned",
                    |_, facts| {
                        alone(facts).unseen_paths = Err(denied("DescribeDirectConnectGatewayAttachments"));
                    },
                    unknown(None, "DescribeDirectConnectGatewayAttachments could not be read (AccessDenied)", &[]),
                ),
                row(
                    "another account's interface, of whose gateway not all is visible here",
                    |_, facts| alone(facts).virtual_interface.owner_account = text(OTHER_ACCOUNT),
                    unknown(None, ANOTHERS, &[]),
                ),
                row(
                    "an interface that may be another account's, beside a sibling that is down",
                    |_, facts| {
                        sibling_of(facts).virtual_interface_state = text("down");
                        facts.virtual_interface.owner_account = None;
                    },
                    unknown(None, ANOTHERS, &[("dxvif-fsibling", "its state is down", false)]),
                ),
                row(
                    "another account's interface with enough visible paths",
                    |_, facts| up(facts).virtual_interface.owner_account = text(OTHER_ACCOUNT),
                    vec![],
                ),
                row(
                    "enough are visible, so the others do not matter",
                    |_, facts| up(facts).unseen_paths = Err(denied("DescribeDirectConnectGatewayAttachments")),
                    vec![],
                ),
                row(
                    "the siblings could not be listed",
                    |_, facts| alone(facts).unread = vec![denied("DescribeVirtualInterfaces")],
                    cannot_tell("DescribeVirtualInterfaces could not be read (AccessDenied)"),
                ),
                row("another listing was denied", |_, facts| up(facts).unread = vec![denied("DescribeLags")], vec![]),
                row(
                    "public interfaces, all without a gateway, are not siblings for that",
                    |_, facts| {
                        up(facts).virtual_interface.virtual_interface_type = text("public");
                        facts.virtual_interface.direct_connect_gateway_id = None;
                        sibling_of(facts).virtual_interface_type = text("public");
                        sibling_of(facts).direct_connect_gateway_id = None;
                    },
                    cannot_tell(
                        "a public interface shares no gateway with others; AWS does not tell which others serve its \
                         prefixes",
                    ),
                ),
                row(
                    "a public interface that is down",
                    |_, facts| {
                        facts.virtual_interface.virtual_interface_type = text("public");
                        facts.virtual_interface.direct_connect_gateway_id = None;
                    },
                    vec![],
                ),
                row(
                    "none has to remain, so nothing has to be known",
                    |_, facts| {
                        alone(facts).min_healthy_paths = 0;
                        facts.virtual_interface.direct_connect_gateway_id = None;
                    },
                    vec![],
                ),
                row(
                    "a private interface without a gateway",
                    |_, facts| up(facts).virtual_interface.direct_connect_gateway_id = None,
                    cannot_tell("AWS did not say which gateway it serves"),
                ),
            ],
        );
    }

    #[test]
    fn waiting_helps_where_enough_siblings_settle() {
        let one = |settling| [("dxvif-fsibling", "its state is pending", settling)];
        for settling in [true, false] {
            let faults = [too_few(0, 1, &one(settling)), unknown(Some(1), "dxvif-funseen1", &one(settling))];
            assert!(faults.iter().flatten().all(|fault| fault.may_clear() == settling), "{faults:?}");
        }
        assert!(!too_few(0, 2, &one(true))[0].may_clear(), "one settles and two are needed");
        assert!(too_few(1, 2, &one(true))[0].may_clear(), "one settles beside a healthy one");

        let (request, mut facts) = example();
        let both = with_two_on_one(&mut facts);
        both.min_healthy_paths = 2;
        both.siblings.iter_mut().for_each(|one| one.virtual_interface.virtual_interface_state = text("pending"));
        let found = healthy_path_remains(&request, &facts);
        assert!(!found[0].may_clear(), "two that settle on one connection are one path: {found:?}");
    }
}
