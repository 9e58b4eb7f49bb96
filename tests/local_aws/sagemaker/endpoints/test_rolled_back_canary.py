# SPDX-License-Identifier: Apache-2.0
"""Ten thousand calls while a canary fails: the alarm goes off, traffic returns, and each call is accounted for.

Most calls are made in this process, by the function that serves those on HTTP, and get what the model's process has
answered to the same question before: ten thousand real ones would take minutes. Each hundredth is real, over HTTP.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any, cast

import pytest
from moto.sagemaker.models import sagemaker_backends

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws import clock
from scripts.local_aws.cloudwatch.metric_store import STORE, Metric
from scripts.local_aws.processes.model_process import Prediction
from scripts.local_aws.sagemaker.endpoints import invocations
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.invocations import ModelError, Request
from scripts.local_aws.sagemaker.endpoints.traffic import GENERATOR
from scripts.local_aws.sagemaker.model_hosting import Served
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT, BUCKET, CUSTOM_IMAGE, csv_of, make_config, make_model
from tests.local_aws.waiting import SECONDS

CALLS, OVER_HTTP, THREADS = 10_000, 100, 4
BEFORE = 3_000
"""Calls after which the minute is over whose errors the alarm sees."""
IN_PROCESS = "text/csv"
NAME, OLD, NEW = "quayside", "quayside-old", "quayside-new"


class Remembering:
    """Model that asks its process about the first question and those on HTTP, and remembers the answer for others."""

    def __init__(self, real: Served) -> None:
        self._real = real
        self.container, self.unserved, self.stop = real.container, real.unserved, real.stop
        self._answers: dict[str, Prediction] = {}

    def predict(self, body: bytes, content_type: str, accept: str) -> Prediction:
        if accept == IN_PROCESS and accept in self._answers:
            return self._answers[accept]
        self._answers[accept] = self._real.predict(body, content_type, "")
        return self._answers[accept]


class Callers:
    """Threads that call the endpoint, and what came of each call."""

    def __init__(self, endpoint: LocalEndpoint, runtime: Any, body: bytes) -> None:
        self._endpoint, self._runtime, self._body = endpoint, runtime, body
        self._lock = threading.Condition()
        self._begun = 0
        self._answers: set[bytes] = set()
        self.outcomes: Counter[str] = Counter()
        self.rolled_back = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for(self, calls: int) -> None:
        with self._lock:
            assert self._lock.wait_for(lambda: self.outcomes.total() >= calls, SECONDS)

    def join(self) -> set[bytes]:
        """Wait for all calls, and return the different answers that came."""
        for thread in self._threads:
            thread.join(SECONDS)
        return self._answers

    def _run(self) -> None:
        while (number := self._next()) is not None:
            late = " after the roll-back" if self.rolled_back.is_set() else ""
            outcome = self._call(over_http=number % (CALLS // OVER_HTTP) == 0)
            with self._lock:
                self.outcomes[f"{outcome}{late}"] += 1
                self._lock.notify_all()

    def _next(self) -> int | None:
        with self._lock:
            self._begun += 1
            return self._begun if self._begun <= CALLS else None

    def _call(self, over_http: bool) -> str:
        try:
            if over_http:
                sent = {"EndpointName": NAME, "ContentType": "text/csv", "Body": self._body}
                answer = self._runtime.invoke_endpoint(**sent)["Body"].read()
            else:
                answer = invocations.invoke(self._endpoint, Request(self._body, "text/csv", IN_PROCESS)).prediction.body
        except (ModelError, self._runtime.exceptions.ModelError):
            return "failed"
        self._answers.add(answer)
        return "answered"


@pytest.fixture
def endpoint(client: ClientFactory, trained: TrainedModel) -> LocalEndpoint:
    """An endpoint that serves the demo's model, and a configuration with one that fails."""
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))
    sm = client("sagemaker")
    make_model(sm, "Good")
    make_model(sm, "Broken", CUSTOM_IMAGE)
    make_config(sm, OLD, "Good")
    make_config(sm, NEW, "Broken")
    sm.create_endpoint(EndpointName=NAME, EndpointConfigName=OLD)
    found = cast(LocalEndpoint, sagemaker_backends[ACCOUNT]["us-east-1"].endpoints[NAME])
    assert found.fleet is not None
    variant = found.fleet.variants[0]
    variant.served = cast(Served, Remembering(variant.served))
    return found


def counted(config: str, name: str = "Invocations") -> float:
    named = {"EndpointName": NAME, "VariantName": "AllTraffic", "EndpointConfigName": config}
    hour, metric = timedelta(hours=1), Metric.of("AWS/SageMaker", name, named)
    return STORE.between((ACCOUNT, "us-east-1"), metric, clock.now() - hour, clock.now() + hour).total


def test_failing_canary_is_rolled_back_and_no_call_is_lost(
    client: ClientFactory, local_aws: LocalAws, endpoint: LocalEndpoint, trained: TrainedModel
) -> None:
    sm, cloudwatch = client("sagemaker"), client("cloudwatch")
    dimensions = [{"Name": "EndpointName", "Value": NAME}, {"Name": "VariantName", "Value": "AllTraffic"}]
    cloudwatch.put_metric_alarm(
        AlarmName="quayside-errors", Namespace="AWS/SageMaker", MetricName="Invocation5XXErrors",
        Dimensions=dimensions, Statistic="Average", Period=60, EvaluationPeriods=1, Threshold=0.01,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching",
    )  # fmt: skip
    routing = {
        "Type": "CANARY", "WaitIntervalInSeconds": 600, "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
    }  # fmt: skip
    deployment = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "quayside-errors"}]},
    }
    GENERATOR.seed(23)
    body = csv_of(trained, 1).encode()
    callers = Callers(endpoint, client("sagemaker-runtime"), body)
    sm.update_endpoint(EndpointName=NAME, EndpointConfigName=NEW, DeploymentConfig=deployment)
    callers.start()
    callers.wait_for(BEFORE)
    assert sm.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "Updating"
    local_aws.advance(61)
    described = sm.describe_endpoint(EndpointName=NAME)
    callers.rolled_back.set()
    answers = callers.join()

    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", OLD)
    assert "alarm quayside-errors went into the ALARM state" in described["FailureReason"]
    outcomes = callers.outcomes
    assert outcomes.total() == CALLS
    assert outcomes["failed after the roll-back"] == 0
    assert outcomes["answered after the roll-back"] > 0
    failed, answered = outcomes["failed"], outcomes["answered"] + outcomes["answered after the roll-back"]
    # Every call that reached the old model was answered, and the canary had its share of the others.
    assert (counted(OLD), counted(OLD, "InvocationModelErrors")) == (answered, 0)
    assert (counted(NEW), counted(NEW, "Invocation5XXErrors")) == (failed, failed)
    assert 0.15 <= failed / (failed + outcomes["answered"]) <= 0.25
    (only,) = answers
    assert float(only) == demo_model.predict(trained, trained.holdout_rows)[0]
