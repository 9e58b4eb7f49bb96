# SPDX-License-Identifier: Apache-2.0
"""All checks of a pipeline type's folder that need no AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.pipeline_types.custom.definition import BrokenTypeError
from scripts.iam import templates
from scripts.pipeline_types import (
    administrators,
    findings,
    fitting,
    lines,
    linting,
    permissions,
    pipeline_folder,
    starters,
)
from scripts.pipeline_types.findings import Finding
from scripts.pipeline_types.permissions import LONGEST_POLICY, Operator
from scripts.pipeline_types.pipeline_folder import BLUEPRINT, DEFINITION

_MOST_BRANCHES: Final = 12
"""Limit of conditions within one text: each doubles the number of its possible values."""


@dataclass
class Report:
    """Result of the checks. The folder can be added if there are no errors."""

    type: CustomType | None = None
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    policy: dict[str, Any] | None = None
    """Policy that the deploy role lacks."""

    @property
    def starter(self) -> dict[str, Any]:
        """A first request; empty for a broken type."""
        return starters.starter(self.type.request_schema(), self.type.example()) if self.type else {}


def check(folder: Path, region: str, operator: Operator) -> Report:
    """Check a folder. Raise LintError if the blueprint cannot be checked."""
    report = Report()
    try:
        version, _ = pipeline_folder.read(folder)
        report.type = version.type
        report.errors += [findings.of_problem(problem, folder) for problem in fitting.problems(version.type)]
    except BrokenTypeError as broken:
        report.errors += [findings.of_problem(problem, folder) for problem in broken.problems]
    if not any(found.file == BLUEPRINT and not found.key for found in report.errors):
        _look_at_blueprint(report, folder, region, operator)
    report.errors.sort(key=_order)
    report.warnings.sort(key=_order)
    return report


def _order(found: Finding) -> tuple[bool, int]:
    return found.file != DEFINITION, found.line


def _look_at_blueprint(report: Report, folder: Path, region: str, operator: Operator) -> None:
    try:
        content = pipeline_folder.blueprint(folder)
        template = pipeline_folder.decoded_template(content)
    except BrokenTypeError:
        # Its problems were reported when the folder was read, unless the other file could not be read.
        return
    text = content.decode("utf-8-sig")
    errors, warnings = linting.findings(template, text, region)
    report.errors += errors
    report.warnings += warnings
    if errors or any(found.file == BLUEPRINT for found in report.errors):
        # Effects can be worked out only for a template that CloudFormation accepts.
        return
    if _is_too_branched(template):
        report.errors.append(Finding(BLUEPRINT, f"has a text with more than {_MOST_BRANCHES} conditions in it"))
        return
    try:
        _look_at_permissions(report, template, text, operator)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # Fails closed: a blueprint that cannot be analysed is not added.
        words = f"is written in a way that its permissions cannot be worked out ({type(error).__name__}: {error})"
        report.errors.append(Finding(BLUEPRINT, words))


def _look_at_permissions(report: Report, template: Any, text: str, operator: Operator) -> None:
    for right in administrators.rights(template, operator):
        key = f"Resources.{right.resource}"
        found = Finding(BLUEPRINT, f"{right.resource} {right.words}", key, lines.of_key(text, key))
        if right.is_granted(operator):
            report.warnings.append(found)
        else:
            report.errors.append(_refused(found, right.takes))
    report.warnings += _unknown(template)
    report.policy = permissions.missing_policy(template, operator)
    if report.policy and (length := permissions.length(report.policy)) > LONGEST_POLICY:
        words = f"needs a policy of {length} characters, and a managed policy has {LONGEST_POLICY} at most: shorten it"
        report.warnings.append(Finding(BLUEPRINT, words))


def _refused(found: Finding, takes: str) -> Finding:
    words = (
        f"{found.problem}; refused, unless the policy of CustomBlueprintPolicyArn allows {takes} and you give"
        " --allow-administrator"
    )
    return Finding(found.file, words, found.key, found.line)


def _unknown(template: Any) -> list[Finding]:
    words = "nothing says which permissions CloudFormation needs for it: look at the documentation of its service"
    return [Finding(BLUEPRINT, f"{name}: {words}") for name in templates.unknown_types(template)]


def _is_too_branched(template: Any) -> bool:
    return any(_branches(value) > _MOST_BRANCHES for value in _texts_with_parts(template))


def _texts_with_parts(node: Any) -> list[Any]:
    members = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    own = [node[name] for name in ("Fn::Join", "Fn::Sub") if isinstance(node, dict) and name in node]
    return own + [found for member in members for found in _texts_with_parts(member)]


def _branches(node: Any) -> int:
    members = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    return (isinstance(node, dict) and "Fn::If" in node) + sum(map(_branches, members))
