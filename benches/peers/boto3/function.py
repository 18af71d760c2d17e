"""The move of one virtual interface as one would write it with boto3: every fact at once, the call, the event.

Clients at module level, made while the function starts; the seven reads in parallel, by threads that stay. It reads what
`associate` reads and checks far less of it.
"""

import concurrent.futures
import json
import os

import boto3
from botocore.config import Config

config = Config(retries={"mode": "standard"}, max_pool_connections=10)
direct_connect = boto3.client("directconnect", config=config)
event_bus = boto3.client("events", config=config)
threads = concurrent.futures.ThreadPoolExecutor(max_workers=7)


def every_page(read, member, **asked):
    found, more = [], {}
    while True:
        page = read(**asked, **more)
        found.extend(page.get(member) or [])
        if not page.get("nextToken"):
            return found
        more = {"nextToken": page["nextToken"]}


def handler(request, context):
    interface, target = request["virtualInterfaceId"], request["connectionId"]
    interfaces = direct_connect.describe_virtual_interfaces
    reads = [
        threads.submit(every_page, *read, **asked)
        for *read, asked in [
            (interfaces, "virtualInterfaces", {"virtualInterfaceId": interface}),
            (interfaces, "virtualInterfaces", {"connectionId": target, "maxResults": 100}),
            (interfaces, "virtualInterfaces", {"maxResults": 100}),
            (direct_connect.describe_connections, "connections", {"maxResults": 100}),
            (direct_connect.describe_lags, "lags", {"maxResults": 100}),
            (
                direct_connect.describe_direct_connect_gateway_attachments,
                "directConnectGatewayAttachments",
                {"virtualInterfaceId": interface},
            ),
            (
                direct_connect.list_virtual_interface_routes,
                "routes",
                {"virtualInterfaceId": interface, "filters": {"routeDirection": "accepted"}, "maxResults": 100},
            ),
        ]
    ]
    found, on_target, in_region, connections, lags, attachments, routes = (read.result() for read in reads)

    before = found[0]
    ports = {port["connectionId"]: port["connectionState"] for port in connections}
    ports |= {lag["lagId"]: lag["lagState"] for lag in lags}
    if ports[target] != "available":
        raise ValueError("the target is not available")
    if any(other["vlan"] == before["vlan"] for other in on_target):
        raise ValueError("the VLAN is taken")
    gateway = before.get("directConnectGatewayId")
    if not any(o["directConnectGatewayId"] == gateway for o in in_region if o["virtualInterfaceId"] != interface):
        raise ValueError("no other path")

    after = direct_connect.associate_virtual_interface(virtualInterfaceId=interface, connectionId=target)
    record = {
        "outcome": "associated",
        "virtualInterfaceId": interface,
        "from": before["connectionId"],
        "to": after["connectionId"],
        "state": after["virtualInterfaceState"],
        "attached": len(attachments),
        "acceptedPrefixes": sorted({route["cidr"] for route in routes}),
    }
    put = event_bus.put_events(
        Entries=[
            {
                "EventBusName": os.environ["EVENT_BUS_NAME"],
                "Source": "bench",
                "DetailType": "Virtual Interface Associated",
                "Detail": json.dumps(record),
            }
        ]
    )
    if put["FailedEntryCount"]:
        raise RuntimeError("the bus did not take the event")
    return record
