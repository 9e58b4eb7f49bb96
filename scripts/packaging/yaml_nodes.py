# SPDX-License-Identifier: Apache-2.0
"""Templates as YAML nodes: texts as they were written, and where they stand."""

from __future__ import annotations

from typing import Any, Final

import yaml

# libyaml's reader takes a tenth of the time of PyYAML's own.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str) -> Any:
    """The root node of a document; no constructor has to know a template's short forms. Raises `yaml.YAMLError`."""
    return yaml.compose(text, Loader=_LOADER)
