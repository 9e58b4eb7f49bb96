# SPDX-License-Identifier: Apache-2.0
"""The image builder's template: its build really runs here, with programs that only note how they were called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

Template = dict[str, Any]
URI = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/quayside-images:v1"

# Stands for docker and aws: notes its arguments and input, and answers as it is told to.
PROGRAM = """#!{python}
import json, os, sys
name = os.path.basename(sys.argv[0])
piped = "" if sys.stdin.isatty() or "login" not in sys.argv else sys.stdin.read()
with open(os.environ["NOTES"], "a") as notes:
    notes.write(json.dumps([name, *sys.argv[1:], *([piped] if piped else [])]) + "\\n")
with open(os.environ["NOTES"] + ".passwords", "a") as passwords:
    passwords.write(os.environ.get("DOCKER_HUB_PASSWORD", "") + "\\n")
if name == "aws":
    print("a-token")
if sys.argv[1] == os.environ.get("FAILING"):
    sys.exit(os.environ["REASON"])
"""


@pytest.fixture
def builder(templates: dict[str, Template]) -> Template:
    return templates["pipelines/image_builder.yaml"]


@pytest.fixture
def project(builder: Template) -> Template:
    properties: Template = builder["Resources"]["ImageBuild"]["Properties"]
    return properties


class Build:
    """The phases of the build specification, run one by one in a folder with the source."""

    def __init__(self, project: Template, folder: Path) -> None:
        self.source = folder / "source"
        self.source.mkdir()
        (self.source / "Dockerfile").write_text("FROM scratch\n")
        self._programs = folder / "programs"
        self._programs.mkdir()
        for name in ("docker", "aws"):
            (self._programs / name).write_text(PROGRAM.format(python=sys.executable))
            (self._programs / name).chmod(0o755)
        self._notes = folder / "notes"
        self.specification: Template = yaml.safe_load(project["Source"]["BuildSpec"])

    def run(self, phase: str, **variables: str) -> subprocess.CompletedProcess[str]:
        shell = shutil.which("bash")
        assert shell is not None
        path = os.pathsep.join([str(self._programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        build = {
            "CODEBUILD_SRC_DIR": str(self.source),
            "IMAGE_URI": URI,
            "IMAGE_TAG": "v1",
            "IMAGE_REPO_NAME": "quayside-images",
            "BUILD_ARGUMENTS": "{}",
        }
        script = "\n".join(self.specification["phases"][phase]["commands"])
        return subprocess.run(
            [shell, "-c", script],
            cwd=self.source,
            env={"PATH": path, "NOTES": str(self._notes), **build, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[list[str]]:
        """The programs called, with their arguments and what was piped to them."""
        text = self._notes.read_text() if self._notes.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def passwords(self) -> list[str]:
        """Docker Hub's password as each of these programs was given it."""
        return self._notes.with_suffix(".passwords").read_text().splitlines()


@pytest.fixture
def build(project: Template, tmp_path: Path) -> Build:
    return Build(project, tmp_path)


class TestBuild:
    def test_it_logs_in_to_the_registry_alone(self, build: Build) -> None:
        assert build.run("pre_build").returncode == 0
        login = ["docker", "login", "--username", "AWS", "--password-stdin", URI.split("/", maxsplit=1)[0], "a-token\n"]
        assert build.calls() == [["aws", "ecr", "get-login-password"], login]

    def test_with_a_secret_it_logs_in_to_docker_hub_too(self, build: Build) -> None:
        """Lesson 66: the password is never an argument, which every process could read."""
        done = build.run("pre_build", DOCKER_HUB_USERNAME="a $(user)", DOCKER_HUB_PASSWORD="p'\"$(w)")
        assert done.returncode == 0, done.stderr
        login = ["docker", "login", "--username", "a $(user)", "--password-stdin", "p'\"$(w)\n"]
        assert build.calls()[-1] == login

    def test_entry_points_become_executable_and_not_writable(self, build: Build) -> None:
        """Lesson 66: they were made 777."""
        files = [build.source / name for name in ("serve", "Train", "deep/er/train", "other", "serve.py")]
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            file.chmod(0o644)
        assert build.run("pre_build").returncode == 0
        assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o755"] * 3 + ["0o644"] * 2

    def test_a_source_without_dockerfile_is_explained(self, build: Build) -> None:
        (build.source / "Dockerfile").unlink()
        done = build.run("pre_build")
        assert done.returncode == 1
        assert "no Dockerfile at its root" in done.stderr

    def test_the_image_is_built_for_sagemaker(self, build: Build) -> None:
        """SageMaker refuses OCI manifests and indexes."""
        assert build.run("build").returncode == 0
        options = ["--provenance=false", "--sbom=false", "--output", "type=docker"]
        assert build.calls() == [["docker", "buildx", "build", *options, "--tag", URI, str(build.source)]]

    def test_hostile_arguments_reach_docker_as_they_are(self, build: Build) -> None:
        """They are data to the shell, whatever they hold."""
        trap = build.source / "trap"
        hostile = {
            "A": f"$(touch {trap})",
            "B": f"`touch {trap}`; touch {trap} #",
            "C": "two words 'and' \"quotes\"",
            "D": "two\nlines\n",
            "E": "",
            "F": "Grüße *",
        }
        done = build.run("build", BUILD_ARGUMENTS=json.dumps(hostile).replace("{{", r"{\u007b"))
        assert done.returncode == 0, done.stderr
        (call,) = build.calls()
        passed = [call[place + 1] for place, word in enumerate(call) if word == "--build-arg"]
        assert passed == [f"{name}={value}" for name, value in hostile.items()]
        assert not trap.exists()

    def test_arguments_that_cannot_be_read_stop_the_build(self, build: Build) -> None:
        assert build.run("build", BUILD_ARGUMENTS="{").returncode != 0
        assert build.calls() == []

    @pytest.mark.parametrize("name", ["json.py", "sitecustomize.py"])
    @pytest.mark.parametrize("phase", ["pre_build", "build", "post_build"])
    def test_a_module_in_the_source_is_no_part_of_the_build(self, build: Build, phase: str, name: str) -> None:
        """It would run as root, with the registry's password and the build's credentials."""
        trap = build.source.parent / "trap"
        (build.source / name).write_text(f"open({str(trap)!r}, 'w')")
        done = build.run(phase)
        assert done.returncode == 0, done.stderr
        assert not trap.exists()

    @pytest.mark.parametrize("phase", ["build", "post_build"])
    def test_the_password_is_there_for_the_login_alone(self, build: Build, phase: str) -> None:
        assert build.run(phase, DOCKER_HUB_USERNAME="quay", DOCKER_HUB_PASSWORD="pier").returncode == 0
        assert build.passwords() == [""]

    @pytest.mark.parametrize(
        "first",
        [
            "# syntax=evil.example/frontend",
            "#SYNTAX = evil.example/docker/dockerfile",
            "#!/usr/bin/env docker\n# syntax=evil.example/frontend",
            "\ufeff# syntax=evil.example/frontend",
            "// syntax=evil.example/frontend",
            "# escape=\\\n# syntax=docker/dockerfile-upstream:master",
            "# syntax=docker/dockerfile@sha256:short",
        ],
        ids=["plain", "spaced", "shebang", "byte order mark", "slashes", "second", "digest"],
    )
    def test_the_file_chooses_no_program_that_builds_it(self, build: Build, first: str) -> None:
        (build.source / "Dockerfile").write_text(f"{first}\nFROM scratch\n", encoding="utf-8")
        done = build.run("pre_build")
        assert done.returncode == 1
        assert "not in Docker's own syntax, docker/dockerfile" in done.stderr

    def test_a_file_of_another_language_is_refused(self, build: Build) -> None:
        """BuildKit reads the frontend of such an object."""
        (build.source / "Dockerfile").write_text('{"FROM": "", "syntax": "evil.example/frontend"}')
        assert build.run("pre_build").returncode == 1

    @pytest.mark.parametrize(
        "named", ["docker/dockerfile:1", "docker.io/docker/dockerfile:1.7-labs", "docker/dockerfile"]
    )
    def test_dockers_own_syntax_is_taken(self, build: Build, named: str) -> None:
        text = f'# syntax = {named}\n# escape=`\nFROM scratch\nCOPY <<EOF /a.proto\nsyntax = "proto3";\nEOF\n'
        (build.source / "Dockerfile").write_text(text)
        done = build.run("pre_build")
        assert done.returncode == 0, done.stderr

    def test_links_lead_nowhere(self, build: Build) -> None:
        """Neither as the Dockerfile, nor as a file that becomes executable."""
        outside = build.source.parent / "outside"
        outside.write_text("FROM scratch\n")
        outside.chmod(0o600)
        (build.source / "serve").symlink_to(outside)
        assert build.run("pre_build").returncode == 0
        assert oct(outside.stat().st_mode & 0o777) == "0o600"
        (build.source / "Dockerfile").unlink()
        (build.source / "Dockerfile").symlink_to(outside)
        assert build.run("pre_build").returncode == 1

    def test_the_image_is_pushed(self, build: Build) -> None:
        assert build.run("post_build").returncode == 0
        assert build.calls() == [["docker", "push", URI]]

    def test_an_immutable_tag_is_explained(self, build: Build) -> None:
        reason = (
            "tag invalid: The image tag 'v1' already exists and cannot be overwritten because the tag is immutable."
        )
        done = build.run("post_build", FAILING="push", REASON=reason)
        assert done.returncode == 1
        assert "v1 is in quayside-images already, whose tags are immutable" in done.stderr

    def test_another_refusal_is_not(self, build: Build) -> None:
        done = build.run("post_build", FAILING="push", REASON="no basic auth credentials")
        assert (done.returncode, done.stdout) == (1, "no basic auth credentials\n")
        assert done.stderr == ""

    def test_nothing_is_pushed_after_a_failed_build(self, build: Build) -> None:
        """CodeBuild goes on to post_build after a failure, unless it is told not to."""
        assert build.run("build", FAILING="buildx", REASON="no").returncode != 0
        for phase in ("pre_build", "build"):
            assert build.specification["phases"][phase]["on-failure"] == "ABORT"


class TestTemplate:
    def test_it_runs_when_exactly_its_source_is_uploaded(self, builder: Template) -> None:
        """Nothing polls."""
        rule = builder["Resources"]["SourceChangedRule"]["Properties"]
        detail = {"bucket": {"name": [{"Ref": "AssetsBucket"}]}, "object": {"key": [{"Ref": "CustomImage"}]}}
        assert rule["EventPattern"]["detail"] == detail
        (target,) = rule["Targets"]
        assert target["RoleArn"] == {"Ref": "PipelineStartRoleArn"}
        assert target["Arn"]["Fn::Sub"].endswith(":${MLOpsPipeline}")
        source = builder["Resources"]["MLOpsPipeline"]["Properties"]["Stages"][0]["Actions"][0]
        assert source["Configuration"] == {
            "S3Bucket": {"Ref": "AssetsBucket"},
            "S3ObjectKey": {"Ref": "CustomImage"},
            "PollForSourceChanges": "false",
        }

    def test_another_request_changes_the_pipeline_so_that_it_runs_again(self, builder: Template) -> None:
        pipeline = builder["Resources"]["MLOpsPipeline"]["Properties"]
        assert pipeline["RestartExecutionOnUpdate"] is True
        assert "${RequestDigest}" in json.dumps(pipeline["Stages"][1])

    def test_the_build_reads_no_artifact_of_another_pipeline(self, builder: Template) -> None:
        """A key begins with 20 characters of the pipeline's name and 10 of the artifact's, which is this image's."""
        stages = builder["Resources"]["MLOpsPipeline"]["Properties"]["Stages"]
        assert stages[0]["Actions"][0]["OutputArtifacts"] == stages[1]["Actions"][0]["InputArtifacts"]
        assert stages[0]["Actions"][0]["OutputArtifacts"] == [{"Name": {"Ref": "SourceArtifact"}}]
        statements = builder["Resources"]["ImageBuildRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        (read,) = (statement["Resource"] for statement in statements if "s3:GetObject" in statement["Action"])
        assert read == [
            {"Fn::Sub": "arn:${AWS::Partition}:s3:::${PipelinesBucket}/mlops-pipeline-*/${SourceArtifact}/*"}
        ]

    def test_no_value_of_a_request_stands_in_a_script(self, project: Template) -> None:
        """The specification is a constant: CloudFormation fills nothing into it."""
        assert isinstance(project["Source"]["BuildSpec"], str)
        values = {
            variable["Name"]: variable["Value"] for variable in project["Environment"]["EnvironmentVariables"][:4]
        }
        assert values["BUILD_ARGUMENTS"] == {"Ref": "BuildArguments"}
        assert values["IMAGE_TAG"] == {"Ref": "ImageTag"}

    def test_the_secret_is_read_by_codebuild_and_only_when_it_is_given(self, project: Template) -> None:
        for variable in project["Environment"]["EnvironmentVariables"][4:]:
            condition, given, absent = variable["Fn::If"]
            assert condition == "RegistryCredentialsSecretArnProvided"
            assert given["Type"] == "SECRETS_MANAGER"
            assert absent == {"Ref": "AWS::NoValue"}

    def test_the_build_may_write_to_its_own_repository_only(self, builder: Template) -> None:
        policies = builder["Resources"]["ImageBuildRole"]["Properties"]["Policies"]
        statements = policies[0]["PolicyDocument"]["Statement"]
        writing = [statement for statement in statements if "ecr:PutImage" in statement["Action"]]
        (resource,) = writing[0]["Resource"]
        assert resource["Fn::Sub"].endswith(":repository/${ECRRepoName}")
        assert len(writing) == 1


class TestRoot:
    def test_the_stack_role_may_change_a_build(self, root: Template) -> None:
        """Lesson 34: `codebuild:UpdateProject` was missing."""
        policies = root["Resources"]["PipelineStackRole"]["Properties"]["Policies"]
        statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
        builds = [statement for statement in statements if "codebuild:UpdateProject" in statement["Action"]]
        assert len(builds) == 1
        assert builds[0]["Resource"][0]["Fn::Sub"].endswith(":project/mlops-pipeline-*")

    def test_the_orchestrator_may_make_the_builder_s_stacks(self, root: Template) -> None:
        policies = root["Resources"]["OrchestratorRole"]["Properties"]["Policies"]
        statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
        (making,) = [statement for statement in statements if "cloudformation:CreateStack" in statement["Action"]]
        names = [resource["Fn::Sub"].split(":stack/")[1] for resource in making["Resource"]]
        assert names == ["mlops-pipeline-*-byompipelineimagebuilder/*", "mlops-pipeline-*-codepipeline/*"]

    def test_either_assets_bucket_tells_eventbridge(self, root: Template) -> None:
        resources = root["Resources"]
        notifications = resources["AssetsBucket"]["Properties"]["NotificationConfiguration"]
        assert notifications == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        setting = resources["AssetsBucketEvents"]
        assert setting["Condition"] == "ExistingS3BucketProvided"
        assert setting["Properties"]["BucketName"] == {"Ref": "ExistingS3Bucket"}
