# SPDX-License-Identifier: Apache-2.0
"""Transform jobs with DataProcessing: which columns the model gets, and which the output has."""

from __future__ import annotations

from typing import Any

import pytest
from moto.sagemaker.exceptions import ValidationError

from scripts.local_aws.sagemaker.jobs import transform_filters
from scripts.local_aws.sagemaker.jobs.transform_filters import FilterError, Filters

ROWS = b"7,1,2\n8,3,4\n"
ANSWERS = b"0.5\n0.25\n"


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("$", b"7,1,2\n8,3,4\n"),
        ("$[1:]", b"1,2\n3,4\n"),
        ("$[:2]", b"7,1\n8,3\n"),
        ("$[0]", b"7\n8\n"),
        ("$[-1]", b"2\n4\n"),
        ("$[0,2]", b"7,2\n8,4\n"),
        ("$[2,0:2]", b"2,7,1\n4,8,3\n"),
    ],
)
def test_the_model_gets_the_columns_of_the_input_filter(expression: str, rows: bytes) -> None:
    assert Filters.of({"InputFilter": expression}).for_model(ROWS) == rows


def test_label_and_prediction_are_left_of_a_joined_row() -> None:
    filters = Filters.of({"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"})
    assert filters.joined(ROWS, ANSWERS) == b"7,0.5\n8,0.25\n"


def test_the_whole_row_is_joined_without_an_output_filter() -> None:
    assert Filters.of({"JoinSource": "Input"}).joined(ROWS, ANSWERS) == b"7,1,2,0.5\n8,3,4,0.25\n"


def test_without_a_join_the_answer_alone_is_filtered() -> None:
    assert Filters.of({"OutputFilter": "$[0]"}).joined(ROWS, b"a,b\nc,d\n") == b"a\nc\n"


def test_rows_and_answers_must_be_as_many() -> None:
    with pytest.raises(FilterError, match="2 records cannot be joined with 1 answers"):
        Filters.of({"JoinSource": "Input"}).joined(ROWS, b"0.5\n")


def request(processing: dict[str, str], **changes: Any) -> dict[str, Any]:
    source = {"ContentType": "text/csv", "SplitType": "Line"}
    output = {"Accept": "text/csv", "AssembleWith": "Line"}
    return {"TransformInput": source, "TransformOutput": {**output, **changes}, "DataProcessing": processing}


@pytest.mark.parametrize(
    ("processing", "changes", "words"),
    [
        ({"InputFilter": "$.features"}, {}, "InputFilter is \\$.features"),
        ({"JoinSource": "Input"}, {"Accept": "application/json"}, "ContentType of the input must be the Accept"),
        ({"JoinSource": "Input"}, {"AssembleWith": "None"}, "AssembleWith must be the SplitType"),
    ],
    ids=["a-path", "another-type", "no-lines"],
)
def test_what_sagemaker_does_not_take_is_refused(
    processing: dict[str, str], changes: dict[str, Any], words: str
) -> None:
    transform_filters.check(request({"JoinSource": "Input", "OutputFilter": "$[0,-1]"}))
    with pytest.raises(ValidationError, match=words):
        transform_filters.check(request(processing, **changes))
