# SPDX-License-Identifier: Apache-2.0
"""Serverless variants: what SageMaker refuses of them.

https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html#serverless-endpoints-how-it-works-exclusions
"""

from __future__ import annotations

from collections.abc import Mapping

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import Model

from scripts.local_aws.sagemaker.endpoints.configs import LocalEndpointConfig


def check_config(config: LocalEndpointConfig, models: Mapping[str, Model]) -> None:
    """Refuse a configuration with a serverless variant and what there is for instances only."""
    for variant in config.production_variants:
        if "ServerlessConfig" not in variant:
            continue
        model, serverless = models[str(variant["ModelName"])], variant["ServerlessConfig"]
        refused = {
            "Data capture": bool(config.given.get("DataCaptureConfig")),
            "Asynchronous inference": "AsyncInferenceConfig" in config.given,
            "Multiple production variants": len(config.production_variants) > 1,
            "Network isolation": bool(model.enable_network_isolation),
            "VPC configuration": bool(getattr(model, "vpc_config", None)),
            "InstanceType": "InstanceType" in variant,
            "InitialInstanceCount": "InitialInstanceCount" in variant,
            "VolumeSizeInGB": "VolumeSizeInGB" in variant,
        }
        for name, is_there in refused.items():
            if is_there:
                raise ValidationError(f"{name} is not supported for Serverless Inference")
        if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
            raise ValidationError("ProvisionedConcurrency must be less than or equal to MaxConcurrency")


def check_update(old: LocalEndpointConfig, new: LocalEndpointConfig) -> None:
    """Refuse to take the instances away from an endpoint."""
    if not _is_serverless(old) and _is_serverless(new):
        raise ValidationError("An instance-based endpoint cannot be updated to a serverless endpoint.")


def _is_serverless(config: LocalEndpointConfig) -> bool:
    return any("ServerlessConfig" in variant for variant in config.production_variants)
