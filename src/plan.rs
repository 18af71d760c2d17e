//! What to do about a request: nothing, no, or the one call. Only [`plan`] can make an [`Association`], so that nothing
//! unchecked can be sent.

use crate::check::{self, Fault, Finding, Report, Severity, check};
use crate::error::{Error, Name};
use crate::estate::{Found, is_on};
use crate::facts::{Facts, VirtualInterface};
use crate::request::Request;
use time::OffsetDateTime;

/// What to do.
#[derive(Debug, PartialEq)]
pub enum Plan {
    /// It is there: say so and call nothing.
    AlreadyAssociated(Report),
    /// Something stands in the way: say what and call nothing.
    Refuse(Report),
    /// Nothing stands in the way of what was only asked about.
    WouldAssociate(Report),
    /// Nothing stands in the way.
    Associate(Association),
}

/// An association that every check has let pass. It can only be made here and is used up by being sent.
#[derive(Debug, PartialEq)]
pub struct Association {
    report: Report,
    virtual_interface_id: String,
    connection_id: String,
    lag_of_target: Option<String>,
    must_stay: Vec<String>,
    not_after: Option<OffsetDateTime>,
}

impl Association {
    /// The interface to move.
    #[must_use]
    pub fn virtual_interface_id(&self) -> &str {
        &self.virtual_interface_id
    }

    /// The connection or LAG to move it to.
    #[must_use]
    pub fn connection_id(&self) -> &str {
        &self.connection_id
    }

    /// Whether the request's `notAfter` has passed, so that the call may no longer be made.
    #[must_use]
    pub fn is_too_late(&self, now: OffsetDateTime) -> bool {
        self.not_after.is_some_and(|end| end < now)
    }

    /// Whether this is the interface and it has arrived: it is on the target, or on the LAG that the target is a member
    /// of (assumed: AWS does not say whether it redirects to the LAG).
    #[must_use]
    pub fn has_arrived(&self, interface: &VirtualInterface) -> bool {
        let ports = [Some(self.connection_id.as_str()), self.lag_of_target.as_deref()];
        interface.virtual_interface_id == self.virtual_interface_id
            && ports.into_iter().flatten().any(|port| is_on(interface, port))
    }

    /// The ports on which the interface counts as arrived.
    #[must_use]
    pub fn arrives_on(&self) -> Vec<String> {
        [Some(&self.connection_id), self.lag_of_target.as_ref()].into_iter().flatten().cloned().collect()
    }

    /// The interfaces whose move at the same moment would take the gateway the paths that the checks have counted on.
    #[must_use]
    pub fn must_stay(&self) -> &[String] {
        &self.must_stay
    }

    /// What was checked and found.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What was checked and found.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }
}

/// Decides.
///
/// # Errors
/// [`Name::Unavailable`], when only a refusal that cannot be judged stands in the way: that is no answer at all.
pub fn plan(request: &Request, found: &Found) -> Result<Plan, Error> {
    match found {
        Found::OnTarget(there) => {
            let finding = Finding::new(&check::NOT_ON_TARGET_YET, there.fault.clone());
            Ok(Plan::AlreadyAssociated(Report { run: vec![finding.check], findings: vec![finding] }))
        }
        Found::Missing(missing) => {
            let findings = missing.faults.iter().map(|(check, fault)| Finding::new(check, fault.clone()));
            let run = missing.run.iter().map(|check| check.name).collect();
            Ok(Plan::Refuse(Report { run, findings: findings.collect() }))
        }
        Found::Facts(facts) => judge(request, facts, check(request, facts)),
    }
}

fn judge(request: &Request, facts: &Facts, report: Report) -> Result<Plan, Error> {
    let unjudged =
        |finding: &&Finding| finding.severity == Severity::Refusal && matches!(finding.fault, Fault::CannotTell { .. });
    let blocking = || report.findings.iter().filter(|finding| finding.blocks());
    if blocking().filter(|finding| !unjudged(finding)).any(|finding| !finding.fault.may_clear()) {
        return Ok(Plan::Refuse(report));
    }
    let unjudged: Vec<String> = blocking().filter(unjudged).map(sentence).collect();
    if !unjudged.is_empty() {
        return Err(Error::new(Name::Unavailable, unjudged.join("\n")));
    }
    if blocking().next().is_some() {
        return Ok(Plan::Refuse(report));
    }
    if request.dry_run {
        return Ok(Plan::WouldAssociate(report));
    }
    Ok(Plan::Associate(Association {
        report,
        virtual_interface_id: request.virtual_interface_id.clone(),
        connection_id: request.connection_id.clone(),
        lag_of_target: facts.target.lag_id.clone(),
        must_stay: check::must_stay(request, facts).map(str::to_owned).collect(),
        not_after: request.not_after,
    }))
}

/// The error that a refused report amounts to: [`Name::PreCheckNotYet`] if all that stands in the way may clear.
#[must_use]
pub fn refusal(report: &Report) -> Error {
    let blocking = || report.findings.iter().filter(|finding| finding.blocks());
    let waiting_helps = blocking().all(|finding| finding.fault.may_clear());
    let name = if waiting_helps { Name::PreCheckNotYet } else { Name::PreCheckRefused };
    Error::new(name, sentences(report))
}

/// What stands in the way, one sentence for each finding.
#[must_use]
pub fn sentences(report: &Report) -> String {
    report.findings.iter().filter(|finding| finding.blocks()).map(sentence).collect::<Vec<_>>().join("\n")
}

fn sentence(finding: &Finding) -> String {
    format!("{}: {}", finding.check, finding.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::example;
    use crate::estate::{Missing, OnTarget};
    use crate::facts::{Port, PortKind};

    /// What is planned for the example after this change, in a word, and what the refusal would be called.
    fn planned(mutate: fn(&mut Request, &mut Facts)) -> &'static str {
        let (mut request, mut facts) = example();
        mutate(&mut request, &mut facts);
        match plan(&request, &Found::Facts(Box::new(facts))) {
            Ok(Plan::Associate(_)) => "associate",
            Ok(Plan::WouldAssociate(_)) => "would associate",
            Ok(Plan::AlreadyAssociated(_)) => "already associated",
            Ok(Plan::Refuse(report)) => refusal(&report).name.as_str(),
            Err(error) => error.name.as_str(),
        }
    }

    #[test]
    fn every_kind_of_finding_has_its_plan() {
        let unknown_vlan = |_: &mut Request, facts: &mut Facts| facts.neighbours[0].vlan = None;
        assert_eq!(planned(|_, _| {}), "associate");
        assert_eq!(planned(|request, _| request.dry_run = true), "would associate");
        assert_eq!(planned(|_, facts| facts.neighbours[0].vlan = Some(101)), "PreCheckRefused");
        assert_eq!(planned(|_, facts| facts.target.state = Some("down".to_owned())), "PreCheckRefused");
        assert_eq!(planned(|_, facts| facts.target.state = Some("pending".to_owned())), "PreCheckNotYet");
        assert_eq!(planned(unknown_vlan), "Unavailable");
        // What will not clear is said first; what cannot be judged is said before what may clear.
        assert_eq!(
            planned(|_, facts| {
                facts.neighbours[0].vlan = None;
                facts.target.state = Some("down".to_owned());
            }),
            "PreCheckRefused"
        );
        assert_eq!(
            planned(|_, facts| {
                facts.neighbours[0].vlan = None;
                facts.target.state = Some("pending".to_owned());
            }),
            "Unavailable"
        );
    }

    #[test]
    fn a_refusal_is_one_sentence_for_each_finding_that_stands_in_the_way() {
        let (request, mut facts) = example();
        facts.neighbours[0].vlan = Some(101);
        facts.target.state = Some("down".to_owned());
        let report = check(&request, &facts);
        assert_eq!(
            refusal(&report).message,
            "vlan-free-on-target: VLAN 101 is in use on dxlag-fexample by dxvif-fneighbr (available), and the VLAN of an \
             interface cannot be changed\ntarget-state: dxlag-fexample is down; an interface moved onto it stays down \
             until it is up"
        );
    }

    #[test]
    fn what_is_there_or_is_not_is_said_without_running_the_checks() {
        let (request, facts) = example();
        let there = Found::OnTarget(OnTarget {
            fault: Fault::AlreadyOnTarget { virtual_interface: "i".to_owned(), target: "t".to_owned() },
            virtual_interface: facts.virtual_interface.clone(),
            port: Some(facts.target.clone()),
            came_from: None,
            came_from_port: None,
        });
        let Ok(Plan::AlreadyAssociated(report)) = plan(&request, &there) else { panic!("it is there") };
        assert_eq!(report.run, ["not-on-target-yet"]);

        let fault = Fault::TargetNotFound { target: "t".to_owned(), region: "r".to_owned(), aws_says: String::new() };
        let missing = Found::Missing(Missing {
            run: vec![&check::VIRTUAL_INTERFACE_EXISTS, &check::TARGET_EXISTS],
            faults: vec![(&check::TARGET_EXISTS, fault)],
            virtual_interface: Some(facts.virtual_interface),
            source: None,
            target: None,
        });
        let Ok(Plan::Refuse(report)) = plan(&request, &missing) else { panic!("it is missing") };
        assert_eq!(refusal(&report).name, Name::PreCheckRefused);
        assert_eq!(report.findings.len(), 1);
    }

    #[test]
    fn an_interface_has_arrived_on_the_target_or_on_its_lag() {
        let (mut request, mut facts) = example();
        let reason = "to see where AWS puts it".to_owned();
        request.overrides.push(crate::request::Override { check: "target-not-lag-member".to_owned(), reason });
        facts.target = Port { lag_id: Some("dxlag-fother".to_owned()), kind: PortKind::Connection, ..facts.target };
        let mut interface = facts.virtual_interface.clone();
        let Ok(Plan::Associate(association)) = plan(&request, &Found::Facts(Box::new(facts))) else { panic!("clean") };
        for (place, arrived) in [("dxlag-fexample", true), ("dxlag-fother", true), ("dxcon-fexample", false)] {
            interface.connection_id = Some(place.to_owned());
            assert_eq!(association.has_arrived(&interface), arrived, "{place}");
        }
        interface.connection_id = Some("dxlag-fexample".to_owned());
        interface.virtual_interface_id.push('2');
        assert!(!association.has_arrived(&interface), "another interface");
        assert_eq!(association.arrives_on(), ["dxlag-fexample", "dxlag-fother"]);
    }

    #[test]
    fn the_paths_that_must_remain_must_stay_where_they_are() {
        let must_stay = |mutate: fn(&mut Request, &mut Facts)| {
            let (mut request, mut facts) = example();
            crate::check::example::bring_up(&mut facts);
            request.overrides = crate::check::example::accepting(&["interrupts-traffic"]);
            mutate(&mut request, &mut facts);
            match plan(&request, &Found::Facts(Box::new(facts))) {
                Ok(Plan::Associate(association)) => association.must_stay().to_vec(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(must_stay(|_, _| {}), ["dxvif-fsibling"]);
        assert_eq!(must_stay(|_, facts| facts.min_healthy_paths = 0), [""; 0]);
        let down = |_: &mut Request, facts: &mut Facts| {
            facts.virtual_interface.virtual_interface_state = Some("down".to_owned());
            facts.virtual_interface.bgp_peers[0].bgp_status = Some("down".to_owned());
        };
        assert_eq!(must_stay(down), [""; 0], "it is no path");
        let accepted = |request: &mut Request, _: &mut Facts| {
            request.overrides = crate::check::example::accepting(&["interrupts-traffic", "healthy-path-remains"]);
        };
        assert_eq!(must_stay(accepted), [""; 0]);
    }

    #[test]
    fn an_association_is_what_was_asked_for_and_checked_until_it_expires() {
        let (mut request, facts) = example();
        let now = OffsetDateTime::UNIX_EPOCH;
        let approved = |request: &Request| match plan(request, &Found::Facts(Box::new(facts.clone()))) {
            Ok(Plan::Associate(association)) => association,
            other => panic!("{other:?}"),
        };
        assert!(!approved(&request).is_too_late(now));
        request.not_after = Some(now);
        let association = approved(&request);
        assert!(!association.is_too_late(now) && association.is_too_late(now + time::Duration::NANOSECOND));
        assert_eq!(association.virtual_interface_id(), request.virtual_interface_id);
        assert_eq!(association.connection_id(), request.connection_id);
        assert_eq!(association.arrives_on(), [request.connection_id.as_str()]);
        let report = check(&request, &facts);
        assert_eq!(*association.report(), report);
        assert_eq!(association.into_report(), report);
    }
}
