"""Stores a model as docs/fmg-format.md says: the same model always gives the same bytes."""

from __future__ import annotations

import math
import struct

import numpy as np

from .crc32c import crc32c
from .element_types import check_types
from .graph import ConvertError, Graph, Node, Tensor
from .model import Golden, Model, Pixels
from .names import assign_names, tensors_of
from .operators import OPERATORS, check_shape, complete, infer_shape, multiply_adds

MAGIC = b"\x89FMG\r\n\x1a\n"
MAJOR_VERSION = 1
ELEMENT_TYPES = {"<f4": (0, 0), "<f2": (1, 1), "u1": (2, 1), "i1": (3, 2), "<i4": (4, 2)}
"""Number and first minor version of each type that constants are stored as."""
BYTES_VERSION = 2
"""First minor version with activations in bytes."""
FIRST_VERSIONS = {"nearest_neighbours": 1, "quantize": 2, "dequantize": 2, "support_vectors": 2}
"""Operators that older minor versions do not have."""
OUTPUT_KINDS = {"scores": 0, "probabilities": 1, "logits": 2}
MAX_FILE = 2**30
MAX_TENSORS = 4096
MAX_NODES = 2048
MAX_ENTRIES = 256
MAX_GOLDEN = 64
MAX_LABEL_BYTES = 63
MAX_MULTIPLY_ADDS = 2**36
MAX_ACTIVATION_ELEMENTS = 2**28


def write(model: Model) -> bytes:
    """The bytes of the file. Raises ConvertError for what the format cannot hold."""
    check_graph(model.graph)
    if len(model.graph.output.shape) != 1:
        raise ConvertError(
            f"its output has the shape {model.graph.output.shape}; a classifier gives one score "
            "for each class: end it with Flatten or a Dense layer"
        )
    if model.graph.output.bytes is not None:
        raise ConvertError("its output is bytes; a classifier gives scores, which are floats")
    classes = model.graph.output.shape[0]
    graph, weights = _graph(model)
    sections = [(1, _metadata(model.metadata))]
    if model.labels:
        sections.append((2, _labels(model.labels, classes)))
    sections.append((3, graph))
    if weights:
        sections.append((4, weights))
    if model.golden:
        sections.append((5, _golden(model.golden, model.graph.input, classes)))
    if "nearest_neighbours" in [node.operator for node in model.graph.nodes]:
        _check_neighbours(model)
    return _file([(kind, _aligned(content)) for kind, content in sections], _minor(model.graph))


def _stored_type(tensor: Tensor) -> str:
    """The NumPy type of a tensor's elements in the file or, for an activation, in memory."""
    if tensor.value is None:
        return "<f4" if tensor.bytes is None else "u1"
    types = {np.uint8: "u1", np.float16: "<f2", np.int8: "i1", np.int32: "<i4"}
    return types.get(tensor.value.dtype.type, "<f4")


def _minor(graph: Graph) -> int:
    """The lowest minor version of the format that has all that the graph uses."""
    types = (
        BYTES_VERSION if tensor.bytes else ELEMENT_TYPES[_stored_type(tensor)][1]
        for tensor in tensors_of(graph)
    )
    operators = (FIRST_VERSIONS.get(node.operator, 0) for node in graph.nodes)
    return max(*types, *operators)


def _check_neighbours(model: Model) -> None:
    node = model.graph.nodes[0]
    if len(model.graph.nodes) > 1:
        raise ConvertError("a model of nearest neighbours can have no other layer")
    labels = node.inputs[2].value
    assert labels is not None
    if labels.max() >= node.attributes["classes"]:
        raise ConvertError(f"{node.attributes['classes']} classes, but a label {labels.max()}")
    if model.pixels not in (None, Pixels(1.0)):
        raise ConvertError(
            "nearest neighbours compare plain pixels: give --scale 1, without --mean, --std and "
            "--invert"
        )


def check_graph(graph: Graph) -> None:
    """Infers every shape again and checks the limits; names the layer that does not fit."""
    if not graph.nodes:
        raise ConvertError("the model has no layers that compute anything")
    if len(graph.nodes) > MAX_NODES or len(tensors_of(graph)) > MAX_TENSORS:
        raise ConvertError(f"the model is too large: at most {MAX_NODES} operators are possible")
    check_shape(graph.input.shape)
    known = {graph.input}
    for node in graph.nodes:
        try:
            _check_node(node, known)
        except ConvertError as error:
            raise ConvertError(f'layer "{node.output.name}" {error}') from None
        known.add(node.output)
    if sum(map(multiply_adds, graph.nodes)) > MAX_MULTIPLY_ADDS:
        raise ConvertError("the model needs more than 2^36 multiply-adds for one image")
    elements = sum(math.prod(tensor.shape) for tensor in known)
    if elements > MAX_ACTIVATION_ELEMENTS:
        raise ConvertError("its layers give more than 2^28 values for one image")
    used = {tensor for node in graph.nodes for tensor in node.inputs} | {graph.output}
    for tensor in known - used:
        raise ConvertError(f'nothing uses the tensor "{tensor.name}"')


def _check_node(node: Node, known: set[Tensor]) -> None:
    shape = infer_shape(node.operator, node.inputs, node.attributes, node.output.shape)
    if shape != node.output.shape:
        raise ConvertError(f"computes the shape {shape}, not {node.output.shape}")
    check_types(node)
    for tensor in node.inputs:
        if tensor.value is None:
            if tensor not in known:
                raise ConvertError(f'uses "{tensor.name}", which is computed later')
            continue
        if tensor.value.shape != tensor.shape:
            raise ConvertError(f'has weights "{tensor.name}" that are not {tensor.shape}')
        check_shape(tensor.shape)
        with np.errstate(over="ignore"):
            finite = np.isfinite(tensor.value.astype(np.float32)).all()
        if not finite:
            raise ConvertError(
                "has weights that are NaN, infinite or beyond single precision: "
                "the training diverged, convert an earlier checkpoint"
            )


def _aligned(content: bytes) -> bytes:
    return content + bytes(-len(content) % 64)


def _text(text: str, what: str, most: int) -> bytes:
    encoded = text.encode("utf-8", "replace")
    if len(encoded) > most or b"\0" in encoded:
        raise ConvertError(f'the {what} "{text[:80]}" is longer than {most} bytes or has a NUL')
    return encoded


def _metadata(metadata: dict[str, str]) -> bytes:
    entries = sorted(
        (_text(key, "metadata key", 63), _text(value, "metadata value", 65535))
        for key, value in metadata.items()
    )
    if len(entries) > MAX_ENTRIES or any(not key for key, _ in entries):
        raise ConvertError(f"at most {MAX_ENTRIES} metadata entries, each with a key, are possible")
    parts = [struct.pack("<I", len(entries))]
    for key, value in entries:
        parts.append(struct.pack("<II", len(key), len(value)) + key + b"\0" + value + b"\0")
    return b"".join(parts)


def _labels(labels: list[str], classes: int) -> bytes:
    if len(labels) != classes:
        raise ConvertError(
            f"{len(labels)} labels were given, but the model has {classes} classes: "
            "name each class with --labels"
        )
    parts = [struct.pack("<II", len(labels), 0)]
    for label in labels:
        encoded = _text(label, "label", MAX_LABEL_BYTES)
        if not encoded:
            raise ConvertError("a label is empty: name each class with --labels")
        parts.append(encoded.ljust(64, b"\0"))
    return b"".join(parts)


def _graph(model: Model) -> tuple[bytes, bytes]:
    graph = model.graph
    tensors, names = tensors_of(graph), assign_names(graph)
    numbers = {tensor: number for number, tensor in enumerate(tensors)}
    words = b"".join(_node(node, numbers) for node in graph.nodes)
    header = struct.pack(
        "<6I",
        len(tensors),
        len(graph.nodes),
        len(words) // 4,
        0,
        numbers[graph.output],
        OUTPUT_KINDS[model.output_kind],
    )
    records, weights = [], bytearray()
    for tensor in tensors:
        offset = size = 0
        if tensor.value is not None:
            data = np.ascontiguousarray(tensor.value, _stored_type(tensor)).tobytes()
            offset, size = len(weights), len(data)
            weights += _aligned(data)
        rank = len(tensor.shape)
        records.append(
            struct.pack(
                "<4B",
                int(tensor.value is not None),
                ELEMENT_TYPES[_stored_type(tensor)][0],
                rank,
                0,
            )
            + struct.pack("<5I", *tensor.shape, *[0] * (5 - rank))
            + struct.pack("<QQ", offset, size)
            + _meaning(tensor)
            + names[tensor].encode().ljust(64, b"\0")
        )
    return header + _pixels(model.pixels, graph.input) + b"".join(records) + words, bytes(weights)


def _meaning(tensor: Tensor) -> bytes:
    """The 24 bytes that say what the bytes of an activation mean."""
    if tensor.bytes is None:
        return bytes(24)
    return struct.pack("<fB19x", tensor.bytes.scale, tensor.bytes.zero_point)


def _pixels(pixels: Pixels | None, source: Tensor) -> bytes:
    if pixels is None:
        return struct.pack("<2If3f3fI", 0, 0, 1, 0, 0, 0, 1, 1, 1, 0)
    channels = source.shape[-1]
    if len(source.shape) != 3 or channels not in (1, 3):
        raise ConvertError(
            f"a model of pixels needs a gray or colour image as input, not {source.shape}"
        )
    mean, deviation = (
        values * channels if len(values) == 1 else values
        for values in (pixels.mean, pixels.deviation)
    )
    if len(mean) != channels or len(deviation) != channels:
        raise ConvertError(
            f"{len(mean)} means and {len(deviation)} deviations were given for {channels} "
            "channels: give --mean and --std one number, or one for each channel"
        )
    single = np.float32([pixels.scale, *mean, *deviation])
    if not np.isfinite(single).all() or single[0] == 0 or (single[1 + channels :] <= 0).any():
        raise ConvertError(
            "--scale must not be 0, --std must be above 0, and all must be finite numbers"
        )
    rest = 3 - channels
    return struct.pack(
        "<2If3f3fI",
        channels,
        int(pixels.invert),
        pixels.scale,
        *mean,
        *[0.0] * rest,
        *deviation,
        *[1.0] * rest,
        0,
    )


def _node(node: Node, numbers: dict[Tensor, int]) -> bytes:
    row = OPERATORS[node.operator]
    attributes = b""
    for key, value in complete(node.operator, node.attributes).items():
        default = row.attributes[key]
        if isinstance(default, tuple):
            attributes += struct.pack(f"<{len(value)}I", *value)
        else:
            attributes += struct.pack("<f" if isinstance(default, float) else "<I", value)
    inputs = [numbers[tensor] for tensor in node.inputs]
    first = row.number | len(inputs) << 16 | len(attributes) // 4 << 24
    return struct.pack(f"<{2 + len(inputs)}I", first, numbers[node.output], *inputs) + attributes


def _golden(golden: Golden, source: Tensor, classes: int) -> bytes:
    inputs = np.ascontiguousarray(golden.inputs, np.uint8)
    outputs = np.ascontiguousarray(golden.outputs, "<f4")
    count = len(inputs)
    fits = inputs.shape == (count, *source.shape) and outputs.shape == (count, classes)
    if not 1 <= count <= MAX_GOLDEN or not fits:
        raise ConvertError(f"1 to {MAX_GOLDEN} golden vectors of the model's shapes are possible")
    if not np.isfinite(outputs).all():
        raise ConvertError(
            "the source model answers NaN or infinity to ordinary pixels: check its weights and "
            "the pixel contract (--scale, --mean, --std)"
        )
    header = struct.pack("<3If", count, math.prod(source.shape), classes, golden.tolerance)
    return _aligned(header) + _aligned(inputs.tobytes()) + outputs.tobytes()


def _file(sections: list[tuple[int, bytes]], minor: int) -> bytes:
    offset = len(_aligned(bytes(64 + 32 * len(sections))))
    size = offset + sum(len(content) for _, content in sections)
    if size > MAX_FILE:
        raise ConvertError(f"the file would be {size} bytes; at most 1 GiB is possible")
    table = b""
    for kind, content in sections:
        table += struct.pack("<IIQQ8x", kind, crc32c(content), offset, len(content))
        offset += len(content)

    def header(checksum: int) -> bytes:
        fields = struct.pack("<HHIQII32x", MAJOR_VERSION, minor, checksum, size, len(sections), 0)
        return MAGIC + fields + table

    content = b"".join(content for _, content in sections)
    return _aligned(header(crc32c(header(0)))) + content
