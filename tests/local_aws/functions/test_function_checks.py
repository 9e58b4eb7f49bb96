# SPDX-License-Identifier: Apache-2.0
"""Functions that Lambda, or the local AWS, does not take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.deploying import zipped

Create = Callable[..., Any]


@pytest.fixture(scope="module")
def create(client: Any) -> Create:
    """`create("name", Timeout=5)`: make a function by the API; what is not given is in order."""
    role = client("iam").create_role(RoleName="checks", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    common = {
        "Role": role,
        "Handler": "main.run",
        "Runtime": "python3.13",
        "Code": {"ZipFile": zipped({"main.py": ""})},
    }

    def make(name: str, **settings: Any) -> Any:
        return client("lambda").create_function(FunctionName=name, **common | settings)

    return make


def test_reserved_variables_and_too_many_are_refused(create: Create) -> None:
    with pytest.raises(ClientError, match="Reserved keys used in this request: AWS_REGION"):
        create("taken", Environment={"Variables": {"AWS_REGION": "x", "MINE": "y"}})
    with pytest.raises(ClientError, match="exceeded the 4KB limit"):
        create("large", Environment={"Variables": {"MINE": "y" * 4096}})


def test_an_update_is_checked_like_a_creation(client: Any, create: Create) -> None:
    create("updated")
    with pytest.raises(ClientError, match="Reserved keys"):
        client("lambda").update_function_configuration(
            FunctionName="updated", Environment={"Variables": {"_HANDLER": "x"}}
        )
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        client("lambda").update_function_code(FunctionName="updated", ZipFile=b"no zip")


def test_code_that_is_no_zip_is_refused(create: Create) -> None:
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        create("broken", Code={"ZipFile": b"no zip"})


def test_what_cannot_run_here_says_so(client: Any, create: Create) -> None:
    create("node", Runtime="nodejs22.x")
    with pytest.raises(ClientError, match="runs Python functions from zip files; this one is nodejs22"):
        client("lambda").invoke(FunctionName="node")


def test_no_reserved_concurrency_means_no_invocation(client: Any, create: Create) -> None:
    create("halted")
    client("lambda").put_function_concurrency(FunctionName="halted", ReservedConcurrentExecutions=0)
    with pytest.raises(client("lambda").exceptions.TooManyRequestsException):
        client("lambda").invoke(FunctionName="halted")
