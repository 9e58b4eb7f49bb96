# SPDX-License-Identifier: Apache-2.0
"""Launch described by the options of `mlops deploy`; one error names every mistake in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, cast

from mlops_orchestrator.settings.effective import Settings
from scripts.cli.errors import WrongUseError
from scripts.cli.launching import parameter_files
from scripts.cli.launching.parameter_files import LaunchFile
from scripts.cli.options import Option, Stack, of_no_pipeline
from scripts.launch import launch, stack_tags
from scripts.launch.launch import Launching

_ROLE: Final = re.compile(r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+")


def read(stack: Stack, bucket: str, settings: Settings) -> Launching:
    """Return the launch that options and settings describe; `--param` and `--email` win. Raise WrongUseError."""
    file = parameter_files.read(stack.parameters) if stack.parameters else LaunchFile()
    named, tags = _pairs(stack.param), {**file.tags, **_pairs(stack.tag)}
    email = {launch.EMAIL_PARAMETER: stack.email} if stack.email else {}
    problems = [
        *file.problems,
        *_no_pairs("--param", "NAME=VALUE", stack.param),
        *_no_pairs("--tag", "KEY=VALUE", stack.tag),
        *stack_tags.problems(tags),
        *role_problems(stack.role_arn),
    ]
    if problems:
        raise WrongUseError("\n  ".join(["these options cannot be used:", *problems]))
    return Launching(
        option=stack.option or cast(Option, settings.option.value),
        stack_name=of_no_pipeline(stack.stack_name or settings.stack_name.value),
        parameters={**settings.launch_parameters, **file.parameters, **email, **named},
        bucket=bucket or settings.bucket.value,
        tags=tags,
        role_arn=stack.role_arn,
    )


def parameters(file: Path | None, named: Sequence[str]) -> dict[str, str]:
    """Return the launch parameters of a file and of `--param`, which wins. Raise WrongUseError."""
    read_file = parameter_files.read(file) if file else LaunchFile()
    problems = [*read_file.problems, *_no_pairs("--param", "NAME=VALUE", named)]
    if problems:
        raise WrongUseError("\n  ".join(["these options cannot be used:", *problems]))
    return {**read_file.parameters, **_pairs(named)}


def role_problems(arn: str) -> Iterator[str]:
    """Yield what is wrong with the ARN of a role for CloudFormation."""
    if arn and not _ROLE.fullmatch(arn):
        yield f"--role-arn needs the ARN of an IAM role, such as arn:aws:iam::111122223333:role/deployer; got {arn}"


def _pairs(given: Iterable[str] | None) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in given or ())
    return {name: value for name, equals, value in pairs if name and equals}


def _no_pairs(option: str, form: str, given: Iterable[str] | None) -> Iterator[str]:
    for pair in given or ():
        name, equals, _ = pair.partition("=")
        if not (name and equals):
            yield f"{option} needs {form}; got {pair}"
