# SPDX-License-Identifier: Apache-2.0
"""`mlops shift`: other shares of the calls for the models of an endpoint, without a deployment."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_orchestrator.client.answers import accepted
from scripts.cli import connection
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Asked
from scripts.cli.output import Output


def run(asked: Asked, given: str, pairs: Sequence[str], stage: str) -> None:
    """Give variants the weights of pairs such as `challenger=3`, and tell how the calls are shared then."""
    weights = _weights(pairs)
    body = accepted(connection.orchestrator_api(asked.access, asked.stack_name).shift(given, weights, stage))
    output = Output(asked.access.form, asked.access.lines)
    output.say(body["message"])
    # An orchestrator of an earlier release tells no accounts.
    for place in body.get("accounts") or [body]:
        rows = [(one["name"], f"{one['weight']:g}", f"{one['share']:.0%}") for one in place["variants"]]
        where = f"{place['endpoint']} in {place['account']}" if "account" in place else ""
        output.table(("variant", "weight", "share of the calls"), rows, where)
    output.document(body)


def _weights(pairs: Sequence[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    wrong = []
    for pair in pairs:
        name, equals, text = pair.rpartition("=")
        try:
            weight = float(text)
        except ValueError:
            weight = -1.0
        # NaN is not at least 0.
        if not (equals and name and 0 <= weight < float("inf")):
            wrong.append(f"{pair} is no VARIANT=WEIGHT, such as challenger=3, with a weight of 0 or more")
        elif name in weights:
            wrong.append(f"{name} has two weights: give one")
        weights[name] = weight
    if wrong:
        raise WrongUseError("\n".join(wrong))
    return weights
