# SPDX-License-Identifier: Apache-2.0
"""Hyper-parameters of a request, as SageMaker hands them to a container."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.requesting import parameters_of, problems_of
from tests.orchestrator.training import TRAINING


def hyperparameters_of(launch: Launch, **values: Any) -> Any:
    return json.loads(parameters_of(TRAINING, launch, algo_hyperparamaters=values)["HyperParameters"])


class TestHyperparameters:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("auc", "auc"),
            ("", ""),
            ("True", "True"),
            (True, "true"),
            (False, "false"),
            (None, "null"),
            (240, "240"),
            (0.08, "0.08"),
            (1e-7, "1e-07"),
            ([1, 2], "[1, 2]"),
            (["auc", "error"], '["auc", "error"]'),
            ({"depth": [1, None]}, '{"depth": [1, null]}'),
            ("h\u00fctte", "h\u00fctte"),
            ('say "hello" \\', 'say "hello" \\'),
            ("{{resolve:ssm:/secret}}", "{{resolve:ssm:/secret}}"),
        ],
    )
    def test_containers_read_json(self, launch: Launch, value: Any, text: str) -> None:
        """Lesson 17: `true` and `null` and not Python's words for them."""
        assert hyperparameters_of(launch, given=value) == {"given": text}

    def test_there_may_be_none(self, launch: Launch) -> None:
        """Lesson 17."""
        assert parameters_of(TRAINING, launch, algo_hyperparamaters={})["HyperParameters"] == "{}"

    def test_there_may_be_a_hundred(self, launch: Launch) -> None:
        hundred = {f"h{number}": number for number in range(100)}
        assert len(hyperparameters_of(launch, **hundred)) == 100
        problems = problems_of({**TRAINING, "algo_hyperparamaters": {**hundred, "more": 1}}, launch)
        assert problems == {
            "algo_hyperparamaters": "has 101 entries; SageMaker takes 100 hyper-parameters at most",
        }

    @pytest.mark.parametrize(("value", "length"), [("x" * 2500, 2500), (["x" * 2496], 2500)])
    def test_a_value_has_2500_characters_as_text(self, launch: Launch, value: Any, length: int) -> None:
        assert len(hyperparameters_of(launch, given=value)["given"]) == length
        longer = value + "x" if isinstance(value, str) else [*value, 1]
        problems = problems_of({**TRAINING, "algo_hyperparamaters": {"given": longer}}, launch)
        assert "must have 2500 characters at most" in problems["algo_hyperparamaters.given"]

    @pytest.mark.parametrize("name", ["", "n" * 257, "two\nlines"])
    def test_a_name_has_256_characters(self, launch: Launch, name: str) -> None:
        assert list(hyperparameters_of(launch, **{"n" * 256: 1})) == ["n" * 256]
        problems = problems_of({**TRAINING, "algo_hyperparamaters": {name: 1}}, launch)
        assert "1 to 256 characters" in problems["algo_hyperparamaters"]

    def test_a_hostile_text_is_read_at_once(self, launch: Launch) -> None:
        """Lesson 19: the earlier patterns needed time that grew exponentially."""
        given = "{" + ":" * 2400
        assert hyperparameters_of(launch, given=given) == {"given": given}
