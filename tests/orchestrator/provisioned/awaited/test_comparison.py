# SPDX-License-Identifier: Apache-2.0
"""Definitions before and after an approval."""

from __future__ import annotations

import pytest

from orchestrator.aws.cloudformation.stack_sets import Definition
from orchestrator.provisioned.awaited import comparison, models
from orchestrator.provisioned.awaited.comparison import STARS, Masks
from tests import committed

NAMED = Masks(frozenset({"Token"}))


def definition(template: str = "Resources: {}", **parameters: str) -> Definition:
    return Definition.of(template, parameters.items(), [("team", "pilots")])


def compared(before: Definition | None, after: Definition, masks: Masks = NAMED) -> dict[str, tuple[object, object]]:
    return {one["key"]: (one["before"], one["after"]) for one in comparison.parameters(after, before, masks)}


def test_what_differs_is_told_and_nothing_else() -> None:
    before = definition(Size="1", Kept="x", Gone="y", Empty="")
    after = definition(Size="2", Kept="x", New="z", Unset="")
    assert compared(before, after) == {"Size": ("1", "2"), "Gone": ("y", None), "New": (None, "z")}
    assert comparison.tags(after, before) == []


def test_all_that_is_set_is_new_in_a_first_deployment() -> None:
    assert compared(None, definition(Size="2", Unset="")) == {"Size": (None, "2")}
    assert comparison.tags(definition(), None) == [{"key": "team", "before": None, "after": "pilots"}]


@pytest.mark.parametrize(
    ("before", "after", "masks"),
    [
        (definition(Token="****"), definition(Token="sesame"), NAMED),
        (definition(Token="****"), definition(Token="sesame"), Masks(frozenset())),
        (definition(Token="old"), definition(Token="sesame"), NAMED),
        (definition(Token="old"), definition("Token: {NoEcho: true}", Token="sesame"), Masks(None)),
    ],
    ids=["named", "masked-by-cloudformation", "not-masked-yet", "of-an-earlier-release"],
)
def test_secrets_are_stars(before: Definition, after: Definition, masks: Masks) -> None:
    assert compared(before, after, masks) == {"Token": (STARS, STARS)}


def test_a_star_is_a_value() -> None:
    assert compared(definition(Allowed="*"), definition(Allowed="a,b")) == {"Allowed": ("*", "a,b")}


def test_what_names_a_model_are_parameters_of_blueprints() -> None:
    declared = committed.template("blueprints/realtime_inference.yaml")["Parameters"]
    assert {models.PACKAGE, models.ARTIFACT, models.BUCKET, models.IMAGE} <= declared.keys()


def test_what_deploys_no_model_names_none() -> None:
    assert models.of({"AssetsBucket": "assets", "ImageUri": "image"}) is None
