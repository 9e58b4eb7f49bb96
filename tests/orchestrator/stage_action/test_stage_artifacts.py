# SPDX-License-Identifier: Apache-2.0
"""Packages as a pipeline stores them, and as somebody hostile would."""

from __future__ import annotations

import json

import pytest

from orchestrator.stage_action import artifacts
from orchestrator.stage_action.jobs import UnusableJobError
from tests.orchestrator.stage_action.played_aws import PARAMETERS, TEMPLATE, parameter_file, zipped

GOOD = {"t.yaml": TEMPLATE, "p.json": parameter_file(PARAMETERS)}


def refusal_of(package: bytes) -> str:
    with pytest.raises(UnusableJobError) as refused:
        artifacts.definition(package, "t.yaml", "p.json")
    return str(refused.value)


def test_template_and_parameters_are_read() -> None:
    definition = artifacts.definition(zipped(GOOD), "t.yaml", "p.json")
    assert definition.template == TEMPLATE.rstrip()
    assert dict(definition.parameters) == PARAMETERS


def test_the_order_of_parameters_does_not_count() -> None:
    turned = {**GOOD, "p.json": parameter_file(dict(reversed(PARAMETERS.items())))}
    assert artifacts.definition(zipped(turned), "t.yaml", "p.json") == artifacts.definition(
        zipped(GOOD), "t.yaml", "p.json"
    )


@pytest.mark.parametrize("newline", ["\u2028", "\x0b"])
def test_only_line_ends_are_made_equal(newline: str) -> None:
    template = f"Description: 'a{newline}b'\n"
    definition = artifacts.definition(zipped({**GOOD, "t.yaml": template}), "t.yaml", "p.json")
    assert definition.template == template.rstrip()


URL = "https://quayside-pipelines.s3.eu-west-1.amazonaws.com/provisioned/x/templates/1.yaml"


@pytest.mark.parametrize(("length", "field"), [(51_200, "TemplateBody"), (51_201, "TemplateURL")])
def test_a_template_goes_by_its_address_only_when_a_request_cannot_hold_it(length: int, field: str) -> None:
    template = TEMPLATE + "#" * (length - len(TEMPLATE))
    package = zipped({**GOOD, "t.yaml": template, "template-url.txt": f"{URL}\n"})
    definition = artifacts.definition(package, "t.yaml", "p.json")
    request = definition.request()
    assert request[field] == (template if field == "TemplateBody" else URL)
    assert {"TemplateBody", "TemplateURL"} & request.keys() == {field}


def test_where_a_template_lies_does_not_make_it_another() -> None:
    """DescribeStackSet answers the text alone."""
    long = {**GOOD, "t.yaml": TEMPLATE + "#" * 60_000}
    found = [artifacts.definition(zipped({**long, "template-url.txt": url}), "t.yaml", "p.json") for url in (URL, "b")]
    assert found[0] == found[1]


def test_all_missing_files_are_named() -> None:
    assert "holds no t.yaml and no p.json; it holds ../t.yaml" in refusal_of(zipped({"../t.yaml": TEMPLATE}))


def test_a_package_that_swells_is_read_to_the_limit_only() -> None:
    bomb = zipped({**GOOD, "p.json": " " * 50_000_000})
    assert len(bomb) < artifacts.LONGEST_PACKAGE
    assert "p.json is longer than" in refusal_of(bomb)


def test_a_package_that_is_too_long_is_not_opened() -> None:
    assert "longer than 16777216 bytes" in refusal_of(b"P" * (artifacts.LONGEST_PACKAGE + 1))


def test_what_is_no_archive_is_refused() -> None:
    assert "zip archive" in refusal_of(b"not a zip")


def test_a_damaged_archive_is_refused() -> None:
    package = bytearray(zipped(GOOD))
    package[40] ^= 0xFF
    assert "cannot be read as a zip archive" in refusal_of(bytes(package))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSON"),
        (json.dumps({"Parameters": PARAMETERS}), "must be a list"),
        ('[{"ParameterKey": "A"}]', "0.ParameterValue"),
        ('[{"ParameterKey": "A", "ParameterValue": 1}]', "0.ParameterValue"),
    ],
)
def test_a_malformed_parameter_file_is_refused_by_name(content: str, words: str) -> None:
    said = refusal_of(zipped({**GOOD, "p.json": content}))
    assert "p.json must be a list of" in said
    assert words in said
