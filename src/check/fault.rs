//! What can be the matter, each fault with the facts that a person needs to mend it.
//!
//! A fault's name is the `code` of a finding and its fields are the finding's `facts`; both are public interface. The
//! sentence beside it is the finding's message: it names the fault, the other interface or port, and the values.

use serde::Serialize;
use thiserror::Error;

use crate::facts::Unread;

/// One fault. The variants are named for what is wrong, not for the check that found it.
#[derive(Clone, Debug, PartialEq, Error, Serialize)]
#[serde(tag = "code", content = "facts", rename_all_fields = "camelCase")]
#[allow(missing_docs, reason = "each says itself in the sentence above it")]
pub enum Fault {
    /// Fails closed: a guard that cannot be judged is not met, a refusal that cannot be judged is no answer at all.
    #[error("cannot tell {what}: {because}")]
    CannotTell { what: String, because: String },

    // Decided before the facts are complete.
    #[error("virtual interface {virtual_interface} is not visible in {region}{aws_says}")]
    VirtualInterfaceNotFound { virtual_interface: String, region: String, aws_says: String },
    #[error("virtual interface {virtual_interface} was deleted")]
    VirtualInterfaceDeleted { virtual_interface: String },
    #[error("target {target} is not visible in {region}{aws_says}")]
    TargetNotFound { target: String, region: String, aws_says: String },
    #[error("virtual interface {virtual_interface} is on {target} already; nothing was called")]
    AlreadyOnTarget { virtual_interface: String, target: String },
    #[error("target {member} is a member of {lag}, which carries {virtual_interface} already; nothing was called")]
    TargetIsMemberOfItsLag { virtual_interface: String, member: String, lag: String },

    // What an evacuation cannot go to.
    #[error("no target is known: the request names none, and {from} has no tag associate-virtual-interface:standby")]
    NoStandby { from: String },
    #[error("tag associate-virtual-interface:standby of {from} is not the id or ARN of a connection or LAG here")]
    StandbyNotAPort { from: String },
    #[error("target {target} is {from} itself or a member of it: the interface would stay where it is")]
    TargetIsLeft { target: String, from: String },
    #[error("target {target} is to be emptied itself")]
    TargetIsEmptied { target: String },
    #[error(
        "{from} and {target} are each other's standby and {from} is not named itself: the interface may have been brought here"
    )]
    StandbyOfEachOther { from: String, target: String },

    // target.rs
    #[error("{what} is in {found}, and this request is for {region}: an interface never leaves its Region")]
    OtherRegion { what: String, found: String, region: String },
    #[error("virtual interface is on {actual}, and the request expected it on {expected}")]
    ConnectionNotAsExpected { expected: String, actual: String },
    #[error("{target} is down; an interface moved onto it stays down until it is up")]
    TargetDown { target: String },
    #[error("{target} is {state}, not available (assumed: AWS does not say which states it accepts)")]
    TargetNotAvailable { target: String, state: String },
    #[error("LAG {lag} has no connections at all, although its state is available")]
    LagEmpty { lag: String },
    #[error("LAG {lag} has {up} available links of {of} and needs {needed} to carry traffic")]
    LagNotOperational { lag: String, up: usize, of: usize, needed: usize },
    #[error("LAG {lag} has {up} available links and needs {needed}: the loss of one takes all of it down")]
    LagWithoutHeadroom { lag: String, up: usize, needed: usize },
    #[error("virtual interface has an MTU of {mtu}, and {target} is not capable of jumbo frames")]
    NotJumboCapable { mtu: i32, target: String },

    // ownership.rs
    #[error(
        "account {account} owns neither the virtual interface (it is {interface_owner}'s) nor {from} (it is {from_owner}'s)"
    )]
    OwnsNeither { account: String, interface_owner: String, from: String, from_owner: String },
    #[error("target {target} belongs to account {owner}, not to {account}")]
    TargetOwnedByOther { target: String, owner: String, account: String },
    #[error("virtual interface belongs to account {owner}: its traffic, not that of {account}, is interrupted")]
    TrafficOfOtherAccount { owner: String, account: String },

    // hosting.rs
    #[error(
        "{from} is a hosted connection of {partner}: its virtual interface cannot move to LAG {target}; AWS's way is AssociateHostedConnection"
    )]
    HostedConnectionToLag { from: String, partner: String, target: String },
    #[error(
        "{from} and {target} are both hosted connections: a virtual interface cannot move between them, only be deleted and created anew"
    )]
    HostedConnectionToHosted { from: String, target: String },
    #[error(
        "{from} is a hosted connection of {partner} (assumed: AWS does not say that its interface may move to a dedicated connection)"
    )]
    SourceIsHosted { from: String, partner: String },
    #[error(
        "target {target} is a hosted connection with VLAN {target_vlan}, and the virtual interface has VLAN {vlan} (assumed to be refused)"
    )]
    VlanDiffersFromHostedTarget { target: String, target_vlan: i32, vlan: i32 },
    #[error("target {target} is a hosted connection (assumed: AWS does not say that an interface may move onto one)")]
    TargetIsHosted { target: String },
    #[error("target {target} is a member of LAG {lag}: name {lag} as the target instead (assumed to be refused)")]
    TargetIsLagMember { target: String, lag: String },
    #[error("target {target} is an interconnect of a partner (assumed to be refused)")]
    TargetIsInterconnect { target: String },
    #[error(
        "target LAG {target} is a partner's, whose virtual interfaces cannot be configured directly (assumed to be refused)"
    )]
    TargetIsPartnerLag { target: String },

    // vlan.rs
    #[error("VLAN {vlan} is in use on {target} by {by} ({state}), and the VLAN of an interface cannot be changed")]
    VlanInUse { vlan: i32, target: String, by: String, state: String },
    #[error("VLAN {vlan} is outside 1 to 4094")]
    VlanOutOfRange { vlan: i32 },

    // addresses.rs
    #[error("address {address} is in use on {target} by {by} ({state})")]
    AddressInUse { address: String, target: String, by: String, state: String },
    #[error(
        "network {network} overlaps {other} of {by} ({state}) on {target} (assumed: AWS does not say whether an overlap is a conflict)"
    )]
    NetworksOverlap { network: String, other: String, target: String, by: String, state: String },

    // capacity.rs
    #[error("{target} carries {count} {of} ({deleting} of them deleting), and the quota is {quota}")]
    QuotaReached { target: String, of: String, count: usize, deleting: usize, quota: usize },
    #[error(
        "target {target} is a hosted connection, and rate limiters need a dedicated connection or LAG (the virtual interface is limited to {rate_limit}; assumed to be refused)"
    )]
    RateLimitOnHosted { target: String, rate_limit: String },
    #[error(
        "virtual interface is limited to {rate_limit}, more than {target} has ({bandwidth}; assumed to be refused)"
    )]
    RateLimitAboveBandwidth { target: String, rate_limit: String, bandwidth: String },
    #[error("{target} takes {max_allowed} rate-limited interfaces and has {remaining} left (assumed to be refused)")]
    NoRateLimiterLeft { target: String, max_allowed: i32, remaining: i32 },
    #[error(
        "virtual interface holds {needed} {family} prefixes, and the prefix pool of {target} has {left} left (assumed to be refused)"
    )]
    PrefixPoolTooSmall { target: String, family: String, needed: i32, left: i32 },
    #[error("{target} has {to_bandwidth}, less than the {from_bandwidth} of {from}")]
    LessBandwidth { from: String, from_bandwidth: String, target: String, to_bandwidth: String },

    // state.rs
    #[error("virtual interface is {state} (assumed: AWS does not say which states it lets move)")]
    InterfaceNotMovable { state: String },
    #[error("BGP peer {peer} ({family}) is {state}: an earlier change may still be settling")]
    PeerNotSettled { peer: String, family: String, state: String },
    #[error("virtual interface is {state} at gateway {gateway}, not attached")]
    NotAttached { gateway: String, state: String },
    #[error("{0}, so not everything that could be checked was")]
    ListingUnread(Unread),

    // traffic.rs
    #[error("BGP is up ({families}): the move interrupts its traffic until BGP is up again on {target}")]
    CarriesTraffic { families: String, target: String },

    // redundancy.rs
    #[error(
        "while this path is moved, gateway {gateway} needs other healthy paths on ports of their own: {needed}, and has {healthy}{siblings}"
    )]
    TooFewHealthyPaths { gateway: String, healthy: usize, needed: usize, settling: usize, siblings: Siblings },
    #[error(
        "cannot tell whether gateway {gateway} has the other healthy paths on ports of their own that it needs: {needed} needed, {healthy} known to be healthy, {} not known ({because}){siblings}",
        unseen.map_or_else(|| "an unknown number".to_owned(), |unseen| unseen.to_string())
    )]
    HealthyPathsUnseen {
        gateway: String,
        healthy: usize,
        needed: usize,
        settling: usize,
        unseen: Option<usize>,
        because: String,
        siblings: Siblings,
    },
    #[error("after the move every healthy path of gateway {gateway} ends on {shared} {place}: {others}")]
    OtherPathsShareTarget { gateway: String, shared: String, place: String, others: String },
    #[error(
        "the move to {target}, to one {what} with {others}, takes the healthy paths of gateway {gateway} from {before} {what}s to {after}"
    )]
    RedundancyLost { gateway: String, what: String, before: usize, after: usize, target: String, others: String },
    #[error("gateway {gateway} has paths that are not visible here: {unseen}")]
    PathsElsewhere { gateway: String, unseen: String },

    // macsec.rs
    #[error("{port} must encrypt, and its MACsec status is {status}: it carries nothing")]
    EncryptionDown { port: String, status: String },
    #[error("{from} encrypts its link, and {target} does not: the move takes encryption away")]
    EncryptionLost { from: String, target: String },

    // advice.rs
    #[error("{what} changes from {from} to {to}: the router there must carry VLAN, addresses, ASN and key already")]
    PlaceChanges { what: String, from: String, to: String },
    #[error("{from} and {target} end on the same AWS device {device}: the move does not protect from work on it")]
    SameDevice { from: String, target: String, device: String },
    #[error("SiteLink is enabled, and the interface moves from {from} to {to}: sites reach each other another way")]
    SiteLinkMoves { from: String, to: String },
    #[error("public virtual interface: {prefixes} leave from {to} instead of {from}")]
    PublicPrefixesMove { prefixes: String, from: String, to: String },
    #[error("{from} has logical redundancy, and {target} has not")]
    LogicalRedundancyLost { from: String, target: String },
    #[error("billing changes from {from} to {to}")]
    BillingModeChanges { from: String, to: String },
    #[error(
        "tag {tag} says that {tool} manages it: its configuration still names {from}, and its next run {consequence}"
    )]
    ManagedElsewhere { tag: String, tool: String, from: String, consequence: String },
    #[error(
        "port {from}, which carries the interface now, is not visible to account {account}; what it is like cannot be compared"
    )]
    SourceNotVisible { from: String, account: String },

    // settled.rs
    #[error("{virtual_interface} is {state}: it will not come up again")]
    InterfaceGone { virtual_interface: String, state: String },
    #[error("{virtual_interface} is down{}", .before.as_ref().map_or_else(|| ", and nobody knows whether it was before the move".to_owned(), |before| format!("; it was {before} before the move")))]
    InterfaceDown { virtual_interface: String, before: Option<String> },
    #[error("{virtual_interface} is down, as it was before the move: no BGP session has come up")]
    InterfaceStillDown { virtual_interface: String },
    #[error("the BGP session {session} was up before the move and is {now}")]
    SessionLost { session: String, now: String },
    #[error("{count} prefixes that were accepted before the move are not accepted now: {}{}", .prefixes.join(", "), if prefixes.len() < *count { ", ..." } else { "" })]
    PrefixesLost { count: usize, prefixes: Vec<String> },
    #[error("routes were not compared: {because}")]
    RoutesNotCompared { because: String },
    #[error("nobody read the interface before the move: that it is available is all that can be said")]
    BeforeUnknown {},
}

/// The visible siblings that are not healthy paths, each with the reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Siblings(pub Vec<UnhealthySibling>);

/// A sibling and why it is no healthy path.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnhealthySibling {
    /// The sibling.
    pub virtual_interface: String,
    /// In a few words.
    pub because: String,
    /// It is in transition and for no other reason unhealthy, so that waiting may make it healthy.
    pub settling: bool,
}

impl std::fmt::Display for Siblings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, sibling) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "; not healthy: " } else { ", " })?;
            write!(f, "{} ({})", sibling.virtual_interface, sibling.because)?;
        }
        Ok(())
    }
}

impl Fault {
    /// Cannot tell `what`, because of this.
    pub(super) fn cannot_tell(what: impl Into<String>, because: impl Into<String>) -> Self {
        Self::CannotTell { what: what.into(), because: because.into() }
    }

    /// Whether it may clear by itself: something is in transition, and waiting helps.
    #[must_use]
    pub fn may_clear(&self) -> bool {
        match self {
            Self::InterfaceNotMovable { state } => matches!(state.as_str(), "pending" | "verifying"),
            Self::TargetNotAvailable { state, .. } => state == "pending",
            Self::PeerNotSettled { .. } => true,
            Self::VlanInUse { state, .. } | Self::AddressInUse { state, .. } | Self::NetworksOverlap { state, .. } => {
                state == "deleting"
            }
            Self::QuotaReached { count, deleting, quota, .. } => count - deleting < *quota,
            Self::TooFewHealthyPaths { healthy, needed, settling, .. }
            | Self::HealthyPathsUnseen { healthy, needed, settling, .. } => healthy + settling >= *needed,
            _ => false,
        }
    }
}

/// The shape of a fault in the published schema: codes are added over time, so they are not listed there.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Schema {
    /// What is the matter, by name.
    code: String,
    /// The values that a person needs to mend it.
    facts: serde_json::Map<String, serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_are_listed_with_what_is_the_matter_with_each() {
        let sibling = |id: &str| UnhealthySibling {
            virtual_interface: id.to_owned(),
            because: "its BGP is down".to_owned(),
            settling: false,
        };
        assert_eq!(Siblings(Vec::new()).to_string(), "");
        assert_eq!(
            Siblings(vec![sibling("dxvif-fa"), sibling("dxvif-fb")]).to_string(),
            "; not healthy: dxvif-fa (its BGP is down), dxvif-fb (its BGP is down)"
        );
    }

    #[test]
    fn waiting_helps_where_something_is_in_transition() {
        let peer = |state: &str| {
            let (peer, family) = ("dxpeer-fexample".to_owned(), "ipv4".to_owned());
            Fault::PeerNotSettled { peer, family, state: state.to_owned() }
        };
        assert!(peer("pending").may_clear());
        let movable = |state: &str| Fault::InterfaceNotMovable { state: state.to_owned() }.may_clear();
        assert_eq!(["pending", "verifying", "confirming", "deleted"].map(movable), [true, true, false, false]);
        assert!(!Fault::cannot_tell("what", "why").may_clear());
    }
}
