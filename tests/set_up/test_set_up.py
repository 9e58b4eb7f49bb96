# SPDX-License-Identifier: Apache-2.0
"""Environments are what a lock says, and what keeps them from it is said in one sentence that says what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts import paths
from scripts.environments import installing
from tests.set_up.checkout import SMALL, Checkout
from tests.set_up.wheels import make_wheel


def sentence_of(ran: subprocess.CompletedProcess[str]) -> str:
    """What is said about a failure, but for the line that make itself adds."""
    assert ran.returncode != 0
    lines = [line for line in ran.stderr.splitlines() if not line.startswith(("make:", "make["))]
    assert len(lines) == 1, ran.stderr
    return lines[0]


def tide(checkout: Checkout) -> str:
    return checkout.run(f"{SMALL}/bin/python", "-c", "import harbour; print(harbour.TIDE)").stdout


class TestWithUv:
    def test_the_environment_is_what_the_lock_says(self, checkout: Checkout) -> None:
        """Also in a folder with blanks and umlauts; what the lock no longer names goes."""
        assert checkout.set_up().returncode == 0
        assert tide(checkout) == "4\n"

        checkout.lock("checkov").write_text(make_wheel(checkout.wheels, "quay", {"quay.py": ""}))
        assert checkout.set_up().returncode == 0
        assert tide(checkout) == ""
        assert checkout.run(f"{SMALL}/bin/python", "-c", "import quay").returncode == 0

    def test_byte_code_is_there_before_the_first_import(self, checkout: Checkout) -> None:
        checkout.set_up()

        assert list((checkout.folder / SMALL).rglob("harbour.*.pyc"))

    def test_an_environment_whose_python_is_gone_is_made_anew(self, checkout: Checkout) -> None:
        checkout.set_up()
        python = checkout.folder / SMALL / "bin" / "python"
        python.unlink()
        python.symlink_to("/nonexistent/python")
        (checkout.folder / SMALL / ".ready").unlink()

        assert checkout.set_up().returncode == 0
        assert tide(checkout) == "4\n"

    def test_what_failed_is_not_taken_for_ready(self, checkout: Checkout) -> None:
        """Here because a lock has no hash."""
        checkout.set_up()
        checkout.lock("checkov").write_text("harbour==1.0")

        assert "a hash, but none were provided for: harbour==1.0" in sentence_of(checkout.set_up())
        assert not (checkout.folder / SMALL / ".ready").exists()


def test_without_uv_pip_does(checkout: Checkout) -> None:
    """It puts a uv into the environment, and the dependencies of the bundle where they belong."""
    pytest.importorskip("ensurepip", reason="this Python cannot make environments with pip")
    uv = f'#!/bin/sh\nexec "{installing.uv()}" "$@"\n'
    checkout.hide("uv")
    checkout.lock("uv").write_text(make_wheel(checkout.wheels, "uv", {"uv-1.0.data/scripts/uv": uv}))

    ran = checkout.set_up()

    assert ran.returncode == 0, ran.stderr
    assert tide(checkout) == "4\n"

    installed = checkout.folder / SMALL / "bin"
    (installed / "uv").unlink()
    code = (
        f"import sys; sys.path.insert(0, {str(paths.ROOT)!r});"
        "from pathlib import Path; from scripts.packaging import dependencies;"
        "print(dependencies.folder('lambda', Path('locks/checkov.txt'), Path('build')))"
    )
    filled = checkout.run(str(installed / "python"), "-P", "-c", code)
    assert filled.returncode == 0, filled.stderr
    assert (checkout.folder / filled.stdout.strip() / "harbour.py").exists()


class TestSentences:
    def test_no_network(self, checkout: Checkout) -> None:
        assert "connect to the network" in sentence_of(checkout.set_up(UV_FIND_LINKS=""))

    def test_a_wrong_hash(self, checkout: Checkout) -> None:
        make_wheel(checkout.wheels, "harbour", {"harbour.py": "TIDE = 'somebody else\\'s'"})

        said = sentence_of(checkout.set_up())

        assert "another file for harbour==1.0 than checkov.txt promises: do not use it" in said
        assert tide(checkout) == ""

    @pytest.mark.parametrize("code", ["exit 1", "exit 127"], ids=["old", "broken"])
    def test_too_old_a_python(self, checkout: Checkout, code: str) -> None:
        old = checkout.script("python3.9", code)

        assert sentence_of(checkout.set_up(f"PYTHON={old}")) == (
            f"Python 3.11 or newer is needed, and {old} is not: make PYTHON=/path/to/python3.11"
        )

    def test_no_python(self, checkout: Checkout) -> None:
        assert "and python3 is not: make PYTHON=" in sentence_of(checkout.set_up("PYTHON=python3"))

    def test_no_venv_module(self, checkout: Checkout, tmp_path: Path) -> None:
        checkout.hide("uv")
        (tmp_path / "venv.py").write_text("raise ModuleNotFoundError")

        assert "apt-get install python3-venv" in sentence_of(checkout.set_up(PYTHONPATH=str(tmp_path)))

    def test_a_read_only_checkout(self, checkout: Checkout) -> None:
        """Nobody may make a folder in /proc, not even root."""
        ran = checkout.make("CHECKOV_VENV=/proc/environment", "/proc/environment/.ready")

        assert "copy the checkout to a folder of your own" in sentence_of(ran)

    def test_no_uv_for_the_locks(self, checkout: Checkout) -> None:
        checkout.hide("uv")

        assert sentence_of(checkout.make("lock")) == "uv writes the locks: make setup, or install it, and try again."

    def test_no_make(self, checkout: Checkout) -> None:
        checkout.hide("make")

        assert "make is needed: install it" in sentence_of(checkout.run("bash", ".ci/run"))


# What uv and pip have said, taken down.
WORDS = {
    "uv_no_network": (
        "error: Request failed after 3 retries in 11.2s\n  cause: Failed to fetch: https://index/simple/six/",
        "connect to the network",
    ),
    "pip_no_network": (
        "ERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions: none)",
        "connect to the network",
    ),
    "pip_wrong_hash": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated ...\n"
        "    six==1.17.0 from https://index/six-1.17.0-py2.py3-none-any.whl (from -r bad.txt (line 1)):",
        "another file for six==1.17.0 than dev.txt promises",
    ),
    "unknown": ("error: the disk is full", "could not be installed: error: the disk is full"),
    "silent": ("", "could not be installed: no reason given"),
}


@pytest.mark.parametrize(("words", "sentence"), WORDS.values(), ids=WORDS)
def test_words_of_uv_and_pip(words: str, sentence: str) -> None:
    assert sentence in installing.sentence(words, Path("locks/dev.txt"))
