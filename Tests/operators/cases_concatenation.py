"""Concatenations of channels whose inputs the runtime computes where they belong, and others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from build import Builder
from fmnistrt.convert.graph import Tensor


def cases() -> Iterator[Builder]:
    """Widths on and off whole blocks, from every kind of step, next to padded images."""
    for size, widths in itertools.product(
        (1, 5, 14), ((16, 32), (32, 20, 16), (20, 12, 16), (16, 3, 32), (64, 17))
    ):
        b = Builder(f"parts-{size}-{'-'.join(map(str, widths))}", size, size, 24)
        x = _concatenated(
            b, [b.relu(b.conv(b.input, n, (1, 1), pads=(0, 0, 0, 0))) for n in widths]
        )
        b.conv(x, 9, pads=(1, 1, 1, 1))
        yield _finish(b)
    for kind in (
        "pool",
        "scale",
        "add",
        "winograd",
        "sigmoid",
        "depthwise",
        "twice",
        "read",
        "nested",
    ):
        b = Builder(f"parts-of-{kind}", 14, 14, 64)
        one = b.conv(b.input, 32, (1, 1), pads=(0, 0, 0, 0))
        two = b.conv(b.input, 32, (1, 1), pads=(0, 0, 0, 0))
        part = one
        if kind == "pool":
            part = b.pool(one, kernel=(3, 3), stride=(1, 1), pads=(1, 1, 1, 1))
        elif kind == "scale":
            part = b.scale_shift(one)
        elif kind == "add":
            part = b.binary("add", one, two)
        elif kind == "winograd":
            part = b.conv(one, 64, pads=(1, 1, 1, 1))
        elif kind == "sigmoid":
            part = b.activation(one, "sigmoid")
        elif kind == "depthwise":
            part = b.conv(one, 32, pads=(1, 1, 1, 1), groups=32)
        elif kind == "twice":
            part = _concatenated(b, [one, one])
        elif kind == "nested":
            part = _concatenated(b, [one, _concatenated(b, [b.relu(b.input), b.scale_shift(two)])])
        x = (
            _concatenated(b, [b.input, part, two])
            if kind != "nested"
            else _concatenated(b, [part, b.input])
        )
        x = b.conv(x, 32, pads=(1, 1, 1, 1))
        if kind == "read":
            x = _concatenated(b, [x, b.relu(x), b.binary("add", x, one)])
        yield _finish(b)


def _concatenated(b: Builder, parts: list[Tensor]) -> Tensor:
    return b.node("concatenate", *parts, axis=2)


def _finish(b: Builder) -> Builder:
    """The output of a file is a vector."""
    b.flat(b.graph.output)
    return b
