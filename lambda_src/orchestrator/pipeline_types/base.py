# SPDX-License-Identifier: Apache-2.0
"""What every pipeline type is: a request that validates itself and knows how its pipeline is deployed.

A type declares its fields, the rules between them and its deployment; validation and reporting are derived here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import isfunction
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from orchestrator import problems
from orchestrator.csv_headers import CsvFile, Header
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.spelling import Spelling
from orchestrator.plan.plan import Deployment, ProvisioningPlan
from orchestrator.values import tags
from orchestrator.values.common import AlsoSpelt, Expect
from orchestrator.values.package_artifacts import PackagedModel
from orchestrator.values.per_stage import STAGES, Stage
from orchestrator.values.tags import Tags

STACK_PREFIX: Final = "mlops-pipeline"
LONGEST_STACK_NAME: Final = 128

Rule = Callable[..., Iterator[Problem]]
AnyRule = TypeVar("AnyRule", bound=Rule)
_FIELDS: Final = "rule_fields"


def rule(*fields: str) -> Callable[[AnyRule], AnyRule]:
    """Mark a method as a rule between fields: it yields problems, and runs when these fields are valid themselves."""

    def mark(method: AnyRule) -> AnyRule:
        setattr(method, _FIELDS, frozenset(fields))
        return method

    return mark


@dataclass(frozen=True)
class ValidationContext:
    """What field validators see: the launch options; and where they leave the fields that are valid."""

    launch: Launch
    valid: dict[str, Any] = field(default_factory=dict)


class PipelineRequest(BaseModel):
    """Base of all built-in pipeline types; a subclass's first docstring line is its summary in the documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    _rules: ClassVar[tuple[Rule, ...]] = ()

    postfix: ClassVar[str]
    """Last part of the stack name (compatibility 2.5)."""
    pipeline_stacks: ClassVar[str]
    """What the names of all stacks that hold such pipelines look like, e.g. `mlops-pipeline-*-codepipeline`."""
    runs_in_stages: ClassVar[bool] = True
    """Whether a multi-account orchestrator deploys it to dev, staging and prod, or only to its own account."""
    source: ClassVar[str] = "built-in"
    version: ClassVar[str] = ""
    is_withdrawn: ClassVar[bool] = False

    _chosen_name: str = PrivateAttr("")

    pipeline_type: str
    dry_run: Annotated[StrictBool, Expect("true or false")] = Field(
        default=False, description="answer the plan and touch nothing"
    )

    @classmethod
    def type_name(cls) -> str:
        """The value of `pipeline_type` that selects this type."""
        (name,) = get_args(cls.model_fields["pipeline_type"].annotation)
        return str(name)

    @classmethod
    def known_keys(cls) -> frozenset[str]:
        """Every key that a request of this type may have, in each spelling."""
        return frozenset(cls.model_fields).union(cls.spellings())

    @classmethod
    def spellings(cls) -> dict[str, str]:
        """Other spelling -> declared key."""
        return {
            mark.key: name
            for name, declared in cls.model_fields.items()
            for mark in declared.metadata
            if isinstance(mark, AlsoSpelt)
        }

    @classmethod
    def summary(cls) -> str:
        """One line that says what the pipeline does."""
        return (cls.__doc__ or "").splitlines()[0]

    @classmethod
    def request_schema(cls) -> dict[str, Any]:
        """What may be sent, as a JSON schema."""
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **cls.model_json_schema()}

    @classmethod
    def example(cls) -> Mapping[str, Any] | None:
        """A request; those of the built-in types stand in the documentation."""
        return None

    @classmethod
    def parse(cls, body: Mapping[str, Any], launch: Launch) -> Self:
        """Validate a body whose keys all belong to this type; raises `RefusedRequestError` with every problem.

        Rules between fields also run when other fields are invalid, so that one answer names everything.
        """
        context = ValidationContext(launch)
        spelling = Spelling(body, cls.spellings())
        found = list(spelling.conflicts())
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
        """Names by preference of the stack with what the request asks for.

        A later one counts when those before are taken by pipelines of another `owner`.
        """
        raise NotImplementedError

    @property
    def stack_name(self) -> str:
        """Name of the stack with what the request asks for: the preferred one, or the one that was chosen."""
        return self._chosen_name or self.stack_names[0]

    @property
    def pipeline_stack_name(self) -> str:
        """Name of the stack that holds the CodePipeline."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """What people call that which the pipeline is for: the model's name, or an image's tag."""
        raise NotImplementedError

    @property
    def cost_tag(self) -> str:
        """Value of the cost-allocation tag `mlops:model`: the model's name, or an image's repository."""
        return self.label

    def tags(self, launch: Launch, stage: Stage | None) -> Tags:
        """The tags of what it deploys to a stage; `None` is the one stage of a single-account deployment."""
        return self._tagged(launch, tags.stage_name(stage))

    def pipeline_tags(self, launch: Launch) -> Tags:
        """The tags of its CodePipeline's stack, which serves all stages."""
        stages = self.stages(launch)
        stage = tags.stage_name(stages[0]) if len(stages) == 1 else tags.EVERY_STAGE
        return self._tagged(launch, stage)

    def _tagged(self, launch: Launch, stage: str) -> Tags:
        own = tags.of(launch.application, self.stack_name, self.cost_tag, stage)
        return (*own, *launch.options.tags)

    @property
    def owner(self) -> str:
        """Identity in the tag `mlops:subject`: tells pipelines apart that want one stack name; empty where none do."""
        return ""

    def named(self, stack_name: str) -> Self:
        """The same request under another of its `stack_names`."""
        copy = self.model_copy()
        copy._chosen_name = stack_name
        return copy

    def stages(self, launch: Launch) -> tuple[Stage | None, ...]:
        """The stages that it is deployed to; `None` is the one stage of a single-account deployment."""
        return STAGES if launch.multi_account and self.runs_in_stages else (None,)

    def csv_files(self, launch: Launch) -> tuple[CsvFile, ...]:
        """The files whose header decides what the request means; they are read before anything is planned."""
        return ()

    def with_csv_headers(self, headers: Mapping[CsvFile, Header]) -> Self:
        """The request that knows those headers; raises `RefusedRequestError` with what shows only then."""
        return self

    def model_package(self, launch: Launch) -> str:
        """ARN of the model package version that it deploys, which is looked up before anything is planned; or empty."""
        return ""

    def with_packaged_model(self, model: PackagedModel) -> Self:
        """The request that knows what the version holds."""
        return self

    def warnings(self, launch: Launch) -> Iterator[str]:
        """What the author of a valid request should know of it: sentences for the answer. Call `super()` first."""
        yield from ()

    def deployment(self, settings: Settings) -> Deployment:
        """Names, templates and parameter values: all that the orchestrator must know to make the pipeline."""
        raise NotImplementedError

    def plan(self, settings: Settings) -> ProvisioningPlan:
        """Decide names, templates and parameter values."""
        return ProvisioningPlan(self.pipeline_type, self.deployments(settings), self.owner, self.label)

    def deployments(self, settings: Settings) -> tuple[Deployment, ...]:
        """The deployment under each of the `stack_names`."""
        return tuple(self.named(name).deployment(settings) for name in self.stack_names)
