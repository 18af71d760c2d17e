"""ministack, and what it has to be taught before it can run the stack. Nothing of the stack itself is replaced.

1. CloudWatch tells EventBridge of an alarm that changes its state, in the shape that AWS documents. ministack tells SNS
   only, and takes no event from `aws.cloudwatch` from anybody else (nor does AWS).
2. TimeoutSeconds may be a JSONata expression. ministack hands the expression itself to its clock.
3. startExecution.sync:2 refuses a name that was used, and a child that fails is States.TaskFailed with the described
   child for its cause. ministack runs the name again, and hands on the child's own error."""

import datetime
import json

from ministack import app
from ministack.core.responses import error_response_json, get_account_id, get_region, new_uuid
from ministack.services import cloudwatch, eventbridge, stepfunctions


def alarm_event(alarm, old_state, new_state, reason):
    # "2019-10-02T17:04:40.989+0000", as CloudWatch writes it: not RFC 3339.
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", [])}
    metric = {"dimensions": dimensions, "name": alarm["MetricName"], "namespace": alarm["Namespace"]}
    stat = {"metric": metric, "period": alarm["Period"], "stat": alarm["Statistic"]}
    detail = {
        "alarmName": alarm["AlarmName"],
        "configuration": {
            "description": alarm.get("AlarmDescription", ""),
            "metrics": [{"id": new_uuid(), "metricStat": stat, "returnData": True}],
        },
        "previousState": {"reason": "as before", "timestamp": now, "value": old_state},
        "state": {"reason": reason, "timestamp": now, "value": new_state},
    }
    return {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps(detail),
        "Resources": [f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{alarm['AlarmName']}"],
    }


tell_sns = cloudwatch._dispatch_alarm_actions


def tell_eventbridge_too(*change):
    tell_sns(*change)
    eventbridge._put_events({"Entries": [alarm_event(*change)]}, allow_aws_source=True)


execute_task = stepfunctions._execute_task


def with_its_timeout(state, raw_input, execution, context):
    timeout = state.get("TimeoutSeconds")
    if isinstance(timeout, str):
        expression = timeout.removeprefix("{%").removesuffix("%}").strip()
        state = state | {"TimeoutSeconds": stepfunctions._evaluate_jsonata(expression, raw_input, context)}
    return execute_task(state, raw_input, execution, context)


start_and_wait = stepfunctions._start_sync_execution


def unless_the_name_was_used(request):
    machine = request["stateMachineArn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{request.get('name')}"
    if arn in stepfunctions._executions:
        error = "StepFunctions.ExecutionAlreadyExistsException"
        return error_response_json(error, f"Execution Already Exists: '{arn}'", 400)
    return start_and_wait(request)


def failed_as_a_task(child):
    described = {member[0].upper() + member[1:]: value for member, value in child.items()}
    return "States.TaskFailed", json.dumps(described)


TAUGHT = [
    (cloudwatch, "_dispatch_alarm_actions", tell_eventbridge_too),
    (stepfunctions, "_execute_task", with_its_timeout),
    (stepfunctions, "_start_sync_execution", unless_the_name_was_used),
    (stepfunctions, "_nested_execution_failure", failed_as_a_task),
]
for module, name, function in TAUGHT:
    assert hasattr(module, name), f"{module.__name__} has no {name} any more"
    setattr(module, name, function)
app.main()
