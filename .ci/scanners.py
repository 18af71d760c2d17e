"""Runs the scanners over a template, and holds what they find against what may be found, each with its reason. A
finding without a reason fails, and so does a reason without its finding.

python scanners.py TEMPLATE FOLDER NAG: the folder is for what the scanners write, NAG the script that runs cdk-nag.
"""

import json
import pathlib
import subprocess
import sys

from expanded import expanded

FUNCTIONS = {"AssociateFunction", "SweepFunction", "VerifyFunction", "EvacuateFunction"}
QUEUES = {"FailureQueue", "DeadLetterQueue", "UndeliveredQueue"}
HERE = "<AWS::Region>:<AWS::AccountId>"
LOG = f"arn:<AWS::Partition>:logs:{HERE}:log-group:/aws/lambda/<AWS::StackName>"

# Five reasons to let a finding pass: rule, and the resources on which it may be found.
SUPPRESSED = [
    # A VPC stands between a failover and Direct Connect's API: its endpoint or NAT is one more thing that can be down.
    # The functions listen to nobody and reach four AWS services, by TLS and by role.
    {
        "CKV_AWS_117": FUNCTIONS,
        "NIST.800.53.R5-LambdaInsideVPC": FUNCTIONS,
    },
    # A queue for what could not be delivered has none for what it could not deliver. These three have no consumer that
    # could fail: a person reads them.
    {
        "ES6000": QUEUES,
        "Serverless-SQSRedrivePolicy": QUEUES,
        # The rule sees that a function's dead letters go to the other two, and does not see EventBridge's.
        "AwsSolutions-SQS3": {"UndeliveredQueue"},
    },
    # The function's own door calls its alias, and so does the sweeper's schedule. The rule looks for a destination at the very name that the permission is
    # for, and cannot know that alias and destination are of one function: template.py does. (A role instead of the
    # permission would satisfy it, but AWS's pages disagree on whether EventBridge calls functions by role.)
    {
        "ES1007": {"AssociationRequestedPermission", "SweepPermission"},
    },
    # The ledger can be restored to any second of 35 days, and keeps nothing for longer than fifteen. A backup plan is for
    # what must outlive that.
    {
        "NIST.800.53.R5-DynamoDBInBackupPlan": {"LedgerTable"},
    },
    # Some rights cannot name a resource. Direct Connect's describe calls, X-Ray's, those for log deliveries and for
    # alarms know none; streams and executions have names that nobody knows beforehand; a change calendar is named in
    # the request. What may be moved is any interface of the Region, unless the stack is told otherwise: with
    # MovableArns there is no wildcard, with TagKey the wildcard asks for the tag.
    {
        "AwsSolutions-IAM5[Resource::*]": {
            "AssociatePolicy",
            "SweepPolicy",
            "VerifyPolicy",
            "EvacuatePolicy",
            "RunbookLogPolicy",
            "DeploymentPolicy",
        },
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:directconnect:<AWS::Region>:*:dxvif/*]": {"MovePolicy"},
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:directconnect:<AWS::Region>:*:dxcon/*]": {"MovePolicy"},
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:directconnect:<AWS::Region>:*:dxlag/*]": {"MovePolicy"},
        f"AwsSolutions-IAM5[Resource::{LOG}-associate:*]": {"AssociatePolicy"},
        f"AwsSolutions-IAM5[Resource::{LOG}-sweep:*]": {"SweepPolicy"},
        f"AwsSolutions-IAM5[Resource::{LOG}-verify:*]": {"VerifyPolicy"},
        f"AwsSolutions-IAM5[Resource::{LOG}-evacuate:*]": {"EvacuatePolicy"},
        f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:{HERE}:execution:<AWS::StackName>-move:*]": {
            "EvacuateRunbookPolicy"
        },
        f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:{HERE}:document/*]": {"EvacuateRunbookPolicy"},
    },
]


def answer(*command, fine=(0,)):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in fine:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def serverless_rules(template, *options):
    # The exit status says which kinds of findings there are: 2 errors, 4 warnings, 8 notices.
    said = answer(
        "cfn-lint", "--append-rules", "cfn_lint_serverless.rules", *options, "--format", "json", "--template", template,
        fine=range(0, 16, 2),
    )  # fmt: skip
    return {(match["Rule"]["Id"], "/".join(map(str, match["Location"]["Path"][1:2]))) for match in json.loads(said)}


def checkov(template):
    said = answer(
        "checkov", "--skip-download", "--framework", "cloudformation", "--output", "json", "--file", template,
        fine=(0, 1),
    )  # fmt: skip
    results = json.loads(said)["results"]
    if results["parsing_errors"]:
        sys.exit(f"checkov cannot read {template}")
    return {(check["check_id"], check["resource"].rpartition(".")[2]) for check in results["failed_checks"]}


def nag(template, folder):
    answer("node", sys.argv[3], template, folder)
    report = json.loads(pathlib.Path(folder, "validation-report.json").read_text())
    return {
        pack["pluginName"]: {
            (finding["ruleName"], construct["constructPath"].rpartition("/")[2])
            for finding in pack["violations"]
            for construct in finding["violatingConstructs"]
        }
        for pack in report["pluginReports"]
        # The CDK's own check of the template comes along unasked. It is a cfn-lint that knows no conditions.
        if pack["pluginName"] != "CloudFormation Validate"
    }


def main():
    template, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    plain = folder / "expanded.json"
    # With everything that a parameter can add.
    plain.write_text(json.dumps(expanded(template, GradualDeployment="true"), indent=1))
    packs = nag(str(plain), str(folder / "nag"))
    # Each scanner with the prefixes of its rules. A scanner that finds nothing at all has not looked: each of them has
    # something in SUPPRESSED to find. (W2001, a parameter that is not used: SAM has used one up.)
    found = [
        ("serverless rules, SAM", ("ES", "WS"), serverless_rules(template)),
        ("serverless rules, expanded", ("ES", "WS"), serverless_rules(str(plain), "--ignore-checks", "W2001")),
        ("checkov, SAM", ("CKV",), checkov(template)),
        ("checkov, expanded", ("CKV",), checkov(str(plain))),
        ("cdk-nag AwsSolutions", ("AwsSolutions-",), packs["AwsSolutions"]),
        ("cdk-nag Serverless", ("Serverless-",), packs["Serverless"]),
        ("cdk-nag NIST 800-53 r5", ("NIST.800.53.R5-",), packs["NIST.800.53.R5"]),
    ]
    suppressed = {(rule, on) for reason in SUPPRESSED for rule, resources in reason.items() for on in resources}
    wrong = []
    for scanner, prefixes, findings in found:
        expected = {(rule, on) for rule, on in suppressed if rule.startswith(prefixes)}
        assert expected, f"nothing shows that {scanner} looks at all"
        wrong += [f"{scanner}: {rule} on {on}" for rule, on in sorted(findings - expected)]
        wrong += [f"{scanner}: no {rule} on {on} to suppress" for rule, on in sorted(expected - findings)]
        print(f"{scanner}: {len(findings)} found, {len(findings & expected)} of them with a reason")
    if wrong:
        sys.exit("\n".join(wrong))


main()
