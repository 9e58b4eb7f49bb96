# SPDX-License-Identifier: Apache-2.0
"""What must hold for every pipeline type and every source file; derived from the registry and from the tree."""

from __future__ import annotations

import ast
import fnmatch
import functools
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

import generator
import orchestrator
from orchestrator import csv_headers
from orchestrator.aws.s3.objects import Beginning
from orchestrator.launch.settings import Launch, MultiAccount, Settings, StageTarget
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan.plan import Deployment
from orchestrator.values.per_stage import STAGES
from tests import committed

ROOT: Final = Path(__file__).parents[1]
ROLES: Final = "arn:aws:iam::111122223333:role/mlops-"
REQUESTS: Final = ROOT / "tests" / "requests"
LONGEST_PARAMETER: Final = 4_096
"""Characters; CloudFormation's limit of a parameter's value."""
LONGEST_MODULE: Final = 400
"""Lines."""

TYPES = [pytest.param(type_, id=type_.type_name()) for type_ in BUILT_IN]


def launch(*, multi_account: bool) -> Launch:
    return Launch(
        region="eu-west-1",
        multi_account=multi_account,
        use_model_registry=False,
        assets_bucket="quayside-assets",
        pipelines_bucket="quayside-pipelines",
        ecr_repository_arn="arn:aws:ecr:eu-west-1:111122223333:repository/quayside-images",
        application="mlops",
        notifications_topic_arn="arn:aws:sns:eu-west-1:111122223333:mlops-notifications",
    )


def examples_of(type_: type[PipelineRequest]) -> list[str]:
    """The example files that a type must have: one for each way in which it can be deployed."""
    return [f"{type_.type_name()}.json", *([f"{type_.type_name()}.multi.json"] if type_.runs_in_stages else [])]


def settings(*, multi_account: bool) -> Settings:
    target = StageTarget("111122223333", "ou-ab12-34cd56ef")
    return Settings(
        launch=launch(multi_account=multi_account),
        artifact_prefix="mlops/0.1.0",
        url_suffix="amazonaws.com",
        pipeline_stack_role_arn=f"{ROLES}PipelineStackRole",
        pipeline_role_arn=f"{ROLES}PipelineRole",
        pipeline_start_role_arn=f"{ROLES}PipelineStartRole",
        deploy_role_arn=f"{ROLES}DeployRole",
        config_bucket="quayside-config",
        allow_detailed_error_message=True,
        multi_account=MultiAccount(dict.fromkeys(STAGES, target), "StageDeployer") if multi_account else None,
    )


def deployments_of(type_: type[PipelineRequest], example: str) -> tuple[Deployment, ...]:
    """How an example request is deployed, under each name that it may get."""
    options = settings(multi_account=example.endswith(".multi.json"))
    accepted = BUILT_IN.parse(json.loads((REQUESTS / example).read_text(encoding="utf-8")), options.launch)
    assert type(accepted.request) is type_
    assert accepted.warnings == ()
    request = accepted.request
    files = request.csv_files(options.launch)
    headers = csv_headers.read(files, lambda _, key, __: Beginning(baseline(key), is_whole=True))
    return request.with_csv_headers(headers).deployments(options)


def baseline(key: str) -> bytes:
    """The content of a baseline that an example names."""
    return (ROOT / "tests" / "baselines" / Path(key).name).read_bytes()


def deployment_of(type_: type[PipelineRequest], example: str) -> Deployment:
    """How an example request is deployed by preference."""
    return deployments_of(type_, example)[0]


def parameter_values(deployment: Deployment) -> Iterator[tuple[str, dict[str, str]]]:
    """The templates of a deployment, by path, with what each is sent, for each stage that there is.

    Without what is added to the template when it is packaged.
    """
    yield deployment.pipeline_template, dict(deployment.pipeline_parameters)
    if deployment.blueprint is not None:
        for file in deployment.blueprint.parameter_files:
            added = deployment.blueprint.additions.parameters
            yield deployment.blueprint.template, {name: value for name, value in file.parameters if name not in added}


class TestEveryPipelineType:
    @pytest.mark.parametrize("type_", TYPES)
    def test_has_its_example_requests(self, type_: type[PipelineRequest]) -> None:
        assert [name for name in examples_of(type_) if not (REQUESTS / name).exists()] == []

    def test_is_registered_under_its_own_name(self) -> None:
        """The registry imports a type when a request names it, so it has to know the name without the type."""
        assert [type_.type_name() for type_ in BUILT_IN] == list(BUILT_IN.names())

    def test_no_example_is_of_an_unknown_type(self) -> None:
        known = {name for type_ in BUILT_IN for name in examples_of(type_)}
        assert {path.name for path in REQUESTS.iterdir()} == known

    @pytest.mark.parametrize("type_", TYPES)
    def test_uses_stages_in_its_multi_account_example(self, type_: type[PipelineRequest]) -> None:
        for name in examples_of(type_):
            body = json.loads((REQUESTS / name).read_text(encoding="utf-8"))
            by_stage = [key for key, value in body.items() if isinstance(value, dict) and set(value) == set(STAGES)]
            assert bool(by_stage) is name.endswith(".multi.json"), name

    @pytest.mark.parametrize("type_", TYPES)
    def test_has_modules_for_its_templates(self, type_: type[PipelineRequest]) -> None:
        for example in examples_of(type_):
            deployment = deployment_of(type_, example)
            for path, _ in parameter_values(deployment):
                module = importlib.import_module(f"generator.{path.removesuffix('.yaml').replace('/', '.')}")
                assert (ROOT / "templates" / path).is_file()
                assert path.startswith("pipelines/") or module.DEPLOYS

    @pytest.mark.parametrize("type_", TYPES)
    def test_names_its_stacks_as_it_tells_the_operator(self, type_: type[PipelineRequest]) -> None:
        """The orchestrator's role allows stacks of these names and no others."""
        for example in examples_of(type_):
            names = [deployment.pipeline_stack_name for deployment in deployments_of(type_, example)]
            assert [name for name in names if not fnmatch.fnmatchcase(name, type_.pipeline_stacks)] == []

    @pytest.mark.parametrize("type_", TYPES)
    def test_says_what_it_does(self, type_: type[PipelineRequest]) -> None:
        assert type_.__doc__ != PipelineRequest.__doc__, "the summary must be its own"
        assert re.fullmatch(r"[A-Z][^.]+\.", type_.summary())
        undescribed = [name for name, field in type_.model_fields.items() if not field.description]
        assert set(undescribed) <= {"pipeline_type"}

    def test_has_a_name_and_a_postfix_of_its_own(self) -> None:
        postfixes = [type_.postfix.lower() for type_ in BUILT_IN]
        assert len(set(postfixes)) == len(postfixes) == len(BUILT_IN.names())

    @pytest.mark.parametrize("type_", TYPES)
    def test_sends_values_that_its_template_accepts(self, type_: type[PipelineRequest]) -> None:
        """Lesson 20: what CloudFormation would refuse must have been refused by the API."""
        for example in examples_of(type_):
            for path, values in parameter_values(deployment_of(type_, example)):
                parameters = committed.declared()[path]["Parameters"]
                required = {name for name, parameter in parameters.items() if "Default" not in parameter}
                assert required <= values.keys() <= parameters.keys()
                refused = {name: value for name, value in values.items() if not accepts(parameters[name], value)}
                assert refused == {}, path


def accepts(parameter: dict[str, Any], value: str) -> bool:
    """Whether CloudFormation takes a value for a parameter; its patterns must match the whole value."""
    number = float(value) if parameter["Type"] == "Number" else 0.0
    return (
        len(value) <= LONGEST_PARAMETER
        and parameter.get("MinLength", 0) <= len(value) <= parameter.get("MaxLength", LONGEST_PARAMETER)
        and parameter.get("MinValue", number) <= number <= parameter.get("MaxValue", number)
        and re.fullmatch(parameter.get("AllowedPattern", r"[\s\S]*"), value) is not None
        and value in parameter.get("AllowedValues", [value])
    )


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ({"Type": "String", "AllowedPattern": "^a+$"}, "aa", "aa\n"),
        ({"Type": "String", "MinLength": 2}, "aa", "a"),
        ({"Type": "String", "MaxLength": 2}, "aa", "aaa"),
        ({"Type": "String", "AllowedValues": ["a"]}, "a", "b"),
        ({"Type": "Number", "MinValue": 2}, "2", "1"),
        ({"Type": "Number", "MaxValue": 2}, "2", "3"),
        ({"Type": "String"}, "a" * 4096, "a" * 4097),
    ],
)
def test_a_value_that_cloudformation_refuses_is_noticed(parameter: dict[str, Any], good: str, bad: str) -> None:
    assert accepts(parameter, good)
    assert not accepts(parameter, bad)


FOLDERS: Final = ("generator", "lambda_src", "scripts", "tests")
SOURCES: Final = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def inside(path: Path, *folders: str) -> bool:
    return any(path.is_relative_to(ROOT / folder) for folder in folders)


def sources(*folders: str) -> list[Path]:
    """The source files in some folders."""
    return [path for path in SOURCES if inside(path, *folders)]


def shown(paths: Iterable[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """The packages that a module imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_there_are_sources_to_look_at() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == set(FOLDERS)


def test_source_files_begin_with_their_licence() -> None:
    licence = "# SPDX-License-Identifier: Apache-2.0\n"
    assert shown(path for path in SOURCES if not path.read_text(encoding="utf-8").startswith(licence)) == []


def test_modules_are_short_enough_to_be_read() -> None:
    modules = sources("generator", "lambda_src", "scripts")
    long = [path for path in modules if len(path.read_text(encoding="utf-8").splitlines()) >= LONGEST_MODULE]
    assert shown(long) == []


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Models of any depth."""
    for one in model.__subclasses__():
        yield from (one, *models(one))


def test_annotations_of_models_are_no_texts() -> None:
    """Pydantic would compile each text again whenever the module is imported."""
    for package in (orchestrator, generator):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    names = {model.__module__ for model in models(BaseModel)}
    declaring = [sys.modules[name] for name in names if name.startswith(("orchestrator.", "generator."))]
    assert len(declaring) > len(BUILT_IN.names())
    assert sorted(module.__name__ for module in declaring if hasattr(module, "annotations")) == []


_FUNCTIONS: Final = ("lambda_src/inference", "lambda_src/inline", "lambda_src/smoke_test")
_WITH_AWS: Final = ("lambda_src/orchestrator/aws", "lambda_src/monitor_engine/aws.py")


@pytest.mark.parametrize(
    ("folders", "but", "packages"),
    [
        (["lambda_src"], [], {"generator", "scripts", "troposphere", "awacs", "moto", "tests"}),
        (["lambda_src", "generator"], [], {"scripts"}),
        (["generator"], [], {"boto3", "botocore", "moto"}),
        (["lambda_src"], [*_WITH_AWS, *_FUNCTIONS], {"boto3", "botocore"}),
        (["lambda_src/monitor_engine"], [], {"orchestrator"}),
        (["lambda_src/orchestrator", "generator"], [], {"monitor_engine"}),
        (["scripts/installed"], ["scripts/installed/mlops_orchestrator/cli.py"], {"scripts", "generator", "moto"}),
    ],
)
def test_imports_go_one_way(folders: list[str], but: list[str], packages: set[str]) -> None:
    """Request -> plan -> effects, and nothing of the build or of this machine in the bundle."""
    looked_at = [path for path in sources(*folders) if not inside(path, *but)]
    assert looked_at
    assert shown(path for path in looked_at if imported(path) & packages) == []


def test_only_a_type_s_own_module_knows_its_name() -> None:
    """Adding a pipeline type is one module: nothing outside `pipeline_types/` asks which type a request is of."""
    others = [path for path in sources("lambda_src", "generator") if not inside(path, f"{_BUNDLE}/pipeline_types")]
    assert shown(path for path in others if texts(path) & set(BUILT_IN.names())) == []
    assert {path: found for path in others if (found := comparisons(path))} == {}


_BUNDLE: Final = "lambda_src/orchestrator"


def texts(path: Path) -> set[str]:
    constants = (node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def comparisons(path: Path) -> list[str]:
    """Where a module decides by the type of a pipeline."""
    nodes = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Compare | ast.match_case | ast.Subscript))
    return [text for node in nodes if "pipeline_type" in (text := ast.unparse(node))]
