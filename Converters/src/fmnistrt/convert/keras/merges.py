"""Keras's layers that join or combine several values, as nodes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..graph import Shape, Tensor
from ..operators import BINARY
from .builder import Builder
from .sizes import check_matrix, remap

Merge = Callable[[Builder, list[Tensor]], Tensor]


def _together(builder: Builder, inputs: list[Tensor], step: Merge) -> Tensor:
    """What `step` gives; on channels_last, if any of the inputs was only transposed from it."""
    rank = len(inputs[0].shape)
    if {len(x.shape) for x in inputs} != {rank} or not any(map(builder.is_channels_first, inputs)):
        return step(builder, inputs)
    turned = [builder.transpose(x, (*range(1, rank), 0)) for x in inputs]
    return builder.transpose(step(builder, turned), (rank - 1, *range(rank - 1)))


def concatenate(builder: Builder, inputs: list[Tensor]) -> Tensor:
    """Concatenate; Keras counts the batch as axis 0."""
    axis = builder.axis(builder.option("axis", -1), inputs[0])

    def join(builder: Builder, joined: list[Tensor]) -> Tensor:
        turned = joined[0] is not inputs[0]
        place = (axis - 1) % len(joined[0].shape) if turned else axis
        return builder.node("concatenate", joined, "joined", {"axis": place})

    return _together(builder, inputs, join) if len(inputs) > 1 else inputs[0]


def _fits(x: Shape, y: Shape) -> bool:
    """Whether the operator `binary` takes these shapes."""
    return y in (x, (*[1] * (len(x) - 1), x[-1]), x[-1:]) or math.prod(y) == 1


def _spread(builder: Builder, x: Tensor, shape: Shape) -> Tensor:
    """An image repeated along its axes of size 1."""
    if len(x.shape) != 3 or any(x.shape[i] not in (1, shape[i]) for i in range(3)):
        return x  # It does not fit, as the operator is going to say.
    for axis in (0, 1):
        check_matrix(builder, shape[axis], shape[axis])
    copies = [
        np.eye(shape[axis]) if x.shape[axis] > 1 else np.ones((shape[axis], 1)) for axis in (0, 1)
    ]
    x = remap(builder, x, *copies)
    if x.shape == shape:
        return x
    ones = builder.constant("ones", np.ones((shape[2], 1, 1, 1)))
    return builder.node("conv2d", [x, ones], "spread")


def _pair(builder: Builder, kind: str, x: Tensor, y: Tensor) -> Tensor:
    if not _fits(x.shape, y.shape) and kind != "subtract" and _fits(y.shape, x.shape):
        x, y = y, x
    if not _fits(x.shape, y.shape) and len(x.shape) == len(y.shape) == 3:
        shape = tuple(max(sizes) for sizes in zip(x.shape, y.shape, strict=True))
        x, y = _spread(builder, x, shape), _spread(builder, y, shape)
    return builder.node("binary", [x, y], kind, {"kind": BINARY[kind]})


def _combine(kind: str) -> Merge:
    def step(builder: Builder, inputs: list[Tensor]) -> Tensor:
        if kind in ("subtract", "divide") and len(inputs) != 2:
            raise builder.fail(f"has {len(inputs)} inputs; 2 are needed")
        result = inputs[0]
        for other in inputs[1:]:
            result = _pair(builder, kind, result, other)
        return result

    return lambda builder, inputs: _together(builder, inputs, step)


def average(builder: Builder, inputs: list[Tensor]) -> Tensor:
    """Average: the sum, divided by the number of inputs."""
    return builder.scale_shift(_combine("add")(builder, inputs), 1 / len(inputs), 0.0)


LAYERS: dict[str, Merge] = {
    "Add": _combine("add"),
    "Subtract": _combine("subtract"),
    "Multiply": _combine("multiply"),
    "Maximum": _combine("maximum"),
    "Minimum": _combine("minimum"),
    "Average": average,
    "Concatenate": concatenate,
}
