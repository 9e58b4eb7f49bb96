# SPDX-License-Identifier: Apache-2.0
"""SageMaker: jobs that still run, versions and groups of models, cards, job definitions.

Those that a stack made are deleted with it. Ended jobs stay as records, which cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from botocore import xform_name

from orchestrator.sagemaker.job_kinds import ALL, JobKind
from orchestrator.values import tags
from scripts.verification import waiting
from scripts.verification.cleaning.kind import Kind
from scripts.verification.scene import Scene

_GROUPS: Final = "mlops-model-registry"
_RUNNING: Final = "InProgress"
_STOPPED_MINUTES: Final = 20


def _is_ours(scene: Scene, arn: str) -> bool:
    found = scene.aws.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    return any(tag["Key"] == tags.APPLICATION and tag["Value"] in scene.roots for tag in found)


def _jobs(kind: JobKind) -> Kind:
    """Running jobs of a kind whose buckets, roles or schedules carry the name of this verification.

    Jobs that SageMaker starts by itself, such as a monitor's run, have neither our name nor our tag.
    """
    snake, key = xform_name(kind.noun), f"{kind.noun}Name"

    def running(scene: Scene) -> list[str]:
        list_jobs = getattr(scene.aws.client("sagemaker"), f"list_{snake}s")
        return [job[key] for job in list_jobs(StatusEquals=_RUNNING, MaxResults=100)[f"{kind.noun}Summaries"]]

    def find(scene: Scene) -> Iterator[str]:
        describe = getattr(scene.aws.client("sagemaker"), f"describe_{snake}")
        return (name for name in running(scene) if scene.name in json.dumps(describe(**{key: name}), default=str))

    def remove(scene: Scene, name: str) -> None:
        getattr(scene.aws.client("sagemaker"), f"stop_{snake}")(**{key: name})
        waiting.until(scene, f"the end of {name}", _STOPPED_MINUTES, lambda: name not in running(scene))

    return Kind(f"running {kind.words}s", find, remove)


def _groups(scene: Scene) -> list[str]:
    """Return the groups that the launch made, recognised by their tags and not by their names."""
    sagemaker = scene.aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_package_groups").paginate(NameContains=_GROUPS)
    listed = [one for page in pages for one in page["ModelPackageGroupSummaryList"]]
    return [one["ModelPackageGroupName"] for one in listed if _is_ours(scene, one["ModelPackageGroupArn"])]


def _remove_group(scene: Scene, name: str) -> None:
    sagemaker = scene.aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name)
    for version in [one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]]:
        sagemaker.delete_model_package(ModelPackageName=version)
    sagemaker.delete_model_package_group(ModelPackageGroupName=name)


def _cards(scene: Scene) -> Iterator[str]:
    pages = scene.aws.client("sagemaker").get_paginator("list_model_cards").paginate(NameContains=scene.name)
    return (one["ModelCardName"] for page in pages for one in page["ModelCardSummaries"])


def _remove_card(scene: Scene, name: str) -> None:
    scene.aws.client("sagemaker").delete_model_card(ModelCardName=name)


def _definitions(scene: Scene) -> Iterator[str]:
    found = scene.aws.client("sagemaker").list_data_quality_job_definitions(NameContains=scene.name)
    return (one["MonitoringJobDefinitionName"] for one in found["JobDefinitionSummaries"])


def _remove_definition(scene: Scene, name: str) -> None:
    scene.aws.client("sagemaker").delete_data_quality_job_definition(JobDefinitionName=name)


JOBS: Final = tuple(map(_jobs, ALL))
MODELS: Final = (
    Kind("job definitions of monitors", _definitions, _remove_definition),
    Kind("model package groups", _groups, _remove_group),
    Kind("model cards", _cards, _remove_card),
)
