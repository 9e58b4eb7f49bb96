# SPDX-License-Identifier: Apache-2.0
"""CodePipeline and StackSets as the stage deployer sees them.

The clients are boto3's own: parameters are checked against the service models, answers are paged by its paginators.
Only what would go over the network is answered here. S3 is moto's.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from botocore import xform_name

from orchestrator.aws import calls

ACCOUNT = "222222222222"
UNIT = "ou-ab12-cd34ef56"
REGION = "eu-west-1"
TEMPLATE = "Resources:\n  Endpoint:\n    Type: AWS::SageMaker::Endpoint\n"
PARAMETERS = {"InferenceInstance": "ml.m5.large", "ModelName": "quayside"}
JOB = "11111111-abcd-1111-abcd-111111abcdef"
OTHER_JOB = "22222222-abcd-2222-abcd-222222abcdef"
FIVE = [f"{number}" * 12 for number in range(2, 7)]
MANY = [f"{number:012}" for number in range(1000)]

Deliver = Callable[..., None]
Pack = Callable[..., None]
Run = Callable[..., None]

_PAGE = 100


class RefusalError(Exception):
    """What AWS answers instead."""

    def __init__(self, code: str, message: str = "because of the test", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


THROTTLED = RefusalError("Throttling", "Rate exceeded")


class Called(NamedTuple):
    """One call of an AWS operation."""

    operation: str
    parameters: dict[str, Any]


class _Response(NamedTuple):
    status_code: int


class Service:
    """Answers a client's operations with the methods named like the client's; notes every call."""

    def __init__(self, name: str) -> None:
        self.called: list[Called] = []
        self.refusals: dict[str, list[RefusalError]] = {}
        events = calls.client(name).meta.events
        events.register("before-parameter-build", self._note)
        events.register("before-call", self._answer)

    def _note(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = copy.deepcopy(params)

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[_Response, dict[str, Any]]:
        self.called.append(Called(model.name, context["asked"]))
        try:
            if refusals := self.refusals.get(model.name):
                raise refusals.pop(0)
            return _Response(200), getattr(self, xform_name(model.name))(context["asked"]) or {}
        except RefusalError as refusal:
            error = {"Code": refusal.code, "Message": refusal.message}
            return _Response(refusal.status), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": refusal.status}}

    def operations(self) -> list[str]:
        return [call.operation for call in self.called]

    def parameters(self, operation: str) -> list[dict[str, Any]]:
        return [call.parameters for call in self.called if call.operation == operation]


class StackSets(Service):
    """One StackSet of service-managed permissions; operations run until `finish` is called."""

    def __init__(self) -> None:
        super().__init__("cloudformation")
        self.members = {ACCOUNT}
        """The accounts of the organizational unit."""
        self.suspended: set[str] = set()
        self.failing: dict[str, str] = {}
        """Account -> reason."""
        self.definition: dict[str, Any] | None = None
        self.instances: dict[tuple[str, str], dict[str, Any]] = {}
        self.running: dict[str, list[tuple[str, str]]] = {}
        self.ended: dict[str, dict[str, Any]] = {}
        self.results: dict[str, list[dict[str, Any]]] = {}

    # what a test does

    def exists(self, template: str = TEMPLATE, parameters: dict[str, str] | None = None) -> None:
        """Have a StackSet without instances."""
        given = PARAMETERS if parameters is None else parameters
        listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
        self.definition = {"TemplateBody": template, "Parameters": listed}

    def has(self, *accounts: str, status: str = "CURRENT", **more: Any) -> None:
        """Have instances in these accounts."""
        for account in accounts:
            detailed = {"DetailedStatus": "SUCCEEDED" if status == "CURRENT" else "FAILED"}
            self._put((account, REGION), status, StackInstanceStatus=detailed, **more)

    def begin(self, operation: str = "somebody-elses") -> None:
        """Have an operation that nobody of ours started."""
        self.running[operation] = []

    def finish(self) -> None:
        """End every operation: each target becomes what the test has arranged for its account."""
        for operation, places in self.running.items():
            self.results[operation] = [result for place in places for result in self._reach(place)]
            failed = sum(result["Status"] == "FAILED" for result in self.results[operation])
            self.ended[operation] = {"Status": "SUCCEEDED", "StatusDetails": {"FailedStackInstancesCount": failed}}
        self.running.clear()

    def starts(self) -> list[str]:
        """Ids of the operations that calls have asked for."""
        return [call.parameters["OperationId"] for call in self.called if "OperationPreferences" in call.parameters]

    # what CloudFormation does

    def _put(self, place: tuple[str, str], status: str, **more: Any) -> None:
        self.instances[place] = {"Account": place[0], "Region": place[1], "Status": status, **more}

    def _reach(self, place: tuple[str, str]) -> Iterator[dict[str, Any]]:
        account, region = place
        if account not in self.members:
            return
        result = {"Account": account, "Region": region, "Status": "SUCCEEDED"}
        if account in self.suspended:
            self._put(place, "OUTDATED", StackInstanceStatus={"DetailedStatus": "SKIPPED_SUSPENDED_ACCOUNT"})
            return
        if account in self.failing:
            reason = self.failing[account]
            self._put(place, "OUTDATED", StatusReason=reason, StackInstanceStatus={"DetailedStatus": "FAILED"})
            yield {**result, "Status": "FAILED", "StatusReason": reason}
            return
        self._put(place, "CURRENT", StackInstanceStatus={"DetailedStatus": "SUCCEEDED"})
        yield result

    def _known(self) -> dict[str, Any]:
        if self.definition is None:
            raise RefusalError("StackSetNotFoundException", "no such thing", 404)
        return self.definition

    def _start(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._known()
        operation = asked["OperationId"]
        if operation in self.running or operation in self.ended:
            raise RefusalError("OperationIdAlreadyExistsException", status=409)
        if self.running:
            raise RefusalError("OperationInProgressException", status=409)
        targets = asked.get("DeploymentTargets", {})
        places = [(account, region) for account in targets.get("Accounts", []) for region in asked.get("Regions", [])]
        self.running[operation] = places
        return {"OperationId": operation}

    def describe_stack_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"StackSet": {"StackSetName": asked["StackSetName"], **self._known()}}

    def create_stack_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.definition is not None:
            raise RefusalError("NameAlreadyExistsException", status=409)
        self.definition = {key: asked[key] for key in ("TemplateBody", "Parameters")}
        return {"StackSetId": "set:1"}

    def create_stack_instances(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._start(asked)

    def update_stack_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        started = self._start(asked)
        self.definition = {key: asked[key] for key in ("TemplateBody", "Parameters")}
        for instance in self.instances.values():
            instance["Status"] = "OUTDATED"
        return started

    def list_stack_instances(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._known()
        return _page(list(self.instances.values()), asked)

    def list_stack_set_operations(self, asked: dict[str, Any]) -> dict[str, Any]:
        running = [{"OperationId": operation, "Status": "RUNNING"} for operation in self.running]
        ended = [{"OperationId": operation, "Status": "SUCCEEDED"} for operation in self.ended]
        return {"Summaries": [*ended, *running]}

    def describe_stack_set_operation(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"StackSetOperation": self.ended.get(asked["OperationId"], {"Status": "RUNNING"})}

    def list_stack_set_operation_results(self, asked: dict[str, Any]) -> dict[str, Any]:
        (wanted,) = asked["Filters"]
        results = self.results[asked["OperationId"]]
        return _page([result for result in results if result["Status"] == wanted["Values"]], asked)


def _page(entries: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    start = int(asked.get("NextToken", "0"))
    more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(entries) else {}
    return {"Summaries": entries[start : start + _PAGE], **more}


class Pipeline(Service):
    """CodePipeline: takes the answers; `over` jobs take none."""

    def __init__(self) -> None:
        super().__init__("codepipeline")
        self.over: set[str] = set()

    def put_job_success_result(self, asked: dict[str, Any]) -> None:
        if asked["jobId"] in self.over:
            raise RefusalError("InvalidJobStateException")

    put_job_failure_result = put_job_success_result

    @property
    def answer(self) -> dict[str, Any]:
        """The newest answer."""
        return self.called[-1].parameters

    @property
    def token(self) -> str:
        token: str = self.answer["continuationToken"]
        return token

    @property
    def failure(self) -> str:
        message: str = self.answer["failureDetails"]["message"]
        return message

    @property
    def has_succeeded(self) -> bool:
        return self.called[-1].operation == "PutJobSuccessResult" and "continuationToken" not in self.answer


def zipped(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parameter_file(parameters: dict[str, str]) -> str:
    return json.dumps([{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()])
