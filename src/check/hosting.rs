//! "Virtual interfaces associated with a hosted connection cannot be associated with a LAG" (API reference,
//! AssociateVirtualInterface), and "You can't migrate a VIF from one hosted connection to another hosted connection."
//! (User Guide.) Of every other move to or from a port that is not simply one's own AWS says nothing. What a hosted
//! connection is, the facts say; how many interfaces it takes, `capacity` says.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, Port, PortKind};
use crate::request::Request;

pub(super) const HOSTED_CONNECTION_STAYS: Check = Check {
    name: "hosted-connection-stays",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the interface of a hosted connection moves neither to a LAG nor to another hosted connection",
    source: "API reference, AssociateVirtualInterface: not from a hosted connection to a LAG; \
             User Guide, migrate a virtual interface: not from one hosted connection to another",
    run: hosted_connection_stays,
};

pub(super) const HOSTED_SOURCE: Check = Check {
    name: "hosted-source",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "the interface does not leave a hosted connection for a dedicated one",
    source: "AWS neither allows nor forbids it; the VLAN is the partner's",
    run: hosted_source,
};

pub(super) const HOSTED_TARGET: Check = Check {
    name: "hosted-target",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "the target is not a hosted connection, least of all one with another VLAN",
    source: "AWS neither allows nor forbids it; a hosted connection carries the one VLAN that its partner gave it",
    run: hosted_target,
};

pub(super) const TARGET_NOT_LAG_MEMBER: Check = Check {
    name: "target-not-lag-member",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "a target connection is not a member of a LAG",
    source: "User Guide, LAGs: the LAG's configuration applies to all its connections; \
             API reference, AssociateConnectionWithLag: interfaces of a connection become the LAG's when it joins",
    run: target_not_lag_member,
};

pub(super) const TARGET_NOT_PARTNER_PORT: Check = Check {
    name: "target-not-partner-port",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "the target is neither an interconnect nor a partner's LAG",
    source: "API reference, CreateLag: interfaces of a partner's LAG cannot be directly configured",
    run: target_not_partner_port,
};

fn hosted_connection_stays(_: &Request, facts: &Facts) -> Vec<Fault> {
    // A source that is not visible to the caller is not the caller's hosted connection.
    let Some(source) = facts.source.as_ref().filter(|source| source.is_hosted_connection()) else { return vec![] };
    let (from, target) = (source.id.clone(), facts.target.id.clone());
    if facts.target.kind == PortKind::Lag {
        vec![Fault::HostedConnectionToLag { from, partner: source.partner_name.clone().unwrap_or_default(), target }]
    } else if facts.target.is_hosted_connection() {
        vec![Fault::HostedConnectionToHosted { from, target }]
    } else {
        vec![]
    }
}

fn hosted_source(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(source) = &facts.source else { return vec![] };
    if let Some(fault) = hosting_in_doubt(source) {
        return vec![fault];
    }
    let to_dedicated = facts.target.kind == PortKind::Connection && !facts.target.is_hosted_connection();
    if source.is_hosted_connection() && to_dedicated {
        let partner = source.partner_name.clone().unwrap_or_default();
        vec![Fault::SourceIsHosted { from: source.id.clone(), partner }]
    } else {
        vec![]
    }
}

fn hosted_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target;
    if let Some(fault) = hosting_in_doubt(target) {
        return vec![fault];
    }
    let Some(target_vlan) = target.vlan.filter(|_| target.is_hosted_connection()) else { return vec![] };
    let mut faults = vec![Fault::TargetIsHosted { target: target.id.clone() }];
    match facts.virtual_interface.vlan {
        Some(vlan) if vlan == target_vlan => {}
        Some(vlan) => {
            faults.push(Fault::VlanDiffersFromHostedTarget { target: target.id.clone(), target_vlan, vlan });
        }
        None => faults.push(Fault::cannot_tell(
            format!("whether its VLAN is {target_vlan}, that of {}", target.id),
            "AWS did not say which VLAN it has",
        )),
    }
    faults
}

fn target_not_lag_member(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target;
    // A hosted connection on a partner's LAG names that LAG too, and is a target of its own.
    let lag = target.lag_id.as_ref().filter(|_| !target.is_hosted_connection());
    lag.map(|lag| Fault::TargetIsLagMember { target: target.id.clone(), lag: lag.clone() }).into_iter().collect()
}

fn target_not_partner_port(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = facts.target.id.clone();
    if facts.target.interconnect {
        vec![Fault::TargetIsInterconnect { target }]
    } else if facts.target.allows_hosted_connections {
        vec![Fault::TargetIsPartnerLag { target }]
    } else {
        vec![]
    }
}

/// A hosted connection has a VLAN and a partner, a dedicated one has neither. With one of the two it is anyone's guess,
/// and a guess is not enough for a refusal: the guards alone say so.
fn hosting_in_doubt(port: &Port) -> Option<Fault> {
    let (given, missing) = match (port.kind, port.vlan, &port.partner_name) {
        (PortKind::Connection, Some(vlan), None) => (format!("VLAN {vlan}"), "partner"),
        (PortKind::Connection, None, Some(partner)) => (format!("partner {partner}"), "VLAN"),
        _ => return None,
    };
    Some(Fault::cannot_tell(
        format!("whether {} is a hosted connection", port.id),
        format!("AWS gave it {given} and no {missing}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{clean, connection, prove, row};

    fn dedicated(id: &str) -> Port {
        connection(id, "EqDC2", "2lmn3opqrstuv")
    }

    fn hosted(id: &str, vlan: i32) -> Port {
        Port { vlan: Some(vlan), partner_name: Some("Example Networks".to_owned()), ..dedicated(id) }
    }

    fn hosted_source_to(facts: &mut Facts, target: Port) {
        facts.source = Some(hosted("dxcon-fexample", 101));
        facts.target = target;
    }

    fn in_doubt(id: &str, because: &str) -> Fault {
        Fault::cannot_tell(format!("whether {id} is a hosted connection"), because)
    }

    #[test]
    fn hosted_connection_stays() {
        let to_lag = Fault::HostedConnectionToLag {
            from: "dxcon-fexample".to_owned(),
            partner: "Example Networks".to_owned(),
            target: "dxlag-fexample".to_owned(),
        };
        let to_hosted =
            Fault::HostedConnectionToHosted { from: "dxcon-fexample".to_owned(), target: "dxcon-fhosted1".to_owned() };
        prove(
            &HOSTED_CONNECTION_STAYS,
            vec![
                clean(),
                row("to a LAG", |_, facts| facts.source = Some(hosted("dxcon-fexample", 101)), vec![to_lag]),
                row(
                    "to another hosted connection, even one with the same VLAN",
                    |_, facts| hosted_source_to(facts, hosted("dxcon-fhosted1", 101)),
                    vec![to_hosted],
                ),
                row("to a dedicated one", |_, facts| hosted_source_to(facts, dedicated("dxcon-ftarget1")), vec![]),
                row("from a dedicated one", |_, facts| facts.target = hosted("dxcon-fhosted1", 101), vec![]),
                row("from where the caller sees nothing", |_, facts| facts.source = None, vec![]),
            ],
        );
    }

    #[test]
    fn hosted_source() {
        let hosted_source =
            Fault::SourceIsHosted { from: "dxcon-fexample".to_owned(), partner: "Example Networks".to_owned() };
        prove(
            &HOSTED_SOURCE,
            vec![
                clean(),
                row(
                    "to a dedicated connection",
                    |_, facts| hosted_source_to(facts, dedicated("dxcon-ftarget1")),
                    vec![hosted_source],
                ),
                row(
                    "to a LAG is refused elsewhere",
                    |_, facts| facts.source = Some(hosted("dxcon-fexample", 101)),
                    vec![],
                ),
                row(
                    "to another hosted connection is refused elsewhere",
                    |_, facts| hosted_source_to(facts, hosted("dxcon-fhosted1", 101)),
                    vec![],
                ),
                row("between dedicated ones", |_, facts| facts.target = dedicated("dxcon-ftarget1"), vec![]),
                row("from where the caller sees nothing", |_, facts| facts.source = None, vec![]),
                row(
                    "a VLAN and no partner",
                    |_, facts| facts.source.as_mut().unwrap().vlan = Some(101),
                    vec![in_doubt("dxcon-fexample", "AWS gave it VLAN 101 and no partner")],
                ),
            ],
        );
    }

    #[test]
    fn hosted_target() {
        let target_hosted = || Fault::TargetIsHosted { target: "dxcon-fhosted1".to_owned() };
        let other_vlan =
            Fault::VlanDiffersFromHostedTarget { target: "dxcon-fhosted1".to_owned(), target_vlan: 102, vlan: 101 };
        let no_vlan =
            Fault::cannot_tell("whether its VLAN is 101, that of dxcon-fhosted1", "AWS did not say which VLAN it has");
        prove(
            &HOSTED_TARGET,
            vec![
                clean(),
                row("the same VLAN", |_, facts| facts.target = hosted("dxcon-fhosted1", 101), vec![target_hosted()]),
                row(
                    "another VLAN",
                    |_, facts| facts.target = hosted("dxcon-fhosted1", 102),
                    vec![target_hosted(), other_vlan],
                ),
                row(
                    "AWS did not say which VLAN the interface has",
                    |_, facts| {
                        facts.target = hosted("dxcon-fhosted1", 101);
                        facts.virtual_interface.vlan = None;
                    },
                    vec![target_hosted(), no_vlan],
                ),
                row("a dedicated connection", |_, facts| facts.target = dedicated("dxcon-ftarget1"), vec![]),
                row(
                    "a partner and no VLAN",
                    |_, facts| facts.target = Port { vlan: None, ..hosted("dxcon-fhosted1", 101) },
                    vec![in_doubt("dxcon-fhosted1", "AWS gave it partner Example Networks and no VLAN")],
                ),
            ],
        );
    }

    #[test]
    fn target_not_lag_member() {
        fn member_of(facts: &mut Facts, port: Port) {
            facts.target = Port { lag_id: Some("dxlag-fother01".to_owned()), ..port };
        }
        let member = Fault::TargetIsLagMember { target: "dxcon-ftarget1".to_owned(), lag: "dxlag-fother01".to_owned() };
        prove(
            &TARGET_NOT_LAG_MEMBER,
            vec![
                clean(),
                row("a connection alone", |_, facts| facts.target = dedicated("dxcon-ftarget1"), vec![]),
                row("a LAG's connection", |_, facts| member_of(facts, dedicated("dxcon-ftarget1")), vec![member]),
                row("hosted on a partner's LAG", |_, facts| member_of(facts, hosted("dxcon-fhosted1", 101)), vec![]),
            ],
        );
    }

    #[test]
    fn target_not_partner_port() {
        let interconnect = Fault::TargetIsInterconnect { target: "dxcon-ftarget1".to_owned() };
        let partner_lag = Fault::TargetIsPartnerLag { target: "dxlag-fexample".to_owned() };
        prove(
            &TARGET_NOT_PARTNER_PORT,
            vec![
                clean(),
                row(
                    "an interconnect, whose id is like any connection's",
                    |_, facts| facts.target = Port { interconnect: true, ..dedicated("dxcon-ftarget1") },
                    vec![interconnect],
                ),
                row("a partner's LAG", |_, facts| facts.target.allows_hosted_connections = true, vec![partner_lag]),
            ],
        );
    }
}
