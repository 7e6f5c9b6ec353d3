"""Convolutions and dense layers over shapes, kernels, strides, dilations, padding and groups."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from build import Builder

CHANNELS = [*range(1, 18), 31, 32, 33, 64]


def _finish(b: Builder) -> Builder:
    """The output of a file is a vector."""
    b.flat(b.graph.output)
    return b


def _random_pads(
    rng: random.Random, kernel: tuple[int, int], dilation: tuple[int, int]
) -> tuple[int, int, int, int]:
    extent = [(kernel[i] - 1) * dilation[i] + 1 for i in (0, 1)]
    top, left, bottom, right = (rng.randint(0, min(4, extent[i % 2] - 1)) for i in range(4))
    return top, left, bottom, right


def random_convolution(name: str, inputs: int, outputs: int, groups: int = 1) -> Builder:
    """Everything but the channels drawn at random, with what the name seeds."""
    rng = random.Random(name)
    while True:
        kernel = rng.randint(1, 7), rng.randint(1, 7)
        dilation = rng.choice([1, 1, 2, 3]), rng.choice([1, 1, 2, 3])
        pads = _random_pads(rng, kernel, dilation)
        height, width = rng.randint(1, 12), rng.randint(1, 33)
        extent = [(kernel[i] - 1) * dilation[i] + 1 for i in (0, 1)]
        if height + pads[0] + pads[2] >= extent[0] and width + pads[1] + pads[3] >= extent[1]:
            break
    b = Builder(name, height, width, inputs)
    stride = rng.choice([1, 1, 2, 3]), rng.choice([1, 1, 2, 3])
    b.conv(b.input, outputs, kernel, stride, dilation, pads, groups, bias=rng.random() < 0.8)
    return _finish(b)


def by_channels() -> Iterator[Builder]:
    """Every pair of channel counts."""
    for inputs, outputs in itertools.product(CHANNELS, CHANNELS):
        yield random_convolution(f"conv-{inputs}-to-{outputs}", inputs, outputs)


def by_width() -> Iterator[Builder]:
    """Every run of pixels, with whole kernel rows (few channels) and channel blocks."""
    for width, stride, (inputs, outputs) in itertools.product(
        range(1, 34), (1, 2, 3), ((1, 16), (5, 33), (17, 3), (16, 32))
    ):
        b = Builder(f"width-{width}-stride-{stride}-{inputs}-to-{outputs}", 3, width, inputs)
        b.conv(b.input, outputs, (3, 3), (1, stride), pads=(1, 1, 1, 1))
        yield _finish(b)


def by_kernel() -> Iterator[Builder]:
    """Every kernel from 1 to 7 on each axis, padded as much as allowed on one corner."""
    for kh, kw, dilation in itertools.product(range(1, 8), range(1, 8), (1, 2, 3)):
        inputs, outputs = ((3, 6), (20, 17), (8, 16), (9, 4))[(kh + kw + dilation) % 4]
        b = Builder(f"kernel-{kh}-{kw}-dilation-{dilation}", 7, 9, inputs)
        pads = ((kh - 1) * dilation, (kw - 1) * dilation, kh // 2, kw // 2)
        b.conv(b.input, outputs, (kh, kw), (2, 1), (dilation, dilation), pads)
        yield _finish(b)


def by_groups() -> Iterator[Builder]:
    """Depthwise, depthwise with multiplier, and groups of every kind of size."""
    for channels in CHANNELS:
        for multiplier in (1, 2, 3):
            if channels > 1:
                name = f"depthwise-{channels}-times-{multiplier}"
                yield random_convolution(name, channels, channels * multiplier, channels)
        for stride in (1, 2, 3):
            b = Builder(f"depthwise-{channels}-stride-{stride}", 6, 13, channels)
            pads = (1, 2, 0, 1)
            b.conv(b.input, channels, (3, 3), (stride, stride), (1, 1), pads, groups=channels)
            yield _finish(b)
    sizes = [(2, 1, 3), (2, 3, 5), (3, 2, 1), (3, 5, 7), (4, 4, 4), (5, 3, 3), (2, 8, 8)]
    sizes += [(2, 9, 17), (3, 11, 6), (7, 3, 5), (2, 16, 16), (4, 8, 16), (2, 33, 31), (16, 2, 2)]
    sizes += [(17, 1, 2), (17, 2, 1), (33, 1, 3), (6, 7, 16), (3, 16, 1), (2, 1, 40), (9, 5, 2)]
    for groups, inputs, outputs in sizes:
        for index in range(3):
            name = f"groups-{groups}-of-{inputs}-to-{outputs}-{index}"
            yield random_convolution(name, groups * inputs, groups * outputs, groups)


def extremes() -> Iterator[Builder]:
    """Windows that lie wholly in the padding, single pixels, large strides and kernels."""
    for channels in (1, 4, 8, 9, 16, 20):
        b = Builder(f"single-pixel-{channels}", 1, 1, channels)
        b.conv(b.input, 5, (3, 3), pads=(2, 2, 2, 2))
        yield _finish(b)
        b = Builder(f"single-pixel-depthwise-{channels}", 1, 1, channels)
        b.conv(b.input, channels, (5, 3), pads=(4, 1, 3, 2), groups=channels)
        yield _finish(b)
        b = Builder(f"windows-in-padding-{channels}", 2, 3, channels)
        b.conv(b.input, 17, (3, 3), (3, 3), (5, 4), (10, 8, 10, 8))
        yield _finish(b)
        b = Builder(f"large-stride-{channels}", 9, 21, channels)
        b.conv(b.input, 6, (2, 2), (255, 200))
        yield _finish(b)
        b = Builder(f"large-kernel-{channels}", 3, 9, channels)
        b.conv(b.input, 3, (41, 63), pads=(40, 60, 2, 4))
        yield _finish(b)
        b = Builder(f"unread-columns-{channels}", 8, 20, channels)
        b.conv(b.input, 8, (1, 1), (5, 7))
        yield _finish(b)


def dense() -> Iterator[Builder]:
    """Vectors, and images of every layout flattened in front."""
    for inputs, outputs in itertools.product(
        [*range(1, 18), 31, 33, 64, 257], [1, 3, 8, 10, 15, 16, 17, 33, 100]
    ):
        b = Builder(f"dense-{inputs}-to-{outputs}", inputs)
        b.dense(b.input, outputs, bias=(inputs + outputs) % 3 > 0)
        yield b
    for channels in CHANNELS:
        for height, width in ((1, 1), (1, 5), (4, 1), (3, 7)):
            b = Builder(f"flatten-{height}x{width}x{channels}", height, width, channels)
            b.dense(b.input, 11)
            yield b


def cases() -> Iterator[Builder]:
    """All of this file."""
    for group in (by_channels, by_width, by_kernel, by_groups, extremes, dense):
        yield from group()
