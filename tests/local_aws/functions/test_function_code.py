# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from scripts import user_cache
from scripts.local_aws.functions import function_code


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(user_cache.FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


def zipped(source: str, size: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("package/", "")
        archive.writestr("package/main.py", source)
        archive.writestr("data", bytes(size))
    return buffer.getvalue()


def test_small_code_is_gone_when_it_is_closed(cache: Path) -> None:
    code = function_code.unpacked(zipped("one"))
    assert (code.path / "package/main.py").read_text() == "one"
    code.close()
    assert (code.path.exists(), cache.exists()) == (False, False)


def test_large_code_is_unpacked_once_by_its_content_and_not_to_be_written(cache: Path) -> None:
    large = 300_000
    first, again, other = (function_code.unpacked(zipped(text, large)) for text in ("one", "one", "two"))
    assert first.path == again.path != other.path
    assert [(code.path / "package/main.py").read_text() for code in (first, other)] == ["one", "two"]
    assert (first.path / "package/main.py").stat().st_mode & 0o222 == 0
    first.close()
    assert first.path.is_dir()


@pytest.mark.parametrize("fault", ["missing", "shorter"])
def test_large_code_that_was_damaged_is_unpacked_again(fault: str) -> None:
    code = function_code.unpacked(zipped("one", 300_000))
    file = code.path / "package/main.py"
    file.unlink()
    if fault == "shorter":
        file.write_text("o")
    assert (function_code.unpacked(zipped("one", 300_000)).path / "package/main.py").read_text() == "one"
