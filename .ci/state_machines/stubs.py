"""What the stubs of the three functions answer, and what a scenario is."""

import collections
import functools
import json

REGION, ACCOUNT = "eu-west-1", "123456789012"
SOURCE_PORT, TARGET = "dxcon-fsource1", "dxlag-ftarget1"


def arn(service, rest):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def request(name, interface="dxvif-fone", **more):
    return {
        "virtualInterfaceId": interface,
        "connectionId": TARGET,
        "expectedConnectionId": SOURCE_PORT,
        "requestId": name,
    } | more


def record(asked, outcome, **more):
    """A record as the associate function gives it."""
    identity, asked = asked.get("requestId") or asked["id"], asked.get("detail", asked)
    dry = asked.get("dryRun", False)
    inverse = {
        "virtualInterfaceId": asked["virtualInterfaceId"],
        "connectionId": asked.get("expectedConnectionId", SOURCE_PORT),
        "expectedConnectionId": asked["connectionId"],
    }
    return {
        "schemaVersion": "1.0",
        "id": f"{identity}={outcome}",
        "requestId": identity,
        "reason": asked.get("reason"),
        "time": "2026-11-23T02:00:01.5Z",
        "outcome": outcome,
        "request": {"dryRun": False, "overrides": []} | asked,
        "from": {"connectionId": inverse["connectionId"]},
        "to": {"connectionId": asked["connectionId"]},
        "before": None if outcome == "alreadyAssociated" else {"virtualInterfaceState": "available"},
        "checks": {"run": [], "findings": []},
        "inverse": None if dry else inverse,
        "error": None,
    } | more


def error(name, message="said the stub"):
    return lambda _: {"error": {"errorType": name, "errorMessage": message}}


def outcome(name, **more):
    return lambda asked: {"result": record(asked, name, **more)}


def settled(asked):
    return {"result": asked | {"outcome": "settled", "id": f"{asked['requestId']}=settled"}}


def refused(*checks):
    findings = [{"check": check, "severity": "guard"} for check in checks]
    accepted = {"check": "interrupts-traffic", "severity": "guard", "overriddenBecause": "CHG-1"}
    notice = {"check": "leaves-device", "severity": "notice"}
    return outcome("refused", checks={"run": [], "findings": [*findings, accepted, notice]})


def plan(*interfaces, skipped=(), notices=(), **more):
    def answer(asked):
        root = asked.get("requestId") or asked.get("detail", {}).get("requestId") or asked["id"]
        dry = {"dryRun": True} if asked.get("dryRun") else {}
        return {
            "result": {
                "requests": [request(f"{root}.{one}", one, **dry, **more) for one in interfaces],
                "skipped": [
                    {
                        "virtualInterfaceId": one,
                        "fromConnectionId": SOURCE_PORT,
                        "findings": [{"check": check, "severity": "guard", "message": "long"}],
                    }
                    for one, check in skipped
                ],
                "notices": [{"code": code, "message": "said the stub"} for code in notices],
            }
        }

    return answer


def kind(function, asked):
    """The name under which a call is scripted and told."""
    if function != "associate":
        return function
    asked = asked.get("detail", asked)
    if asked.get("dryRun"):
        return "dry run"
    return "back" if asked.get("requestId", "").endswith(".back") else "associate"


ASSOCIATED, REFUSE, UNSETTLED = outcome("associated"), error("PreCheckRefused"), error("AssociationUnsettled")
THERE_ALREADY = outcome("alreadyAssociated")
UNHEALTHY, NOT_YET = error("SettledUnhealthy"), error("NotSettledYet")
MOVING = {"associate": [ASSOCIATED], "verify": [settled, settled], "dry run": [outcome("wouldAssociate")]}

ENVELOPE = {
    "version": "0",
    "account": ACCOUNT,
    "region": REGION,
    "time": "2026-11-23T02:00:00Z",
    "resources": [],
}


def envelope(name, detail_type, source, detail):
    return ENVELOPE | {"id": name, "detail-type": detail_type, "source": source, "detail": detail}


def association(name):
    detail = {key: value for key, value in request(name).items() if key != "requestId"}
    return envelope(name, "Virtual Interface Association Requested", "orders", detail)


def alarm(name):
    return envelope(name, "CloudWatch Alarm State Change", "aws.cloudwatch", {"state": {"value": "ALARM"}})


def health(name, category):
    detail = {"service": "DIRECTCONNECT", "eventTypeCategory": category}
    return envelope(name, "AWS Health Event", "aws.health", detail)


def evacuation(**more):
    return {"request": {"fromConnectionId": SOURCE_PORT} | more}


Scenario = collections.namedtuple("Scenario", "machine given script ends calls looks mock approve")
SCENARIOS = {}


def scenario(machine, name, given, script, ends, calls, looks=None, mock=None, approve=None):
    """`ends` is the outcome of the output, or the error. `calls` names the calls of functions in their order."""
    assert name not in SCENARIOS, name
    SCENARIOS[name] = Scenario(machine, given, script, ends, calls, looks, mock, approve)


move, evacuate = functools.partial(scenario, "move"), functools.partial(scenario, "evacuate")


def says(problem):
    """The Cause names the problem, and never quotes what was wrong."""

    def looks(run):
        assert problem in run.cause and SECRET not in run.cause, run.cause

    return looks


def wrong(machine, rows):
    """Inputs that are refused before anybody is called."""
    for number, (given, problem) in enumerate(rows):
        scenario(machine, f"{machine}-wrong-{number}", given, {}, "InvalidRequest", [], says(problem))


SECRET = "S3CRET"
ROLLBACKS = ["always", SECRET, 1, True, ["never"]]
SOAKS = [-1, 86401, 1.5, SECRET, "300", [300], True]


def wrong_to_both(made):
    rows = [(given, "request is missing") for given in [{}, [], "text", {"request": SECRET}, request("w")]]
    rows += [(made(dryRun=True), "beside request"), (made(rolback=SECRET), "beside request")]
    rows += [(made(rollback=value), "rollback is") for value in ROLLBACKS]
    return rows + [(made(soakSeconds=value), "soakSeconds is") for value in SOAKS]


def tells(run, wanted):
    """What the Cause, which is JSON, says of these members."""
    cause = json.loads(run.cause)
    assert {key: cause[key] for key in wanted} == wanted, f"the cause says {run.cause}"
    return cause
