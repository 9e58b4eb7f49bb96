# SPDX-License-Identifier: Apache-2.0
"""The worked example of docs/extending.md, carried out in a copy of the tree."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
TYPE: Final = "model_package_group"
REGISTRY: Final = "lambda_src/orchestrator/pipeline_types/built_in/__init__.py"
_FILE: Final = re.compile(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
_COPIED: Final = ("generator", "lambda_src", "scripts", "tests/requests", "tests/baselines", "templates", "docs")
_FILES: Final = ("setup.cfg", "pyproject.toml", "README.md", "tests/committed.py", "tests/test_conventions.py")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project to which the page's files and lines have been added."""
    copy = tmp_path_factory.mktemp("extended")
    for folder in _COPIED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in _FILES:
        shutil.copy(ROOT / file, copy / file)
    for name, content in _FILE.findall(PAGE):
        assert not (copy / name).exists(), name
        (copy / name).write_text(content, encoding="utf-8")
    register(copy / REGISTRY)
    return copy


def register(registry: Path) -> None:
    """Add the line that the page shows for the registry."""
    section = PAGE.split("\n## 2.")[1].split("\n## 3.")[0]
    block = re.search(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    assert block is not None
    (listed,) = block[1].splitlines()
    text = registry.read_text(encoding="utf-8")
    registry.write_text(text.replace("\n}\n", f"\n    {listed}\n}}\n", 1), encoding="utf-8")


_PROGRAM: Final = """
import runpy, sys, pytest
from scripts import cli

def ended(module):
    try:
        runpy.run_module(module, run_name="__main__")
    except SystemExit as end:
        return int(end.code or 0)

sys.argv = sys.argv[:1]
statuses = [ended(module) for module in ("generator", "generator.reference.pages", "generator.reference.openapi")]
check = ("check", "--json", "--offline", "--region", "eu-west-1")
statuses += [cli.run((*check, "right.json")), cli.run((*check, "wrong.json"))]
quiet = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist")
statuses.append(pytest.main([*quiet, "tests/test_conventions.py", "-k", "EveryPipelineType"]))
print(*map(int, statuses))
"""


@dataclass(frozen=True)
class Done:
    """What became of `make templates docs`, of two requests that were checked, and of the tests for every type."""

    tree: Path
    written: list[int]
    checked: list[tuple[int, dict[str, Any]]]
    tested: int
    out: str


@pytest.fixture(scope="module")
def done(tree: Path) -> Done:
    """One process carries all of it out in the copy, with the copy's packages: each would import the same again."""
    body = json.loads((tree / "tests" / "requests" / f"{TYPE}.json").read_text(encoding="utf-8"))
    for name, group in (("right", body["model_package_group_name"]), ("wrong", "mlops-model-registry-1")):
        request = {**body, "model_package_group_name": group}
        (tree / f"{name}.json").write_text(json.dumps(request), encoding="utf-8")
    search = os.pathsep.join(map(str, (tree, tree / "lambda_src")))
    environment = {**os.environ, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM], check=False, cwd=tree, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *_, last = ended.stdout.splitlines()
    *written, right, wrong, tested = map(int, last.split())
    answers = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    return Done(tree, written, list(zip((right, wrong), answers, strict=True)), tested, ended.stdout)


def test_the_page_has_every_file_of_a_type() -> None:
    names = [name for name, _ in _FILE.findall(PAGE)]
    assert names == [
        f"lambda_src/orchestrator/pipeline_types/built_in/{TYPE}.py",
        f"generator/blueprints/{TYPE}.py",
        f"tests/requests/{TYPE}.json",
    ]


def test_the_type_has_all_that_follows_from_it(done: Done) -> None:
    assert done.written == [0, 0, 0], done.out
    assert (done.tree / "docs" / "reference" / f"{TYPE}.md").is_file()
    for option in ("single-account", "multi-account"):
        root = (done.tree / "templates" / f"mlops-orchestrator-{option}.yaml").read_text(encoding="utf-8")
        assert "sagemaker:CreateModelPackageGroup" in root


def test_the_tests_for_every_type_are_content(done: Done) -> None:
    assert done.tested == 0, done.out
    assert "[100%]" in done.out


def test_cfn_lint_finds_nothing(done: Done) -> None:
    from cfnlint.api import ManualArgs, lint  # noqa: PLC0415  it is slow to import

    blueprint = (done.tree / "templates" / "blueprints" / f"{TYPE}.yaml").read_text(encoding="utf-8")
    findings = lint(blueprint, config=ManualArgs(regions=["eu-west-1"]))
    assert [str(finding) for finding in findings] == []


def test_a_request_is_checked_and_refused_by_its_rule(done: Done) -> None:
    """The command that the page shows, and the rule of the example."""
    (right, plan), (wrong, refusal) = done.checked
    assert (right, plan["stack_name"]) == (0, "mlops-pipeline-berth-occupancy-modelpackagegroup")
    assert (wrong, [error["key"] for error in refusal["error"]["errors"]]) == (2, ["model_package_group_name"])
