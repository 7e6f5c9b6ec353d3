"""Pooling over shapes, kernels, strides and padding."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from build import Builder
from cases_convolution import CHANNELS

KINDS = (("max_pool", {}), ("average_pool", {"count_padding": 0}))
KINDS += (("average_pool", {"count_padding": 1}),)


def _name(operator: str, attributes: dict[str, int]) -> str:
    return operator + ("-counting" if attributes.get("count_padding") else "")


def by_channels() -> Iterator[Builder]:
    """Every channel count, everything else at random."""
    for channels, (operator, attributes), index in itertools.product(CHANNELS, KINDS, range(3)):
        b = None
        rng = random.Random(f"{channels} {operator} {attributes} {index}")
        while b is None:
            kernel = rng.randint(1, 5), rng.randint(1, 5)
            stride = rng.randint(1, 3), rng.randint(1, 3)
            pads = tuple(rng.randint(0, kernel[i % 2] - 1) for i in range(4))
            size = rng.randint(1, 10), rng.randint(1, 33)
            rooms = [size[i] + pads[i] + pads[i + 2] - kernel[i] for i in (0, 1)]
            fits = [
                room >= 0 and room // stride[i] * stride[i] - pads[i] < size[i]
                for i, room in enumerate(rooms)
            ]
            if all(fits):
                b = Builder(f"{_name(operator, attributes)}-{channels}-{index}", *size, channels)
                b.flat(b.pool(b.input, operator, kernel, stride, pads, **attributes))
        yield b


def by_width() -> Iterator[Builder]:
    """Windows that leave the image on the left, on the right, on both sides and nowhere."""
    for width, (operator, attributes), channels in itertools.product(
        range(1, 34), KINDS, (3, 16, 17)
    ):
        b = Builder(f"{_name(operator, attributes)}-width-{width}-{channels}", 5, width, channels)
        stride = 2 if width % 2 else 1
        b.flat(b.pool(b.input, operator, (3, 3), (2, stride), (1, 1, 1, 1), **attributes))
        yield b
    for operator, attributes in KINDS:
        b = Builder(f"{_name(operator, attributes)}-larger-than-image", 2, 3, 5)
        b.flat(b.pool(b.input, operator, (9, 7), (1, 1), (7, 4, 7, 4), **attributes))
        yield b
        b = Builder(f"{_name(operator, attributes)}-strided-far", 9, 30, 5)
        b.flat(b.pool(b.input, operator, (2, 1), (4, 13), **attributes))
        yield b


def whole_image() -> Iterator[Builder]:
    """Global pooling, of plain images and of ones that a padded convolution reads as well."""
    for operator, channels in itertools.product(
        ("global_max_pool", "global_average_pool"), CHANNELS
    ):
        for height, width in ((1, 1), (1, 9), (7, 1), (5, 6)):
            b = Builder(f"{operator}-{height}x{width}x{channels}", height, width, channels)
            b.node(operator, b.input)
            yield b
        b = Builder(f"{operator}-beside-convolution-{channels}", 4, 5, channels)
        x = b.relu(b.input)
        branch = b.node("global_max_pool", b.conv(x, 6, (3, 3), pads=(1, 2, 0, 1)))
        b.node("concatenate", b.node(operator, x), branch, axis=0)
        yield b


def cases() -> Iterator[Builder]:
    """All of this file."""
    for group in (by_channels, by_width, whole_image):
        yield from group()
