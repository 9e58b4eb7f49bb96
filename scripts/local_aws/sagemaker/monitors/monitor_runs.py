# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor's schedule. No clock fires them: `fire` does once what the schedule would do every hour.

So does `POST /_monitoring/<schedule>`, for SageMaker's schedules and for those of EventBridge Scheduler that start a
processing job, which run as their roles. A run really analyses the captures of the last hour, merged with ground truth
where its kind needs it. The result of a run may be given instead, to test what follows from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, cast

from botocore.exceptions import ClientError
from moto.core.exceptions import JsonRESTError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sagemaker.exceptions import ResourceNotFound, SagemakerClientError
from moto.sagemaker.models import sagemaker_backends
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.wrappers import Request, Response

from scripts.local_aws import identity
from scripts.local_aws.eventbridge import scheduler
from scripts.local_aws.eventbridge.scheduler import FiringFailedError, ScheduleDisabledError, next_second
from scripts.local_aws.sagemaker.backend import LocalSageMaker
from scripts.local_aws.sagemaker.endpoints import invocations
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.jobs.job_data import input_keys
from scripts.local_aws.sagemaker.jobs.processing.processing_jobs import Outcome, ProcessingJob, find, wait_until_over
from scripts.local_aws.sagemaker.monitors import ground_truth_merges
from scripts.local_aws.sagemaker.monitors.monitor_requests import Run
from scripts.local_aws.sagemaker.monitors.monitor_schedules import Execution

PATH = "/_monitoring/"
_SECONDS_TO_END = 300.0


class _Body(BaseModel):
    """Body of a POST: the result of the run."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["Completed", "Failed"] = "Completed"
    exit_message: str = ""
    failure_reason: str = ""


def fire(
    name: str, outcome: Outcome | None = None, account: str = DEFAULT_ACCOUNT_ID, region: str = ""
) -> ProcessingJob:
    """Run a schedule's job now, to its end. With an `outcome`, nothing is computed and the job ends like that.

    `region` defaults to the server's own. Raises ResourceNotFound for an unknown schedule, and ValidationError if
    SageMaker refuses the job.
    """
    backend = cast(LocalSageMaker, sagemaker_backends[account][region or identity.current().region])
    schedule = backend.find_schedule(name)
    invocations.flush()
    captures = _captures(backend, schedule.definition.endpoint_name)
    variant = captures.rpartition("/")[2] or "AllTraffic"
    run = Run(name, schedule.definition, next_second(), variant)
    captured = _with_objects(run, captures, backend.region_name)
    if not captured and outcome is None:
        outcome = _without_data(run, captures)
    job = backend.start_processing_job(run.request(captured), schedule.arn, outcome)
    schedule.executions.append(Execution(run.end, job))
    wait_until_over(job, _SECONDS_TO_END)
    return job


def fire_scheduler(name: str, account: str = DEFAULT_ACCOUNT_ID, region: str = "") -> ProcessingJob:
    """Start the processing job that a schedule of EventBridge Scheduler starts, and wait for its end.

    `region` defaults to the server's own. Raises moto's JsonRESTError for a missing schedule, ScheduleDisabledError,
    and FiringFailedError if its role may not start the job or SageMaker refuses it.
    """
    invocations.flush()
    answer = scheduler.fire(name, account=account, region=region).answer
    arn = str(answer.get("ProcessingJobArn", ""))
    _, _, _, place, owner, resource = arn.split(":", 5) if arn else [""] * 6
    if not resource.startswith("processing-job/"):
        raise FiringFailedError(f"The schedule {name} was fired, and starts no processing job.")
    job = find(owner, place, resource.partition("/")[2])
    wait_until_over(job, _SECONDS_TO_END)
    return job


def _captures(backend: LocalSageMaker, endpoint_name: str) -> str:
    """Return the folder of an endpoint's captures; empty if it captures nothing, or is gone."""
    endpoint = cast("LocalEndpoint | None", backend.endpoints.get(endpoint_name))
    target = endpoint.capture_target if endpoint and endpoint.capture else None
    return f"{target.destination.rstrip('/')}/{target.endpoint}/{target.variant}" if target else ""


def _with_objects(run: Run, captures: str, region: str) -> dict[str, str]:
    role = run.definition.request["RoleArn"]
    try:
        found = {hour: uri for hour, uri in run.hours(captures).items() if captures and input_keys(uri, role, region)}
        return ground_truth_merges.merge(run, found, region) if run.has_truth else found
    except ClientError:
        return {}


def _without_data(run: Run, captures: str) -> Outcome:
    endpoint = run.definition.endpoint_name
    truth = " that has ground truth" if run.has_truth else ""
    why = (
        f"nothing{truth} was captured below {captures} in the last hour" if captures else f"{endpoint} captures no data"
    )
    return Outcome("Failed", failure_reason=f"Job inputs had no data: {why}.")


def answer(request: Request, path: str) -> Response:
    """Serve `POST /_monitoring/<schedule>[?account=...&region=...]`: fire a schedule and return the result.

    The body, if any, is the outcome: `{"status": "Completed" or "Failed", "exit_message": ..., "failure_reason": ...}`.
    """
    if request.method != "POST":
        return _json(405, {"message": "A monitoring schedule is fired by POST."})
    place = {key: request.args[key] for key in ("account", "region") if key in request.args}
    body = request.get_data()
    try:
        outcome = Outcome(**_Body.model_validate_json(body).model_dump()) if body else None
        job = _fired(path.removeprefix(PATH), outcome, **place)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors())
        return _json(400, {"message": f"The outcome is not one that a run can have: {problems}."})
    except (ResourceNotFound, JsonRESTError) as error:
        return _json(404, {"message": error.message})
    except ScheduleDisabledError as error:
        return _json(409, {"message": str(error)})
    except (SagemakerClientError, FiringFailedError) as error:
        return _json(502, {"message": str(getattr(error, "message", error))})
    return _json(200, job.describe())


def _fired(name: str, outcome: Outcome | None, account: str = DEFAULT_ACCOUNT_ID, region: str = "") -> ProcessingJob:
    """Fire SageMaker's schedule of this name, or Scheduler's; the outcome of the latter's runs is computed."""
    place = {"account": account, "region": region}
    backend = cast(LocalSageMaker, sagemaker_backends[account][region or identity.current().region])
    if outcome is None and name not in backend.monitoring_schedules:
        return fire_scheduler(name, **place)
    return fire(name, outcome, **place)


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body, default=str) + "\n", status, content_type="application/json")
