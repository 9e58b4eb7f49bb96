# SPDX-License-Identifier: Apache-2.0
"""Check of the local AWS's answers against the SDK's descriptions of them, if the tests ask for it.

boto3 reads the members that it knows and ignores the rest. Without this check, a member that AWS does not send, or
sends under another name or type, would never be noticed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

from botocore.model import Shape
from moto.iam.models import get_account_id_from
from werkzeug.wrappers import Response

from scripts.local_aws import identity, request_constraints
from scripts.local_aws.enforcement import decoding
from scripts.local_aws.enforcement.operations import Operation

SWITCH: Final = "MLOPS_CHECK_ANSWERS"
"""Environment variable: any value turns the check on."""
CHECKED: Final = frozenset({"cloudformation", "codepipeline", "sagemaker"})
"""Services whose answers are our own. StackSets belong to CloudFormation."""
_XML: Final = frozenset({"cloudformation"})
_CODE: Final = "NotAsOnAWS"

_EVENTS: Final = (
    "a state of the stack in its own events: "
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html"
)
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}

OTHERWISE: Final[Mapping[str, str]] = {
    "DescribeTrainingJob lacks ModelArtifacts": (
        "null where a job has none: https://github.com/aws/sagemaker-python-sdk/pull/6091"
    ),
    "DescribeModelPackage lacks ModelPackageName": (
        "a version of a group has none: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html"
    ),
    "ResourceStatus is 'REVIEW_IN_PROGRESS'": _EVENTS,
    "ResourceStatus is 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'": _EVENTS,
    "ResourceStatus is 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'": _EVENTS,
}
"""Problem -> evidence, for answers of AWS that differ from its own descriptions."""

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def checked(application: Wsgi) -> Wsgi:
    """Return the application, with its answers checked if the environment variable is set."""
    return CheckedAnswers(application) if os.environ.get(SWITCH) else application


class CheckedAnswers:
    """WSGI middleware that replaces an answer that AWS would not give by an error with the reason."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or describe the problems of the answer."""
        signed = decoding.signature(environ)
        if signed is None or signed.service not in CHECKED:
            return self._application(environ, start_response)
        operation = decoding.decode(environ, signed, get_account_id_from(signed.access_key))
        answer = Response.from_app(self._application, environ)
        if answer.status_code == HTTPStatus.OK and operation.service in CHECKED:
            found = "; ".join(problems(operation.service, operation.name, answer.get_data()))
            if found:
                answer = _wrong(operation, found)
        return answer(environ, start_response)


def _wrong(operation: Operation, found: str) -> Response:
    """Return an error that no caller takes for one of AWS's, and that repeating does not cure."""
    words = f"The local AWS answers {operation.name} otherwise than AWS does: {found}"
    if operation.service in _XML:
        error = f"<Error><Code>{_CODE}</Code><Message>{escape(words)}</Message></Error>"
        return Response(f"<ErrorResponse>{error}</ErrorResponse>", HTTPStatus.NOT_IMPLEMENTED, content_type="text/xml")
    body = json.dumps({"__type": _CODE, "message": words})
    return Response(body, HTTPStatus.NOT_IMPLEMENTED, content_type="application/x-amz-json-1.1")


def problems(service: str, operation: str, body: bytes) -> Iterator[str]:
    """Yield the problems in the body of an answer, each with its member."""
    model = identity.service_model(service)
    shape = model.operation_model(operation).output_shape
    if shape is None:
        return
    if service in _XML:
        root = Xml.fromstring(body)  # noqa: S314 - of this process
        result = root.find(f"{{*}}{shape.serialization.get('resultWrapper', f'{operation}Result')}")
        value = {} if result is None else _of_xml(shape, result)
    else:
        value = json.loads(body or b"{}")
    yield from (
        found for found in differences(shape, value, operation) if not any(known in found for known in OTHERWISE)
    )


def differences(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield the differences of a decoded value from its description, each with the member that has it, below `path`."""
    kind = shape.type_name
    if not _is_of(kind, value):
        yield f"{path} is {value!r}, no {kind}"
        return
    if kind == "structure":
        yield from _structure_problems(shape, value, path)
    elif kind == "list":
        for number, item in enumerate(value):
            yield from differences(shape.member, item, f"{path}[{number}]")
    elif kind == "map":
        for name, item in value.items():
            yield from differences(shape.key, name, f"the name {name} in {path}")
            yield from differences(shape.value, item, f"{path}.{name}")
    for constraint in request_constraints.broken(shape, value):
        yield f"{path} is {value!r} and must {constraint}"


def _is_of(kind: str, value: Any) -> bool:
    # In Python, booleans are integers.
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _structure_problems(shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    yield from (f"{path} has no member {name}" for name in value if name not in members)
    yield from (f"{path} lacks {name}" for name in shape.required_members if name not in value)
    for name, member in members.items():
        if name in value:
            yield from differences(member, value[name], f"{path}.{name}")


def _of_xml(shape: Shape, element: Xml.Element) -> Any:
    """Return an XML value in JSON's form; a value of unknown type stays text."""
    kind = shape.type_name
    if kind == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        return {
            name: _of_xml(members[name], child) if name in members else child.text
            for child in element
            for name in [child.tag.rpartition("}")[2]]
        }
    if kind == "list":
        return [_of_xml(shape.member, child) for child in element]
    return _SCALARS.get(kind, str)(element.text or "")


def _number(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdigit() else text


def _truth(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text, text)


def _time(text: str) -> float | str:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return text


_SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    "integer": _number,
    "long": _number,
    "boolean": _truth,
    "timestamp": _time,
}
