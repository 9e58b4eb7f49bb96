# SPDX-License-Identifier: Apache-2.0
"""A container's `python3 ...`: code, a module or a file, run as by the interpreter with these arguments.

Runs in a process of its own, which `sagemaker/jobs/processing/processing_work.py` starts on a file with

    {"arguments": ["-c", code, ...], "environment": {...}, "directory": ..., "path": [...], "output": file}

The environment is the whole one; `path` is searched for modules before anything else; what is printed goes to the file
`output`. Whoever imports this module imports what monitors compute with, before it is forked.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3  # noqa: F401
import numpy as np  # noqa: F401
import pandas as pd  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.metrics  # noqa: F401

_OUTPUT_AND_ERRORS = (1, 2)


def main() -> int:
    """Run what the file that is the only argument describes, and return its exit status."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    _settle(job)
    try:
        _run(job["arguments"])
    except SystemExit as end:
        return _status(end.code)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _settle(job: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["directory"])
    sys.path[:0] = job["path"]
    output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in _OUTPUT_AND_ERRORS:
        os.dup2(output, descriptor)
    os.close(output)


def _run(arguments: list[str]) -> None:
    kind, *rest = arguments
    if kind == "-c":
        code, *rest = rest
        sys.argv = [kind, *rest]
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
    elif kind == "-m":
        name, *rest = rest
        sys.argv = [name, *rest]
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [kind, *rest]
        sys.path.insert(0, str(Path(kind).parent))
        runpy.run_path(kind, run_name="__main__")


def _status(code: object) -> int:
    if code is None or isinstance(code, int):
        return code or 0
    sys.stderr.write(f"{code}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
