"""Concat and Pad."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..graph import ConvertError
from .builder import IMAGE
from .elementwise import Operand, combine, operands_of
from .layout import Value
from .nodes import OnnxNode
from .selection import picked
from .translation import Translation, translates


@translates("Concat", attributes="axis")
def concat(t: Translation, node: OnnxNode) -> Value:
    """Of activations and constants, along any axis but the batch."""
    operands = operands_of(t, node)
    values = [operand for operand in operands if isinstance(operand, Value)]
    axis = t.axis_of(node.attributes["axis"], len(values[0].shape))
    if any(len(operand.shape) != len(values[0].shape) for operand in operands):
        raise ConvertError("joins activations of different ranks; export the model again")
    rest = [(*each.shape[:axis], *each.shape[axis + 1 :]) for each in operands]
    if any(sizes != rest[0] for sizes in rest):
        raise ConvertError("joins shapes that do not fit each other; export the model again")
    if len(values) == len(operands):
        return _joined(t, values, axis)
    return _among_constants(t, _joined(t, values, axis, "activations"), operands, axis)


def _among_constants(t: Translation, value: Value, operands: Sequence[Operand], axis: int) -> Value:
    """The joined activations moved to their places, between zeros to which constants are added."""
    taken, rows, constants = 0, [], []
    unit = np.eye(value.shape[axis])
    for operand in operands:
        size = operand.shape[axis]
        shape = (*value.shape[:axis], size, *value.shape[axis + 1 :])
        if isinstance(operand, Value):
            rows.append(unit[taken : taken + size])
            taken += size
        else:
            rows.append(np.zeros((size, len(unit))))
        constants.append(np.zeros(shape) if isinstance(operand, Value) else operand)
    apart = t.builder.along(value, axis, np.concatenate(rows), "apart")
    return combine(t, "add", apart, np.concatenate(constants, axis))


def _joined(t: Translation, values: Sequence[Value], axis: int, part: str = "") -> Value:
    first = values[0]
    if len(values) == 1:
        return first
    groups = [[position] for position in first.axis_order(axis)]
    parts = [t.builder.arrange(value, groups) for value in values]
    y = t.builder.add("concatenate", parts, part, axis=groups.index([axis]))
    sizes = list(first.shape)
    sizes[axis] = sum(value.shape[axis] for value in values)
    return Value.arranged(y, tuple(sizes), groups)


_BY_INDEX = ("reflect", "edge", "wrap")
"""Modes that repeat cells of the image, as NumPy calls them, too."""


@translates("Pad", attributes="mode pads value")
def pad(t: Translation, node: OnnxNode) -> Value:
    """With constant amounts, also negative ones, in any mode."""
    value = t.activation(node)
    rank = len(value.shape)
    mode = node.attributes.get("mode", b"constant").decode()
    if mode not in ("constant", *_BY_INDEX):
        raise ConvertError(f"pads by the unknown mode {mode}; export the model again")
    fill = node.attributes.get("value", 0.0)
    constant = t.optional(node, 2, "value")
    if constant is not None and constant.size:
        fill = float(constant.reshape(-1)[0])
    amounts = t.integers(node, "pads", 1) or []
    named = t.integers(node, "axes", 3)
    axes = list(range(rank)) if named is None else [axis % rank for axis in named]
    if len(amounts) != 2 * len(axes) or len(set(axes)) != len(axes):
        raise ConvertError("has paddings that do not fit its axes; export the model again")
    if not math.isfinite(fill):
        raise ConvertError(f"pads with {fill}; use the padding of the pooling layer instead")
    around = {
        t.axis_of(axis, rank): (before, after)
        for axis, before, after in zip(
            axes, amounts[: len(axes)], amounts[len(axes) :], strict=True
        )
        if before or after
    }
    for axis, (before, after) in around.items():
        size = value.shape[axis]
        if mode == "constant":
            kept = range(max(-before, 0), size - max(-after, 0))
        else:
            indices = np.arange(max(-before, 0), size - max(-after, 0))
            kept = np.pad(indices, (max(before, 0), max(after, 0)), mode)
        value = picked(t, value, axis, kept, "kept")
    if mode == "constant":
        sides = {axis: (max(a, 0), max(b, 0)) for axis, (a, b) in around.items()}
        channels = sides.pop(1, (0, 0)) if fill == 0 and value.axis_order()[-1:] == [1] else (0, 0)
        if any(channels):
            # Channels that a convolution of 1x1 adds need no other order of the axes.
            matrix = np.pad(np.eye(value.shape[1]), [channels, (0, 0)])
            value = t.builder.along(value, 1, matrix, "channels")
        sides = [(axis, amount) for axis, amount in sides.items() if any(amount)]
        for start in range(0, len(sides), 2):
            value = _padded(t, value, dict(sides[start : start + 2]), fill)
    return value


def _padded(t: Translation, value: Value, around: dict[int, tuple[int, int]], fill: float) -> Value:
    """Pads the given axes, taking them as the height and width of an image."""
    order = value.axis_order(min(around))
    if len(value.shape) == 4 and set(around) <= {2, 3} and order == [2, 3, 1]:
        groups = [list(group) for group in IMAGE]
    else:
        padded = [[axis] for axis in order if axis in around]
        groups = [*padded, *[[]] * (2 - len(padded)), [a for a in order if a not in around]]
    top, bottom, left, right = (
        amount for group in groups[:2] for amount in around.get(group[0] if group else -1, (0, 0))
    )
    y = t.builder.add(
        "pad",
        [t.builder.arrange(value, groups)],
        top=top,
        left=left,
        bottom=bottom,
        right=right,
        value=fill,
    )
    sizes = [size + sum(around.get(axis, (0, 0))) for axis, size in enumerate(value.shape)]
    return Value.arranged(y, tuple(sizes), groups)
