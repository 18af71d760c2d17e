//! "A quota of one (1) transit virtual interface was added to the quota of 50 private or public virtual interfaces per
//! LAG. The number of transit virtual interfaces allowed is now four (4) and is counted against the maximum of 51 ...
//! This limit cannot be increased." (User Guide, quotas; the same per dedicated connection, and 1 in all per hosted
//! connection.) Counts what is on the target; what that carries is not asked here.

use crate::check::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, VirtualInterface, enough};
use crate::request::Request;

pub(in crate::check) const QUOTA_ON_TARGET: Check = Check {
    name: "quota-on-target",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the target has room: 51 interfaces, 50 of them private or public; 1 on a hosted connection",
    source: "User Guide, quotas: per dedicated connection, LAG and hosted connection; they cannot be increased",
    run: quota_on_target,
};

pub(in crate::check) const TRANSIT_QUOTA_ON_TARGET: Check = Check {
    name: "transit-quota-on-target",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "the target has room for a transit interface: 4",
    source: "User Guide, quotas: 4 per dedicated connection or LAG; AWS raises this one for some accounts",
    run: transit_quota_on_target,
};

fn quota_on_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let quota = if facts.target.is_hosted_connection() { 1 } else { 51 };
    let in_all = reached(facts, "virtual interfaces", quota, |_| Some(true));
    let by_type = reached_by_type(facts, "private and public virtual interfaces", 50, &["private", "public"]);
    in_all.into_iter().chain(by_type).collect()
}

fn transit_quota_on_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    reached_by_type(facts, "transit virtual interfaces", 4, &["transit"]).into_iter().collect()
}

/// A quota that only interfaces of these types count against. AWS may leave a type out; that is a doubt only where it
/// makes the difference.
fn reached_by_type(facts: &Facts, of: &str, quota: usize, types: &[&str]) -> Option<Fault> {
    let counts = |interface: &VirtualInterface| {
        interface.virtual_interface_type.as_deref().map(|its_type| types.contains(&its_type))
    };
    match counts(&facts.virtual_interface) {
        Some(true) => reached(facts, of, quota, counts),
        Some(false) => None,
        // Whoever counts for certain matters only if the moving interface is of such a type too.
        None => reached(facts, of, quota, |neighbour| counts(neighbour).filter(|certain| !certain)),
    }
}

/// Whether a quota is full before the interface arrives.
fn reached(facts: &Facts, of: &str, quota: usize, counts: impl Fn(&VirtualInterface) -> Option<bool>) -> Option<Fault> {
    let target = facts.target.id.clone();
    match enough(facts.neighbours.iter().map(&counts), quota) {
        Some(true) => {
            let counted = || facts.neighbours.iter().filter(|neighbour| counts(neighbour) == Some(true));
            let deleting = |one: &&VirtualInterface| one.virtual_interface_state.as_deref() == Some("deleting");
            let (count, deleting) = (counted().count(), counted().filter(deleting).count());
            Some(Fault::QuotaReached { target, of: of.to_owned(), count, deleting, quota })
        }
        Some(false) => None,
        None => Some(Fault::cannot_tell(
            format!("whether {target} has room within its quota of {quota} {of}"),
            "AWS did not say of which type every virtual interface is",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{clean, connection, prove, row};
    use crate::facts::Port;

    /// Moves an interface of this type onto so many private, public and transit ones, and so many whose type AWS did
    /// not say (`""`).
    fn onto(facts: &mut Facts, moving: &str, crowd: [usize; 4]) {
        let with_type = |interface: &VirtualInterface, its_type: &str| VirtualInterface {
            virtual_interface_type: Some(its_type.to_owned()).filter(|its_type| !its_type.is_empty()),
            ..interface.clone()
        };
        let neighbour = facts.neighbours[0].clone();
        let many = |(its_type, count)| vec![with_type(&neighbour, its_type); count];
        facts.neighbours = ["private", "public", "transit", ""].into_iter().zip(crowd).flat_map(many).collect();
        facts.virtual_interface = with_type(&facts.virtual_interface, moving);
    }

    fn quota_reached(of: &str, count: usize, quota: usize) -> Fault {
        with_deleting(0, of, count, quota)
    }

    fn with_deleting(deleting: usize, of: &str, count: usize, quota: usize) -> Fault {
        Fault::QuotaReached { target: "dxlag-fexample".to_owned(), of: of.to_owned(), count, deleting, quota }
    }

    fn quota_in_doubt(quota: &str) -> Vec<Fault> {
        vec![Fault::cannot_tell(
            format!("whether dxlag-fexample has room within its quota of {quota}"),
            "AWS did not say of which type every virtual interface is",
        )]
    }

    fn onto_hosted(facts: &mut Facts, crowd: usize) {
        onto(facts, "private", [crowd, 0, 0, 0]);
        facts.target = Port {
            vlan: Some(101),
            partner_name: Some("Example Networks".to_owned()),
            ..connection("dxcon-fhosted1", "EqDC2", "2lmn3opqrstuv")
        };
    }

    #[test]
    fn quota_on_target() {
        let in_all = |count| quota_reached("virtual interfaces", count, 51);
        let by_type = |count| quota_reached("private and public virtual interfaces", count, 50);
        let in_doubt = || quota_in_doubt("50 private and public virtual interfaces");
        let on_hosted = Fault::QuotaReached {
            target: "dxcon-fhosted1".to_owned(),
            of: "virtual interfaces".to_owned(),
            count: 1,
            deleting: 0,
            quota: 1,
        };
        prove(
            &QUOTA_ON_TARGET,
            vec![
                clean(),
                row("the 50th", |_, facts| onto(facts, "private", [49, 0, 0, 0]), vec![]),
                row("the 51st", |_, facts| onto(facts, "private", [50, 0, 0, 0]), vec![by_type(50)]),
                row("of both types", |_, facts| onto(facts, "public", [25, 25, 0, 0]), vec![by_type(50)]),
                row("50 in all", |_, facts| onto(facts, "private", [49, 0, 1, 0]), vec![]),
                row("50 of other types", |_, facts| onto(facts, "transit", [50, 0, 0, 0]), vec![]),
                row("51 in all", |_, facts| onto(facts, "transit", [48, 0, 3, 0]), vec![in_all(51)]),
                row("both quotas", |_, facts| onto(facts, "private", [50, 0, 1, 0]), vec![in_all(51), by_type(50)]),
                row("may be the 51st", |_, facts| onto(facts, "private", [0, 49, 0, 1]), in_doubt()),
                row("the 50th at most", |_, facts| onto(facts, "private", [0, 48, 0, 1]), vec![]),
                row("the 51st at least", |_, facts| onto(facts, "public", [49, 1, 0, 0]), vec![by_type(50)]),
                row("its own type in doubt", |_, facts| onto(facts, "", [50, 0, 0, 0]), in_doubt()),
                row("the 50th of any type", |_, facts| onto(facts, "", [49, 0, 1, 0]), vec![]),
                row("a hosted connection takes one", |_, facts| onto_hosted(facts, 0), vec![]),
                row("a hosted connection takes no other", |_, facts| onto_hosted(facts, 1), vec![on_hosted]),
                row(
                    "one that is being deleted still counts",
                    |_, facts| {
                        onto(facts, "transit", [51, 0, 0, 0]);
                        facts.neighbours[0].virtual_interface_state = Some("deleting".to_owned());
                    },
                    vec![with_deleting(1, "virtual interfaces", 51, 51)],
                ),
            ],
        );
    }

    #[test]
    fn transit_quota_on_target() {
        let in_doubt = || quota_in_doubt("4 transit virtual interfaces");
        let full = || vec![quota_reached("transit virtual interfaces", 4, 4)];
        prove(
            &TRANSIT_QUOTA_ON_TARGET,
            vec![
                clean(),
                row("the 4th", |_, facts| onto(facts, "transit", [9, 0, 3, 0]), vec![]),
                row("the 5th", |_, facts| onto(facts, "transit", [0, 0, 4, 0]), full()),
                row(
                    "the 5th, and of another type one is being deleted",
                    |_, facts| {
                        onto(facts, "transit", [1, 0, 4, 0]);
                        facts.neighbours[0].virtual_interface_state = Some("deleting".to_owned());
                    },
                    full(),
                ),
                row("private among 4", |_, facts| onto(facts, "private", [0, 0, 4, 0]), vec![]),
                row("may be the 5th", |_, facts| onto(facts, "transit", [0, 0, 3, 1]), in_doubt()),
                row("its own type in doubt", |_, facts| onto(facts, "", [0, 0, 4, 0]), in_doubt()),
                row("the 4th of any type", |_, facts| onto(facts, "", [0, 0, 3, 0]), vec![]),
            ],
        );
    }

    #[test]
    fn waiting_helps_where_enough_are_being_deleted() {
        for (deleting, count, helps) in [(0, 4, false), (1, 4, true), (1, 5, false), (2, 5, true)] {
            let fault = with_deleting(deleting, "transit virtual interfaces", count, 4);
            assert_eq!(fault.may_clear(), helps, "{fault}");
        }
    }
}
