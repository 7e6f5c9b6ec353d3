"""Keras's layers that scale and shift, as nodes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..graph import Tensor
from ..operators import BINARY
from .builder import Builder


def affine(builder: Builder, x: Tensor, scale: np.ndarray, shift: np.ndarray) -> Tensor:
    """x * scale + shift, both of a shape that numpy can broadcast to that of x."""
    shape = np.broadcast_shapes(scale.shape, shift.shape, (1,) * len(x.shape))
    if np.broadcast_shapes(shape, x.shape) != x.shape:
        raise builder.fail(f"scales {x.shape} by numbers of the shape {shape}, which do not fit")
    varies = [axis for axis, size in enumerate(shape) if size > 1]
    if len(varies) <= 1:
        count = (shape[varies[0]],) if varies else ()
        values = [np.broadcast_to(value, shape).reshape(count) for value in (scale, shift)]
        if not varies:
            return builder.scale_shift(x, *values)
        return builder.with_last(x, varies[0], lambda x: builder.scale_shift(x, *values))
    scales, shifts = (
        builder.constant(part, np.broadcast_to(value, x.shape))
        for part, value in [("scale", scale), ("shift", shift)]
    )
    scaled = builder.node("binary", [x, scales], "scaled", {"kind": BINARY["multiply"]})
    return builder.node("binary", [scaled, shifts], "shifted", {"kind": BINARY["add"]})


def batch_normalization(builder: Builder, x: Tensor) -> Tensor:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the moving averages."""
    axis = builder.axis(builder.option("axis", -1), x)
    if builder.option("mode", 0) != 0:
        raise builder.fail("normalises each image by itself, which cannot be converted")
    keys = [
        *(["gamma"] if builder.option("scale", True) else []),
        *(["beta"] if builder.option("center", True) else []),
        "mean",
        "variance",
    ]
    arrays = builder.weights(*[(x.shape[axis],)] * len(keys))
    value = {key: array.astype(np.float64) for key, array in zip(keys, arrays, strict=True)}
    spread = value["variance"] + builder.number("epsilon", default=1e-3)
    if (spread <= 0).any():
        raise builder.fail("has a negative variance: the checkpoint is damaged, convert another")
    scale = value.get("gamma", 1.0) / np.sqrt(spread)
    shift = value.get("beta", 0.0) - value["mean"] * scale
    return builder.with_last(x, axis, lambda x: builder.scale_shift(x, scale, shift))


def rescaling(builder: Builder, x: Tensor) -> Tensor:
    """Rescaling: x * scale + offset, one number or one for each channel."""
    scale, offset = (
        np.float64(builder.option(key, default))
        for key, default in [("scale", 1.0), ("offset", 0.0)]
    )
    return affine(builder, x, scale, offset)


def normalization(builder: Builder, x: Tensor) -> Tensor:
    """Normalization: (x - mean) / sqrt(variance), from its settings or as adapted to data."""
    axis = builder.option("axis")
    axes = axis if isinstance(axis, list) else [] if axis is None else [axis]
    kept = [builder.axis(axis, x) for axis in axes]
    shape = tuple(size if axis in kept else 1 for axis, size in enumerate(x.shape))
    if builder.layer.config.get("mean") is not None:
        values = builder.option("mean"), builder.option("variance")
    elif len(builder.layer.weights) >= 2:
        values = tuple(builder.layer.weights[:2])
    else:
        raise builder.fail("was never adapted to data: call adapt() and save the model again")
    mean, variance = (
        np.float64(value).reshape(shape if np.size(value) > 1 else [1] * len(shape))
        for value in values
    )
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    if builder.option("invert", False):
        return affine(builder, x, deviation, mean)
    return affine(builder, x, 1 / deviation, -mean / deviation)


LAYERS: dict[str, Callable[[Builder, Tensor], Tensor]] = {
    "BatchNormalization": batch_normalization,
    "Normalization": normalization,
    "Rescaling": rescaling,
}
