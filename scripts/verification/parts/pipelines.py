# SPDX-License-Identifier: Apache-2.0
"""Pipelines, as the parts provision, follow and find them: by signed calls of the orchestrator's API."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from botocore import exceptions

from mlops_orchestrator.aws import pipeline_status, stack_following
from mlops_orchestrator.aws.api_client import Answer, ApiError
from mlops_orchestrator.aws.pipeline_status import WAITING, ActionStatus
from mlops_orchestrator.client.waiting import watch
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.pipeline_types.blueprints import PIPELINE_STACK_SUFFIX
from orchestrator.pipeline_types.built_in import BUILT_IN
from scripts.verification import waiting
from scripts.verification.scene import PartFailedError, Scene

JOB_MINUTES: Final = 45
_ATTEMPTS: Final = 4
_PAUSE_SECONDS: Final = 5.0
PIPELINE_MINUTES: Final = 60
_TYPE: Final = "pipeline_type"


def answered(answer: Answer) -> dict[str, Any]:
    """Return the body of a successful answer. Raise `PartFailedError` with the API's message for any other."""
    if not answer.is_success:
        raise PartFailedError(f"the API answered {answer.status}: {answer.body}")
    return answer.body


def asked(call: Callable[[], Answer]) -> dict[str, Any]:
    """Return the body for a call that may get lost on its way. A repetition changes nothing that was done."""
    for _ in range(_ATTEMPTS - 1):
        try:
            answer = call()
        except (exceptions.HTTPClientError, exceptions.ConnectionError, ApiError):
            pass
        else:
            if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return answered(answer)
        threading.Event().wait(_PAUSE_SECONDS)
    return answered(call())


def begun(scene: Scene, request: Mapping[str, Any], root: str = "") -> str:
    """Provision a pipeline, and return its id."""
    scene.say(f"  provisioning {request[_TYPE]}")
    return str(asked(lambda: scene.api(root).provision(request))["pipeline_id"])


def followed(scene: Scene, pipeline_id: str, root: str = "", before: str | None = None) -> None:
    """Wait until a pipeline has succeeded; `before` is an execution that is over."""
    api, started, told = scene.api(root), time.monotonic(), set[ActionStatus]()
    for status in watch(
        lambda: pipeline_status.read(asked(lambda: api.status(pipeline_id))),
        before,
        until=lambda found: found.needs_person,
    ):
        for action in [each for each in status.actions if each.status != WAITING and each not in told]:
            told.add(action)
            scene.say(f"  {action.stage} / {action.action}: {action.status}")
        if status.has_failed:
            words = [f"{action.action}: {action.detail}" for action in status.actions if action.status == "Failed"]
            raise PartFailedError("; ".join(words) or _first_cause(scene, pipeline_id))
        if time.monotonic() - started > PIPELINE_MINUTES * 60:
            raise PartFailedError(f"the pipeline {status.pipeline} did not end within {PIPELINE_MINUTES} minutes")


def provisioned(scene: Scene, request: Mapping[str, Any]) -> str:
    """Provision a pipeline, wait until it has succeeded, and return its id."""
    pipeline_id = begun(scene, request)
    followed(scene, pipeline_id)
    return pipeline_id


def job_of(scene: Scene, pipeline_id: str) -> dict[str, Any]:
    """Return the job that a deployed pipeline started. Raise `PartFailedError` if it has not succeeded."""
    api = scene.api()

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = asked(lambda: api.details(pipeline_id))["job"] or {}
        return job if job.get("status") in ("Completed", "Failed", "Stopped") else None

    job = waiting.until(scene, "the job of the pipeline", JOB_MINUTES, ended)
    if job["status"] != "Completed":
        raise PartFailedError(f"the {job['kind']} {job['name']} ended as {job['status']}: {job.get('failure_reason')}")
    return job


def execution_of(scene: Scene, stack_name: str) -> str:
    """The newest execution of a pipeline, by its stack's name."""
    api = scene.api()
    pipeline_id = asked(lambda: api.details(stack_name))["pipeline_id"]
    return pipeline_status.read(asked(lambda: api.status(pipeline_id))).execution


def deployed(scene: Scene, pipeline_type: str) -> str:
    """The name of the stack that a pipeline of this verification's model has deployed."""
    (found,) = [each for each in BUILT_IN if each.type_name() == pipeline_type]
    return f"{STACK_PREFIX}-{scene.name}-{found.postfix}".lower()


def pipeline_of(scene: Scene, pipeline_type: str) -> str:
    """The name of the stack that holds the pipeline itself."""
    return f"{deployed(scene, pipeline_type)}-{PIPELINE_STACK_SUFFIX}"


def _first_cause(scene: Scene, pipeline_id: str) -> str:
    return stack_following.first_cause(scene.aws.client("cloudformation"), pipeline_id)
