# SPDX-License-Identifier: Apache-2.0
"""Ten thousand bodies that want to break something: each is answered, and what is accepted is harmless."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model_cards import operation_names
from orchestrator.pipeline_types.built_in import BUILT_IN
from tests.hostile import bodies
from tests.hostile.conftest import Deployed, Trying
from tests.orchestrator.conftest import read_json
from tests.sampling import Sampling
from tests.test_conventions import REQUESTS

_EXAMPLES: Final = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(REQUESTS.iterdir())}
_SECTIONS: Final = read_json("model_cards/create_model_card.json")
_CARDS: Final = {
    "create_model_card": _SECTIONS,
    "update_model_card": _SECTIONS,
    "describe_model_card": {"name": "berth-delay-card", "version": 1},
    "delete_model_card": {"name": "berth-delay-card"},
    "list_model_cards": {"name_contains": "berth", "max_results": 5, "creation_time_after": "2026-11-22T09:30:00Z"},
    "export_model_card": {"name": "berth-delay-card", "export_job_name": "x", "dry_run": True},
    "describe_model_card_export": {"name": "berth-delay-card", "export_job_name": "x"},
}
_SUBJECTS: Final = _EXAMPLES | {name: {**body, "pipeline_type": name} for name, body in _CARDS.items()}
_TYPES: Final = (*BUILT_IN.names(), *operation_names.NAMES, "no_such_type")
_CODE: Final = ("{{resolve:secretsmanager:x}}", "#{variables.x}", "\u202e")
_NO_JSON: Final = {
    "too large": "1e999",
    "too small": "-1e999",
    "no number": "NaN",
    "too many digits": "9" * 400,
    "half a character": '"\\ud800"',
    "half a character in a key": '{"\\udfff": 1}',
}
_EACH: Final = 175
"""Bodies of a test: with two tests of a subject this makes ten thousand."""


def test_every_type_and_operation_is_tried() -> None:
    assert set(_CARDS) == set(operation_names.NAMES)
    assert {body["pipeline_type"] for body in _EXAMPLES.values()} == set(BUILT_IN.names())
    assert 2 * _EACH * (len(_SUBJECTS) + 2) >= 10_000


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_a_request_with_something_hostile_in_it(subject: str, deployed: Deployed, trying: Trying) -> None:
    function = deployed(multi_account=subject.endswith(".multi.json"))

    @trying(_EACH)
    @given(bodies.changed(_SUBJECTS[subject]))
    def answered(body: str) -> None:
        function.post("/provisionpipeline", body)

    answered()
    assert function.tally.counts["refused"] > 10


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_no_text_of_a_request_is_taken_for_code(subject: str, deployed: Deployed, sampling: Sampling) -> None:
    """Every value of every example, one after the other: what is accepted reaches nothing that would read it so."""
    function = deployed(multi_account=subject.endswith(".multi.json"))
    number_of_values = len(list(bodies.places(_SUBJECTS[subject])))
    cases = itertools.product(range(number_of_values), _CODE)
    for number, text in sampling.of(cases, number_of_values, lambda case: f"{subject} {case}"):
        tree = copy.deepcopy(_SUBJECTS[subject])
        place = list(bodies.places(tree))[number]
        place.put(f"{place.value}{text}" if isinstance(place.value, str) else text)
        function.post("/provisionpipeline", json.dumps(tree))


@pytest.mark.parametrize("token", _NO_JSON.values(), ids=_NO_JSON)
@pytest.mark.parametrize("subject", ["model_training_builtin.json", "create_model_card"])
def test_what_no_other_program_can_read_is_refused_wherever_it_stands(
    subject: str, token: str, deployed: Deployed
) -> None:
    function = deployed()
    for number in range(len(list(bodies.places(_SUBJECTS[subject])))):
        tree = copy.deepcopy(_SUBJECTS[subject])
        list(bodies.places(tree))[number].put(bodies.Raw(token))
        status, answer = function.post("/provisionpipeline", bodies.written(tree))
        assert (status, len(answer["errors"])) == (400, 1)
        assert "not valid JSON" in answer["errors"][0]["problem"]


@pytest.mark.parametrize("path", ["/provisionpipeline", "/pipelinestatus"])
def test_what_is_no_request(path: str, deployed: Deployed, trying: Trying) -> None:
    function = deployed()

    @trying(_EACH)
    @given(bodies.free_form(_TYPES))
    def answered(body: str) -> None:
        function.post(path, body)

    answered()
    assert function.tally.counts["refused"] > 10


def test_bytes_that_are_no_text(deployed: Deployed, trying: Trying) -> None:
    function = deployed()

    @trying(50)
    @given(st.binary(max_size=60))
    def answered(body: bytes) -> None:
        assert function.post("/provisionpipeline", body)[0] == 400

    answered()


@pytest.mark.parametrize("name", _EXAMPLES)
def test_the_examples_themselves_are_accepted(name: str, deployed: Deployed) -> None:
    """Otherwise all would be refused for a reason that has nothing to do with what is hostile."""
    function = deployed(multi_account=name.endswith(".multi.json"))
    status, _ = function.post("/provisionpipeline", json.dumps(_EXAMPLES[name] | {"dry_run": True}))
    assert (status, len(function.plans)) == (200, 1)
