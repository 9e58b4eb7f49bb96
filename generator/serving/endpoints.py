# SPDX-License-Identifier: Apache-2.0
"""The endpoint of a model and its configuration, with data capture (compatibility 3.1, 3.2)."""

from __future__ import annotations

from typing import ClassVar, Final

from troposphere import And, Condition, GetAtt, If, Not, NoValue, Ref, Sub, Tags, Template, sagemaker
from troposphere.validators import boolean, integer

from generator.conditions import if_provided
from generator.serving import asynchronous, capacity, components, containers, updates, variants
from orchestrator.pipeline_types.built_in.serving.variants import MAIN

CONFIG: Final = "MLOpsSagemakerEndpointConfig"
ENDPOINT: Final = "MLOpsSagemakerEndpoint"
_CAPTURES: Final = "CapturesCalls"


class EndpointDataCapture(sagemaker.DataCaptureConfig):
    """An endpoint's data capture: troposphere 4.11 has only the transform job's type of the same name."""

    props: ClassVar = {
        "CaptureContentTypeHeader": (sagemaker.CaptureContentTypeHeader, False),
        "CaptureOptions": ([sagemaker.CaptureOption], True),
        "DestinationS3Uri": (str, True),
        "EnableCapture": (boolean, False),
        "InitialSamplingPercentage": (integer, True),
        "KmsKeyId": (str, False),
    }


def endpoint_config(built: Template, role: str) -> sagemaker.EndpointConfig:
    """Endpoint configuration of the model's variant, which captures every request and answer; `role` is SageMaker's."""
    return sagemaker.EndpointConfig(
        CONFIG,
        DataCaptureConfig=If(captures(built), data_capture(built), NoValue),
        # Some instance types refuse a key for their volumes (lesson 72).
        KmsKeyId=if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn")),
        ProductionVariants=[main_variant(built), *variants.production()],
        **components.config_properties(built, role),
        **variants.config_properties(),
        **asynchronous.config_properties(built),
        Tags=Tags({"endpoint-config-name": Sub("${ModelName}-endpoint-config")}),
    )


def captures(built: Template) -> str:
    """Name of the condition that calls are captured: what waits in a queue is in S3, and components capture none."""
    others = (asynchronous.is_async(built), components.has_component(built))
    without = (Not(Condition(other)) for other in others)
    built.conditions.setdefault(_CAPTURES, And(Condition(capacity.has_instances(built)), *without))
    return _CAPTURES


def data_capture(built: Template) -> EndpointDataCapture:
    """Capture of every request and answer."""
    return EndpointDataCapture(
        EnableCapture=True,
        InitialSamplingPercentage=100,
        DestinationS3Uri=Sub("s3://${DataCaptureLocation}"),
        CaptureOptions=[
            sagemaker.CaptureOption(CaptureMode="Output"),
            sagemaker.CaptureOption(CaptureMode="Input"),
        ],
        # Bodies of other types are stored in base64 (lesson 107).
        CaptureContentTypeHeader=sagemaker.CaptureContentTypeHeader(
            CsvContentTypes=["text/csv"], JsonContentTypes=["application/json", "application/jsonlines"]
        ),
        KmsKeyId=if_provided(built, "KmsKeyArn", Ref("KmsKeyArn")),
    )


def main_variant(built: Template) -> sagemaker.ProductionVariant:
    """The variant of the request's model, from what each subject's module says of it."""
    return sagemaker.ProductionVariant(
        VariantName=MAIN,
        **components.variant_properties(built),
        **capacity.variant_properties(built),
        **containers.variant_properties(built),
        InitialVariantWeight=1,
    )


def endpoint(built: Template) -> sagemaker.Endpoint:
    """The endpoint, with the name of the request when it has one."""
    return sagemaker.Endpoint(
        ENDPOINT,
        EndpointName=if_provided(built, "EndpointName", Ref("EndpointName")),
        EndpointConfigName=GetAtt(CONFIG, "EndpointConfigName"),
        **capacity.endpoint_properties(built),
        **updates.endpoint_properties(built),
        Tags=Tags({"endpoint-name": Sub("${ModelName}-endpoint")}),
    )
