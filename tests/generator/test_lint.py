# SPDX-License-Identifier: Apache-2.0
"""cfn-lint has nothing to say about any template in any Region that has the template's resource types.

cfn-lint ships the resource schemas of every Region. Most Regions share most schemas, and linting all 46 takes minutes,
so a template is linted in the fewest Regions that together show every partition and every schema of its types; in a
sample, in one Region of the public partition and in one of another.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Final

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.helpers import REGIONS
from cfnlint.match import Match
from cfnlint.rules import Rules
from cfnlint.runner import Runner, run_template_by_data
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.sampling import Sampling

TEMPLATES = Path(__file__).parents[2] / "templates"
PATHS = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.yaml"))

# What Regions of one partition have in common in their names; nothing for those of the public one.
_PARTITION: Final = re.compile(r"^(cn|us-gov|us-isob?|us-isof|eusc|eu-isoe)?-.*|^.*")

# That a run-time is deprecated is found by a date: `make lint` tells it, and no test fails because it is another day.
_OF_THE_CLOCK: Final = ("E2531", "E2533", "W2531")

# Types that the schemas of some Regions lack; in those Regions the template cannot be deployed, or not yet.
REGIONS_WITHOUT: Final = {
    "mlops-orchestrator-single-account.yaml": 7,
    "mlops-orchestrator-multi-account.yaml": 7,
    "pipelines/single_account_codepipeline.yaml": 0,
    "pipelines/multi_account_codepipeline.yaml": 0,
    "pipelines/image_builder.yaml": 3,
    "blueprints/batch_transform.yaml": 2,
    "blueprints/realtime_inference.yaml": 2,
    "blueprints/data_quality_monitor.yaml": 20,
    "blueprints/model_bias_monitor.yaml": 20,
    "blueprints/model_explainability_monitor.yaml": 20,
    "blueprints/model_quality_monitor.yaml": 20,
}


def types_of(path: str) -> list[str]:
    text = (TEMPLATES / path).read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^    Type: (AWS::\S+)$", text, re.MULTILINE)))


def regions_of(path: str) -> list[str]:
    """The Regions that have every resource type of the template."""
    types = set(types_of(path))
    assert types
    return [region for region in REGIONS if types <= set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))]


def representatives(path: str) -> list[str]:
    """Regions that each add a partition, or a schema of one of the types, which those before them do not have."""
    regions = regions_of(path)
    chosen = list({_PARTITION.sub(r"\1", region): region for region in regions}.values())
    for type_ in types_of(path):
        for sharing, _ in PROVIDER_SCHEMA_MANAGER.get_resource_schemas_by_regions(type_, regions):
            if not set(sharing) & set(chosen):
                chosen.append(sharing[0])
    return chosen


def findings(text: str, regions: list[str]) -> list[Match]:
    """What cfn-lint has to say about a template in these Regions."""
    template, errors = decode_str(text)
    config = ConfigMixIn(regions=regions, ignore_checks=list(_OF_THE_CLOCK))
    return errors or list(run_template_by_data(template, config, _rules()))


@functools.cache
def _rules() -> Rules:
    """cfn-lint's own rules. `cfnlint.api.lint` reads them with every template, which takes half of its time."""
    return Runner(ConfigMixIn()).rules


@pytest.mark.parametrize("path", PATHS)
def test_no_finding_in_any_region_that_has_the_types(path: str, sampling: Sampling) -> None:
    elsewhere = {region: bool(_PARTITION.sub(r"\1", region)) for region in representatives(path)}
    regions = [
        region
        for is_elsewhere in (False, True)
        for region in sampling.of([name for name, found in elsewhere.items() if found is is_elsewhere], 1)
    ]
    found = findings((TEMPLATES / path).read_text(encoding="utf-8"), regions)
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize("path", PATHS)
def test_the_template_can_be_deployed_nearly_everywhere(path: str) -> None:
    """Fails when a new resource type shuts out further Regions: that is worth a look, and a line in the docs."""
    assert len(REGIONS) - len(regions_of(path)) <= REGIONS_WITHOUT.get(path, 0)


def test_a_finding_would_be_found() -> None:
    """The way cfn-lint is called here reports what it should."""
    text = (TEMPLATES / "blueprints/realtime_inference.yaml").read_text(encoding="utf-8")
    wrong = text.replace("InitialSamplingPercentage: 100", "InitialSamplingPercentage: none")
    assert wrong != text
    assert [finding.rule.id for finding in findings(wrong, ["eu-west-1"])] == ["E3012"]
