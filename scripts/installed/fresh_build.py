# SPDX-License-Identifier: Apache-2.0
"""Begins a build of the product with nothing of an earlier one; `setup.cfg` tells setuptools to use it.

Otherwise `pip install .` would install, and `mlops deploy` publish, files that the checkout has no longer.
"""

from __future__ import annotations

import shutil

from setuptools.command.build import build


class FreshBuild(build):
    """A build without remains."""

    def run(self) -> None:
        """Build into an empty folder."""
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
