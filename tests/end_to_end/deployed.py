# SPDX-License-Identifier: Apache-2.0
"""A blueprint that is deployed by itself, with the values that the orchestrator plans for a request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.client import predictions
from mlops_orchestrator.client.predictions import Target
from orchestrator import csv_headers
from orchestrator.aws.s3.objects import Beginning
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan.additions import Additions
from orchestrator.values import package_artifacts
from orchestrator.values.per_stage import Stage
from scripts.local_aws.server import LocalAws
from tests.end_to_end import waiting
from tests.local_aws.stack_setting import ACCOUNTS, acting_in, parameters

ORCHESTRATOR: Final = "123456789012"
_BLUEPRINTS: Final = Path(__file__).parents[2] / "templates/blueprints"
_SECONDS: Final = 0.05
_LOOKS: Final = 4800


def launch_of(assets: str, pipelines: str = "quayside-pipelines") -> Launch:
    """The launch of an orchestrator for its own account, without options, with these buckets."""
    return Launch(
        region="us-east-1",
        multi_account=False,
        use_model_registry=False,
        assets_bucket=assets,
        pipelines_bucket=pipelines,
        ecr_repository_arn=f"arn:aws:ecr:us-east-1:{ORCHESTRATOR}:repository/quayside-images",
        application="mlops",
    )


class Deployed:
    """The blueprint's stack of a request, in the orchestrator's account or in that of a stage."""

    def __init__(self, aws: LocalAws, body: Mapping[str, Any], launch: Launch, stage: Stage | None = None) -> None:
        self._aws, self._launch, self._stage = aws, launch, stage
        self.account = ACCOUNTS[stage] if stage else ORCHESTRATOR
        self._cloudformation = self.client("cloudformation")
        request = self._planned(body)
        self.name = request.stack_name
        self._cloudformation.create_stack(**self._definition(request))
        self._wait("stack_create_complete")

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._stack()["Outputs"]}

    @property
    def status(self) -> str:
        """The stack's status."""
        return str(self._stack()["StackStatus"])

    @property
    def digits(self) -> str:
        """The first digits of the stack's id, which are in names of what it makes."""
        return str(self._stack()["StackId"]).split("/")[2].partition("-")[0]

    @property
    def target(self) -> Target:
        """What the client asks for predictions of the model."""
        found = predictions.target(aws_access.local(self._aws.endpoint_url, self._aws.region), self.outputs)
        assert found is not None
        return found

    def client(self, service: str) -> Any:
        """A client that acts in the stack's account."""
        return acting_in(self._aws, self.account, service)

    def update(self, body: Mapping[str, Any]) -> bool:
        """Deploy another request of the same pipeline and wait for the end; False when nothing is to be changed."""
        try:
            self._cloudformation.update_stack(**self._definition(self._planned(body)))
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            return False
        waiting.until(lambda: not self.status.endswith("_IN_PROGRESS"))
        return True

    def failures(self) -> list[str]:
        """Why steps failed, newest first."""
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED")]

    def remove(self) -> None:
        """Delete the stack."""
        self._cloudformation.delete_stack(StackName=self.name)
        self._wait("stack_delete_complete")

    @staticmethod
    def request(body: Mapping[str, Any], launch: Launch) -> BlueprintPipeline:
        """The validated request."""
        request = BUILT_IN.parse(body, launch).request
        assert isinstance(request, BlueprintPipeline)
        return request

    def _planned(self, body: Mapping[str, Any]) -> BlueprintPipeline:
        """The request with what the files that it names say, and what its stack reads in place."""
        s3 = acting_in(self._aws, ORCHESTRATOR, "s3")

        def beginning(bucket: str, key: str, _: int) -> Beginning:
            return Beginning(s3.get_object(Bucket=bucket, Key=key)["Body"].read(), is_whole=True)

        request = self.request(body, self._launch)
        if files := request.csv_files(self._launch):
            request = request.with_csv_headers(csv_headers.read(files, beginning))
        if package := request.model_package(self._launch):
            registry = acting_in(self._aws, ORCHESTRATOR, "sagemaker")
            description = registry.describe_model_package(ModelPackageName=package)
            request = request.with_packaged_model(package_artifacts.of_description(description))
        for planned in request.objects(self._launch):
            s3.put_object(Bucket=planned.bucket, Key=planned.key, Body=planned.content)
        return request

    def _definition(self, request: BlueprintPipeline) -> dict[str, Any]:
        values = request.parameters(self._launch, self._stage).values_as_text()
        snapshots = Additions(snapshots=request.additions(self._launch).snapshots)
        template = snapshots.applied((_BLUEPRINTS / f"{request.blueprint}.yaml").read_bytes())
        return {
            "StackName": request.stack_name,
            "TemplateBody": template.decode(),
            "Parameters": parameters(**values),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }

    def _stack(self) -> Any:
        (stack,) = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return stack

    def _wait(self, event: str) -> None:
        self._cloudformation.get_waiter(event).wait(
            StackName=self.name, WaiterConfig={"Delay": _SECONDS, "MaxAttempts": _LOOKS}
        )
