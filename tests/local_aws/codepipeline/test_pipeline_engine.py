# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from scripts.local_aws.codepipeline.actions import AbandonedError
from scripts.local_aws.codepipeline.engine import Engine
from tests.local_aws.waiting import SECONDS


class Flag:
    """Something to wait for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_up = False

    def up(self) -> None:
        with self._engine.changed:
            self.is_up = True
            self._engine.changed.notify_all()

    def wait(self, rest: bool = False, seconds: float = 10) -> bool:
        return self._engine.wait(lambda: self.is_up, lambda: False, seconds, rest)


@pytest.fixture
def engine() -> Engine:
    return Engine()


def test_work_keeps_the_engine_busy_until_it_is_over(engine: Engine) -> None:
    flag = Flag(engine)
    engine.spawn("test", lambda: flag.wait() and None)
    assert not engine.wait_idle(0.05)
    flag.up()
    assert engine.wait_idle(SECONDS)


def test_waiting_for_a_person_is_rest_until_the_person_answers(engine: Engine) -> None:
    answer, work = Flag(engine), Flag(engine)

    def run() -> None:
        answer.wait(rest=True)
        work.wait()

    engine.spawn("test", run)
    assert engine.wait_idle(SECONDS)
    answer.up()
    assert not engine.wait_idle(0.05)
    work.up()
    assert engine.wait_idle(SECONDS)


def test_a_wait_tells_that_its_time_is_over(engine: Engine) -> None:
    assert not Flag(engine).wait(seconds=0.01)


def test_closing_abandons_what_waits(engine: Engine) -> None:
    ended: list[type[BaseException]] = []

    def run() -> None:
        try:
            Flag(engine).wait(seconds=60)
        except AbandonedError as error:
            ended.append(type(error))

    engine.spawn("test", run)
    engine.close()
    assert ended == [AbandonedError]
