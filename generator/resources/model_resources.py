# SPDX-License-Identifier: Apache-2.0
"""The SageMaker model of the bring-your-own-model blueprints (compatibility 3.1 to 3.4)."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, If, NoValue, Ref, Sub, Tags, Template, sagemaker

from generator import checkov
from generator.conditions import if_provided
from generator.resources import network

_PREFIX = "ModelDataPrefix"
MODEL = "MLOpsSagemakerModel"
"""CloudFormation may name SageMaker resources after their logical ids, so these are part of ARNs in policies."""


def model(template: Template, role: str) -> sagemaker.Model:
    """A model from the registry when a package is named, otherwise from an image, and an artifact or a prefix."""
    return of_container(template, MODEL, role, own_container(template))


def of_container(template: Template, name: str, role: str, container: Any, **attributes: Any) -> sagemaker.Model:
    """A model of one container."""
    return sagemaker.Model(
        name,
        Metadata=checkov.skipped(checkov.ISOLATION),
        ExecutionRoleArn=GetAtt(role, "Arn"),
        PrimaryContainer=container,
        **network.properties(template),
        Tags=Tags({"model_name": Ref("ModelName")}),
        **attributes,
    )


def own_container(template: Template) -> sagemaker.ContainerDefinition:
    """The container of the model. Its environment is put in when the blueprint is packaged (`plan/additions.py`)."""
    artifact = Sub("s3://${AssetsBucket}/${ModelArtifactLocation}")
    uncompressed = {"ModelDataSource": data_source(template)} if _PREFIX in template.parameters else {}
    return sagemaker.ContainerDefinition(
        ModelPackageName=if_provided(template, "ModelPackageName", Ref("ModelPackageName")),
        Image=if_provided(template, "ImageUri", Ref("ImageUri")),
        ModelDataUrl=if_provided(template, "ModelArtifactLocation", artifact),
        **uncompressed,
        Environment=NoValue,
    )


def data_source(template: Template) -> If:
    """Files as they are below a prefix, which ends with a slash for SageMaker."""
    files = sagemaker.S3ModelDataSource(
        S3Uri=Sub(f"s3://${{AssetsBucket}}/${{{_PREFIX}}}/"), S3DataType="S3Prefix", CompressionType="None"
    )
    return if_provided(template, _PREFIX, sagemaker.ModelDataSource(S3DataSource=files))
