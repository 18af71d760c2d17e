"""What template.yaml promises and no linter asks for. Looks at the template as SAM expands it."""

import json
import pathlib

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    def load(self):
        return {}


def expanded():
    template = yaml_parse(pathlib.Path("template.yaml").read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return transform(template, {}, NoManagedPolicies())


def of_type(name):
    return {key: value["Properties"] for key, value in RESOURCES.items() if value["Type"] == name}


def statements(policy):
    document = policy["PolicyDocument"]
    if "Fn::Sub" in document:
        document = json.loads(document["Fn::Sub"])
    return document["Statement"]


def many(value):
    return value if isinstance(value, list) else [value]


def plain(value):
    """A policy without its conditions, and with every Fn::Sub as the text in it."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            return value["Fn::Sub"]
        return {key: plain(inner) for key, inner in value.items() if key != "Condition"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


RESOURCES = expanded()["Resources"]

# The role may do exactly this.
role = RESOURCES["AssociateRole"]["Properties"]
move = of_type("AWS::IAM::Policy")
allowed = [statement for policy in role["Policies"] for statement in statements(policy)]
moves = statements(move["AssociateMovePolicy"])
actions = {action for statement in allowed + moves for action in many(statement["Action"])}
assert actions == {
    "directconnect:AssociateVirtualInterface",
    "directconnect:DescribeConnections",
    "directconnect:DescribeDirectConnectGatewayAttachments",
    "directconnect:DescribeInterconnects",
    "directconnect:DescribeLags",
    "directconnect:DescribeVirtualInterfaces",
    "events:PutEvents",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}, f"the role's actions changed: {sorted(actions)}"
anywhere = {statement["Sid"] for statement in allowed + moves if "*" in many(statement["Resource"])}
assert anywhere == {"ReadDirectConnect", "Trace"}, f"statements on every resource: {anywhere}"

# The right to move that is narrowed by tags is the same right, with the same condition on every statement of it.
tagged = statements(move["AssociateMoveTaggedPolicy"])
assert plain(tagged) == plain(moves), "the two forms of the right to move differ in more than their conditions"
for statement in tagged:
    condition = {"StringEquals": {"aws:ResourceTag/${TagKey}": "${TagValue}"}}
    assert statement["Condition"] == condition, f"{statement['Sid']} is not narrowed by the tag"

# Every rule that calls a function: pinned, deaf to replays, with a queue for what it could not deliver.
rules = of_type("AWS::Events::Rule")
assert rules, "no rule brings requests"
for name, rule in rules.items():
    pattern = rule["EventPattern"]
    assert pattern.get("replay-name") == [{"exists": False}], f"{name} takes replayed events"
    assert pattern.get("account") == [{"Ref": "AWS::AccountId"}], f"{name} takes events of other accounts"
    assert set(pattern) == {"account", "source", "detail-type", "replay-name"}, f"{name} has another pattern"
    assert rule["EventBusName"] == {"Ref": "Bus"}, f"{name} is not on the product's bus"
    for target in rule["Targets"]:
        assert "DeadLetterConfig" in target and "RetryPolicy" in target, f"{name} loses what it cannot deliver"

# Every function: one attempt, a failure queue, the bus, an encrypted log of its own, and a runtime that AWS patches.
functions = of_type("AWS::Lambda::Function")
asynchronous = {rule["FunctionName"]["Ref"]: rule for rule in of_type("AWS::Lambda::EventInvokeConfig").values()}
said = "\n".join(path.read_text() for path in pathlib.Path("src").rglob("*.rs"))
for name, function in functions.items():
    build = RESOURCES[name]["Metadata"]
    assert build["BuildMethod"] == "rust-cargolambda", f"{name} is built in another way"
    binary = build["BuildProperties"]["Binary"]
    assert pathlib.Path(f"src/bin/{binary}.rs").is_file(), f"{name} is built from {binary}, which is not there"
    for variable in function["Environment"]["Variables"]:
        assert variable in said, f"{name} has {variable}, which nothing in src/ reads"
    waits = asynchronous[name]["MaximumEventAgeInSeconds"]
    assert 60 <= waits <= 3600, f"{name} acts on requests that waited {waits} s, or Lambda refuses the number"
    assert asynchronous[name]["MaximumRetryAttempts"] == 0, f"Lambda retries {name} by itself"
    assert "OnFailure" in asynchronous[name]["DestinationConfig"], f"{name} loses failures"
    assert function["LoggingConfig"]["LogFormat"] == "JSON", f"{name} does not log JSON"
    assert {"EVENT_BUS_NAME", "EVENT_SOURCE"} <= set(function["Environment"]["Variables"]), f"{name} has no bus"
    assert (function["Runtime"], function["Handler"]) == ("provided.al2023", "bootstrap"), f"{name} has another runtime"
for name, group in of_type("AWS::Logs::LogGroup").items():
    assert "KmsKeyId" in group and "RetentionInDays" in group, f"{name} is not encrypted, or kept for ever"

# Every queue: encrypted, and closed to whoever comes without TLS.
policies = of_type("AWS::SQS::QueuePolicy").values()
for name, queue in of_type("AWS::SQS::Queue").items():
    assert "KmsMasterKeyId" in queue, f"{name} is not encrypted"
    of_queue = [s for policy in policies if {"Ref": name} in policy["Queues"] for s in statements(policy)]
    assert any(
        s["Effect"] == "Deny" and s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for s in of_queue
    ), f"{name} takes messages without TLS"
    for s in of_queue:
        closed = s["Effect"] == "Deny" or "aws:SourceArn" in json.dumps(s["Condition"])
        assert closed, f"{name} is open to confused deputies"

print(f"template.yaml: {len(RESOURCES)} resources, {len(actions)} actions allowed, as promised")
