# SPDX-License-Identifier: Apache-2.0
"""A version of the model registry as people read it: metrics as numbers, its gate, where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from orchestrator.pipeline_types.packaged import PIPELINE_STACK_SUFFIX
from scripts.console.models import card_content

APPROVED: Final = "Approved"
REJECTED: Final = "Rejected"
PENDING: Final = "PendingManualApproval"
_STACK: Final = "stack_name"
_MODEL: Final = "model_name"
_JOB: Final = "job_arn"
_GATE: Final = {"min_metric": "at least", "max_metric": "at most"}
_CHALLENGER, _DEPLOYED = "challenger_", "deployed_"
"""Beginnings of metadata with the figures of a comparison, by the names of metrics."""
_RETRAINED: Final = "retrained_"
"""Beginning of metadata on the run of a monitor that had the model trained again."""
_OTHERS: Final = (_CHALLENGER, _DEPLOYED, _RETRAINED)
"""These are no metrics of the version."""


@dataclass(frozen=True)
class Container:
    """A container of a version."""

    image: str
    artifact: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Version:
    """A version of a group."""

    arn: str
    group: str
    number: int
    status: str
    """Approval: `Approved`, `Rejected` or `PendingManualApproval`."""
    words: str
    """What was said with the approval or rejection."""
    registered: datetime
    made: str
    """Status of the version itself, `Completed` if all is well."""
    description: str
    metrics: Mapping[str, float]
    gate: Mapping[str, str]
    """What the gate allows, in words, under the names that a request has."""
    pipeline: str
    """Name of the pipeline's stack whose job made it; empty if nothing tells it."""
    source: str
    """ARN of the job, or who registered it."""
    metadata: Mapping[str, str]
    containers: tuple[Container, ...]
    takes: tuple[str, ...]
    """Media types."""
    answers: tuple[str, ...]
    files: Mapping[str, str]
    """Files with figures of the model: what they tell of -> S3 URI."""
    card: Mapping[str, Any]
    """Content of the card that SageMaker keeps with the version; empty without one."""
    card_status: str
    hidden: str
    """Why there is no more to see than the list has."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read the answer of DescribeModelPackage, or an entry of ListModelPackages."""
        metadata = told.get("CustomerMetadataProperties") or {}
        served = told.get("InferenceSpecification") or {}
        return cls(
            arn=told["ModelPackageArn"],
            group=told.get("ModelPackageGroupName", ""),
            number=told.get("ModelPackageVersion", 0),
            status=told.get("ModelApprovalStatus", PENDING),
            words=told.get("ApprovalDescription") or "",
            registered=told["CreationTime"],
            made=told.get("ModelPackageStatus", ""),
            description=told.get("ModelPackageDescription") or "",
            metrics=dict(_metrics(metadata)),
            gate={name: metadata[name] for name in _GATE if metadata.get(name)},
            pipeline=f"{metadata[_STACK]}-{PIPELINE_STACK_SUFFIX}" if metadata.get(_STACK) else "",
            source=metadata.get(_JOB) or (told.get("MetadataProperties") or {}).get("GeneratedBy") or _who(told),
            metadata=dict(sorted(metadata.items())),
            containers=tuple(map(_container, served.get("Containers", ()))),
            takes=tuple(served.get("SupportedContentTypes", ())),
            answers=tuple(served.get("SupportedResponseMIMETypes", ())),
            files=dict(_files(told.get("ModelMetrics") or {})),
            card=card_content.read((told.get("ModelCard") or {}).get("ModelCardContent", "")),
            card_status=(told.get("ModelCard") or {}).get("ModelCardStatus", ""),
            hidden=told.get("Hidden", ""),
        )

    @property
    def job(self) -> str:
        """Name of the job, or whatever else it comes from."""
        return self.source.rpartition("/")[2]

    @property
    def model(self) -> str:
        """Name of the model in the pipeline that made it; empty if nothing tells it."""
        return self.metadata.get(_MODEL, "")

    @property
    def bounds(self) -> list[str]:
        """The gate as sentences."""
        return [f"{_GATE[name]} {allowed}" for name, allowed in self.gate.items()]

    @property
    def compared(self) -> list[tuple[str, str, str]]:
        """Metrics of a comparison on the same rows, each with the value of this version and of the deployed one."""
        names = [key.removeprefix(_CHALLENGER) for key in self.metadata if key.startswith(_CHALLENGER)]
        return [(name, self.metadata[_CHALLENGER + name], self.metadata.get(_DEPLOYED + name, "")) for name in names]

    @property
    def compared_with(self) -> str:
        """ARN of the deployed version of the comparison; empty if nothing tells it."""
        return self.metadata.get(f"{_DEPLOYED}version", "")

    @property
    def monitor(self) -> str:
        """Name of the stack of the monitor for which the model was trained again; empty if it was not."""
        name = self.metadata.get(f"{_RETRAINED}by_monitor", "")
        return f"{name}-{PIPELINE_STACK_SUFFIX}" if name else ""

    @property
    def artifacts(self) -> frozenset[str]:
        """Where its model lies."""
        return frozenset(one.artifact for one in self.containers if one.artifact)


def _metrics(metadata: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for name, text in metadata.items():
        if name in _GATE or name.startswith(_OTHERS):
            continue
        try:
            value = float(text)
        except ValueError:
            continue
        if math.isfinite(value):
            yield name, value


def _container(told: Mapping[str, Any]) -> Container:
    source = (told.get("ModelDataSource") or {}).get("S3DataSource") or {}
    artifact = told.get("ModelDataUrl") or source.get("S3Uri", "")
    return Container(told.get("Image", ""), artifact, told.get("Environment") or {})


def _files(measured: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every file of `ModelMetrics`, such as `ModelQuality Statistics`."""
    for kind, files in measured.items():
        for name, file in files.items():
            yield f"{kind} {name}", file["S3Uri"]


def _who(told: Mapping[str, Any]) -> str:
    return str((told.get("CreatedBy") or {}).get("UserProfileName") or "")
