# SPDX-License-Identifier: Apache-2.0
"""The report of a verification, for a person and for a machine; nothing in it names the account or opens it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scripts.packaging import artifacts
from scripts.verification import scrubbing
from scripts.verification.claims.every import CLAIMS
from scripts.verification.cleaning.cleaner import STAYS, Left
from scripts.verification.plan import Plan
from scripts.verification.run import Judged, Outcome
from scripts.verification.scene import Scene


@dataclass(frozen=True)
class Report:
    """All that is known at the end."""

    plan: Plan
    began: datetime
    outcomes: Sequence[Outcome]
    judged: Sequence[Judged]
    left: Sequence[Left]
    """Resources that a listing still found after the clean-up."""

    def document(self, scene: Scene) -> dict[str, Any]:
        """The report for a machine, scrubbed."""
        described = {
            "product": artifacts.package_version(),
            "region": scene.aws.region,
            "date": f"{self.began:%Y-%m-%d}",
            "on": "the local AWS" if scene.aws.is_local else "an AWS account",
            "estimated_usd": round(self.plan.usd, 2),
            "parts": [_part(outcome) for outcome in self.outcomes],
            "claims": [self._claim(scene, one) for one in self.judged],
            "left": [{"what": one.what, "name": one.name} for one in self.left],
            "stays": [*STAYS],
        }
        scrubbed: dict[str, Any] = scrubbing.document(described, _known(scene))
        return scrubbed

    def _claim(self, scene: Scene, one: Judged) -> dict[str, str]:
        claim = CLAIMS[one.claim]
        return {
            "id": one.claim,
            "expected": claim.what,
            "seen": one.seen,
            "verdict": one.verdict,
            "changes": _changes(one, scene),
        }

    def write(self, scene: Scene, folder: Path) -> list[Path]:
        """Write `verification-<region>-<date>.md` and `.json`, and return their paths."""
        document = self.document(scene)
        stem = f"verification-{scene.aws.region}-{self.began:%Y-%m-%d}"
        files = {f"{stem}.json": f"{json.dumps(document, indent=2)}\n", f"{stem}.md": _page(document)}
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        return [folder / name for name in files]


def _changes(one: Judged, scene: Scene) -> str:
    """Return the line of the documentation that a result changes, and how."""
    if scene.aws.is_local or one.verdict in ("not settled", "not imitated", "by hand"):
        return "nothing"
    return f"docs/verified.md, line `{one.claim}`: verified on an account, {one.verdict}"


def _part(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.part.name,
        "what": outcome.part.what,
        "state": outcome.state,
        "words": outcome.words,
        "seconds": round(outcome.seconds, 1),
    }


def _known(scene: Scene) -> dict[str, str]:
    """Return placeholders for the values of this account and its caller, which no rule may miss."""
    credentials = scene.aws.session.get_credentials().get_frozen_credentials()
    values = {scene.aws.account: "<account>", scene.email: "<e-mail>"}
    # Those of the local AWS are a word that sentences have.
    if not scene.aws.is_local:
        values |= {credentials.secret_key: "<secret>", credentials.token or "": "<secret>"}
        values |= {credentials.access_key: "<key id>"}
    values |= {value: f"<{name}>" for name, value in scene.stages.items() if name.endswith(("AccountId", "OrgId"))}
    return values


def _page(document: dict[str, Any]) -> str:
    lines = [
        f"# Verification of {document['product']} in {document['region']}, {document['date']}",
        "",
        f"On {document['on']}; estimated at {document['estimated_usd']:.2f} USD.",
        "",
        "## Claims",
        "",
        *_table(("claim", "expected", "seen", "verdict", "changes"), document["claims"], "id"),
        "",
        "## Parts",
        "",
        *_table(("name", "what", "state", "words", "seconds"), document["parts"], "name"),
        "",
        "## What is left",
        "",
        *([f"* {one['what']}: `{one['name']}`" for one in document["left"]] or ["Nothing, by listing."]),
        "",
        "What nobody can take away at once:",
        "",
        *(f"* {one}" for one in document["stays"]),
    ]
    return "\n".join([*lines, ""])


def _table(columns: Sequence[str], rows: Sequence[dict[str, Any]], first: str) -> list[str]:
    keys = (first, *columns[1:])
    cells = [[str(row[key]).replace("|", "\\|").replace("\n", " ") for key in keys] for row in rows]
    return [f"| {' | '.join(line)} |" for line in (columns, ["---"] * len(columns), *cells)]
