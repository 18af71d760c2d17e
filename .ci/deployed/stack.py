"""The deployed stack, seen from outside: its outputs, what a subscriber hears, its executions, and the simulator behind
its functions. Knows nothing of what is played."""

import json
import os
import pathlib
import signal
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=90)
CLIENTS = {
    name: boto3.client(name, config=ONCE)
    for name in ["cloudformation", "cloudwatch", "dynamodb", "events", "lambda", "logs", "sqs", "stepfunctions"]
}
STEPS, EVENTS, QUEUES, FUNCTIONS = (CLIENTS[name] for name in ["stepfunctions", "events", "sqs", "lambda"])


def every(client, operation, member, **wanted):
    """All items of all pages."""
    pages = CLIENTS[client].get_paginator(operation).paginate(**wanted)
    return [item for page in pages for item in page[member]]


def wait_for(what, find, seconds=60):
    """What `find` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)
    return found


class Simulator:
    def __init__(self, url):
        self.url = url

    def read(self, path):
        with urllib.request.urlopen(f"{self.url}/_sim/{path}", timeout=10) as answer:
            return json.load(answer)

    def set_faults(self, *specs):
        """What goes wrong from now on: these, and nothing else."""
        body = json.dumps(specs).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_sim/faults", body, method="PUT"), timeout=10):
            pass

    def interfaces(self):
        return {one["virtualInterfaceId"]: one for one in self.read("world")["virtualInterfaces"]}

    def where(self, *names):
        """On which ports these interfaces are."""
        world = self.interfaces()
        return {world[name]["connectionId"] for name in names}

    def is_up(self, name):
        interface = self.interfaces()[name]
        sessions = {(peer["bgpPeerState"], peer["bgpStatus"]) for peer in interface["bgpPeers"]}
        return interface["virtualInterfaceState"] == "available" and sessions == {("available", "up")}

    def moves(self, *names):
        """What was asked of AssociateVirtualInterface for these interfaces, in order."""
        calls = [call for call in self.read("calls") if call["operation"] == "AssociateVirtualInterface"]
        return [call for call in calls if call["input"]["virtualInterfaceId"] in names]


class Stack:
    def __init__(self, name):
        described = CLIENTS["cloudformation"].describe_stacks(StackName=name)["Stacks"][0]
        self.name = name
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        self.bus = self.outputs["BusName"]

    def update(self, **changed):
        """Gives the stack's parameters other values."""
        cloud = CLIENTS["cloudformation"]
        known = [one["ParameterKey"] for one in cloud.describe_stacks(StackName=self.name)["Stacks"][0]["Parameters"]]
        kept = [{"ParameterKey": key, "UsePreviousValue": True} for key in known if key not in changed]
        cloud.update_stack(
            StackName=self.name,
            UsePreviousTemplate=True,
            Parameters=kept + [{"ParameterKey": key, "ParameterValue": value} for key, value in changed.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        often = {"Delay": 1, "MaxAttempts": 60}
        cloud.get_waiter("stack_update_complete").wait(StackName=self.name, WaiterConfig=often)

    def put(self, detail_type, detail):
        """Puts a request on the stack's bus, and says under which id."""
        entry = {"Source": self.outputs["RequestSource"], "DetailType": detail_type, "Detail": json.dumps(detail)}
        answer = EVENTS.put_events(Entries=[entry | {"EventBusName": self.bus}])
        assert answer["FailedEntryCount"] == 0, answer
        return answer["Entries"][0]["EventId"]

    def ask(self, function, given):
        """What a function answers, byte for byte."""
        answer = FUNCTIONS.invoke(FunctionName=self.outputs[f"{function}FunctionArn"], Payload=json.dumps(given))
        return answer["Payload"].read()

    def ledger(self):
        """Every item of the ledger, whose functions may not scan it."""
        return every("dynamodb", "scan", "Items", TableName=self.outputs["LedgerTableName"])

    def unfinished(self):
        """Requests that somebody must look after."""
        wanted = {"KeyConditionExpression": "unfinished = :yes", "ExpressionAttributeValues": {":yes": {"S": "yes"}}}
        return every(
            "dynamodb", "query", "Items", TableName=self.outputs["LedgerTableName"], IndexName="unfinished", **wanted
        )

    def kill(self, function):
        """Kills the processes that run this function now, as the emulator starts them for this stack."""
        ours = {
            f"AWS_LAMBDA_FUNCTION_NAME={self.name}-{function}".encode(),
            f"AWS_ENDPOINT_URL={os.environ['AWS_ENDPOINT_URL']}".encode(),
        }
        killed = 0
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                environment = set((process / "environ").read_bytes().split(b"\0"))
            except OSError:  # it has gone, or is somebody else's
                continue
            if ours <= environment:
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
        return killed

    def executions(self, machine):
        """All executions of a state machine, the newest first."""
        return every("stepfunctions", "list_executions", "executions", stateMachineArn=self.outputs[machine])

    def started_by(self, machine, text):
        """The executions whose input has this text in it."""
        described = (described_execution(one["executionArn"]) for one in self.executions(machine))
        return [one for one in described if text in one["input"]]

    def start(self, machine, name, given):
        arn = self.outputs[machine]
        return STEPS.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))["executionArn"]

    def start_again(self, machine, name, given):
        """The same once more, and which execution that is. While it runs, AWS gives the same answer again; afterwards
        it refuses, and names it."""
        try:
            return self.start(machine, name, given)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ExecutionAlreadyExists", error
            return error.response["Error"]["Message"].split("'")[1]


def described_execution(arn):
    return STEPS.describe_execution(executionArn=arn)


def history(arn):
    return every("stepfunctions", "get_execution_history", "events", executionArn=arn, includeExecutionData=True)


def ended(arn, seconds=120):
    """The execution, once it has ended."""

    def over():
        described = described_execution(arn)
        return described["status"] != "RUNNING" and described

    return wait_for(f"the end of {arn}", over, seconds)


def ended_as(status, arn, seconds=120):
    execution = ended(arn, seconds)
    said = {member: execution.get(member) for member in ("status", "error", "cause", "output")}
    assert execution["status"] == status, f"{arn} did not end as {status}: {json.dumps(said)[:3000]}"
    return execution


class Subscriber:
    """Somebody with a queue and a rule of his own, who hears all that is said on a bus."""

    def __init__(self, bus, account):
        self.url = QUEUES.create_queue(QueueName="subscriber")["QueueUrl"]
        wanted = {"QueueUrl": self.url, "AttributeNames": ["QueueArn"]}
        arn = QUEUES.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
        EVENTS.put_rule(Name="subscriber", EventBusName=bus, EventPattern=json.dumps({"account": [account]}))
        EVENTS.put_targets(Rule="subscriber", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        self.heard = []

    def listen(self):
        while messages := QUEUES.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self.heard.append(json.loads(message["Body"]))
                QUEUES.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.heard

    def all(self, detail_type, about):
        """The events of this type about a request, an interface or an evacuated port, so far."""
        heard = [event for event in self.listen() if event["detail-type"] == detail_type]
        return [event for event in heard if about in is_about(event["detail"])]

    def one(self, detail_type, about):
        """The one event of this type about it."""
        found = wait_for(f"the event {detail_type!r} about {about}", lambda: self.all(detail_type, about), 30)
        assert len(found) == 1, f"{detail_type!r} about {about} was heard {len(found)} times"
        return found[0]


def is_about(detail):
    """Of a request, a record or a summary: its request's id, its interface, the port that is evacuated."""
    request = detail.get("request", detail)
    return {detail.get("requestId"), request.get("virtualInterfaceId"), *detail.get("fromConnectionIds", [])}
