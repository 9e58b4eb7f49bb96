# SPDX-License-Identifier: Apache-2.0
"""Endpoints that this solution did not make (lesson 73)."""

from __future__ import annotations

from mlops_orchestrator.aws.aws_access import Aws


def make_endpoint(aws: Aws, name: str) -> None:
    """An endpoint of a model with an image of one's own, in the account that a client acts in."""
    sagemaker = aws.client("sagemaker")
    image, role = f"{aws.account}.dkr.ecr.us-east-1.amazonaws.com/own:1", f"arn:aws:iam::{aws.account}:role/model"
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": image})
    variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
