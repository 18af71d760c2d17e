//! From what the reads gave to what a decision needs: the interface, its source, its target, its neighbours, its
//! siblings. Pure; it says which reads were needed, and fails closed when one of them gave nothing.

use std::collections::BTreeSet;

use crate::check::{self, Check, Fault};
use crate::error::{Error, Name};
use crate::facts::{Attachment, Facts, Port, PortKind, Sibling, Unread, VirtualInterface};
use crate::request::Request;

/// Whose function this is, where it works, and its own promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that the function runs in.
    pub account: String,
    /// The Region that it asks.
    pub region: String,
    /// `aws`, `aws-cn`, ...
    pub partition: String,
    /// Healthy paths, each on a port of its own, that a gateway must keep while one of its interfaces is moved.
    pub min_healthy_paths: usize,
}

/// Why a read gave no complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// AWS does not let the role do it.
    Denied {
        /// AWS's error code.
        code: String,
    },
    /// AWS said no for good: the thing that was asked for does not exist, or is not what it was taken for.
    Refused {
        /// AWS's error code.
        code: String,
        /// AWS's words, cleaned.
        message: String,
    },
    /// Throttled, timed out, cut off, broken, or with pages that never end.
    Incomplete {
        /// In our own words.
        why: String,
    },
}

/// All that one read gave, every page of it.
pub type Listing<T> = Result<Vec<T>, Failed>;

/// The first wave of reads, all made at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Estate {
    /// DescribeVirtualInterfaces, the one interface by id.
    pub interface: Listing<VirtualInterface>,
    /// DescribeVirtualInterfaces, those of the target.
    pub on_target: Listing<VirtualInterface>,
    /// DescribeVirtualInterfaces, all of the Region.
    pub in_region: Listing<VirtualInterface>,
    /// DescribeConnections.
    pub connections: Listing<Port>,
    /// DescribeLags.
    pub lags: Listing<Port>,
    /// DescribeDirectConnectGatewayAttachments of the interface.
    pub attachment: Listing<Attachment>,
    /// ListVirtualInterfaceRoutes of the interface: the accepted prefixes, as often as they are listed.
    pub accepted_prefixes: Listing<String>,
}

/// The most prefixes that a record carries, so that its event stays far below EventBridge's limit. A session takes 100
/// (a public one 1,000) unless its prefix pool allows more.
const MAX_PREFIXES: usize = 2_000;

/// Each prefix once, in order; `None` if that is more than a record carries.
#[must_use]
pub fn distinct(prefixes: &[String]) -> Option<Vec<String>> {
    let distinct: BTreeSet<&String> = prefixes.iter().collect();
    (distinct.len() <= MAX_PREFIXES).then(|| distinct.into_iter().cloned().collect())
}

/// What the reads amount to.
#[derive(Clone, Debug)]
pub enum Found {
    /// What was named does not exist or is not visible here.
    Missing(Missing),
    /// The interface is on the target already.
    OnTarget(OnTarget),
    /// Everything a check needs.
    Facts(Box<Facts>),
}

/// What was named does not exist or is not visible here; what is there nevertheless.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "said above")]
pub struct Missing {
    /// The checks that could be judged: the target's existence only where its listing was read.
    pub run: Vec<&'static Check>,
    pub faults: Vec<(&'static Check, Fault)>,
    pub virtual_interface: Option<VirtualInterface>,
    pub source: Option<Port>,
    pub target: Option<Port>,
}

/// The interface is on the target already, or on the LAG that the target is a member of.
#[derive(Clone, Debug)]
pub struct OnTarget {
    /// How it is there.
    pub fault: Fault,
    /// The interface.
    pub virtual_interface: VirtualInterface,
    /// The port that carries it; `None` when it is not visible to the caller.
    pub port: Option<Port>,
    /// The id of the port that it came from, as far as the request tells (`expectedConnectionId`).
    pub came_from: Option<String>,
    /// That port; `None` when it is not visible to the caller.
    pub came_from_port: Option<Port>,
}

impl Estate {
    /// Nothing was read yet.
    #[must_use]
    pub fn unread() -> Self {
        let nothing = Failed::inside;
        Self {
            interface: Err(nothing()),
            on_target: Err(nothing()),
            in_region: Err(nothing()),
            connections: Err(nothing()),
            lags: Err(nothing()),
            attachment: Err(nothing()),
            accepted_prefixes: Err(nothing()),
        }
    }

    /// Puts the facts together. `unseen_paths` are left empty: see [`Facts::unseen_paths`].
    ///
    /// # Errors
    /// [`Name::AccessDenied`] and [`Name::Unavailable`], when a read that is needed gave nothing.
    pub fn find(&self, request: &Request, caller: &Caller) -> Result<Found, Error> {
        let Some(interface) = self.interface_to_move(request)? else {
            let fault = Fault::VirtualInterfaceNotFound {
                virtual_interface: request.virtual_interface_id.clone(),
                region: caller.region.clone(),
                aws_says: aws_says(&self.interface),
            };
            return Ok(self.missing(request, None, (&check::VIRTUAL_INTERFACE_EXISTS, fault), caller));
        };
        if interface.virtual_interface_state.as_deref() == Some("deleted") {
            let fault = Fault::VirtualInterfaceDeleted { virtual_interface: request.virtual_interface_id.clone() };
            return Ok(self.missing(request, Some(interface), (&check::VIRTUAL_INTERFACE_EXISTS, fault), caller));
        }
        if let Some(there) = self.on_target_already(request, interface) {
            return Ok(Found::OnTarget(there));
        }
        self.all_that_is_needed(request, interface)?;
        let Some(mut target) = self.port(&request.connection_id).cloned() else {
            return Ok(self.missing(request, Some(interface), self.target_not_found(request, caller), caller));
        };
        target.lag_id = self.lag_of(&target.id).map(str::to_owned).or(target.lag_id);
        Ok(Found::Facts(Box::new(self.facts(interface.clone(), target, caller))))
    }

    /// Adds the interconnects among which the target was looked for, as connections: their ids are of the same shape.
    ///
    /// # Errors
    /// [`Name::Unavailable`], when they could not be read completely. A refusal is AWS's way of saying that the caller,
    /// who is no partner, has none; and a role that may not ask is told that the target is not visible, which is true.
    pub fn see_interconnects(&mut self, interconnects: Listing<Port>) -> Result<(), Error> {
        add_interconnects(&mut self.connections, interconnects)
    }

    /// The interface by id, or, should that answer be empty or a refusal, from a listing that shows it. Reads that disagree
    /// on where it is are no fact: something is moving it, or one of them is older than a move.
    fn interface_to_move(&self, request: &Request) -> Result<Option<&VirtualInterface>, Error> {
        let id = &request.virtual_interface_id;
        match &self.interface {
            Ok(_) => {}
            Err(Failed::Refused { .. }) if self.in_region.is_ok() => {}
            Err(failed) => return Err(unread("DescribeVirtualInterfaces", failed)),
        }
        let reads = [&self.interface, &self.in_region, &self.on_target].into_iter().flatten();
        let mut sightings = reads.filter_map(|read| read.iter().find(|one| one.virtual_interface_id == *id));
        let Some(found) = sightings.next() else { return Ok(None) };
        let elsewhere = sightings.find(|other| other.connection_id != found.connection_id);
        if let Some(other) = elsewhere.filter(|_| !is_on(found, &request.connection_id)) {
            let place = |one: &VirtualInterface| one.connection_id.clone().unwrap_or_else(|| "nothing".to_owned());
            let places = format!("{} and {}", place(found), place(other));
            return Err(Error::new(Name::Unavailable, format!("two reads disagree on where {id} is: {places}")));
        }
        Ok(Some(found))
    }

    /// Decided before everything else, for a retry must find its own success whatever else has changed.
    fn on_target_already(&self, request: &Request, interface: &VirtualInterface) -> Option<OnTarget> {
        let carrier = interface.connection_id.as_deref()?;
        let target = &request.connection_id;
        let id = || interface.virtual_interface_id.clone();
        let fault = if carrier == target {
            Fault::AlreadyOnTarget { virtual_interface: id(), target: target.clone() }
        } else if self.lag_of(target) == Some(carrier) {
            Fault::TargetIsMemberOfItsLag { virtual_interface: id(), member: target.clone(), lag: carrier.to_owned() }
        } else {
            return None;
        };
        let expected = request.expected_connection_id.as_deref().filter(|id| *id != carrier && *id != target);
        Some(OnTarget {
            fault,
            virtual_interface: interface.clone(),
            port: self.port(carrier).cloned(),
            came_from_port: expected.and_then(|id| self.port(id)).cloned(),
            came_from: expected.map(str::to_owned),
        })
    }

    fn lag_of(&self, connection: &str) -> Option<&str> {
        Ports::of(&self.connections, &self.lags).lag_of(connection)
    }

    fn port(&self, id: &str) -> Option<&Port> {
        Ports::of(&self.connections, &self.lags).port(id)
    }

    /// The reads that refusals depend on: the target's interfaces, and the listings that source and target would be in.
    /// A listing that only guards depend on may be denied; none may be cut short.
    fn all_that_is_needed(&self, request: &Request, interface: &VirtualInterface) -> Result<(), Error> {
        let kinds = [Some(request.connection_id.as_str()), interface.connection_id.as_deref()];
        let needs = |kind| kinds.iter().flatten().any(|id| PortKind::of(id) == kind);
        target_is_listed(&self.on_target, self.port(&request.connection_id))?;
        read_where_needed([
            ("DescribeVirtualInterfaces", self.in_region.as_ref().err(), false),
            ("DescribeConnections", self.connections.as_ref().err(), needs(PortKind::Connection)),
            ("DescribeLags", self.lags.as_ref().err(), needs(PortKind::Lag)),
        ])
    }

    fn facts(&self, interface: VirtualInterface, target: Port, caller: &Caller) -> Facts {
        let on_target = self.on_target.as_deref().unwrap_or(&[]);
        let in_region = self.in_region.as_deref().unwrap_or(&[]);
        let others =
            |one: &&VirtualInterface| one.virtual_interface_id != interface.virtual_interface_id && one.is_live();
        let mut neighbours: Vec<VirtualInterface> = on_target.iter().filter(others).cloned().collect();
        for one in in_region.iter().filter(others).filter(|one| is_on(one, &target.id)) {
            if neighbours.iter().all(|known| known.virtual_interface_id != one.virtual_interface_id) {
                neighbours.push(one.clone());
            }
        }
        let same_gateway = |one: &&VirtualInterface| one.gateway().is_some() && one.gateway() == interface.gateway();
        let siblings = in_region.iter().filter(others).filter(same_gateway).map(|one| Sibling {
            virtual_interface: one.clone(),
            port: one.connection_id.as_deref().and_then(|id| self.port(id)).cloned(),
        });
        Facts {
            account: caller.account.clone(),
            region: caller.region.clone(),
            min_healthy_paths: caller.min_healthy_paths,
            source: interface.connection_id.as_deref().and_then(|id| self.port(id)).cloned(),
            target,
            neighbours,
            siblings: siblings.collect(),
            attachment: self.own_attachment(&interface),
            unseen_paths: Ok(Vec::new()),
            accepted_prefixes: self.accepted_prefixes.as_deref().ok().and_then(distinct),
            unread: self.not_needed_and_unread(),
            virtual_interface: interface,
        }
    }

    fn own_attachment(&self, interface: &VirtualInterface) -> Result<Option<Attachment>, Unread> {
        let id = Some(interface.virtual_interface_id.as_str());
        match &self.attachment {
            Ok(all) => Ok(all.iter().find(|one| one.virtual_interface_id.as_deref() == id).cloned()),
            Err(failed) => Err(Unread { operation: "DescribeDirectConnectGatewayAttachments", why: failed.why() }),
        }
    }

    /// Listings that gave nothing; that no refusal needs them has been seen to. Those of an interconnect's interfaces are
    /// among them: AWS may refuse them, and the guard that an interconnect meets can be overridden.
    fn not_needed_and_unread(&self) -> Vec<Unread> {
        not_read([
            ("DescribeVirtualInterfaces of the target", self.on_target.as_ref().err()),
            ("DescribeVirtualInterfaces", self.in_region.as_ref().err()),
            ("DescribeConnections", self.connections.as_ref().err()),
            ("DescribeLags", self.lags.as_ref().err()),
        ])
    }

    fn target_not_found(&self, request: &Request, caller: &Caller) -> (&'static Check, Fault) {
        let fault = Fault::TargetNotFound {
            target: request.connection_id.clone(),
            region: caller.region.clone(),
            aws_says: aws_says(&self.on_target),
        };
        (&check::TARGET_EXISTS, fault)
    }

    fn missing(
        &self,
        request: &Request,
        interface: Option<&VirtualInterface>,
        first: (&'static Check, Fault),
        caller: &Caller,
    ) -> Found {
        let target = self.port(&request.connection_id).cloned();
        let listing = match PortKind::of(&request.connection_id) {
            PortKind::Connection => self.connections.is_ok(),
            PortKind::Lag => self.lags.is_ok(),
        };
        let mut run = vec![&check::VIRTUAL_INTERFACE_EXISTS];
        let mut faults = vec![first];
        if listing {
            run.push(&check::TARGET_EXISTS);
            // Both may be missing at once; who has to mend the request wants to hear of both.
            if target.is_none() && faults[0].0.name != check::TARGET_EXISTS.name {
                faults.push(self.target_not_found(request, caller));
            }
        }
        let source = interface.and_then(|one| one.connection_id.as_deref()).and_then(|id| self.port(id)).cloned();
        Found::Missing(Missing { run, faults, virtual_interface: interface.cloned(), source, target })
    }
}

impl Facts {
    /// Adds the attachments of the gateway that belong to none of the interfaces that are visible here.
    ///
    /// # Errors
    /// [`Name::Unavailable`], when they could not be read completely. That the read was denied is a fact, and a guard's.
    pub fn see_unseen_paths(&mut self, attachments: Listing<Attachment>) -> Result<(), Error> {
        let operation = "DescribeDirectConnectGatewayAttachments";
        self.unseen_paths = match attachments {
            Ok(all) => Ok(all.into_iter().filter(|one| self.is_unseen(one)).collect()),
            Err(failed @ Failed::Incomplete { .. }) => return Err(unread(operation, &failed)),
            Err(failed) => Err(Unread { operation, why: failed.why() }),
        };
        Ok(())
    }

    fn is_unseen(&self, attachment: &Attachment) -> bool {
        let id = attachment.virtual_interface_id.as_deref();
        let gone = matches!(attachment.attachment_state.as_deref(), Some("detaching" | "detached"));
        let own = id == Some(self.virtual_interface.virtual_interface_id.as_str());
        let seen = self.siblings.iter().any(|one| id == Some(one.virtual_interface.virtual_interface_id.as_str()));
        !gone && !own && !seen
    }
}

impl Failed {
    /// Nobody answered before the time for it was over.
    #[must_use]
    pub fn late() -> Self {
        Self::Incomplete { why: "no answer came in time".to_owned() }
    }

    /// The read itself broke down.
    #[must_use]
    pub fn inside() -> Self {
        Self::Incomplete { why: "the read failed inside".to_owned() }
    }

    /// The same in a few words, in AWS's where it spoke.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::Denied { code } => code.clone(),
            Self::Refused { code, message } => format!("{code}: {message}"),
            Self::Incomplete { why } => why.clone(),
        }
    }
}

/// The connections and LAGs that were read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports<'a> {
    connections: &'a [Port],
    lags: &'a [Port],
}

impl<'a> Ports<'a> {
    pub(crate) fn of(connections: &'a Listing<Port>, lags: &'a Listing<Port>) -> Self {
        Self { connections: connections.as_deref().unwrap_or(&[]), lags: lags.as_deref().unwrap_or(&[]) }
    }

    pub(crate) fn port(&self, id: &str) -> Option<&'a Port> {
        let members = self.lags.iter().flat_map(|lag| &lag.members);
        self.lags.iter().chain(self.connections).chain(members).find(|port| port.id == id)
    }

    /// The LAG that a dedicated connection is a member of. A hosted connection on a partner's LAG carries a `lagId` too
    /// and is no member.
    pub(crate) fn lag_of(&self, connection: &str) -> Option<&'a str> {
        let port = self.port(connection).filter(|port| !port.is_hosted_connection())?;
        port.lag_id.as_deref().or_else(|| {
            let lists = |lag: &&Port| lag.members.iter().any(|member| member.id == connection);
            self.lags.iter().find(lists).map(|lag| lag.id.as_str())
        })
    }
}

pub(crate) fn add_interconnects(connections: &mut Listing<Port>, interconnects: Listing<Port>) -> Result<(), Error> {
    match (interconnects, connections) {
        (Ok(all), Ok(connections)) => connections.extend(all),
        (Ok(_) | Err(Failed::Refused { .. } | Failed::Denied { .. }), _) => {}
        (Err(failed), _) => return Err(unread("DescribeInterconnects", &failed)),
    }
    Ok(())
}

/// AWS may refuse to list the interfaces of what is no port, or an interconnect.
pub(crate) fn target_is_listed(on_target: &Listing<VirtualInterface>, target: Option<&Port>) -> Result<(), Error> {
    match (on_target, target) {
        (Ok(_), _) | (Err(Failed::Refused { .. }), None | Some(Port { interconnect: true, .. })) => Ok(()),
        (Err(failed), _) => Err(unread("DescribeVirtualInterfaces of the target", failed)),
    }
}

/// Listings, each with whether a refusal depends on it: then it may not be denied. None may be cut short.
pub(crate) fn read_where_needed<const N: usize>(
    listings: [(&'static str, Option<&Failed>, bool); N],
) -> Result<(), Error> {
    for (operation, failed, needed) in listings {
        match failed {
            None => {}
            Some(Failed::Denied { .. }) if !needed => {}
            Some(failed) => return Err(unread(operation, failed)),
        }
    }
    Ok(())
}

/// Those of these listings that gave nothing.
pub(crate) fn not_read<const N: usize>(listings: [(&'static str, Option<&Failed>); N]) -> Vec<Unread> {
    let failed = listings.into_iter().filter_map(|(operation, failed)| Some((operation, failed?)));
    failed.map(|(operation, failed)| Unread { operation, why: failed.why() }).collect()
}

/// Whether the interface is on this port.
#[must_use]
pub fn is_on(interface: &VirtualInterface, port: &str) -> bool {
    interface.connection_id.as_deref() == Some(port)
}

/// What a needed read that gave nothing means for the request.
#[must_use]
pub fn unread(operation: &str, failed: &Failed) -> Error {
    match failed {
        Failed::Denied { code } => Error::new(Name::AccessDenied, format!("{operation} was denied ({code})")),
        Failed::Refused { .. } | Failed::Incomplete { .. } => {
            Error::new(Name::Unavailable, format!("{operation} could not be read completely ({})", failed.why()))
        }
    }
}

pub(crate) fn aws_says<T>(listing: &Listing<T>) -> String {
    match listing {
        Err(Failed::Refused { code, message }) => format!(" (AWS says {code}: {message})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
