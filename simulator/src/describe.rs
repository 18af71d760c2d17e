//! The reads: what the Describe operations and ListVirtualInterfaceRoutes answer.
//!
//! They differ in what they do with an id that they cannot find: DescribeVirtualInterfaces answers an empty list to an
//! unknown interface, DescribeLags and DescribeConnections refuse.

use serde_json::{Map, Value};

use crate::item::{Item, objects, text};
use crate::moving::is_live_peer;
use crate::operation::Operation;
use crate::paging::Paging;
use crate::rules::{could_not_find_port, has_shape};
use crate::tables::Table;
use crate::wire::ApiError;
use crate::world::World;

/// Answers a read.
///
/// # Panics
/// If the operation is not a read of Direct Connect.
pub(crate) fn answer(world: &World, operation: Operation, input: &Item, paging: &Paging) -> Result<Item, ApiError> {
    match operation {
        Operation::DescribeVirtualInterfaces => virtual_interfaces(world, input, paging),
        Operation::DescribeConnections => connections(world, input, paging),
        Operation::DescribeLags => lags(world, input, paging),
        Operation::DescribeInterconnects => interconnects(world, input, paging),
        Operation::DescribeDirectConnectGatewayAttachments => attachments(world, input, paging),
        Operation::ListVirtualInterfaceRoutes => routes(world, input, paging),
        other => unreachable!("{other:?} is not a read of Direct Connect"),
    }
}

/// An id that the caller filters by.
fn wanted<'a>(input: &'a Item, member: &str) -> Option<&'a str> {
    input.get(member)?.as_str()
}

/// An id that the caller filters by, refused if AWS would not take it for one.
fn wanted_id<'a>(input: &'a Item, member: &str, kind: &str, prefixes: &[&str]) -> Result<Option<&'a str>, ApiError> {
    match wanted(input, member) {
        Some(id) if !has_shape(id, prefixes) => Err(ApiError::client(format!("{kind} ID {id} has an invalid format."))),
        id => Ok(id),
    }
}

/// Whether an item passes a filter that may be absent.
fn passes(item: &Item, member: &str, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|id| text(item, member) == Some(id))
}

fn virtual_interfaces(world: &World, input: &Item, paging: &Paging) -> Result<Item, ApiError> {
    let interface = wanted_id(input, "virtualInterfaceId", "Virtual Interface", &["dxvif-"])?;
    let port = wanted_id(input, "connectionId", "Connection", &["dxcon-", "dxlag-"])?;
    if let Some(id) = port.filter(|id| world.port(id).is_none()) {
        return Err(ApiError::client(could_not_find_port(id))); // assumed: the text of the other two reads
    }
    let found = world
        .visible(Table::VirtualInterfaces)
        .filter(|item| passes(item, "virtualInterfaceId", interface) && passes(item, "connectionId", port));
    Ok(paging.page(Map::new(), Table::VirtualInterfaces.member(), found))
}

fn connections(world: &World, input: &Item, paging: &Paging) -> Result<Item, ApiError> {
    let member = Table::Connections.member();
    let Some(id) = wanted_id(input, "connectionId", "Connection", &["dxcon-"])? else {
        return Ok(paging.page(Map::new(), member, world.visible(Table::Connections)));
    };
    match world.port(id) {
        Some(crate::port::Port::Connection(found)) => Ok(paging.page(Map::new(), member, [found].into_iter())),
        _ => Err(ApiError::client(could_not_find_port(id))),
    }
}

fn lags(world: &World, input: &Item, paging: &Paging) -> Result<Item, ApiError> {
    let lag = wanted_id(input, "lagId", "Lag", &["dxlag-"])?;
    let mut found = world.visible(Table::Lags).filter(|item| passes(item, "lagId", lag)).peekable();
    match lag {
        Some(id) if found.peek().is_none() => Err(ApiError::client(could_not_find_port(id))),
        _ => Ok(paging.page(Map::new(), Table::Lags.member(), found)),
    }
}

/// "Account [NUMBER] is not an authorized Direct Connect partner in eu-west-2." is what an account without
/// interconnects is told.
fn interconnects(world: &World, input: &Item, paging: &Paging) -> Result<Item, ApiError> {
    let interconnect = wanted_id(input, "interconnectId", "Interconnect", &["dxcon-"])?;
    if world.visible(Table::Interconnects).next().is_none() {
        return Err(ApiError::client(format!(
            "Account [{}] is not an authorized Direct Connect partner in {}.",
            world.account_id(),
            world.region()
        )));
    }
    let passing = |item: &&Item| passes(item, "interconnectId", interconnect);
    let mut found = world.visible(Table::Interconnects).filter(passing).peekable();
    match interconnect {
        Some(id) if found.peek().is_none() => {
            Err(ApiError::client(format!("Could not find Interconnect with ID {id}")))
        }
        _ => Ok(paging.page(Map::new(), Table::Interconnects.member(), found)),
    }
}

/// "You must specify a Direct Connect gateway, a virtual interface, or both."
fn attachments(world: &World, input: &Item, paging: &Paging) -> Result<Item, ApiError> {
    let gateway = wanted(input, "directConnectGatewayId");
    let interface = wanted(input, "virtualInterfaceId");
    if gateway.is_none() && interface.is_none() {
        let message = "You must specify a Direct Connect gateway, a virtual interface, or both.";
        return Err(ApiError::client(message));
    }
    let found = world.visible(Table::GatewayAttachments).filter(|item| {
        passes(item, "directConnectGatewayId", gateway) && passes(item, "virtualInterfaceId", interface)
    });
    Ok(paging.page(Map::new(), Table::GatewayAttachments.member(), found))
}

/// Routes are there while BGP is: those of a family without an established peer are left out.
fn routes(world: &World, input: &Item, paging: &Paging) -> Result<Item, ApiError> {
    let Some(id) = wanted_id(input, "virtualInterfaceId", "Virtual Interface", &["dxvif-"])? else {
        return Err(ApiError::client("virtualInterfaceId is required."));
    };
    let Some(interface) = world.interface(id) else {
        return Err(ApiError::client(format!("Could not find Virtual Interface with ID {id}")));
    };
    let none = Map::new();
    let filters = input.get("filters").and_then(Value::as_object).unwrap_or(&none);
    let found = objects(&world.tables.routes, id)
        .filter(|route| is_established(interface, text(route, "addressFamily")) && route_passes(route, filters));
    let answer = Map::from_iter([("virtualInterfaceId".to_owned(), id.into())]);
    Ok(paging.page(answer, "routes", found))
}

/// Whether a live peer of the family is up; of an interface without peers, whether it is available.
fn is_established(interface: &Item, family: Option<&str>) -> bool {
    let mut peers = objects(interface, "bgpPeers").peekable();
    if peers.peek().is_none() {
        return text(interface, "virtualInterfaceState") == Some("available");
    }
    peers
        .filter(|peer| is_live_peer(peer) && text(peer, "bgpStatus") == Some("up"))
        .any(|peer| family.is_none_or(|family| text(peer, "addressFamily").is_none_or(|own| own == family)))
}

/// Whether a route passes the filters: one of the CIDRs, every AS number somewhere on the path, every community.
fn route_passes(route: &Item, filters: &Item) -> bool {
    let listed = |name: &str| filters.get(name).and_then(Value::as_array).into_iter().flatten();
    let holds =
        |name: &str, value: &Value| route.get(name).and_then(Value::as_array).is_some_and(|l| l.contains(value));
    let on_path = |number: &Value| {
        objects(route, "asPath")
            .any(|part| part.get("path").and_then(Value::as_array).is_some_and(|p| p.contains(number)))
    };
    let cidrs: Vec<&Value> = listed("cidrs").collect();
    passes(route, "routeDirection", wanted(filters, "routeDirection"))
        && passes(route, "addressFamily", wanted(filters, "addressFamily"))
        && (cidrs.is_empty() || route.get("cidr").is_some_and(|cidr| cidrs.contains(&cidr)))
        && listed("asPath").all(on_path)
        && listed("communities").all(|community| holds("communities", community))
}
