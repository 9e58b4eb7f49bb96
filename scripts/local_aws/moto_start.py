# SPDX-License-Identifier: Apache-2.0
"""Reductions of moto's start, applied when this package is imported, before anything else imports moto."""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import botocore.session
from botocore.hooks import EventAliaser
from botocore.loaders import Loader, create_loader
from botocore.regions import EndpointResolver
from moto.core import utils as moto_utils
from moto.utilities import utils as moto_resources
from werkzeug.routing import Rule

_BOTO3_DATA = str(Path(boto3.__file__).parent / "data")
_INSTANCE_TYPES = "ec2/resources/instance_type"
_OPENAPI = "openapi_spec_validator"


class SharedLoader(Loader):
    """Loader of service descriptions for any number of sessions. It keeps them: they are megabytes of JSON."""

    @property
    def search_paths(self) -> list[str]:
        """Copy of the search path, because each boto3 session adds boto3's own folder, which is there already."""
        return list(self._search_paths)


@functools.cache
def shared_loader(folders: str | None = None) -> SharedLoader:
    """Return the one loader for a setting of `AWS_DATA_PATH`."""
    paths = [*create_loader(folders).search_paths, _BOTO3_DATA]
    return SharedLoader(extra_search_paths=paths, include_default_search_paths=False)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Suspend garbage collection, which takes a fifth of a start: the objects made by a start are permanent."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _share_descriptions(sdk: Any = botocore.session, moto: Any = moto_utils) -> None:
    """Give all sessions of the process the shared loader, and moto one of its own: their descriptions differ."""
    sdk.create_loader = shared_loader
    moto.create_loader = functools.cache(moto.create_loader)


def _share_names_of_events(aliaser: Any = EventAliaser) -> None:
    """Let each client know the names of events that its session has looked up: there are hundreds, and all the same."""
    copied: Callable[[EventAliaser], EventAliaser] = aliaser.__copy__

    def copy(self: Any) -> Any:
        made: Any = copied(self)
        made._alias_name_cache = self._alias_name_cache
        return made

    aliaser.__copy__ = copy


def _compile_routes_for_matching_only(rule: Any = Rule) -> None:
    """Delay the compilation of a route's URL builder until it is called: it takes longer than the route, and is unused.

    Flask and moto have 400 routes for the services of a launch.
    """
    compile_builder: Callable[..., Callable[..., Any]] = rule._compile_builder

    def when_called(self: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        return lambda bound, /, **values: compile_builder(self, append_unknown)(bound, **values)

    rule._compile_builder = when_called


class _RegionsOfEc2(boto3.session.Session):
    """boto3 session that lists EC2's Regions without loading the eight megabytes of its description."""

    def get_available_regions(self, service_name: str, partition_name: str = "aws", *_: Any) -> list[str]:
        """Return the Regions of a partition that have the service."""
        if service_name != "ec2":
            return list(super().get_available_regions(service_name, partition_name))
        return list(
            EndpointResolver(shared_loader().load_data("endpoints")).get_available_endpoints("ec2", partition_name)
        )


def _import_ec2(sdk: Any = boto3, resources: Any = moto_resources) -> None:
    """Import moto's EC2 without its instance types, a third of the server's memory: no template of ours uses them."""
    load_resource: Callable[[str], Any] = resources.load_resource
    resources.load_resource = lambda name: {} if name.startswith(_INSTANCE_TYPES) else load_resource(name)
    sdk.Session = functools.cache(_RegionsOfEc2)
    try:
        importlib.import_module("moto.ec2.models.instance_types")
    finally:
        resources.load_resource, sdk.Session = load_resource, boto3.session.Session


def _import_apigateway() -> None:
    """Import moto's API Gateway without the validator of OpenAPI documents, which is loaded when one is validated."""
    stand_ins: dict[str, Any] = {
        name: ModuleType(name) for name in (_OPENAPI, f"{_OPENAPI}.validation", f"{_OPENAPI}.validation.exceptions")
    }
    stand_ins[_OPENAPI].validate = _judge
    stand_ins[f"{_OPENAPI}.validation.exceptions"].OpenAPIValidationError = ValueError
    if _OPENAPI in sys.modules:
        return
    sys.modules.update(stand_ins)
    try:
        importlib.import_module("moto.apigateway.models")
    finally:
        for name in stand_ins:
            del sys.modules[name]


def _judge(document: Any) -> None:
    models: Any = importlib.import_module("moto.apigateway.models")
    models.validate = importlib.import_module(_OPENAPI).validate
    models.OpenAPIValidationError = importlib.import_module(f"{_OPENAPI}.validation.exceptions").OpenAPIValidationError
    models.validate(document)


with without_collecting():
    _share_descriptions()
    _share_names_of_events()
    _compile_routes_for_matching_only()
    _import_ec2()
    _import_apigateway()
    # All these objects are permanent; this also spares the search through them at exit.
    gc.freeze()
    atexit.register(gc.freeze)
