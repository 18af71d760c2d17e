//! The other interfaces of the gateway as paths: what each is called, where it ends, and whether it is healthy. Knows
//! nothing of how many paths a gateway needs or where they should end: those are next door.

use std::collections::BTreeSet;

use super::health::{Health, health};
use super::place::Place;
use crate::facts::{Facts, Sibling, VirtualInterface};

/// Another interface of the same gateway, judged as a path.
pub(super) struct Path<'a> {
    pub(super) interface: &'a VirtualInterface,
    pub(super) place: Place<'a>,
    pub(super) health: Health,
}

impl Path<'_> {
    /// Of one that is neither healthy nor absent: which it is, and why.
    pub(super) fn doubt(&self) -> Option<String> {
        match &self.health {
            Health::Unknown(because) => Some(format!("{}: {because}", self.interface.virtual_interface_id)),
            Health::Healthy | Health::Settling(_) | Health::Unhealthy(_) => None,
        }
    }
}

/// Which ones these are, in words.
pub(super) fn ids<'a>(paths: impl IntoIterator<Item = &'a Path<'a>>) -> String {
    let ids = paths.into_iter().map(|path| path.interface.virtual_interface_id.as_str());
    ids.collect::<Vec<_>>().join(", ")
}

/// The ports that these end on, each once.
pub(super) fn ports<'a>(paths: &[Path<'a>], which: fn(&Health) -> bool) -> BTreeSet<&'a str> {
    paths.iter().filter(|path| which(&path.health)).filter_map(|path| path.place.port).collect()
}

/// Every sibling, judged. What it must carry is what the moving interface carries now: each family that is up, or any
/// one session where none is.
pub(super) fn siblings<'a>(facts: &'a Facts) -> Vec<Path<'a>> {
    let moving = &facts.virtual_interface;
    let families = moving.families_up();
    let judge = |sibling: &'a Sibling| Path {
        interface: &sibling.virtual_interface,
        place: Place::of_path(&sibling.virtual_interface, sibling.port.as_ref()),
        health: health(sibling, moving, &families),
    };
    facts.siblings.iter().map(judge).collect()
}
