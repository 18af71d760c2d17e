"""template.yaml as SAM expands it, without an account: `python .ci/expanded.py [PARAMETER=VALUE...]` prints it."""

import json
import logging
import pathlib
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# What names a file here is a place in S3 by the time that SAM expands it.
UPLOADED = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::StateMachine": "DefinitionUri"}


class NoManagedPolicies:
    def load(self):
        return {}


def template(path="template.yaml"):
    return yaml_parse(pathlib.Path(path).read_text())


def expanded(path="template.yaml", **parameters):
    source = template(path)
    for resource in source["Resources"].values():
        if resource["Type"] in UPLOADED:
            resource["Properties"][UPLOADED[resource["Type"]]] = "s3://bucket/key"
    logging.disable(logging.WARNING)
    return transform(source, parameters, NoManagedPolicies())


if __name__ == "__main__":
    print(json.dumps(expanded(**dict(argument.split("=", 1) for argument in sys.argv[1:])), indent=1))
