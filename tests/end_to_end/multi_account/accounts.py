# SPDX-License-Identifier: Apache-2.0
"""What is in the accounts of the stages."""

from __future__ import annotations

from mlops_orchestrator.aws.aws_access import Aws
from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end.users import Orchestrator


def instance_type(aws: Aws, endpoint: str) -> str:
    """What an endpoint runs on; empty where there is none of this name."""
    sagemaker = aws.client("sagemaker")
    if not sagemaker.list_endpoints(NameContains=endpoint)["Endpoints"]:
        return ""
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    return str(variant["InstanceType"])


def left(orchestrator: Orchestrator, model_name: str) -> set[str]:
    """Names of stacks, in all accounts, and of StackSets that are of a model."""
    part, cloudformation = f"-{model_name}-", orchestrator.client("cloudformation")
    sets = cloudformation.get_paginator("list_stack_sets").paginate(Status="ACTIVE")
    found = {one["StackSetName"] for page in sets for one in page["Summaries"] if part in one["StackSetName"]}
    for stage in STAGE_ACCOUNTS:
        pages = orchestrator.in_account(stage).client("cloudformation").get_paginator("describe_stacks").paginate()
        found |= {stack["StackName"] for page in pages for stack in page["Stacks"] if part in stack["StackName"]}
    return found | orchestrator.stacks(part)
