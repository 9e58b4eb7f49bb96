# SPDX-License-Identifier: Apache-2.0
"""Resource types as data: what a type knows reaches an operation, and what is asked for again is set again."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import boto3
import pytest

from scripts.local_aws.cloudformation.resources import registry
from scripts.local_aws.cloudformation.resources.api_type import ApiType
from tests.local_aws.deploying import settle

_TYPES = {name: kind for name, kind in registry._TYPES.items() if isinstance(kind, ApiType)}
_NOT_KEPT = {"AWS::ApiGateway::Method": {"MethodResponses"}}
"""What nothing is done with: a proxy integration answers by itself."""


def _taken(kind: ApiType) -> set[str]:
    """Names in lower case of all that the operations take which a type names, in its attributes or its methods."""
    if not hasattr(kind, "service"):
        return set()
    meta = boto3.client(kind.service, region_name="us-east-1").meta
    written = {*re.findall(r'"(\w+)"', _source(kind)), kind.creates, kind.updates}
    operations = [meta.method_to_api_mapping[name] for name in written if name in meta.method_to_api_mapping]
    shapes = [meta.service_model.operation_model(name).input_shape for name in operations]
    return {member.lower() for shape in shapes if shape for member in shape.members}


def _source(kind: ApiType) -> str:
    module = inspect.getmodule(type(kind))
    assert module
    return inspect.getsource(module)


@pytest.mark.parametrize("name", _TYPES)
def test_no_known_property_is_ignored(name: str) -> None:
    kind = _TYPES[name]
    taken = _taken(kind)
    assert {
        each
        for each in kind.known_properties
        if kind.renamed.get(each, each).lower() not in taken and f'"{each}"' not in _source(kind)
    } == _NOT_KEPT.get(name, set())


def test_what_failed_is_set_anew_when_it_is_asked_for_again(client: Any) -> None:
    cloudformation, iam = client("cloudformation"), client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}

    def update(roles: list[str]) -> str:
        properties = {"ManagedPolicyName": "again", "PolicyDocument": document, "Roles": roles}
        body = json.dumps({"Resources": {"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}}})
        change = cloudformation.update_stack if roles else cloudformation.create_stack
        options = {"DisableRollback": True, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        change(StackName="again", TemplateBody=body, **options)
        settle("again")
        return str(cloudformation.describe_stacks(StackName="again")["Stacks"][0]["StackStatus"])

    assert update([]) == "CREATE_COMPLETE"
    assert update(["later"]) == "UPDATE_FAILED"
    iam.create_role(RoleName="later", AssumeRolePolicyDocument=trust)
    assert update(["later"]) == "UPDATE_COMPLETE"
    attached = iam.list_attached_role_policies(RoleName="later")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["again"]
