# SPDX-License-Identifier: Apache-2.0
"""A launched orchestrator in an AWS of moto's and `played.py`'s making: what is in it, and how it looks from outside.

Stacks are moto's, but they take their time: what CreateStack and UpdateStack begin ends when `settle` is called, as do
executions and operations. A pipeline whose stack was made or changed runs by itself, as our templates have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from types import ModuleType
from typing import Any, Final

from botocore import xform_name
from botocore.awsrequest import AWSResponse
from moto.cloudformation.models import cloudformation_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.ecr.models import ecr_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in.image_builder import ImageBuilderParameters
from orchestrator.plan import layout
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters, SingleAccountPipelineParameters
from orchestrator.sagemaker.monitor_runs import DATA_JOBS
from tests.faults.played import CodePipeline, RefusalError, SageMaker, StackSets, digest
from tests.faults.wire import Call, Send, answer, refusal

REGION = "eu-west-1"
CONFIG = "quayside-config"
_PIPELINES = {
    "single_account_codepipeline": SingleAccountPipelineParameters,
    "multi_account_codepipeline": MultiAccountPipelineParameters,
    "image_builder": ImageBuilderParameters,
}
_RANDOM = re.compile(
    r"(?<=mlops-retrain-)[0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}(?=/)|[0-9a-f]{64}|(?<=(?:-dev|ging|prod)-)[0-9a-f]{8}$"
)
_OF_THE_ATTEMPT = ("at", "saw_until", "report", "time", "attempt", "requested_at", "message", "warnings")
"""Members of stored documents that say when, or in which words, and not what."""


# What the requests of the scenarios name.
_NAMED_BUCKETS: Final = ("quayside-arrivals", "quayside-capture", "quayside-monitoring")
_NAMED_KEYS: Final = ("images/berth-vision/source.zip", "models/berth-occupancy/2026-10/model.tar.gz")


class World:
    """Everything that the orchestrator can change."""

    def __init__(self, settings: Settings, inline: ModuleType) -> None:
        self.settings = settings
        self.inline = inline
        """The module of the function of `Custom::SageMakerJob`."""
        self.pipelines = CodePipeline(self._package_of)
        self.stack_sets = StackSets()
        self.sagemaker = SageMaker()
        self.custom_resource: list[dict[str, Any]] = []
        """What CloudFormation has been told of custom resources."""
        self.invocation_ended: Callable[[], None] = lambda: None
        """Called when the function has ended in whatever way."""
        self._changing: list[Any] = []
        self._tokens: dict[tuple[str, str], str] = {}

    # what is there before

    def launch(self) -> None:
        """The buckets and the topic of a launched orchestrator."""
        s3, launch = s3_backends[DEFAULT_ACCOUNT_ID]["aws"], self.settings.launch
        for bucket in (launch.pipelines_bucket, launch.assets_bucket, CONFIG):
            s3.create_bucket(bucket, REGION)
        for bucket in (launch.pipelines_bucket, CONFIG):
            s3.put_bucket_versioning(bucket, "Enabled")
        sns_backends[DEFAULT_ACCOUNT_ID][REGION].create_topic("mlops-notifications")
        for bucket in _NAMED_BUCKETS:
            s3.create_bucket(bucket, REGION)
        for key in _NAMED_KEYS:
            self.store(launch.assets_bucket, key, b"")
        for repository in ("quayside-images", "another"):
            ecr_backends[DEFAULT_ACCOUNT_ID][REGION].create_repository(repository, None, None, None, None, None)

    def store(self, bucket: str, key: str, content: bytes) -> str:
        """Have an object; gives its version."""
        return str(s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(bucket, key, content).version_id)

    def content(self, key: str) -> bytes:
        """The content of an object in the pipelines bucket."""
        bucket = self.settings.launch.pipelines_bucket
        found: bytes = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(bucket, key).value
        return found

    def stack(self, name: str) -> Any:
        """moto's stack of that name, or `None`."""
        stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values()
        return next((stack for stack in stacks if stack.name == name and stack.status != "DELETE_COMPLETE"), None)

    def has_failed(self, name: str) -> None:
        """Have the creation of a stack undone, and what is left of it stay."""
        stack = self.stack(name)
        stack.status = "ROLLBACK_COMPLETE"
        self._changing.remove(stack)

    def gone(self) -> list[str]:
        """ARNs of the stacks that were deleted."""
        stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].deleted_stacks
        return list(stacks)

    def told(self, request: Any, **_: Any) -> nullcontext[None]:
        """Take the answer to a custom resource, in the place of `urlopen`."""
        self.custom_resource.append(json.loads(request.data))
        return nullcontext()

    # time goes by

    def settle(self) -> None:
        """What AWS has begun comes to an end."""
        self.stack_sets.settle()
        for stack in self._changing:
            if stack.status == "DELETE_COMPLETE":
                continue
            made = stack.status == "CREATE_IN_PROGRESS"
            stack.status = "CREATE_COMPLETE" if made else "UPDATE_COMPLETE"
            if "PipelineName" in stack.template:
                self.pipelines.run(stack.name, "CreatePipeline" if made else "UpdatePipeline")
        self._changing.clear()
        self.pipelines.settle()

    def _package_of(self, pipeline: str) -> str:
        """The version of the package that the source action of a pipeline reads now."""
        stack = self.stack(pipeline)
        bucket, key = (stack.parameters.get(name, "") for name in ("PipelinesBucket", "TemplateZipFileName"))
        if not key:
            return ""
        found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(bucket, key)
        return str(found.version_id) if found is not None else "no package"

    # what answers

    def answer(self, call: Call, send: Send) -> AWSResponse:
        """Answer a call: played here, or moto's."""
        method = xform_name(call.operation)
        try:
            for of, player in (("codepipeline", self.pipelines), ("sagemaker", self.sagemaker)):
                if call.service == of:
                    return serialized(call, getattr(player, method)(call.parameters))
            if call.service == "cloudformation" and hasattr(self.stack_sets, method):
                return serialized(call, getattr(self.stack_sets, method)(call.parameters))
            if call.operation in ("CreateStack", "UpdateStack"):
                return self._changed(call, send)
        except RefusalError as refused:
            return refusal(call, refused.code, refused.message, refused.status)
        return send()

    def _changed(self, call: Call, send: Send) -> AWSResponse:
        """moto's answer, with what it lacks: tokens, and stacks that are busy."""
        token = call.parameters["StackName"], call.parameters.get("ClientRequestToken", "")
        if token in self._tokens:
            return serialized(call, {"StackId": self._tokens[token]})
        there = self.stack(token[0])
        if call.operation == "UpdateStack" and there is not None and there.status.endswith("_IN_PROGRESS"):
            message = f"Stack:{there.stack_id} is in {there.status} state and can not be updated."
            raise RefusalError("ValidationError", message)
        response = send()
        if response.status_code == 200:
            stack = self.stack(token[0])
            stack.status = "CREATE_IN_PROGRESS" if there is None else "UPDATE_IN_PROGRESS"
            self._changing.append(stack)
            if token[1]:
                self._tokens[token] = stack.stack_id
        return response

    # what is there after

    def snapshot(self) -> dict[str, Any]:
        """All that is there, without times, random ids and counts of what may expire."""
        stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values()
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics.values()
        return {
            "stacks": sorted(_described(stack) for stack in stacks if stack.status != "DELETE_COMPLETE"),
            "objects": {bucket: self._objects(bucket) for bucket in (self.settings.launch.pipelines_bucket, CONFIG)},
            "executions": {
                name: [self._read_by(name, found) for found in executions]
                for name, executions in self.pipelines.executions.items()
            },
            "messages": sorted(subject for made in topic for _, _, subject, *_ in made.sent_notifications),
            "stack sets": {_RANDOM.sub("*", name): self._stack_set(name) for name in sorted(self.stack_sets.sets)},
            "operations": [(_RANDOM.sub("*", name), *what) for name, *what in self.stack_sets.begun],
            "jobs": sorted(
                (digest({**job, "TransformJobName": "", "TransformJobArn": ""}), name.split("-")[0])
                for name, job in self.sagemaker.jobs.items()
                if job["TransformJobStatus"] != "Stopped"
            ),
            "data jobs": [_RANDOM.sub("*", name) for name in self.sagemaker.described if name.startswith(DATA_JOBS)],
            "steps": self._steps(),
            "versions": [
                {key: value for key, value in version.items() if key != "ClientToken"}
                for version in self.sagemaker.versions.values()
            ],
        }

    def _objects(self, bucket: str) -> dict[str, str]:
        return {
            _RANDOM.sub("*", name): _content(name, content)
            for name, content in self._stored(bucket)
            if not name.startswith(layout.STEPS)
        }

    def _steps(self) -> list[tuple[str, ...]]:
        """Whose step, which and how it ended: an attempt that is repeated may have recorded it before."""
        stored = self._stored(self.settings.launch.pipelines_bucket)
        told = ((name, json.loads(content)) for name, content in stored if name.startswith(layout.STEPS))
        return sorted({(name.split("/")[1], step["step"], step["outcome"]) for name, step in told})

    def _stored(self, bucket: str) -> Iterator[tuple[str, bytes]]:
        keys = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys.items()
        yield from ((name, key.value) for name, key in keys if hasattr(key, "value"))

    def _read_by(self, pipeline: str, execution: Mapping[str, Any]) -> str:
        """The content that an execution has deployed."""
        versions = [found["revisionId"] for found in execution["sourceRevisions"]]
        stack = self.stack(pipeline)
        if not versions or stack is None:
            return "nothing"
        key = stack.parameters["TemplateZipFileName"]
        found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(
            self.settings.launch.pipelines_bucket, key, version_id=versions[0]
        )
        return str(found.etag) if found is not None else "a package that is gone"

    def _stack_set(self, name: str) -> tuple[str, list[tuple[Any, ...]]]:
        found = self.stack_sets.sets[name]
        return digest(found.definition), sorted(
            (*place, instance["Status"]) for place, instance in found.instances.items()
        )


def bundled(path: str) -> bytes:
    """The template of a path: for a pipeline, which moto cannot make, a topic that changes with the parameters."""
    folder, name = path.removesuffix(".yaml").split("/")
    return pipeline_template(name).encode() if folder == "pipelines" else b"Resources: {}\n"


def pipeline_template(name: str) -> str:
    """A template with a pipeline's parameters."""
    names = list(_PIPELINES[name].model_fields)
    return json.dumps(
        {
            "Parameters": {name: {"Type": "String", "Default": ""} for name in names},
            "Resources": {
                "Pipeline": {
                    "Type": "AWS::SNS::Topic",
                    "Properties": {"DisplayName": {"Fn::Join": ["-", [{"Ref": name} for name in names]]}},
                }
            },
            "Outputs": {"PipelineName": {"Value": {"Ref": "AWS::StackName"}}},
        }
    )


def serialized(call: Call, result: Mapping[str, Any]) -> AWSResponse:
    """An answer in the form of the service's protocol."""
    model = get_service_model(call.service)
    serializer = get_serializer_class(call.service, calls.client(call.service).meta.service_model.resolved_protocol)
    made = serializer(model.operation_model(call.operation)).serialize(result)
    return answer(call, made["status_code"], made["body"], made["headers"])


def _described(stack: Any) -> tuple[str, ...]:
    told = {"parameters": dict(stack.parameters), "tags": dict(stack.tags)}
    return stack.name, stack.status, json.dumps(told, sort_keys=True)


def _content(name: str, content: bytes) -> str:
    if name.startswith("reported/"):
        # Whether it says "done" or whose it was makes no difference to anybody.
        return "a marker"
    if not name.endswith((".json", ".result.json")) and not name.startswith("deleting/"):
        return digest(content.hex())
    return digest(_lasting(json.loads(content)))


def _lasting(document: Any) -> Any:
    """A document without what another attempt may say otherwise."""
    if isinstance(document, dict):
        return {key: _lasting(value) for key, value in document.items() if key not in _OF_THE_ATTEMPT}
    if isinstance(document, list):
        return [_lasting(entry) for entry in document]
    return _RANDOM.sub("*", document) if isinstance(document, str) else document
