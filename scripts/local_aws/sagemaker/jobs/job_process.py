# SPDX-License-Identifier: Apache-2.0
"""Process for a job's work: its memory is freed with it, and stopping the job ends it at once."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

from scripts.local_aws.processes import programs
from scripts.local_aws.processes.programs import Process
from scripts.local_aws.sagemaker.jobs.job_records import THREADS, Job, JobStoppedError

# The server's own, whatever replaces it inside Python at the moment.
_STANDARD_ERROR = 2

# Changed under `THREADS.changed`.
_running: dict[Process, Job] = {}


def run(job: Job, program: str, *arguments: str, seconds: float | None = None) -> int:
    """Run one of our programs to its end and return its exit status; its output goes to standard error.

    Raises JobStoppedError, after the process has ended, if the job was stopped, or ran longer than these seconds.
    """
    job.stop_if_told()
    with Path(os.devnull).open("rb") as nothing:
        process = programs.start(program, *arguments, stdin=nothing.fileno(), stdout=_STANDARD_ERROR)
    with THREADS.changed:
        _running[process] = job
        THREADS.changed.notify_all()
    guard = threading.Thread(target=_kill_when_told, args=(process,), name=f"guard of {job.name}", daemon=True)
    guard.start()
    try:
        status = _ended(process, seconds)
    finally:
        with THREADS.changed:
            del _running[process]
            THREADS.changed.notify_all()
        guard.join()
    job.stop_if_told()
    return status


def _ended(process: Process, seconds: float | None) -> int:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.wait()
        raise JobStoppedError from error


def running() -> list[Job]:
    """Return the jobs whose processes run now."""
    with THREADS.changed:
        return list(_running.values())


def _kill_when_told(process: Process) -> None:
    with THREADS.changed:
        THREADS.changed.wait_for(lambda: process not in _running or _running[process].told_to_stop())
        if process in _running:
            process.kill()
