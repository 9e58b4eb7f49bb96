# SPDX-License-Identifier: Apache-2.0
"""`make bench-monitors`: measure the monitors' engine, and Evidently beside it, on the same numbers in one run.

The engine is measured as a job runs it: a process of its own, from capture files on disk to violations and report.
Evidently gets its data as a DataFrame in memory, and its imports are not counted. Read the ratios: times are comparable
only within a run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from scripts import paths
from scripts.benchmark import monitor_data
from scripts.benchmark.monitor_data import Data

_PROBE: Final = str(Path(__file__).with_name("monitor_probe.py"))
_RECORDS: Final = 1_000_000
_MORE: Final = 10_000_000
_BASELINE: Final = 100_000
# Of a record in a capture file, and of its numbers in an array.
_BYTES: Final = 800
_NOTHING: Final = "-"


@dataclass(frozen=True)
class Row:
    """What one job took."""

    name: str
    records: int
    seconds: float
    cpu_seconds: float
    memory_mb: float
    report_kb: float
    violations: int | None = None
    """Of a run of the engine."""


@dataclass(frozen=True)
class Asked:
    """How much is measured."""

    records: int = _RECORDS
    baseline: int = _BASELINE
    more: int = 0
    """Records of a second, longer window; 0: none."""
    evidently: str = ""
    """The Python of an environment with Evidently; empty: the engine alone."""


class BenchError(Exception):
    """Raised if something could not be measured; `str()` is a sentence."""


def measured(asked: Asked) -> Iterator[Row]:
    """Yield what each job took, as soon as it has ended. Raise BenchError."""
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        data, engine = Data(Path(folder)), _Engine(Path(folder))
        _check_space(folder, max(asked.records, asked.more))
        monitor_data.write_baseline(data, asked.baseline)
        yield engine.baseline(data, asked.baseline)
        monitor_data.write_captures(data, 1, with_array=False)
        yield engine.run("engine, one record", data, 1)
        monitor_data.write_captures(data, asked.records, with_array=bool(asked.evidently))
        yield engine.run("engine, run", data, asked.records)
        shutil.rmtree(data.captures(asked.records))
        if asked.evidently:
            yield _evidently(asked, data)
        if asked.more:
            monitor_data.write_captures(data, asked.more, with_array=False)
            yield engine.run("engine, run", data, asked.more)


class _Engine:
    """The engine, and the baseline that it has computed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._baseline = folder / "output-baseline"

    def baseline(self, data: Data, rows: int) -> Row:
        job = {"dataset_format": '{"csv": {"header": true}}', "dataset_source": str(data.baseline.parent)}
        return self._job("engine, baseline", rows, self._baseline, job)

    def run(self, name: str, data: Data, records: int) -> Row:
        start, end = (moment.isoformat() for moment in (monitor_data.START, monitor_data.END))
        job = {
            "dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}',
            "dataset_source": str(data.captures(records)),
            "baseline_constraints": str(self._baseline / "constraints.json"),
            "baseline_statistics": str(self._baseline / "statistics.json"),
            "start_time": start,
            "end_time": end,
        }
        return self._job(name, records, self._folder / f"output-{records}", job)

    def _job(self, name: str, records: int, output: Path, job: Mapping[str, str]) -> Row:
        message = output.with_suffix(".message")
        more = {"analysis_type": "DATA_QUALITY", "output_path": str(output), "message_path": str(message)}
        path = {"PYTHONPATH": str(paths.BUNDLE_SOURCE.parent)}
        took = _probe(sys.executable, ["engine"], {**os.environ, **path, **more, **job})
        if took["status"] != 0:
            raise BenchError(f"{name} has failed: {message.read_text('utf-8')}")
        found = output / "constraint_violations.json"
        violations = len(json.loads(found.read_text("utf-8"))["violations"]) if found.exists() else None
        return _row(name, records, took, (output / "report.html").stat().st_size, violations)


def _evidently(asked: Asked, data: Data) -> Row:
    # Nothing of a run is anybody else's business.
    told = {"COLUMNS_OF_DATA": ",".join(monitor_data.names()), "DO_NOT_TRACK": "1"}
    arguments = ["evidently", str(data.arrays), str(data.folder / "evidently.html")]
    took = _probe(asked.evidently, arguments, {**os.environ, **told})
    name = f"Evidently {took['version']}, pandas {took['pandas']}"
    return _row(name, asked.records, took, took["report_bytes"], None)


def _row(name: str, records: int, took: Mapping[str, Any], report: int, violations: int | None) -> Row:
    seconds, cpu = round(took["seconds"], 2), round(took["cpu_seconds"], 2)
    return Row(name, records, seconds, cpu, took["memory_mb"], round(report / 1000, 1), violations)


def _probe(python: str, arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [python, _PROBE, *arguments], capture_output=True, text=True, env=dict(environment), check=False
    )
    if done.returncode != 0 or not done.stdout:
        raise BenchError(f"{python} could not be measured: {done.stderr.strip()[-2000:]}")
    took: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return took


def _check_space(folder: str, records: int) -> None:
    needed, free = records * _BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise BenchError(
            f"{folder} has room for {free / 1e9:.1f} GB, and {needed / 1e9:.1f} GB are needed:"
            " set TMPDIR to another folder"
        )


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table, with times and memory as ratios to Evidently's where it was measured."""
    other = next((row for row in rows if row.name.startswith("Evidently")), None)
    lines = [("job", "records", "seconds", "CPU s", "peak MB", "report KB", "time", "memory")]
    for row in rows:
        is_compared = other is not None and row.records == other.records
        ratios = _ratios(row, other) if other is not None and is_compared else (_NOTHING, _NOTHING)
        numbers = (f"{row.records:,}", f"{row.seconds:.2f}", f"{row.cpu_seconds:.2f}", f"{row.memory_mb:.0f}")
        lines.append((row.name, *numbers, f"{row.report_kb:.0f}", *ratios))
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _ratios(row: Row, other: Row) -> tuple[str, str]:
    return f"{row.seconds / other.seconds:.2f}", f"{row.memory_mb / other.memory_mb:.2f}"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers = (text.rjust(width) for text, width in zip(line, widths, strict=True))
    return "  ".join([name.strip().ljust(widths[0]), *numbers])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table or JSON lines; return the status of the process."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.benchmark.bench_monitors", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--large", action="store_true", help=f"also a window of {_MORE:,} records")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each job")
    parser.add_argument("--records", type=int, default=_RECORDS, help="of the window")
    parser.add_argument("--baseline", type=int, default=_BASELINE, help="rows of the baseline")
    parser.add_argument("--evidently", default="", metavar="PYTHON", help="of an environment with Evidently")
    given = parser.parse_args(arguments)
    rows = []
    try:
        for row in measured(Asked(given.records, given.baseline, _MORE if given.large else 0, given.evidently)):
            rows.append(row)
            if given.json:
                sys.stdout.write(f"{json.dumps(asdict(row))}\n")
                sys.stdout.flush()
    except BenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not given.json:
        sys.stdout.write(f"{table(rows)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
