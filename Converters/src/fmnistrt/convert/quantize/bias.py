"""Corrects biases by what rounding changes on average.

Rounded weights and activations shift the mean of a channel. The shift is measured on pictures,
layer by layer, each with the corrected layers before it, and subtracted from the bias, as in
Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019),
appendix D.
"""

from __future__ import annotations

import math

import numpy as np

from ..graph import Graph, Node, Tensor
from .calibrate import Progress
from .lower import most_bias
from .simulate import byte_sums, compute, each_tensor, finish_sums

PICTURES = 256
_MOST_ELEMENTS = 2**26
"""Of one tensor for all pictures, which bounds the memory."""


def channel_means(graph: Graph, inputs: np.ndarray, progress: Progress) -> dict[Tensor, np.ndarray]:
    """The mean of each channel of each tensor that the float graph computes, float64."""
    means = {}
    for done, (tensor, value) in enumerate(each_tensor(graph, inputs)):
        progress("correcting biases", done / len(graph.nodes) / 2)
        means[tensor] = _mean(value)
    return means


def fitting(graph: Graph, inputs: np.ndarray) -> np.ndarray:
    """As many of the inputs as can be simulated at once."""
    largest = max(math.prod(node.output.shape) for node in graph.nodes)
    return inputs[: max(1, min(PICTURES, _MOST_ELEMENTS // largest))]


def correct_biases(
    graph: Graph, means: dict[Tensor, np.ndarray], inputs: np.ndarray, progress: Progress
) -> None:
    """Changes the biases of layers on bytes so that their means become `means`."""
    values = {graph.input: inputs}
    last_use = {tensor: node for node in graph.nodes for tensor in node.inputs}
    for done, node in enumerate(graph.nodes):
        progress("correcting biases", (1 + done / len(graph.nodes)) / 2)
        if len(node.inputs) == 4 and node.output in means:
            value = _corrected(node, values[node.inputs[0]], means[node.output])
        else:
            value = compute(node, [values[t] if t.value is None else t.value for t in node.inputs])
        values[node.output] = value
        for tensor in node.inputs:
            if last_use[tensor] is node:
                values.pop(tensor, None)


def _corrected(node: Node, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """What the layer on bytes gives after its bias has been changed."""
    sums = byte_sums(node, x)
    bias, multiplier = node.inputs[2], node.inputs[3].value
    assert bias.value is not None and multiplier is not None
    change = (mean - _mean(finish_sums(node, sums))) / multiplier.astype(np.float64)
    most = most_bias(node)
    bias.value = np.clip(np.rint(bias.value + change), -most, most).astype(np.int32)
    return finish_sums(node, sums)


def _mean(value: np.ndarray) -> np.ndarray:
    return value.mean(tuple(range(value.ndim - 1)), dtype=np.float64)
