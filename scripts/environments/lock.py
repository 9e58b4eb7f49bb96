# SPDX-License-Identifier: Apache-2.0
"""Write the locks: every distribution of each use at one version, with the hashes of its files.

    python -m scripts.environments.lock              what is asked for now; versions stay as they are
    python -m scripts.environments.lock --upgrade    the newest versions

The first lock decides for those that take its versions: a distribution has one version wherever it is used. checkov's
pins contradict those of the tests, so it has an environment of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts import paths
from scripts.environments import installing

FOLDER: Final = paths.ROOT / "locks"
DEVELOPMENT: Final = FOLDER / "dev.txt"
ENGINE_IMAGE: Final = (
    "numpy==2.1.0", "pandas==2.3.2", "scikit-learn==1.4.2", "scipy==1.16.2", "boto3==1.28.57", "botocore<1.32",
    "urllib3==1.26.17", "six==1.16.0", "jmespath==1.0.1",
)  # fmt: skip
"""What SageMaker's scikit-learn image 1.4-2-py312 has of what the engine imports. scipy has no pin there, and is the
newest of the time of the others. https://github.com/aws/sagemaker-scikit-learn-container, docker/1.4-2-py312/ and
requirements.txt at 3265121.
"""
# One version of each distribution for every Python, from the oldest, and every machine; no address of an index.
_COMPILE: Final = (
    "pip", "compile", "--quiet", "--universal", "--python-version=3.11", "--fork-strategy=fewest", "--generate-hashes",
    "--no-emit-index-url", "--no-annotate",
)  # fmt: skip


@dataclass(frozen=True)
class Lock:
    """Lock with its sources."""

    path: Path
    wanted: tuple[str, ...] = ()
    """Requirements by name, beside those of `sources`."""
    sources: tuple[str, ...] = ()
    """Files with requirements, and options for uv."""
    takes_versions: bool = True
    """Whether it takes versions from the first lock."""


def build_requirements() -> tuple[str, ...]:
    """Return the requirements of the build: locked, too, since the editable installation needs no network."""
    return tuple(tomllib.loads((paths.ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"])


def locks() -> tuple[Lock, ...]:
    """Return all locks, the one that decides first."""
    return (
        Lock(DEVELOPMENT, build_requirements(), ("setup.cfg", "--extra=dev"), takes_versions=False),
        Lock(FOLDER / "local.txt", build_requirements(), ("setup.cfg", "--extra=local")),
        Lock(FOLDER / "uv.txt", ("uv",)),
        Lock(paths.REQUIREMENTS, sources=(str(paths.REQUIREMENTS.with_suffix(".in")),)),
        Lock(FOLDER / "checkov.txt", ("checkov",), takes_versions=False),
        Lock(FOLDER / "supply.txt", ("cyclonedx-bom", "detect-secrets", "pip-audit"), takes_versions=False),
        # parliament imports pkg_resources, which newer versions no longer have.
        Lock(FOLDER / "analysers.txt", ("cloudsplaining", "parliament", "setuptools<81"), takes_versions=False),
        # The emulator runs the functions in its own environment, where Lambda would provide boto3.
        Lock(FOLDER / "second-opinion.txt", ("ministack", "boto3")),
        # They join the environment of the tests, which drive a browser and read what it prints.
        Lock(FOLDER / "browser.txt", ("axe-playwright-python", "playwright", "pypdf"), takes_versions=False),
        # What makes a site of the guide.
        Lock(FOLDER / "site.txt", ("furo", "mmdr", "myst-parser", "sphinx", "sphinx-copybutton"), takes_versions=False),
        # What `make bench-monitors` measures beside the engine; its drift preset fails with a newer pandas.
        Lock(FOLDER / "evidently.txt", ("evidently==0.7.23", "pandas<3"), takes_versions=False),
        Lock(FOLDER / "engine-image.txt", ENGINE_IMAGE, takes_versions=False),
        Lock(FOLDER / "images.txt", ("sagemaker-core",), ("--no-deps",), takes_versions=False),
    )


def write(lock: Lock, uv: str, options: Sequence[str]) -> None:
    """Have uv write a lock. Raise CalledProcessError, with uv's messages on standard error."""
    constraints = (f"--constraint={DEVELOPMENT}",) if lock.takes_versions else ()
    sources = (*lock.sources, "-") if lock.wanted else lock.sources
    command = (uv, *_COMPILE, f"--output-file={lock.path}", *constraints, *options, *sources)
    environment = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    subprocess.run(command, cwd=paths.ROOT, env=environment, input="\n".join(lock.wanted), text=True, check=True)


def main() -> int:
    """Write all locks; return the status of the process."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.environments.lock", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = ("--upgrade",) if parser.parse_args().upgrade else ()
    uv = installing.uv(paths.ROOT / ".venv")
    if uv is None:
        sys.stderr.write("uv writes the locks: make setup, or install it, and try again.\n")
        return 1
    for lock in locks():
        try:
            write(lock, uv, options)
        except subprocess.CalledProcessError as error:
            return error.returncode
        sys.stdout.write(f"{lock.path.relative_to(paths.ROOT)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
