# SPDX-License-Identifier: Apache-2.0
"""The engine of monitors as an archive: the same bytes wherever it is packed, and it runs."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from orchestrator.pipeline_types.built_in.monitors import engine_archive
from scripts import paths
from scripts.packaging import bundle

SOURCE = paths.BUNDLE_SOURCE.parent / engine_archive.PACKAGE


def test_a_checkout_and_the_bundle_pack_the_same_bytes(tmp_path: Path) -> None:
    """Else an upgrade that changes nothing would compute all baselines anew."""
    archive = io.BytesIO(bundle.of_source(paths.BUNDLE_SOURCE).zipped())
    zipfile.ZipFile(archive).extractall(tmp_path)
    for path in tmp_path.rglob("*.py"):
        os.utime(path, (0, 0))
        path.chmod(0o600)
    (tmp_path / engine_archive.PACKAGE / "__pycache__").mkdir()
    (tmp_path / engine_archive.PACKAGE / "__pycache__" / "contract.cpython-311.pyc").write_bytes(b"compiled")
    look = f"from {engine_archive.__name__} import packed; print(packed().digest)"
    there = subprocess.run([sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == engine_archive.packed().digest
    assert engine_archive.packed().digest == hashlib.sha256(engine_archive.packed().content).hexdigest()


def test_it_holds_every_source_of_the_engine_and_nothing_else() -> None:
    names = zipfile.ZipFile(io.BytesIO(engine_archive.packed().content)).namelist()
    assert names == sorted(path.relative_to(SOURCE.parent).as_posix() for path in SOURCE.rglob("*.py"))


def test_another_source_has_another_digest(tmp_path: Path) -> None:
    for name, content in (("one", "x = 1"), ("two", "x = 2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.py").write_text(content)
    assert engine_archive.packed(tmp_path / "one").digest != engine_archive.packed(tmp_path / "two").digest


def test_it_is_packed_once_in_a_process() -> None:
    assert engine_archive.packed() is engine_archive.packed()


def test_python_runs_it_from_the_archive(tmp_path: Path) -> None:
    """As a job does; without an environment the engine says which variable it misses."""
    pytest.importorskip("sklearn")
    (tmp_path / engine_archive.FILE).write_bytes(engine_archive.packed().content)
    run = f"""import runpy, sys
sys.path.insert(0, {engine_archive.FILE!r})
runpy.run_module({engine_archive.PACKAGE!r}, {{}}, "__main__")"""
    ran = subprocess.run([sys.executable, "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
