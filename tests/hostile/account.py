# SPDX-License-Identifier: Apache-2.0
"""An AWS account with the endpoints that are asked for, answering below botocore's checks: so these do not hide any."""

from __future__ import annotations

from typing import Any, Final

from botocore.awsrequest import AWSResponse

from tests.quick_aws import KeptClients

LOOKS: Final = ("Describe", "Get", "Head", "List", "Search")
"""How the names of operations begin that change nothing."""
_ARN: Final = "arn:aws:sagemaker:eu-west-1:111122223333"
_MADE: Final = "2026-11-20T08:15:00+00:00"
_REFUSALS: Final = {
    "cloudformation": (400, "ValidationError", "Stack with id x does not exist"),
    "s3": (404, "NoSuchKey", "The specified key does not exist."),
    "sagemaker": (400, "ResourceNotFound", "there is no such thing"),
}
_EMPTY: Final[dict[str, dict[str, Any]]] = {
    "ListObjectsV2": {"Contents": []},
    "ListModelCards": {"ModelCardSummaries": []},
    "Publish": {"MessageId": "1"},
    "PutObject": {"VersionId": "1"},
    "CreateModelCard": {"ModelCardArn": f"{_ARN}:model-card/x"},
}


class EmptyAccount:
    """Answers every call, and remembers its operation."""

    def __init__(self) -> None:
        self.session = KeptClients()
        self.forget()
        self.session.events.register("before-call", self._answer)
        self.session.events.register("provide-client-params.sagemaker", self._note_card)
        self.session.events.register("provide-client-params.s3.PutObject", self._note_object)

    def forget(self) -> None:
        """Be empty again."""
        self.operations: list[str] = []
        self.sent: list[bytes] = []
        self._cards: set[str] = set()
        self.objects: dict[str, bytes] = {}

    @property
    def writes(self) -> list[str]:
        """The operations that have changed something."""
        return [name for name in self.operations if name in _EMPTY and not name.startswith(LOOKS)]

    def _note_card(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "CreateModelCard":
            self._cards.add(str(params["ModelCardName"]))
        self._asked = str(params.get("ModelCardName", ""))
        self._endpoint = str(params.get("EndpointName", ""))

    def _note_object(self, params: dict[str, Any], **_: Any) -> None:
        self.objects[params["Key"]] = params["Body"]

    def _answer(self, model: Any, params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        service, name = model.service_model.service_name, model.name
        self.operations.append(name)
        if name == "Publish":
            self.sent.append(str(params["body"]["Message"]).encode())
        found = self._found(name, params)
        if found is not None:
            return _response(params, 200), {**found, "ResponseMetadata": {"HTTPStatusCode": 200}}
        status, code, message = _REFUSALS[service]
        error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return _response(params, status), error

    def _found(self, name: str, params: dict[str, Any]) -> dict[str, Any] | None:
        if name == "DescribeStacks" and "StackName" not in params["body"]:
            return {"Stacks": []}
        if name == "DescribeEndpoint":
            return {"EndpointName": self._endpoint}
        if name == "DescribeModelCard" and self._asked in self._cards:
            return {"ModelCardArn": f"{_ARN}:model-card/x", "Content": "{}", "CreationTime": _MADE}
        return _EMPTY.get(name)


def _response(params: dict[str, Any], status: int) -> AWSResponse:
    return AWSResponse(params["url"], status, {}, None)
