# SPDX-License-Identifier: Apache-2.0
"""The worked examples as a person uses them: their folders are added, and their requests sent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from mlops_orchestrator.aws.aws_access import Aws
from tests.boundary import boundaries
from tests.cli.running import Ended, mlops
from tests.end_to_end.running import Running
from tests.examples.hugging_face_stub import TOKEN, Stub

FOLDER: Final = Path(__file__).parents[2] / "docs/examples"
CONTAINERS: Final = "ecs_fargate_service"
HUGGING_FACE: Final = "hugging_face_endpoint"
DATA: Final = "data_preparation"
NAMES: Final = (CONTAINERS, HUGGING_FACE, DATA)
ADDITIONAL_ACTIONS: Final = "ec2:*,ecs:*,elasticloadbalancing:*"
_HUGGING_FACE_URL: Final = "https://api.endpoints.huggingface.cloud/v2"


def request(name: str, **changes: Any) -> dict[str, Any]:
    """The example's own request, with what is another value in every account."""
    return {**json.loads((FOLDER / name / "request.json").read_text("utf-8")), **changes}


def allow(running: Running) -> Ended:
    """Attach the statements that come with the examples, as their pages say; and one for roles that are more.

    The boundary permits their services too.
    """
    boundaries.add_actions(running.client("cloudformation"), running.deployment.stack_name, ADDITIONAL_ACTIONS)
    policy = json.loads((FOLDER / CONTAINERS / "policy.json").read_text("utf-8"))
    policy["Statement"].append(
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/mlops-*"}
    )
    made = running.client("iam").create_policy(PolicyName="mlops-blueprints", PolicyDocument=json.dumps(policy))
    parameter = f"CustomBlueprintPolicyArn={made['Policy']['Arn']}"
    with pytest.MonkeyPatch.context() as here:
        here.chdir(running.folder)
        return mlops("deploy", "--local", "--yes", "--json", "--param", parameter)


def folders(stub: Stub, scratch: Path) -> list[Path]:
    """The examples; the one of Hugging Face is a copy with the stub's address, which no request can say."""
    copied = scratch / HUGGING_FACE
    shutil.copytree(FOLDER / HUGGING_FACE, copied)
    _look_at(copied / "blueprint.yaml", stub)
    return [copied if name == HUGGING_FACE else FOLDER / name for name in NAMES]


def add(running: Running, stub: Stub, scratch: Path) -> None:
    """Add all three by the command line, from the folder that the local AWS runs in."""
    store_data(running.client("s3"), running.deployment.outputs["AssetsBucketName"])
    for folder in folders(stub, scratch):
        with pytest.MonkeyPatch.context() as here:
            here.chdir(running.folder)
            added = mlops("pipeline-types", "add", str(folder), "--local", "--json")
            assert added.status == 0, added


def store_data(s3: Any, assets_bucket: str) -> None:
    """What the job that prepares data reads: without it SageMaker fails the job."""
    script = (FOLDER / DATA / "prepare.py").read_bytes()
    for key, content in (("scripts/berth-features/prepare.py", script), ("raw/berths/2026.csv", b"id,length\n1,20\n")):
        s3.put_object(Bucket=assets_bucket, Key=key, Body=content)


def _look_at(blueprint: Path, stub: Stub) -> None:
    text = blueprint.read_text("utf-8")
    for old, new in ((f"Default: {_HUGGING_FACE_URL}", f"Default: {stub.url}"), ("Default: 10,", "Default: 0.05,")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    blueprint.write_text(text, "utf-8")


def network(aws: Aws) -> dict[str, Any]:
    """The VPC that every account has."""
    ec2 = aws.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    return {"vpc_id": vpc["VpcId"], "subnet_ids": [subnet["SubnetId"] for subnet in subnets[:2]]}


def secret(aws: Aws) -> str:
    """A secret with the token; its ARN."""
    made = aws.client("secretsmanager").create_secret(Name="mlops/hugging-face", SecretString=f"{TOKEN}\n")
    return str(made["ARN"])
