"""Convolutions of small images, which the runtime computes as one run of pixels, and what follows.

Whether it does depends on the instruction set; a few wide rows are computed one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from build import Builder


def cases() -> Iterator[Builder]:
    """Sizes, strides, kernels that partly or wholly lie outside, fusion, padded neighbours."""
    for height, width, stride in itertools.product((1, 2, 3, 7), (1, 2, 4, 9), (1, 2)):
        b = Builder(f"image-{height}x{width}-stride-{stride}", height, width, 40)
        b.relu(b.conv(b.input, 50, stride=(stride, stride), pads=(1, 1, 1, 1)))
        yield _finish(b)
    for kernel, stride, dilation in itertools.product(
        ((1, 1), (1, 7), (7, 1), (5, 5)), ((1, 1), (2, 1), (1, 2), (3, 3)), ((1, 1), (2, 1), (1, 2))
    ):
        name = "-".join(map(str, kernel + stride + dilation))
        b = Builder(f"image-kernel-{name}", 5, 4, 33)
        rows, columns = ((kernel[i] - 1) * dilation[i] for i in (0, 1))
        pads = (rows - rows // 2, columns // 2, rows // 2, columns - columns // 2)
        b.conv(b.input, 20, kernel, stride, dilation, pads)
        yield _finish(b)
    for height, pool in itertools.product((4, 5, 7, 8), ((2, 2), (1, 2), (3, 2))):
        b = Builder(f"image-{height}-pooled-{pool[0]}-{pool[1]}", height, 7, 24)
        x = b.relu(b.conv(b.input, 40, pads=(1, 1, 1, 1), bias=height > 5))
        b.pool(b.scale_shift(x) if height % 2 else x, kernel=pool)
        yield _finish(b)
    # What is written has columns of zeros beside it, and what is read has them too.
    for size, channels in itertools.product((8, 14, 17), (32, 72)):
        b = Builder(f"image-between-{size}-{channels}", size, size, channels)
        x = b.conv(b.input, 64, pads=(1, 1, 1, 1))
        x = b.scale_shift(b.relu(b.conv(x, 64, (1, 1), pads=(0, 0, 0, 0))))
        x = b.conv(b.conv(x, 64, (3, 3), (2, 2), pads=(1, 1, 1, 1)), 64, pads=(1, 1, 1, 1))
        b.conv(x, 7, (3, 5), pads=(1, 2, 1, 2))
        yield _finish(b)


def _finish(b: Builder) -> Builder:
    """The output of a file is a vector."""
    b.flat(b.graph.output)
    return b
