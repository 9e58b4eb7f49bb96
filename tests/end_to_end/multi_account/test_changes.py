# SPDX-License-Identifier: Apache-2.0
"""What a deployment that waits for a decision would change, as the API tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end import adding
from tests.end_to_end.users import ARTIFACT_KEY, Orchestrator

INSTANCES = {"dev": "ml.t2.medium", "staging": "ml.m5.large", "prod": "ml.c5.xlarge"}


def _waiting(orchestrator: Orchestrator, pipeline_id: str) -> dict[str, Any]:
    (waiting,) = orchestrator.deployment.api.details(pipeline_id).body["changes"]
    assert waiting["problem"] == ""
    return dict(waiting)


def _values(waiting: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    return {one["key"]: (one["before"], one["after"]) for one in waiting["changed_parameters"]}


def test_a_decision_is_made_on_what_changes_in_the_stage(orchestrator: Orchestrator) -> None:
    names = {stage: f"decided-{stage}" for stage in STAGE_ACCOUNTS}
    request = orchestrator.request("decided", inference_instance=INSTANCES, endpoint_name=names)
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    orchestrator.asked(pipeline_id, "staging")
    first = _waiting(orchestrator, pipeline_id)
    assert (first["stage"], first["is_first"], first["template_changes"]) == ("staging", True, False)
    assert _values(first)["InferenceInstance"] == (None, "ml.m5.large")
    assert "ImageUri" in _values(first)
    assert "mlops:model" in {tag["key"] for tag in first["changed_tags"]}
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    assert first["model"]["artifact"] == f"s3://{bucket}/{ARTIFACT_KEY}"
    stored = orchestrator.client("s3").head_object(Bucket=bucket, Key=ARTIFACT_KEY)
    assert first["model"]["artifact_version"] == stored["VersionId"]
    assert orchestrator.deployment.api.details(pipeline_id).body["request"] == request

    for stage in ("staging", "prod"):
        orchestrator.decide(pipeline_id, orchestrator.asked(pipeline_id, stage))
    assert orchestrator.ended(pipeline_id).has_succeeded
    assert orchestrator.deployment.api.details(pipeline_id).body["changes"] == []

    changed = {**request, "inference_instance": {**INSTANCES, "staging": "ml.m5.xlarge"}}
    orchestrator.provision(changed)
    orchestrator.asked(pipeline_id, "staging")
    second = _waiting(orchestrator, pipeline_id)
    assert (second["is_first"], second["changed_tags"]) == (False, [])
    assert _values(second) == {"InferenceInstance": ("ml.m5.large", "ml.m5.xlarge")}
    assert second["package_version"] != first["package_version"]

    # A newer request waits behind: what is decided on is still what waits.
    orchestrator.provision({**request, "inference_instance": "ml.c5.large"})
    waits = [one for one in orchestrator.deployment.api.details(pipeline_id).body["changes"] if one["problem"] == ""]
    assert second["package_version"] in {one["package_version"] for one in waits}


def test_secrets_are_stars_and_are_not_kept(orchestrator: Orchestrator, tmp_path: Path) -> None:
    adding.add(orchestrator, tmp_path / "work-log")
    aws = orchestrator.deployment.aws
    secret = f"arn:aws:secretsmanager:{aws.region}:{aws.account}:secret:mlops/sesame-AbCdEf"
    request = {"pipeline_type": "work_log", "team": "keepers", "keep_days": 3, "token": secret}
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    orchestrator.asked(pipeline_id, "staging")
    told = orchestrator.deployment.api.details(pipeline_id).body
    assert secret not in str(told)
    assert _values(_waiting(orchestrator, pipeline_id))["Token"] == (None, "********")
    assert told["request"] == {"pipeline_type": "work_log", "team": "keepers", "keep_days": 3}
