"""Add, Mul and the other operators of two or more tensors, with ONNX's broadcasting."""

from __future__ import annotations

import functools

import numpy as np

from ..graph import ConvertError, Shape
from .builder import Builder
from .convolution import add_bias
from .layout import Value
from .model import OnnxNode
from .translation import Translation, translates

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
Operand = Value | np.ndarray


@translates(*KINDS)
def elementwise(t: Translation, node: OnnxNode) -> Value:
    """All operators of this file; those of many inputs as a chain."""
    operands = [
        t.values[name] if name in t.values else t.constant(node, index, "operand")
        for index, name in enumerate(node.inputs)
    ]
    kind, builder = KINDS[node.operator], t.builder
    if node.operator == "Add":
        for x, y in [(0, 1), (1, 0)]:
            bias = operands[y]
            if isinstance(bias, np.ndarray) and _fuse_bias(t, node.inputs[x], bias):
                return t.values[node.inputs[x]]
    if len(operands) == 1:
        return t.activation(node)
    *first, last = operands
    last_step = node.operator != "Mean"
    head = functools.reduce(lambda x, y: _combined(builder, kind, x, y, "partial"), first)
    result = _combined(builder, kind, head, last, "" if last_step else "sum")
    if not last_step:
        result = _combined(builder, "divide", result, np.float32(len(operands)), "")
    return result


def _combined(builder: Builder, kind: str, x: Operand, y: Operand, part: str) -> Operand:
    if isinstance(x, np.ndarray | np.floating) and isinstance(y, np.ndarray | np.floating):
        by_kind = {"add": np.add, "maximum": np.maximum, "minimum": np.minimum}
        return by_kind[kind](x, y)
    return combine(builder, kind, x, y, part)


def combine(builder: Builder, kind: str, x: Operand, y: Operand, part: str = "") -> Value:
    """x kind y, where at least one is an activation."""
    if not isinstance(x, Value):
        return _reversed(builder, kind, y, x, part)
    if not isinstance(y, Value):
        constant = builder.constant(compact(spread(x, y)), "operand")
        return x.held_in(builder.binary(kind, x.tensor, constant, part))
    if len(x.shape) != len(y.shape):
        raise ConvertError(
            f"combines activations of {len(x.shape) + 1} and {len(y.shape) + 1} axes, which mixes "
            "the images of a batch; reshape them to the same number of axes"
        )
    if broadcasts(y.shape, x.shape):
        return _activations(builder, kind, x, y, part)
    if broadcasts(x.shape, y.shape):
        return _reversed(builder, kind, y, x, part)
    raise ConvertError(
        f"broadcasts both of its inputs, {x.shape} and {y.shape}; repeat one of them to the full "
        "shape before"
    )


def _reversed(builder: Builder, kind: str, y: Value, x: Operand, part: str) -> Value:
    """x kind y, where only y has the shape of the result."""
    if kind == "subtract":
        negative = combine(builder, "multiply", y, np.float32(-1), "negative")
        return combine(builder, "add", negative, x, part)
    if kind == "divide":
        # The graph has no division of a constant: x is spread over a tensor of zeros first.
        zero = y.held_in(builder.activation("clip", y.tensor, 0.0, 0.0, "zero"))
        return combine(builder, "divide", combine(builder, "add", zero, x, "dividend"), y, part)
    return combine(builder, kind, y, x, part)


def _activations(builder: Builder, kind: str, x: Value, y: Value, part: str) -> Value:
    """x kind y, where y has the shape of x or size 1 on some axes."""
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


def spread(value: Value, array: np.ndarray) -> np.ndarray:
    """A constant broadcast to a value, in the shape and order of the value's tensor."""
    array, rank = np.asarray(array), len(value.shape)
    if array.ndim == rank + 1 and array.shape[0] == 1:
        array = array[0]
    if not broadcasts(array.shape, value.shape):
        raise ConvertError(
            f"combines the activation (batch, {', '.join(map(str, value.shape))}) with a constant "
            f"of shape {array.shape}, which would enlarge it; give them matching shapes"
        )
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
    if value is None or not broadcasts(constant.shape, (1, *value.shape)):
        return False
    bias = over_last_axis(spread(value, constant))
    return bias is not None and add_bias(t, name, bias)


def broadcasts(small: Shape, large: Shape) -> bool:
    """Whether an array of shape `small` can be repeated to the shape `large`."""
    return len(small) <= len(large) and all(
        size in (1, large[axis - len(small)]) for axis, size in enumerate(small)
    )
