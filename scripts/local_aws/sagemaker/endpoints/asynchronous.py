# SPDX-License-Identifier: Apache-2.0
"""InvokeEndpointAsync: requests wait until a variant has instances; their answers are written to S3.

On the local AWS an endpoint works on them one after the other. Each minute of the clock it says how many wait.
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, cast

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws import clock
from scripts.local_aws.cloudwatch.endpoint_metrics import INVOCATIONS
from scripts.local_aws.cloudwatch.metric_store import STORE, Metric
from scripts.local_aws.sagemaker.endpoints import waiting_work
from scripts.local_aws.sagemaker.endpoints.backlog import Given, Waiting
from scripts.local_aws.sagemaker.endpoints.configs import LocalEndpointConfig
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.invocations import RuntimeValidationError

_THREADS: Final = 2
_SETTLE_SECONDS: Final = 10.0
_LONGEST_WAIT: Final = 6 * 3600
"""Seconds after which a request expires that names no time of its own."""


class _Workers:
    """Threads that work on what waits, one for an endpoint at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._busy: set[LocalEndpoint] = set()
        self._again: set[LocalEndpoint] = set()

    def start(self, endpoint: LocalEndpoint) -> None:
        with self._lock:
            self._again.add(endpoint)
            if endpoint in self._busy:
                return
            self._busy.add(endpoint)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="async-inference")
            self._pool.submit(self._run, endpoint)

    def _run(self, endpoint: LocalEndpoint) -> None:
        try:
            while self._goes_on(endpoint):
                while waiting_work.work_on_one(endpoint):
                    pass
        except BaseException:
            with self._lock:
                self._busy.discard(endpoint)
            raise

    def _goes_on(self, endpoint: LocalEndpoint) -> bool:
        """Whether it was started again meanwhile: nothing may have waited yet when the thread looked last."""
        with self._lock:
            if endpoint not in self._again:
                self._busy.discard(endpoint)
                return False
            self._again.remove(endpoint)
            return True

    def stop(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
            self._busy.clear()
            self._again.clear()
        if pool:
            pool.shutdown(cancel_futures=True)


_workers: Final = _Workers()
stop = _workers.stop


def check_update(old: LocalEndpointConfig, new: LocalEndpointConfig, endpoint_name: str) -> None:
    """Refuse to let an endpoint answer at once that answered later.

    SageMaker's words: https://github.com/aws/sagemaker-python-sdk/pull/3124
    """
    if "AsyncInferenceConfig" in old.given and "AsyncInferenceConfig" not in new.given:
        raise ValidationError(
            f"The AsyncInferenceConfig parameter cannot be removed from this endpoint {endpoint_name}."
        )


def invoke(endpoint: LocalEndpoint, given: Given) -> Waiting:
    """Let a request wait, and say where its answer will be. Raise RuntimeValidationError."""
    config = endpoint.async_config
    if config is None:
        raise RuntimeValidationError(
            f"Endpoint {endpoint.endpoint_name} of account {endpoint.account_id} is no asynchronous endpoint that is "
            "InService."
        )
    output, name = config["OutputConfig"], str(uuid.uuid4())
    request = Waiting(
        given=given,
        inference_id=given.inference_id or str(uuid.uuid4()),
        output_location=_place(output.get("S3OutputPath", ""), f"{name}.out"),
        failure_location=_place(output.get("S3FailurePath", ""), f"{name}-error.out"),
        received=clock.now(),
        seconds=float(given.seconds or _LONGEST_WAIT),
    )
    endpoint.backlog.add(request)
    _workers.start(endpoint)
    return request


def every_minute(begun: datetime) -> None:
    """Tell the metrics of each queue as a minute begins, then work on what waits where there are instances.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
    """
    for endpoint in list(_queues()):
        size, count = endpoint.backlog.size, waiting_work.instances(endpoint)
        values = {
            "ApproximateBacklogSize": size,
            "ApproximateBacklogSizePerInstance": size / max(count, 1),
            "HasBacklogWithoutCapacity": int(size > 0 and count == 0),
        }
        for name, value in values.items():
            metric = Metric.of(INVOCATIONS, name, {"EndpointName": endpoint.endpoint_name})
            STORE.add(endpoint.place, metric, float(value), begun)
        if size and count:
            _workers.start(endpoint)
            # A minute is long: what a model has to do ends in it, however fast somebody moves the clock.
            endpoint.backlog.wait_until_empty(_SETTLE_SECONDS)


def _queues() -> Iterator[LocalEndpoint]:
    for regions in list(sagemaker_backends.values()):
        for backend in list(regions.values()):
            endpoints = cast("list[LocalEndpoint]", list(backend.endpoints.values()))
            yield from (endpoint for endpoint in endpoints if endpoint.async_config is not None)


def _place(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}" if path else ""
