# SPDX-License-Identifier: Apache-2.0
"""Messages of a stream of events, as bytes on the wire.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import json
import struct
from binascii import crc32
from collections.abc import Mapping
from typing import Any, Final

CONTENT_TYPE: Final = "application/vnd.amazon.eventstream"
_TEXT: Final = 7
_PRELUDE: Final = struct.Struct("!II")
_CHECKSUM: Final = struct.Struct("!I")
_NAME: Final = struct.Struct("!B")
_VALUE: Final = struct.Struct("!BH")


def event(kind: str, payload: bytes) -> bytes:
    """An event with bytes."""
    return _message(
        {":message-type": "event", ":event-type": kind, ":content-type": "application/octet-stream"}, payload
    )


def failure(kind: str, members: Mapping[str, Any]) -> bytes:
    """An exception, which is the last message of its stream."""
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return _message(headers, json.dumps(members).encode())


def _message(headers: Mapping[str, str], payload: bytes) -> bytes:
    packed = b"".join(
        _NAME.pack(len(name)) + name.encode() + _VALUE.pack(_TEXT, len(value)) + value.encode()
        for name, value in headers.items()
    )
    checksums = 2 * _CHECKSUM.size
    prelude = _PRELUDE.pack(_PRELUDE.size + len(packed) + len(payload) + checksums, len(packed))
    checked = prelude + _CHECKSUM.pack(crc32(prelude)) + packed + payload
    return checked + _CHECKSUM.pack(crc32(checked))
