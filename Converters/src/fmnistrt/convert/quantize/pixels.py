"""The input's bytes: pixels are bytes already, and keep their 256 values exactly."""

from __future__ import annotations

import numpy as np

from ..element_types import WEIGHTED
from ..graph import Bytes, Graph, Node, Tensor
from ..model import Pixels
from ..rewrite import constant, producers_of, values_of
from .ranges import meaning_of

_CLEAR = 1 / 256
"""How far from a whole number a zero point may be without being moved."""


def input_bytes(graph: Graph, tensor: Tensor, pixels: Pixels) -> tuple[Bytes, float] | None:
    """The bytes of the input, or of a scale_shift of it, and by how much it must be moved.

    The bytes are the pixels themselves where one scale serves all channels and the value 0, which
    padding has, is among them. A zero point is a whole number, so all values may have to be moved
    by a part of a step, which `moved` makes up for. None: `tensor` is neither the input nor such.
    """
    node = producers_of(graph).get(tensor)
    if tensor is graph.input:
        scale, shift = np.ones(1), np.zeros(1)
    elif node is not None and node.operator == "scale_shift" and node.inputs[0] is graph.input:
        scale, shift = values_of(node)
    else:
        return None
    mean, deviation = np.float64(pixels.mean), np.float64(pixels.deviation)
    steps = scale / deviation / pixels.scale
    black = shift - mean * scale / deviation
    ends = np.stack(np.broadcast_arrays(black, black + 255 * steps))
    lows, highs = ends.min(0), ends.max(0)
    low, high = float(lows.min()), float(highs.max())
    step = float(np.float32((high - low) / 255))
    same = np.allclose(lows, low, atol=step / 512) and np.allclose(highs, high, atol=step / 512)
    if not same or step <= 0 or not -0.5 <= -low / step <= 255.5:
        return meaning_of(low, high), 0.0
    zero = int(np.clip(np.rint(-low / step), 0, 255))
    away = -zero * step - low
    return Bytes(step, zero), away if abs(away) > step * _CLEAR else 0.0


def moved(graph: Graph, tensor: Tensor, amount: float) -> tuple[Graph, Tensor]:
    """The graph with `amount` added to the input, or to the scale_shift of it, and that tensor.

    Layers that take it get a bias that makes up for it, but for windows that reach into padding.
    """
    nodes: list[Node] = []
    output = tensor
    if tensor is graph.input:
        channels = tensor.shape[-1]
        output = Tensor(f"{tensor.name}:moved", tensor.shape)
        nodes.append(_shifted(graph.input, output, np.ones(channels), np.full(channels, amount)))
    for node in graph.nodes:
        inputs = [output if t is tensor else t for t in node.inputs]
        new = Node(node.operator, inputs, node.output, node.attributes)
        if node.output is tensor:
            scale, shift = values_of(node)
            new = _shifted(graph.input, tensor, scale, shift + amount)
        elif node.operator in WEIGHTED and inputs[0] is output:
            weights, *bias = values_of(node)
            less = amount * weights.reshape(len(weights), -1).sum(1)
            old = bias[0] if bias else np.zeros(len(weights))
            new.inputs[2:] = [constant(node.output, "bias", old - less)]
        nodes.append(new)
    return Graph(graph.input, nodes), output


def _shifted(x: Tensor, output: Tensor, scale: np.ndarray, shift: np.ndarray) -> Node:
    constants = [constant(output, "scale", scale), constant(output, "shift", shift)]
    return Node("scale_shift", [x, *constants], output)
