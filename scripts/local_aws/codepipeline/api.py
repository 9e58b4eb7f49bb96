# SPDX-License-Identifier: Apache-2.0
"""CodePipeline's API: moto's for definitions and tags, the engine's for everything that runs.

moto finds the method of an action by its name. Each method reads the request's JSON and returns the answer's.
https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from moto.codepipeline.responses import CodePipelineResponse
from moto.core.exceptions import JsonRESTError
from moto.sts.models import sts_backends

from scripts.local_aws.codepipeline import definitions, variables, views
from scripts.local_aws.codepipeline.engine import ENGINE
from scripts.local_aws.codepipeline.jobs import Answer
from scripts.local_aws.codepipeline.model import Approval, Execution, Failure, Pipeline, Trigger, now

T = TypeVar("T")
_PAGE = 100


class PipelineApi(CodePipelineResponse):
    """Dispatcher of CodePipeline's requests."""

    # -- definitions ---------------------------------------------------------------------------------------------

    def create_pipeline(self) -> str:
        """Store a declaration and start its first execution."""
        return _json(definitions.create(*self._home, self._get_param("pipeline"), self._get_param("tags")))

    def update_pipeline(self) -> str:
        """Replace a declaration."""
        return _json(definitions.update(*self._home, self._get_param("pipeline")))

    def delete_pipeline(self) -> str:
        """Delete a pipeline and end its executions."""
        definitions.delete(*self._home, self._get_param("name"))
        return ""

    # -- executions ----------------------------------------------------------------------------------------------

    def start_pipeline_execution(self) -> str:
        """Start an execution; the same client request token starts only one."""
        trigger = Trigger("StartPipelineExecution", self._caller)
        token = self._get_param("clientRequestToken", "")
        execution = definitions.start(*self._home, self._get_param("name"), trigger, token)
        return _json({"pipelineExecutionId": execution.id})

    def stop_pipeline_execution(self) -> str:
        """Stop an execution after its running actions, or abandon those."""
        pipeline, execution = self._execution()
        ENGINE.stop(pipeline, execution, bool(self._get_param("abandon")), self._get_param("reason", ""))
        return _json({"pipelineExecutionId": execution.id})

    def retry_stage_execution(self) -> str:
        """Run a failed stage again in the same execution."""
        pipeline, execution = self._execution()
        stage = self._get_param("stageName")
        self._require_stage(stage)
        ENGINE.retry(pipeline, execution, stage, self._get_param("retryMode") == "ALL_ACTIONS")
        return _json({"pipelineExecutionId": execution.id})

    def get_pipeline_execution(self) -> str:
        """Show one execution and its artifact revisions."""
        pipeline, execution = self._execution()
        return _json({"pipelineExecution": views.execution_detail(pipeline, execution)})

    def list_pipeline_executions(self) -> str:
        """List executions, newest first."""
        newest_first = list(reversed(self._pipeline("pipelineName").executions))
        page, more = self._page(newest_first)
        return _json({"pipelineExecutionSummaries": [views.execution_summary(each) for each in page]} | more)

    def list_action_executions(self) -> str:
        """List action executions, newest first, of all executions or one."""
        wanted = (self._get_param("filter") or {}).get("pipelineExecutionId")
        pipeline = self._pipeline("pipelineName")
        if wanted and pipeline.execution(wanted) is None:
            raise _no_execution(pipeline, wanted)
        runs = [
            (execution, run)
            for execution in reversed(pipeline.executions)
            for run in reversed(execution.actions)
            if wanted in (None, execution.id)
        ]
        page, more = self._page(runs)
        return _json({"actionExecutionDetails": [views.action_detail(*each) for each in page]} | more)

    def get_pipeline_state(self) -> str:
        """Show every stage with its latest execution and its actions."""
        pipeline, declaration, metadata = definitions.get(*self._home, self._get_param("name"))
        times = {"created": metadata["created"], "updated": metadata["updated"]}
        with ENGINE.changed:
            return _json(views.pipeline_state(pipeline, declaration) | times)

    # -- people and functions ------------------------------------------------------------------------------------

    def put_approval_result(self) -> str:
        """Approve or reject."""
        stage, action = self._get_param("stageName"), self._get_param("actionName")
        declared = self._require_stage(stage)
        if action not in [each["name"] for each in declared["actions"]]:
            raise JsonRESTError("ActionNotFoundException", f"Stage {stage} has no action named {action}")
        result = self._get_param("result")
        approval = Approval(result["status"] == "Approved", result["summary"], self._caller)
        ENGINE.approve(self._pipeline("pipelineName"), (stage, action), self._get_param("token"), approval)
        return _json({"approvedAt": now().timestamp()})

    def put_job_success_result(self) -> str:
        """Accept a function's success, or its request to be called again."""
        details, handed_on = self._get_param("executionDetails") or {}, self._get_param("outputVariables") or {}
        token = self._get_param("continuationToken", "")
        if token and handed_on:
            raise JsonRESTError("ValidationException", "outputVariables cannot be given with a continuation token.")
        if variables.size(handed_on) > variables.LARGEST:
            problem = f"The output variables of an action may have {variables.LARGEST} bytes together."
            raise JsonRESTError("OutputVariablesSizeExceededException", problem)
        answer = Answer(
            continuation_token=token,
            variables=handed_on,
            summary=details.get("summary", ""),
            external_id=details.get("externalExecutionId", ""),
        )
        ENGINE.answer(self._get_param("jobId"), answer)
        return ""

    def put_job_failure_result(self) -> str:
        """Accept a function's failure."""
        details = self._get_param("failureDetails")
        failure = Failure(details["type"], details["message"])
        ENGINE.answer(self._get_param("jobId"), Answer(failure, external_id=details.get("externalExecutionId", "")))
        return ""

    # -- parts of requests ---------------------------------------------------------------------------------------

    @property
    def _home(self) -> tuple[str, str]:
        return self.current_account, self.region

    @property
    def _caller(self) -> str:
        """ARN of the caller."""
        backend = sts_backends[self.current_account][self.partition]
        return str(backend.get_caller_identity(self.access_key, self.region)[1])

    def _pipeline(self, parameter: str) -> Pipeline:
        return definitions.get(*self._home, self._get_param(parameter))[0]

    def _execution(self) -> tuple[Pipeline, Execution]:
        pipeline, wanted = self._pipeline("pipelineName"), self._get_param("pipelineExecutionId")
        execution = pipeline.execution(wanted)
        if execution is None:
            raise _no_execution(pipeline, wanted)
        return pipeline, execution

    def _require_stage(self, name: str) -> dict[str, Any]:
        _, declaration, _ = definitions.get(*self._home, self._get_param("pipelineName"))
        for stage in declaration["stages"]:
            if stage["name"] == name:
                return dict(stage)
        raise JsonRESTError("StageNotFoundException", f"The pipeline has no stage named {name}")

    def _page(self, everything: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
        """Return the requested entries, and the token for the next ones."""
        token = self._get_param("nextToken", "0")
        if not token.isdecimal():
            raise JsonRESTError("InvalidNextTokenException", "The next token is not one that this operation gave out.")
        begin, end = int(token), int(token) + int(self._get_param("maxResults") or _PAGE)
        return everything[begin:end], {"nextToken": str(end)} if end < len(everything) else {}


def _no_execution(pipeline: Pipeline, execution_id: str) -> JsonRESTError:
    problem = f"Pipeline {pipeline.name} has no execution with id {execution_id}"
    return JsonRESTError("PipelineExecutionNotFoundException", problem)


def _json(answer: dict[str, Any]) -> str:
    return json.dumps(answer)
