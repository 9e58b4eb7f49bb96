# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import pytest
from pydantic import Field
from troposphere import Template

from generator import catalogue, parameters
from orchestrator.values.common import EXPECT_KEYWORD, NAMES_KEYWORD, Expect
from orchestrator.values.template_parameters import TemplateParameters


def declared(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """The CloudFormation parameter of a model with one field of that type."""
    annotations = {"Value": annotation}
    values = {} if default is ... else {"Value": default}
    model = type("Model", (TemplateParameters,), {"__annotations__": annotations, "__module__": __name__, **values})
    template = Template()
    parameters.declare(template, model)
    made: dict[str, Any] = template.to_dict()["Parameters"]["Value"]
    return made


@pytest.mark.parametrize(
    ("annotation", "default", "expected"),
    [
        (str, ..., {"Type": "String"}),
        (int, ..., {"Type": "Number"}),
        (float, ..., {"Type": "Number"}),
        (str, "", {"Type": "String", "Default": ""}),
        (Annotated[str, Field(pattern="^a$")], ..., {"Type": "String", "AllowedPattern": "^a$"}),
        (Annotated[str, Field(min_length=2, max_length=9)], ..., {"Type": "String", "MinLength": 2, "MaxLength": 9}),
        (Annotated[int, Field(ge=1, le=8)], 5, {"Type": "Number", "MinValue": 1, "MaxValue": 8, "Default": 5}),
        (Literal["Yes", "No"], "No", {"Type": "String", "AllowedValues": ["Yes", "No"], "Default": "No"}),
        (Annotated[str, Field(description="What.")], ..., {"Type": "String", "Description": "What."}),
        (
            Annotated[str, Field(max_length=3), Expect("short")],
            ...,
            {"Type": "String", "MaxLength": 3, "ConstraintDescription": "Value must be short."},
        ),
    ],
)
def test_a_declaration_becomes_a_parameter(annotation: Any, default: Any, expected: dict[str, Any]) -> None:
    assert declared(annotation, default) == expected


@pytest.mark.parametrize(
    ("annotation", "named"),
    [
        (str | None, "None"),
        (list[str], "list"),
        (Annotated[int, Field(gt=0)], "gt"),
        (Annotated[int, Field(multiple_of=5)], "multiple_of"),
        (bool, "bool"),
        (Literal[True], "bool"),
        (dict[str, str], "dict"),
    ],
)
def test_what_cloudformation_cannot_express_is_an_error(annotation: Any, named: str) -> None:
    with pytest.raises(ValueError, match=f"Value cannot be a CloudFormation parameter: .*{named}"):
        declared(annotation)


SAME: Final = {
    "type": "Type",
    "default": "Default",
    "description": "Description",
    "enum": "AllowedValues",
    "maxLength": "MaxLength",
    "maximum": "MaxValue",
    "minLength": "MinLength",
    "minimum": "MinValue",
    "pattern": "AllowedPattern",
    EXPECT_KEYWORD: "ConstraintDescription",
}
NO_CONSTRAINTS: Final = {"title", "examples", NAMES_KEYWORD}
"""Of pydantic's JSON Schema."""


def test_no_constraint_of_a_declaration_is_lost() -> None:
    """What pydantic says of every declared parameter is what the template says."""
    catalogue.texts()
    compared = 0
    for model in _declarations(TemplateParameters):
        template = Template()
        parameters.declare(template, model)
        made = template.to_dict()["Parameters"]
        for name, schema in model.model_json_schema()["properties"].items():
            assert {SAME[keyword] for keyword in schema.keys() - NO_CONSTRAINTS} == made[name].keys(), (model, name)
            for keyword in schema.keys() - {*NO_CONSTRAINTS, "type", EXPECT_KEYWORD}:
                assert made[name][SAME[keyword]] == schema[keyword], (model, name)
            compared += 1
    assert compared > 100


def _declarations(model: type[TemplateParameters]) -> Iterator[type[TemplateParameters]]:
    """The product's models, and none of the tests' own."""
    for one in model.__subclasses__():
        if one.__module__.startswith(("generator.", "orchestrator.")):
            yield from (one, *_declarations(one))


def test_parameters_keep_the_order_of_their_declaration() -> None:
    class Model(TemplateParameters):
        Zebra: str
        Ant: str = ""
        Mole: str

    template = Template()
    parameters.declare(template, Model)
    assert list(template.to_dict()["Parameters"]) == ["Zebra", "Ant", "Mole"]
