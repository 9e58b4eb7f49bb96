# SPDX-License-Identifier: Apache-2.0
"""What is taken with a warning, because the earlier solution took it or the meaning is plain (compatibility 2.11)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.reach import Reach
from tests.orchestrator.monitoring import example
from tests.orchestrator.requesting import GONE, Body, accept, changed, parameters_of, problems_of, request_of
from tests.orchestrator.training import TRAINING, TUNING


def tuner(**changes: Any) -> Body:
    return {**TUNING, "tuner_configs": changed(TUNING["tuner_configs"], changes)}


class TestUnknownKeys:
    @pytest.mark.parametrize("key", ["owner", "cost_centre", "", "x-ray", "\u202e", "\ud800", "k" * 5000])
    def test_one_that_is_like_no_other_is_ignored_and_named(self, builtin: Body, launch: Launch, key: str) -> None:
        accepted = accept({**builtin, key: {"any": "thing"}}, launch)
        assert accepted.request == request_of(builtin, launch)
        (warning,) = accepted.warnings
        assert warning.endswith(" is not known and is ignored")
        assert json.dumps(key)[:50].rstrip('"') in warning
        assert len(warning) < 120
        assert warning.isascii(), "what cannot be seen is named by its escape"

    @pytest.mark.parametrize("key", ["endpoint_nam", "Endpoint_Name"])
    def test_one_like_a_key_that_is_set_is_no_misspelling_of_it(self, builtin: Body, launch: Launch, key: str) -> None:
        body = {**builtin, "endpoint_name": "an-endpoint"}
        assert accept({**body, key: "x"}, launch).warnings == (f'"{key}" is not known and is ignored',)

    def test_a_key_that_is_set_to_an_empty_text_is_not_set(self, builtin: Body, launch: Launch) -> None:
        assert "endpoint_nam" in problems_of({**builtin, "endpoint_name": "", "endpoint_nam": "x"}, launch)

    def test_either_spelling_of_a_key_sets_it(self, launch: Launch) -> None:
        body = {**TRAINING, "algo_hyperparametrs": {}}
        assert accept(body, launch).warnings[0] == '"algo_hyperparametrs" is not known and is ignored'
        respelt = changed(body, {"algo_hyperparamaters": GONE, "algo_hyperparameters": {}})
        assert accept(respelt, launch).warnings[0] == '"algo_hyperparametrs" is not known and is ignored'

    def test_too_many_are_refused(self, builtin: Body, launch: Launch) -> None:
        many = {f"unknown-{number}": 0 for number in range(101)}
        assert problems_of({**builtin, **many}, launch).keys() == many.keys()

    def test_inside_an_object_that_the_earlier_solution_failed_on_they_are_refused(self, launch: Launch) -> None:
        assert list(problems_of(tuner(zzz=1), launch)) == ["tuner_configs.zzz"]

    def test_a_stage_too_many_is_ignored_and_named(self, builtin: Body, multi_account: Launch) -> None:
        stages = dict.fromkeys(("dev", "staging", "prod"), "ml.m5.large")
        accepted = accept({**builtin, "inference_instance": {**stages, "test": "x"}}, multi_account)
        assert accepted.request == request_of({**builtin, "inference_instance": stages}, multi_account)
        assert accepted.warnings == ('"inference_instance.test" is not a stage and is ignored',)


class TestEmptyTexts:
    @pytest.mark.parametrize(
        "key",
        ["attribute_names", "metric_definitions", "use_spot_instances", "instance_count", "content_type", "register"],
    )
    def test_one_for_an_optional_key_is_the_key_left_out(self, launch: Launch, key: str) -> None:
        left_out = changed(TRAINING, {key: GONE})
        accepted = accept({**left_out, key: ""}, launch)
        assert accepted == replace(accept(left_out, launch), body=accepted.body)

    def test_that_is_so_inside_an_object_too(self, launch: Launch) -> None:
        assert request_of(tuner(early_stopping_type=""), launch) == request_of(tuner(early_stopping_type=GONE), launch)

    def test_one_for_a_required_key_is_refused(self, builtin: Body, launch: Launch) -> None:
        assert list(problems_of({**builtin, "inference_instance": ""}, launch)) == ["inference_instance"]

    def test_one_for_dry_run_is_refused(self, builtin: Body, launch: Launch) -> None:
        """Left out, it would have effects, which is not what somebody means who writes it."""
        assert list(problems_of({**builtin, "dry_run": ""}, launch)) == ["dry_run"]

    def test_model_scores_of_none_are_no_place_in_the_answer(self, launch: Launch) -> None:
        body = example("byom_model_explainability_monitor")
        assert request_of({**body, "model_scores": ""}, launch) == request_of({**body, "model_scores": GONE}, launch)


PLAIN = [
    ("data_capture_location", "s3://quayside-capture/berths/live", "quayside-capture/berths/live"),
    ("data_capture_location", "s3://quayside-capture/berths/live/", "quayside-capture/berths/live"),
    ("data_capture_location", "/quayside-capture/berths/live", "quayside-capture/berths/live"),
    ("data_capture_location", "s3://quayside-capture", "quayside-capture"),
    ("model_artifact_location", "s3://quayside-assets/models/m.tar.gz", "models/m.tar.gz"),
    ("model_artifact_location", "/models/m.tar.gz", "models/m.tar.gz"),
]


class TestPlaces:
    @pytest.mark.parametrize(("key", "written", "meant"), PLAIN)
    def test_a_uri_or_a_leading_slash_is_read_as_meant_and_told(
        self, builtin: Body, launch: Launch, key: str, *, written: str, meant: str
    ) -> None:
        accepted = accept({**builtin, key: written}, launch)
        # The bodies differ, and what they mean does not.
        assert accepted.request.model_dump() == request_of({**builtin, key: meant}, launch).model_dump()
        (warning,) = accepted.warnings
        assert warning.startswith(f'{key}: "{written}" is read as "{meant}')

    def test_values_of_stages_are_read_so_too(self, builtin: Body, multi_account: Launch) -> None:
        stages = {stage: f"s3://quayside-{stage}/x" for stage in ("dev", "staging", "prod")}
        accepted = accept({**builtin, "data_capture_location": stages}, multi_account)
        given = parameters_of(accepted.body | {}, multi_account, "staging")  # type: ignore[operator]
        assert given["DataCaptureLocation"] == "quayside-staging/x"
        assert len(accepted.warnings) == 3

    @pytest.mark.parametrize("written", ["s3://harbour-secrets/x", "/harbour-secrets/x"])
    def test_it_reaches_no_further(self, builtin: Body, launch: Launch, written: str) -> None:
        """What a place means is looked at as if it had been written so: the operator's limits hold."""
        reach = Reach(allowed={"AllowedBuckets": ("quayside-*",)}, reserved_buckets=frozenset({"quayside-pipelines"}))
        limited = replace(launch, reach=reach)
        problems = problems_of({**builtin, "data_capture_location": written}, limited)
        assert "AllowedBuckets" in problems["data_capture_location"]
        reserved = problems_of({**builtin, "data_capture_location": "s3://quayside-pipelines/provisioned"}, limited)
        assert list(reserved) == ["data_capture_location"]


class TestJsonTexts:
    @pytest.mark.parametrize("key", ["algo_hyperparamaters", "tuner_configs", "hyperparamaters_ranges"])
    def test_an_object_as_json_text_is_that_object(self, launch: Launch, key: str) -> None:
        accepted = accept({**TUNING, key: json.dumps(TUNING[key])}, launch)
        assert accepted.request == request_of(TUNING, launch)
        assert f"{key}: the JSON text is read as an object" in accepted.warnings

    def test_values_by_stage_may_be_one(self, builtin: Body, multi_account: Launch) -> None:
        stages = {"dev": "ml.m5.large", "staging": "ml.m5.large", "prod": "ml.c5.xlarge"}
        body = {**builtin, "inference_instance": json.dumps(stages)}
        assert request_of(body, multi_account) == request_of({**builtin, "inference_instance": stages}, multi_account)

    @pytest.mark.parametrize(
        "text", ["{", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a":' * 70 + "1" + "}" * 70, "[]", '"{}"', "{} {}"]
    )
    def test_a_text_that_is_no_such_json_is_refused(self, launch: Launch, text: str) -> None:
        """With the strictness of a body: no number that is none, no key twice, no depth without end."""
        assert list(problems_of({**TUNING, "algo_hyperparamaters": text}, launch)) == ["algo_hyperparamaters"]

    def test_a_list_as_json_text_was_always_taken(self, launch: Launch) -> None:
        """Compatibility 3.10: the earlier solution knew no other form, so nothing is told."""
        manifest = {"s3_data_type": "AugmentedManifestFile", "data_input_mode": "Pipe"}
        accepted = accept({**TRAINING, **manifest, "attribute_names": '["source-ref"]'}, launch)
        assert accepted.warnings == accept({**TRAINING, **manifest, "attribute_names": ["source-ref"]}, launch).warnings
