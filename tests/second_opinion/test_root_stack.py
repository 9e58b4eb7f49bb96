# SPDX-License-Identifier: Apache-2.0
"""What the root stack does on an AWS that is not ours."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from scripts import paths
from tests.end_to_end import waiting
from tests.second_opinion import emulator
from tests.second_opinion.conftest import Deployed

# Single-account requests; those for stages need an Organization.
EXAMPLES: Final = sorted(
    path for path in (paths.ROOT / "tests" / "requests").glob("*.json") if not path.name.endswith(".multi.json")
)


@pytest.fixture(scope="module", autouse=True)
def baselines(deployed: Deployed) -> None:
    """The files whose headers the monitors' examples are checked against."""
    for path in (paths.ROOT / "tests" / "baselines").iterdir():
        key = f"baselines/berth-occupancy/{path.name}"
        deployed.aws.client("s3").put_object(
            Bucket=deployed.outputs["AssetsBucketName"], Key=key, Body=path.read_bytes()
        )


def test_the_root_stack_is_created(deployed: Deployed) -> None:
    assert deployed.stack["StackStatus"] == "CREATE_COMPLETE", deployed.stack.get("StackStatusReason")


def test_the_pipeline_types_are_listed(deployed: Deployed) -> None:
    status, answer = deployed.call("GET", "/pipeline-types")
    assert status == HTTPStatus.OK, answer
    assert {json.loads(path.read_text())["pipeline_type"] for path in EXAMPLES} <= {
        found["pipeline_type"] for found in answer["pipeline_types"]
    }


def test_a_call_that_is_not_signed_is_refused(deployed: Deployed) -> None:
    host = emulator.api_host(deployed.aws.endpoint_url, deployed.outputs["ApiEndpoint"])
    call = Request(f"{deployed.aws.endpoint_url}/prod/pipelines", headers={"Host": host})
    with pytest.raises(HTTPError) as refused:
        urlopen(call)
    assert refused.value.code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_has_a_plan(deployed: Deployed, path: Path) -> None:
    """The plan of a monitor needs its endpoint's real name, and the emulator has no SageMaker: that is told."""
    request = json.loads(path.read_text())
    if "baseline_data" not in request:
        deployed.prepare(request)
    status, answer = deployed.call("POST", "/provisionpipeline", {**request, "dry_run": True})
    if "baseline_data" in request:
        assert status == HTTPStatus.BAD_GATEWAY, answer
        assert answer["message"].startswith(f"AWS did not describe the endpoint {request['endpoint_name']}.")
    else:
        assert status == HTTPStatus.OK, answer
        assert answer["plan"]["pipeline_type"] == request["pipeline_type"]


def test_a_wrong_request_gets_every_problem(deployed: Deployed) -> None:
    status, answer = deployed.call("POST", "/provisionpipeline", {"pipeline_type": "byom_realtime_builtin"})
    assert status == HTTPStatus.BAD_REQUEST
    assert {"model_name", "inference_instance"} <= {problem["key"] for problem in answer["errors"]}


def test_a_configuration_that_is_dropped_leaves_its_result(deployed: Deployed) -> None:
    s3, bucket = deployed.aws.client("s3"), deployed.outputs["ConfigBucketName"]
    example = json.loads(EXAMPLES[0].read_text())
    deployed.prepare(example)
    requests = [{**example, "dry_run": True}, {"pipeline_type": "nothing"}]
    s3.put_object(Bucket=bucket, Key="team/mlops-config.json", Body=json.dumps(requests).encode())

    def result() -> Any:
        found = s3.list_objects_v2(Bucket=bucket, Prefix="team/mlops-config.json.result").get("Contents")
        return found and json.loads(s3.get_object(Bucket=bucket, Key=found[0]["Key"])["Body"].read())

    assert [entry["outcome"] for entry in waiting.until(result)["entries"]] == ["accepted", "refused"]
