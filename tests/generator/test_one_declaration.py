# SPDX-License-Identifier: Apache-2.0
"""Options of the launch and keys of requests are declared once: in a copy of the tree, all follows from a new field."""

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
REALTIME: Final = "lambda_src/orchestrator/pipeline_types/built_in/realtime_inference.py"
KEY: Final = """
    mascot_name: Annotated[
        PerStage[common.EndpointName], Field(description="name of its mascot"), InTemplate("Name of its mascot.")
    ] = "none"

    @override
    def warnings("""
FILL: Final = """
import json, sys
from orchestrator.launch import settings
from orchestrator.pipeline_types.installed import installed
given = json.load(sys.stdin)
made = {"ASSETS_BUCKET": "assets", "ECR_REPOSITORY_ARN": "arn:aws:ecr:eu-west-1:111122223333:repository/images"}
launch = settings.read({**given["variables"], **made}).launch
request = installed(launch).parse(given["body"], launch).request
print(json.dumps({stage: request.parameter_values(launch, stage).get("MascotName") for stage in ("dev", "prod")}))
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
    path = copy / REALTIME
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\n    @override\n    def warnings(", KEY, 1), encoding="utf-8")
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
    given = _settings(made)
    given |= {"FUNCTION_OPTIONS_COLOUR": "red", "NETWORK_OPTIONS_COLOUR": "green", "DEV_NETWORK_OPTIONS_COLOUR": "blue"}
    values = json.loads(_run(tree, "-c", READ, given=json.dumps(given)))
    found = {stage: (one["FunctionOptionsColour"], one["NetworkOptionsColour"]) for stage, one in values.items()}
    assert found == {"None": ("red", "green"), "dev": ("red", "blue"), "prod": ("red", "")}


def test_a_marked_key_is_a_parameter_of_its_blueprint(made: dict[str, Template]) -> None:
    asked = made["blueprints/realtime_inference.yaml"]["Parameters"]["MascotName"]
    assert (asked["Default"], asked["Description"]) == ("none", "Name of its mascot.")


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        pytest.param({}, {"dev": "none", "prod": "none"}, id="left out"),
        pytest.param({"mascot_name": "gull"}, {"dev": "gull", "prod": "gull"}, id="one for all"),
        pytest.param(
            {"mascot_name": {"dev": "gull", "staging": "tern", "prod": "auk"}},
            {"dev": "gull", "prod": "auk"},
            id="one for each stage",
        ),
    ],
)
def test_its_value_is_that_of_the_key(
    tree: Path, made: dict[str, Template], given: dict[str, Any], filled: dict[str, str]
) -> None:
    body = json.loads((ROOT / "tests/requests/byom_realtime_builtin.multi.json").read_text(encoding="utf-8"))
    sent = json.dumps({"body": {**body, **given}, "variables": _settings(made)})
    assert json.loads(_run(tree, "-c", FILL, given=sent)) == filled


def _settings(made: dict[str, Template]) -> dict[str, str]:
    template = made[ROOTS[1]]
    defaults = {name: one.get("Default", "x") for name, one in template["Parameters"].items()}
    return {name: _value(value, defaults) for name, value in _variables(template).items()} | {"AWS_REGION": "eu-west-1"}


def _value(value: Any, defaults: dict[str, str]) -> str:
    return value if isinstance(value, str) else defaults.get(value.get("Ref", ""), "x")
