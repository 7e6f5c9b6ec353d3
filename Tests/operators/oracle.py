"""What a graph must compute, in float64, straight from docs/fmg-format.md.

Nothing here is shared with the runtime or the converter; speed does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fmnistrt.convert.graph import Graph, Node, Tensor

Values = dict[Tensor, np.ndarray]


def evaluate(graph: Graph, image: np.ndarray) -> Values:
    """The value of every activation for one input."""
    values: Values = {graph.input: image.astype(np.float64)}
    for node in graph.nodes:
        inputs = [
            values[tensor] if tensor.value is None else tensor.value.astype(np.float64)
            for tensor in node.inputs
        ]
        result = OPERATORS[node.operator](node, *inputs)
        assert result.shape == node.output.shape, (node.operator, result.shape)
        values[node.output] = result
    return values


def depth(node: Node) -> int:
    """How many products or values are summed for one element."""
    if node.operator in ("conv2d", "dense"):
        return math.prod(node.inputs[1].shape[1:])
    if node.operator == "average_pool":
        return node.attributes["kernel_h"] * node.attributes["kernel_w"]
    if node.operator == "global_average_pool":
        return math.prod(node.inputs[0].shape[:2])
    return node.inputs[0].shape[-1] if node.operator == "softmax" else 1


def _windows(
    x: np.ndarray, kernel: tuple[int, int], node: Node, fill: float
) -> tuple[np.ndarray, tuple[int, int]]:
    """[kernel row, kernel column, output row, output column, channel], padded with `fill`."""
    a = node.attributes
    strides = a.get("stride_h", 1), a.get("stride_w", 1)
    dilations = a.get("dilation_h", 1), a.get("dilation_w", 1)
    before = a.get("pad_top", 0), a.get("pad_left", 0)
    after = a.get("pad_bottom", 0), a.get("pad_right", 0)
    padded = np.pad(x, ((before[0], after[0]), (before[1], after[1]), (0, 0)), constant_values=fill)
    rows, columns = (
        (padded.shape[i] - (kernel[i] - 1) * dilations[i] - 1) // strides[i] + 1 for i in (0, 1)
    )
    result = np.empty((*kernel, rows, columns, x.shape[2]))
    for kh in range(kernel[0]):
        for kw in range(kernel[1]):
            top, left = kh * dilations[0], kw * dilations[1]
            result[kh, kw] = padded[
                top : top + (rows - 1) * strides[0] + 1 : strides[0],
                left : left + (columns - 1) * strides[1] + 1 : strides[1],
            ]
    return result, (rows, columns)


def _conv2d(
    node: Node, x: np.ndarray, weights: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    outputs, rows, columns, inputs = weights.shape
    windows, size = _windows(x, (rows, columns), node, 0)
    groups = node.attributes.get("groups", 1)
    result = np.empty((*size, outputs))
    for o in range(outputs):
        first = o // (outputs // groups) * inputs
        own = windows[..., first : first + inputs]
        result[..., o] = np.tensordot(own, weights[o], axes=([0, 1, 4], [0, 1, 2]))
    return result if bias is None else result + bias


def _dense(
    _: Node, x: np.ndarray, weights: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    return weights @ x + (0 if bias is None else bias)


def _max_pool(node: Node, x: np.ndarray) -> np.ndarray:
    kernel = node.attributes["kernel_h"], node.attributes["kernel_w"]
    return _windows(x, kernel, node, -np.inf)[0].max((0, 1))


def _average_pool(node: Node, x: np.ndarray) -> np.ndarray:
    kernel = node.attributes["kernel_h"], node.attributes["kernel_w"]
    total = _windows(x, kernel, node, 0)[0].sum((0, 1))
    if node.attributes.get("count_padding", 0):
        return total / (kernel[0] * kernel[1])
    return total / _windows(np.ones_like(x), kernel, node, 0)[0].sum((0, 1))


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-_softplus(-x))


_erf = np.vectorize(math.erf, otypes=[np.float64])

ACTIVATIONS: dict[int, Callable[[np.ndarray, float, float], np.ndarray]] = {
    1: lambda x, a, b: np.minimum(np.maximum(x, a), b),
    2: lambda x, a, b: np.where(x < 0, a * x, x),
    3: lambda x, a, b: np.where(x < 0, a * np.expm1(np.minimum(x, 0)), x),
    4: lambda x, a, b: b * np.where(x < 0, a * np.expm1(np.minimum(x, 0)), x),
    5: lambda x, a, b: _sigmoid(x),
    6: lambda x, a, b: np.clip(a * x + b, 0, 1),
    7: lambda x, a, b: x * np.clip(a * x + b, 0, 1),
    8: lambda x, a, b: np.tanh(x),
    9: lambda x, a, b: _softplus(x),
    10: lambda x, a, b: x / (1 + np.abs(x)),
    11: lambda x, a, b: x * _sigmoid(x),
    12: lambda x, a, b: x / 2 * (1 + _erf(x / math.sqrt(2))),
    13: lambda x, a, b: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    14: lambda x, a, b: np.exp(x),
    15: lambda x, a, b: x * np.tanh(_softplus(x)),
}


def _activation(node: Node, x: np.ndarray) -> np.ndarray:
    a, b = (float(np.float32(node.attributes.get(key, 0))) for key in "ab")
    return ACTIVATIONS[node.attributes["kind"]](x, a, b)


def _softmax(node: Node, x: np.ndarray) -> np.ndarray:
    moved = x - x.max(-1, keepdims=True)
    total = np.exp(moved).sum(-1, keepdims=True)
    if node.attributes.get("logarithm", 0):
        return moved - np.log(total)
    return np.exp(moved) / total


def _binary(node: Node, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    operations = [np.add, np.multiply, np.subtract, np.divide, np.maximum, np.minimum]
    if y.size == 1:
        y = y.reshape(())
    return operations[node.attributes["kind"] - 1](x, y)


def _pad(node: Node, x: np.ndarray) -> np.ndarray:
    a = {"top": 0, "left": 0, "bottom": 0, "right": 0, "value": 0.0} | node.attributes
    widths = ((a["top"], a["bottom"]), (a["left"], a["right"]), (0, 0))
    return np.pad(x, widths, constant_values=float(np.float32(a["value"])))


def _nearest_neighbours(node: Node, x: np.ndarray, rows: np.ndarray, labels: np.ndarray):
    metric, k, classes = (node.attributes[key] for key in ("metric", "k", "classes"))
    x = np.clip(np.floor(np.nan_to_num(x) + 0.5), 0, 255).ravel()
    distances = (np.abs(rows - x) ** metric).sum(1)
    nearest = np.argsort(distances, kind="stable")[:k]
    return np.bincount(labels[nearest].astype(int), minlength=classes) / k


def _support_vectors(
    node: Node, x: np.ndarray, vectors: np.ndarray, coefficients: np.ndarray, intercepts: np.ndarray
):
    a = {"gamma": 0.0, "coef0": 0.0, "degree": 0} | node.attributes
    gamma, coef0 = float(np.float32(a["gamma"])), float(np.float32(a["coef0"]))
    products = vectors @ x
    values = {
        1: lambda: products,
        2: lambda: (gamma * products + coef0) ** a["degree"],
        3: lambda: np.exp(-gamma * ((vectors - x) ** 2).sum(1)),
        4: lambda: np.tanh(gamma * products + coef0),
    }[a["kernel"]]()
    classes = len(a["counts"])
    owner = np.repeat(np.arange(classes), a["counts"])
    votes, confidences = np.zeros(classes), np.zeros(classes)
    pair = 0
    for i in range(classes):
        for j in range(i + 1, classes):
            row = np.where(owner == i, coefficients[j - 1], coefficients[i])
            decision = (row * values)[(owner == i) | (owner == j)].sum() + intercepts[pair]
            votes[i if decision > 0 else j] += 1
            confidences[i] += decision
            confidences[j] -= decision
            pair += 1
    if a["output"] == 1:
        return votes
    return votes + confidences / (3 * (np.abs(confidences) + 1))


OPERATORS: dict[str, Callable[..., np.ndarray]] = {
    "conv2d": _conv2d,
    "dense": _dense,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "global_max_pool": lambda _, x: x.max((0, 1)),
    "global_average_pool": lambda _, x: x.mean((0, 1)),
    "scale_shift": lambda _, x, scale, shift: x * scale + shift,
    "activation": _activation,
    "softmax": _softmax,
    "binary": _binary,
    "concatenate": lambda node, *xs: np.concatenate(xs, node.attributes["axis"]),
    "reshape": lambda node, x: x.reshape(node.output.shape),
    "pad": _pad,
    "transpose": lambda node, x: x.transpose(node.attributes["axes"]),
    "nearest_neighbours": _nearest_neighbours,
    "support_vectors": _support_vectors,
}
