# SPDX-License-Identifier: Apache-2.0
"""Making stack set operations fail or wait on purpose, so that whoever polls them can be tested without sleeping.

`refuse("222222222222", "an explicit deny in a service control policy")` fails whatever is done in that account.
Within `with hold() as held:` operations stay RUNNING; `held.reached.wait(10)` waits until one has come to an account.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

_refused: dict[str, str] = {}
_holds: list[Hold] = []


class Hold:
    """Keeps accounts (all when none is named) from being worked on until it is released or left."""

    def __init__(self, accounts: tuple[str, ...]) -> None:
        self.reached = threading.Event()
        self._accounts = accounts
        self._released = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def release(self) -> None:
        """Let the work go on."""
        self._released.set()

    def wait(self, account: str) -> None:
        """Wait for the release if the account is held."""
        if not self._released.is_set() and (not self._accounts or account in self._accounts):
            self.reached.set()
            self._released.wait()


def hold(*accounts: str) -> Hold:
    """Hold these accounts, or all, from now on."""
    made = Hold(accounts)
    _holds.append(made)
    return made


def refuse(account: str, reason: str) -> None:
    """Fail every operation in an account for a reason, as a service control policy or a missing role does."""
    _refused[account] = reason


def accept(account: str) -> None:
    """Take back `refuse`."""
    _refused.pop(account, None)


def refusal(account: str) -> str | None:
    """Return the reason for which operations in an account fail; None if they do not."""
    return _refused.get(account)


def wait(account: str) -> None:
    """Wait while the account is held."""
    for one in list(_holds):
        one.wait(account)


def clear() -> None:
    """Release and forget everything: the server stops."""
    _refused.clear()
    for one in _holds:
        one.release()
    _holds.clear()
