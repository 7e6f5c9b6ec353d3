"""Rounds weights to 255 whole numbers for each output channel, symmetric around 0."""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Node, Tensor
from ..rewrite import constant
from .bias import shift_of
from .lower import MOST, most_bias

_LEAST_STEP = 1e-20
"""Of a channel whose weights are all 0, or nearly; far from the end of single precision."""


def with_steps(node: Node, input_scale: float, met: np.ndarray | None = None) -> Node:
    """The convolution or dense layer with its weights rounded to whole multiples of a step.

    A step is the largest weight of a channel divided by 127, or more where the bias would not fit
    into 32 bits. `input_scale` is that of the bytes that the layer will get. With `met`, what each
    weight meets on average, the bias is corrected by what the rounding shifts.
    """
    weights, *rest = node.inputs[1:]
    assert weights.value is not None
    values = weights.value.astype(np.float64)
    bias = rest[0] if rest else constant(node.output, "bias", np.zeros(len(values)))
    assert bias.value is not None
    largest = np.abs(values).reshape(len(values), -1).max(1)
    # Half of the room is left, as the correction comes later.
    room = input_scale * (most_bias(node) // 2)
    steps = np.maximum(np.maximum(largest / MOST, _LEAST_STEP), np.abs(bias.value) / room)
    steps = steps.astype(np.float32).astype(np.float64)
    spread = steps.reshape(-1, *[1] * (values.ndim - 1))
    rounded = np.clip(np.rint(values / spread), -MOST, MOST) * spread
    if met is not None:
        corrected = bias.value.astype(np.float64) - shift_of(rounded - values, met)
        bias = Tensor(bias.name, bias.shape, corrected.astype(np.float32))
    held = Tensor(weights.name, weights.shape, rounded.astype(np.float32), steps=steps)
    return Node(node.operator, [node.inputs[0], held, bias], node.output, node.attributes)


def quantized_layers(graph: Graph) -> list[str]:
    """Names of the convolutions and dense layers that compute on bytes."""
    return [node.output.name for node in graph.nodes if len(node.inputs) == 4]
