# SPDX-License-Identifier: Apache-2.0
"""Our own programs run in processes of their own, which one process forks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.local_aws.processes import programs
from scripts.local_aws.processes.programs import Process
from tests.local_aws.deploying import alive
from tests.local_aws.waiting import SECONDS, eventually

Training = Callable[[int], Process]
# The new process comes to its first step when its parent has ended.
_QUICK_END = """
import os, signal, socket, time
from scripts.local_aws.processes import program_server

def first_step(descriptor):
    while os.getppid() == parent:
        time.sleep(0.01)

if os.fork():
    os.wait()
    raise SystemExit
parent = os.getpid()
signal.set_wakeup_fd = first_step
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
if program_server.start(theirs, set(), []):
    print("the parent ends", flush=True)
    os._exit(0)
print("the run goes on")
"""


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    """`training(rounds)` starts a training job on two rows."""
    begun: list[Process] = []

    def start(rounds: int) -> Process:
        folder = tmp_path / str(len(begun))
        (folder / "train").mkdir(parents=True)
        (folder / "train/rows.csv").write_text("1,0.5\n0,0.25\n")
        job = {"content_type": "csv", "rounds": rounds, "early_stopping_rounds": None, "metrics": [], "parameters": {}}
        (folder / "job.json").write_text(json.dumps(job))
        begun.append(run(folder))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait(SECONDS)


def run(folder: Path) -> Process:
    with Path(os.devnull).open("r+b") as nothing:
        return programs.start("training_program", str(folder), stdin=nothing.fileno(), stdout=nothing.fileno())


def parent(process: Process) -> int:
    return int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_program_runs_to_its_end_and_tells_its_status(
    training: Training, tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    done, failed = training(1), run(tmp_path / "nowhere")
    assert (done.wait(SECONDS), failed.wait(SECONDS)) == (0, 1)
    assert (done.poll(), failed.poll()) == (0, 1)
    assert json.loads((tmp_path / "0/result.json").read_text())["metrics"].keys() == {"train:rmse"}


def test_runs_have_one_parent_that_has_imported_what_they_need(training: Training) -> None:
    first, second = training(100_000_000), training(100_000_000)
    assert parent(first) == parent(second) != os.getpid()
    # Each has a session of its own, a moment after it was forked.
    eventually(lambda: [os.getsid(run.pid) for run in (first, second)] == [first.pid, second.pid])


def test_a_run_can_be_killed_and_others_go_on(training: Training) -> None:
    killed, other = training(100_000_000), training(100_000_000)
    with pytest.raises(subprocess.TimeoutExpired):
        killed.wait(0)
    killed.kill()
    assert (killed.wait(SECONDS), killed.poll(), other.poll()) == (-signal.SIGKILL, -signal.SIGKILL, None)
    killed.kill()
    assert not alive(killed.pid)


def test_when_the_parent_is_gone_its_runs_count_as_ended_and_new_ones_get_another(training: Training) -> None:
    lost = training(100_000_000)
    os.kill(parent(lost), signal.SIGKILL)
    assert lost.wait(SECONDS) == -signal.SIGKILL
    assert training(1).wait(SECONDS) == 0


def test_a_run_ends_also_when_its_parent_is_gone_before_it_begins() -> None:
    done = subprocess.run([sys.executable, "-c", _QUICK_END], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("the parent ends\n", "")


def test_stopping_leaves_no_process(training: Training) -> None:
    process = training(100_000_000)
    server = parent(process)
    programs.stop()
    assert process.wait(SECONDS) == -signal.SIGKILL
    assert not alive(server)
    programs.stop()
