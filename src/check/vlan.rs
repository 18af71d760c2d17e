//! "If the target connection or LAG has an associated virtual interface with a conflicting VLAN number ... the
//! operation fails." (API reference, AssociateVirtualInterface.) Knows nothing of addresses: those are next door.

use super::{Basis, Check, Fault, Severity};
use crate::facts::Facts;
use crate::request::Request;

pub(super) const VLAN_FREE_ON_TARGET: Check = Check {
    name: "vlan-free-on-target",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "no other interface on the target uses its VLAN; one that is being deleted still does",
    source: "API reference, AssociateVirtualInterface: a conflicting VLAN number on the target fails the operation",
    run: vlan_free_on_target,
};

pub(super) const VLAN_IN_RANGE: Check = Check {
    name: "vlan-in-range",
    severity: Severity::Notice,
    basis: Basis::Documented,
    rule: "the VLAN is between 1 and 4094",
    source: "User Guide, virtual interfaces: the value must be between 1 and 4094",
    run: vlan_in_range,
};

fn vlan_free_on_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(vlan) = facts.virtual_interface.vlan else {
        let unknown = Fault::cannot_tell("whether its VLAN is free on the target", "AWS did not say which VLAN it has");
        return facts.neighbours.first().map(|_| unknown).into_iter().collect();
    };
    let clash = |neighbour: &crate::facts::VirtualInterface| {
        let by = neighbour.virtual_interface_id.clone();
        match neighbour.vlan {
            Some(theirs) if theirs == vlan => Some(Fault::VlanInUse {
                vlan,
                target: facts.target.id.clone(),
                by,
                state: neighbour.state_or_unknown(),
            }),
            Some(_) => None,
            None => Some(Fault::cannot_tell(
                format!("whether VLAN {vlan} is free on {}", facts.target.id),
                format!("AWS did not say which VLAN {by} has"),
            )),
        }
    };
    facts.neighbours.iter().filter_map(clash).collect()
}

fn vlan_in_range(_: &Request, facts: &Facts) -> Vec<Fault> {
    match facts.virtual_interface.vlan {
        Some(1..=4094) => vec![],
        Some(vlan) => vec![Fault::VlanOutOfRange { vlan }],
        None => {
            vec![Fault::cannot_tell("whether its VLAN is between 1 and 4094", "AWS did not say which VLAN it has")]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{Row, prove};

    #[test]
    fn vlan_free_on_target() {
        let in_use = |vlan, by: &str, state: &str| Fault::VlanInUse {
            vlan,
            target: "dxlag-fexample".to_owned(),
            by: by.to_owned(),
            state: state.to_owned(),
        };
        prove(
            &VLAN_FREE_ON_TARGET,
            vec![
                Row { sentence: "the example is clean", mutate: |_, _| {}, faults: vec![] },
                Row {
                    sentence: "a neighbour uses the same VLAN",
                    mutate: |_, facts| facts.neighbours[0].vlan = Some(101),
                    faults: vec![in_use(101, "dxvif-fneighbr", "available")],
                },
                Row {
                    sentence: "a neighbour that is being deleted still holds its VLAN",
                    mutate: |_, facts| {
                        facts.neighbours[0].vlan = Some(101);
                        facts.neighbours[0].virtual_interface_state = Some("deleting".to_owned());
                    },
                    faults: vec![in_use(101, "dxvif-fneighbr", "deleting")],
                },
                Row {
                    sentence: "AWS's 0 for a missing VLAN clashes with nobody and proves nothing",
                    mutate: |_, facts| facts.neighbours[0].vlan = None,
                    faults: vec![Fault::cannot_tell(
                        "whether VLAN 101 is free on dxlag-fexample",
                        "AWS did not say which VLAN dxvif-fneighbr has",
                    )],
                },
                Row {
                    sentence: "its own VLAN is not known",
                    mutate: |_, facts| facts.virtual_interface.vlan = None,
                    faults: vec![Fault::cannot_tell(
                        "whether its VLAN is free on the target",
                        "AWS did not say which VLAN it has",
                    )],
                },
                Row {
                    sentence: "its own VLAN is not known, and nobody is there to clash with",
                    mutate: |_, facts| {
                        facts.virtual_interface.vlan = None;
                        facts.neighbours.clear();
                    },
                    faults: vec![],
                },
            ],
        );
    }

    #[test]
    fn vlan_in_range() {
        prove(
            &VLAN_IN_RANGE,
            vec![
                Row { sentence: "the example is clean", mutate: |_, _| {}, faults: vec![] },
                Row {
                    sentence: "4095 is reserved",
                    mutate: |_, facts| facts.virtual_interface.vlan = Some(4095),
                    faults: vec![Fault::VlanOutOfRange { vlan: 4095 }],
                },
                Row {
                    sentence: "AWS did not say which it is",
                    mutate: |_, facts| facts.virtual_interface.vlan = None,
                    faults: vec![Fault::cannot_tell(
                        "whether its VLAN is between 1 and 4094",
                        "AWS did not say which VLAN it has",
                    )],
                },
            ],
        );
    }
}
