# SPDX-License-Identifier: Apache-2.0
"""Models that a script of their own serves: of scikit-learn, and of whatever the script loads."""

import io
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.serving import environments
from scripts.local_aws.serving.images import framework_image
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.scripted import BUCKET, PYTORCH, SCIKIT_LEARN, VARIABLES, Deploy, archive, wheel
from tests.local_aws.serving import ROLE, make_config
from tests.local_aws.waiting import SECONDS

ROWS = np.random.default_rng(7).random((60, 3)).astype(np.float32)
LABELS = (ROWS[:, 0] > ROWS[:, 1]).astype(int)
CSV = "\n".join(",".join(map(str, row)) for row in ROWS[:5].tolist())
MODEL_FN = """
    import os
    import pickle

    def model_fn(model_dir):
        with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
            return pickle.load(file)
"""


@pytest.fixture(scope="module")
def regression() -> LogisticRegression:
    return LogisticRegression().fit(ROWS, LABELS)


@pytest.fixture(scope="module")
def deploy(client: ClientFactory) -> Iterator[Deploy]:
    """Deploy an archive by a name; what was deployed is gone at the end."""
    sm, made = client("sagemaker"), []
    client("s3").create_bucket(Bucket=BUCKET)

    def deploy(name: str, packed: bytes, image: str = SCIKIT_LEARN, **variables: str) -> dict[str, Any]:
        client("s3").put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=packed)
        container = {"Image": image, "ModelDataUrl": f"s3://{BUCKET}/{name}.tar.gz", "Environment": variables}
        sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        make_config(sm, name, name)
        sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
        made.append(name)
        described: dict[str, Any] = sm.describe_endpoint(EndpointName=name)
        return described

    yield deploy
    for name in made:
        sm.delete_endpoint(EndpointName=name)
        sm.delete_endpoint_config(EndpointConfigName=name)
        sm.delete_model(ModelName=name)


@pytest.fixture(scope="module")
def regressing(deploy: Deploy, regression: LogisticRegression) -> str:
    """An endpoint of a scikit-learn model with the image's own functions but one."""
    packed = archive(model_pkl=pickle.dumps(regression), code__inference_py=MODEL_FN)
    deployed = deploy("regressing", packed, **VARIABLES)
    assert deployed["EndpointStatus"] == "InService", deployed.get("FailureReason")
    return "regressing"


def ask(client: ClientFactory, endpoint: str, body: str | bytes, content_type: str, accept: str = "") -> Any:
    more = {"Accept": accept} if accept else {}
    return client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType=content_type, Body=body, **more
    )


def npy(rows: np.ndarray) -> bytes:
    written = io.BytesIO()
    np.save(written, rows)
    return written.getvalue()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(CSV, "text/csv"), (json.dumps(ROWS[:5].tolist()), "application/json"), (npy(ROWS[:5]), "application/x-npy")],
    ids=["csv", "json", "npy"],
)
def test_scikit_learn_predicts_as_in_python(
    client: ClientFactory, regressing: str, regression: LogisticRegression, body: str | bytes, content_type: str
) -> None:
    expected = regression.predict(ROWS[:5]).tolist()
    answer = ask(client, regressing, body, content_type)
    assert (answer["ContentType"], json.loads(answer["Body"].read())) == ("application/json", expected)
    lines = ask(client, regressing, body, content_type, "text/csv")["Body"].read().decode().splitlines()
    assert [int(line) for line in lines] == expected
    packed = ask(client, regressing, body, content_type, "application/x-npy")["Body"].read()
    assert np.load(io.BytesIO(packed)).tolist() == expected


@pytest.mark.parametrize(
    ("content_type", "accept", "status"),
    [("text/plain", "text/csv", 415), ("text/csv", "text/plain", 406)],
    ids=["unknown-request", "unknown-answer"],
)
def test_media_types_that_the_image_does_not_know_are_refused(
    client: ClientFactory, regressing: str, content_type: str, accept: str, status: int
) -> None:
    runtime = client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError, match="is not supported by this framework") as refused:
        ask(client, regressing, CSV, content_type, accept)
    assert refused.value.response["OriginalStatusCode"] == status


def test_an_error_in_the_script_is_the_answer_with_its_traceback(client: ClientFactory, regressing: str) -> None:
    runtime = client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError, match="Expected 2D array, got 1D array") as refused:
        ask(client, regressing, "1,2,3", "text/csv")
    answer = refused.value.response
    assert answer["OriginalStatusCode"] == 500
    assert "Traceback" in answer["OriginalMessage"]


def test_a_transform_job_scores_with_a_scikit_learn_model(
    client: ClientFactory, regressing: str, regression: LogisticRegression
) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="rows/a.csv", Body=CSV)
    data = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/"}}}
    client("sagemaker").create_transform_job(
        TransformJobName="regressed", ModelName=regressing,
        TransformInput={**data, "ContentType": "text/csv"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/scored/", "Accept": "text/csv"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )  # fmt: skip
    assert sagemaker.wait_idle(SECONDS)
    scored = client("s3").get_object(Bucket=BUCKET, Key="scored/a.csv.out")["Body"].read()
    assert [int(line) for line in scored.splitlines()] == regression.predict(ROWS[:5]).tolist()


def test_a_script_has_its_own_functions_and_libraries(
    client: ClientFactory, deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image is PyTorch's, whose server needs no variables; its library is a wheel that has nothing in it."""
    wheel(tmp_path, "torch", "2.6.99", "")
    wheel(tmp_path, "tide_table", "1.0", "def level(hours):\n    return [2 * hour for hour in hours]\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    script = """
        import json
        import os

        import tide_table
        from sagemaker_inference import content_types

        def model_fn(model_dir):
            print("what is printed is no answer")
            with open(os.path.join(model_dir, "offset.txt")) as file:
                return float(file.read()) + float(os.environ["ABOVE"])

        def input_fn(body, content_type):
            assert content_type == "application/x-hours", content_type
            return [float(hour) for hour in body.decode().split(";")]

        def predict_fn(hours, offset, context):
            assert context.system_properties["model_dir"]
            return [level + offset for level in tide_table.level(hours)]

        def output_fn(levels, accept):
            return json.dumps({"levels": levels}), content_types.JSON
    """
    packed = archive(offset_txt="0.5", code__inference_py=script, code__requirements_txt="tide_table==1.0")
    deployed = deploy("scripted", packed, PYTORCH, ABOVE="100")
    assert deployed["EndpointStatus"] == "InService", deployed.get("FailureReason")
    answer = ask(client, "scripted", b"1;2.5", "application/x-hours", "text/csv")
    assert answer["ContentType"] == "application/json"
    assert json.loads(answer["Body"].read()) == {"levels": [102.5, 105.5]}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import harbour_charts\n", "ModuleNotFoundError: No module named 'harbour_charts'"),
        ("def model_fn(model_dir):\n    return {}['depth']\n", "KeyError: 'depth'"),
        ("import sys\nsys.exit('no charts')\n", "SystemExit: no charts"),
        ("", "NotImplementedError: Please provide a model_fn implementation."),
    ],
    ids=["an-import", "model-fn", "an-exit", "no-model-fn"],
)
def test_a_broken_script_fails_the_deployment_with_its_last_line(
    deploy: Deploy, request: pytest.FixtureRequest, script: str, reason: str
) -> None:
    name = f"broken-{request.node.callspec.id}"
    deployed = deploy(name, archive(code__inference_py=script), **VARIABLES)
    assert deployed["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in deployed["FailureReason"]
    assert f"it says: {reason}" in deployed["FailureReason"]


def test_the_image_of_scikit_learn_needs_to_be_told_its_script(deploy: Deploy) -> None:
    deployed = deploy("untold", archive(code__inference_py=MODEL_FN))
    assert (
        "needs the environment variable SAGEMAKER_PROGRAM and SAGEMAKER_SUBMIT_DIRECTORY" in (deployed["FailureReason"])
    )


def test_what_the_environment_cannot_have_fails_the_deployment(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    image = SCIKIT_LEARN.replace("1.9-0", "98.7-1")
    deployed = deploy("unmade", archive(code__inference_py=MODEL_FN), image, **VARIABLES)
    assert deployed["EndpointStatus"] == "Failed"
    assert deployed["FailureReason"].startswith(
        "The local AWS cannot have what the image has (scikit-learn~=98.7.0, pandas): Python "
    )


def test_an_environment_is_made_once(regressing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def made_again(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(environments, "_fill", made_again)
    image = framework_image(SCIKIT_LEARN)
    assert regressing
    assert image is not None
    environments.environment(environments.Needed(image.requirements, image.python))
