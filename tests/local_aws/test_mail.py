# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from mlops_orchestrator.aws.api_addresses import MAIL_PATH
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory


@pytest.fixture
def sns(client: ClientFactory) -> Any:
    return client("sns")


def mails(local_aws: LocalAws, topic: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{local_aws.endpoint_url}{MAIL_PATH}") as answer:
        return [mail for mail in json.load(answer)["mails"] if mail["topic"] == topic]


def test_what_a_topic_sends_by_mail_is_kept_in_order(local_aws: LocalAws, sns: Any) -> None:
    topic = sns.create_topic(Name="told")["TopicArn"]
    sns.publish(TopicArn=topic, Subject="too early", Message="nobody is subscribed")
    for address in ("a@example.com", "b@example.com"):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    sns.publish(TopicArn=topic, Subject="first", Message="one\n\ntwo")
    sns.publish(TopicArn=topic, Message="without a subject")

    first, second = mails(local_aws, topic)
    assert (first["subject"], first["text"], first["to"]) == ("first", "one\n\ntwo", ["a@example.com", "b@example.com"])
    assert (second["subject"], second["number"]) == ("", first["number"] + 1)


def test_a_filter_keeps_mails_from_an_address(local_aws: LocalAws, sns: Any) -> None:
    topic = sns.create_topic(Name="filtered")["TopicArn"]
    attributes = {"FilterPolicy": json.dumps({"state": ["FAILED"]})}
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com", Attributes=attributes)
    for state in ("SUCCEEDED", "FAILED"):
        told = {"state": {"DataType": "String", "StringValue": state}}
        sns.publish(TopicArn=topic, Message=state, MessageAttributes=told)

    assert [mail["text"] for mail in mails(local_aws, topic)] == ["FAILED"]


def test_a_text_of_its_own_for_mail_is_the_one_that_is_kept(local_aws: LocalAws, sns: Any) -> None:
    topic = sns.create_topic(Name="structured")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    texts = {"default": "for others", "email": "for mail"}
    sns.publish(TopicArn=topic, Message=json.dumps(texts), MessageStructure="json")

    assert [mail["text"] for mail in mails(local_aws, topic)] == ["for mail"]


def test_mails_are_only_read(local_aws: LocalAws) -> None:
    asked = urllib.request.Request(f"{local_aws.endpoint_url}{MAIL_PATH}", data=b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(asked)


def test_another_local_aws_has_an_empty_box() -> None:
    from scripts.local_aws import mail  # noqa: PLC0415  the box of this process

    mail._box.put("topic", ("a@example.com",), "s", "t")
    mail.shutdown()
    assert mail._box.all() == []
