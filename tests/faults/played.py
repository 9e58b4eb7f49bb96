# SPDX-License-Identifier: Apache-2.0
"""What moto does not play: executions of pipelines, StackSets with operations, jobs and the registry of SageMaker.

Each service answers an operation with the method named like the client's. What it promises about repeats is what
matters here: a token that came before, a name that is taken, an operation that is known.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Asked = Mapping[str, Any]
THEN = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class RefusalError(Exception):
    """What AWS answers instead."""

    def __init__(self, code: str, message: str = "because it is so", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


def digest(content: Any) -> str:
    """A short digest of something that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]


class CodePipeline:
    """Pipelines with their executions, and the jobs that they give to the stage deployer."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        """Gives the version of the package that the source action of a pipeline reads."""
        self.executions: dict[str, list[dict[str, Any]]] = {}
        self._tokens: dict[tuple[str, str], str] = {}
        self.answers: list[tuple[str, dict[str, Any]]] = []

    def run(self, pipeline: str, trigger: str) -> str:
        """Start an execution."""
        executions = self.executions.setdefault(pipeline, [])
        version = self._read(pipeline)
        execution = {
            "pipelineExecutionId": f"e-{len(executions) + 1}",
            "status": "InProgress",
            "startTime": datetime.now(UTC),
            "sourceRevisions": [{"actionName": "S3Source", "revisionId": version}] if version else [],
            "trigger": {"triggerType": trigger},
        }
        executions.insert(0, execution)
        return str(execution["pipelineExecutionId"])

    def settle(self) -> None:
        """End every execution well."""
        for executions in self.executions.values():
            for execution in executions:
                if execution["status"] == "InProgress":
                    execution["status"] = "Succeeded"

    def _of(self, asked: Asked, key: str) -> list[dict[str, Any]]:
        if asked[key] not in self.executions:
            raise RefusalError("PipelineNotFoundException")
        return self.executions[asked[key]]

    def list_pipeline_executions(self, asked: Asked) -> Asked:
        return {"pipelineExecutionSummaries": self._of(asked, "pipelineName")[: asked.get("maxResults", 100)]}

    def start_pipeline_execution(self, asked: Asked) -> Asked:
        self._of(asked, "name")
        key = asked["name"], asked.get("clientRequestToken", "")
        if key not in self._tokens or not key[1]:
            self._tokens[key] = self.run(asked["name"], "StartPipelineExecution")
        return {"pipelineExecutionId": self._tokens[key]}

    def stop_pipeline_execution(self, asked: Asked) -> Asked:
        for execution in self._of(asked, "pipelineName"):
            if execution["pipelineExecutionId"] == asked["pipelineExecutionId"]:
                if execution["status"] != "InProgress":
                    raise RefusalError("PipelineExecutionNotStoppableException")
                execution["status"] = "Stopped"
        return {"pipelineExecutionId": asked["pipelineExecutionId"]}

    def list_tags_for_resource(self, _: Asked) -> Asked:
        return {"tags": [{"key": "model_name", "value": "berths"}]}

    def list_action_executions(self, asked: Asked) -> Asked:
        failed = {
            "pipelineExecutionId": asked["filter"]["pipelineExecutionId"],
            "actionExecutionId": "a-1",
            "stageName": "DeployPipeline",
            "actionName": "deploy_stack",
            "startTime": THEN,
            "status": "Failed",
            "input": {"actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "Other", "version": "1"}},
            "output": {"executionResult": {"externalExecutionSummary": "no room"}},
        }
        return {"actionExecutionDetails": [failed]}

    def put_job_success_result(self, asked: Asked) -> Asked:
        if any(job == asked["jobId"] for job, _ in self.answers):
            raise RefusalError("InvalidJobStateException")
        self.answers.append((asked["jobId"], dict(asked)))
        return {}

    put_job_failure_result = put_job_success_result


@dataclass
class StackSet:
    """A StackSet; of an operation the places that it reaches are kept until it ends."""

    definition: dict[str, Any]
    token: str = ""
    instances: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    operations: dict[str, tuple[str, list[tuple[str, str]]]] = field(default_factory=dict)
    running: str = ""


UNIT = "ou-ab12-cd34ef56"


class StackSets:
    """StackSets with service-managed permissions; an operation runs until `settle`."""

    def __init__(self) -> None:
        self.sets: dict[str, StackSet] = {}
        self.begun: list[tuple[str, str, list[tuple[str, str]]]] = []

    def make(self, name: str, definition: dict[str, Any], *accounts: str) -> StackSet:
        """Have a StackSet with current instances in these accounts."""
        made = self.sets[name] = StackSet(definition)
        for account in accounts:
            _put(made, (account, "eu-west-1"), "before")
        return made

    def settle(self) -> None:
        """End every operation well."""
        for found in self.sets.values():
            if not found.running:
                continue
            kind, places = found.operations[found.running]
            for place in places:
                if kind == "delete":
                    found.instances.pop(place, None)
                else:
                    _put(found, place, found.running)
            found.running = ""

    def _named(self, asked: Asked) -> StackSet:
        if asked["StackSetName"] not in self.sets:
            raise RefusalError("StackSetNotFoundException", "no such thing", 404)
        return self.sets[asked["StackSetName"]]

    def _start(self, asked: Asked, kind: str, places: list[tuple[str, str]]) -> Asked:
        found, operation = self._named(asked), asked["OperationId"]
        if operation in found.operations:
            raise RefusalError("OperationIdAlreadyExistsException", status=409)
        if found.running:
            raise RefusalError("OperationInProgressException", status=409)
        found.running, found.operations[operation] = operation, (kind, places)
        self.begun.append((asked["StackSetName"], kind, places))
        return {"OperationId": operation}

    def describe_stack_set(self, asked: Asked) -> Asked:
        return {"StackSet": {"StackSetName": asked["StackSetName"], **self._named(asked).definition}}

    def create_stack_set(self, asked: Asked) -> Asked:
        there = self.sets.get(asked["StackSetName"])
        if there is not None and there.token != asked["ClientRequestToken"]:
            raise RefusalError("NameAlreadyExistsException", status=409)
        if there is None:
            self.sets[asked["StackSetName"]] = StackSet(_definition(asked), asked["ClientRequestToken"])
        return {"StackSetId": "set:1"}

    def create_stack_instances(self, asked: Asked) -> Asked:
        return self._start(asked, "create", _places(asked))

    def update_stack_set(self, asked: Asked) -> Asked:
        started = self._start(asked, "update", _places(asked))
        self._named(asked).definition = _definition(asked)
        for instance in self._named(asked).instances.values():
            instance["Status"] = "OUTDATED"
        return started

    def delete_stack_instances(self, asked: Asked) -> Asked:
        return self._start(asked, "delete", list(self._named(asked).instances))

    def delete_stack_set(self, asked: Asked) -> Asked:
        found = self._named(asked)
        if found.instances or found.running:
            raise RefusalError(
                "OperationInProgressException" if found.running else "StackSetNotEmptyException", status=409
            )
        del self.sets[asked["StackSetName"]]
        return {}

    def list_stack_instances(self, asked: Asked) -> Asked:
        return {"Summaries": list(self._named(asked).instances.values())}

    def list_stack_set_operations(self, asked: Asked) -> Asked:
        found = self._named(asked)
        listed = {name: "RUNNING" if name == found.running else "SUCCEEDED" for name in found.operations}
        return {"Summaries": [{"OperationId": name, "Status": status} for name, status in listed.items()]}

    def describe_stack_set_operation(self, asked: Asked) -> Asked:
        found, operation = self._named(asked), asked["OperationId"]
        if operation not in found.operations:
            raise RefusalError("OperationNotFoundException", status=404)
        status = "RUNNING" if operation == found.running else "SUCCEEDED"
        return {"StackSetOperation": {"OperationId": operation, "Status": status}}


def _definition(asked: Asked) -> dict[str, Any]:
    return {key: asked[key] for key in ("TemplateBody", "Parameters", "Tags") if key in asked}


def _places(asked: Asked) -> list[tuple[str, str]]:
    accounts = asked.get("DeploymentTargets", {}).get("Accounts", [])
    return [(account, region) for account in accounts for region in asked.get("Regions", [])]


def _put(found: StackSet, place: tuple[str, str], operation: str) -> None:
    found.instances[place] = {
        "Account": place[0],
        "Region": place[1],
        "Status": "CURRENT",
        "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED"},
        "LastOperationId": operation,
        "OrganizationalUnitId": UNIT,
    }


class SageMaker:
    """Jobs, whose names are never free again, and versions in a registry, which a token makes once."""

    def __init__(self) -> None:
        self.described: dict[str, dict[str, Any]] = {}
        """Descriptions of jobs that have ended, by name."""
        self.jobs: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        """By the token."""
        self.approved: set[str] = set()
        """ARNs of versions that others have made, and approved."""

    def describe_training_job(self, asked: Asked) -> Asked:
        return self._described(asked["TrainingJobName"])

    def list_training_jobs(self, asked: Asked) -> Asked:
        earliest = asked["CreationTimeAfter"]
        named = [job for name, job in self.described.items() if asked["NameContains"] in name]
        return {"TrainingJobSummaries": [job for job in named if job["CreationTime"] > earliest]}

    def describe_processing_job(self, asked: Asked) -> Asked:
        return self._described(asked["ProcessingJobName"])

    def create_processing_job(self, asked: Asked) -> Asked:
        name = asked["ProcessingJobName"]
        if name in self.described:
            raise RefusalError("ResourceInUse", "there is such a job")
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:processing-job/{name}"
        started = {"ProcessingJobArn": arn, "ProcessingJobStatus": "InProgress", "CreationTime": datetime.now(UTC)}
        self.described[name] = {**asked, **started}
        return {"ProcessingJobArn": arn}

    def _described(self, name: str) -> Asked:
        if name not in self.described:
            raise RefusalError("ValidationException", "Could not find requested job")
        return self.described[name]

    groups_are_gone = False

    def describe_model_package_group(self, asked: Asked) -> Asked:
        if self.groups_are_gone:
            raise RefusalError("ValidationException", f"{asked['ModelPackageGroupName']} does not exist.")
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/{asked['ModelPackageGroupName']}"
        made = {"CreationTime": THEN, "CreatedBy": {}, "ModelPackageGroupStatus": "Completed"}
        return {**asked, **made, "ModelPackageGroupArn": arn}

    def describe_endpoint(self, asked: Asked) -> Asked:
        times = dict.fromkeys(("CreationTime", "LastModifiedTime"), "2026-11-20T08:15:00+00:00")
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{asked['EndpointName']}"
        return {**asked, **times, "EndpointArn": arn, "EndpointStatus": "InService"}

    def describe_auto_ml_job(self, asked: Asked) -> Asked:
        return self.described[asked["AutoMLJobName"]]

    def list_auto_ml_jobs(self, _: Asked) -> Asked:
        return {"AutoMLJobSummaries": [job for job in self.described.values() if "AutoMLJobName" in job]}

    def list_tags(self, _: Asked) -> Asked:
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    tags: Mapping[str, str] = {}

    def list_model_packages(self, asked: Asked) -> Asked:
        listed = {"CreationTime": THEN, "ModelPackageStatus": "Completed", "ModelApprovalStatus": "Approved"}
        versions = asked["ModelPackageGroupName"].replace(":model-package-group/", ":model-package/")
        found = [arn for arn in sorted(self.approved) if arn.startswith(f"{versions}/")]
        return {"ModelPackageSummaryList": [{**listed, "ModelPackageArn": arn} for arn in found]}

    def describe_model_package(self, asked: Asked) -> Asked:
        container = {"Image": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"}
        container |= {"ModelDataUrl": "s3://quayside-assets/out/berths/model.tar.gz"}
        return {
            "ModelPackageArn": asked["ModelPackageName"],
            "CreationTime": THEN,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "InferenceSpecification": {"Containers": [container]},
        }

    def create_model_package(self, asked: Asked) -> Asked:
        version = self.versions.setdefault(asked["ClientToken"], dict(asked))
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/berths/{len(self.versions)}"
        return {"ModelPackageArn": version.setdefault("Arn", arn)}

    def update_model_package(self, asked: Asked) -> Asked:
        (version,) = (found for found in self.versions.values() if found["Arn"] == asked["ModelPackageArn"])
        version |= {key: value for key, value in asked.items() if key != "ModelPackageArn"}
        return {"ModelPackageArn": asked["ModelPackageArn"]}

    def create_transform_job(self, asked: Asked) -> Asked:
        name = asked["TransformJobName"]
        if name in self.jobs:
            raise RefusalError("ResourceInUse", "there is such a job")
        self.jobs[name] = {**asked, "TransformJobArn": self._arn(name), "TransformJobStatus": "InProgress"}
        return {"TransformJobArn": self._arn(name)}

    def _arn(self, name: str) -> str:
        return f"arn:aws:sagemaker:eu-west-1:123456789012:transform-job/{name}"

    def describe_transform_job(self, asked: Asked) -> Asked:
        if asked["TransformJobName"] not in self.jobs:
            raise RefusalError("ValidationException", "no such job")
        return {**self.jobs[asked["TransformJobName"]], "CreationTime": THEN}

    def stop_transform_job(self, asked: Asked) -> Asked:
        job = self.jobs.get(asked["TransformJobName"])
        if job is None or job["TransformJobStatus"] != "InProgress":
            raise RefusalError("ValidationException", "it does not run")
        job["TransformJobStatus"] = "Stopped"
        return {}
