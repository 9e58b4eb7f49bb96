# SPDX-License-Identifier: Apache-2.0
"""Versions in a model package group: by a training pipeline with its gate, and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.demo import demo_model

if TYPE_CHECKING:
    from tests.end_to_end.users import Orchestrator

METRIC = "validation:auc"
_DATA = ("training/console.csv", "training/console-validation.csv")
_IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"


def group(orchestrator: Orchestrator, name: str) -> str:
    """Make a group; gives its name."""
    made = {"ModelPackageGroupName": name, "ModelPackageGroupDescription": f"All models of {name}"}
    orchestrator.client("sagemaker").create_model_package_group(**made)
    return name


def trained(orchestrator: Orchestrator, model_name: str, group_name: str, **register: Any) -> str:
    """Provision a training pipeline that registers its model; gives the pipeline's id."""
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]
    for key, rows in zip(_DATA, demo_model.split(), strict=True):
        s3.put_object(Bucket=bucket, Key=key, Body=demo_model.as_csv(rows))
    return orchestrator.provisioned(
        {
            "pipeline_type": "model_training_builtin",
            "model_name": model_name,
            "job_name": f"{model_name}-job",
            "training_data": _DATA[0],
            "validation_data": _DATA[1],
            "job_output_location": "trained",
            "model_framework": "xgboost",
            "model_framework_version": "1.7-1",
            "content_type": "text/csv",
            "algo_hyperparameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": 10},
            "register": {"model_package_group_name": group_name, **register},
        }
    )


def by_hand(orchestrator: Orchestrator, group_name: str, **more: Any) -> str:
    """Register an artifact of the group; gives the version's ARN."""
    bucket, key = orchestrator.deployment.outputs["AssetsBucketName"], f"models/{group_name}/model.tar.gz"
    orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=b"of a model that is never asked")
    served = {
        "Containers": [{"Image": _IMAGE, "ModelDataUrl": f"s3://{bucket}/{key}", "Environment": {"THREADS": "1"}}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    wanted = {"ModelApprovalStatus": "PendingManualApproval", **more}
    sagemaker = orchestrator.client("sagemaker")
    made = sagemaker.create_model_package(ModelPackageGroupName=group_name, InferenceSpecification=served, **wanted)
    return str(made["ModelPackageArn"])
