# SPDX-License-Identifier: Apache-2.0
"""Each of the four monitors: its baseline at once, one run of its schedule at the next hour."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from mlops_orchestrator.aws.api_client import SignedClient
from scripts.verification import probes, waiting
from scripts.verification.part import Finding, Part, calls, executions, large_hours
from scripts.verification.parts import data, pipelines, serving
from scripts.verification.parts.launching import heard, helpers
from scripts.verification.scene import PartFailedError, Scene

_TRUTHS: Final = "verify/truths"
_ALONE: Final = 12
"""So many rows are asked for one by one: a merge with the truth goes by event."""
_RUN_MINUTES: Final = 130
"""An hourly schedule begins up to 20 minutes after the hour, waits for the truth, and may take half an hour."""
_GOOD: Final = frozenset({"Completed", "CompletedWithViolations"})
_BAD: Final = frozenset({"Failed", "Stopped"})
_THRESHOLD: Final = 0.5
_TRUTH: Final = "monitor_ground_truth_input"


def requests(scene: Scene, endpoint: str) -> Iterator[dict[str, Any]]:
    """A request for each monitor of an endpoint, with its baseline stored."""
    bucket, header, rows = scene.outputs()["AssetsBucketName"], data.header(), data.held_out()
    labelled = data.stored(scene, "verify/baselines/labelled.csv", data.as_csv([header, *rows]))
    plain = data.stored(scene, "verify/baselines/plain.csv", data.as_csv(row[1:] for row in (header, *rows)))
    scores = serving.predictions(scene, rows)
    judged = [(str(int(score > _THRESHOLD)), str(score), row[0]) for score, row in zip(scores, rows, strict=True)]
    names = ("prediction", "probability", data.LABEL)
    known = data.stored(scene, "verify/baselines/judged.csv", data.as_csv([names, *judged]))
    common = {
        "model_name": scene.name,
        "endpoint_name": endpoint,
        "baseline_job_output_location": f"{bucket}/verify/monitoring/baselines",
        "data_capture_location": serving.request(scene)["data_capture_location"],
        "monitoring_output_location": f"{bucket}/verify/monitoring/reports",
        "schedule_expression": "cron(0 * ? * * *)",
        "monitor_max_runtime_seconds": 1800,
        "baseline_max_runtime_seconds": 1800,
        "instance_type": serving.INSTANCE,
        "instance_volume_size": 20,
        "monitor_engine": "sagemaker",
    }
    truth = {_TRUTH: f"{bucket}/{_TRUTHS}", "probability_threshold_attribute": _THRESHOLD}
    binary = {**truth, "problem_type": "BinaryClassification", "monitor_probability_attribute": "0"}
    yield {**common, "pipeline_type": "byom_data_quality_monitor", "baseline_data": plain}
    yield {
        **common,
        **binary,
        "pipeline_type": "byom_model_quality_monitor",
        "baseline_data": known,
        "baseline_inference_attribute": names[0],
        "baseline_probability_attribute": names[1],
        "baseline_ground_truth_attribute": names[2],
    }
    yield {
        **common,
        **binary,
        "pipeline_type": "byom_model_bias_monitor",
        "baseline_data": labelled,
        "bias_config": {
            "label_values_or_threshold": [1],
            "facet_name": header[1],
            "facet_values_or_threshold": [15],
        },
        "model_predicted_label_config": {"probability_threshold": _THRESHOLD},
    }
    yield {
        **common,
        "pipeline_type": "byom_model_explainability_monitor",
        "baseline_data": labelled,
        "problem_type": "Regression",
        "monitor_inference_attribute": "0",
        "model_scores": 0,
        "shap_config": {"baseline": [[float(one) for one in rows[0][1:]]], "num_samples": 50, "agg_method": "mean_abs"},
    }


def _baselines(scene: Scene) -> Iterator[Finding]:
    asked = list(requests(scene, serving.endpoint_of(scene)))
    begun = {request["pipeline_type"]: pipelines.begun(scene, request) for request in asked}
    failures = {}
    for name, pipeline_id in begun.items():
        try:
            pipelines.followed(scene, pipeline_id)
        except PartFailedError as error:
            failures[name] = str(error)
    if failures:
        raise PartFailedError("; ".join(f"{name}: {words}" for name, words in failures.items()))
    yield _described_by_output(scene, asked[0]["pipeline_type"])
    event = heard(scene, "the event of a baseline's end", lambda one: _is_baseline(one, scene), minutes=15)
    has_message = "ExitMessage" in event["detail"]
    yield Finding("event-exit-message", f"the event of a processing job has ExitMessage: {has_message}")
    form = "a map" if isinstance(event["detail"].get("Tags"), dict) else "no map"
    yield Finding("event-tags", f"of a processing job, detail.Tags is {form}")


def _described_by_output(scene: Scene, pipeline_type: str) -> Finding:
    sagemaker = scene.aws.client("sagemaker")
    name = scene.outputs(pipelines.deployed(scene, pipeline_type))["BaselineName"]
    try:
        sagemaker.describe_processing_job(ProcessingJobName=name)
    except sagemaker.exceptions.ClientError as error:
        return Finding("job-name-in-arn", str(error), holds=False)
    return Finding("job-name-in-arn", "the last part of the ARN finds the job", holds=True)


def _is_baseline(event: Mapping[str, Any], scene: Scene) -> bool:
    detail = event["detail"]
    ours = scene.name in json.dumps(detail)
    return ours and "ProcessingJobName" in detail and detail.get("ProcessingJobStatus") == "Completed"


def _runs(scene: Scene) -> Iterator[Finding]:
    merged, others = dict[str, str](), dict[str, str]()
    for request in requests(scene, serving.endpoint_of(scene)):
        name = request["pipeline_type"]
        run = _run_of(scene, name)
        scene.say(f"  {name}: {run['MonitoringExecutionStatus']}")
        if run["MonitoringExecutionStatus"] in _BAD:
            (merged if _TRUTH in request else others)[name] = run.get("FailureReason", "no reason given")
    seen = "; ".join(f"{name} failed: {words}" for name, words in merged.items())
    yield Finding("merged-data", seen or "runs over data merged with the truth ended well", not merged)
    if others:
        raise PartFailedError("; ".join(f"the run of {name} failed: {words}" for name, words in others.items()))


def _run_of(scene: Scene, pipeline_type: str) -> dict[str, Any]:
    """Return a run of a monitor that has ended. A local AWS has no clock, so the run is started there."""
    sagemaker = scene.aws.client("sagemaker")
    schedule = scene.outputs(pipelines.deployed(scene, pipeline_type))["MonitoringScheduleJobName"]
    if scene.aws.is_local:
        SignedClient(scene.aws).post(f"{scene.aws.endpoint_url}/_monitoring/{schedule}", b"")

    def ended() -> dict[str, Any] | None:
        listed = sagemaker.list_monitoring_executions(MonitoringScheduleName=schedule)
        return _telling(listed["MonitoringExecutionSummaries"], failures=1 if scene.aws.is_local else 2)

    return waiting.until(scene, f"a run of {pipeline_type}", _RUN_MINUTES, ended)


def _telling(runs: Sequence[dict[str, Any]], failures: int) -> dict[str, Any] | None:
    """Return a run that ended well, or one that failed if so many have. The first hour may have had no data."""
    good = [one for one in runs if one["MonitoringExecutionStatus"] in _GOOD]
    bad = [one for one in runs if one["MonitoringExecutionStatus"] in _BAD]
    if good:
        return good[0]
    return bad[0] if len(bad) >= failures else None


def _ask(scene: Scene) -> None:
    """Predict some rows one by one, and upload the ground truth of each capture."""
    rows = data.held_out()[:_ALONE]
    truth = {data.as_csv([row[1:]]).decode().strip(): row[0] for row in rows}
    for row in rows:
        serving.predictions(scene, [row])

    def all_captured() -> dict[str, dict[str, Any]] | None:
        """Return the captured records by request. Other calls are captured too."""
        found = {record["captureData"]["endpointInput"]["data"].strip(): record for record in serving.captured(scene)}
        return found if truth.keys() <= found.keys() else None

    records = waiting.until(scene, "captured data", 10, all_captured)
    by_hour = defaultdict[str, list[str]](list)
    for asked, label in truth.items():
        event = records[asked]["eventMetadata"]
        told = {"groundTruthData": {"data": label, "encoding": "CSV"}, "eventMetadata": {"eventId": event["eventId"]}}
        hour = datetime.fromisoformat(event["inferenceTime"])
        by_hour[f"{hour:%Y/%m/%d/%H}"].append(json.dumps({**told, "eventVersion": "0"}))
    # SageMaker merges by the hour of the prediction.
    for place, lines in by_hour.items():
        data.stored(scene, f"{_TRUTHS}/{place}/truth.jsonl", "\n".join(lines).encode())


def _refusal(scene: Scene) -> Iterator[Finding]:
    """Check whether SageMaker still accepts job definitions from this account; it is closed to new customers."""
    sagemaker, name = scene.aws.client("sagemaker"), f"{scene.name}-definition"
    path = {"LocalPath": "/opt/ml/processing/input", "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated"}
    report = {"S3Uri": f"s3://{scene.outputs()['AssetsBucketName']}/verify/none", "S3UploadMode": "EndOfJob"}
    output = {**report, "LocalPath": "/opt/ml/processing/output"}
    cluster = {"InstanceCount": 1, "InstanceType": serving.INSTANCE, "VolumeSizeInGB": 20}
    try:
        sagemaker.create_data_quality_job_definition(
            JobDefinitionName=name,
            DataQualityAppSpecification={"ImageUri": probes.monitor_image(scene)},
            DataQualityJobInput={"EndpointInput": {"EndpointName": serving.endpoint_of(scene), **path}},
            DataQualityJobOutputConfig={"MonitoringOutputs": [{"S3Output": output}]},
            JobResources={"ClusterConfig": cluster},
            RoleArn=helpers(scene)["JobRoleArn"],
        )
    except sagemaker.exceptions.ClientError as error:
        yield Finding("monitors-closed", f"refused: {error.response['Error'].get('Message')}")
        return
    sagemaker.delete_data_quality_job_definition(JobDefinitionName=name)
    yield Finding("monitors-closed", "this account may use Model Monitor")


BASELINES: Final = Part(
    "baselines",
    "the four monitors: baseline, job definition, schedule",
    minutes=15,
    costs=(large_hours(0.8), executions(4)),
    run=_baselines,
    needs=("predict",),
)
ASK: Final = Part(
    "ask",
    "predict some rows one by one, and store what was true of each, for the monitors to look at",
    minutes=4,
    costs=(calls(0.001),),
    run=_ask,
    needs=("baselines",),
)
PARTS: Final = (
    Part(
        "monitor-runs",
        "one run of each monitor, at a full hour that has come by now or comes next",
        minutes=45,
        costs=(large_hours(1.2), calls(0.01)),
        run=_runs,
        needs=("ask",),
    ),
    Part(
        "monitor-refusal",
        "experiment: whether a job definition is taken, and the words if not",
        minutes=1,
        costs=(calls(0.001),),
        run=_refusal,
        needs=("listen", "deploy"),
    ),
)
