# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa


@pytest.mark.parametrize("specification", ["RSA_2048", "ECC_NIST_P256"])
def test_each_pair_of_keys_signs_for_itself(client: Any, specification: str) -> None:
    kms = client("kms")
    first, second = (kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec=specification)["KeyMetadata"] for _ in range(2))
    said: dict[str, Any] = {"Message": b"said", "SigningAlgorithm": first["SigningAlgorithms"][0]}
    signature = kms.sign(KeyId=first["KeyId"], **said)["Signature"]
    answers = [kms.verify(KeyId=key["KeyId"], Signature=signature, **said) for key in (first, second)]
    assert [answer["SignatureValid"] for answer in answers] == [True, False]


def test_a_key_without_a_pair_encrypts_and_makes_none(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kms = client("kms")
    monkeypatch.setattr(rsa, "generate_private_key", None)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    encrypted = kms.encrypt(KeyId=key, Plaintext=b"said")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=encrypted)["Plaintext"] == b"said"


def test_all_subscriptions_sign_with_one_key(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="told")["TopicArn"]
    queues = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("one", "two")]
    for queue in queues:
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="first")
    monkeypatch.setattr(rsa, "generate_private_key", None)
    sns.publish(TopicArn=topic, Message="second")
    for queue in queues:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=2)["Messages"]
        told = [json.loads(message["Body"]) for message in received]
        assert [(one["Message"], bool(one["Signature"])) for one in told] == [("first", True), ("second", True)]
    new = sns.create_topic(Name="new")["TopicArn"]
    sns.subscribe(TopicArn=new, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=new, Message="third")
    assert sqs.receive_message(QueueUrl=queues[1])["Messages"]
