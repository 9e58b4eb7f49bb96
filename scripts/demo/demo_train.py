# SPDX-License-Identifier: Apache-2.0
"""Demo from data to predictions on the local AWS: train, register good models, deploy. Run by `make demo-train`.

    python -m scripts.demo.demo_train

Ends with exit status 0 only if the endpoint predicts the same as the registered model itself, and if a model that
misses its gate was registered as rejected.
"""

from __future__ import annotations

import re
from typing import Any, Final

from scripts.demo import demo_model, demo_steps, demo_story
from scripts.demo.demo_model import TrainedModel
from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_steps import Watcher
from scripts.demo.demo_story import DemoError, Story
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import LocalDeployment
from scripts.launch.local_stack import deployed

_OPTIONS: Final = {EMAIL_PARAMETER: "you@example.com", "UseModelRegistry": "Yes", "CreateModelRegistry": "Yes"}
_MODEL: Final = "breast-cancer"
_TRAINING_DATA: Final = "training/breast-cancer.csv"
_VALIDATION_DATA: Final = "training/breast-cancer-validation.csv"
_GATE: Final = "validation:auc"
_PACKAGE: Final = re.compile(r"registered as (\S+), approval status (\w+)\.")
# A model package has its own image and artifact.
_IN_PACKAGE: Final = frozenset({"model_framework", "model_framework_version", "model_artifact_location"})


def run(story: Story) -> None:
    """Run the whole demo. Raise DemoError, and the errors of its steps."""
    story.chapter("Launch: the local AWS starts, the solution is deployed with a model registry")
    with deployed(Launching(parameters=_OPTIONS), story) as deployment:
        notifications = Notifications(deployment)
        _upload_data(deployment, story)

        story.chapter(f"Train: one signed call; the model is approved if its {_GATE} is 0.9 at least")
        arn = _train(_MODEL, 0.9, deployment, notifications, story)

        story.chapter("Train again, with a gate that no model passes")
        _train(f"{_MODEL}-2", 1.1, deployment, notifications, story)

        story.chapter("Deploy from the registry, and predict")
        asked = demo_steps.request(_MODEL, "ml.m5.large", demo_steps.captures(_MODEL, deployment).location)
        serving = {key: value for key, value in asked.items() if key not in _IN_PACKAGE}
        Watcher(
            demo_steps.provision({**serving, "model_package_name": arn}, deployment, story), deployment, story
        ).watch()
        _compare(arn, deployment, story)
    story.chapter("Done: trained, registered and deployed; all predictions agree with the registered model's own")
    story.say("next: docs/training.md tells of tuning, Autopilot, schedules and gates")


def _upload_data(deployment: LocalDeployment, story: Story) -> None:
    learned, held_out = demo_model.split()
    bucket, s3 = deployment.outputs["AssetsBucketName"], deployment.aws.client("s3")
    for key, table in ((_TRAINING_DATA, learned), (_VALIDATION_DATA, held_out)):
        s3.put_object(Bucket=bucket, Key=key, Body=demo_model.as_csv(table))
        story.say(f"s3://{bucket}/{key}: {len(table)} rows")


def _request(model_name: str, least: float, deployment: LocalDeployment) -> dict[str, Any]:
    return {
        "pipeline_type": "model_training_builtin",
        "model_name": model_name,
        "training_data": _TRAINING_DATA,
        "validation_data": _VALIDATION_DATA,
        "job_output_location": "trained",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "content_type": "text/csv",
        "algo_hyperparameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": 40, "max_depth": 3},
        "register": {
            "model_package_group_name": deployment.outputs["ModelRegistryArn"].rpartition("/")[2],
            "approval_status": "Approved",
            "min_metric": {_GATE: least},
        },
    }


def _train(
    model_name: str, least: float, deployment: LocalDeployment, notifications: Notifications, story: Story
) -> str:
    """Train, and return the ARN of the model package. Raise DemoError if its status is not what the gate decides."""
    pipeline_id = demo_steps.provision(_request(model_name, least, deployment), deployment, story)
    Watcher(pipeline_id, deployment, story).watch()
    subject, text = notifications.first("MLOps training job")
    story.say("the topic's subscribers receive:")
    story.mail(subject, text)
    told = _PACKAGE.search(text)
    if told is None:
        raise DemoError("the model was not registered")
    arn, status = told.groups()
    wanted = "Approved" if least <= 1 else "Rejected"
    if status != wanted:
        raise DemoError(f"the version is {status} and should be {wanted}")
    return arn


def _compare(arn: str, deployment: LocalDeployment, story: Story) -> None:
    package = deployment.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    address = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = address.removeprefix("s3://").partition("/")
    artifact = deployment.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    _, held_out = demo_model.split()
    model = TrainedModel(demo_model.unpacked(artifact), held_out[:, 1:], held_out[:, 0])
    url = demo_steps.inference_url(_MODEL, deployment)
    served = demo_steps.predictions(model, url, deployment.aws, story)
    demo_steps.show(model, {"endpoint": served}, story)
    demo_steps.check(model, _MODEL, served, story)
    demo_steps.captures(_MODEL, deployment).check(1, story)


if __name__ == "__main__":
    raise SystemExit(demo_story.tell(run, globals()))
