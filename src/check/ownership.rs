//! "The requester must own either the virtual interface itself or the connection to which the virtual interface is
//! currently associated. Additionally, the requester must own the connection or LAG for the association." (API
//! reference, AssociateVirtualInterface.) And whose traffic it is: AWS does not ask that account. Knows nothing of
//! hosted connections: those belong to the customer like any other.

use super::{Basis, Check, Fault, Severity};
use crate::facts::Facts;
use crate::request::Request;

pub(super) const OWNS_VIRTUAL_INTERFACE_OR_SOURCE: Check = Check {
    name: "owns-virtual-interface-or-source",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the caller's account owns the interface or the port that carries it now",
    source: "API reference, AssociateVirtualInterface: the requester must own either of the two",
    run: owns_virtual_interface_or_source,
};

pub(super) const OWNS_TARGET: Check = Check {
    name: "owns-target",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the caller's account owns the target",
    source: "API reference, AssociateVirtualInterface: the requester must own the connection or LAG that is the target",
    run: owns_target,
};

pub(super) const OWN_TRAFFIC_ONLY: Check = Check {
    name: "own-traffic-only",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "the interface belongs to the caller's account, so that no other account's traffic is interrupted",
    source: "API reference, AssociateVirtualInterface: the owner of the port may move an interface of another account, \
             and connectivity is interrupted",
    run: own_traffic_only,
};

fn owns_virtual_interface_or_source(_: &Request, facts: &Facts) -> Vec<Fault> {
    let interface = &facts.virtual_interface;
    let interface_owner = interface.owner_account.as_ref();
    if interface_owner == Some(&facts.account) {
        return vec![];
    }
    let cannot_tell = |of: &str| {
        vec![Fault::cannot_tell(
            format!("whether account {} owns the virtual interface or the port that carries it", facts.account),
            format!("AWS did not say who owns {of}"),
        )]
    };
    let Some(from) = &interface.connection_id else { return cannot_tell("its port, nor which port that is") };
    let from_owner = match &facts.source {
        // What an account owns it can see.
        None => "another account",
        Some(source) => match &source.owner_account {
            Some(owner) if *owner == facts.account => return vec![],
            Some(owner) => owner,
            None => return cannot_tell(from),
        },
    };
    let Some(interface_owner) = interface_owner else { return cannot_tell(&interface.virtual_interface_id) };
    vec![Fault::OwnsNeither {
        account: facts.account.clone(),
        interface_owner: interface_owner.clone(),
        from: from.clone(),
        from_owner: from_owner.to_owned(),
    }]
}

fn owns_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target.id;
    match &facts.target.owner_account {
        Some(owner) if *owner == facts.account => vec![],
        Some(owner) => vec![Fault::TargetOwnedByOther {
            target: target.clone(),
            owner: owner.clone(),
            account: facts.account.clone(),
        }],
        None => vec![Fault::cannot_tell(
            format!("whether account {} owns {target}", facts.account),
            format!("AWS did not say who owns {target}"),
        )],
    }
}

fn own_traffic_only(_: &Request, facts: &Facts) -> Vec<Fault> {
    match &facts.virtual_interface.owner_account {
        Some(owner) if *owner == facts.account => vec![],
        Some(owner) => {
            vec![Fault::TrafficOfOtherAccount { owner: owner.clone(), account: facts.account.clone() }]
        }
        None => vec![Fault::cannot_tell(
            "whether another account's traffic is interrupted",
            "AWS did not say who owns the virtual interface",
        )],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{ACCOUNT, OTHER_ACCOUNT, Row, clean, prove};

    /// The owners of the interface and of its port.
    fn owners(facts: &mut Facts, interface: Option<&str>, source: Option<&str>) {
        facts.virtual_interface.owner_account = interface.map(str::to_owned);
        facts.source.as_mut().unwrap().owner_account = source.map(str::to_owned);
    }

    #[test]
    fn owns_virtual_interface_or_source() {
        let neither = |from_owner: &str| Fault::OwnsNeither {
            account: ACCOUNT.to_owned(),
            interface_owner: OTHER_ACCOUNT.to_owned(),
            from: "dxcon-fexample".to_owned(),
            from_owner: from_owner.to_owned(),
        };
        let cannot_tell = |of: &str| {
            Fault::cannot_tell(
                format!("whether account {ACCOUNT} owns the virtual interface or the port that carries it"),
                format!("AWS did not say who owns {of}"),
            )
        };
        prove(
            &OWNS_VIRTUAL_INTERFACE_OR_SOURCE,
            vec![
                clean(),
                Row {
                    sentence: "the interface is enough",
                    mutate: |_, facts| owners(facts, Some(ACCOUNT), Some(OTHER_ACCOUNT)),
                    faults: vec![],
                },
                Row {
                    sentence: "the interface is enough, whoever owns its port",
                    mutate: |_, facts| owners(facts, Some(ACCOUNT), None),
                    faults: vec![],
                },
                Row {
                    sentence: "the port is enough",
                    mutate: |_, facts| owners(facts, Some(OTHER_ACCOUNT), Some(ACCOUNT)),
                    faults: vec![],
                },
                Row {
                    sentence: "the port is enough, whoever owns the interface",
                    mutate: |_, facts| owners(facts, None, Some(ACCOUNT)),
                    faults: vec![],
                },
                Row {
                    sentence: "neither is the caller's",
                    mutate: |_, facts| owners(facts, Some(OTHER_ACCOUNT), Some(OTHER_ACCOUNT)),
                    faults: vec![neither(OTHER_ACCOUNT)],
                },
                Row {
                    sentence: "a port that is not visible is not the caller's",
                    mutate: |_, facts| {
                        owners(facts, Some(OTHER_ACCOUNT), None);
                        facts.source = None;
                    },
                    faults: vec![neither("another account")],
                },
                Row {
                    sentence: "the interface is enough, even on a port that is not visible",
                    mutate: |_, facts| facts.source = None,
                    faults: vec![],
                },
                Row {
                    sentence: "AWS did not say who owns the interface",
                    mutate: |_, facts| owners(facts, None, Some(OTHER_ACCOUNT)),
                    faults: vec![cannot_tell("dxvif-fexample")],
                },
                Row {
                    sentence: "AWS did not say who owns the port",
                    mutate: |_, facts| owners(facts, Some(OTHER_ACCOUNT), None),
                    faults: vec![cannot_tell("dxcon-fexample")],
                },
                Row {
                    sentence: "a port whose id is not known could not be looked for",
                    mutate: |_, facts| {
                        owners(facts, Some(OTHER_ACCOUNT), None);
                        facts.virtual_interface.connection_id = None;
                        facts.source = None;
                    },
                    faults: vec![cannot_tell("its port, nor which port that is")],
                },
            ],
        );
    }

    #[test]
    fn owns_target() {
        prove(
            &OWNS_TARGET,
            vec![
                clean(),
                Row {
                    sentence: "the target is another account's",
                    mutate: |_, facts| facts.target.owner_account = Some(OTHER_ACCOUNT.to_owned()),
                    faults: vec![Fault::TargetOwnedByOther {
                        target: "dxlag-fexample".to_owned(),
                        owner: OTHER_ACCOUNT.to_owned(),
                        account: ACCOUNT.to_owned(),
                    }],
                },
                Row {
                    sentence: "AWS did not say whose it is",
                    mutate: |_, facts| facts.target.owner_account = None,
                    faults: vec![Fault::cannot_tell(
                        format!("whether account {ACCOUNT} owns dxlag-fexample"),
                        "AWS did not say who owns dxlag-fexample",
                    )],
                },
            ],
        );
    }

    #[test]
    fn own_traffic_only() {
        prove(
            &OWN_TRAFFIC_ONLY,
            vec![
                clean(),
                Row {
                    sentence: "another account's interface on a port of the caller's",
                    mutate: |_, facts| owners(facts, Some(OTHER_ACCOUNT), Some(ACCOUNT)),
                    faults: vec![Fault::TrafficOfOtherAccount {
                        owner: OTHER_ACCOUNT.to_owned(),
                        account: ACCOUNT.to_owned(),
                    }],
                },
                Row {
                    sentence: "AWS did not say whose it is",
                    mutate: |_, facts| owners(facts, None, Some(ACCOUNT)),
                    faults: vec![Fault::cannot_tell(
                        "whether another account's traffic is interrupted",
                        "AWS did not say who owns the virtual interface",
                    )],
                },
            ],
        );
    }
}
