"""Keras's layers that move values, as nodes."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..graph import Tensor
from .builder import Builder


def flatten(builder: Builder, x: Tensor) -> Tensor:
    """Flatten, in row-major order."""
    return builder.reshape(x, (math.prod(x.shape),), "flat")


def reshape(builder: Builder, x: Tensor) -> Tensor:
    """Reshape; one size may be -1."""
    target = [int(size) for size in builder.option("target_shape", builder.option("dims", []))]
    if target.count(-1) == 1:
        known = math.prod(size for size in target if size != -1)
        target[target.index(-1)] = math.prod(x.shape) // known if known else 0
    if not target:
        raise builder.fail("has an empty target shape: keep at least one axis")
    return builder.reshape(x, tuple(target))


def permute(builder: Builder, x: Tensor) -> Tensor:
    """Permute; Keras counts the axes from 1."""
    axes = tuple(int(axis) - 1 for axis in builder.option("dims"))
    if sorted(axes) != list(range(len(x.shape))):
        raise builder.fail(f"permutes an input of {x.shape} by {list(builder.option('dims'))}")
    return builder.transpose(x, axes)


def zero_padding(builder: Builder, x: Tensor) -> Tensor:
    """ZeroPadding2D: one number, (height, width), or ((top, bottom), (left, right))."""
    (top, bottom), (left, right) = builder.sides("padding", 1)
    sides = {"top": top, "left": left, "bottom": bottom, "right": right}
    return builder.node("pad", [x], "padded", {**sides, "value": 0.0})


LAYERS: dict[str, Callable[[Builder, Tensor], Tensor]] = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "ZeroPadding2D": zero_padding,
}
