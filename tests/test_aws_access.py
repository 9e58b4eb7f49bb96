# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from mlops_orchestrator.aws import aws_access


@pytest.mark.parametrize(
    ("region", "partition", "suffix", "console"),
    [
        ("eu-west-1", "aws", "amazonaws.com", "console.aws.amazon.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn", "console.amazonaws.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "console.amazonaws-us-gov.com"),
    ],
)
def test_partition_gives_domains(region: str, partition: str, suffix: str, console: str) -> None:
    aws = aws_access.local("http://127.0.0.1:5000", region)

    assert (aws.partition, aws.url_suffix, aws.console) == (partition, suffix, console)


@pytest.mark.parametrize(
    ("endpoint_url", "is_local"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://localhost:4566", True),
        ("", False),
        ("https://vpce.example.com", False),
    ],
)
def test_only_this_machine_is_local(endpoint_url: str, is_local: bool) -> None:
    assert aws_access.local(endpoint_url, "eu-west-1").is_local is is_local


def test_a_service_has_one_client() -> None:
    aws = aws_access.local("http://127.0.0.1:5000", "eu-west-1")

    assert aws.client("s3") is aws.client("s3") is not aws.client("sts")
