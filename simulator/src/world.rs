//! The world: the inventory as it is now, with what is under way in it.
//!
//! The world has no clock and no task of its own. Whoever looks at it first lets it [`World::advance`] to the present:
//! moves whose time has come settle, deletions age. Which moves AWS would refuse is in `rules.rs`; this file would
//! carry out any.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::inventory::{Inventory, checked_item};
use crate::item::{Item, text};
use crate::port::Port;
use crate::tables::{Table, Tables};

/// "Virtual interfaces deleted fewer than 15 minutes before you make the request are also returned."
const DELETED_STAYS: Duration = Duration::from_mins(15);

/// Everything the simulated account holds. Tests change it behind everyone's back through
/// [`Simulator::change`](crate::Simulator::change).
#[derive(Clone)]
pub struct World {
    account_id: String,
    region: String,
    pub(crate) tables: Tables,
    /// The tables before the last change; what a stale read is answered from.
    before_last_change: Option<Box<Tables>>,
    pub(crate) now: Instant,
    pub(crate) settle: Duration,
    /// When the moves that are under way settle, by virtual interface.
    pub(crate) settling: HashMap<String, Instant>,
    pub(crate) never_up: HashSet<String>,
    deleted_since: HashMap<String, Instant>,
    /// Moves that were accepted but show only after the next read: (virtual interface, target).
    late_moves: Vec<(String, String)>,
    /// Moves that were accepted and show only from then on.
    moves_to_come: Vec<(Instant, String, String)>,
    pub(crate) moves: usize,
}

impl World {
    pub(crate) fn new(inventory: Inventory, settle: Duration, now: Instant) -> Self {
        Self {
            account_id: inventory.account_id().to_owned(),
            region: inventory.region().to_owned(),
            tables: inventory.tables,
            before_last_change: None,
            now,
            settle,
            settling: HashMap::new(),
            never_up: HashSet::new(),
            deleted_since: HashMap::new(),
            late_moves: Vec::new(),
            moves_to_come: Vec::new(),
            moves: 0,
        }
    }

    /// How many moves took effect so far, late ones and those whose answer was lost included.
    #[must_use]
    pub fn moves(&self) -> usize {
        self.moves
    }

    /// How many moves were accepted and have not taken effect yet.
    #[must_use]
    pub fn moves_to_come(&self) -> usize {
        self.moves_to_come.len() + self.late_moves.len()
    }

    /// The account that calls.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The Region that is called.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// A virtual interface, connection, LAG or interconnect by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Item> {
        Table::ALL.into_iter().find_map(|table| self.tables.find(table, id))
    }

    /// The same, to change. What a LAG says of its members is in the LAG.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Item> {
        let table = Table::ALL.into_iter().find(|table| self.tables.find(*table, id).is_some())?;
        self.tables.find_mut(table, id)
    }

    /// Sets one member of an item, and of a connection also in the LAG that lists it.
    ///
    /// # Panics
    /// If nothing has that id: a test that changes what is not there proves nothing.
    pub fn set(&mut self, id: &str, member: &str, value: impl Into<Value>) {
        let value = value.into();
        let lags = self.tables.rows_mut(Table::Lags).iter_mut();
        let listed = lags
            .filter_map(|lag| lag.get_mut("connections")?.as_array_mut())
            .flatten()
            .filter_map(Value::as_object_mut)
            .filter(|connection| text(connection, "connectionId") == Some(id));
        let mut found = false;
        for connection in listed {
            connection.insert(member.to_owned(), value.clone());
            found = true;
        }
        if let Some(item) = self.get_mut(id) {
            item.insert(member.to_owned(), value);
            found = true;
        }
        assert!(found, "nothing in the world has the id {id}");
    }

    /// Adds an item, in place of the one with the same id.
    ///
    /// # Panics
    /// If it is not an object with its id and members of AWS's types.
    pub fn add(&mut self, table: Table, item: Value) {
        let (id, item) = checked_item(table, item).unwrap_or_else(|problem| panic!("the item {problem}"));
        match self.tables.find_mut(table, &id) {
            Some(old) => *old = item,
            None => self.tables.rows_mut(table).push(item),
        }
    }

    /// Takes an item out of the world, and says whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let mut removed = false;
        for table in Table::ALL {
            let rows = self.tables.rows_mut(table);
            let before = rows.len();
            rows.retain(|item| table.id(item).is_ok_and(|own| own != id));
            removed |= rows.len() < before;
        }
        removed
    }

    /// Replaces the routes that ListVirtualInterfaceRoutes lists for a virtual interface.
    pub fn set_routes(&mut self, virtual_interface: &str, routes: Vec<Value>) {
        self.tables.routes.insert(virtual_interface.to_owned(), Value::Array(routes));
    }

    /// From now on peers stay down when a move settles: those of this virtual interface wherever it goes, or all that
    /// come to this connection or LAG, as with a router that is not configured there.
    pub fn never_up(&mut self, interface_or_port: &str) {
        self.never_up.insert(interface_or_port.to_owned());
    }

    /// Lets every move that is under way settle at once.
    pub fn settle_now(&mut self) {
        for at in self.settling.values_mut() {
            *at = self.now;
        }
        self.advance(self.now);
    }

    /// Brings the world to the present.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.now = now;
        let (come, to_come) = std::mem::take(&mut self.moves_to_come).into_iter().partition(|(at, ..)| *at <= now);
        self.moves_to_come = to_come;
        let come: Vec<(Instant, String, String)> = come;
        for (_, interface, target) in come {
            self.remember();
            self.start_move(&interface, &target);
        }
        let due: Vec<String> = self.settling.iter().filter(|(_, at)| **at <= now).map(|(id, _)| id.clone()).collect();
        for id in due {
            self.settling.remove(&id);
            self.settle_move(&id);
        }
        for interface in self.tables.rows(Table::VirtualInterfaces) {
            let Some(id) = text(interface, "virtualInterfaceId") else { continue };
            if text(interface, "virtualInterfaceState") == Some("deleted") {
                self.deleted_since.entry(id.to_owned()).or_insert(now);
            } else {
                self.deleted_since.remove(id);
            }
        }
    }

    /// Keeps the present as what a stale read will see. Called before every change.
    pub(crate) fn remember(&mut self) {
        self.before_last_change = Some(Box::new(self.tables.clone()));
    }

    /// The world before the last change; the present one if nothing changed yet.
    pub(crate) fn before_last_change(&self) -> World {
        let mut old = self.clone();
        if let Some(tables) = &self.before_last_change {
            old.tables = (**tables).clone();
        }
        old
    }

    /// The items of a table that this Region's endpoint shows.
    pub(crate) fn visible(&self, table: Table) -> impl Iterator<Item = &Item> {
        self.tables.rows(table).iter().filter(move |item| self.is_visible(item))
    }

    fn is_visible(&self, item: &Item) -> bool {
        let deleted = text(item, "virtualInterfaceId").and_then(|id| self.deleted_since.get(id));
        text(item, "region").is_none_or(|region| region == self.region)
            && deleted.is_none_or(|since| self.now.duration_since(*since) < DELETED_STAYS)
    }

    /// The virtual interface, if this Region's endpoint shows it.
    pub(crate) fn interface(&self, id: &str) -> Option<&Item> {
        self.tables.find(Table::VirtualInterfaces, id).filter(|item| self.is_visible(item))
    }

    /// The connection, LAG or interconnect, if this Region's endpoint shows it. A connection that only its LAG lists
    /// is found there.
    pub(crate) fn port(&self, id: &str) -> Option<Port<'_>> {
        let connection = || self.tables.find(Table::Connections, id).map(Port::Connection);
        let lag = || self.tables.find(Table::Lags, id).map(Port::Lag);
        let interconnect = || self.tables.find(Table::Interconnects, id).map(Port::Interconnect);
        let member = || self.tables.lag_member(id).map(|(_, member)| Port::Connection(member));
        let port = interconnect().or_else(lag).or_else(connection).or_else(member)?;
        self.is_visible(port.item()).then_some(port)
    }

    /// Remembers a move that will show only after the next read of the interface.
    pub(crate) fn move_after_next_read(&mut self, interface: &str, target: &str) {
        self.late_moves.push((interface.to_owned(), target.to_owned()));
    }

    /// Remembers a move that will show only after so long.
    pub(crate) fn move_after(&mut self, delay: Duration, interface: &str, target: &str) {
        self.moves_to_come.push((self.now + delay, interface.to_owned(), target.to_owned()));
    }

    /// Carries out the late moves of the interfaces that have just been read.
    pub(crate) fn was_read(&mut self, interfaces: &[String]) {
        let (due, waiting) =
            std::mem::take(&mut self.late_moves).into_iter().partition(|(id, _)| interfaces.contains(id));
        self.late_moves = waiting;
        let due: Vec<(String, String)> = due;
        for (interface, target) in due {
            self.remember();
            self.start_move(&interface, &target);
        }
    }

    /// The world in the shape of an inventory, secrets included.
    pub(crate) fn to_json(&self) -> Value {
        let mut shown = json!({"accountId": self.account_id, "region": self.region});
        for table in Table::ALL {
            shown[table.member()] = json!(self.tables.rows(table));
        }
        shown["routes"] = Value::Object(self.tables.routes.clone());
        shown
    }
}
