# SPDX-License-Identifier: Apache-2.0
"""Types in the pipelines bucket: how requests find them, what the API tells of them, what becomes of damaged ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import ANY

import pytest

from orchestrator import api, provision, service
from orchestrator.aws import calls
from orchestrator.errors import ConflictError
from orchestrator.launch.settings import MultiAccount, Settings, StageTarget
from orchestrator.pipeline_types.custom import source
from orchestrator.pipeline_types.installed import installed
from orchestrator.provision import Provisioned
from orchestrator.stage_action import artifacts
from orchestrator.values.per_stage import STAGES
from scripts.pipeline_types import publishing
from tests.orchestrator.conftest import ApiEvent, Sent
from tests.orchestrator.pipeline_types.custom import folders
from tests.orchestrator.pipeline_types.custom.folders import BLUEPRINT, DEFINITION, write
from tests.orchestrator.pipelines_there import make_pipeline, states

Body = dict[str, Any]
Get = Callable[..., tuple[int, Body]]
REQUEST: Final = {"pipeline_type": "work_queue", "queue_name": "berths"}


@pytest.fixture(autouse=True)
def buckets(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_settings", lambda: settings)
    source._version.cache_clear()
    place = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=place)


@pytest.fixture
def added(buckets: None, tmp_path: Path, settings: Settings) -> publishing.Published:
    return add(tmp_path, settings)


def add(
    folder: Path, settings: Settings, document: str = DEFINITION, blueprint: str = BLUEPRINT
) -> publishing.Published:
    made = write(folder / "queue", document, blueprint)
    return publishing.publish(made, calls.client("s3"), settings.launch.pipelines_bucket)


def put(settings: Settings, key: str, content: bytes) -> None:
    calls.client("s3").put_object(Bucket=settings.launch.pipelines_bucket, Key=key, Body=content)


@pytest.fixture
def get(api_event: ApiEvent, context: Any) -> Get:
    """`get(limit="2")` lists, `get(name="x")` shows: status and body."""

    def call(name: str = "", **query: str) -> tuple[int, Body]:
        path = "/pipeline-types/{name}" if name else "/pipeline-types"
        event = api_event(path, httpMethod="GET", queryStringParameters=query or None, pathParameters={"name": name})
        answer = api.handler(event, context)
        return answer["statusCode"], json.loads(answer["body"])

    return call


@pytest.fixture
def send(api_event: ApiEvent, context: Any) -> Callable[[Body], tuple[int, Body]]:
    def call(body: Body) -> tuple[int, Body]:
        answer = api.handler(api_event(body=body), context)
        return answer["statusCode"], json.loads(answer["body"])

    return call


class TestPublishing:
    def test_the_same_folder_again_changes_nothing(
        self, added: publishing.Published, tmp_path: Path, settings: Settings
    ) -> None:
        assert added.is_new
        assert add(tmp_path, settings) == replace(added, is_new=False)

    def test_a_withdrawn_type_can_be_added_again(
        self, added: publishing.Published, tmp_path: Path, settings: Settings
    ) -> None:
        s3, bucket = calls.client("s3"), settings.launch.pipelines_bucket
        assert publishing.withdraw("work_queue", s3, bucket)
        assert not publishing.withdraw("work_queue", s3, bucket)
        assert not publishing.withdraw("nothing", s3, bucket)
        assert add(tmp_path, settings) == added
        assert not installed(settings.launch).find("work_queue").is_withdrawn


class TestRequests:
    def test_a_dry_run_answers_the_plan(self, added: publishing.Published, send: Any) -> None:
        status, body = send({**REQUEST, "dry_run": True, "keep_days": 2})
        assert status == 200
        assert body["plan"]["parameters"]["template_params.json"]["KeepDays"] == "2"

    def test_a_refused_one_names_everything(self, added: publishing.Published, send: Any) -> None:
        status, body = send({**REQUEST, "keep_days": 15, "webhook_secret": "x", "queue_nme": 1})
        assert (status, {error["key"] for error in body["errors"]}) == (
            400,
            {"keep_days", "webhook_secret", "queue_nme"},
        )

    def test_a_new_version_counts_at_once(
        self, added: publishing.Published, send: Any, tmp_path: Path, settings: Settings
    ) -> None:
        body = {**REQUEST, "dry_run": True, "keep_days": 15}
        assert send(body)[0] == 400
        add(tmp_path, settings, DEFINITION.replace("maximum: 14", "maximum: 20"))
        assert send(body)[0] == 200

    def test_a_withdrawn_type_takes_no_requests(
        self, added: publishing.Published, send: Any, settings: Settings
    ) -> None:
        publishing.withdraw("work_queue", calls.client("s3"), settings.launch.pipelines_bucket)
        status, body = send(REQUEST)
        assert status == 400
        (error,) = body["errors"]
        assert error["key"] == "pipeline_type"
        assert error["problem"].startswith("work_queue was withdrawn: its pipelines can be listed and deleted")

    @pytest.mark.parametrize(
        ("named", "reads"),
        [
            ("byom_realtime_builtin", 0),
            ("nothing_there", 1),
            ("../current", 0),
            ("a/../../b", 0),
            ("x" * 300, 0),
            ("", 0),
        ],
    )
    def test_what_it_costs_to_look_a_type_up(self, sent: list[Sent], send: Any, named: str, reads: int) -> None:
        status, _ = send({"pipeline_type": named})
        assert status == 400
        assert [call.operation for call in sent] == ["s3.GetObject"] * reads

    def test_a_version_is_read_once(self, added: publishing.Published, sent: list[Sent], send: Any) -> None:
        for _ in range(2):
            assert send({**REQUEST, "dry_run": True})[0] == 200
        keys = [call.parameters["Key"].rpartition("/")[2] for call in sent]
        assert keys == ["current.json", "pipeline.json", "current.json"]

    @pytest.mark.parametrize(
        ("key", "content", "words"),
        [
            ("current.json", b"{", "its current.json has another form"),
            ("current.json", b'{"version": "../../provisioned"}', "its current.json has another form"),
            ("current.json", b'{"version": "0123456789abcdef"}', "its version 0123456789abcdef is not there"),
            ("{version}/pipeline.json", b"{}", "was changed after it was added"),
        ],
    )
    def test_a_damaged_type_is_told_to_the_operator(
        self, added: publishing.Published, settings: Settings, key: str, content: bytes, words: str
    ) -> None:
        put(settings, f"pipeline-types/work_queue/{key.format(version=added.version)}", content)
        with pytest.raises(ConflictError, match=f"The pipeline type work_queue cannot be used: .*{words}"):
            service.provision_pipeline(REQUEST, settings)

    def test_a_blueprint_that_was_changed_is_not_deployed(
        self, added: publishing.Published, settings: Settings
    ) -> None:
        put(settings, f"pipeline-types/work_queue/{added.version}/blueprint.yaml", BLUEPRINT.encode() + b"#")
        with pytest.raises(ConflictError, match="was changed after it was checked"):
            service.provision_pipeline(REQUEST, settings)


class TestListing:
    def test_built_in_types_come_first_page_by_page(self, added: publishing.Published, get: Get) -> None:
        found: list[Body] = []
        following: dict[str, str] = {}
        while True:
            status, body = get(limit="5", **following)
            assert status == 200
            found += body["pipeline_types"]
            if "next" not in body:
                break
            following = {"next": body["next"]}
        assert len(found) == 14
        assert found[0]["source"] == "built-in"
        assert found[-1] == {
            "pipeline_type": "work_queue",
            "summary": "Make a queue for work that a model is asked to do.",
            "source": "custom",
            "target": "stages",
            "version": added.version,
            "withdrawn": False,
        }

    def test_a_damaged_type_hides_no_other(self, added: publishing.Published, get: Get, settings: Settings) -> None:
        put(settings, "pipeline-types/broken_one/current.json", b"{")
        put(settings, "pipeline-types/Not A Type/current.json", b"{")
        listed = get(limit="50")[1]["pipeline_types"]
        assert [entry["pipeline_type"] for entry in listed[-2:]] == ["broken_one", "work_queue"]
        assert "another form" in listed[-2]["problem"]

    @pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"all": "1"}])
    def test_a_wrong_query_is_refused(self, get: Get, query: dict[str, str]) -> None:
        status, body = get(**query)
        assert (status, body["errors"][0]["key"]) == (400, *query)

    def test_a_type_tells_its_schema(self, added: publishing.Published, get: Get) -> None:
        status, body = get(name="work_queue")
        assert status == 200
        assert body["request_schema"]["properties"]["queue_name"]["maxLength"] == 40
        assert body["example"]["queue_name"] == "berth-work"
        status, body = get(name="byom_realtime_builtin")
        assert (status, body["source"]) == (200, "built-in")
        assert "inference_instance" in body["request_schema"]["properties"]

    @pytest.mark.parametrize("name", ["nothing_there", "..%2F..%2Fx", "create_model_card"])
    def test_there_is_no_other_type(self, get: Get, name: str) -> None:
        status, body = get(name=name)
        assert status == 404
        assert body["message"].startswith("There is no pipeline type")

    def test_its_pipelines_are_found_by_type_and_name(
        self,
        added: publishing.Published,
        api_event: ApiEvent,
        context: Any,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Those of a withdrawn type too."""
        states(monkeypatch)
        arn = make_pipeline("berths", "work_queue", "work-queue")
        publishing.withdraw("work_queue", calls.client("s3"), settings.launch.pipelines_bucket)
        query = {"pipeline_type": "Work_Queue"}
        listed = api.handler(api_event("/pipelines", httpMethod="GET", queryStringParameters=query), context)
        (found,) = json.loads(listed["body"])["pipelines"]
        shown = api.handler(api_event("/pipelines/{id}", httpMethod="GET", pathParameters={"id": "Berths"}), context)
        assert found["pipeline_id"] == json.loads(shown["body"])["pipeline_id"] == arn


class TestLargeBlueprints:
    """CloudFormation takes 51,200 bytes inside a request."""

    @pytest.fixture(autouse=True)
    def made_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provision.stacks, "create", lambda _: "arn")

    @pytest.mark.parametrize(("length", "is_apart"), [(51_200, False), (60_000, True), (900_000, True)])
    def test_stack_sets_get_an_address(
        self, sent: list[Sent], tmp_path: Path, settings: Settings, length: int, is_apart: bool
    ) -> None:
        blueprint = BLUEPRINT + "#" * (length - len(BLUEPRINT))
        add(tmp_path, settings, blueprint=blueprint)
        multi = MultiAccount(dict.fromkeys(STAGES, StageTarget("111122223333", "ou-ab12-34cd56ef")), "StageDeployer")
        used = replace(settings, launch=replace(settings.launch, multi_account=True), multi_account=multi)
        assert service.provision_pipeline(REQUEST, used)["pipeline_id"] == "arn"
        puts = {call.parameters["Key"]: call.parameters["Body"] for call in sent if call.operation == "s3.PutObject"}
        apart = [key for key in puts if "/templates/" in key]
        package = puts["provisioned/mlops-pipeline-berths-work-queue/template.zip"]
        definition = artifacts.definition(package, "blueprint.yaml", "dev_template_params.json")
        assert [puts[key] for key in apart] == [blueprint.encode()] * is_apart
        addresses = [f"https://quayside-pipelines.s3.eu-west-1.amazonaws.com/{key}" for key in apart]
        assert definition.template_url == "".join(addresses)

    def test_one_account_reads_it_from_the_package(self, sent: list[Sent], tmp_path: Path, settings: Settings) -> None:
        add(tmp_path, settings, blueprint=BLUEPRINT + "#" * 900_000)
        request = installed(settings.launch).parse(REQUEST, settings.launch).request
        done = provision.provision(request.plan(settings), settings)
        assert done == Provisioned(ANY, "arn")
        assert [call for call in sent if "/templates/" in call.parameters.get("Key", "")] == []


def test_a_type_that_is_built_in_by_now_is_the_built_in_one(settings: Settings) -> None:
    """A release may bring a type whose name an operator has used."""
    put(settings, "pipeline-types/byom_realtime_builtin/current.json", b"{}")
    assert installed(settings.launch).find("byom_realtime_builtin").source == "built-in"
    assert installed(settings.launch).all_names().count("byom_realtime_builtin") == 1


def test_the_folder_of_the_guide_is_what_these_tests_add() -> None:
    assert folders.problems_of() == {}
