# SPDX-License-Identifier: Apache-2.0
"""Import of the orchestrator's own package, `orchestrator`, which is no package of the environment.

It has to have its name, under which its modules import each other, and Lambda runs it. So it is made known under that
name alone, when a request model is asked for: no folder gets onto the path, and another package of that name is left
in its place, with an error that says so.
"""

from __future__ import annotations

import sys
from importlib import util
from typing import Final

from mlops_orchestrator.home import HOME

_NAME: Final = "orchestrator"
_PLACE: Final = HOME / "lambda_src" / _NAME / "__init__.py"


def make_known() -> None:
    """Make `import orchestrator` find the bundle. Raise ImportError if the environment has another one."""
    found = _found()
    if found is not None:
        if found != str(_PLACE):
            raise ImportError(
                f"mlops_orchestrator.requests needs the name {_NAME}, which {found} has here: give requests as"
                " dictionaries, or rename that module",
                name=_NAME,
                path=found,
            )
        return
    spec = util.spec_from_file_location(_NAME, _PLACE)
    if spec is None or spec.loader is None:
        raise ImportError(f"{_PLACE} cannot be imported", name=_NAME)
    module = util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)


def _found() -> str | None:
    """Return the file of the module that has the name; None if there is none."""
    try:
        spec = util.find_spec(_NAME)
    except ValueError:
        # A module that was put there by hand.
        return repr(sys.modules[_NAME])
    if spec is None:
        return None
    return str(spec.origin or list(spec.submodule_search_locations or ()))
