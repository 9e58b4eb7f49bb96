# SPDX-License-Identifier: Apache-2.0
"""`Custom::SageMakerJob`: a SageMaker job as a resource of a stack, for kinds that CloudFormation cannot create.

Inline code of the blueprints: one file, boto3 of the runtime. Properties:

* `Operation`: the API operation that starts the job, such as `CreateTransformJob`;
* `Request`: its parameters without the job's name. Empty values are left out. CloudFormation passes numbers and
  booleans as strings; they are converted back by boto3's description of the operation. Where that has an object or a
  list, a string is JSON or the S3 URI of a JSON file. `{JobName}` in a string stands for the job's name;
* `Name`: the job's name, or `NamePrefix`, to which a digest is added.

Attributes: `JobName` and `JobArn`. The job is started during the call, so a job that AWS refuses fails the stack with
AWS's reason. SageMaker never frees a name, and the name is derived from the event: a second delivery finds the job of
the first. A changed request starts a new job; CloudFormation then deletes the old one, which stops it if it still
runs. The physical id is `<job name>/<digest of the properties>`: it shows whether a job matches the properties, also
when a refused update is rolled back.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import hashlib
import json
import urllib.request
from contextlib import suppress
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

# CloudFormation must be told within the 240 seconds of the function, which boto3's own limits outlast (lesson 123).
_PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2})
_client = boto3.client("sagemaker", config=_PATIENCE)
_SEPARATOR = "/"
_NOT_STARTED = "not-started"
_DIGEST_CHARACTERS = 8
# CloudFormation accepts a response of 4,096 bytes.
_LONGEST_REASON = 2000
_EMPTY: tuple[Any, ...] = ("", None, [], {})
_BOOLEANS = {"true": True, "false": False}
_JOB_NAME = "{JobName}"


class UnansweredJob(Exception):
    """The call that starts the job got no response; the resource keeps the job's name, so that a rollback stops it."""

    def __init__(self, reason: str, physical_id: str) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


class RefusedJob(Exception):
    """The job cannot be started from the properties; `str()` gives the reason and the remedy."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer an event of CloudFormation; report any failure at once, because it waits an hour for an answer."""
    try:
        answer = {"Status": "SUCCESS", **_carried_out(event)}
    except UnansweredJob as error:
        answer = {**_failed(event, str(error)), "PhysicalResourceId": error.physical_id}
    except (BotoCoreError, ClientError, RefusedJob) as error:
        answer = _failed(event, str(error))
    except Exception as error:
        answer = _failed(event, f"{type(error).__name__}: {error}")
    asked = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    # The URL is signed for a request without a content type.
    request = urllib.request.Request(  # noqa: S310
        event["ResponseURL"], json.dumps({**asked, **answer}).encode(), {"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=20):  # noqa: S310
        pass


def _failed(event: dict[str, Any], reason: str) -> dict[str, Any]:
    print(json.dumps({"level": "ERROR", "stack": event["StackId"], "reason": reason}))
    # CloudFormation also deletes what could not be started, so its id must not be the name of a job.
    physical_id = event.get("PhysicalResourceId", _NOT_STARTED)
    return {"Status": "FAILED", "Reason": reason[:_LONGEST_REASON], "PhysicalResourceId": physical_id}


def _carried_out(event: dict[str, Any]) -> dict[str, Any]:
    """Carry out the event; return the physical id and the attributes."""
    properties = event["ResourceProperties"]
    current = event.get("PhysicalResourceId", _NOT_STARTED)
    current_name, is_job, current_digest = current.partition(_SEPARATOR)
    if event["RequestType"] == "Delete":
        if is_job:
            Job(properties["Operation"]).stop(current_name)
        return {"PhysicalResourceId": current}
    job = Job(properties["Operation"])
    request = job.request(properties["Request"])
    name, prefix = properties.get("Name"), properties.get("NamePrefix")
    digest = _digest(properties["Operation"], request, name or prefix)
    if current_digest == digest:
        name, arn = current_name, job.find(current_name)[job.arn_key]
    else:
        # The same request in another stack, or after a different one in this stack, is a new job.
        is_made, name = not name, name or job.name(prefix, _digest(request, event["StackId"], current))
        try:
            arn = job.start(name, _named(request, name), may_exist=name != current_name)
        except HTTPClientError as error:
            # A name made here is unique to this event, so its job may be stopped without looking at it.
            if is_made and event["RequestType"] == "Create":
                raise UnansweredJob(str(error), f"{name}{_SEPARATOR}{digest}") from error
            raise
    return {
        "PhysicalResourceId": f"{name}{_SEPARATOR}{digest}",
        "Data": {"JobName": name, "JobArn": arn},
    }


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:_DIGEST_CHARACTERS]


class Job:
    """A kind of job, derived from boto3's description of its operations."""

    def __init__(self, operation: str) -> None:
        model = _client.meta.service_model
        self._create = operation
        self._describe = operation.replace("Create", "Describe", 1)
        self._input = model.operation_model(operation).input_shape
        describing = model.operation_model(self._describe)
        self._described = describing.output_shape.members
        (self._name_key,) = describing.input_shape.required_members
        noun = self._name_key.removesuffix("Name")
        self._stop = f"Stop{noun}"
        self.arn_key = f"{noun}Arn"

    def request(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the request with the types of the API and without empty members."""
        typed: dict[str, Any] = _typed(given, self._input)
        return typed

    def name(self, prefix: str, digest: str) -> str:
        """Return `<prefix>-<digest>` in lower case; the prefix is cut to the API's limit."""
        longest = self._input.members[self._name_key].metadata["max"] - len(digest) - 1
        return f"{prefix[:longest].rstrip('-')}-{digest}".lower()

    def find(self, name: str) -> dict[str, Any]:
        """Return the description of a job; raises `ClientError` when there is none."""
        return self._call(self._describe, name)

    def start(self, name: str, request: dict[str, Any], *, may_exist: bool) -> str:
        """Start the job and return its ARN; raises `ClientError` for a refused job, `RefusedJob` for a name in use.

        When `may_exist`, a job of that name from the same request counts as started: the event was delivered twice.
        The job of an earlier request of this stack does not count.
        """
        try:
            return str(self._call(self._create, name, request)[self.arn_key])
        except (HTTPClientError, ClientError):
            # A call without a response may have started the job.
            with suppress(HTTPClientError, ClientError):
                existing = self.find(name)
                if may_exist and self._was_started_from(request, existing):
                    return str(existing[self.arn_key])
                raise RefusedJob(
                    f'A job with the name "{name}" exists ({existing[self.arn_key]}) and was started from another '
                    "request. SageMaker never frees a name: choose another job_name, or leave it out to have one made."
                ) from None
            raise

    def stop(self, name: str) -> None:
        """Stop the job if it still runs. A refusal by SageMaker is only logged: it must not block a deletion."""
        try:
            self._call(self._stop, name)
        except (BotoCoreError, ClientError) as error:
            print(json.dumps({"level": "INFO", "job": name, "reason": f"not stopped: {error}"}))

    def _was_started_from(self, request: dict[str, Any], description: dict[str, Any]) -> bool:
        # A description does not contain tags.
        return _is_within({key: value for key, value in request.items() if key in self._described}, description)

    def _call(self, operation: str, name: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(_client, xform_name(operation))(**{self._name_key: name}, **(request or {}))
        return answer


def _is_within(part: Any, whole: Any) -> bool:
    """True if everything in `part` is in `whole`, to which SageMaker may have added defaults."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(_is_within, part, whole))
    return bool(part == whole)


def _typed(value: Any, shape: Any) -> Any:
    """Return a value with the types of its shape; a value that does not fit is left for boto3 to refuse."""
    kind = getattr(shape, "type_name", "")
    if isinstance(value, str) and value and kind in ("structure", "map", "list"):
        value = json.loads(_content(value))
    if isinstance(value, dict) and kind == "structure":
        members = ((name, _typed(item, shape.members.get(name))) for name, item in value.items())
        return {name: item for name, item in members if item not in _EMPTY}
    if isinstance(value, dict) and kind == "map":
        # An empty value in a map is meaningful, e.g. an environment variable.
        return {name: _typed(item, shape.value) for name, item in value.items()}
    if isinstance(value, list) and kind == "list":
        return [item for item in (_typed(item, shape.member) for item in value) if item not in _EMPTY]
    if isinstance(value, str) and value:
        return _scalar(value, kind)
    return value


def _content(text: str) -> Any:
    """Return the text, or the content of the S3 object that it names: a stack parameter holds 4,096 characters only."""
    scheme, _, address = text.partition("://")
    if scheme != "s3":
        return text
    bucket, _, key = address.partition("/")
    return boto3.client("s3", config=_PATIENCE).get_object(Bucket=bucket, Key=key)["Body"].read()


def _named(value: Any, name: str) -> Any:
    """Return a value with the job's name in place of `{JobName}`."""
    if isinstance(value, dict):
        return {key: _named(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, name) for item in value]
    return value.replace(_JOB_NAME, name) if isinstance(value, str) else value


def _scalar(text: str, kind: str) -> Any:
    with suppress(ValueError):
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    return _BOOLEANS.get(text.lower(), text) if kind == "boolean" else text
