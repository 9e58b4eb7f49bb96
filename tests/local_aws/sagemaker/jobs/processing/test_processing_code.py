# SPDX-License-Identifier: Apache-2.0
"""Processing jobs with Python code of their own: what it is given, what is kept of it, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.sagemaker import install as sagemaker
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.monitoring import BUCKET, ROLE, keys, python_request
from tests.local_aws.waiting import SECONDS

Run = Callable[..., dict[str, Any]]
TOLD = "open('/opt/ml/output/message', 'w').write"
KEPT = "open('/opt/ml/processing/output/kept', 'w').write"
ENDLESS = "__import__('threading').Event().wait()"


@pytest.fixture(scope="module", autouse=True)
def bucket(client: ClientFactory) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="code/engine.py", Body="import sys; print(sys.argv)")
    client("s3").put_object(Bucket=BUCKET, Key="code/below/more", Body="more")


@pytest.fixture
def run(client: ClientFactory) -> Run:
    """Run code to its end; the description."""
    sm = client("sagemaker")

    def ended(name: str, *lines: str, **changes: Any) -> dict[str, Any]:
        sm.create_processing_job(ProcessingJobName=name, **python_request(*lines, **changes))
        assert sagemaker.wait_idle(SECONDS)
        return dict(sm.describe_processing_job(ProcessingJobName=name))

    return ended


def kept(client: ClientFactory) -> str:
    body: bytes = client("s3").get_object(Bucket=BUCKET, Key="out/python/kept")["Body"].read()
    return body.decode()


def test_code_reads_its_inputs_and_leaves_outputs_and_a_message(client: ClientFactory, run: Run) -> None:
    job = run(
        "Read",
        "import pathlib",
        "found = pathlib.Path('/opt/ml/processing/input/code')",
        f"{KEPT}(' '.join(sorted(one.relative_to(found).as_posix() for one in found.rglob('*') if one.is_file())))",
        f"{TOLD}('x' * 2000)",
    )
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "x" * 1024)
    assert kept(client) == "below/more engine.py"


def test_code_has_the_jobs_arguments_environment_and_role(client: ClientFactory, run: Run) -> None:
    run(
        "Identity",
        "import boto3, json, os, sys",
        "arn = boto3.client('sts').get_caller_identity()['Arn']",
        f"{KEPT}(json.dumps([arn, os.environ['place'], os.environ['far'], sorted(os.environ)]))",
        Environment={"AWS_DEFAULT_REGION": "us-east-1", "place": "/opt/ml/processing/x", "far": "s3://b/opt/ml/x"},
    )
    arn, place, far, names = json.loads(kept(client))
    assert arn.startswith(f"{ROLE.replace(':iam:', ':sts:').replace(':role', ':assumed-role')}/")
    assert place.endswith("/processing/x")
    assert place != "/opt/ml/processing/x"
    assert far == "s3://b/opt/ml/x"
    # Nothing of whoever started the local AWS.
    assert set(names) <= {
        "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HOME", "LANG", "LC_CTYPE", "PATH", "far", "message_path",
        "place", "predictor_rows_per_second",
    }  # fmt: skip


def test_what_code_prints_is_in_the_log(client: ClientFactory, run: Run) -> None:
    entry = {"ContainerEntrypoint": ["python3", "-c", "import sys; print(sys.argv)", "a"]}
    assert run("File", "/opt/ml/processing/b", AppSpecification=entry)["ProcessingJobStatus"] == "Completed"
    (stream,) = client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix="File/algo-1-"
    )["logStreams"]
    (event,) = client("logs").get_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamName=stream["logStreamName"]
    )["events"]
    assert event["message"].startswith("['-c', 'a', '")
    assert event["message"].endswith("/processing/b']")


@pytest.mark.parametrize(
    ("name", "lines", "reason"),
    [
        ("status", (f"{TOLD}('no rows')", "raise SystemExit(3)"), "AlgorithmError: no rows, exit code: 3"),
        ("words", ("raise SystemExit('a digest')",), "AlgorithmError: , exit code: 1"),
        ("error", ("1 / 0",), "AlgorithmError: , exit code: 1"),
    ],
)
def test_code_that_fails_fails_the_job(
    client: ClientFactory, run: Run, name: str, lines: tuple[str, ...], reason: str
) -> None:
    client("s3").delete_object(Bucket=BUCKET, Key="out/python/kept")
    job = run(f"Fails-{name}", f"{KEPT}('half')", *lines)
    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Failed", reason)
    assert keys(client("s3"), "out/python") == []


def test_a_job_is_stopped_after_its_time(run: Run) -> None:
    assert run("Late", ENDLESS, StoppingCondition={"MaxRuntimeInSeconds": 1})["ProcessingJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("value", {"Environment": {"a": "x" * 257}}, "'environment.a.value' failed .* less than or equal to 256"),
        ("name", {"Environment": {"1": "x"}}, "'environment.1.key' failed .* regular expression"),
        ("many", {"Environment": {f"a{number}": "" for number in range(101)}}, "have length less than or equal to 100"),
        (
            "code",
            {"AppSpecification": {"ContainerEntrypoint": ["python3", "-c", "x" * 257]}},
            "3.member' failed .* 256",
        ),
        ("path", {"local": "/opt/ml/input"}, "must begin with /opt/ml/processing/"),
    ],
)
def test_a_request_beyond_the_limits_is_refused(
    client: ClientFactory, name: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        client("sagemaker").create_processing_job(ProcessingJobName=f"over-{name}", **python_request("0", **changes))
    assert refused.value.response["Error"]["Code"] == "ValidationException"
