# SPDX-License-Identifier: Apache-2.0
"""Endpoint configurations, and what SageMaker refuses in them.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
"""

from __future__ import annotations

from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpointConfig

from scripts.local_aws.sagemaker.model_packages import in_lower_case

Given = dict[str, Any]
"""Request of CreateEndpointConfig; members that were not given are absent."""


class LocalEndpointConfig(FakeEndpointConfig):
    """Endpoint configuration as it was given."""

    def __init__(self, account_id: str, region_name: str, given: Given) -> None:
        self.given = given
        super().__init__(
            account_id,
            region_name,
            given["EndpointConfigName"],
            given["ProductionVariants"],
            given.get("AsyncInferenceConfig", {}),
            given.get("DataCaptureConfig", {}),
            given.get("Tags", []),
            given.get("KmsKeyId", ""),
        )
        self.endpoint_config_arn = in_lower_case(self.endpoint_config_arn)

    @property
    def shadow_variants(self) -> list[dict[str, Any]]:
        """Shadow variants as given."""
        return list(self.given.get("ShadowProductionVariants", []))

    def is_created(self) -> bool:
        """Return true: a configuration is available at once."""
        return True

    def validate_production_variants(self, production_variants: list[dict[str, Any]]) -> None:
        """Check the variants, and the shadow beside them. Raise SageMaker's ValidationError."""
        variants = [*production_variants, *self.shadow_variants]
        super().validate_production_variants(variants)
        names = [variant["VariantName"] for variant in variants]
        for name in names:
            if names.count(name) > 1:
                raise ValidationError(f'The variant name "{name}" was non-unique within the request.')
        if self.shadow_variants:
            self._check_shadow(variants)

    def validate_instance_type(self, instance_type: str) -> None:
        """Accept all that the SDK knows, which the request was checked for; moto has an older list."""

    def _check_shadow(self, variants: list[dict[str, Any]]) -> None:
        """Refuse what cannot have a shadow; `variants` are all, shadows too.

        https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
        """
        if len(self.shadow_variants) != 1 or len(variants) != 2:
            raise ValidationError(
                "If you use ShadowProductionVariants, you can only specify one variant for ProductionVariants and one "
                "variant for ShadowProductionVariants."
            )
        kinds = {
            "Serverless inference": any("ServerlessConfig" in one for one in variants),
            "Asynchronous inference": "AsyncInferenceConfig" in self.given,
            "An Inf1 instance": any(str(one.get("InstanceType", "")).startswith("ml.inf1.") for one in variants),
        }
        for kind, found in kinds.items():
            if found:
                raise ValidationError(f"{kind} does not support ShadowProductionVariants.")

    @property
    def response_object(self) -> dict[str, Any]:
        """Answer of DescribeEndpointConfig."""
        described = {name: value for name, value in self.given.items() if name != "Tags"}
        return described | {"EndpointConfigArn": self.endpoint_config_arn, "CreationTime": self.creation_time}
