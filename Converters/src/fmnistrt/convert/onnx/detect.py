"""Recognises ONNX files by their content."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from google.protobuf.message import DecodeError

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_IR_VERSION = onnx.ModelProto.IR_VERSION_FIELD_NUMBER
_GRAPH = onnx.ModelProto.GRAPH_FIELD_NUMBER


def looks_like_onnx(content: bytes) -> bool:
    """Whether `content` is a whole ONNX ModelProto with a version and a graph.

    The outermost protobuf fields are walked first, which costs nothing and rejects nearly every
    other file; only what passes is parsed.
    """
    found = {}
    for field, kind, value in _fields(content):
        if field in (_IR_VERSION, _GRAPH):
            found[field] = kind, value
        elif field == 0:
            return False
    if found.get(_IR_VERSION, (LENGTH, 0))[0] != VARINT or not found[_IR_VERSION][1]:
        return False
    if found.get(_GRAPH, (VARINT, 0))[0] != LENGTH or not found[_GRAPH][1]:
        return False
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError):
        return False
    return model.ir_version > 0 and model.HasField("graph")


def _fields(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Number, wire type and value (or length) of each field; (0, 0, 0) where one is malformed."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        number, kind = tag >> 3, tag & 7
        value = 0
        if kind in (VARINT, LENGTH):
            value, at = _varint(content, at)
        if kind == LENGTH:
            at += value
        elif kind in (FIXED64, FIXED32):
            at += 8 if kind == FIXED64 else 4
        elif kind != VARINT:
            number = 0
        if at > len(content) or number == 0:
            yield 0, 0, 0
            return
        yield number, kind, value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; an end beyond the content if it is cut off or too long."""
    value = 0
    for index, byte in enumerate(content[at : at + 10]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    return 0, len(content) + 1
