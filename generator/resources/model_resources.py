# SPDX-License-Identifier: Apache-2.0
"""The SageMaker model of the bring-your-own-model blueprints (compatibility 3.1 to 3.4)."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, If, Ref, Sub, Tags, Template, sagemaker

from generator import checkov
from generator.conditions import if_provided, provided
from generator.resources import network

MODEL = "MLOpsSagemakerModel"
"""CloudFormation may name SageMaker resources after their logical ids, so these are part of ARNs in policies."""


def model(template: Template, role: str) -> sagemaker.Model:
    """A model from the registry when a package is named, otherwise from an image and an artifact."""
    from_package = sagemaker.ContainerDefinition(ModelPackageName=Ref("ModelPackageName"))
    artifact = Sub("s3://${AssetsBucket}/${ModelArtifactLocation}")
    from_artifact = sagemaker.ContainerDefinition(
        Image=if_provided(template, "ImageUri", Ref("ImageUri")),
        ModelDataUrl=if_provided(template, "ModelArtifactLocation", artifact),
    )
    return of_container(template, MODEL, role, If(provided(template, "ModelPackageName"), from_package, from_artifact))


def of_container(template: Template, name: str, role: str, container: Any, **attributes: Any) -> sagemaker.Model:
    """A model of one container."""
    return sagemaker.Model(
        name,
        Metadata=checkov.skipped(checkov.ISOLATION),
        ExecutionRoleArn=GetAtt(role, "Arn"),
        PrimaryContainer=container,
        **network.of_model(template),
        Tags=Tags({"model_name": Ref("ModelName")}),
        **attributes,
    )
