"""Passes that fold constants: batch normalisation into weights, zeros into padding.

Weights are folded in double precision and rounded once.
"""

from __future__ import annotations

import numpy as np

from .graph import Graph, Node, Tensor
from .operators import MAX_EXTENT, complete
from .rewrite import constant, drop_unused, finite, producers_of, replace, uses_of, values_of


def merge_scale_shifts(graph: Graph) -> Graph:
    """(x * s + t) * u + v is x * (s * u) + (t * u + v)."""
    producers, uses = producers_of(graph), uses_of(graph)
    for node in graph.nodes:
        first = producers.get(node.inputs[0])
        if node.operator != "scale_shift" or first is None or first.operator != "scale_shift":
            continue
        if uses[first.output] != 1:
            continue
        (s, t), (u, v) = values_of(first), values_of(node)
        if not finite(s * u, t * u + v):
            continue
        constants = [
            constant(node.output, "scale", s * u),
            constant(node.output, "shift", t * u + v),
        ]
        merged = Node("scale_shift", [first.inputs[0], *constants], node.output)
        return replace(graph, [first, node], merged)
    return graph


def _weighted(node: Node, weights: np.ndarray, bias: np.ndarray, source: Tensor) -> Node:
    """A convolution or dense node of the same output with other weights."""
    constants = [
        constant(node.output, "weights", weights),
        constant(node.output, "bias", bias),
    ]
    return Node(node.operator, [source, *constants], node.output, node.attributes)


def _weights_and_bias(node: Node) -> tuple[np.ndarray, np.ndarray]:
    weights, *bias = values_of(node)
    return weights, bias[0] if bias else np.zeros(len(weights))


def _is_quantized(node: Node) -> bool:
    """Whether the weights are whole numbers, or will be, and must stay as they are."""
    weights = node.inputs[1]
    assert weights.value is not None
    return weights.steps is not None or weights.value.dtype == np.int8


def fold_after(graph: Graph) -> Graph:
    """A scale_shift directly after a convolution or dense layer goes into its weights and bias."""
    producers, uses = producers_of(graph), uses_of(graph)
    for node in graph.nodes:
        first = producers.get(node.inputs[0])
        if node.operator != "scale_shift" or first is None or uses[first.output] != 1:
            continue
        if first.operator not in ("conv2d", "dense") or _is_quantized(first):
            continue
        weights, bias = _weights_and_bias(first)
        scale, shift = values_of(node)
        weights = weights * scale.reshape(-1, *[1] * (weights.ndim - 1))
        bias = bias * scale + shift
        if finite(weights, bias):
            folded = Node(first.operator, [], node.output, first.attributes)
            folded = _weighted(folded, weights, bias, first.inputs[0])
            return replace(graph, [first, node], folded)
    return graph


def fold_before(graph: Graph) -> Graph:
    """A scale_shift before a dense layer or a convolution goes into its weights and bias.

    Between it and a dense layer there may be reshapes, since rows of channels stay rows. Before a
    convolution with padding only a scale without a shift can go: padding stays 0, and not what
    the shift would make of it.
    """
    producers, uses = producers_of(graph), uses_of(graph)
    for node in graph.nodes:
        chain = [node]
        while (before := producers.get(chain[0].inputs[0])) and uses[before.output] == 1:
            chain.insert(0, before)
            if node.operator != "dense" or before.operator != "reshape":
                break
        if len(chain) == 1 or chain[0].operator != "scale_shift":
            continue
        scale, shift = values_of(chain[0])
        source = chain[0].inputs[0]
        if node.operator == "dense":
            folded = _fold_before_dense(node, scale, shift)
        elif node.operator == "conv2d":
            folded = _fold_before_conv(node, scale, shift)
        else:
            continue
        if folded is None or not finite(*folded):
            continue
        reshapes = []
        for reshape in chain[1:-1]:
            # It no longer holds what the layer gives, so it may not keep the layer's name.
            unscaled = Tensor(f"{reshape.output.name}:unscaled", reshape.output.shape)
            reshapes.append(Node("reshape", [source], unscaled))
            source = unscaled
        return replace(graph, chain, *reshapes, _weighted(node, *folded, source))
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
    producers = producers_of(graph)
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
            return drop_unused(replace(graph, [node], merged))
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
