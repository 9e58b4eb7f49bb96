# SPDX-License-Identifier: Apache-2.0
"""Patches for work that moto repeats for each request or object: done once, or when needed. Answers do not change.

Applied when this package is imported.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from moto.core import responses
from moto.kms import models as kms_models
from moto.sns.models import Subscription


class _MadeWhenUsed:
    """Stand-in for an object, which is made on first use."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._made = functools.cache(make)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made(), name)


def _look_up_actions_once(moto: Any = responses) -> None:
    """Cache the action names of a service, which depend on its class alone: moto collects them for each request."""
    moto.method_names_from_class = functools.cache(moto.method_names_from_class)


def _make_keys_when_used(kms: Any = kms_models, subscription: Any = Subscription) -> None:
    """Delay the making of RSA keys, which takes a twentieth of a second or several times that: few are ever used.

    moto makes one for each KMS key, also for those without a key pair, and one for each subscription to sign messages
    with. SNS has one per Region.
    """
    generate = kms.generate_private_key
    kms.generate_private_key = lambda spec: _MadeWhenUsed(functools.partial(generate, spec))
    for_all = functools.cache(functools.partial(subscription.private_key.__wrapped__, None))
    subscription.private_key = lambda _: for_all()


_look_up_actions_once()
_make_keys_when_used()
