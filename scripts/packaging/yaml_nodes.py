# SPDX-License-Identifier: Apache-2.0
"""Templates as YAML nodes: texts as written, with their positions."""

from __future__ import annotations

from typing import Any, Final

import yaml

# libyaml's parser takes a tenth of the time of PyYAML's own.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str) -> Any:
    """Return the root node of a document; a template's short forms need no constructors. Raise `yaml.YAMLError`."""
    return yaml.compose(text, Loader=_LOADER)
