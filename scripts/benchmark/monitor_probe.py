# SPDX-License-Identifier: Apache-2.0
"""One measured job in a fresh process of any Python: print what it took as a line of JSON. Imports nothing of ours.

monitor_probe.py engine                    the engine, with its environment, as a processing job starts it
monitor_probe.py evidently ARRAYS REPORT   Evidently's drift preset, over data that is in memory when the clock starts
"""

import json
import os
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STARTED = time.perf_counter()


def main() -> None:
    """Do the job that the first argument names."""
    actions: dict[str, Callable[..., dict[str, Any]]] = {"engine": _engine, "evidently": _evidently}
    measured = actions[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps({**measured, "memory_mb": _peak_memory_mb()}) + "\n")


def _engine() -> dict[str, Any]:
    try:
        runpy.run_module("monitor_engine", run_name="__main__")
    except SystemExit as ended:
        status = ended.code
    return {"status": status, "seconds": time.perf_counter() - _STARTED, "cpu_seconds": _cpu()}


def _evidently(arrays: str, report: str) -> dict[str, Any]:
    import evidently  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from evidently import Report  # noqa: PLC0415
    from evidently.presets import DataDriftPreset  # noqa: PLC0415

    names = os.environ["COLUMNS_OF_DATA"].split(",")
    reference, current = (
        pd.DataFrame(np.load(Path(arrays, f"{name}.npy")), columns=names) for name in ("reference", "current")
    )
    started, cpu = time.perf_counter(), _cpu()
    Report([DataDriftPreset()]).run(current, reference).save_html(report)
    return {
        "version": evidently.__version__,
        "pandas": pd.__version__,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": _cpu() - cpu,
        "report_bytes": Path(report).stat().st_size,
    }


def _cpu() -> float:
    """Return the processor's seconds of this process, and of those that it has waited for."""
    return sum(os.times()[:4])


def _peak_memory_mb() -> float:
    # getrusage would count the parent's memory from before the exec.
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    return round(int(kilobytes) / 1024, 1)


if __name__ == "__main__":
    main()
