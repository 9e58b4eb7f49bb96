# SPDX-License-Identifier: Apache-2.0
"""Small stacks for the tests of the local AWS: pieces of templates, and deploying them."""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import Any

from scripts.local_aws.cloudformation import stacks
from tests.local_aws.waiting import SECONDS

ACCOUNT, REGION = "123456789012", "us-east-1"
_WAIT = {"Delay": 0.1, "MaxAttempts": 600}

ROLE: dict[str, Any] = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}


def function(code: str, **properties: Any) -> dict[str, Any]:
    """An inline function that needs a `Role` resource beside it."""
    base = {
        "Code": {"ZipFile": code},
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 20,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": base | properties}


def settle(name: str) -> None:
    """Wait until the operation of a stack, by name or ARN, is over, without asking again and again."""
    region, account = name.split(":")[3:5] if name.startswith("arn:") else (REGION, ACCOUNT)
    stack = stacks.find_or_none(account, region, name)
    if stack is not None and stack.operation is not None:
        stack.operation.join(SECONDS)


def wait(cloudformation: Any, what: str, name: str) -> None:
    """Wait for the end of a stack's operation (`create`, ...). botocore's WaiterError when it ends otherwise."""
    settle(name)
    cloudformation.get_waiter(f"stack_{what}_complete").wait(StackName=name, WaiterConfig=_WAIT)


def deploy(cloudformation: Any, name: str, resources: dict[str, Any], **sections: Any) -> dict[str, str]:
    """Create or update a stack, wait for it, and return its outputs."""
    body = json.dumps({"Resources": {"Role": ROLE} | resources} | sections)
    arguments = {"StackName": name, "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"]}
    exists = any(stack["StackName"] == name for stack in cloudformation.describe_stacks()["Stacks"])
    (cloudformation.update_stack if exists else cloudformation.create_stack)(**arguments)
    wait(cloudformation, "update" if exists else "create", name)
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def remove(cloudformation: Any, name: str) -> None:
    """Delete a stack and wait until it is gone."""
    stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "delete", stack_id)


def physical_id(cloudformation: Any, stack: str, logical_id: str) -> str:
    """The physical id of a stack's resource."""
    found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def reasons(cloudformation: Any, stack: str, logical_id: str) -> list[str]:
    """Why a resource's steps failed, newest first."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        event["ResourceStatusReason"]
        for event in events
        if event["LogicalResourceId"] == logical_id and event["ResourceStatus"].endswith("_FAILED")
    ]


def zipped(files: dict[str, str]) -> bytes:
    """A zip file of texts by their paths."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            # The same bytes in any second.
            archive.writestr(zipfile.ZipInfo(path), text)
    return content.getvalue()


def alive(pid: int) -> bool:
    """Whether a process of that number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
