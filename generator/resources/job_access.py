# SPDX-License-Identifier: Apache-2.0
"""Names of, and permissions for, the job of a training, tuning or Autopilot blueprint (compatibility 3.10 to 3.12)."""

from __future__ import annotations

from typing import Any, Final

from awacs import s3
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, Statement, StringLike
from troposphere import GetAtt, Output, Ref, Sub, Template

from generator import arns, permissions
from generator.conditions import if_provided
from generator.resources import network, sagemaker_roles
from orchestrator.plan import layout

ROLE: Final = "SageMakerRole"
JOB_NAME: Final = "{JobName}"
"""In a text of a request: `Custom::SageMakerJob` puts the job's name in its place."""


def name(built: Template) -> dict[str, Any]:
    """`Name` and `NamePrefix` of `Custom::SageMakerJob`."""
    return {"Name": if_provided(built, "JobName", Ref("JobName")), "NamePrefix": Ref("JobNamePrefix")}


def jobs(resource: str) -> Sub:
    """The ARNs of the pipeline's jobs; `resource` as in ARNs, such as `training-job`."""
    return arns.regional("sagemaker", f"{resource}/${{JobNames}}")


def starting_policy(own_jobs: Any) -> Any:
    """Policy to start jobs, beside the operation: pass the role, set tags, read values too long for a parameter."""
    values = arns.s3("${PipelinesBucket}/" + layout.folder("${AWS::StackName}") + layout.REQUESTS + "*")
    return permissions.policy(
        "Starting",
        permissions.pass_role(GetAtt(ROLE, "Arn"), "sagemaker.amazonaws.com"),
        permissions.allow([sagemaker_actions.AddTags], own_jobs),
        permissions.allow([s3.GetObject], values),
    )


def data_policies(built: Template, data: str, *optional: str) -> list[Any]:
    """Read the data, keep results and checkpoints below the output location, use key and VPC of the request."""
    return [
        permissions.policy(data, *_read(data)),
        *(if_provided(built, name, permissions.policy(name, *_read(name))) for name in optional),
        permissions.policy("Results", *_keep_results()),
        sagemaker_roles.use_request_key(built),
        network.interfaces(built),
    ]


def _read(data: str) -> list[Statement]:
    """An object, or everything below a prefix."""
    listed = Condition(StringLike("s3:prefix", [Sub(f"${{{data}}}*")]))
    return [
        permissions.allow([s3.GetObject], arns.s3(f"${{AssetsBucket}}/${{{data}}}*")),
        permissions.allow([s3.ListBucket], arns.s3("${AssetsBucket}"), listed),
    ]


def _keep_results() -> list[Statement]:
    """Keep results, and read checkpoints: a spot run that goes on reads the one that it has written."""
    listed = Condition(StringLike("s3:prefix", [Sub("${JobOutputLocation}/*")]))
    return [
        permissions.allow([s3.GetObject, s3.PutObject], arns.s3("${AssetsBucket}/${JobOutputLocation}/*")),
        permissions.allow([s3.ListBucket], arns.s3("${AssetsBucket}"), listed),
    ]


def add_outputs(built: Template, job: str, name_output: str, location_output: str) -> None:
    """Add outputs that lead a person to the job and its results."""
    values = {
        name_output: ("The job of this deployment", GetAtt(job, "JobName")),
        location_output: ("Results", Sub("s3://${AssetsBucket}/${JobOutputLocation}/")),
        "TrainingDataLocation": ("Training data", Sub("s3://${AssetsBucket}/${TrainingData}")),
    }
    for title, (description, value) in values.items():
        built.add_output(Output(title, Description=description, Value=value))
