//! What to do about a request: nothing, no, or the one call. Only [`plan`] can make an [`Association`], so that nothing
//! unchecked can be sent.

use crate::check::{self, Fault, Finding, Report, Severity, check};
use crate::error::{Error, Name};
use crate::estate::{Found, is_on};
use crate::facts::{Facts, VirtualInterface};
use crate::request::Request;

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

    /// Whether this interface has arrived: it is on the target, or on the LAG that the target is a member of (assumed:
    /// AWS does not say whether it redirects to the LAG).
    #[must_use]
    pub fn has_arrived(&self, interface: &VirtualInterface) -> bool {
        is_on(interface, &self.connection_id) || self.lag_of_target.as_deref().is_some_and(|lag| is_on(interface, lag))
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
            let run = vec![check::VIRTUAL_INTERFACE_EXISTS.name, check::TARGET_EXISTS.name];
            Ok(Plan::Refuse(Report { run, findings: findings.collect() }))
        }
        Found::Facts(facts) => decide(request, facts, check(request, facts)),
    }
}

fn decide(request: &Request, facts: &Facts, report: Report) -> Result<Plan, Error> {
    let unjudged = |finding: &&Finding| {
        finding.severity == Severity::Refusal && matches!(finding.fault, Fault::CannotTell { .. })
    };
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
    }))
}

/// The error that a refused report amounts to: [`Name::PreCheckNotYet`] if all that stands in the way may clear.
#[must_use]
pub fn refusal(report: &Report) -> Error {
    let blocking = || report.findings.iter().filter(|finding| finding.blocks());
    let waiting_helps = blocking().all(|finding| finding.fault.may_clear());
    let name = if waiting_helps { Name::PreCheckNotYet } else { Name::PreCheckRefused };
    Error::new(name, blocking().map(sentence).collect::<Vec<_>>().join("\n"))
}

fn sentence(finding: &Finding) -> String {
    format!("{}: {}", finding.check, finding.message)
}
