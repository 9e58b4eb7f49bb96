# SPDX-License-Identifier: Apache-2.0
"""What an accepted request may put into a template's parameters, a pipeline, a package and a build."""

from __future__ import annotations

import functools
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from orchestrator.plan.plan import Deployment, PlannedObject, ProvisioningPlan
from scripts import paths
from tests.test_conventions import accepts, parameter_values

_STACK_NAME: Final = re.compile(r"mlops-pipeline-[a-z0-9-]+")
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
_TAG: Final = re.compile(r"[\w .:/=+@-]{0,256}")
# Never read by CodePipeline: it becomes a variable of the build, which parses it as JSON.
_NO_CONFIGURATION: Final = "BuildArguments"
# The name of a column is what the author of a file has written; so all that names one is called.
_COLUMN: Final = "Attribute"
_PROGRAMS: Final = (".py", ".sh")

Templates = dict[str, dict[str, Any]]


def dangers(plan: ProvisioningPlan, templates: Templates) -> Iterator[str]:
    """All that is wrong with a plan, in words."""
    for deployment in plan.alternatives:
        yield from _of_names(deployment)
        yield from _of_values(deployment, templates)
        yield from _of_package(deployment)


def _of_names(deployment: Deployment) -> Iterator[str]:
    for name in (deployment.stack_name, deployment.pipeline_stack_name):
        if not _STACK_NAME.fullmatch(name) or len(name) > 128:
            yield f"the name of a stack is {name!r}"
    blueprint = deployment.blueprint
    files = blueprint.parameter_files if blueprint else ()
    for tags in (deployment.tags, *(file.tags for file in files)):
        yield from (f"a tag is {value!r}" for value in dict(tags).values() if not _TAG.fullmatch(value))


def _of_values(deployment: Deployment, templates: Templates) -> Iterator[str]:
    for path, values in parameter_values(deployment):
        for name, value in values.items():
            if not accepts(templates[path]["Parameters"][name], value):
                yield f"{path} does not take {name}={value!r}"
            if "{{" in value:
                yield f"CloudFormation would look for a reference in {name}={value!r}"
            if not name.endswith(_COLUMN) and any(map(is_disguise, value)):
                yield f"{name}={value!r} looks like something else"
    for name, value in deployment.pipeline_parameters:
        if "#{" in value and name != _NO_CONFIGURATION:
            yield f"CodePipeline would look for a variable in {name}={value!r}"


def is_disguise(character: str) -> bool:
    """Whether it controls what is around it: JSON in parameters is ASCII, and keys of objects have no use for it."""
    direction = unicodedata.bidirectional(character)
    return direction.endswith(("E", "O", "I", "F")) or unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _of_package(deployment: Deployment) -> Iterator[str]:
    blueprint = deployment.blueprint
    if blueprint is None:
        arguments = json.loads(dict(deployment.pipeline_parameters)[_NO_CONFIGURATION])
        yield from (f"an argument of a build is {name!r}" for name in arguments if not re.fullmatch(r"\w+", name))
        return
    for file in blueprint.parameter_files:
        if not json.loads(file.text()):
            yield f"{file.name} holds nothing"
    for key in (blueprint.package_key, *(planned.key for planned in blueprint.objects)):
        if not re.fullmatch(r"provisioned/[a-z0-9-]+/[a-z0-9./_-]+", key) or ".." in key:
            yield f"the key of an object is {key!r}"
    for planned in blueprint.objects:
        for content in _written(planned):
            json.loads(content, parse_constant=_no_constant)


def _written(planned: PlannedObject) -> Iterator[bytes]:
    """What is made of the request: in an archive all that is no program, for programs are the solution's own."""
    if planned.content_type != "application/zip":
        yield planned.content
        return
    with zipfile.ZipFile(io.BytesIO(planned.content)) as archive:
        for name in archive.namelist():
            if name.endswith(_PROGRAMS):
                assert archive.read(name) in _programs(), name
            else:
                yield archive.read(name)


@functools.cache
def _programs() -> frozenset[bytes]:
    sources = paths.BUNDLE_SOURCE.parent
    return frozenset(path.read_bytes() for suffix in _PROGRAMS for path in sources.rglob(f"*{suffix}"))


def _no_constant(name: str) -> None:
    raise AssertionError(f"an object holds {name}")
