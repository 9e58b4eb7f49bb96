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


def read_json(s3: Any, key: str) -> Any:
    """The content of a JSON object in the bucket."""
    return json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def keys(s3: Any, prefix: str) -> list[str]:
    """The keys below a prefix of the bucket, in order."""
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
