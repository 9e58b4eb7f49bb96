# SPDX-License-Identifier: Apache-2.0
"""The analysis of data quality: the numbers of BASELINE were computed by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.monitors import baseline_constraints, baseline_dataset, baseline_statistics
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.monitoring import BUCKET, ENVIRONMENT, baseline_request, keys, read_json
from tests.local_aws.waiting import SECONDS

# A byte-order mark, CRLF, quoted commas, quotes and a line break, empty values, a short row, an empty line at the end.
BASELINE = (
    "\ufefflabel,income,city,note,empty\r\n"
    '1,10.5,"Berlin, Mitte","said ""yes""",\r\n'
    "0,-2.5,Paris,,\r\n"
    "1,,Paris,x,\r\n"
    '0,4,"Berlin, Mitte","two\r\nlines",\r\n'
    "3,0\r\n"
    "\r\n"
).encode()
NUMBERS = {
    # 1 + 0 + 1 + 0 + 3 = 5 in 5 rows; the squares of the distances to 1 are 0 + 1 + 0 + 1 + 4 = 6.
    "label": {"sum": 5.0, "mean": 1.0, "std_dev": (6 / 5) ** 0.5, "min": 0.0, "max": 3.0},
    # 10.5 - 2.5 + 4 + 0 = 12 in 4 values; the distances to 3 are 7.5, 5.5, 1, 3: 56.25 + 30.25 + 1 + 9 = 96.5.
    "income": {"sum": 12.0, "mean": 3.0, "std_dev": (96.5 / 4) ** 0.5, "min": -2.5, "max": 10.5},
}


@pytest.fixture(scope="module")
def s3(client: ClientFactory) -> Any:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="baseline.csv", Body=BASELINE)
    return client("s3")


@pytest.fixture(scope="module")
def files(client: ClientFactory, s3: Any) -> dict[str, Any]:
    """The baseline's two results, by their names."""
    request = baseline_request("baseline.csv", "results/one")
    client("sagemaker").create_processing_job(ProcessingJobName="one", **request)
    assert sagemaker.wait_idle(SECONDS)
    assert keys(s3, "results/one/") == ["results/one/constraints.json", "results/one/statistics.json"]
    return {name: read_json(s3, f"results/one/{name}.json") for name in ("statistics", "constraints")}


@pytest.fixture(scope="module")
def features(files: dict[str, Any]) -> dict[str, Any]:
    return {feature["name"]: feature for feature in files["statistics"]["features"]}


def test_every_column_and_row_is_there(files: dict[str, Any], features: dict[str, Any]) -> None:
    assert files["statistics"]["version"] == files["constraints"]["version"] == 0
    assert files["statistics"]["dataset"] == {"item_count": 5}
    assert {name: feature["inferred_type"] for name, feature in features.items()} == {
        "label": "Integral",
        "income": "Fractional",
        "city": "String",
        "note": "String",
        "empty": "Unknown",
    }


@pytest.mark.parametrize("name", ["label", "income"])
def test_numbers(features: dict[str, Any], name: str) -> None:
    found = features[name]["numerical_statistics"]
    assert {key: found[key] for key in NUMBERS[name]} == pytest.approx(NUMBERS[name])


@pytest.mark.parametrize(
    ("name", "present", "missing"), [("label", 5, 0), ("income", 4, 1), ("city", 4, 1), ("note", 3, 2), ("empty", 0, 5)]
)
def test_what_is_present_and_what_is_missing(features: dict[str, Any], name: str, present: int, missing: int) -> None:
    found = features[name].get("numerical_statistics") or features[name]["string_statistics"]
    assert found["common"] == {"num_present": present, "num_missing": missing}


def test_ten_buckets_from_the_least_to_the_greatest(features: dict[str, Any]) -> None:
    """From -2.5 to 10.5 in steps of 1.3: -2.5 | 0 in the second | 4 = -2.5 + 5 * 1.3, the sixth | 10.5 in the last."""
    kll = features["income"]["numerical_statistics"]["distribution"]["kll"]
    buckets = kll["buckets"]
    assert [bucket["lower_bound"] for bucket in buckets] == pytest.approx([-2.5 + 1.3 * step for step in range(10)])
    assert [bucket["upper_bound"] for bucket in buckets][:-1] == [bucket["lower_bound"] for bucket in buckets][1:]
    assert buckets[-1]["upper_bound"] == 10.5
    assert [bucket["count"] for bucket in buckets] == [1, 1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert sorted(kll["sketch"]["data"][0]) == [-2.5, 0, 4, 10.5]


def test_strings_keep_their_commas_quotes_and_lines(features: dict[str, Any]) -> None:
    city = features["city"]["string_statistics"]
    assert city["distinct_count"] == 2
    assert sorted(city["distribution"]["categorical"]["buckets"], key=lambda bucket: bucket["value"]) == [
        {"value": "Berlin, Mitte", "count": 2},
        {"value": "Paris", "count": 2},
    ]
    notes = features["note"]["string_statistics"]["distribution"]["categorical"]["buckets"]
    assert {bucket["value"] for bucket in notes} == {'said "yes"', "x", "two\r\nlines"}


def test_constraints(files: dict[str, Any]) -> None:
    found = files["constraints"]["features"]
    domains = [feature.pop("string_constraints", {}).get("domains") for feature in found]
    assert found == [
        {
            "name": "label",
            "inferred_type": "Integral",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": True},
        },
        {
            "name": "income",
            "inferred_type": "Fractional",
            "completeness": 0.8,
            "num_constraints": {"is_non_negative": False},
        },
        {"name": "city", "inferred_type": "String", "completeness": 0.8},
        {"name": "note", "inferred_type": "String", "completeness": 0.6},
        {"name": "empty", "inferred_type": "Unknown", "completeness": 0.0},
    ]
    assert [sorted(each) if each else each for each in domains] == [
        None, None, ["Berlin, Mitte", "Paris"], ['said "yes"', "two\r\nlines", "x"], None,
    ]  # fmt: skip
    assert files["constraints"]["monitoring_config"] == {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": 0.1,
            "comparison_method": "Robust",
            "categorical_comparison_threshold": 0.1,
            "categorical_drift_method": "LInfinity",
        },
    }


def test_a_key_encrypts_the_results(client: ClientFactory, s3: Any) -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    request = baseline_request("baseline.csv", "results/secret/")
    request["ProcessingOutputConfig"]["KmsKeyId"] = key
    client("sagemaker").create_processing_job(ProcessingJobName="secret", **request)
    assert sagemaker.wait_idle(SECONDS)
    for name in ("constraints", "statistics"):
        head = s3.head_object(Bucket=BUCKET, Key=f"results/secret/{name}.json")
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("missing", None, f'No S3 objects found under S3 URL "s3://{BUCKET}/bad/missing.csv"'),
        ("empty", b"", "Job inputs had no data"),
        ("header-only", b"a,b\n", "Job inputs had no data"),
        ("binary", b"a,b\n\xff\xfe,1\n", f"s3://{BUCKET}/bad/binary.csv: the file is not UTF-8"),
        ("ragged", b"a,b\n1,2\n1,2,3\n", "row 2 has 3 values for 2 columns"),
        ("twice", b"a,b,a\n1,2,3\n", "the column 'a' is named more than once"),
        ("unclosed", b'a,b\n"1,2\n', "the file is not CSV"),
    ],
)
def test_data_that_cannot_be_used_fails_the_job_in_words(
    client: ClientFactory, s3: Any, name: str, body: bytes | None, words: str
) -> None:
    if body is not None:
        s3.put_object(Bucket=BUCKET, Key=f"bad/{name}.csv", Body=body)
    request = baseline_request(f"bad/{name}.csv", f"results/{name}")
    client("sagemaker").create_processing_job(ProcessingJobName=name, **request)
    assert sagemaker.wait_idle(SECONDS)
    job = client("sagemaker").describe_processing_job(ProcessingJobName=name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert words in job["FailureReason"]
    assert keys(s3, f"results/{name}") == []


@pytest.mark.parametrize("name", ["dataset_source", "output_path"])
def test_a_container_without_a_setting_fails_the_job_in_words(client: ClientFactory, s3: Any, name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    request = baseline_request("baseline.csv", "results/unset", Environment=environment)
    job = f"without-{name.replace('_', '-')}"
    client("sagemaker").create_processing_job(ProcessingJobName=job, **request)
    assert sagemaker.wait_idle(SECONDS)
    failed = client("sagemaker").describe_processing_job(ProcessingJobName=job)
    assert failed["FailureReason"] == f"AlgorithmError: the container's environment has no {name}."


def test_several_files_are_one_data_set(client: ClientFactory, s3: Any) -> None:
    for part, rows in (("a", "1\n2"), ("b", "3")):
        s3.put_object(Bucket=BUCKET, Key=f"parts/{part}.csv", Body=f"n\n{rows}\n")
    client("sagemaker").create_processing_job(ProcessingJobName="parts", **baseline_request("parts/", "results/parts"))
    assert sagemaker.wait_idle(SECONDS)
    statistics = read_json(s3, "results/parts/statistics.json")
    assert statistics["dataset"]["item_count"] == 3
    assert statistics["features"][0]["numerical_statistics"]["sum"] == 6


def test_a_bucket_that_refuses_the_results_fails_the_job(client: ClientFactory, s3: Any) -> None:
    request = baseline_request("baseline.csv", "results/lost")
    request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = "s3://not-there/results"
    client("sagemaker").create_processing_job(ProcessingJobName="lost", **request)
    assert sagemaker.wait_idle(SECONDS)
    assert "NoSuchBucket" in client("sagemaker").describe_processing_job(ProcessingJobName="lost")["FailureReason"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "+2", "-3", " 4"], "Integral"),
        (["1", "2.5", None], "Fractional"),
        ([".5", "1e3", "2."], "Fractional"),
        (["1", "x"], "String"),
        (["true", "false"], "String"),
        (["1-2", "e5"], "String"),
        ([None, None], "Unknown"),
    ],
)
def test_types(values: list[str | None], kind: str) -> None:
    assert baseline_dataset.inferred_type(pd.Series(values, dtype=object)) == kind


def test_a_file_without_header_has_numbered_columns() -> None:
    assert list(baseline_dataset.read_csv(b"1,2\n3,4\n", has_header=False).columns) == ["_c0", "_c1"]


def test_one_value_fills_the_last_bucket() -> None:
    statistics = baseline_statistics.statistics(baseline_dataset.read_csv(b"n\n7\n7\n", has_header=True))
    (feature,) = statistics["features"]
    buckets = feature["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert {(bucket["lower_bound"], bucket["upper_bound"]) for bucket in buckets} == {(7.0, 7.0)}
    assert [bucket["count"] for bucket in buckets] == [0] * 9 + [2]


def test_many_values_leave_a_sketch_of_limited_size() -> None:
    content = "n\n" + "\n".join(str(number) for number in range(5000))
    statistics = baseline_statistics.statistics(baseline_dataset.read_csv(content.encode(), has_header=True))
    (data,) = statistics["features"][0]["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"]
    assert (len(data), data[0], data[-1]) == (2048, 0, 4999)


def test_many_different_strings_are_no_domain() -> None:
    content = "s\n" + "\n".join(f"name-{number}" for number in range(121))
    statistics = baseline_statistics.statistics(baseline_dataset.read_csv(content.encode(), has_header=True))
    (feature,) = baseline_constraints.constraints(statistics)["features"]
    assert feature == {"name": "s", "inferred_type": "String", "completeness": 1.0}
