# SPDX-License-Identifier: Apache-2.0
"""The engine as SageMaker starts it: its archive, by the entry point of the templates, in a process of its own.

Paths are those of a container, below another root. Jobs have the libraries of this machine, or, with `make
test-engine-image`, those of SageMaker's image. They reach nothing but the local AWS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import numpy as np
import pytest

from generator.monitoring.open_jobs import BOOT
from orchestrator.pipeline_types.built_in.monitors import engine_archive
from tests.monitor_engine import jobs
from tests.monitor_engine.cloud import Cloud, Ended, allowed

_PYTHON: Final = os.environ.get("MLOPS_ENGINE_PYTHON", sys.executable)
"""Interpreter with the engine's libraries."""
_CLOSED: Final = "http://127.0.0.1:9"
_AT: Final = "monitor/live/hourly/2026/11/24/16"


@dataclass(frozen=True)
class Kind:
    """A kind of monitor: its baseline, and a window in which something is found."""

    analysis: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    captured: Sequence[jobs.Pair]
    found: set[str]
    """Features, metrics or labels with a violation."""
    named: str = ""
    """What the message says of one."""
    truth: Sequence[object] = ()
    configuration: Mapping[str, Any] = field(default_factory=dict)
    of_baseline: Mapping[str, str] = field(default_factory=dict)
    of_run: Mapping[str, str] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """The files of its baseline that a run reads."""
        return ("analysis",) if self.configuration else ("constraints", "statistics")


def _data_quality() -> Kind:
    rows = [(0.1 * (number % 10), number % 7, "north" if number % 3 else "south") for number in range(200)]
    captured = [(f"{size},{berth}", f"{score + 0.5}") for score, size, berth in rows]
    return Kind(
        "DATA_QUALITY", ("score", "size", "berth"), rows, captured, {"score"}, "score: baseline_drift_check 0.32 > 0.1"
    )


def _model_quality() -> Kind:
    random = np.random.default_rng(1)
    values = random.normal(10, 5, 400)
    return Kind(
        "MODEL_QUALITY",
        ("label", "guess"),
        [(value, value + random.normal()) for value in values],
        [("1,2", f"{value + random.normal() * 3}") for value in values],
        {"mae", "mse", "rmse", "r2"},
        "mae: GreaterThanThreshold",
        truth=[f"{value}" for value in values],
        of_baseline={"ground_truth_attribute": "label", "inference_attribute": "guess", "problem_type": "Regression"},
        of_run={"inference_attribute": "0", "problem_type": "Regression"},
    )


def _model_bias() -> Kind:
    random = np.random.default_rng(4)

    def rows(of_small: float) -> list[tuple[int, str, str, int]]:
        carriers = ["small" if number % 3 == 0 else "large" for number in range(1_500)]
        chances = [of_small if carrier == "small" else 0.5 for carrier in carriers]
        drawn = random.random((1_500, 2))
        return [
            (int(late < 0.5), carrier, "3.5", int(guess < chance))
            for carrier, chance, (late, guess) in zip(carriers, chances, drawn, strict=True)
        ]

    window = rows(0.95)
    return Kind(
        "MODEL_BIAS",
        ("late", "carrier", "size", "guess"),
        rows(0.5),
        [(f"{carrier},{size}", str(guess)) for _, carrier, size, guess in window],
        {"carrier"},
        "carrier: bias_drift_check",
        truth=[str(late) for late, *_ in window],
        configuration={
            "headers": ["late", "carrier", "size"], "label": "late", "label_values_or_threshold": [1],
            "facet": [{"name_or_index": "carrier", "value_or_threshold": ["small"]}],
        },
        of_baseline={"inference_attribute": "guess"},
        of_run={"inference_attribute": "0"},
    )  # fmt: skip


def _model_explainability() -> Kind:
    def rows(size: float, berths: float) -> list[tuple[str, str]]:
        random = np.random.default_rng(6)
        return [(f"{random.normal() * size:.3f}", f"{random.normal() * berths:.3f}") for _ in range(40)]

    return Kind(
        "MODEL_EXPLAINABILITY",
        ("late", "size", "berths"),
        [("1", *row) for row in rows(1, 1)],
        [(",".join(row), "0.5") for row in rows(0.001, 9)],
        {"label0"},
        configuration={
            "headers": ["late", "size", "berths"], "label": "late", "predictor": {"endpoint_name": "live"},
            "methods": {"shap": {"baseline": [["0", "0"]], "num_samples": 100}},
        },
        of_baseline={"predictor_rows_per_second": "1000000"},
        of_run={"predictor_rows_per_second": "1000000"},
    )  # fmt: skip


_KINDS: Final = (_data_quality, _model_quality, _model_bias, _model_explainability)


class _Model(BaseHTTPRequestHandler):
    """An endpoint whose answers depend on the first feature most."""

    def do_POST(self) -> None:
        assert self.path == "/endpoints/live/invocations"
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        rows = [[float(cell) for cell in line.split(",")] for line in body.splitlines()]
        answer = "".join(f"{5 * size + berths}\n" for size, berths in rows).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def model() -> Iterator[str]:
    """Address of an endpoint."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Model) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@dataclass(frozen=True)
class Container:
    """What stands for the file system and the network of a job's container."""

    root: Path
    cloud: Cloud
    model: str
    role: str

    @property
    def engine(self) -> Path:
        return self.root / "opt/ml/processing/input/engine/monitor_engine.zip"

    @property
    def message(self) -> Path:
        return self.root / "opt/ml/output/message"

    def put_engine(self) -> str:
        """Where the job's input puts it; its digest is returned."""
        archive = engine_archive.packed()
        self.engine.parent.mkdir(parents=True)
        self.engine.write_bytes(archive.content)
        return archive.digest

    def start(self, digest: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run the entry point of the templates, without a network and without anything of this process."""
        given = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.root), "TMPDIR": str(self.root), "HTTP_PROXY": _CLOSED,
            "HTTPS_PROXY": _CLOSED, "NO_PROXY": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.model, "message_path": str(self.message),
            **self.cloud.keys(self.role), **environment,
        }  # fmt: skip
        command = [_PYTHON, "-c", BOOT, str(self.engine), digest]
        return subprocess.run(command, capture_output=True, text=True, env=given, cwd=self.root, check=False)

    def baseline(self, digest: str, kind: Kind) -> Path:
        """Compute a baseline, whose inputs and outputs SageMaker copies, and put it where runs look for it."""
        processing = self.root / "opt/ml/processing"
        data = processing / "input/baseline_dataset_input/train.csv"
        data.parent.mkdir(parents=True)
        data.write_text(jobs.csv_of(kind.header, kind.rows), "utf-8")
        environment = {
            "analysis_type": kind.analysis,
            "dataset_format": '{"csv":{"header":true}}',
            "dataset_source": str(data.parent),
            "output_path": str(processing / "output"),
            "publish_cloudwatch_metrics": "Disabled",
        }
        if kind.configuration:
            configuration = processing / "input/config/analysis_config.json"
            configuration.parent.mkdir()
            configuration.write_text(json.dumps(kind.configuration), "utf-8")
            environment["analysis_config"] = str(configuration)
        ended = self.start(digest, environment | kind.of_baseline)
        assert ended.returncode == 0, ended.stderr
        for path in (processing / "output").glob("*.json"):
            self.cloud.put("baseline", f"harbour/{path.name}", path.read_bytes())
        return processing / "output"

    def run(self, digest: str, kind: Kind) -> Ended:
        """Run a scheduled job on the window."""
        self.cloud.capture(jobs.record(sent, answered, number) for number, (sent, answered) in enumerate(kind.captured))
        labels = [
            {"groundTruthData": {"data": label, "encoding": "CSV"}, "eventMetadata": {"eventId": f"event-{number}"}}
            for number, label in enumerate(kind.truth)
        ]
        self.cloud.put("truth", "labels/2026/11/24/15/a.jsonl", "".join(f"{json.dumps(label)}\n" for label in labels))
        place = f"s3://{self.cloud.bucket('baseline')}/harbour"
        environment = {**self.cloud.environment, "analysis_type": kind.analysis, **kind.of_run}
        environment |= {f"baseline_{name}": f"{place}/{name}.json" for name in kind.reads}
        if kind.truth:
            environment["ground_truth_source"] = f"s3://{self.cloud.bucket('truth')}/labels"
        if kind.configuration:
            self.cloud.put("baseline", "monitor/analysis_config.json", json.dumps(kind.configuration))
            environment["analysis_config"] = f"s3://{self.cloud.bucket('baseline')}/monitor/analysis_config.json"
            environment["baseline_constraints"] = f"{place}/analysis.json"
            del environment["baseline_statistics"]
        ended = self.start(digest, environment)
        assert ended.returncode == 0, ended.stderr
        return Ended(ended.returncode, self.message.read_text("utf-8"), self.cloud.written())


@pytest.fixture
def container(cloud: Cloud, model: str) -> Container:
    """A container for the jobs of one test."""
    output = cloud.bucket("output")
    # A run of model quality looks at the runs before it; attribution asks the endpoint.
    more = [allowed("s3:ListBucket", f"arn:aws:s3:::{output}"), allowed("s3:GetObject", f"arn:aws:s3:::{output}/*")]
    role = cloud.make_role("job", *cloud.needed(), *more)
    return Container(cloud.folder, cloud, model, role)


@pytest.mark.parametrize("kind_of", _KINDS, ids=[kind.__name__.strip("_") for kind in _KINDS])
def test_a_baseline_and_a_run_find_what_has_changed(container: Container, kind_of: Callable[[], Kind]) -> None:
    kind, digest = kind_of(), container.put_engine()
    computed = container.baseline(digest, kind)
    assert container.message.read_text("utf-8").startswith("Completed: Job completed successfully")
    assert {"report.html", *(f"{name}.json" for name in kind.reads)} <= {path.name for path in computed.iterdir()}
    ended = container.run(digest, kind)
    assert ended.message.startswith("CompletedWithViolations: Job completed successfully with "), ended.message
    assert kind.named in ended.message
    violations = ended.document("constraint_violations.json")["violations"]
    assert {one["feature_name"] for one in violations} == kind.found
    told = ended.document("run.json")
    assert told["status"] == "CompletedWithViolations"
    assert told["violations"] == len(violations)
    assert {f"{_AT}/report.html", f"{_AT}/run.json"} <= set(ended.files)
    assert container.cloud.metric() == [float(told["violations"])]


def test_another_archive_is_not_run(container: Container) -> None:
    digest = container.put_engine()
    container.engine.write_bytes(container.engine.read_bytes() + b"\0")
    ended = container.start(digest, {})
    assert ended.returncode == 1
    assert ended.stderr.strip() == f"{container.engine} is not the engine of this monitor: send the request again"
    assert not container.message.exists()


def test_the_archive_has_all_that_runs(container: Container) -> None:
    """A job without environment is refused by the engine itself, and says so in the message that SageMaker shows."""
    ended = container.start(container.put_engine(), {})
    assert ended.returncode == 1
    assert container.message.read_text("utf-8").startswith("The environment of the job is not right: ")


def test_the_entry_point_is_within_the_limit() -> None:
    assert len(BOOT) <= 256
