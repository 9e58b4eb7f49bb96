# SPDX-License-Identifier: Apache-2.0
"""The locks are what setup.cfg asks for, with hashes, and a distribution has one version. Needs no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import paths
from scripts.environments import lock

PROJECT: Final = "mlops-workload-orchestrator"
LOCKS: Final = {entry.path.relative_to(paths.ROOT).as_posix(): entry for entry in lock.locks()}
# A pin with its marker, and the hashes below it.
ENTRY: Final = re.compile(r"^(?P<pin>[^\s#][^\\\n]*?)(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", re.M)


def pins(path: Path) -> dict[str, Requirement]:
    """The lines of a lock, by name."""
    found = (Requirement(match["pin"]) for match in ENTRY.finditer(path.read_text(encoding="utf-8")))
    return {canonicalize_name(pin.name): pin for pin in found}


def versions(path: Path) -> dict[str, str]:
    return {name: str(pin.specifier) for name, pin in pins(path).items()}


def declared(extra: str) -> list[Requirement]:
    """What setup.cfg asks for with an extra, and what builds the project."""
    setup = ConfigParser(interpolation=None, inline_comment_prefixes=("#",))
    setup.read(paths.ROOT / "setup.cfg", encoding="utf-8")
    listed = setup["options"]["install_requires"] + setup["options.extras_require"][extra]
    return [Requirement(line) for line in (*listed.split("\n"), *lock.build_requirements()) if line]


def needed(wanted: list[Requirement]) -> Iterator[str]:
    """The names of everything that is installed for requirements, by what the distributions here say."""
    seen = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if (name, *sorted(requirement.extras)) in seen:
            continue
        seen.add((name, *sorted(requirement.extras)))
        if name == PROJECT:
            wanted += [more for extra in requirement.extras for more in declared(extra)]
            continue
        yield name
        for line in metadata.requires(name) or ():
            more = Requirement(line)
            if more.marker is None or any(
                more.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
            ):
                wanted.append(more)


def here(path: Path) -> set[str]:
    """What a lock lists for this machine and this Python."""
    return {name for name, pin in pins(path).items() if pin.marker is None or pin.marker.evaluate()}


@pytest.mark.parametrize("name", LOCKS)
def test_everything_has_one_version_and_hashes_and_nothing_an_address(name: str) -> None:
    text = (paths.ROOT / name).read_text(encoding="utf-8")
    entries = list(ENTRY.finditer(text))

    assert entries
    assert [entry["pin"] for entry in entries if not re.search(r"^[^=<>~]+==[^,]+$", entry["pin"].split(";")[0])] == []
    assert [entry["pin"] for entry in entries if not entry["hashes"]] == []
    assert len(pins(paths.ROOT / name)) == len(entries)
    assert "://" not in text
    assert [line for line in ENTRY.sub("", text).splitlines() if line and not line.lstrip().startswith("#")] == []


@pytest.mark.parametrize("extra", ["dev", "local"])
def test_a_lock_lists_what_setup_cfg_asks_for(extra: str) -> None:
    """After a change of setup.cfg: make lock."""
    listed = pins(lock.FOLDER / f"{extra}.txt")

    for requirement in declared(extra):
        name = canonicalize_name(requirement.name)
        if name != PROJECT:
            assert name in listed, f"{name} is not locked: make lock"
            assert requirement.specifier.contains(str(listed[name].specifier).removeprefix("=="))
    assert set(needed(declared(extra))) == here(lock.FOLDER / f"{extra}.txt")


def test_the_bundle_is_locked_with_what_it_asks_for() -> None:
    asked = paths.REQUIREMENTS.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in asked if not line.startswith("#")]

    assert set(needed(wanted)) == here(paths.REQUIREMENTS)


@pytest.mark.parametrize("name", [name for name, entry in LOCKS.items() if entry.takes_versions])
def test_a_version_is_one_everywhere(name: str) -> None:
    """The bundle's distributions are copied from the environment, and uv is the one that wrote the locks."""
    listed, decisive = versions(paths.ROOT / name), versions(lock.DEVELOPMENT)
    shared = listed.keys() & decisive.keys()
    assert shared
    assert {found: listed[found] for found in shared} == {found: decisive[found] for found in shared}
