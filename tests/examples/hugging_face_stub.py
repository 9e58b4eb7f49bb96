# SPDX-License-Identifier: Apache-2.0
"""Hugging Face's API for Inference Endpoints, as far as one endpoint's life goes: it checks each call and plays states.

https://huggingface.co/docs/huggingface_hub/package_reference/inference_endpoints, and the calls that this client makes
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

TOKEN: Final = "hf_PlantedTokenOfTheTests"
_BEGINNING: Final = "/v2/endpoint/"
_COMPUTE: Final = {"accelerator", "instanceType", "instanceSize", "scaling"}
_MODEL: Final = {"repository", "revision", "framework", "task", "image"}
_CREATED: Final = {"name", "type", "provider", "compute", "model"}
_Answer = tuple[HTTPStatus, Any]


@dataclass
class Stub:
    """What Hugging Face has, and what it was asked; `refuses` and `ends_in` make it behave badly."""

    url: str = ""
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refuses: str = ""
    ends_in: str = "running"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, headers: Any, content: bytes) -> _Answer:
        """Check a call and carry it out; what is wrong with it is kept for the test."""
        with self.lock:
            self.calls.append((method, path))
            problems = list(_problems(method, path, headers, content))
            if problems:
                self.problems += [f"{method} {path}: {problem}" for problem in problems]
                return HTTPStatus.BAD_REQUEST, {"error": "; ".join(problems)}
            place = path.removeprefix(_BEGINNING)
            return getattr(self, f"_{method.lower()}")(place, json.loads(content or b"{}"))  # type: ignore[no-any-return]

    def _post(self, namespace: str, body: dict[str, Any]) -> _Answer:
        if self.refuses:
            return HTTPStatus.BAD_REQUEST, {"error": self.refuses}
        place = f"{namespace}/{body['name']}"
        if place in self.endpoints:
            return HTTPStatus.CONFLICT, {"error": "name is taken"}
        self.endpoints[place] = {**body, "status": {"state": "pending", "message": ""}}
        return HTTPStatus.ACCEPTED, self.endpoints[place]

    def _get(self, place: str, _: dict[str, Any]) -> _Answer:
        """Each look finds the endpoint one step further."""
        endpoint = self.endpoints.get(place)
        if endpoint is None:
            return HTTPStatus.NOT_FOUND, {"error": "not found"}
        shown = json.loads(json.dumps(endpoint))
        state = endpoint["status"]["state"]
        if state == "pending":
            endpoint["status"] = {"state": "initializing", "message": "pulling"}
        elif state in ("initializing", "updating"):
            url = {"url": f"https://{place.split('/')[1]}.us-east-1.aws.endpoints.huggingface.cloud"}
            endpoint["status"] = {"state": self.ends_in, "message": "out of memory", **url}
        return HTTPStatus.OK, shown

    def _put(self, place: str, body: dict[str, Any]) -> _Answer:
        if place not in self.endpoints:
            return HTTPStatus.NOT_FOUND, {"error": "not found"}
        self.endpoints[place] |= {**body, "status": {"state": "updating"}}
        return HTTPStatus.OK, self.endpoints[place]

    def _delete(self, place: str, _: dict[str, Any]) -> _Answer:
        found = self.endpoints.pop(place, None)
        return (HTTPStatus.NOT_FOUND, {"error": "not found"}) if found is None else (HTTPStatus.ACCEPTED, None)


def _problems(method: str, path: str, headers: Any, content: bytes) -> Iterator[str]:
    """What Hugging Face would not take."""
    if headers.get("Authorization") != f"Bearer {TOKEN}":
        yield "no token, or another one"
    parts = path.removeprefix(_BEGINNING).split("/")
    if not path.startswith(_BEGINNING) or len(parts) != (1 if method == "POST" else 2) or "" in parts:
        yield "no such path"
    if method in {"POST", "PUT"}:
        yield from _problems_of_body(method, headers, content)
    elif content:
        yield "a body where none belongs"


def _problems_of_body(method: str, headers: Any, content: bytes) -> Iterator[str]:
    if headers.get("Content-Type") != "application/json":
        yield "a body that is not said to be JSON"
    body = json.loads(content)
    wanted = _CREATED if method == "POST" else {"compute", "model"}
    if body.keys() != wanted:
        yield f"keys {sorted(body)}, not {sorted(wanted)}"
        return
    if method == "POST" and (len(body["name"]) > 32 or body["provider"].keys() != {"vendor", "region"}):
        yield "a name of more than 32 characters, or no cloud"
    scaling = body["compute"].get("scaling", {})
    if body["compute"].keys() != _COMPUTE or not all(type(value) is int for value in scaling.values()):
        yield f"compute {body['compute']}"
    if body["model"].keys() != _MODEL or body["model"]["image"] != {"huggingface": {}}:
        yield f"model {body['model']}"


@contextmanager
def running() -> Iterator[Stub]:
    """The stub, listening at `url` on this machine."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = stub.answer(self.command, self.path, self.headers, content)
            answer = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = _do

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_port}/v2"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
