# SPDX-License-Identifier: Apache-2.0
"""Functions as Lambda loads them: a file with those beside it, its clients made from the environment."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.stub import Stubber


@contextmanager
def loaded(file: Path, **variables: str) -> Iterator[ModuleType]:
    """The module of a file, with a Region, keys and `variables` in the environment as long as it is used."""
    given = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (given | variables).items():
            environment.setenv(name, value)
        environment.syspath_prepend(file.parent)
        spec = importlib.util.spec_from_file_location("index", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


@contextmanager
def stubbed(client: Any) -> Iterator[Stubber]:
    """The answers that a client gets, one by one: a call more or less than expected fails the test."""
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()
