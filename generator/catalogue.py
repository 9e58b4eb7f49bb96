# SPDX-License-Identifier: Apache-2.0
"""All templates: found by looking into the packages, so that a new one is one new module."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

from troposphere import Template

from generator import blueprints, documents, iam_roles, pipelines
from generator.boundary import template as boundary
from generator.deployment import Kind
from generator.root import multi_account, single_account

Maker = Callable[[], Template]


def texts() -> dict[str, str]:
    """Every template's text by its path below `templates/`."""
    return texts_of(makers())


def texts_of(some: Mapping[str, Maker]) -> dict[str, str]:
    """The texts of some templates by their paths."""
    return {path: documents.text(iam_roles.keep_to_options(make())) for path, make in some.items()}


def makers() -> dict[str, Maker]:
    """What makes each template, by its path."""
    kinds = deployed_kinds()
    return {
        "mlops-orchestrator-single-account.yaml": lambda: single_account.template(kinds),
        "mlops-orchestrator-multi-account.yaml": lambda: multi_account.template(kinds),
        "mlops-permissions-boundary.yaml": boundary.template,
        **{
            f"{folder}/{name}.yaml": module.template
            for package, folder in ((pipelines, "pipelines"), (blueprints, "blueprints"))
            for name, module in _modules(package)
        },
    }


def deployed_kinds() -> list[Kind]:
    """Every kind of resource that any blueprint deploys, each once, in the order of first use."""
    kinds = (kind for _, module in _modules(blueprints) for kind in module.DEPLOYS)
    return list(dict.fromkeys(kinds))


def _modules(package: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        yield info.name, importlib.import_module(f"{package.__name__}.{info.name}")
