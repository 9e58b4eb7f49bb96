# SPDX-License-Identifier: Apache-2.0
"""Server side of a model that a script of its own serves: where its script is, and the process that runs it.

The process has the libraries of the image, the container's environment variables, and no credentials of whoever runs
the local AWS. Paths below /opt/ml in SAGEMAKER_SUBMIT_DIRECTORY lead to the model's folder.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.local_aws.processes.model_process import HostError, ModelProcess
from scripts.local_aws.serving import artifacts, environments
from scripts.local_aws.serving.environments import EnvironmentMissingError, Needed
from scripts.local_aws.serving.images import FrameworkImage

PROGRAM: Final = "SAGEMAKER_PROGRAM"
SUBMIT_DIRECTORY: Final = "SAGEMAKER_SUBMIT_DIRECTORY"
_MODEL: Final = "/opt/ml/model"
_CODE: Final = "code"
_DEFAULT_PROGRAM: Final = "inference.py"
# The first import of libraries that were installed just now compiles them.
_START_SECONDS: Final = 240.0
_TOOLKIT: Final = Path(__file__).with_name("toolkit_program.py")
_PASSED_ON: Final = re.compile(r"PATH|LANG|LC_.*|TMPDIR|LD_LIBRARY_PATH|OPENBLAS_.*|OMP_.*|MKL_.*")


@dataclass(frozen=True)
class Place:
    """Folder with the model's data, and the role and Region with which a script elsewhere in S3 is fetched."""

    directory: Path
    role_arn: str
    region: str


class FrameworkHost(ModelProcess):
    """Process in which the model's script runs."""

    def __init__(self, image: FrameworkImage, variables: Mapping[str, str], place: Place) -> None:
        """Make the environment, start the process and wait until the model is loaded.

        Raises ServingError if the environment or the script cannot be had, HostError with the last line of the
        script's traceback.
        """
        code, program = _script(image, variables, place)
        needed = Needed(image.requirements, image.python, code)
        try:
            self._environment = environments.environment(needed)
        except EnvironmentMissingError as error:
            raise artifacts.ServingError(
                f"The local AWS cannot have what the image has ({', '.join(image.requirements)}): {error}"
            ) from error
        command = (
            environments.interpreter(self._environment), "-I", _TOOLKIT,
            image.framework, place.directory, code, program.removesuffix(".py"),
        )  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
        super().__init__(
            lambda stdin, stdout: subprocess.Popen(
                command, stdin=stdin, stdout=stdout, cwd=place.directory, env={**environment, **variables},
                start_new_session=True,
            ),
            _START_SECONDS,
        )  # fmt: skip


def _script(image: FrameworkImage, variables: Mapping[str, str], place: Place) -> tuple[Path, str]:
    """Return the folder and file name of the script, as the image's server looks for them."""
    if image.framework != "scikit-learn":
        return place.directory / _CODE, variables.get(PROGRAM, _DEFAULT_PROGRAM)
    # https://github.com/aws/sagemaker-scikit-learn-container/issues/82
    if missing := [name for name in (PROGRAM, SUBMIT_DIRECTORY) if not variables.get(name)]:
        raise HostError(
            f"the image of scikit-learn needs the environment variable {' and '.join(missing)}, "
            f"such as {PROGRAM}={_DEFAULT_PROGRAM} and {SUBMIT_DIRECTORY}={_MODEL}/{_CODE}"
        )
    return _submitted(variables[SUBMIT_DIRECTORY], place), variables[PROGRAM]


def _submitted(given: str, place: Place) -> Path:
    if given.startswith("s3://"):
        folder = place.directory / ".submitted"
        folder.mkdir()
        artifacts.fetch_archive(given, place.role_arn, place.region, folder)
        return folder
    if given != _MODEL and not given.startswith(f"{_MODEL}/"):
        raise HostError(f"{SUBMIT_DIRECTORY}={given} is no folder of the container's: it must begin with {_MODEL}")
    return place.directory / given.removeprefix(_MODEL).lstrip("/")
