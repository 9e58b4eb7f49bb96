# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import user_cache
from scripts.user_cache import Entry


@pytest.fixture(autouse=True)
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "given"
    monkeypatch.setenv(user_cache.FOLDER, str(folder))
    yield folder
    user_cache._of_this_process.cache_clear()


def made(name: str, content: str = "content") -> Entry:
    return user_cache.entry(
        name, lambda path: filled(path, content), lambda path: (path / "file").read_text() == content
    )


def filled(path: Path, content: str) -> None:
    (path / "file").write_text(content)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_entry_is_made_once_for_its_user_alone(given: Path) -> None:
    first = made("one")
    kept = first.path.stat().st_ino
    assert (made("one").path.stat().st_ino, names(given), given.stat().st_mode & 0o777) == (kept, {"one"}, 0o700)


def test_what_is_damaged_is_made_again(given: Path) -> None:
    (made("one").path / "file").write_text("")
    assert (made("one").path / "file").read_text() == "content"
    assert names(given) == {"one"}


def test_a_failure_leaves_nothing(given: Path) -> None:
    def fail(path: Path) -> None:
        filled(path, "half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        user_cache.entry("one", fail, Path.is_dir)
    assert names(given) == set()


def test_whoever_is_slower_takes_what_the_quicker_one_has_made(given: Path) -> None:
    def slow(path: Path) -> None:
        filled(path, "slow")
        made("one", "quick")

    assert (user_cache.entry("one", slow, Path.is_dir).path / "file").read_text() == "quick"
    assert names(given) == {"one"}


def test_what_was_not_used_for_longest_goes_unless_it_is_in_use(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_cache, "_KEPT", 2)
    held = made("held")
    (given / user_cache.BUILD).mkdir()
    os.utime(given / user_cache.BUILD, (0, 0))
    for age, name in enumerate(("held", "first", "second")):
        made(name)
        os.utime(given / name, (age, age))
    made("first")
    made("third")
    assert names(given) == {"held", "first", "third", "build"}
    held.close()
    made("fourth")
    assert names(given) == {"third", "fourth", "build"}


def test_nobody_gets_an_entry_that_is_being_deleted(given: Path) -> None:
    made("one").close()
    found: list[Entry] = []
    with user_cache._locked(given / "one", fcntl.LOCK_EX):
        waiting = threading.Thread(target=lambda: found.append(made("one")))
        waiting.start()
        (given / "one").rename(given / "gone")
    waiting.join(60)
    assert (found[0].path / "file").read_text() == "content"


def test_what_an_interrupted_process_has_left_goes_after_an_hour(given: Path) -> None:
    made("one")
    for name, age in ((".unfinished-long-ago", 7200), (".unfinished-now", 0)):
        (given / name).mkdir()
        os.utime(given / name, (time.time() - age,) * 2)
    made("two")
    assert names(given) == {"one", "two", ".unfinished-now"}


@pytest.mark.parametrize("fault", ["others may write", "a file", "a link", "nothing can be made"])
def test_a_folder_that_cannot_be_trusted_or_used_is_replaced(
    given: Path, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "others may write":
        given.mkdir()
        given.chmod(0o777)
    elif fault == "a file":
        given.touch()
    elif fault == "a link":
        (tmp_path / "elsewhere").mkdir()
        given.symlink_to(tmp_path / "elsewhere")
    else:
        monkeypatch.setenv(user_cache.FOLDER, "/proc/nowhere")
    entry = made("one")
    assert (entry.path / "file").read_text() == "content"
    assert entry.path.parent == Path(user_cache._of_this_process().name)
    assert entry.path.parent.stat().st_mode & 0o777 == 0o700
    assert not given.is_dir() or names(given) == set()


@pytest.mark.parametrize("home", ["", "/proc/nowhere"])
def test_no_home_is_no_hindrance(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(user_cache.FOLDER)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", home or "/proc/nowhere")
    if not home:
        monkeypatch.setattr(Path, "home", no_home)
    assert made("one").path.parent == Path(user_cache._of_this_process().name)


def no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_the_system_says_where_caches_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(user_cache.FOLDER)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert made("one").path == tmp_path / "caches" / "mlops-workload-orchestrator" / "one"
