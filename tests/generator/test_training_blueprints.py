# SPDX-License-Identifier: Apache-2.0
"""The blueprints of training, tuning and Autopilot: what SageMaker is asked for, and who may do what."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.generator import resolving
from tests.generator.resolving import Template, as_text, resolved

KEY: Final = "arn:aws:kms:eu-west-1:444455556666:key/8c2d7e10"
ALIAS: Final = "arn:aws:kms:eu-west-1:444455556666:alias/quayside"
OWN: Final = "arn:aws:ecr:eu-west-1:444455556666:repository/trainers"
METRICS: Final = '[{"Name": "auc", "Regex": "auc=(.*)"}]'
STACK_ID: Final = "arn:aws:cloudformation:eu-west-1:444455556666:stack/mlops-pipeline-berths/a-b-c-d-0123456789ab"

COMMON: Final = {
    "AssetsBucket": "quayside-assets",
    "PipelinesBucket": "quayside-pipelines",
    "JobName": "",
    "JobNames": "berths-*",
    "JobNamePrefix": "berths",
    "TrainingData": "train/berths.csv",
    "JobOutputLocation": "trained/berths",
    "Tags": '[{"Key": "model_name", "Value": "berths"}]',
    "KmsKeyArn": "",
    "KmsKeyAlias": "",
    "VolumeKmsKeyArn": "",
    "EncryptInnerTraffic": "True",
    "MaxRuntimePerJob": "7200",
    "CompressionType": "",
    "AWS::StackId": STACK_ID,
}
OF_TRAINING: Final = {
    **COMMON,
    "ImageUri": "image",
    "CustomAlgorithmsECRRepoArn": "",
    "ValidationData": "",
    "InstanceType": "ml.m5.large",
    "JobInstanceCount": "2",
    "InstanceVolumeSize": "40",
    "UseSpotInstances": "False",
    "MaxWaitTimeForSpotInstances": "14400",
    "ContentType": "csv",
    "S3DataType": "S3Prefix",
    "DataDistribution": "FullyReplicated",
    "DataInputMode": "File",
    "DataRecordWrapping": "",
    "AttributeNames": "",
    "MetricDefinitions": "",
    "BetterThan": "",
}
PARAMETERS: Final = {
    "model_training": {**OF_TRAINING, "HyperParameters": '{"eta": "0.08"}', "ScheduleExpression": "rate(7 days)"},
    "model_tuning": {
        **OF_TRAINING,
        "TuningJobConfig": "{}",
        "StaticHyperParameters": "{}",
        "AutotuneMode": "",
    },
    "autopilot_training": {
        **COMMON,
        "TargetAttribute": "occupied",
        "ProblemType": "",
        "AutopilotJobObjective": "",
        "AutopilotMaxCandidates": "10",
        "AutopilotTotalRuntime": "3600",
        "GenerateDefinitionsOnly": "False",
    },
}
KINDS: Final = {
    "model_training": ("TrainingJob", "training-job"),
    "model_tuning": ("HyperParameterTuningJob", "hyper-parameter-tuning-job"),
    "autopilot_training": ("AutoMLJob", "automl-job"),
}
JOBS: Final = {"model_training": "TrainingJob", "model_tuning": "TuningJob", "autopilot_training": "AutopilotJob"}

every_blueprint = pytest.mark.parametrize("name", PARAMETERS)


def blueprint(templates: dict[str, Template], name: str) -> Template:
    return templates[f"blueprints/{name}.yaml"]


def properties(templates: dict[str, Template], name: str, resource: str, **changes: str) -> Any:
    return resolving.properties(blueprint(templates, name), resource, {**PARAMETERS[name], **changes})


def allowed(templates: dict[str, Template], name: str, role: str, **changes: str) -> dict[str, list[Any]]:
    return resolving.allowed(blueprint(templates, name), role, {**PARAMETERS[name], **changes})


def arn(kind: str, name: str) -> str:
    return f"arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:${{AWS::AccountId}}:{kind}/{name}"


def s3(path: str) -> str:
    return f"arn:${{AWS::Partition}}:s3:::{path}"


OPTIONS = [
    {},
    {"ValidationData": "train/validation.csv"},
    {"MetricDefinitions": METRICS},
    {"UseSpotInstances": "True"},
    {"EncryptInnerTraffic": "False"},
    {"KmsKeyArn": KEY, "VolumeKmsKeyArn": KEY},
    {"S3DataType": "AugmentedManifestFile", "AttributeNames": '["a", "b"]', "DataInputMode": "Pipe"},
    {"CompressionType": "Gzip", "DataRecordWrapping": "RecordIO", "ValidationData": "v"},
]


class TestSchedule:
    @pytest.mark.parametrize("options", OPTIONS)
    def test_it_sends_what_the_job_at_deployment_is_sent(
        self, templates: dict[str, Template], options: dict[str, str]
    ) -> None:
        """But for the name, which is in the address of checkpoints, too; with numbers as numbers."""
        job = properties(templates, "model_training", "TrainingJob", **options)["Request"]
        schedule = properties(templates, "model_training", "Schedule", **options)
        sent = json.loads(schedule["Target"]["Input"])
        name = sent.pop("TrainingJobName")
        in_json = {key: sent[key] for key in ("HyperParameters", "Tags")}
        assert {key: json.loads(job.pop(key)) for key in in_json} == in_json
        as_documents(job)
        checkpoint = {"S3Uri": f"s3://quayside-assets/trained/berths/{name}/checkpoint"}
        assert sent.get("CheckpointConfig", checkpoint) == checkpoint
        named = json.loads(json.dumps(job).replace("{JobName}", name))
        assert as_text({key: value for key, value in sent.items() if key not in in_json}) == as_text(named)

    def test_numbers_and_booleans_are_no_texts(self, templates: dict[str, Template]) -> None:
        """The scheduler calls SageMaker itself: nobody coerces them."""
        schedule = properties(templates, "model_training", "Schedule", UseSpotInstances="True")
        sent = json.loads(schedule["Target"]["Input"])
        assert sent["ResourceConfig"] == {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 40}
        assert sent["StoppingCondition"] == {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 14400}
        assert (sent["EnableManagedSpotTraining"], sent["EnableInterContainerTrafficEncryption"]) == (True, True)

    def test_every_run_has_a_name_of_its_own(self, templates: dict[str, Template]) -> None:
        """Within SageMaker's limit also when the execution id is a UUID."""
        sent = json.loads(properties(templates, "model_training", "Schedule")["Target"]["Input"])
        name = sent["TrainingJobName"]
        assert name == "mlops-train-0123456789ab-<aws.scheduler.execution-id>"
        assert len(name.replace("<aws.scheduler.execution-id>", "0" * 36)) <= 63

    def test_it_is_there_only_when_asked_for(self, templates: dict[str, Template]) -> None:
        template = blueprint(templates, "model_training")
        for name in ("Schedule", "ScheduleRole"):
            assert template["Resources"][name]["Condition"] == "ScheduleExpressionProvided"
        assert properties(templates, "model_training", "TrainingJob")["After"] == {"Ref": "Schedule"}
        assert "After" not in properties(templates, "model_training", "TrainingJob", ScheduleExpression="")

    def test_its_role_starts_jobs_of_such_names_and_nothing_else(self, templates: dict[str, Template]) -> None:
        own = [arn("training-job", "mlops-train-*")]
        assert allowed(templates, "model_training", "ScheduleRole") == {
            "sagemaker:AddTags": own,
            "sagemaker:CreateTrainingJob": own,
            "iam:PassRole": ["SageMakerRole.Arn"],
        }
        trust = properties(templates, "model_training", "ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
        assert trust[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def as_documents(job: dict[str, Any]) -> None:
    """Replace JSON texts inside a request by what they say, as the function does."""
    algorithm = job["AlgorithmSpecification"]
    if "MetricDefinitions" in algorithm:
        algorithm["MetricDefinitions"] = json.loads(algorithm["MetricDefinitions"])
    for channel in job["InputDataConfig"]:
        source = channel["DataSource"]["S3DataSource"]
        if "AttributeNames" in source:
            source["AttributeNames"] = json.loads(source["AttributeNames"])


class TestJob:
    @every_blueprint
    def test_it_is_started_under_the_given_name_or_one_that_is_made(
        self, templates: dict[str, Template], name: str
    ) -> None:
        made = properties(templates, name, JOBS[name])
        given = properties(templates, name, JOBS[name], JobName="Berths-47")
        assert ("Name" in made, made["NamePrefix"]) == (False, "berths")
        assert given["Name"] == "Berths-47"
        assert made["Operation"] == f"Create{KINDS[name][0]}"

    def test_autotune_is_there_only_when_asked_for(self, templates: dict[str, Template]) -> None:
        assert "Autotune" not in properties(templates, "model_tuning", "TuningJob")["Request"]
        with_it = properties(templates, "model_tuning", "TuningJob", AutotuneMode="Enabled")["Request"]
        assert with_it["Autotune"] == {"Mode": "Enabled"}

    def test_autopilot_starts_after_its_role_may_pass_itself(self, templates: dict[str, Template]) -> None:
        """Its jobs work under the same role; a job that is started too early would fail."""
        assert properties(templates, "autopilot_training", "AutopilotJob")["After"] == {
            "Ref": "SageMakerRolePassingItself"
        }
        (statement,) = properties(templates, "autopilot_training", "SageMakerRolePassingItself")["PolicyDocument"][
            "Statement"
        ]
        assert (statement["Action"], statement["Resource"]) == (["iam:PassRole"], ["SageMakerRole.Arn"])


class TestFunctionRole:
    @every_blueprint
    def test_it_may_do_what_the_job_needs_and_nothing_else(self, templates: dict[str, Template], name: str) -> None:
        """Lesson 2: a job that was created and could not be looked at."""
        noun, resource = KINDS[name]
        own = [arn(resource, "berths-*")]
        values = s3("quayside-pipelines/provisioned/${AWS::StackName}/requests/*")
        assert allowed(templates, name, "SageMakerJobRole") == {
            **{f"sagemaker:{verb}{noun}": own for verb in ("Create", "Describe", "Stop")},
            "sagemaker:AddTags": own,
            "iam:PassRole": ["SageMakerRole.Arn"],
            "s3:GetObject": [values],
            **{f"logs:{action}": ["SageMakerJobLogs.Arn"] for action in ("CreateLogStream", "PutLogEvents")},
            **{f"xray:{action}": ["*"] for action in ("PutTraceSegments", "PutTelemetryRecords")},
        }

    @every_blueprint
    def test_it_knows_the_job_of_a_given_name_only(self, templates: dict[str, Template], name: str) -> None:
        noun, resource = KINDS[name]
        found = allowed(templates, name, "SageMakerJobRole", JobNames="berths-47")
        assert found[f"sagemaker:Create{noun}"] == [arn(resource, "berths-47")]

    @every_blueprint
    @pytest.mark.parametrize(("key", "alias"), [(KEY, ""), (ALIAS, "alias/quayside")], ids=["key", "alias"])
    @pytest.mark.parametrize("role", ["SageMakerJobRole", "SageMakerRole"])
    def test_the_caller_s_key_is_its_to_use(
        self, templates: dict[str, Template], name: str, key: str, alias: str, role: str
    ) -> None:
        """SageMaker encrypts on behalf of whoever starts the job."""
        found = allowed(templates, name, role, KmsKeyArn=key, KmsKeyAlias=alias)
        expected = "arn:aws:kms:eu-west-1:444455556666:key/*" if alias else KEY
        assert found["kms:GenerateDataKey"] == found["kms:CreateGrant"] == [expected]


class TestSageMakerRole:
    @every_blueprint
    def test_it_reads_the_data_and_keeps_results_and_nothing_else(
        self, templates: dict[str, Template], name: str
    ) -> None:
        found = allowed(templates, name, "SageMakerRole")
        assert found["s3:GetObject"] == [
            s3("quayside-assets/train/berths.csv*"),
            s3("quayside-assets/trained/berths/*"),
        ]
        assert found["s3:PutObject"] == [s3("quayside-assets/trained/berths/*")]
        assert found["s3:ListBucket"] == [s3("quayside-assets")] * 2
        # Its log and metrics are every role's; what Autopilot does with jobs of its own is below.
        others = {action for action in found if action.split(":")[0] not in {"logs", "cloudwatch", "sagemaker"}}
        assert others == {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}

    @every_blueprint
    def test_it_lists_what_it_reads(self, templates: dict[str, Template], name: str) -> None:
        policies = properties(templates, name, "SageMakerRole")["Policies"]
        statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
        listed = [statement["Condition"] for statement in statements if "s3:ListBucket" in statement["Action"]]
        prefixes = ("train/berths.csv*", "trained/berths/*")
        assert listed == [{"StringLike": {"s3:prefix": [prefix]}} for prefix in prefixes]

    @pytest.mark.parametrize("name", ["model_training", "model_tuning"])
    def test_training_and_tuning_need_nothing_of_sagemaker(self, templates: dict[str, Template], name: str) -> None:
        found = allowed(templates, name, "SageMakerRole")
        assert [action for action in found if action.startswith("sagemaker:")] == []

    @pytest.mark.parametrize("name", ["model_training", "model_tuning"])
    def test_options_widen_it_by_what_they_need(self, templates: dict[str, Template], name: str) -> None:
        plain = allowed(templates, name, "SageMakerRole")
        validation = allowed(templates, name, "SageMakerRole", ValidationData="train/validation")
        added = [resource for resource in validation["s3:GetObject"] if resource not in plain["s3:GetObject"]]
        assert added == [s3("quayside-assets/train/validation*")]
        manifest = allowed(templates, name, "SageMakerRole", S3DataType="ManifestFile")
        added = [resource for resource in manifest["s3:GetObject"] if resource not in plain["s3:GetObject"]]
        assert added == [s3("quayside-assets/*")]
        compared = allowed(templates, name, "SageMakerRole", BetterThan="deployed")
        added = [resource for resource in compared["s3:GetObject"] if resource not in plain["s3:GetObject"]]
        assert added == [s3("quayside-assets/*.tar.gz")]
        image = allowed(templates, name, "SageMakerRole", CustomAlgorithmsECRRepoArn=OWN)
        assert image["ecr:BatchGetImage"] == [OWN]
        assert image["ecr:GetAuthorizationToken"] == ["*"]

    def test_autopilot_runs_jobs_whose_names_begin_with_its_own(self, templates: dict[str, Template]) -> None:
        """Compatibility 3.12; what serves candidates has names that AWS does not document."""
        found = allowed(templates, "autopilot_training", "SageMakerRole", JobNames="berths-47")
        touched = {str(r) for action, where in found.items() if action.startswith("sagemaker:") for r in where}
        kinds = {arn.rpartition(":")[2].partition("/")[::2] for arn in touched}
        jobs = ("hyper-parameter-tuning-job", "processing-job", "training-job", "transform-job")
        serving = ("endpoint", "endpoint-config", "model")
        assert kinds == {*((kind, "berths-47*") for kind in jobs), *((kind, "*") for kind in serving)}
        assert "sagemaker:CreateTrainingJob" in found

    def test_autopilot_may_do_the_least_that_aws_documents(self, templates: dict[str, Template]) -> None:
        """Lesson 110: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html."""
        found = allowed(templates, "autopilot_training", "SageMakerRole")
        verbs = ("Create", "Delete", "Describe")
        documented = {f"sagemaker:{verb}{kind}" for verb in verbs for kind in ("Endpoint", "EndpointConfig", "Model")}
        others = ("cloudwatch:PutMetricData", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams")
        reads = ("logs:PutLogEvents", "s3:GetObject", "s3:ListBucket", "s3:PutObject")
        assert {*documented, "sagemaker:InvokeEndpoint", "sagemaker:ListTags", *others, *reads} <= set(found)


class TestOutputs:
    @pytest.mark.parametrize(
        ("name", "outputs"),
        [
            ("model_training", {"TrainingJobName", "TrainingJobOutputLocation"}),
            ("model_tuning", {"TuningJobName", "TuningJobOutputLocation"}),
            ("autopilot_training", {"AutopilotJobName", "AutopilotJobOutputLocation"}),
        ],
    )
    def test_they_are_as_promised(self, templates: dict[str, Template], name: str, outputs: set[str]) -> None:
        """Compatibility 3.10 and 3.12."""
        template = blueprint(templates, name)
        of_data = {"TrainingDataLocation", *({"ValidationDataLocation"} if name != "autopilot_training" else ())}
        assert template["Outputs"].keys() == outputs | of_data
        values = {
            title: resolved(output["Value"], PARAMETERS[name], template["Conditions"])
            for title, output in template["Outputs"].items()
        }
        assert values["TrainingDataLocation"] == "s3://quayside-assets/train/berths.csv"
        assert f"{JOBS[name]}.JobName" in values.values()

    @pytest.mark.parametrize("name", ["model_training", "model_tuning"])
    @pytest.mark.parametrize(("data", "is_there"), [("train/v.csv", True), ("", False)])
    def test_there_is_a_place_of_validation_data_only_where_there_is_any(
        self, templates: dict[str, Template], name: str, data: str, is_there: bool
    ) -> None:
        """Lesson 76."""
        template = blueprint(templates, name)
        condition = template["Conditions"][template["Outputs"]["ValidationDataLocation"]["Condition"]]
        given = {**PARAMETERS[name], "ValidationData": data}
        assert resolved(condition, given, template["Conditions"]) is is_there
