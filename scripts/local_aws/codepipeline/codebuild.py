# SPDX-License-Identifier: Apache-2.0
"""CodeBuild: projects are stored and builds are recorded. Nothing is really built.

A recorded build shows what would have been run: the project's source, image and environment variables, with those of
the caller in precedence. It succeeds at once, and its phases state that nothing was built.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.codebuild import urls
from moto.codebuild.exceptions import ResourceAlreadyExistsException, ResourceNotFoundException
from moto.codebuild.models import codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.sts.models import sts_backends

from scripts.local_aws import request_constraints

NOT_BUILT = "The local AWS does not build images: the build of project {project} is only recorded."
# CodeBuild's own defaults: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
_DEFAULTS: Mapping[str, Any] = {
    "cache": {"type": "NO_CACHE"},
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "badge": {"badgeEnabled": False},
}
_TAKEN_OVER = ("source", "artifacts", "cache", "timeoutInMinutes", "queuedTimeoutInMinutes", "encryptionKey")


def install() -> None:
    """Serve CodeBuild's API."""
    urls.url_paths["{0}/$"] = CodeBuildApi.dispatch


def shutdown() -> None:
    """Do nothing: there is nothing to stop, and all state is moto's."""


class Project:
    """Project in the form that moto's lists read: `project_metadata` is the answer of BatchGetProjects."""

    def __init__(self, arn: str, request: Mapping[str, Any]) -> None:
        now = _now()
        self.arn = arn
        self.tags = list(request.get("tags") or [])
        self.builds: list[dict[str, Any]] = []
        self.project_metadata: dict[str, Any] = {
            **_DEFAULTS, **request, "arn": arn, "created": now, "lastModified": now,
        }  # fmt: skip

    def update(self, request: Mapping[str, Any]) -> None:
        """Set what a request names; the rest stays."""
        self.project_metadata |= {**request, "lastModified": _now()}
        self.tags = list(self.project_metadata.get("tags") or [])

    def record(self, request: Mapping[str, Any], initiator: str) -> dict[str, Any]:
        """Record a build. StartBuild's request may change environment variables and the version of the source."""
        project, now = self.project_metadata, _now()
        build_id = f"{project['name']}:{uuid.uuid4()}"
        build = {
            **{name: copy.deepcopy(project[name]) for name in _TAKEN_OVER if name in project},
            "id": build_id,
            "arn": f"{self.arn.rpartition(':')[0]}:build/{build_id}",
            "buildNumber": len(self.builds) + 1,
            "projectName": project["name"],
            "serviceRole": project["serviceRole"],
            "environment": _environment(project["environment"], request.get("environmentVariablesOverride") or []),
            "initiator": initiator,
            "buildStatus": "SUCCEEDED",
            "buildComplete": True,
            "currentPhase": "COMPLETED",
            "startTime": now,
            "endTime": now,
            "phases": [_phase("SUBMITTED", now), _phase("BUILD", now, NOT_BUILT.format(project=project["name"]))],
        }
        if version := request.get("sourceVersion") or project.get("sourceVersion"):
            build["sourceVersion"] = version
        self.builds.append(build)
        return build


class CodeBuildApi(CodeBuildResponse):
    """moto's dispatcher with our projects and builds."""

    def create_project(self) -> ActionResult:
        """Serve CreateProject."""
        request = self._request("CreateProject")
        name = request["name"]
        if name in self._projects:
            raise ResourceAlreadyExistsException(f"Project already exists: {self._arn(name)}")
        self._projects[name] = Project(self._arn(name), request)
        return ActionResult({"project": self._projects[name].project_metadata})

    def update_project(self) -> ActionResult:
        """Serve UpdateProject."""
        request = self._request("UpdateProject")
        project = self._project(request["name"])
        project.update(request)
        return ActionResult({"project": project.project_metadata})

    def start_build(self) -> ActionResult:
        """Serve StartBuild, which records the build."""
        request = self._request("StartBuild")
        backend = sts_backends[self.current_account][self.partition]
        caller = str(backend.get_caller_identity(self.access_key, self.region)[1])
        build = self._project(request["projectName"]).record(request, caller.rpartition(":")[2])
        return ActionResult({"build": build})

    def batch_get_builds(self) -> ActionResult:
        """Serve BatchGetBuilds."""
        builds = {build["id"]: build for project in self._projects.values() for build in project.builds}
        wanted = self._get_param("ids")
        return ActionResult(
            {
                "builds": [builds[each] for each in wanted if each in builds],
                "buildsNotFound": [each for each in wanted if each not in builds],
            }
        )

    def list_builds_for_project(self) -> ActionResult:
        """Serve ListBuildsForProject, newest first by default, in one page."""
        ids = [build["id"] for build in self._project(self._get_param("projectName")).builds]
        return ActionResult({"ids": ids if self._get_param("sortOrder") == "ASCENDING" else ids[::-1]})

    @property
    def _projects(self) -> dict[str, Project]:
        projects: Any = codebuild_backends[self.current_account][self.region].codebuild_projects
        kept: dict[str, Project] = projects
        return kept

    def _project(self, name: str) -> Project:
        if name not in self._projects:
            raise ResourceNotFoundException(f"Project cannot be found: {self._arn(name)}")
        return self._projects[name]

    def _arn(self, name: str) -> str:
        return f"arn:{self.partition}:codebuild:{self.region}:{self.current_account}:project/{name}"

    def _request(self, operation: str) -> dict[str, Any]:
        request: dict[str, Any] = json.loads(self.body)
        problem = request_constraints.violations("codebuild", operation, request)
        if problem:
            raise JsonRESTError("ValidationException", problem)
        return request


def _environment(declared: Mapping[str, Any], overrides: list[dict[str, str]]) -> dict[str, Any]:
    variables = {each["name"]: {"type": "PLAINTEXT", **each} for each in declared.get("environmentVariables") or []}
    variables |= {each["name"]: {"type": "PLAINTEXT", **each} for each in overrides}
    return {**copy.deepcopy(dict(declared)), "environmentVariables": list(variables.values())}


def _phase(name: str, at: datetime, message: str = "") -> dict[str, Any]:
    context = {"contexts": [{"statusCode": "", "message": message}]} if message else {}
    times = {"startTime": at, "endTime": at, "durationInSeconds": 0}
    return {"phaseType": name, "phaseStatus": "SUCCEEDED", **times, **context}


def _now() -> datetime:
    return datetime.now(UTC)
