# SPDX-License-Identifier: Apache-2.0
"""How an audit of locks ends; a program in pip-audit's place says what pip-audit says."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.packaging import audit

CLEAN = "echo 'No known vulnerabilities found' >&2"
VULNERABLE = "echo 'Found 1 known vulnerability in 1 package' >&2; echo 'quay 1.0 PYSEC-2026-1'; exit 1"
UNREACHED = (
    "printf 'Traceback (most recent call last):\\n  File x\\nConnectionError: no route to pypi.org\\n' >&2; exit 1"
)


def ended(folder: Path, program: str) -> int:
    """The status with one lock as if pip-audit were this program, after it was told to skip nothing."""
    file = folder / "pip-audit"
    file.write_text(f'#!/bin/sh\ncase " $* " in *" --strict "*) ;; *) exit 0;; esac\n{program}\n', "utf-8")
    file.chmod(0o755)
    return audit.main([str(file), "locks/local.txt"])


def test_what_is_clean_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(tmp_path, CLEAN) == 0
    assert capsys.readouterr().out == "locks/local.txt: no known vulnerabilities\n"


def test_vulnerabilities_are_told_and_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(tmp_path, VULNERABLE) == 1
    said = capsys.readouterr().err
    assert said == "locks/local.txt: Found 1 known vulnerability in 1 package\nquay 1.0 PYSEC-2026-1\n"


def test_what_could_not_be_asked_fails_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(tmp_path, UNREACHED) == 1
    said = capsys.readouterr().err
    assert said == "locks/local.txt was not audited: ConnectionError: no route to pypi.org\n"
