# SPDX-License-Identifier: Apache-2.0
"""Addresses in the AWS console, whose host differs by partition."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html. The hosts are those of
# GovCloud (US) User Guide, "Getting started", and "Getting Started with Amazon Web Services in China".
_HOSTS: Final = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}


def execution(pipeline_arn: str, execution_id: str) -> str:
    """Return the address of an execution; empty if the partition's console is not known."""
    _, partition, _, region, _, name = pipeline_arn.split(":", 5)
    path = f"codesuite/codepipeline/pipelines/{quote(name)}/executions/{quote(execution_id)}/timeline?region={region}"
    return _address(partition, path)


def stack(stack_arn: str) -> str:
    """Return the address of a stack's events; empty if the partition's console is not known."""
    _, partition, _, region, *_ = stack_arn.split(":")
    path = f"cloudformation/home?region={region}#/stacks/events?stackId={quote(stack_arn, safe='')}"
    return _address(partition, path)


def pipeline(arn: str, name: str) -> str:
    """Return the address of a pipeline, where the ARN of something else is; empty if the console is not known."""
    _, partition, _, region, *_ = arn.split(":")
    return _address(partition, f"codesuite/codepipeline/pipelines/{quote(name)}/view?region={region}")


def sagemaker(arn: str, page: str, name: str) -> str:
    """Return the address of a SageMaker resource, where the ARN of something else is; empty if it is not known."""
    _, partition, _, region, *_ = arn.split(":")
    return _address(partition, f"sagemaker/home?region={region}#/{page}/{quote(name)}")


def _address(partition: str, path: str) -> str:
    host = _HOSTS.get(partition)
    return f"https://{host}/{path}" if host else ""
