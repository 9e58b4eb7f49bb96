# SPDX-License-Identifier: Apache-2.0
"""The caller's own KMS key, for all that a pipeline stores and that can be encrypted with a key."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field
from typing_extensions import override

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.instances import OnInstances
from orchestrator.sagemaker.instance_storage import has_local_storage
from orchestrator.values import common
from orchestrator.values.per_stage import PerStage, Stage, at, by_key
from orchestrator.values.template_parameters import TemplateParameters

_ALIAS = ":alias/"


class EncryptionParameters(TemplateParameters):
    """Parameters of a blueprint that encrypts with the caller's key.

    CloudFormation cannot look into a text, so what decides a condition in the template is a parameter of its own.
    """

    KmsKeyArn: Annotated[
        common.KmsKeyArn, Field(description="Key, or alias of a key, that encrypts what is written to S3.")
    ] = ""
    KmsKeyAlias: Annotated[
        common.KmsKeyAlias, Field(description="Name of the alias when KmsKeyArn is that of an alias.")
    ] = ""
    VolumeKmsKeyArn: Annotated[
        common.KmsKeyArn,
        Field(description="The same key for the instances' volumes; empty where their hardware encrypts them."),
    ] = ""


class Encrypted(OnInstances):
    """A pipeline that can encrypt with the caller's key, the volumes of its instances too."""

    kms_key_arn: Annotated[
        PerStage[common.KmsKeyArn],
        Field(description="key, or alias of a key, that encrypts the instances' volumes and what is written to S3"),
    ] = ""

    def encryption_parameters(self, stage: Stage | None) -> dict[str, str]:
        """Return the values of `EncryptionParameters`."""
        key = at(self.kms_key_arn, stage)
        _, is_alias, name = key.partition(_ALIAS)
        return {
            "KmsKeyArn": key,
            "KmsKeyAlias": f"alias/{name}" if is_alias else "",
            "VolumeKmsKeyArn": key if self.has_plain_volume(stage) else "",
        }

    def has_plain_volume(self, stage: Stage | None) -> bool:
        """Whether there is a volume that its hardware does not encrypt."""
        return not has_local_storage(self._instance_type(stage))

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        yield from self._volumes_without_key(launch)
        for key, arn in by_key("kms_key_arn", self.kms_key_arn):
            if arn and (region := arn.split(":")[3]) != launch.region:
                yield f"{key}: AWS encrypts with keys of the same Region, {launch.region}; this one is in {region}"

    def _instance_type(self, stage: Stage | None) -> str:
        return str(at(getattr(self, self.instance_key), stage)) if self.instance_key else ""

    def _volumes_without_key(self, launch: Launch) -> Iterator[str]:
        """Warn of instance types whose volume stays without a key, because SageMaker refuses one (lesson 72)."""
        stages: dict[str, list[str]] = {}
        for stage in self.stages(launch):
            instance_type = self._instance_type(stage)
            if at(self.kms_key_arn, stage) and has_local_storage(instance_type):
                stages.setdefault(instance_type, []).append(stage or "")
        for instance_type, used_in in stages.items():
            where = f" (in {_joined(used_in)})" if all(used_in) else ""
            yield volume_without_key(self.instance_key, f"{instance_type}{where}")


def volume_without_key(key: str, instance_type: str) -> str:
    """Return a warning about an instance type that a key names, whose volume SageMaker refuses to encrypt."""
    return (
        f"{key}: {instance_type} has local NVMe storage, encrypted by its hardware, and SageMaker refuses a key for "
        "it: kms_key_arn encrypts everything but this volume"
    )


def _joined(stages: list[str]) -> str:
    *first, last = stages
    return f"{', '.join(first)} and {last}" if first else last
