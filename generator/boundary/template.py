# SPDX-License-Identifier: Apache-2.0
"""The template of the boundary, for every account in which roles of an orchestrator or its pipelines are made."""

from __future__ import annotations

from typing import Final

from troposphere import Output, Ref, Template, iam

from generator import conditions, parameters, permissions
from generator.boundary import permitted, refused
from generator.boundary.options import BoundaryParameters

_DESCRIPTION: Final = "MLOps Workload Orchestrator: the permissions boundary of all its roles."
_POLICY: Final = "Boundary"


def template() -> Template:
    """The template; its policy is given the path by `iam_roles`, as every other."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare(built, BoundaryParameters)
    conditions.provided(built, permitted.ADDITIONAL)
    document = permissions.document(*permitted.statements(), *refused.statements())
    built.add_resource(
        iam.ManagedPolicy(
            _POLICY,
            ManagedPolicyName=Ref("PolicyName"),
            Description="Bounds the roles of an MLOps Workload Orchestrator and its pipelines",
            PolicyDocument=document,
        )
    )
    built.add_output(Output("PolicyArn", Description="ARN of the boundary", Value=Ref(_POLICY)))
    return built
