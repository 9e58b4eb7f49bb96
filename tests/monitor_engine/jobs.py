# SPDX-License-Identifier: Apache-2.0
"""Jobs for tests: data on disk, and the engine run with the environment that a processing job has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor_engine.__main__ import main

START: Final = "2026-11-24T15:00:00Z"
END: Final = "2026-11-24T16:00:00Z"
INSIDE: Final = "2026-11-24T15:30:00Z"
_FOLDER: Final = "AllTraffic/2026/11/24/15"

Pair = tuple[Any, Any]
"""What was sent, and what was answered."""


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    status: int
    message: str
    output: Path

    def document(self, name: str) -> Any:
        return json.loads((self.output / name).read_text("utf-8"))

    @property
    def violations(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.document("constraint_violations.json")["violations"]
        return found

    @property
    def findings(self) -> set[tuple[str, str]]:
        return {(one["feature_name"], one["constraint_check_type"]) for one in self.violations}

    @property
    def report(self) -> str:
        return (self.output / "report.html").read_text("utf-8")


def run(folder: Path, environment: dict[str, str]) -> Ended:
    """Run the engine below a folder that stands for /opt/ml."""
    places = {"output_path": str(folder / "output"), "message_path": str(folder / "message")}
    status = main({**places, **environment})
    return Ended(
        status, (folder / "message").read_text("utf-8"), Path(environment.get("output_path", folder / "output"))
    )


def part(data: Any, encoding: str = "CSV", content_type: str = "text/csv") -> dict[str, str]:
    """One side of a capture; what is no text is sent as JSON."""
    if not isinstance(data, str):
        data, encoding, content_type = json.dumps(data), "JSON", "application/json"
    return {"observedContentType": content_type, "mode": "INPUT", "data": data, "encoding": encoding}


def record(sent: Any, answered: Any, number: int = 0, time: str = INSIDE, inference_id: str = "") -> dict[str, Any]:
    sides = {"endpointInput": sent, "endpointOutput": answered}
    data = {name: side if isinstance(side, dict) and "encoding" in side else part(side) for name, side in sides.items()}
    event = {"eventId": f"event-{number}", "inferenceTime": time}
    return {
        "captureData": {name: side for name, side in data.items() if side["data"] != "null"},
        "eventMetadata": event | ({"inferenceId": inference_id} if inference_id else {}),
        "eventVersion": "0",
    }


def captures(folder: Path, pairs: Iterable[Pair]) -> Path:
    """Write records of what was sent and answered, as an endpoint captures them."""
    return written(folder, (record(sent, answered, number) for number, (sent, answered) in enumerate(pairs)))


def written(folder: Path, records: Iterable[dict[str, Any] | str], hour: str = _FOLDER, name: str = "a") -> Path:
    path = folder / "captures" / hour / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (one if isinstance(one, str) else json.dumps(one) for one in records)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder / "captures"


def csv(folder: Path, text: str | bytes) -> Path:
    """Write a baseline's data."""
    path = folder / "data" / "train.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = (",".join("" if value is None else str(value) for value in row) for row in (header, *rows))
    return "".join(f"{line}\n" for line in lines)


def baseline(folder: Path, text: str | bytes, **more: str) -> Ended:
    """Compute a baseline of CSV with a header."""
    source = csv(folder, text)
    output = str(folder / "baseline")
    formed = {"dataset_format": '{"csv": {"header": true}}', "dataset_source": str(source), "output_path": output}
    return run(folder, formed | more)


def monitored(folder: Path, **more: str) -> Ended:
    """Compare the captures below a folder with its baseline."""
    return run(
        folder,
        {
            "dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}',
            "dataset_source": str(folder / "captures"),
            "start_time": START,
            "end_time": END,
            "baseline_constraints": str(folder / "baseline" / "constraints.json"),
            "baseline_statistics": str(folder / "baseline" / "statistics.json"),
        }
        | more,
    )
