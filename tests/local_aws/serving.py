# SPDX-License-Identifier: Apache-2.0
"""What the tests of SageMaker share: names, and making a model, a configuration and an endpoint."""

from typing import Any

from scripts.demo.demo_model import TrainedModel

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/model"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
CUSTOM_IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/my-algorithm:1"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
BUCKET = "assets"
ARTIFACT = f"s3://{BUCKET}/model.tar.gz"
VARIANT = {"VariantName": "AllTraffic", "InitialInstanceCount": 1, "InstanceType": "ml.m6i.large"}
CAPTURE: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captures/data",
    "CaptureOptions": [{"CaptureMode": "Output"}, {"CaptureMode": "Input"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}


def make_model(sm: Any, name: str = "Model", image: str = IMAGE, artifact: str = ARTIFACT) -> None:
    container = {"Image": image, "ModelDataUrl": artifact}
    sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)


def make_config(sm: Any, name: str = "Config", model: str = "Model", **more: Any) -> None:
    variants = [VARIANT | {"ModelName": model}]
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **more)


def make_endpoint(sm: Any, **more: Any) -> dict[str, Any]:
    make_model(sm, **{key: value for key, value in more.items() if key in ("image", "artifact")})
    make_config(sm, **{key: value for key, value in more.items() if key == "DataCaptureConfig"})
    sm.create_endpoint(EndpointName="Endpoint", EndpointConfigName="Config")
    described: dict[str, Any] = sm.describe_endpoint(EndpointName="Endpoint")
    return described


def names_of_models(sm: Any) -> set[str]:
    return {model["ModelName"] for model in sm.list_models()["Models"]}


def csv_of(trained: TrainedModel, rows: int) -> str:
    return "\n".join(",".join(str(cell) for cell in row) for row in trained.holdout_rows[:rows].tolist())
