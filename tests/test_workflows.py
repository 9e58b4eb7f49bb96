# SPDX-License-Identifier: Apache-2.0
"""Actions of others are pinned: a tag can be moved by whoever owns it, a commit cannot. What is released is signed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

_WORKFLOWS = sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.yml"))
_USES = re.compile(r"\buses: (?P<action>\S+)(?P<comment>.*)")
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


@pytest.mark.parametrize("workflow", _WORKFLOWS, ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_to_a_commit_with_its_version(workflow: Path) -> None:
    used = [found for found in _USES.finditer(workflow.read_text("utf-8")) if not found["action"].startswith("./")]
    assert used
    for found in used:
        assert _PINNED.fullmatch(found["action"]), found["action"]
        assert re.fullmatch(r"  # v\d+\.\d+\.\d+", found["comment"]), found["comment"]


def test_what_a_release_publishes_is_built_summed_up_and_attested() -> None:
    (workflow,) = (path for path in _WORKFLOWS if path.stem == "release")
    jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
    build, publish = jobs["build"]["steps"], jobs["publish"]["steps"]
    commands = "\n".join(step.get("run", "") for step in build)
    (uploaded,) = (step["with"]["path"].split() for step in build if "upload-artifact" in step.get("uses", ""))
    summed = re.search(r"sha256sum (?P<files>.*) > SHA256SUMS", commands)
    assert summed is not None
    assert sorted(uploaded) == sorted(f"dist/{name}" for name in (*summed["files"].split(), "SHA256SUMS"))
    assert "dist/*.whl" in uploaded
    assert "make package wheel sbom " in commands
    attested, released = publish[-2], publish[-1]
    assert attested["with"]["subject-checksums"] == "dist/SHA256SUMS"
    assert "gh release create" in released["run"]
    assert released["run"].endswith("dist/*")
