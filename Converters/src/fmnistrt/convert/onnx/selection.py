"""Operators that pick, repeat or mix elements along axes, as multiplications by a fixed matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..graph import ConvertError
from .elementwise import expanded
from .layout import Value
from .nodes import OnnxNode
from .translation import BatchError, Translation, translates


def picked(t: Translation, value: Value, axis: int, indices: Sequence[int], part="") -> Value:
    """The elements of one axis at the given indices, in that order."""
    size = value.shape[axis]
    if not len(indices):
        raise ConvertError("picks nothing; export the model again")
    if any(not -size <= index < size for index in indices):
        raise ConvertError(f"picks beyond an axis of {size}; export the model again")
    chosen = np.asarray(indices) % size
    if np.array_equal(chosen, np.arange(size)):
        return value
    return t.builder.along(value, axis, np.eye(size, dtype=np.float32)[chosen], part)


@translates("Gather", attributes="axis")
def gather(t: Translation, node: OnnxNode) -> Value:
    """Constant indices along one axis."""
    value, indices = t.activation(node), t.constant(node, 1, "indices")
    axis = t.axis_of(node.attributes.get("axis", 0), len(value.shape))
    result = picked(t, value, axis, [int(index) for index in indices.reshape(-1)])
    return result.reshaped((*value.shape[:axis], *indices.shape, *value.shape[axis + 1 :]))


@translates("Split", attributes="axis num_outputs split")
def split(t: Translation, node: OnnxNode) -> tuple[Value, ...]:
    """Into parts of constant or equal sizes."""
    value = t.activation(node)
    axis = t.axis_of(node.attributes.get("axis", 0), len(value.shape))
    size, count = value.shape[axis], len(node.outputs)
    sizes = t.integers(node, "split", 1)
    if sizes is None:
        each = -(-size // node.attributes.get("num_outputs", count))
        sizes = [min(each, size - index * each) for index in range(count)]
    if sum(sizes) != size or len(sizes) != count:
        raise ConvertError(f"splits an axis of {size} into {sizes}; export the model again")
    parts, start = [], 0
    for name, part in zip(node.outputs, sizes, strict=True):
        t.builder.scope = name or node.label
        used = name in t.uses
        parts.append(picked(t, value, axis, range(start, start + part)) if used else value)
        start += part
    return tuple(parts)


@translates("Expand")
def expand(t: Translation, node: OnnxNode) -> Value:
    """To a constant shape that keeps the batch."""
    value = t.activation(node)
    wanted = t.integers(node, "shape", 1) or []
    old = t.shape_of(value)
    try:
        full = np.broadcast_shapes(old, tuple(wanted))
    except ValueError as error:
        raise ConvertError(f"expands {old} to {wanted}; export the model again") from error
    if t.model.single:
        return expanded(t, value, full)
    if len(full) != len(old) or full[0] != old[0]:
        raise BatchError("repeats the images of a batch; export the model for one image at a time")
    return expanded(t, value, (1, *full[1:]))


@translates("Tile")
def tile(t: Translation, node: OnnxNode) -> Value:
    """Constant repeats."""
    value = t.activation(node)
    repeats = t.integers(node, "repeats", 1) or []
    if len(repeats) != len(value.shape):
        raise ConvertError("has repeats that do not fit its axes; export the model again")
    for axis, count in enumerate(repeats):
        if count != 1:
            indices = list(range(value.shape[axis])) * count
            value = picked(t, value, t.axis_of(axis, len(repeats)), indices, "repeated")
    return value


@translates("CumSum", attributes="exclusive reverse")
def cumulative_sum(t: Translation, node: OnnxNode) -> Value:
    """Along a constant axis, forwards or backwards."""
    value = t.activation(node)
    given = t.integers(node, "axis", 1) or [0]
    axis = t.axis_of(given[0], len(value.shape))
    size = value.shape[axis]
    matrix = np.tri(size, k=-1 if node.attributes.get("exclusive", 0) else 0)
    return t.builder.along(value, axis, matrix.T if node.attributes.get("reverse", 0) else matrix)


@translates("DepthToSpace", attributes="blocksize mode")
def depth_to_space(t: Translation, node: OnnxNode) -> Value:
    """Both modes."""
    value = _image(t, node)
    _, channels, height, width = value.shape
    block = node.attributes["blocksize"]
    if block < 1 or channels % block**2:
        raise ConvertError("has a block that does not fit its channels; export the model again")
    depth = channels // block**2
    if node.attributes.get("mode", b"DCR") == b"CRD":
        value, axes = value.reshaped((1, depth, block, block, height, width)), [0, 1, 4, 2, 5, 3]
    else:
        value, axes = value.reshaped((1, block, block, depth, height, width)), [0, 3, 4, 1, 5, 2]
    return t.builder.transpose(value, axes).reshaped((1, depth, height * block, width * block))


@translates("SpaceToDepth", attributes="blocksize mode")
def space_to_depth(t: Translation, node: OnnxNode) -> Value:
    """Both modes."""
    value = _image(t, node)
    _, channels, height, width = value.shape
    block = node.attributes["blocksize"]
    if block < 1 or height % block or width % block:
        raise ConvertError("has a block that does not fit its image; export the model again")
    rows, columns = height // block, width // block
    value = value.reshaped((1, channels, rows, block, columns, block))
    blocks_first = node.attributes.get("mode", b"DCR") == b"DCR"
    value = t.builder.transpose(value, [0, 3, 5, 1, 2, 4] if blocks_first else [0, 1, 3, 5, 2, 4])
    return value.reshaped((1, channels * block**2, rows, columns))


def _image(t: Translation, node: OnnxNode) -> Value:
    value = t.activation(node)
    if len(value.shape) != 4 or value.shape[0] != 1:
        raise ConvertError(f"needs an image, but gets {t.shape_of(value)}; export the model again")
    return value
