# SPDX-License-Identifier: Apache-2.0
"""Addresses of REST APIs on the local AWS. Callers need neither the local AWS's modules nor moto."""

from __future__ import annotations

import re
from typing import Final

PATH: Final = "/_apis/"
"""Address at which the local AWS serves APIs: `<endpoint>/_apis/<api id>/<stage>/<path>`."""
MAIL_PATH: Final = "/_mail"
"""Address at which the local AWS shows the mails that its topics have sent: `<endpoint>/_mail`."""
_AWS_URL: Final = re.compile(
    r"^https://(?P<id>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?(?P<path>/.*)?$"
)


def local_url(url: str, endpoint_url: str) -> str:
    """Return the local form of `https://<api id>.execute-api.<region>.<suffix>/<stage>/...`; other URLs unchanged."""
    found = _AWS_URL.match(url)
    return f"{endpoint_url}{PATH}{found['id']}{found['path'] or ''}" if found else url
