# SPDX-License-Identifier: Apache-2.0
"""Folder of the bundle's run-time dependencies, for Lambda or for this machine.

A folder is made once for each set of pins and platform, and kept under `build/`: later builds need no network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import platform as machine
import re
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Final, Literal, get_args

from generator.resources import runtime
from scripts import paths
from scripts.environments import installing

Platform = Literal["lambda", "host"]
PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)

# Names of the functions' architecture in Lambda and in wheels.
_MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_MACHINE: Final = _MACHINES[runtime.ARCHITECTURE]
_ANY_INSTALLER: Final = (f"--python-version={runtime.PYTHON}", "--only-binary=:all:")
_PIP_TARGET: Final = (f"--platform=manylinux2014_{_MACHINE}", "--implementation=cp", *_ANY_INSTALLER)
_UV_TARGET: Final = (f"--python-platform={_MACHINE}-manylinux2014", *_ANY_INSTALLER)

_PIN: Final = re.compile(r"^([\w.-]+)==([^\s;]+)", re.M)


class DependencyError(Exception):
    """Raised if the pinned dependencies could not be provided; `str()` gives the reason and the remedy."""


def folder(platform: Platform, requirements: Path = paths.REQUIREMENTS, build: Path | None = None) -> Path:
    """Return a folder with exactly the pinned distributions. Raise DependencyError."""
    found = place(platform, requirements, build)
    if found.is_dir():
        return found
    found.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=found.parent) as temporary:
        filled = Path(temporary) / "dependencies"
        _fill(filled, platform, requirements)
        # Renamed when complete: an interrupted build leaves no half-filled folder behind.
        try:
            filled.rename(found)
        except OSError:
            if not found.is_dir():
                raise
    return found


def place(platform: Platform, requirements: Path = paths.REQUIREMENTS, build: Path | None = None) -> Path:
    """Return the path of the folder for these pins, whether it exists or not."""
    content = repr((sorted(_pins(requirements).items()), _target(platform)))
    return (build or paths.build()) / f"dependencies-{platform}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _target(platform: Platform) -> tuple[str, ...]:
    return _PIP_TARGET if platform == "lambda" else (sys.implementation.cache_tag or "", machine.platform())


def _pins(requirements: Path) -> dict[str, str]:
    return dict(_PIN.findall(requirements.read_text(encoding="utf-8")))


def _fill(target: Path, platform: Platform, requirements: Path) -> None:
    pins = _pins(requirements)
    if platform == "host" and all(_installed_version(name) == version for name, version in pins.items()):
        for name in pins:
            _copy_installed(name, target)
    else:
        _install(target, platform, requirements)


def _installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _copy_installed(name: str, target: Path) -> None:
    distribution = metadata.distribution(name)
    for file in distribution.files or ():
        # Scripts are outside of site-packages.
        if ".." in file.parts:
            continue
        source = Path(str(distribution.locate_file(file)))
        if source.is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / file)


def _install(target: Path, platform: Platform, requirements: Path) -> None:
    options = ("--quiet", "--no-deps", "--require-hashes", f"--target={target}", f"--requirement={requirements}")
    try:
        installing.run((*_installer(for_lambda=platform == "lambda"), *options), requirements)
    except installing.InstallError as error:
        raise DependencyError(str(error)) from error
    # uv leaves this file in every folder that it fills.
    (target / ".lock").unlink(missing_ok=True)


def _installer(*, for_lambda: bool) -> tuple[str, ...]:
    if uv := installing.uv():
        return (uv, "pip", "install", f"--python={sys.executable}", *(_UV_TARGET if for_lambda else ()))
    if importlib.util.find_spec("pip"):
        return (sys.executable, "-m", "pip", "install", "--no-compile", *(_PIP_TARGET if for_lambda else ()))
    raise DependencyError("Neither uv nor pip is here to install the bundle's dependencies: install uv, and try again.")
