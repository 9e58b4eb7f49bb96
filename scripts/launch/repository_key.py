# SPDX-License-Identifier: Apache-2.0
"""Check that the key of the root stack's image repository does not change.

AWS cannot change the encryption of an ECR repository, so CloudFormation would replace it by an empty one. A template
does not know its earlier parameters; the caller of the deployment does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scripts.launch.launch_parameters import LaunchParameterError

_KEY: Final = "ExistingKmsKeyArn"
_REPOSITORY: Final = "ExistingECRRepo"


def check(given: Mapping[str, str], previous: Mapping[str, str], repository: str) -> None:
    """Raise LaunchParameterError for another key while the stack keeps a `repository` of its own.

    `previous` are the parameters of the existing stack; empty if there is none.
    """
    wanted = {**previous, **given}
    is_own = not previous.get(_REPOSITORY) and not wanted.get(_REPOSITORY)
    if not previous or not is_own or previous.get(_KEY, "") == wanted.get(_KEY, ""):
        return
    raise LaunchParameterError(
        f"the launch parameters are not right:\n  --param {_KEY}=VALUE: the image repository {repository} of this "
        f"stack cannot get another key, and would be replaced by an empty one. Give --param {_REPOSITORY}={repository} "
        "too: it then stays as it is, with its images and its key, and everything else gets the other key"
    )
