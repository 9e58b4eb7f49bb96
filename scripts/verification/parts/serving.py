# SPDX-License-Identifier: Apache-2.0
"""Deploy the registered version, predict, score a file, change the endpoint again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mlops_orchestrator.aws.api_client import SignedClient
from scripts.verification import waiting
from scripts.verification.part import Finding, Part, calls, executions, large_hours
from scripts.verification.parts import data, pipelines, training
from scripts.verification.scene import PartFailedError, Scene

INSTANCE: Final = "ml.m5.large"
REALTIME: Final = "byom_realtime_builtin"
_CAPTURES: Final = "verify/captured"
_RIGHT: Final = 0.9
"""The share of held-out rows that even a tiny model classifies correctly."""
_TOLERANCE: Final = 1e-5
_UPDATES: Final = 5
_CAPTURE_MINUTES: Final = 10
"""SageMaker stores captures some minutes after the call."""


def request(scene: Scene, version: str = "") -> dict[str, Any]:
    """A request for an endpoint of a registered version."""
    return {
        "pipeline_type": REALTIME,
        "model_name": scene.name,
        "model_package_name": version or training.version_of(scene),
        "inference_instance": INSTANCE,
        "endpoint_name": endpoint_of(scene),
        "data_capture_location": f"{scene.outputs()['AssetsBucketName']}/{_CAPTURES}",
    }


def endpoint_of(scene: Scene) -> str:
    """The name of the endpoint."""
    return f"{scene.name}-live"


def predictions(scene: Scene, rows: Sequence[data.Row]) -> list[float]:
    """Return the endpoint's predictions, from the inference API of the pipeline, for rows with their labels first."""
    url = scene.reachable(scene.outputs(pipelines.deployed(scene, REALTIME))["InferenceApiUrl"])
    payload = data.as_csv(row[1:] for row in rows).decode().strip()
    asked = json.dumps({"payload": payload, "content_type": "text/csv"}).encode()
    status, content = SignedClient(scene.aws).post(url, asked)
    if status != 200:
        raise PartFailedError(f"the inference API answered {status}: {content.decode(errors='replace')}")
    return _numbers(content)


def captured(scene: Scene) -> list[dict[str, Any]]:
    """Every record that the endpoint has captured so far."""
    s3, bucket = scene.aws.client("s3"), scene.outputs()["AssetsBucketName"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{_CAPTURES}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    texts = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def _deploy(scene: Scene) -> None:
    pipelines.provisioned(scene, request(scene))


def _predict(scene: Scene) -> Iterator[Finding]:
    rows = data.held_out()
    _check(rows, predictions(scene, rows))
    records = waiting.until(scene, "captured data", _CAPTURE_MINUTES, lambda: captured(scene))
    encodings = sorted({record["captureData"]["endpointInput"]["encoding"] for record in records})
    yield Finding("captures-csv", f"CSV is captured as {', '.join(encodings)}", encodings == ["CSV"])


def _json(scene: Scene) -> Iterator[Finding]:
    """Check the encoding in which a JSON body is captured, even if the model refuses it."""
    runtime = scene.aws.client("sagemaker-runtime")
    try:
        runtime.invoke_endpoint(EndpointName=endpoint_of(scene), ContentType="application/json", Body=b'{"a": 1}')
    except runtime.exceptions.ClientError as error:
        # XGBoost's image reads no such JSON; a refused call may be captured or not.
        scene.say(f"  the endpoint refuses JSON: {error.response['Error'].get('Code')}")

    def encodings() -> set[str]:
        inputs = [record["captureData"]["endpointInput"] for record in captured(scene)]
        return {one["encoding"] for one in inputs if one.get("observedContentType") == "application/json"}

    try:
        found = waiting.until(scene, "the capture", 0 if scene.aws.is_local else _CAPTURE_MINUTES, encodings)
    except PartFailedError:
        yield Finding("captures-json", "what the endpoint refuses is not captured")
    else:
        yield Finding("captures-json", f"JSON is captured as {', '.join(sorted(found))}", found == {"JSON"})


def _batch(scene: Scene) -> Iterator[Finding]:
    bucket, rows = scene.outputs()["AssetsBucketName"], data.held_out()
    data.stored(scene, "verify/batch/rows.csv", data.as_csv(row[1:] for row in rows))
    pipeline_id = pipelines.provisioned(
        scene,
        {
            "pipeline_type": "byom_batch_builtin",
            "model_name": scene.name,
            "model_package_name": training.version_of(scene),
            "inference_instance": INSTANCE,
            "batch_inference_data": f"{bucket}/verify/batch/rows.csv",
            "batch_job_output_location": f"{bucket}/verify/scored",
        },
    )
    pipelines.job_of(scene, pipeline_id)
    s3 = scene.aws.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="verify/scored/").get("Contents", ())
    keys = [entry["Key"] for entry in listed if entry["Key"].endswith("rows.csv.out")]
    if len(keys) != 1:
        raise PartFailedError(f"the transform job left {len(keys)} results below verify/scored/")
    scored = _numbers(s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read())
    apart = sum(abs(one - other) > _TOLERANCE for one, other in zip(scored, predictions(scene, rows), strict=True))
    if apart:
        raise PartFailedError(f"{apart} of {len(scored)} scores are not what the endpoint predicts")
    yield Finding("trusting-services", "an endpoint, a training and a transform job took on their roles", holds=True)


def _update(scene: Scene) -> Iterator[Finding]:
    """A new artifact, so another statement of the model's role, again and again."""
    sagemaker, s3 = scene.aws.client("sagemaker"), scene.aws.client("s3")
    first = sagemaker.describe_model_package(ModelPackageName=training.version_of(scene))
    specification = first["InferenceSpecification"]
    bucket, _, key = specification["Containers"][0]["ModelDataUrl"].removeprefix("s3://").partition("/")
    refused = []
    for number in range(_UPDATES):
        copy = f"verify/artifacts/{number}/model.tar.gz"
        s3.copy_object(Bucket=bucket, Key=copy, CopySource={"Bucket": bucket, "Key": key})
        container = {"Image": specification["Containers"][0]["Image"], "ModelDataUrl": f"s3://{bucket}/{copy}"}
        version = sagemaker.create_model_package(
            ModelPackageGroupName=training.group_of(scene),
            ModelApprovalStatus="Approved",
            InferenceSpecification={**specification, "Containers": [container]},
        )["ModelPackageArn"]
        before = pipelines.execution_of(scene, pipelines.pipeline_of(scene, REALTIME))
        pipeline_id = pipelines.begun(scene, request(scene, version))
        try:
            pipelines.followed(scene, pipeline_id, before=before)
        except PartFailedError as error:
            refused.append(str(error))
    seen = f"{_UPDATES - len(refused)} of {_UPDATES} updates with a new artifact went through"
    yield Finding("role-propagation", "; ".join([seen, *refused[:1]]), not refused)


def _check(rows: Sequence[data.Row], answered: Sequence[float]) -> None:
    if len(rows) != len(answered):
        raise PartFailedError(f"the endpoint gave {len(answered)} predictions for {len(rows)} rows")
    right = sum((number > 0.5) == (row[0] == "1") for row, number in zip(rows, answered, strict=True))
    if right < _RIGHT * len(rows):
        raise PartFailedError(f"the endpoint is right about {right} of {len(rows)} rows")


def _numbers(content: bytes) -> list[float]:
    return [float(number) for number in content.decode().replace(",", "\n").split()]


PARTS: Final = (
    Part(
        "deploy",
        "deploy the registered version to an endpoint, which then runs to the end",
        minutes=9,
        costs=(large_hours(3), executions(1)),
        run=_deploy,
        needs=("train",),
    ),
    Part(
        "predict",
        "predict rows that the model has not seen, and look at what is captured",
        minutes=3,
        costs=(calls(0.001),),
        run=_predict,
        needs=("deploy",),
    ),
    Part(
        "capture-json",
        "experiment: how the endpoint captures JSON",
        minutes=3,
        costs=(calls(0.001),),
        run=_json,
        needs=("predict",),
    ),
    Part(
        "batch",
        "score the same rows by a transform job, and compare",
        minutes=10,
        costs=(large_hours(0.15), executions(1)),
        run=_batch,
        needs=("predict",),
    ),
)
UPDATE: Final = Part(
    "update",
    "experiment: five updates of the endpoint, each with a new artifact",
    minutes=30,
    costs=(executions(5),),
    run=_update,
    needs=("predict",),
)
