# SPDX-License-Identifier: Apache-2.0
"""What a report must not carry, and what it must keep."""

from __future__ import annotations

import base64
import hashlib
import string
from random import Random

import pytest

from scripts.verification import scrubbing

# In two parts, so that who looks for credentials in the repository does not find AWS's example.
_KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
_TOKEN = base64.b64encode(hashlib.sha512(b"token").digest() * 3).decode()


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("arn:aws:sagemaker:eu-west-1:111122223333:model/a", "111122223333"),
        ("the bucket mlops-verify-1129-0a1b-artifacts-111122223333 is there", "111122223333"),
        (f"The security token {_KEY_ID} is invalid", _KEY_ID),
        ("the role AROAIOSFODNN7EXAMPLE:session", "AROAIOSFODNN7EXAMPLE"),
        (f"secret {_SECRET}.", _SECRET),
        (f"session token {_TOKEN}", _TOKEN),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=0123abcd&X-Amz-Date=1", "0123abcd"),
        ("User: arn:aws:iam::111122223333:user/jane is not authorized", "jane"),
        ("User: arn:aws:sts::111122223333:assumed-role/Admin/jane.doe is not authorized", "jane.doe"),
        ("an address: jane.doe@example.org", "jane.doe@example.org"),
        ("accounts of ou-ab12-34cd56ef in o-a1b2c3d4e5", "ou-ab12-34cd56ef"),
        ("accounts of ou-ab12-34cd56ef in o-a1b2c3d4e5", "o-a1b2c3d4e5"),
        ("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod", "a1b2c3d4e5"),
    ],
    ids=[
        "account-in-arn", "account-in-name", "access-key", "unique-id", "secret", "token", "signature", "user",
        "session", "address", "unit", "organization", "api",
    ],
)  # fmt: skip
def test_what_names_or_opens_an_account_is_taken_out(said: str, gone: str) -> None:
    assert gone in said
    assert gone not in scrubbing.text(said)


@pytest.mark.parametrize(
    "said",
    [
        "detail.Tags is a list of Key and Value",
        "the job mlops-pipeline-mlops-verify-1129-0a1b-byompipelinerealtimebuiltin-codepipeline ended",
        f"version 0.3.0-{hashlib.sha256(b'x').hexdigest()[:12]}a",
        f"digest {hashlib.sha1(b'x', usedforsecurity=False).hexdigest()}",
        "https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html",
        "AWS::SageMaker::ModelPackageGroup in us-east-1, 2026-11-29 at 21:00, 114 rows",
    ],
    ids=["words", "name", "version", "digest", "address", "type"],
)
def test_what_a_reader_needs_stays(said: str) -> None:
    assert scrubbing.text(said) == said


def test_known_values_go_wherever_they_stand() -> None:
    known = {"hunter2": "<secret>", "": "<nothing>"}
    document = {"a": ["x hunter2 y", 3, None], "hunter2": {"deep": ("hunter2",)}}
    assert scrubbing.document(document, known) == {"a": ["x <secret> y", 3, None], "<secret>": {"deep": ["<secret>"]}}


def test_any_secret_access_key_is_found() -> None:
    """One without a capital, a small letter or a digit is too rare to be drawn."""
    random = Random(20261129)
    alphabet = string.ascii_letters + string.digits + "/+"
    for _ in range(500):
        secret = "".join(random.choices(alphabet, k=40))
        assert secret not in scrubbing.text(f'"SecretAccessKey": "{secret}"')
