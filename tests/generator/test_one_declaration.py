# SPDX-License-Identifier: Apache-2.0
"""A launch option is declared once: in a copy of the tree one field is added, and everything else follows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests import committed
from tests.committed import Template

ROOT: Final = Path(__file__).parents[2]
DECLARATIONS: Final = "lambda_src/orchestrator/launch/options.py"
CLASSES: Final = ("NetworkOptions", "FunctionOptions")
FIELD: Final = """
    {name}Colour: Annotated[
        operator.OptionalPolicyName,
        Field(title=f"Colour of functions in {{HERE}}", description="Any colour; empty for none."),
    ] = ""
"""
READ: Final = """
import json, sys
from orchestrator.launch import settings
options = settings.read(json.load(sys.stdin)).launch.options
print(json.dumps({str(stage): options.values(stage) for stage in (None, "dev", "prod")}))
"""
ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one more option for all functions, and one more that each stage has for itself."""
    copy = tmp_path_factory.mktemp("declared")
    for folder in ("generator", "lambda_src"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / DECLARATIONS
    text = path.read_text(encoding="utf-8")
    for name in CLASSES:
        before, declared = text.split(f"class {name}(")
        summary, rest = declared.split("\n\n", 1)
        text = f"{before}class {name}({summary}\n{FIELD.format(name=name)}\n{rest}"
    path.write_text(text, encoding="utf-8")
    return copy


def _run(tree: Path, *arguments: str, given: str = "") -> str:
    command = [sys.executable, *arguments]
    environment = {"PYTHONPATH": f"{tree}:{tree / 'lambda_src'}"}
    done = subprocess.run(command, cwd=tree, env=environment, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tree: Path) -> dict[str, Template]:
    folder = tree / "templates"
    _run(tree, "-m", "generator", "--output", str(folder))
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))
    return {path: committed.parsed((folder / path).read_text(encoding="utf-8")) for path in paths}


def _variables(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["Orchestrator"]["Properties"]["Environment"]["Variables"]
    return found


@pytest.mark.parametrize("path", ROOTS)
def test_the_console_asks_for_it(made: dict[str, Template], path: str) -> None:
    template = made[path]
    asked = template["Parameters"]["FunctionOptionsColour"]
    assert (asked["Default"], asked["Description"]) == ("", "Any colour; empty for none.")
    _, _, options, _ = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert {"FunctionOptionsColour", "NetworkOptionsColour"} <= {*options["Parameters"]}
    assert _variables(template)["FUNCTION_OPTIONS_COLOUR"] == {"Ref": "FunctionOptionsColour"}


def test_each_stage_is_asked_for_its_own(made: dict[str, Template]) -> None:
    single, multi = (made[path] for path in ROOTS)
    labels = multi["Metadata"]["AWS::CloudFormation::Interface"]["ParameterLabels"]
    assert labels["NetworkOptionsColour"] == {"default": "Colour of functions in this account"}
    assert labels["StagingNetworkOptionsColour"] == {"default": "Colour of functions in staging"}
    assert _variables(multi)["PROD_NETWORK_OPTIONS_COLOUR"] == {"Ref": "ProdNetworkOptionsColour"}
    assert "DevNetworkOptionsColour" not in single["Parameters"]
    assert "DevFunctionOptionsColour" not in multi["Parameters"]


def test_blueprints_with_functions_take_it(made: dict[str, Template]) -> None:
    took = {path: "FunctionOptionsColour" in one["Parameters"] for path, one in made.items() if "blueprints" in path}
    has = {path: "FunctionConcurrency" in made[path]["Parameters"] for path in took}
    assert took == has
    assert {*has.values()} == {True, False}


def test_its_value_reaches_blueprints(tree: Path, made: dict[str, Template]) -> None:
    template = made[ROOTS[1]]
    defaults = {name: one.get("Default", "x") for name, one in template["Parameters"].items()}
    given = {name: _value(value, defaults) for name, value in _variables(template).items()}
    given |= {"FUNCTION_OPTIONS_COLOUR": "red", "NETWORK_OPTIONS_COLOUR": "green", "DEV_NETWORK_OPTIONS_COLOUR": "blue"}
    values = json.loads(_run(tree, "-c", READ, given=json.dumps({**given, "AWS_REGION": "eu-west-1"})))
    found = {stage: (one["FunctionOptionsColour"], one["NetworkOptionsColour"]) for stage, one in values.items()}
    assert found == {"None": ("red", "green"), "dev": ("red", "blue"), "prod": ("red", "")}


def _value(value: Any, defaults: dict[str, str]) -> str:
    return value if isinstance(value, str) else defaults.get(value.get("Ref", ""), "x")
