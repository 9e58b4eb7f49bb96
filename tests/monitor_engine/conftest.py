# SPDX-License-Identifier: Apache-2.0
"""A local AWS for runs that read and write S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local_aws.server import LocalAws
from tests.monitor_engine.cloud import Cloud


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws() as local:
        yield local


@pytest.fixture
def cloud(local_aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Buckets and a role for one test."""
    return Cloud(local_aws, tmp_path, monkeypatch)
