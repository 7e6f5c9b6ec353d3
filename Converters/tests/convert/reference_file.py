"""A second reader of .fmg files, written from docs/fmg-format.md.

It imports nothing of the converter and refuses what the specification does not allow. With
`reference`, which computes in double precision, it is the oracle of the converter's tests.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np

CONV, DENSE, MAX_POOL, AVERAGE_POOL, GLOBAL_MAX, GLOBAL_AVERAGE, SCALE_SHIFT = range(1, 8)
ACTIVATION, SOFTMAX, BINARY, CONCATENATE, RESHAPE, PAD, TRANSPOSE, NEAREST_NEIGHBOURS = range(8, 16)
QUANTIZE, DEQUANTIZE = 16, 17
SUPPORT_VECTORS = 18
ATTRIBUTES = {
    CONV: 9,
    DENSE: 0,
    MAX_POOL: 8,
    AVERAGE_POOL: 9,
    GLOBAL_MAX: 0,
    GLOBAL_AVERAGE: 0,
    SCALE_SHIFT: 0,
    ACTIVATION: 3,
    SOFTMAX: 1,
    BINARY: 1,
    CONCATENATE: 1,
    RESHAPE: 0,
    PAD: 5,
    NEAREST_NEIGHBOURS: 3,
    QUANTIZE: 1,
    DEQUANTIZE: 0,
}
STORED = ("<f4", "<f2", "u1", "i1", "<i4")


class FormatError(Exception):
    """The file breaks the specification."""


def demand(condition, message):
    if not condition:
        raise FormatError(message)


def crc32c(data: bytes) -> int:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    state = 0xFFFFFFFF
    for byte in data:
        state = state >> 8 ^ table[(state ^ byte) & 255]
    return state ^ 0xFFFFFFFF


def aligned(size: int) -> int:
    return (size + 63) // 64 * 64


@dataclass
class Tensor:
    name: str
    shape: tuple
    value: np.ndarray | None
    scale: float = 0.0
    """Of an activation in bytes; 0 for all other tensors."""
    zero: int = 0


@dataclass
class Node:
    operator: int
    output: int
    inputs: list
    attributes: list


@dataclass
class File:
    minor: int = 0
    metadata: dict = field(default_factory=dict)
    labels: list = field(default_factory=list)
    tensors: list = field(default_factory=list)
    nodes: list = field(default_factory=list)
    output: int = 0
    kind: int = 0
    channels: int = 0
    invert: int = 0
    scale: float = 1.0
    mean: tuple = ()
    deviation: tuple = ()
    golden_inputs: np.ndarray | None = None
    golden_outputs: np.ndarray | None = None
    tolerance: float = 0.0

    def names(self) -> list:
        """Names of the activations, in order."""
        return [tensor.name for tensor in self.tensors if tensor.value is None]

    def operators(self) -> list:
        return [node.operator for node in self.nodes]


def read(data: bytes) -> File:
    demand(data[:8] == b"\x89FMG\r\n\x1a\n", "magic")
    major, minor, checksum, size, count, reserved = struct.unpack_from("<HHIQII", data, 8)
    demand((major, size, reserved) == (1, len(data), 0) and minor <= 2, "header")
    demand(2 <= count <= 5 and data[32:64] == bytes(32), "header")
    table_end = 64 + 32 * count
    header = bytearray(data[:table_end])
    header[12:16] = bytes(4)
    demand(crc32c(bytes(header)) == checksum, "header CRC")
    demand(not any(data[table_end : aligned(table_end)]), "table padding")
    sections, offset, last = {}, aligned(table_end), 0
    for entry in range(count):
        kind, crc, start, length, rest = struct.unpack_from("<IIQQQ", data, 64 + 32 * entry)
        demand(kind > last and kind <= 5 and start == offset and rest == 0, "table")
        demand(length > 0 and length % 64 == 0, "section size")
        content = data[start : start + length]
        demand(crc32c(content) == crc, f"CRC of section {kind}")
        sections[kind], offset, last = content, start + length, kind
    demand(offset == len(data), "end of file")
    file = File(minor)
    _metadata(file, sections[1])
    _graph(file, sections[3], sections.get(4, b""))
    if 2 in sections:
        _labels(file, sections[2])
    if 5 in sections:
        _golden(file, sections[5])
    demand(minor == _lowest(file), "minor version")
    return file


def _lowest(file: File) -> int:
    """The minor version that has all that the file uses."""
    types = {str(tensor.value.dtype) for tensor in file.tensors if tensor.value is not None}
    if types & {"int8", "int32"} or any(tensor.scale for tensor in file.tensors):
        return 2
    if SUPPORT_VECTORS in file.operators():
        return 2
    return int("float16" in types or NEAREST_NEIGHBOURS in file.operators())


def _ends(content: bytes, used: int):
    demand(len(content) == aligned(used) and not any(content[used:]), "section padding")


def _text(raw: bytes, least: int) -> str:
    demand(len(raw) >= least and b"\0" not in raw, "text")
    return raw.decode("utf-8")


def _fixed(raw: bytes) -> str:
    text, _, rest = raw.partition(b"\0")
    demand(1 <= len(text) <= 63 and not any(rest), "fixed text")
    return _text(text, 1)


def _metadata(file: File, content: bytes):
    (count,) = struct.unpack_from("<I", content)
    offset, previous = 4, b""
    for _ in range(count):
        key_size, value_size = struct.unpack_from("<II", content, offset)
        demand(1 <= key_size <= 63 and value_size <= 65535, "metadata sizes")
        key = content[offset + 8 : offset + 8 + key_size]
        start = offset + 9 + key_size
        value = content[start : start + value_size]
        demand(content[start - 1] == 0 and content[start + value_size] == 0, "metadata NUL")
        demand(key > previous, "metadata order")
        file.metadata[_text(key, 1)] = _text(value, 0)
        offset, previous = start + value_size + 1, key
    _ends(content, offset)


def _labels(file: File, content: bytes):
    count, reserved = struct.unpack_from("<II", content)
    demand(reserved == 0 and count == math.prod(file.tensors[file.output].shape), "labels")
    file.labels = [_fixed(content[8 + 64 * i : 72 + 64 * i]) for i in range(count)]
    _ends(content, 8 + 64 * count)


def _graph(file: File, content: bytes, weights: bytes):
    count, nodes, words, source, file.output, file.kind, file.channels, file.invert = (
        struct.unpack_from("<8I", content)
    )
    demand(source == 0 and nodes >= 1 and file.kind <= 2 and file.invert <= 1, "graph header")
    demand(file.channels in (0, 1, 3), "channels")
    file.scale, *rest = struct.unpack_from("<7f", content, 32)
    file.mean, file.deviation = rest[:3], rest[3:]
    demand(struct.unpack_from("<I", content, 60) == (0,), "reserved")
    demand(all(map(math.isfinite, [file.scale, *rest])) and file.scale != 0, "pixels")
    demand(all(d > 0 for d in file.deviation), "deviation")
    demand(not any(file.mean[file.channels :]), "unused mean")
    demand(all(d == 1 for d in file.deviation[file.channels :]), "unused deviation")
    end = 0
    for number in range(count):
        base = 64 + 128 * number
        role, kind, rank, zero, *shape = struct.unpack_from("<4B5I", content, base)
        offset, size = struct.unpack_from("<QQ", content, base + 24)
        demand(role == (number > nodes) and (kind < 5 if role else kind in (0, 2)), "tensor")
        demand(1 <= rank <= 4 and zero == 0, "tensor")
        demand(not any(shape[rank:]) and all(1 <= n <= 65535 for n in shape[:rank]), "shape")
        scale, zero_point = struct.unpack_from("<fB", content, base + 40)
        demand(not any(content[base + 45 : base + 64]), "tensor reserved")
        if role or kind == 0:
            demand(not any(content[base + 40 : base + 45]), "tensor reserved")
        else:
            demand(2.0**-126 <= scale < math.inf, "scale")
        shape, value = tuple(shape[:rank]), None
        if role:
            stored = np.dtype(STORED[kind])
            demand(offset == aligned(end), "constant")
            demand(size == stored.itemsize * math.prod(shape), "constant")
            demand(not any(weights[end:offset]), "weights gap")
            value = np.frombuffer(weights, stored, math.prod(shape), offset).reshape(shape)
            demand(np.isfinite(value).all(), "NaN")
            end = offset + size
        else:
            demand(offset == size == 0, "activation")
        name = _fixed(content[base + 64 : base + 128])
        file.tensors.append(Tensor(name, shape, value, scale, zero_point))
    if weights or end:
        _ends(weights, end)
    demand(len({tensor.name for tensor in file.tensors}) == count, "names")
    if file.channels:
        shape = file.tensors[0].shape
        demand(len(shape) == 3 and shape[2] == file.channels, "picture")
    else:
        demand((file.scale, file.invert) == (1, 0), "no pixels")
    base = 64 + 128 * count
    row = struct.unpack_from(f"<{words}I", content, base)
    _ends(content, base + 4 * words)
    _nodes(file, row, nodes)


def _nodes(file: File, row: tuple, count: int):
    position, used = 0, {file.output}
    for number in range(count):
        head = row[position]
        operator, inputs, attributes = head & 0xFFFF, head >> 16 & 0xFF, head >> 24
        node = Node(
            operator,
            row[position + 1],
            list(row[position + 2 : position + 2 + inputs]),
            list(row[position + 2 + inputs : position + 2 + inputs + attributes]),
        )
        position += 2 + inputs + attributes
        demand(node.output == number + 1, "order of nodes")
        expected = ATTRIBUTES.get(operator)
        if operator == TRANSPOSE:
            expected = len(file.tensors[node.inputs[0]].shape)
        if operator == SUPPORT_VECTORS:
            expected = 5 + file.tensors[node.inputs[2]].shape[0] + 1
        demand(attributes == expected, f"attributes of {operator}")
        for order, index in enumerate(node.inputs):
            value = file.tensors[index].value
            demand(value is not None or index <= number, "computed later")
            stored = {"u1"} if operator == NEAREST_NEIGHBOURS else {"<f4"}
            if operator in (CONV, DENSE, SUPPORT_VECTORS) and order == 1:
                stored.add("<f2")
            if operator in (CONV, DENSE) and file.tensors[node.inputs[0]].scale:
                stored = {("", "i1", "<i4", "<f4")[order]}
            demand(value is None or value.dtype in map(np.dtype, stored), "element type")
        used.update(node.inputs)
        file.nodes.append(node)
    demand(position == len(row), "words")
    demand(used == set(range(len(file.tensors))), "unused tensor")
    demand(file.output == count, "output")


def _golden(file: File, content: bytes):
    count, size, classes, file.tolerance = struct.unpack_from("<IIIf", content)
    shape = file.tensors[0].shape
    demand(1 <= count <= 64 and size == math.prod(shape) and file.channels, "golden")
    demand(classes == math.prod(file.tensors[file.output].shape), "golden outputs")
    demand(math.isfinite(file.tolerance) and file.tolerance > 0, "tolerance")
    demand(not any(content[16:64]), "golden padding")
    start = 64 + aligned(count * size)
    demand(not any(content[64 + count * size : start]), "golden padding")
    file.golden_inputs = np.frombuffer(content, np.uint8, count * size, 64).reshape(count, *shape)
    outputs = np.frombuffer(content, "<f4", count * classes, start)
    demand(np.isfinite(outputs).all(), "golden outputs")
    file.golden_outputs = outputs.reshape(count, classes)
    _ends(content, start + 4 * count * classes)
