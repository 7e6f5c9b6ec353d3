"""Flatten, Reshape, Transpose and their like, which only change how a value is seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..graph import ConvertError
from .layout import Value
from .nodes import OnnxNode
from .translation import BatchError, Translation, translates


def reshaped(t: Translation, value: Value, shape: Sequence[int]) -> Value:
    """The value under an ONNX shape, whose first axis must stay the batch if there is one."""
    old = t.shape_of(value)
    if math.prod(shape) != math.prod(old):
        raise ConvertError(f"turns {old} into {tuple(shape)}; export the model again")
    if t.model.single:
        return value.reshaped(tuple(shape))
    if not shape or shape[0] != t.model.batch:
        raise BatchError(
            f"turns (batch, {', '.join(map(str, old[1:]))}) into {tuple(shape)}, where the "
            "first axis is not the batch; export the model with the batch as the first axis"
        )
    return value.reshaped((1, *shape[1:]))


@translates("Flatten", attributes="axis")
def flatten(t: Translation, node: OnnxNode) -> Value:
    """At any axis that keeps the batch apart."""
    value = t.activation(node)
    shape = t.shape_of(value)
    axis = node.attributes.get("axis", 1)
    axis += len(shape) if axis < 0 else 0
    return reshaped(t, value, [math.prod(shape[:axis]), math.prod(shape[axis:])])


@translates("Reshape", attributes="allowzero shape")
def reshape(t: Translation, node: OnnxNode) -> Value:
    """To a constant shape, also one computed from the shapes of other values."""
    value = t.activation(node)
    target = t.integers(node, "shape", 1)
    if target is None:
        raise ConvertError("has no shape; export the model again")
    old = t.shape_of(value)
    if not node.attributes.get("allowzero", 0):
        target = [
            old[axis] if size == 0 and axis < len(old) else size for axis, size in enumerate(target)
        ]
    known = math.prod(size for size in target if size != -1)
    if target.count(-1) == 1 and known > 0:
        target[target.index(-1)] = math.prod(old) // known
    return reshaped(t, value, target)


@translates("Squeeze", attributes="axes")
def squeeze(t: Translation, node: OnnxNode) -> Value:
    """Of named axes; of all only in a model for single images."""
    value = t.activation(node)
    given = t.integers(node, "axes", 1)
    if given is None:
        if not t.model.single and t.model.batch == 1:
            raise BatchError(
                "may remove the axis of the batch; name the axes to squeeze and export it again"
            )
        return reshaped(t, value, [size for size in t.shape_of(value) if size > 1])
    axes = {t.axis_of(axis, len(value.shape)) for axis in given}
    if any(value.shape[axis] != 1 for axis in axes):
        raise ConvertError("squeezes an axis that is not of size 1; export the model again")
    return value.reshaped(tuple(size for axis, size in enumerate(value.shape) if axis not in axes))


@translates("Unsqueeze", attributes="axes")
def unsqueeze(t: Translation, node: OnnxNode) -> Value:
    """Of any axes behind the batch."""
    value = t.activation(node)
    given = t.integers(node, "axes", 1) or []
    rank = len(value.shape) + len(given)
    axes = {t.axis_of(axis, rank) for axis in given}
    if len(axes) != len(given):
        raise ConvertError("adds the same axis twice; export the model again")
    sizes = iter(value.shape)
    return value.reshaped(tuple(1 if axis in axes else next(sizes) for axis in range(rank)))


@translates("Transpose", attributes="perm")
def transpose(t: Translation, node: OnnxNode) -> Value:
    """Of any axes behind the batch; costs nothing until an operator needs another order."""
    value = t.activation(node)
    rank = len(value.shape)
    axes = list(node.attributes.get("perm", range(rank)[::-1]))
    if sorted(axes) != list(range(rank)):
        raise ConvertError(f"permutes {rank} axes by {axes}; export the model again")
    if axes[:1] != [0] and not t.model.single:
        raise BatchError(
            "moves the axis of the batch; export the model with the batch as the first axis"
        )
    return t.builder.transpose(value, axes)
