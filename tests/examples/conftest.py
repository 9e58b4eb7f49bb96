# SPDX-License-Identifier: Apache-2.0
"""What the tests of the examples share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.examples import hugging_face_stub
from tests.examples.hugging_face_stub import Stub


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    """Hugging Face, which found nothing wrong with any call at the end."""
    with hugging_face_stub.running() as running:
        yield running
    assert running.problems == []
