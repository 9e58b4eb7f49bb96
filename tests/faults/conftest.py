# SPDX-License-Identifier: Apache-2.0
"""A laboratory: scenarios run in a fresh AWS, calm or disturbed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from moto.moto_api._internal.models import moto_api_backend

from orchestrator import api, templates
from orchestrator.aws import calls, parallel
from orchestrator.launch.settings import Launch, MultiAccount, Settings, StageTarget
from tests.faults.invoking import Invocation, Outcome
from tests.faults.scenarios import Scenario
from tests.faults.wire import Call, Fault, Send, Wire
from tests.faults.world import CONFIG, REGION, World, bundled
from tests.inline.custom_resource import FILE
from tests.inline.loading import loaded
from tests.quick_aws import KeptClients, fresh_aws

_ACCOUNT = "123456789012"
_REPORT = "MLOPS_TRUST_REPORT"
_counted: dict[str, dict[str, int]] = {}


@dataclass(frozen=True)
class Run:
    """What became of a scenario."""

    state: dict[str, Any]
    outcomes: list[Outcome]
    calls: list[Call]
    """Of the invocation and its repeats."""
    struck: list[tuple[Call, Fault]]
    in_the_first: int
    """How many calls the first invocation has made."""


class InOrder(nullcontext["InOrder"]):
    """In the place of a pool of threads."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__(self)

    map = staticmethod(map)


class Laboratory:
    """Runs scenarios, each in an AWS of its own."""

    def __init__(self, single: Settings, multi: Settings, patch: pytest.MonkeyPatch) -> None:
        self._settings = {False: single, True: multi}
        self._patch = patch
        self.inline: ModuleType
        self._calm: dict[str, Run] = {}
        self._world: World | None = None
        self.wire = Wire(self._answer)

    @property
    def _now(self) -> World:
        assert self._world is not None
        return self._world

    def _answer(self, call: Call, send: Send) -> AWSResponse:
        return self._now.answer(call, send)

    @contextmanager
    def arranged(self, scenario: Scenario) -> Iterator[tuple[World, Invocation]]:
        """A fresh AWS with what the scenario arranges, and its invocation."""
        moto_api_backend.reset()
        used = self._settings[scenario.is_multi]
        world = self._world = World(used, self.inline)
        self._patch.setattr(api, "_settings", lambda: world.settings)
        self._patch.setattr("urllib.request.urlopen", world.told)
        self.wire.listen()
        world.launch()
        invocation = scenario.arrange(world)
        self.wire.listen()
        yield world, invocation

    def calm(self, scenario: Scenario) -> Run:
        """The undisturbed run."""
        if scenario.name not in self._calm:
            self._calm[scenario.name] = self.run(scenario, {})
        return self._calm[scenario.name]

    def run(self, scenario: Scenario, faults: Mapping[int, Fault]) -> Run:
        """Invoke, repeat as the caller would, let AWS go on, and repeat once more what has ended."""
        ends: list[int] = []
        with self.arranged(scenario) as (world, invocation):
            self.wire.listen(faults)

            def ended() -> None:
                ends.append(len(self.wire.calls))
                self.wire.recover()

            world.invocation_ended = ended
            outcomes = invocation.until_it_ends(world)
            made, struck = list(self.wire.calls), list(self.wire.struck)
            self.wire.listen()
            world.settle()
            scenario.follow(world)
            invocation.again(world)
            world.settle()
            return Run(world.snapshot(), outcomes, made, struck, ends[0])


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patched:
        yield patched


def _sign(_: Any, __: str, request: Any, *___: Any, **____: Any) -> None:
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential=test/20261122/{REGION}/any/aws4_request"


@pytest.fixture(scope="module")
def session(patch: pytest.MonkeyPatch) -> Iterator[KeptClients]:
    """A session whose clients have any number of retries, and sign nothing."""
    patch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
    patch.setattr("botocore.signers.RequestSigner.sign", _sign)
    calls.client.cache_clear()
    made = KeptClients()
    with fresh_aws(made):
        yield made
    calls.client.cache_clear()


@pytest.fixture(scope="module")
def laboratory(session: KeptClients, patch: pytest.MonkeyPatch) -> Iterator[Laboratory]:
    single = _launched()
    targets = {
        stage: StageTarget(account, "ou-ab12-cd34ef56")
        for stage, account in (("dev", "222222222222"), ("staging", "333333333333"), ("prod", "444444444444"))
    }
    multi = replace(
        single,
        launch=replace(single.launch, multi_account=True),
        multi_account=MultiAccount(targets, "mlops-StageDeployer"),  # type: ignore[arg-type]
    )
    patch.setenv("CALL_AS", "SELF")
    patch.setattr(templates, "read", bundled)
    # What goes side by side goes one after the other: the calls of a run have numbers.
    patch.setattr(parallel, "ThreadPoolExecutor", InOrder)
    found = Laboratory(single, multi, patch)
    found.wire.attach(patch, session.events)
    with loaded(FILE) as found.inline:
        for service in ("s3", "cloudformation", "codepipeline", "ecr", "sns", "sagemaker", "scheduler"):
            calls.client(service)
        yield found


def _launched() -> Settings:
    role = f"arn:aws:iam::{_ACCOUNT}:role/mlops-"
    launch = Launch(
        region=REGION,
        multi_account=False,
        use_model_registry=False,
        assets_bucket="quayside-assets",
        pipelines_bucket="quayside-pipelines",
        ecr_repository_arn=f"arn:aws:ecr:{REGION}:{_ACCOUNT}:repository/quayside-images",
        application="mlops",
        notifications_topic_arn=f"arn:aws:sns:{REGION}:{_ACCOUNT}:mlops-notifications",
    )
    return Settings(
        launch=launch,
        artifact_prefix="mlops/0.1.0",
        url_suffix="amazonaws.com",
        pipeline_stack_role_arn=f"{role}PipelineStackRole",
        pipeline_role_arn=f"{role}PipelineRole",
        pipeline_start_role_arn=f"{role}PipelineStartRole",
        deploy_role_arn=f"{role}DeployRole",
        config_bucket=CONFIG,
        allow_detailed_error_message=True,
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what the workers have done."""
    for name, value in report.user_properties:
        if name == "faults" and report.when == "call":
            scenario, calls, injected, survived = value
            row = _counted.setdefault(scenario, {"calls": calls, "injected": 0, "survived": 0})
            row["injected"] += injected
            row["survived"] += survived


def pytest_sessionfinish() -> None:
    """Write what was counted to `faults.json` in the folder that the environment names."""
    if _counted and (folder := os.environ.get(_REPORT)):
        rows = [{"scenario": scenario, **row} for scenario, row in sorted(_counted.items())]
        Path(folder, "faults.json").write_text(json.dumps(rows, indent=4), encoding="utf-8")
