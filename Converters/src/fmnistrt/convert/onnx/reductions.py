"""Means, sums and other reductions over some axes, and the pooling of whole images."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from ..graph import ConvertError
from .arithmetic import absolute_value, square_root
from .elementwise import combine
from .layout import Value
from .nodes import OnnxNode
from .translation import BatchError, Translation, translates


def pooled(t: Translation, operator: str, value: Value, axes: Collection[int], part="") -> Value:
    """A global pooling over an image of the given axes, which keep the size 1."""
    order = value.axis_order(0 if 0 in axes else 1)
    reduced = [axis for axis in order if axis in axes]
    kept = [axis for axis in order if axis not in axes]
    x = t.builder.arrange(value, [reduced[:-1], reduced[-1:], kept])
    y = t.builder.add(operator, [x], part)
    remaining = tuple(1 if axis in axes else size for axis, size in enumerate(value.shape))
    return Value.arranged(y, remaining, [kept])


def mean(t: Translation, value: Value, axes: Collection[int], part: str = "") -> Value:
    """The mean over axes, which keep the size 1."""
    return pooled(t, "global_average_pool", value, axes, part)


def total(t: Translation, value: Value, axes: Collection[int], part: str = "") -> Value:
    """The sum over axes, which keep the size 1."""
    count = np.float32(math.prod(value.shape[axis] for axis in axes))
    return combine(t, "multiply", mean(t, value, axes, "mean"), count, part)


def _largest(t: Translation, value: Value, axes: Collection[int]) -> Value:
    return pooled(t, "global_max_pool", value, axes)


def _least(t: Translation, value: Value, axes: Collection[int]) -> Value:
    opposite = combine(t, "multiply", value, np.float32(-1), "negative")
    largest = pooled(t, "global_max_pool", opposite, axes, "largest")
    return combine(t, "multiply", largest, np.float32(-1))


def _norm1(t: Translation, value: Value, axes: Collection[int]) -> Value:
    return total(t, absolute_value(t, value, "absolute"), axes)


def _squares(t: Translation, value: Value, axes: Collection[int], part: str = "") -> Value:
    return total(t, combine(t, "multiply", value, value, "square"), axes, part)


def _norm2(t: Translation, value: Value, axes: Collection[int]) -> Value:
    return square_root(t, _squares(t, value, axes, "squares"))


def _log_sum_exp(t: Translation, value: Value, axes: Collection[int]) -> Value:
    """What LogSoftmax subtracts, the same for each element: their mean is it."""
    inner = list(axes)
    groups = [*([a] for a in value.axis_order(0 if 0 in axes else 1) if a not in axes), inner]
    y = t.builder.add("softmax", [t.builder.arrange(value, groups)], "logarithm", logarithm=1)
    logarithm = Value.arranged(y, value.shape, groups)
    return mean(t, combine(t, "subtract", value, logarithm, "spread"), axes)


_REDUCTIONS = {
    "ReduceMean": mean,
    "ReduceSum": total,
    "ReduceMax": _largest,
    "ReduceMin": _least,
    "ReduceL1": _norm1,
    "ReduceL2": _norm2,
    "ReduceSumSquare": _squares,
    "ReduceLogSumExp": _log_sum_exp,
}


@translates(*_REDUCTIONS, attributes="axes keepdims noop_with_empty_axes")
def reduce(t: Translation, node: OnnxNode) -> Value:
    """Over any axes but the batch."""
    value = t.activation(node)
    shape, rank = value.shape, len(value.shape)
    given = t.integers(node, "axes", 1)
    axes = set(range(rank)) if not given else {t.axis_of(axis, rank) for axis in given}
    if not given and node.attributes.get("noop_with_empty_axes", 0):
        axes = set()
    elif not given and not t.model.single:
        raise BatchError("reduces over the whole batch; name the axes without the first")
    result = _REDUCTIONS[node.operator](t, value, axes)
    if node.attributes.get("keepdims", 1):
        return result
    return result.reshaped(tuple(size for axis, size in enumerate(shape) if axis not in axes))


@translates("GlobalMaxPool", "GlobalAveragePool")
def global_pool(t: Translation, node: OnnxNode) -> Value:
    """Over all axes but batch and channels."""
    value = t.activation(node)
    if len(value.shape) < 3:
        raise ConvertError("gets no image; export the model again")
    operator = "global_max_pool" if node.operator == "GlobalMaxPool" else "global_average_pool"
    return pooled(t, operator, value, range(2, len(value.shape)))
