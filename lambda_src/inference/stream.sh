#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Wrapper of the runtime (AWS_LAMBDA_EXEC_WRAPPER): run our client of the Runtime API, which streams, in place of the
# managed one. Lambda gives the path of the interpreter and the arguments of its own start.
# Unbuffered: what an invocation prints is in the log before the process is frozen.
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
exec "$1" -u "$LAMBDA_TASK_ROOT/streaming.py"
