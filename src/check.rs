//! The pre-checks: pure functions over the facts, every one run every time.
//!
//! A check says what it found as [`Fault`]s and nothing else; that a finding is a refusal, a guard or a notice, and
//! whether the caller has accepted it, is decided here, once. To add a check see the README, "To add a pre-check".

use serde::Serialize;

use crate::facts::Facts;
use crate::request::Request;

pub use fault::Fault;

mod addresses;
mod advice;
mod capacity;
mod fault;
mod hosting;
mod macsec;
mod ownership;
mod redundancy;
pub mod settled;
mod state;
mod target;
mod traffic;
mod vlan;

#[cfg(test)]
pub(crate) mod example;

/// What a finding of a check means for the association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// AWS documents that it would refuse. Never overridable.
    Refusal,
    /// Legal but dangerous, or a refusal that is only expected. The caller may accept it by name, with a reason.
    Guard,
    /// Worth knowing; it holds nothing up.
    Notice,
}

/// What a rule rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// AWS documents it; the page stands in [`Check::source`].
    Documented,
    /// AWS has no such rule. It is a promise of our own, or a danger or change that we find worth naming, worked out
    /// from what AWS documents.
    Ours,
    /// AWS is silent; this is what we expect it to do or to mean. Never a refusal.
    Assumed,
}

/// One pre-check.
#[derive(Debug)]
pub struct Check {
    /// Its name, in kebab-case: what should hold. It is public interface: overrides, records and alarms use it.
    pub name: &'static str,
    /// What its findings mean.
    pub severity: Severity,
    /// What the rule rests on.
    pub basis: Basis,
    /// The rule, in one sentence for the README and for `cargo rehearse`.
    pub rule: &'static str,
    /// Where the rule comes from: AWS's page, or why we assume it.
    pub source: &'static str,
    run: fn(&Request, &Facts) -> Vec<Fault>,
}

/// Judged while the facts are put together, for without the interface there are none.
pub const VIRTUAL_INTERFACE_EXISTS: Check = Check {
    name: "virtual-interface-exists",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the interface exists and is visible in this Region",
    source: "API reference, DescribeVirtualInterfaces: an interface is visible in its own Region",
    run: judged_before,
};

/// Judged before everything else, for a retry must find its own success.
pub const NOT_ON_TARGET_YET: Check = Check {
    name: "not-on-target-yet",
    severity: Severity::Notice,
    basis: Basis::Assumed,
    rule: "the interface is not on the target already; if it is, nothing is called",
    source: "AWS does not say what a second association does; it might interrupt traffic again",
    run: judged_before,
};

/// Judged while the facts are put together, for without the target there are none.
pub const TARGET_EXISTS: Check = Check {
    name: "target-exists",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the target exists and is visible to the caller",
    source: "API reference, AssociateVirtualInterface: the requester must own the connection or LAG",
    run: judged_before,
};

/// Judged by an evacuation before all others: without a target there is nothing to check. Not one of the checks of an
/// association, whose target is in the request.
pub const EVACUATION_TARGET: Check = Check {
    name: "evacuation-target",
    severity: Severity::Refusal,
    basis: Basis::Ours,
    rule: "the request or the source's tag names a target, and that is not to be emptied itself",
    source: "an interface that is to leave a port needs another one to go to",
    run: judged_before,
};

/// Where there are facts to run a check over, these three have passed.
fn judged_before(_: &Request, _: &Facts) -> Vec<Fault> {
    Vec::new()
}

/// Every check, in the order of reports, records and the README.
pub const CHECKS: &[Check] = &[
    VIRTUAL_INTERFACE_EXISTS,
    NOT_ON_TARGET_YET,
    TARGET_EXISTS,
    target::SAME_REGION,
    ownership::OWNS_VIRTUAL_INTERFACE_OR_SOURCE,
    ownership::OWNS_TARGET,
    ownership::OWN_TRAFFIC_ONLY,
    hosting::HOSTED_CONNECTION_STAYS,
    hosting::HOSTED_SOURCE,
    hosting::HOSTED_TARGET,
    hosting::TARGET_NOT_LAG_MEMBER,
    hosting::TARGET_NOT_PARTNER_PORT,
    vlan::VLAN_FREE_ON_TARGET,
    vlan::VLAN_IN_RANGE,
    addresses::ADDRESSES_FREE_ON_TARGET,
    addresses::NETWORKS_APART_ON_TARGET,
    target::JUMBO_FRAMES,
    capacity::QUOTA_ON_TARGET,
    capacity::TRANSIT_QUOTA_ON_TARGET,
    capacity::RATE_LIMITER,
    capacity::PREFIX_POOL,
    capacity::BANDWIDTH_KEPT,
    target::CONNECTION_AS_EXPECTED,
    target::TARGET_STATE,
    target::LAG_LINKS,
    target::LAG_HEADROOM,
    state::VIRTUAL_INTERFACE_STATE,
    state::PEERS_SETTLED,
    state::GATEWAY_ATTACHED,
    traffic::INTERRUPTS_TRAFFIC,
    redundancy::HEALTHY_PATH_REMAINS,
    redundancy::HEALTHY_PATH_ELSEWHERE,
    redundancy::REDUNDANCY_KEPT,
    redundancy::PATHS_VISIBLE,
    macsec::MACSEC_ON_TARGET,
    macsec::MACSEC_KEPT,
    advice::ROUTER_PRE_STAGED,
    advice::LEAVES_DEVICE,
    advice::SITE_LINK_STAYS,
    advice::PUBLIC_PREFIXES,
    advice::LOGICAL_REDUNDANCY_KEPT,
    advice::BILLING_MODE_KEPT,
    advice::CONFIGURATION_DRIFT,
    advice::SOURCE_VISIBLE,
    state::FACTS_COMPLETE,
];

pub(crate) use redundancy::must_stay;

/// The guard that every move of an interface with traffic meets.
pub const INTERRUPTS_TRAFFIC: &Check = &traffic::INTERRUPTS_TRAFFIC;

/// Whether the paths that are visible leave it open that a healthy one remains, so that the gateway has to be asked.
#[must_use]
pub fn healthy_path_in_doubt(request: &Request, facts: &Facts) -> bool {
    !(redundancy::HEALTHY_PATH_REMAINS.run)(request, facts).is_empty()
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// What it means for the association.
    pub severity: Severity,
    /// What is the matter: `code` and `facts`.
    #[serde(flatten)]
    #[cfg_attr(test, schemars(with = "fault::Schema"))]
    pub fault: Fault,
    /// The same in one sentence.
    pub message: String,
    /// The caller's reason for accepting it; only ever of a guard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden_because: Option<String>,
}

impl Finding {
    /// What this check found, overridden by nobody.
    #[must_use]
    pub fn new(check: &Check, fault: Fault) -> Self {
        let message = fault.to_string();
        Self { check: check.name, severity: check.severity, fault, message, overridden_because: None }
    }

    /// Whether it stands in the way of the association.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.severity != Severity::Notice && self.overridden_because.is_none()
    }
}

/// What was checked and what was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// The names of the checks that ran.
    pub run: Vec<&'static str>,
    /// What they found, in the same order.
    pub findings: Vec<Finding>,
}

/// Runs every check and never stops early.
#[must_use]
pub fn check(request: &Request, facts: &Facts) -> Report {
    let findings = CHECKS.iter().flat_map(|check| {
        (check.run)(request, facts).into_iter().map(move |fault| {
            let mut finding = Finding::new(check, fault);
            if check.severity == Severity::Guard {
                finding.overridden_because = request.reason_to_override(check.name).map(str::to_owned);
            }
            finding
        })
    });
    Report { run: CHECKS.iter().map(|check| check.name).collect(), findings: findings.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_in_kebab_case() {
        let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{names:?}");
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
    }

    #[test]
    fn what_is_only_assumed_is_never_a_refusal() {
        for check in CHECKS {
            assert!(check.basis == Basis::Documented || check.severity != Severity::Refusal, "{}", check.name);
        }
    }

    #[test]
    fn the_example_is_clean() {
        let (request, facts) = example::example();
        let report = check(&request, &facts);
        // Nothing but the one notice that is true of any move to another device.
        let change = Fault::PlaceChanges {
            what: "device".to_owned(),
            from: "EqDC2-1abc2defghijk".to_owned(),
            to: "EqDC2-2lmn3opqrstuv".to_owned(),
        };
        assert_eq!(report.findings, [Finding::new(&advice::ROUTER_PRE_STAGED, change)]);
        assert_eq!(report.run.len(), CHECKS.len());
        assert!(!healthy_path_in_doubt(&request, &facts));
    }

    #[test]
    fn an_override_is_taken_by_its_guard_alone_and_keeps_its_reason() {
        let (mut request, mut facts) = example::example();
        facts.target.state = Some("down".to_owned());
        request.overrides.push(crate::request::Override {
            check: "target-state".to_owned(),
            reason: "carrier is turning it up".to_owned(),
        });
        let report = check(&request, &facts);
        let reasons: Vec<_> = report.findings.iter().map(|f| (f.check, f.overridden_because.as_deref())).collect();
        assert!(reasons.contains(&("target-state", Some("carrier is turning it up"))), "{reasons:?}");
        assert!(reasons.iter().all(|(check, reason)| (*check == "target-state") == reason.is_some()), "{reasons:?}");
    }
}
