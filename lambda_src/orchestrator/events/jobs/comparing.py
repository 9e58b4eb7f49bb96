# SPDX-License-Identifier: Apache-2.0
"""Start of a comparison, and the figures at its end. What is asked for follows from the job: all can be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from orchestrator.automation import followers, requests
from orchestrator.aws import claims
from orchestrator.aws.s3 import documents, objects
from orchestrator.aws.sagemaker import jobs, model_packages, model_sources, transforms
from orchestrator.events.jobs import comparison, held_out, versions
from orchestrator.events.jobs.comparison import SIDES, Comparison, Side
from orchestrator.events.jobs.held_out import Figures
from orchestrator.events.jobs.outcomes import Outcome
from orchestrator.sagemaker import job_kinds, version_arns
from orchestrator.sagemaker.registration import Instructions

_MOST_FILES: Final = 1_000


def deployed_version(asked: Instructions, bucket: str) -> str:
    """Return the ARN of the version to compare with; empty if there is none.

    It is the newest that a pipeline with `deploy_on_approval` deploys. If none follows the group, it is the newest that
    is approved: who deploys by hand takes that one.
    """
    group = asked.model_package_group_name
    following = followers.of_group(bucket, group.rpartition("/")[2])
    asked_for = (requests.stored(bucket, each.common_name) for each in following)
    deployed = [str(each["model_package_name"]) for each in asked_for if each and each.get("deploy_on_approval")]
    return max(deployed or model_packages.approved(group), key=version_arns.number, default="")


def begin(wanted: Comparison, asked: Instructions, outcome: Outcome, bucket: str) -> Comparison:
    """Make both models, start their transform jobs, and keep the comparison in `bucket`.

    Raises `ServiceRefusedError`.
    """
    training = jobs.describe(job_kinds.TRAINING, outcome.source.rpartition("/")[2]).description
    begun = wanted.model_copy(update={"output": training["OutputDataConfig"]["S3OutputPath"].rstrip("/")})
    described = model_sources.describe_model_package(begun.deployed)
    served = {
        "challenger": versions.containers(asked, outcome),
        "deployed": described.get("InferenceSpecification", {}).get("Containers", []),
    }
    documents.store(bucket, comparison.key(begun.id), begun)
    for side in SIDES:
        transforms.create_model(comparison.model_request(begun, side, served[side], training))
        transforms.start(comparison.transform_request(begun, side, asked, training))
    return begun


def give_up(wanted: Comparison, bucket: str) -> None:
    """Forget a comparison of which not everything could be started: nobody concludes it."""
    claims.forget(bucket, comparison.key(wanted.id))
    clean(wanted)


def find(bucket: str, comparison_id: str) -> Comparison | None:
    """Return a comparison that has begun; `None` if there is no such."""
    return documents.find(Comparison, bucket, comparison.key(comparison_id))


def figures(found: Comparison, asked: Instructions, side: Side) -> Figures:
    """Return what a side has reached; raises `UnreadableError`, `ServiceRefusedError`."""
    bucket, _, prefix = found.results(side).removeprefix("s3://").partition("/")
    files = objects.keys(bucket, f"{prefix}/", _MOST_FILES)
    return held_out.figures(_lines(bucket, files), asked.compared_by)


def clean(found: Comparison) -> None:
    """Delete the models: they cost nothing, but nobody needs them any more."""
    for side in SIDES:
        transforms.delete_model(found.name(side))


def _lines(bucket: str, files: Iterable[str]) -> Iterator[str]:
    for file in files:
        yield from objects.lines(bucket, file)
