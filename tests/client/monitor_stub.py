# SPDX-License-Identifier: Apache-2.0
"""An orchestrator's API with a monitor's runs, and S3 with its reports, as one server that answers what a test says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

STACK: Final = "mlops-pipeline-harbour-byomdataqualitymonitor"
ID: Final = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{STACK}-codepipeline/1"
REPORT: Final = "<!doctype html><title>Data quality</title><p>draught has drifted</p>"
DRIFT: Final = {
    "feature_name": "draught",
    "constraint_check_type": "baseline_drift_check",
    "description": "Baseline drift distance: 0.43 exceeds threshold: 0.1",
}
QUIET: Final = "Completed: Job completed successfully with no violations."


def run(number: int, status: str = "Completed", message: str = QUIET, **more: Any) -> dict[str, Any]:
    """A run as the API tells it; the hour of its window is its number."""
    output = f"s3://reports/harbour/schedule/2026/11/30/{number + 1:02}"
    return {
        "id": f"mlops-monitor-12345678-{number:032x}", "status": status, "message": message, "violations": [],
        "start_time": f"2026-11-30T{number:02}:00:00+00:00", "end_time": f"2026-11-30T{number + 1:02}:00:00+00:00",
        "output": output, "report": f"{output}/report.html", **more,
    }  # fmt: skip


def violated(number: int) -> dict[str, Any]:
    message = "CompletedWithViolations: Job completed successfully with 1 violations. draught: 0.43 > 0.1"
    return run(number, "CompletedWithViolations", message, violations=[DRIFT])


class Stub:
    """What the server knows: runs, the newest first, and what a started one becomes, look by look."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.becomes: list[dict[str, Any]] = []
        self.posted: list[dict[str, Any]] = []
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.reports = {f"/reports/harbour/schedule/2026/11/30/{hour:02}/report.html": REPORT for hour in range(24)}
        self.url = ""

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        if path in self.reports:
            return 200, self.reports[path]
        name = unquote(path.removeprefix("/prod/pipelines/"))
        if not name.endswith("/runs"):
            known = name in (ID, "harbour/monitor", "harbour/data-quality")
            return (200, {"pipeline_id": ID}) if known else (404, {"message": f"There is no pipeline {name}."})
        if self.refusal:
            return self.refusal
        if method == "POST":
            self.posted.append(json.loads(body))
            self.runs.insert(0, self.becomes[0])
            return 202, {"message": "The run has begun.", "run": {"id": self.becomes[0]["id"]}}
        return 200, self._page(int(query["limit"][0]), int(query.get("next", ["0"])[0]))

    def _page(self, limit: int, start: int) -> dict[str, Any]:
        if self.becomes and self.runs and self.runs[0]["id"] == self.becomes[0]["id"]:
            self.runs[0] = self.becomes.pop(0) if len(self.becomes) > 1 else self.becomes[0]
        following = {"next": str(start + limit)} if len(self.runs) > start + limit else {}
        return {"runs": self.runs[start : start + limit], **following}


@contextmanager
def serving() -> Iterator[Stub]:
    """Yield a server with nothing in it."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = stub.answer(self.command, unquote(asked.path), parse_qs(asked.query), body)
            content = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def environment(stub: Stub) -> dict[str, str]:
    """What leads the client and the command line there."""
    return {
        "MLOPS_API_URL": f"{stub.url}/prod", "AWS_ENDPOINT_URL": stub.url, "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
    }  # fmt: skip
