# SPDX-License-Identifier: Apache-2.0
"""Requests for large language models."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import Body, parameters_of, problems_of, request_of

TGI = {"model_framework": "huggingface-llm", "model_framework_version": "3.3.6", "environment": ""}


@pytest.fixture
def llm() -> Body:
    return dict(read_json("requests/byom_realtime_llm.json"))


def environment_of(body: Body, launch: Launch, **changes: Any) -> dict[str, str]:
    request = request_of(body, launch, **changes)
    assert isinstance(request, BlueprintPipeline)
    values = request.parameter_values(launch, None)
    return {one.name: values[one.parameter] for one in request.additions(launch).environment}


def test_files_image_and_time_outs(llm: Body, launch: Launch) -> None:
    values = parameters_of(llm, launch)
    assert values["ImageUri"].split("/")[1].startswith("djl-inference:0.36.0-lmi")
    assert (values["ModelDataPrefix"], values["ModelArtifactLocation"]) == ("models/harbour-chat/2026-10", "")
    assert values["ModelPackageObjects"] == "arn:aws:s3:::quayside-assets/models/harbour-chat/2026-10/*"
    assert values["OpenAIRoute"] == "Yes"
    assert values["ApiStreaming"] == "asked"
    assert (values["ModelDataDownloadTimeout"], values["ContainerStartupTimeout"]) == ("1800", "1800")


def test_lmi_spreads_the_model_over_all_gpus(llm: Body, launch: Launch) -> None:
    own = {"OPTION_MAX_MODEL_LEN": "8192"}
    assert environment_of(llm, launch) == {**own, "OPTION_TENSOR_PARALLEL_DEGREE": "max"}
    assert environment_of(llm, launch, tensor_parallel=2) == {**own, "OPTION_TENSOR_PARALLEL_DEGREE": "2"}


def test_tgi_is_told_the_number_the_place_and_to_take_messages(llm: Body, launch: Launch) -> None:
    told = {"HF_MODEL_ID": "/opt/ml/model", "MESSAGES_API_ENABLED": "true", "SM_NUM_GPUS": "4"}
    assert environment_of(llm, launch, **TGI) == told
    assert "-tgi3.3.6-gpu-" in parameters_of(llm, launch, **TGI)["ImageUri"]


def test_the_number_follows_the_instance_type_of_each_stage(multi_account: Launch) -> None:
    request = request_of(read_json("requests/byom_realtime_llm.multi.json"), multi_account, **TGI)
    assert isinstance(request, BlueprintPipeline)
    (number,) = (one.parameter for one in request.additions(multi_account).environment if one.name == "SM_NUM_GPUS")
    found = [request.parameter_values(multi_account, stage)[number] for stage in ("dev", "staging", "prod")]
    assert found == ["1", "4", "8"]


def test_of_an_unknown_family_the_server_counts_itself(llm: Body, launch: Launch) -> None:
    assert "SM_NUM_GPUS" not in environment_of(llm, launch, **TGI, inference_instance="ml.g9.12xlarge")


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"inference_instance": "ml.m5.large"}, "inference_instance", "must be an instance type with GPUs"),
        ({"inference_instance": "ml.inf2.xlarge"}, "inference_instance", "must be an instance type with GPUs"),
        ({"tensor_parallel": 3}, "tensor_parallel", "must divide the 4 GPUs of ml.g5.12xlarge"),
        ({"tensor_parallel": 8}, "tensor_parallel", "must divide the 4 GPUs of ml.g5.12xlarge"),
        ({"model_framework_version": "0.1"}, "model_framework_version", "djl-lmi has no version"),
        ({"model_framework": "xgboost"}, "model_framework", "djl-lmi or huggingface-llm"),
        ({"model_id": ""}, "model_id", "the prefix of files in the assets bucket"),
        ({"serverless": {"memory_mb": 2048, "max_concurrency": 1}}, "model_id", "cannot be with serverless"),
        (
            {"environment": {"OPTION_TENSOR_PARALLEL_DEGREE": "1"}},
            "environment.OPTION_TENSOR_PARALLEL_DEGREE",
            "is what tensor_parallel says",
        ),
    ],
)
def test_what_cannot_be_is_refused(llm: Body, launch: Launch, changes: Body, key: str, words: str) -> None:
    assert words in problems_of({**llm, **changes}, launch)[key]


def test_it_needs_no_package_where_the_registry_is_used(llm: Body, with_registry: Launch) -> None:
    assert parameters_of(llm, with_registry)["ModelPackageName"] == ""


def test_all_answers_may_be_streams(llm: Body, launch: Launch) -> None:
    assert parameters_of(llm, launch, inference_api={"streaming": True})["ApiStreaming"] == "always"
    assert parameters_of(llm, launch, inference_api="none")["ApiStreaming"] == ""
