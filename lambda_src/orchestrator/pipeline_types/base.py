# SPDX-License-Identifier: Apache-2.0
"""Base of all pipeline types: a request that validates itself and plans its deployment.

A type declares its fields, the rules between them and its deployment. Validation and error messages are derived here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import isfunction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self, TypeVar, get_args

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from orchestrator import problems
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.looked_up import LookedUp
from orchestrator.pipeline_types.spelling import Spelling
from orchestrator.plan.plan import Deployment, ProvisioningPlan
from orchestrator.values import tags
from orchestrator.values.common import AlsoSpelt, Expect
from orchestrator.values.per_stage import STAGES, Stage
from orchestrator.values.tags import Tags

if TYPE_CHECKING:
    from orchestrator import answers

STACK_PREFIX: Final = "mlops-pipeline"
LONGEST_STACK_NAME: Final = 128

Rule = Callable[..., Iterator[Problem]]
AnyRule = TypeVar("AnyRule", bound=Rule)
_FIELDS: Final = "rule_fields"


def rule(*fields: str) -> Callable[[AnyRule], AnyRule]:
    """Mark a method as a rule between fields: it yields problems, and runs only when all these fields are valid."""

    def mark(method: AnyRule) -> AnyRule:
        setattr(method, _FIELDS, frozenset(fields))
        return method

    return mark


@dataclass(frozen=True)
class ValidationContext:
    """Context of field validators: the launch options, and the fields found valid so far."""

    launch: Launch
    valid: dict[str, Any] = field(default_factory=dict)


class PipelineRequest(LookedUp):
    """Base of all built-in pipeline types; a subclass's first docstring line is its summary in the documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    _rules: ClassVar[tuple[Rule, ...]] = ()

    postfix: ClassVar[str]
    """Last part of the stack name (compatibility 2.5)."""
    short_name: ClassVar[str]
    """The type after the model's name, where a person names a pipeline: `realtime` of `churn/realtime`."""
    pipeline_stacks: ClassVar[str]
    """Pattern of the names of its pipeline stacks, e.g. `mlops-pipeline-*-codepipeline`."""
    runs_in_stages: ClassVar[bool] = True
    """Whether a multi-account orchestrator deploys it to dev, staging and prod, or only to its own account."""
    source: ClassVar["answers.Origin"] = "built-in"
    version: ClassVar[str] = ""
    takes_merged_data: ClassVar[bool] = True
    """Whether it could be trained on data without a header."""
    is_withdrawn: ClassVar[bool] = False

    _chosen_name: str = PrivateAttr("")

    pipeline_type: str
    dry_run: Annotated[StrictBool, Expect("true or false")] = Field(
        default=False, description="answer the plan and touch nothing"
    )

    @classmethod
    def type_name(cls) -> str:
        """Return the value of `pipeline_type` that selects this type."""
        (name,) = get_args(cls.model_fields["pipeline_type"].annotation)
        return str(name)

    @classmethod
    def known_keys(cls) -> frozenset[str]:
        """Return every key that a request of this type may have, in each spelling."""
        return frozenset(cls.model_fields).union(cls.spellings())

    @classmethod
    def spellings(cls) -> dict[str, str]:
        """Return other spelling -> declared key."""
        return {
            mark.key: name
            for name, declared in cls.model_fields.items()
            for mark in declared.metadata
            if isinstance(mark, AlsoSpelt)
        }

    @classmethod
    def fields_by_key(cls) -> dict[str, FieldInfo]:
        """Return the declared fields by key, in each spelling."""
        others = {other: cls.model_fields[declared] for other, declared in cls.spellings().items()}
        return {**cls.model_fields, **others}

    @classmethod
    def summary(cls) -> str:
        """Return the type's summary in one line."""
        return (cls.__doc__ or "").splitlines()[0]

    @classmethod
    def request_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of a request."""
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **cls.model_json_schema()}

    @classmethod
    def example(cls) -> Mapping[str, Any] | None:
        """Return an example request; `None` for built-in types, whose examples are in the documentation."""
        return None

    @classmethod
    def parse(cls, body: Mapping[str, Any], launch: Launch) -> Self:
        """Validate a body that names this type; raises `RefusedRequestError` with every problem, unknown keys too.

        Rules between fields also run when other fields are invalid, so that one response names every problem.
        """
        context, known = ValidationContext(launch), cls.known_keys()
        spelling = Spelling({key: value for key, value in body.items() if key in known}, cls.spellings())
        found = [*problems.unknown_keys(body, known), *spelling.conflicts()]
        try:
            request = cls.model_validate(spelling.body(), context=context)
        except ValidationError as error:
            found.extend(problems.from_validation(error, cls.model_fields))
            request = cls.model_construct(None, **context.valid)  # type: ignore[assignment]  # plugin knows no Self
        invalid = {problem.key.split(".")[0] for problem in found}
        found.extend(request._conflicts(launch, invalid))
        if found:
            raise RefusedRequestError([spelling.of(problem) for problem in found])
        return request

    @model_validator(mode="before")
    @classmethod
    def _as_declared(cls, given: Any) -> Any:
        """Complete what is built in Python, where the class says the type: the name, and keys in another spelling."""
        if not isinstance(given, Mapping):
            return given
        return {"pipeline_type": cls.type_name(), **Spelling(given, cls.spellings()).body()}

    @field_validator("*", mode="after")
    @classmethod
    def _remember(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(info.context, ValidationContext) and info.field_name is not None:
            info.context.valid[info.field_name] = value
        return value

    def _conflicts(self, launch: Launch, invalid: set[str]) -> Iterator[Problem]:
        for method in self._rules:
            if not getattr(method, _FIELDS) & invalid:
                yield from method(self, launch)

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        functions = [each for base in reversed(cls.__mro__) for each in vars(base).items() if isfunction(each[1])]
        declared = {name: function for name, function in functions if hasattr(function, _FIELDS)}
        cls._rules = tuple(method for _, method in sorted(declared.items()))
        unknown = {name for method in cls._rules for name in getattr(method, _FIELDS)} - cls.model_fields.keys()
        if unknown:
            raise TypeError(f"{cls.__name__} has rules between fields that it does not have: {sorted(unknown)}")

    @property
    def stack_names(self) -> tuple[str, ...]:
        """Possible names of the stack for what is requested, in order of preference.

        A later name is used when the earlier ones are taken by pipelines of another `owner`.
        """
        raise NotImplementedError

    @property
    def stack_name(self) -> str:
        """Name of the stack for what is requested: the chosen one, or the preferred one."""
        return self._chosen_name or self.stack_names[0]

    @property
    def pipeline_stack_name(self) -> str:
        """Name of the stack that holds the CodePipeline."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """Name of the pipeline for people: the model's name, or an image's tag."""
        raise NotImplementedError

    @property
    def cost_tag(self) -> str:
        """Value of the cost-allocation tag `mlops:model`: the model's name, or an image's repository."""
        return self.label

    def tags(self, launch: Launch, stage: Stage | None) -> Tags:
        """Return the tags of what it deploys to a stage; `None` is the one stage of a single-account deployment."""
        return self._tagged(launch, tags.stage_name(stage))

    def pipeline_tags(self, launch: Launch) -> Tags:
        """Return the tags of the pipeline stack, which serves all stages."""
        stages = self.stages(launch)
        stage = tags.stage_name(stages[0]) if len(stages) == 1 else tags.EVERY_STAGE
        return self._tagged(launch, stage)

    def _tagged(self, launch: Launch, stage: str) -> Tags:
        own = tags.of(launch.application, self.stack_name, self.cost_tag, stage)
        return (*own, *launch.options.tags)

    @property
    def owner(self) -> str:
        """Identity in the tag `mlops:subject`: separates pipelines that want one stack name; empty if none do."""
        return ""

    def named(self, stack_name: str) -> Self:
        """Return the same request under another of its `stack_names`."""
        copy = self.model_copy()
        copy._chosen_name = stack_name
        return copy

    def stages(self, launch: Launch) -> tuple[Stage | None, ...]:
        """Return the stages of the deployment; `None` is the one stage of a single-account deployment."""
        return STAGES if launch.multi_account and self.runs_in_stages else (None,)

    def of_each_stage(self, launch: Launch, found: Callable[[Stage | None], Iterable[Problem]]) -> Iterator[Problem]:
        """Yield the problems of all stages, the first of each key: one value for several stages is wrong once."""
        by_key: dict[str, Problem] = {}
        for stage in self.stages(launch):
            for problem in found(stage):
                by_key.setdefault(problem.key, problem)
        yield from by_key.values()

    def unused_keys(self, launch: Launch) -> frozenset[str]:
        """Return keys whose values have no effect with these launch options: what they name need not exist."""
        return frozenset()

    def secret_keys(self) -> frozenset[str]:
        """Return keys whose values nobody is shown."""
        return frozenset()

    def warnings(self, launch: Launch) -> Iterator[str]:
        """Yield warnings about a valid request, as sentences for the response. Call `super()` first."""
        yield from ()

    def planned_deployment(self, settings: Settings) -> Deployment:
        """Return the names, templates and parameter values from which the pipeline is made."""
        raise NotImplementedError

    def plan(self, settings: Settings) -> ProvisioningPlan:
        """Return the plan: names, templates and parameter values."""
        return ProvisioningPlan(self.pipeline_type, self.deployments(settings), self.owner, self.label)

    def deployments(self, settings: Settings) -> tuple[Deployment, ...]:
        """Return the deployment under each of the `stack_names`."""
        return tuple(self.named(name).planned_deployment(settings) for name in self.stack_names)
