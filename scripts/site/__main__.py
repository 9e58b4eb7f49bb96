# SPDX-License-Identifier: Apache-2.0
"""Build the site; any warning, any link that leads nowhere and anything from elsewhere is a failure."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import mmdr

from scripts import paths
from scripts.site import checking, mending
from scripts.site.staging import Stage

_THEME: Final = Path(__file__).parent / "theme"
_SOURCE: Final = paths.build() / "site-source"
_SITE: Final = paths.build() / "site"
_BUILD: Final = (sys.executable, "-m", "sphinx", "-q", "-E", "-W", "--keep-going", "-b", "html", "-c", _THEME)


def main() -> int:
    """Return the status of the process."""
    Stage(_SOURCE, lambda diagram: mmdr.render(diagram).svg()).lay_out()
    shutil.rmtree(_SITE, ignore_errors=True)
    if subprocess.run((*_BUILD, _SOURCE, _SITE), check=False).returncode:
        return 1
    mending.mend(_SITE)
    wrong = list(checking.problems(_SITE))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    if not wrong:
        sys.stdout.write(f"{_SITE / 'index.html'}\n")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
