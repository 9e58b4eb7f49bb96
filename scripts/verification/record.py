# SPDX-License-Identifier: Apache-2.0
"""The record of a verification: its name, in a file of the working folder, written before anything is made.

It spares typing the name: what there is to remove is found in the account, by name and tag. It also has the one setting
that may have been another before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(".mlops-verify")


@dataclass(frozen=True)
class Record:
    """Data needed to find a verification again."""

    name: str
    account: str
    region: str
    endpoint_url: str
    """Endpoint of the local AWS that it ran on; empty on AWS."""
    logging_role: str = ""
    """Previous logging role of API Gateway in this account and Region: the one setting that is not our own."""

    @property
    def file(self) -> Path:
        """Path of the record."""
        return FOLDER / f"{self.name}.json"

    def write(self) -> None:
        """Write the record in one step."""
        FOLDER.mkdir(exist_ok=True)
        draft = self.file.with_suffix(".part")
        draft.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        draft.replace(self.file)

    def forget(self) -> None:
        """Remove the record, and the folder with the last one."""
        self.file.unlink(missing_ok=True)
        with suppress(OSError):
            FOLDER.rmdir()


def kept() -> Iterator[Record]:
    """Yield the records of this folder, by name. Other files are skipped."""
    for file in sorted(FOLDER.glob("*.json")):
        with suppress(ValueError, TypeError, OSError):
            yield Record(**json.loads(file.read_text(encoding="utf-8")))
