# SPDX-License-Identifier: Apache-2.0
"""SageMaker on the local AWS: models, endpoint configurations, endpoints that predict, model package groups.

`install` puts our backends in the place of moto's; everything else of SageMaker stays moto's own.
"""

from __future__ import annotations

from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime.models import sagemakerruntime_backends

from scripts.local_aws import xgboost_host
from scripts.local_aws.sagemaker_backend import LocalSageMaker
from scripts.local_aws.sagemaker_runtime import LocalSageMakerRuntime, capture_writer


def install() -> None:
    """Put our backends in; doing so again changes nothing."""
    for backends, ours in ((sagemaker_backends, LocalSageMaker), (sagemakerruntime_backends, LocalSageMakerRuntime)):
        if backends.backend is not ours:
            # moto makes a backend per account and Region at its first use: those made before are of the old class.
            backends.backend = ours
            backends.clear()


def flush_captures() -> bool:
    """Write the captured data that is still gathered, and wait for it; False when it takes longer than 30 seconds."""
    return capture_writer.flush()


def shutdown() -> None:
    """Write what is captured, then end every process that serves a model."""
    capture_writer.stop()
    xgboost_host.stop_all()
