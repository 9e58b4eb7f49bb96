# SPDX-License-Identifier: Apache-2.0
"""The same bodies as uploaded configurations, and hostile names in events: people are told, and nothing is raised."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.aws.s3 import objects
from orchestrator.errors import OrchestratorError
from tests.hostile import bodies
from tests.hostile.conftest import Deployed, Trying
from tests.hostile.plans import is_disguise
from tests.hostile.planted import CANARY
from tests.orchestrator.conftest import read_json

_EVENT: Final = read_json("events/config_uploaded.json")
_EXAMPLE: Final = read_json("requests/byom_realtime_builtin.json")
_EVENTS: Final = ("pipeline_ended", "stage_ended", "training_job_ended", "monitoring_run_ended", "config_uploaded")
_RESULT: Final = f"{_EVENT['detail']['object']['key']}.result.json"
# EventBridge sends UTF-8.
_NAMES: Final = [text for text in bodies.INJECTIONS if not text.startswith(("\ud800", "\udfff"))]
_one: Final = st.one_of(bodies.changed(_EXAMPLE), bodies.free_form(("byom_image_builder", "create_model_card")))
_content: Final = st.one_of(
    st.one_of(_one, st.lists(_one, max_size=3).map(lambda found: f"[{', '.join(found)}]")).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    ),
    st.binary(max_size=60),
)


def test_a_hostile_configuration_is_reported(
    deployed: Deployed, trying: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail and the result can be sent, and hide nothing of what was asked for."""
    function = deployed()
    uploaded: list[bytes] = []
    monkeypatch.setattr(objects, "uploaded_configuration", lambda *_: uploaded[-1])

    @trying(150)
    @given(_content)
    def carried_out(content: bytes) -> None:
        uploaded.append(content)
        function.account.sent.clear()
        answer, log, _ = function.invoke(copy.deepcopy(_EVENT))
        assert answer == {"processed": 1}
        assert CANARY not in log
        (mail,) = function.account.sent
        result = json.loads(function.account.objects[_RESULT])
        assert mail
        refused = [result, *result["entries"]]
        shown = [text for entry in refused for problem in entry["errors"] for text in problem.values()]
        assert [text for text in shown if any(map(is_disguise, text.replace("\n", "")))] == []

    carried_out()


def _texts(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in an event texts stand."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = [where for key, value in inner for where in _texts(value, (*path, key))]
    return [*found, *([path] if isinstance(node, str) else [])]


@pytest.mark.parametrize("name", _EVENTS)
def test_a_hostile_name_in_an_event_breaks_nothing(name: str, deployed: Deployed, trying: Trying) -> None:
    """What AWS does not know may be asked for again, in the solution's own words; there is no other error."""
    event = {**read_json(f"events/{name}.json"), "account": "111122223333"}
    function = deployed(multi_account=True)
    places = _texts(event["detail"])

    @trying(40)
    @given(st.sampled_from(places), st.one_of(st.sampled_from(_NAMES), st.text(max_size=300)))
    def handled(where: tuple[Any, ...], text: str) -> None:
        given_ = copy.deepcopy(event)
        holder = given_["detail"]
        for key in where[:-1]:
            holder = holder[key]
        holder[where[-1]] = text
        with suppress(OrchestratorError):
            function.invoke(given_)

    handled()
