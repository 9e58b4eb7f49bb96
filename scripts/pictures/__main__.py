# SPDX-License-Identifier: Apache-2.0
"""Make all pictures of the guide anew: of a terminal, of the console, and the one on top of README."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from mlops_orchestrator.aws import aws_access
from scripts.console import serving
from scripts.environments import chromium
from scripts.launch.local_deployment import LocalDeployment
from scripts.pictures import overview, scene, screens, sessions, terminal
from scripts.pictures.scene import SceneError

_ENDS_SECONDS: Final = 60


def main() -> int:
    """Return the status of the process."""
    for scheme, colours in overview.SCHEMES.items():
        overview.path(scheme).write_text(overview.svg(colours), encoding="utf-8")
    sessions.DEMO.write_text(sessions.demo(), encoding="utf-8")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium.path(), args=list(chromium.FLAGS)) as browser,
    ):
        with _local() as (folder, deployment):
            scene.make(deployment)
            scene.run_monitor(folder)
            for path, content in sessions.drawn(folder):
                path.write_text(content, encoding="utf-8")
            _take(browser, deployment, is_staged=False)
        with _local("--option", "multi-account") as (_, deployment):
            scene.wait_for_approval(deployment)
            _take(browser, deployment, is_staged=True)
    return 0


@contextmanager
def _local(*options: str) -> Iterator[tuple[Path, LocalDeployment]]:
    """Run `mlops local` in a folder of its own as long as the block lasts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = (*terminal.MLOPS, "local", "--ready-file", "ready.json", *options)
        process = subprocess.Popen(command, cwd=folder, env=terminal.variables(), stdout=subprocess.DEVNULL)
        try:
            yield folder, scene.until(lambda: _deployment(folder / "ready.json", process))
        finally:
            process.terminate()
            process.wait(_ENDS_SECONDS)


def _deployment(ready: Path, process: subprocess.Popen[bytes]) -> LocalDeployment | None:
    if process.poll() is not None:
        raise SceneError("the local AWS has ended")
    if not ready.exists():
        return None
    told = json.loads(ready.read_text(encoding="utf-8"))
    aws = aws_access.local(told["endpoint_url"], told["region"])
    accounts = {stage: account for stage, account in told["accounts"].items() if stage != "orchestrator"}
    return LocalDeployment(aws, told["api_url"], told["stack_name"], told["outputs"], accounts)


def _take(browser: Browser, deployment: LocalDeployment, *, is_staged: bool) -> None:
    with serving.served(deployment.api) as address:
        page = browser.new_context(viewport={"width": screens.WIDTH, "height": 1000}, color_scheme="light").new_page()
        for shot in screens.SHOTS:
            if shot.is_staged == is_staged:
                page.goto(address)
                shot.visit(page)
                shot.take(page)
        page.context.close()


if __name__ == "__main__":
    raise SystemExit(main())
