# SPDX-License-Identifier: Apache-2.0
"""The single-account root stack, created by an emulator that is not ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import boto3
import pytest
from cfn_flip import dump_json, load_yaml

from mlops_orchestrator.aws.api_client import SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from orchestrator.launch.settings import Launch
from scripts.packaging import artifacts, bundle
from scripts.packaging.artifacts import Place
from tests import making
from tests.end_to_end import waiting
from tests.second_opinion import emulator

_REGION: Final = "us-east-1"
# The only one that it knows before somebody makes another.
_KEY: Final = "test"
_STACK: Final = "mlops"
_BUCKET: Final = "artifacts"
_OPTION: Final = "single-account"


@dataclass(frozen=True)
class Deployed:
    """The orchestrator there."""

    aws: Aws
    stack: Mapping[str, Any]
    """As DescribeStacks describes it."""

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the root stack."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack.get("Outputs", [])}

    def prepare(self, request: Any) -> None:
        """Make what a request names."""
        launch = Launch(
            region=_REGION,
            multi_account=False,
            use_model_registry=False,
            assets_bucket=self.outputs["AssetsBucketName"],
            pipelines_bucket=self.outputs["PipelinesBucketName"],
            ecr_repository_arn=self.outputs["EcrRepositoryArn"],
            application=_STACK,
        )
        making.all_named(request, launch, self.aws.client)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of a signed call."""
        endpoint = self.outputs["ApiEndpoint"]
        host = emulator.api_host(self.aws.endpoint_url, endpoint)
        url = f"{self.aws.endpoint_url}/{endpoint.rpartition('/')[2]}{path}"
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Host": host, "Content-Type": "application/json"}
        status, answer = SignedClient(self.aws).send(method, url, content, headers)
        return status, json.loads(answer)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The emulator's AWS."""
    if not emulator.program().exists():
        pytest.fail("there is no emulator: run `make second-opinion`")
    with emulator.running(tmp_path_factory.mktemp("emulator")) as address:
        session = boto3.session.Session(aws_access_key_id=_KEY, aws_secret_access_key=_KEY, region_name=_REGION)
        yield Aws(session, _REGION, address)


@pytest.fixture(scope="session")
def deployed(aws: Aws) -> Deployed:
    """The root stack, created from what this checkout publishes."""
    release = artifacts.assemble(bundle.build("host"))
    place = Place(_BUCKET, f"releases/{release.version}", _REGION)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    files = dict(release.files(place))
    template = dump_json(_imitated(files[artifacts.root_template_name(_OPTION)].decode()))
    for name, content in {**files, "root.json": template.encode()}.items():
        s3.put_object(Bucket=_BUCKET, Key=f"{place.prefix}/{name}", Body=content)
    values = {"ArtifactBucket": _BUCKET, "ArtifactPrefix": place.prefix, "NotificationEmail": "team@example.com"}
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName=_STACK,
        # It reads templates of its own buckets by its own address only.
        TemplateURL=f"{aws.endpoint_url}/{_BUCKET}/{place.prefix}/root.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
    )

    def ended() -> Any:
        (stack,) = cloudformation.describe_stacks(StackName=_STACK)["Stacks"]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    return Deployed(aws, waiting.until(ended))


def _imitated(template: str) -> Any:
    """A root template without what the emulator refuses: resource groups, and alarms on formulas over metrics."""
    read = load_yaml(template)
    read["Resources"] = {
        logical_id: resource
        for logical_id, resource in read["Resources"].items()
        if resource["Type"] != "AWS::ResourceGroups::Group" and "Metrics" not in resource.get("Properties", {})
    }
    return read
