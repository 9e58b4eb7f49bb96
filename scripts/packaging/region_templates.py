# SPDX-License-Identifier: Apache-2.0
"""Root templates for Regions whose CloudFormation lacks a type of resource: without that resource (lesson 120).

CloudFormation refuses a template with a type that it does not know, whatever its conditions. A template for
such a Region has no model package group, and accepts no `Yes` for one. Everything else is the same text.
"""

from __future__ import annotations

import re
from typing import Final

GROUP_TYPE: Final = "AWS::SageMaker::ModelPackageGroup"
WITHOUT_GROUPS: Final = frozenset(
    {
        *("ap-east-2", "ap-south-2", "ap-southeast-4", "ap-southeast-6", "cn-north-1", "cn-northwest-1"),
        "us-gov-east-1",
    }
)
"""Regions whose CloudFormation has no such type, by the schemas that cfn-lint ships; a test compares them."""
_GROUP: Final = re.compile(r"^  ModelPackageGroup:\n(?:    .*\n)+", re.MULTILINE)
_REFERENCE: Final = re.compile(r"!Ref ModelPackageGroup(?=[\],\s])")
_NONE: Final = "'[No Model Package Group was created]'"
_CHOICE: Final = re.compile(r"(^  CreateModelRegistry:\n(?:    .*\n)*?    AllowedValues: ).*\n", re.MULTILINE)


def fitting(template: str, region: str) -> str:
    """A root template as CloudFormation of a Region takes it."""
    if region not in WITHOUT_GROUPS:
        return template
    template = _REFERENCE.sub(_NONE, _GROUP.sub("", template, count=1))
    return _CHOICE.sub(r"\1['No']\n", template, count=1)
