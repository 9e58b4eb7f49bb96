# SPDX-License-Identifier: Apache-2.0
"""A deployed orchestrator, as an object."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import boto3
from botocore.exceptions import NoRegionError

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.client import answers, connection, html
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.pipelines import Pipeline, Pipelines
from mlops_orchestrator.client.plans import Plan
from mlops_orchestrator.client.types import PipelineTypes
from mlops_orchestrator.errors import RequestRefused
from mlops_orchestrator.settings import choosing, effective
from mlops_orchestrator.settings.choosing import Chosen
from mlops_orchestrator.settings.effective import ENDPOINT_VARIABLE, Given

if TYPE_CHECKING:
    from pydantic import BaseModel

    Request: TypeAlias = BaseModel | Mapping[str, Any]


class Orchestrator:
    """Orchestrator of an account and Region. Without arguments, the one that `mlops` would use in the same folder."""

    def __init__(
        self,
        *,
        session: boto3.session.Session | None = None,
        region: str | None = None,
        stack_name: str | None = None,
        url: str | None = None,
        local: bool = False,
    ) -> None:
        """Find the orchestrator's API. Raise NotFound if there is none.

        `session` and `region` choose AWS as in boto3; `stack_name` is that of the root stack, and `url` the address of
        the API, if it is known; `local` is the local AWS that `mlops local` runs. What is not given is taken from the
        environment, `mlops.toml` and a local AWS of the folder.
        """
        given = Given(region=region or "", stack_name=stack_name or "")
        if session is not None and not local:
            aws, known = _of_session(session, region), ""
            name = effective.settings(given).stack_name.value
        else:
            chosen = choosing.choose(given, local=local)
            _tell(chosen)
            aws, known, name = connection.reached(chosen, session), chosen.api_url, chosen.stack_name
        self._stack_name = name
        self._api = connection.api(aws, url or known or connection.url_of_stack(aws, name))

    @overload
    def provision(self, request: Request, *, dry_run: Literal[False] = False) -> Pipeline: ...

    @overload
    def provision(self, request: Request, *, dry_run: Literal[True]) -> Plan: ...

    def provision(self, request: Request, *, dry_run: bool = False) -> Pipeline | Plan:
        """Provision the pipeline of a request, a model of `mlops_orchestrator.requests` or the same as a dictionary.

        With `dry_run`, nothing is made, and the plan is returned. Raise RequestRefused with every problem.
        """
        body = _body(request)
        plan = Plan(accepted(self._api.provision({**body, "dry_run": True})))
        if dry_run:
            return plan
        if not plan.pipeline_stack_name:
            raise RequestRefused("the request makes no pipeline: send it by `call`")
        before = answers.newest_execution(self._api, plan.pipeline_stack_name)
        told = self.call({**body, "dry_run": False})
        return Pipeline(self._api, told, None if answers.NOTHING_TO_DO in told["message"] else before)

    def call(self, request: Request) -> dict[str, Any]:
        """Send any request, such as an operation on model cards, and return the API's answer."""
        return accepted(self._api.provision(_body(request)))

    def list(self, *, model_name: str = "", pipeline_type: str = "") -> Pipelines:
        """Return all pipelines, or those of a model or type."""
        filters = {"model_name": model_name, "pipeline_type": pipeline_type}
        return Pipelines(self._api, answers.pipelines(self._api, **filters))

    def get(self, name: str) -> Pipeline:
        """Return a pipeline by its id, the name of its stack, or its short name, such as `churn` or `churn/realtime`.

        Raise NotFound, or RequestRefused if several pipelines have the name.
        """
        return Pipeline(self._api, accepted(self._api.details(name)))

    def approve(self, name: str, stage: str, comment: str = "") -> Pipeline:
        """Approve a pipeline's deployment to the next stage. See `Pipeline.approve`."""
        return self.get(name).approve(stage, comment)

    def reject(self, name: str, stage: str, reason: str) -> Pipeline:
        """Reject a pipeline's deployment to the next stage. See `Pipeline.reject`."""
        return self.get(name).reject(stage, reason)

    def types(self) -> PipelineTypes:
        """Return the pipeline types that requests may name, built-in ones first."""
        return PipelineTypes.of(answers.pipeline_types(self._api))

    @property
    def url(self) -> str:
        """Address of the API."""
        return self._api.url

    @property
    def outputs(self) -> dict[str, str]:
        """Outputs of the root stack, such as `AssetsBucketName`. Raise NotFound if it is not there."""
        return connection.outputs(self._api.client.aws, self._stack_name)

    def client(self, service: str) -> Any:
        """Return a boto3 client for the same AWS, such as `client("s3")`."""
        return self._api.client.aws.client(service)

    @property
    def region(self) -> str:
        """Region of the orchestrator."""
        return self._api.client.aws.region

    def __repr__(self) -> str:
        return f"Orchestrator(region={self.region!r}, url={self.url!r})"

    def _repr_html_(self) -> str:
        return html.shown(self, self.list)


def _of_session(session: boto3.session.Session, region: str | None) -> Aws:
    found = region or session.region_name
    if found is None:
        raise NoRegionError
    return Aws(session, found, os.environ.get(ENDPOINT_VARIABLE, ""))


def _tell(chosen: Chosen) -> None:
    """Say which AWS is used if nobody chose it."""
    notices = list(chosen.settings.found.notices)
    if chosen.local is not None and not chosen.by:
        where = f"using the local AWS of {chosen.local.folder}, at {chosen.endpoint_url}"
        notices.append(f"{where}; Orchestrator(session=...) or Orchestrator(region=...) chooses AWS")
    for notice in notices:
        sys.stderr.write(f"note: {notice}\n")


def _body(request: Request) -> dict[str, Any]:
    if isinstance(request, Mapping):
        return dict(request)
    return request.model_dump(mode="json", exclude_unset=True)
