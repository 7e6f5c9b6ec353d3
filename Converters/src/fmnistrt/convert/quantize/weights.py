"""Rounds weights to 255 whole numbers for each output channel, symmetric around 0."""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Node, Tensor
from .lower import MOST, most_bias

_LEAST_STEP = 1e-20
"""Of a channel whose weights are all 0, or nearly; far from the end of single precision."""


def with_steps(node: Node, input_scale: float) -> Node:
    """The convolution or dense layer with its weights rounded to whole multiples of a step.

    A step is the largest weight of a channel divided by 127, or more where the bias would not fit
    into 32 bits. `input_scale` is that of the bytes that the layer will get.
    """
    weights, *bias = node.inputs[1:]
    assert weights.value is not None
    values = weights.value.astype(np.float64)
    largest = np.abs(values).reshape(len(values), -1).max(1)
    steps = np.maximum(largest / MOST, _LEAST_STEP)
    if bias:
        assert bias[0].value is not None
        # Half of the room is left to bias correction.
        steps = np.maximum(steps, np.abs(bias[0].value) / (input_scale * (most_bias(node) // 2)))
    steps = steps.astype(np.float32).astype(np.float64)
    spread = steps.reshape(-1, *[1] * (values.ndim - 1))
    rounded = np.clip(np.rint(values / spread), -MOST, MOST) * spread
    inputs = [
        node.inputs[0],
        Tensor(weights.name, weights.shape, rounded.astype(np.float32), steps=steps),
        *bias,
    ]
    return Node(node.operator, inputs, node.output, node.attributes)


def quantized_layers(graph: Graph) -> list[str]:
    """Names of the convolutions and dense layers that compute on bytes."""
    return [node.output.name for node in graph.nodes if len(node.inputs) == 4]
