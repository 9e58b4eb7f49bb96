# SPDX-License-Identifier: Apache-2.0
"""The pipelines bucket of a launched orchestrator in moto."""

from __future__ import annotations

import pytest

from orchestrator.aws import calls
from orchestrator.launch.settings import Settings


@pytest.fixture
def bucket(settings: Settings, aws: None) -> str:
    name = settings.launch.pipelines_bucket
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=location)
    calls.client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name
