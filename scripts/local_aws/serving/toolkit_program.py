# SPDX-License-Identifier: Apache-2.0
"""Model served by a script of its own, as by SageMaker's inference toolkit.

The script has `model_fn`, `input_fn`, `predict_fn`, `output_fn`. It runs in a process of its own, in an environment
with the framework, which may be of an older Python than ours; so nothing of ours is imported here. Arguments: the
framework, the folders of the model and of the script, the script's module. What goes in and out is said in
`processes/model_process.py`.

The functions have the defaults of the framework's image, and encoders, decoders and errors are those of its server:
https://github.com/aws/sagemaker-inference-toolkit (`transformer.py`, `encoder.py`, `decoder.py`, `errors.py`),
https://github.com/aws/sagemaker-pytorch-inference-toolkit (`default_pytorch_inference_handler.py`) and, in the image
of scikit-learn, https://github.com/aws/sagemaker-scikit-learn-container (`serving.py`) with
https://github.com/aws/sagemaker-containers (`_encoders.py`, `_transformer.py`, `_worker.py`).
"""

from __future__ import annotations

import base64
import csv
import importlib
import importlib.util
import inspect
import io
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

_JSON, _CSV, _NPY, _ANY = "application/json", "text/csv", "application/x-npy", "*/*"
_TEXTS, _TYPES = [_JSON, _CSV], [_JSON, _CSV, _NPY]
_OK, _NOT_ACCEPTABLE, _UNSUPPORTED_MEDIA_TYPE, _ERROR = 200, 406, 415, 500
_DEFAULT_ACCEPT = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"
# What Flask makes of text without a type, which the image of scikit-learn passes on to it.
_TEXT_OF_FLASK = "text/html; charset=utf-8"


class BaseInferenceToolkitError(Exception):
    """Error with the HTTP status of the answer, which scripts may raise."""

    def __init__(self, status_code: int, message: str, phrase: str = "") -> None:
        super().__init__(message)
        self.status_code, self.message, self.phrase = status_code, message, phrase


class UnsupportedFormatError(BaseInferenceToolkitError):
    """Media type that neither the script nor the toolkit knows."""

    def __init__(self, content_type: str) -> None:
        super().__init__(
            _UNSUPPORTED_MEDIA_TYPE,
            f"Content type {content_type} is not supported by this framework. Please implement input_fn to to "
            "deserialize the request data or an output_fn to serialize the response.",
        )


def _from_csv(text: str) -> Any:
    return np.genfromtxt(io.StringIO(text), dtype=None, delimiter=",")


def _from_csv_as_scikit_learn(text: str) -> Any:
    return np.array(list(csv.reader(io.StringIO(text), strict=True))).squeeze()


def _to_csv(array: Any) -> str:
    stream = io.StringIO()
    np.savetxt(stream, array, delimiter=",", fmt="%s")
    return stream.getvalue()


def _to_csv_as_scikit_learn(array: Any) -> str:
    rows = np.array(array)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows.reshape(-1, 1) if rows.ndim == 1 else rows)
    return stream.getvalue()


class _Toolkit:
    """Defaults of the inference toolkit's four functions."""

    from_csv = staticmethod(_from_csv)
    to_csv = staticmethod(_to_csv)

    def decode(self, content: Any, content_type: str) -> Any:
        if content_type == _NPY:
            # An array of objects is a pickle: the model's own code could run anything as well.
            return np.load(io.BytesIO(content), allow_pickle=True)
        if content_type not in _TEXTS:
            raise UnsupportedFormatError(content_type)
        return np.array(json.loads(content)) if content_type == _JSON else self.from_csv(content)

    def encode(self, array: Any, content_type: str) -> Any:
        if content_type == _NPY:
            stream = io.BytesIO()
            np.save(stream, array)
            return stream.getvalue()
        if content_type not in _TEXTS:
            raise UnsupportedFormatError(content_type)
        return json.dumps(array, default=lambda value: value.tolist()) if content_type == _JSON else self.to_csv(array)

    def model_fn(self, model_dir: str) -> Any:
        raise NotImplementedError("Please provide a model_fn implementation.")

    def input_fn(self, content: Any, content_type: str) -> Any:
        return self.decode(content, content_type)

    def predict_fn(self, data: Any, model: Any) -> Any:
        raise NotImplementedError("Please provide a predict_fn implementation.")

    def output_fn(self, prediction: Any, accept: str) -> Any:
        return self.encode(prediction, accept), accept

    def body(self, result: Any, accept: str) -> tuple[Any, str]:
        """Return body and media type of what the script returned without one."""
        return (result if isinstance(result, (str, bytes, bytearray)) else json.dumps(result)), accept


class _ScikitLearn(_Toolkit):
    """Defaults of the image of scikit-learn."""

    from_csv = staticmethod(_from_csv_as_scikit_learn)
    to_csv = staticmethod(_to_csv_as_scikit_learn)

    def input_fn(self, content: Any, content_type: str) -> Any:
        """Decode a request's body, numbers in text as 32 bits."""
        array = self.decode(content, content_type)
        return array.astype(np.float32) if content_type in _TEXTS else array

    def predict_fn(self, data: Any, model: Any) -> Any:
        return model.predict(data)

    def body(self, result: Any, accept: str) -> tuple[Any, str]:
        """Return what Flask makes of a view's result."""
        return (json.dumps(result), _JSON) if isinstance(result, dict) else (result, _TEXT_OF_FLASK)


class _PyTorch(_Toolkit):
    """Defaults of the image of PyTorch, on a processor."""

    def model_fn(self, model_dir: str) -> Any:
        """Load the one model in TorchScript, `model.pt` if there are several."""
        torch = importlib.import_module("torch")
        files = [path for path in Path(model_dir).iterdir() if path.suffix in {".pt", ".pth"}]
        named = [path for path in files if path.name == "model.pt"] or files
        if len(named) != 1:
            raise ValueError(f"Exactly one .pth or .pt file is required for PyTorch models: {files}")
        return torch.jit.load(str(named[0]))

    def input_fn(self, content: Any, content_type: str) -> Any:
        torch = importlib.import_module("torch")
        array = self.decode(content, content_type)
        return torch.FloatTensor(array) if content_type in _TEXTS else torch.from_numpy(array)

    def predict_fn(self, data: Any, model: Any) -> Any:
        with importlib.import_module("torch").no_grad():
            model.eval()
            return model(data)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        """Encode a tensor, in the first of the accepted types that is known."""
        plain = prediction.detach().cpu().numpy().tolist() if hasattr(prediction, "detach") else prediction
        types = [part.split(";")[0].strip() for part in accept.split(",")]
        chosen = next((_JSON if part == _ANY else part for part in types if part in {*_TYPES, _ANY}), accept)
        return self.encode(plain, chosen), chosen


_FRAMEWORKS = {"scikit-learn": _ScikitLearn, "pytorch": _PyTorch}


class _Script:
    """Functions of the model's script, with the framework's defaults, and the loaded model."""

    def __init__(self, defaults: _Toolkit, module: ModuleType | None, model_dir: str) -> None:
        self._defaults = defaults
        self._context = SimpleNamespace(system_properties={"model_dir": model_dir, "gpu_id": None}, manifest={})
        self._transform = getattr(module, "transform_fn", None)
        named = [name for name in ("input_fn", "predict_fn", "output_fn") if hasattr(module, name)]
        if self._transform and named:
            raise ValueError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
        self._input, self._predict, self._output = (
            getattr(module, name, getattr(defaults, name)) for name in ("input_fn", "predict_fn", "output_fn")
        )
        self._model = self._call(getattr(module, "model_fn", defaults.model_fn), model_dir)

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function, with the context if it takes one more argument."""
        wanted = len(inspect.signature(function).parameters)
        return function(*arguments, *([self._context] if wanted == len(arguments) + 1 else []))

    def answer(self, content: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Return status, media type and body."""
        accept = os.environ.get(_DEFAULT_ACCEPT, _JSON) if accept in ("", _ANY) else accept
        content_type = content_type or _JSON
        try:
            result = self._result(content.decode() if content_type in _TEXTS else content, content_type, accept)
            body, found = result if isinstance(result, tuple) else self._defaults.body(result, accept)
            return _OK, found, bytes(body.encode() if isinstance(body, str) else body)
        except Exception as error:  # whatever the script raises is the container's answer
            status = error.status_code if isinstance(error, BaseInferenceToolkitError) else _ERROR
            return status, "text/plain", f"{error}\n{traceback.format_exc()}".encode()

    def _result(self, content: str | bytes, content_type: str, accept: str) -> Any:
        if self._transform:
            return self._call(self._transform, self._model, content, content_type, accept)
        data = self._call(self._input, content, content_type)
        prediction = self._call(self._predict, data, self._model)
        try:
            return self._call(self._output, prediction, accept)
        except UnsupportedFormatError as error:
            if isinstance(self._defaults, _ScikitLearn):
                error.status_code = _NOT_ACCEPTABLE
            raise


def offer_toolkit(defaults: _Toolkit) -> None:
    """Let scripts import what they use of `sagemaker_inference`, which the images have."""
    parts: dict[str, dict[str, Any]] = {
        "content_types": {"JSON": _JSON, "CSV": _CSV, "NPY": _NPY, "ANY": _ANY, "UTF8_TYPES": _TEXTS},
        "decoder": {"decode": defaults.decode},
        "encoder": {"encode": defaults.encode},
        "errors": {
            "BaseInferenceToolkitError": BaseInferenceToolkitError, "UnsupportedFormatError": UnsupportedFormatError,
        },
    }  # fmt: skip
    package = sys.modules["sagemaker_inference"] = ModuleType("sagemaker_inference")
    package.__path__ = []
    for name, content in parts.items():
        module = sys.modules[f"sagemaker_inference.{name}"] = ModuleType(f"sagemaker_inference.{name}")
        vars(module).update(content)
        setattr(package, name, module)


def loaded(framework: str, model_dir: str, code_dir: str, name: str) -> _Script:
    """Import the script, if it is there, and have it load the model."""
    defaults = _FRAMEWORKS[framework]()
    if importlib.util.find_spec("sagemaker_inference") is None:
        offer_toolkit(defaults)
    sys.path.insert(0, code_dir)
    # The image of scikit-learn needs a script; without one, that of PyTorch has a default for each function.
    has_script = isinstance(defaults, _ScikitLearn) or importlib.util.find_spec(name) is not None
    return _Script(defaults, importlib.import_module(name) if has_script else None, model_dir)


def requests() -> queue.SimpleQueue[dict[str, str]]:
    """Return the requests as they come in. Whoever sends them has ended when the input has: then this process ends."""
    lines: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, name="requests", daemon=True).start()
    return lines


def main() -> None:
    """Load, and answer requests."""
    # What the script prints is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def send(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    lines = requests()
    try:
        script = loaded(*sys.argv[1:])
    except BaseException as error:  # sys.exit in a script, too
        traceback.print_exc()
        send({"failed": traceback.format_exception_only(type(error), error)[-1].strip()})
        os._exit(1)
    send({"ready": True})
    while True:
        asked = lines.get()
        content = base64.b64decode(asked["body"])
        status, content_type, body = script.answer(content, asked["content_type"], asked["accept"])
        send({"status": status, "content_type": content_type, "body": base64.b64encode(body).decode()})


if __name__ == "__main__":
    main()
