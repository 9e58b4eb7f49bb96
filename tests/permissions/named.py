# SPDX-License-Identifier: Apache-2.0
"""Every key of a built-in type, read from the declarations, with a request that has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from orchestrator import reach
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.keys import Key, keys
from orchestrator.reach import Kind
from tests.orchestrator.conftest import read_json
from tests.permissions.rows import ACCOUNT

Body = dict[str, Any]

KINDS: Final = {kind.words: kind for kind in reach.KINDS}
REGION: Final = "eu-west-1"
PACKAGE: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/prod-credit/4"
_IMAGE: Final = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/prod-images:v1"
OPEN, SAGEMAKER = "Open", "SageMaker"
_FRAMEWORK: Final = ("model_framework", "model_framework_version")
_XGBOOST: Final = ("xgboost", "1.7-1")
# A value of each kind that somebody else would rather not see named; and where keys of a kind have different forms.
_OTHERS: Final = {
    reach.BUCKET: "prod-payroll/2026/salaries.csv",
    reach.REPOSITORY: _IMAGE,
    reach.PACKAGE_GROUP: PACKAGE,
    reach.SECRET: f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:prod-database-AbCdEf",
    reach.KEY: f"arn:aws:kms:{REGION}:{ACCOUNT}:key/prod-payroll",
}
_FORMS: Final = {"ecr_repo_name": "prod-images", "registration.model_package_group_name": "prod-credit"}
_WITHOUT_MEANING: Final = {
    ("model_autopilot_training", "registration.inference_image_uri"),
    ("byom_realtime_llm", "async_inference.output_location"),
    ("byom_realtime_llm", "async_inference.failure_location"),
}
"""Keys that are refused whatever they name."""
_LISTED: Final[Mapping[str, Callable[[str], Body]]] = {
    "containers": lambda member: {} if member == "custom_image_uri" else dict(zip(_FRAMEWORK, _XGBOOST, strict=True)),
    "variants": lambda _: {"name": "next"},
}
"""Keys that hold a list of objects: what an object needs beside a member."""
_BESIDE: Final = {
    "shadow_variant": {"name": "next"},
    "async_inference": {"output_location": "own-answers"},
}
"""Members that an object cannot be without."""
_EXAMPLES_ACCOUNT: Final = "444455556666"


@dataclass(frozen=True)
class RequestKey:
    """A key of a type; `key` has a point before the key of an object in the request."""

    pipeline_type: str
    key: str
    engine: str = field(default=OPEN, kw_only=True)
    """Launch parameter MonitorEngine: monitors on another engine have other roles."""

    @property
    def needs_registry(self) -> bool:
        """Whether the orchestrator must be launched for the model registry."""
        return self.key == "model_package_name"

    def body(self, value: str) -> Body:
        """The type's example request with a value for the key; all that it names otherwise is this account's."""
        text = json.dumps(read_json(f"requests/{self.pipeline_type}.json"))
        body = json.loads(text.replace(_EXAMPLES_ACCOUNT, ACCOUNT))
        first, _, member = self.key.partition(".")
        if self.key == "custom_image_uri" and self.pipeline_type.startswith("model_"):
            body = {key: one for key, one in body.items() if key not in _FRAMEWORK}
        if self.key == "model_data_prefix":
            body.pop("model_artifact_location")
        if first in _LISTED:
            return {**body, first: [{**_LISTED[first](member), member: value}]}
        if "tuner_configs" in body:
            body["tuner_configs"]["metric_definitions"] = [{"Name": "validation:auc", "Regex": "auc=(.*)"}]
        if first == "registration":
            body.pop("register", None)
            return {**body, first: {"model_package_group_name": "own-group", member: value}}
        if member:
            return {**body, first: {**_BESIDE.get(first, {}), **body.get(first, {}), member: value}}
        return {**body, first: value}


@dataclass(frozen=True)
class Named(RequestKey):
    """One that is declared to name a thing of others."""

    kind: Kind

    @property
    def value(self) -> str:
        """What somebody else would rather not see named."""
        return _FORMS.get(self.key, _OTHERS[self.kind])

    @property
    def harmless(self) -> str:
        """The same of one's own."""
        return self.value.replace("prod-", "own-")


AnyKey = TypeVar("AnyKey", bound=RequestKey)


def on_every_engine(wanted: Iterable[AnyKey]) -> Iterator[AnyKey]:
    """The keys, those of monitors on each engine."""
    monitors = {type_.type_name() for type_ in BUILT_IN if any(key.name == "monitor_engine" for key in keys(type_))}
    for key in wanted:
        yield key
        if key.pipeline_type in monitors:
            yield replace(key, engine=SAGEMAKER)


def named() -> Iterator[Named]:
    """All that are declared to name something, in the order of the declarations."""
    for key, words in _all():
        if words and (key.pipeline_type, key.key) not in _WITHOUT_MEANING:
            yield Named(key.pipeline_type, key.key, KINDS[words])


def others() -> Iterator[RequestKey]:
    """All others."""
    yield from (key for key, words in _all() if not words)


def _all() -> Iterator[tuple[RequestKey, str]]:
    for type_ in BUILT_IN:
        for key in keys(type_):
            yield from ((RequestKey(type_.type_name(), path), words) for path, words in _paths(key))


def _paths(key: Key) -> Iterator[tuple[str, str]]:
    if not key.members:
        yield key.name, key.names
    for member in key.members:
        yield from ((f"{key.name}.{path}", words) for path, words in _paths(member))
