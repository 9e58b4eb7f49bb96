# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.model_cards import operation_names
from orchestrator.pipeline_types.built_in import BUILT_IN
from scripts import paths
from tests.cli.conftest import Mlops

_EXAMPLES = sorted((paths.ROOT / "tests" / "requests").glob("*.json"))
_REGION = ("--region", "eu-west-1")


@pytest.mark.parametrize("full", [(), ("--full",)])
@pytest.mark.parametrize("operation", [*operation_names.NAMES, *operation_names.ALIASES, " Create_Model_Card "])
def test_starter_of_a_model_card_s_operation_is_valid(
    operation: str, full: tuple[str, ...], mlops: Mlops, tmp_path: Path
) -> None:
    started = mlops("new", operation, *full, *_REGION)
    (tmp_path / "card.json").write_text(started.out)
    assert started.status == 0

    ended = mlops("check", "card.json", "--json", *_REGION)
    assert ended.status == 0
    (answer,) = ended.documents
    name = operation.strip().lower()
    assert answer == {
        "message": "The request is valid.",
        "pipeline_type": operation_names.ALIASES.get(name, name),
        "warnings": [],
    }


def test_full_starter_of_a_card_has_every_section(mlops: Mlops) -> None:
    card = json.loads(mlops("new", "create_model_card", "--full", *_REGION).out)
    sections = {"model_overview", "intended_uses", "business_details", "training_details", "evaluation_details"}
    assert card.keys() >= sections | {"additional_information", "status"}
    assert "arn" not in card


def test_what_is_wrong_with_a_card_is_shown(mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text('{"pipeline_type": "create_model_card", "name": "-", "status": "Fine"}')
    ended = mlops("check", "card.json", *_REGION)
    assert ended.status == 2
    assert "name" in ended.err
    assert "PendingReview" in ended.err


@pytest.mark.parametrize("registry", [(), ("--use-model-registry",)])
@pytest.mark.parametrize("full", [(), ("--full",)])
@pytest.mark.parametrize("pipeline_type", BUILT_IN.names())
def test_starter_request_is_valid(
    pipeline_type: str, full: tuple[str, ...], registry: tuple[str, ...], mlops: Mlops, tmp_path: Path
) -> None:
    started = mlops("new", pipeline_type, *full, *registry, *_REGION)
    (tmp_path / "request.json").write_text(started.out)

    assert started.status == 0
    assert mlops("check", "request.json", *registry, *_REGION).status == 0


def test_full_starter_has_more_keys(mlops: Mlops) -> None:
    (pipeline_type, *_) = BUILT_IN.names()
    short = json.loads(mlops("new", pipeline_type, *_REGION).out)
    full = json.loads(mlops("new", pipeline_type, "--full", *_REGION).out)

    assert short.items() < full.items()


def test_starter_explains_its_keys_beside_the_request(mlops: Mlops) -> None:
    (pipeline_type, *_) = BUILT_IN.names()
    ended = mlops("new", pipeline_type, *_REGION)

    for key in json.loads(ended.out):
        assert key == "pipeline_type" or key in ended.err


def test_unknown_type_names_the_nearest(mlops: Mlops) -> None:
    ended = mlops("new", "byom_realtime_builtn", *_REGION)

    assert ended.status == 2
    assert "pipeline_type" in ended.err
    assert "byom_realtime_builtin;" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda path: str(path.stem))
def test_examples_are_valid(example: Path, mlops: Mlops) -> None:
    option = "multi-account" if example.stem.endswith(".multi") else "single-account"
    ended = mlops("check", str(example), "--option", option, "--json", *_REGION)

    assert ended.status == 0
    (answer,) = ended.documents
    assert answer["pipeline_stack_name"].startswith("mlops-pipeline-")


def test_starter_for_a_program_is_one_line_without_explanations(mlops: Mlops) -> None:
    ended = mlops("new", "byom_realtime_builtin", "--json", *_REGION)

    (request,) = ended.documents
    assert (ended.status, request["pipeline_type"], ended.err) == (0, "byom_realtime_builtin", "")


def test_every_problem_is_shown(mlops: Mlops, tmp_path: Path) -> None:
    request = {"pipeline_type": "byom_realtime_builtin", "model_name": "", "inference_instance": "large", "modle": 1}
    (tmp_path / "request.json").write_text(json.dumps(request))
    ended = mlops("check", "request.json", "--json", *_REGION)

    assert ended.status == 2
    answer = ended.documents[0]["error"]
    assert {"model_name", "inference_instance", "modle", "data_capture_location"} <= {
        problem["key"] for problem in answer["errors"]
    }
    told = mlops("check", "request.json", *_REGION)
    assert all(problem["key"] in told.err for problem in answer["errors"])


def test_a_check_says_what_it_did_not_look_up(mlops: Mlops, tmp_path: Path) -> None:
    example = json.loads((Path(__file__).parents[1] / "requests" / "byom_model_bias_monitor.json").read_text("utf-8"))
    (tmp_path / "request.json").write_text(json.dumps(example))
    named = ["endpoint_name", "baseline_data", "baseline_job_output_location", "data_capture_location"]
    (answer,) = mlops("check", "request.json", "--json", "--region", "eu-west-1").documents
    assert set(answer["not_looked_up"]) >= set(named)
    told = mlops("check", "request.json", "--region", "eu-west-1").out
    assert "Not looked up: what " in told
    assert "provision request.json --dry-run" in told


def test_malformed_json_names_its_place(mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text('{"pipeline_type": }')
    ended = mlops("check", "request.json", "--json", *_REGION)

    assert ended.status == 2
    assert "line 1 column 19" in ended.documents[0]["error"]["errors"][0]["problem"]


def test_missing_file_is_named(mlops: Mlops) -> None:
    ended = mlops("check", "nothing.json", *_REGION)

    assert ended.status == 2
    assert "nothing.json cannot be read: No such file or directory" in ended.err


def test_without_a_region_one_is_taken_and_named(mlops: Mlops) -> None:
    ended = mlops("new", "byom_realtime_builtin")

    assert ended.status == 0
    assert ended.err.startswith("note: no Region is known (--region, AWS_REGION, region in mlops.toml)")


def test_region_option_and_registry_are_those_of_the_settings(mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "mlops.toml").write_text(
        'region = "eu-west-1"\noption = "multi-account"\n[parameters]\nUseModelRegistry = "Yes"\n'
    )
    started = mlops("new", "byom_realtime_builtin", "--full")
    given = mlops("new", "byom_realtime_builtin", "--option", "single-account", "--no-model-registry", "--full")

    assert "note" not in started.err
    assert "model_package_name" in json.loads(started.out)
    assert "model_package_name" not in json.loads(given.out)
    assert isinstance(json.loads(given.out)["inference_instance"], str)
    (tmp_path / "request.json").write_text(started.out)
    assert "although UseModelRegistry" not in mlops("check", "request.json").out
    assert "although UseModelRegistry" in mlops("check", "request.json", "--no-model-registry").out


def test_starter_goes_to_a_new_file_alone(mlops: Mlops, tmp_path: Path) -> None:
    written = mlops("new", "byom_realtime_builtin", "--out", "request.json", *_REGION)
    before = (tmp_path / "request.json").read_text()
    again = mlops("new", "byom_realtime_builtin", "--out", "request.json", "--full", *_REGION)

    assert (written.status, written.out) == (0, "")
    assert "mlops check request.json" in written.err
    assert again.status == 2
    assert "request.json exists" in again.err
    assert (tmp_path / "request.json").read_text() == before


def test_failure_leaves_no_file(mlops: Mlops, tmp_path: Path) -> None:
    assert mlops("new", "byom_realtime_builtn", "--out", "request.json", *_REGION).status == 2
    assert not (tmp_path / "request.json").exists()
