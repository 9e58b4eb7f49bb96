# SPDX-License-Identifier: Apache-2.0
"""`make bench`: measure the main figures on this machine and print them as JSON lines.

Times are medians of interleaved runs in fresh processes. They are comparable only within a run: read the ratios.
"""

from __future__ import annotations

import compileall
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from mlops_orchestrator.aws.stack_following import StackEvent
from scripts import paths
from scripts.benchmark import bench_console
from scripts.launch.deployment import Audience
from scripts.launch.launch import Launching
from scripts.launch.local_deployment import LocalDeployment
from scripts.launch.local_stack import deployed
from scripts.local_aws.apigateway import throttling
from scripts.packaging import bundle

_RUNS: Final = 7
_PROBE: Final = str(Path(__file__).with_name("bench_probe.py"))
_REQUEST: Final = paths.ROOT / "tests" / "requests" / "byom_realtime_custom.json"
_FUNCTION: Final = "Orchestrator"
Measurement = dict[str, Any]


class _Nobody(Audience):
    """Audience that ignores everything."""

    def say(self, text: str) -> None:
        """Ignore a message."""

    def event(self, event: StackEvent) -> None:
        """Ignore an event of a stack or resource."""


def main() -> None:
    """Measure everything and print one JSON object per line."""
    # It asks the orchestrator more often than people do.
    os.environ.setdefault(throttling.UNTHROTTLED, throttling.ORCHESTRATOR)
    with tempfile.TemporaryDirectory() as folder:
        archive = bundle.build("host").zipped()
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            zipped.extractall(folder)
        # boto3 is compiled already, here as in Lambda's runtime. The difference left is what gets imported.
        compileall.compile_dir(folder, quiet=1)
        for measurement in _all(Path(folder)):
            sys.stdout.write(f"{json.dumps(measurement)}\n")
            sys.stdout.flush()


def _all(unpacked: Path) -> Iterator[Measurement]:
    yield _generator()
    yield _templates()
    yield _bundle_size()
    with deployed(Launching(parameters={"NotificationEmail": "bench@example.com"}), _Nobody()) as deployment:
        environment = _environment(deployment, unpacked)
        yield _refused(environment)
        yield _refused_for_what_is_missing(environment, deployment)
        yield from _provisions(environment, deployment)
        yield {"name": "local AWS, deployed and idle", "memory_mb": _resident_mb()}
        yield bench_console.measure(deployment)


def _generator() -> Measurement:
    """Measure a cold run of the generator beside an idle interpreter, and one that imports troposphere."""
    commands = {
        "generator": ["-m", "generator", "--check"],
        "python": ["-c", "pass"],
        "troposphere": ["-c", "import troposphere"],
    }
    seconds = {name: _median(_elapsed(command) for _ in range(_RUNS)) for name, command in commands.items()}
    return {
        "name": "all templates, cold",
        "seconds": seconds["generator"],
        "ratio_to_bare_python": round(seconds["generator"] / seconds["python"], 1),
        "ratio_to_troposphere": round(seconds["generator"] / seconds["troposphere"], 1),
    }


def _elapsed(arguments: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True, cwd=paths.ROOT)
    return time.perf_counter() - started


def _templates() -> Measurement:
    resources = {path.name: _resource_count(path) for path in sorted(paths.TEMPLATES.rglob("*.yaml"))}
    return {"name": "resources", "total": sum(resources.values()), "by_template": resources}


def _resource_count(path: Path) -> int:
    sections: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    return next(len(section.value) for name, section in sections.value if name.value == "Resources")


def _bundle_size() -> Measurement:
    size = len(bundle.build("lambda").zipped())
    return {"name": "dist/orchestrator.zip", "megabytes": round(size / 1e6, 2)}


def _environment(deployment: LocalDeployment, unpacked: Path) -> dict[str, str]:
    """Return the deployed function's own environment, with the address of the local AWS."""
    lambda_ = deployment.aws.client("lambda")
    functions = lambda_.list_functions()["Functions"]
    (function,) = (found for found in functions if f"-{_FUNCTION}-" in found["FunctionName"])
    return {
        **os.environ,
        **function["Environment"]["Variables"],
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": deployment.aws.region,
        "AWS_DEFAULT_REGION": deployment.aws.region,
        "AWS_ENDPOINT_URL": deployment.aws.endpoint_url,
        "PYTHONPATH": str(unpacked),
    }


def _refused(environment: Mapping[str, str]) -> Measurement:
    """Measure a new function's first answer, to a refused request, beside the import of boto3 alone; runs alternate."""
    refused = json.dumps({"pipeline_type": "byom_realtime_builtin", "inference_instance": "large"})
    without_aws = {key: value for key, value in environment.items() if key != "AWS_ENDPOINT_URL"}
    runs = [(_probe(without_aws, "boto3"), _probe(without_aws, "request", refused)) for _ in range(_RUNS)]
    boto3_seconds = _median(boto3["seconds"] for boto3, _ in runs)
    seconds = _median(request["seconds"] for _, request in runs)
    return {
        "name": "refused request, function new",
        "status": runs[0][1]["status"],
        "seconds": seconds,
        "ratio_to_boto3_import": round(seconds / boto3_seconds, 2),
        "warm_seconds": _median(request["again_seconds"] for _, request in runs),
        "calls": runs[0][1]["calls"],
    }


def _refused_for_what_is_missing(environment: Mapping[str, str], deployment: LocalDeployment) -> Measurement:
    """Measure a request that names five things that do not exist: they are looked up side by side."""
    account, region = deployment.aws.account, deployment.aws.region
    keys = f"arn:{deployment.aws.partition}:kms:{region}:{account}:key"
    request = {
        "pipeline_type": "byom_batch_custom",
        "model_name": "bench-missing",
        "inference_instance": "ml.m5.large",
        "model_artifact_location": "missing/model.tar.gz",
        "custom_image_uri": f"{account}.dkr.ecr.{region}.amazonaws.com/missing:1",
        "batch_inference_data": "missing-input/data.csv",
        "batch_job_output_location": "missing-output/results",
        "kms_key_arn": f"{keys}/00000000-0000-4000-8000-000000000000",
    }
    measured = _probe(environment, "request", json.dumps(request))
    return {
        "name": "refused request, five things missing",
        "problems": len(measured["body"]["errors"]),
        "seconds": round(measured["seconds"], 4),
        "warm_seconds": round(measured["again_seconds"], 4),
        "aws_calls": sum(measured["calls"].values()),
        "calls": measured["calls"],
        "memory_mb": measured["memory_mb"],
    }


def _provisions(environment: Mapping[str, str], deployment: LocalDeployment) -> Iterator[Measurement]:
    """Measure a new pipeline, and the same request again."""
    request = json.loads(_REQUEST.read_text(encoding="utf-8"))
    artifact = {"Bucket": deployment.outputs["AssetsBucketName"], "Key": request["model_artifact_location"]}
    s3 = deployment.aws.client("s3")
    s3.put_object(**artifact, Body=b"any model")
    s3.create_bucket(Bucket=request["data_capture_location"].partition("/")[0])
    for name in ("accepted request, new pipeline", "accepted request, repeated"):
        measured = _probe(environment, "request", json.dumps(request))
        yield {
            "name": name,
            "message": measured["body"]["message"],
            "seconds": round(measured["seconds"], 4),
            "aws_calls": sum(measured["calls"].values()),
            "calls": measured["calls"],
            "memory_mb": measured["memory_mb"],
        }


def _probe(environment: Mapping[str, str], *arguments: str) -> Measurement:
    done = subprocess.run(
        [sys.executable, _PROBE, *arguments], capture_output=True, check=True, text=True, env=dict(environment)
    )
    measured: Measurement = json.loads(done.stdout.splitlines()[-1])
    return measured


def _median(seconds: Iterator[float]) -> float:
    return round(statistics.median(seconds), 4)


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return round(int(kilobytes) / 1024, 1)


if __name__ == "__main__":
    main()
