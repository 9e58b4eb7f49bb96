# SPDX-License-Identifier: Apache-2.0
"""A web page cannot use the local AWS of somebody who looks at it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import requests

from scripts.local_aws.server import LocalAws

_CALL = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
_SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sts/aws4_request"}


def called(aws: LocalAws, headers: Mapping[str, str]) -> requests.Response:
    return requests.post(aws.endpoint_url, data=_CALL, headers={**_SIGNED, **headers}, timeout=60)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:4566"},
        {"Host": "bucket.localhost"},
        {"Host": "sts.us-east-1.amazonaws.com"},
        {"Origin": "http://127.0.0.1:8000"},
    ],
    ids=["a program", "localhost", "below localhost", "the name of AWS", "a page of this machine"],
)
def test_programs_and_pages_of_this_machine_are_answered(local_aws: LocalAws, headers: Mapping[str, str]) -> None:
    assert called(local_aws, headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Host": "evil.example"},
        {"Host": "evil-amazonaws.com"},
        {"Host": "localhost.evil.example:4566"},
    ],
    ids=["a page", "a file or frame", "a like name", "a name that points here", "like AWS", "like localhost"],
)
def test_pages_of_other_machines_are_refused(local_aws: LocalAws, headers: Mapping[str, str]) -> None:
    answer = called(local_aws, headers)
    assert answer.status_code == 403
    assert answer.text.startswith("the local AWS")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_is_not_told_that_it_may_ask(local_aws: LocalAws) -> None:
    """The question that a browser asks before it sends a request of a page's own making."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = requests.options(local_aws.endpoint_url, headers=asked, timeout=60)
    assert (answer.status_code, answer.headers.get("Access-Control-Allow-Origin")) == (403, None)
