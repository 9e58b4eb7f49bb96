# SPDX-License-Identifier: Apache-2.0
"""What must hold for every template, and what the root template promises to outsiders (compatibility 1.2)."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from moto.events.models import EventPattern

from generator.resources import runtime
from orchestrator.routes import SERVED
from tests.generator.promised import (
    BAKED_BY_PUBLISH,
    BLUEPRINT_BYTES,
    LAUNCH_OPTIONS,
    LAUNCH_PARAMETERS,
    LOGICAL_IDS,
    OUTPUTS,
    RESOURCE_BUDGET,
    WITHOUT_RESOURCE,
)

TEMPLATES = Path(__file__).parents[2] / "templates"
OF_BOUNDARY = "Boundary"
Template = dict[str, Any]


def texts(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text in a part of a template, with the way to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from texts(inner, (*path, str(key)))


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every IAM statement in a part of a template."""
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value:
            yield value
        for inner in value.values():
            yield from statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from statements(inner)


def resources(template: Template, *types: str) -> dict[str, dict[str, Any]]:
    found = template["Resources"].items()
    return {name: resource for name, resource in found if not types or resource["Type"] in types}


def resource_statements(template: Template) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What the policies of resources say; the boundary gives nobody anything, and has tests of its own."""
    for name, resource in resources(template).items():
        for statement in statements(resource) if name != OF_BOUNDARY else ():
            yield name, resource, statement


class TestPermissions:
    def test_no_action_is_a_wildcard(self, templates: dict[str, Template]) -> None:
        """Lessons 58 and 59. A refusal may be about more than anybody is allowed."""
        for path, template in templates.items():
            for name, _, statement in resource_statements(template):
                wild = [action for action in statement["Action"] if "*" in action]
                assert not wild or statement["Effect"] == "Deny", f"{path}: {name} allows {wild}"

    def test_a_resource_is_a_wildcard_only_where_aws_knows_none(self, templates: dict[str, Template]) -> None:
        found = set()
        for path, template in templates.items():
            for name, resource, statement in resource_statements(template):
                # In a key policy "*" is the key; a trust policy has no resource.
                is_given = statement["Effect"] == "Allow" and resource["Type"] != "AWS::KMS::Key"
                if "*" in statement.get("Resource", []) and is_given:
                    unexplained = set(statement["Action"]) - WITHOUT_RESOURCE.keys()
                    assert not unexplained, f"{path}: {name} allows {unexplained} on everything"
                    found |= set(statement["Action"])
        assert found == WITHOUT_RESOURCE.keys(), "the table names actions that no template needs"

    def test_roles_are_passed_to_named_services_only(self, templates: dict[str, Template]) -> None:
        """Lesson 59: a role that may be passed to any service is a way to become administrator."""
        passing = [
            statement
            for template in templates.values()
            for _, _, statement in resource_statements(template)
            if "iam:PassRole" in statement["Action"]
        ]
        assert passing
        for statement in passing:
            assert statement["Action"] == ["iam:PassRole"]
            assert statement["Condition"]["StringEquals"]["iam:PassedToService"]

    def test_services_are_trusted_for_this_account_only(self, root: Template) -> None:
        """Lessons 62 and 114: EventBridge of any account could publish."""
        policies = resources(root, "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
        rules = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*"
        conditions = {one["Principal"]["Service"][0]: one["Condition"] for one in statements(policies)}
        assert conditions == {
            "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            "events.amazonaws.com": {"ArnLike": {"aws:SourceArn": {"Fn::Sub": rules}}},
        }

    def test_every_bucket_refuses_plain_http(self, root: Template) -> None:
        buckets = resources(root, "AWS::S3::Bucket")
        refusing = {
            policy["Properties"]["Bucket"]["Ref"]
            for policy in resources(root, "AWS::S3::BucketPolicy").values()
            if any(statement["Effect"] == "Deny" for statement in statements(policy))
        }
        assert refusing == buckets.keys()

    def test_the_orchestrator_makes_no_roles(self, root: Template) -> None:
        """Lesson 60."""
        role = root["Resources"]["OrchestratorRole"]
        actions = {action for statement in statements(role) for action in statement["Action"]}
        services = {action.split(":")[0] for action in actions}
        expected = {
            "cloudformation",
            "codebuild",
            "codepipeline",
            "ecr",
            "iam",
            "kms",
            "logs",
            "s3",
            "sagemaker",
            "sns",
            "sqs",
        }
        assert services <= {*expected, "sts", "xray"}
        assert {action for action in actions if action.startswith("iam:")} == {"iam:PassRole"}


# Places where text is for people or programs, not for AWS's addressing.
NOT_ADDRESSES: Final = {"AssertDescription", "Description", "ZipFile", "Type", "Metadata"}
ADDRESSING: Final = ("Mappings", "Rules", "Conditions", "Resources", "Outputs")
SERVICE_PRINCIPAL: Final = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")
# The same within a policy that stands in an output as JSON.
QUOTED_PRINCIPAL: Final = re.compile(r'"[a-z0-9.-]+\.amazonaws\.com"')


class TestPortability:
    def test_no_partition_region_account_or_suffix_is_written_down(self, templates: dict[str, Template]) -> None:
        """Lesson 71. `${AWS::Partition}` and its like are the only way."""
        written = re.compile(
            r"arn:aws[:-]|amazonaws\.com|(?<![0-9])[0-9]{12}(?![0-9])"
            r"|\b(us|eu|ap|sa|ca|af|me|il|mx|cn|eusc)(-gov|-iso[a-z]?)?-(north|south|east|west|central)[a-z]*-[0-9]"
        )
        for path, template in templates.items():
            for where, text in texts({name: template.get(name, {}) for name in ADDRESSING}):
                if NOT_ADDRESSES & set(where) or SERVICE_PRINCIPAL.fullmatch(text):
                    continue
                assert not written.search(QUOTED_PRINCIPAL.sub("", text)), f"{path}: {'.'.join(where)}: {text}"

    def test_functions_run_on_the_newest_python_on_arm(self, templates: dict[str, Template]) -> None:
        """Lesson 78."""
        functions = [f for t in templates.values() for f in resources(t, "AWS::Lambda::Function").values()]
        assert functions
        for function in functions:
            assert function["Properties"]["Runtime"] == f"python{runtime.PYTHON}"
            assert function["Properties"]["Architectures"] == ["arm64"]
            assert "Layers" not in function["Properties"]

    def test_logs_expire(self, templates: dict[str, Template]) -> None:
        """Lesson 63."""
        groups = [g for t in templates.values() for g in resources(t, "AWS::Logs::LogGroup").values()]
        assert groups
        assert all(group["Properties"]["RetentionInDays"] for group in groups)


class TestUpgrades:
    def test_logical_ids_stay(self, templates: dict[str, Template]) -> None:
        """Lesson 68. Renaming one is a decision: an upgrade replaces what it names."""
        found = {
            path: {name for name in template["Resources"] if not re.search(r"Deployment[0-9a-f]{8}$", name)}
            for path, template in templates.items()
        }
        assert found == {path: set(names.split()) for path, names in LOGICAL_IDS.items()}

    def test_what_people_put_in_outlives_the_stack(self, root: Template) -> None:
        kept = resources(
            root, "AWS::S3::Bucket", "AWS::ECR::Repository", "AWS::SageMaker::ModelPackageGroup", "AWS::KMS::Key"
        )
        assert len(kept) == 7
        for name, resource in kept.items():
            # A launch that fails leaves nothing behind: by then nobody has put anything in.
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
            assert resource["UpdateReplacePolicy"] == "Retain", name

    def test_buckets_are_versioned_private_and_encrypted(self, root: Template) -> None:
        for name, bucket in resources(root, "AWS::S3::Bucket").items():
            properties = bucket["Properties"]
            assert properties["VersioningConfiguration"] == {"Status": "Enabled"}, name
            assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
            assert properties["BucketEncryption"], name

    def test_nothing_in_a_blueprint_belongs_to_the_whole_account(self, blueprints: dict[str, Template]) -> None:
        """Lesson 70: deleting one real-time stack broke the logging of every other API."""
        for path, template in blueprints.items():
            assert not resources(template, "AWS::ApiGateway::Account"), path


class TestSize:
    def test_what_requests_deploy_is_small_enough_to_be_sent_inline(self) -> None:
        """Lesson 52. The pipelines' templates are the body of CreateStack, a blueprint's that of a stack set."""
        sizes = {path.relative_to(TEMPLATES).as_posix(): path.stat().st_size for path in TEMPLATES.glob("*/*.yaml")}
        assert len(sizes) > len(list((TEMPLATES / "blueprints").iterdir())) > 0
        assert {path: size for path, size in sizes.items() if size >= BLUEPRINT_BYTES} == {}

    def test_the_resources_are_within_the_budget(self, templates: dict[str, Template]) -> None:
        assert sum(len(template["Resources"]) for template in templates.values()) < RESOURCE_BUDGET


class TestLaunch:
    def test_parameters_are_those_that_are_promised(self, root: Template) -> None:
        names = [name for name, *_ in LAUNCH_PARAMETERS]
        assert [name for name in root["Parameters"] if name not in LAUNCH_OPTIONS] == [*names, *BAKED_BY_PUBLISH]
        for name, _, default, properties in LAUNCH_PARAMETERS:
            parameter = root["Parameters"][name]
            assert parameter["Type"] == "String"
            assert parameter.get("Default") == default, name
            assert {key: parameter.get(key) for key in properties} == properties, name

    def test_an_empty_value_is_legal_where_it_is_the_default(self, root: Template) -> None:
        for name, parameter in root["Parameters"].items():
            if parameter.get("Default") == "":
                assert "MinLength" not in parameter, name
                assert re.fullmatch(parameter["AllowedPattern"], ""), name

    def test_only_the_email_must_be_typed(self, root: Template) -> None:
        """`mlops publish` bakes the defaults of the two others into what it uploads."""
        required = [name for name, parameter in root["Parameters"].items() if "Default" not in parameter]
        assert required == ["NotificationEmail", *BAKED_BY_PUBLISH]

    def test_the_console_shows_the_promised_group_and_labels(self, root: Template) -> None:
        interface = root["Metadata"]["AWS::CloudFormation::Interface"]
        asked, _, _, baked = interface["ParameterGroups"]
        assert asked["Label"] == {"default": "MLOps Framework Settings"}
        assert asked["Parameters"] == [name for name, *_ in LAUNCH_PARAMETERS]
        assert baked["Parameters"] == BAKED_BY_PUBLISH
        labels = interface["ParameterLabels"]
        assert labels.keys() == root["Parameters"].keys()
        for name, label, *_ in LAUNCH_PARAMETERS:
            assert labels[name] == {"default": label}

    @pytest.mark.parametrize(
        ("name", "good", "bad"),
        [
            ("NotificationEmail", ["ops+ml@quayside.example.com"], ["ops", "ops@quayside", "@quayside.com", "a@b.c d"]),
            ("ConfigS3Bucket", ["quayside-config", "a.b.c", "abc"], ["ab", "Upper", "-abc", "abc-", "a_b", "a" * 64]),
            ("ExistingECRRepo", ["a", "team/vision", "a_b.c-d/e"], ["Team", "/a", "a/", "a//b", "a b"]),
            ("ArtifactPrefix", ["mlops/1.2.0", "x"], ["", "/x", "x/", "a//b", "a*", "it's", "(1)", "x" * 257]),
        ],
    )
    def test_patterns_take_the_good_and_refuse_the_bad(
        self, root: Template, name: str, good: list[str], bad: list[str]
    ) -> None:
        parameter = root["Parameters"][name]

        def is_accepted(value: str) -> bool:
            matched = re.fullmatch(parameter["AllowedPattern"], value)
            return bool(matched) and parameter.get("MinLength", 0) <= len(value) <= parameter["MaxLength"]

        assert [value for value in good if not is_accepted(value)] == []
        assert [value for value in bad if is_accepted(value)] == []

    def test_outputs_are_those_that_outsiders_rely_on(self, root: Template) -> None:
        assert root["Outputs"].keys() == OUTPUTS
        address = root["Outputs"]["ApiEndpoint"]["Value"]["Fn::Sub"]
        assert address == "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod"


class TestApi:
    def test_every_route_is_signed(self, templates: dict[str, Template]) -> None:
        """Compatibility 1.5 and 3.1; lesson 36."""
        routes = set()
        for template in templates.values():
            for method in resources(template, "AWS::ApiGateway::Method").values():
                properties = method["Properties"]
                assert properties["AuthorizationType"] == "AWS_IAM"
                routes.add((properties["HttpMethod"], self._path(template, properties["ResourceId"]["Ref"])))
        assert routes == {*SERVED, ("POST", "/inference"), ("POST", "/v1/{proxy+}")}

    def _path(self, template: Template, resource: str) -> str:
        properties = template["Resources"][resource]["Properties"]
        above = properties["ParentId"].get("Ref")
        return f"{self._path(template, above) if above else ''}/{properties['PathPart']}"

    def test_configurations_are_matched_by_their_exact_name(self, root: Template) -> None:
        """Lesson 42: `mlops-config.json.bak` triggered too."""
        pattern = root["Resources"]["ConfigUploadedRule"]["Properties"]["EventPattern"]
        assert pattern["detail-type"] == ["Object Created"]
        assert pattern["detail"]["object"]["key"] == ["mlops-config.json", {"suffix": "/mlops-config.json"}]

    @pytest.mark.parametrize(
        ("key", "triggers"),
        [
            ("mlops-config.json", True),
            ("team/mlops-config.json", True),
            ("mlops-config.json.result.json", False),
            ("team/mlops-config.json.result.json", False),
            ("mlops-config.json.bak", False),
            ("my-mlops-config.json", False),
        ],
    )
    def test_a_result_beside_a_configuration_causes_nothing(self, root: Template, key: str, triggers: bool) -> None:
        """Lesson 42. A result that triggered would be refused, which writes a result, and so on without end."""
        pattern = copy.deepcopy(root["Resources"]["ConfigUploadedRule"]["Properties"]["EventPattern"])
        del pattern["detail"]["bucket"]
        event = {"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": key}}}
        assert EventPattern.load(json.dumps(pattern)).matches_event(event) is triggers

    def test_results_are_all_that_the_orchestrator_writes_there(self, root: Template) -> None:
        allowed = [
            resource["Fn::Sub"][0]
            for statement in statements(root["Resources"]["OrchestratorRole"])
            if "s3:PutObject" in statement["Action"]
            for resource in statement["Resource"]
            if "ConfigBucket" in json.dumps(resource)
        ]
        assert [text.split("${Bucket}/")[1] for text in allowed] == [
            "mlops-config.json.result.json",
            "*/mlops-config.json.result.json",
        ]

    def test_however_a_pipeline_ends_people_are_told(self, root: Template) -> None:
        """Lesson 82."""
        pattern = root["Resources"]["PipelineEndedRule"]["Properties"]["EventPattern"]
        assert set(pattern["detail"]["state"]) == {"SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED"}
        assert pattern["detail"]["pipeline"] == [{"prefix": "mlops-pipeline-"}]


class TestPipeline:
    def test_it_reads_the_package_and_deploys_the_stack(self, pipeline: Template) -> None:
        """Compatibility 4.2."""
        (made,) = resources(pipeline).values()
        source, deploy = made["Properties"]["Stages"]
        assert (source["Name"], deploy["Name"]) == ("Source", "DeployPipeline")
        (action,) = deploy["Actions"]
        assert action["Configuration"] == {
            "ActionMode": "CREATE_UPDATE",
            "StackName": {"Ref": "StackName"},
            "Capabilities": "CAPABILITY_NAMED_IAM",
            "RoleArn": {"Ref": "DeployRoleArn"},
            "TemplatePath": {"Fn::Sub": "Artifact_Source_S3Source::${TemplateFileName}"},
            "TemplateConfiguration": {"Fn::Sub": "Artifact_Source_S3Source::${TemplateParamsName}"},
        }

    def test_it_is_of_the_second_generation_and_never_polls(self, pipeline: Template) -> None:
        """Polling sources stop at 300 a Region."""
        (made,) = resources(pipeline).values()
        assert made["Properties"]["PipelineType"] == "V2"
        (action,) = made["Properties"]["Stages"][0]["Actions"]
        assert action["Configuration"]["PollForSourceChanges"] == "false"

    def test_the_orchestrator_finds_its_name(self, pipeline: Template) -> None:
        assert pipeline["Outputs"]["PipelineName"]["Value"] == {"Ref": "MLOpsPipeline"}
