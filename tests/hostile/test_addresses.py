# SPDX-License-Identifier: Apache-2.0
"""Paths and queries that want to be something else: other routes, other accounts, other operations."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.routes import SERVED
from tests.hostile.bodies import INJECTIONS
from tests.hostile.conftest import Deployed, Trying

_ARN: Final = "arn:aws:cloudformation:eu-west-1:{}:stack/{}/3f0e2d10-aaaa-11ef-9c1d-0a58a9feac02"
_STACK: Final = "mlops-pipeline-berths-byompipelinerealtimebuiltin-codepipeline"
_IDS: Final = (
    *INJECTIONS,
    *("", ".", "..", "%2e%2e", "%00", "%", "%zz", "x" * 10_000, "-", "--all", "mlops-pipeline-", "mlops-pipeline-*"),
    *(_STACK, f"{_STACK}/..", _ARN.format("111122223333", _STACK), _ARN.format("999999999999", _STACK)),
    *(_ARN.format("111122223333", "production-database"), _ARN.format("111122223333", _STACK).replace("eu-", "us-")),
)
_id: Final = st.one_of(st.sampled_from(_IDS), st.text(max_size=30))
_ids: Final = st.one_of(_id, _id.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="")))
_number: Final = st.one_of(
    st.sampled_from(("0", "-1", "51", "1e3", "1.0", " 1", "\u0661", "True", "9" * 5000, "NaN", "1,2", "[1]")), _id
)
_token: Final = st.one_of(
    st.sampled_from(("WyIiLCAiIl0=", "WyJhIl0=", "e30=", "bnVsbA==", "x" * 5000, "W1tbW1tb", "/w==", "WzEsMl0=")), _id
)
_query: Final = st.dictionaries(
    st.one_of(st.sampled_from(("limit", "next", "model_name", "pipeline_type", "self", "Limit")), st.text(max_size=5)),
    st.one_of(_number, _token),
    max_size=4,
)
_EACH: Final = 60
_NAMED: Final = [(method, path) for method, path in SERVED if "{" in path]
_LISTS: Final = [path for method, path in SERVED if method == "GET" and "{" not in path]


@pytest.mark.parametrize(("method", "path"), _NAMED)
def test_an_id_is_a_name_and_nothing_else(method: str, path: str, deployed: Deployed, trying: Trying) -> None:
    """Whatever it is, only stacks of pipelines in this account are looked at, and none is there to be deleted."""
    function = deployed()
    name = path.partition("{")[2].partition("}")[0]

    @trying(_EACH)
    @given(_ids)
    def answered(text: str) -> None:
        event: dict[str, Any] = {"path": path.replace(f"{{{name}}}", text), "pathParameters": {name: text}}
        status, _ = function.call(httpMethod=method, resource=path, **event)
        assert status in {400, 404} or "pipeline-types" in path
        assert function.account.writes == []

    answered()


@pytest.mark.parametrize("path", _LISTS)
def test_a_query_is_checked(path: str, deployed: Deployed, trying: Trying) -> None:
    function = deployed()

    @trying(_EACH)
    @given(_query)
    def answered(query: dict[str, str]) -> None:
        function.call(httpMethod="GET", path=path, resource=path, queryStringParameters=query or None)
        assert function.account.writes == []

    answered()


def test_what_is_no_route_is_not_found(deployed: Deployed, trying: Trying) -> None:
    function = deployed()

    @trying(_EACH)
    @given(_ids, st.sampled_from(("GET", "POST", "DELETE", "TRACE", "", "get")))
    def answered(text: str, method: str) -> None:
        # Hypothesis also tries texts that it finds in the code, and routes are among them.
        assume((method, f"/{text}") not in SERVED)
        status, _ = function.call(httpMethod=method, path=f"/{text}", resource=f"/{text}", body="{}")
        assert status == 404

    answered()
