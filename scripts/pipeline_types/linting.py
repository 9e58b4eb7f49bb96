# SPDX-License-Identifier: Apache-2.0
"""cfn-lint's findings in a blueprint: unknown resource types, wrong properties."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from typing import Any

from scripts.pipeline_types.findings import Finding
from scripts.pipeline_types.pipeline_folder import BLUEPRINT


class LintError(Exception):
    """Raised if a blueprint cannot be checked; `str()` gives the remedy."""


def findings(template: Any, text: str, region: str) -> tuple[list[Finding], list[Finding]]:
    """Return errors and warnings.

    A template's options for cfn-lint are refused: they can name rules of their own, which are code.
    """
    if _speaks_to_the_linter(template):
        words = "sets options of cfn-lint, which can name code to run: leave it out"
        return [Finding(BLUEPRINT, words, "Metadata.cfn-lint")], []
    errors, warnings = list[Finding](), list[Finding]()
    for match in _lint(text, region):
        found = Finding(BLUEPRINT, f"{match.message} (cfn-lint {match.rule.id})", line=match.linenumber)
        (errors if match.rule.severity == "error" else warnings).append(found)
    return list(dict.fromkeys(errors)), list(dict.fromkeys(warnings))


def _speaks_to_the_linter(template: Any) -> bool:
    metadata = template.get("Metadata") if isinstance(template, dict) else None
    return isinstance(metadata, dict) and "cfn-lint" in metadata


def _lint(text: str, region: str) -> Iterable[Any]:
    if importlib.util.find_spec("cfnlint") is None:
        raise LintError("cfn-lint is not installed, without which no blueprint is checked: pip install cfn-lint")
    from cfnlint.api import ManualArgs, lint  # noqa: PLC0415  it takes seconds to load
    from cfnlint.helpers import REGIONS  # noqa: PLC0415

    if region not in REGIONS:
        raise LintError(f"cfn-lint knows no Region {region}: name another one by --region")
    found: Iterable[Any] = lint(text, config=ManualArgs(regions=[region]))
    return found
