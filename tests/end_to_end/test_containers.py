# SPDX-License-Identifier: Apache-2.0
"""Environments, containers in series, files below a prefix, and large language models, from a request on."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.end_to_end.prepared import PreparedDeployment
from tests.end_to_end.users import SERVED, Orchestrator

ROWS = np.random.default_rng(23).random((40, 3))
TGI = {"model_framework": "huggingface-llm", "model_framework_version": "3.3.6"}


def trained(columns: int) -> xgboost.Booster:
    """A model that takes so many columns; the file of one that takes the answers of another has one."""
    labels = ROWS[:, 0] * 3 + ROWS[:, 1]
    return xgboost.train({"nthread": 1}, xgboost.DMatrix(ROWS[:, :columns], labels), 5)


def archive(model: xgboost.Booster) -> bytes:
    content, buffer = bytes(model.save_raw("ubj")), io.BytesIO()
    member = tarfile.TarInfo("xgboost-model")
    member.size = len(content)
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        packed.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def series(orchestrator: Orchestrator) -> list[xgboost.Booster]:
    """Two models, the second of which takes the answers of the first; their artifacts are in the assets bucket."""
    models = [trained(3), trained(1)]
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    for number, model in enumerate(models, start=1):
        orchestrator.client("s3").put_object(Bucket=bucket, Key=f"series/{number}.tar.gz", Body=archive(model))
    return models


def in_turn(models: list[xgboost.Booster], rows: Any) -> list[float]:
    first = demo_model.predicted(models[0], rows)
    return demo_model.predicted(models[1], np.array(first, dtype=float).reshape(-1, 1))


def request_of_series(orchestrator: Orchestrator, name: str, **changes: Any) -> dict[str, Any]:
    second = {**SERVED, "model_artifact_location": "series/2.tar.gz", "environment": {"LOG_LEVEL": "debug"}}
    given = {"model_artifact_location": "series/1.tar.gz", "containers": [second], "environment": {"no": "yes"}}
    return orchestrator.request(name, **SERVED, **given, **changes)


def variant_of(orchestrator: Orchestrator, stack: str) -> dict[str, Any]:
    name = orchestrator.outputs(stack)["SageMakerEndpointConfigName"]
    described = orchestrator.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    return dict(described["ProductionVariants"][0])


def test_files_below_a_prefix_are_served_with_an_environment(
    orchestrator: Orchestrator, trained_model: TrainedModel
) -> None:
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]
    s3.put_object(Bucket=bucket, Key="models/loose/1/xgboost-model", Body=bytes(trained_model.booster.save_raw("ubj")))
    orchestrator.provisioned(
        orchestrator.request(
            "loose",
            **SERVED,
            model_artifact_location=None,
            model_data_prefix="models/loose/1",
            environment={"LOG_LEVEL": "info", "OMP_NUM_THREADS": "1"},
            model_data_download_timeout=600,
            container_startup_timeout="900",
            volume_size=64,
        )
    )
    stack = "mlops-pipeline-loose-byompipelinerealtimebuiltin"
    container = orchestrator.model_of(stack)["PrimaryContainer"]
    assert container["Environment"] == {"LOG_LEVEL": "info", "OMP_NUM_THREADS": "1"}
    files = {"S3Uri": f"s3://{bucket}/models/loose/1/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    assert container["ModelDataSource"] == {"S3DataSource": files}
    assert "ModelDataUrl" not in container
    variant = variant_of(orchestrator, stack)
    assert variant["ModelDataDownloadTimeoutInSeconds"] == 600
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 900
    assert variant["VolumeSizeInGB"] == 64
    rows = trained_model.holdout_rows[:5]
    status, body = orchestrator.predict(
        stack, {"payload": demo_model.as_csv(rows).decode(), "content_type": "text/csv"}
    )
    assert status == 200, body
    assert [float(line) for line in body.split()] == pytest.approx(demo_model.predict(trained_model, rows), abs=1e-6)


def test_what_is_not_there_is_told_before_anything_is_made(orchestrator: Orchestrator) -> None:
    deployment = orchestrator.deployment
    assert isinstance(deployment, PreparedDeployment)
    containers = [{**SERVED, "model_artifact_location": "absent/second.tar.gz"}]
    request = orchestrator.request(
        "nowhere", model_artifact_location=None, model_data_prefix="absent/model", containers=containers
    )
    answer = deployment.bare_api.provision(request)
    assert answer.status == 400
    keys = [error["key"] for error in answer.body["errors"]]
    assert {*keys} >= {"model_data_prefix", "containers.0.model_artifact_location"}
    assert orchestrator.stacks("-nowhere-") == set()


def test_containers_in_series_answer_each_with_the_answer_before(
    orchestrator: Orchestrator, series: list[xgboost.Booster]
) -> None:
    request = request_of_series(orchestrator, "turns")
    pipeline_id = orchestrator.provisioned(request)
    stack = "mlops-pipeline-turns-byompipelinerealtimebuiltin"
    described = orchestrator.model_of(stack)
    assert [one["Environment"] for one in described["Containers"]] == [{"no": "yes"}, {"LOG_LEVEL": "debug"}]
    status, body = orchestrator.predict(
        stack, {"payload": demo_model.as_csv(ROWS[:4]).decode(), "content_type": "text/csv"}
    )
    assert status == 200, body
    assert [float(line) for line in body.split()] == pytest.approx(in_turn(series, ROWS[:4]), abs=1e-6)

    again = orchestrator.provision(request)["message"]
    assert again.endswith("is already provisioned. No updates are to be performed.")
    # Another value alone is another parameter; another name is another template. Both are deployed.
    assert orchestrator.changed(pipeline_id, {**request, "environment": {"no": "no", "on": "1"}}).has_succeeded
    assert orchestrator.model_of(stack)["Containers"][0]["Environment"] == {"no": "no", "on": "1"}


def test_a_transform_job_scores_with_containers_in_series(
    orchestrator: Orchestrator, series: list[xgboost.Booster], until: Callable[[Callable[[], Any]], Any]
) -> None:
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]
    s3.put_object(Bucket=bucket, Key="turned/rows.csv", Body=demo_model.as_csv(ROWS[:6]))
    request = request_of_series(
        orchestrator,
        "turned",
        pipeline_type="byom_batch_builtin",
        data_capture_location=None,
        batch_inference_data=f"{bucket}/turned/rows.csv",
        batch_job_output_location=f"{bucket}/turned/scored",
    )
    orchestrator.provisioned(request)
    key = "turned/scored/rows.csv.out"
    until(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents"))
    scored = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert [float(line) for line in scored.split()] == pytest.approx(in_turn(series, ROWS[:6]), abs=1e-6)


def test_sagemaker_is_asked_for_a_large_language_model(orchestrator: Orchestrator) -> None:
    """No GPU is here: what serves it is not run, but what SageMaker gets can be looked at."""
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]
    s3.put_object(Bucket=bucket, Key="models/chat/1/config.json", Body=b"{}")
    orchestrator.provisioned(
        orchestrator.request(
            "chat",
            **TGI,
            pipeline_type="byom_realtime_llm",
            model_artifact_location=None,
            model_id="models/chat/1",
            inference_instance="ml.g5.12xlarge",
        )
    )
    stack = "mlops-pipeline-chat-byompipelinerealtimellm"
    container = orchestrator.model_of(stack)["PrimaryContainer"]
    assert "huggingface-pytorch-tgi-inference" in container["Image"]
    assert container["ModelDataSource"]["S3DataSource"]["S3Uri"] == f"s3://{bucket}/models/chat/1/"
    told = {"HF_MODEL_ID": "/opt/ml/model", "MESSAGES_API_ENABLED": "true", "SM_NUM_GPUS": "4"}
    assert container["Environment"] == told
    variant = variant_of(orchestrator, stack)
    assert variant["InstanceType"] == "ml.g5.12xlarge"
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 1800
    # The role reads the files and lists them, and nothing beside them.
    role = orchestrator.acting_as(stack, "SageMakerRole", "s3")
    assert role.get_object(Bucket=bucket, Key="models/chat/1/config.json")["Body"].read() == b"{}"
    assert role.list_objects_v2(Bucket=bucket, Prefix="models/chat/1/")["KeyCount"] == 1
    with pytest.raises(role.exceptions.ClientError, match="AccessDenied"):
        role.get_object(Bucket=bucket, Key="models/chat/10/config.json")
    # A chat completion reaches the endpoint, also as a stream.
    url = f"{orchestrator.outputs(stack)['InferenceApiUrl'].removesuffix('inference')}v1/chat/completions"
    where = orchestrator.deployment.reachable(url)
    for asked in (b"{}", b'{"stream": true}'):
        status, answer = orchestrator.deployment.api.client.send("POST", where, asked)
        assert (status, json.loads(answer)["message"]) == (424, "The model failed.")
        assert "the local aws cannot run the image" in json.loads(answer)["detailedMessage"].lower()
