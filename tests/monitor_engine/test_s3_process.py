# SPDX-License-Identifier: Apache-2.0
"""The engine as a job runs it: a zip that is checked and run by one line of Python, with AWS in its environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from generator.monitoring.open_jobs import BOOT
from orchestrator.pipeline_types.built_in.monitors import engine_archive
from tests.monitor_engine import jobs
from tests.monitor_engine.cloud import Cloud
from tests.monitor_engine.jobs import record

_MOST_BEFORE_THE_FIRST: Final = 3.0


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "monitor_engine.zip"
    path.write_bytes(engine_archive.packed().content)
    return path


@dataclass(frozen=True)
class _Process:
    status: int
    message: str
    log: str

    @property
    def peak(self) -> int:
        """Most memory, in MiB. What the system tells of a child counts what its parent had."""
        found = re.search(r"most memory: (\d+) kB", self.log)
        return int(found.group(1)) // 1024 if found else 0


def _start(engine: Path, cloud: Cloud, **more: str) -> _Process:
    """Run the zip in a process that has nothing of this one's paths and only a job's environment."""
    message = cloud.folder / "ml/output/message"
    environment = cloud.environment | cloud.keys() | {"message_path": str(message), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-P", "-c", BOOT, str(engine), engine_archive.packed().digest]
    ended = subprocess.run(
        command, env=environment | more, cwd=cloud.folder, check=False, capture_output=True, text=True
    )
    return _Process(ended.returncode, message.read_text("utf-8"), ended.stderr)


def _lines(first: int, count: int) -> list[str]:
    """Records as they are captured, whose text is most of them."""
    template = json.dumps(record("SIZE,north", "SCORE", 0))
    return [
        template.replace("SIZE", str(number % 7)).replace("SCORE", str(number % 5)).replace("event-0", f"e-{number}")
        for number in range(first, first + count)
    ]


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    rows = [(number % 5, number % 7, "north") for number in range(1_000)]
    cloud.baseline(jobs.csv_of(["score", "size", "berth"], rows))
    return cloud


def test_a_job_runs_the_engine_from_its_zip(cloud: Cloud, engine: Path) -> None:
    cloud.capture(_lines(0, 500))
    ended = _start(engine, cloud)
    assert (ended.status, ended.message) == (0, "Completed: Job completed successfully with no violations."), ended.log
    assert "monitor/live/hourly/2026/11/24/16/run.json" in cloud.written()
    assert "Traceback" not in ended.log
    assert ended.log.splitlines()[0].startswith("Python ")


def test_the_first_record_is_read_soon_after_the_start(cloud: Cloud, engine: Path) -> None:
    cloud.capture(_lines(0, 10))
    told = re.search(r"first record after ([\d.]+) s of computing: a.jsonl, line 1", _start(engine, cloud).log)
    assert told is not None
    # What other processes of this machine take is not counted.
    assert float(told.group(1)) < _MOST_BEFORE_THE_FIRST


@pytest.mark.parametrize("kind", ["DATA_QUALITY", "MODEL_QUALITY"])
def test_memory_does_not_grow_with_the_records(cloud: Cloud, engine: Path, kind: str) -> None:
    given = {}
    if kind == "MODEL_QUALITY":
        rows = [(number % 5, number % 5 + 0.5) for number in range(1_000)]
        columns = {"inference_attribute": "guess", "ground_truth_attribute": "truth"}
        given = {"analysis_type": kind, "problem_type": "Regression"}
        cloud.baseline(jobs.csv_of(["guess", "truth"], rows), **given, **columns)
        given |= {"ground_truth_source": f"s3://{cloud.bucket('truth')}/harbour", "inference_attribute": "0"}
    first, last = (1, 4) if given else (3, 9)
    peaks = []
    for some in (range(first), range(first, last)):
        for number in some:
            cloud.capture(_lines(number * 10_000, 10_000), name=f"{number:02}.jsonl")
            if given:
                _tell(cloud, number)
        ended = _start(engine, cloud, **given)
        assert ended.status == 0, ended.message
        peaks.append(ended.peak)
    # 30,000 records more, or 60,000, would be 60 MB as objects, or 120 MB.
    assert peaks[1] - peaks[0] < 20, peaks


def _tell(cloud: Cloud, number: int) -> None:
    template = {"groundTruthData": {"data": "2.5", "encoding": "CSV"}, "eventMetadata": {"eventId": "e-0"}}
    line = json.dumps(template)
    lines = (line.replace("e-0", f"e-{one}") for one in range(number * 10_000, number * 10_000 + 10_000))
    cloud.put("truth", f"harbour/2026/11/24/15/{number:02}.jsonl", "\n".join(lines))


def test_a_process_without_region_says_so(cloud: Cloud, engine: Path) -> None:
    cloud.capture(_lines(0, 10))
    ended = _start(engine, cloud, AWS_DEFAULT_REGION="", AWS_ENDPOINT_URL="")
    assert ended.status == 1
    assert "Region" in ended.message
    assert "Traceback" not in ended.log
