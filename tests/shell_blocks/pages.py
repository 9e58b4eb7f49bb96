# SPDX-License-Identifier: Apache-2.0
"""What each page says that its reader has, and the few commands that cannot run in a test, with the reason."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scripts.demo import demo_model
from tests.shell_blocks.blocks import ROOT, Command, Request
from tests.shell_blocks.shell import MLOPS

CANNOT_RUN: Final[Mapping[tuple[str, str], str]] = {
    ("README.md", "pipx install"): "installs from the network; tests/cli/test_installed.py installs the wheel",
    ("README.md", "mlops --version"): "of that installation; tests/cli/test_installed.py asks it",
    ("docs/console.md", "mlops console"): "serves until Ctrl-C; tests/console opens the page",
    ("docs/extending.md", ""): "in a copy of the checkout: tests/test_docs_extending.py carries out the whole page",
    ("docs/launch.md", "aws cloudformation deploy"): "no operation of AWS; tests/boundary launches the template",
    ("docs/load.md", "mlops load"): "a pipeline of yours; tests/cli/everyday/test_loading.py has one",
    ("docs/local-aws.md", "curl"): "a schedule, rule or monitor of your own; tests/local_aws fires each of them",
    ("docs/local-aws.md", "mlops mail last"): "no mail is sent before a pipeline has ended; tests/cli/test_mail.py",
    ("docs/multi-account.md", "mlops accounts check"): "your organization; tests/accounts has one",
    ("docs/multi-account.md", "mlops deploy"): "your organization; tests/cli/test_local_multi.py has one",
    ("docs/multi-account.md", "mlops approve"): "a decision about a pipeline of yours; tests/cli/test_local_multi.py",
    ("docs/multi-account.md", "mlops reject"): "a decision about a pipeline of yours; tests/cli/test_local_multi.py",
    ("docs/safe-updates.md", "mlops shift"): "a pipeline of yours; tests/cli/everyday/test_shifting_calls.py has one",
    ("docs/multi-account.md", "mlops predict"): "a pipeline of yours; tests/cli/everyday has one in stages",
    ("docs/multi-account.md", "mlops logs"): "a pipeline of yours; tests/cli/everyday has one in stages",
    ("docs/multi-account.md", "aws"): "accounts of your organization; tests/boundary launches the same StackSet",
    ("docs/operating.md", "aws cloudtrail"): "a trail of yours, which the local AWS does not have",
    ("docs/operating.md", "mlops open"): "the local AWS has no console; tests/cli/everyday/test_opening.py",
    ("docs/operating.md", "mlops retry"): "nothing has failed there; tests/cli/everyday/test_retrying.py",
    ("docs/operating.md", "mlops shift"): "variants of a pipeline of yours; tests/cli/everyday/test_shifting_calls.py",
    ("docs/operating.md", "mlops verify"): "takes minutes; tests/verification runs each part of it",
    ("docs/registry.md", "aws sagemaker"): "a version of yours; tests/end_to_end registers and approves one",
}
"""Page and first words of a command -> why it does not run here."""


def reason(command: Command) -> str:
    """Why a command does not run in a test; empty if it does."""
    return next(
        (why for (page, words), why in CANNOT_RUN.items() if command.page == page and command.text.startswith(words)),
        "",
    )


@dataclass(frozen=True)
class Page:
    """What a page says that its reader has: an AWS with credentials and a Region, files, earlier steps."""

    has_aws: bool = True
    region: str = "us-east-1"
    """Region of the environment; empty where the page says how it gets there."""
    program: Path | None = MLOPS
    files: Callable[[Path], None] = lambda folder: None
    before: tuple[Command | Request, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    """Words in capitals, and what a reader types for them."""


def _model(folder: Path) -> None:
    (folder / "model.tar.gz").write_bytes(demo_model.package(demo_model.train()))


def _model_and_rows(folder: Path) -> None:
    _model(folder)
    (folder / "rows.csv").write_bytes(demo_model.as_csv(demo_model.train().holdout_rows[:2]))


def _unpacked_model(folder: Path) -> None:
    _model_and_rows(folder)
    shutil.unpack_archive(folder / "model.tar.gz", folder, filter="data")
    (folder / "model.tar.gz").unlink()


def _requests_of_before(folder: Path) -> None:
    """Requests that both deployment options take."""
    (folder / "requests").mkdir()
    for name in ("model_training_builtin", "byom_image_builder"):
        shutil.copy(ROOT / "tests" / "requests" / f"{name}.json", folder / "requests")
    shutil.copy(ROOT / "tests" / "requests" / "model_tuner_builtin.json", folder / "mlops-config.json")


def _launch_parameters(folder: Path) -> None:
    (folder / "launch.yaml").write_text("UseModelRegistry: No\n")


def _monitored(folder: Path) -> None:
    """A model, data for a baseline, and a baseline of Model Monitor's."""
    _model(folder)
    shutil.copy(ROOT / "docs" / "examples" / "monitors" / "train.csv", folder)
    for name in ("constraints.json", "statistics.json"):
        shutil.copy(ROOT / "tests" / "monitor_engine" / "native" / name, folder)


def _work_queue(folder: Path) -> None:
    """The two files that the page shows."""
    page = (ROOT / "docs" / "custom-pipelines.md").read_text(encoding="utf-8")
    (folder / "work-queue").mkdir()
    for name, content in re.findall(r"^### `(\S+)`\n\n```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        (folder / "work-queue" / name).write_text(content)


def _earlier(*commands: str) -> tuple[Command, ...]:
    return tuple(Command("before", number, text) for number, text in enumerate(commands, 1))


_CHURN: Final = """{
  "pipeline_type": "byom_realtime_builtin",
  "model_name": "churn",
  "model_framework": "xgboost",
  "model_framework_version": "1.7-1",
  "model_artifact_location": "model.tar.gz",
  "inference_instance": "ml.m5.large",
  "data_capture_location": "churn-captures/churn"
}
"""
_HARBOUR: Final = """{
  "pipeline_type": "byom_realtime_builtin",
  "model_name": "harbour-delay",
  "endpoint_name": "harbour-delay-live",
  "model_framework": "xgboost",
  "model_framework_version": "1.7-1",
  "model_artifact_location": "model.tar.gz",
  "inference_instance": "ml.m5.large",
  "data_capture_location": "quayside-captures/harbour-delay"
}
"""
_ASSETS: Final = {"ASSETS-BUCKET": "$(output AssetsBucketName)"}

PAGES: Final[Mapping[str, Page]] = {
    "README.md": Page(region="", program=None, files=_model, words=_ASSETS),
    "docs/custom-pipelines.md": Page(files=_work_queue),
    "docs/first-pipeline.md": Page(files=_unpacked_model, words=_ASSETS),
    # In a Region of its own: what the page removes at its end is not what another page has launched.
    "docs/launch.md": Page(region="", program=None, files=_launch_parameters, words={"eu-west-1": "eu-west-2"}),
    "docs/local-aws.md": Page(has_aws=False, words={"--port 4566": "--port 0"}),
    "docs/machine-output.md": Page(has_aws=False, before=_earlier("mlops local")),
    "docs/migration.md": Page(
        files=_requests_of_before, words={"ROLE-ARN": "arn:aws:iam::123456789012:role/ApiLoggingRole"}
    ),
    "docs/monitors.md": Page(
        files=_monitored,
        words={**_ASSETS, "MONITOR": "harbour-delay-live-dataquality-0000"},
        before=(
            *_earlier(
                'aws s3 cp model.tar.gz "s3://$(output AssetsBucketName)/model.tar.gz"',
                "aws s3 mb s3://quayside-captures",
            ),
            Request(_HARBOUR),
            *_earlier("mlops provision request.json --watch"),
        ),
    ),
    "docs/multi-account.md": Page(has_aws=False),
    "docs/notifications.md": Page(words={"TOPIC": "$(output NotificationsTopicArn)"}),
    "docs/operating.md": Page(
        region="eu-central-1",
        files=_model_and_rows,
        before=(
            *_earlier(
                "mlops deploy --email you@example.com --yes",
                'aws s3 cp model.tar.gz "s3://$(output AssetsBucketName)/model.tar.gz"',
                "aws s3 mb s3://churn-captures",
            ),
            Request(_CHURN),
            *_earlier("mlops provision request.json --watch"),
        ),
    ),
}
"""The pages that say more than that one has a launched orchestrator in `us-east-1`."""
