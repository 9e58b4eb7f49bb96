# SPDX-License-Identifier: Apache-2.0
"""`make test-pythons` finds what setup.cfg promises, runs the tests on each, and says what it did not find."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from generator.resources import runtime
from scripts.environments import test_pythons

OLDEST, *_, NEWEST = test_pythons.promised()


def interpreter(folder: Path, version: str, name: str = "python") -> str:
    """A program that says it is a Python of this version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Python but those that a test makes."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, "2.7"))
    monkeypatch.setattr(test_pythons.installing, "uv", lambda: None)


def test_the_functions_run_on_a_promised_python() -> None:
    assert runtime.PYTHON in test_pythons.promised()


class TestFinding:
    def test_by_name_and_among_those_of_pyenv(self, tmp_path: Path) -> None:
        """pyenv puts a shim on PATH for every version, which fails unless the version is chosen."""
        shim = Path(interpreter(tmp_path / "bin", "", f"python{NEWEST}"))
        there = interpreter(tmp_path / "pyenv" / "versions" / f"{NEWEST}.4" / "bin", NEWEST, f"python{NEWEST}")
        assert test_pythons.found(NEWEST) == there

        interpreter(shim.parent, NEWEST, shim.name)
        assert test_pythons.found(NEWEST) == str(shim)

    def test_nothing(self) -> None:
        assert test_pythons.found(NEWEST) is None


class TestRunning:
    @pytest.fixture(params=[0, 1], ids=["passed", "failed"])
    def status(self, tmp_path: Path, request: pytest.FixtureRequest) -> int:
        """That of a make which does nothing but say how it was called."""
        make = Path(interpreter(tmp_path / "bin", "", "make"))
        make.write_text(f'#!/bin/sh\necho "make $*"\nexit {request.param}\n', encoding="utf-8")
        return int(request.param)

    def test_each_has_an_environment_of_its_own(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str], status: int
    ) -> None:
        there = {version: interpreter(tmp_path / "bin", version, f"python{version}") for version in (OLDEST, NEWEST)}

        assert test_pythons.main([]) == status

        said = capfd.readouterr().out
        for version, path in there.items():
            assert f"make --no-print-directory PYTHON={path} VENV=.venv-{version} setup tests\n" in said
            assert f"Python {version}: {'FAILED' if status else 'passed'}\n" in said
        assert "Python 3.12: not found: name one by PYTHONS=" in said

    def test_the_named_ones_alone(self, tmp_path: Path, capfd: pytest.CaptureFixture[str], status: int) -> None:
        interpreter(tmp_path / "bin", OLDEST, f"python{OLDEST}")
        named = interpreter(tmp_path / "opt", NEWEST)

        assert test_pythons.main([f"--python={named}"]) == status

        said = capfd.readouterr().out
        assert f"PYTHON={named} VENV=.venv-{NEWEST} setup tests" in said
        assert OLDEST not in said

    def test_none_found_is_a_failure(self) -> None:
        assert test_pythons.main([]) == 1
