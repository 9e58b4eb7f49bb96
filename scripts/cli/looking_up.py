# SPDX-License-Identifier: Apache-2.0
"""Whether what a request names is there: a deployed orchestrator is asked by a dry run, where one can be.

The orchestrator looks by its own role, and knows what its launch allows: what it says here, it says of the request.
Where none can be asked, the request is only validated, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore import exceptions

from mlops_orchestrator.errors import MlopsError, RequestRefused
from mlops_orchestrator.settings.choosing import Chosen
from scripts.cli import errors
from scripts.cli.options import Asking, Offline

if TYPE_CHECKING:
    import boto3

    from mlops_orchestrator.aws.aws_access import Aws

_RETRIES: Final = 1
"""Whoever checks a request does not wait for a network that is not there."""
_MAKERS: Final = tuple(Path("/sys/devices/virtual/dmi/id") / name for name in ("sys_vendor", "bios_version"))
"""Where an instance of EC2 says so: `Amazon EC2`, or a version such as `4.2.amazon`."""
_QUIET: Final = frozenset({None, HTTPStatus.FORBIDDEN})
"""Statuses that say that nobody may be asked, or that nobody is there; anything else is a failure of the API."""


@dataclass(frozen=True)
class LookedUp:
    """What an orchestrator said of a valid request, or why none did."""

    reason: str = ""
    """Why nothing was looked up; empty if it was."""
    warnings: tuple[str, ...] = ()


def look_up(body: Mapping[str, Any], chosen: Chosen, asking: Asking) -> LookedUp:
    """Have the orchestrator of the chosen AWS look at what a valid request names. Nothing is made.

    Raises `RequestRefused` with every problem that it finds.
    """
    try:
        return LookedUp(warnings=_answered({**body, "dry_run": True}, chosen, asking))
    except RequestRefused:
        raise
    except MlopsError as error:
        said = errors.told(error)
        return LookedUp(said, () if error.status in _QUIET else (f"the orchestrator could not look: {said}",))
    except (exceptions.BotoCoreError, exceptions.ClientError, exceptions.HTTPClientError) as error:
        return LookedUp(errors.told(error))


def reason_not_to(rules: Offline, asking: Asking) -> str:
    """Return the option because of which no orchestrator is asked; empty if one may be."""
    if asking.offline:
        return "--offline says so"
    if rules.option is not None or rules.use_model_registry is not None:
        return "--option, --use-model-registry and --no-model-registry are for an orchestrator that need not be there"
    return ""


def _answered(dry: Mapping[str, Any], chosen: Chosen, asking: Asking) -> tuple[str, ...]:
    from mlops_orchestrator.client import connection  # slow, and not needed offline
    from mlops_orchestrator.client.answers import accepted

    aws = _reached(chosen).repeating(_RETRIES)
    answer = accepted(connection.api_of(chosen, aws, asking.stack_name or "").provision(dry))
    return tuple(map(str, answer.get("warnings", ())))


def _reached(chosen: Chosen) -> Aws:
    """Return access to the chosen AWS. Raise botocore's errors, such as NoCredentialsError."""
    from mlops_orchestrator.aws.aws_access import Aws
    from mlops_orchestrator.client import connection

    if chosen.local is not None:
        return connection.reached(chosen)
    session = _session(chosen)
    if session.region_name is None:
        raise exceptions.NoRegionError
    if session.get_credentials() is None:
        raise exceptions.NoCredentialsError
    return Aws(session, session.region_name, chosen.endpoint_url)


def _session(chosen: Chosen) -> boto3.session.Session:
    """Return boto3's session, which asks an instance's metadata for credentials only on an instance.

    Elsewhere nothing answers there, and whoever has no credentials would wait for it.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
    """
    import boto3
    import botocore.session

    found = botocore.session.Session(profile=chosen.profile)
    if not any("amazon" in file.read_text(errors="replace").lower() for file in _MAKERS if file.is_file()):
        found.get_component("credential_provider").remove("iam-role")
    return boto3.session.Session(botocore_session=found, region_name=chosen.region)
