# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts.local_aws import identity
from scripts.local_aws.server import LocalAws
from tests.local_aws.waiting import SECONDS

ROOT = Path(__file__).parents[2]


def s3(aws: LocalAws, **keys: str) -> Any:
    session: Any = boto3.session.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name=aws.region)
    return session.client("s3", endpoint_url=aws.endpoint_url, **keys)


def test_state_is_gone_after_a_stop_and_a_new_start_works() -> None:
    with LocalAws() as first:
        s3(first).create_bucket(Bucket="kept-nowhere")
        assert [bucket["Name"] for bucket in s3(first).list_buckets()["Buckets"]] == ["kept-nowhere"]
    with LocalAws() as second:
        assert s3(second).list_buckets()["Buckets"] == []


def test_only_this_machine_can_reach_it_and_nobody_after_the_stop() -> None:
    with LocalAws() as aws:
        host, port = aws.endpoint_url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        socket.create_connection((host, int(port)), timeout=SECONDS).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=SECONDS)


def test_two_at_a_time_are_refused_in_words() -> None:
    with LocalAws(), pytest.raises(RuntimeError, match="already runs in this process"):
        LocalAws().start()


def test_a_taken_port_is_an_error_and_leaves_the_process_free_for_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises((OSError, SystemExit)):
            LocalAws(port=taken.getsockname()[1]).start()
    with LocalAws() as aws:
        assert s3(aws).list_buckets()["Buckets"] == []


def test_stopping_twice_and_stopping_what_never_started_do_nothing() -> None:
    aws = LocalAws()
    aws.stop()
    aws.start()
    aws.stop()
    aws.stop()
    with LocalAws():
        aws.stop()
        assert identity.current().endpoint_url


def test_it_says_nothing_unless_asked(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="werkzeug")
    with LocalAws() as aws:
        s3(aws).list_buckets()
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == []
    with LocalAws(verbose=True) as aws:
        s3(aws).list_buckets()
    assert any("GET / HTTP" in message for message in caplog.messages)


def test_roles_act_in_their_own_account() -> None:
    with LocalAws(region="eu-west-1") as aws:
        here = identity.current()
        assert (here.endpoint_url, here.region) == (aws.endpoint_url, "eu-west-1")
        caller = here.client("sts", "arn:aws:iam::222233334444:role/deployer").get_caller_identity()
        assert caller["Account"] == "222233334444"


def test_no_thread_outlives_the_server() -> None:
    before = set(threading.enumerate())
    with LocalAws() as aws:
        s3(aws).list_buckets()
    left = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("local-aws")]
    assert left == []


def test_what_only_jobs_need_is_not_loaded_at_the_start() -> None:
    """It would cost every start time and memory."""
    look = "import sys, scripts.local_aws.server; print({'numpy', 'pandas', 'xgboost'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "set()"
