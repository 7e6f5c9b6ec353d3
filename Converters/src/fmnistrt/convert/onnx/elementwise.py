"""Add, Mul and the other operators of two or more tensors, with ONNX's broadcasting."""

from __future__ import annotations

import functools
import math

import numpy as np

from ..graph import ConvertError, Shape
from .convolution import add_bias
from .layout import Value
from .nodes import OnnxNode
from .translation import BatchError, Translation, translates

KINDS = {
    "Add": "add",
    "Sum": "add",
    "Mean": "add",
    "Mul": "multiply",
    "Sub": "subtract",
    "Div": "divide",
    "Max": "maximum",
    "Min": "minimum",
}
Operand = Value | np.ndarray | np.floating


def operands_of(t: Translation, node: OnnxNode) -> list[Operand]:
    """The inputs of a node, each an activation or a constant."""
    return [
        t.values[name] if name in t.values else t.constant(node, index, "operand")
        for index, name in enumerate(node.inputs)
    ]


@translates(*KINDS)
def elementwise(t: Translation, node: OnnxNode) -> Value:
    """Of activations and constants, broadcast in either direction but along the batch."""
    operands = operands_of(t, node)
    kind = KINDS[node.operator]
    if node.operator == "Add":
        for x, y in [(0, 1), (1, 0)]:
            bias = operands[y]
            if isinstance(bias, np.ndarray) and _fuse_bias(t, node.inputs[x], bias):
                return t.values[node.inputs[x]]
    if len(operands) == 1:
        return t.activation(node)
    *first, last = operands
    last_step = node.operator != "Mean"
    head = functools.reduce(lambda x, y: _combined(t, kind, x, y, "partial"), first)
    result = _combined(t, kind, head, last, "" if last_step else "sum")
    if not last_step:
        result = _combined(t, "divide", result, np.float32(len(operands)), "")
    return result


def _combined(t: Translation, kind: str, x: Operand, y: Operand, part: str) -> Operand:
    if isinstance(x, np.ndarray | np.floating) and isinstance(y, np.ndarray | np.floating):
        by_kind = {"add": np.add, "maximum": np.maximum, "minimum": np.minimum}
        return by_kind[kind](x, y)
    return combine(t, kind, x, y, part)


def combine(t: Translation, kind: str, x: Operand, y: Operand, part: str = "") -> Value:
    """x kind y, where at least one is an activation."""
    if not isinstance(x, Value):
        assert isinstance(y, Value)
        return _reversed(t, kind, y, x, part)
    if not isinstance(y, Value):
        full = _common_shape(t, x.shape, y.shape)
        x = expanded(t, x, full)
        constant = t.builder.constant(compact(spread(x, y)), "operand")
        return x.held_in(t.builder.binary(kind, x.tensor, constant, part))
    if not t.model.single and len(x.shape) != len(y.shape):
        raise BatchError(
            f"combines activations of {len(x.shape)} and {len(y.shape)} axes, which mixes the "
            "images of a batch; reshape them to the same number of axes"
        )
    full = _common_shape(t, x.shape, y.shape)
    x, y = _of_rank(x, len(full)), _of_rank(y, len(full))
    if x.shape != full and y.shape != full:
        x = expanded(t, x, full)
    if x.shape == full:
        return _activations(t, kind, x, y, part)
    return _reversed(t, kind, y, x, part)


def _reversed(t: Translation, kind: str, y: Value, x: Operand, part: str) -> Value:
    """x kind y, where only y has the shape of the result."""
    if kind == "subtract":
        negative = combine(t, "multiply", y, np.float32(-1), "negative")
        return combine(t, "add", negative, x, part)
    if kind == "divide":
        # The graph has no division of a constant: x is spread over a tensor of zeros first.
        zero = y.held_in(t.builder.activation("clip", y.tensor, 0.0, 0.0, "zero"))
        return combine(t, "divide", combine(t, "add", zero, x, "dividend"), y, part)
    return combine(t, kind, y, x, part)


def _activations(t: Translation, kind: str, x: Value, y: Value, part: str) -> Value:
    """x kind y, where y has the shape of x or size 1 on some axes."""
    builder = t.builder
    if x.shape == y.shape and (x.digits, x.order) == (y.digits, y.order):
        other = builder.reshape(y.tensor, x.tensor.shape)
        return x.held_in(builder.binary(kind, x.tensor, other, part))
    if max(y.shape, default=1) == 1:
        other = builder.reshape(y.tensor, (1,))
        return x.held_in(builder.binary(kind, x.tensor, other, part))
    order = x.axis_order()
    if x.shape == y.shape:
        groups = [[axis] for axis in order]
        y_groups: list[list[int]] = groups
    else:
        # Axes along which y does not change come first; it is a vector over the others.
        spread_over = [axis for axis in order if y.shape[axis] != x.shape[axis]]
        shared = [axis for axis in order if axis not in spread_over]
        groups = [*([axis] for axis in spread_over), shared]
        y_groups = [shared]
    tensor = builder.binary(kind, builder.arrange(x, groups), builder.arrange(y, y_groups), part)
    return Value.arranged(tensor, x.shape, groups)


def _common_shape(t: Translation, x: Shape, y: Shape) -> Shape:
    """The shape that two operands are broadcast to; the batch stays the first axis."""
    try:
        full = np.broadcast_shapes(x, y)
    except ValueError as error:
        raise ConvertError(
            f"combines the shapes {x} and {y}, which do not fit each other; export the model again"
        ) from error
    if not t.model.single and (full[:1] != (1,) or len(full) > len(x)):
        raise BatchError(
            f"combines an activation with a constant of shape {y}, which is more than one image; "
            "export the model so that each image is classified on its own"
        )
    return full


def _of_rank(value: Value, rank: int) -> Value:
    return value.reshaped((*[1] * (rank - len(value.shape)), *value.shape))


def expanded(t: Translation, value: Value, shape: Shape) -> Value:
    """The value repeated along axes where its size is 1, to a shape that it broadcasts to."""
    value = _of_rank(value, len(shape))
    axes = [axis for axis, size in enumerate(shape) if value.shape[axis] != size]
    if not axes:
        return value
    others = [axis for axis in value.axis_order() if axis not in axes]
    groups = [others[:1], others[1:], axes]
    # A convolution of one channel with weights of 1 copies it.
    copies = np.ones((math.prod(shape[axis] for axis in axes), 1, 1, 1))
    kernel = t.builder.constant(copies, "copies")
    y = t.builder.add("conv2d", [t.builder.arrange(value, groups), kernel], "repeated")
    return Value.arranged(y, shape, groups)


def spread(value: Value, array: np.ndarray | np.floating) -> np.ndarray:
    """A constant broadcast to a value, in the shape and order of the value's tensor."""
    full = np.broadcast_to(array, value.shape).reshape(-1)
    return value.to_tensor_order(full).reshape(value.tensor.shape)


def compact(full: np.ndarray) -> np.ndarray:
    """The smallest constant that broadcasts to `full`: one number, a vector, or all of it."""
    vector = full.reshape(-1, full.shape[-1])
    if not (vector == vector[0]).all():
        return full
    return vector[0, :1] if (vector[0] == vector[0, 0]).all() else vector[0]


def over_last_axis(full: np.ndarray) -> np.ndarray | None:
    """`full` as a vector over its last axis, if it changes along no other."""
    vector = full.reshape(-1, full.shape[-1])
    return vector[0] if (vector == vector[0]).all() else None


def _fuse_bias(t: Translation, name: str, constant: np.ndarray) -> bool:
    value = t.values.get(name)
    if value is None or not broadcasts(constant.shape, value.shape):
        return False
    bias = over_last_axis(spread(value, constant))
    return bias is not None and add_bias(t, name, bias)


def broadcasts(small: Shape, large: Shape) -> bool:
    """Whether an array of shape `small` can be repeated to the shape `large`."""
    return len(small) <= len(large) and all(
        size in (1, large[axis - len(small)]) for axis, size in enumerate(small)
    )
