"""Compares the library with the oracle, tensor by tensor."""

from __future__ import annotations

import numpy as np

import oracle
from fmnistrt.convert.graph import Graph, Tensor

ROUNDING = 4e-6
"""Allowed error of a sum of one product, relative to the largest value around it.

Summing n products in single precision leaves a random error of about 2^-24 sqrt(n) of the
sums' size, and the weights are scaled so that sums stay near 1. So sqrt(n) carries over to any
depth; 4e-6 is 67 times 2^-24 and leaves room for a few layers in a row, the accuracy of libm's
functions (1 or 2 units in the last place), and outliers among millions of values. A wrong
weight, pixel or border is off by about 1e-1.
"""


class Expected:
    """What the oracle says about a few inputs, and how exact the library must be."""

    def __init__(self, graph: Graph, prepared: np.ndarray):
        self.graph = graph
        self.prepared = prepared
        self.values = [oracle.evaluate(graph, image) for image in prepared]
        self.depth = max(oracle.depth(node) for node in graph.nodes)
        largest: dict[Tensor, float] = {}
        for tensor in self.values[0]:
            largest[tensor] = max(float(np.abs(v[tensor]).max()) for v in self.values)
        # Errors of the inputs of a node show in its output, however small that is.
        for node in graph.nodes:
            inputs = [largest[t] for t in node.inputs if t.value is None]
            largest[node.output] = max(1.0, largest[node.output], *inputs)
        self.largest = largest

    @property
    def outputs(self) -> np.ndarray:
        """The answers, one row for each input."""
        return np.stack([values[self.graph.output] for values in self.values])

    def tolerance(self, tensor: Tensor) -> float:
        """How far an element of `tensor` may be off."""
        return ROUNDING * self.depth**0.5 * self.largest[tensor]

    def check(self, tensor: Tensor, actual: np.ndarray, image: int, context: str) -> None:
        """Fails unless `actual` is the value of `tensor` for input number `image`."""
        difference = np.abs(actual - self.values[image][tensor])
        worst = float(np.max(np.where(np.isnan(difference), np.inf, difference)))
        tolerance = self.tolerance(tensor)
        assert worst <= tolerance, f"{context}: {tensor.name} is off by {worst:g} > {tolerance:g}"
