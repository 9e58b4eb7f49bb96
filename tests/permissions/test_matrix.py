# SPDX-License-Identifier: Apache-2.0
"""Nobody reaches a protected thing unless a launch parameter decides about that, or a reason says why it is so."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator import reach
from tests.permissions import matrix, named
from tests.permissions.matrix import Cell, Matrix
from tests.permissions.reasons import NAMED, REACHED
from tests.sampling import Sampling

Template = dict[str, Any]


@pytest.fixture(scope="module")
def tried(templates: dict[str, Template]) -> Matrix:
    return Matrix(templates)


@pytest.fixture(scope="module")
def by_name(tried: Matrix) -> dict[Cell, list[str]]:
    """What is reached because a request names it."""
    return matrix.of_all_keys(tried)


def test_what_a_role_reaches_has_a_parameter_or_a_reason(tried: Matrix) -> None:
    assert matrix.unexplained(tried.of_roles, REACHED) == []


def test_what_is_reached_by_name_has_a_parameter_or_a_reason(by_name: dict[Cell, list[str]]) -> None:
    assert matrix.unexplained(by_name, NAMED) == []


def test_no_reason_is_idle(tried: Matrix, by_name: dict[Cell, list[str]]) -> None:
    assert matrix.idle(tried.of_roles, REACHED) == []
    assert matrix.idle(by_name, NAMED) == []


def test_things_of_other_accounts_are_the_operator_s_decision_too(by_name: dict[Cell, list[str]]) -> None:
    foreign = {cell for cell in by_name if cell.thing.endswith("of another account")}
    assert {cell.thing for cell in foreign} == {
        "a bucket of another account",
        "a model package group of another account",
        "a secret outside of mlops/ of another account",
        "another key of another account",
        "another repository of another account",
    }
    assert [cell for cell in foreign if reach.ACCOUNTS not in cell.decided_by] == []


def test_keys_that_are_not_declared_to_name_something_name_nothing_more(
    tried: Matrix, by_name: dict[Cell, list[str]], sampling: Sampling
) -> None:
    keys = sampling.of(named.others(), 15)
    assert set(tried.of_keys(keys)) - by_name.keys() == set()
