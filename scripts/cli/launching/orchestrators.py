# SPDX-License-Identifier: Apache-2.0
"""Deployed orchestrator from its operator's view: its root stack, not its API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.settings import hints
from scripts.cli.errors import WrongUseError
from scripts.iam import documents
from scripts.iam.documents import Document
from scripts.launch.launch import DEFAULT_STACK_NAME

_BUCKET = "PipelinesBucketName"


@dataclass(frozen=True)
class Deployed:
    """Root stack with its launch parameters."""

    name: str
    parameters: dict[str, str]
    pipelines_bucket: str

    @classmethod
    def of(cls, reached: Aws, stack_name: str) -> Self:
        """Return the orchestrator of that name. Raise WrongUseError if there is none."""
        state = stack_following.find(reached.client("cloudformation"), stack_name)
        if state is None or _BUCKET not in state.outputs:
            raise WrongUseError(
                f"no orchestrator is deployed as the stack {stack_name} in {reached.region}: run"
                f" `{hints.command('deploy')}`, or name it by --stack-name and --region"
            )
        return cls(state.name, state.parameters, state.outputs[_BUCKET])

    @property
    def flag(self) -> str:
        """Option that names it in a following command, with a leading space."""
        return "" if self.name == DEFAULT_STACK_NAME else f" --stack-name {self.name}"

    def blueprint_policies(self, reached: Aws) -> tuple[Document, ...]:
        """Return the policies that `CustomBlueprintPolicyArn` names."""
        arn = self.parameters.get("CustomBlueprintPolicyArn", "")
        if not arn:
            return ()
        iam = reached.client("iam")
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return (documents.parse(found),)
