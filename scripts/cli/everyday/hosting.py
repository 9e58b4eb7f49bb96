# SPDX-License-Identifier: Apache-2.0
"""What the local AWS does not serve: endpoints with images that it cannot run are taken as they are, and say so."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from orchestrator.sagemaker.deployed_outputs import ENDPOINT


def unserved(aws: Aws, outputs: Mapping[str, str]) -> str:
    """Return why the local AWS will not answer for an endpoint; empty if it will, for none, and on AWS itself."""
    if not aws.is_local or ENDPOINT not in outputs:
        return ""
    try:
        endpoint = aws.client("sagemaker").describe_endpoint(EndpointName=outputs[ENDPOINT])
    except ClientError:
        return ""
    told = (state for variant in endpoint.get("ProductionVariants", []) for state in variant.get("VariantStatus", []))
    return next((state["StatusMessage"] for state in told if state.get("StatusMessage")), "")
