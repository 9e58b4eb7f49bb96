# SPDX-License-Identifier: Apache-2.0
"""What an upgrade from each kept release rests on, told by the templates alone; and how a release is kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import paths
from scripts.launch import launch_parameters
from scripts.packaging import keep_release
from scripts.packaging.artifacts import PREFIX_PARAMETER
from scripts.packaging.keep_release import ReleaseKeptError
from tests.releases import kept

ROOTS = [
    pytest.param(path, id=f"{folder.name}-{path.stem.removeprefix('mlops-orchestrator-')}")
    for folder in kept.FOLDERS
    for path in sorted(kept.templates(folder).glob("mlops-orchestrator-*.yaml"))
]


def _section(text: str, name: str) -> dict[str, dict[str, Any]]:
    """A section of a template: the texts of what stands in each of its entries."""
    sections = {key.value: node for key, node in yaml.compose(text, Loader=yaml.CSafeLoader).value}
    return {key.value: {name.value: node.value for name, node in entry.value} for key, entry in sections[name].value}


def _now(old: Path) -> str:
    return (paths.TEMPLATES / old.name).read_text(encoding="utf-8")


def test_there_is_a_release_to_upgrade_from() -> None:
    assert len(ROOTS) >= 2 * len(kept.FOLDERS) >= 2


@pytest.mark.parametrize("old", ROOTS)
def test_what_is_retained_keeps_logical_id_type_and_policies(old: Path) -> None:
    """Under another logical id a bucket would be made anew, and the old one left behind.

    A policy may become one that keeps also what a failed creation has made (lesson 118).
    """
    now = _section(_now(old), "Resources")
    told = ("Type", "DeletionPolicy", "UpdateReplacePolicy")
    before = {
        name: [one.get(key) for key in told]
        for name, one in _section(old.read_text(encoding="utf-8"), "Resources").items()
        if one.get("DeletionPolicy", "").startswith("Retain")
    }
    assert before
    kept_now = {name: [now.get(name, {}).get(key) for key in told] for name in before}
    stricter = {name for name in before if kept_now[name][1] == "Retain" != before[name][1]}
    assert stricter == {"ApiLogging", "ApiLoggingRole"}
    assert kept_now == {
        name: [kind, "Retain" if name in stricter else policy, replaced]
        for name, (kind, policy, replaced) in before.items()
    }


@pytest.mark.parametrize("old", ROOTS)
def test_launch_parameters_keep_their_values(old: Path) -> None:
    before, text = _section(old.read_text(encoding="utf-8"), "Parameters"), _now(old)
    now, declared = _section(text, "Parameters"), launch_parameters.declared(text)

    assert {name: now.get(name, {}).get("Type") for name in before} == {
        name: one["Type"] for name, one in before.items()
    }
    for name, one in before.items():
        values = [one["Default"]] if "Default" in one else []
        values += [node.value for node in one.get("AllowedValues", ())]
        assert [value for value in values if not declared[name].accepts(value)] == [], name
        # The prefix of a version is given anew at each launch, and is in a tag, of which AWS takes less (lesson 122).
        if name != PREFIX_PARAMETER:
            assert declared[name].longest is None or declared[name].longest >= int(one["MaxLength"]), name


@pytest.mark.parametrize("old", ROOTS)
def test_an_upgrade_needs_no_new_values(old: Path) -> None:
    before = _section(old.read_text(encoding="utf-8"), "Parameters")
    declared = launch_parameters.declared(_now(old))
    assert [name for name, one in declared.items() if one.is_needed and name not in before] == []


@pytest.mark.parametrize("old", ROOTS)
def test_outputs_that_others_read_stay(old: Path) -> None:
    before, now = (_section(text, "Outputs") for text in (old.read_text(encoding="utf-8"), _now(old)))
    assert before.keys() - now.keys() == set()


def _checkout(folder: Path) -> Path:
    source = folder / "lambda_src" / "orchestrator"
    source.mkdir(parents=True)
    (source / "__init__.py").touch()
    shutil.copytree(paths.TEMPLATES / "pipelines", folder / "templates" / "pipelines")
    (folder / "setup.cfg").write_text("[metadata]\nversion = 9.8.7\n")
    return folder


def test_a_release_is_kept_once_and_never_changes(tmp_path: Path) -> None:
    checkout, releases = _checkout(tmp_path / "checkout"), tmp_path / "releases"
    folder = keep_release.keep(checkout, releases)
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert folder.name == "9.8.7"
    assert {keep_release.SOURCE_NAME, "single_account_codepipeline.yaml"} <= before.keys()
    assert keep_release.keep(checkout, releases) == folder
    (checkout / "lambda_src" / "orchestrator" / "__init__.py").write_text("changed = True")
    with pytest.raises(ReleaseKeptError, match="a kept release never changes"):
        keep_release.keep(checkout, releases)
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
