# SPDX-License-Identifier: Apache-2.0
"""The product as somebody installs it: its wheel in an environment that has nothing of the checkout.

The environment is made without a network. It holds what the wheel requires and nothing else: links to distributions of
the tests' own environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import paths
from scripts.environments import installing

_UV: Final = installing.uv() or "uv"


@dataclass(frozen=True)
class Installed:
    """An environment with the product in it, and the variables that whoever uses it has set."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def mlops(self) -> Path:
        """The command."""
        return self.folder / "bin" / "mlops"

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    @property
    def home(self) -> Path:
        """What stands in it as it does in the checkout."""
        return self.packages / "mlops_orchestrator" / "_home"

    @property
    def variables(self) -> dict[str, str]:
        """No setting of whoever runs the tests, and a home of its own."""
        return {"HOME": str(self.folder), "PATH": os.defpath, "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment in a folder."""
        return subprocess.run(
            command, cwd=folder, env=self.variables, capture_output=True, text=True, encoding="utf-8", check=False
        )


def build_wheel(folder: Path) -> Path:
    """Build the wheel from the source distribution, in a folder where an older version was built."""
    _build("--sdist", folder, paths.ROOT)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    left = source / "build" / "lib" / "mlops_orchestrator" / "_home" / "templates" / "no_longer.yaml"
    left.parent.mkdir(parents=True)
    left.touch()
    _build("--wheel", folder, source)
    (built,) = folder.glob("*.whl")
    return built


def _build(kind: str, folder: Path, source: Path) -> None:
    _uv("build", kind, "--no-build-isolation", f"--python={sys.executable}", f"--out-dir={folder}", source)


def install(wheel: Path, folder: Path, extra: str = "") -> Installed:
    """Make an environment with the wheel, an extra of it, and what these need."""
    _uv("venv", f"--python={sys.executable}", folder)
    installed = Installed(folder)
    _uv("pip", "install", "--no-deps", f"--python={installed.python}", wheel)
    (product,) = metadata.distributions(path=[str(installed.packages)])
    for needed in _closure(product.requires or (), extra):
        _link(needed, installed.packages)
    return installed


def _uv(*arguments: str | Path) -> None:
    ran = subprocess.run([_UV, *arguments, "--offline", "--quiet"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def _closure(requirements: Iterable[str], extra: str) -> Iterator[metadata.Distribution]:
    """Every distribution that these requirements lead to."""
    waiting, done, given = list(_wanted(requirements, extra)), set(), set()
    while waiting:
        name, its_extra = waiting.pop()
        if (name, its_extra) in done:
            continue
        done.add((name, its_extra))
        distribution = metadata.distribution(name)
        waiting += _wanted(distribution.requires or (), its_extra)
        if name not in given:
            given.add(name)
            yield distribution


def _wanted(requirements: Iterable[str], extra: str) -> Iterator[tuple[str, str]]:
    """Names with each extra that is asked for, or none."""
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield from ((canonicalize_name(requirement.name), each) for each in ("", *requirement.extras))


def _link(distribution: metadata.Distribution, packages: Path) -> None:
    for name in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
        (packages / name).symlink_to(Path(str(distribution.locate_file(name))).resolve())
