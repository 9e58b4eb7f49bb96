# SPDX-License-Identifier: Apache-2.0
"""Models that scripts of their own serve: their archives, and wheels for their environments."""

import io
import tarfile
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.local_aws.serving.framework_host import PROGRAM, SUBMIT_DIRECTORY

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.9-0-cpu-py3"
PYTORCH = f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312"
BUCKET = "scripted-models"
VARIABLES = {PROGRAM: "inference.py", SUBMIT_DIRECTORY: "/opt/ml/model/code"}

Deploy = Callable[..., dict[str, Any]]


def archive(**files: str | bytes) -> bytes:
    """Pack files; `__` in a name is a slash, and `_` before the ending a dot."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
            stem, _, ending = name.replace("__", "/").rpartition("_")
            member = tarfile.TarInfo(f"{stem}.{ending}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def wheel(folder: Path, name: str, version: str, source: str) -> None:
    """Write a wheel of one module into the folder."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as packed:
        packed.writestr(f"{name}.py", source)
        packed.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        packed.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{info}/RECORD", "")
