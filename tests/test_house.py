# SPDX-License-Identifier: Apache-2.0
"""The house: imports run one way, between modules and between packages; no package is crowded, no module too long."""

from __future__ import annotations

from collections import Counter
from graphlib import CycleError
from pathlib import Path
from typing import Final

import pytest

from tests import house
from tests.house import ROOT, Graph

_MOST_MODULES: Final = 15
_MOST_LINES: Final = {"tests": 400}
_LONG: Final = {
    "lambda_src/orchestrator/sagemaker/images.py": "how a table of SageMaker's images is read, in one place",
    "lambda_src/orchestrator/values/common.py": "a catalogue: one field type after the other",
    "scripts/local_aws/xgboost/xgboost_model.py": "a program of its own, which imports nothing of ours",
    "scripts/packaging/refresh_image_uris.py": "run by hand, once a release",
}
"""Why a module has more lines than others may have."""


@pytest.fixture(scope="module")
def arrows() -> Graph:
    return house.arrows()


def test_no_modules_import_each_other(arrows: Graph) -> None:
    house.layers(arrows)


def test_packages_form_layers(arrows: Graph) -> None:
    house.layers(house.between_rooms(arrows))


def test_a_circle_is_found() -> None:
    with pytest.raises(CycleError):
        house.layers({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_the_page_has_the_layers_of_today() -> None:
    page = house.PAGE.read_text(encoding="utf-8")
    assert page == house.written(page), "run `python -m tests.house`"


def test_no_package_is_crowded() -> None:
    modules = Counter(path.parent for path in house.MODULES.values() if path.name != "__init__.py")
    assert {str(folder.relative_to(ROOT)): size for folder, size in modules.items() if size > _MOST_MODULES} == {}


def test_what_is_long_has_a_reason() -> None:
    tests = (path for path in (ROOT / "tests").rglob("*.py") if not path.is_relative_to(ROOT / "tests" / "releases"))
    lengths = {path.relative_to(ROOT): _lines(path) for path in (*house.MODULES.values(), *tests)}
    assert {str(path) for path, lines in lengths.items() if lines > _MOST_LINES.get(path.parts[0], 300)} == _LONG.keys()


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
