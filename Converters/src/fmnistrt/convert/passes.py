"""Rewrites that leave the answers as they are and the graph smaller.

Each pass takes a graph and returns a new one, or the same if there is nothing to do. A pass may
drop a tensor, but what remains keeps its name and its values. Weights are folded in double
precision and rounded once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from .graph import Graph, Node, Tensor
from .operators import MAX_EXTENT, complete

Pass = Callable[[Graph], Graph]


def optimise(graph: Graph) -> Graph:
    """All passes, until none finds anything more."""
    while True:
        before = graph
        for one in PASSES:
            graph = one(graph)
        if graph is before:
            return graph


def _uses(graph: Graph) -> Counter[Tensor]:
    """How often each tensor is needed; being the output counts."""
    uses = Counter(tensor for node in graph.nodes for tensor in node.inputs)
    uses[graph.output] += 1
    return uses


def _producers(graph: Graph) -> dict[Tensor, Node]:
    return {node.output: node for node in graph.nodes}


def _replace(graph: Graph, old: list[Node], *new: Node) -> Graph:
    """The graph with `new` where the last of `old` stood, and without the rest of `old`."""
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += new if node is old[-1] else [] if node in old else [node]
    return Graph(graph.input, nodes)


def _constant(like: Tensor, suffix: str, value: np.ndarray) -> Tensor:
    array = np.ascontiguousarray(value, dtype=np.float32)
    return Tensor(f"{like.name}:{suffix}", array.shape, array)


def _finite(*arrays: np.ndarray) -> bool:
    """Whether folded weights still fit in single precision."""
    return all((np.abs(array) <= np.finfo(np.float32).max).all() for array in arrays)


def _values(node: Node) -> list[np.ndarray]:
    return [t.value.astype(np.float64) for t in node.inputs[1:] if t.value is not None]


def drop_unused(graph: Graph) -> Graph:
    """Drops nodes that do not lead to the output."""
    needed, kept = {graph.output}, []
    for node in reversed(graph.nodes):
        if node.output in needed:
            needed.update(node.inputs)
            kept.append(node)
    return graph if len(kept) == len(graph.nodes) else Graph(graph.input, kept[::-1])


def _changes_nothing(node: Node) -> bool:
    attributes = complete(node.operator, node.attributes)
    match node.operator:
        case "reshape":
            return node.inputs[0].shape == node.output.shape
        case "transpose":
            return list(attributes["axes"]) == sorted(attributes["axes"])
        case "scale_shift":
            scale, shift = _values(node)
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
    producers = _producers(graph)
    for node in graph.nodes:
        first = producers.get(node.inputs[0])
        if node.operator == "reshape" and first is not None and first.operator == "reshape":
            merged = Node("reshape", [first.inputs[0]], node.output)
            return drop_unused(_replace(graph, [node], merged))
    return graph


def merge_scale_shifts(graph: Graph) -> Graph:
    """(x * s + t) * u + v is x * (s * u) + (t * u + v)."""
    producers, uses = _producers(graph), _uses(graph)
    for node in graph.nodes:
        first = producers.get(node.inputs[0])
        if node.operator != "scale_shift" or first is None or first.operator != "scale_shift":
            continue
        if uses[first.output] != 1:
            continue
        (s, t), (u, v) = _values(first), _values(node)
        if not _finite(s * u, t * u + v):
            continue
        constants = [
            _constant(node.output, "scale", s * u),
            _constant(node.output, "shift", t * u + v),
        ]
        merged = Node("scale_shift", [first.inputs[0], *constants], node.output)
        return _replace(graph, [first, node], merged)
    return graph


def _weighted(node: Node, weights: np.ndarray, bias: np.ndarray, source: Tensor) -> Node:
    """A convolution or dense node of the same output with other weights."""
    constants = [
        _constant(node.output, "weights", weights),
        _constant(node.output, "bias", bias),
    ]
    return Node(node.operator, [source, *constants], node.output, node.attributes)


def _weights_and_bias(node: Node) -> tuple[np.ndarray, np.ndarray]:
    weights, *bias = _values(node)
    return weights, bias[0] if bias else np.zeros(len(weights))


def fold_after(graph: Graph) -> Graph:
    """A scale_shift directly after a convolution or dense layer goes into its weights and bias."""
    producers, uses = _producers(graph), _uses(graph)
    for node in graph.nodes:
        first = producers.get(node.inputs[0])
        if node.operator != "scale_shift" or first is None or uses[first.output] != 1:
            continue
        if first.operator not in ("conv2d", "dense"):
            continue
        weights, bias = _weights_and_bias(first)
        scale, shift = _values(node)
        weights = weights * scale.reshape(-1, *[1] * (weights.ndim - 1))
        bias = bias * scale + shift
        if _finite(weights, bias):
            folded = Node(first.operator, [], node.output, first.attributes)
            folded = _weighted(folded, weights, bias, first.inputs[0])
            return _replace(graph, [first, node], folded)
    return graph


def fold_before(graph: Graph) -> Graph:
    """A scale_shift before a dense layer or a convolution goes into its weights and bias.

    Between it and a dense layer there may be reshapes, since rows of channels stay rows. Before a
    convolution with padding only a scale without a shift can go: padding stays 0, and not what
    the shift would make of it.
    """
    producers, uses = _producers(graph), _uses(graph)
    for node in graph.nodes:
        chain = [node]
        while (before := producers.get(chain[0].inputs[0])) and uses[before.output] == 1:
            chain.insert(0, before)
            if node.operator != "dense" or before.operator != "reshape":
                break
        if len(chain) == 1 or chain[0].operator != "scale_shift":
            continue
        scale, shift = _values(chain[0])
        source = chain[0].inputs[0]
        if node.operator == "dense":
            folded = _fold_before_dense(node, scale, shift)
        elif node.operator == "conv2d":
            folded = _fold_before_conv(node, scale, shift)
        else:
            continue
        if folded is None or not _finite(*folded):
            continue
        reshapes = []
        for reshape in chain[1:-1]:
            # It no longer holds what the layer gives, so it may not keep the layer's name.
            unscaled = Tensor(f"{reshape.output.name}:unscaled", reshape.output.shape)
            reshapes.append(Node("reshape", [source], unscaled))
            source = unscaled
        return _replace(graph, chain, *reshapes, _weighted(node, *folded, source))
    return graph


Folded = tuple[np.ndarray, np.ndarray]


def _fold_before_dense(node: Node, scale: np.ndarray, shift: np.ndarray) -> Folded:
    weights, bias = _weights_and_bias(node)
    repeats = weights.shape[1] // len(scale)
    scale, shift = np.tile(scale, repeats), np.tile(shift, repeats)
    return weights * scale, bias + weights @ shift


def _fold_before_conv(node: Node, scale: np.ndarray, shift: np.ndarray) -> Folded | None:
    attributes = complete("conv2d", node.attributes)
    padded = any(attributes[key] for key in ("pad_top", "pad_left", "pad_bottom", "pad_right"))
    if padded and shift.any():
        return None
    weights, bias = _weights_and_bias(node)
    groups, depth = attributes["groups"], weights.shape[3]
    group = np.arange(len(weights)) // (len(weights) // groups)
    channels = group[:, None] * depth + np.arange(depth)
    shifted = np.einsum("ohwi,oi->o", weights, shift[channels])
    return weights * scale[channels][:, None, None, :], bias + shifted


def merge_pads(graph: Graph) -> Graph:
    """Zeros around an image become the padding of the convolution or mean after it, if exact."""
    producers = _producers(graph)
    for node in graph.nodes:
        first = producers.get(node.inputs[0])
        if node.operator not in ("conv2d", "average_pool") or first is None:
            continue
        if first.operator != "pad" or complete("pad", first.attributes)["value"] != 0:
            continue
        attributes = _padded_more(node, complete("pad", first.attributes))
        if attributes is not None:
            inputs = [first.inputs[0], *node.inputs[1:]]
            merged = Node(node.operator, inputs, node.output, attributes)
            return drop_unused(_replace(graph, [node], merged))
    return graph


def _padded_more(node: Node, pad: dict) -> dict | None:
    attributes = complete(node.operator, node.attributes)
    pools = node.operator == "average_pool"
    own = any(attributes[f"pad_{side}"] for side in ("top", "left", "bottom", "right"))
    if pools and own and not attributes["count_padding"]:
        return None
    for axis, sides, letter in [(0, ("top", "bottom"), "h"), (1, ("left", "right"), "w")]:
        if pools:
            extent = attributes[f"kernel_{letter}"]
        else:
            extent = (node.inputs[1].shape[1 + axis] - 1) * attributes[f"dilation_{letter}"] + 1
        for side in sides:
            attributes[f"pad_{side}"] += pad[side]
            if attributes[f"pad_{side}"] >= min(extent, MAX_EXTENT + 1):
                return None
    if pools:
        attributes["count_padding"] = 1
    return attributes


PASSES: list[Pass] = [
    drop_unused,
    drop_identities,
    merge_reshapes,
    merge_scale_shifts,
    fold_after,
    fold_before,
    merge_pads,
]
