# SPDX-License-Identifier: Apache-2.0
"""What an endpoint with further models is made of."""

from __future__ import annotations

from tests.generator.resolving import Template, made

OTHER = "production|b|3|ml.m5.large|1||an-image|s3://assets/model.tar.gz"
PACKAGED = "production|c|1|ml.m5.large|2|arn:package||"
SHADOW = "shadow|b|0.5|ml.m5.large|1||an-image|s3://assets/model.tar.gz"


def test_variants_stand_beside_the_model_s_own(blueprint: Template) -> None:
    config = made(blueprint, "MLOpsSagemakerEndpointConfig", Variant1=OTHER, Variant2=PACKAGED)
    first, *others = config["ProductionVariants"]
    assert (first["VariantName"], first["InitialVariantWeight"]) == ("AllTraffic", 1)
    assert [(one["VariantName"], one["InitialVariantWeight"], one["InitialInstanceCount"]) for one in others] == [
        ("b", "3", "1"),
        ("c", "1", "2"),
    ]
    assert "ShadowProductionVariants" not in config


def test_a_shadow_is_no_production_variant(blueprint: Template) -> None:
    config = made(blueprint, "MLOpsSagemakerEndpointConfig", Variant1=SHADOW)
    assert [one["VariantName"] for one in config["ProductionVariants"]] == ["AllTraffic"]
    assert [(one["VariantName"], one["InitialVariantWeight"]) for one in config["ShadowProductionVariants"]] == [
        ("b", "0.5")
    ]


def test_each_model_comes_from_an_artifact_or_a_package(blueprint: Template) -> None:
    first = made(blueprint, "MLOpsSagemakerModelVariant1", Variant1=OTHER)["PrimaryContainer"]
    assert (first["Image"], first["ModelDataUrl"]) == ("an-image", "s3://assets/model.tar.gz")
    second = made(blueprint, "MLOpsSagemakerModelVariant2", Variant2=PACKAGED)["PrimaryContainer"]
    assert second["ModelPackageName"] == "arn:package"
