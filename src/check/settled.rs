//! What `verify` checks: whether a move is over, and whether the interface is as well off as before it.
//!
//! AWS CLI examples, associate-virtual-interface: right after the call the interface is `pending` on its new port, and
//! each peer is there twice, the old one `deleting` and a new one `pending`, so a peer is known again by its family,
//! addresses and ASN, never by its id. API reference, `VirtualInterface`: `down` is "a virtual interface that is BGP
//! down", so a finished move onto a port whose router is not ready ends there and not in an error.

use super::{Basis, Check, Fault, Finding, Report, Severity};
use crate::error::{Error, Name};
use crate::estate::{Failed, Listing, distinct, is_on};
use crate::facts::{BgpPeer, VirtualInterface};
use crate::record::{Before, Earlier, Outcome};

/// How many prefixes a finding names.
const NAMED_PREFIXES: usize = 20;

const STILL_THERE: Check = Check {
    name: "still-there",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the interface exists and is not being deleted",
    source: "API reference, VirtualInterface: deleting, deleted, rejected",
    run: super::judged_before,
};

const STATE_KEPT: Check = Check {
    name: "state-kept",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "the interface is available; down only if it was down before the move",
    source: "API reference, VirtualInterface: down is a virtual interface that is BGP down",
    run: super::judged_before,
};

const SESSIONS_KEPT: Check = Check {
    name: "sessions-kept",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "every BGP session that was up before the move is up again, known by family, addresses and ASN",
    source: "API reference, BGPPeer: bgpStatus up is an established session",
    run: super::judged_before,
};

const PREFIXES_KEPT: Check = Check {
    name: "prefixes-kept",
    severity: Severity::Refusal,
    basis: Basis::Documented,
    rule: "every prefix that was accepted before the move is accepted again",
    source: "API reference, ListVirtualInterfaceRoutes: accepted routes",
    run: super::judged_before,
};

const COMES_UP: Check = Check {
    name: "comes-up",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "an interface that was down before the move is up after it",
    source: "a failover moves what is down; that it has settled does not say that it works again",
    run: super::judged_before,
};

const ROUTES_COMPARED: Check = Check {
    name: "routes-compared",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "the accepted prefixes could be read before and after the move",
    source: "API reference, ListVirtualInterfaceRoutes: an action of its own, newer than most roles",
    run: super::judged_before,
};

const BEFORE_KNOWN: Check = Check {
    name: "before-known",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "the record tells how the interface was before the move",
    source: "an interface that had arrived before anybody looked has no before to compare with",
    run: super::judged_before,
};

/// Every check of `verify`, in the order of its records and the README. In a record of `verify` a refusal is what made
/// it unhealthy.
pub const SETTLED_CHECKS: &[Check] =
    &[STILL_THERE, STATE_KEPT, SESSIONS_KEPT, PREFIXES_KEPT, COMES_UP, ROUTES_COMPARED, BEFORE_KNOWN];

/// How the interface is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The interface; `None` when it is not visible.
    pub virtual_interface: Option<VirtualInterface>,
    /// The prefixes accepted over it.
    pub accepted_prefixes: Listing<String>,
}

/// Judges a move that is over: as well off as before (nothing in the report stands in the way) or not.
///
/// What is lost may still come back while `converging`, and is then no verdict.
///
/// # Errors
/// [`Name::NotSettledYet`] in transition; [`Name::AssociationUnsettled`] when the interface of a move without a definite
/// answer is not on its target; [`Name::Unavailable`] when the prefixes could not be read and would decide.
pub fn judge(earlier: &Earlier, seen: &Seen, converging: bool) -> Result<Report, Error> {
    let id = &earlier.request.virtual_interface_id;
    let gone = |state: &str| Fault::InterfaceGone { virtual_interface: id.clone(), state: state.to_owned() };
    let leaving = |state: &str| matches!(state, "deleting" | "deleted" | "rejected");
    let Some(interface) = &seen.virtual_interface else {
        return verdict(vec![finding(&STILL_THERE, gone("not visible any more"))], converging);
    };
    let state = interface.state_or_unknown();
    if leaving(&state) {
        return verdict(vec![finding(&STILL_THERE, gone(&state))], false);
    }
    in_transition(earlier, interface)?;

    let mut findings = Vec::new();
    findings.extend(state_lost(earlier, interface));
    match &earlier.before {
        Some(before) => {
            findings.extend(sessions_lost(before, interface));
            findings.extend(prefixes_lost(before, &seen.accepted_prefixes)?);
        }
        None => findings.push(finding(&BEFORE_KNOWN, Fault::BeforeUnknown {})),
    }
    verdict(findings, converging)
}

fn finding(check: &Check, fault: Fault) -> Finding {
    Finding::new(check, fault)
}

fn verdict(findings: Vec<Finding>, converging: bool) -> Result<Report, Error> {
    let report = Report { run: SETTLED_CHECKS.iter().map(|check| check.name).collect(), findings };
    if converging && report.findings.iter().any(Finding::blocks) {
        return Err(Error::new(Name::NotSettledYet, crate::plan::sentences(&report)));
    }
    Ok(report)
}

/// Whether the move is still under way.
fn in_transition(earlier: &Earlier, interface: &VirtualInterface) -> Result<(), Error> {
    let (id, target) = (&interface.virtual_interface_id, earlier.target());
    if !is_on(interface, target) {
        let place = interface.connection_id.as_deref().unwrap_or("nothing");
        let name = match earlier.outcome {
            Outcome::Unsettled => Name::AssociationUnsettled,
            _ => Name::NotSettledYet,
        };
        return Err(Error::new(name, format!("{id} is on {place}, not on {target}")));
    }
    let not_yet = |what: String| Err(Error::new(Name::NotSettledYet, what));
    if !matches!(interface.virtual_interface_state.as_deref(), Some("available" | "down")) {
        return not_yet(format!("{id} is {}", interface.state_or_unknown()));
    }
    let moving = |peer: &&BgpPeer| !matches!(peer.bgp_peer_state.as_deref(), Some("available" | "deleted"));
    match interface.bgp_peers.iter().find(moving) {
        Some(peer) => not_yet(format!(
            "peer {} is {}",
            session(peer),
            peer.bgp_peer_state.as_deref().unwrap_or("in no known state")
        )),
        None => Ok(()),
    }
}

fn state_lost(earlier: &Earlier, interface: &VirtualInterface) -> Option<Finding> {
    let before = earlier.before.as_ref().map(|before| before.virtual_interface.state_or_unknown());
    let is_down = interface.virtual_interface_state.as_deref() == Some("down");
    let virtual_interface = interface.virtual_interface_id.clone();
    is_down.then(|| match before.as_deref() {
        Some("down") => finding(&COMES_UP, Fault::InterfaceStillDown { virtual_interface }),
        _ => finding(&STATE_KEPT, Fault::InterfaceDown { virtual_interface, before }),
    })
}

fn is_up(peer: &BgpPeer) -> bool {
    peer.bgp_status.as_deref() == Some("up")
}

fn sessions_lost(before: &Before, now: &VirtualInterface) -> Vec<Finding> {
    let lost = before.virtual_interface.standing_peers().filter(|peer| is_up(peer)).filter_map(|was| {
        let same: Vec<&BgpPeer> = now.standing_peers().filter(|peer| is_same_session(was, peer)).collect();
        if same.iter().any(|peer| is_up(peer)) {
            return None;
        }
        let now =
            same.first().map_or("not there any more", |peer| peer.bgp_status.as_deref().unwrap_or("in no known state"));
        Some(Fault::SessionLost { session: session(was), now: now.to_owned() })
    });
    lost.map(|fault| finding(&SESSIONS_KEPT, fault)).collect()
}

/// What AWS left out on either side does not tell two sessions apart.
fn is_same_session(one: &BgpPeer, other: &BgpPeer) -> bool {
    fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one != other)
    }
    !(differ(one.family().as_ref(), other.family().as_ref())
        || differ(one.amazon_address.as_ref(), other.amazon_address.as_ref())
        || differ(one.customer_address.as_ref(), other.customer_address.as_ref())
        || differ(one.asn().as_ref(), other.asn().as_ref()))
}

/// The session in the words of whoever configures the router.
fn session(peer: &BgpPeer) -> String {
    let or_unknown = |text: Option<&str>| text.unwrap_or("?").to_owned();
    let (ours, theirs) = (or_unknown(peer.amazon_address.as_deref()), or_unknown(peer.customer_address.as_deref()));
    let asn = peer.asn().map_or_else(|| "?".to_owned(), |asn| asn.to_string());
    format!("{} {ours} - {theirs} (ASN {asn})", or_unknown(peer.family()))
}

fn prefixes_lost(before: &Before, now: &Listing<String>) -> Result<Option<Finding>, Error> {
    let not_compared = |because: String| finding(&ROUTES_COMPARED, Fault::RoutesNotCompared { because });
    let Some(was) = &before.accepted_prefixes else {
        return Ok(Some(not_compared("the record has no accepted prefixes from before the move".to_owned())));
    };
    let now = match now {
        Ok(all) => distinct(all),
        Err(Failed::Incomplete { why }) if !was.is_empty() => {
            let message = format!("ListVirtualInterfaceRoutes could not be read completely ({why})");
            return Err(Error::new(Name::Unavailable, message));
        }
        Err(failed) => {
            return Ok(Some(not_compared(format!("ListVirtualInterfaceRoutes could not be read ({})", failed.why()))));
        }
    };
    let Some(now) = now else { return Ok(Some(not_compared("there are too many prefixes now".to_owned()))) };
    let lost: Vec<&String> = was.iter().filter(|prefix| now.binary_search(prefix).is_err()).collect();
    Ok((!lost.is_empty()).then(|| {
        let prefixes = lost.iter().take(NAMED_PREFIXES).map(|prefix| (*prefix).clone()).collect();
        finding(&PREFIXES_KEPT, Fault::PrefixesLost { count: lost.len(), prefixes })
    }))
}

#[cfg(test)]
mod tests;
