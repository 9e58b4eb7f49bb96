# SPDX-License-Identifier: Apache-2.0
"""Endpoint configurations without a model, to whose endpoints inference components bring theirs: what is refused.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

from __future__ import annotations

from typing import Final

from moto.sagemaker.exceptions import ValidationError

from scripts.local_aws.sagemaker.endpoints.configs import LocalEndpointConfig
from scripts.local_aws.sagemaker.model_hosting import Served
from scripts.local_aws.serving.containers import Container

NOTHING: Final = Served(Container("", ""))
"""What a variant without a model serves itself."""


def check_config(config: LocalEndpointConfig) -> None:
    """Refuse a configuration of which a part has models, or that lacks what it needs without one.

    SageMaker's own words for these are not known, and what it does with data capture or a shadow neither: the local AWS
    is the stricter one.
    """
    variants = [*config.production_variants, *config.shadow_variants]
    without = [variant["VariantName"] for variant in variants if "ModelName" not in variant]
    if not without:
        if any(variant.get("ManagedInstanceScaling", {}).get("MinInstanceCount") == 0 for variant in variants):
            raise ValidationError("MinInstanceCount 0 needs a variant without a model, for inference components.")
        return
    refused = {
        "beside others with a model": len(without) < len(variants),
        "without ExecutionRoleArn": "ExecutionRoleArn" not in config.given,
        "with AsyncInferenceConfig": "AsyncInferenceConfig" in config.given,
        "with DataCaptureConfig": bool(config.given.get("DataCaptureConfig")),
        "with ShadowProductionVariants": bool(config.shadow_variants),
        "with ServerlessConfig": any("ServerlessConfig" in variant for variant in variants),
    }
    for words, is_there in refused.items():
        if is_there:
            raise ValidationError(
                f'Variant "{without[0]}" without ModelName, for inference components, is refused {words}.'
            )
    for variant in variants:
        scaling = variant.get("ManagedInstanceScaling", {})
        least, most = scaling.get("MinInstanceCount"), scaling.get("MaxInstanceCount")
        if least is not None and most is not None and int(least) > int(most):
            raise ValidationError("MinInstanceCount must be less than or equal to MaxInstanceCount")


def check_update(old: LocalEndpointConfig, new: LocalEndpointConfig) -> None:
    """Refuse to give an endpoint models in place of components, or the other way round: no page says that it works."""
    if _has_models(old) != _has_models(new):
        raise ValidationError(
            "An endpoint with models of its own cannot become one for inference components, nor the other way round."
        )


def _has_models(config: LocalEndpointConfig) -> bool:
    return all("ModelName" in variant for variant in config.production_variants)
