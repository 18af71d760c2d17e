//! When AWS refuses AssociateVirtualInterface: one [`Rule`] each, with the sentence it imitates.
//!
//! `documented` rules imitate AWS's documents; the others are assumptions where the documents are silent, and the
//! reason is given in place of the sentence. Nobody quotes AWS's texts for these refusals, so the messages are ours.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::item::{Item, flag, integer, objects, text};
use crate::moving::is_live_peer;
use crate::port::{Port, mbps};
use crate::tables::Table;
use crate::world::World;

/// A rule of AssociateVirtualInterface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, as tests and `/_sim/calls` give it.
    pub name: &'static str,
    /// Whether AWS's documents state it; if not, it is assumed.
    pub documented: bool,
    /// The sentence imitated, or why the rule is assumed.
    pub source: &'static str,
}

/// A call that a rule refuses, and what the caller is told.
pub(crate) struct Broken {
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
}

const fn documented(name: &'static str, source: &'static str) -> Rule {
    Rule { name, documented: true, source }
}

const fn assumed(name: &'static str, source: &'static str) -> Rule {
    Rule { name, documented: false, source }
}

const OWNERSHIP: &str = "To reassociate a virtual interface to a new connection or LAG, the requester must own either \
     the virtual interface itself or the connection to which the virtual interface is currently associated. \
     Additionally, the requester must own the connection or LAG for the association.";
const CONFLICT: &str = "If the target connection or LAG has an associated virtual interface with a conflicting VLAN \
     number or a conflicting IP address, the operation fails.";
const QUOTAS: &str = "Virtual interfaces per dedicated connection or LAG: 51, of which at most 50 private or public \
     and 4 transit. Virtual interfaces per hosted connection: 1.";

const VIRTUAL_INTERFACE_EXISTS: Rule = documented(
    "virtual-interface-exists",
    "Virtual interfaces deleted fewer than 15 minutes before you make the request are also returned. You can migrate a \
     virtual interface to a new connection within the same Region, but you can't migrate it from one Region to another.",
);
const TARGET_EXISTS: Rule = documented("target-exists", "connectionId: The ID of the LAG or connection.");
const OWNER_OF_INTERFACE_OR_SOURCE: Rule = documented("owner-of-interface-or-source", OWNERSHIP);
const OWNER_OF_TARGET: Rule = documented("owner-of-target", OWNERSHIP);
const HOSTED_TO_LAG: Rule = documented(
    "hosted-to-lag",
    "Virtual interfaces associated with a hosted connection cannot be associated with a LAG; hosted connections must be \
     migrated along with their virtual interfaces using AssociateHostedConnection.",
);
const HOSTED_TO_HOSTED: Rule = documented(
    "hosted-to-hosted",
    "You can't migrate a VIF from one hosted connection to another hosted connection. VLAN IDs are unique; therefore, \
     migrating a VIF in this way would mean the VLANs don't match.",
);
const VLAN_CONFLICT: Rule = documented("vlan-conflict", CONFLICT);
/// AWS says that a conflicting address fails the call, not what conflicts: assumed is an address in use by a peer.
const ADDRESS_CONFLICT: Rule = documented("address-conflict", CONFLICT);
const JUMBO_CAPABLE: Rule = documented(
    "jumbo-capable",
    "After you enable jumbo frames for your private virtual interface or transit virtual interface, you can only \
     associate it with a connection or LAG that is jumbo frame capable.",
);
const QUOTA_TOTAL: Rule = documented("quota-total", QUOTAS);
const QUOTA_PRIVATE_PUBLIC: Rule = documented("quota-private-public", QUOTAS);
const QUOTA_TRANSIT: Rule = documented("quota-transit", QUOTAS);
const QUOTA_HOSTED: Rule = documented("quota-hosted", QUOTAS);

const LAG_MEMBER: Rule = assumed(
    "lag-member",
    "The LAG configuration applies to all connections in the group, and interfaces of a connection that joins a LAG are \
     re-associated with the LAG; whether the API refuses a member as a target is not documented.",
);
const INTERCONNECT: Rule = assumed(
    "interconnect",
    "Interconnects carry hosted connections, not virtual interfaces; no document says what the API answers.",
);
const PARTNER_LAG: Rule = assumed(
    "partner-lag",
    "For a LAG owned by a partner, any associated virtual interfaces cannot be directly configured; what the API answers \
     is not documented.",
);
const HOSTED_TARGET_VLAN: Rule = assumed(
    "hosted-target-vlan",
    "The partner gives a hosted connection its VLAN, and a virtual interface keeps its own over a move; they must agree.",
);
const TARGET_STATE: Rule = assumed(
    "target-state",
    "No document says which states of a target are accepted; a port that was ever in service is `available` or `down`.",
);
const INTERFACE_STATE: Rule = assumed(
    "interface-state",
    "No document says which states of a virtual interface are accepted; one under test, under way or gone is not.",
);
const RATE_LIMITER: Rule = assumed(
    "rate-limiter",
    "A rate limit cannot exceed the bandwidth of the parent connection or LAG, which has a maximum of rate limiters, and \
     hosted connections have none; what a move does beyond that is not documented.",
);
const PREFIX_POOL: Rule = assumed(
    "prefix-pool",
    "A port has a pool of inbound prefixes from which its virtual interfaces are allocated; what a move does when the \
     pool is short is not documented.",
);
const SAME_TARGET: Rule = assumed(
    "same-target",
    "What AWS does when the virtual interface is already on the target is not documented; assumed is that it is moved, \
     and interrupted, once more. It refuses nothing.",
);

/// What a rule looks at.
struct Move<'a> {
    world: &'a World,
    interface: &'a Item,
    source: Option<Port<'a>>,
    target: Port<'a>,
    target_id: &'a str,
    /// The interface is on the target already.
    stays: bool,
    /// The other virtual interfaces on the target that are neither deleted nor rejected.
    neighbours: Vec<&'a Item>,
}

/// Says why the rule is broken, or nothing.
type Check = fn(&Move) -> Option<String>;

/// The rules that look at a move, in the order in which they are asked. Before them come the two look-ups.
const CHECKS: [(&Rule, Check); 19] = [
    (&OWNER_OF_INTERFACE_OR_SOURCE, owner_of_interface_or_source),
    (&OWNER_OF_TARGET, owner_of_target),
    (&INTERCONNECT, interconnect),
    (&PARTNER_LAG, partner_lag),
    (&HOSTED_TO_LAG, hosted_to_lag),
    (&HOSTED_TO_HOSTED, hosted_to_hosted),
    (&LAG_MEMBER, lag_member),
    (&TARGET_STATE, target_state),
    (&INTERFACE_STATE, interface_state),
    (&HOSTED_TARGET_VLAN, hosted_target_vlan),
    (&VLAN_CONFLICT, vlan_conflict),
    (&ADDRESS_CONFLICT, address_conflict),
    (&JUMBO_CAPABLE, jumbo_capable),
    (&QUOTA_HOSTED, quota_hosted),
    (&QUOTA_TRANSIT, quota_transit),
    (&QUOTA_PRIVATE_PUBLIC, quota_private_public),
    (&QUOTA_TOTAL, quota_total),
    (&RATE_LIMITER, rate_limiter),
    (&PREFIX_POOL, prefix_pool),
];

/// Every rule: the two look-ups, those that look at the move, and the one that refuses nothing.
pub fn rules() -> impl Iterator<Item = Rule> {
    let look_ups = [VIRTUAL_INTERFACE_EXISTS, TARGET_EXISTS];
    look_ups.into_iter().chain(CHECKS.map(|(rule, _)| *rule)).chain([SAME_TARGET])
}

/// The first rule that the move breaks.
pub(crate) fn first_broken(world: &World, interface_id: &str, target_id: &str) -> Result<(), Broken> {
    let refuse = |rule, message| Err(Broken { rule, message });
    if !has_shape(interface_id, &["dxvif-"]) {
        return refuse(
            &VIRTUAL_INTERFACE_EXISTS,
            format!("Virtual Interface ID {interface_id} has an invalid format."),
        );
    }
    if !has_shape(target_id, &["dxcon-", "dxlag-"]) {
        return refuse(&TARGET_EXISTS, format!("Connection ID {target_id} has an invalid format."));
    }
    let Some(interface) = world.interface(interface_id) else {
        return refuse(&VIRTUAL_INTERFACE_EXISTS, format!("Could not find Virtual Interface with ID {interface_id}"));
    };
    let Some(target) = world.port(target_id) else {
        return refuse(&TARGET_EXISTS, could_not_find_port(target_id));
    };
    let source_id = text(interface, "connectionId");
    let moved = Move {
        world,
        interface,
        source: source_id.and_then(|id| world.port(id)),
        target,
        target_id,
        stays: source_id == Some(target_id),
        neighbours: neighbours(world, interface_id, target_id),
    };
    match CHECKS.iter().find_map(|(rule, check)| Some((*rule, check(&moved)?))) {
        Some((rule, message)) => refuse(rule, message),
        None => Ok(()),
    }
}

/// AWS's text for a connection or LAG that is not there.
pub(crate) fn could_not_find_port(id: &str) -> String {
    let kind = if id.starts_with("dxlag-") { "Lag" } else { "Connection" };
    format!("Could not find {kind} with ID {id}")
}

/// Whether an id is one of the prefixes and some letters and digits.
pub(crate) fn has_shape(id: &str, prefixes: &[&str]) -> bool {
    let rest = prefixes.iter().find_map(|prefix| id.strip_prefix(prefix));
    rest.is_some_and(|rest| (1..=64).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn neighbours<'a>(world: &'a World, interface_id: &str, target_id: &str) -> Vec<&'a Item> {
    let live = |item: &&Item| !matches!(text(item, "virtualInterfaceState"), Some("deleted" | "rejected"));
    world
        .visible(Table::VirtualInterfaces)
        .filter(|item| text(item, "connectionId") == Some(target_id))
        .filter(|item| text(item, "virtualInterfaceId") != Some(interface_id))
        .filter(live)
        .collect()
}

fn owner_of_interface_or_source(moved: &Move) -> Option<String> {
    let caller = moved.world.account_id();
    let owns = |owner: Option<&str>| owner.is_none_or(|owner| owner == caller);
    // A source that is not in the inventory is a port of another account.
    let owns_source = moved.source.is_some_and(|source| owns(source.owner()));
    (!owns(text(moved.interface, "ownerAccount")) && !owns_source)
        .then(|| format!("Account {caller} owns neither the virtual interface nor its current connection."))
}

fn owner_of_target(moved: &Move) -> Option<String> {
    let caller = moved.world.account_id();
    let owner = moved.target.owner()?;
    (owner != caller).then(|| format!("Account {caller} does not own {}.", moved.target_id))
}

fn interconnect(moved: &Move) -> Option<String> {
    matches!(moved.target, Port::Interconnect(_)).then(|| format!("{} is an interconnect.", moved.target_id))
}

fn partner_lag(moved: &Move) -> Option<String> {
    let Port::Lag(lag) = moved.target else { return None };
    (flag(lag, "allowsHostedConnections") == Some(true))
        .then(|| format!("Lag {} is enabled to host connections.", moved.target_id))
}

fn hosted_to_lag(moved: &Move) -> Option<String> {
    (moved.source?.is_hosted() && matches!(moved.target, Port::Lag(_)))
        .then(|| "Virtual interfaces on a hosted connection cannot be associated with a Lag.".to_owned())
}

fn hosted_to_hosted(moved: &Move) -> Option<String> {
    (moved.source?.is_hosted() && moved.target.is_hosted() && !moved.stays)
        .then(|| "Virtual interfaces cannot be moved from one hosted connection to another.".to_owned())
}

fn lag_member(moved: &Move) -> Option<String> {
    let Port::Connection(connection) = moved.target else { return None };
    if moved.target.is_hosted() {
        return None; // one on a partner's LAG carries that LAG's id, and is no member of it
    }
    let listed = || text(moved.world.tables.lag_member(moved.target_id)?.0, "lagId");
    let lag = text(connection, "lagId").or_else(listed)?;
    Some(format!("Connection {} is a member of Lag {lag}.", moved.target_id))
}

fn target_state(moved: &Move) -> Option<String> {
    let state = moved.target.state();
    (!matches!(state, "available" | "down")).then(|| format!("{} is in state {state}.", moved.target_id))
}

fn interface_state(moved: &Move) -> Option<String> {
    let state = text(moved.interface, "virtualInterfaceState")?;
    matches!(state, "testing" | "pending" | "deleting" | "deleted" | "rejected")
        .then(|| format!("The virtual interface is in state {state}."))
}

fn hosted_target_vlan(moved: &Move) -> Option<String> {
    let vlan = integer(moved.target.item(), "vlan").filter(|_| moved.target.is_hosted())?;
    (integer(moved.interface, "vlan") != Some(vlan)).then(|| format!("The VLAN of {} is {vlan}.", moved.target_id))
}

fn vlan_conflict(moved: &Move) -> Option<String> {
    let vlan = integer(moved.interface, "vlan")?;
    let taken = moved.neighbours.iter().any(|other| integer(other, "vlan") == Some(vlan));
    taken.then(|| format!("VLAN {vlan} is already in use on {}.", moved.target_id))
}

fn address_conflict(moved: &Move) -> Option<String> {
    let ours = addresses(moved.interface);
    let taken = moved.neighbours.iter().flat_map(|other| addresses(other)).find(|address| ours.contains(address))?;
    Some(format!("Address {taken} is already in use on {}.", moved.target_id))
}

/// The addresses of both ends of every live peer; of an interface that is being deleted, of all that are not deleted
/// yet; of an interface without peers, those that it names itself.
fn addresses(interface: &Item) -> HashSet<IpAddr> {
    let mut peers: Vec<&Item> = objects(interface, "bgpPeers").collect();
    if peers.is_empty() {
        peers.push(interface);
    }
    let ends = |peer: &'_ Item| ["amazonAddress", "customerAddress"].map(|end| host(text(peer, end)?));
    let leaving = text(interface, "virtualInterfaceState") == Some("deleting");
    let holds = |peer: &&Item| is_live_peer(peer) || leaving && text(peer, "bgpPeerState") != Some("deleted");
    peers.into_iter().filter(holds).flat_map(ends).flatten().collect()
}

/// The address of a `host/prefix`.
fn host(address: &str) -> Option<IpAddr> {
    address.split('/').next()?.parse().ok()
}

fn jumbo_capable(moved: &Move) -> Option<String> {
    let mtu = integer(moved.interface, "mtu").filter(|mtu| *mtu > 1500)?;
    (moved.target.jumbo_frame_capable() == Some(false))
        .then(|| format!("{} is not jumbo frame capable, and the MTU is {mtu}.", moved.target_id))
}

fn quota_hosted(moved: &Move) -> Option<String> {
    if !moved.target.is_hosted() {
        return None;
    }
    over_quota(moved, 1, |_| true)
}

fn quota_transit(moved: &Move) -> Option<String> {
    over_quota(moved, 4, |kind| kind == Some("transit"))
}

fn quota_private_public(moved: &Move) -> Option<String> {
    over_quota(moved, 50, |kind| matches!(kind, Some("private" | "public")))
}

fn quota_total(moved: &Move) -> Option<String> {
    over_quota(moved, 51, |_| true)
}

/// Whether the interface is of the kind, and the target holds as many of the kind as it may.
fn over_quota(moved: &Move, quota: usize, of_kind: fn(Option<&str>) -> bool) -> Option<String> {
    let counts = |item: &Item| of_kind(text(item, "virtualInterfaceType"));
    let held = moved.neighbours.iter().filter(|other| counts(other)).count();
    (counts(moved.interface) && held >= quota)
        .then(|| format!("{} has reached its limit of {quota} virtual interfaces of this kind.", moved.target_id))
}

fn rate_limiter(moved: &Move) -> Option<String> {
    let limit = text(moved.interface, "rateLimit")?;
    if moved.stays {
        return None; // its limiter is there already
    }
    let status = moved.target.item().get("rateLimiterStatus").and_then(|status| status.as_object());
    let none_left = status.and_then(|status| integer(status, "remaining")).is_some_and(|remaining| remaining < 1);
    let too_slow = mbps(limit).zip(moved.target.bandwidth()).is_some_and(|(limit, bandwidth)| limit > bandwidth);
    (moved.target.is_hosted() || none_left || too_slow)
        .then(|| format!("The rate limiter limit has been exceeded for {}.", moved.target_id))
}

fn prefix_pool(moved: &Move) -> Option<String> {
    let short = |family: &str| {
        let needed = integer(moved.interface, &format!("prefixPoolAllocatedCount{family}"));
        let free = integer(moved.target.item(), &format!("prefixPoolUnallocatedCount{family}"));
        !moved.stays && needed.zip(free).is_some_and(|(needed, free)| needed > free)
    };
    ["Ipv4", "Ipv6"]
        .into_iter()
        .find(|family| short(family))
        .map(|family| format!("The {family} prefix pool of {} is too small.", moved.target_id))
}
