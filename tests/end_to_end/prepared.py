# SPDX-License-Identifier: Apache-2.0
"""A deployed orchestrator in whose account everything is there that requests name: most tests are about what follows.

What is missing is for `test_existence.py`, which calls the API itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_orchestrator.aws.api_client import Answer, OrchestratorApi, SignedClient
from orchestrator.launch.settings import Launch
from scripts.launch.local_deployment import LocalDeployment
from tests import making


class PreparedDeployment(LocalDeployment):
    """A deployment whose API is prepared for what it is sent."""

    @property
    def api(self) -> OrchestratorApi:
        """The orchestrator's API."""
        return _PreparedApi(SignedClient(self.aws), self.api_url, self)

    @property
    def bare_api(self) -> OrchestratorApi:
        """The same as other callers meet it."""
        return super().api

    def prepare(self, request: Any) -> None:
        """Make what a request names."""
        for use_model_registry in (False, True):
            making.all_named(request, self._launch(use_model_registry), self.aws.client)

    def _launch(self, use_model_registry: bool) -> Launch:
        return Launch(
            region=self.aws.region,
            multi_account=bool(self.accounts),
            use_model_registry=use_model_registry,
            assets_bucket=self.outputs["AssetsBucketName"],
            pipelines_bucket=self.outputs["PipelinesBucketName"],
            ecr_repository_arn=self.outputs["EcrRepositoryArn"],
            application=self.stack_name,
        )


@dataclass(frozen=True)
class _PreparedApi(OrchestratorApi):
    deployment: PreparedDeployment

    def provision(self, request: Mapping[str, Any]) -> Answer:
        """Provision the pipeline of a request, whose things are there."""
        self.deployment.prepare(request)
        return super().provision(request)
