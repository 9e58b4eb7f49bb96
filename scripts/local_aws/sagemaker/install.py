# SPDX-License-Identifier: Apache-2.0
"""SageMaker on the local AWS: models, endpoints that predict, jobs that score, train and tune, model packages.

`install` replaces moto's backends by ours; the other operations of SageMaker stay moto's own.
"""

from __future__ import annotations

from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime.models import sagemakerruntime_backends

from scripts.local_aws import clock
from scripts.local_aws.cloudwatch.metric_store import MINUTE
from scripts.local_aws.eventbridge import alarm_events
from scripts.local_aws.processes import model_process, programs
from scripts.local_aws.sagemaker.backend import LocalSageMaker
from scripts.local_aws.sagemaker.endpoints import asynchronous, deployment, invocations
from scripts.local_aws.sagemaker.jobs import job_records
from scripts.local_aws.sagemaker.runtime import LocalSageMakerRuntime


def install() -> None:
    """Replace moto's backends. Repeating it changes nothing."""
    for backends, ours in ((sagemaker_backends, LocalSageMaker), (sagemakerruntime_backends, LocalSageMakerRuntime)):
        if backends.backend is not ours:
            # moto makes a backend per account and Region on first use: those made before have the old class.
            backends.backend = ours
            backends.clear()
    alarm_events.listen(deployment.alarm_changed)
    clock.every(MINUTE, asynchronous.every_minute)
    job_records.THREADS.open()


def flush_captures() -> bool:
    """Write the captured data collected so far, and wait. Return false if it takes longer than 30 seconds."""
    return invocations.flush()


def wait_idle(timeout: float) -> bool:
    """Wait until no job runs, at most `timeout` seconds; return whether that was reached."""
    return job_records.THREADS.wait_idle(timeout)


def shutdown() -> None:
    """Write captured data, stop the jobs, then end every process that serves a model."""
    asynchronous.stop()
    invocations.stop()
    job_records.THREADS.close()
    model_process.stop_all()
    programs.stop()
