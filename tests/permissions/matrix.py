# SPDX-License-Identifier: Apache-2.0
"""What is worth protecting, and who reaches it: by a role as it is, and by a key of a request that names it.

    Matrix(templates).of_roles             every role, in requests that name nothing of others
    Matrix(templates).of_keys(keys)        requests that name each protected thing by each of these keys

Each gives cells: a role that reaches a thing, and the launch parameters by which the operator decides about that.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from orchestrator import reach
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.values.per_stage import STAGES
from scripts.iam import patterns
from scripts.iam.documents import Document, parse
from scripts.launch import artifact_bucket
from tests.orchestrator.conftest import read_json
from tests.permissions import acting, protected
from tests.permissions.acting import ARTIFACTS, Role, launched
from tests.permissions.named import Named, RequestKey, named, on_every_engine, others
from tests.permissions.protected import Thing
from tests.permissions.reasons import ANY_KEY, Reached
from tests.permissions.rows import ROOTS

Templates = Mapping[str, dict[str, Any]]

WIDE: Final = {**dict.fromkeys((kind.parameter for kind in reach.KINDS), reach.ANY), reach.ACCOUNTS: reach.ANY}
"""Launch parameters that let requests name everything."""
_NARROW: Final = {**dict.fromkeys(WIDE, "none"), reach.KEY.parameter: "key/none", reach.ACCOUNTS: ""}
"""For each parameter what lets them name nothing of others."""
RUN_FOREIGN_CODE: Final = frozenset({"codebuild", "sagemaker"})
"""Services that run code which comes with requests."""
THINGS: Final = tuple(protected.things())
VALUES: Final[Mapping[str, Sequence[Thing]]] = {
    value: [thing for thing in THINGS if value in thing.named_as] for thing in THINGS for value in thing.named_as
}
"""Every value by which a request could mean a thing, with all that it could mean."""
_RELATIVE: Final = ("prod/mlops-config.json", "prod/credit/model.tar.gz", "prod/credit", "prod-credit", "prod")
"""Keys of objects in the assets bucket, names, and how these begin."""


@dataclass(frozen=True, order=True)
class Cell:
    """A role does some harm to a thing; with a key, because a request has named the thing by it."""

    thing: str
    harm: str
    role: str
    key: str = ""
    decided_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matrix:
    """Requests and roles on trial; `templates` are those of the solution."""

    templates: Templates

    @cached_property
    def trusted(self) -> dict[str, tuple[str, ...]]:
        """Every role by its logical id, with the services that work under it; first those that run others' code."""
        found: dict[str, set[str]] = {}
        for template in self.templates.values():
            for name in acting.made_by(template):
                found.setdefault(name, set()).update(acting.trusted_services(template, name))
        ordered = sorted(found, key=lambda name: (not RUN_FOREIGN_CODE & found[name], name))
        return {name: tuple(sorted(found[name])) for name in ordered}

    @cached_property
    def of_roles(self) -> frozenset[Cell]:
        """What each role reaches by itself."""
        made = (cell for name, role in _of_pipelines(self.templates) for cell in self.cells(name, role, THINGS))
        return frozenset((*made, *(cell for root in ROOTS for cell in self._of_root(self.templates[root]))))

    def of_keys(self, keys: Iterable[RequestKey], values: Container[str] = VALUES) -> dict[Cell, list[str]]:
        """What is reached because requests name it, with the pipeline types in which the key does that."""
        found: dict[Cell, list[str]] = {}
        for key in on_every_engine(keys):
            for cell in self._of_key(key, {value: VALUES[value] for value in VALUES if value in values}):
                types = found.setdefault(cell, [])
                types += [key.pipeline_type] * (key.pipeline_type not in types)
        return found

    def cells(self, name: str, role: Role, things: Iterable[Thing], key: str = "") -> set[Cell]:
        """What a role reaches of things."""
        return {Cell(thing.words, harm, name, key) for thing in things for harm in self._harms(role, thing)}

    @cached_property
    def _policies(self) -> Mapping[str, Document]:
        """Buckets and the bus of events have policies of their own."""
        released = artifact_bucket.no_writes_by_pipelines(ARTIFACTS, "*", "aws")
        known = acting.resource_policies(self.templates[ROOTS[1]])
        return {**known, f"arn:aws:s3:::{ARTIFACTS}": parse({"Statement": released})}

    def _harms(self, role: Role, thing: Thing) -> Iterator[str]:
        for probe in thing.probes:
            policy = self._policies.get(probe.arn) or self._policies.get(probe.arn.partition("/")[0])
            for arn in _meant(probe.arn, role.allowed.get(probe.action, ())):
                if role.reaches(probe.action, arn, thing.owner, policy, **probe.context):
                    yield probe.harm

    def _of_root(self, root: dict[str, Any]) -> Iterator[Cell]:
        for name in acting.made_by(root):
            reached = self.cells(name, acting.root_role(root, name, **WIDE), THINGS)
            things = _things_of(reached)
            without = {
                parameter: self.cells(name, acting.root_role(root, name, **{**WIDE, parameter: value}), things)
                for parameter, value in _NARROW.items()
            }
            for cell in reached:
                decide = (parameter for parameter, still in without.items() if cell not in still)
                yield replace(cell, decided_by=tuple(decide))

    def _of_key(self, key: RequestKey, values: Mapping[str, Sequence[Thing]]) -> set[Cell]:
        """What is reached because the key names it."""
        given = _launched(key, WIDE)
        known = {replace(cell, key=key.key, decided_by=()) for cell in self.of_roles}
        found: set[Cell] = set()
        for value, things in values.items():
            request = _accepted(key, value, given)
            if request is not None:
                roles = acting.roles_of(self.templates, request, given).items()
                cells = {cell for name, role in roles for cell in self.cells(name, role, things, key.key)}
                found |= self._decided(key, value, cells - known) | self._of_root_roles(key, things)
                known |= cells
        return found

    def _of_root_roles(self, key: RequestKey, things: Iterable[Thing]) -> set[Cell]:
        """What roles that act for all requests do with things of a key's kind: the parameter of the kind decides."""
        words = {thing.words for thing in things}
        parameter = key.kind.parameter if isinstance(key, Named) else ""
        acted_upon = (cell for cell in self.of_roles if cell.thing in words and parameter in cell.decided_by)
        return {replace(cell, key=key.key) for cell in acted_upon}

    def _decided(self, key: RequestKey, value: str, cells: set[Cell]) -> set[Cell]:
        """The cells with the parameters that would have the request refused, or the role not reach the thing."""
        if not cells or not isinstance(key, Named):
            return cells
        wide = acting.accepted(key.body(value), _launched(key, WIDE))
        deciding: dict[Cell, list[str]] = {cell: [] for cell in cells}
        for parameter in (key.kind.parameter, reach.ACCOUNTS):
            narrow = _launched(key, {**WIDE, parameter: _NARROW[parameter]})
            roles = acting.roles_of(self.templates, wide, narrow).items()
            still = {cell for name, role in roles for cell in self.cells(name, role, _things_of(cells), key.key)}
            refused = _is_refused(key, value, narrow, parameter)
            for cell in cells:
                if self._is_stopped(cell, refused, cell not in still):
                    deciding[cell].append(parameter)
        return {replace(cell, decided_by=tuple(deciding[cell])) for cell in cells}

    def _is_stopped(self, cell: Cell, refused: bool, out_of_reach: bool) -> bool:
        """A role that runs others' code must not reach the thing even if the request got through."""
        return out_of_reach or (refused and not RUN_FOREIGN_CODE & {*self.trusted[cell.role]})


def _of_pipelines(templates: Templates) -> Iterator[tuple[str, Role]]:
    """Roles of requests that name what is theirs, here and in the account of a stage."""
    for key in on_every_engine(named()):
        given = _launched(key, WIDE)
        request = acting.accepted(key.body(key.harmless), given)
        yield from acting.roles_of(templates, request, given).items()
    for type_ in BUILT_IN:
        if type_.runs_in_stages:
            given = launched(multi=True, **WIDE)
            request = acting.accepted(read_json(f"requests/{type_.type_name()}.multi.json"), given)
            yield from acting.roles_of(templates, request, given, STAGES[0]).items()


def _launched(key: RequestKey, parameters: Mapping[str, str]) -> Settings:
    return launched(registry=key.needs_registry, **parameters, MonitorEngine=key.engine)


def _meant(arn: str, allowed: Iterable[str]) -> Iterable[str]:
    """The ARN, if anything is allowed; in place of a pattern one that fits it, of each that a role is allowed."""
    if not arn.endswith("*"):
        return [arn] if allowed else []
    return [pattern.replace("*", "x") for pattern in allowed if patterns.overlap(pattern, arn) and pattern != "*"]


def _things_of(cells: Iterable[Cell]) -> list[Thing]:
    words = {cell.thing for cell in cells}
    return [thing for thing in THINGS if thing.words in words]


def _accepted(key: RequestKey, value: str, given: Settings) -> PipelineRequest | None:
    try:
        return acting.accepted(key.body(value), given)
    except RefusedRequestError:
        return None


def _is_refused(key: RequestKey, value: str, given: Settings, parameter: str) -> bool:
    """Whether the request is refused because of the parameter."""
    try:
        acting.accepted(key.body(value), given)
    except RefusedRequestError as refused:
        return any(one.key == key.key and f"launch parameter {parameter} " in one.problem for one in refused.problems)
    return False


def of_all_keys(tried: Matrix) -> dict[Cell, list[str]]:
    """What is reached by name. Keys that are not declared to name something get few values, which may be theirs."""
    return {**tried.of_keys(named()), **tried.of_keys(others(), _RELATIVE)}


def unexplained(cells: Iterable[Cell], reasons: Reached) -> list[Cell]:
    """The cells that no launch parameter decides about, and for which there is no reason."""
    return sorted(cell for cell in cells if not cell.decided_by and not reason(cell, reasons))


def idle(cells: Iterable[Cell], reasons: Reached) -> list[tuple[str, str, str]]:
    """Reasons that no cell needs: whose, the thing, and the harm."""
    needed = {(who, cell.thing, cell.harm) for cell in cells if not cell.decided_by for who in _whose(cell)}
    given = {
        (who, thing, harm)
        for who, each in reasons.items()
        for things in each.values()
        for thing, harms in things.items()
        for harm in harms.split()
    }
    return sorted(given - needed)


def reason(cell: Cell, reasons: Reached) -> str:
    """Why a cell is as it is; empty if nobody has said."""
    found = (
        why
        for who in _whose(cell)
        for why, things in reasons.get(who, {}).items()
        if cell.harm in things.get(cell.thing, "").split()
    )
    return next(found, "")


def _whose(cell: Cell) -> tuple[str, ...]:
    return (cell.key, ANY_KEY) if cell.key else (cell.role,)
