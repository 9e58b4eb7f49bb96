# SPDX-License-Identifier: Apache-2.0
"""Launch of the permissions boundary, which has to exist before the roles that it bounds.

IAM is global: the stack is in the Region of the first launch, and launches in other Regions use its policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.boundary.options import LONGEST_NAME, BoundaryParameters
from mlops_orchestrator.aws.aws_access import Aws
from scripts.launch import artifact_bucket, deployment, launch_parameters
from scripts.launch.deployment import Audience, ChangeSet, Target
from scripts.launch.launch_parameters import LaunchParameterError
from scripts.packaging import artifacts
from scripts.packaging.artifacts import Place

NAME_PARAMETER: Final = "PermissionsBoundaryName"
_DEFAULTS: Final = BoundaryParameters()


@dataclass(frozen=True)
class Boundary:
    """Boundary of one orchestrator. Its stack has the name of the policy, and so has a StackSet of it."""

    parameters: Mapping[str, str]

    @property
    def name(self) -> str:
        """Name of the policy, the stack and the StackSet."""
        return self.parameters["PolicyName"]

    @property
    def policy(self) -> str:
        """Name of the policy with its path, as in launch parameters."""
        return f"{self.parameters['RolePath']}{self.name}".removeprefix("/")


def name_of(stack_name: str) -> str:
    """Return the name of an orchestrator's boundary."""
    return f"{stack_name[:LONGEST_NAME]}-boundary"


def of(aws: Aws, stack_name: str, values: Mapping[str, str]) -> Boundary:
    """Return the boundary of an orchestrator that has, or will have, these launch parameters."""
    names = [values.get(artifacts.BUCKET_PARAMETER, ""), values.get("ConfigS3Bucket", "")]
    # The assets bucket may also be the configuration bucket: no pipeline writes configurations in any case.
    known = {"", artifact_bucket.default_name(aws.account, aws.region), values.get("ExistingS3Bucket")}
    reserved = [_DEFAULTS.ReservedBuckets, *(name for name in names if name not in known)]
    taken = {name: values[name] for name in ("RolePath", "AllowedSecrets") if name in values}
    return Boundary(
        {
            "PolicyName": name_of(stack_name),
            "RolePath": _DEFAULTS.RolePath,
            "OrchestratorName": stack_name[:LONGEST_NAME],
            "ReservedBuckets": ",".join(reserved),
            "AllowedSecrets": _DEFAULTS.AllowedSecrets,
            **taken,
        }
    )


@dataclass(frozen=True)
class BoundaryLaunch:
    """Launch of boundaries from a published version. `agree` is asked about each change."""

    aws: Aws
    place: Place
    template: str
    audience: Audience
    agree: Callable[[ChangeSet], bool]

    def carry_out(self, boundary: Boundary, tags: Mapping[str, str], role_arn: str) -> bool:
        """Create or update the boundary's stack. Return false if that was not agreed to."""
        cloudformation = self.aws.client("cloudformation")
        declared = launch_parameters.declared(self.template)
        launch_parameters.check(boundary.parameters, declared, {}, ())
        state = deployment.settle(cloudformation, boundary.name, self.audience, role_arn)
        if state is None and _exists(self.aws, boundary):
            self.audience.say(f"The policy {boundary.policy} is there already, made elsewhere, and is used as it is.")
            return True
        target = Target(
            stack_name=boundary.name,
            template_url=self.place.url(artifacts.BOUNDARY_TEMPLATE),
            parameters=boundary.parameters,
            declared=frozenset(declared),
            tags={**(state.tags if state is not None and state.has_values else {}), **tags},
            role_arn=role_arn,
        )
        change_set = deployment.prepare(cloudformation, target, state)
        if change_set is not None and not self.agree(change_set):
            return False
        if change_set is not None:
            deployment.execute(cloudformation, change_set, self.audience)
        return True


def chosen(stack_name: str, given: Mapping[str, str], previous: Mapping[str, str]) -> dict[str, str]:
    """Return the launch parameter that bounds all roles. Raise LaunchParameterError if another boundary is named."""
    path = {**previous, **given}.get("RolePath", _DEFAULTS.RolePath)
    policy = f"{path}{name_of(stack_name)}".removeprefix("/")
    named = given.get(NAME_PARAMETER, policy)
    if named != policy:
        raise LaunchParameterError(
            f"--with-boundary makes the policy {policy}: give no other {NAME_PARAMETER} ({named}) with it"
        )
    return {NAME_PARAMETER: policy}


def _exists(aws: Aws, boundary: Boundary) -> bool:
    iam: Any = aws.client("iam")
    try:
        iam.get_policy(PolicyArn=f"arn:{aws.partition}:iam::{aws.account}:policy/{boundary.policy}")
    except iam.exceptions.NoSuchEntityException:
        return False
    return True
