# SPDX-License-Identifier: Apache-2.0
"""Releases that were published before, as this checkout keeps them."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path
from typing import Final

from scripts import artifacts, bundle, dependencies, keep_release
from scripts.artifacts import Release

FOLDERS: Final = sorted(path for path in keep_release.RELEASES.iterdir() if (path / keep_release.SOURCE_NAME).is_file())


def templates(folder: Path) -> Path:
    """The templates of a kept release."""
    return folder / keep_release.TEMPLATES_FOLDER


def release(folder: Path, unpacked: Path) -> Release:
    """A kept release as it was published, for this machine; `unpacked` gets its code."""
    with zipfile.ZipFile(folder / keep_release.SOURCE_NAME) as archive:
        archive.extractall(unpacked)
    code = bundle.collect(unpacked / "orchestrator", dependencies.folder("host"))
    made = artifacts.assemble(code, templates(folder))
    # This checkout's number is on it; the digest is the release's own.
    return dataclasses.replace(made, version=f"{folder.name}-{made.version.rpartition('-')[2]}")
