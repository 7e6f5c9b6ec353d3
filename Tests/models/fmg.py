"""Writes .fmg files straight from docs/fmg-format.md, sharing no code with the converter.

Every value a file consists of can be overridden, so that hostile files are made the same way.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

MAGIC = b"\x89FMG\r\n\x1a\n"
META, LABL, GRPH, WGTS, GOLD = range(1, 6)

OPERATORS = {
    "conv2d": 1,
    "dense": 2,
    "max_pool": 3,
    "average_pool": 4,
    "global_max_pool": 5,
    "global_average_pool": 6,
    "scale_shift": 7,
    "activation": 8,
    "softmax": 9,
    "binary": 10,
    "concatenate": 11,
    "reshape": 12,
    "pad": 13,
    "transpose": 14,
    "nearest_neighbours": 15,
    "quantize": 16,
    "dequantize": 17,
    "support_vectors": 18,
}

TYPES = {"f4": 0, "f2": 1, "u1": 2, "i1": 3, "i4": 4}
"""Number of each element type by its name in NumPy."""


def _crc_table() -> list[int]:
    table = []
    for entry in range(256):
        for _ in range(8):
            entry = (entry >> 1) ^ (0x82F63B78 if entry & 1 else 0)
        table.append(entry)
    return table


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """CRC-32C, a byte at a time."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def padded(data: bytes) -> bytes:
    """`data` and zero bytes up to a multiple of 64."""
    return data + bytes(-len(data) % 64)


@dataclass
class Tensor:
    """One tensor record; `value` makes it a constant, `quantisation` (scale, zero point) bytes."""

    name: str
    shape: tuple[int, ...]
    value: np.ndarray | None = None
    quantisation: tuple[float, int] | None = None
    override: dict[str, object] = field(default_factory=dict)

    @property
    def type(self) -> int:
        """Number of the element type: of constants by their dtype, all other dtypes are f32."""
        if self.value is None:
            return 0 if self.quantisation is None else 2
        return TYPES.get(self.value.dtype.str[1:], 0)

    @property
    def minor(self) -> int:
        """First minor version that has it."""
        if self.quantisation is not None:
            return 2
        return (0, 1, 1, 2, 2)[self.type]


@dataclass
class Node:
    """One node; attributes are ints (u32) or floats (f32), in the order of the specification."""

    operator: str | int
    inputs: list[str]
    output: str
    attributes: list[int | float] = field(default_factory=list)


@dataclass
class Model:
    """Everything a file holds."""

    tensors: list[Tensor]
    nodes: list[Node]
    output_kind: int = 1
    channels: int = 1
    invert: int = 0
    scale: float = 255.0
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    metadata: dict[str, str] = field(default_factory=dict)
    labels: list[str] | None = None
    golden: tuple[np.ndarray, np.ndarray, float] | None = None


def _name(text: str) -> bytes:
    return text.encode().ljust(64, b"\0")


def metadata_section(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Section META."""
    content = struct.pack("<I", len(entries))
    for key, value in entries:
        content += struct.pack("<II", len(key), len(value)) + key + b"\0" + value + b"\0"
    return content


def label_section(labels: list[str]) -> bytes:
    """Section LABL."""
    return struct.pack("<II", len(labels), 0) + b"".join(_name(label) for label in labels)


def stored(value: np.ndarray) -> bytes:
    """The elements of a constant: what is no type of the format is written as f32."""
    kind = value.dtype.str[1:]
    return value.astype("<" + (kind if kind in TYPES else "f4")).tobytes()


def quantisation_bytes(quantisation: tuple[float, int] | None) -> bytes:
    """24 bytes: scale and zero point of an activation of bytes."""
    return bytes(24) if quantisation is None else struct.pack("<fB19x", *quantisation)


def tensor_record(tensor: Tensor, offset: int) -> bytes:
    """The 128 bytes of one tensor."""
    values = {
        "role": 0 if tensor.value is None else 1,
        "type": tensor.type,
        "rank": len(tensor.shape),
        "reserved": 0,
        "shape": tuple(tensor.shape) + (0,) * (4 - len(tensor.shape)),
        "reserved2": 0,
        "offset": 0 if tensor.value is None else offset,
        "size": 0 if tensor.value is None else len(stored(tensor.value)),
        "quantisation": quantisation_bytes(tensor.quantisation),
        "name": _name(tensor.name),
    } | tensor.override
    return struct.pack(
        "<4B4IIQQ24s64s",
        *(values[key] for key in ("role", "type", "rank", "reserved")),
        *values["shape"],
        *(values[key] for key in ("reserved2", "offset", "size", "quantisation", "name")),
    )


def node_words(node: Node, index: dict[str, int]) -> bytes:
    """The words of one node."""
    operator = OPERATORS[node.operator] if isinstance(node.operator, str) else node.operator
    head = operator | len(node.inputs) << 16 | len(node.attributes) << 24
    words = struct.pack("<II", head, index[node.output])
    for name in node.inputs:
        words += struct.pack("<I", index[name])
    for attribute in node.attributes:
        words += struct.pack("<f" if isinstance(attribute, float) else "<I", attribute)
    return words


def graph_and_weights(model: Model, **header: object) -> tuple[bytes, bytes]:
    """Sections GRPH and WGTS. `header` overrides words of the graph's header."""
    index = {tensor.name: i for i, tensor in enumerate(model.tensors)}
    nodes = b"".join(node_words(node, index) for node in model.nodes)
    weights = b""
    records = b""
    for tensor in model.tensors:
        records += tensor_record(tensor, len(weights))
        if tensor.value is not None:
            weights += padded(stored(tensor.value))
    values = {
        "tensors": len(model.tensors),
        "nodes": len(model.nodes),
        "words": len(nodes) // 4,
        "input": 0,
        "output": index[model.nodes[-1].output],
        "kind": model.output_kind,
        "channels": model.channels,
        "invert": model.invert,
        "scale": model.scale,
        "mean": model.mean,
        "deviation": model.deviation,
        "reserved": 0,
    } | header
    words = ("tensors", "nodes", "words", "input", "output", "kind", "channels", "invert")
    head = struct.pack(
        "<8I7fI",
        *(values[key] for key in words),
        values["scale"],
        *values["mean"],
        *values["deviation"],
        values["reserved"],
    )
    return head + records + nodes, weights


def golden_section(inputs: np.ndarray, outputs: np.ndarray, tolerance: float) -> bytes:
    """Section GOLD."""
    count = len(inputs)
    head = struct.pack("<IIIf", count, inputs[0].size, outputs[0].size, tolerance)
    return (
        padded(head) + padded(inputs.astype(np.uint8).tobytes()) + outputs.astype("<f4").tobytes()
    )


def sections_of(model: Model) -> dict[int, bytes]:
    """The content of each section, not padded."""
    graph, weights = graph_and_weights(model)
    entries = sorted((key.encode(), value.encode()) for key, value in model.metadata.items())
    sections = {META: metadata_section(entries), GRPH: graph}
    if model.labels is not None:
        sections[LABL] = label_section(model.labels)
    if weights:
        sections[WGTS] = weights
    if model.golden is not None:
        sections[GOLD] = golden_section(*model.golden)
    return sections


def header(size: int, count: int, magic: bytes = MAGIC, major: int = 1, minor: int = 0) -> bytes:
    """The 64 bytes in front of the section table, with the CRC still 0."""
    return struct.pack("<8sHHIQII32x", magic, major, minor, 0, size, count, 0)


def with_crc(head_and_table: bytes) -> bytes:
    """The header and table with the CRC filled in."""
    crc = struct.pack("<I", crc32c(head_and_table))
    return head_and_table[:12] + crc + head_and_table[16:]


def assemble(sections: dict[int, bytes] | list[tuple[int, bytes]], **fields: object) -> bytes:
    """A whole file from the contents of its sections; `fields` override the header."""
    entries = sections if isinstance(sections, list) else sorted(sections.items())
    offset = 64 + 32 * len(entries)
    offset += -offset % 64
    table, body = b"", b""
    for kind, content in entries:
        content = padded(content)
        table += struct.pack("<IIQQ8x", kind, crc32c(content), offset + len(body), len(content))
        body += content
    values = {"size": offset + len(body), "count": len(entries)} | fields
    return padded(with_crc(header(**values) + table)) + body


def write(model: Model) -> bytes:
    """The file of a model."""
    minor = max(tensor.minor for tensor in model.tensors)
    if any(node.operator in ("quantize", "dequantize", "support_vectors") for node in model.nodes):
        minor = 2
    return assemble(sections_of(model), minor=minor)
