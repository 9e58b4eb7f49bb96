# SPDX-License-Identifier: Apache-2.0
"""Record of the actions that each role has used, from which unused permissions are found.

`MLOPS_IAM_CALLS` names a folder. Each process writes a file there, with each pair of role and action once. Roles are
written by their logical id in the template.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Final

FOLDER: Final = "MLOPS_IAM_CALLS"
# Role names made by CloudFormation end with the logical id and a random part, separated by dashes.
_NAME_PARTS: Final = 3

_seen: set[tuple[str, str, str]] = set()
_lock = threading.Lock()


def note(role_arn: str, action: str) -> None:
    """Record that a role was allowed an action, if `MLOPS_IAM_CALLS` is set."""
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
    """Read all files of a folder: role -> actions."""
    found: dict[str, set[str]] = {}
    for file in folder.glob("calls-*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            call = json.loads(line)
            found.setdefault(call["role"], set()).add(call["action"])
    return {role: sorted(actions) for role, actions in sorted(found.items())}


def logical_id(role_arn: str) -> str:
    """Return the logical id of a role that a stack has made; empty for other roles."""
    parts = role_arn.rsplit("/", 1)[-1].split("-")
    return parts[-2] if len(parts) >= _NAME_PARTS else ""
