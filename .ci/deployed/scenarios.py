"""What is played on the deployed stack. Asserted on: the simulator's world and calls, the events that a subscriber of
the stack's bus hears, and the executions' inputs, outputs and histories.

Whoever adds a scenario gives it ports of its own in estate.py. What cannot be shown here is in NOT_SHOWN, which is
printed at the end."""

import json
import pathlib
import sys
import time

import estate
from estate import MAINTAINED, MAINTAINED_INTERFACES, MAINTENANCE_LAG
from health import health_event
from stack import CLIENTS, EVENTS, FUNCTIONS, QUEUES, STEPS, Simulator, Stack, Subscriber
from stack import described_execution, ended_as, every, history, wait_for

# How long a move takes in the simulator.
SETTLE_SECONDS = 0.4
EVACUATE, MOVE = "EvacuateStateMachineArn", "MoveStateMachineArn"
REQUESTED = "Virtual Interface Association Requested"
FINISHED = "Virtual Interface Evacuation Finished"
APPROVAL = "Virtual Interface Evacuation Approval Requested"


def accepted(ticket, *checks):
    return [{"check": check, "reason": ticket} for check in checks]


def assert_one_by_one(interfaces):
    """Each began only after the one before had settled: says the simulator, say the executions, say the records."""
    calls = SIM.moves(*interfaces)
    order = [call["input"]["virtualInterfaceId"] for call in calls]
    assert sorted(order) == sorted(interfaces), f"moved: {order}"
    for one, next_one in zip(calls, calls[1:]):
        between = (next_one["startedMs"] - one["startedMs"]) / 1000
        assert between >= SETTLE_SECONDS, f"{next_one['input']} came {between} s after {one['input']}"
    runs = [STACK.started_by(MOVE, name) for name in order]
    assert all(len(run) == 1 for run in runs), f"executions for each interface: {[len(run) for run in runs]}"
    for (run,), (next_run,) in zip(runs, runs[1:]):
        assert run["stopDate"] <= next_run["startDate"], f"{next_run['name']} began before {run['name']} was over"
    records = [
        (EARS.one("Virtual Interface Associated", name), EARS.one("Virtual Interface Settled", name)) for name in order
    ]
    for (_, settled), (associated, _) in zip(records, records[1:]):
        assert settled["detail"]["time"] <= associated["detail"]["time"], f"{associated['detail']['id']} is too early"
    return order, [event["detail"]["id"] for pair in records for event in pair]


def maintenance():
    ticket = "CHG-2041"
    request = {
        "fromConnectionId": MAINTAINED,
        "connectionId": MAINTENANCE_LAG,
        "reason": f"{ticket}: AWS works on the port",
        "overrides": accepted(ticket, "interrupts-traffic", "redundancy-kept"),
    }
    given = {"request": request, "soakSeconds": 5}
    arn = STACK.start(EVACUATE, ticket, given)
    assert STACK.start_again(EVACUATE, ticket, given) == arn
    ended_as("SUCCEEDED", arn, 240)
    assert SIM.where(*MAINTAINED_INTERFACES) == {MAINTENANCE_LAG}
    assert all(SIM.is_up(name) for name in MAINTAINED_INTERFACES)
    order, record_ids = assert_one_by_one(MAINTAINED_INTERFACES)
    assert order[0] == estate.DOWN_ALREADY, f"{order[0]} was moved first, which is not the least harmful"
    gateways = [SIM.interfaces()[name]["directConnectGatewayId"] for name in order]
    assert all(
        one != next_one for one, next_one in zip(gateways, gateways[1:])
    ), f"two of one gateway together: {order}"
    summary = json.dumps(EARS.one(FINISHED, ticket)["detail"])
    missing = [id for id in record_ids if id not in summary]
    assert len(set(record_ids)) == 16 and not missing, f"the summary does not name {missing}"
    before = len(SIM.moves(*MAINTAINED_INTERFACES)), len(STACK.executions(EVACUATE)), len(STACK.executions(MOVE))
    assert STACK.start_again(EVACUATE, ticket, given) == arn
    assert before == (
        len(SIM.moves(*MAINTAINED_INTERFACES)),
        len(STACK.executions(EVACUATE)),
        len(STACK.executions(MOVE)),
    )
    return f"8 interfaces moved one by one, {len(record_ids)} records in the summary, started again in vain"


def failover():
    alarm = "direct-connect-evacuate-ashburn"
    metric = {"Namespace": "AWS/DX", "MetricName": "ConnectionState"}
    dimensions = [{"Name": "ConnectionId", "Value": estate.FAILED}]

    def port_is(up):
        value = [{"MetricName": metric["MetricName"], "Dimensions": dimensions, "Value": up}]
        CLIENTS["cloudwatch"].put_metric_data(Namespace=metric["Namespace"], MetricData=value)

    def state():
        return CLIENTS["cloudwatch"].describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"]

    CLIENTS["cloudwatch"].put_metric_alarm(
        AlarmName=alarm,
        **metric,
        Dimensions=dimensions,
        Statistic="Minimum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )
    port_is(1)
    assert state() == "OK", state()
    port_is(0)
    assert state() == "ALARM", state()
    # It was OK for a moment, which starts nothing.
    (run,) = wait_for("the rule to start the runbook", lambda: STACK.started_by(EVACUATE, alarm), 20)
    event = json.loads(run["input"])
    assert (event["source"], event["detail"]["state"]["value"]) == ("aws.cloudwatch", "ALARM"), event
    ended_as("SUCCEEDED", run["executionArn"])
    assert SIM.where(*estate.FAILED_INTERFACES) == {estate.STANDBY_PORT}
    assert all(SIM.is_up(name) for name in estate.FAILED_INTERFACES)
    order, record_ids = assert_one_by_one(estate.FAILED_INTERFACES)
    summary = json.dumps(EARS.one(FINISHED, estate.FAILED)["detail"])
    assert all(id in summary for id in record_ids), summary
    return f"{len(order)} interfaces moved to the port that the tag names, on an alarm"


def health():
    """Only AWS can put this event. So the rule is asked whether it wants it, and the runbook is given it."""
    rule = EVENTS.describe_rule(Name=STACK.outputs["HealthRuleName"])
    assert rule["State"] == "DISABLED", rule

    def wanted(event):
        return EVENTS.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))["Result"]

    event = health_event("issue")
    assert wanted(event) and wanted(health_event("scheduledChange"))
    for other in (
        health_event("accountNotification"),
        health_event("issue", service="EC2"),
        event | {"replay-name": "last-week"},
    ):
        assert not wanted(other), other
    ended_as("SUCCEEDED", STACK.start(EVACUATE, event["id"], event))
    assert SIM.where(estate.TOLD_OF_INTERFACE) == {estate.STANDBY_PORT} and SIM.is_up(estate.TOLD_OF_INTERFACE)
    EARS.one(FINISHED, estate.TOLD_OF)
    return f"the rule wants it, and {estate.TOLD_OF_INTERFACE} moved to the port that the tag names"


def announced():
    """Maintenance is announced for a port that works: the plan waits for somebody, who approves."""
    names = estate.ANNOUNCED_INTERFACES
    begins = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 14 * 86400))
    about = {"about": [estate.ANNOUNCED, *names], "statusCode": "upcoming", "startTime": begins}
    code = "AWS_DIRECTCONNECT_MAINTENANCE_SCHEDULED"
    event = health_event("scheduledChange", **about, eventTypeCode=code, eventArn=f"arn:aws:health:::event/{code}")
    arn = STACK.start(EVACUATE, "health-maintenance", event)
    question = EARS.one(APPROVAL, estate.ANNOUNCED)["detail"]
    assert {one["virtualInterfaceId"] for one in question["planned"]} == set(names), question
    assert not SIM.moves(*names) and SIM.where(*names) == {estate.ANNOUNCED}
    STEPS.send_task_success(taskToken=question["taskToken"], output="{}")
    ended_as("SUCCEEDED", arn, 180)
    assert SIM.where(*names) == {estate.STANDBY_PORT} and all(SIM.is_up(name) for name in names)
    said = EARS.one("Virtual Interface Associated", names[0])["detail"]
    assert said["request"]["notAfter"].endswith("Z") and code in said["reason"], said["request"]
    return f"{len(names)} interfaces that were up waited for somebody, and moved when that one approved"


def unhealthy():
    ticket, names = "CHG-2042", estate.HEALTHY_INTERFACES
    request = {
        "fromConnectionId": estate.HEALTHY,
        "connectionId": estate.UNREADY_LAG,
        "overrides": accepted(ticket, "interrupts-traffic", "redundancy-kept"),
    }
    run = ended_as("FAILED", STACK.start(EVACUATE, ticket, {"request": request, "soakSeconds": 5}), 180)
    assert run["error"] == "EvacuationStopped", f"{run['error']}: {run['cause']}"
    summary = EARS.one(FINISHED, estate.HEALTHY)["detail"]
    (failed,), (not_begun,) = summary["failed"], summary["notBegun"]
    first = failed["virtualInterfaceId"]
    assert failed["error"] == "MovedBack" and {first, not_begun} == set(names), summary
    (move,) = STACK.started_by(MOVE, first)
    assert (move["status"], move["error"]) == ("FAILED", "MovedBack"), move
    there, back = json.loads(move["cause"])["records"]
    assert {there["id"], back["id"]} <= set(failed["recordIds"]), failed
    assert there["requestId"] == f"{ticket}.{first}" and back["requestId"] == f"{ticket}.{first}.back", move["cause"]
    assert (there["outcome"], back["outcome"]) == ("associated", "settled"), move["cause"]
    assert [call["input"]["connectionId"] for call in SIM.moves(*names)] == [estate.UNREADY_LAG, estate.HEALTHY]
    assert SIM.where(*names) == {estate.HEALTHY} and all(SIM.is_up(name) for name in names)
    said = EARS.one("Virtual Interface Unhealthy", first)["detail"]
    worse = sorted({finding["code"] for finding in said["checks"]["findings"] if finding["severity"] != "notice"})
    assert said["requestId"] == there["requestId"] and worse == ["InterfaceDown", "PrefixesLost", "SessionLost"], said
    assert EARS.one("Virtual Interface Settled", first)["detail"]["id"] == back["id"]
    return f"moved, found worse ({', '.join(worse)}), moved back; the second of two was not begun"


def refused():
    ticket, interface = "CHG-2043", estate.REFUSED_INTERFACE
    request = {"virtualInterfaceId": interface, "connectionId": estate.TAKEN, "requestId": ticket}
    event = STACK.put(REQUESTED, request)
    record = EARS.one("Virtual Interface Association Refused", ticket)["detail"]
    findings = {finding["check"]: finding for finding in record["checks"]["findings"]}
    assert findings["vlan-free-on-target"]["severity"] == "refusal", findings
    assert str(estate.VLAN_TAKEN) in findings["vlan-free-on-target"]["message"], findings
    (run,) = wait_for("the execution", lambda: STACK.started_by(MOVE, event))
    run = ended_as("FAILED", run["executionArn"])
    assert run["error"] == "PreCheckRefused", run["error"]
    assert not SIM.moves(interface) and SIM.where(interface) == {estate.REQUESTED}
    return f"not moved; the subscriber was told: {findings['vlan-free-on-target']['message']}"


def request_by_event():
    settled = moved_by_event("CHG-2044")
    return f"{settled['request']['virtualInterfaceId']} {settled['outcome']} on {settled['to']['connectionId']}"


def moved_by_event(ticket):
    request = request_for(ticket)
    interface, target = request["virtualInterfaceId"], request["connectionId"]
    event = STACK.put(REQUESTED, request)
    (run,) = wait_for("the rule to start the runbook", lambda: STACK.started_by(MOVE, event), 20)
    ended_as("SUCCEEDED", run["executionArn"])
    settled = EARS.one("Virtual Interface Settled", ticket)["detail"]
    assert settled["outcome"] == "settled" and settled["to"]["connectionId"] == target, settled
    assert SIM.where(interface) == {target} and SIM.is_up(interface)
    return settled


def request_for(ticket):
    """To where it is not, of the two ports that it goes to and fro between."""
    (here,) = SIM.where(estate.REQUESTED_INTERFACE)
    return {
        "virtualInterfaceId": estate.REQUESTED_INTERFACE,
        "connectionId": estate.SPARE if here == estate.REQUESTED else estate.REQUESTED,
        "expectedConnectionId": here,
        "requestId": ticket,
        "overrides": accepted(ticket, "interrupts-traffic"),
    }


def replayed():
    """A move and the way back; then the request for the move comes once more, and fits again."""
    interface = estate.REQUESTED_INTERFACE
    moved_by_event("CHG-2045")
    moved_by_event("CHG-2046")
    before = len(STACK.executions(MOVE)), len(SIM.moves(interface)), SIM.where(interface)
    EVENTS.start_replay(
        ReplayName="last-week",
        EventSourceArn=ARCHIVE,
        Destination={"Arn": STACK.outputs["BusArn"]},
        EventStartTime=time.time() - 3600,
        EventEndTime=time.time() + 60,
    )
    wait_for("the replay", lambda: EVENTS.describe_replay(ReplayName="last-week")["State"] == "COMPLETED")
    again = [event for event in EARS.all(REQUESTED, interface) if event.get("replay-name") == "last-week"]
    tickets = {event["detail"]["requestId"] for event in again}
    assert tickets >= {"CHG-2045", "CHG-2046"}, f"the archive did not play: {tickets}"
    # Events are matched in order: once this one has started the runbook, those before it would have.
    marker = STACK.put(REQUESTED, request_for("CHG-2047") | {"dryRun": True})
    wait_for("the next request", lambda: STACK.started_by(MOVE, marker))
    after = len(STACK.executions(MOVE)) - 1, len(SIM.moves(interface)), SIM.where(interface)
    assert after == before, f"executions, moves and place were {before}, and are {after}"
    answer = FUNCTIONS.invoke(FunctionName=STACK.outputs["AssociateFunctionArn"], Payload=json.dumps(again[0]))
    said = json.load(answer["Payload"])
    assert answer.get("FunctionError") and said["errorType"] == "StaleRequest", said
    return f"{len(again)} requests replayed by an archive, none started; the function itself: {said['errorMessage']}"


def approval():
    names = estate.APPROVED_INTERFACES

    def asked(ticket, seconds):
        request = {
            "fromConnectionId": estate.APPROVED,
            "connectionId": estate.SPARE,
            "overrides": accepted(ticket, "interrupts-traffic", "redundancy-kept"),
        }
        given = {"request": request, "soakSeconds": 0, "approval": {"timeoutSeconds": seconds}}
        arn = STACK.start(EVACUATE, ticket, given)
        return arn, EARS.one(APPROVAL, ticket)["detail"]

    arn, plan = asked("CHG-2048", 2)
    assert all(name in json.dumps(plan) for name in names), plan
    run = ended_as("FAILED", arn)
    assert not SIM.moves(*names) and SIM.where(*names) == {estate.APPROVED}
    arn, plan = asked("CHG-2049", 60)
    STEPS.send_task_success(taskToken=plan["taskToken"], output=json.dumps({"approvedBy": "somebody"}))
    ended_as("SUCCEEDED", arn)
    assert SIM.where(*names) == {estate.SPARE}
    return f"without an answer: {run['error']}, nothing moved; approved: {len(names)} moved"


def rehearsed_by_event():
    """An evacuation that is asked for on the bus, as a dry run."""
    names = estate.HEALTHY_INTERFACES
    request = {
        "fromConnectionId": estate.HEALTHY,
        "connectionId": estate.SPARE,
        "dryRun": True,
        "overrides": accepted("CHG-2050", "interrupts-traffic", "redundancy-kept"),
    }
    before = len(SIM.moves(*names))
    event = STACK.put("Virtual Interface Evacuation Requested", request)
    (run,) = wait_for("the rule to start the runbook", lambda: STACK.started_by(EVACUATE, event), 20)
    said = json.loads(ended_as("SUCCEEDED", run["executionArn"])["output"])
    assert said["outcome"] == "wouldEvacuate" and set(said["wouldMove"]) == set(names), said
    for name in names:
        assert EARS.one("Virtual Interface Association Planned", f"{event}.{name}.dry-run")
    assert len(SIM.moves(*names)) == before and SIM.where(*names) == {estate.HEALTHY}
    return f"would move {' and '.join(names)}, and moved nothing"


def duplicated():
    """One request by two events at once; then with other content; and once more after the way back."""
    ticket, interface = "CHG-2052", estate.REQUESTED_INTERFACE
    request, before = request_for(ticket), len(SIM.moves(interface))
    events = [STACK.put(REQUESTED, request) for _ in range(2)]
    runs = [wait_for("the execution", lambda event=event: STACK.started_by(MOVE, event)) for event in events]
    said = [json.loads(ended_as("SUCCEEDED", run["executionArn"])["output"]) for (run,) in runs]
    assert said[0]["recordIds"] == said[1]["recordIds"], said
    assert EARS.one("Virtual Interface Associated", ticket)["detail"]["id"] == said[0]["recordIds"][0], said
    again, once_more = STACK.ask("Associate", request), STACK.ask("Associate", request)
    assert again == once_more and json.loads(again)["id"] == said[0]["recordIds"][0], (again, once_more)
    assert len(SIM.moves(interface)) == before + 1, SIM.moves(interface)[before:]
    other = json.loads(STACK.ask("Associate", request | {"notAfter": "2126-01-01T00:00:00Z"}))
    assert other.get("errorType") == "RequestIdReused", other
    moved_by_event("CHG-2053")
    moves, place = len(SIM.moves(interface)), SIM.where(interface)
    assert (moves, place) == (before + 2, {request["expectedConnectionId"]}), "the request does not fit again"
    event = STACK.put(REQUESTED, request)
    (run,) = wait_for("the execution", lambda: STACK.started_by(MOVE, event))
    run = ended_as("FAILED", run["executionArn"])
    assert run["error"] == "StaleRequest", f"{run['error']}: {run['cause']}"
    assert (len(SIM.moves(interface)), SIM.where(interface)) == (moves, place)
    EARS.one("Virtual Interface Associated", ticket)
    return f"two events, one move and one record; after the way back: {json.loads(run['cause'])['errorMessage']}"


KILLED = {
    "virtualInterfaceId": estate.KILLED_INTERFACE,
    "connectionId": estate.SPARE,
    "expectedConnectionId": estate.KILLED,
    "requestId": "CHG-2054",
    "overrides": accepted("CHG-2054", "interrupts-traffic"),
}


def killed():
    """The function is killed after its call and before all that follows. What is said of the move, `swept` tells."""
    interface = KILLED["virtualInterfaceId"]
    SIM.set_faults("AssociateVirtualInterface:hang-after:1")
    event = STACK.put(REQUESTED, KILLED)
    wait_for("the move", lambda: SIM.where(interface) == {KILLED["connectionId"]}, 30)
    assert STACK.kill("associate") >= 1, "there is no process to kill"
    SIM.set_faults()
    (run,) = STACK.started_by(MOVE, event)
    ended_as("SUCCEEDED", run["executionArn"])
    waiting = [KILLED, KILLED | {"requestId": "CHG-2055"}]
    names = [json.loads(STACK.ask("Associate", request)).get("errorType") for request in waiting]
    assert names == ["InProgress", "InProgress"], f"while it may still be running, others heard {names}"
    assert not EARS.all("Virtual Interface Associated", KILLED["requestId"]), "somebody has emitted the record already"
    (unfinished,) = STACK.unfinished()
    assert len(SIM.moves(interface)) == 1 and unfinished["id"]["S"].startswith("req#"), unfinished
    return "the runbook saw it settle; nobody else may touch the interface, and the record is still to be emitted"


def swept():
    """What became of the request of `killed`: the sweeper, which a schedule calls every minute, has said it."""
    interface, ticket = KILLED["virtualInterfaceId"], KILLED["requestId"]
    assert len(SIM.moves(interface)) == 1, "`killed` was not played"
    wait_for("the sweeper", lambda: EARS.all("Virtual Interface Associated", ticket), 180)
    record = EARS.one("Virtual Interface Associated", ticket)["detail"]
    assert (record["outcome"], record["error"]["code"]) == ("associated", "NoAnswer"), record
    assert record["before"]["connectionId"] == estate.KILLED, "what the dead process knew is in it"
    wait_for("the end of what was unfinished", lambda: not STACK.unfinished(), 70)
    assert json.loads(STACK.ask("Associate", KILLED)) == record
    assert len(SIM.moves(interface)) == 1 and SIM.where(interface) == {estate.SPARE}
    EARS.one("Virtual Interface Associated", ticket)
    return f"{record['outcome']}, said {record['time']} of a move whose function was killed; asked again, the same record"


def own_door():
    """The stack with RequestDoor=function: a request by event goes to `associate` itself."""
    STACK.update(RequestDoor="function")
    before = len(STACK.executions(MOVE))
    request = request_for("CHG-2051")
    STACK.put(REQUESTED, request)
    record = EARS.one("Virtual Interface Associated", "CHG-2051")["detail"]
    assert record["outcome"] == "associated", record
    assert SIM.where(estate.REQUESTED_INTERFACE) == {request["connectionId"]}
    assert len(STACK.executions(MOVE)) == before
    return "moved without a runbook, after an update of the stack"


def in_queue(url):
    """What is in a queue now; it stays there."""
    answer = QUEUES.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in answer.get("Messages", [])]


def no_secret():
    """Where anything is said, nowhere stands a key; and something was said. So this comes last, never alone."""
    places = {f"log {name}": lines for name, lines in logs().items()}
    for machine in (EVACUATE, MOVE):
        for run in STACK.executions(machine):
            told = [described_execution(run["executionArn"]), history(run["executionArn"])]
            places[f"execution {run['name']}"] = json.dumps(told, default=str)
    for number, event in enumerate(EARS.listen()):
        places[f"event {number}, {event['detail-type']}"] = json.dumps(event)
    for item in STACK.ledger():
        places[f"ledger {item['id']['S']}"] = json.dumps(item)
    for url in QUEUES.list_queues()["QueueUrls"]:
        places[f"queue {url}"] = "\n".join(in_queue(url))
    places |= {f"output {path.name}": path.read_text() for path in SCRATCH.glob("*.log")}
    places["what is printed here"] = "\n".join(SAID)
    secrets = set(estate.SECRETS) | {json.dumps(secret)[1:-1] for secret in estate.SECRETS}
    found = [place for place, text in places.items() if any(secret in text for secret in secrets)]
    assert not found, f"a secret stands in {found}"
    assert len(secrets) > 40, "no secrets were looked for"
    masked = [place for place, text in places.items() if "[PROTECTED]" in text]
    for kind in ("log", "execution", "event", "ledger"):
        assert any(place.startswith(kind) for place in masked), f"no {kind} has a record in it"
    return f"{len(estate.SECRETS)} secrets in none of {len(places)} places, {len(masked)} of which have records in them"


def logs():
    groups = [group["logGroupName"] for group in every("logs", "describe_log_groups", "logGroups")]
    events = {group: every("logs", "filter_log_events", "events", logGroupName=group) for group in groups}
    return {group: "\n".join(event["message"] for event in lines) for group, lines in events.items()}


# The first leaves something that only the sweeper finishes, and the last but one looks at that.
SCENARIOS = [
    killed,
    maintenance,
    failover,
    health,
    announced,
    unhealthy,
    refused,
    request_by_event,
    replayed,
    approval,
    rehearsed_by_event,
    duplicated,
    own_door,
    swept,
    no_secret,
]


# What the emulator does not do, and what looks at it instead.
NOT_SHOWN = [
    "IAM policies, the key's policy and encryption hold nobody back: .ci/template compares what each role may do",
    "SSM has no change calendars: .ci/state-machines plays them open, closed and unreadable",
    "AWS Health cannot be made to speak: its rule is asked, and its event given to the runbook by hand, in `health`",
    "an alarm reaches EventBridge, and a failed child its parent, as AWS documents it: emulator.py does it",
    "Lambda's on-failure destination and its retries, for an alias: .ci/template looks at their settings",
    "reserved concurrency does not hold for state machines: .ci/state-machines plays a throttled function",
    "jitter and longest delay of a Retry, and time-outs of executions: tests/state_machines reads them",
    "dead-letter queues of rules: .ci/template looks for one at every rule",
    "gradual deployment and saved queries are switched off: cfn-lint reads them",
    "Lambda's metrics, and those that the functions log: .ci/inner-loop compares them with the alarms",
    "TTL, point-in-time recovery and transactions that meet: the proof has a ledger whose writes conflict and fail",
    "Direct Connect itself: dx-sim is another reading of the same documents",
]
SAID = []


def archive():
    pattern = json.dumps({"detail-type": [REQUESTED]})
    made = EVENTS.create_archive(ArchiveName="requests", EventSourceArn=STACK.outputs["BusArn"], EventPattern=pattern)
    return made["ArchiveArn"]


def play(names):
    wanted = [scenario for scenario in SCENARIOS if not names or scenario.__name__ in names]
    assert len(wanted) >= len(names), f"there are {', '.join(scenario.__name__ for scenario in SCENARIOS)}"
    for scenario in wanted:
        began = time.monotonic()
        seen = scenario()
        SAID.append(f"  {scenario.__name__}: {seen} ({time.monotonic() - began:.1f} s)")
        print(SAID[-1])
    print("not shown here:", *NOT_SHOWN, sep="\n  ")


if __name__ == "__main__":
    SIM, SCRATCH, STACK = Simulator(sys.argv[1]), pathlib.Path(sys.argv[2]), Stack("rehearsal")
    EARS = Subscriber(STACK.bus, estate.ACCOUNT)
    ARCHIVE = archive()
    play(sys.argv[3:])
