# SPDX-License-Identifier: Apache-2.0
"""Pipelines of one account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.local_aws.pipelines import Account


@pytest.fixture(scope="module")
def account(client: Callable[..., Any]) -> Account:
    return Account(client)
