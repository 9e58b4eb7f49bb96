# SPDX-License-Identifier: Apache-2.0
"""Path and permissions boundary that the operator chooses for roles.

Both are set on every role of a finished template, so that none can be forgotten. A template with roles has
the parameters of `RoleParameters`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from typing import Final

from awacs.aws import Condition, StringEquals
from troposphere import Equals, If, Not, NoValue, Ref, Sub, Template, iam

from generator import arns, conditions, reach

PATH: Final = "RolePath"
_PATH_CHOSEN: Final = "RolePathChosen"
_BOUNDARY: Final = "PermissionsBoundaryName"


def keep_to_options(template: Template) -> Template:
    """The same template, with path and boundary on every role in it, and the path on every managed policy.

    Roles that pipelines make stay within what requests may name, too.
    """
    reach.keep_within(template)
    for resource in template.resources.values():
        if isinstance(resource, iam.Role):
            resource.Path = _path(template)
            resource.PermissionsBoundary = conditions.if_provided(template, _BOUNDARY, _boundary_arn())
        elif isinstance(resource, iam.ManagedPolicy):
            resource.Path = _path(template)
    return template


def named(prefix: str) -> Sub:
    """The ARNs of this account's roles below the path whose names begin so."""
    return arns.in_account("iam", f"role${{{PATH}}}{prefix}*")


def only_bounded() -> If:
    """The condition of a permission to make or change roles: they have the boundary, if the operator wants one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
    """
    bounded = Condition(StringEquals("iam:PermissionsBoundary", _boundary_arn()))
    return If(conditions.name(_BOUNDARY), bounded, NoValue)


def _path(template: Template) -> If:
    # Absent unless chosen: a path, even that of the root, would replace every role made before there were any.
    template.conditions.setdefault(_PATH_CHOSEN, Not(Equals(Ref(PATH), "/")))
    return If(_PATH_CHOSEN, Ref(PATH), NoValue)


def _boundary_arn() -> Sub:
    return arns.in_account("iam", f"policy/${{{_BOUNDARY}}}")
