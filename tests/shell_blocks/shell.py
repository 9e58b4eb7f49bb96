# SPDX-License-Identifier: Apache-2.0
"""One shell for the commands of a page: an empty folder, an empty home, and what the page says that one has."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.end_to_end.waiting import LONGEST_SECONDS
from tests.shell_blocks import aws_command
from tests.shell_blocks.blocks import ROOT, Command, Request

_BIN: Final = Path(sys.executable).parent
MLOPS: Final = _BIN / "mlops"
_MARK: Final = "\x01"
# `make` only says what it would do: each target has tests of its own. `mlops local` stays in the foreground, so it has
# a terminal of its own, and the environment that it prints is taken over here.
_PREAMBLE: Final = f"""
make() {{ command make --dry-run --directory={shlex.quote(str(ROOT))} "$@" > make.log; }}
# The `aws` command finds no local AWS by itself.
told() {{ [ ! -f local.log ] || eval "$(grep '^export ' local.log)"; }}
aws() {{ ( told; command aws "$@" ); }}
mlops() {{
  if [ "$1" != local ]; then command mlops "$@"; return; fi
  command mlops "$@" > local.log 2>&1 < /dev/null & running=$!
  for _ in $(seq 1200); do
    if grep -q 'Ctrl-C ends' local.log; then [ -n "$TERMINAL" ] || told; return 0; fi
    kill -0 "$running" || {{ cat local.log; return 1; }}
    sleep 0.1
  done
  return 1
}}
trap '[ -z "$running" ] || {{ kill "$running"; wait "$running"; }}' EXIT
output() {{
  told
  {sys.executable} -c 'import boto3, sys
stack, = boto3.client("cloudformation").describe_stacks(StackName="mlops-orchestrator")["Stacks"]
print(*(one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == sys.argv[1]))' "$1"
}}
"""
_ANSWERS: Final = b"y\n" * 40


@dataclass(frozen=True)
class Told:
    """A command that has ended."""

    command: Command
    status: int
    output: str

    @property
    def problem(self) -> str:
        """Why it did not do what the page says; empty if it did."""
        if self.status:
            return f"{self.command.place}: `{self.command.text}` ended with {self.status}:\n{self.output}"
        missing = [line for line in self.command.output if not _shown(line).search(self.output)]
        return f"{self.command.place}: not in its output: {missing}\n{self.output}" if missing else ""


@dataclass(frozen=True)
class Shell:
    """A shell in a folder."""

    folder: Path
    environment: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
    """What stands for something else on the page, such as ASSETS-BUCKET, and what somebody types for it."""
    program: Path | None = MLOPS
    """`mlops` on the path; None where the page says how it gets there."""
    is_terminal: bool = False
    """Whether the commands write to a terminal, too, as a person sees them."""

    def run(self, steps: Sequence[Command | Request]) -> list[Told]:
        """Run a page's commands one after the other. Every question is answered with yes."""
        self._prepare()
        (self.folder / "script").write_text(_PREAMBLE + "".join(self._lines(steps)))
        person, terminal = pty.openpty()
        _set_up(terminal)
        os.write(person, b"" if self.is_terminal else _ANSWERS)
        written = terminal if self.is_terminal else subprocess.PIPE
        with os.fdopen(person, "rb", buffering=0) as screen:
            process = subprocess.Popen(
                ["bash", "script"],
                cwd=self.folder,
                env=self._variables(),
                stdin=terminal,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
            os.close(terminal)
            output = b"".join(_read(screen if self.is_terminal else process.stdout))
            process.wait(LONGEST_SECONDS)
        return list(_ended([step for step in steps if isinstance(step, Command)], output.decode()))

    def _prepare(self) -> None:
        tools = self.folder / ".tools"
        tools.mkdir()
        for name in ("home", "tmp"):
            (tools / name).mkdir()
        (tools / "aws").write_text(f'#!/bin/sh\nexec {sys.executable} {aws_command.__file__} "$@"\n')
        (tools / "aws").chmod(0o755)
        if self.program:
            (tools / "mlops").symlink_to(self.program)
        (self.folder / ".venv").symlink_to(_BIN.parent)

    def _variables(self) -> dict[str, str]:
        tools = self.folder / ".tools"
        return {
            "PATH": f"{tools}{os.pathsep}{os.defpath}",
            "HOME": str(tools / "home"),
            "TMPDIR": str(tools / "tmp"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "MLOPS_CACHE": os.environ.get("MLOPS_CACHE", str(Path.home() / ".cache" / "mlops-workload-orchestrator")),
            # In a folder where it runs, `mlops` needs no environment.
            "TERMINAL": "yes" if self.is_terminal else "",
            **self.environment,
        }

    def _lines(self, steps: Iterable[Command | Request]) -> Iterator[str]:
        starter = "request.json"
        for step in steps:
            if isinstance(step, Request):
                yield f"cat > {starter} <<'END'\n{step.text}END\n"
                continue
            starter = step.starter or starter
            text = step.text
            for word, meant in self.words.items():
                text = text.replace(word, meant)
            yield f"{{ {text}\n}}\nprintf '{_MARK}%s{_MARK}' $?\n"


def _set_up(terminal: int) -> None:
    """Give a terminal its size, and have it not show what is typed."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    attributes = termios.tcgetattr(terminal)
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)


def _read(stream: Any) -> Iterator[bytes]:
    """What is written until nobody has the stream open any more, which a terminal tells by an error."""
    with suppress(OSError):
        while content := stream.read(4096):
            yield content


def _ended(commands: Sequence[Command], output: str) -> Iterator[Told]:
    parts = output.split(_MARK)
    assert len(parts) == 2 * len(commands) + 1, f"the shell ended early:\n{output}"
    for command, said, status in zip(commands, parts[::2], parts[1::2], strict=False):
        yield Told(command, int(status), said)


def _shown(line: str) -> re.Pattern[str]:
    """A line of a page as a pattern: `...` stands for anything."""
    return re.compile(".*".join(map(re.escape, line.strip().split("..."))))
