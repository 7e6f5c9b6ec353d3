"""The element types of docs/fmg-format.md: which operator takes and gives which."""

from __future__ import annotations

import math

import numpy as np

from .graph import Bytes, ConvertError, Graph, Node
from .operators import BINARY, OPERATORS, complete

MOVERS = frozenset(("max_pool", "global_max_pool", "reshape", "transpose", "concatenate", "pad"))
"""Operators that only move values: of bytes they give bytes of the same meaning."""
WEIGHTED = frozenset(("conv2d", "dense"))
MEANS = frozenset(("average_pool", "global_average_pool"))
MOST_TAPS = (2**31 - 1) // (255 * 127)
"""Products of a byte and a weight that surely fit into a sum of 32 bits."""


def _demand(condition: bool, message: str) -> None:
    if not condition:
        raise ConvertError(message)


def taps_of(node: Node) -> int:
    """Products that one output of a convolution or dense layer sums."""
    return math.prod(node.inputs[1].shape[1:])


def sums_bytes(node: Node) -> bool:
    """Whether the layer's geometry is one that bytes are possible for."""
    if node.operator == "conv2d":
        groups = complete("conv2d", node.attributes)["groups"]
        depthwise = node.inputs[1].shape[3] == 1 and node.output.shape[2] == groups
        if groups != 1 and not depthwise:
            return False
    return taps_of(node) <= MOST_TAPS


def check_types(node: Node) -> None:
    """Refuses a node whose inputs, constants or output have types it does not work with."""
    expected = _output_bytes(node)
    found = node.output.bytes
    if found is not None:
        scale = float(np.float32(found.scale))
        _demand(
            math.isfinite(scale) and scale >= np.finfo(np.float32).tiny,
            f"has bytes of the scale {found.scale}",
        )
        _demand(0 <= found.zero_point <= 255, f"has bytes of the zero point {found.zero_point}")
    if node.operator == "quantize":
        _demand(found is not None, "quantises to floats")
    else:
        _demand(found == expected, f"gives {_named(expected)}, not {_named(found)}")
    for index, tensor in enumerate(node.inputs):
        if tensor.value is not None:
            allowed = _constant_types(node, index)
            _demand(
                tensor.value.dtype.name in allowed,
                f'has weights "{tensor.name}" of type {tensor.value.dtype}',
            )


def _named(bytes_: Bytes | None) -> str:
    return "floats" if bytes_ is None else f"bytes ({bytes_.scale:g}, {bytes_.zero_point})"


def _output_bytes(node: Node) -> Bytes | None:
    """What the bytes of the output mean, or None if it is float; quantize is left open."""
    x = node.inputs[0].bytes
    computed = [tensor.bytes for tensor in node.inputs if tensor.value is None]
    if node.operator in WEIGHTED:
        _check_weighted(node, x)
        return None
    if node.operator in MOVERS:
        _demand(all(each == x for each in computed), "joins tensors of different types or scales")
        padded = complete("pad", node.attributes)["value"] if node.operator == "pad" else 0
        _demand(x is None or padded == 0, f"pads bytes with {padded}; only 0 is possible")
        return x
    if node.operator == "dequantize":
        _demand(x is not None, "dequantises floats")
    elif node.operator == "binary" and any(computed):
        same = all(each is not None for each in computed) and len(computed) == 2
        add = node.attributes["kind"] == BINARY["add"]
        shapes = node.inputs[0].shape == node.inputs[1].shape
        _demand(same and add and shapes, "combines bytes otherwise than by adding equal shapes")
    elif node.operator not in MEANS:
        _demand(x is None, "needs floats, but gets bytes")
    return None


def _check_weighted(node: Node, x: Bytes | None) -> None:
    if x is None:
        _demand(len(node.inputs) < 4, "has a multiplier, but its input is no bytes")
        return
    _demand(len(node.inputs) == 4, "needs weights, bias and multiplier, as its input is bytes")
    _demand(sums_bytes(node), "cannot sum bytes: its groups or the size of its kernel")
    weights, bias, multiplier = (tensor.value for tensor in node.inputs[1:])
    _demand(weights.min(initial=0) >= -127, "has a weight of -128; -127 to 127 are possible")
    largest = np.abs(bias.astype(np.int64)).max(initial=0) + taps_of(node) * 255 * 127
    _demand(largest < 2**31, "has a bias with which its sums do not fit into 32 bits")
    _demand(bool((multiplier > 0).all()), "has a multiplier that is not above 0")


def _constant_types(node: Node, index: int) -> tuple[str, ...]:
    if OPERATORS[node.operator].bytes:
        return ("uint8",)
    if node.operator in WEIGHTED and node.inputs[0].bytes is not None:
        return {1: ("int8",), 2: ("int32",)}.get(index, ("float32",))
    weights = node.operator in (*WEIGHTED, "support_vectors") and index == 1
    return ("float32", "float64", "float16") if weights else ("float32", "float64")


def holds_bytes(graph: Graph) -> bool:
    """Whether any activation is held in bytes."""
    return any(node.output.bytes is not None for node in graph.nodes)
