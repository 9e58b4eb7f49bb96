# SPDX-License-Identifier: Apache-2.0
"""The `aws` command, as far as pages use it, by boto3 alone: `s3 cp`, `s3 mb`, and any operation with its parameters.

An operation or a parameter that AWS does not have is an error, as with the real one.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import boto3
from botocore import xform_name

# Where the name would be taken for another option of the command.
_RENAMED: Final = {"notification-endpoint": "endpoint"}


def main(arguments: list[str]) -> None:
    service, operation, *rest = arguments
    if service == "s3":
        _s3(operation, rest)
        return
    client: Any = boto3.client(service)
    name = next(each for each in client.meta.service_model.operation_names if xform_name(each, "-") == operation)
    members = client.meta.service_model.operation_model(name).input_shape.members
    by_option = {xform_name(member, "-"): (member, shape) for member, shape in members.items()}
    given: dict[str, Any] = {}
    by_option |= {renamed: by_option[name] for renamed, name in _RENAMED.items() if name in by_option}
    for option, values in _options(rest):
        if option in {"query", "output", "profile"}:
            continue
        member, shape = by_option[option]
        given[member] = _value(shape, values)
    answer = getattr(client, xform_name(name))(**given)
    answer.pop("ResponseMetadata")
    print(json.dumps(answer, default=str, indent=4))  # noqa: T201


def _s3(operation: str, rest: list[str]) -> None:
    s3: Any = boto3.client("s3")
    if operation == "mb":
        region = s3.meta.region_name
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=rest[0].removeprefix("s3://"), **place)
        return
    assert operation == "cp", operation
    bucket, _, key = rest[1].removeprefix("s3://").partition("/")
    s3.upload_file(rest[0], bucket, key)


def _options(words: list[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((word.removeprefix("--"), []))
        else:
            found[-1][1].append(word)
    return found


def _value(shape: Any, values: list[str]) -> Any:
    if values and values[0].startswith("file://"):
        return Path(values[0].removeprefix("file://")).read_text()
    if shape.type_name in {"structure", "map", "list"} and values[0].lstrip().startswith(("{", "[")):
        return json.loads(values[0])
    if shape.type_name == "structure":
        return dict(pair.split("=", 1) for pair in re.split(r",(?=\w+=)", values[0]))
    if shape.type_name == "list":
        return [_value(shape.member, [value]) for value in values]
    return {"integer": int, "boolean": lambda text: text == "true"}.get(shape.type_name, str)(values[0])


if __name__ == "__main__":
    main(sys.argv[1:])
