# SPDX-License-Identifier: Apache-2.0
"""Run the tests on every Python that setup.cfg promises, each in an environment of its own (.venv-3.12, ...).

    python -m scripts.environments.test_pythons                              all tests
    python -m scripts.environments.test_pythons tests/inline tests/faults    these
    python -m scripts.environments.test_pythons --python /opt/python3.12     on this interpreter alone

Interpreters are pythonX.Y on PATH, pyenv's and uv's. Missing ones are reported, and are not a failure.
"""

from __future__ import annotations

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts import paths
from scripts.environments import installing


def promised() -> list[str]:
    """Return the versions among setup.cfg's classifiers, such as 3.12."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(paths.ROOT / "setup.cfg", encoding="utf-8")
    return re.findall(r"Python :: (3\.\d+)$", setup["metadata"]["classifiers"], re.M)


def found(version: str) -> str | None:
    """Return the path of an interpreter of this version."""
    return next((path for path in _candidates(version) if version_of(path) == version), None)


def _candidates(version: str) -> Iterator[str]:
    yield from filter(None, (shutil.which(f"python{version}"), sys.executable))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from (str(path) for path in sorted(pyenv.glob(f"{version}*/bin/python{version}")))
    if uv := installing.uv():
        asked = subprocess.run(
            (uv, "python", "find", "--offline", version), capture_output=True, text=True, check=False
        )
        yield from asked.stdout.split("\n")[:1]


def version_of(interpreter: str) -> str | None:
    """Return the version that an interpreter reports: a shim may stand for a version that is not installed."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run((interpreter, "-c", code), capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return None


def _passes(interpreter: str, version: str, tests: Sequence[str]) -> bool:
    folder = f".venv-{version}"
    make = ("make", "--no-print-directory", f"PYTHON={interpreter}", f"VENV={folder}")
    if not tests:
        return subprocess.run((*make, "setup", "tests"), cwd=paths.ROOT, check=False).returncode == 0
    steps = ((*make, "setup"), (f"{folder}/bin/pytest", "-n", "2", "--dist", "loadgroup", *tests))
    return all(subprocess.run(step, cwd=paths.ROOT, check=False).returncode == 0 for step in steps)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests on each Python and show a summary; return the status of the process."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.environments.test_pythons", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("tests", nargs="*", help="what pytest is to run; all tests unless given")
    parser.add_argument("--python", action="append", default=[], metavar="PATH", help="an interpreter, by name or path")
    given = parser.parse_args(arguments)
    named = {version_of(path) or path: path for path in given.python}
    outcomes = {}
    for version, interpreter in (named or {version: found(version) for version in promised()}).items():
        if interpreter is None:
            outcomes[version] = "not found: name one by PYTHONS=/path/to/python"
            continue
        sys.stdout.write(f"Python {version}: {interpreter}\n")
        sys.stdout.flush()
        outcomes[version] = "passed" if _passes(interpreter, version, given.tests) else "FAILED"
    sys.stdout.writelines(f"Python {version}: {outcome}\n" for version, outcome in outcomes.items())
    return 1 if "FAILED" in outcomes.values() or "passed" not in outcomes.values() else 0


if __name__ == "__main__":
    raise SystemExit(main())
