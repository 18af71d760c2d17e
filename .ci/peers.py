"""boto3 and the AWS CLI against the simulator at the URL given: a move, a move back, a refusal, pages, an event.

Nothing is set for either client but the endpoint, a Region and credentials that are nobody's."""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

import boto3
import botocore
from botocore.exceptions import ClientError

URL = sys.argv[1]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "nobody", "AWS_SESSION_TOKEN": "nobody"}
os.environ |= CREDENTIALS


def client(service, region):
    return boto3.client(service, endpoint_url=URL, region_name=region)


def aws(*words):
    """Runs the AWS CLI: its exit status, what it answered, what it complained of."""
    program = pathlib.Path(sys.executable).with_name("aws")
    command = [program, *words, "--endpoint-url", URL, "--region", REGION, "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, json.loads(done.stdout or "null"), done.stderr


def simulated(path):
    with urllib.request.urlopen(f"{URL}/_sim/{path}", timeout=10) as answer:
        return json.load(answer)


def proved(what):
    print(f"  {what}")


def interfaces():
    return DX.describe_virtual_interfaces()["virtualInterfaces"]


def interface(id):
    found = DX.describe_virtual_interfaces(virtualInterfaceId=id)["virtualInterfaces"]
    assert len(found) == 1, f"{id} is there {len(found)} times"
    return found[0]


def settled(id):
    """The interface, once its move is over."""
    end = time.monotonic() + 20
    while (now := interface(id))["virtualInterfaceState"] == "pending":
        assert time.monotonic() < end, f"{id} is still pending"
        time.sleep(0.1)
    return now


def every_page(call, member, **filters):
    """All items, asked for one by one, and how many pages that took."""
    items, pages, token = [], 0, {}
    while True:
        page = call(maxResults=1, **filters, **token)
        assert len(page[member]) <= 1, f"a page of {len(page[member])} where maxResults is 1"
        items += page[member]
        pages += 1
        if not page.get("nextToken"):
            return items, pages
        assert pages < 10_000, "the pages never end"
        token = {"nextToken": page["nextToken"]}


def assert_moving(answer, before, target):
    """What AWS's own example shows of a move that was just accepted."""
    assert answer["connectionId"] == target, f"moved to {answer['connectionId']}, not to {target}"
    assert answer["virtualInterfaceState"] == "pending", f"the state is {answer['virtualInterfaceState']}, not pending"
    peers, old = answer["bgpPeers"], before["bgpPeers"]
    states = sorted(peer["bgpPeerState"] for peer in peers)
    assert states == ["deleting"] * len(old) + ["pending"] * len(old), f"{len(old)} peers became {states}"
    assert {peer["bgpStatus"] for peer in peers} == {"down"}, "a session is up while its interface is moved"
    ids = {peer["bgpPeerId"] for peer in peers}
    assert len(ids) == len(peers), f"the new peers have no ids of their own: {ids}"
    assert ids > {peer["bgpPeerId"] for peer in old}, f"the old peers are not there any more: {ids}"


def assert_settled(now, before, target):
    assert now["connectionId"] == target, f"settled on {now['connectionId']}, not on {target}"
    assert now["virtualInterfaceState"] == "available", f"settled as {now['virtualInterfaceState']}"
    assert len(now["bgpPeers"]) == len(before["bgpPeers"]), "settled with another number of peers"
    for member in ("vlan", "amazonAddress", "customerAddress", "virtualInterfaceName", "ownerAccount"):
        assert now.get(member) == before.get(member), f"the move changed {member}"


# The Region is the inventory's; any client may ask any port for it.
REGION = client("directconnect", "us-east-1").describe_connections()["connections"][0]["region"]
DX = client("directconnect", REGION)
print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}, Region {REGION}")

# Pages.
everything = interfaces()
for call, member, whole, filters in [
    (DX.describe_virtual_interfaces, "virtualInterfaces", everything, {}),
    (DX.describe_connections, "connections", DX.describe_connections()["connections"], {}),
    (DX.describe_lags, "lags", DX.describe_lags()["lags"], {}),
]:
    items, pages = every_page(call, member, **filters)
    assert items == whole, f"{member}: {len(items)} in pages of one, {len(whole)} at once"
    assert pages == len(whole) > 0, f"{member}: {len(whole)} in {pages} pages of one"
    proved(f"boto3 sees the same {member} in pages of one, {pages} of them, as at once")

# A move that works and one that clashes, from what the account holds.
ports = {port["connectionId"]: port for port in DX.describe_connections()["connections"] if not port.get("lagId")}
ports |= {lag["lagId"]: lag for lag in DX.describe_lags()["lags"]}
taken = {(one["connectionId"], one["vlan"]) for one in everything}
request = json.loads(pathlib.Path("events/request.json").read_text())
request = request.get("detail", request)
moving, target = request["virtualInterfaceId"], request["connectionId"]
before = interface(moving)
home = before["connectionId"]
assert home != target, f"events/request.json moves {moving} to where it is"
clashes = [
    (one["virtualInterfaceId"], port)
    for one in everything
    for port in ports
    if one["connectionId"] in ports and port != one["connectionId"] and (port, one["vlan"]) in taken
]
assert clashes, "the inventory holds no interface whose VLAN is taken elsewhere"

# boto3 moves.
answer = DX.associate_virtual_interface(virtualInterfaceId=moving, connectionId=target)
assert_moving(answer, before, target)
assert_moving(interface(moving), before, target)
proved(f"boto3 moves {moving} from {home} to {target}: pending, {len(before['bgpPeers'])} peer(s) doubled")
assert_settled(settled(moving), before, target)
proved("the move settles: available, the old peers gone")

# boto3 is refused.
refusals = []
for id, port in clashes:
    where = interface(id)["connectionId"]
    try:
        DX.associate_virtual_interface(virtualInterfaceId=id, connectionId=port)
    except DX.exceptions.DirectConnectClientException as refused:
        error = refused.response["Error"]
        assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == 400, refused.response["ResponseMetadata"]
        assert interface(id)["connectionId"] == where, f"{id} moved although it was refused"
        if "VLAN" in error["Message"]:
            refusals.append((id, port, error))
    else:
        raise AssertionError(f"{id} was moved to {port}, where its VLAN is taken")
assert refusals, f"no refusal of {clashes} speaks of the VLAN"
refused_id, refused_port, error = refusals[0]
proved(f"boto3 raises {error['Code']} for {refused_id} to {refused_port}: {error['Message']}")

try:
    DX.associate_virtual_interface(virtualInterfaceId="dxvif-ffffnone", connectionId=target)
except ClientError as refused:
    proved(f"boto3 raises {refused.response['Error']['Code']} for an interface that is not there")
else:
    raise AssertionError("an interface that is not there was moved")

# The AWS CLI moves it back, is refused alike, and sees the same.
version = subprocess.run([pathlib.Path(sys.executable).with_name("aws"), "--version"], capture_output=True, text=True)
print((version.stdout or version.stderr).strip())
before = interface(moving)
move = ("directconnect", "associate-virtual-interface", "--virtual-interface-id")
status, answer, complaint = aws(*move, moving, "--connection-id", home)
assert status == 0, f"the CLI answers {status}: {complaint}"
assert_moving(answer, before, home)
proved(f"the CLI moves {moving} back to {home}: pending, peers doubled")
assert_settled(settled(moving), before, home)

status, answer, complaint = aws(*move, refused_id, "--connection-id", refused_port)
assert status != 0 and "(DirectConnectClientException)" in complaint, f"the CLI answers {status}: {answer} {complaint}"
assert error["Message"] in complaint, f"the CLI was told something else than boto3: {complaint}"
proved(f"the CLI ends with {status} and DirectConnectClientException for {refused_id} to {refused_port}")

status, answer, complaint = aws("directconnect", "describe-virtual-interfaces")
assert status == 0, f"the CLI answers {status}: {complaint}"
seen = [one["virtualInterfaceId"] for one in answer["virtualInterfaces"]]
assert seen == [one["virtualInterfaceId"] for one in everything], f"the CLI sees {seen}"
proved(f"the CLI sees the same {len(everything)} virtual interfaces as boto3")

# Both put an event.
entry = {"Source": "peers", "DetailType": "Spoken", "Detail": '{"by": "boto3"}', "EventBusName": "rehearsal"}
put = client("events", REGION).put_events(Entries=[entry])
assert put["FailedEntryCount"] == 0 and put["Entries"][0]["EventId"], f"PutEvents answers {put['Entries']}"
status, put, complaint = aws("events", "put-events", "--entries", json.dumps([entry | {"Detail": '{"by": "cli"}'}]))
assert status == 0 and put["FailedEntryCount"] == 0, f"the CLI answers {status}: {put} {complaint}"
said = [event for event in simulated("events") if event.get("Source") == "peers"]
assert [event["Detail"]["by"] for event in said] == ["boto3", "cli"], f"the bus holds {said}"
proved("boto3 and the CLI put an event each, and the bus holds both")

# The simulator has seen all of it.
calls = [call for call in simulated("calls") if call["operation"] == "AssociateVirtualInterface"]
moved = [call["input"] for call in calls if call["status"] == 200]
assert [one["connectionId"] for one in moved] == [target, home], f"the simulator says it moved {moved}"
proved(f"the simulator counts {len(calls)} calls to move, of which {len(moved)} moved something")
