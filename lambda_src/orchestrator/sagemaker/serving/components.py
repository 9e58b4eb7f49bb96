# SPDX-License-Identifier: Apache-2.0
"""Facts about inference components, by which an endpoint can be without instances while nobody asks its model.

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOT_WITH_COMPONENTS: Final[Mapping[str, str]] = {
    "serverless": "such an endpoint has no instances that could be counted",
    "variants": "an inference component is on one variant, and calls name the component",
    "shadow_variant": "an inference component is on one variant, and calls name the component",
    "async_inference": "InvokeEndpointAsync names no inference component",
    "deployment": "a new model reaches an inference component copy by copy, and no traffic moves between endpoints",
    "containers": "an inference component runs one container",
}
"""Key of a request -> why it cannot be with an inference component.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateInferenceComponent.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InferenceComponentSpecification.html
"""

REGIONS_WITHOUT: Final = frozenset(
    {
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-4", "ap-southeast-5"),
        *("ap-southeast-6", "ap-southeast-7", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-2"),
        *("eu-south-1", "eu-south-2", "eu-west-3", "il-central-1", "mx-central-1", "us-gov-east-1"),
        *("us-gov-west-1", "us-west-1"),
    }
)
"""Regions whose CloudFormation has no AWS::SageMaker::InferenceComponent, as their registries say."""
