//! Whether each interface of the set can be moved when its turn comes: the same checks as for the move of one, against
//! the world as it will be then. Who was accepted before is on the target by then, as healthy as it is now. Who is not
//! is no path that remains: its port is being emptied, and of two that carry the last healthy path of a gateway each
//! would vouch for the other. So every check has to pass twice: without those who wait, and with them.

use std::collections::{BTreeMap, BTreeSet};

use super::order::{Traveller, order};
use super::survey::{Leaving, Situation, Survey, targets};
use super::{AssociationRequest, Evacuation, Plan, Skipped};
use crate::check::{self, Fault, Finding, check};
use crate::error::Error;
use crate::estate::{Caller, aws_says, is_on, not_read};
use crate::facts::{BgpPeer, Facts, Port, Sibling, Unread, VirtualInterface};

/// What the checks are asked with.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// What was read.
    pub survey: &'a Survey,
    /// Who leaves.
    pub situation: &'a Situation<'a>,
    /// What is asked.
    pub evacuation: &'a Evacuation,
    /// Who asks.
    pub caller: &'a Caller,
}

/// How those count who are to leave and have not left yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// Not at all.
    Gone,
    /// As interfaces on the source.
    Seen,
}

/// What became of the whole set in one order.
struct Verdict<'a> {
    accepted: Vec<(&'a Leaving<'a>, AssociationRequest)>,
    skipped: Vec<Skipped>,
}

/// A target as it is when somebody's turn comes.
struct Target {
    /// `None`: it is not visible.
    port: Option<Port>,
    neighbours: Vec<VirtualInterface>,
}

/// The world as it is when somebody's turn comes.
struct Turn {
    targets: BTreeMap<String, Target>,
    /// Who has been accepted, as on its target.
    arrived: Vec<VirtualInterface>,
}

impl<'a> Judge<'a> {
    /// The plan.
    ///
    /// # Errors
    /// [`crate::error::Name::Unavailable`], when the attachments of a gateway in doubt could not be read completely.
    pub fn plan(&self) -> Result<Plan, Error> {
        let first = self.judge(&in_order(self.situation.leaving.iter()))?;
        let again: Vec<_> = in_order(first.accepted.iter().map(|(one, _)| *one));
        // The gaps that skipped ones leave can put two of one gateway side by side.
        let accepted = match self.judge(&again)? {
            second if second.skipped.is_empty() => second.accepted,
            _ => first.accepted,
        };
        Ok(Plan {
            requests: accepted.into_iter().map(|(_, request)| request).collect(),
            skipped: first.skipped,
            notices: self.situation.notices.clone(),
        })
    }

    /// The gateways whose healthy paths are in doubt, so that AWS has to be asked for all their interfaces. As if nobody
    /// had arrived yet: who has is one path more.
    #[must_use]
    pub fn gateways_in_doubt(&self) -> BTreeSet<String> {
        let nobody = Turn { targets: BTreeMap::new(), arrived: Vec::new() };
        let in_doubt = |one: &&Leaving<'_>| {
            let request = self.request(one, "");
            // Where it goes has no part in whether a path remains.
            let nowhere = Target { port: None, neighbours: Vec::new() };
            let facts = self.facts(one, &nowhere, Port::default(), &nobody, Waiting::Gone);
            check::healthy_path_in_doubt(&request.as_understood(), &facts)
        };
        let leaving = self.situation.leaving.iter().filter(|one| one.target.is_ok());
        leaving.filter(in_doubt).filter_map(|one| one.interface.direct_connect_gateway_id.clone()).collect()
    }

    fn judge(&self, order: &[&'a Leaving<'a>]) -> Result<Verdict<'a>, Error> {
        let mut turn = Turn { targets: self.targets(), arrived: Vec::new() };
        let mut verdict = Verdict { accepted: Vec::new(), skipped: Vec::new() };
        for one in order {
            let (request, findings) = self.judge_one(one, &turn)?;
            let blocking: Vec<Finding> = findings.into_iter().filter(Finding::blocks).collect();
            match request {
                Some(request) if blocking.is_empty() => {
                    turn.arrive(one.interface, &request.connection_id);
                    verdict.accepted.push((one, request));
                }
                _ => {
                    let virtual_interface_id = one.interface.virtual_interface_id.clone();
                    let from_connection_id = one.from.to_owned();
                    verdict.skipped.push(Skipped { virtual_interface_id, from_connection_id, findings: blocking });
                }
            }
        }
        Ok(verdict)
    }

    /// The request that would move it, if there is somewhere to move it to, and everything that was found.
    fn judge_one(&self, one: &Leaving<'a>, turn: &Turn) -> Result<(Option<AssociationRequest>, Vec<Finding>), Error> {
        let nowhere = |check, fault| Ok((None, vec![Finding::new(check, fault)]));
        let id = match &one.target {
            Ok(id) => id,
            Err(fault) => return nowhere(&check::EVACUATION_TARGET, fault.clone()),
        };
        let target = &turn.targets[id];
        let Some(port) = &target.port else { return nowhere(&check::TARGET_EXISTS, self.not_found(id)) };
        let request = self.request(one, id);
        let understood = request.as_understood();
        // Those who wait on the source are no paths that remain; and yet `associate` will see them there, where they may
        // show that everything ends on one device. It has to let the move pass, too.
        let mut findings = Vec::new();
        for waiting in [Waiting::Gone, Waiting::Seen] {
            let mut facts = self.facts(one, target, port.clone(), turn, waiting);
            if check::healthy_path_in_doubt(&understood, &facts)
                && let Some(gateway) = &facts.virtual_interface.direct_connect_gateway_id
                && let Some(attachments) = self.survey.attachments.get(gateway)
            {
                let mut attachments = attachments.clone();
                if let (Waiting::Gone, Ok(all)) = (waiting, &mut attachments) {
                    all.retain(|path| !self.is_leaving(path.virtual_interface_id.as_deref().unwrap_or_default()));
                }
                facts.see_unseen_paths(attachments)?;
            }
            for finding in check(&understood, &facts).findings {
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
        Ok((Some(request), findings))
    }

    fn request(&self, one: &Leaving<'_>, target: &str) -> AssociationRequest {
        self.evacuation.association_request(&one.interface.virtual_interface_id, one.from, target)
    }

    fn not_found(&self, target: &str) -> Fault {
        let listing = self.survey.on_ports.get(target);
        Fault::TargetNotFound {
            target: target.to_owned(),
            region: self.caller.region.clone(),
            aws_says: listing.map(aws_says).unwrap_or_default(),
        }
    }

    fn is_leaving(&self, id: &str) -> bool {
        self.situation.leaving.iter().any(|one| one.interface.virtual_interface_id == id)
    }

    /// The targets before anybody has moved.
    fn targets(&self) -> BTreeMap<String, Target> {
        let target = |id: &str| {
            let on_it = self.survey.sightings().filter(|one| is_on(one, id));
            let on_it: BTreeMap<&str, _> = on_it.map(|one| (one.virtual_interface_id.as_str(), one)).collect();
            let mut port = self.survey.ports().port(id).cloned();
            if let Some(port) = &mut port {
                port.lag_id = self.survey.ports().lag_of(id).map(str::to_owned).or(port.lag_id.take());
            }
            Target { port, neighbours: on_it.into_values().cloned().collect() }
        };
        targets(self.situation).map(|id| (id.to_owned(), target(id))).collect()
    }

    /// Only what concerns this one interface: its siblings and its target's neighbours, not the whole Region.
    fn facts(&self, one: &Leaving<'_>, target: &Target, port: Port, turn: &Turn, waiting: Waiting) -> Facts {
        let id = &one.interface.virtual_interface_id;
        let gateway = one.interface.gateway();
        let of_its_gateway = |other: &&VirtualInterface| gateway.is_some() && other.gateway() == gateway;
        let in_region = self.survey.in_region.as_deref().unwrap_or(&[]).iter().filter(|other| other.is_live());
        let has_arrived = |id: &str| turn.arrived.iter().any(|other| other.virtual_interface_id == id);
        let on_its_port = |other: &&VirtualInterface| match waiting {
            Waiting::Gone => !self.is_leaving(&other.virtual_interface_id),
            Waiting::Seen => other.virtual_interface_id != *id && !has_arrived(&other.virtual_interface_id),
        };
        let staying = in_region.filter(of_its_gateway).filter(on_its_port);
        let siblings = staying.chain(turn.arrived.iter().filter(of_its_gateway)).map(|other| Sibling {
            virtual_interface: other.clone(),
            port: other.connection_id.as_deref().and_then(|id| self.survey.ports().port(id)).cloned(),
        });
        Facts {
            account: self.caller.account.clone(),
            region: self.caller.region.clone(),
            min_healthy_paths: self.caller.min_healthy_paths,
            virtual_interface: one.interface.clone(),
            source: self.survey.ports().port(one.from).cloned(),
            neighbours: target.neighbours.iter().filter(|other| other.virtual_interface_id != *id).cloned().collect(),
            siblings: siblings.collect(),
            // Only a notice depends on it, and `associate` reads it when it moves the interface.
            attachment: Err(Unread {
                operation: "DescribeDirectConnectGatewayAttachments",
                why: "an evacuation does not ask for it".to_owned(),
            }),
            unseen_paths: Ok(Vec::new()),
            accepted_prefixes: None,
            unread: self.unread(&port.id),
            target: port,
        }
    }

    fn unread(&self, target: &str) -> Vec<Unread> {
        let survey = self.survey;
        not_read([
            (
                "DescribeVirtualInterfaces of the target",
                survey.on_ports.get(target).and_then(|listing| listing.as_ref().err()),
            ),
            ("DescribeVirtualInterfaces", survey.in_region.as_ref().err()),
            ("DescribeConnections", survey.connections.as_ref().err()),
            ("DescribeLags", survey.lags.as_ref().err()),
        ])
    }
}

impl Turn {
    /// The interface is on its target now: it takes its VLAN, its addresses and its place in quota, rate limiters and
    /// prefix pools, and is itself as it was.
    fn arrive(&mut self, interface: &VirtualInterface, target: &str) {
        for left in self.targets.values_mut() {
            left.neighbours.retain(|one| one.virtual_interface_id != interface.virtual_interface_id);
        }
        let mut arrived = VirtualInterface { connection_id: Some(target.to_owned()), ..interface.clone() };
        if let Some(Target { port: Some(port), neighbours }) = self.targets.get_mut(target) {
            arrived.location.clone_from(&port.location);
            arrived.aws_device_v2.clone_from(&port.aws_device_v2);
            arrived.aws_logical_device_id.clone_from(&port.aws_logical_device_id);
            make_room(port, interface);
            neighbours.push(arrived.clone());
        }
        self.arrived.push(arrived);
    }
}

/// What is left on the port for those who come later.
fn make_room(port: &mut Port, interface: &VirtualInterface) {
    if let Some(limiter) = port.rate_limiter.as_mut().filter(|_| interface.rate_limit.is_some()) {
        limiter.remaining = (limiter.remaining - 1).max(0);
    }
    if interface.virtual_interface_type.as_deref() == Some("public") {
        return;
    }
    for (left, taken) in [
        (&mut port.prefix_pool_unallocated_count_ipv4, interface.prefix_pool_allocated_count_ipv4),
        (&mut port.prefix_pool_unallocated_count_ipv6, interface.prefix_pool_allocated_count_ipv6),
    ] {
        if let (Some(left), Some(taken)) = (left, taken) {
            *left = left.saturating_sub(taken).max(0);
        }
    }
}

fn in_order<'a>(leaving: impl Iterator<Item = &'a Leaving<'a>>) -> Vec<&'a Leaving<'a>> {
    let travellers = leaving.map(|one| Traveller {
        id: &one.interface.virtual_interface_id,
        gateway: one.interface.gateway(),
        down: is_down(one.interface),
        it: one,
    });
    order(travellers.collect())
}

/// Whether certainly none of its BGP sessions is up, so that nothing is lost by its move.
fn is_down(interface: &VirtualInterface) -> bool {
    let status = |peer: &BgpPeer| peer.bgp_status.clone();
    let statuses: Vec<_> = interface.standing_peers().map(status).collect();
    let any_up = statuses.iter().any(|status| status.as_deref() == Some("up"));
    let all_down = !statuses.is_empty() && statuses.iter().all(|status| status.as_deref() == Some("down"));
    !any_up && (all_down || interface.virtual_interface_state.as_deref() == Some("down"))
}

#[cfg(test)]
mod tests;
