# SPDX-License-Identifier: Apache-2.0
"""What the tests of monitors share: a data set, and the requests for a baseline as the product makes them."""

from __future__ import annotations

import json
from typing import Any

ACCOUNT = "123456789012"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/monitor"
BUCKET = "monitored"
ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
ENVIRONMENT = {
    "dataset_format": json.dumps({"csv": {"header": True, "output_columns_position": "START"}}),
    "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
    "output_path": "/opt/ml/processing/output",
    "publish_cloudwatch_metrics": "Disabled",
}
CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 20}


def baseline_request(source: str, target: str, **changes: Any) -> dict[str, Any]:
    """A data-quality baseline over an object of the bucket; `changes` replace members, None takes one away."""
    dataset = {
        "S3Uri": f"s3://{BUCKET}/{source}",
        "LocalPath": ENVIRONMENT["dataset_source"],
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    output = {
        "S3Uri": f"s3://{BUCKET}/{target}",
        "LocalPath": ENVIRONMENT["output_path"],
        "S3UploadMode": "EndOfJob",
    }
    whole = {
        "AppSpecification": {"ImageUri": ANALYZER},
        "RoleArn": ROLE,
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "ProcessingInputs": [{"InputName": "baseline_dataset_input", "AppManaged": False, "S3Input": dataset}],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": "monitoring_output", "AppManaged": False, "S3Output": output}]
        },
        "Environment": ENVIRONMENT,
        "Tags": [{"Key": "stack_name", "Value": "mine"}],
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def clarify_request(target: str, config: str) -> dict[str, Any]:
    """A baseline by Clarify: two inputs, no environment."""
    request = baseline_request("baseline.csv", target, AppSpecification={"ImageUri": CLARIFY}, Environment=None)
    (dataset,) = request["ProcessingInputs"]
    request["ProcessingInputs"] = [
        {**dataset, "InputName": name, "S3Input": {**dataset["S3Input"], "S3Uri": uri, "LocalPath": path}}
        for name, uri, path in (
            ("dataset", f"s3://{BUCKET}/baseline.csv", "/opt/ml/processing/input/data"),
            ("analysis_config", f"s3://{BUCKET}/{config}", "/opt/ml/processing/input/config"),
        )
    ]
    return request


def python_request(*lines: str, local: str = "/opt/ml/processing/input/code", **changes: Any) -> dict[str, Any]:
    """A job of lines of Python, with an input; `changes` replace members, or add to the application."""
    application = {
        "ImageUri": ANALYZER,
        "ContainerEntrypoint": ["python3", "-c", "import sys; exec('\\n'.join(sys.argv[1:]))"],
        "ContainerArguments": lines,
    } | changes.pop("AppSpecification", {})
    environment = {"AWS_DEFAULT_REGION": "us-east-1"}
    whole = baseline_request("code/", "out/python", AppSpecification=application, Environment=environment) | changes
    whole["ProcessingInputs"][0]["S3Input"]["LocalPath"] = local
    return whole


def read_json(s3: Any, key: str) -> Any:
    """The content of a JSON object in the bucket."""
    return json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def keys(s3: Any, prefix: str) -> list[str]:
    """The keys below a prefix of the bucket, in order."""
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
