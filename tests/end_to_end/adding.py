# SPDX-License-Identifier: Apache-2.0
"""A pipeline type that makes a log group: what the deploy role may make, whatever a blueprint is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scripts.pipeline_types import publishing
from scripts.pipeline_types.publishing import Published
from tests.end_to_end.users import Orchestrator

DEFINITION: Final = """
pipeline_type: work_log
summary: Make a log group for the work of a team.
name: "{team}"
target: stages
request:
  type: object
  required: [team]
  properties:
    team: {type: string, pattern: "^[a-z-]+$", description: name of the team}
    keep_days: {type: integer, enum: [1, 3, 5], default: 3, x-per-stage: true}
    token: {type: string, x-secret: true}
parameters:
  $stage: StageName
notifications:
  succeeded: "{team} can write its log."
examples:
  - {team: pilots, keep_days: {dev: 1, staging: 3, prod: 5}}
"""
BLUEPRINT: Final = """
Parameters:
  Team: {Type: String}
  KeepDays: {Type: Number}
  Token: {Type: String, NoEcho: true, Default: ""}
  StageName: {Type: String}
Resources:
  Work:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub "mlops-pipeline-${Team}-${StageName}"
      RetentionInDays: !Ref KeepDays
Outputs:
  LogGroup: {Value: !Ref Work}
"""


def add(orchestrator: Orchestrator, folder: Path, length: int = 0) -> Published:
    """Add the type as an operator does; the blueprint gets that many bytes."""
    folder.mkdir(exist_ok=True)
    (folder / "pipeline.yaml").write_text(DEFINITION, encoding="utf-8")
    (folder / "blueprint.yaml").write_text(BLUEPRINT + "#" * (length - len(BLUEPRINT)), encoding="utf-8")
    return publishing.publish(folder, orchestrator.client("s3"), bucket(orchestrator))


def bucket(orchestrator: Orchestrator) -> str:
    """The pipelines bucket, into which only an operator writes."""
    return orchestrator.deployment.outputs["PipelinesBucketName"]
