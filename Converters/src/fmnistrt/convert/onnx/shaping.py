"""Flatten, Reshape, Transpose, Concat, Pad and their like."""

from __future__ import annotations

import math

from ..graph import ConvertError
from .builder import IMAGE
from .layout import Value
from .model import OnnxNode
from .translation import Translation, axis_of, translates


def _with_batch(t: Translation, value: Value, shape: list[int]) -> Value:
    """The value under an ONNX shape whose first axis must still be the batch."""
    batch = t.model.batch
    if not shape or shape[0] != batch or math.prod(shape[1:]) != math.prod(value.shape):
        raise ConvertError(
            f"turns (batch, {', '.join(map(str, value.shape))}) into {tuple(shape)}, where the "
            "first axis is not the batch; export the model with the batch as the first axis"
        )
    return value.reshaped(tuple(shape[1:]))


@translates("Flatten")
def flatten(t: Translation, node: OnnxNode) -> Value:
    """Flatten to two axes."""
    value = t.activation(node)
    shape = [t.model.batch, *value.shape]
    axis = node.attributes.get("axis", 1)
    axis += len(shape) if axis < 0 else 0
    return _with_batch(t, value, [math.prod(shape[:axis]), math.prod(shape[axis:])])


@translates("Reshape")
def reshape(t: Translation, node: OnnxNode) -> Value:
    """Reshape to a constant shape, in which 0 copies a size and -1 is what remains."""
    value = t.activation(node)
    target = t.integers(node, "shape", 1) or []
    old = [t.model.batch, *value.shape]
    if not node.attributes.get("allowzero", 0):
        target = [
            old[axis] if size == 0 and axis < len(old) else size for axis, size in enumerate(target)
        ]
    known = math.prod(size for size in target if size != -1)
    if target.count(-1) == 1 and known > 0:
        target[target.index(-1)] = math.prod(old) // known
    return _with_batch(t, value, target)


@translates("Squeeze")
def squeeze(t: Translation, node: OnnxNode) -> Value:
    """Squeeze axes of size 1."""
    value = t.activation(node)
    given = t.integers(node, "axes", 1)
    if given is None:
        if t.model.batch == 1:
            raise ConvertError(
                "may remove the axis of the batch; name the axes to squeeze and export it again"
            )
        return value.reshaped(tuple(size for size in value.shape if size > 1))
    axes = {axis_of(axis, len(value.shape) + 1) for axis in given}
    if any(value.shape[axis] != 1 for axis in axes):
        raise ConvertError("squeezes an axis that is not of size 1; export the model again")
    return value.reshaped(tuple(size for axis, size in enumerate(value.shape) if axis not in axes))


@translates("Unsqueeze")
def unsqueeze(t: Translation, node: OnnxNode) -> Value:
    """Unsqueeze: new axes of size 1."""
    value = t.activation(node)
    given = t.integers(node, "axes", 1) or []
    rank = len(value.shape) + 1 + len(given)
    axes = {axis_of(axis, rank) for axis in given}
    if len(axes) != len(given):
        raise ConvertError("adds the same axis twice; export the model again")
    sizes = iter(value.shape)
    return value.reshaped(tuple(1 if axis in axes else next(sizes) for axis in range(rank - 1)))


@translates("Transpose")
def transpose(t: Translation, node: OnnxNode) -> Value:
    """Transpose, which costs nothing until an operator needs another arrangement."""
    value = t.activation(node)
    rank = len(value.shape) + 1
    axes = list(node.attributes.get("perm", range(rank)[::-1]))
    if sorted(axes) != list(range(rank)):
        raise ConvertError(f"permutes {rank} axes by {axes}; export the model again")
    if axes[0] != 0:
        raise ConvertError(
            "moves the axis of the batch; export the model with the batch as the first axis"
        )
    return t.builder.transpose(value, [axis - 1 for axis in axes[1:]])


@translates("Concat")
def concat(t: Translation, node: OnnxNode) -> Value:
    """Concat along any axis but the batch."""
    values = [t.activation(node, index) for index in range(len(node.inputs))]
    first = values[0]
    axis = axis_of(node.attributes["axis"], len(first.shape) + 1)
    if any(len(value.shape) != len(first.shape) for value in values):
        raise ConvertError("joins activations of different ranks; export the model again")
    if len(values) == 1:
        return first
    groups = [[position] for position in first.axis_order()]
    parts = [t.builder.arrange(value, groups) for value in values]
    y = t.builder.add("concatenate", parts, axis=groups.index([axis]))
    sizes = list(first.shape)
    sizes[axis] = sum(value.shape[axis] for value in values)
    return Value.arranged(y, tuple(sizes), groups)


@translates("Pad")
def pad(t: Translation, node: OnnxNode) -> Value:
    """Pad with a constant along one or two axes."""
    value = t.activation(node)
    rank = len(value.shape) + 1
    mode = node.attributes.get("mode", b"constant").decode()
    if mode != "constant":
        raise ConvertError(f"pads by {mode}; only padding with a constant works")
    fill = node.attributes.get("value", 0.0)
    constant = t.optional(node, 2, "value")
    if constant is not None and constant.size:
        fill = float(constant.reshape(-1)[0])
    amounts = t.integers(node, "pads", 1) or []
    named = t.integers(node, "axes", 3)
    axes = list(range(rank)) if named is None else [axis % rank for axis in named]
    if len(amounts) != 2 * len(axes) or len(set(axes)) != len(axes):
        raise ConvertError("has paddings that do not fit its axes; export the model again")
    if min(amounts, default=0) < 0:
        raise ConvertError("has negative padding; crop the image before the model instead")
    if not math.isfinite(fill):
        raise ConvertError(f"pads with {fill}; use the padding of the pooling layer instead")
    around = {
        axis_of(axis, rank): (before, after)
        for axis, before, after in zip(
            axes, amounts[: len(axes)], amounts[len(axes) :], strict=True
        )
        if before or after
    }
    if not around:
        return value
    return _padded(t, value, around, fill)


def _padded(t: Translation, value: Value, around: dict[int, tuple[int, int]], fill: float) -> Value:
    """Pads the given axes, taking them as the height and width of an image."""
    if len(around) > 2:
        raise ConvertError(f"pads {len(around)} axes; at most two can be padded at once")
    order = value.axis_order()
    if len(value.shape) == 3 and set(around) <= {1, 2} and order == [1, 2, 0]:
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
