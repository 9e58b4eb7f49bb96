# SPDX-License-Identifier: Apache-2.0
"""The bodies of the API's two POST operations: schemas from the request models, examples from those that tests use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from generator.reference.openapi_schemas import Components, Schema, operation_schema
from orchestrator.model_cards.operation_names import ALIASES
from orchestrator.model_cards.operations import Operation
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.service import StatusRequest

_TESTS: Final = Path(__file__).resolve().parents[2] / "tests"
_FORMS: Final = (("", ".json", ""), ("_multi", ".multi.json", ", by stage"))
PIPELINE_ID: Final = (
    "arn:aws:cloudformation:eu-west-1:111122223333:stack/"
    "mlops-pipeline-berth-delay-byompipelinerealtimebuiltin-codepipeline/51af3dc0-da77-11e4-872e-1234567db123"
)
_EXPORT_JOB: Final = "arn:aws:sagemaker:eu-west-1:111122223333:model-card/harbour-delay-card/export-job/harbour-delay-1"


def provisioning(components: Components) -> Schema:
    """The body of `POST /provisionpipeline`: a request of any type, told apart by `pipeline_type`."""
    requests = {type_.type_name(): components.add(type_.type_name(), type_) for type_ in BUILT_IN}
    requests |= {type_.type_name(): operation_schema(components, type_) for type_ in BUILT_IN.operations}
    spellings = {alias: requests[meant] for alias, meant in ALIASES.items()}
    return {
        "oneOf": list(requests.values()),
        "discriminator": {
            "propertyName": "pipeline_type",
            "mapping": {name: found["$ref"] for name, found in (requests | spellings).items()},
        },
    }


def provisioning_examples() -> dict[str, Schema]:
    """An example for each value of `pipeline_type`, and one by stage where that makes a difference."""
    return {name: {"summary": summary, "value": value} for name, summary, value in _provisioning_examples()}


def _provisioning_examples() -> Iterator[tuple[str, str, Any]]:
    for type_ in BUILT_IN:
        for suffix, ending, remark in _FORMS:
            path = _TESTS / "requests" / f"{type_.type_name()}{ending}"
            if path.exists():
                yield f"{type_.type_name()}{suffix}", f"{_sentence(type_.summary())}{remark}", _json(path)
    for operation in BUILT_IN.operations:
        yield operation.type_name(), _sentence(operation.__doc__ or ""), _card_example(operation)


def _sentence(text: str) -> str:
    return text.splitlines()[0].removesuffix(".")


def _card_example(operation: type[Operation]) -> Any:
    """The request that the tests send, or what an operation needs."""
    path = _TESTS / "model_cards" / f"{operation.operation}.json"
    if path.exists():
        return _json(path)
    fields = operation.model_fields
    named = {"name": "harbour-delay-card"} if "name" in fields else {}
    job = {"export_job_arn": _EXPORT_JOB} if "export_job_arn" in fields else {}
    return {"pipeline_type": operation.operation, **(job or named)}


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def status(components: Components) -> Schema:
    """The body of `POST /pipelinestatus`."""
    return components.add("PipelineStatusRequest", StatusRequest)


def status_examples() -> dict[str, Schema]:
    """Its example."""
    return {"pipeline": {"summary": "The pipeline of an earlier answer", "value": {"pipeline_id": PIPELINE_ID}}}
