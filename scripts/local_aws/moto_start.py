# SPDX-License-Identifier: Apache-2.0
"""What keeps moto's start cheap; importing this package does it before anything else imports moto."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.loaders import Loader, create_loader
from moto.core import utils as moto_utils
from moto.utilities import utils as moto_resources
from werkzeug.routing import Rule

_BOTO3_DATA = str(Path(boto3.__file__).parent / "data")
_INSTANCE_TYPES = "ec2/resources/instance_type"


class SharedLoader(Loader):
    """Reads the descriptions of services for any number of sessions, and keeps them: they are megabytes of JSON."""

    @property
    def search_paths(self) -> list[str]:
        """Where it looks: a copy, because each session of boto3 adds boto3's own folder, which is there already."""
        return list(self._search_paths)


@functools.cache
def shared_loader(folders: str | None = None) -> SharedLoader:
    """The one reader for a setting of `AWS_DATA_PATH`."""
    paths = [*create_loader(folders).search_paths, _BOTO3_DATA]
    return SharedLoader(extra_search_paths=paths, include_default_search_paths=False)


def share_descriptions(sdk: Any = botocore.session, moto: Any = moto_utils) -> None:
    """Give every session of the process the shared reader, and moto one of its own: their descriptions differ."""
    sdk.create_loader = shared_loader
    moto.create_loader = functools.cache(moto.create_loader)


def compile_routes_for_matching_only(rule: Any = Rule) -> None:
    """Put off what builds an address of a route until it is called: it takes longer than the route, and moto has none.

    Flask and moto have 400 routes for what a launch calls.
    """
    compile_builder: Callable[..., Callable[..., Any]] = rule._compile_builder

    def when_called(self: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        return lambda bound, /, **values: compile_builder(self, append_unknown)(bound, **values)

    rule._compile_builder = when_called


def leave_out_instance_types(resources: Any = moto_resources) -> None:
    """Import moto's EC2 without its instance types, a third of the server's memory: no template of ours has one."""
    load_resource: Callable[[str], Any] = resources.load_resource
    resources.load_resource = lambda name: {} if name.startswith(_INSTANCE_TYPES) else load_resource(name)
    try:
        importlib.import_module("moto.ec2.models.instance_types")
    finally:
        resources.load_resource = load_resource


share_descriptions()
compile_routes_for_matching_only()
leave_out_instance_types()
