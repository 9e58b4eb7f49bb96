# SPDX-License-Identifier: Apache-2.0
"""Which role has used which action: what a role may do and never does is found by it.

`MLOPS_IAM_CALLS` names a folder; each process writes a file of its own there, each pair once. The role is written as
its template names it.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Final

FOLDER: Final = "MLOPS_IAM_CALLS"
# CloudFormation's names of roles end with the logical id and a number, with dashes between.
_NAME_PARTS: Final = 3

_seen: set[tuple[str, str, str]] = set()
_lock = threading.Lock()


def note(role_arn: str, action: str) -> None:
    """Write down that a role was allowed an action, if somebody wants to know."""
    folder = os.environ.get(FOLDER)
    role = logical_id(role_arn) if folder else ""
    if not folder or not role:
        return
    with _lock:
        if (folder, role, action) not in _seen:
            _seen.add((folder, role, action))
            with Path(folder, f"calls-{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({"role": role, "action": action}) + "\n")


def read(folder: Path) -> dict[str, list[str]]:
    """Role -> actions of all the files in a folder."""
    found: dict[str, set[str]] = {}
    for file in folder.glob("calls-*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            call = json.loads(line)
            found.setdefault(call["role"], set()).add(call["action"])
    return {role: sorted(actions) for role, actions in sorted(found.items())}


def logical_id(role_arn: str) -> str:
    """How the template calls a role that a stack has made; empty for another role."""
    parts = role_arn.rsplit("/", 1)[-1].split("-")
    return parts[-2] if len(parts) >= _NAME_PARTS else ""
