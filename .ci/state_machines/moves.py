"""Executions of the machine that moves one interface."""

import calendar
import functools
import json
import time

from stubs import (
    ASSOCIATED,
    MOVING,
    NOT_YET,
    REFUSE,
    SOURCE_PORT,
    TARGET,
    UNHEALTHY,
    UNSETTLED,
    arn,
    association,
    error,
    outcome,
    refused,
    request,
    scenario,
    settled,
    tells,
    wrong,
    wrong_to_both,
)

move = functools.partial(scenario, "move")


def goes_back(name, **more):
    return {"request": request(name, **more), "rollback": "whenUnhealthy", "soakSeconds": 1}


def settles(run):
    ids = [f"{run.name}=associated", f"{run.name}=settled"]
    assert run.output["recordIds"] == ids and run.output["record"]["id"] == ids[1], run.output
    assert run.payloads("verify")[0]["outcome"] == "associated"
    assert run.payloads("verify")[1]["outcome"] == "settled", "after the soak the settled record is verified"


move("settles", {"request": request("settles")}, MOVING, "settled", ["associate", "verify", "verify"], settles)


def names_itself(run):
    assert run.payloads("associate")[0]["requestId"] == run.name


unnamed = {key: value for key, value in request("").items() if key != "requestId"} | {"requestId": None}
move("named-by-execution", {"request": unnamed}, MOVING, "settled", ["associate", "verify", "verify"], names_itself)


def is_handed_on(run):
    settles(run)
    assert run.payloads("associate") == [association(run.name)], "the envelope is the payload as it is"


move("envelope", association("envelope"), MOVING, "settled", ["associate", "verify", "verify"], is_handed_on)
move(
    "envelope-in-doubt",
    association("envelope-in-doubt"),
    {"associate": [UNSETTLED], "verify": [settled]},
    "settled",
    ["associate", "verify", "verify"],
    lambda run: is_minimal(run, run.payloads("verify")[0], run.given["detail"]),
)
move(
    "envelope-with-options",
    {"request": association("envelope-with-options"), "rollback": "whenUnhealthy"},
    {"associate": [ASSOCIATED], "verify": [UNHEALTHY, settled], "back": [ASSOCIATED]},
    "MovedBack",
    ["associate", "verify", "back", "verify"],
)
move(
    "settles-late",
    {"request": request("settles-late"), "rollback": None, "soakSeconds": 0},
    MOVING | {"verify": [NOT_YET] * 5 + [settled]},
    "settled",
    ["associate"] + ["verify"] * 7,
)


def is_minimal(run, told, asked):
    known = "expectedConnectionId" in asked
    assert abs(time.time() - calendar.timegm(time.strptime(told["time"][:19], "%Y-%m-%dT%H:%M:%S"))) < 120
    inverse = {"virtualInterfaceId": "dxvif-fone", "connectionId": SOURCE_PORT, "expectedConnectionId": TARGET}
    assert told == {
        "schemaVersion": "1.0",
        "requestId": run.name,
        "reason": asked.get("reason"),
        "time": told["time"],
        "outcome": "unsettled",
        "request": asked,
        "from": {"connectionId": SOURCE_PORT} if known else None,
        "to": {"connectionId": TARGET},
        "before": None,
        "inverse": inverse if known else None,
    }, told


for doubt in ["AssociationUnsettled", "Lambda.Unknown", "States.Timeout", "Runtime.ExitError"]:
    name = f"in-doubt-{doubt.replace('.', '-')}"
    move(
        name,
        {"request": request(name, reason="CHG-1")},
        {"associate": [error(doubt)], "verify": [settled]},
        "settled",
        ["associate", "verify", "verify"],
        lambda run: is_minimal(run, run.payloads("verify")[0], run.given["request"]),
    )
move(
    "in-doubt-by-arn",
    {
        "request": {
            "VirtualInterfaceId": arn("directconnect", "dxvif/dxvif-fone"),
            "ConnectionId": arn("directconnect", f"dxlag/{TARGET}"),
            "expectedConnectionId": arn("directconnect", f"dxcon/{SOURCE_PORT}"),
            "requestId": "in-doubt-by-arn",
        }
    },
    {"associate": [UNSETTLED], "verify": [settled]},
    "settled",
    ["associate", "verify", "verify"],
    lambda run: is_minimal(run, run.payloads("verify")[0], run.given["request"]),
)
move(
    "stays-in-doubt",
    {"request": request("stays-in-doubt")},
    {"associate": [UNSETTLED], "verify": [UNSETTLED]},
    "AssociationUnsettled",
    ["associate"] + ["verify"] * 17,
    lambda run: tells(run, {"virtualInterfaceId": "dxvif-fone", "recordIds": []}),
)
DEFINITE = ["InvalidRequest", "StaleRequest", "AccessDenied", "PreCheckRefused", "AssociationRejected", "RequestIdReused"]
for definite in DEFINITE:
    name = f"definite-{definite}"
    move(name, goes_back(name), {"associate": [error(definite)]}, definite, ["associate"])
# These come after a look at where it is, or into the ledger, so they are believed even of a later attempt.
for seen in ["PreCheckRefused", "AssociationRejected", "RequestIdReused"]:
    name = f"seen-again-{seen}"
    move(
        name,
        goes_back(name),
        {"associate": [error("Unavailable"), error(seen)], "verify": [settled]},
        seen,
        ["associate"] * 2,
    )
move(
    "seen-again-PreCheckNotYet",
    goes_back("seen-again-PreCheckNotYet"),
    {"associate": [error("PreCheckNotYet")], "verify": [settled]},
    "PreCheckNotYet",
    ["associate"] * 6,
)


# Somebody else is at it: the same request, which is then said again, or another one for the same interface.
BUSY = error("InProgress")
move(
    "in-progress",
    goes_back("in-progress"),
    {"associate": [BUSY] * 12 + [ASSOCIATED], "verify": [settled]},
    "settled",
    ["associate"] * 13 + ["verify", "verify"],
    settles,
)
move(
    "in-progress-elsewhere",
    {"request": request("in-progress-elsewhere")},
    {"associate": [BUSY], "verify": [settled]},
    "settled",
    ["associate"] * 13 + ["verify", "verify"],
    lambda run: is_minimal(run, run.payloads("verify")[0], run.given["request"]),
)
move(
    "stays-in-progress",
    goes_back("stays-in-progress"),
    {"associate": [BUSY], "verify": [UNSETTLED]},
    "InProgress",
    ["associate"] * 13 + ["verify"] * 17,
    lambda run: tells(run, {"because": {"Error": "InProgress", "Cause": json.loads(run.cause)["because"]["Cause"]}}),
)
move(
    "in-progress-then-late",
    goes_back("in-progress-then-late"),
    {"associate": [BUSY, error("StaleRequest")], "verify": [settled]},
    "settled",
    ["associate", "associate", "verify", "verify"],
)


def is_told(length):
    """So much of a long message is in the Cause, which Step Functions takes up to 32,768 characters long."""

    def looks(run):
        assert run.cause.count("z") == length and len(run.cause) <= 32768, f"{len(run.cause)}: {run.cause[:200]}"

    return looks


# What has to be escaped is longer in a Cause than it was.
quotes = '"' * 40_000
for name, message, length in [("long-refusal", "z" * 20_000, 20_000), ("too-long-refusal", quotes, 0)]:
    script = {"associate": [error("PreCheckRefused", message)]}
    move(name, goes_back(name), script, "PreCheckRefused", ["associate"], is_told(length))
# After retries the others tell only of the last attempt: an earlier one may have moved it.
for again, attempts in [("Unavailable", 6), ("Lambda.TooManyRequestsException", 7)]:
    name = f"again-{again.replace('.', '-')}"
    move(
        name,
        goes_back(name),
        {"associate": [error(again, quotes)], "verify": [UNSETTLED]},
        again,
        ["associate"] * attempts + ["verify"] * 17,
        is_told(0),
    )
move(
    "moved-then-stale",
    {"request": request("moved-then-stale")},
    {"associate": [error("RecordNotEmitted"), error("StaleRequest")], "verify": [settled]},
    "settled",
    ["associate", "associate", "verify", "verify"],
)
move(
    "never-emitted",
    {"request": request("never-emitted")},
    {"associate": [error("RecordNotEmitted")], "verify": [settled]},
    "settled",
    ["associate"] * 6 + ["verify", "verify"],
)
for again in ["ClientExecutionTimeoutException", "ServiceException", "AWSLambdaException", "SdkClientException"]:
    name = f"again-{again}"
    move(
        name,
        {"request": request(name)},
        {"associate": [error(f"Lambda.{again}"), ASSOCIATED], "verify": [error(f"Lambda.{again}"), settled]},
        "settled",
        ["associate", "associate", "verify", "verify", "verify"],
    )


def moves_back(run, because="SettledUnhealthy"):
    back, last = run.payloads("back")[0], run.payloads("verify")[-1]
    asked = run.given["request"]
    checks = [
        "interrupts-traffic",
        "peers-settled",
        "virtual-interface-state",
        "bandwidth-kept",
        "macsec-kept",
        "redundancy-kept",
        "healthy-path-remains",
        "healthy-path-elsewhere",
    ]
    kept = [one for one in asked.get("overrides", []) if one["check"] not in checks]
    assert back.pop("reason", None) == asked.get("reason")
    assert back == {
        "virtualInterfaceId": "dxvif-fone",
        "connectionId": SOURCE_PORT,
        "expectedConnectionId": TARGET,
        "requestId": f"{run.name[-123:]}.back",
        "overrides": kept + [{"check": check, "reason": f"moving back: {because}"} for check in checks],
    }, back
    assert last["before"] == {"virtualInterfaceState": "available"}, "the way back is held to the state before all"
    cause = tells(run, {"virtualInterfaceId": "dxvif-fone"})
    assert cause["because"]["Error"] == because, cause
    return cause


def with_both_records(run):
    cause = moves_back(run)
    assert [one["outcome"] for one in cause["records"]] == ["associated", "settled"], cause
    assert cause["records"][0]["before"] and cause["records"][1]["requestId"] == f"{run.name}.back"
    ids = [f"{run.name}=associated", f"{run.name}.back=associated", f"{run.name}.back=settled"]
    assert cause["recordIds"] == ids, cause


BACK = {"associate": [ASSOCIATED], "verify": [UNHEALTHY, settled], "back": [outcome("associated", before={"x": 1})]}
THERE_AND_BACK = ["associate", "verify", "back", "verify"]
overrides = [{"check": check, "reason": "CHG-1"} for check in ["target-hosted", "bandwidth-kept", "interrupts-traffic"]]
late = {"notAfter": "2027-01-01T00:00:00Z", "reason": "CHG-1", "overrides": overrides}
move("unhealthy", goes_back("unhealthy", **late), BACK, "MovedBack", THERE_AND_BACK, with_both_records)
move(
    "unhealthy-after-soak",
    goes_back("unhealthy-after-soak"),
    BACK | {"verify": [settled, UNHEALTHY, settled]},
    "MovedBack",
    ["associate", "verify", "verify", "back", "verify"],
    lambda run: moves_back(run),
)
move(
    "never-settles",
    goes_back("never-settles"),
    BACK | {"verify": [NOT_YET] * 17 + [settled]},
    "MovedBack",
    ["associate"] + ["verify"] * 17 + ["back", "verify"],
    lambda run: moves_back(run, "NotSettledYet"),
)
long = "x" * 123
move(f"l{long}", goes_back(f"l{long}"), BACK, "MovedBack", THERE_AND_BACK, moves_back)


def is_short(second):
    """Records that are too long for a Cause are told by their ids."""

    def looks(run):
        first = {"id": f"{run.name}=associated", "outcome": "associated"}
        tells(run, {"records": [first, {"id": f"{run.name}.back={second}", "outcome": second}]})
        assert len(run.cause) <= 32000, len(run.cause)

    return looks


prefixes = ["192.0.2.0/24"] * 2000
bulky = outcome("associated", before={"virtualInterfaceState": "available", "acceptedPrefixes": prefixes})
move(
    "bulky",
    goes_back("bulky"),
    BACK | {"associate": [bulky], "back": [bulky]},
    "MovedBack",
    THERE_AND_BACK,
    is_short("settled"),
)
move(
    "bulky-not-back",
    goes_back("bulky-not-back"),
    BACK | {"associate": [bulky], "verify": [UNHEALTHY, UNHEALTHY], "back": [bulky]},
    "NotMovedBack",
    THERE_AND_BACK,
    is_short("associated"),
)
move(
    "rollback-never",
    {"request": request("rollback-never"), "rollback": "never"},
    BACK,
    "SettledUnhealthy",
    ["associate", "verify"],
    lambda run: tells(run, {"recordIds": ["rollback-never=associated"]}),
)
there_and_known = outcome("alreadyAssociated", before={"virtualInterfaceState": "available"})
move(
    "not-ours",
    goes_back("not-ours"),
    BACK | {"associate": [there_and_known]},
    "SettledUnhealthy",
    ["associate", "verify"],
)
# An attempt that was throttled moved nothing: somebody else has.
move(
    "not-ours-after-throttling",
    goes_back("not-ours-after-throttling"),
    BACK | {"associate": [error("Lambda.TooManyRequestsException"), there_and_known]},
    "SettledUnhealthy",
    ["associate", "associate", "verify"],
)
move(
    "no-way-back",
    goes_back("no-way-back"),
    BACK | {"associate": [outcome("associated", inverse=None)]},
    "SettledUnhealthy",
    ["associate", "verify"],
)
nowhere = {key: value for key, value in request("in-doubt-from-where").items() if key != "expectedConnectionId"}
move(
    "in-doubt-from-where",
    {"request": nowhere, "rollback": "whenUnhealthy"},
    BACK | {"associate": [UNSETTLED]},
    "SettledUnhealthy",
    ["associate", "verify"],
    lambda run: is_minimal(run, run.payloads("verify")[0], run.given["request"]),
)
# Without a record of what was before, nothing is moved back.
for worse, times in [("SettledUnhealthy", 1), ("NotSettledYet", 17), ("AssociationUnsettled", 17)]:
    name = f"in-doubt-then-{worse}"
    script = BACK | {"associate": [UNSETTLED], "verify": [error(worse)]}
    move(name, goes_back(name), script, worse, ["associate"] + ["verify"] * times)


def because(name, why):
    def looks(run):
        told = tells(run, {"virtualInterfaceId": "dxvif-fone"})["because"]
        assert told["Error"] == name and told["Cause"].startswith(why), told

    return looks


# What means elsewhere that nothing has moved is not the name here.
for blind, ends, times in [
    ("AccessDenied", "NotVerified", 1),
    ("InvalidRequest", "NotVerified", 1),
    ("Unavailable", "NotVerified", 17),
    ("Lambda.TooManyRequestsException", "NotVerified", 7),
    ("States.Timeout", "NotVerified", 7),
    ("RecordNotEmitted", "RecordNotEmitted", 17),
]:
    looks = because(ends, f"{blind}: " if ends == "NotVerified" else "{")
    name = f"not-verified-{blind.replace('.', '-')}"
    move(name, goes_back(name), BACK | {"verify": [error(blind)]}, ends, ["associate"] + ["verify"] * times, looks)
    name = f"not-verified-after-soak-{blind.replace('.', '-')}"
    script = BACK | {"verify": [settled] + [error(blind)]}
    move(name, goes_back(name), script, ends, ["associate"] + ["verify"] * (times + 1), looks)


def lost_way_back(run):
    cause = tells(run, {"virtualInterfaceId": "dxvif-fone"})
    assert cause["because"]["Error"] == "SettledUnhealthy", cause
    return cause["wayBackFailedBecause"]["Error"]


def lost_by(name):
    def looks(run):
        assert lost_way_back(run) == name, run.cause

    return looks


move(
    "back-refused",
    goes_back("back-refused"),
    BACK | {"back": [REFUSE]},
    "NotMovedBack",
    ["associate", "verify", "back"],
    lost_by("PreCheckRefused"),
)
move(
    "back-refused-later",
    goes_back("back-refused-later"),
    BACK | {"back": [error("Unavailable"), REFUSE]},
    "NotMovedBack",
    ["associate", "verify", "back", "back"],
    lost_by("PreCheckRefused"),
)
move(
    "back-in-doubt",
    goes_back("back-in-doubt"),
    BACK | {"back": [UNSETTLED]},
    "MovedBack",
    THERE_AND_BACK,
    lambda run: moves_back(run),
)
move(
    "back-again",
    goes_back("back-again"),
    BACK | {"back": [error("RecordNotEmitted"), error("AccessDenied")]},
    "MovedBack",
    ["associate", "verify", "back", "back", "verify"],
)
move(
    "back-in-progress",
    goes_back("back-in-progress"),
    BACK | {"back": [BUSY, outcome("associated", before={"x": 1})]},
    "MovedBack",
    ["associate", "verify", "back", "back", "verify"],
    lambda run: moves_back(run),
)
move(
    "back-stays-in-progress",
    goes_back("back-stays-in-progress"),
    BACK | {"verify": [UNHEALTHY, UNSETTLED], "back": [BUSY]},
    "NotMovedBack",
    ["associate", "verify"] + ["back"] * 13 + ["verify"] * 17,
    lost_by("AssociationUnsettled"),
)
move(
    "back-unhealthy",
    goes_back("back-unhealthy"),
    BACK | {"verify": [UNHEALTHY]},
    "NotMovedBack",
    THERE_AND_BACK,
    lost_by("SettledUnhealthy"),
)
move(
    "move-dry-run",
    {"request": request("move-dry-run", dryRun=True)},
    {"dry run": [refused("target-state")]},
    "refused",
    ["dry run"],
)
wrong("move", wrong_to_both(lambda **more: {"request": request("w")} | more))
