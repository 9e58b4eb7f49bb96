# SPDX-License-Identifier: Apache-2.0
"""The deployed orchestrator as its users meet it, and an audience for its launch."""

from __future__ import annotations

import functools
import json
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.aws.pipeline_status import Approval, PipelineStatus
from mlops_orchestrator.client import predictions
from scripts.launch.deployment import Audience
from tests.end_to_end import waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_orchestrator.aws.aws_access import Aws
    from mlops_orchestrator.aws.stack_following import StackEvent
    from mlops_orchestrator.client.predictions import Target
    from scripts.demo.demo_model import TrainedModel
    from scripts.launch.local_deployment import LocalDeployment

ARTIFACT_KEY: Final = "models/demo/model.tar.gz"
SERVED: Final = {"model_framework": "xgboost", "model_framework_version": "1.7-1"}
"""The local AWS runs a process that predicts for these. For any other image it runs none, which costs half as much."""


def with_artifact(deployment: LocalDeployment) -> Orchestrator:
    """The orchestrator, with something in its assets bucket where a model's artifact would be, if there is none yet."""
    bucket, s3 = deployment.outputs["AssetsBucketName"], deployment.aws.client("s3")
    if not s3.list_objects_v2(Bucket=bucket, Prefix=ARTIFACT_KEY)["KeyCount"]:
        s3.put_object(Bucket=bucket, Key=ARTIFACT_KEY, Body=b"of a model that is never asked")
    return Orchestrator(deployment)


class Nobody(Audience):
    """An audience that does not listen."""

    def say(self, text: str) -> None:
        """Hear a sentence."""

    def event(self, event: StackEvent) -> None:
        """Hear of a change of state."""


class Orchestrator:
    """The deployed orchestrator as its users meet it."""

    def __init__(self, deployment: LocalDeployment) -> None:
        self.deployment = deployment
        self.client = deployment.aws.client
        self.in_account = functools.cache(self._in_account)
        self._names: dict[str, str] = {}

    def _in_account(self, stage: str) -> Aws:
        """The account of a stage."""
        return self.deployment.in_account(self.deployment.accounts[stage])

    def store(self, model: TrainedModel) -> TrainedModel:
        """Put a model's artifact into the assets bucket, where requests look for it."""
        from scripts.demo import demo_model  # noqa: PLC0415

        bucket = self.deployment.outputs["AssetsBucketName"]
        self.client("s3").put_object(Bucket=bucket, Key=ARTIFACT_KEY, Body=demo_model.package(model))
        return model

    def store_rows(self, learned: str, held_out: str) -> None:
        """Put rows to train with, and others to compare models on, into the assets bucket under these keys."""
        from scripts.demo import demo_model  # noqa: PLC0415

        s3, bucket = self.client("s3"), self.deployment.outputs["AssetsBucketName"]
        for key, rows in zip((learned, held_out), demo_model.split(), strict=True):
            s3.put_object(Bucket=bucket, Key=key, Body=demo_model.as_csv(rows))

    def request(self, model_name: str, **changes: Any) -> dict[str, Any]:
        """A valid request of the built-in real-time type; a change to `None` leaves the key out.

        The model is one that the local AWS does not run: `**SERVED` is for those that are asked.
        """
        request = {
            "pipeline_type": "byom_realtime_builtin",
            "model_name": model_name,
            "model_framework": "kmeans",
            "model_framework_version": "1",
            "model_artifact_location": ARTIFACT_KEY,
            "inference_instance": "ml.m5.large",
            "data_capture_location": f"{self.deployment.outputs['AssetsBucketName']}/captured/{model_name}",
            **changes,
        }
        return {key: value for key, value in request.items() if value is not None}

    def provision(self, request: dict[str, Any]) -> dict[str, Any]:
        """Provision and give the answer's body; the call must succeed."""
        answer = self.deployment.api.provision(request)
        assert answer.status == 200, answer.body
        return answer.body

    def provisioned(self, request: dict[str, Any]) -> str:
        """Provision, wait for the end, and give the pipeline's id; the pipeline must succeed."""
        pipeline_id: str = self.provision(request)["pipeline_id"]
        status = self.ended(pipeline_id)
        assert status.has_succeeded, status
        return pipeline_id

    def ended(self, pipeline_id: str, after: str | None = None) -> PipelineStatus:
        """The status of a pipeline that has ended; `after` is an execution that is over."""

        def over() -> bool:
            status = self._now(pipeline_id)
            return status.has_ended and status.execution != after

        waiting.until(over)
        return self.status(pipeline_id)

    def changed(self, pipeline_id: str, request: dict[str, Any]) -> PipelineStatus:
        """Send a changed request of a pipeline, and give the end of the execution that it has started."""
        before = self._now(pipeline_id).execution
        assert self.provision(request)["pipeline_id"] == pipeline_id
        return self.ended(pipeline_id, after=before)

    def status(self, pipeline_id: str) -> PipelineStatus:
        answer = self.deployment.api.status(pipeline_id)
        assert answer.status == 200, answer.body
        return pipeline_status.read(answer.body)

    def _now(self, pipeline_id: str) -> PipelineStatus:
        """The same from CodePipeline itself, which is to be looked at often: it takes a fifth of the time."""
        name = self._names.get(pipeline_id)
        if not name:
            status = self.status(pipeline_id)
            self._names[pipeline_id] = status.pipeline
            return status
        state = self.client("codepipeline").get_pipeline_state(name=name)
        return pipeline_status.read(json.loads(json.dumps(state, default=str)))

    def asked(self, pipeline_id: str, target: str) -> Approval:
        """The question whether a stage may be deployed, as soon as it is asked."""

        def question() -> Approval | None:
            status = self._now(pipeline_id)
            assert not status.has_failed, status
            return next((approval for approval in status.waiting if approval.target == target), None)

        return waiting.until(question)

    def decide(self, pipeline_id: str, question: Approval, *, approve: bool = True, words: str = "fine") -> None:
        """Answer it."""
        self.client("codepipeline").put_approval_result(
            pipelineName=self.status(pipeline_id).pipeline,
            stageName=question.stage,
            actionName=question.action,
            token=question.token,
            result={"summary": words, "status": "Approved" if approve else "Rejected"},
        )

    def executions(self, pipeline_id: str) -> list[dict[str, Any]]:
        """Every execution of a pipeline, newest first."""
        name = self.status(pipeline_id).pipeline
        found = self.client("codepipeline").list_pipeline_executions(pipelineName=name)
        return list(found["pipelineExecutionSummaries"])

    def stack(self, stack_name: str) -> dict[str, Any]:
        """A stack as CloudFormation describes it."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
        return dict(stack)

    def outputs(self, stack_name: str) -> dict[str, str]:
        """Outputs of a deployed blueprint."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(stack_name)["Outputs"]}

    def resources(self, stack_name: str) -> list[dict[str, Any]]:
        """Resources of a stack as CloudFormation lists them."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack_name)
        return [one for page in pages for one in page["StackResourceSummaries"]]

    def model_of(self, stack_name: str) -> dict[str, Any]:
        """The model of a deployed blueprint as SageMaker describes it."""
        name = self.outputs(stack_name)["SageMakerModelName"]
        return dict(self.client("sagemaker").describe_model(ModelName=name))

    def acting_as(self, stack_name: str, role: str, service: str) -> Any:
        """A client with the credentials that code in a role of a deployed blueprint has."""
        resource = self.client("cloudformation").describe_stack_resource(StackName=stack_name, LogicalResourceId=role)
        name = resource["StackResourceDetail"]["PhysicalResourceId"]
        arn = self.client("iam").get_role(RoleName=name)["Role"]["Arn"]
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="container")["Credentials"]
        aws = self.deployment.aws
        return aws.session.client(
            service,
            region_name=aws.region,
            endpoint_url=aws.endpoint_url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def stacks(self, part: str = "") -> set[str]:
        """Names of all stacks there are, or of those with something in their names."""
        pages = self.client("cloudformation").get_paginator("describe_stacks").paginate()
        return {stack["StackName"] for page in pages for stack in page["Stacks"] if part in stack["StackName"]}

    def pipelines(self) -> set[str]:
        """Names of the stacks that hold pipelines: calls make them, and not what earlier tests have left to go on."""
        return {name for name in self.stacks() if name.endswith(("-codepipeline", "imagebuilder"))}

    def failures(self, stack_name: str) -> list[str]:
        """Why steps of a deployed blueprint failed, newest first."""
        events = self.client("cloudformation").describe_stack_events(StackName=stack_name)["StackEvents"]
        return [one.get("ResourceStatusReason", "") for one in events if one["ResourceStatus"].endswith("_FAILED")]

    def advance(self, seconds: int) -> None:
        """Move the clock of the local AWS, and do what falls into that time."""
        request = urllib.request.Request(f"{self.deployment.aws.endpoint_url}/_clock?seconds={seconds}", method="POST")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200

    def answering(self, endpoint: str, row: Iterable[Any], calls: int) -> Counter[str]:
        """How many of some calls each variant of an endpoint answers."""
        asked = {"EndpointName": endpoint, "ContentType": "text/csv", "Body": ",".join(map(str, row))}
        runtime = self.client("sagemaker-runtime")
        return Counter(runtime.invoke_endpoint(**asked)["InvokedProductionVariant"] for _ in range(calls))

    def target(self, stack_name: str) -> Target:
        """What the client asks for predictions of a deployed model."""
        found = predictions.target(self.deployment.aws, self.outputs(stack_name))
        assert found is not None
        return found

    def predict(self, stack_name: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """A signed call of a deployed inference API."""
        url = self.deployment.reachable(self.outputs(stack_name)["InferenceApiUrl"])
        return self.deployment.api.client.post(url, json.dumps(body).encode())
