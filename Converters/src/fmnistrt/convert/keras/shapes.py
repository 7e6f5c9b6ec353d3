"""Keras's layers that move, join or combine values, as nodes."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..graph import Tensor
from ..operators import BINARY
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
    axes = [int(axis) - 1 for axis in builder.option("dims")]
    return builder.node("transpose", [x], "permuted", {"axes": axes})


def zero_padding(builder: Builder, x: Tensor) -> Tensor:
    """ZeroPadding2D: one number, (height, width), or ((top, bottom), (left, right))."""
    padding = builder.option("padding", 1)
    rows, columns = padding if isinstance(padding, (list, tuple)) else (padding, padding)
    (top, bottom), (left, right) = (
        value if isinstance(value, (list, tuple)) else (value, value) for value in (rows, columns)
    )
    sides = {"top": top, "left": left, "bottom": bottom, "right": right}
    attributes = {key: int(value) for key, value in sides.items()}
    return builder.node("pad", [x], "padded", {**attributes, "value": 0.0})


def concatenate(builder: Builder, inputs: list[Tensor]) -> Tensor:
    """Concatenate; Keras counts the batch as axis 0."""
    axis, rank = int(builder.option("axis", -1)), len(inputs[0].shape)
    axis = axis + rank if axis < 0 else axis - 1
    return builder.node("concatenate", inputs, "joined", {"axis": axis})


def _combine(kind: str, commutes: bool = True) -> Callable[[Builder, list[Tensor]], Tensor]:
    def combine(builder: Builder, inputs: list[Tensor]) -> Tensor:
        if kind == "subtract" and len(inputs) != 2:
            raise builder.fail(f"has {len(inputs)} inputs; 2 are needed")
        result = inputs[0]
        for other in inputs[1:]:
            x, y = result, other
            if commutes and math.prod(x.shape) < math.prod(y.shape):
                x, y = y, x
            result = builder.node("binary", [x, y], kind, {"kind": BINARY[kind]})
        return result

    return combine


def average(builder: Builder, inputs: list[Tensor]) -> Tensor:
    """Average: the sum, divided by the number of inputs."""
    total = _combine("add")(builder, inputs)
    return builder.scale_shift(total, 1 / len(inputs), 0.0)


LAYERS: dict[str, Callable[[Builder, Tensor], Tensor]] = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "ZeroPadding2D": zero_padding,
}

MERGES: dict[str, Callable[[Builder, list[Tensor]], Tensor]] = {
    "Add": _combine("add"),
    "Subtract": _combine("subtract", commutes=False),
    "Multiply": _combine("multiply"),
    "Maximum": _combine("maximum"),
    "Minimum": _combine("minimum"),
    "Average": average,
    "Concatenate": concatenate,
}


def calculate(builder: Builder, x: Tensor, number: float, place: int) -> Tensor:
    """Arithmetic with a number, as in `x / 255`; `place` is 0 when the number stands first."""
    kind = builder.layer.kind
    match kind, place:
        case "Add", _:
            scale, shift = 1.0, number
        case "Multiply", _:
            scale, shift = number, 0.0
        case "Subtract", 1:
            scale, shift = 1.0, -number
        case "Subtract", 0:
            scale, shift = -1.0, number
        case (("Divide" | "TrueDivide"), 1) if number != 0:
            scale, shift = 1 / number, 0.0
        case _:
            raise builder.fail("calculates with a number in a way that cannot be converted")
    return builder.scale_shift(x, scale, shift)
