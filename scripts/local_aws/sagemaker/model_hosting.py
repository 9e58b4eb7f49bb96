# SPDX-License-Identifier: Apache-2.0
"""Hosting of a model behind an endpoint: fetch the data of its containers as the model's role, and serve them.

Failures are worded as in `FailureReason` of DescribeEndpoint.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final, Protocol

from scripts.local_aws.processes.model_process import HostError, Prediction, Streamed
from scripts.local_aws.serving.artifacts import ServingError
from scripts.local_aws.serving.containers import Container
from scripts.local_aws.serving.framework_host import PROGRAM, FrameworkHost, Place
from scripts.local_aws.serving.images import SERVED, framework_image
from scripts.local_aws.xgboost.xgboost_host import XgboostHost, xgboost_image

_log = logging.getLogger(__name__)
# A script of one's own, and another form of the answers:
# https://github.com/aws/sagemaker-xgboost-container (`serving.py`, `algorithm_mode/serve_utils.py`)
_CHANGES_XGBOOST = (PROGRAM, "SAGEMAKER_INFERENCE_OUTPUT", "SAGEMAKER_INFERENCE_ENSEMBLE")


class ForeignImageError(Exception):
    """Raised for an image that the local AWS cannot run."""


class Host(Protocol):
    """Loaded model: the part of `ModelProcess` that is used."""

    def predict(self, body: bytes, content_type: str, accept: str) -> Prediction:
        """Request a prediction. Raise HostError."""

    def stream(self, body: bytes, content_type: str, accept: str) -> Streamed:
        """Request a prediction in parts. Raise HostError, also between the parts."""

    def stop(self) -> None:
        """Let go of the model."""


OTHER_IMAGES: Final[dict[str, Callable[[], Host]]] = {}
"""Images that run here besides, by their URIs: the tests have a server of their own."""


@dataclass(frozen=True)
class Served:
    """Model that answers, or one with an image that cannot run here (`hosts` is empty then)."""

    container: Container
    hosts: Sequence[Host] = ()
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def unserved(self) -> str:
        """Why it does not answer, in a sentence; empty if it does."""
        return "" if self.hosts else cannot_run(self.container)

    def predict(self, body: bytes, content_type: str, accept: str) -> Prediction:
        """Request a prediction, of containers in series from the last. Raise ForeignImageError, HostError."""
        streamed = self.stream(body, content_type, accept)
        return Prediction(streamed.status, streamed.content_type, b"".join(streamed.parts))

    def stream(self, body: bytes, content_type: str, accept: str) -> Streamed:
        """Request a prediction, as `predict` does, in parts as they come; HostError may be raised between them."""
        if not self.hosts:
            raise ForeignImageError(self.unserved)
        for host in self.hosts[:-1]:
            between = host.predict(body, content_type, "")
            if between.status >= HTTPStatus.BAD_REQUEST:
                return Streamed(between.status, between.content_type, iter([between.body]))
            body, content_type = between.body, between.content_type
        return self.hosts[-1].stream(body, content_type, accept)

    def stop(self) -> None:
        """End the processes and remove the model data."""
        self._open.close()


def cannot_run(container: Container) -> str:
    """Return what of a model cannot run here, and what can, in a sentence; empty if all can."""
    return next(filter(None, map(_cannot_run, container.series)), "")


def _cannot_run(container: Container) -> str:
    if framework_image(container.image) or container.image in OTHER_IMAGES:
        return ""
    if xgboost_image(container.image) is None:
        return f"The local AWS cannot run the image {container.image}: it runs {SERVED} only."
    # It would predict, but otherwise than on AWS.
    if changed := [name for name in _CHANGES_XGBOOST if name in container.environment]:
        return f"The local AWS runs SageMaker's XGBoost images without {changed[0]}."
    return ""


def serve(container: Container, role_arn: str, region: str, variant: str) -> Served:
    """Load the model and serve it. An image that cannot run here is accepted, its invocations are not.

    Raises ServingError.
    """
    try:
        served = load(container, role_arn, region)
    except HostError as error:
        _log.warning("a model could not be loaded: %s", error)
        raise ServingError(
            f"The primary container for production variant {variant} did not pass the ping health check. "
            f"Please check CloudWatch logs for this endpoint. (The local AWS has no such logs; it says: {error}.)"
        ) from error
    if served.unserved:
        _log.warning("variant %s will not answer: %s", variant, served.unserved)
    return served


def load(container: Container, role_arn: str, region: str, batch: bool = False) -> Served:
    """Load a model without rewording HostError; `batch` is true for a transform job.

    Raises ServingError if model data cannot be fetched or unpacked, HostError if they are no model.
    """
    if cannot_run(container):
        return Served(container)
    with ExitStack() as open_:
        hosts = []
        for one in container.series:
            directory = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="local-aws-model-")))
            one.fetch(role_arn, region, directory)
            hosts.append(_started(one, Place(directory, role_arn, region), batch))
            open_.callback(hosts[-1].stop)
        return Served(container, hosts, open_.pop_all())


def _started(container: Container, place: Place, batch: bool) -> Host:
    if container.image in OTHER_IMAGES:
        return OTHER_IMAGES[container.image]()
    if framework := framework_image(container.image):
        return FrameworkHost(framework, container.environment, place)
    image = xgboost_image(container.image)
    assert image is not None  # noqa: S101
    return XgboostHost(place.directory, replace(image, batch=batch))
