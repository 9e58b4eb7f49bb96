# SPDX-License-Identifier: Apache-2.0
"""The Python client of the installed product: what its import loads and leaves alone, and what type checkers know."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import paths
from tests.cli.installed import Installed

# One wheel serves these tests and those of its commands.
pytestmark = pytest.mark.xdist_group("cli-local")

_IMPORT = "from mlops_orchestrator import Orchestrator, RequestRefused"
_REQUESTS = "from mlops_orchestrator.requests import RealtimeBuiltIn"
_LOADED = """
import json, sys
before = {"path": list(sys.path), "modules": set(sys.modules)}
%s
loaded = {name.partition(".")[0] for name in set(sys.modules) - before["modules"]} - set(sys.stdlib_module_names)
loaded = sorted(name for name in loaded if not name.startswith("_"))
print(json.dumps({"loaded": loaded, "path": sys.path == before["path"]}))
"""
# botocore, boto3 and pydantic with what they bring.
_LIBRARIES = {
    "boto3", "botocore", "certifi", "jmespath", "dateutil", "s3transfer", "six", "urllib3",
    "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection",
}  # fmt: skip
_USER = """
from mlops_orchestrator import Orchestrator, RequestRefused
from mlops_orchestrator.requests import ModelBiasMonitor, RealtimeBuiltIn

def deploy() -> list[float]:
    orchestrator = Orchestrator(local=True)
    request = RealtimeBuiltIn(
        model_name="churn", model_framework="xgboost", model_framework_version="1.7-1",
        inference_instance={"dev": "ml.m5.large", "staging": "ml.m5.large", "prod": "ml.m5.xlarge"},
        data_capture_location="bucket/captured",
    )
    try:
        plan = orchestrator.provision(request, dry_run=True)
        reveal_type(plan.pipeline_stack_name)
        return orchestrator.provision(request).predict([[1.0, 2.0]]).numbers
    except RequestRefused as refused:
        return [float(len(problem.problem)) for problem in refused.problems]
"""
_WRONG = """
from mlops_orchestrator.requests import RealtimeBuiltIn

RealtimeBuiltIn(
    model_name="churn", model_framework="xgboost", model_framework_version=1.7,
    inference_instanse="ml.m5.large", data_capture_location={"dev": "bucket"},
)
"""


def _loaded(product: Installed, folder: Path, code: str) -> dict[str, Any]:
    ran = product.run(folder, product.python, "-c", _LOADED % code)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_the_package_alone_loads_nothing(installed: Installed, tmp_path: Path) -> None:
    """The command line begins with it, too."""
    assert _loaded(installed, tmp_path, "import mlops_orchestrator") == {"loaded": ["mlops_orchestrator"], "path": True}


def test_the_client_loads_the_libraries_that_it_needs(installed: Installed, tmp_path: Path) -> None:
    """Neither `scripts` nor `generator`, nor what these import."""
    found = _loaded(installed, tmp_path, _IMPORT)
    assert found["path"]
    assert set(found["loaded"]) - _LIBRARIES == {"mlops_orchestrator"}


def test_requests_add_the_orchestrator_s_package_alone(installed: Installed, tmp_path: Path) -> None:
    found = _loaded(installed, tmp_path, f"{_IMPORT}\n{_REQUESTS}")
    assert found["path"]
    assert set(found["loaded"]) - _LIBRARIES == {"mlops_orchestrator", "orchestrator"}


@pytest.mark.parametrize("name", ["scripts", "generator", "templates", "tests"])
def test_modules_of_general_names_stay_somebody_s_own(name: str, installed: Installed, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text("mine = True\n", encoding="utf-8")
    ran = installed.run(tmp_path, installed.python, "-c", f"{_IMPORT}\n{_REQUESTS}\nimport {name}\nprint({name}.mine)")
    assert ran.stdout == "True\n", ran.stderr


def test_an_own_orchestrator_is_left_alone_and_dictionaries_do(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "orchestrator.py").write_text("mine = True\n", encoding="utf-8")
    code = f"import orchestrator\n{_IMPORT}\nprint(orchestrator.mine)\n{_REQUESTS}"
    ran = installed.run(tmp_path, installed.python, "-c", code)
    assert ran.stdout == "True\n"
    assert "ImportError: mlops_orchestrator.requests needs the name orchestrator, which " in ran.stderr
    assert "give requests as dictionaries" in ran.stderr


def _checked(product: Installed, folder: Path, code: str) -> str:
    """What a type checker says of somebody's program."""
    (folder / "program.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(product.python), "program.py"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    return ran.stdout


def test_a_type_checker_knows_the_client_and_its_requests(installed: Installed, tmp_path: Path) -> None:
    said = _checked(installed, tmp_path, _USER)
    assert 'note: Revealed type is "str"' in said.replace("builtins.", "")
    assert "Success: no issues found in 1 source file" in said


def test_what_the_page_shows_is_typed(installed: Installed, tmp_path: Path) -> None:
    page = (paths.ROOT / "docs" / "python-client.md").read_text(encoding="utf-8")
    program = "".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    assert "Success: no issues found" in _checked(installed, tmp_path, program)


def test_a_type_checker_finds_a_wrong_request(installed: Installed, tmp_path: Path) -> None:
    said = _checked(installed, tmp_path, _WRONG)
    assert 'Unexpected keyword argument "inference_instanse" for "RealtimeBuiltIn"' in said
    assert 'Argument "model_framework_version" to "RealtimeBuiltIn" has incompatible type "float"' in said
    assert "ByStage" in said


def test_without_a_local_aws_it_says_so(installed: Installed, tmp_path: Path) -> None:
    ran = installed.run(tmp_path, installed.python, "-c", f"{_IMPORT}\nOrchestrator(local=True)")
    assert "NoLocalAwsError: no local AWS runs in this folder or above it" in ran.stderr
