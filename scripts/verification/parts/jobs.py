# SPDX-License-Identifier: Apache-2.0
"""Experiments with processing jobs of their own: what CloudFormation waits for, what a container leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from scripts.verification import probes, waiting
from scripts.verification.part import Finding, Part, calls, small_hours
from scripts.verification.parts.launching import heard, helpers
from scripts.verification.scene import Scene

_JOB_MINUTES: Final = 15
_ENDED: Final = ("Completed", "Failed", "Stopped")
# Runs in SageMaker's image, not here. Neither an argument nor a variable of a job may be longer than 256 characters.
_LOOK: Final = """\
import importlib as i,json,sys
f={"python":sys.version[:7]}
for n in("numpy","pandas","sklearn","boto3"):
 try:f[n]=i.import_module(n).__version__
 except Exception as e:f[n]=repr(e)[:40]
open("/opt/ml/output/message","w").write(json.dumps(f))
"""
_RUN_IT: Final = ("python3", "-c", "import os; os.makedirs('/opt/ml/output', exist_ok=True); exec(os.environ['LOOK'])")


def _job(scene: Scene, command: list[str]) -> dict[str, Any]:
    """The parameters that a job has in the API and in CloudFormation alike."""
    return {
        "AppSpecification": {"ImageUri": probes.scikit_learn(scene), "ContainerEntrypoint": command},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": probes.SMALL, "VolumeSizeInGB": 5}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "RoleArn": helpers(scene)["JobRoleArn"],
        "Tags": probes.tags(scene),
    }


def _wait(scene: Scene) -> Iterator[Finding]:
    """Two stacks with a job each: one that takes two minutes, one that fails."""
    seen = {}
    for short, command in {"waits": "sleep 120", "fails": "exit 1"}.items():
        name = f"{scene.name}-{short}"
        job = {**_job(scene, ["sh", "-c", command]), "ProcessingJobName": name}
        state = probes.made(scene, short, {"Job": {"Type": "AWS::SageMaker::ProcessingJob", "Properties": job}})
        described = scene.aws.client("sagemaker").describe_processing_job(ProcessingJobName=name)
        seen[short] = f"{state.status} while the job is {described['ProcessingJobStatus']}"
        probes.removed(scene, short)
    yield Finding("baseline-waits", f"a job of 2 minutes: {seen['waits']}; a job that fails: {seen['fails']}")


def _message(scene: Scene) -> Iterator[Finding]:
    """A container that writes what its image has into its exit message."""
    sagemaker, name = scene.aws.client("sagemaker"), f"{scene.name}-contents"
    sagemaker.create_processing_job(ProcessingJobName=name, Environment={"LOOK": _LOOK}, **_job(scene, [*_RUN_IT]))

    def ended() -> dict[str, Any] | None:
        described: dict[str, Any] = sagemaker.describe_processing_job(ProcessingJobName=name)
        return described if described["ProcessingJobStatus"] in _ENDED else None

    job = waiting.until(scene, "a processing job", _JOB_MINUTES, ended)
    said = job.get("ExitMessage") or job.get("FailureReason") or "nothing"
    yield Finding("exit-message", f"ExitMessage: {said}", None if scene.aws.is_local else said.startswith("{"))
    yield Finding("scikit-learn-image", f"the image has: {said}")
    detail = heard(scene, "the event of that job", lambda one: _is_end(one["detail"], name))["detail"]
    kept = [key for key in ("RoleArn", "Tags", "ExitMessage", "FailureReason") if detail.get(key)]
    yield Finding("event-role", f"the event has {', '.join(kept)}", "RoleArn" in kept)


def _is_end(detail: dict[str, Any], name: str) -> bool:
    return detail.get("ProcessingJobName") == name and detail.get("ProcessingJobStatus") in _ENDED


PARTS: Final = (
    Part(
        "waits",
        "experiment: two stacks with a processing job, `sleep 120` and `exit 1`",
        minutes=12,
        costs=(small_hours(0.2), calls(0.001)),
        run=_wait,
        needs=("listen",),
    ),
    Part(
        "contents",
        "experiment: a processing job that writes what SageMaker's scikit-learn image has into its exit message",
        minutes=6,
        costs=(small_hours(0.1),),
        run=_message,
        needs=("listen",),
    ),
)
