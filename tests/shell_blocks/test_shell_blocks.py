# SPDX-License-Identifier: Apache-2.0
"""Every command of README and the guide runs as printed, in an empty folder, after what its page says before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end import running
from tests.end_to_end.running import Running
from tests.shell_blocks import blocks, pages
from tests.shell_blocks.blocks import Command
from tests.shell_blocks.pages import CANNOT_RUN, PAGES, Page
from tests.shell_blocks.shell import Shell

_LAUNCHING: Final = {"README.md", "docs/launch.md", "docs/operating.md"}
"""Pages that launch an orchestrator, which take longest: they keep one process busy, and all others another."""


_FIRST: Final = {"README.md", "docs/first-pipeline.md", "docs/local-aws.md"}
"""What everybody reads."""
_SAMPLE: Final = 3


def grouped(*, first: bool) -> Iterator[Any]:
    """Each page, in one of two processes."""
    for page in blocks.pages():
        name = blocks.name(page)
        if (name in _FIRST) is not first:
            continue
        group = "shell-blocks-launching" if name in _LAUNCHING else "shell-blocks"
        yield pytest.param(page, id=name, marks=pytest.mark.xdist_group(group))


@pytest.fixture(scope="module")
def aws(recorded_calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A local AWS for all pages: what they launch, destroy and name is no other test's."""
    with running.mlops_local(tmp_path_factory.mktemp("shell-blocks"), recorded_calls) as started:
        yield started


@pytest.mark.parametrize("page", list(grouped(first=True)))
def test_commands_of_a_first_page_run(page: Path, aws: Running, tmp_path: Path) -> None:
    _run(page, aws, tmp_path)


@pytest.mark.sampled(_SAMPLE)
@pytest.mark.parametrize("page", list(grouped(first=False)))
def test_commands_of_a_page_run(page: Path, aws: Running, tmp_path: Path) -> None:
    _run(page, aws, tmp_path)


def _run(page: Path, aws: Running, tmp_path: Path) -> None:
    steps = [step for step in blocks.steps(page) if not (isinstance(step, Command) and pages.reason(step))]
    if not any(isinstance(step, Command) for step in steps):
        return
    asked = PAGES.get(blocks.name(page), Page())
    asked.files(tmp_path)
    environment = {
        "AWS_ENDPOINT_URL": aws.ready["endpoint_url"],
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        **({"AWS_DEFAULT_REGION": asked.region} if asked.region else {}),
    }
    shell = Shell(tmp_path, environment if asked.has_aws else {}, asked.words, asked.program)
    told = shell.run([*asked.before, *steps])

    assert [problem for one in told if (problem := one.problem)] == []


def test_what_cannot_run_is_on_a_page() -> None:
    commands = [step for page in blocks.pages() for step in blocks.steps(page) if isinstance(step, Command)]
    unused = [
        (page, words)
        for page, words in CANNOT_RUN
        if not any(command.page == page and command.text.startswith(words) for command in commands)
    ]

    assert unused == []
    assert PAGES.keys() <= {blocks.name(page) for page in blocks.pages()}
