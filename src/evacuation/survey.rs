//! What the reads of an evacuation gave, and what it amounts to: the interfaces that are to leave, from where and to
//! where. Pure; it says which further reads are needed, and fails closed when one that is needed gave nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Evacuation, Notice, NoticeCode};
use crate::check::Fault;
use crate::error::{Error, Name};
use crate::estate::{
    Caller, Failed, Listing, Ports, add_interconnects, is_on, read_where_needed, target_is_listed, unread,
};
use crate::facts::{Attachment, Port, PortKind, VirtualInterface};
use crate::fields::Text;
use crate::request::id_here;

/// The tag of a port that names where its interfaces go.
pub const STANDBY_TAG: &str = "associate-virtual-interface:standby";

/// Everything that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// DescribeVirtualInterfaces, all of the Region.
    pub in_region: Listing<VirtualInterface>,
    /// DescribeVirtualInterfaces, those of each port to be emptied and of each target.
    pub on_ports: BTreeMap<String, Listing<VirtualInterface>>,
    /// DescribeConnections.
    pub connections: Listing<Port>,
    /// DescribeLags.
    pub lags: Listing<Port>,
    /// DescribeDirectConnectGatewayAttachments, by gateway; only of those whose healthy paths are in doubt.
    pub attachments: BTreeMap<String, Listing<Attachment>>,
}

/// The interfaces that are to leave, and what is worth knowing about the rest.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// In no particular order.
    pub leaving: Vec<Leaving<'a>>,
    /// Sources that are not visible, empty, or carry nothing themselves.
    pub notices: Vec<Notice>,
}

/// An interface that is to leave its port.
#[derive(Clone, Debug)]
pub struct Leaving<'a> {
    /// The interface as read.
    pub interface: &'a VirtualInterface,
    /// The port that carries it.
    pub from: &'a str,
    /// Where it goes, or why that is not known.
    pub target: Result<String, Fault>,
}

impl Survey {
    pub(super) fn ports(&self) -> Ports<'_> {
        Ports::of(&self.connections, &self.lags)
    }

    /// Every interface as often as it was listed; none `deleted` or `rejected`.
    pub(super) fn sightings(&self) -> impl Iterator<Item = &VirtualInterface> {
        let listings = self.on_ports.values().chain([&self.in_region]);
        listings.flatten().flatten().filter(|one| one.is_live())
    }

    /// Who leaves, from where and to where.
    ///
    /// # Errors
    /// [`Name::AccessDenied`] and [`Name::Unavailable`], when a read that is needed gave nothing or two disagree;
    /// [`Name::PreCheckRefused`], when nothing of what is to be emptied is visible.
    pub fn situation(&self, evacuation: &Evacuation, caller: &Caller) -> Result<Situation<'_>, Error> {
        self.sources_are_read(evacuation)?;
        let (mut leaving, mut notices, mut missing) = (BTreeMap::new(), Vec::new(), Vec::new());
        for port in &evacuation.ports {
            if let Some(lag) = self.ports().lag_of(port) {
                let message = format!("{port} is a member of {lag} and carries nothing itself: name {lag} instead");
                notices.push(Notice::new(NoticeCode::SourceIsLagMember, message));
                continue;
            }
            let found = self.sightings().filter(|one| is_on(one, port));
            let found: BTreeMap<&str, _> = found.map(|one| (one.virtual_interface_id.as_str(), one)).collect();
            match (found.is_empty(), self.ports().port(port)) {
                (true, None) => missing.push(format!("{port} is not visible in {}", caller.region)),
                (true, Some(_)) => {
                    notices
                        .push(Notice::new(NoticeCode::SourceIsEmpty, format!("{port} carries no virtual interfaces")));
                }
                (false, _) => leaving.extend(found),
            }
        }
        for id in &evacuation.interfaces {
            match self.sightings().find(|one| one.virtual_interface_id == *id) {
                Some(found) => _ = leaving.insert(id, found),
                None => missing.push(format!("virtual interface {id} is not visible in {}", caller.region)),
            }
        }
        self.sightings_agree(&leaving)?;
        if missing.len() == evacuation.ports.len() + evacuation.interfaces.len() {
            return Err(Error::new(Name::PreCheckRefused, missing.join("\n")));
        }
        notices.extend(missing.into_iter().map(|message| Notice::new(NoticeCode::NotVisible, message)));
        let leaving: Vec<_> = leaving.into_values().map(|one| self.leaving(one, evacuation, caller)).collect();
        self.ports_are_listed(&leaving)?;
        Ok(Situation { leaving, notices })
    }

    /// The listings of the ports that are to be emptied. AWS may refuse to list the interfaces of what is no port.
    fn sources_are_read(&self, evacuation: &Evacuation) -> Result<(), Error> {
        let named = |kind| evacuation.ports.iter().any(|id| PortKind::of(id) == kind);
        // An interface that is named alone is looked for in the Region.
        read_where_needed([
            ("DescribeVirtualInterfaces", self.in_region.as_ref().err(), !evacuation.interfaces.is_empty()),
            ("DescribeConnections", self.connections.as_ref().err(), named(PortKind::Connection)),
            ("DescribeLags", self.lags.as_ref().err(), named(PortKind::Lag)),
        ])?;
        for port in &evacuation.ports {
            match self.on_ports.get(port) {
                None | Some(Ok(_)) => {}
                Some(Err(Failed::Refused { .. })) if self.ports().port(port).is_none() => {}
                Some(Err(failed)) => return Err(unread("DescribeVirtualInterfaces of the source", failed)),
            }
        }
        Ok(())
    }

    /// As for the move of one interface: the listings that its source and its target would be in.
    fn ports_are_listed(&self, leaving: &[Leaving<'_>]) -> Result<(), Error> {
        let targets = leaving.iter().filter_map(|one| one.target.as_deref().ok());
        let ids: BTreeSet<&str> = leaving.iter().map(|one| one.from).chain(targets).collect();
        let needs = |kind| ids.iter().any(|id| PortKind::of(id) == kind);
        read_where_needed([
            ("DescribeConnections", self.connections.as_ref().err(), needs(PortKind::Connection)),
            ("DescribeLags", self.lags.as_ref().err(), needs(PortKind::Lag)),
        ])
    }

    /// Reads that disagree on where an interface is are no fact: something is moving it.
    fn sightings_agree(&self, leaving: &BTreeMap<&str, &VirtualInterface>) -> Result<(), Error> {
        let place = |one: &VirtualInterface| one.connection_id.clone().unwrap_or_else(|| "nothing".to_owned());
        for other in self.sightings() {
            let id = other.virtual_interface_id.as_str();
            let Some(one) = leaving.get(id).filter(|one| one.connection_id != other.connection_id) else { continue };
            let places = format!("{} and {}", place(one), place(other));
            return Err(Error::new(Name::Unavailable, format!("two reads disagree on where {id} is: {places}")));
        }
        Ok(())
    }

    fn leaving<'a>(&'a self, interface: &'a VirtualInterface, evacuation: &Evacuation, caller: &Caller) -> Leaving<'a> {
        let from = interface.connection_id.as_deref().unwrap_or("a port that AWS did not name");
        Leaving { interface, from, target: self.target(from, evacuation, caller) }
    }

    fn target(&self, from: &str, evacuation: &Evacuation, caller: &Caller) -> Result<String, Fault> {
        let target = match &evacuation.target {
            Some(target) => target.clone(),
            None => standby(from, self.ports().port(from), caller)?,
        };
        let lag = self.ports().lag_of(&target);
        if target == from || lag == Some(from) {
            return Err(Fault::TargetIsLeft { target, from: from.to_owned() });
        }
        // A LAG's links all end on one endpoint of AWS: what concerns one of them concerns the LAG.
        let emptied =
            |id: &str| evacuation.ports.iter().any(|port| port == id || self.ports().lag_of(port) == Some(id));
        if [Some(target.as_str()), lag].into_iter().flatten().any(emptied) {
            return Err(Fault::TargetIsEmptied { target });
        }
        // An interface that an event names alone may be where it was brought to: never back by itself.
        let named =
            |port: &str| evacuation.ports.iter().any(|one| one == port || self.ports().lag_of(one) == Some(port));
        let back = || standby(&target, self.ports().port(&target), caller).is_ok_and(|standby| standby == from);
        if evacuation.target.is_none() && !named(from) && back() {
            return Err(Fault::StandbyOfEachOther { from: from.to_owned(), target });
        }
        Ok(target)
    }

    /// The targets of which the interfaces were not listed yet: those that are known from a tag alone.
    #[must_use]
    pub fn targets_to_list(&self, situation: &Situation<'_>) -> BTreeSet<String> {
        targets(situation).filter(|target| !self.on_ports.contains_key(*target)).map(str::to_owned).collect()
    }

    /// The targets that may be interconnects: those have the ids of connections and are not among them.
    #[must_use]
    pub fn interconnects_to_find(&self, situation: &Situation<'_>) -> BTreeSet<String> {
        let may_be = |id: &&str| PortKind::of(id) == PortKind::Connection && self.ports().port(id).is_none();
        targets(situation).filter(may_be).map(str::to_owned).collect()
    }

    /// Adds the interconnects among which targets were looked for.
    ///
    /// # Errors
    /// [`Name::Unavailable`], when they could not be read completely.
    pub fn see_interconnects(&mut self, interconnects: Listing<Port>) -> Result<(), Error> {
        add_interconnects(&mut self.connections, interconnects)
    }

    /// Whether the targets could be listed.
    ///
    /// # Errors
    /// [`Name::AccessDenied`] and [`Name::Unavailable`].
    pub fn targets_are_listed(&self, situation: &Situation<'_>) -> Result<(), Error> {
        let listed = |target| self.on_ports.get(target).map(|listing| (target, listing));
        targets(situation)
            .filter_map(listed)
            .try_for_each(|(target, listing)| target_is_listed(listing, self.ports().port(target)))
    }
}

/// Every target, each once.
pub(super) fn targets<'a>(situation: &'a Situation<'_>) -> impl Iterator<Item = &'a str> {
    let targets: BTreeSet<&str> = situation.leaving.iter().filter_map(|one| one.target.as_deref().ok()).collect();
    targets.into_iter()
}

/// What the tag of a port names.
fn standby(from: &str, port: Option<&Port>, caller: &Caller) -> Result<String, Fault> {
    let tag = port.and_then(|port| port.tags.iter().find(|tag| tag.key == STANDBY_TAG));
    let tag = tag.ok_or_else(|| Fault::NoStandby { from: from.to_owned() })?;
    let found = Text { path: String::new(), text: tag.value.clone().unwrap_or_default() };
    id_here(&found, &["dxcon", "dxlag"], &caller.partition, &caller.region)
        .map_err(|_| Fault::StandbyNotAPort { from: from.to_owned() })
}

#[cfg(test)]
mod tests;
