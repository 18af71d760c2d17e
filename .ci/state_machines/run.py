"""Runs the state machines on a local emulator, with stubs for the three functions, and says where they went.

The definitions are the real ones, with two differences that the emulator asks for: the approval's time-out is a number,
because it cannot evaluate the expression, and a state that it cannot do is told what to answer (MOCKS). Each scenario
is one execution: what the stubs answer, how it ends, and who was called in which order.

    run.py definition MACHINE   the definition, filled in as a deployment would
    run.py mocks                what the emulator answers by itself
    run.py emulator FILE        the emulator, which notes every expression that it evaluates in FILE
    run.py URL [SCENARIO...]    the scenarios, or only these, on the emulator there
"""

import collections
import concurrent.futures
import functools
import http.server
import io
import json
import pathlib
import stat
import sys
import threading
import time
import zipfile

import boto3
from botocore.exceptions import ClientError
import evacuations
import moves  # its scenarios
from stubs import ACCOUNT, REGION, SCENARIOS, arn, kind, request

BUS, SOURCE = "records", "associate-virtual-interface"
DEADLINE = 60
LARGEST_PAYLOAD = 256 * 1024


def definition(name):
    text = pathlib.Path(f"statemachines/{name}.asl.json").read_text()
    substitutions = {
        "Partition": "aws",
        "AssociateFunctionArn": arn("lambda", "function:associate"),
        "VerifyFunctionArn": arn("lambda", "function:verify"),
        "EvacuateFunctionArn": arn("lambda", "function:evacuate"),
        "MoveStateMachineArn": arn("states", "stateMachine:move"),
        "EventBusName": BUS,
        "EventSource": SOURCE,
        "HealthApprovalTimeoutSeconds": str(evacuations.APPROVAL_SECONDS),
    }
    for key, value in substitutions.items():
        text = text.replace("${" + key + "}", value)
    assert "${" not in text, f"{name}: {text[text.index('${'):][:60]} is not substituted"
    return json.loads(text)


# The emulator's histories do not name the states inside a Map. Each of these is seen in what came of a scenario.
SEEN_BY_RESULT = {
    "Rehearse": "empties",
    "NotRehearsed": "one-not-rehearsed",
    "Move": "empties",
    "AskTheMove": "move-failed-as-aws-says-it",
    "NoAnswer": "move-not-started",
}

STUB = """#!{python}
import json, os, urllib.request

def call(url, body=None):
    return urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=None)

runtime = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with call(runtime + "next") as given:
        invocation, payload = given.headers["Lambda-Runtime-Aws-Request-Id"], given.read()
    with call(os.environ["ANSWERS"], payload) as said:
        answer = json.load(said)
    end, body = ("response", answer["result"]) if "result" in answer else ("error", answer["error"])
    call(runtime + invocation + "/" + end, json.dumps(body).encode()).close()
"""


class Answers:
    """The stubs' answers over HTTP, by scenario, and what each was asked."""

    def __init__(self):
        self.lock, self.broken = threading.Lock(), []
        self.asked = collections.defaultdict(list)
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(owner.answer(self.path.strip("/"), payload)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, function, asked):
        inner = asked.get("detail", asked)
        name = (inner.get("requestId") or asked["id"]).split(".")[0]
        if name not in SCENARIOS:  # a scenario with an id that is too long, or has characters of its own
            cut = (whole for whole in SCENARIOS if whole.endswith(name))
            name = "strange-id" if name == evacuations.strange else next(cut)
        called = kind(function, asked)
        with self.lock:
            number = sum(1 for earlier, _ in self.asked[name] if earlier == called)
            self.asked[name].append((called, asked))
        script = SCENARIOS[name].script.get(called, [])
        try:
            return script[min(number, len(script) - 1)](asked)
        except (KeyError, TypeError, IndexError) as problem:
            self.broken.append(f"the stub has no answer for {name}, {called}: {type(problem).__name__}: {problem}")
            return {"error": {"errorType": "Broken", "errorMessage": "the stub has no answer"}}


class Run:
    """One execution, after its end."""

    def __init__(self, name, here):
        self.name, self.here, self.given = name, here, SCENARIOS[name].given
        self.arn = arn("states", f"execution:{SCENARIOS[name].machine}:{name[:80]}")
        described = here.states.describe_execution(executionArn=self.arn)
        self.status, self.error, self.cause = described["status"], described.get("error"), described.get("cause")
        self.output = json.loads(described["output"]) if self.status == "SUCCEEDED" else None
        self.asked = here.answers.asked[name]

    def payloads(self, called):
        return [dict(asked) for name, asked in self.asked if name == called]

    def events(self, detail_type):
        return self.here.events_of(self.arn, detail_type)

    def describe(self, machine, name):
        return self.here.states.describe_execution(executionArn=arn("states", f"execution:{machine}:{name}"))

    def history(self):
        pages = self.here.states.get_paginator("get_execution_history").paginate(executionArn=self.arn, maxResults=1000)
        return [event for page in pages for event in page["events"]]


class Here:
    """The emulator, with all that the machines need."""

    def __init__(self, url):
        self.session = boto3.session.Session(ACCOUNT, "nobody", region_name=REGION)
        make = functools.partial(self.session.client, endpoint_url=url)
        self.states, self.queue, bus = make("stepfunctions"), make("sqs"), make("events")
        self.answers = Answers()
        self.received, self.lock = [], threading.Lock()
        functions = make("lambda")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            bootstrap = zipfile.ZipInfo("bootstrap")
            bootstrap.external_attr = (stat.S_IFREG | 0o755) << 16
            packed.writestr(bootstrap, STUB.replace("{python}", sys.executable))
        for name in ["associate", "verify", "evacuate"]:
            functions.create_function(
                FunctionName=name,
                Runtime="provided.al2023",
                Handler="bootstrap",
                Role=arn("iam", "role/stub").replace(f":{REGION}:", "::"),
                Timeout=60,
                Code={"ZipFile": archive.getvalue()},
                Environment={"Variables": {"ANSWERS": f"{self.answers.url}/{name}"}},
            )
        bus.create_event_bus(Name=BUS)
        self.queue_url = self.queue.create_queue(QueueName="subscriber")["QueueUrl"]
        bus.put_rule(Name="everything", EventBusName=BUS, EventPattern=json.dumps({"source": [SOURCE]}))
        target = {"Id": "subscriber", "Arn": arn("sqs", "subscriber")}
        bus.put_targets(Rule="everything", EventBusName=BUS, Targets=[target])
        self.machines = {name: definition(name) for name in ["move", "evacuate"]}
        approval = self.machines["evacuate"]["States"]["Approval"]
        assert approval["TimeoutSeconds"] == "{% $approval.timeoutSeconds %}"
        approval["TimeoutSeconds"] = evacuations.APPROVAL_SECONDS
        for name, machine in self.machines.items():
            text = json.dumps(machine)
            role = arn("iam", "role/stub").replace(f":{REGION}:", "::")
            self.states.create_state_machine(name=name, definition=text, roleArn=role, type="STANDARD")
        threading.Thread(target=self.subscribe, daemon=True).start()

    def subscribe(self):
        """The subscriber: keeps what the bus delivers, and decides what a scenario wants decided."""
        while True:
            answer = self.queue.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                event = json.loads(message["Body"])
                with self.lock:
                    self.received.append(event)
                name = event["detail"]["requestId"]
                approve = SCENARIOS[name].approve if name in SCENARIOS else None
                if event["detail-type"] == "Virtual Interface Evacuation Approval Requested" and approve is not None:
                    token = event["detail"]["taskToken"]
                    if approve:
                        self.states.send_task_success(taskToken=token, output="{}")
                    else:
                        self.states.send_task_failure(taskToken=token, error="Denied", cause="not tonight")
                self.queue.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])

    def events_of(self, execution, detail_type):
        with self.lock:
            return [
                event
                for event in json.loads(json.dumps(self.received))
                if event["detail"]["executionArn"] == execution and event["detail-type"] == detail_type
            ]

    def run(self, name):
        this = SCENARIOS[name]
        # The execution that Step Functions would not start again, or would report without its name.
        if this.mock in ("MoveFailed", "MoveExists"):
            self.wait_for(self.start("move", f"{name}.dxvif-fa", {"request": request(f"{name}.dxvif-fa", "dxvif-fa")}))
            self.answers.asked[name].clear()
        self.wait_for(self.start(this.machine, name[:80], this.given, this.mock))
        return Run(name, self)

    def start(self, machine, name, given, mock=None):
        target = arn("states", f"stateMachine:{machine}") + (f"#{mock}" if mock else "")
        started = self.states.start_execution(stateMachineArn=target, name=name, input=json.dumps(given))
        return started["executionArn"]

    def wait_for(self, execution):
        end = time.monotonic() + DEADLINE
        while self.states.describe_execution(executionArn=execution)["status"] == "RUNNING":
            assert time.monotonic() < end, f"{execution} has not ended after {DEADLINE} s"
            time.sleep(0.05)


def ended_as_expected(run):
    this = SCENARIOS[run.name]
    ended = run.error or run.output["outcome"]
    assert ended == this.ends, f"ended with {ended}, not {this.ends}: {run.cause or run.output}"
    called = [name for name, _ in run.asked]
    # What runs at once is called in any order.
    at_once = isinstance(this.given, dict) and this.given.get("maxConcurrency", 1) != 1
    assert (sorted(called) if at_once else called) == this.calls, f"called {called}, not {this.calls}"
    largest = max(len(json.dumps(event, default=str)) for event in run.history())
    assert largest < LARGEST_PAYLOAD, f"a payload of {largest} bytes"
    # The bus delivers when it likes: what is looked for among events is looked for again until it is there.
    end = time.monotonic() + (10 if this.machine == "evacuate" else 0)
    while this.looks:
        try:
            return this.looks(run)
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def edges(machine):
    """Every step that the definition draws between states that are not inside a Map."""
    drawn = set()
    for name, state in machine["States"].items():
        steps = [state, *state.get("Choices", []), *state.get("Catch", [])]
        drawn |= {(name, step[key]) for step in steps for key in ("Next", "Default") if key in step}
    return drawn


def walked(history):
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    return set(entered), set(zip(entered, entered[1:]))


def main(url, only):
    here = Here(url)
    failures, states, steps = [], collections.defaultdict(set), collections.defaultdict(set)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        begun = {name: pool.submit(here.run, name) for name in only or SCENARIOS}
    for name, ended in begun.items():
        machine = SCENARIOS[name].machine
        try:
            run = ended.result()
            entered, taken = walked(run.history())
            states[machine] |= entered
            steps[machine] |= taken
            ended_as_expected(run)
        except (AssertionError, LookupError, TypeError, ValueError, ClientError) as problem:
            failures.append(f"{machine} {name}: {type(problem).__name__}: {problem}")
    failures += here.answers.broken
    if not only:
        failures += not_walked(here, states, steps)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{len(only or SCENARIOS)} executions, {len(failures)} complaints")
    return 1 if failures else 0


def not_walked(here, states, steps):
    """What the definitions draw and no history shows."""
    failures = []
    inside = set()
    for name, machine in here.machines.items():
        for state in machine["States"].values():
            inside |= set(state.get("ItemProcessor", {}).get("States", {}))
        for what, never in [
            ("enters", set(machine["States"]) - states[name]),
            ("takes", edges(machine) - steps[name]),
            ("should take", steps[name] - edges(machine)),
        ]:
            if never:
                failures.append(f"{name}: no scenario {what} {sorted(never)}")
        print(f"{name}: {len(states[name])} states entered, {len(steps[name])} steps between them taken")
    if inside != set(SEEN_BY_RESULT) or not set(SEEN_BY_RESULT.values()) <= set(SCENARIOS):
        failures.append(f"inside of a Map are {sorted(inside)}")
    return failures


def emulator(evaluations):
    """The emulator itself, noting each expression with what it was given and what came of it."""
    from ministack import app
    from ministack.services import stepfunctions

    evaluate, lock = stepfunctions._evaluate_jsonata, threading.Lock()

    def noted(expression, given, context=None, result=None, error_output=None):
        context = context or {}
        bound = {key: value for key, value in context.items() if key != "variables"}
        states = {"input": given, "result": result, "errorOutput": error_output, "context": bound}
        note = json.dumps([expression, {**context.get("variables", {}), "states": states}])
        value = evaluate(expression, given, context, result, error_output)
        with lock, open(evaluations, "a", encoding="utf-8") as notes:
            notes.write(f"[{note}, {json.dumps(value)}]\n")
        return value

    stepfunctions._evaluate_jsonata = noted
    return app.main()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["definition", machine]:
            print(json.dumps(definition(machine)))
        case ["mocks"]:
            print(json.dumps(evacuations.mocks()))
        case ["emulator", evaluations]:
            sys.argv[1:] = []
            sys.exit(emulator(evaluations))
        case [url, *only]:
            sys.exit(main(url, only))
