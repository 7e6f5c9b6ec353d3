"""Evaluates a graph in NumPy, written from docs/fmg-format.md alone and as plainly as it reads."""

from __future__ import annotations

import math

import numpy as np

from fmnistrt.convert.graph import Graph, Node
from fmnistrt.convert.operators import complete

ERF = np.vectorize(math.erf, otypes=[np.float64])


def evaluate(graph: Graph, image: np.ndarray) -> np.ndarray:
    """The output for one input; checks each recorded shape on the way."""
    assert image.shape == graph.input.shape
    held = {graph.input: np.asarray(image, np.float64)}
    used = set()
    for node in graph.nodes:
        for tensor in node.inputs:
            if tensor.value is not None:
                assert tensor.value.dtype == np.float32
                assert tensor.value.shape == tensor.shape
                held[tensor] = tensor.value.astype(np.float64)
        result = OPERATORS[node.operator](node, *[held[tensor] for tensor in node.inputs])
        assert result.shape == node.output.shape, (node.operator, result.shape, node.output)
        assert 1 <= result.ndim <= 4
        held[node.output] = result
        used.update(node.inputs)
    activations = [graph.input, *(node.output for node in graph.nodes)]
    assert all(tensor in used for tensor in activations[:-1]), "an activation is never used"
    names = [tensor.name for tensor in held]
    assert len(set(names)) == len(names)
    assert all(1 <= len(name.encode()) <= 63 for name in names)
    return held[graph.output]


def conv2d(node: Node, x, weights, bias=None):
    a = complete(node.operator, node.attributes)
    outputs, kernel_h, kernel_w, depth = weights.shape
    dilation_h, dilation_w, groups = a["dilation_h"], a["dilation_w"], a["groups"]
    extent_h, extent_w = (kernel_h - 1) * dilation_h + 1, (kernel_w - 1) * dilation_w + 1
    top, left, bottom, right = (a[f"pad_{side}"] for side in ("top", "left", "bottom", "right"))
    assert max(top, bottom) < extent_h
    assert max(left, right) < extent_w
    padded = np.pad(x, [(top, bottom), (left, right), (0, 0)])
    height = (padded.shape[0] - extent_h) // a["stride_h"] + 1
    width = (padded.shape[1] - extent_w) // a["stride_w"] + 1
    out = np.zeros((height, width, outputs)) + (0 if bias is None else bias)
    for o in range(outputs):
        first = o // (outputs // groups) * depth
        for h in range(height):
            for w in range(width):
                y, z = h * a["stride_h"], w * a["stride_w"]
                window = padded[
                    y : y + extent_h : dilation_h, z : z + extent_w : dilation_w, first:
                ][:, :, :depth]
                out[h, w, o] += np.sum(window * weights[o])
    return out


def pool(node: Node, x):
    a = complete(node.operator, node.attributes)
    kernel_h, kernel_w = a["kernel_h"], a["kernel_w"]
    height, width, channels = x.shape
    assert max(a["pad_top"], a["pad_bottom"]) < kernel_h
    assert max(a["pad_left"], a["pad_right"]) < kernel_w
    rows = (height + a["pad_top"] + a["pad_bottom"] - kernel_h) // a["stride_h"] + 1
    columns = (width + a["pad_left"] + a["pad_right"] - kernel_w) // a["stride_w"] + 1
    out = np.zeros((rows, columns, channels))
    for h in range(rows):
        for w in range(columns):
            y, z = h * a["stride_h"] - a["pad_top"], w * a["stride_w"] - a["pad_left"]
            window = x[max(y, 0) : max(y + kernel_h, 0), max(z, 0) : max(z + kernel_w, 0)]
            cells = window.reshape(-1, channels)
            assert len(cells)
            if node.operator == "max_pool":
                out[h, w] = cells.max(axis=0)
            else:
                count = kernel_h * kernel_w if a["count_padding"] else len(cells)
                out[h, w] = cells.sum(axis=0) / count
    return out


def activation(node: Node, x):
    kind, a, b = (node.attributes[key] for key in ("kind", "a", "b"))
    softplus = np.logaddexp(0, x)
    exponential = np.expm1(np.minimum(x, 0))
    sigmoid = 1 / (1 + np.exp(-x))
    return {
        1: lambda: np.minimum(np.maximum(x, a), b),
        2: lambda: np.where(x < 0, a * x, x),
        3: lambda: np.where(x < 0, a * exponential, x),
        4: lambda: b * np.where(x < 0, a * exponential, x),
        5: lambda: sigmoid,
        6: lambda: np.clip(a * x + b, 0, 1),
        7: lambda: x * np.clip(a * x + b, 0, 1),
        8: lambda: np.tanh(x),
        9: lambda: softplus,
        10: lambda: x / (1 + np.abs(x)),
        11: lambda: x * sigmoid,
        12: lambda: x / 2 * (1 + ERF(x / math.sqrt(2))),
        13: lambda: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        14: lambda: np.exp(x),
        15: lambda: x * np.tanh(softplus),
    }[kind]()


def softmax(node: Node, x):
    shifted = x - x.max(axis=-1, keepdims=True)
    logarithm = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logarithm if node.attributes["logarithm"] else np.exp(logarithm)


def binary(node: Node, x, y):
    spread = (1,) * (x.ndim - 1) + x.shape[-1:]
    assert y.shape in (x.shape, spread, x.shape[-1:]) or y.size == 1
    if y.size == 1:
        y = y.reshape(())
    functions = [np.add, np.multiply, np.subtract, np.divide, np.maximum, np.minimum]
    return functions[node.attributes["kind"] - 1](x, y)


def pad(node: Node, x):
    a = complete(node.operator, node.attributes)
    widths = [(a["top"], a["bottom"]), (a["left"], a["right"]), (0, 0)]
    return np.pad(x, widths, constant_values=a["value"])


def concatenate(node: Node, *parts):
    assert 2 <= len(parts) <= 64
    return np.concatenate(parts, axis=node.attributes["axis"])


OPERATORS = {
    "conv2d": conv2d,
    "dense": lambda node, x, weights, bias=0.0: weights @ x + bias,
    "max_pool": pool,
    "average_pool": pool,
    "global_max_pool": lambda node, x: x.max(axis=(0, 1)),
    "global_average_pool": lambda node, x: x.mean(axis=(0, 1)),
    "scale_shift": lambda node, x, scale, shift: x * scale + shift,
    "activation": activation,
    "softmax": softmax,
    "binary": binary,
    "concatenate": concatenate,
    "reshape": lambda node, x: x.reshape(node.output.shape),
    "pad": pad,
    "transpose": lambda node, x: x.transpose(node.attributes["axes"]),
}
