"""Reshape, transpose, concatenate, pad, and changes of type."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError, Tensor
from .builder import Translation, axis_of, translates
from .model import TfliteNode


def _with_batch(t: Translation, x: Tensor, shape: list[int]) -> Tensor:
    """x under a shape of the file, whose first axis must still be the batch."""
    if len(shape) < 2 or shape[0] != t.batch or math.prod(shape[1:]) != math.prod(x.shape):
        raise ConvertError(
            f"turns {t.shape_of(x)} into {tuple(shape)}, where the first axis is not the batch; "
            "convert a model with the batch as the first axis"
        )
    return t.reshaped(x, tuple(shape[1:]))


@translates("RESHAPE")
def reshape(t: Translation, node: TfliteNode) -> Tensor:
    """To a shape that is an input, or among the options; -1 is what remains."""
    x = t.activation(node)
    target = t.integers(node, 1, "a shape") if t.has(node, 1) else list(node.sizes)
    known = math.prod(size for size in target if size != -1)
    if target.count(-1) == 1 and known > 0:
        target[target.index(-1)] = math.prod(t.shape_of(x)) // known
    return _with_batch(t, x, target)


@translates("SQUEEZE")
def squeeze(t: Translation, node: TfliteNode) -> Tensor:
    """Without some axes of size 1, or without all."""
    x = t.activation(node)
    axes = {axis_of(axis, len(x.shape) + 1) for axis in node.sizes}
    if not node.sizes:
        if t.batch == 1:
            raise ConvertError("may remove the axis of the batch; name the axes to squeeze")
        axes = {axis for axis, size in enumerate(x.shape) if size == 1}
    if any(x.shape[axis] != 1 for axis in axes):
        raise ConvertError("squeezes an axis that is not of size 1; convert the model again")
    kept = [size for axis, size in enumerate(x.shape) if axis not in axes]
    return _with_batch(t, x, [t.batch, *kept])


@translates("EXPAND_DIMS")
def expand(t: Translation, node: TfliteNode) -> Tensor:
    """With one more axis of size 1."""
    x, axes = t.activation(node), t.integers(node, 1, "an axis")
    if len(axes) != 1:
        raise ConvertError(f"adds {len(axes)} axes at once; convert the model again")
    axis = axis_of(axes[0], len(x.shape) + 2)
    return _with_batch(t, x, [t.batch, *x.shape[:axis], 1, *x.shape[axis:]])


@translates("TRANSPOSE")
def transpose(t: Translation, node: TfliteNode) -> Tensor:
    """Axes in another order, the batch in front."""
    x, axes = t.activation(node), t.integers(node, 1, "an order of axes")
    rank = len(x.shape) + 1
    if sorted(axes) != list(range(rank)):
        raise ConvertError(f"permutes {rank} axes by {axes}; convert the model again")
    return t.add("transpose", [x], axes=tuple(_rest(axes, rank)))


def _rest(axes: list[int], rank: int) -> list[int]:
    if axes[0] != 0:
        raise ConvertError("moves the axis of the batch; keep it as the first axis")
    return [axis_of(axis, rank) for axis in axes[1:]]


@translates("CONCATENATION")
def concatenate(t: Translation, node: TfliteNode) -> Tensor:
    """Along any axis but the batch."""
    parts = [t.activation(node, index) for index in range(len(node.inputs))]
    axis = axis_of(int(node.settings["axis"]), len(parts[0].shape) + 1)
    return parts[0] if len(parts) == 1 else t.add("concatenate", parts, axis=axis)


@translates("PAD", "PADV2")
def pad(t: Translation, node: TfliteNode) -> Tensor:
    """With zeros or another constant, along any axes."""
    x, amounts = t.activation(node), t.integers(node, 1, "paddings")
    rank = len(x.shape) + 1
    fill = 0.0
    if node.operator == "PADV2":
        value = t.constant_of(node, 2, "value")
        fill = float(value.reshape(-1)[0]) if value.size == 1 else math.nan
    if len(amounts) != 2 * rank or min(amounts) < 0 or not math.isfinite(fill):
        raise ConvertError(f"pads by {amounts} with {fill}; convert the model again")
    around = {
        axis_of(axis, rank): (amounts[2 * axis], amounts[2 * axis + 1])
        for axis in range(rank)
        if any(amounts[2 * axis : 2 * axis + 2])
    }
    if len(x.shape) == 3 and around.keys() <= {0, 1}:
        (top, bottom), (left, right) = (around.get(axis, (0, 0)) for axis in (0, 1))
        return t.add("pad", [x], top=top, left=left, bottom=bottom, right=right, value=fill)
    for axis, (before, after) in around.items():
        shape = x.shape
        image = (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
        y = t.add("pad", [t.reshaped(x, image)], left=before, right=after, value=fill)
        x = t.reshaped(y, (*shape[:axis], y.shape[1], *shape[axis + 1 :]))
    return x


@translates("QUANTIZE", "DEQUANTIZE")
def change_of_type(t: Translation, node: TfliteNode) -> Tensor:
    """Bytes come and go with the types of the tensors."""
    return t.activation(node)


@translates("CAST")
def cast(t: Translation, node: TfliteNode) -> Tensor:
    """Between floats; the graph computes in float32."""
    kinds = [t.model.tensors[index].kind for index in (node.inputs[0], node.outputs[0])]
    if any(np.dtype(kind).kind != "f" for kind in kinds if kind != "bfloat16"):
        raise ConvertError(f"turns {kinds[0]} into {kinds[1]}; use float32 throughout")
    return t.activation(node)
