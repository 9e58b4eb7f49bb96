# SPDX-License-Identifier: Apache-2.0
"""`Custom::SageMakerJob`: a job of SageMaker as a resource of a stack, for kinds that CloudFormation cannot make.

Inline code of the blueprints: one file, boto3 of the runtime. The properties are

* `Operation`: the API operation that starts the job, such as `CreateTransformJob`;
* `Request`: its parameters without the job's name; empty values are left out, and the texts that CloudFormation makes
  of numbers and booleans are turned back, both by the operation's own description in boto3. Where that has an object or
  a list, a text is JSON, or the S3 URI of a file with it; `{JobName}` in a text stands for the job's name;
* `Name`: the job's name; or `NamePrefix`, to which a digest is added.

The attributes are `JobName` and `JobArn`. The job is started here and now, so that one that AWS refuses fails the stack
with AWS's words. SageMaker frees no name ever again, and the name follows from the event: one that is delivered twice
finds its job there. Another request starts another job; CloudFormation then has the old one deleted, which stops it if
it still runs. The physical id is `<job name>/<digest of the properties>`: it tells whether a job is the one that is
wanted, also when a refused update is rolled back.

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
# CloudFormation takes 4,096 bytes of answer.
_LONGEST_REASON = 2000
_EMPTY: tuple[Any, ...] = ("", None, [], {})
_BOOLEANS = {"true": True, "false": False}
_JOB_NAME = "{JobName}"


class UnansweredJob(Exception):
    """Nobody has said whether the job was started; it goes by its name, so that undoing the failure stops it."""

    def __init__(self, reason: str, physical_id: str) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


class RefusedJob(Exception):
    """The job cannot be what the properties ask for; `str()` says why, and what to do."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer an event of CloudFormation; whatever goes wrong, it is told now and not left to wait for an hour."""
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
    # What could not be started is deleted all the same, so it must not go by the name of a job.
    physical_id = event.get("PhysicalResourceId", _NOT_STARTED)
    return {"Status": "FAILED", "Reason": reason[:_LONGEST_REASON], "PhysicalResourceId": physical_id}


def _carried_out(event: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked, and give the physical id and the attributes."""
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
        # The same request in another stack, or after another one in this stack, is another job.
        is_made, name = not name, name or job.name(prefix, _digest(request, event["StackId"], current))
        try:
            arn = job.start(name, _named(request, name), may_exist=name != current_name)
        except HTTPClientError as error:
            # A name that was made here is nobody else's, and so may be stopped unseen.
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
    """One kind of job, as boto3 describes the operations on it."""

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
        """The request with the types of the API and without empty members."""
        typed: dict[str, Any] = _typed(given, self._input)
        return typed

    def name(self, prefix: str, digest: str) -> str:
        """`<prefix>-<digest>` in lower case; the prefix is cut to the API's limit."""
        longest = self._input.members[self._name_key].metadata["max"] - len(digest) - 1
        return f"{prefix[:longest].rstrip('-')}-{digest}".lower()

    def find(self, name: str) -> dict[str, Any]:
        """The description of a job; raises `ClientError` when there is none."""
        return self._call(self._describe, name)

    def start(self, name: str, request: dict[str, Any], *, may_exist: bool) -> str:
        """Start the job and give its ARN; raises `ClientError` for a refused one, `RefusedJob` for a name in use.

        A job of that name that was started from the same request is this one, because the event came twice: it
        `may_exist`. The job of an earlier request of this stack may not.
        """
        try:
            return str(self._call(self._create, name, request)[self.arn_key])
        except (HTTPClientError, ClientError):
            # What was not answered may have started all the same.
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
        """Stop the job if it still runs. Nothing that SageMaker says to this may keep a stack from going away."""
        try:
            self._call(self._stop, name)
        except (BotoCoreError, ClientError) as error:
            print(json.dumps({"level": "INFO", "job": name, "reason": f"not stopped: {error}"}))

    def _was_started_from(self, request: dict[str, Any], description: dict[str, Any]) -> bool:
        # Tags are no part of a description.
        return _is_within({key: value for key, value in request.items() if key in self._described}, description)

    def _call(self, operation: str, name: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(_client, xform_name(operation))(**{self._name_key: name}, **(request or {}))
        return answer


def _is_within(part: Any, whole: Any) -> bool:
    """Whether everything in `part` is in `whole`, to which SageMaker may have added defaults."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(_is_within, part, whole))
    return bool(part == whole)


def _typed(value: Any, shape: Any) -> Any:
    """A value with the types of its shape; what does not fit is left for boto3 to refuse in its words."""
    kind = getattr(shape, "type_name", "")
    if isinstance(value, str) and value and kind in ("structure", "map", "list"):
        value = json.loads(_content(value))
    if isinstance(value, dict) and kind == "structure":
        members = ((name, _typed(item, shape.members.get(name))) for name, item in value.items())
        return {name: item for name, item in members if item not in _EMPTY}
    if isinstance(value, dict) and kind == "map":
        # An empty value of a map, such as an environment variable, means something.
        return {name: _typed(item, shape.value) for name, item in value.items()}
    if isinstance(value, list) and kind == "list":
        return [item for item in (_typed(item, shape.member) for item in value) if item not in _EMPTY]
    if isinstance(value, str) and value:
        return _scalar(value, kind)
    return value


def _content(text: str) -> Any:
    """The text itself, or what the file that it names holds: a parameter of a stack takes 4,096 characters."""
    scheme, _, address = text.partition("://")
    if scheme != "s3":
        return text
    bucket, _, key = address.partition("/")
    return boto3.client("s3", config=_PATIENCE).get_object(Bucket=bucket, Key=key)["Body"].read()


def _named(value: Any, name: str) -> Any:
    """A value with the job's name in its place."""
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
