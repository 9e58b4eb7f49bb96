# SPDX-License-Identifier: Apache-2.0
"""An orchestrator as an operator launched it: its settings, its invocations, and AWS as moto plays it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.stub import Stubber

from orchestrator import templates
from orchestrator.aws import calls
from orchestrator.aws.s3 import objects
from orchestrator.existence import named_things
from orchestrator.launch.settings import Launch, Settings
from tests.quick_aws import KeptClients, fresh_aws

Body = dict[str, Any]
ApiEvent = Callable[..., dict[str, Any]]
Bundled = Callable[[Mapping[str, str]], None]

_TESTS = Path(__file__).parents[1]
_ROLES = "arn:aws:iam::111122223333:role/mlops-"


def read_json(path: str) -> Any:
    return json.loads((_TESTS / path).read_text(encoding="utf-8"))


@pytest.fixture
def launch() -> Launch:
    return Launch(
        region="eu-west-1",
        multi_account=False,
        use_model_registry=False,
        assets_bucket="quayside-assets",
        pipelines_bucket="quayside-pipelines",
        ecr_repository_arn="arn:aws:ecr:eu-west-1:111122223333:repository/quayside-images",
        application="mlops",
        notifications_topic_arn="arn:aws:sns:eu-west-1:111122223333:mlops-notifications",
    )


@pytest.fixture
def multi_account(launch: Launch) -> Launch:
    return replace(launch, multi_account=True)


@pytest.fixture
def with_registry(launch: Launch) -> Launch:
    return replace(launch, use_model_registry=True)


@pytest.fixture
def settings(launch: Launch) -> Settings:
    return Settings(
        launch=launch,
        artifact_prefix="mlops/0.1.0",
        url_suffix="amazonaws.com",
        pipeline_stack_role_arn=f"{_ROLES}PipelineStackRole",
        pipeline_role_arn=f"{_ROLES}PipelineRole",
        pipeline_start_role_arn=f"{_ROLES}PipelineStartRole",
        deploy_role_arn=f"{_ROLES}DeployRole",
        config_bucket="quayside-config",
        allow_detailed_error_message=True,
    )


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundled:
    """`bundled({"pipelines/x.yaml": "..."})`: these templates take the place of those that travel with the code."""

    def carry(texts: Mapping[str, str]) -> None:
        for path, text in texts.items():
            file = tmp_path / "templates" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        monkeypatch.setattr(templates, "FOLDER", tmp_path / "templates")

    return carry


@pytest.fixture
def builtin() -> Body:
    body: Body = read_json("requests/byom_realtime_builtin.json")
    return body


@pytest.fixture
def custom() -> Body:
    body: Body = read_json("requests/byom_realtime_custom.json")
    return body


@dataclass
class Context:
    """What a function uses of Lambda's context."""

    aws_request_id: str = "9d1c4f3a-6b2e-4c57-a1d0-5e8f7b6c4d21"
    log_stream_name: str = "2026/11/22/[$LATEST]0f1e2d3c"
    function_name: str = "Orchestrator"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:111122223333:function:Orchestrator"


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def api_event() -> ApiEvent:
    """`api_event(path, body)`: API Gateway's proxy event of a call; a body that is not text is sent as JSON."""
    recorded = read_json("events/api_call.json")

    def build(path: str = "/provisionpipeline", body: Any = None, **changes: Any) -> dict[str, Any]:
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        return {**copy.deepcopy(recorded), "path": path, "resource": path, "body": text, **changes}

    return build


@pytest.fixture
def config_uploaded() -> dict[str, Any]:
    """EventBridge's event of an upload to a versioned bucket."""
    event: dict[str, Any] = read_json("events/config_uploaded.json")
    return event


@pytest.fixture(scope="session")
def kept_clients() -> KeptClients:
    """One session for all tests: clients are slow to make."""
    return KeptClients()


@pytest.fixture
def aws(kept_clients: KeptClients) -> Iterator[None]:
    """AWS by moto, with templates that no other test has seen."""
    _forget()
    with fresh_aws(kept_clients):
        yield
    _forget()


def _forget() -> None:
    calls.client.cache_clear()
    objects.added_blueprint.cache_clear()


@pytest.fixture(autouse=True)
def all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What requests name is there, and nothing is looked up; `tests/orchestrator/existence/` is about the looks."""
    monkeypatch.setattr(named_things, "of", lambda *_: ())


class Sent(NamedTuple):
    """One call of an AWS operation."""

    operation: str
    parameters: dict[str, Any]


@pytest.fixture
def sent(aws: None) -> list[Sent]:
    """The AWS calls made from here on, such as `s3.HeadObject`, in order."""
    found: list[Sent] = []

    def note(params: dict[str, Any], event_name: str, **_: Any) -> None:
        found.append(Sent(event_name.removeprefix("provide-client-params."), dict(params)))

    for service in ("s3", "cloudformation", "codepipeline", "sns"):
        calls.client(service).meta.events.register("provide-client-params", note)
    return found


@pytest.fixture
def sagemaker(aws: None) -> Iterator[Stubber]:
    """SageMaker's answers, one by one; botocore checks each request. All of them must have been fetched."""
    with Stubber(calls.client("sagemaker")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def codepipeline(aws: None) -> Iterator[Stubber]:
    """CodePipeline's answers, one by one: moto knows no state of pipelines. All of them must have been fetched."""
    with Stubber(calls.client("codepipeline")) as stub:
        yield stub
        stub.assert_no_pending_responses()
