# SPDX-License-Identifier: Apache-2.0
"""A pipeline that gives jobs to the stage deployer."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from orchestrator import stages
from tests.orchestrator.stage_action.played_aws import (
    PARAMETERS,
    REGION,
    TEMPLATE,
    Deliver,
    Pack,
    Pipeline,
    Run,
    StackSets,
    parameter_file,
    zipped,
)


@pytest.fixture
def stack_sets(aws: None) -> StackSets:
    return StackSets()


@pytest.fixture
def pipeline(aws: None) -> Pipeline:
    return Pipeline()


@pytest.fixture
def job_event() -> dict[str, Any]:
    event: dict[str, Any] = json.loads((Path(__file__).parents[2] / "events/stage_job.json").read_text("utf-8"))
    return event


@pytest.fixture
def pack(aws: None) -> Pack:
    """`pack(members)`: store the job's artifact; without members it is what the stage asks for."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="quayside-pipelines", CreateBucketConfiguration={"LocationConstraint": REGION})

    def store(members: dict[str, str] | None = None, content: bytes | None = None) -> None:
        usual = {"realtime_inference.yaml": TEMPLATE, "dev_template_params.json": parameter_file(PARAMETERS)}
        body = content if content is not None else zipped(usual if members is None else members)
        s3.put_object(Bucket="quayside-pipelines", Key="mlops-pipeline-quayside/Artifact_S/xYz9aBc", Body=body)

    store()
    return store


@pytest.fixture
def deliver(
    pack: Pack,
    pipeline: Pipeline,
    stack_sets: StackSets,
    job_event: dict[str, Any],
    *,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Deliver:
    """`deliver(token, job_id=, **user_parameters)`: invoke the function with a job."""
    monkeypatch.setenv("CALL_AS", "SELF")

    def invoke(token: str | None = None, job_id: str | None = None, **changes: Any) -> None:
        event = copy.deepcopy(job_event)
        job = event["CodePipeline.job"]
        configuration = job["data"]["actionConfiguration"]["configuration"]
        configuration["UserParameters"] = json.dumps({**json.loads(configuration["UserParameters"]), **changes})
        job["id"] = job_id or job["id"]
        if token is not None:
            job["data"]["continuationToken"] = token
        stages.handler(event, context)

    return invoke


@pytest.fixture
def run(deliver: Deliver, pipeline: Pipeline, stack_sets: StackSets) -> Run:
    """`run(**user_parameters)`: one action from its first job to its end; operations end between the questions."""

    def until_the_end(**changes: Any) -> None:
        deliver(**changes)
        for _ in range(30):
            if "continuationToken" not in pipeline.answer:
                return
            stack_sets.finish()
            deliver(pipeline.token, **changes)
        raise AssertionError("the action does not end")

    return until_the_end
