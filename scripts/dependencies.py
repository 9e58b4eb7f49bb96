# SPDX-License-Identifier: Apache-2.0
"""The bundle's run-time dependencies as a folder, for Lambda or for this machine.

A folder is made once for each set of pins and platform and kept under `build/`: a second build needs no network.
"""

from __future__ import annotations

import hashlib
import platform as machine
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Final, Literal, get_args

from generator import runtime
from scripts import paths

Platform = Literal["lambda", "host"]
PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)

# The functions' architecture in the words of Lambda and of wheels.
_MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_LAMBDA_TARGET: Final = (
    f"--platform=manylinux2014_{_MACHINES[runtime.ARCHITECTURE]}",
    f"--python-version={runtime.PYTHON}",
    "--implementation=cp",
    "--only-binary=:all:",
)


class DependencyError(Exception):
    """pip could not provide the pinned dependencies; `str()` is pip's own last words."""


def folder(platform: Platform, requirements: Path = paths.REQUIREMENTS, build: Path = paths.BUILD) -> Path:
    """A folder that holds exactly the pinned distributions; raises `DependencyError`."""
    pins = _pins(requirements)
    found = place(platform, requirements, build)
    if found.is_dir():
        return found
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as temporary:
        filled = Path(temporary) / "dependencies"
        _fill(filled, platform, pins)
        # Renamed when complete: an interrupted build leaves no half-filled folder behind.
        try:
            filled.rename(found)
        except OSError:
            if not found.is_dir():
                raise
    return found


def place(platform: Platform, requirements: Path = paths.REQUIREMENTS, build: Path = paths.BUILD) -> Path:
    """Where the folder for these pins is, or would be."""
    content = repr((sorted(_pins(requirements).items()), _target(platform)))
    return build / f"dependencies-{platform}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _target(platform: Platform) -> tuple[str, ...]:
    return _LAMBDA_TARGET if platform == "lambda" else (sys.implementation.cache_tag or "", machine.platform())


def _pins(requirements: Path) -> dict[str, str]:
    lines = (line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return dict(line.split("==") for line in lines if line)


def _fill(target: Path, platform: Platform, pins: dict[str, str]) -> None:
    if platform == "host" and all(_installed_version(name) == version for name, version in pins.items()):
        for name in pins:
            _copy_installed(name, target)
    else:
        _install(target, pins, _LAMBDA_TARGET if platform == "lambda" else ())


def _installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _copy_installed(name: str, target: Path) -> None:
    distribution = metadata.distribution(name)
    for file in distribution.files or ():
        # Scripts stand outside of site-packages.
        if ".." in file.parts:
            continue
        source = Path(str(distribution.locate_file(file)))
        if source.is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / file)


def _install(target: Path, pins: dict[str, str], options: tuple[str, ...]) -> None:
    wanted = [f"{name}=={version}" for name, version in pins.items()]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    done = subprocess.run([*pip, *options, f"--target={target}", *wanted], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DependencyError(done.stderr.strip()[-2000:])
