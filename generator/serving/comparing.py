# SPDX-License-Identifier: Apache-2.0
"""The role by which the orchestrator looks at compared models in the account of a stage, and shares their calls.

It trusts one role, that of the orchestrator's function, and is good for one endpoint. The name is fixed, because the
orchestrator has to know it from outside the account. It does not begin as the names of roles in which code of requests
runs: so the boundary keeps those from making one. An external id would add nothing: it is for a role that acts for
strangers (the confused deputy), while this one is trusted by name, and acts for pipelines that it has made itself.
Whoever makes a role of such a name in a stage's account has the orchestrator read figures of that account, and nothing
else: a session of an assumed role has the permissions of that role alone, none of the orchestrator's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html
"""

from __future__ import annotations

from typing import Final

from awacs import cloudformation as cfn
from awacs import cloudwatch, sagemaker
from awacs.aws import Principal
from troposphere import Ref, Template, iam

from generator import conditions, permissions
from generator.parameters import part
from generator.serving.endpoints import ENDPOINT
from orchestrator.plan import comparing_roles

_PARAMETER: Final = comparing_roles.PARAMETER
_NAME, _TRUSTED = range(2)
"""What that parameter holds, in this order."""


def add_to(built: Template) -> None:
    """Add the role, which is there only when models are compared in another account than the orchestrator's.

    CloudWatch knows no resource for metrics.
    """
    on_endpoint = [sagemaker.DescribeEndpoint, sagemaker.UpdateEndpointWeightsAndCapacities]
    built.add_resource(
        iam.Role(
            "ComparingRole",
            Condition=conditions.provided(built, _PARAMETER),
            RoleName=part(_PARAMETER, _NAME),
            AssumeRolePolicyDocument=permissions.trusting(Principal("AWS", part(_PARAMETER, _TRUSTED))),
            Policies=[
                permissions.policy(
                    "Compare",
                    permissions.allow(on_endpoint, Ref(ENDPOINT)),
                    permissions.allow([cfn.DescribeStacks], Ref("AWS::StackId")),
                    permissions.allow([cloudwatch.GetMetricData], "*"),
                )
            ],
        )
    )
