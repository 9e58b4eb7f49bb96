# SPDX-License-Identifier: Apache-2.0
"""What the local AWS does not serve: it runs XGBoost alone, and takes endpoints of all other images as they are."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from orchestrator.sagemaker.deployed_outputs import ENDPOINT

_OF_NO_MODEL: Final = "application/x-nothing"


def unserved(aws: Aws, outputs: Mapping[str, str]) -> str:
    """Return why the local AWS will not answer for an endpoint; empty if it will, for none, and on AWS itself."""
    if not aws.is_local or ENDPOINT not in outputs:
        return ""
    runtime = aws.client("sagemaker-runtime")
    try:
        runtime.invoke_endpoint(EndpointName=outputs[ENDPOINT], Body=b"", ContentType=_OF_NO_MODEL)
    except ClientError as error:
        # Every model refuses the media type. Only where there is none, nobody does.
        answer = error.response
        if answer.get("OriginalStatusCode") == HTTPStatus.NOT_IMPLEMENTED:
            return str(answer.get("OriginalMessage", ""))
    return ""
