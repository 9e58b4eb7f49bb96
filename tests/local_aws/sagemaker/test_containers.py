# SPDX-License-Identifier: Apache-2.0
"""Model data below a prefix, and containers in series, each with XGBoost's image."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import xgboost
from botocore.exceptions import ClientError

from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import CUSTOM_IMAGE, IMAGE, ROLE, make_config

ROWS = np.random.default_rng(7).random((40, 3))
STORE = "containers-of-models"


def trained(columns: int) -> xgboost.Booster:
    labels = ROWS[:, 0] * 3 + ROWS[:, 1]
    return xgboost.train({"nthread": 1}, xgboost.DMatrix(ROWS[:, :columns], labels), 5)


@pytest.fixture(scope="module", autouse=True)
def data(client: ClientFactory) -> dict[str, xgboost.Booster]:
    models = {"wide": trained(3), "narrow": trained(1)}
    client("s3").create_bucket(Bucket=STORE)
    for name, model in models.items():
        client("s3").put_object(Bucket=STORE, Key=f"{name}/xgboost-model", Body=bytes(model.save_raw("ubj")))
    return models


def container(prefix: str, image: str = IMAGE, **source: str) -> dict[str, Any]:
    uri = f"s3://{STORE}/{prefix}"
    data = {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None", **source}
    return {"Image": image, "ModelDataSource": {"S3DataSource": data}}


@pytest.fixture
def deployed(client: ClientFactory) -> Iterator[Any]:
    """Deploy containers below one name, and return the endpoint's description."""
    sm = client("sagemaker")

    def deploy(**model: Any) -> dict[str, Any]:
        sm.create_model(ModelName="Contained", ExecutionRoleArn=ROLE, **model)
        make_config(sm, "Contained", "Contained")
        sm.create_endpoint(EndpointName="Contained", EndpointConfigName="Contained")
        described: dict[str, Any] = sm.describe_endpoint(EndpointName="Contained")
        return described

    yield deploy
    for kind, operation in (("Endpoint", "endpoint"), ("EndpointConfig", "endpoint_config"), ("Model", "model")):
        if any(found[f"{kind}Name"] == "Contained" for found in getattr(sm, f"list_{operation}s")()[f"{kind}s"]):
            getattr(sm, f"delete_{operation}")(**{f"{kind}Name": "Contained"})


def predict(client: ClientFactory, rows: np.ndarray) -> list[float]:
    body = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    answer = client("sagemaker-runtime").invoke_endpoint(EndpointName="Contained", ContentType="text/csv", Body=body)
    return [float(line) for line in answer["Body"].read().splitlines()]


def test_uncompressed_model_data_are_served(
    client: ClientFactory, deployed: Any, data: dict[str, xgboost.Booster]
) -> None:
    assert deployed(PrimaryContainer=container("wide/"))["EndpointStatus"] == "InService"
    assert predict(client, ROWS[:3]) == data["wide"].predict(xgboost.DMatrix(ROWS[:3])).tolist()


def test_containers_in_series_answer_each_with_the_answer_before(
    client: ClientFactory, deployed: Any, data: dict[str, xgboost.Booster]
) -> None:
    deployed(Containers=[container("wide/"), container("narrow/")])
    between = data["wide"].predict(xgboost.DMatrix(ROWS[:3]))
    # As the text between them has it.
    between = np.array([[float(str(value))] for value in between.tolist()])
    assert predict(client, ROWS[:3]) == data["narrow"].predict(xgboost.DMatrix(between)).tolist()


def test_an_error_in_the_middle_of_a_series_is_the_answer(client: ClientFactory, deployed: Any) -> None:
    deployed(Containers=[container("narrow/"), container("wide/"), container("narrow/")])
    runtime = client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError, match="Feature size of csv inference data 1 is not consistent"):
        predict(client, ROWS[:3, :1])


def test_a_series_with_an_image_that_cannot_run_here_does_not_answer(client: ClientFactory, deployed: Any) -> None:
    assert deployed(Containers=[container("wide/"), container("narrow/", CUSTOM_IMAGE)])["EndpointStatus"] == (
        "InService"
    )
    with pytest.raises(ClientError, match=f"cannot run the image {CUSTOM_IMAGE}"):
        predict(client, ROWS[:3])


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (container("wide"), "must end with a forward slash"),
        (container("nothing/"), "Could not find model data"),
        (container("wide/", CompressionType="Gzip"), "S3DataType S3Prefix with CompressionType None"),
        (container("wide/xgboost-model", S3DataType="S3Object"), "and S3Object with Gzip"),
    ],
    ids=["no-slash", "no-objects", "compressed-prefix", "uncompressed-object"],
)
def test_model_data_that_cannot_be_are_refused(deployed: Any, definition: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        deployed(PrimaryContainer=definition)
