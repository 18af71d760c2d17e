//! The inventory: what the caller saw of an account, read from the saved answers of the AWS CLI.
//!
//! Knows the shape of those files and how to say what is wrong with one. An error names the file, the item and the
//! member, never a value but an id: the files hold BGP keys.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use crate::item::{Item, text};
use crate::tables::{Table, Tables};

const DEFAULT_ACCOUNT: &str = "123456789012";
const DEFAULT_REGION: &str = "us-east-1";

/// What an account has of its own; an interface on it may be another's.
const PORTS: [Table; 3] = [Table::Connections, Table::Lags, Table::Interconnects];

/// By which name the rest of a table is asked for: in AWS's answers, and in what the CLI makes of several of them.
const NEXT_TOKENS: [&str; 2] = ["nextToken", "NextToken"];

/// Merged outputs of `aws directconnect describe-virtual-interfaces`, `describe-connections`, `describe-lags`,
/// `describe-interconnects` and `describe-direct-connect-gateway-attachments`, with optional members `accountId`,
/// `region` and `routes` (routes by virtual interface, for ListVirtualInterfaceRoutes).
#[derive(Clone, Default)]
pub struct Inventory {
    account_id: Option<String>,
    region: Option<String>,
    pub(crate) tables: Tables,
    /// The tables that some file had, if only empty.
    given: [bool; Table::ALL.len()],
}

/// How an inventory knows its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountFrom {
    /// It says so.
    Given,
    /// The owner of most connections, LAGs and interconnects.
    Ports,
    /// The owner of most virtual interfaces, for want of ports.
    Interfaces,
    /// It does not: nothing in it has an owner.
    Nothing,
}

/// The place of every item of one table by its id.
type Index = HashMap<String, usize>;

/// Why a text is not an inventory, or cannot be merged with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryError(String);

impl fmt::Display for InventoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InventoryError {}

/// Counts only: an inventory holds BGP keys.
impl fmt::Debug for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Inventory");
        shown.field("accountId", &self.account_id()).field("region", &self.region());
        for table in Table::ALL {
            shown.field(table.member(), &self.tables.rows(table).len());
        }
        shown.finish_non_exhaustive()
    }
}

impl Inventory {
    /// A small estate to try things on: two locations, a LAG, private, transit and public interfaces, siblings on
    /// gateways, a hosted connection, and a port that is down.
    #[must_use]
    pub fn example() -> Self {
        Self::from_json(include_str!("../inventory/estate.json")).unwrap_or_else(|error| unreachable!("{error}"))
    }

    /// Reads one JSON object with at least one of the known members; other members are left aside.
    pub fn from_json(text: &str) -> Result<Self, InventoryError> {
        // Windows' shells begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: Value = serde_json::from_str(text)
            .map_err(|error| InventoryError(format!("not JSON: line {}, column {}", error.line(), error.column())))?;
        let Value::Object(mut members) = value else {
            return Err(InventoryError("not a JSON object".to_owned()));
        };
        let known = |name: &&String| Table::ALL.iter().any(|table| table.member() == *name) || is_extra(name);
        if members.keys().find(known).is_none() {
            let tables = Table::ALL.map(Table::member).join(", ");
            return Err(InventoryError(format!("has none of the members {tables}, routes, accountId, region")));
        }
        if let Some(token) = NEXT_TOKENS.iter().find(|token| members.get(**token).is_some_and(|more| !is_end(more))) {
            return Err(InventoryError(format!(
                "is one page of several ({token}): save every page and give each as a file of its own; to remove the \
                 member is to say that the rest is in another file"
            )));
        }
        let mut inventory = Self {
            account_id: extra_text(&members, "accountId")?,
            region: extra_text(&members, "region")?,
            ..Self::default()
        };
        for table in Table::ALL {
            let Some(rows) = members.remove(table.member()) else { continue };
            inventory.given[table as usize] = true;
            inventory.add_rows(table, rows)?;
        }
        inventory.tables.routes = routes(members.remove("routes"))?;
        Ok(inventory)
    }

    /// Reads a file; every error begins with its path.
    pub fn read(path: &Path) -> Result<Self, InventoryError> {
        let named = |problem: String| InventoryError(format!("{}: {problem}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        Self::from_json(&text).map_err(|error| named(error.0))
    }

    /// Adds what another file of the same account and Region says. The same item twice is one item if it is equal.
    pub fn merge(&mut self, other: Self) -> Result<(), InventoryError> {
        merge_text(&mut self.account_id, other.account_id, "accountId")?;
        merge_text(&mut self.region, other.region, "region")?;
        let mut theirs = other.tables;
        for table in Table::ALL {
            self.given[table as usize] |= other.given[table as usize];
            let mut index = self.index(table)?;
            for item in std::mem::take(theirs.rows_mut(table)) {
                self.add(table, &mut index, id(table, &item)?, item)?;
            }
        }
        for (id, routes) in theirs.routes {
            match self.tables.routes.get(&id) {
                Some(ours) if *ours != routes => {
                    return Err(InventoryError(format!("routes: {id} is given twice with different content")));
                }
                _ => self.tables.routes.insert(id, routes),
            };
        }
        Ok(())
    }

    /// The caller's account: as given, else the owner of most ports, else of most interfaces, else 123456789012.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.account().0
    }

    /// How [`Inventory::account_id`] is known.
    #[must_use]
    pub fn account_from(&self) -> AccountFrom {
        self.account().1
    }

    fn account(&self) -> (&str, AccountFrom) {
        let owner = |tables, from| self.most_frequent(tables, "ownerAccount").map(|owner| (owner, from));
        let given = self.account_id.as_deref().map(|given| (given, AccountFrom::Given));
        given
            .or_else(|| owner(&PORTS, AccountFrom::Ports))
            .or_else(|| owner(&[Table::VirtualInterfaces], AccountFrom::Interfaces))
            .unwrap_or((DEFAULT_ACCOUNT, AccountFrom::Nothing))
    }

    /// Whether no file had this table, not even an empty one.
    #[must_use]
    pub fn lacks(&self, table: Table) -> bool {
        !self.given[table as usize]
    }

    /// The Region: as given, else the one that most things carry, else us-east-1.
    #[must_use]
    pub fn region(&self) -> &str {
        self.region.as_deref().or_else(|| self.most_frequent(&Table::ALL, "region")).unwrap_or(DEFAULT_REGION)
    }

    fn most_frequent<'a>(&'a self, tables: &'a [Table], member: &str) -> Option<&'a str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for item in self.tables.of(tables) {
            if let Some(value) = text(item, member) {
                *counts.entry(value).or_default() += 1;
            }
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(value, _)| value)
    }

    fn add_rows(&mut self, table: Table, rows: Value) -> Result<(), InventoryError> {
        let member = table.member();
        let Value::Array(rows) = rows else {
            return Err(InventoryError(format!("{member} is not an array")));
        };
        let mut index = Index::with_capacity(rows.len());
        for (number, row) in rows.into_iter().enumerate() {
            let place = format!("{member}[{number}]");
            let checked = checked_item(table, row);
            let (id, item) = checked.map_err(|problem| InventoryError(format!("{place} {problem}")))?;
            self.add(table, &mut index, id, item)?;
        }
        Ok(())
    }

    fn index(&self, table: Table) -> Result<Index, InventoryError> {
        self.tables.rows(table).iter().enumerate().map(|(place, item)| Ok((id(table, item)?, place))).collect()
    }

    fn add(&mut self, table: Table, index: &mut Index, id: String, item: Item) -> Result<(), InventoryError> {
        let rows = self.tables.rows_mut(table);
        match index.get(&id) {
            Some(place) if rows[*place] == item => {}
            Some(_) => {
                let member = table.member();
                return Err(InventoryError(format!("{member}: {id} is given twice with different content")));
            }
            None => {
                index.insert(id, rows.len());
                rows.push(item);
            }
        }
        Ok(())
    }
}

fn id(table: Table, item: &Item) -> Result<String, InventoryError> {
    table.id(item).map_err(|member| InventoryError(format!("has no {member}")))
}

/// The item with its id, if it is an object that carries its id and has the types that AWS gives the members used here.
pub(crate) fn checked_item(table: Table, value: Value) -> Result<(String, Item), String> {
    let Value::Object(item) = value else {
        return Err("is not an object".to_owned());
    };
    check_types(&item)?;
    let id = table.id(&item).map_err(|member| format!("has no {member}"))?;
    Ok((id, item))
}

/// The types of the members that the simulator reads; a wrong one would otherwise pass for a missing member.
fn check_types(item: &Item) -> Result<(), String> {
    for (name, value) in item.iter().filter(|(_, value)| !value.is_null()) {
        let (fits, wanted) = match name.as_str() {
            "vlan" | "mtu" | "minimumLinks" | "remaining" => (value.is_i64(), "an integer"),
            name if name.starts_with("prefixPool") => (value.is_i64(), "an integer"),
            "jumboFrameCapable" | "allowsHostedConnections" => (value.is_boolean(), "a boolean"),
            "bgpPeers" | "connections" => {
                (value.as_array().is_some_and(|list| list.iter().all(Value::is_object)), "an array of objects")
            }
            "rateLimiterStatus" => (value.is_object(), "an object"),
            "lagId" | "region" | "location" | "bandwidth" | "partnerName" | "rateLimit" | "addressFamily" => {
                (value.is_string(), "a string")
            }
            name if ["Id", "State", "Status", "Account", "Address"].iter().any(|end| name.ends_with(end)) => {
                (value.is_string(), "a string")
            }
            _ => continue,
        };
        if !fits {
            return Err(format!("has a {name} that is not {wanted}"));
        }
        let nested = value.as_array().into_iter().flatten().chain(Some(value));
        for object in nested.filter_map(Value::as_object) {
            check_types(object).map_err(|problem| format!("has {name} of which one {problem}"))?;
        }
    }
    Ok(())
}

/// Whether a token says that no page follows.
fn is_end(token: &Value) -> bool {
    token.is_null() || *token == ""
}

fn is_extra(name: &str) -> bool {
    ["accountId", "region", "routes"].contains(&name)
}

fn extra_text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, InventoryError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(InventoryError(format!("{name} is not a string with something in it"))),
    }
}

fn merge_text(ours: &mut Option<String>, theirs: Option<String>, name: &str) -> Result<(), InventoryError> {
    match (ours.as_ref(), theirs) {
        (Some(ours), Some(theirs)) if *ours != theirs => {
            Err(InventoryError(format!("{name} is given twice: {ours} and {theirs}")))
        }
        (None, theirs) => {
            *ours = theirs;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn routes(value: Option<Value>) -> Result<Map<String, Value>, InventoryError> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(routes)) => {
            for (id, list) in &routes {
                if !list.as_array().is_some_and(|list| list.iter().all(Value::is_object)) {
                    return Err(InventoryError(format!("routes: {id} does not hold an array of objects")));
                }
            }
            Ok(routes)
        }
        Some(_) => Err(InventoryError("routes is not an object".to_owned())),
    }
}
