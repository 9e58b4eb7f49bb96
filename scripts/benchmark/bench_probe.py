# SPDX-License-Identifier: Apache-2.0
"""Benchmark probe for a fresh process: run one action, print one JSON line. Only the standard library comes first.

The clock starts before anything but the interpreter's own modules is imported.
"""

import time

_STARTED = time.perf_counter()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402


class _Context:
    """Lambda context object with the attributes that Powertools reads."""

    function_name = "bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    aws_request_id = "00000000-0000-4000-8000-000000000000"


def main() -> None:
    """Run the action named by the first argument."""
    actions: dict[str, Callable[..., dict[str, Any]]] = {"boto3": _import_boto3, "request": _request}
    measured = actions[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps({**measured, "memory_mb": _peak_memory_mb()}) + "\n")


def _peak_memory_mb() -> float:
    # getrusage would count the parent's memory from before the exec.
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    return round(int(kilobytes) / 1024, 1)


def _import_boto3() -> dict[str, Any]:
    import boto3  # noqa: F401, PLC0415

    return {"seconds": time.perf_counter() - _STARTED}


def _request(body: str) -> dict[str, Any]:
    """Measure the first request that a new function answers, and the same request again."""
    from orchestrator import api  # noqa: PLC0415

    event = {
        "httpMethod": "POST",
        "path": "/provisionpipeline",
        "headers": {},
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {"identity": {"userArn": "arn:aws:iam::123456789012:user/bench"}},
    }
    calls = _count_calls() if "AWS_ENDPOINT_URL" in os.environ else Counter()
    answer = api.handler(event, _Context())  # type: ignore[arg-type]
    first = time.perf_counter() - _STARTED
    made = dict(calls)
    again = time.perf_counter()
    api.handler(event, _Context())  # type: ignore[arg-type]
    return {
        "seconds": first,
        "again_seconds": time.perf_counter() - again,
        "status": answer["statusCode"],
        "body": json.loads(answer["body"]),
        "calls": made,
    }


def _count_calls() -> Counter[str]:
    """Count botocore's requests by operation."""
    import boto3  # noqa: PLC0415

    calls: Counter[str] = Counter()

    def count(event_name: str, **_: Any) -> None:
        calls[event_name.removeprefix("before-send.")] += 1

    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    if session is not None:
        session.events.register("before-send", count)
    return calls


if __name__ == "__main__":
    main()
