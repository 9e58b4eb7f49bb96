# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gc
import json
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from werkzeug.routing import Map, Rule

from scripts.local_aws import moto_start


def test_sessions_read_descriptions_once_for_all_and_do_not_grow_the_reader() -> None:
    first, second = boto3.session.Session(), boto3.session.Session()
    model = first._session.get_service_model("sqs")
    paths = moto_start.shared_loader().search_paths
    assert second._session.get_service_model("sqs").metadata is model.metadata
    assert len(paths) == len(set(paths))
    assert {"s3", "sqs"} <= set(boto3.session.Session().get_available_resources())


def test_a_route_still_builds_addresses() -> None:
    routes = Map([Rule("/things/<name>/<int:number>", endpoint="thing")]).bind("example.com")
    assert routes.build("thing", {"name": "a b", "number": 7, "more": "x"}) == "/things/a%20b/7?more=x"


def test_no_instance_type_is_ever_read() -> None:
    program = (
        "import moto.utilities.utils as utils, scripts.local_aws\n"
        "from moto.ec2.models import instance_types as types\n"
        "assert not types.INSTANCE_TYPES\n"
        "assert not any(found for regions in types.INSTANCE_TYPE_OFFERINGS.values() for found in regions.values())\n"
        "assert utils.load_resource('ec2/resources/instance_types.json')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_openapi_document_is_judged_when_somebody_asks_for_it(client: Any) -> None:
    document = {"openapi": "3.0.1", "info": {"title": "made", "version": "1", "description": ""}, "paths": {}}
    apigateway = client("apigateway")
    assert apigateway.import_rest_api(failOnWarnings=True, body=json.dumps(document))["name"] == "made"
    del document["paths"]
    with pytest.raises(ClientError, match='"paths" is a required property'):
        apigateway.import_rest_api(failOnWarnings=True, body=json.dumps(document))


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_ec2_is_where_the_sdk_says(partition: str) -> None:
    known = {region.name for region in RegionsAndZonesBackend.regions}
    assert set(boto3.session.Session().get_available_regions("ec2", partition)) <= known


def test_garbage_is_collected_again_after_a_start() -> None:
    with moto_start.without_collecting():
        with moto_start.without_collecting():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
