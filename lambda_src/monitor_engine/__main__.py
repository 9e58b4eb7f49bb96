# SPDX-License-Identifier: Apache-2.0
"""`python -m monitor_engine`: the job that the environment describes, from data to files, metrics and message."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from monitor_engine import contract, delivery, message
from monitor_engine.contract import Job
from monitor_engine.problems import EngineError
from monitor_engine.results import Result

_LOG: Final = logging.getLogger("monitor_engine")
_ANALYSES: Final = {
    contract.DATA_QUALITY: "monitor_engine.data_quality.analysis",
    contract.MODEL_QUALITY: "monitor_engine.model_quality.analysis",
    contract.MODEL_BIAS: "monitor_engine.bias.analysis",
    contract.MODEL_EXPLAINABILITY: "monitor_engine.attribution.analysis",
    contract.TRAINING_DATA: "monitor_engine.training_data.analysis",
}
"""Imported when asked for: each needs other libraries, which the others do not wait for."""
# Made before circles among them are looked for.
_OBJECTS: Final = 1_000_000
_VERSIONS: Final = ("numpy", "pandas", "scipy", "scikit-learn")


def main(environment: Mapping[str, str]) -> int:
    """Do the job and return the status of the process: 0 also with violations, 1 when it has failed."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    _LOG.info("Python %s, %s", platform.python_version(), ", ".join(_found()))
    told = contract.message_path(environment)
    try:
        text, status = _done(environment), 0
    except EngineError as error:
        text, status = message.of_failure(str(error)), 1
    except MemoryError:
        text, status = message.of_failure("there is not enough memory: take a larger instance type."), 1
    except Exception as error:  # the message is all that a person sees of the job; the log has the rest
        _LOG.exception("not foreseen")
        text = message.of_failure(f"the engine has failed, the log says where: {type(error).__name__}: {error}")
        status = 1
    _LOG.info("%s", text)
    _LOG.info("most memory: %s", _most_memory())
    told.parent.mkdir(parents=True, exist_ok=True)
    told.write_text(text, encoding="utf-8")
    return status


def _done(environment: Mapping[str, str]) -> str:
    with tempfile.TemporaryDirectory(prefix="monitor-") as work:
        job = contract.read(environment, Path(work))
        result = delivery.bring(job) or _analysis(job.analysis)(job)
        return delivery.deliver(job, result)


def _analysis(name: str) -> Callable[[Job], Result]:
    found: Callable[[Job], Result] = importlib.import_module(_ANALYSES[name]).analyse
    return found


def _most_memory() -> str:
    """What the process has had at most, by Linux's own count."""
    try:
        found = re.search(r"VmHWM:\s*(\d+ kB)", Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        found = None
    return found.group(1) if found else "not known"


def _found() -> list[str]:
    found = []
    for name in _VERSIONS:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return found


if __name__ == "__main__":
    # Records are many small objects without circles: looking for circles among them would take a tenth of the time.
    gc.set_threshold(_OBJECTS)
    sys.exit(main(os.environ))
