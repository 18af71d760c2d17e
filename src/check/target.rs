//! "You can migrate a virtual interface to a new connection within the same Region, but you can't migrate it from one
//! Region to another." "After you enable jumbo frames ... you can only associate it with a connection or LAG that is
//! jumbo frame capable." (User Guide.) And whether the target carries anything: a LAG whose state is `available` may
//! have no link that is up. Knows nothing of what else is on the target.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, Port, PortKind};
use crate::request::Request;

pub(super) const SAME_REGION: Check = Check {
    name: "same-region",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the interface, its port and the target are in the Region that the request is for",
    source: "User Guide, migrate a virtual interface: within the same Region, never from one Region to another",
    run: same_region,
};

pub(super) const CONNECTION_AS_EXPECTED: Check = Check {
    name: "connection-as-expected",
    severity: Severity::Guard,
    basis: Basis::Ours,
    rule: "the interface is where the request expects it, if the request says so",
    source: "the request's own expectedConnectionId; the API has no conditional form",
    run: connection_as_expected,
};

pub(super) const JUMBO_FRAMES: Check = Check {
    name: "jumbo-frames",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "an interface with an MTU above 1500 moves only to a target that is capable of jumbo frames",
    source: "User Guide, set network MTU: an interface with jumbo frames can only be associated with a connection \
             or LAG that is jumbo frame capable; a public interface has 1500",
    run: jumbo_frames,
};

pub(super) const TARGET_STATE: Check = Check {
    name: "target-state",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "the target is available",
    source: "API reference, connectionState and lagState: only an available link is ready for use; which states \
             AssociateVirtualInterface accepts is not documented",
    run: target_state,
};

pub(super) const LAG_LINKS: Check = Check {
    name: "lag-links",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "a target LAG has as many available links as it needs to carry traffic, and at least one",
    source: "User Guide, LAGs: below its minimum of operational connections a LAG is non-operational; \
             API reference, DisassociateConnectionFromLag: a LAG can be empty",
    run: lag_links,
};

pub(super) const LAG_HEADROOM: Check = Check {
    name: "lag-headroom",
    severity: Severity::Notice,
    basis: Basis::Documented,
    rule: "a target LAG can lose a link and still carry traffic",
    source: "User Guide, LAGs: below its minimum of operational connections a LAG is non-operational",
    run: lag_headroom,
};

fn same_region(_: &Request, facts: &Facts) -> Vec<Fault> {
    let (interface, target) = (&facts.virtual_interface, &facts.target);
    let mut places = vec![
        ("virtual interface", &interface.virtual_interface_id, &interface.region),
        ("target", &target.id, &target.region),
    ];
    if let Some(source) = &facts.source {
        places.push(("source", &source.id, &source.region));
    }
    let elsewhere = places.into_iter().filter_map(|(what, id, found)| {
        // Where AWS leaves the Region out, it is the one whose endpoint answered.
        let found = found.clone().filter(|found| *found != facts.region)?;
        Some(Fault::OtherRegion { what: format!("{what} {id}"), found, region: facts.region.clone() })
    });
    elsewhere.collect()
}

fn connection_as_expected(request: &Request, facts: &Facts) -> Vec<Fault> {
    match (&request.expected_connection_id, &facts.virtual_interface.connection_id) {
        (None, _) => vec![],
        (Some(expected), Some(actual)) if expected == actual => vec![],
        (Some(expected), Some(actual)) => {
            vec![Fault::ConnectionNotAsExpected { expected: expected.clone(), actual: actual.clone() }]
        }
        (Some(expected), None) => vec![Fault::cannot_tell(
            format!("whether the virtual interface is on {expected}"),
            "AWS did not say which connection it is on",
        )],
    }
}

fn jumbo_frames(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target.id;
    let cannot_tell =
        |because| vec![Fault::cannot_tell(format!("whether {target} is capable of the interface's MTU"), because)];
    let public = facts.virtual_interface.virtual_interface_type.as_deref() == Some("public");
    let mtu = facts.virtual_interface.mtu.or(public.then_some(1500));
    // The interface's own jumboFrameCapable is about the port that it leaves. 8500 and 9001 are both in use.
    match (mtu, facts.target.jumbo_frame_capable) {
        (_, Some(true)) | (Some(..=1500), _) => vec![],
        (Some(mtu), Some(false)) => vec![Fault::NotJumboCapable { mtu, target: target.clone() }],
        (Some(mtu), None) => {
            cannot_tell(format!("it is {mtu}, and AWS did not say whether {target} is capable of jumbo frames"))
        }
        (None, _) => cannot_tell("AWS did not say which MTU it has".to_owned()),
    }
}

fn target_state(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = facts.target.id.clone();
    match facts.target.state.as_deref() {
        Some("available") => vec![],
        Some("down") => vec![Fault::TargetDown { target }],
        Some(state) => vec![Fault::TargetNotAvailable { target, state: state.to_owned() }],
        None => {
            vec![Fault::cannot_tell(format!("whether {target} is available"), "AWS did not say which state it is in")]
        }
    }
}

/// A LAG of which AWS lists no links has none: it "can be empty", and its state says nothing of that.
fn lag_links(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(lag) = lag(facts) else { return vec![] };
    let (id, of, needed) = (lag.id.clone(), lag.members.len(), lag.links_needed());
    match lag.has_links_up(needed) {
        Some(true) => vec![],
        Some(false) if of == 0 && lag.is_available() == Some(true) => vec![Fault::LagEmpty { lag: id }],
        Some(false) => vec![Fault::LagNotOperational { lag: id, up: lag.links_up(), of, needed }],
        None => vec![Fault::cannot_tell(
            format!("whether LAG {id} has the {needed} available links that it needs"),
            "AWS did not say of every link whether it is up",
        )],
    }
}

fn lag_headroom(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(lag) = lag(facts) else { return vec![] };
    let (up, needed) = (lag.links_up(), lag.links_needed());
    match (lag.has_links_up(needed), lag.has_links_up(needed + 1)) {
        (Some(true), Some(false)) => vec![Fault::LagWithoutHeadroom { lag: lag.id.clone(), up, needed }],
        (Some(true), None) => vec![Fault::cannot_tell(
            format!("whether LAG {} can lose a link", lag.id),
            "AWS did not say of every link whether it is up",
        )],
        _ => vec![],
    }
}

fn lag(facts: &Facts) -> Option<&Port> {
    Some(&facts.target).filter(|target| target.kind == PortKind::Lag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{clean, connection, prove, row};

    #[test]
    fn same_region() {
        fn all(facts: &mut Facts, region: Option<&str>) {
            facts.virtual_interface.region = region.map(str::to_owned);
            facts.target.region = region.map(str::to_owned);
            facts.source.as_mut().unwrap().region = region.map(str::to_owned);
        }
        let elsewhere = |what: &str| Fault::OtherRegion {
            what: what.to_owned(),
            found: "eu-west-1".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let [interface, target, source] =
            ["virtual interface dxvif-fexample", "target dxlag-fexample", "source dxcon-fexample"].map(elsewhere);
        prove(
            &SAME_REGION,
            vec![
                clean(),
                row(
                    "the target alone is elsewhere",
                    |_, facts| facts.target.region = Some("eu-west-1".to_owned()),
                    vec![target.clone()],
                ),
                row("another was asked", |_, facts| all(facts, Some("eu-west-1")), vec![interface, target, source]),
                row("what AWS leaves out is in the Region that answered", |_, facts| all(facts, None), vec![]),
                row("a source that is not visible is nowhere else", |_, facts| facts.source = None, vec![]),
            ],
        );
    }

    #[test]
    fn connection_as_expected() {
        fn expect(request: &mut Request, connection: &str) {
            request.expected_connection_id = Some(connection.to_owned());
        }
        let moved = Fault::ConnectionNotAsExpected {
            expected: "dxcon-fearlier".to_owned(),
            actual: "dxcon-fexample".to_owned(),
        };
        let cannot_tell = Fault::cannot_tell(
            "whether the virtual interface is on dxcon-fexample",
            "AWS did not say which connection it is on",
        );
        prove(
            &CONNECTION_AS_EXPECTED,
            vec![
                clean(),
                row("it is where it is expected", |request, _| expect(request, "dxcon-fexample"), vec![]),
                row("someone moved it meanwhile", |request, _| expect(request, "dxcon-fearlier"), vec![moved]),
                row("nothing is expected", |_, facts| facts.virtual_interface.connection_id = None, vec![]),
                row(
                    "AWS did not say where it is",
                    |request, facts| {
                        expect(request, "dxcon-fexample");
                        facts.virtual_interface.connection_id = None;
                    },
                    vec![cannot_tell],
                ),
            ],
        );
    }

    #[test]
    fn jumbo_frames() {
        fn jumbo(facts: &mut Facts, mtu: Option<i32>, capable: Option<bool>) {
            facts.virtual_interface.mtu = mtu;
            facts.target.jumbo_frame_capable = capable;
        }
        let not_capable = |mtu| vec![Fault::NotJumboCapable { mtu, target: "dxlag-fexample".to_owned() }];
        let cannot_tell = |because: &str| {
            vec![Fault::cannot_tell("whether dxlag-fexample is capable of the interface's MTU", because)]
        };
        let of_mtu = cannot_tell("AWS did not say which MTU it has");
        let of_target =
            cannot_tell("it is 1501, and AWS did not say whether dxlag-fexample is capable of jumbo frames");
        prove(
            &JUMBO_FRAMES,
            vec![
                clean(),
                row("1500 and capable", |_, facts| jumbo(facts, Some(1500), Some(true)), vec![]),
                row("1500 and not capable", |_, facts| jumbo(facts, Some(1500), Some(false)), vec![]),
                row("1500 and AWS did not say", |_, facts| jumbo(facts, Some(1500), None), vec![]),
                row("1501 and capable", |_, facts| jumbo(facts, Some(1501), Some(true)), vec![]),
                row("1501 and not capable", |_, facts| jumbo(facts, Some(1501), Some(false)), not_capable(1501)),
                row("1501 and AWS did not say", |_, facts| jumbo(facts, Some(1501), None), of_target),
                row("8500 and not capable", |_, facts| jumbo(facts, Some(8500), Some(false)), not_capable(8500)),
                row("9001 and capable", |_, facts| jumbo(facts, Some(9001), Some(true)), vec![]),
                row("9001 and not capable", |_, facts| jumbo(facts, Some(9001), Some(false)), not_capable(9001)),
                row("no MTU and capable", |_, facts| jumbo(facts, None, Some(true)), vec![]),
                row("no MTU and not capable", |_, facts| jumbo(facts, None, Some(false)), of_mtu.clone()),
                row("no MTU and AWS did not say", |_, facts| jumbo(facts, None, None), of_mtu),
                row(
                    "no MTU of a public interface, which is always 1500",
                    |_, facts| {
                        jumbo(facts, None, Some(false));
                        facts.virtual_interface.virtual_interface_type = Some("public".to_owned());
                    },
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn target_state() {
        fn state(facts: &mut Facts, state: &str) {
            facts.target.state = Some(state.to_owned());
        }
        let target = || "dxlag-fexample".to_owned();
        let down = Fault::TargetDown { target: target() };
        let not_available = |state: &str| vec![Fault::TargetNotAvailable { target: target(), state: state.to_owned() }];
        let cannot_tell =
            Fault::cannot_tell("whether dxlag-fexample is available", "AWS did not say which state it is in");
        prove(
            &TARGET_STATE,
            vec![
                clean(),
                row("down, as the interface would be there", |_, facts| state(facts, "down"), vec![down]),
                row("not up yet", |_, facts| state(facts, "pending"), not_available("pending")),
                row("going", |_, facts| state(facts, "deleting"), not_available("deleting")),
                row("AWS does not know itself", |_, facts| state(facts, "unknown"), not_available("unknown")),
                row("AWS did not say", |_, facts| facts.target.state = None, vec![cannot_tell]),
                row("the links of a LAG are another check's", |_, facts| facts.target.members.clear(), vec![]),
            ],
        );
    }

    /// The example's LAG with links in these states (`""`: AWS did not say) and this minimum.
    fn links(facts: &mut Facts, states: &[&str], minimum_links: i32) {
        let member = facts.target.members[0].clone();
        let state = |state: &str| Some(state.to_owned()).filter(|state| !state.is_empty());
        facts.target.members = states.iter().map(|text| Port { state: state(text), ..member.clone() }).collect();
        facts.target.minimum_links = minimum_links;
    }

    fn not_a_lag(facts: &mut Facts) {
        facts.target = connection("dxcon-ftarget1", "EqDC2", "2lmn3opqrstuv");
    }

    #[test]
    fn lag_links() {
        let lag = || "dxlag-fexample".to_owned();
        let too_few = |up, of, needed| vec![Fault::LagNotOperational { lag: lag(), up, of, needed }];
        let cannot_tell = |needed: usize| {
            vec![Fault::cannot_tell(
                format!("whether LAG dxlag-fexample has the {needed} available links that it needs"),
                "AWS did not say of every link whether it is up",
            )]
        };
        prove(
            &LAG_LINKS,
            vec![
                clean(),
                row("one is up and enough", |_, facts| links(facts, &["available", "down"], 1), vec![]),
                row("one is enough for 0", |_, facts| links(facts, &["available", "down"], 0), vec![]),
                row("none is not, even for 0", |_, facts| links(facts, &["down", "down"], 0), too_few(0, 2, 1)),
                row("one short", |_, facts| links(facts, &["available", "down"], 2), too_few(1, 2, 2)),
                row("just enough", |_, facts| links(facts, &["available", "available"], 2), vec![]),
                row("only available is up", |_, facts| links(facts, &["pending", "deleting"], 0), too_few(0, 2, 1)),
                row("one may be up and enough", |_, facts| links(facts, &["available", ""], 2), cannot_tell(2)),
                row("unknown is no answer", |_, facts| links(facts, &["unknown"], 0), cannot_tell(1)),
                row("even up it is not enough", |_, facts| links(facts, &["available", ""], 3), too_few(1, 2, 3)),
                row("it is not needed", |_, facts| links(facts, &["available", ""], 1), vec![]),
                row(
                    "no links, and yet available",
                    |_, facts| links(facts, &[], 0),
                    vec![Fault::LagEmpty { lag: lag() }],
                ),
                row(
                    "no links and no state",
                    |_, facts| {
                        links(facts, &[], 0);
                        facts.target.state = None;
                    },
                    too_few(0, 0, 1),
                ),
                row("not a LAG", |_, facts| not_a_lag(facts), vec![]),
            ],
        );
    }

    #[test]
    fn lag_headroom() {
        let none = |up, needed| vec![Fault::LagWithoutHeadroom { lag: "dxlag-fexample".to_owned(), up, needed }];
        let cannot_tell = Fault::cannot_tell(
            "whether LAG dxlag-fexample can lose a link",
            "AWS did not say of every link whether it is up",
        );
        prove(
            &LAG_HEADROOM,
            vec![
                clean(),
                row("two of two", |_, facts| links(facts, &["available", "available"], 2), none(2, 2)),
                row("two of one", |_, facts| links(facts, &["available", "available"], 1), vec![]),
                row("one is up, for 0", |_, facts| links(facts, &["available", "down"], 0), none(1, 1)),
                row("another may be up", |_, facts| links(facts, &["available", ""], 1), vec![cannot_tell]),
                row("too few is another check's", |_, facts| links(facts, &["available"], 2), vec![]),
                row("not a LAG", |_, facts| not_a_lag(facts), vec![]),
            ],
        );
    }
}
