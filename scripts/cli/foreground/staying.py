# SPDX-License-Identifier: Apache-2.0
"""Stay in the foreground until SIGINT or SIGTERM, and say in words why a port cannot be had."""

from __future__ import annotations

import errno
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from scripts.cli.errors import WrongUseError

_SECONDS_BETWEEN_LOOKS: Final = 0.5
_WHY: Final = {errno.EADDRINUSE: "is in use by another program", errno.EACCES: "is the administrator's"}


def wait() -> None:
    """Wait for a signal.

    The system may hand it to another thread, which does not wake this one: Python handles it here, when this one runs.
    """
    never = threading.Event()
    while not never.wait(_SECONDS_BETWEEN_LOOKS):
        pass


@contextmanager
def until_interrupted() -> Iterator[None]:
    """End the block in an orderly way at the first SIGINT or SIGTERM; later ones are ignored."""

    def interrupt(signal_number: int, frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def port_in_words(port: int) -> Iterator[None]:
    """Raise WrongUseError for a port that cannot be had."""
    try:
        yield
    except OSError as error:
        if error.errno not in _WHY:
            raise
        why = _WHY[error.errno]
        raise WrongUseError(f"port {port} {why}: give --port another, or leave it out for a free one") from None
