# SPDX-License-Identifier: Apache-2.0
"""What hostile code tries with the credentials of a role, each thing by itself, and blueprints that make such roles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from mlops_orchestrator.aws.api_client import OrchestratorApi, SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from tests.end_to_end.users import Orchestrator

ANYTHING: Final = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
ANYBODY: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
SECRET: Final = "payroll/database"


@dataclass(frozen=True)
class Attacker:
    """Somebody with the credentials of a role, and what he knows of the orchestrator."""

    orchestrator: Orchestrator
    role: str
    aws: Aws

    def call(self, service: str, operation: str, **request: Any) -> Any:
        """Call AWS as the role."""
        return getattr(self.aws.client(service), operation)(**request)

    def parameter(self, name: str) -> str:
        """A launch parameter of the orchestrator."""
        (stack,) = self.orchestrator.client("cloudformation").describe_stacks(
            StackName=self.orchestrator.deployment.stack_name
        )["Stacks"]
        return str(next(one["ParameterValue"] for one in stack["Parameters"] if one["ParameterKey"] == name))

    def resource(self, logical_id: str) -> str:
        """The name of a resource of the root stack."""
        found = self.orchestrator.client("cloudformation").describe_stack_resource(
            StackName=self.orchestrator.deployment.stack_name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    @property
    def boundary(self) -> str:
        """The ARN of the boundary."""
        return f"arn:aws:iam::{self.aws.account}:policy/{self.parameter('PermissionsBoundaryName')}"

    def put(self, bucket: str, key: str) -> None:
        """Write an object."""
        self.call("s3", "put_object", Bucket=bucket, Key=key, Body=b"mine")


def _arn(attacker: Attacker, role: str) -> str:
    return str(attacker.orchestrator.client("iam").get_role(RoleName=role)["Role"]["Arn"])


def _function(attacker: Attacker) -> None:
    attacker.call(
        "lambda",
        "create_function",
        FunctionName="mlops-pipeline-hostile",
        Role=_arn(attacker, attacker.resource("DeployRole")),
        Code={"ZipFile": b""},
        Handler="x.y",
        Runtime="python3.13",
    )


def _api(attacker: Attacker) -> None:
    deployment = attacker.orchestrator.deployment
    answer = OrchestratorApi(SignedClient(attacker.aws), deployment.api_url).provision({"pipeline_type": "nothing"})
    if answer.status == 403:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "Invoke")


def _administrator(attacker: Attacker, **bounded: str) -> None:
    attacker.call("iam", "create_role", RoleName="mlops-pipeline-owner", AssumeRolePolicyDocument=ANYBODY, **bounded)


ATTEMPTS: Final[dict[str, Callable[[Attacker], Any]]] = {
    "make an unbounded role": _administrator,
    "make a bounded role": lambda it: _administrator(it, PermissionsBoundary=it.boundary),
    "make a user": lambda it: it.call("iam", "create_user", UserName=f"owner-of-{it.aws.account}"),
    "make itself an administrator": lambda it: it.call(
        "iam", "put_role_policy", RoleName=it.role, PolicyName="More", PolicyDocument=ANYTHING
    ),
    "take its boundary away": lambda it: it.call("iam", "delete_role_permissions_boundary", RoleName=it.role),
    "edit the boundary": lambda it: it.call(
        "iam", "create_policy_version", PolicyArn=it.boundary, PolicyDocument=ANYTHING, SetAsDefault=True
    ),
    "edit a role of the orchestrator": lambda it: it.call(
        "iam", "put_role_policy", RoleName=it.resource("DeployRole"), PolicyName="More", PolicyDocument=ANYTHING
    ),
    "become another role": lambda it: it.call(
        "sts", "assume_role", RoleArn=_arn(it, "hostile-target"), RoleSessionName="hostile"
    ),
    "hand on a role of the orchestrator": _function,
    "change the orchestrator's code": lambda it: it.call(
        "lambda", "update_function_code", FunctionName=it.resource("Orchestrator"), ZipFile=b"x"
    ),
    "invoke the orchestrator": lambda it: it.call(
        "lambda", "invoke", FunctionName=it.resource("Orchestrator"), Payload=b"{}"
    ),
    "call the API": _api,
    "change the orchestrator's stack": lambda it: it.call(
        "cloudformation", "cancel_update_stack", StackName=it.orchestrator.deployment.stack_name
    ),
    "replace the bundle": lambda it: it.put(
        it.parameter("ArtifactBucket"), f"{it.parameter('ArtifactPrefix')}/orchestrator.zip"
    ),
    "replace a root template": lambda it: it.put(
        it.parameter("ArtifactBucket"), f"{it.parameter('ArtifactPrefix')}/mlops-orchestrator-single-account.yaml"
    ),
    "replace a package": lambda it: it.put(
        it.orchestrator.deployment.outputs["PipelinesBucketName"], "provisioned/another/template.zip"
    ),
    "drop a configuration": lambda it: it.put(
        it.orchestrator.deployment.outputs["ConfigBucketName"], "x/mlops-config.json"
    ),
    "drop one beside models": lambda it: it.put(
        it.orchestrator.deployment.outputs["AssetsBucketName"], "x/mlops-config.json"
    ),
    "open a bucket": lambda it: it.call(
        "s3", "delete_bucket_policy", Bucket=it.orchestrator.deployment.outputs["PipelinesBucketName"]
    ),
    "open the key": lambda it: it.call(
        "kms", "put_key_policy", KeyId=it.resource("EncryptionKey"), PolicyName="default", Policy=ANYTHING
    ),
    "read a secret of others": lambda it: it.call("secretsmanager", "get_secret_value", SecretId=SECRET),
}


def got_through(attacker: Attacker, *attempts: str) -> list[str]:
    """The attempts that AWS did not refuse for want of a permission."""
    return [name for name in attempts or ATTEMPTS if not _is_refused(attacker, ATTEMPTS[name])]


def _is_refused(attacker: Attacker, attempt: Callable[[Attacker], Any]) -> bool:
    try:
        attempt(attacker)
    except ClientError as error:
        return str(error.response["Error"]["Code"]).startswith("AccessDenied")
    return False


def attacker(orchestrator: Orchestrator, role: str) -> Attacker:
    """Somebody with credentials of a role, by its name."""
    aws = orchestrator.deployment.aws
    arn = orchestrator.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    keys = orchestrator.client("sts").assume_role(RoleArn=arn, RoleSessionName="hostile")["Credentials"]
    session = boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], aws.region)
    return Attacker(orchestrator, role, Aws(session, aws.region, aws.endpoint_url))


@contextmanager
def anything(orchestrator: Orchestrator, role: str) -> Iterator[None]:
    """A role that is allowed everything, as far as its own policies go."""
    iam = orchestrator.client("iam")
    iam.put_role_policy(RoleName=role, PolicyName="Anything", PolicyDocument=ANYTHING)
    yield
    iam.delete_role_policy(RoleName=role, PolicyName="Anything")


def role_of(orchestrator: Orchestrator, stack: str, logical_id: str) -> str:
    """The name of a role of a stack."""
    found = orchestrator.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def blueprint(**resources: Any) -> str:
    """A template with these resources."""
    return json.dumps({"Resources": resources})


def role(boundary: str | None, **properties: Any) -> dict[str, Any]:
    """A role of a blueprint that may do anything and be taken by anybody."""
    bounded = {"PermissionsBoundary": boundary} if boundary else {}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": json.loads(ANYBODY),
            "Policies": [{"PolicyName": "Anything", "PolicyDocument": json.loads(ANYTHING)}],
            **bounded,
            **properties,
        },
    }


@contextmanager
def deployed(orchestrator: Orchestrator, name: str, template: str, deploy_role: str) -> Iterator[str]:
    """Deploy a blueprint as pipelines do, under the deploy role, and give how that ended."""
    cloudformation = orchestrator.client("cloudformation")
    arn = orchestrator.client("iam").get_role(RoleName=deploy_role)["Role"]["Arn"]
    cloudformation.create_stack(
        StackName=name, TemplateBody=template, RoleARN=arn, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    with suppress(Exception):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield str(orchestrator.stack(name)["StackStatus"])
    cloudformation.delete_stack(StackName=name)
    if name in orchestrator.stacks(name):
        # What it was refused to make, it is refused to delete.
        cloudformation.delete_stack(StackName=name, RetainResources=["Hostile"])
