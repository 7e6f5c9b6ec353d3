"""What is done to a float graph before its ranges are measured."""

from __future__ import annotations

from ..graph import Graph, Node, Tensor
from ..model import Pixels
from ..rewrite import producers_of, replace, uses_of, values_of
from .pixels import input_bytes, moved
from .place import candidates, place


def prepare(graph: Graph, pixels: Pixels) -> Graph:
    """The graph with the same answers, but for a constant that the pixels are moved by."""
    while (hoisted := _hoist_scale_shift(graph)) is not graph:
        graph = hoisted
    roots = place(graph, {node.output for node in candidates(graph)}).groups
    for root in (tensor for group in roots if len(group) == 1 for tensor in group):
        found = input_bytes(graph, root, pixels)
        if found is not None and found[1]:
            graph, _ = moved(graph, root, found[1])
    return graph


def _hoist_scale_shift(graph: Graph) -> Graph:
    """A scale_shift after max pooling goes before it, where it is part of the layer there.

    The largest value stays the largest where no scale is negative: the answers are the same bits.
    """
    producers, uses = producers_of(graph), uses_of(graph)
    for node in graph.nodes:
        pool = producers.get(node.inputs[0])
        if node.operator != "scale_shift" or pool is None or pool.operator != "max_pool":
            continue
        first = producers.get(pool.inputs[0])
        if first is None or first.operator not in ("activation", "conv2d"):
            continue
        if uses[pool.output] != 1 or uses[first.output] != 1 or values_of(node)[0].min() < 0:
            continue
        scaled = Tensor(f"{node.output.name}:scaled", first.output.shape)
        return replace(
            graph,
            [pool, node],
            Node("scale_shift", [first.output, *node.inputs[1:]], scaled),
            Node("max_pool", [scaled], node.output, pool.attributes),
        )
    return graph
