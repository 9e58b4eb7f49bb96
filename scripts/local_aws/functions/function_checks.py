# SPDX-License-Identifier: Apache-2.0
"""Lambda's checks of a function's settings and code."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction

from scripts.local_aws.enforcement import services

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_ENVIRONMENT_BYTES = 4096
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_RESERVED = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
})  # fmt: skip


def check_environment(variables: Mapping[str, Any]) -> None:
    """Refuse reserved names and more than 4 KB. Raise LambdaClientError."""
    problem = ""
    if taken := sorted(_RESERVED & variables.keys()):
        problem = (
            "contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(taken)}"
        )
    elif len(json.dumps(dict(variables)).encode()) > _MAX_ENVIRONMENT_BYTES:
        problem = "exceeded the 4KB limit."
    if problem:
        raise LambdaClientError(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided {problem}",
        )


def check_role(role_arn: str) -> None:
    """Refuse a role that does not trust Lambda. Raise LambdaClientError."""
    try:
        services.check_trust("lambda.amazonaws.com", role_arn)
    except ClientError as error:
        raise LambdaClientError(
            "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
        ) from error


def check_code(function: LambdaFunction) -> None:
    """Refuse code that is not a zip file. Raise LambdaClientError."""
    if function.package_type == "Zip" and not zipfile.is_zipfile(io.BytesIO(function.code_bytes)):
        raise LambdaClientError(
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        )
