"""Calculations between Keras's layers for which there is no layer, as nodes."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..graph import Tensor
from .builder import Builder


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
        case "Maximum", _:
            return builder.activation(x, "clip", number, math.inf)
        case "Minimum", _:
            return builder.activation(x, "clip", -math.inf, number)
        case _:
            raise builder.fail("calculates with a number in a way that cannot be converted")
    return builder.scale_shift(x, scale, shift)


def _clip(builder: Builder, x: Tensor) -> Tensor:
    low, high = (builder.option(key) for key in ("x_min", "x_max"))
    bounds = -math.inf if low is None else float(low), math.inf if high is None else float(high)
    return builder.activation(x, "clip", *bounds)


def _expand_dims(builder: Builder, x: Tensor) -> Tensor:
    axis = int(builder.option("axis"))
    place = axis + len(x.shape) + 1 if axis < 0 else axis - 1
    if not 0 <= place <= len(x.shape):
        raise builder.fail(f"adds the axis {axis} to {x.shape}")
    return builder.reshape(x, (*x.shape[:place], 1, *x.shape[place:]))


OPERATIONS: dict[str, Callable[[Builder, Tensor], Tensor]] = {
    "Clip": _clip,
    "ExpandDims": _expand_dims,
}
"""Calculations for which Keras has no layer."""
