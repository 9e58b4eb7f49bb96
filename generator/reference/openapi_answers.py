# SPDX-License-Identifier: Apache-2.0
"""What the API answers, as JSON schemas: the bodies of `orchestrator/api.py` and what it calls (compatibility 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from generator.reference.openapi_schemas import Components, Schema, reference
from orchestrator.values.per_stage import STAGES

_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_OBJECT: Final[Schema] = {"type": "object"}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}
_WARNINGS: Final[Schema] = {"type": "array", "items": _TEXT, "description": "what to know although it succeeded"}


def _object(description: str, members: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object of these members and no others."""
    return {
        "type": "object",
        "description": description,
        "properties": {**members, **(optional or {})},
        "required": list(members),
        "additionalProperties": False,
    }


def _said(description: str, schema: Schema) -> Schema:
    return {**schema, "description": description}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_MESSAGE: Final = _said("what happened, in a sentence", _TEXT)
_PIPELINE_ID: Final = _said("ARN of the pipeline's stack; other operations take it", _TEXT)
_IDENTITY: Final[Mapping[str, Schema]] = {
    "pipeline_id": _PIPELINE_ID,
    "pipeline_stack_name": _said("name of the pipeline's stack", _TEXT),
    "pipeline_type": _said("as in the request; empty when nothing tells it", _TEXT),
    "model_name": _said("name of the model, or tag of the image", _TEXT),
}

_TYPE: Final[Mapping[str, Schema]] = {
    "pipeline_type": _TEXT,
    "summary": _said("what such a pipeline does, in one line", _TEXT),
    "source": {"enum": ["built-in", "custom"]},
    "target": _said("where a multi-account orchestrator deploys it", {"enum": ["stages", "orchestrator"]}),
    "version": _said("version of a type that was added; empty for a built-in one", _TEXT),
    "withdrawn": _said("whether it takes no requests any more", {"type": "boolean"}),
}

_SCHEMAS: Final[Mapping[str, Schema]] = {
    "Problem": _object(
        "One thing that is wrong with a request.",
        {
            "key": _said("the key as it was sent, such as inference_instance.staging; empty for the whole", _TEXT),
            "problem": _said("what would be right", _TEXT),
        },
    ),
    "Refused": _object(
        "The request is wrong; every problem is listed, and nothing was created.",
        {"message": _MESSAGE, "errors": _list(reference("Problem"))},
    ),
    "Failed": _object(
        "The call did not succeed; nothing is wrong with the form of the request.",
        {"message": _MESSAGE, "request_id": _said("what the log has it under", _TEXT)},
        {"detailedMessage": _said("what AWS said, if the operator allows details", _TEXT)},
    ),
    "GatewayAnswer": _said("An answer of API Gateway itself: not signed, not allowed, or too many calls.", _OBJECT),
    "Plan": _object(
        "What a request would make.",
        {
            "pipeline_type": _TEXT,
            "stack_name": _said("stack with what was asked for, or how its StackSets' names begin", _TEXT),
            "pipeline_stack_name": _said("stack that holds the CodePipeline", _TEXT),
            "pipeline_template": _TEXT,
            "pipeline_parameters": _TEXTS,
        },
        {
            "pipeline_stack_names_if_taken": _list(_TEXT),
            "blueprint_template": _TEXT,
            "package_key": _said("key in the pipelines bucket", _TEXT),
            "parameters": _said(
                "the blueprint's parameters by file, one a stage", {"type": "object", "additionalProperties": _TEXTS}
            ),
            "tags": _said("the tags of what is deployed, by file", {"type": "object", "additionalProperties": _TEXTS}),
            "objects": _said("content by S3 URI of what the parameters refer to", _TEXTS),
        },
    ),
    "Provisioned": _object(
        "The pipeline is being made or changed, or is as requested already.",
        {"message": _MESSAGE, "pipeline_id": _PIPELINE_ID},
        {"warnings": _WARNINGS},
    ),
    "DryRun": _object(
        "The answer to a request with dry_run.",
        {"message": _MESSAGE, "plan": reference("Plan")},
        {"warnings": _WARNINGS},
    ),
    "ModelCardAnswer": _object(
        "The answer to an operation on model cards.",
        {"message": {"type": ["string", "object"], "description": "what SageMaker answered, or a sentence"}},
        {"plan": _said("with dry_run: what would be sent to SageMaker", _OBJECT), "warnings": _WARNINGS},
    ),
    "ModelCardExport": _object(
        "An export as it is now.",
        {
            "message": _MESSAGE,
            "export_job_name": _TEXT,
            "export_job_arn": _TEXT,
            "model_card_version": {"type": "integer"},
            "status": _said("InProgress, Completed or Failed", _TEXT),
            "location": _said("S3 URI below which the PDF is written", _TEXT),
            "created_at": _TEXT,
            "last_modified_at": _TEXT,
        },
        {
            "artifact": _said("S3 URI of the PDF, once it is there", _TEXT),
            "failure_reason": _TEXT,
            "warnings": _WARNINGS,
        },
    ),
    "PipelineState": {
        "type": "object",
        "description": "The answer of CodePipeline's GetPipelineState, as it is.",
        "properties": {"pipelineName": _TEXT, "pipelineVersion": {"type": "integer"}, "stageStates": _list(_OBJECT)},
        "required": ["pipelineName"],
    },
    "NoPipelineYet": _object(
        "The stack is there and its pipeline is not.", {"message": _MESSAGE, "stack_status": _TEXT}
    ),
    "PipelineSummary": _object(
        "A pipeline in the list.",
        {
            **_IDENTITY,
            "stack_status": _TEXT,
            "stages": _list(_object("A stage.", {"name": _TEXT, "status": _TEXT_OR_NULL, "execution": _TEXT_OR_NULL})),
            "last_execution": _or_null(
                _object(
                    "The newest execution.",
                    {"id": _TEXT, "status": _TEXT, "started_at": _TEXT_OR_NULL, "trigger": _TEXT},
                )
            ),
            "waiting": _list(
                _object(
                    "An approval that somebody must decide.",
                    {"stage": _TEXT, "action": _TEXT, "since": _TEXT_OR_NULL, "execution": _TEXT_OR_NULL},
                )
            ),
        },
    ),
    "PipelineList": _object(
        "A page of the list. It may be short, or empty, although there are more.",
        {"pipelines": _list(reference("PipelineSummary"))},
        {"next": _said("where the next page begins; left out on the last", _TEXT)},
    ),
    "PipelineDetails": _object(
        "All that there is to tell of a pipeline.",
        {
            **_IDENTITY,
            "stack_status": _TEXT,
            "stack_status_reason": _TEXT,
            "pipeline": _or_null(reference("PipelineState")),
            "stack": _or_null(
                _object(
                    "The stack that the pipeline deployed in this account.",
                    {
                        "stack_name": _TEXT,
                        "stack_id": _TEXT,
                        "status": _TEXT,
                        "reason": _TEXT,
                        "changed_at": _TEXT_OR_NULL,
                    },
                )
            ),
            "stages": _list(
                _object(
                    "A stage, with the StackSet that deploys it.",
                    {
                        "stage": {"enum": list(STAGES)},
                        "stack_set": _TEXT,
                        "instances": _or_null(
                            _list(
                                _object(
                                    "The stack of one account and Region.",
                                    {
                                        "account": _TEXT,
                                        "region": _TEXT,
                                        "status": _TEXT,
                                        "detailed_status": _TEXT,
                                        "reason": _TEXT,
                                    },
                                )
                            )
                        ),
                    },
                )
            ),
            "outputs": _said("outputs of the deployed stack", _TEXTS),
            "job": _or_null(
                _object(
                    "The job that the deployment started.",
                    {"kind": _TEXT, "name": _TEXT, "status": _TEXT_OR_NULL, "failure_reason": _TEXT_OR_NULL},
                )
            ),
            "deletion": _or_null(
                _object("The deletion under way.", {"requested_by": _TEXT, "requested_at": _TEXT, "failure": _TEXT})
            ),
        },
    ),
    "PipelineType": _object("A pipeline type.", _TYPE),
    "UnusableType": _object(
        "A pipeline type that was added and cannot be used.",
        {"pipeline_type": _TEXT, "problem": _said("why, in a sentence", _TEXT)},
    ),
    "PipelineTypeList": _object(
        "A page of the list, built-in types first.",
        {"pipeline_types": _list({"anyOf": [reference("PipelineType"), reference("UnusableType")]})},
        {"next": _said("where the next page begins; left out on the last", _TEXT)},
    ),
    "PipelineTypeDetails": _object(
        "All that there is to tell of a pipeline type.",
        {**_TYPE, "request_schema": _said("JSON schema of what may be sent", _OBJECT)},
        {"example": _said("a request, if there is one", _OBJECT)},
    ),
    "DeletionBegun": _object(
        "The deletion goes on; a notification tells how it ends.", {"message": _MESSAGE, "pipeline_id": _PIPELINE_ID}
    ),
}

_PROBLEMS: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("Refused", "The request is wrong."),
    HTTPStatus.FORBIDDEN: ("GatewayAnswer", "The call is not signed, or its signer may not make it."),
    HTTPStatus.NOT_FOUND: ("Failed", "There is no such pipeline, or pipeline type."),
    HTTPStatus.CONFLICT: ("Failed", "Something else is changing the same thing: repeat the call later."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("Refused", "The body is longer than any request."),
    HTTPStatus.TOO_MANY_REQUESTS: ("GatewayAnswer", "Too many calls: repeat it later."),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("Failed", "An error of the orchestrator."),
    HTTPStatus.BAD_GATEWAY: ("Failed", "AWS refused a call: repeating the request completes the work."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Failed", "AWS is busy: repeat the request."),
}
_OF_EVERY_CALL: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def add_to(components: Components) -> Schema:
    """Add the schemas of all answers; gives the answers that tell of problems, by status."""
    for name, schema in _SCHEMAS.items():
        components.put(name, schema)
    return {str(int(status)): _answer(text, reference(schema)) for status, (schema, text) in _PROBLEMS.items()}


def answers(status: HTTPStatus, description: str, bodies: list[str], *others: HTTPStatus) -> Schema:
    """The answers of an operation: that of success, those of every call, and others that it has."""
    references = [reference(name) for name in bodies]
    body = references[0] if len(references) == 1 else {"anyOf": references}
    problems = {
        str(int(other)): {"$ref": f"#/components/responses/{int(other)}"} for other in (*_OF_EVERY_CALL, *others)
    }
    return {str(int(status)): _answer(description, body), **dict(sorted(problems.items()))}


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
