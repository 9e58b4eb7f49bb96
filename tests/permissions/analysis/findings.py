# SPDX-License-Identifier: Apache-2.0
"""Has cloudsplaining and parliament judge roles, and compares what they find with what is explained.

    python -m tests.permissions.analysis.findings build/analysis/roles.json

Runs where these two are installed and the project is not: see `make analyse`. cloudsplaining is asked to report also
what conditions and resources limit, but for changes: each action that writes would be one. It takes a refusal on some
resources for one on all, so that refusals are left out.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import parliament
from cloudsplaining.scan.assume_role_policy_document import AssumeRolePolicyDocument
from cloudsplaining.scan.policy_document import PolicyDocument

from tests.permissions.analysis import explained
from tests.permissions.analysis.explained import Finding

Details = dict[str, Any]
_TRUST: Final = ("any_principal", "any_principal_with_conditions", "cross_account_principals")


def found(account: Details) -> set[Finding]:
    """What both find. Roles of several launches and requests that are alike are judged once."""
    alike = {(_logical_id(role), json.dumps([role["RolePolicyList"], role["AssumeRolePolicyDocument"]])): role
             for role in account["RoleDetailList"]}  # fmt: skip
    return {Finding(kind, _logical_id(role), what) for role in alike.values() for kind, what in _of_role(role)}


def _logical_id(role: Details) -> str:
    return str(role["RoleName"]).rpartition("/")[2]


def _of_role(role: Details) -> Iterator[tuple[str, str]]:
    documents = [one["PolicyDocument"] for one in role["RolePolicyList"]]
    yield from _risks([one for document in documents for one in _statements(document)])
    trust = AssumeRolePolicyDocument(role["AssumeRolePolicyDocument"], role["Arn"].split(":")[4])
    for who in _TRUST:
        yield from (("Assumable", str(one)) for one in getattr(trust, f"role_assumable_by_{who}"))
    for document in documents:
        yield from _mistakes(document)


def _statements(document: Details) -> list[Details]:
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _risks(statements: Iterable[Details]) -> Iterator[tuple[str, str]]:
    allowing = {"Version": "2012-10-17", "Statement": [one for one in statements if one["Effect"] == "Allow"]}
    limited = PolicyDocument(allowing, flag_conditional_statements=True, flag_resource_arn_statements=True)
    risks = {
        "PrivilegeEscalation": [one["type"] for one in limited.allows_privilege_escalation],
        "ResourceExposure": limited.permissions_management_without_constraints,
        "DataExfiltration": limited.allows_data_exfiltration_actions,
        "CredentialsExposure": limited.credentials_exposure,
        "ServiceWildcard": limited.service_wildcard,
        "InfrastructureModification": PolicyDocument(allowing).infrastructure_modification,
    }
    for kind, several in risks.items():
        yield from ((kind, one) for one in several)


def _mistakes(document: Details) -> Iterator[tuple[str, str]]:
    for one in parliament.analyze_policy_string(json.dumps(document), ignore_private_auditors=True).findings:
        details = one.detail if isinstance(one.detail, list) else [one.detail or "any resource"]
        yield from ((one.issue, _in_short(each["action"] if isinstance(each, dict) else str(each))) for each in details)


def _in_short(detail: str) -> str:
    """parliament's words without what they begin with, and without the action that a condition is about."""
    found = re.fullmatch(r"(?:Unknown (?:action|condition) |Type mismatch: )?(.+?)(?: for action \S+)?", detail)
    return found[1] if found else detail


def told(title: str, findings: Iterable[Finding]) -> list[str]:
    """A line for each kind in each role."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in findings:
        groups.setdefault((one.kind, one.role), []).append(one.what)
    return [f"{title}: {kind} in {role}: {', '.join(whats)}" for (kind, role), whats in groups.items()]


def main() -> int:
    """Print what is not explained, and what explains nothing; the status of the process."""
    account = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    findings = found(account)
    wrong = [
        *told("not explained", explained.unexplained(findings)),
        *told("explained and not found", explained.unneeded(findings)),
    ]
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    outcome = "what to look at is told above" if wrong else "all explained"
    sys.stdout.write(f"{len(account['RoleDetailList'])} roles, {len(findings)} findings: {outcome}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
