"""Recognises ONNX files by their content."""

from __future__ import annotations

from ..protobuf import BROKEN, LENGTH, VARINT, fields

_IR_VERSION, _GRAPH = 1, 7
"""Fields of ModelProto in onnx.proto."""


def looks_like_onnx(content: bytes) -> bool:
    """Whether `content` is a whole ONNX ModelProto with a version and a graph.

    The outermost protobuf fields are walked first, which costs nothing and rejects nearly every
    other file; only what passes is parsed, and needs the package onnx.
    """
    found = {}
    for field in fields(content):
        if field is BROKEN:
            return False
        found[field.number] = field
    version, graph = found.get(_IR_VERSION), found.get(_GRAPH)
    if version is None or version.kind != VARINT or not version.value:
        return False
    if graph is None or graph.kind != LENGTH or not graph.value:
        return False
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError):
        return False
    return model.ir_version > 0 and model.HasField("graph")
