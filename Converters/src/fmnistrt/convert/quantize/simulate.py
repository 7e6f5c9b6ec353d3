"""Computes a graph as docs/fmg-format.md says, for many images at once.

Layers on bytes give the same bits as any runtime: sums are exact, as float64 holds integers up to
2^53, and each step in single precision is one operation of IEEE 754. Layers on floats are as exact
as single precision sums are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from ..element_types import WEIGHTED
from ..graph import Graph, Node, Tensor
from ..operators import complete
from .activations import activate, is_exact
from .vectors import support_vectors
from .windows import convolve, divisor, maximum, total

CHUNK = 32
"""Images that are computed together, which bounds the memory."""
Values = dict[Tensor, np.ndarray]


def simulate(graph: Graph, inputs: np.ndarray) -> np.ndarray:
    """The answers, float32 (n, classes), to prepared inputs, float32 (n, *input shape)."""
    chunks = (inputs[start : start + CHUNK] for start in range(0, len(inputs), CHUNK))
    return np.concatenate([_last(graph, chunk) for chunk in chunks])


def _last(graph: Graph, inputs: np.ndarray) -> np.ndarray:
    (_, answers) = deque(each_tensor(graph, inputs), 1).pop()
    return answers


def each_tensor(graph: Graph, inputs: np.ndarray) -> Iterator[tuple[Tensor, np.ndarray]]:
    """Every computed tensor in turn: float32 or, if it is held in bytes, uint8."""
    values: Values = {graph.input: np.ascontiguousarray(inputs, np.float32)}
    last_use = {tensor: node for node in graph.nodes for tensor in node.inputs}
    for node in graph.nodes:
        value = compute(node, [_value(tensor, values) for tensor in node.inputs])
        values[node.output] = value
        yield node.output, value
        for tensor in node.inputs:
            if last_use[tensor] is node:
                values.pop(tensor, None)


def _value(tensor: Tensor, values: Values) -> np.ndarray:
    return values[tensor] if tensor.value is None else tensor.value


def compute(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    """What one node gives for a batch; constants have no axis of the batch."""
    of_bytes = node.inputs[0].bytes is not None
    operators = _ON_BYTES if of_bytes and node.operator in _ON_BYTES else _OPERATORS
    return operators[node.operator](node, inputs)


def is_exact_everywhere(graph: Graph) -> bool:
    """Whether every runtime gives the same bytes: floats before a quantize are exact ones."""
    inexact: set[Tensor] = set()
    for node in graph.nodes:
        if node.operator == "quantize" and node.inputs[0] in inexact:
            return False
        if node.output.bytes is None and (
            not _keeps_bits(node) or any(tensor in inexact for tensor in node.inputs)
        ):
            inexact.add(node.output)
    return True


def _keeps_bits(node: Node) -> bool:
    """Whether the float result is the same on every machine, if its inputs are."""
    if node.operator == "activation":
        return is_exact(node.attributes["kind"])
    sums = node.operator in (*WEIGHTED, "average_pool", "global_average_pool")
    if node.operator in ("softmax", "support_vectors"):
        return False
    return not sums or node.inputs[0].bytes is not None


def _centred(x: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Bytes as whole numbers around their zero point, float64."""
    assert tensor.bytes is not None
    return x.astype(np.float64) - tensor.bytes.zero_point


def _real(x: np.ndarray, tensor: Tensor) -> np.ndarray:
    """What bytes mean, float32."""
    assert tensor.bytes is not None
    return _centred(x, tensor).astype(np.float32) * np.float32(tensor.bytes.scale)


def _quantize(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    assert node.output.bytes is not None
    zero = np.float32(node.output.bytes.zero_point)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = inputs[0] * np.float32(node.attributes["factor"])
        clamped = np.fmin(np.fmax(scaled, -zero), np.float32(255) - zero)
    return (np.rint(clamped) + zero).astype(np.uint8)


def _weighted_bytes(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    x, weights, bias, multiplier = inputs
    values, exact = _centred(x, node.inputs[0]), weights.astype(np.float64)
    sums = convolve(values, exact, node) if node.operator == "conv2d" else values @ exact.T
    # From float64 to float32 rounds to nearest even, as from an integer of 32 bits.
    return (sums + bias).astype(np.float32) * multiplier


def _weighted_floats(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    x, weights, *bias = inputs
    weights = weights.astype(np.float32)
    sums = convolve(x, weights, node) if node.operator == "conv2d" else x @ weights.T
    return sums + bias[0].astype(np.float32) if bias else sums


def _mean_bytes(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    source = node.inputs[0]
    assert source.bytes is not None
    values, scale = _centred(inputs[0], source), np.float32(source.bytes.scale)
    if node.operator == "average_pool":
        return total(values, node).astype(np.float32) * (scale / divisor(node))
    cells = np.float32(source.shape[0] * source.shape[1])
    return values.sum((1, 2)).astype(np.float32) * (scale / cells)


def _mean_floats(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    if node.operator == "average_pool":
        return total(inputs[0], node) / divisor(node)
    return inputs[0].mean((1, 2), dtype=np.float32)


def _add_bytes(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    x, y = (_real(value, tensor) for value, tensor in zip(inputs, node.inputs, strict=True))
    return x + y


def _binary(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    x, y = inputs
    if node.inputs[1].value is None:
        if y.shape != x.shape:
            # One element or one vector for each image, spread over all but the last axis.
            y = y.reshape(len(y), *[1] * (x.ndim - 2), y.shape[-1])
    elif y.size == 1:
        y = y.reshape(())
    functions = [np.add, np.multiply, np.subtract, np.divide, np.maximum, np.minimum]
    with np.errstate(all="ignore"):
        return functions[node.attributes["kind"] - 1](x, y.astype(np.float32))


def _softmax(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    x = inputs[0].astype(np.float64)
    x = x - x.max(-1, keepdims=True)
    sums = np.exp(x).sum(-1, keepdims=True)
    logarithm = complete("softmax", node.attributes)["logarithm"]
    return (x - np.log(sums) if logarithm else np.exp(x) / sums).astype(np.float32)


def _activation(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    a = node.attributes
    return activate(a["kind"], inputs[0], a["a"], a["b"])


def _pad(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    a = complete("pad", node.attributes)
    sides = [(0, 0), (a["top"], a["bottom"]), (a["left"], a["right"]), (0, 0)]
    meaning = node.inputs[0].bytes
    fill = a["value"] if meaning is None else meaning.zero_point
    return np.pad(inputs[0], sides, constant_values=fill)


def _transpose(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    return inputs[0].transpose(0, *(axis + 1 for axis in node.attributes["axes"]))


def _scale_shift(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    x, scale, shift = inputs
    return x * scale.astype(np.float32) + shift.astype(np.float32)


Operator = Callable[[Node, list[np.ndarray]], np.ndarray]
_OPERATORS: dict[str, Operator] = {
    "conv2d": _weighted_floats,
    "dense": _weighted_floats,
    "max_pool": lambda node, inputs: maximum(inputs[0], node),
    "average_pool": _mean_floats,
    "global_max_pool": lambda node, inputs: inputs[0].max((1, 2)),
    "global_average_pool": _mean_floats,
    "scale_shift": _scale_shift,
    "activation": _activation,
    "softmax": _softmax,
    "binary": _binary,
    "concatenate": lambda node, inputs: np.concatenate(inputs, 1 + node.attributes["axis"]),
    "reshape": lambda node, inputs: inputs[0].reshape(len(inputs[0]), *node.output.shape),
    "pad": _pad,
    "transpose": _transpose,
    "quantize": _quantize,
    "dequantize": lambda node, inputs: _real(inputs[0], node.inputs[0]),
    "support_vectors": support_vectors,
}
_ON_BYTES: dict[str, Operator] = {
    "conv2d": _weighted_bytes,
    "dense": _weighted_bytes,
    "average_pool": _mean_bytes,
    "global_average_pool": _mean_bytes,
    "binary": _add_bytes,
}
