"""Computes what a file read by `reference_file` says, as plainly as the specification does."""

import math
import struct

import numpy as np

import reference_bytes
from reference_file import (
    ACTIVATION,
    AVERAGE_POOL,
    BINARY,
    CONV,
    DENSE,
    MAX_POOL,
    PAD,
    RESHAPE,
    SCALE_SHIFT,
    File,
    FormatError,
    Node,
    crc32c,
    demand,
    read,
)

__all__ = [
    "ACTIVATION",
    "AVERAGE_POOL",
    "BINARY",
    "CONV",
    "DENSE",
    "MAX_POOL",
    "PAD",
    "RESHAPE",
    "SCALE_SHIFT",
    "FormatError",
    "classify",
    "crc32c",
    "read",
    "run",
]


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
        if any(tensor.scale for tensor in file.tensors):
            # Each step in single precision, as what is rounded to bytes must be exact.
            result = reference_bytes.operator(file, node, inputs)
            if result is None:
                result = np.float32(_operator(node, inputs, shape))
        else:
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
            return convolution(inputs, a)
        case 2:
            demand(x.ndim == 1, "dense")
            return inputs[1] @ x + (inputs[2] if len(inputs) > 2 else 0)
        case 3:
            return all_windows(x, a[:2], a[2:4], (1, 1), a[4:8], -np.inf).max((2, 3))
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
        case 18:
            return _support_vectors(inputs, a[0], a[1], _float(a[2]), _float(a[3]), a[4], a[5:])
    raise FormatError(f"operator {node.operator}")


def _neighbours(x, rows, labels, metric: int, k: int, classes: int) -> np.ndarray:
    x = np.clip(np.floor(np.nan_to_num(x) + 0.5), 0, 255).ravel()
    distances = (np.abs(rows - x) ** metric).sum(1)
    nearest = np.argsort(distances, kind="stable")[:k]
    return np.bincount(labels[nearest], minlength=classes) / k


def _support_vectors(inputs, output, kernel, gamma, coef0, degree, counts) -> np.ndarray:
    x, vectors, coefficients, intercepts = inputs
    values = [
        vectors @ x,
        (gamma * (vectors @ x) + coef0) ** degree,
        np.exp(-gamma * ((vectors - x) ** 2).sum(1)),
        np.tanh(gamma * (vectors @ x) + coef0),
    ][kernel - 1]
    owner = np.repeat(range(len(counts)), counts)
    demand(len(owner) == len(vectors), "counts")
    scores, confidences, pairs = np.zeros(len(counts)), np.zeros(len(counts)), iter(intercepts)
    for i in range(len(counts)):
        for j in range(i + 1, len(counts)):
            decision = next(pairs)
            decision += coefficients[j - 1, owner == i] @ values[owner == i]
            decision += coefficients[i, owner == j] @ values[owner == j]
            scores[i if decision > 0 else j] += 1
            confidences[[i, j]] += decision, -decision
    return scores if output == 1 else scores + confidences / (3 * (np.abs(confidences) + 1))


def all_windows(x, kernel, stride, dilation, pads, value) -> np.ndarray:
    """Every window of x: [out_h, out_w, kernel_h, kernel_w, channels]."""
    top, left, bottom, right = pads
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    demand(max(top, bottom) < extents[0] and max(left, right) < extents[1], "padding")
    x = np.pad(x, [(top, bottom), (left, right), (0, 0)], constant_values=value)
    views = np.lib.stride_tricks.sliding_window_view(x, extents, (0, 1))
    views = views[:: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]
    return views.transpose(0, 1, 3, 4, 2)


def convolution(inputs: list, a: list) -> np.ndarray:
    x, weights = inputs[:2]
    outputs, *kernel, depth = weights.shape
    groups = a[8]
    windows = all_windows(x, kernel, a[0:2], a[2:4], a[4:8], 0.0)
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
    windows = all_windows(x, a[:2], a[2:4], (1, 1), a[4:8], np.nan)
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
