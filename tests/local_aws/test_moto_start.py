# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import boto3
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
