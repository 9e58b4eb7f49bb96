# SPDX-License-Identifier: Apache-2.0
"""What the wheel holds and puts into an environment; `test_local.py` has its commands at work."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import paths
from scripts.packaging import artifacts
from tests.cli.installed import Installed, install
from tests.test_conventions import imported

# One wheel serves these tests and those of its commands.
pytestmark = pytest.mark.xdist_group("cli-local")

_FOLDERS = ("generator", "lambda_src", "scripts", "templates")
# What the local AWS imports, and the check of blueprints, which says so.
_BY_EXTRA = {
    "cfnlint",
    "flask",
    "jsonpath_ng",
    "markupsafe",
    "moto",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "werkzeug",
    "xgboost",
}
# What stands in an environment of its own: what a benchmark measures, what makes site and pictures.
_ELSEWHERE = {"docutils", "evidently", "mmdr", "playwright"}
_GENERAL_NAMES = (*_FOLDERS, "orchestrator", "monitor_engine", "tests")


@pytest.fixture(scope="module")
def small(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The product without the local AWS, beside somebody else's modules that have names of its own."""
    product = install(wheel, tmp_path_factory.mktemp("small") / "environment")
    for name in _GENERAL_NAMES:
        (product.packages / f"{name}.py").write_text("raise ImportError('somebody else')")
    return product


def _files(home: Path) -> Iterator[tuple[str, bytes]]:
    for path in (file for folder in _FOLDERS for file in (home / folder).rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and not name.startswith("scripts/installed/"):
            yield name, path.read_bytes()


def _own_files(package: Path) -> Iterator[tuple[str, bytes]]:
    for path in package.rglob("*"):
        name = path.relative_to(package)
        if path.is_file() and name.parts[0] != "_home" and "__pycache__" not in name.parts:
            yield name.as_posix(), path.read_bytes()


def test_wheel_has_the_checkout_s_files_and_no_general_name(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    information = f"mlops_workload_orchestrator-{artifacts.package_version()}.dist-info"

    assert {path.name for path in tmp_path.iterdir()} == {"mlops_orchestrator", information}
    own = dict(_own_files(tmp_path / "mlops_orchestrator"))
    assert own == dict(_own_files(paths.ROOT / "scripts" / "installed" / "mlops_orchestrator"))
    assert {"__init__.py", "cli.py", "py.typed"} <= own.keys()
    home = tmp_path / "mlops_orchestrator" / "_home"
    assert {path.name for path in home.iterdir()} == {*_FOLDERS, "setup.cfg"}
    assert dict(_files(home)) == dict(_files(paths.ROOT))


def test_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        told = archive.read(name).decode()
        licences = [name for name in archive.namelist() if "/licenses/" in name]

    assert "\nLicense-Expression: Apache-2.0\n" in told
    assert "\n# MLOps Workload Orchestrator\n" in told
    assert [Path(name).name for name in licences] == ["LICENSE"]


def test_environment_has_nothing_of_the_checkout(installed: Installed, tmp_path: Path) -> None:
    """Neither a general name nor the checkout: what the installed commands do, they do by themselves."""
    look = (
        f"import importlib.util, sys; print([n for n in {_GENERAL_NAMES!r} if importlib.util.find_spec(n)], sys.path)"
    )
    ran = installed.run(tmp_path, installed.python, "-c", look)

    assert ran.stdout.startswith("[] "), ran.stderr
    assert str(paths.ROOT) not in ran.stdout


@pytest.mark.parametrize(
    ("environment", "missing"), [("installed", _ELSEWHERE), ("small", _ELSEWHERE | _BY_EXTRA)], ids=["local", "small"]
)
def test_everything_that_is_imported_is_required(
    environment: str, missing: set[str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Inside functions too, where no other test may come."""
    product: Installed = request.getfixturevalue(environment)
    names = sorted(set().union(*map(imported, product.home.rglob("*.py"))) - set(_GENERAL_NAMES))
    look = f"import importlib.util; print(*(n for n in {names!r} if not importlib.util.find_spec(n)))"
    ran = product.run(tmp_path, product.python, "-c", look)

    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split()) == missing


def test_version_is_that_of_the_project(small: Installed, tmp_path: Path) -> None:
    assert small.run(tmp_path, small.mlops, "--version").stdout == f"mlops {artifacts.package_version()}\n"


def test_an_account_is_verified_without_the_extra(small: Installed, tmp_path: Path) -> None:
    """It fails for want of credentials, and not of a module."""
    look = (
        "import sys; from mlops_orchestrator import cli; sys.argv[1:] = ['verify', '--yes', '--region', 'eu-west-1'];"
        "import os; os.environ['AWS_EC2_METADATA_DISABLED'] = 'true'; cli.main()"
    )
    ran = small.run(tmp_path, small.python, "-c", look)

    assert ran.returncode == 1
    assert ran.stderr.startswith("error: there are no AWS credentials"), ran.stderr


def test_missing_extra_names_the_command_that_installs_it(small: Installed, tmp_path: Path) -> None:
    ran = small.run(tmp_path, small.mlops, "local")

    assert ran.returncode == 1
    assert ran.stderr == (
        f"error: werkzeug is not installed, which this command needs: run uv pip install -p {small.python}"
        " 'mlops-workload-orchestrator[local]'\n"
    )
