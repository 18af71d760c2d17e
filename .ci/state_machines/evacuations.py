"""Executions of the machine that empties a connection, each with the moves that it starts."""

import functools
import json

from stubs import (
    ASSOCIATED,
    MOVING,
    SECRET,
    SOURCE_PORT,
    THERE_ALREADY,
    UNHEALTHY,
    alarm,
    envelope,
    error,
    evacuation,
    health,
    outcome,
    plan,
    refused,
    request,
    says,
    scenario,
    settled,
    tells,
    wrong,
    wrong_to_both,
)

APPROVAL_SECONDS = 3
evacuate = functools.partial(scenario, "evacuate")

# What the emulator cannot do, or not fail at, answers or fails like this where a scenario names it.
MOCKS = {
    "CalendarOpen": ("AskTheCalendars", {"Return": {"State": "OPEN"}}),
    "CalendarClosed": (
        "AskTheCalendars",
        {"Return": {"State": "CLOSED", "NextTransitionTime": "2026-11-24T02:00:00Z"}},
    ),
    "CalendarUnreadable": ("AskTheCalendars", {"Throw": {"Error": "Ssm.InvalidDocument", "Cause": "no such calendar"}}),
    "BusAway": ("TellTheBus", {"Throw": {"Error": "EventBridge.FailedEntry", "Cause": "the bus is away"}}),
    # As Step Functions reports a failed execution; the emulator gives the execution's own error instead.
    "MoveFailed": ("Move", {"Throw": {"Error": "States.TaskFailed", "Cause": "cut"}}),
    "MoveNotStarted": (
        "Move",
        {"Throw": {"Error": "StepFunctions.StateMachineDoesNotExistException", "Cause": "no such machine"}},
    ),
    "MoveTellsText": ("AskTheMove", {"Return": {"Status": "FAILED", "Cause": 'text with "recordIds" in {}'}}),
    # The emulator would run an execution with the same name again.
    "MoveExists": ("Move", {"Throw": {"Error": "StepFunctions.ExecutionAlreadyExistsException", "Cause": "exists"}}),
}


def mocks():
    cases = {name: {state: name} for name, (state, _) in MOCKS.items()}
    answers = {name: {"0-99": answer} for name, (_, answer) in MOCKS.items()}
    return {"StateMachines": {"evacuate": {"TestCases": cases}}, "MockedResponses": answers}


def summary(run, wanted):
    """The summary on the bus says this; nothing else of the execution is in the output or the Cause."""
    said = [event["detail"] for event in run.events("Virtual Interface Evacuation Finished")]
    assert len(said) == 1, f"{len(said)} summaries"
    ignored = ("schemaVersion", "executionArn", "requestId")
    assert {key: value for key, value in said[0].items() if key not in ignored} == wanted, said[0]
    assert said[0]["executionArn"] == run.arn and said[0]["requestId"] == run.name, said[0]
    assert len(json.dumps(said[0])) < 200_000
    if run.error:
        assert {key: value for key, value in json.loads(run.cause).items() if key != "because"} == said[0], run.cause
    else:
        assert run.output == said[0]


def summarised(of, **more):
    empty = {"moved": [], "failed": [], "notBegun": [], "skipped": [], "fromConnectionIds": [SOURCE_PORT]}
    return lambda run: summary(run, empty | {"outcome": of} | more)


def no_summary(run):
    assert not run.events("Virtual Interface Evacuation Finished")


def done(name, *interfaces):
    return [
        {"virtualInterfaceId": one, "recordIds": [f"{name}.{one}=associated", f"{name}.{one}=settled"]}
        for one in interfaces
    ]


def left(of, *checks):
    return {"virtualInterfaceId": of, "checks": list(checks)}


def first_failed(error_name, *ids):
    """The first move failed so, the second was not begun."""
    failed = [{"virtualInterfaceId": "dxvif-fa", "error": error_name, "recordIds": list(ids)}]
    return summarised("stopped", failed=failed, notBegun=["dxvif-fb"])


ONE_MOVE, PLANNED_TWO = ["associate", "verify", "verify"], ["evacuate", "dry run", "dry run"]
THERE_AND_BACK = ["associate", "verify", "back", "verify"]


def evacuated(run):
    summarised("evacuated", moved=done(run.name, "dxvif-fa", "dxvif-fb"))(run)
    assert run.payloads("evacuate") == [run.given["request"] | {"requestId": run.name}]
    dry, real = run.payloads("dry run"), run.payloads("associate")
    assert [one["requestId"] for one in dry] == [f"{run.name}.dxvif-fa.dry-run", f"{run.name}.dxvif-fb.dry-run"]
    assert [one["requestId"] for one in real] == [f"{run.name}.dxvif-fa", f"{run.name}.dxvif-fb"]
    for one in ["dxvif-fa", "dxvif-fb"]:
        child = json.loads(run.describe("move", f"{run.name}.{one}")["input"])
        assert child == {"request": request(f"{run.name}.{one}", one), "rollback": "whenUnhealthy", "soakSeconds": 300}


TWO = {"evacuate": [plan("dxvif-fa", "dxvif-fb")]}
evacuate(
    "empties",
    evacuation(),
    MOVING | TWO,
    "evacuated",
    PLANNED_TWO + ONE_MOVE * 2,
    evacuated,
)
evacuate(
    "nothing-planned",
    evacuation(requestId="nothing-planned"),
    {"evacuate": [plan(notices=["NothingThere"])]},
    "nothingToDo",
    ["evacuate"],
    no_summary,
)
evacuate(
    "plan-fails",
    evacuation(),
    {"evacuate": [error("AccessDenied")]},
    "AccessDenied",
    ["evacuate"],
    no_summary,
)
evacuate(
    "plan-again",
    evacuation(),
    MOVING | {"evacuate": [error("Unavailable"), error("Lambda.Unknown"), plan("dxvif-fa")]},
    "evacuated",
    ["evacuate"] * 3 + ["dry run"] + ONE_MOVE,
)
evacuate(
    "some-skipped",
    evacuation(),
    MOVING | {"evacuate": [plan("dxvif-fa", skipped=[("dxvif-fb", "hosted-target")])]},
    "NotAllMovable",
    ["evacuate", "dry run"],
    summarised("stopped", notBegun=["dxvif-fa"], skipped=[left("dxvif-fb", "hosted-target")]),
)


failover = MOVING | {"evacuate": [plan("dxvif-fa", skipped=[("dxvif-fb", "hosted-target")])]}


def partly(run):
    summarised("partly", moved=done(run.name, "dxvif-fa"), skipped=[left("dxvif-fb", "hosted-target")])(run)


evacuate(
    "some-skipped-allowed",
    evacuation() | {"allowSkipped": True},
    MOVING | {"evacuate": [plan("dxvif-fa", skipped=[("dxvif-fb", "hosted-target")])]},
    "EvacuationPartly",
    ["evacuate", "dry run"] + ONE_MOVE,
    partly,
)
evacuate(
    "all-skipped-allowed",
    evacuation() | {"allowSkipped": True},
    {"evacuate": [plan(skipped=[("dxvif-fb", "hosted-target")])]},
    "NotAllMovable",
    ["evacuate"],
    summarised("stopped", skipped=[left("dxvif-fb", "hosted-target")]),
)
# An alarm does not name the port: what is skipped does.
evacuate(
    "all-skipped-alarm",
    alarm("all-skipped-alarm"),
    {"evacuate": [plan(skipped=[("dxvif-fb", "hosted-target")])]},
    "NotAllMovable",
    ["evacuate"],
    summarised("stopped", skipped=[left("dxvif-fb", "hosted-target")]),
)
evacuate(
    "one-refused",
    evacuation(),
    MOVING | TWO | {"dry run": [outcome("wouldAssociate"), refused("target-state", "bandwidth-kept")]},
    "NotAllMovable",
    PLANNED_TWO,
    summarised("stopped", notBegun=["dxvif-fa"], skipped=[left("dxvif-fb", "target-state", "bandwidth-kept")]),
)
evacuate(
    "one-not-rehearsed",
    evacuation() | {"allowSkipped": True},
    MOVING | TWO | {"dry run": [error("AccessDenied"), THERE_ALREADY]},
    "EvacuationPartly",
    ["evacuate", "dry run", "dry run"] + ONE_MOVE,
    lambda run: summarised("partly", moved=done(run.name, "dxvif-fb"), skipped=[left("dxvif-fa", "AccessDenied")])(run),
)


def rehearsed(run):
    no_summary(run)
    assert run.output["wouldMove"] == ["dxvif-fa"] and run.output["skipped"] == [left("dxvif-fb", "target-state")]


evacuate(
    "evacuation-dry-run",
    evacuation(dryRun=True) | {"approval": {"timeoutSeconds": 60}},
    TWO | {"dry run": [outcome("wouldAssociate"), refused("target-state")]},
    "wouldSkip",
    PLANNED_TWO,
    rehearsed,
)


def stops_at(run):
    summarised(
        "partly",
        moved=done(run.name, "dxvif-fa"),
        failed=[
            {
                "virtualInterfaceId": "dxvif-fb",
                "error": "MovedBack",
                "recordIds": [
                    f"{run.name}.dxvif-fb=associated",
                    f"{run.name}.dxvif-fb.back=associated",
                    f"{run.name}.dxvif-fb.back=settled",
                ],
            }
        ],
        notBegun=["dxvif-fc"],
    )(run)


THREE = MOVING | {"evacuate": [plan("dxvif-fa", "dxvif-fb", "dxvif-fc")]}
evacuate(
    "second-unhealthy",
    evacuation(),
    THREE | {"verify": [settled, settled, UNHEALTHY, settled], "back": [ASSOCIATED]},
    "EvacuationStopped",
    ["evacuate"] + ["dry run"] * 3 + ONE_MOVE + THERE_AND_BACK,
    stops_at,
)


def by_interface(failing):
    def answer(asked):
        return UNHEALTHY(asked) if asked["request"]["virtualInterfaceId"] == failing else settled(asked)

    return answer


def stops_after_batch(run):
    ids = [f"{run.name}.dxvif-fb=associated"]
    failed = [{"virtualInterfaceId": "dxvif-fb", "error": "SettledUnhealthy", "recordIds": ids}]
    summarised("partly", moved=done(run.name, "dxvif-fa"), failed=failed, notBegun=["dxvif-fc"])(run)


evacuate(
    "two-at-once",
    evacuation() | {"maxConcurrency": 2, "rollback": "never", "soakSeconds": 0},
    THREE | {"verify": [by_interface("dxvif-fb")]},
    "EvacuationStopped",
    sorted(["evacuate"] + ["dry run"] * 3 + ["associate"] * 2 + ["verify"] * 3),
    stops_after_batch,
)


fifty = [f"dxvif-f{number:03}" for number in range(50)]
evacuate(
    "fifty",
    evacuation() | {"maxConcurrency": 10, "soakSeconds": 0},
    MOVING | {"evacuate": [plan(*fifty, overrides=[{"check": "interrupts-traffic", "reason": "r" * 256}] * 6)]},
    "evacuated",
    sorted(["evacuate"] + ["dry run"] * 50 + ["associate"] * 50 + ["verify"] * 100),
    lambda run: summarised("evacuated", moved=done(run.name, *fifty))(run),
)
evacuate(
    "move-failed-as-aws-says-it",
    evacuation(),
    MOVING | TWO | {"verify": [UNHEALTHY]},
    "EvacuationStopped",
    PLANNED_TWO,
    lambda run: first_failed("SettledUnhealthy", f"{run.name}.dxvif-fa=associated")(run),
    mock="MoveFailed",
)
long = error("PreCheckRefused", "z" * 40_000)
# A refusal has no ids, and what is left of a long one is not JSON, even where it ends, or begins, as if it were.
for number, refusal in enumerate(
    [
        error("PreCheckRefused"),
        long,
        error("PreCheckRefused", "}" * 40_000),
        error("PreCheckRefused", '"recordIds"' + "}" * 40_000),
        lambda asked: {"error": {"recordIds": []} | long(asked)["error"]},
    ]
):
    evacuate(
        f"move-refused-{number}",
        evacuation(),
        MOVING | TWO | {"associate": [refusal]},
        "EvacuationStopped",
        PLANNED_TWO,
        first_failed("PreCheckRefused"),
        mock="MoveFailed",
    )
evacuate(
    "move-tells-text",
    evacuation(),
    MOVING | TWO | {"associate": [error("PreCheckRefused")]},
    "EvacuationStopped",
    PLANNED_TWO + ["associate"],
    first_failed("PreCheckRefused"),
    mock="MoveTellsText",
)
evacuate(
    "move-exists",
    evacuation(),
    MOVING | TWO,
    "EvacuationStopped",
    PLANNED_TWO,
    first_failed("StepFunctions.ExecutionAlreadyExistsException"),
    mock="MoveExists",
)
evacuate(
    "move-not-started",
    evacuation(),
    MOVING | TWO,
    "EvacuationStopped",
    PLANNED_TWO,
    first_failed("StepFunctions.StateMachineDoesNotExistException"),
    mock="MoveNotStarted",
)
CALENDARS = {"changeCalendars": ["change-freeze"]}
evacuate(
    "calendar-open",
    evacuation() | CALENDARS,
    MOVING | TWO,
    "evacuated",
    PLANNED_TWO + ONE_MOVE * 2,
    mock="CalendarOpen",
)
evacuate(
    "calendar-closed",
    evacuation() | CALENDARS,
    {},
    "CalendarClosed",
    [],
    lambda run: says("2026-11-24T02:00:00Z")(run) or no_summary(run),
    mock="CalendarClosed",
)
evacuate("calendar-unreadable", evacuation() | CALENDARS, {}, "Ssm.InvalidDocument", [], mock="CalendarUnreadable")
evacuate(
    "summary-lost",
    evacuation(),
    MOVING | TWO,
    "SummaryNotEmitted",
    PLANNED_TWO + ONE_MOVE * 2,
    lambda run: tells(run, {"outcome": "evacuated"}),
    mock="BusAway",
)
evacuate(
    "skipped-and-summary-lost",
    evacuation() | {"allowSkipped": True},
    failover,
    "EvacuationPartly",
    ["evacuate", "dry run"] + ONE_MOVE,
    lambda run: tells(run, {"outcome": "partly", "skipped": [left("dxvif-fb", "hosted-target")]}),
    mock="BusAway",
)
evacuate(
    "failed-and-summary-lost",
    evacuation() | {"rollback": "never"},
    MOVING | TWO | {"verify": [UNHEALTHY]},
    "EvacuationStopped",
    ["evacuate", "dry run", "dry run", "associate", "verify"],
    lambda run: tells(run, {"outcome": "stopped", "notBegun": ["dxvif-fb"]}),
    mock="BusAway",
)


def asked_first(run):
    asked = run.events("Virtual Interface Evacuation Approval Requested")
    assert len(asked) == 1, asked
    detail = asked[0]["detail"]
    assert detail.pop("taskToken"), "an approval needs its token"
    planned = [request(f"{run.name}.{one}", one) for one in ["dxvif-fa", "dxvif-fb"]]
    for one in planned:
        del one["requestId"]
    assert detail == {
        "schemaVersion": "1.0",
        "requestId": run.name,
        "executionArn": run.arn,
        "fromConnectionIds": [SOURCE_PORT],
        "planned": planned,
        "skipped": [],
        "timeoutSeconds": run.given.get("approval", {}).get("timeoutSeconds", APPROVAL_SECONDS),
    }, detail


BOTH_LEFT = {"notBegun": ["dxvif-fa", "dxvif-fb"]}
APPROVAL = {"approval": {"timeoutSeconds": 604800}}
evacuate(
    "approved",
    evacuation() | APPROVAL,
    MOVING | TWO,
    "evacuated",
    PLANNED_TWO + ONE_MOVE * 2,
    asked_first,
    approve=True,
)
evacuate(
    "not-approved",
    evacuation() | APPROVAL,
    MOVING | TWO,
    "NotApproved",
    PLANNED_TWO,
    lambda run: asked_first(run) or summarised("stopped", **BOTH_LEFT)(run),
    approve=False,
)
evacuate(
    "nobody-approves",
    evacuation() | APPROVAL,
    MOVING | TWO,
    "ApprovalTimedOut",
    PLANNED_TWO,
    lambda run: asked_first(run) or summarised("stopped", **BOTH_LEFT)(run),
)


def fails_over(run):
    assert run.payloads("evacuate") == [run.given], "the event is the payload as it is"
    assert not run.events("Virtual Interface Evacuation Approval Requested")
    child = json.loads(run.describe("move", f"{run.name}.dxvif-fa")["input"])
    assert (child["rollback"], child["soakSeconds"]) == ("never", 0), child
    partly(run)


for name, event in [("alarm", alarm("alarm")), ("health-issue", health("health-issue", "issue"))]:
    evacuate(name, event, failover, "EvacuationPartly", ["evacuate", "dry run"] + ONE_MOVE, fails_over)


def is_maintenance(run):
    asked_first(run)
    assert run.payloads("evacuate") == [run.given], "the event is the payload as it is"
    child = json.loads(run.describe("move", f"{run.name}.dxvif-fa")["input"])
    assert (child["rollback"], child["soakSeconds"]) == ("whenUnhealthy", 300), child


evacuate(
    "health-change",
    health("health-change", "scheduledChange"),
    MOVING | TWO,
    "evacuated",
    PLANNED_TWO + ONE_MOVE * 2,
    is_maintenance,
    approve=True,
)
asked_by_event = envelope(
    "asked-by-event", "Virtual Interface Evacuation Requested", "orders", {"fromConnectionId": SOURCE_PORT}
)
evacuate(
    "asked-by-event",
    asked_by_event,
    MOVING | TWO,
    "evacuated",
    PLANNED_TWO + ONE_MOVE * 2,
    lambda run: summarised("evacuated", moved=done(run.name, "dxvif-fa", "dxvif-fb"))(run),
)
strange = "y" * 90 + "-asked:by/someone"
evacuate(
    "strange-id",
    evacuation(requestId=strange),
    MOVING | {"evacuate": [plan("dxvif-fa")]},
    "evacuated",
    ["evacuate", "dry run"] + ONE_MOVE,
    lambda run: run.describe("move", f"{strange}.dxvif-fa"[-80:].replace(":", "-").replace("/", "-")),
)


def made(**more):
    return evacuation() | more


wrong(
    "evacuate",
    wrong_to_both(made)
    + [(made(maxConcurrency=value), "maxConcurrency is") for value in [0, 11, 1.5, "1", SECRET, [1]]]
    + [(made(allowSkipped=value), "allowSkipped is") for value in ["true", 1, SECRET, [True]]]
    + [(made(changeCalendars=value), "changeCalendars is") for value in [SECRET, [1], ["one", None], {}]]
    + [(made(approval=value), "approval is") for value in [60, SECRET, {}, {"timeout": 60}, [60]]]
    + [(made(approval={"timeoutSeconds": value}), "approval is") for value in [0, 604801, 1.5, SECRET, None, [60]]]
    + [(made(approval={"timeoutSeconds": 60, "by": SECRET}), "approval is")],
)
