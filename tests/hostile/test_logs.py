# SPDX-License-Identifier: Apache-2.0
"""What people may have put where it does not belong is in no log."""

from __future__ import annotations

import base64
import copy
import json
import logging
from collections.abc import Iterator
from typing import Any, Final

import pytest

from orchestrator import api, service
from orchestrator.aws.s3 import objects
from orchestrator.errors import ServiceRefusedError
from tests.hostile.conftest import Deployed
from tests.hostile.planted import CANARY
from tests.orchestrator.conftest import read_json

_MODEL: Final = read_json("requests/byom_realtime_builtin.json")
_IMAGE: Final = read_json("requests/byom_image_builder.json")
_TRAINING: Final = read_json("requests/model_training_builtin.json")
_PLANTED: Final = {
    "an unknown key": _MODEL | {"aws_secret_access_key": CANARY},
    "a key that is ignored": _MODEL | {"custom_image_uri": CANARY},
    "a key with a wrong value": _MODEL | {"inference_instance": CANARY},
    "a build argument": _IMAGE | {"build_arguments": {"TOKEN": CANARY}},
    "a hyper-parameter": _TRAINING | {"algo_hyperparameters": {"token": CANARY}},
    "the type": {"pipeline_type": CANARY},
    "a model card": {"pipeline_type": "create_model_card", "name": "x", "intended_uses": {"purpose_of_model": CANARY}},
    "an unknown section": {"pipeline_type": "create_model_card", "name": "x", CANARY: {}},
}
_TEXTS: Final = {
    **{name: json.dumps(body) for name, body in _PLANTED.items()},
    "a key twice": f'{{"{CANARY}": 1, "{CANARY}": 2}}',
    "what is no JSON": f"{{{CANARY}",
}


@pytest.fixture(autouse=True)
def everything_is_logged() -> Iterator[None]:
    """The most that an operator can ask for."""
    logger = api.logger._logger
    level = logger.level
    logger.setLevel(logging.DEBUG)
    yield
    logger.setLevel(level)


@pytest.mark.parametrize("planted", _TEXTS)
@pytest.mark.parametrize("path", ["/provisionpipeline", "/pipelinestatus"])
def test_a_body_is_not_logged(path: str, planted: str, deployed: Deployed) -> None:
    """`post` looks into the log of each call."""
    deployed().post(path, _TEXTS[planted])


def test_a_body_in_base64_is_not_logged(deployed: Deployed) -> None:
    function = deployed()
    function.post("/provisionpipeline", f"{{{CANARY}".encode())
    encoded = base64.b64encode(CANARY.encode()).decode()
    _, log, _ = function.invoke(
        copy.deepcopy(read_json("events/api_call.json")) | {"body": f"{encoded}!", "isBase64Encoded": True}
    )
    assert encoded not in log


@pytest.mark.parametrize("planted", _PLANTED)
def test_a_configuration_is_not_logged(planted: str, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    function = deployed()
    content = json.dumps([_PLANTED[planted]]).encode()
    monkeypatch.setattr(objects, "uploaded_configuration", lambda *_: content)
    _, log, _ = function.invoke(copy.deepcopy(read_json("events/config_uploaded.json")))
    assert CANARY not in log


def test_what_fails_is_logged_without_the_body(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of a failure has the place in the code and AWS's words, and still no body."""
    function = deployed()

    def failing(*_: Any) -> Any:
        raise ServiceRefusedError("create the stack x", "AccessDenied", "not authorized")

    monkeypatch.setattr(service, "provision", failing)
    event = copy.deepcopy(read_json("events/api_call.json")) | {"body": _TEXTS["a build argument"]}
    answer, log, _ = function.invoke(event)
    assert answer["statusCode"] == 502
    assert "AccessDenied: not authorized" in log
    assert CANARY not in log


def test_credentials_of_the_caller_are_not_logged(deployed: Deployed) -> None:
    event = copy.deepcopy(read_json("events/api_call.json")) | {"body": json.dumps(_MODEL)}
    _, log, _ = deployed().invoke(event)
    assert "DataScience/analyst" in log
    for secret in (event["headers"]["Authorization"], event["requestContext"]["identity"]["accessKey"]):
        assert secret not in log
