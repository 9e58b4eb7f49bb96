# SPDX-License-Identifier: Apache-2.0
"""Request files as users of the earlier solution have them (compatibility 7, and worse)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from orchestrator.events.uploads import entries as config_entries
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from scripts.requests import former_versions, migration, migration_changes, offline
from scripts.requests.migration import Entry

ROOT: Final = Path(__file__).parents[1]
FILES: Final = Path(__file__).parent / "migration"
SINGLE: Final = offline.launch("single-account", use_model_registry=False, region="eu-west-1")
LAUNCHES: Final = {
    "single": SINGLE,
    "multi": offline.launch("multi-account", use_model_registry=False, region="eu-west-1"),
    "registry": offline.launch("single-account", use_model_registry=True, region="eu-west-1"),
}
SAMPLES: Final = [
    pytest.param(path, LAUNCHES[path.parent.name], id=f"{path.parent.name}-{path.stem}")
    for path in sorted(FILES.glob("*/*.json"))
]


def only(text: str | bytes, launch: Launch = SINGLE) -> Entry:
    """The one entry of a file."""
    (entry,) = migration.read(text if isinstance(text, bytes) else text.encode(), launch)
    return entry


def entry_of(name: str, launch: Launch = SINGLE, **changed: Any) -> Entry:
    """The entry of a sample with other values under some keys."""
    body = json.loads((FILES / "single" / f"{name}.json").read_text(encoding="utf-8"))
    return only(json.dumps({**body, **changed}), launch)


@pytest.mark.parametrize(("path", "launch"), SAMPLES)
def test_every_sample_is_accepted(path: Path, launch: Launch) -> None:
    assert only(path.read_bytes(), launch).problems == ()


@pytest.mark.parametrize(("path", "launch"), SAMPLES)
def test_a_rewritten_request_is_the_same_request(path: Path, launch: Launch) -> None:
    body, entry = json.loads(path.read_text(encoding="utf-8")), only(path.read_bytes(), launch)
    if entry.request is None:
        assert list(body) == ["pipeline_id"]
    else:
        parse = BUILT_IN.parse_operation if BUILT_IN.operation_in(body) else BUILT_IN.parse
        assert parse(entry.request, launch).request == parse(body, launch).request


@pytest.mark.parametrize(("path", "launch"), SAMPLES)
def test_a_rewritten_request_needs_no_other_rewriting(path: Path, launch: Launch) -> None:
    entry = only(path.read_bytes(), launch)
    if entry.request is not None:
        again = only(json.dumps(entry.request), launch)
        assert (again.rewritten, again.request) == ((), entry.request)


def test_old_spellings_and_texts_become_what_they_stand_for() -> None:
    """Lesson 95: two keys are misspelt; numbers and booleans were texts."""
    entry = entry_of("legacy_spellings")
    assert entry.request is not None
    assert entry.request["algo_hyperparameters"]["seed_per_iteration"] is True
    assert "algo_hyperparamaters" not in entry.request
    assert entry.request["pipeline_type"] == "model_training_builtin"
    assert entry.request["use_spot_instances"] is True
    assert entry.request["encrypt_inner_traffic"] is False
    assert (entry.request["instance_count"], entry.request["max_runtime_per_job"]) == (2, 259_200)
    assert entry.request["training_data"] == "train/tides/2024.csv"
    written = {rewritten.key: rewritten.now for rewritten in entry.rewritten}
    assert written["algo_hyperparamaters"] == "algo_hyperparameters"
    assert written["use_spot_instances"] == "true"


def test_a_text_of_a_number_becomes_one_where_it_is_read_alike() -> None:
    quality, data = entry_of("model_quality"), entry_of("data_quality")
    assert quality.request is not None
    assert (quality.request["probability_threshold_attribute"], quality.request["monitor_probability_attribute"]) == (
        0.6,
        0,
    )
    assert data.request is not None
    assert data.request["baseline_max_runtime_seconds"] == 3300
    by_stage = {"dev": "600", "staging": "1200", "prod": "3600"}
    staged = entry_of("data_quality", LAUNCHES["multi"], baseline_max_runtime_seconds=by_stage)
    assert staged.request is not None
    assert staged.request["baseline_max_runtime_seconds"] == {"dev": 600, "staging": 1200, "prod": 3600}


def test_both_spellings_at_once_are_refused() -> None:
    entry = entry_of("legacy_spellings", algo_hyperparameters={})
    assert [problem.key for problem in entry.problems] == ["algo_hyperparameters"]


def test_a_version_that_looks_like_a_number_stays_a_text() -> None:
    entry = entry_of("batch_builtin")
    assert entry.request is not None
    assert entry.request["model_framework_version"] == "1"


def test_a_key_of_another_type_is_left_out_and_told() -> None:
    entry = entry_of("legacy_spellings")
    assert entry.request is not None
    assert "data_capture_location" not in entry.request
    assert any("data_capture_location has no meaning" in change for change in entry.changes)


CONCERNED: Final = {
    "to every account of the unit": entry_of("realtime_builtin", LAUNCHES["multi"]),
    "made up a new name": entry_of("training", job_name=""),
    "SageMaker never frees": entry_of("tuning"),
    "computes no new baseline": entry_of("data_quality"),
    "own engine computes": entry_of("model_quality"),
    "includes the run": entry_of("legacy_spellings"),
    "refused the earlier solution's default": entry_of("tuning", model_framework="kmeans", model_framework_version="1"),
    "what Python calls them": entry_of("training", algo_hyperparamaters={"metrics": ["auc", "error"]}),
    "encrypts the Autopilot job": entry_of(
        "autopilot", kms_key_arn="arn:aws:kms:eu-west-1:210987654321:key/6f0c1f6a-0000-4c6e-9f0e-2b5f3a7d1e11"
    ),
    "tells Autopilot how": entry_of("autopilot", compression_type="Gzip"),
    "model_scores 0": entry_of("model_explainability", model_scores=0),
}


@pytest.mark.parametrize("words", CONCERNED)
def test_a_change_in_meaning_is_told(words: str) -> None:
    """Lessons 3, 12, 17, 25, 31, 32 and 45: what the earlier solution did with the same request."""
    entry = CONCERNED[words]
    assert entry.outcome == "changed"
    assert [change for change in entry.changes if words in change]


UNCONCERNED: Final = {
    "to every account of the unit": entry_of("training", LAUNCHES["multi"]),
    "made up a new name": entry_of("training"),
    "SageMaker never frees": entry_of("training", job_name=""),
    "computes no new baseline": entry_of("realtime_builtin"),
    "own engine computes": entry_of("model_quality", monitor_engine="sagemaker"),
    "includes the run": entry_of("training"),
    "refused the earlier solution's default": entry_of("tuning"),
    "what Python calls them": entry_of("training"),
    "encrypts the Autopilot job": entry_of(
        "training", kms_key_arn="arn:aws:kms:eu-west-1:210987654321:key/6f0c1f6a-0000-4c6e-9f0e-2b5f3a7d1e11"
    ),
    "tells Autopilot how": entry_of("autopilot"),
    "model_scores 0": entry_of("model_explainability", model_scores=1),
}


@pytest.mark.parametrize("words", UNCONCERNED)
def test_a_change_that_does_not_concern_a_request_is_not_told(words: str) -> None:
    assert UNCONCERNED[words].problems == ()
    assert not [change for change in UNCONCERNED[words].changes if words in change]


AROUND: Final = {
    "realtime_builtin": {"DeployPipeline", "PipelineName", "s3://", "InferenceApiUrl"},
    "tuning": {"DeployPipeline", "PipelineName", "s3://", "TuningJobName"},
    "model_bias": {"DeployPipeline", "PipelineName", "s3://", "Jobs that need predictions"},
    "data_quality": {"DeployPipeline", "PipelineName", "s3://"},
    "image_builder": {"PipelineName"},
}


@pytest.mark.parametrize("name", AROUND)
def test_other_names_around_a_request_are_told_once(name: str) -> None:
    """They change no request's meaning, so an entry may still be accepted as it is."""
    entry = entry_of(name)
    sentences = migration.around([entry, entry])
    assert len(sentences) == len(AROUND[name])
    assert {words for words in AROUND[name] if any(words in sentence for sentence in sentences)} == AROUND[name]


def test_with_several_accounts_the_stages_keep_their_names() -> None:
    assert not any("DeployPipeline" in sentence for sentence in entry_of("data_quality", LAUNCHES["multi"]).around)


def test_every_change_is_tried() -> None:
    sentences = [change.sentence for change in migration_changes.CHANGES]
    assert [sentence for sentence in sentences if not any(words in sentence for words in UNCONCERNED)] == []


def test_a_card_keeps_its_status() -> None:
    """Lesson 84: the earlier solution set an updated card back to Draft."""
    update = {"pipeline_type": "update_model_card", "name": "tide-card"}
    assert only(json.dumps(update)).changes == (migration_changes.STATUS_IS_KEPT,)
    assert only(json.dumps({**update, "status": "Approved"})).changes == ()


def test_the_guide_s_name_of_the_export_is_accepted() -> None:
    """Lesson 92."""
    entry = only('{"pipeline_type": "export_model_cards", "name": "tide-card"}')
    assert entry.request == {"pipeline_type": "export_model_card", "name": "tide-card"}
    assert entry.changes == (migration_changes.EXPORT_IS_STARTED,)


def test_a_status_request_may_have_other_keys() -> None:
    body = {"pipeline_id": "mlops-pipeline-a-codepipeline", "region": "eu-west-1"}
    entry = only(json.dumps(body))
    assert entry.changes == ('"region" is not known and is ignored', migration_changes.OTHER_PIPELINE_ID)


def test_each_entry_of_a_list_is_told_with_its_lines() -> None:
    entries = migration.read((FILES / "mlops-config.json").read_bytes(), SINGLE)
    assert [entry.outcome for entry in entries] == ["accepted", "refused", "changed", "changed", "refused"]
    assert [entry.line() for entry in entries] == [2, 11, 20, 21, 22]
    refused = entries[1]
    lines = {problem.key: refused.line(problem.key) for problem in refused.problems}
    assert lines == {
        "model_framework": 14,
        "inference_instance": 17,
        "batch_inference_data": 18,
        "batch_job_output_location": 11,
    }


def test_lines_of_values_by_stage() -> None:
    text = (
        '{\n"pipeline_type": "byom_realtime_custom",\n"inference_instance": {\n"dev": "ml.m5.large",\n"staging": "x"}}'
    )
    entry = only(text, LAUNCHES["multi"])
    assert entry.line("inference_instance.staging") == 5
    assert entry.line("inference_instance.prod") == 3


def test_a_document_that_yaml_cannot_read_has_no_lines() -> None:
    entry = only(r'{"pipeline_type": "byom_image_builder", "image_tag": "\ud83d\ude00"}')
    assert {problem.key for problem in entry.problems} == {"custom_algorithm_docker", "ecr_repo_name", "image_tag"}
    assert entry.line("ecr_repo_name") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ((FILES / "broken.json").read_text(encoding="utf-8"), "line 4 column 3"),
        ("[]", "the list is empty"),
        ("", "the request is empty"),
        ('"text"', "must be a JSON object"),
        ('{"pipeline_id": "no pipeline"}', "must be the pipeline_id"),
        ('{"pipeline_type": 7}', "must be a string"),
        ('{"pipeline_type": "byom_realtime_builtn"}', "byom_realtime_builtin"),
    ],
)
def test_what_cannot_be_a_request_is_refused_in_words(text: str, words: str) -> None:
    entry = only(text)
    assert entry.outcome == "refused"
    assert words in str(entry.problems[0])


def test_a_byte_order_mark_is_no_problem() -> None:
    text = b"\xef\xbb\xbf" + (FILES / "single" / "image_builder.json").read_bytes()
    assert only(text).outcome == "accepted"
    assert only(text).line("image_tag") == 1


def test_a_list_that_is_too_long_for_an_upload_is_told() -> None:
    body = json.loads((FILES / "single" / "image_builder.json").read_text(encoding="utf-8"))
    entries = migration.read(json.dumps([body] * (config_entries.MOST_ENTRIES + 1)).encode(), SINGLE)
    assert f"{config_entries.MOST_ENTRIES} at most" in migration.too_long(entries)
    assert migration.too_long(entries[1:]) == ""


@pytest.mark.parametrize(
    "sentence",
    [
        *(change.sentence for change in migration_changes.CHANGES),
        *(change.sentence for change in migration_changes.AROUND),
        former_versions.PLACES_HAVE_BUCKETS,
        migration_changes.STATUS_IS_KEPT,
        migration_changes.EXPORT_IS_STARTED,
        migration_changes.OTHER_PIPELINE_ID,
    ],
)
def test_the_guide_has_every_change(sentence: str) -> None:
    text = " ".join((ROOT / "docs" / "migration.md").read_text(encoding="utf-8").replace("`", "").split())
    assert sentence in text
