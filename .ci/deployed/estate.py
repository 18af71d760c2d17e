"""The estate that the scenarios play in, as JSON that dx-sim takes for an inventory.

Each scenario has ports of its own. Every gateway of theirs has one more interface, on a port at another location, so
that a move leaves a healthy path. Every interface has a BGP key of its own, by which the last scenario knows it."""

import json

ACCOUNT = "123456789012"
REGION = "us-east-1"
STANDBY = "associate-virtual-interface:standby"
# Where AWS's devices are, and what they are called.
ASHBURN, ASHBURN_2, ASHBURN_3 = (
    ("EqDC2", "EqDC2-19y7z3m17xpuz"),
    ("EqDC2", "EqDC2-2h0v5wq2tqzdl"),
    ("EqDC2", "EqDC2-3k4c9mbq7r1wx"),
)
VIENNA = ("CSVA1", "CSVA1-23u8tlpaz8iks")

ELSEWHERE = "dxcon-fgvienna"

# The maintenance: eight interfaces of four gateways, one of them down, and the LAG that takes them.
MAINTAINED, MAINTENANCE_LAG = "dxcon-fgmaint1", "dxlag-fgmaint2"
MAINTAINED_INTERFACES = [f"dxvif-fgmaint{number}" for number in range(1, 9)]
DOWN_ALREADY = "dxvif-fgmaint4"
# The failover: a port that is down, and the one that its tag names.
FAILED, STANDBY_PORT = "dxcon-fgfailed", "dxcon-fgstandb"
FAILED_INTERFACES = [f"dxvif-fgfaild{number}" for number in range(1, 4)]
# The same, as AWS Health tells it.
TOLD_OF, TOLD_OF_INTERFACE = "dxcon-fghissue", "dxvif-fghissue"
# Maintenance that AWS Health announces.
ANNOUNCED, ANNOUNCED_INTERFACES = "dxcon-fgannoun", ["dxvif-fgannou1", "dxvif-fgannou2"]
# The moves that come up unhealthy: onto a LAG where no router is configured. dx-sim is told of it.
HEALTHY, UNREADY_LAG, HEALTHY_INTERFACES = "dxcon-fghealth", "dxlag-fgunrdy1", ["dxvif-fghealt1", "dxvif-fghealt2"]
# The refusal: the target has an interface with the same VLAN.
TAKEN, REFUSED_INTERFACE, VLAN_TAKEN = "dxcon-fgtaken1", "dxvif-fgrefus1", 999
# The approvals, and the requests by event.
APPROVED, APPROVED_INTERFACES = "dxcon-fgapprov", ["dxvif-fgapprv1", "dxvif-fgapprv2"]
REQUESTED, REQUESTED_INTERFACE = "dxcon-fgreques", "dxvif-fgreques"
SPARE = "dxcon-fgspare1"
# The move whose function is killed.
KILLED, KILLED_INTERFACE = "dxcon-fgkilled", "dxvif-fgkilled"


def port(place, kind="connection", state="available", **more):
    location, device = place
    return {
        "ownerAccount": ACCOUNT,
        f"{kind}State": state,
        "region": REGION,
        "location": location,
        "jumboFrameCapable": True,
        "awsDeviceV2": device,
        "awsLogicalDeviceId": device,
        "hasLogicalRedundancy": "no",
        "tags": [{"key": "environment", "value": "production"}],
        "providerName": "",
        "macSecCapable": False,
        "encryptionMode": "no_encrypt",
        "macSecKeys": [],
        "prefixPoolSizeIpv4": 1000,
        "prefixPoolSizeIpv6": 1000,
        "prefixPoolUnallocatedCountIpv4": 900,
        "prefixPoolUnallocatedCountIpv6": 900,
        "billingMode": "PayAsYouGo",
    } | more


def connection(id, place, state="available", **more):
    named = {"connectionId": id, "connectionName": id.removeprefix("dxcon-fg"), "bandwidth": "10Gbps"}
    return port(place, state=state, portEncryptionStatus="Encryption Down", **named) | more


def lag(id, place, members, minimum_links):
    links = {"connections": members, "numberOfConnections": len(members), "connectionsBandwidth": "10Gbps"}
    return port(
        place,
        "lag",
        lagId=id,
        lagName=id.removeprefix("dxlag-fg"),
        minimumLinks=minimum_links,
        **links,
        allowsHostedConnections=False,
    )


def members(lag_id, place):
    return [connection(f"dxcon-{lag_id[-5:]}l{number}a", place, lagId=lag_id) for number in (1, 2)]


CONNECTIONS = [
    connection(MAINTAINED, ASHBURN),
    connection(FAILED, ASHBURN, "down", tags=[{"key": STANDBY, "value": STANDBY_PORT}]),
    connection(TOLD_OF, ASHBURN, "down", tags=[{"key": STANDBY, "value": STANDBY_PORT}]),
    connection(ANNOUNCED, ASHBURN, tags=[{"key": STANDBY, "value": STANDBY_PORT}]),
    connection(STANDBY_PORT, ASHBURN_3),
    connection(HEALTHY, ASHBURN),
    connection(TAKEN, ASHBURN_3),
    connection(APPROVED, ASHBURN),
    connection(REQUESTED, ASHBURN),
    connection(SPARE, ASHBURN_2),
    connection(KILLED, ASHBURN),
    connection(ELSEWHERE, VIENNA),
]
MEMBERS = {id: members(id, ASHBURN_2) for id in (MAINTENANCE_LAG, UNREADY_LAG)}
LAGS = [lag(id, ASHBURN_2, links, 1) for id, links in MEMBERS.items()]
PORTS = {item.get("lagId") or item["connectionId"]: item for item in LAGS + CONNECTIONS}

INTERFACES, ATTACHMENTS, ROUTES = [], [], {}


def interface(id, on, gateway=None, kind="private", up=True, vlan=None):
    number = len(INTERFACES) + 1
    vlan = vlan or 100 + number
    key = f"EXAMPLEkey{number:03}of{id}"
    status, place = "up" if up else "down", PORTS[on]
    device = {"awsDeviceV2": place["awsDeviceV2"], "awsLogicalDeviceId": place["awsLogicalDeviceId"]}
    session = {
        "asn": 65010,
        "asnLong": 65010,
        "authKey": key,
        "addressFamily": "ipv4",
        "amazonAddress": f"169.254.{number}.1/30",
        "customerAddress": f"169.254.{number}.2/30",
    }
    peer = {"bgpPeerId": f"dxpeer-fg{number:06}", "bgpPeerState": "available", "bgpStatus": status}
    config = f'<logical_connection id="{id}"><vlan>{vlan}</vlan><bgp_auth_key>{key}</bgp_auth_key></logical_connection>'
    INTERFACES.append(
        {
            "ownerAccount": ACCOUNT,
            "virtualInterfaceId": id,
            "location": place["location"],
            "connectionId": on,
            "virtualInterfaceType": kind,
            "virtualInterfaceName": id.removeprefix("dxvif-"),
            "vlan": vlan,
            "amazonSideAsn": 64512,
            "virtualInterfaceState": "available" if up else "down",
            "customerRouterConfig": config,
            "mtu": 1500,
            "jumboFrameCapable": True,
            "virtualGatewayId": "",
            "directConnectGatewayId": gateway or "",
            "routeFilterPrefixes": [],
            "bgpPeers": [session | peer | device],
            "region": REGION,
            "tags": [{"key": "environment", "value": "production"}],
            "siteLinkEnabled": False,
            "prefixPoolAllocatedCountIpv4": 100,
            "prefixPoolAllocatedCountIpv6": 0,
        }
        | session
        | device
    )
    route = {"cidr": f"10.{number}.0.0/16", "routeDirection": "accepted", "addressFamily": "ipv4"}
    ROUTES[id] = [route | {"asPath": [{"pathType": "seq", "path": [65010]}], "communities": []}]
    if gateway:
        ATTACHMENTS.append(
            {
                "directConnectGatewayId": gateway,
                "virtualInterfaceId": id,
                "virtualInterfaceRegion": REGION,
                "virtualInterfaceOwnerAccount": ACCOUNT,
                "attachmentState": "attached",
                "attachmentType": f"{kind.capitalize()}VirtualInterface",
            }
        )


def gateway(number, kind, *own):
    """A gateway with these interfaces, each (id, port) or (id, port, False) if it is down, and one elsewhere."""
    id = f"{number:08x}-0000-4000-8000-0123456789ab"
    for name, on, *up in own:
        interface(name, on, id, kind, *up)
    interface(f"dxvif-fgvien{number:02}", ELSEWHERE, id, kind)


def of_maintenance(*numbers):
    named = [MAINTAINED_INTERFACES[number - 1] for number in numbers]
    return [(name, MAINTAINED, name != DOWN_ALREADY) for name in named]


gateway(1, "private", *of_maintenance(1, 2))
gateway(2, "private", *of_maintenance(3, 4))
gateway(3, "private", *of_maintenance(5, 6))
gateway(4, "transit", *of_maintenance(7, 8))
gateway(5, "private", *((name, FAILED, False) for name in FAILED_INTERFACES[:2]))
gateway(6, "transit", (FAILED_INTERFACES[2], FAILED, False))
gateway(7, "private", *((name, HEALTHY) for name in HEALTHY_INTERFACES))
gateway(10, "private", (TOLD_OF_INTERFACE, TOLD_OF, False))
gateway(11, "private", (ANNOUNCED_INTERFACES[0], ANNOUNCED))
gateway(12, "transit", (ANNOUNCED_INTERFACES[1], ANNOUNCED))
interface(REFUSED_INTERFACE, REQUESTED, up=False, vlan=VLAN_TAKEN)
interface("dxvif-fgtaken1", TAKEN, vlan=VLAN_TAKEN)
gateway(8, "private", *((name, APPROVED) for name in APPROVED_INTERFACES))
gateway(9, "private", (REQUESTED_INTERFACE, REQUESTED))
gateway(13, "private", (KILLED_INTERFACE, KILLED))

ESTATE = {
    "accountId": ACCOUNT,
    "region": REGION,
    "connections": CONNECTIONS + sum(MEMBERS.values(), []),
    "lags": LAGS,
    "virtualInterfaces": INTERFACES,
    "directConnectGatewayAttachments": ATTACHMENTS,
    "routes": ROUTES,
}
# What must never be seen outside of Direct Connect.
SECRETS = [one[member] for one in INTERFACES for member in ("authKey", "customerRouterConfig")]

if __name__ == "__main__":
    print(json.dumps(ESTATE, indent=1))
