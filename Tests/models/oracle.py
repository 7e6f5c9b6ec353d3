"""Evaluates a model in float64 with plain NumPy, written from docs/fmg-format.md."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np

from fmg import Model

_erf = np.vectorize(math.erf, otypes=[float])

ACTIVATIONS = {
    1: lambda x, a, b: np.minimum(np.maximum(x, a), b),
    2: lambda x, a, b: np.where(x < 0, a * x, x),
    3: lambda x, a, b: np.where(x < 0, a * np.expm1(x), x),
    4: lambda x, a, b: b * np.where(x < 0, a * np.expm1(x), x),
    5: lambda x, a, b: 1 / (1 + np.exp(-x)),
    6: lambda x, a, b: np.clip(a * x + b, 0, 1),
    7: lambda x, a, b: x * np.clip(a * x + b, 0, 1),
    8: lambda x, a, b: np.tanh(x),
    9: lambda x, a, b: np.log1p(np.exp(x)),
    10: lambda x, a, b: x / (1 + np.abs(x)),
    11: lambda x, a, b: x / (1 + np.exp(-x)),
    12: lambda x, a, b: x / 2 * (1 + _erf(x / math.sqrt(2))),
    13: lambda x, a, b: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    14: lambda x, a, b: np.exp(x),
    15: lambda x, a, b: x * np.tanh(np.log1p(np.exp(x))),
}
BINARIES = {
    1: np.add,
    2: np.multiply,
    3: np.subtract,
    4: np.divide,
    5: np.maximum,
    6: np.minimum,
}


def conv2d(x, weights, bias=None, *, attributes):
    """The sum of the specification, one output cell at a time."""
    sh, sw, dh, dw, top, left, bottom, right, groups = attributes
    outputs, kh, kw, each = weights.shape
    x = np.pad(x, ((top, bottom), (left, right), (0, 0)))
    height = (x.shape[0] - (kh - 1) * dh - 1) // sh + 1
    width = (x.shape[1] - (kw - 1) * dw - 1) // sw + 1
    out = np.zeros((height, width, outputs))
    for h, w, o in product(range(height), range(width), range(outputs)):
        group = o // (outputs // groups)
        window = x[
            h * sh : h * sh + (kh - 1) * dh + 1 : dh,
            w * sw : w * sw + (kw - 1) * dw + 1 : dw,
            group * each : (group + 1) * each,
        ]
        out[h, w, o] = (window * weights[o]).sum() + (0 if bias is None else bias[o])
    return out


def pool(x, attributes, average):
    """Windows over the cells of x only."""
    kh, kw, sh, sw, top, left, bottom, right = attributes[:8]
    height = (x.shape[0] + top + bottom - kh) // sh + 1
    width = (x.shape[1] + left + right - kw) // sw + 1
    out = np.zeros((height, width, x.shape[2]))
    for h, w in product(range(height), range(width)):
        rows = slice(max(h * sh - top, 0), max(h * sh - top + kh, 0))
        columns = slice(max(w * sw - left, 0), max(w * sw - left + kw, 0))
        cells = x[rows, columns].reshape(-1, x.shape[2])
        if not average:
            out[h, w] = cells.max(axis=0)
        else:
            out[h, w] = cells.sum(axis=0) / (kh * kw if attributes[8] else len(cells))
    return out


def softmax(x, logarithm):
    """Over the last axis."""
    shifted = x - x.max(axis=-1, keepdims=True)
    total = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total) if logarithm else np.exp(shifted) / total


def neighbours(x, rows, labels, metric, k, classes):
    """Sorts all rows by their distance; a stable sort keeps the order of equal ones."""
    x = np.clip(np.floor(np.nan_to_num(x) + 0.5), 0, 255).ravel()
    distances = (np.abs(rows - x) ** metric).sum(axis=1)
    nearest = sorted(range(len(rows)), key=lambda row: distances[row])[:k]
    votes = np.zeros(classes)
    for row in nearest:
        votes[int(labels[row])] += 1 / k
    return votes


def support_vectors(x, vectors, coefficients, intercepts, attributes):
    """Kernel values, decisions of all pairs of classes, votes and confidences."""
    output, kernel, gamma, coef0, degree, *counts = attributes
    products = vectors @ x
    match kernel:
        case 1:
            values = products
        case 2:
            values = (gamma * products + coef0) ** degree
        case 3:
            values = np.exp(-gamma * ((vectors - x) ** 2).sum(axis=1))
        case 4:
            values = np.tanh(gamma * products + coef0)
    starts = np.cumsum([0, *counts])
    of = [slice(start, end) for start, end in pairwise(starts)]
    votes, confidences = np.zeros((2, len(counts)))
    pairs = [(i, j) for i in range(len(counts)) for j in range(i + 1, len(counts))]
    for (i, j), intercept in zip(pairs, intercepts, strict=True):
        decision = (
            coefficients[j - 1, of[i]] @ values[of[i]]
            + coefficients[i, of[j]] @ values[of[j]]
            + intercept
        )
        votes[i if decision > 0 else j] += 1
        confidences[i] += decision
        confidences[j] -= decision
    return votes if output == 1 else votes + confidences / (3 * (abs(confidences) + 1))


def node_value(operator, inputs, attributes, shape):
    """The output of one node."""
    x = inputs[0]
    match operator:
        case "conv2d":
            return conv2d(*inputs, attributes=attributes)
        case "dense":
            return inputs[1] @ x + (inputs[2] if len(inputs) > 2 else 0)
        case "max_pool" | "average_pool":
            return pool(x, attributes, operator == "average_pool")
        case "global_max_pool":
            return x.max(axis=(0, 1))
        case "global_average_pool":
            return x.mean(axis=(0, 1))
        case "scale_shift":
            return x * inputs[1] + inputs[2]
        case "activation":
            return ACTIVATIONS[attributes[0]](x, attributes[1], attributes[2])
        case "softmax":
            return softmax(x, attributes[0])
        case "binary":
            return BINARIES[attributes[0]](x, inputs[1])
        case "concatenate":
            return np.concatenate(inputs, axis=attributes[0])
        case "reshape":
            return x.reshape(shape)
        case "pad":
            top, left, bottom, right, value = attributes
            return np.pad(x, ((top, bottom), (left, right), (0, 0)), constant_values=value)
        case "transpose":
            return x.transpose(attributes)
        case "nearest_neighbours":
            return neighbours(*inputs, *attributes)
        case "support_vectors":
            return support_vectors(*inputs, attributes)
    raise ValueError(operator)


def evaluate(model: Model, value: np.ndarray) -> dict[str, np.ndarray]:
    """Every activation of a model for one prepared input."""
    constants = {t.name: t.value.astype(np.float64) for t in model.tensors if t.value is not None}
    shapes = {t.name: t.shape for t in model.tensors}
    values = {model.tensors[0].name: value.astype(np.float64)} | constants
    for node in model.nodes:
        inputs = [values[name] for name in node.inputs]
        result = node_value(node.operator, inputs, node.attributes, shapes[node.output])
        if result.shape != tuple(shapes[node.output]):
            raise ValueError(f"{node.output}: {result.shape}, not {shapes[node.output]}")
        values[node.output] = result
    return values


def prepared(model: Model, pixels: np.ndarray) -> np.ndarray:
    """Pixels as the model's input wants them."""
    x = pixels.astype(np.float64)
    x = (255 - x if model.invert else x) / model.scale
    channels = model.channels
    return (x - np.array(model.mean[:channels])) / np.array(model.deviation[:channels])
