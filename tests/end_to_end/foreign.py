# SPDX-License-Identifier: Apache-2.0
"""Endpoints that this solution did not make (lesson 73)."""

from __future__ import annotations

from mlops_orchestrator.aws.aws_access import Aws


def make_endpoint(aws: Aws, name: str, captured: str = "") -> None:
    """An endpoint of a model with an image of one's own, in the account that a client acts in.

    With the URI of a folder as `captured` its calls are captured there; it cannot answer any.
    """
    sagemaker = aws.client("sagemaker")
    image, role = f"{aws.account}.dkr.ecr.us-east-1.amazonaws.com/own:1", f"arn:aws:iam::{aws.account}:role/model"
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": image})
    variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": captured,
        "CaptureOptions": [{"CaptureMode": "Output"}, {"CaptureMode": "Input"}],
    }
    more = {"DataCaptureConfig": capture} if captured else {}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **more)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
