# SPDX-License-Identifier: Apache-2.0
"""Build command that keeps nothing of an earlier build; `setup.cfg` makes setuptools use it.

Otherwise, `pip install .` would install, and `mlops deploy` publish, files that the checkout no longer has.
"""

from __future__ import annotations

import shutil

from setuptools.command.build import build


class FreshBuild(build):
    """Build that starts from an empty folder."""

    def run(self) -> None:
        """Empty the folder, then build."""
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
