"""Sums and maxima over sliding windows, for batches of images (n, height, width, channels)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node
from ..operators import complete


def _padded(x: np.ndarray, a: dict[str, Any], value: float) -> np.ndarray:
    sides = [(a["pad_top"], a["pad_bottom"]), (a["pad_left"], a["pad_right"])]
    if not any(map(any, sides)):
        return x
    return np.pad(x, [(0, 0), *sides, (0, 0)], constant_values=value)


def taps(x: np.ndarray, node: Node, value: float = 0) -> Iterator[tuple[int, int, np.ndarray]]:
    """For each cell of the kernel its row, column, and the values of x that it meets."""
    a = complete(node.operator, node.attributes)
    if node.operator == "conv2d":
        kernel = node.inputs[1].shape[1:3]
    else:
        kernel = (a["kernel_h"], a["kernel_w"])
    x = _padded(x, a, value)
    rows, columns = node.output.shape[:2]
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            top, left = row * a.get("dilation_h", 1), column * a.get("dilation_w", 1)
            bottom = top + (rows - 1) * a["stride_h"] + 1
            right = left + (columns - 1) * a["stride_w"] + 1
            yield row, column, x[:, top : bottom : a["stride_h"], left : right : a["stride_w"]]


def convolve(x: np.ndarray, weights: np.ndarray, node: Node) -> np.ndarray:
    """The convolution without its bias, in the type of x: exact for integers in float64."""
    groups = complete("conv2d", node.attributes)["groups"]
    outputs, depth = weights.shape[0], weights.shape[3]
    each = outputs // groups
    result = np.zeros((len(x), *node.output.shape), x.dtype)
    for row, column, values in taps(x, node):
        kernel = weights[:, row, column, :]
        if depth == 1 and each == 1:
            result += values * kernel[:, 0]
            continue
        for group in range(groups):
            chosen = slice(group * each, (group + 1) * each)
            part = values[..., group * depth : (group + 1) * depth]
            result[..., chosen] += part @ kernel[chosen].T
    return result


def maximum(x: np.ndarray, node: Node) -> np.ndarray:
    """Max pooling of floats or bytes; padding never wins."""
    lowest = 0 if x.dtype == np.uint8 else -np.inf
    found = None
    for _, _, values in taps(x, node, lowest):
        found = values.copy() if found is None else np.maximum(found, values)
    assert found is not None
    return found


def total(x: np.ndarray, node: Node) -> np.ndarray:
    """The sum of each window, in the type of x."""
    result = np.zeros((len(x), *node.output.shape), x.dtype)
    for _, _, values in taps(x, node):
        result += values
    return result


def divisor(node: Node) -> np.ndarray:
    """By what a mean divides: (height, width, 1), float32."""
    a = complete(node.operator, node.attributes)
    rows, columns = node.output.shape[:2]
    if a["count_padding"]:
        return np.full((rows, columns, 1), a["kernel_h"] * a["kernel_w"], np.float32)
    height, width, _ = node.inputs[0].shape
    cells = np.ones((1, height, width, 1), np.float32)
    counted = np.zeros((rows, columns, 1), np.float32)
    for _, _, values in taps(cells, node):
        counted += values[0]
    return counted
