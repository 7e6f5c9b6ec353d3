"""What the passes have in common: reading a graph and putting nodes in place of others."""

from __future__ import annotations

from collections import Counter

import numpy as np

from .graph import Graph, Node, Tensor


def uses_of(graph: Graph) -> Counter[Tensor]:
    """How often each tensor is needed; being the output counts."""
    uses = Counter(tensor for node in graph.nodes for tensor in node.inputs)
    uses[graph.output] += 1
    return uses


def producers_of(graph: Graph) -> dict[Tensor, Node]:
    """The node that computes each tensor."""
    return {node.output: node for node in graph.nodes}


def replace(graph: Graph, old: list[Node], *new: Node) -> Graph:
    """The graph with `new` where the last of `old` stood, and without the rest of `old`."""
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += new if node is old[-1] else [] if node in old else [node]
    return Graph(graph.input, nodes)


def constant(like: Tensor, suffix: str, value: np.ndarray) -> Tensor:
    """A constant for the node that computes `like`."""
    array = np.ascontiguousarray(value, dtype=np.float32)
    return Tensor(f"{like.name}:{suffix}", array.shape, array)


def finite(*arrays: np.ndarray) -> bool:
    """Whether folded weights still fit in single precision."""
    return all((np.abs(array) <= np.finfo(np.float32).max).all() for array in arrays)


def values_of(node: Node) -> list[np.ndarray]:
    """A node's constants in double precision."""
    return [t.value.astype(np.float64) for t in node.inputs[1:] if t.value is not None]


def drop_unused(graph: Graph) -> Graph:
    """Drops nodes that do not lead to the output."""
    needed, kept = {graph.output}, []
    for node in reversed(graph.nodes):
        if node.output in needed:
            needed.update(node.inputs)
            kept.append(node)
    return graph if len(kept) == len(graph.nodes) else Graph(graph.input, kept[::-1])
