//! What was read from AWS before deciding, as one value in our own words.
//!
//! Everything here is plain and complete: a check never reads by itself, and a fact that AWS did not give is an
//! explicit `None` whose meaning ("cannot tell") the check has to say. This file knows no SDK, no clock and no secret:
//! where AWS returned a BGP key there is only the mark [`Protected`].

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

/// Stands where AWS returned a secret. Written as `"[PROTECTED]"`, as CloudTrail writes it; it holds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Protected {
    /// There was a secret here.
    #[default]
    #[serde(rename = "[PROTECTED]")]
    Protected,
}

/// Whatever stands there is not looked at and not kept.
impl<'de> Deserialize<'de> for Protected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self::Protected)
    }
}

/// A virtual interface, with every member that AssociateVirtualInterface returns, in AWS's own spelling.
///
/// AWS's empty strings and plain zeros for "not there" are `None`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "the members are AWS's own and documented there")]
pub struct VirtualInterface {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_account: Option<String>,
    pub virtual_interface_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The connection or LAG that carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_interface_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_interface_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vlan: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn_long: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amazon_side_asn: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_key: Option<Protected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amazon_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_interface_state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_router_config: Option<Protected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jumbo_frame_capable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_gateway_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_connect_gateway_id: Option<String>,
    pub route_filter_prefixes: Vec<RouteFilterPrefix>,
    pub bgp_peers: Vec<BgpPeer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_device_v2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_logical_device_id: Option<String>,
    pub tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_link_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_pool_allocated_count_ipv4: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_pool_allocated_count_ipv6: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<String>,
}

/// One BGP session of a virtual interface.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "the members are AWS's own and documented there")]
pub struct BgpPeer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bgp_peer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn_long: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_key: Option<Protected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amazon_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bgp_peer_state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bgp_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_device_v2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_logical_device_id: Option<String>,
}

/// A prefix that a public virtual interface advertises.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct RouteFilterPrefix {
    /// As AWS writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
}

/// A resource tag.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
#[allow(missing_docs, reason = "the members are AWS's own and documented there")]
pub struct Tag {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What a virtual interface can be associated with: a connection or a LAG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PortKind {
    /// A dedicated or hosted connection (`dxcon-...`).
    #[default]
    Connection,
    /// A link aggregation group (`dxlag-...`).
    Lag,
}

impl PortKind {
    /// The kind that an id tells: `dxlag-` is a LAG, everything else a connection.
    #[must_use]
    pub fn of(id: &str) -> Self {
        if id.starts_with("dxlag-") { Self::Lag } else { Self::Connection }
    }
}

/// A connection or a LAG, as read.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the members are AWS's own and documented there, but for those with a word here")]
pub struct Port {
    pub id: String,
    pub kind: PortKind,
    pub owner_account: Option<String>,
    /// `connectionState` or `lagState`.
    pub state: Option<String>,
    pub region: Option<String>,
    pub location: Option<String>,
    pub aws_device_v2: Option<String>,
    pub aws_logical_device_id: Option<String>,
    /// Of a connection, or of each link of a LAG (`connectionsBandwidth`), as AWS writes it: `1Gbps`, `500Mbps`.
    pub bandwidth: Option<String>,
    pub jumbo_frame_capable: Option<bool>,
    pub has_logical_redundancy: Option<String>,
    pub mac_sec_capable: Option<bool>,
    pub encryption_mode: Option<String>,
    /// Of a connection; a LAG has none of its own, its members have.
    pub port_encryption_status: Option<String>,
    pub rate_limiter: Option<RateLimiterStatus>,
    pub prefix_pool_unallocated_count_ipv4: Option<i32>,
    pub prefix_pool_unallocated_count_ipv6: Option<i32>,
    pub billing_mode: Option<String>,
    /// Of a hosted connection: the VLAN that the partner gave it.
    pub vlan: Option<i32>,
    /// Of a hosted connection: the partner who sells it.
    pub partner_name: Option<String>,
    /// Of a connection: the LAG that it is a member of.
    pub lag_id: Option<String>,
    /// It came from DescribeInterconnects: a partner's own port, which carries hosted connections.
    pub interconnect: bool,
    /// Of a LAG: its connections.
    pub members: Vec<Port>,
    /// Of a LAG: operational members below which all of it goes down. AWS's default is 0.
    pub minimum_links: i32,
    /// Of a LAG: it belongs to a partner.
    pub allows_hosted_connections: bool,
    pub tags: Vec<Tag>,
}

/// How many more rate-limited virtual interfaces a port takes.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the members are AWS's own and documented there")]
pub struct RateLimiterStatus {
    pub max_allowed: i32,
    pub remaining: i32,
}

/// A virtual interface's place at a Direct Connect gateway.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the members are AWS's own and documented there")]
pub struct Attachment {
    pub direct_connect_gateway_id: Option<String>,
    pub virtual_interface_id: Option<String>,
    pub virtual_interface_region: Option<String>,
    pub virtual_interface_owner_account: Option<String>,
    pub attachment_state: Option<String>,
}

/// Another interface of the same gateway, with the port that carries it where that port is visible to the caller.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "said above")]
pub struct Sibling {
    pub virtual_interface: VirtualInterface,
    pub port: Option<Port>,
}

/// Something that was asked and could not be learned, where only a guard or a notice depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The read, in AWS's name for it.
    pub operation: &'static str,
    /// AWS's error code.
    pub why: String,
}

/// Everything that a check may look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The caller's account: the one that the function runs in.
    pub account: String,
    /// The Region whose endpoint was asked.
    pub region: String,
    /// Healthy paths, each on a port of its own, that a gateway must keep while one of its interfaces is moved
    /// (`MIN_HEALTHY_PATHS`).
    pub min_healthy_paths: usize,
    /// The interface to move.
    pub virtual_interface: VirtualInterface,
    /// The port that carries it now; `None` when it is not visible to the caller.
    pub source: Option<Port>,
    /// The port it shall move to.
    pub target: Port,
    /// The other interfaces on the target, all pages; neither `deleted` nor `rejected` ones.
    pub neighbours: Vec<VirtualInterface>,
    /// The other interfaces of the same gateway in this Region that the caller can see; none `deleted` or `rejected`.
    pub siblings: Vec<Sibling>,
    /// The interface's own attachment to its Direct Connect gateway; `Err` when it could not be read.
    pub attachment: Result<Option<Attachment>, Unread>,
    /// The other interfaces that are attached to the same Direct Connect gateway and not visible here (another account
    /// or Region). Read only where the visible healthy paths are not enough, otherwise empty; `Err` when it could not be
    /// read.
    pub unseen_paths: Result<Vec<Attachment>, Unread>,
    /// The prefixes that AWS accepts over the interface, for whoever compares them after the move; `None` when they could
    /// not be read. No check depends on them.
    pub accepted_prefixes: Option<Vec<String>>,
    /// Listings that could not be read and that only guards depend on.
    pub unread: Vec<Unread>,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} could not be read ({})", self.operation, self.why)
    }
}

/// Whether at least so many of these hold, where each may be unknown. `None`: it hangs on those.
#[must_use]
pub fn enough(each: impl IntoIterator<Item = Option<bool>>, needed: usize) -> Option<bool> {
    let (mut certain, mut possible) = (0, 0);
    for holds in each {
        certain += usize::from(holds == Some(true));
        possible += usize::from(holds != Some(false));
    }
    if certain >= needed {
        Some(true)
    } else if possible < needed {
        Some(false)
    } else {
        None
    }
}

impl VirtualInterface {
    /// Its state; where AWS did not say it, AWS's own word for one that it does not know.
    #[must_use]
    pub fn state_or_unknown(&self) -> String {
        self.virtual_interface_state.clone().unwrap_or_else(|| "unknown".to_owned())
    }

    /// Neither `deleted` nor `rejected`. AWS lists an interface for 15 minutes after it was deleted.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !matches!(self.virtual_interface_state.as_deref(), Some("deleted" | "rejected"))
    }

    /// The gateway that it serves: a Direct Connect gateway, else a virtual private gateway. `None` for a public one.
    #[must_use]
    pub fn gateway(&self) -> Option<&str> {
        self.direct_connect_gateway_id.as_deref().or(self.virtual_gateway_id.as_deref())
    }

    /// Its peers that are there to stay. During a move AWS shows the same peer twice, the old one as `deleting`.
    pub fn standing_peers(&self) -> impl Iterator<Item = &BgpPeer> {
        self.bgp_peers.iter().filter(|peer| peer.is_standing())
    }

    /// The address families in which a BGP session is up.
    #[must_use]
    pub fn families_up(&self) -> BTreeSet<&str> {
        self.standing_peers()
            .filter(|peer| peer.bgp_status.as_deref() == Some("up"))
            .filter_map(BgpPeer::family)
            .collect()
    }

    /// The addresses of its sessions: those of its standing peers (of an interface that is being deleted, of all that
    /// are not `deleted` yet), or, where AWS lists no peers, the pair at the top level.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        let texts: Vec<&Option<String>> = if self.bgp_peers.is_empty() {
            vec![&self.amazon_address, &self.customer_address]
        } else {
            let leaving = self.virtual_interface_state.as_deref() == Some("deleting");
            let holds =
                |peer: &&BgpPeer| peer.is_standing() || leaving && peer.bgp_peer_state.as_deref() != Some("deleted");
            let peers = self.bgp_peers.iter().filter(holds);
            peers.flat_map(|peer| [&peer.amazon_address, &peer.customer_address]).collect()
        };
        let mut addresses = Addresses::default();
        for text in texts {
            let Some(text) = text else {
                addresses.doubt = Some(format!("AWS did not give every address of {}", self.virtual_interface_id));
                continue;
            };
            match parse_address(text) {
                Some(address) => addresses.known.push(address),
                None => addresses.doubt = Some(format!("{text:?} of {} is not an address", self.virtual_interface_id)),
            }
        }
        addresses
    }
}

/// The addresses of a virtual interface, as far as AWS gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// With the prefix of their network: host bits are normal. A peer that is there twice brings them twice.
    pub known: Vec<IpNet>,
    /// Why there may be more: AWS left one out, or what it wrote is not an address.
    pub doubt: Option<String>,
}

/// `169.254.255.1/30` or, without a prefix length, a single host.
fn parse_address(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl BgpPeer {
    /// Neither `deleting` nor `deleted`.
    #[must_use]
    pub fn is_standing(&self) -> bool {
        !matches!(self.bgp_peer_state.as_deref(), Some("deleting" | "deleted"))
    }

    /// The customer's ASN. AWS writes one of four bytes as `asn` 0 and in full as `asnLong`.
    #[must_use]
    pub fn asn(&self) -> Option<i64> {
        self.asn_long.or_else(|| self.asn.map(i64::from))
    }

    /// `ipv4` or `ipv6`: as AWS says, else as its addresses show.
    #[must_use]
    pub fn family(&self) -> Option<&str> {
        let shown = || {
            let address = self.amazon_address.as_deref().or(self.customer_address.as_deref())?;
            Some(if address.contains(':') { "ipv6" } else { "ipv4" })
        };
        self.address_family.as_deref().or_else(shown)
    }
}

impl Port {
    /// A hosted connection: a partner gave it a VLAN and put its name on it. (Observed on all of AWS's examples of
    /// hosted connections and on none of dedicated ones; `providerName` and the owner prove nothing.)
    #[must_use]
    pub fn is_hosted_connection(&self) -> bool {
        self.kind == PortKind::Connection && self.vlan.is_some() && self.partner_name.is_some()
    }

    /// Whether its state is `available`. Of a LAG that proves little: see [`Port::is_up`].
    #[must_use]
    pub fn is_available(&self) -> Option<bool> {
        self.state.as_deref().filter(|state| *state != "unknown").map(|state| state == "available")
    }

    /// What may carry traffic: a LAG's links, or the connection itself. A LAG of which AWS lists no links has none.
    #[must_use]
    pub fn links(&self) -> &[Self] {
        match self.kind {
            PortKind::Connection => std::slice::from_ref(self),
            PortKind::Lag => &self.members,
        }
    }

    /// How many of its links are `available`. A LAG's `numberOfConnections` and its state prove nothing.
    #[must_use]
    pub fn links_up(&self) -> usize {
        self.links().iter().filter(|link| link.is_available() == Some(true)).count()
    }

    /// How many links it needs to be operational; one, though AWS's default minimum is 0.
    #[must_use]
    pub fn links_needed(&self) -> usize {
        usize::try_from(self.minimum_links).unwrap_or(0).max(1)
    }

    /// Whether at least so many of its links are `available`.
    #[must_use]
    pub fn has_links_up(&self, needed: usize) -> Option<bool> {
        enough(self.links().iter().map(Self::is_available), needed)
    }

    /// Whether it carries traffic: `available`, and for a LAG with enough links that are. `None`: cannot tell.
    #[must_use]
    pub fn is_up(&self) -> Option<bool> {
        if self.is_available()? { self.has_links_up(self.links_needed()) } else { Some(false) }
    }

    /// Whether nothing gets through it for certain: it is `down`, or a LAG whose links are listed and none may be
    /// available. Of a port in any other state AWS does not say so: one that is still `pending` may carry its first
    /// traffic; and of a LAG that lists no links they may only have been left out.
    #[must_use]
    pub fn is_certainly_down(&self) -> bool {
        let no_link = || !self.members.is_empty() && self.has_links_up(1) == Some(false);
        self.state.as_deref() == Some("down") || no_link()
    }
}

/// A bandwidth as AWS writes it (`50Mbps`, `1.2Gbps`, `1.6Tbps`) in megabits per second.
#[must_use]
pub fn megabits(text: &str) -> Option<f64> {
    [("Mbps", 1.0), ("Gbps", 1e3), ("Tbps", 1e6)]
        .iter()
        .find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.trim().parse::<f64>().ok()? * factor))
        .filter(|megabits| megabits.is_finite() && *megabits >= 0.0)
}

#[cfg(test)]
mod tests;
