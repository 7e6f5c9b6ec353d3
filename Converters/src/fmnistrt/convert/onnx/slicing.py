"""Slice, by windows of a picture where that will do."""

from __future__ import annotations

import numpy as np

from ..graph import ConvertError
from .builder import IMAGE
from .layout import Value
from .nodes import OnnxNode
from .selection import picked
from .translation import Translation, translates

_MOST_TAPS = 64


@translates("Slice", attributes="axes ends starts")
def slice_(t: Translation, node: OnnxNode) -> Value:
    """Constant starts, ends and steps, also negative ones."""
    value = t.activation(node)
    ranges = _ranges(t, node, value)
    if set(ranges) <= {2, 3} and len(value.shape) == 4 and value.shape[0] == 1:
        result = _by_windows(t, value, ranges)
        if result is not None:
            return result
    for count, (axis, indices) in enumerate(ranges.items(), 1):
        value = picked(t, value, axis, indices, "" if count == len(ranges) else "partial")
    return value


def _ranges(t: Translation, node: OnnxNode, value: Value) -> dict[int, range]:
    """What remains of each axis of which not all does."""
    rank = len(value.shape)
    starts, ends = (
        t.integers(node, key, index) or [] for index, key in enumerate(("starts", "ends"), 1)
    )
    axes = t.integers(node, "axes", 3)
    axes = list(range(len(starts))) if axes is None else axes
    steps = t.integers(node, "steps", 4) or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise ConvertError("has limits that do not fit its axes; export the model again")
    ranges = {}
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        axis %= rank
        size = t.shape_of(value)[axis]
        indices = range(size)[_limits(start, end, step, size)]
        if indices != range(size):
            ranges[t.axis_of(axis, rank)] = indices
    return ranges


def _limits(start: int, end: int, step: int, size: int) -> slice:
    """As ONNX clamps them: an end far below 0 goes down to the first element."""
    start = start + size if start < 0 else start
    end = end + size if end < 0 else end
    if step > 0:
        return slice(max(start, 0), max(end, 0), step)
    return slice(min(max(start, 0), size - 1), None if end < 0 else end, step)


def _by_windows(t: Translation, value: Value, ranges: dict[int, range]) -> Value | None:
    """Rows and columns at equal distances, as a pooling or convolution that looks at one cell."""
    height, width = value.shape[2:]
    rows, columns = ranges.get(2, range(height)), ranges.get(3, range(width))
    if not rows or not columns or min(rows.step, columns.step) < 1:
        return None
    # As many cells as leave room for just these windows; the one that counts is at the start.
    extents = [
        size - (len(indices) - 1) * indices.step
        for size, indices in ((height, rows), (width, columns))
    ]
    strides = {"stride_h": rows.step, "stride_w": columns.step}
    x = t.builder.image(value)
    if rows.start == columns.start == 0 and extents[0] <= rows.step and extents[1] <= columns.step:
        y = t.builder.add("max_pool", [x], kernel_h=1, kernel_w=1, **strides)
    elif extents[0] * extents[1] <= _MOST_TAPS:
        kernel = np.zeros((x.shape[2], *extents, 1), np.float32)
        kernel[:, rows.start, columns.start] = 1
        weights = t.builder.constant(kernel, "picked")
        y = t.builder.add("conv2d", [x, weights], groups=x.shape[2], **strides)
    else:
        return None
    return Value.arranged(y, (1, x.shape[2], len(rows), len(columns)), IMAGE)
