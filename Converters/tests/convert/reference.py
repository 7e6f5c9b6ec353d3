"""A second reader of .fmg files and a plain interpreter, written from docs/fmg-format.md.

It imports nothing of the converter, refuses what the specification does not allow, and computes
in double precision: the oracle of the converter's tests.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np

CONV, DENSE, MAX_POOL, AVERAGE_POOL, GLOBAL_MAX, GLOBAL_AVERAGE, SCALE_SHIFT = range(1, 8)
ACTIVATION, SOFTMAX, BINARY, CONCATENATE, RESHAPE, PAD, TRANSPOSE, NEAREST_NEIGHBOURS = range(8, 16)
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
}


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
    demand((major, size, reserved) == (1, len(data), 0) and minor <= 1, "header")
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
    halves = any(t.value is not None and t.value.dtype == np.float16 for t in file.tensors)
    demand(minor == int(halves or NEAREST_NEIGHBOURS in file.operators()), "minor version")
    return file


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
        demand(role == (number > nodes) and kind <= 2 * role, "tensor")
        demand(1 <= rank <= 4 and zero == 0, "tensor")
        demand(not any(shape[rank:]) and all(1 <= n <= 65535 for n in shape[:rank]), "shape")
        demand(not any(content[base + 40 : base + 64]), "tensor reserved")
        shape, value = tuple(shape[:rank]), None
        if role:
            stored = np.dtype(("<f4", "<f2", "u1")[kind])
            demand(offset == aligned(end), "constant")
            demand(size == stored.itemsize * math.prod(shape), "constant")
            demand(not any(weights[end:offset]), "weights gap")
            value = np.frombuffer(weights, stored, math.prod(shape), offset).reshape(shape)
            demand(np.isfinite(value).all(), "NaN")
            end = offset + size
        else:
            demand(offset == size == 0, "activation")
        file.tensors.append(Tensor(_fixed(content[base + 64 : base + 128]), shape, value))
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
        demand(attributes == expected, f"attributes of {operator}")
        for order, index in enumerate(node.inputs):
            value = file.tensors[index].value
            demand(value is not None or index <= number, "computed later")
            stored = {"u1"} if operator == NEAREST_NEIGHBOURS else {"<f4"}
            if operator in (CONV, DENSE) and order == 1:
                stored.add("<f2")
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


def classify(file: File, pixels: np.ndarray) -> np.ndarray:
    """Answers for bytes (n, height, width, channels)."""
    x = pixels.astype(np.float64)
    x = (255 - x if file.invert else x) / file.scale
    channels = file.channels
    return run(file, (x - file.mean[:channels]) / file.deviation[:channels])


def run(file: File, inputs: np.ndarray, everything: bool = False):
    """Answers for floats of the input's shape; with `everything` a dict of all tensors."""
    results = [_run_one(file, x.astype(np.float64)) for x in inputs]
    if everything:
        return {
            file.tensors[i].name: np.stack([values[i] for values in results])
            for i in range(len(file.nodes) + 1)
        }
    return np.stack([values[file.output] for values in results])


def _run_one(file: File, x: np.ndarray) -> list:
    values = [tensor.value for tensor in file.tensors]
    values[0] = x.reshape(file.tensors[0].shape)
    for node in file.nodes:
        inputs = [np.asarray(values[i], np.float64) for i in node.inputs]
        shape = file.tensors[node.output].shape
        result = _operator(node, inputs, shape)
        demand(result.shape == shape, f"shape of {file.tensors[node.output].name}")
        values[node.output] = result
    return values


def _float(word: int) -> float:
    return struct.unpack("<f", struct.pack("<I", word))[0]


def _operator(node: Node, inputs: list, shape: tuple) -> np.ndarray:
    x, a = inputs[0], node.attributes
    match node.operator:
        case 1:
            return _conv(inputs, a)
        case 2:
            demand(x.ndim == 1, "dense")
            return inputs[1] @ x + (inputs[2] if len(inputs) > 2 else 0)
        case 3:
            return _windows(x, a[:2], a[2:4], (1, 1), a[4:8], -np.inf).max((2, 3))
        case 4:
            return _average_pool(x, a)
        case 5:
            return x.max((0, 1))
        case 6:
            return x.mean((0, 1))
        case 7:
            return x * inputs[1] + inputs[2]
        case 8:
            return _activation(x, a[0], _float(a[1]), _float(a[2]))
        case 9:
            x = x - x.max(-1, keepdims=True)
            result = x - np.log(np.exp(x).sum(-1, keepdims=True))
            return result if a[0] else np.exp(result)
        case 10:
            functions = [np.add, np.multiply, np.subtract, np.divide, np.maximum, np.minimum]
            return functions[a[0] - 1](
                x, inputs[1].reshape(()) if inputs[1].size == 1 else inputs[1]
            )
        case 11:
            return np.concatenate(inputs, a[0])
        case 12:
            return x.reshape(shape)
        case 13:
            top, left, bottom, right = a[:4]
            sides = [(top, bottom), (left, right), (0, 0)]
            return np.pad(x, sides, constant_values=_float(a[4]))
        case 14:
            return x.transpose(a)
        case 15:
            return _neighbours(x, inputs[1], inputs[2].astype(int), *a)
    raise FormatError(f"operator {node.operator}")


def _neighbours(x, rows, labels, metric: int, k: int, classes: int) -> np.ndarray:
    x = np.clip(np.floor(np.nan_to_num(x) + 0.5), 0, 255).ravel()
    distances = (np.abs(rows - x) ** metric).sum(1)
    nearest = np.argsort(distances, kind="stable")[:k]
    return np.bincount(labels[nearest], minlength=classes) / k


def _windows(x, kernel, stride, dilation, pads, value) -> np.ndarray:
    """Every window of x: [out_h, out_w, kernel_h, kernel_w, channels]."""
    top, left, bottom, right = pads
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    demand(max(top, bottom) < extents[0] and max(left, right) < extents[1], "padding")
    x = np.pad(x, [(top, bottom), (left, right), (0, 0)], constant_values=value)
    views = np.lib.stride_tricks.sliding_window_view(x, extents, (0, 1))
    views = views[:: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]
    return views.transpose(0, 1, 3, 4, 2)


def _conv(inputs: list, a: list) -> np.ndarray:
    x, weights = inputs[:2]
    outputs, *kernel, depth = weights.shape
    groups = a[8]
    windows = _windows(x, kernel, a[0:2], a[2:4], a[4:8], 0.0)
    result = np.concatenate(
        [
            np.tensordot(
                windows[..., g * depth : (g + 1) * depth],
                weights[g * outputs // groups : (g + 1) * outputs // groups],
                ((2, 3, 4), (1, 2, 3)),
            )
            for g in range(groups)
        ],
        -1,
    )
    return result + (inputs[2] if len(inputs) > 2 else 0)


def _average_pool(x: np.ndarray, a: list) -> np.ndarray:
    windows = _windows(x, a[:2], a[2:4], (1, 1), a[4:8], np.nan)
    cells = (~np.isnan(windows)).sum((2, 3))
    demand(cells.min() > 0, "empty window")
    return np.nansum(windows, (2, 3)) / (a[0] * a[1] if a[8] else cells)


def _activation(x: np.ndarray, kind: int, a: float, b: float) -> np.ndarray:
    if kind == 12:
        return x / 2 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))
    softplus = np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)
    return {
        1: lambda: np.minimum(np.maximum(x, a), b),
        2: lambda: np.where(x < 0, a * x, x),
        3: lambda: np.where(x < 0, a * np.expm1(np.minimum(x, 0)), x),
        4: lambda: b * np.where(x < 0, a * np.expm1(np.minimum(x, 0)), x),
        5: lambda: 1 / (1 + np.exp(-x)),
        6: lambda: np.clip(a * x + b, 0, 1),
        7: lambda: x * np.clip(a * x + b, 0, 1),
        8: lambda: np.tanh(x),
        9: lambda: softplus,
        10: lambda: x / (1 + np.abs(x)),
        11: lambda: x / (1 + np.exp(-x)),
        13: lambda: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        14: lambda: np.exp(x),
        15: lambda: x * np.tanh(softplus),
    }[kind]()
