"""What kind of scores a graph gives."""

from __future__ import annotations

from .graph import Graph, Node, Tensor
from .operators import BINARY
from .result import OutputKind

_PASSING = ("reshape", "transpose", "quantize", "dequantize")
"""What the kind of the output does not depend on."""


def output_kind(graph: Graph) -> OutputKind:
    """By the last operator that computes: softmax over all classes gives probabilities; its
    logarithm, or a layer with or without a bias of its own, logits."""
    producers = {node.output: node for node in graph.nodes}

    def computing(tensor: Tensor) -> Node | None:
        node = producers.get(tensor)
        while node is not None and node.operator in _PASSING:
            node = producers.get(node.inputs[0])
        return node

    last = computing(graph.output)
    if last is None:
        return "scores"
    if last.operator == "softmax" and last.output.shape[-1] == graph.output.shape[-1]:
        return "logits" if last.attributes["logarithm"] else "probabilities"
    is_bias = last.operator == "binary" and last.attributes["kind"] == BINARY["add"]
    if is_bias and last.inputs[1].value is not None:
        last = computing(last.inputs[0])
    return "logits" if last is not None and last.operator in ("dense", "conv2d") else "scores"
