# SPDX-License-Identifier: Apache-2.0
"""`python -m scripts.demo.report_picture`: the guide's picture of a report, drawn from one that the engine has made.

No browser takes it: what the report says is laid out as SVG, and its own drawings are put in as they are.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from monitor_engine.__main__ import main as engine
from scripts.demo import report_blocks, report_layout
from scripts.demo.report_styles import Styles
from scripts.paths import ROOT

DATA: Final = ROOT / "docs" / "examples" / "monitors" / "train.csv"
PICTURE: Final = ROOT / "docs" / "images" / "monitor-report.svg"
_STORM: Final = 3.2
_START, _END = "2026-11-24T15:00:00Z", "2026-11-24T16:00:00Z"


def report() -> str:
    """Return the report of an hour in which the wind was stronger, ships lay at a new berth and some said no cargo."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(folder, dataset_format={"csv": {"header": True}}, dataset_source=DATA, output_path=folder / "baseline")
        captured = folder / "captures" / "AllTraffic" / "2026" / "11" / "24" / "15" / "a.jsonl"
        captured.parent.mkdir(parents=True)
        captured.write_text("".join(f"{json.dumps(record)}\n" for record in _captures()), encoding="utf-8")
        _run(
            folder,
            dataset_format={"sagemakerCaptureJson": {}},
            dataset_source=folder / "captures",
            output_path=folder / "run",
            start_time=_START,
            end_time=_END,
            baseline_constraints=folder / "baseline" / "constraints.json",
            baseline_statistics=folder / "baseline" / "statistics.json",
            sagemaker_endpoint_name="harbour-delay-live",
            sagemaker_monitoring_schedule_name="harbour-delay-live-data-quality-1234",
        )
        return next((folder / "run").rglob("report.html")).read_text(encoding="utf-8")


def picture() -> str:
    """Return the picture as SVG."""
    html = report()
    return report_layout.svg(report_blocks.of(html), "The beginning of a report", Styles.of(html).drawings)


def main() -> None:
    """Write the picture."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), encoding="utf-8")


def _run(folder: Path, **given: Any) -> None:
    told = folder / "message"
    texts = {name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in given.items()}
    if engine({"message_path": str(told), **texts}):
        raise RuntimeError(told.read_text(encoding="utf-8"))


def _captures() -> Iterator[dict[str, Any]]:
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows * 2):
        wind = round(float(row["wind"]) + _STORM, 1)
        cargo = "" if number % 16 == 0 else row["cargo"]
        berth = "east" if number % 4 == 0 else row["berth"]
        sent = {"data": f"{row['draught']},{cargo},{wind},{berth}", "encoding": "CSV"}
        yield {
            "captureData": {"endpointInput": sent, "endpointOutput": {"data": row["delayed"], "encoding": "CSV"}},
            "eventMetadata": {"eventId": str(number), "inferenceTime": "2026-11-24T15:30:00Z"},
        }


if __name__ == "__main__":
    main()
