"""A neural network in an ONNX file, run by onnxruntime or, without it, by OpenCV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_METADATA = 14  # of ModelProto: entries of key (1) and value (2)


class Network:
    """One network of one input and one output. `runtime` names what runs it, with its version. One thread, so that workers do not get in
    each other's way and sums come out the same on every machine of a kind."""

    def __init__(self, path: Path, *, runtime: str = "") -> None:
        self.path = path
        self.runtime, self._run = _onnxruntime(path) if runtime != "opencv" and _has_onnxruntime() else _opencv(path)

    def __call__(self, inputs: Any) -> Any:
        """Float32 in, float32 out; the batch is the first axis of both."""
        return self._run(inputs)

    def metadata(self) -> dict[str, str]:
        """The texts the file carries beside the network."""
        found = {}
        for field, value in _fields(memoryview(self.path.read_bytes())):
            if field == _METADATA:
                entry = dict(_fields(value))
                found[bytes(entry.get(1, b"")).decode()] = bytes(entry.get(2, b"")).decode()
        return found


def _has_onnxruntime() -> bool:
    from importlib.util import find_spec

    return find_spec("onnxruntime") is not None


def _onnxruntime(path: Path) -> tuple[str, Callable[[Any], Any]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return f"onnxruntime {onnxruntime.__version__}", lambda inputs: session.run(None, {name: inputs})[0]


def _opencv(path: Path) -> tuple[str, Callable[[Any], Any]]:
    import cv2

    net = cv2.dnn.readNetFromONNX(str(path))

    def run(inputs: Any) -> Any:
        net.setInput(inputs)
        return net.forward()

    return f"OpenCV {cv2.__version__}", run


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields of a protobuf message that are bytes: (number, content)."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        match key & 7:
            case 2:
                length, at = _varint(data, at)
                yield key >> 3, data[at : at + length]
                at += length
            case 0:
                _, at = _varint(data, at)
            case 1:
                at += 8
            case 5:
                at += 4
            case _:
                raise ValueError("no protobuf message")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
