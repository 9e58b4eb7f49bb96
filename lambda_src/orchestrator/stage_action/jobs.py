# SPDX-License-Identifier: Apache-2.0
"""The CodePipeline job of the stage deployer, and its UserParameters (compatibility 4.4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from orchestrator import problems
from orchestrator.errors import OrchestratorError
from orchestrator.values import common


class NotAJobError(Exception):
    """The event is not a CodePipeline job, so there is no job to answer."""


class UnusableJobError(OrchestratorError):
    """The pipeline's configuration or its artifact is wrong; `str()` lists every problem."""

    def __init__(self, what: str, found: list[str]) -> None:
        super().__init__(f"{what}: {'; '.join(found)}.")


def _separated(value: Any) -> Any:
    """Split each text at its commas: a launch parameter with several accounts is a single text in the list."""
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        return value
    return [part.strip() for entry in value for part in entry.split(",")]


def _each_once(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value))


_LISTED: Final = (BeforeValidator(_separated), AfterValidator(_each_once), Field(min_length=1))

AccountIds = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")], ...],
    *_LISTED,
    common.Expect("a list of account ids of 12 digits", example='["111122223333"]'),
]
OrganizationalUnitIds = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$")], ...],
    *_LISTED,
    common.Expect("a list of ids of organizational units", example='["ou-ab12-cd34ef56"]'),
]
Regions = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")], ...],
    *_LISTED,
    common.Expect("a list of Regions", example='["eu-west-1"]'),
]


class Stage(BaseModel):
    """What to deploy, and where: the action's UserParameters."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    stackset_name: Annotated[common.StackName, Field(description="the name of the StackSet")]
    artifact: Annotated[str, Field(min_length=1, description="the name of the input artifact")]
    template_file: Annotated[common.FileName, Field(description="the template's file name in the artifact")]
    stage_params_file: Annotated[common.FileName, Field(description="the parameter file's name in the artifact")]
    account_ids: Annotated[AccountIds, Field(description="the accounts to deploy to")]
    org_ids: Annotated[OrganizationalUnitIds, Field(description="the organizational units that hold the accounts")]
    regions: Annotated[Regions, Field(description="the Regions to deploy to")]

    @classmethod
    def of(cls, user_parameters: str) -> Self:
        """Read UserParameters; raises `UnusableJobError` with every key that is missing or wrong."""
        try:
            return cls.model_validate(_object(user_parameters))
        except ValidationError as error:
            found = [str(problem) for problem in problems.from_validation(error, cls.model_fields)]
            raise UnusableJobError("The action's UserParameters are wrong", found) from None


def _object(user_parameters: str) -> dict[str, Any]:
    try:
        decoded = json.loads(user_parameters)
    except (ValueError, RecursionError) as error:
        raise UnusableJobError("UserParameters could not be decoded as JSON", [str(error)]) from error
    if not isinstance(decoded, dict):
        raise UnusableJobError("The action's UserParameters are wrong", ["they must be a JSON object"])
    return decoded


@dataclass(frozen=True)
class ArtifactLocation:
    """Bucket and key of an input artifact."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Job:
    """A job. Its credentials are for reading the artifacts and must not be logged.

    https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html#actions-invoke-lambda-function-json-event-example
    """

    id: str
    user_parameters: str
    artifacts: Mapping[str, ArtifactLocation]
    credentials: Mapping[str, str] = field(repr=False)
    continuation_token: str = ""

    @classmethod
    def of(cls, event: dict[str, Any]) -> Self:
        """Read the event; raises `UnusableJobError` for a missing member."""
        job_id, data = id_of(event), event["CodePipeline.job"].get("data", {})
        try:
            credentials = data["artifactCredentials"]
            return cls(
                id=job_id,
                user_parameters=data["actionConfiguration"]["configuration"]["UserParameters"],
                artifacts={entry["name"]: _location(entry) for entry in data["inputArtifacts"]},
                credentials={
                    "aws_access_key_id": credentials["accessKeyId"],
                    "aws_secret_access_key": credentials["secretAccessKey"],
                    "aws_session_token": credentials["sessionToken"],
                },
                continuation_token=data.get("continuationToken") or "",
            )
        except KeyError as error:
            raise UnusableJobError(
                "The pipeline's action is set up wrongly", [f"its job has no {error.args[0]}"]
            ) from error

    def artifact(self, name: str) -> ArtifactLocation:
        """Return the location of an input artifact; raises `UnusableJobError` if the action has no such input."""
        if name not in self.artifacts:
            inputs = ", ".join(self.artifacts) or "none"
            raise UnusableJobError(
                f"Input artifact named {name} not found", [f"the action's input artifacts are {inputs}"]
            )
        return self.artifacts[name]


def _location(artifact: dict[str, Any]) -> ArtifactLocation:
    stored = artifact["location"]["s3Location"]
    return ArtifactLocation(stored["bucketName"], stored["objectKey"])


def id_of(event: Any) -> str:
    """Return the id of the event's job; raises `NotAJobError` for any other event."""
    job = event.get("CodePipeline.job") if isinstance(event, dict) else None
    job_id = job.get("id") if isinstance(job, dict) else None
    if not isinstance(job_id, str) or not job_id:
        raise NotAJobError("This function serves Lambda actions of CodePipeline: the event holds no CodePipeline.job.")
    return job_id
