# SPDX-License-Identifier: Apache-2.0
"""The picture on top of README is what the code says: its request is taken, and its stages are those that there are."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from scripts import paths
from scripts.launch.local_deployment import STAGE_ACCOUNTS
from scripts.pictures import overview
from scripts.requests import offline

_README = (paths.ROOT / "README.md").read_text(encoding="utf-8")
_PICTURE = re.search(r"<picture>(.*?)</picture>", _README, re.DOTALL)


@pytest.mark.parametrize("scheme", overview.SCHEMES)
def test_it_is_drawn_as_the_code_says(scheme: str) -> None:
    drawn = overview.path(scheme).read_text(encoding="utf-8")
    assert drawn == overview.svg(overview.SCHEMES[scheme]), "run `make pictures`"
    words = [text.text for text in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert [word for word in words if word in STAGE_ACCOUNTS] == list(STAGE_ACCOUNTS)


def test_the_orchestrator_takes_its_request() -> None:
    launched = offline.launch("multi-account", use_model_registry=False, region="eu-west-1")
    accepted = offline.check(json.dumps(overview.REQUEST).encode(), launched)
    assert accepted.request.model_name == "harbour-delay"


def test_readme_shows_it_for_light_and_dark_with_words_for_those_who_do_not_see_it() -> None:
    assert _PICTURE is not None
    assert _README.index("<picture>") < _README.index("\n## ")
    assert _README.count("<picture>") == 1
    for scheme in overview.SCHEMES:
        assert f'"{overview.path(scheme).relative_to(paths.ROOT).as_posix()}"' in _PICTURE[1]
    said = re.search(r'alt="([^"]+)"', _PICTURE[1])
    assert said is not None
    assert [word for word in (*STAGE_ACCOUNTS, "drift", "bias", "request") if word not in said[1]] == []
