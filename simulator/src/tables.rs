//! The five tables of an inventory and the routes: storage and look-up by id, nothing else.

use serde_json::{Map, Value};

use crate::item::{Item, objects, text};

/// A kind of thing that AWS describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// What DescribeVirtualInterfaces returns.
    VirtualInterfaces,
    /// What DescribeConnections returns.
    Connections,
    /// What DescribeLags returns.
    Lags,
    /// What DescribeInterconnects returns.
    Interconnects,
    /// What DescribeDirectConnectGatewayAttachments returns.
    GatewayAttachments,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 5] =
        [Self::VirtualInterfaces, Self::Connections, Self::Lags, Self::Interconnects, Self::GatewayAttachments];

    /// The member that holds the table in AWS's answers and in an inventory.
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Self::VirtualInterfaces => "virtualInterfaces",
            Self::Connections => "connections",
            Self::Lags => "lags",
            Self::Interconnects => "interconnects",
            Self::GatewayAttachments => "directConnectGatewayAttachments",
        }
    }

    /// The members that together name an item; an attachment has no id of its own.
    pub(crate) fn key(self) -> &'static [&'static str] {
        match self {
            Self::VirtualInterfaces => &["virtualInterfaceId"],
            Self::Connections => &["connectionId"],
            Self::Lags => &["lagId"],
            Self::Interconnects => &["interconnectId"],
            Self::GatewayAttachments => &["virtualInterfaceId", "directConnectGatewayId"],
        }
    }

    /// The id of an item of this table, or the first of its key members that is missing.
    pub(crate) fn id(self, item: &Item) -> Result<String, &'static str> {
        let parts: Result<Vec<&str>, _> = self.key().iter().map(|member| text(item, member).ok_or(*member)).collect();
        Ok(parts?.join(" on "))
    }
}

/// What an inventory holds.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    rows: [Vec<Item>; Table::ALL.len()],
    /// Routes by the id of their virtual interface.
    pub(crate) routes: Map<String, Value>,
}

impl Tables {
    /// The items of a table, in the order of the inventory.
    pub(crate) fn rows(&self, table: Table) -> &[Item] {
        &self.rows[table as usize]
    }

    /// The same, to change.
    pub(crate) fn rows_mut(&mut self, table: Table) -> &mut Vec<Item> {
        &mut self.rows[table as usize]
    }

    /// Every item of these tables.
    pub(crate) fn of<'a>(&'a self, tables: &'a [Table]) -> impl Iterator<Item = &'a Item> {
        tables.iter().flat_map(|table| self.rows(*table))
    }

    /// The item of a table by its id.
    pub(crate) fn find(&self, table: Table, id: &str) -> Option<&Item> {
        self.rows(table).iter().find(|item| has_id(table, item, id))
    }

    /// The same, to change.
    pub(crate) fn find_mut(&mut self, table: Table, id: &str) -> Option<&mut Item> {
        self.rows_mut(table).iter_mut().find(|item| has_id(table, item, id))
    }

    /// The LAG that lists a connection among its members, with what it says of the connection.
    pub(crate) fn lag_member(&self, connection: &str) -> Option<(&Item, &Item)> {
        self.rows(Table::Lags).iter().find_map(|lag| {
            let member = objects(lag, "connections").find(|member| text(member, "connectionId") == Some(connection))?;
            Some((lag, member))
        })
    }
}

fn has_id(table: Table, item: &Item, id: &str) -> bool {
    table.id(item).is_ok_and(|own| own == id)
}
