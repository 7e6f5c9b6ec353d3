"""Protobuf messages, which have no signature but fields of known numbers and types."""

from __future__ import annotations

import re

from ..protobuf import BROKEN, LENGTH, VARINT, Field, fields
from .kind import EXPORT_ONNX, EXPORT_TF, GIVE_SOURCE, Kind

_NAME = re.compile(rb"[\x20-\x7e]{1,200}")
_OPERATION = re.compile(rb"[A-Z_][A-Za-z0-9_]{1,60}")
_MOST = 10_000
_GRAPH = Kind("a TensorFlow graph (GraphDef)", EXPORT_TF, (".pb",))


def message_kind(content: bytes) -> Kind | None:
    """What a protobuf message is; None if it is none that is known."""
    outer = []
    for field in fields(content):
        outer.append(field)
        if len(outer) == _MOST:
            break
    if outer[-1] is BROKEN:
        return _broken_onnx(content, outer[:-1])
    first = outer[0]
    if first.number == 1 and first.kind == VARINT:
        if any(200 <= field.number <= 3999 and field.kind == LENGTH for field in outer):
            return Kind("a Core ML model", GIVE_SOURCE, (".mlmodel",))
        second = [field for field in outer[1:2] if (field.number, field.kind) == (2, LENGTH)]
        if second and _is_meta_graph(content, second[0]):
            return Kind(
                "the graph of a TensorFlow SavedModel, without its variables",
                f"give the folder that it stands in, or {EXPORT_TF}",
                (".pb",),
            )
    if _is_graph(content, outer):
        return _GRAPH
    if _is_meta_graph(content, Field(0, LENGTH, 0, 0, len(content))):
        return Kind("the graph of a TensorFlow checkpoint, without its weights", EXPORT_TF)
    if _is_caffe(content, outer):
        return Kind("a Caffe model", EXPORT_ONNX, (".caffemodel",))
    return None


def _inside(content: bytes, field: Field) -> list[Field]:
    """The fields within a field; none if these are not a message."""
    found = list(fields(content, field.start, field.end))
    return [] if BROKEN in found else found


def _is_node(content: bytes, field: Field) -> bool:
    """Whether a field is a NodeDef: name, operation."""
    inner = _inside(content, field)[:2]
    return (
        [(one.number, one.kind) for one in inner] == [(1, LENGTH), (2, LENGTH)]
        and _NAME.fullmatch(content[inner[0].start : inner[0].end]) is not None
        and _OPERATION.fullmatch(content[inner[1].start : inner[1].end]) is not None
    )


def _is_graph(content: bytes, outer: list[Field]) -> bool:
    """Whether these are the fields of a GraphDef: nodes, library, versions."""
    numbers = {(field.number, field.kind) for field in outer}
    known = {(1, LENGTH), (2, LENGTH), (3, VARINT), (4, LENGTH)}
    nodes = [field for field in outer if field.number == 1]
    return bool(nodes) and numbers <= known and all(_is_node(content, one) for one in nodes[:3])


def _is_meta_graph(content: bytes, field: Field) -> bool:
    """Whether a field is a MetaGraphDef, whose field 2 is a graph."""
    inner = _inside(content, field)
    graphs = [one for one in inner if (one.number, one.kind) == (2, LENGTH)]
    return bool(graphs) and _is_graph(content, _inside(content, graphs[0]))


def _is_caffe(content: bytes, outer: list[Field]) -> bool:
    """Whether these are the fields of a NetParameter: a name, and layers as 100 or, before, 2."""
    layers = [
        field for field in outer if (field.number, field.kind) in ((100, LENGTH), (2, LENGTH))
    ]
    first = outer[0]
    named = (first.number, first.kind) == (1, LENGTH)
    if not named or len(layers) < 2:
        return False
    parts = [_inside(content, layer) for layer in layers[:3]]
    text = content[first.start : first.end]
    return (not text or _NAME.fullmatch(text) is not None) and all(parts)


def _broken_onnx(content: bytes, outer: list[Field]) -> Kind | None:
    """An ONNX file that ends too early: version, who made it, and a graph that is cut off."""
    if len(outer) < 2 or (outer[0].number, outer[0].kind) != (1, VARINT):
        return None
    maker = outer[1]
    named = (maker.number, maker.kind) == (2, LENGTH) and maker.end > maker.start
    if not 1 <= outer[0].value <= 100 or not named:
        return None
    if not _NAME.fullmatch(content[maker.start : maker.end]):
        return None
    return Kind("a damaged ONNX file", "copy it again from its origin", (".onnx",))
