# SPDX-License-Identifier: Apache-2.0
"""What of a group is deployed where, as far as the answers about pipelines tell.

The list tells what runs in the orchestrator's own account. What runs in the accounts of stages stands in the details
of a pipeline: they are asked of pipelines that have the name of the group or of one of its models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client import answers
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.errors import NotFound
from scripts.console import asked
from scripts.console.models import sagemaker

_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Deployment:
    """A version that a pipeline has deployed."""

    arn: str
    pipeline: Mapping[str, Any]
    place: str
    """Stage with its accounts; empty in the orchestrator's own account."""

    @property
    def number(self) -> str:
        """Number of the version."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Deployed:
    """What is deployed of a group, and how many pipelines were not asked."""

    deployments: Sequence[Deployment]
    unasked: int


def of_group(group: str, names: Collection[str]) -> Deployed:
    """Return where versions of a group are deployed; `names` are those of its models."""
    api, wanted = asked.api(), {name.lower() for name in (group, *names)}
    found: list[Deployment] = []
    elsewhere: list[str] = []
    for pipeline in answers.pipelines(api):
        package = pipeline.get("model_package_arn")
        if package and _is_of(group, package):
            found.append(Deployment(package, pipeline, ""))
        elif package is None and pipeline["model_name"].lower() in wanted:
            elsewhere.append(pipeline["pipeline_id"])
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pipelines") as pool:
        looked = pool.map(lambda name: list(_in_stages(api, name)), elsewhere[: sagemaker.PAGE])
        found += (one for every in looked for one in every if _is_of(group, one.arn))
    return Deployed(found, max(0, len(elsewhere) - sagemaker.PAGE))


def _in_stages(api: OrchestratorApi, name: str) -> Iterator[Deployment]:
    try:
        details = accepted(api.details(name))
    except NotFound:
        # It was deleted meanwhile.
        return
    for stage in details["stages"]:
        places = ", ".join(f"{one['account']} {one['region']}" for one in stage["instances"] or ())
        if stage.get("model_package_arn"):
            yield Deployment(stage["model_package_arn"], details, f"{stage['stage']}: {places}")


def _is_of(group: str, package: str) -> bool:
    return package.rpartition("/")[0].rpartition("/")[2].lower() == group.lower()
