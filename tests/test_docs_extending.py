# SPDX-License-Identifier: Apache-2.0
"""The worked example of docs/extending.md, carried out in a copy of the tree."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from cfnlint.api import ManualArgs, lint

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
TYPE: Final = "model_package_group"
REGISTRY: Final = "lambda_src/orchestrator/pipelines/__init__.py"
_FILE: Final = re.compile(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
_COPIED: Final = ("generator", "lambda_src", "scripts", "tests/requests", "tests/baselines", "templates", "docs")
_FILES: Final = ("setup.cfg", "pyproject.toml", "README.md", "tests/test_conventions.py")


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
    registry.write_text(text.replace("\n    ],\n", f"\n        {listed},\n    ],\n", 1), encoding="utf-8")


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, with the copy's packages."""
    search = os.pathsep.join(map(str, (tree, tree / "lambda_src")))
    environment = {**os.environ, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], check=False, cwd=tree, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def generated(tree: Path) -> Path:
    """The copy with its generated files, as `make templates docs` writes them."""
    for module in ("generator", "generator.reference", "generator.openapi"):
        ended = run(tree, "-m", module)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return tree


def test_the_page_has_every_file_of_a_type() -> None:
    names = [name for name, _ in _FILE.findall(PAGE)]
    assert names == [
        f"lambda_src/orchestrator/pipelines/{TYPE}.py",
        f"generator/blueprints/{TYPE}.py",
        f"tests/requests/{TYPE}.json",
    ]


def test_the_type_has_all_that_follows_from_it(generated: Path) -> None:
    assert (generated / "docs" / "reference" / f"{TYPE}.md").is_file()
    for option in ("single-account", "multi-account"):
        root = (generated / "templates" / f"mlops-orchestrator-{option}.yaml").read_text(encoding="utf-8")
        assert "sagemaker:CreateModelPackageGroup" in root


def test_the_tests_for_every_type_are_content(generated: Path) -> None:
    ended = run(
        generated,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/test_conventions.py",
        "-k",
        "EveryPipelineType",
    )
    assert ended.returncode == 0, ended.stdout
    assert f"{TYPE}" not in ended.stdout


def test_cfn_lint_finds_nothing(generated: Path) -> None:
    blueprint = (generated / "templates" / "blueprints" / f"{TYPE}.yaml").read_text(encoding="utf-8")
    findings = lint(blueprint, config=ManualArgs(regions=["eu-west-1"]))
    assert [str(finding) for finding in findings] == []


def test_a_request_is_checked_and_refused_by_its_rule(generated: Path) -> None:
    """The command that the page shows, and the rule of the example."""
    check = ("-c", "from scripts.cli import main; main()", "check", "--json", "--region", "eu-west-1")
    example = generated / "tests" / "requests" / f"{TYPE}.json"
    ended = run(generated, *check, str(example))
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["stack_name"] == "mlops-pipeline-berth-occupancy-modelpackagegroup"

    body = {**json.loads(example.read_text(encoding="utf-8")), "model_package_group_name": "mlops-model-registry-1"}
    wrong = generated / "wrong.json"
    wrong.write_text(json.dumps(body), encoding="utf-8")
    ended = run(generated, *check, str(wrong))
    assert ended.returncode == 2
    assert [error["key"] for error in json.loads(ended.stdout)["errors"]] == ["model_package_group_name"]
