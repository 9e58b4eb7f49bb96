# SPDX-License-Identifier: Apache-2.0

import base64
import json
import logging
import re
from typing import Any

import pytest

from scripts.local_aws.sagemaker.data_capture import CaptureSettings, CaptureTarget, CaptureWriter, Invocation, Payload
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.waiting import eventually

ROLE = "arn:aws:iam::123456789012:role/model"
CONFIG: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captures/some/prefix",
    "CaptureOptions": [{"CaptureMode": "Output"}, {"CaptureMode": "Input"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
}
CALL = Invocation(Payload(b"1,2\n3,4", "text/csv"), Payload(b"0.5\n0.25\n", "text/csv; charset=utf-8"))


def settings(**changes: Any) -> CaptureSettings:
    read = CaptureSettings.read(CONFIG | changes)
    assert read is not None
    return read


def target(bucket: str, prefix: str = "some/prefix", kms_key_id: str = "") -> CaptureTarget:
    return CaptureTarget(f"s3://{bucket}/{prefix}", "my-endpoint", "AllTraffic", ROLE, "us-east-1", kms_key_id)


def test_record_has_the_documented_layout() -> None:
    record = settings().record(Invocation(CALL.request, CALL.response, "id-7", "trace=9"))
    captured = record["captureData"]
    assert captured["endpointInput"] == {
        "observedContentType": "text/csv", "mode": "INPUT", "data": "1,2\n3,4", "encoding": "CSV",
    }  # fmt: skip
    assert captured["endpointOutput"] == {
        "observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT", "data": "0.5\n0.25\n", "encoding": "CSV",
    }  # fmt: skip
    assert record["eventVersion"] == "0"
    metadata = record["eventMetadata"]
    assert (metadata["inferenceId"], metadata["customAttributes"]) == ("id-7", ["trace=9"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata["inferenceTime"])
    assert len(metadata["eventId"]) == 36


def test_identifiers_that_were_not_given_are_absent() -> None:
    assert set(settings().record(CALL)["eventMetadata"]) == {"eventId", "inferenceTime"}


@pytest.mark.parametrize(
    ("payload", "encoding", "data"),
    [
        (Payload(b'{"a": 1}', "application/json"), "JSON", '{"a": 1}'),
        (Payload(b"a b", "text/plain"), "BASE64", base64.b64encode(b"a b").decode()),
        (Payload(b"\xff\xfe", "text/csv"), "BASE64", base64.b64encode(b"\xff\xfe").decode()),
    ],
)
def test_content_types_that_are_not_listed_are_in_base64(payload: Payload, encoding: str, data: str) -> None:
    part = settings().record(Invocation(payload, CALL.response))["captureData"]["endpointInput"]
    assert (part["encoding"], part["data"]) == (encoding, data)


def test_one_side_only() -> None:
    captured = settings(CaptureOptions=[{"CaptureMode": "Input"}]).record(CALL)["captureData"]
    assert list(captured) == ["endpointInput"]
    both = settings(CaptureOptions=[{"CaptureMode": "InputAndOutput"}]).record(CALL)["captureData"]
    assert list(both) == ["endpointInput", "endpointOutput"]


@pytest.mark.parametrize("config", [None, {}, CONFIG | {"EnableCapture": False}])
def test_capture_that_is_off(config: dict[str, Any] | None) -> None:
    assert CaptureSettings.read(config) is None


def test_sampling_keeps_the_percentage_asked_for() -> None:
    assert not any(settings(InitialSamplingPercentage=0).sampled() for _ in range(200))
    assert all(settings(InitialSamplingPercentage=100).sampled() for _ in range(200))
    assert 0 < sum(settings(InitialSamplingPercentage=50).sampled() for _ in range(200)) < 200


def test_flush_writes_what_is_gathered_in_one_file_per_endpoint(client: ClientFactory) -> None:
    client("s3").create_bucket(Bucket="gathered")
    # A gathering time that no test would wait for: only `flush` can be what writes.
    writer = CaptureWriter(gather_seconds=300)
    for number in range(3):
        writer.add(target("gathered"), {"number": number})
    assert writer.flush()
    writer.stop()
    (found,) = client("s3").list_objects_v2(Bucket="gathered")["Contents"]
    pattern = r"some/prefix/my-endpoint/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl"
    assert re.fullmatch(pattern, found["Key"])
    lines = client("s3").get_object(Bucket="gathered", Key=found["Key"])["Body"].read().decode().splitlines()
    assert [json.loads(line)["number"] for line in lines] == [0, 1, 2]


def test_records_are_written_without_being_asked_for(client: ClientFactory) -> None:
    client("s3").create_bucket(Bucket="unasked")
    writer = CaptureWriter(gather_seconds=0.05)
    writer.add(target("unasked", ""), {})
    eventually(lambda: client("s3").list_objects_v2(Bucket="unasked")["KeyCount"] > 0)
    (found,) = client("s3").list_objects_v2(Bucket="unasked")["Contents"]
    assert found["Key"].startswith("my-endpoint/AllTraffic/")
    writer.stop()


def test_stop_writes_what_is_left_with_the_key_given(client: ClientFactory) -> None:
    client("s3").create_bucket(Bucket="encrypted")
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    writer = CaptureWriter(gather_seconds=300)
    writer.add(target("encrypted", kms_key_id=key), {})
    writer.stop()
    (found,) = client("s3").list_objects_v2(Bucket="encrypted")["Contents"]
    head = client("s3").head_object(Bucket="encrypted", Key=found["Key"])
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_what_cannot_be_written_is_reported_and_holds_nothing_up(
    local_aws: LocalAws, client: ClientFactory, caplog: pytest.LogCaptureFixture
) -> None:
    client("s3").create_bucket(Bucket="there")
    writer = CaptureWriter(gather_seconds=300)
    with caplog.at_level(logging.WARNING):
        writer.add(target("not-there"), {})
        writer.add(target("there"), {})
        assert writer.flush()
    writer.stop()
    assert "my-endpoint: 1 records for s3://not-there/some/prefix are lost" in caplog.text
    assert client("s3").list_objects_v2(Bucket="there")["KeyCount"] == 1
