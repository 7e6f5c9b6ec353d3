"""Weights of half precision: dense layers that keep them, convolutions that widen them."""

from __future__ import annotations

from collections.abc import Iterator

from build import Builder
from fmnistrt.convert.halves import halve_weights


def _halved(b: Builder) -> Builder:
    assert halve_weights(b.graph)
    return b


def cases() -> Iterator[Builder]:
    """Every packing of weights, and dense layers behind every layout of their input."""
    for inputs, outputs in ((1, 1), (7, 16), (40, 17), (129, 33)):
        b = Builder(f"half-dense-{inputs}-to-{outputs}", inputs)
        b.relu(b.dense(b.input, outputs))
        yield _halved(b)
    for inputs, outputs, groups in ((3, 6, 1), (20, 33, 1), (17, 17, 17), (12, 24, 3)):
        b = Builder(f"half-conv-{inputs}-to-{outputs}-groups-{groups}", 6, 7, inputs)
        x = b.conv(b.input, outputs, pads=(1, 1, 1, 1), groups=groups)
        b.dense(b.pool(x), 20, bias=False)
        yield _halved(b)
