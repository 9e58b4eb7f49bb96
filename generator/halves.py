# SPDX-License-Identifier: Apache-2.0
"""All templates in less time: a child of the process makes the blueprints meanwhile.

A pool of processes would take longer to import than it saves. To fork is safe where one thread runs: in the command.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Mapping
from typing import BinaryIO, Final

from generator import catalogue

_LATER: Final = "blueprints/"


def texts() -> dict[str, str]:
    """Every template's text by its path below `templates/`. Raise ChildProcessError if the child fails."""
    makers = catalogue.makers()
    later = {path: maker for path, maker in makers.items() if path.startswith(_LATER)}
    reading, writing = os.pipe()
    child = os.fork()
    with os.fdopen(reading, "rb") as answer, os.fdopen(writing, "wb") as childs:
        if child == 0:
            # Else it would wait for a reader for ever if the parent has none any more.
            answer.close()
            _make(later, childs)
        # The answer has an end once nobody can write to it.
        childs.close()
        made = catalogue.texts_of({path: maker for path, maker in makers.items() if path not in later})
        content = answer.read()
    if os.waitpid(child, 0)[1]:
        raise ChildProcessError("the blueprints could not be made: see above")
    later_made: dict[str, str] = json.loads(content)
    return made | later_made


def _make(makers: Mapping[str, catalogue.Maker], answer: BinaryIO) -> None:
    """Make templates in the child, which ends here: what is to be cleaned up is its parent's."""
    status = 1
    try:
        answer.write(json.dumps(catalogue.texts_of(makers)).encode())
        answer.flush()
        status = 0
    except BrokenPipeError:
        pass  # the parent has failed, and says why
    except Exception:  # it would not come out of this process otherwise
        traceback.print_exc()
    finally:
        os._exit(status)
