# SPDX-License-Identifier: Apache-2.0
"""What makes runs alike: seeds that are told, samples, and names of tests that are names."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests import sampling as samples
from tests.sampling import Sampling

pytest_plugins = ("tests.deployments",)

# Also in the processes that tests start: what the local AWS answers must be what AWS could answer.
os.environ.setdefault("MLOPS_CHECK_ANSWERS", "1")
# Tests ask the orchestrator more often than people do; the APIs of pipelines are throttled as on AWS.
os.environ.setdefault("MLOPS_UNTHROTTLED_API", "-Api")
# They need an environment that `make test` does not make.
collect_ignore = [
    folder for folder in ("browser", "second_opinion") if not any(folder in argument for argument in sys.argv)
]

_LONGEST_NAME: Final = 60
_NO_NAME: Final = re.compile(
    r"[^ -~]|0x[0-9a-f]{6}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|\d{4}-\d\d-\d\dT\d\d:", re.IGNORECASE
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of samples."""
    group = parser.getgroup("sampling", "samples of what is exhaustive by nature")
    group.addoption("--exhaustive", action="store_true", help="try everything, as make trust does")
    group.addoption(
        "--sample-seed", type=int, default=samples.DEFAULT_SEED, help="another sample (default %(default)s)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and let no test of properties fail because the machine has other work."""
    said = "without --exhaustive, only so many of the cases are tried; of each value of the parameter `of`, if named"
    config.addinivalue_line("markers", f"sampled(size, of=None): {said}")
    settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Tell the seeds, also in a quiet run; workers of pytest-xdist tell nothing."""
    config = session.config
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        used = samples.of_session(config)
        extent = "--exhaustive" if used.is_exhaustive else f"--sample-seed={used.seed}"
        order = config.getoption("randomly_seed", None)
        terminal.write_line(f"seeds: {extent}" + ("" if order is None else f" --randomly-seed={order}"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What is collected and imported stays: Python's collector of garbage need not look at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """No case is named by bytes, a time, an address or a text that goes on and on: it gets the parameter's name."""
    is_text = isinstance(val, str)
    if isinstance(val, bytes) or (is_text and (len(val) > _LONGEST_NAME or _NO_NAME.search(val))):
        return argname
    return None


def pytest_itemcollected(item: pytest.Item) -> None:
    """`-m sampled` is all that `--exhaustive` makes larger."""
    if "sampling" in getattr(item, "fixturenames", ()):
        item.add_marker("sampled")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases that are not in the sample."""
    used = samples.of_session(config)
    groups: defaultdict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
    sizes: dict[tuple[str, str], int] = {}
    for item in items:
        mark = item.get_closest_marker("sampled")
        if mark is not None and mark.args and not used.is_exhaustive:
            key = _named(item).partition("[")[0], _value(item, mark.kwargs.get("of"))
            groups[key].append(item)
            sizes[key] = mark.args[0]
    chosen = {item for key, found in groups.items() for item in used.of(found, sizes[key], _named)}
    left_out = [item for found in groups.values() for item in found if item not in chosen]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def _named(item: pytest.Item) -> str:
    """The id, to which pytest-xdist may have added a group."""
    assert item.parent is not None
    return f"{item.parent.nodeid}::{item.name}"


def _value(item: pytest.Item, parameter: str | None) -> str:
    """The value of a parameter of a case."""
    return "" if parameter is None else str(item.callspec.params[parameter])  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def sampling(pytestconfig: pytest.Config) -> Sampling:
    """For tests that make their cases themselves."""
    return samples.of_session(pytestconfig)
