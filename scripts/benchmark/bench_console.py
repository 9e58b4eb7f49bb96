# SPDX-License-Identifier: Apache-2.0
"""The console's first page with 500 pipelines, beside the API's own answer of the same page. Runs alternate."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from typing import Any, Final

from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.pipelines import Pipeline
from orchestrator.plan.stack_tags import LABEL_TAG, PIPELINE_NAME_OUTPUT, RELEASE_TAG, TYPE_TAG
from scripts.console import serving
from scripts.launch.local_deployment import LocalDeployment

PIPELINES: Final = 500
_PAGE: Final = 50
_RUNS: Final = 7
_AT_ONCE: Final = 8
_TYPE: Final = "byom_realtime_builtin"


def measure(deployment: LocalDeployment, pipelines: int = PIPELINES) -> dict[str, Any]:
    """Return the times of the page and of the API, in seconds; the pipelines stay."""
    _fill(deployment, pipelines)
    with serving.served(deployment.api) as address:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = _read(opener, address)
        plain = address.partition("?")[0]
        runs = [
            (_seconds(lambda: deployment.api.list(limit=_PAGE)), _seconds(lambda: _read(opener, plain)))
            for _ in range(_RUNS)
        ]
    api, console = (round(statistics.median(times), 4) for times in zip(*runs, strict=True))
    return {
        "name": f"console, first page of {pipelines} pipelines",
        "on_the_page": page.count('<th scope="row">'),
        "seconds": console,
        "api_seconds": api,
        "ratio_to_api": round(console / api, 2),
    }


def _read(opener: urllib.request.OpenerDirector, address: str) -> str:
    with opener.open(address) as answer:
        return str(answer.read().decode())


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _fill(deployment: LocalDeployment, pipelines: int) -> None:
    """Provision a pipeline, and make the stacks of others that say that theirs is the same.

    So all of the list's calls are made for each of them: for its CodePipeline, its execution and its endpoint.
    """
    bucket, s3 = deployment.outputs["AssetsBucketName"], deployment.aws.client("s3")
    s3.put_object(Bucket=bucket, Key="bench/model.tar.gz", Body=b"any model")
    answer = deployment.api.provision(
        {
            "pipeline_type": _TYPE,
            "model_name": "bench-console",
            "model_framework": "kmeans",
            "model_framework_version": "1",
            "model_artifact_location": "bench/model.tar.gz",
            "inference_instance": "ml.m5.large",
            "data_capture_location": f"{bucket}/captured",
        }
    )
    made = Pipeline(deployment.api, accepted(answer))
    made.wait()
    cloudformation = deployment.aws.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=made.id)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    given = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    template = {
        "Parameters": {"StackName": {"Type": "String"}},
        "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        "Outputs": {PIPELINE_NAME_OUTPUT: {"Value": outputs[PIPELINE_NAME_OUTPUT]}},
    }

    def another(number: int) -> None:
        label = f"bench-{number:03d}"
        tags = {RELEASE_TAG: "bench", TYPE_TAG: _TYPE, LABEL_TAG: label}
        cloudformation.create_stack(
            StackName=f"mlops-pipeline-{label}-byompipelinerealtimebuiltin-codepipeline",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "StackName", "ParameterValue": given["StackName"]}],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(another, range(pipelines - 1)))
