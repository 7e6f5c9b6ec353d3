"""Corrects biases by what rounding the weights changes on average.

A rounded weight is off by a little, always to the same side, and with it the mean of its channel:
by the weights' errors times the mean of what they meet. That is subtracted from the bias, as in
Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019),
section 4.2. What clamping activations changes is left alone: it only concerns a few pictures.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain

import numpy as np

from ..graph import Graph, Node, Tensor
from .calibrate import Progress
from .simulate import CHUNK, each_tensor
from .windows import taps

PICTURES = 64
"""Enough for a mean, as each picture has many windows."""


def input_means(
    graph: Graph, layers: Collection[Tensor], inputs: np.ndarray, progress: Progress
) -> dict[Tensor, np.ndarray]:
    """What each weight meets on average: [KH, KW, I] for convolutions, [I] for dense layers.

    `layers` are outputs of the float graph's nodes, `inputs` prepared pictures.
    """
    users: dict[Tensor, list[Node]] = {}
    for node in graph.nodes:
        if node.output in layers:
            users.setdefault(node.inputs[0], []).append(node)
    sums: dict[Tensor, np.ndarray] = {}
    inputs = inputs[:PICTURES]
    for start in range(0, len(inputs), CHUNK):
        chunk = inputs[start : start + CHUNK]
        computed = chain([(graph.input, chunk)], each_tensor(graph, chunk))
        for done, (tensor, value) in enumerate(computed):
            progress("measuring means", (start + done / len(graph.nodes)) / len(inputs))
            for node in users.get(tensor, []):
                sums[node.output] = sums.get(node.output, 0) + _met(node, value) * len(chunk)
    return {tensor: total / len(inputs) for tensor, total in sums.items()}


def _met(node: Node, x: np.ndarray) -> np.ndarray:
    if node.operator == "dense":
        return x.mean(0, dtype=np.float64)
    height, width = node.inputs[1].shape[1:3]
    means = [values.mean((0, 1, 2), dtype=np.float64) for _, _, values in taps(x, node)]
    return np.reshape(means, (height, width, -1))


def shift_of(errors: np.ndarray, met: np.ndarray) -> np.ndarray:
    """By how much weights that are off by `errors` shift each output on average."""
    if errors.ndim == 4 and errors.shape[3] == 1 < met.shape[2]:
        return np.einsum("ohw,hwo->o", errors[..., 0], met)
    return np.tensordot(errors, met, met.ndim)
