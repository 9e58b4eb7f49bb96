# SPDX-License-Identifier: Apache-2.0
"""Releases that were published before, as this checkout keeps them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.packaging import artifacts, bundle, dependencies, keep_release
from scripts.packaging.artifacts import Place, Release

FOLDERS: Final = sorted(path for path in keep_release.RELEASES.iterdir() if (path / keep_release.SOURCE_NAME).is_file())


@dataclass(frozen=True)
class KeptRelease(Release):
    """A release whose code may read what it deploys from where it was published, as it was before 0.3.0."""

    deployed: tuple[tuple[str, bytes], ...]

    def files(self, place: Place) -> Iterator[tuple[str, bytes]]:
        """Names below the version's prefix with their contents."""
        yield from self.deployed
        yield from super().files(place)


def templates(folder: Path) -> Path:
    """The templates of a kept release."""
    return folder / keep_release.TEMPLATES_FOLDER


def release(folder: Path, unpacked: Path) -> Release:
    """A kept release as it was published, for this machine; `unpacked` gets its code."""
    with zipfile.ZipFile(folder / keep_release.SOURCE_NAME) as archive:
        archive.extractall(unpacked)
    published = templates(folder)
    made = artifacts.assemble(
        bundle.collect(unpacked / "orchestrator", dependencies.folder("host"), published), published
    )
    deployed = tuple((path.relative_to(published).as_posix(), path.read_bytes()) for path in published.glob("*/*.yaml"))
    # This checkout's number is on it; the digest is the release's own.
    version = f"{folder.name}-{made.version.rpartition('-')[2]}"
    return KeptRelease(version, made.bundle, made.templates, deployed)
