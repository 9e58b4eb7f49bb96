# SPDX-License-Identifier: Apache-2.0
"""Connection of a command to AWS and to the orchestrator's API, from its options and the settings."""

from __future__ import annotations

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.client import connection
from mlops_orchestrator.settings import effective
from mlops_orchestrator.settings.effective import Settings
from scripts.cli.options import Access


def settings(access: Access) -> Settings:
    """Return the settings that count, without a look at a local AWS."""
    return effective.settings(access.given)


def aws(access: Access) -> Aws:
    """Return the AWS that is chosen."""
    return connection.reached(access.chosen)


def stack_name(access: Access, given: str | None) -> str:
    """Return the name of the root stack: the given one, or that of the settings."""
    return given or access.chosen.stack_name


def local_account(access: Access, stage: str) -> str:
    """Return the account of a stage on the local AWS; empty on AWS, and for a stage that it has not."""
    found = access.chosen.local
    return str(found.content.get("accounts", {}).get(stage, "")) if found else ""


def orchestrator_api(access: Access, given_stack: str | None) -> OrchestratorApi:
    """Return the API of the named stack, else of the environment, else of the stack that the settings name."""
    return connection.api_of(access.chosen, aws(access), given_stack or "")
