# SPDX-License-Identifier: Apache-2.0
"""EventBridge Scheduler: schedules are stored as declared, and fire only on request.

No clock fires them: `fire` does once what the time of day would do repeatedly, and so does
`POST /_scheduler/<group>/<name>`. The operation is called as the role of the schedule's target.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import xform_name
from botocore.model import Shape
from moto.core.exceptions import JsonRESTError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.scheduler import urls
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import Schedule, scheduler_backends
from moto.scheduler.responses import EventBridgeSchedulerResponse
from werkzeug.wrappers import Request, Response

from scripts.local_aws import clients, identity, request_constraints
from scripts.local_aws.eventbridge.event_targets import NotDeliveredError, to_queue, translated
from scripts.local_aws.eventbridge.schedule_checks import problem_with, universal_target

PATH = "/_scheduler/"
# AWS retries for a day; here somebody waits for the answer.
_MOST_RETRIES = 2


class ScheduleDisabledError(Exception):
    """Raised for a disabled schedule, which does not fire."""


class FiringFailedError(Exception):
    """Raised if the target refused. The message is AWS's, with what became of the invocation."""


@dataclass(frozen=True)
class Firing:
    """Invocation of a schedule's target: its id, the number of attempts, and the operation's answer."""

    execution_id: str
    attempts: int
    answer: Mapping[str, Any]


class SchedulerApi(EventBridgeSchedulerResponse):
    """moto's dispatcher with the checks that it lacks."""

    def create_schedule(self) -> str:
        """Serve CreateSchedule."""
        self._check("CreateSchedule")
        return str(super().create_schedule())

    def update_schedule(self) -> str:
        """Serve UpdateSchedule."""
        self._check("UpdateSchedule")
        return str(super().update_schedule())

    def _check(self, operation: str) -> None:
        request = json.loads(self.body) | {"Name": self.uri.split("?")[0].split("/")[-1]}
        problem = request_constraints.violations("scheduler", operation, request) or problem_with(request)
        if problem:
            raise ValidationException(problem)


def install() -> None:
    """Serve Scheduler's API with our checks."""
    urls.url_paths["{0}/schedules/(?P<name>[^/]+)$"] = SchedulerApi.dispatch


def shutdown() -> None:
    """Do nothing: there is nothing to stop, and all state is moto's."""


def next_second() -> datetime:
    """Return the time of a run that is started now: whatever happened until now was before it."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)


def fire(name: str, group: str = "default", account: str = DEFAULT_ACCOUNT_ID, region: str = "") -> Firing:
    """Invoke a schedule's target now, with the retries that it declares (two at most, without pauses).

    `region` defaults to the server's own. Raises moto's JsonRESTError for a missing schedule, ScheduleDisabledError,
    and FiringFailedError after the invocation was put into the dead-letter queue, if any.
    """
    schedule = scheduler_backends[account][region or identity.current().region].get_schedule(group, name)
    if schedule.state != "ENABLED":
        raise ScheduleDisabledError(f"The schedule {name} is {schedule.state}: it does not fire.")
    execution = _Execution(schedule, secrets.token_hex(8), next_second().strftime("%Y-%m-%dT%H:%M:%SZ"))
    allowed = min(int(schedule.target["RetryPolicy"].get("MaximumRetryAttempts", _MOST_RETRIES)), _MOST_RETRIES)
    attempt = 0
    while True:
        attempt += 1
        try:
            return Firing(execution.id, attempt, execution.invoke(attempt))
        except NotDeliveredError as error:
            if error.permanent or attempt > allowed:
                raise FiringFailedError(execution.give_up(error, attempt)) from error


def answer(request: Request, path: str) -> Response:
    """Serve `POST /_scheduler/<group>/<name>[?account=...&region=...]`: fire a schedule and return the result."""
    if request.method != "POST":
        return _json(405, {"message": "A schedule is fired by POST."})
    group, _, name = path.removeprefix(PATH).partition("/")
    place = {key: request.args[key] for key in ("account", "region") if key in request.args}
    try:
        firing = fire(name, group, **place)
    except JsonRESTError as error:
        return _json(404, {"message": error.message})
    except ScheduleDisabledError as error:
        return _json(409, {"message": str(error)})
    except FiringFailedError as error:
        return _json(502, {"message": str(error)})
    return _json(200, {"executionId": firing.execution_id, "attempts": firing.attempts, "answer": firing.answer})


@dataclass(frozen=True)
class _Execution:
    """Firing of a schedule, with what all its attempts share."""

    schedule: Schedule
    id: str
    time: str

    def invoke(self, attempt: int) -> Mapping[str, Any]:
        """Call the operation once. Raise NotDeliveredError."""
        target = universal_target(self.schedule.target["Arn"])
        assert target is not None  # noqa: S101  checked when the schedule was made
        parameters = _named_as_in_api(json.loads(self._input(attempt)), target.operation.input_shape)
        result: dict[str, Any] = {}

        def call() -> None:
            client = self._client(target.service)
            result.update(getattr(client, xform_name(target.operation.name))(**parameters))

        translated(call)
        result.pop("ResponseMetadata", None)
        return result

    def give_up(self, error: NotDeliveredError, attempts: int) -> str:
        """Put the invocation into the schedule's dead-letter queue, if it has one, and return a message about that.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
        """
        queue_arn = (self.schedule.target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue_arn:
            return f"{error.code}: {error} (The schedule has no dead-letter queue: the invocation is dropped.)"
        exhausted = {} if error.permanent else {"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts"}
        attributes = exhausted | {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "EXECUTION_ID": self.id,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(attempts - 1),
            "SCHEDULED_TIME": self.time,
            "SCHEDULE_ARN": self.schedule.arn,
            "TARGET_ARN": self.schedule.target["Arn"],
        }
        to_queue(self._client("sqs"), queue_arn, self._input(attempts), attributes)
        return f"{error.code}: {error} (The invocation is in the dead-letter queue {queue_arn}.)"

    def _input(self, attempt: int) -> str:
        """Return the input with its keywords replaced: .../UserGuide/managing-schedule-context-attributes.html."""
        text = str(self.schedule.target.get("Input", "{}"))
        keywords = {
            "schedule-arn": self.schedule.arn,
            "scheduled-time": self.time,
            "execution-id": self.id,
            "attempt-number": str(attempt),
        }
        for keyword, value in keywords.items():
            text = text.replace(f"<aws.scheduler.{keyword}>", value)
        return text

    def _client(self, service: str) -> Any:
        return clients.client(service, self.schedule.target["RoleArn"], self._region, by="scheduler.amazonaws.com")

    @property
    def _region(self) -> str:
        return str(self.schedule.arn.split(":")[3])


def _named_as_in_api(value: Any, shape: Shape) -> Any:
    """Return a universal target's input with the API's names: Scheduler capitalizes all of them."""
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {name[0].upper() + name[1:]: name for name in shape.members}
        known = {names.get(given, given): each for given, each in value.items()}
        members = shape.members
        return {
            name: _named_as_in_api(each, members[name]) if name in members else each for name, each in known.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_named_as_in_api(each, shape.member) for each in value]
    return value


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body, default=str) + "\n", status, content_type="application/json")
