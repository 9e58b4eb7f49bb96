# SPDX-License-Identifier: Apache-2.0
"""Requests of the earlier solution's versions 1.x, in the form of its last version, which is ours.

Version 1.0 had `byom` and `model_monitor`, with keys that decided what is several types now; `byom_model_monitor` came
between. What no single request can say any more is refused with what takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.problems import shortened

_TYPE: Final = "pipeline_type"
_DEPLOYING: Final = "byom"
_MONITORS: Final = frozenset({"model_monitor", "byom_model_monitor"})
_MONITORED: Final = {
    "": "byom_data_quality_monitor",
    "dataquality": "byom_data_quality_monitor",
    "modelquality": "byom_model_quality_monitor",
    "modelbias": "byom_model_bias_monitor",
    "modelexplainability": "byom_model_explainability_monitor",
}
_RENAMED: Final = {
    "training_data": "baseline_data",
    "max_runtime_seconds": "monitor_max_runtime_seconds",
}
"""Keys of monitors."""
_IMAGES: Final = ("custom_model_container", "custom_algorithm_docker")
PLACES_HAVE_BUCKETS: Final = (
    "Locations begin with a bucket here. Those of version 1.0 were in the assets bucket: write its name and a slash "
    "before them."
)


@dataclass(frozen=True)
class Translated:
    """A body in today's form, and what was done to it, in sentences."""

    body: Any
    notes: tuple[str, ...] = ()


def translated(body: Any) -> Translated:
    """Translate a decoded request; one of another form is returned as it is. Raise RefusedRequestError."""
    name = body.get(_TYPE) if isinstance(body, Mapping) else None
    plain = name.strip().lower() if isinstance(name, str) else ""
    if plain == _DEPLOYING:
        return _deployment(body)
    if plain in _MONITORS:
        return _monitor(body, plain)
    return _renamed(body) if plain in _MONITORED.values() else Translated(body)


def _deployment(body: Mapping[str, Any]) -> Translated:
    """`byom`: `inference_type` said how the model serves, and a zip in place of a framework whose image."""
    kind = _plain(body, "inference_type")
    found = []
    if kind not in {"realtime", "batch"}:
        found.append(Problem("inference_type", f"must be realtime or batch; got {shortened(kind)}"))
    for key in _IMAGES:
        if body.get(key):
            found.append(
                Problem(
                    key,
                    "names the source of an image, which version 1.0 built in the same pipeline: build it by a "
                    "byom_image_builder, and give its URI as custom_image_uri in its place",
                )
            )
    if found:
        raise RefusedRequestError(found)
    type_name = f"byom_{kind}_{'custom' if body.get('custom_image_uri') else 'builtin'}"
    kept = {key: value for key, value in body.items() if key not in {"inference_type", "training_data", *_IMAGES}}
    told = _is_now(_DEPLOYING, "inference_type", type_name)
    return Translated({**kept, _TYPE: type_name}, (told, PLACES_HAVE_BUCKETS))


def _monitor(body: Mapping[str, Any], name: str) -> Translated:
    kind = _plain(body, "monitoring_type")
    type_name = _MONITORED.get(kind)
    if type_name is None:
        kinds = ", ".join(filter(None, _MONITORED))
        raise RefusedRequestError([Problem("monitoring_type", f"must be one of {kinds}; got {shortened(kind)}")])
    kept = {key: value for key, value in body.items() if key != "monitoring_type"}
    renamed = _renamed({**kept, _TYPE: type_name})
    notes = (_is_now(name, "monitoring_type", type_name), *renamed.notes)
    return Translated(renamed.body, (*notes, PLACES_HAVE_BUCKETS) if name == "model_monitor" else notes)


def _renamed(body: Mapping[str, Any]) -> Translated:
    """Give keys of monitors their names, unless these are given, too."""
    names = {key: name for key, name in _RENAMED.items() if key in body and name not in body}
    notes = tuple(f"{key} is {name} now." for key, name in names.items())
    return Translated({names.get(key, key): value for key, value in body.items()}, notes)


def _plain(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key, "")
    return value.strip().lower() if isinstance(value, str) else shortened(value)


def _is_now(was: str, key: str, name: str) -> str:
    return f"{was} of versions 1.x, with {key}, is {name} now."
