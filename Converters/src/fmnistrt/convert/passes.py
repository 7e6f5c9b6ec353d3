"""Rewrites that leave the answers as they are and the graph smaller.

Each pass takes a graph and returns a new one, or the same if there is nothing to do. A pass may
drop a tensor, but what remains keeps its name and its values.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .explain import Watch
from .folding import fold_after, fold_before, merge_pads, merge_scale_shifts
from .graph import Graph, Node, Tensor
from .operators import complete
from .rewrite import drop_unused, producers_of, replace, values_of

Pass = Callable[[Graph], Graph]


def optimise(graph: Graph, watch: Watch | None = None) -> Graph:
    """All passes, until none finds anything more; `watch` is told of each change."""
    while True:
        before = graph
        for one in PASSES:
            previous, graph = graph, one(graph)
            if watch and graph is not previous:
                watch(f"{one.__name__}: {(one.__doc__ or '').splitlines()[0]}", graph)
        if graph is before:
            return graph


def _changes_nothing(node: Node) -> bool:
    attributes = complete(node.operator, node.attributes)
    match node.operator:
        case "reshape":
            return node.inputs[0].shape == node.output.shape
        case "transpose":
            return list(attributes["axes"]) == sorted(attributes["axes"])
        case "scale_shift":
            scale, shift = values_of(node)
            return bool((scale == 1).all() and (shift == 0).all())
        case "activation":
            return attributes["kind"] == 1 and attributes["a"] == -math.inf == -attributes["b"]
        case "pad":
            return not any(attributes[side] for side in ("top", "left", "bottom", "right"))
        case "max_pool" | "average_pool":
            return all(
                value == (key[:3] not in ("pad", "cou")) for key, value in attributes.items()
            )
    return False


def drop_identities(graph: Graph) -> Graph:
    """Drops nodes that pass their input on; a model keeps its last node if that is its only one."""
    instead: dict[Tensor, Tensor] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        inputs = [instead.get(tensor, tensor) for tensor in node.inputs]
        last = node is graph.nodes[-1]
        # The output is always what the last node computes.
        ends = last and not (nodes and nodes[-1].output is inputs[0])
        if _changes_nothing(node) and not ends:
            instead[node.output] = inputs[0]
        else:
            nodes.append(Node(node.operator, inputs, node.output, node.attributes))
    return Graph(graph.input, nodes) if instead else graph


def merge_reshapes(graph: Graph) -> Graph:
    """A reshape of a reshape is one reshape."""
    producers = producers_of(graph)
    for node in graph.nodes:
        first = producers.get(node.inputs[0])
        if node.operator == "reshape" and first is not None and first.operator == "reshape":
            merged = Node("reshape", [first.inputs[0]], node.output)
            return drop_unused(replace(graph, [node], merged))
    return graph


PASSES: list[Pass] = [
    drop_unused,
    drop_identities,
    merge_reshapes,
    merge_scale_shifts,
    fold_after,
    fold_before,
    merge_pads,
]
