# SPDX-License-Identifier: Apache-2.0
"""What of a request is looked up before its pipeline is planned, and the request that knows it."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

from orchestrator.csv_headers import CsvFile, Header
from orchestrator.launch.settings import Launch
from orchestrator.plan.automation import RetrainedBy
from orchestrator.values.package_artifacts import PackagedModel


class LookedUp(BaseModel):
    """A request that says what must be known of the things that it names; most need nothing."""

    model_config = ConfigDict(defer_build=True)

    def csv_files(self, launch: Launch) -> tuple[CsvFile, ...]:
        """Return the CSV files whose headers the request depends on; they are read before planning."""
        return ()

    def with_csv_headers(self, headers: Mapping[CsvFile, Header]) -> Self:
        """Return the request with those headers; raises `RefusedRequestError` for problems that they reveal."""
        return self

    def model_package(self, launch: Launch) -> str:
        """Return the ARN of the model package to deploy, which is looked up before planning; empty if none."""
        return ""

    def with_packaged_model(self, model: PackagedModel) -> Self:
        """Return the request with the model that the package holds."""
        return self

    def further_packages(self, launch: Launch) -> Mapping[str, str]:
        """Return key of the request -> ARN of each further model package; they are looked up before planning."""
        return {}

    def with_further_package(self, arn: str, model: PackagedModel) -> Self:
        """Return the request with the model that one of these holds."""
        return self

    def retrained_by(self) -> RetrainedBy | None:
        """Return the training pipeline that trains its model again, which is looked up before planning."""
        return None

    def alarms_of_monitors(self, launch: Launch) -> str:
        """Return how the names of the monitors' stacks begin whose alarms it waits for; empty if there are none."""
        return ""

    def with_alarms_of_monitors(self, names: tuple[str, ...]) -> Self:
        """Return the request with the names of those alarms, which are looked up before planning."""
        return self

    def alarms_left_out(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of these alarms for which there is no room."""
        return ()

    def monitored_endpoints(self) -> frozenset[str]:
        """Return the endpoint names as given; SageMaker's spelling is looked up before planning."""
        return frozenset()

    def stacks_of_endpoints(self) -> tuple[str, ...]:
        """Return the names of our pipeline stacks that may make those endpoints."""
        return ()

    def with_endpoint_names(self, names: Mapping[str, str]) -> Self:
        """Return the request with SageMaker's spelling of the endpoints' names, by the given names."""
        return self
