# SPDX-License-Identifier: Apache-2.0
"""`Custom::SageMakerJob`: the one way in which blueprints start jobs that CloudFormation cannot make.

The function behind it, `lambda_src/inline/sagemaker_job.py`, stands in the template, so that any account can deploy it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from awacs.aws import Action, Statement
from troposphere import GetAtt, Template, awslambda, cloudformation

from generator import deployment, permissions
from generator.resources import functions, inline_code

DEPLOYS: Final = (
    deployment.roles,
    deployment.functions,
    deployment.networks,
    deployment.log_groups,
    deployment.custom_resources,
)
"""Kinds of resources that a blueprint with such a job deploys for it."""

_FUNCTION = "SageMakerJob"
_MEMORY_MB = 512
_TIMEOUT_SECONDS = 240
_ANSWER_SECONDS = 300
"""After these CloudFormation stops waiting for an answer; its own limit is an hour (lesson 123)."""


class SageMakerJob(cloudformation.AWSCustomObject):
    """`Custom::SageMakerJob`; the properties are those that the function's module describes.

    `After` is for CloudFormation only: the reference to something that must be there before the job is started, which a
    condition may leave out; `DependsOn` cannot do that.
    """

    resource_type = "Custom::SageMakerJob"
    props: ClassVar = {
        "ServiceToken": (str, True),
        "Operation": (str, True),
        "Request": (dict, True),
        "Name": (str, False),
        "NamePrefix": (str, False),
        "After": (str, False),
        "ServiceTimeout": (int, False),
    }


@dataclass(frozen=True)
class Job:
    """A job: its logical id, what `Custom::SageMakerJob` takes, and the ARNs that jobs of its name have."""

    title: str
    kind: str
    """As in the names of the API's operations: `TransformJob`."""
    request: Mapping[str, Any]
    name: Mapping[str, Any]
    """`Name`, `NamePrefix`, or both."""
    arns: Any

    def statement(self) -> Statement:
        """Start such jobs, look at them and stop them."""
        actions = [Action("sagemaker", f"{verb}{self.kind}") for verb in ("Create", "Describe", "Stop")]
        return permissions.allow(actions, self.arns)

    def add_to(self, built: Template, *policies: Any, **attributes: Any) -> None:
        """Add the job with its function; `policies` are what starting it needs beside its own operations."""
        built.add_resource(functions.log_group(_FUNCTION, functions.operator_key(built)))
        network = functions.network_policy(built)
        built.add_resource(functions.role(_FUNCTION, [self.statement()], network, *policies))
        built.add_resource(_function(built))
        built.add_resource(
            SageMakerJob(
                self.title,
                ServiceToken=GetAtt(_FUNCTION, "Arn"),
                ServiceTimeout=_ANSWER_SECONDS,
                Operation=f"Create{self.kind}",
                Request=dict(self.request),
                **self.name,
                **attributes,
            )
        )


def _function(built: Template) -> awslambda.Function:
    return functions.function(
        built,
        _FUNCTION,
        Description="Starts and stops jobs of SageMaker for CloudFormation",
        Handler="index.handler",
        Code=awslambda.Code(ZipFile=inline_code.text("sagemaker_job")),
        MemorySize=_MEMORY_MB,
        Timeout=_TIMEOUT_SECONDS,
    )
