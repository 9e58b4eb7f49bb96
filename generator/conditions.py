# SPDX-License-Identifier: Apache-2.0
"""Optional values: a parameter that may be empty, a condition on it, and what depends on the condition."""

from __future__ import annotations

from typing import Any

from troposphere import Equals, If, Not, NoValue, Ref, Template


def name(parameter: str) -> str:
    """Name of the condition that holds when an optional parameter is not empty."""
    return f"{parameter}Provided"


def provided(template: Template, parameter: str) -> str:
    """Name of that condition, which is added to the template on first use."""
    template.conditions.setdefault(name(parameter), Not(Equals(Ref(parameter), "")))
    return name(parameter)


def is_true(template: Template, parameter: str) -> str:
    """Name of the condition that holds when a parameter is `True`; added on first use."""
    condition = f"{parameter}IsTrue"
    template.conditions.setdefault(condition, Equals(Ref(parameter), "True"))
    return condition


def if_true(template: Template, parameter: str, value: Any) -> If:
    """`value` when the parameter is `True`; otherwise the property is absent."""
    return If(is_true(template, parameter), value, NoValue)


def if_provided(template: Template, parameter: str, value: Any, otherwise: Any = NoValue) -> If:
    """`value` when the parameter is given; otherwise the property is absent, or has the other value."""
    return If(provided(template, parameter), value, otherwise)
