# SPDX-License-Identifier: Apache-2.0
"""Rows of baselines that a model can be asked for."""

from __future__ import annotations

import pytest

from scripts.console import payloads


def test_the_first_row_without_its_label_is_what_a_model_reads() -> None:
    found = payloads.of('late,"size, in m",flag\r\n1,"9,5",x\r\n0,8,y\r\n', "s3://assets/train.csv")
    assert found is not None
    assert (found.text, found.columns) == ('"9,5",x', ("size, in m", "flag"))


@pytest.mark.parametrize(
    "text", ["", "late\n1\n", "late,size\n", "late,size\n1\n"], ids=["empty", "label", "header", "cut"]
)
def test_what_is_no_row_is_none(text: str) -> None:
    assert payloads.of(text, "") is None
