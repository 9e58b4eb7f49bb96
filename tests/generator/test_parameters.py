# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from troposphere import Template

from generator import parameters
from orchestrator.values.common import Expect
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
        (str | None, "anyOf"),
        (list[str], "items"),
        (Annotated[int, Field(gt=0)], "exclusiveMinimum"),
        (Annotated[int, Field(multiple_of=5)], "multipleOf"),
        (bool, "boolean"),
        (dict[str, str], "additionalProperties"),
    ],
)
def test_what_cloudformation_cannot_express_is_an_error(annotation: Any, named: str) -> None:
    with pytest.raises(ValueError, match=f"Value cannot be a CloudFormation parameter: .*{named}"):
        declared(annotation)


def test_parameters_keep_the_order_of_their_declaration() -> None:
    class Model(TemplateParameters):
        Zebra: str
        Ant: str = ""
        Mole: str

    template = Template()
    parameters.declare(template, Model)
    assert list(template.to_dict()["Parameters"]) == ["Zebra", "Ant", "Mole"]
