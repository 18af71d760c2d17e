//! SDK types into our own: by allow-list, with the mark [`Protected`] where there was a secret, and with AWS's ways of
//! saying "nothing" (an empty string, a plain 0) as `None`.

use aws_sdk_directconnect::operation::associate_virtual_interface::AssociateVirtualInterfaceOutput;
use aws_sdk_directconnect::types;

use crate::facts::{
    Attachment, BgpPeer, Port, PortKind, Protected, RateLimiterStatus, RouteFilterPrefix, Tag, VirtualInterface,
};

fn text(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.is_empty())
}

/// The SDK has plain integers where AWS may leave the member out; then they are 0.
fn number(value: i32) -> Option<i32> {
    Some(value).filter(|number| *number != 0)
}

fn secret(value: Option<String>) -> Option<Protected> {
    text(value).map(|_| Protected::Protected)
}

fn tags(tags: Option<Vec<types::Tag>>) -> Vec<Tag> {
    let own = |tag: types::Tag| Tag { key: tag.key, value: tag.value };
    tags.unwrap_or_default().into_iter().map(own).collect()
}

/// The answer of AssociateVirtualInterface has the same members as a described interface, in another SDK type.
macro_rules! virtual_interface {
    ($value:expr) => {{
        let value = $value;
        VirtualInterface {
            owner_account: text(value.owner_account),
            virtual_interface_id: value.virtual_interface_id.unwrap_or_default(),
            location: text(value.location),
            connection_id: text(value.connection_id),
            virtual_interface_type: text(value.virtual_interface_type),
            virtual_interface_name: text(value.virtual_interface_name),
            vlan: number(value.vlan),
            asn: number(value.asn),
            asn_long: value.asn_long.filter(|asn| *asn != 0),
            amazon_side_asn: value.amazon_side_asn.filter(|asn| *asn != 0),
            auth_key: secret(value.auth_key),
            amazon_address: text(value.amazon_address),
            customer_address: text(value.customer_address),
            address_family: text(value.address_family.map(|family| family.as_str().to_owned())),
            virtual_interface_state: text(value.virtual_interface_state.map(|state| state.as_str().to_owned())),
            customer_router_config: secret(value.customer_router_config),
            mtu: value.mtu.filter(|mtu| *mtu != 0),
            jumbo_frame_capable: value.jumbo_frame_capable,
            virtual_gateway_id: text(value.virtual_gateway_id),
            direct_connect_gateway_id: text(value.direct_connect_gateway_id),
            route_filter_prefixes: value
                .route_filter_prefixes
                .unwrap_or_default()
                .into_iter()
                .map(|prefix| RouteFilterPrefix { cidr: text(prefix.cidr) })
                .collect(),
            bgp_peers: value.bgp_peers.unwrap_or_default().into_iter().map(bgp_peer).collect(),
            region: text(value.region),
            aws_device_v2: text(value.aws_device_v2),
            aws_logical_device_id: text(value.aws_logical_device_id),
            tags: tags(value.tags),
            site_link_enabled: value.site_link_enabled,
            prefix_pool_allocated_count_ipv4: value.prefix_pool_allocated_count_ipv4,
            prefix_pool_allocated_count_ipv6: value.prefix_pool_allocated_count_ipv6,
            rate_limit: text(value.rate_limit),
        }
    }};
}

pub(super) fn described(interface: types::VirtualInterface) -> VirtualInterface {
    virtual_interface!(interface)
}

pub(super) fn associated(answer: AssociateVirtualInterfaceOutput) -> VirtualInterface {
    virtual_interface!(answer)
}

fn bgp_peer(peer: types::BgpPeer) -> BgpPeer {
    BgpPeer {
        bgp_peer_id: text(peer.bgp_peer_id),
        asn: number(peer.asn),
        asn_long: peer.asn_long.filter(|asn| *asn != 0),
        auth_key: secret(peer.auth_key),
        address_family: text(peer.address_family.map(|family| family.as_str().to_owned())),
        amazon_address: text(peer.amazon_address),
        customer_address: text(peer.customer_address),
        bgp_peer_state: text(peer.bgp_peer_state.map(|state| state.as_str().to_owned())),
        bgp_status: text(peer.bgp_status.map(|status| status.as_str().to_owned())),
        aws_device_v2: text(peer.aws_device_v2),
        aws_logical_device_id: text(peer.aws_logical_device_id),
    }
}

fn rate_limiter(status: &types::RateLimiterStatus) -> RateLimiterStatus {
    RateLimiterStatus { max_allowed: status.max_allowed, remaining: status.remaining }
}

pub(super) fn connection(connection: types::Connection) -> Port {
    Port {
        id: connection.connection_id.unwrap_or_default(),
        kind: PortKind::Connection,
        owner_account: text(connection.owner_account),
        state: text(connection.connection_state.map(|state| state.as_str().to_owned())),
        region: text(connection.region),
        location: text(connection.location),
        aws_device_v2: text(connection.aws_device_v2),
        aws_logical_device_id: text(connection.aws_logical_device_id),
        bandwidth: text(connection.bandwidth),
        jumbo_frame_capable: connection.jumbo_frame_capable,
        has_logical_redundancy: text(connection.has_logical_redundancy.map(|known| known.as_str().to_owned())),
        mac_sec_capable: connection.mac_sec_capable,
        encryption_mode: text(connection.encryption_mode),
        port_encryption_status: text(connection.port_encryption_status),
        rate_limiter: connection.rate_limiter_status.as_ref().map(rate_limiter),
        prefix_pool_unallocated_count_ipv4: connection.prefix_pool_unallocated_count_ipv4,
        prefix_pool_unallocated_count_ipv6: connection.prefix_pool_unallocated_count_ipv6,
        billing_mode: text(connection.billing_mode.map(|mode| mode.as_str().to_owned())),
        vlan: number(connection.vlan),
        partner_name: text(connection.partner_name),
        lag_id: text(connection.lag_id),
        tags: tags(connection.tags),
        ..Port::default()
    }
}

pub(super) fn lag(lag: types::Lag) -> Port {
    Port {
        id: lag.lag_id.unwrap_or_default(),
        kind: PortKind::Lag,
        owner_account: text(lag.owner_account),
        state: text(lag.lag_state.map(|state| state.as_str().to_owned())),
        region: text(lag.region),
        location: text(lag.location),
        aws_device_v2: text(lag.aws_device_v2),
        aws_logical_device_id: text(lag.aws_logical_device_id),
        bandwidth: text(lag.connections_bandwidth),
        jumbo_frame_capable: lag.jumbo_frame_capable,
        has_logical_redundancy: text(lag.has_logical_redundancy.map(|known| known.as_str().to_owned())),
        mac_sec_capable: lag.mac_sec_capable,
        encryption_mode: text(lag.encryption_mode),
        rate_limiter: lag.rate_limiter_status.as_ref().map(rate_limiter),
        prefix_pool_unallocated_count_ipv4: lag.prefix_pool_unallocated_count_ipv4,
        prefix_pool_unallocated_count_ipv6: lag.prefix_pool_unallocated_count_ipv6,
        billing_mode: text(lag.billing_mode.map(|mode| mode.as_str().to_owned())),
        members: lag.connections.unwrap_or_default().into_iter().map(self::connection).collect(),
        minimum_links: lag.minimum_links,
        allows_hosted_connections: lag.allows_hosted_connections,
        tags: tags(lag.tags),
        ..Port::default()
    }
}

/// An interconnect belongs to the account that sees it: DescribeInterconnects lists the caller's own.
pub(super) fn interconnect(interconnect: types::Interconnect, account: &str) -> Port {
    Port {
        id: interconnect.interconnect_id.unwrap_or_default(),
        kind: PortKind::Connection,
        owner_account: Some(account.to_owned()),
        state: text(interconnect.interconnect_state.map(|state| state.as_str().to_owned())),
        region: text(interconnect.region),
        location: text(interconnect.location),
        aws_device_v2: text(interconnect.aws_device_v2),
        aws_logical_device_id: text(interconnect.aws_logical_device_id),
        bandwidth: text(interconnect.bandwidth),
        jumbo_frame_capable: interconnect.jumbo_frame_capable,
        has_logical_redundancy: text(interconnect.has_logical_redundancy.map(|known| known.as_str().to_owned())),
        mac_sec_capable: interconnect.mac_sec_capable,
        encryption_mode: text(interconnect.encryption_mode),
        port_encryption_status: text(interconnect.port_encryption_status),
        lag_id: text(interconnect.lag_id),
        interconnect: true,
        ..Port::default()
    }
}

pub(super) fn attachment(attachment: types::DirectConnectGatewayAttachment) -> Attachment {
    Attachment {
        direct_connect_gateway_id: text(attachment.direct_connect_gateway_id),
        virtual_interface_id: text(attachment.virtual_interface_id),
        virtual_interface_region: text(attachment.virtual_interface_region),
        virtual_interface_owner_account: text(attachment.virtual_interface_owner_account),
        attachment_state: text(attachment.attachment_state.map(|state| state.as_str().to_owned())),
    }
}
