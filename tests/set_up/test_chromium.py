# SPDX-License-Identifier: Apache-2.0
"""A browser for the tests: the one that is there, Debian's, playwright's, or a plain word that there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.environments import chromium
from tests.set_up.checkout import Checkout

_STARTS = "exit 0"
_NO_ROUTE = 'case "$1" in install) echo Error: no route >&2; echo at node >&2; exit 1;; esac'
_NO_BROWSER = "The browser tests were not run, since no browser could be installed: install Chromium"


class Machine:
    """Programs on PATH, each of which notes how it is called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._notes = folder / "notes"

    def offer(self, name: str, then: str) -> Path:
        path = self.folder / name
        seen = "$(cat | wc -c) $DEBIAN_FRONTEND" if name == "apt-get" else ""
        path.write_text(f'#!/bin/sh\necho "{name} $*" {seen} >> "{self._notes}"\n{then}\n')
        path.chmod(0o755)
        return path

    def installs(self, name: str) -> str:
        """The line of a script that puts a browser on PATH."""
        return f"printf '#!/bin/sh\\n' > '{self.folder / name}' && chmod +x '{self.folder / name}'"

    def calls(self) -> list[str]:
        return self._notes.read_text().splitlines() if self._notes.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine of root's with neither browser nor apt-get, whose downloads fail."""
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{_tools(tmp_path)}")
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(chromium, "_PLAYWRIGHT", (str(made.offer("playwright", _NO_ROUTE)),))
    return made


def _tools(folder: Path) -> Path:
    tools = folder / "tools"
    tools.mkdir()
    for name in ("cat", "wc", "chmod", "sh"):
        (tools / name).symlink_to(f"/bin/{name}" if Path("/bin", name).exists() else f"/usr/bin/{name}")
    return tools


def test_a_browser_that_is_there_is_taken(machine: Machine) -> None:
    machine.offer("google-chrome", _STARTS)
    assert chromium.main() == 0
    assert chromium.path() == str(machine.folder / "google-chrome")
    assert {call.split()[0] for call in machine.calls()} == {"google-chrome", "playwright"}
    assert "playwright --version" in machine.calls()


def test_the_one_that_is_named_is_taken_and_must_start(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.offer("chromium", _STARTS)
    monkeypatch.setenv(chromium.VARIABLE, str(machine.offer("mine", _STARTS)))
    assert chromium.main() == 0
    assert chromium.path() == str(machine.folder / "mine")

    monkeypatch.setenv(chromium.VARIABLE, str(machine.folder / "gone"))
    assert chromium.main() == 1
    assert capsys.readouterr().err == f"MLOPS_BROWSER names {machine.folder}/gone, which is no browser that starts.\n"


def test_root_gets_debians_without_being_asked_anything(machine: Machine) -> None:
    machine.offer("apt-get", f'case "$*" in *install*) {machine.installs("chromium")};; *) exit 1;; esac')
    assert chromium.main() == 0
    update, install = (call for call in machine.calls() if call.startswith("apt-get"))
    assert update.endswith("update 0 noninteractive")
    assert install.endswith("install --no-install-recommends chromium libatomic1 0 noninteractive")
    assert " -y " in install


def test_a_browser_that_playwright_cannot_drive_is_not_enough(machine: Machine) -> None:
    machine.offer("chromium", _STARTS)
    machine.offer("playwright", "echo node needs libatomic.so.1 >&2; exit 1")
    repaired = f"printf '#!/bin/sh\\n' > '{machine.folder / 'playwright'}'"
    machine.offer("apt-get", f'case "$*" in *libatomic1*) {repaired};; esac')
    assert chromium.main() == 0
    assert len([call for call in machine.calls() if call.startswith("apt-get")]) == 2


def test_a_package_that_only_says_where_a_browser_is_does_not_do(machine: Machine) -> None:
    stub = machine.installs("chromium").replace("sh\\n", "sh\\nexit 1\\n")
    machine.offer("apt-get", f'case "$*" in *install*) {stub};; esac')
    machine.offer("playwright", _STARTS)
    assert chromium.main() == 0
    assert machine.calls()[-1] == "playwright install --with-deps chromium"


def test_who_is_not_root_gets_playwrights(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.offer("apt-get", "exit 1")
    machine.offer("playwright", _STARTS)
    assert chromium.main() == 0
    assert machine.calls() == ["playwright install chromium"]
    assert chromium.path() is None


def test_where_none_can_be_had_one_line_says_so(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert chromium.main() == chromium.NONE
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(_NO_BROWSER)
    assert line.endswith("playwright install: Error: no route).")


@pytest.mark.parametrize(
    ("status", "made", "ends"),
    [
        (0, ["test", "driver", "test-console", "site", "demo", "trust"], 0),
        (chromium.NONE, ["test", "driver", "site", "demo", "trust"], 0),
        (1, ["test", "driver"], 1),
    ],
    ids=["a-browser", "none", "a-failure"],
)
def test_ci_passes_without_a_browser_but_not_for_any_other_reason(
    checkout: Checkout, tmp_path: Path, status: int, made: list[str], ends: int
) -> None:
    checkout.script("make", f'echo "$1" >> "{tmp_path}/made"')
    python = checkout.folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    assert checkout.run("bash", ".ci/run").returncode == ends
    assert (tmp_path / "made").read_text().split() == made
