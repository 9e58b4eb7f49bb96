# SPDX-License-Identifier: Apache-2.0

import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import xgboost

from scripts.local_aws.processes import model_process
from scripts.local_aws.processes.model_process import HostError
from scripts.local_aws.xgboost.xgboost_host import XgboostHost, XgboostImage, xgboost_image

NEW, OLD = XgboostImage((1, 7, 1)), XgboostImage((0, 90, 2))
ROWS = np.random.default_rng(7).random((60, 4))
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"

HostFactory = Callable[..., XgboostHost]


def train(objective: str = "binary:logistic", **parameters: object) -> xgboost.Booster:
    labels = (ROWS[:, 0] * 3).astype(int) if objective.startswith("multi") else (ROWS[:, 0] > 0.5).astype(int)
    return xgboost.train({"objective": objective, "nthread": 1, **parameters}, xgboost.DMatrix(ROWS, labels), 5)


def csv_of(rows: np.ndarray) -> bytes:
    return "\n".join(",".join(str(cell) for cell in row) for row in rows.tolist()).encode()


@pytest.fixture(scope="module")
def booster() -> xgboost.Booster:
    return train()


@pytest.fixture(scope="module")
def host(booster: xgboost.Booster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[XgboostHost]:
    directory = tmp_path_factory.mktemp("model")
    booster.save_model(directory / "xgboost-model.json")
    host = XgboostHost(directory, NEW)
    yield host
    host.stop()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[HostFactory]:
    def start(model: xgboost.Booster | bytes, image: XgboostImage = NEW, name: str = "xgboost-model") -> XgboostHost:
        content = model if isinstance(model, bytes) else bytes(model.save_raw("ubj"))
        (tmp_path / name).write_bytes(content)
        return XgboostHost(tmp_path, image)

    before = set(model_process.running())
    yield start
    for host in set(model_process.running()) - before:
        host.stop()


def test_csv_gives_one_prediction_per_line_equal_to_the_model(host: XgboostHost, booster: xgboost.Booster) -> None:
    answer = host.predict(csv_of(ROWS[:3]), "text/csv; charset=utf-8", "*/*")
    assert (answer.status, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert answer.body.endswith(b"\n")
    expected = booster.predict(xgboost.DMatrix(ROWS[:3])).tolist()
    assert [float(line) for line in answer.body.decode().splitlines()] == expected


def test_images_before_1_2_2_separate_predictions_by_commas(started: HostFactory, booster: xgboost.Booster) -> None:
    answer = started(booster, OLD).predict(csv_of(ROWS[:3]), "text/csv", "application/json")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert [float(value) for value in answer.body.decode().split(",")] == (
        booster.predict(xgboost.DMatrix(ROWS[:3])).tolist()
    )


def test_json_is_answered_when_accepted(host: XgboostHost, booster: xgboost.Booster) -> None:
    answer = host.predict(csv_of(ROWS[:2]), "text/csv", "application/json")
    assert answer.content_type == "application/json"
    expected = booster.predict(xgboost.DMatrix(ROWS[:2])).tolist()
    assert json.loads(answer.body) == {"predictions": [{"score": score} for score in expected]}


def test_libsvm_leaves_out_what_is_missing(host: XgboostHost, booster: xgboost.Booster) -> None:
    sparse = host.predict(b"0:0.9 3:0.25\n1:0.5", "text/libsvm", "")
    missing = np.array([[0.9, np.nan, np.nan, 0.25], [np.nan, 0.5, np.nan, np.nan]])
    assert [float(line) for line in sparse.body.split()] == booster.predict(xgboost.DMatrix(missing)).tolist()
    assert host.predict(b"0.9,,,0.25", "text/csv", "").body.split() == sparse.body.split()[:1]


def test_softprob_gives_a_list_per_row_and_softmax_a_label(started: HostFactory) -> None:
    probabilities = started(train("multi:softprob", num_class=3)).predict(csv_of(ROWS[:2]), "text/csv", "")
    rows = [json.loads(line) for line in probabilities.body.decode().splitlines()]
    assert [len(row) for row in rows] == [3, 3]
    assert [sum(row) for row in rows] == pytest.approx([1, 1])
    labels = started(train("multi:softmax", num_class=3)).predict(csv_of(ROWS[:2]), "text/csv", "")
    assert [float(line) for line in labels.body.split()] == [float(np.argmax(row)) for row in rows]


def test_a_model_that_stopped_early_predicts_with_its_best_round(
    started: HostFactory, booster: xgboost.Booster
) -> None:
    stopped = booster.copy()
    stopped.set_attr(best_iteration="1")
    answer = started(stopped).predict(csv_of(ROWS[:4]), "text/csv", "")
    best = booster.predict(xgboost.DMatrix(ROWS[:4]), iteration_range=(0, 2)).tolist()
    assert [float(line) for line in answer.body.split()] == best
    assert best != booster.predict(xgboost.DMatrix(ROWS[:4])).tolist()


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        (b"1,2,3,4,5", "text/csv", 400, "Feature size of csv inference data 5 is not consistent with feature size"),
        (b"1,2", "text/csv", 400, "Feature size of csv inference data 2 is not consistent with feature size"),
        (b"9999999999:1", "text/libsvm", 400, "Feature size of libsvm inference data 10000000000 is larger than"),
        (b"a,b,c,d", "text/csv", 415, "please ensure data is in csv format"),
        (b"1,2,3,4\n1,2,3", "text/csv", 415, "please ensure data is in csv format"),
        (b"1,2,\xff,4", "text/csv", 415, "please ensure data is in csv format"),
        (b"", "text/csv", 415, "please ensure data is in csv format"),
        (b"one:2", "text/libsvm", 415, "please ensure data is in libsvm format"),
        (b"-1:2", "text/libsvm", 415, "please ensure data is in libsvm format"),
        (b"{}", "application/json", 415, "application/json is not an accepted ContentType: csv, libsvm"),
        (b"x", "application/x-recordio-protobuf", 415, "does not read application/x-recordio-protobuf: send text/csv"),
    ],
)
def test_what_the_image_refuses_and_its_words(
    host: XgboostHost, body: bytes, content_type: str, status: int, words: str
) -> None:
    answer = host.predict(body, content_type, "")
    assert answer.status == status
    assert words in answer.body.decode()
    assert host.predict(csv_of(ROWS[:1]), "text/csv", "").status == 200


def test_an_answer_in_another_format_is_refused(host: XgboostHost) -> None:
    answer = host.predict(b"1,2,3,4", "text/csv", "image/png")
    assert answer.status == 406
    assert "Accept type image/png is not supported" in answer.body.decode()


def test_several_files_are_an_ensemble(started: HostFactory, booster: xgboost.Booster) -> None:
    other = train(max_depth=1)
    started(booster, name="a").stop()
    answer = started(other, name="b").predict(csv_of(ROWS[:2]), "text/csv", "")
    data = xgboost.DMatrix(ROWS[:2])
    mean = np.mean([booster.predict(data), other.predict(data)], axis=0).tolist()
    assert [float(line) for line in answer.body.split()] == mean


def test_pickles_are_opened_for_the_images_that_use_them_only(started: HostFactory, booster: xgboost.Booster) -> None:
    pickled = pickle.dumps(booster)
    assert started(pickled, OLD).predict(csv_of(ROWS[:1]), "text/csv", "").status == 200
    with pytest.raises(HostError, match="is not an XGBoost model in JSON or UBJSON"):
        started(pickled, NEW)


def test_a_file_that_is_no_model_is_named(started: HostFactory) -> None:
    with pytest.raises(HostError, match="'xgboost-model' is neither an XGBoost model nor a pickle"):
        started(b"\x8cnot a model", OLD)


def test_the_old_binary_format_is_refused_in_words(started: HostFactory) -> None:
    with pytest.raises(HostError, match=r"old binary format.*save_model\('xgboost-model.json'\)"):
        started(b"binf" + b"\x8c" * 200)


def test_an_empty_archive_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="holds no model file"):
        XgboostHost(tmp_path, NEW)


def test_the_process_ends_with_the_host(started: HostFactory, booster: xgboost.Booster) -> None:
    host = started(booster)
    assert Path(f"/proc/{host.pid}").exists() or sys.platform != "linux"
    host.stop()
    assert not Path(f"/proc/{host.pid}").exists()
    with pytest.raises(HostError, match="has ended with status"):
        host.predict(b"1,2,3,4", "text/csv", "")


@pytest.mark.parametrize(
    ("uri", "version"),
    [
        (f"{REGISTRY}/sagemaker-xgboost:1.7-1", (1, 7, 1)),
        (f"{REGISTRY}/sagemaker-xgboost:0.90-2-cpu-py3", (0, 90, 2)),
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", (0, 72, 1)),
        ("450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:1.3-1", (1, 3, 1)),
        (f"{REGISTRY}/sagemaker-scikit-learn:1.2-1", None),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/my-xgboost:1.7-1", None),
        ("", None),
    ],
)
def test_images_are_known_by_their_repository(uri: str, version: tuple[int, int, int] | None) -> None:
    image = xgboost_image(uri)
    assert (image.version if image else None) == version
