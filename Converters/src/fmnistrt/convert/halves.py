"""Weights in half precision: half the file, and half the memory that a dense layer streams."""

from __future__ import annotations

import numpy as np

from .graph import Graph, Tensor

WEIGHTED = ("conv2d", "dense")


def halve_weights(graph: Graph) -> list[Tensor]:
    """Rounds the weights of convolutions and dense layers to the nearest half-precision number.

    A tensor stays in single precision if one of its values is too large for half precision (65520
    or more), or if it is used as something else too; weights in bytes stay what they are. Returns
    those that were rounded.
    """
    weights: dict[Tensor, None] = {}
    others: set[Tensor] = set()
    for node in graph.nodes:
        for i, tensor in enumerate(node.inputs):
            if tensor.value is None:
                continue
            if i == 1 and node.operator in WEIGHTED and tensor.value.dtype.kind == "f":
                weights[tensor] = None
            else:
                others.add(tensor)
    halved = []
    for tensor in weights:
        with np.errstate(over="ignore"):
            value = tensor.value.astype(np.float16)
        if tensor in others or not np.isfinite(value).all():
            continue
        tensor.value = value
        halved.append(tensor)
    return halved
