"""What template.yaml promises and no linter asks for. Looks at the template as SAM expands it."""

import json
import pathlib
import re
import tomllib

from expanded import expanded, template

SOURCE = template()
WHOLE = expanded()
RESOURCES = WHOLE["Resources"]
GRADUAL = expanded(GradualDeployment="true")["Resources"]
SAID = "\n".join(path.read_text() for path in pathlib.Path("src").rglob("*.rs"))


def of_type(name, resources=RESOURCES):
    return {key: value["Properties"] for key, value in resources.items() if value["Type"] == name}


def many(value):
    return value if isinstance(value, list) else [value]


def statements(policy):
    document = policy["PolicyDocument"]
    if "Fn::Sub" in document:
        document = json.loads(document["Fn::Sub"])
    return document["Statement"]


def plain(value):
    """A policy without its conditions, and with every Fn::Sub as the text in it."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            return value["Fn::Sub"]
        return {key: plain(inner) for key, inner in value.items() if key != "Condition"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def references(value):
    """Every name that a value refers to, in whatever way."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("Ref", "Condition") and isinstance(inner, str):
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            elif key == "Fn::Sub":
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", many(inner)[0]))
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def follow(value, path):
    """What stands at a path of names and numbers, or None."""
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def alias(function):
    return {"Ref": f"{function}FunctionAliaslive"}


# ---- roles -------------------------------------------------------------------------------------------------------

# Each role may do exactly this.
READS = {
    "directconnect:DescribeConnections",
    "directconnect:DescribeDirectConnectGatewayAttachments",
    "directconnect:DescribeInterconnects",
    "directconnect:DescribeLags",
    "directconnect:DescribeVirtualInterfaces",
}
RUNS = {"kms:Decrypt", "kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}
TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
LOGS = {
    f"logs:{action}"
    for action in (
        "CreateLogDelivery DeleteLogDelivery DescribeLogGroups DescribeResourcePolicies GetLogDelivery "
        "ListLogDeliveries PutResourcePolicy UpdateLogDelivery"
    ).split()
} | {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
MOVES = {"directconnect:AssociateVirtualInterface"}
ROUTES = {"directconnect:ListVirtualInterfaceRoutes"}
# Of the ledger nothing is ever deleted, or scanned for.
KEEPS = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
MAY = {
    "AssociateRole": MOVES | READS | ROUTES | RUNS | TRACES | KEEPS | {"dynamodb:ConditionCheckItem", "events:PutEvents"},
    "SweepRole": {"directconnect:DescribeVirtualInterfaces", "dynamodb:Query", "events:PutEvents"} | KEEPS | RUNS | TRACES,
    "VerifyRole": {"directconnect:DescribeVirtualInterfaces", "events:PutEvents"} | ROUTES | RUNS | TRACES,
    "EvacuateRole": READS | RUNS | TRACES,
    "MoveRunbookRole": {"lambda:InvokeFunction"} | LOGS | TRACES,
    "EvacuateRunbookRole": {
        "events:DescribeRule",
        "events:PutEvents",
        "events:PutRule",
        "events:PutTargets",
        "lambda:InvokeFunction",
        "ssm:GetCalendarState",
        "states:DescribeExecution",
        "states:StartExecution",
        "states:StopExecution",
    }
    | LOGS
    | TRACES,
    "StartRole": {"states:StartExecution"},
    "DeploymentRole": {
        "cloudwatch:DescribeAlarms",
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
    },
}
ANYWHERE = {"ReadDirectConnect", "Trace", "DeliverLog", "LookAtAlarms"}
roles, policies = of_type("AWS::IAM::Role", GRADUAL), of_type("AWS::IAM::ManagedPolicy", GRADUAL)
of_role = {
    role: [name for arn in properties["ManagedPolicyArns"] for name in references(arn) if name in policies]
    for role, properties in roles.items()
}
assert set(roles) == set(MAY), f"other roles than expected: {set(roles) ^ set(MAY)}"
assert sorted(policies) == sorted({name for names in of_role.values() for name in names}), "a policy of no role"
for role, properties in roles.items():
    assert "Policies" not in properties, f"{role} has a policy that is no resource"
    allowed = [statement for name in of_role[role] for statement in statements(policies[name])]
    actions = {action for statement in allowed for action in many(statement["Action"])}
    assert actions == MAY[role], f"the actions of {role} changed: {sorted(actions ^ MAY[role])}"
    anywhere = {statement["Sid"] for statement in allowed if "*" in many(statement["Resource"])}
    assert anywhere <= ANYWHERE, f"statements of {role} on every resource: {anywhere - ANYWHERE}"
    for statement in allowed:
        if "events:PutEvents" in many(statement["Action"]):
            condition = {"StringEquals": {"events:source": {"Ref": "EventSource"}}}
            assert statement.get("Condition") == condition, f"{role} may speak in another's name"
    (trusted,) = properties["AssumeRolePolicyDocument"]["Statement"]
    # Lambda sends no source when it takes a role; the other services do.
    if trusted["Principal"] != {"Service": "lambda.amazonaws.com"}:
        account = trusted["Condition"]["StringEquals"]["aws:SourceAccount"]
        assert account == {"Ref": "AWS::AccountId"}, f"{role} is open to confused deputies"
assert not of_type("AWS::IAM::Policy", GRADUAL), "an inline policy"

# The right to move is the same in its three forms, and belongs to one function.
forms = ["MovePolicy", "MoveTaggedPolicy", "MoveListedPolicy"]
moving = {name for name, policy in policies.items() for s in statements(policy) if MOVES & set(many(s["Action"]))}
assert moving == set(forms), f"policies that allow to move: {moving}"
assert [role for role, names in of_role.items() if moving & set(names)] == ["AssociateRole"], "another may move"
free, tagged, listed = (statements(policies[name]) for name in forms)
assert plain(tagged) == plain(free), "the two forms of the right to move differ in more than their conditions"
for statement in tagged:
    condition = {"StringEquals": {"aws:ResourceTag/${TagKey}": "${TagValue}"}}
    assert statement["Condition"] == condition, f"{statement['Sid']} is not narrowed by the tag"
wanted = {"Fn::Split": [",", {"Ref": "MovableArns"}]}
assert [statement["Resource"] for statement in listed] == [wanted], "what may be moved is not what is listed"
for name, condition in zip(forms, ["NotNarrowed", "NarrowedByTag", "NarrowedByList"], strict=True):
    assert RESOURCES[name]["Condition"] == condition, f"{name} applies at another time"

# ---- functions ---------------------------------------------------------------------------------------------------

# Binary by function. Only the first changes anything: one at a time, and never twice by Lambda's own doing.
FUNCTIONS = {"Associate": "associate", "Sweep": "associate", "Verify": "verify", "Evacuate": "evacuate"}
functions = of_type("AWS::Lambda::Function")
assert set(functions) == {f"{name}Function" for name in FUNCTIONS}, f"other functions: {set(functions)}"
for name, binary in FUNCTIONS.items():
    function, build = functions[f"{name}Function"], RESOURCES[f"{name}Function"]["Metadata"]
    assert build["BuildMethod"] == "rust-cargolambda", f"{name} is built in another way"
    assert build["BuildProperties"]["Binary"] == binary, f"{name} is built from another binary"
    assert pathlib.Path(f"src/bin/{binary}.rs").is_file(), f"{name} is built from {binary}, which is not there"
    for variable in function["Environment"]["Variables"]:
        assert f'"{variable}"' in SAID, f"{name} has {variable}, which nothing in src/ reads"
    assert function["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name.lower()}"}, f"{name} has another name"
    assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}, f"{name} has another's role"
    assert function["KmsKeyArn"] == {"Fn::GetAtt": ["Key", "Arn"]}, f"{name} has an open environment"
    assert function["TracingConfig"] == {"Mode": "Active"}, f"{name} is not traced"
    assert function["LoggingConfig"]["LogFormat"] == "JSON", f"{name} does not log JSON"
    assert (function["Runtime"], function["Handler"]) == ("provided.al2023", "bootstrap"), f"{name}: another runtime"
    assert "DeadLetterConfig" in function, f"{name} loses failures"
    group = RESOURCES[f"{name}LogGroup"]["Properties"]["LogGroupName"]
    assert group == {"Fn::Sub": f"/aws/lambda/${{{name}Function}}"}, f"{name} logs elsewhere"
    # A parameter that changes the function makes a new version, or its alias would never see it.
    version = next(key for key in RESOURCES if key.startswith(f"{name}FunctionVersion"))
    described = set(references(RESOURCES[version]["Properties"]["Description"]))
    settings = [function["Environment"], function["MemorySize"], function["LoggingConfig"], function["Timeout"]]
    needed = {parameter for parameter in references(settings) if parameter in SOURCE["Parameters"]}
    assert described == needed, f"the version of {name} does not follow {described ^ needed}"
    assert RESOURCES[f"{name}FunctionAliaslive"]["Properties"]["Name"] == "live", f"{name} has no alias"
bus = {"EVENT_BUS_NAME", "EVENT_SOURCE"}
for name in ("Associate", "Sweep", "Verify"):
    assert bus <= set(functions[f"{name}Function"]["Environment"]["Variables"]), f"{name} has no bus"
concurrency = {name: functions[f"{name}Function"]["ReservedConcurrentExecutions"] for name in FUNCTIONS}
assert concurrency.pop("Associate") == {"Ref": "ReservedConcurrency"}, "no kill switch"
assert SOURCE["Parameters"]["ReservedConcurrency"]["Default"] == 1, "moves are not one at a time"
assert all(isinstance(limit, int) and limit > 0 for limit in concurrency.values()), "a function without a limit"
by_event = {config["FunctionName"]["Ref"]: config for config in of_type("AWS::Lambda::EventInvokeConfig").values()}
assert set(by_event) == {"AssociateFunction", "SweepFunction"}, "another function is called by event"
for name, config in by_event.items():
    assert config["Qualifier"] == "live", f"what is said of calls of {name} by event is not said of the alias"
    assert config["MaximumRetryAttempts"] == 0, f"Lambda retries {name} by itself"
asynchronous = by_event["AssociateFunction"]
assert 60 <= asynchronous["MaximumEventAgeInSeconds"] <= 900, "Lambda acts on requests that waited long"
for name, config in by_event.items():
    failures = config["DestinationConfig"]["OnFailure"]["Destination"]
    assert failures == {"Fn::GetAtt": ["FailureQueue", "Arn"]}, f"failures of {name} go elsewhere"
for name, group in of_type("AWS::Logs::LogGroup").items():
    assert "KmsKeyId" in group and "RetentionInDays" in group, f"{name} is not encrypted, or kept for ever"

# Gradual or not, as SAM is told; and guarded by alarms that exist.
alarms = of_type("AWS::CloudWatch::Alarm")
assert not [key for key, value in RESOURCES.items() if value["Type"].startswith("AWS::CodeDeploy")], "gradual anyway"
groups = of_type("AWS::CodeDeploy::DeploymentGroup", GRADUAL)
assert set(groups) == {f"{name}FunctionDeploymentGroup" for name in FUNCTIONS}, f"deployed at once: {set(groups)}"
for name, group in groups.items():
    guards = {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]}
    assert guards and guards <= set(alarms), f"{name} is not guarded by alarms of this stack"
    assert group["ServiceRoleArn"] == {"Fn::GetAtt": ["DeploymentRole", "Arn"]}, f"{name} has another role"
asked = tomllib.loads(pathlib.Path("samconfig.toml").read_text())["default"]["deploy"]["parameters"]
assert asked["parameter_overrides"] == "GradualDeployment=true", "samconfig.toml does not ask for gradual deployment"

# ---- runbooks ----------------------------------------------------------------------------------------------------

NEEDS = {
    "lambda:invoke": {"lambda:InvokeFunction"},
    "events:putEvents": {"events:PutEvents"},
    "events:putEvents.waitForTaskToken": {"events:PutEvents"},
    "states:startExecution.sync:2": {
        "states:StartExecution",
        "states:DescribeExecution",
        "states:StopExecution",
        "events:PutTargets",
        "events:PutRule",
        "events:DescribeRule",
    },
    "aws-sdk:sfn:describeExecution": {"states:DescribeExecution"},
    "aws-sdk:ssm:getCalendarState": {"ssm:GetCalendarState"},
}
machines = of_type("AWS::StepFunctions::StateMachine")
for name, role in {"Move": "MoveRunbookRole", "Evacuate": "EvacuateRunbookRole"}.items():
    machine = machines.pop(f"{name}StateMachine")
    definition = pathlib.Path(SOURCE["Resources"][f"{name}StateMachine"]["Properties"]["DefinitionUri"]).read_text()
    assert machine["StateMachineType"] == "STANDARD", f"{name} is not exactly once"
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False), f"{name} logs less, or task tokens"
    assert machine["TracingConfiguration"] == {"Enabled": True}, f"{name} is not traced"
    assert machine["RoleArn"] == {"Fn::GetAtt": [role, "Arn"]}, f"{name} has another role"
    given = machine["DefinitionSubstitutions"]
    wanted = set(re.findall(r"\$\{(\w+)\}", definition))
    assert set(given) == wanted, f"{name} is given what it does not ask for, or the reverse: {set(given) ^ wanted}"
    own = next(policy for policy in of_role[role] if policy != "RunbookLogPolicy")
    allowed = statements(policies[own])
    used = set(re.findall(r'"Resource":\s*"arn:\$\{Partition\}:states:::([^"]+)"', definition))
    needed = {action for integration in used for action in NEEDS[integration]}
    actions = {action for statement in allowed for action in many(statement["Action"])}
    assert actions == needed, f"{name} may do what it does not do, or the reverse: {actions ^ needed}"
    (called,) = (many(s["Resource"]) for s in allowed if s["Action"] == "lambda:InvokeFunction")
    expected = [given[key] for key in given if key.endswith("FunctionArn")]
    assert sorted(map(str, called)) == sorted(map(str, expected)), f"{name} may call other functions than it calls"
    assert all(function in map(alias, FUNCTIONS) for function in called), f"{name} calls a function past its alias"
assert not machines, f"more state machines: {set(machines)}"

# ---- rules and queues --------------------------------------------------------------------------------------------

# Every rule: pinned to this account, deaf to replays, with a queue for what it could not deliver, and with a role that
# may start what it starts. Rule, bus, source, detail-type, what is looked at in `detail`, target.
ASKED = ({"Ref": "Bus"}, {"Ref": "RequestSource"})
RULES = {
    "AssociationRequestedRule": (*ASKED, "Virtual Interface Association Requested", None),
    "EvacuationRequestedRule": (*ASKED, "Virtual Interface Evacuation Requested", None),
    "AlarmRule": (None, "aws.cloudwatch", "CloudWatch Alarm State Change", {"alarmName", "state", "configuration"}),
    "HealthRule": (None, "aws.health", "AWS Health Event", {"service", "eventTypeCategory"}),
}
rules = of_type("AWS::Events::Rule")
# The one that comes by itself finishes things, and has no right to move.
sweep = rules.pop("SweepRule")
assert sweep["ScheduleExpression"] == "rate(1 minute)" and "EventPattern" not in sweep, "the sweeper comes otherwise"
assert sweep.get("State", "ENABLED") == "ENABLED", "the sweeper does not come"
(target,) = sweep["Targets"]
assert target["Arn"] == alias("Sweep") and "Input" not in target, "the schedule calls something else"
assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}}, "the schedule fails unseen"
assert set(rules) == set(RULES), f"other rules: {set(rules) ^ set(RULES)}"
startable = [arn for s in statements(policies["StartPolicy"]) for arn in many(s["Resource"])]
for name, (on, source, detail_type, detail) in RULES.items():
    rule, pattern = rules[name], rules[name]["EventPattern"]
    assert pattern["replay-name"] == [{"exists": False}], f"{name} takes replayed events"
    assert pattern["account"] == [{"Ref": "AWS::AccountId"}], f"{name} takes events of other accounts"
    assert pattern["source"] == [source] and pattern["detail-type"] == [detail_type], f"{name} hears other events"
    assert rule.get("EventBusName") == on, f"{name} is on another bus"
    assert set(pattern.get("detail", ())) == (detail or set()), f"{name} looks at other members of `detail`"
    (target,) = rule["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}}, f"{name} loses events"
    patience = target["RetryPolicy"]["MaximumEventAgeInSeconds"]
    assert patience == {"Ref": "MaxRequestAgeSeconds"}, f"{name} delivers what nobody acts on any more"
    starts, role = target["Arn"], target["RoleArn"]
    if "Fn::If" in starts:
        # A function is called by permission, a runbook by role.
        (door, function, starts), (by_role, none, role) = starts["Fn::If"], role["Fn::If"]
        assert door == by_role == "FunctionDoor" and none == {"Ref": "AWS::NoValue"}, f"{name} mixes up its doors"
        permission = of_type("AWS::Lambda::Permission")["AssociationRequestedPermission"]
        assert function == alias("Associate"), f"{name} calls another function"
        assert permission["FunctionName"] == {"Fn::Sub": "${AssociateFunction}:live"}, f"{name} may not call what it calls"
    assert role == {"Fn::GetAtt": ["StartRole", "Arn"]}, f"{name} has another role"
    assert starts in startable, f"{name} may not start what it starts"
    # What moves without being asked is off until somebody turns it on.
    if on is None:
        switch = rule["State"]["Ref"]
        assert SOURCE["Parameters"][switch]["Default"] == "DISABLED", f"{name} is on by itself"
    else:
        assert rule.get("State", "ENABLED") == "ENABLED", f"{name} is off"
door = rules["AssociationRequestedRule"]["Targets"][0]["Arn"]
assert door == {"Fn::If": ["FunctionDoor", alias("Associate"), {"Ref": "MoveStateMachine"}]}, "another door"
assert SOURCE["Parameters"]["RequestDoor"]["Default"] == "runbook", "the door is another by default"
for name in ("EvacuationRequestedRule", "AlarmRule", "HealthRule"):
    assert rules[name]["Targets"][0]["Arn"] == {"Ref": "EvacuateStateMachine"}, f"{name} starts something else"
permissions = of_type("AWS::Lambda::Permission")
called = {"AssociationRequestedPermission": "Associate", "SweepPermission": "Sweep"}
assert set(permissions) == set(called), "a function that may be called by somebody else"
condition = RESOURCES["AssociationRequestedPermission"]["Condition"]
assert condition == "FunctionDoor", "a function that may be called by event though nobody asked for it"
for name, function in called.items():
    permission, rule = permissions[name], name.replace("Permission", "Rule")
    assert permission["FunctionName"] == {"Fn::Sub": f"${{{function}Function}}:live"}, f"{name} is for another function"
    assert permission["Principal"] == "events.amazonaws.com", f"{name}: another service may call a function"
    assert permission["SourceArn"] == {"Fn::GetAtt": [rule, "Arn"]}, f"{name}: any rule may call a function"

# Every queue: encrypted, kept for as long as SQS can, and closed to whoever comes without TLS.
queue_policies = of_type("AWS::SQS::QueuePolicy").values()
queues = of_type("AWS::SQS::Queue")
for name, queue in queues.items():
    assert queue["KmsMasterKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}, f"{name} is not encrypted"
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600, f"{name} forgets early"
    arn = {"Fn::GetAtt": [name, "Arn"]}
    of_queue = [
        statement
        for policy in queue_policies
        if {"Ref": name} in policy["Queues"]
        for statement in statements(policy)
        if arn in many(statement["Resource"])
    ]
    assert any(
        s["Effect"] == "Deny" and s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for s in of_queue
    ), f"{name} takes messages without TLS"
    for s in of_queue:
        closed = s["Effect"] == "Deny" or "aws:SourceArn" in json.dumps(s["Condition"])
        assert closed, f"{name} is open to confused deputies"
letting_in = (s for policy in queue_policies for s in statements(policy) if s["Effect"] == "Allow")
(senders,) = (statement["Condition"]["ArnEquals"]["aws:SourceArn"] for statement in letting_in)
assert {sender["Fn::GetAtt"][0] for sender in senders} == {"Bus", "SweepRule", *RULES}, "a rule whose events the queue refuses"
assert not of_type("AWS::Events::EventBusPolicy"), "somebody else may put events on the bus"

# ---- the ledger --------------------------------------------------------------------------------------------------

((name, table),) = of_type("AWS::DynamoDB::Table").items()
assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}], "the ledger has another key"
(index,) = table["GlobalSecondaryIndexes"]
assert f'"{index["IndexName"]}"' in SAID and index["Projection"] == {"ProjectionType": "KEYS_ONLY"}, "another index"
for part in index["KeySchema"]:
    assert f'"{part["AttributeName"]}"' in SAID, f"the index is sorted by {part['AttributeName']}, which no item has"
expires = table["TimeToLiveSpecification"]
assert expires["Enabled"] and f'"{expires["AttributeName"]}"' in SAID, "the ledger forgets nothing"
assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], "the ledger cannot be restored"
assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}, "the ledger has another key"
for function in ("Associate", "Sweep"):
    kept = functions[f"{function}Function"]["Environment"]["Variables"]["LEDGER_TABLE"]
    assert kept == {"Ref": name}, f"{function} keeps another ledger"
readers = {f for f in functions if "LEDGER_TABLE" in functions[f]["Environment"]["Variables"]}
assert readers == {"AssociateFunction", "SweepFunction"}, f"the ledger is read by {readers}"

# ---- what is watched ---------------------------------------------------------------------------------------------

OWN = "AssociateVirtualInterface"
assert f'"{OWN}"' in SAID, "the functions count in another namespace"
# What AWS counts by itself, and by which dimension.
BY_AWS = {
    "AWS/Lambda": ("FunctionName", {"Duration", "Throttles", "DestinationDeliveryFailures"}),
    "AWS/SQS": ("QueueName", {"ApproximateNumberOfMessagesVisible"}),
    "AWS/States": ("StateMachineArn", {"Executions" + how for how in ("Succeeded", "Failed", "TimedOut", "Aborted")}),
}
# Log groups by the metric that a filter makes of them.
filters = {}
for properties in of_type("AWS::Logs::MetricFilter").values():
    for made in properties["MetricTransformations"]:
        assert made["MetricNamespace"] == OWN, "a metric filter counts in another namespace"
        filters.setdefault(json.dumps(made["MetricName"]), set()).add(properties["LogGroupName"]["Ref"])
watched = set()
for name, alarm in alarms.items():
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", ())}
    metric = alarm["MetricName"]
    if alarm["Namespace"] == OWN and not dimensions:
        looked_at = filters.get(json.dumps(metric), set())
        assert looked_at == {f"{f}LogGroup" for f in FUNCTIONS}, f"{name} watches the logs of {looked_at}"
    elif alarm["Namespace"] == OWN:
        assert set(dimensions) == {"FunctionName", "Outcome"}, f"{name} watches other dimensions than are counted by"
        assert f'"{metric}"' in SAID, f"{name} watches {metric}, which no function counts"
        assert f'"{dimensions["Outcome"]}"' in SAID, f"{name} waits for an outcome that there is not"
    else:
        dimension, metrics = BY_AWS[alarm["Namespace"]]
        assert set(dimensions) == {dimension} and metric in metrics, f"{name} watches what AWS does not count"
    assert set(references(list(dimensions.values()))) <= set(RESOURCES), f"{name} watches something else"
    assert alarm["TreatMissingData"] == "notBreaching", f"{name} rings when nothing happens"
    assert alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic", f"{name} tells nobody"
    watched.add((json.dumps(metric), *sorted(references(list(dimensions.values()))), dimensions.get("Outcome")))
for machine in ("MoveStateMachine", "EvacuateStateMachine"):
    for how in ("Failed", "TimedOut", "Aborted"):
        assert (f'"Executions{how}"', machine, None) in watched, f"nobody hears of {machine} {how}"
# Of what is in the dead letters, the failure queue has told already.
for queue in set(queues) - {"DeadLetterQueue"}:
    assert ('"ApproximateNumberOfMessagesVisible"', queue, None) in watched, f"nobody looks into {queue}"
unhappy = {
    "Associate": ("unsettled", "RecordNotEmitted"),
    "Sweep": ("unsettled",),
    "Verify": ("unhealthy", "RecordNotEmitted"),
}
for function, wrong in ((function, wrong) for function, outcomes in unhappy.items() for wrong in outcomes):
    assert ('"Invocations"', f"{function}Function", wrong) in watched, f"nobody hears of {wrong} from {function}"

# The dashboard is JSON, has every alarm, and shows what is counted.
text = RESOURCES["OutcomesDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
widgets = json.loads(text)["widgets"]
shown = {name.split(".")[0] for name in re.findall(r"\$\{([^}]+)\}", text)}
assert set(alarms) <= shown, f"alarms that the dashboard does not show: {set(alarms) - shown}"
series = [row for widget in widgets for row in widget["properties"].get("metrics", ())]
namespace = None
for row in series:
    if isinstance(row[0], dict):
        (dimension,) = re.findall(r"\{AssociateVirtualInterface,FunctionName,(\w+)\}", row[0]["expression"])
        (metric,) = re.findall(r'MetricName="(\w+)"', row[0]["expression"])
        assert f'"{dimension}"' in SAID and f'"{metric}"' in SAID, f"the dashboard searches for {metric} by {dimension}"
    elif row[0] != "...":
        namespace = namespace if row[0] == "." else row[0]
        known = f'"{row[1]}"' in SAID if namespace == OWN else row[1] in BY_AWS[namespace][1]
        assert known, f"the dashboard shows {row[1]}, which nobody counts"

# The saved queries ask for members that lines of the log have.
records = [json.loads(path.read_text()) for path in pathlib.Path("events").glob("record-*.json")]
queries = of_type("AWS::Logs::QueryDefinition")
for name, query in queries.items():
    assert RESOURCES[name]["Condition"] == "WithSavedQueries", f"{name} is always saved"
    asked = {group["Ref"].removesuffix("LogGroup") for group in query["LogGroupNames"]}
    assert asked == {"Runbook"} or asked >= {"Associate", "Sweep", "Verify"}, f"{name} misses records: asks {asked}"
    for path in re.findall(r"\brecord\.(?!metrics)([\w.]+)", query["QueryString"]):
        known = any(follow(record, path) is not None for record in records)
        assert known, f"{name} asks for {path}, which no record has"
    for field in re.findall(r"ispresent\((\w+)\)| by (\w+), (\w+), (\w+)", query["QueryString"]):
        assert all(re.search(rf"\b{part}\b", SAID) for part in field), f"{name} asks for {field}, which no line has"

# ---- parameters, outputs, partitions -----------------------------------------------------------------------------

grouped = [p for g in SOURCE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"] for p in g["Parameters"]]
assert sorted(grouped) == sorted(SOURCE["Parameters"]), "a parameter in no group, or in two"
for name, parameter in SOURCE["Parameters"].items():
    bounded = {"AllowedPattern", "AllowedValues"} & set(parameter) or {"MinValue", "MaxValue"} <= set(parameter)
    assert bounded and "Default" in parameter and "Description" in parameter, f"{name} is not bounded, or not described"
shown = {name.split(".")[0] for name in references(SOURCE["Outputs"])}
for kind in ("AWS::SQS::Queue", "AWS::Events::EventBus", "AWS::StepFunctions::StateMachine", "AWS::Logs::LogGroup"):
    assert set(of_type(kind)) <= shown, f"no output for {set(of_type(kind)) - shown}"
assert set(functions) <= shown, f"no output for {set(functions) - shown}"
assert "arn:aws" not in json.dumps(RESOURCES), "an ARN of one partition"
principals = {f"{service}.amazonaws.com" for service in ("lambda", "states", "events", "codedeploy")}
hosts = set(re.findall(r"[\w.${}:-]*amazonaws\.com", json.dumps(GRADUAL)))
assert hosts == principals, f"a host of one partition: {hosts - principals}"

counted = f"{len(RESOURCES)} resources, {len(roles)} roles, {len(rules)} rules, {len(alarms)} alarms"
print(f"template.yaml: {counted}, {len(queries)} queries, as promised")
