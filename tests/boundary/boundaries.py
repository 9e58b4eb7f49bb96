# SPDX-License-Identifier: Apache-2.0
"""What operators do with the boundary of their orchestrator."""

from __future__ import annotations

from typing import Any

from scripts.launch import boundary


def add_actions(cloudformation: Any, orchestrator: str, actions: str) -> None:
    """Permit actions, as `aws cloudformation deploy --parameter-overrides` does; other parameters keep their values."""
    name = boundary.name_of(orchestrator)
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    others = {one["ParameterKey"] for one in stack["Parameters"]} - {"AdditionalActions"}
    cloudformation.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "AdditionalActions", "ParameterValue": actions},
            *({"ParameterKey": other, "UsePreviousValue": True} for other in sorted(others)),
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
