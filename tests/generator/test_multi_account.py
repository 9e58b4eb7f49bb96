# SPDX-License-Identifier: Apache-2.0
"""What the multi-account templates have beyond the single-account ones (compatibility 1.1, 1.3, 4.3)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.generator.test_templates import resources

Template = dict[str, Any]
ROOT, PIPELINE = "mlops-orchestrator-multi-account.yaml", "pipelines/multi_account_codepipeline.yaml"
OU = "ou-ab12-34cd56ef"


@pytest.fixture
def multi(templates: dict[str, Template]) -> Template:
    return templates[ROOT]


@pytest.fixture
def stages(templates: dict[str, Template]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = templates[PIPELINE]["Resources"]["MLOpsPipeline"]["Properties"]["Stages"]
    return found


def test_stages_actions_and_approvals_are_as_promised(stages: list[dict[str, Any]]) -> None:
    listed = [
        (stage["Name"], [(action["Name"], action["RunOrder"]) for action in stage["Actions"]]) for stage in stages
    ]
    assert listed == [
        ("Source", [("S3Source", 1)]),
        ("DeployDev", [("DeployDevStackSet", 1), ("DeployStaging", 2)]),
        ("DeployStaging", [("DeployStagingStackSet", 1), ("DeployProd", 2)]),
        ("DeployProd", [("DeployProdStackSet", 1)]),
    ]


def test_approvals_ask_by_the_topic(stages: list[dict[str, Any]]) -> None:
    asked = [stage["Actions"][1]["Configuration"] for stage in stages[1:3]]
    words = [f"Please approve to deploy to {account} account" for account in ("staging", "production")]
    before = [stage["Actions"][0]["Namespace"] for stage in stages[1:3]]
    assert asked == [
        {
            "NotificationArn": {"Ref": "NotificationsTopicArn"},
            "CustomData": {
                "Fn::If": ["SmokeTestedProvided", f"{question}. #{{{namespace}.SmokeTest}}", question],
            },
        }
        for question, namespace in zip(words, before, strict=True)
    ]


@pytest.mark.parametrize(("index", "stage"), [(1, "Dev"), (2, "Staging"), (3, "Prod")])
def test_user_parameters_are_json_and_fit(stages: list[dict[str, Any]], index: int, stage: str) -> None:
    """Compatibility 4.3; CodePipeline takes 1,000 characters."""
    text, variables = stages[index]["Actions"][0]["Configuration"]["UserParameters"]["Fn::Sub"]
    most = [f"{number:012}" for number in range(30)]
    values = {
        "StackName": "m" * 111,
        "TemplateFileName": "model_explainability_monitor.yaml",
        f"{stage}ParamsName": f"{stage.lower()}_template_params.json",
        "AWS::Region": "ap-southeast-2",
        "StackIdPart": "12345678",
        "Accounts": variables["Accounts"]["Fn::Join"][0].join(most),
        "Units": OU,
    }
    sent = re.sub(r"\$\{([^}]+)\}", lambda match: values[match[1]], text)
    assert len(sent) <= 1000
    assert json.loads(sent) == {
        "stackset_name": f"{'m' * 111}-{stage.lower()}-12345678",
        "artifact": "Artifact_Source_S3Source",
        "template_file": "model_explainability_monitor.yaml",
        "stage_params_file": f"{stage.lower()}_template_params.json",
        "account_ids": most,
        "org_ids": [OU],
        "regions": ["ap-southeast-2"],
    }
    assert variables["Accounts"]["Fn::Join"][1] == {"Fn::Split": [",", {"Ref": f"{stage}AccountId"}]}


def test_the_launch_asks_for_every_stage(multi: Template) -> None:
    required = {name for name, parameter in multi["Parameters"].items() if "Default" not in parameter}
    targets = {f"{stage}{what}" for stage in ("Dev", "Staging", "Prod") for what in ("AccountId", "OrgId")}
    assert required == {"NotificationEmail", "ArtifactBucket", "ArtifactPrefix", *targets}
    assert multi["Parameters"]["DelegatedAdminAccount"]["Default"] == "Yes"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("DevAccountId", ["111122223333", "111122223333,444455556666"], ["11112222333", "111122223333,", "a" * 12]),
        ("ProdOrgId", [OU, f"{OU},{OU}"], ["ou-a-b", "r-ab12", "OU-ab12-34cd56ef"]),
    ],
)
def test_targets_are_one_or_several(multi: Template, name: str, good: list[str], bad: list[str]) -> None:
    pattern = multi["Parameters"][name]["AllowedPattern"]
    assert [value for value in good if not re.fullmatch(pattern, value)] == []
    assert [value for value in bad if re.fullmatch(pattern, value)] == []


def test_only_the_accounts_of_the_stages_may_read(multi: Template) -> None:
    accounts = {
        "Fn::Split": [",", {"Fn::Join": [",", [{"Ref": f"{stage}AccountId"} for stage in ("Dev", "Staging", "Prod")]]}]
    }
    resources = multi["Resources"]
    bucket = resources["AssetsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    repository = resources["ECRRepository"]["Properties"]["RepositoryPolicyText"]["Statement"]
    group = resources["ModelPackageGroup"]["Properties"]["ModelPackageGroupPolicy"]["Statement"]
    allowed = [statement for statement in [*bucket, *repository, *group] if statement["Effect"] == "Allow"]
    assert [statement["Principal"] for statement in allowed] == [{"AWS": accounts}] * 5
    actions = {action for statement in allowed for action in statement["Action"]}
    assert not [action for action in actions if re.search(r":(Put|Delete|Update)", action)]


def test_versions_and_their_group_are_shared_by_statements_of_their_own(multi: Template) -> None:
    """Lesson 128."""
    group = multi["Resources"]["ModelPackageGroup"]["Properties"]["ModelPackageGroupPolicy"]["Statement"]
    for statement in group:
        (resource,) = statement["Resource"]
        is_group = ":model-package-group/" in resource["Fn::Sub"][0]
        assert all((action == "sagemaker:DescribeModelPackageGroup") is is_group for action in statement["Action"])
    assert len(group) == 2


def test_nobody_else_may_read_what_a_single_account_solution_has(root: Template) -> None:
    assert "RepositoryPolicyText" not in root["Resources"]["ECRRepository"]["Properties"]
    (statement,) = root["Resources"]["AssetsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"


@pytest.mark.parametrize(
    ("output", "condition", "value"),
    [
        ("AssetsBucketPolicyToAdd", "ExistingS3BucketProvided", "the-bucket"),
        ("EcrRepositoryPolicyToAdd", "ExistingECRRepoProvided", None),
    ],
)
def test_the_policy_for_what_exists_already_can_be_pasted(
    multi: Template, output: str, condition: str, value: str | None
) -> None:
    """Lesson 53."""
    found = multi["Outputs"][output]
    assert found["Condition"] == condition
    text, variables = found["Value"]["Fn::Sub"]
    accounts = variables["Accounts"]["Fn::Join"][0].join(["111122223333", "444455556666"])
    text = text.replace("${Accounts}", accounts).replace("${AWS::Partition}", "aws")
    statement = json.loads(text.replace("${ExistingS3Bucket}", value or ""))
    assert statement["Principal"] == {"AWS": ["111122223333", "444455556666"]}
    assert statement.get("Resource") == (["arn:aws:s3:::the-bucket", "arn:aws:s3:::the-bucket/*"] if value else None)


def test_one_function_deploys_every_stage_of_every_pipeline(multi: Template, templates: dict[str, Template]) -> None:
    assert multi["Resources"]["StageDeployer"]["Properties"]["Handler"] == "orchestrator.stages.handler"
    assert list(templates[PIPELINE]["Resources"]) == ["MLOpsPipeline"]


def test_what_a_job_of_the_stage_deployer_holds_is_kept_nowhere(multi: Template) -> None:
    """Its event has temporary credentials of CodePipeline; nobody could answer the job later."""
    functions = resources(multi, "AWS::Lambda::Function")
    assert "DeadLetterConfig" in functions["Orchestrator"]["Properties"]
    assert "DeadLetterConfig" not in functions["StageDeployer"]["Properties"]
    configured = resources(multi, "AWS::Lambda::EventInvokeConfig").values()
    assert [found["Properties"]["FunctionName"] for found in configured] == [{"Ref": "Orchestrator"}]


def test_whoever_looks_again_and_again_does_not_keep_others_from_provisioning(multi: Template) -> None:
    """A method without a throttle of its own has the one of the stage."""
    settings = multi["Resources"]["ApiStage"]["Properties"]["MethodSettings"]
    own = {(found["HttpMethod"], found["ResourcePath"]) for found in settings}
    starting = ("POST", "/~1pipelines~1{id}~1runs")
    assert own == {("*", "/*"), ("POST", "/~1provisionpipeline"), ("DELETE", "/~1pipelines~1{id}"), starting}
    assert all(found["ThrottlingRateLimit"] > 0 and found["ThrottlingBurstLimit"] > 0 for found in settings)
