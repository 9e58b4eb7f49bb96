# SPDX-License-Identifier: Apache-2.0
"""What moto does anew for each request or object, done once or when it is needed; answers stay what they are.

In force as soon as this package is imported.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from moto.core import responses
from moto.kms import models as kms_models
from moto.sns.models import Subscription


class _MadeWhenUsed:
    """Stands for an object until somebody wants something of it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._made = functools.cache(make)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made(), name)


def _look_up_actions_once(moto: Any = responses) -> None:
    """Which actions a service has depends on its class alone; moto looks through the class for each request."""
    moto.method_names_from_class = functools.cache(moto.method_names_from_class)


def _make_keys_when_used(kms: Any = kms_models, subscription: Any = Subscription) -> None:
    """A pair of RSA keys takes a twentieth of a second or several times that, and few are ever used.

    moto makes one for each KMS key, also for those that have no pair, and one for each subscription to sign messages
    with; SNS has one for a Region.
    """
    generate = kms.generate_private_key
    kms.generate_private_key = lambda spec: _MadeWhenUsed(functools.partial(generate, spec))
    for_all = functools.cache(functools.partial(subscription.private_key.__wrapped__, None))
    subscription.private_key = lambda _: for_all()


_look_up_actions_once()
_make_keys_when_used()
