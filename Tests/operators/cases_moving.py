"""Operators that only move elements: concatenate, reshape, pad, transpose."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from build import Builder
from cases_convolution import CHANNELS

FACTORS = {
    1: [(1,), (1, 1), (1, 1, 1), (1, 1, 1, 1)],
    24: [(24,), (4, 6), (24, 1), (1, 24), (2, 3, 4), (1, 1, 24), (24, 1, 1), (2, 2, 3, 2)],
    64: [(64,), (8, 8), (4, 4, 4), (2, 2, 16), (1, 1, 64), (1, 2, 32), (2, 2, 4, 4), (1, 4, 1, 16)],
    90: [(90,), (9, 10), (3, 3, 10), (1, 9, 10), (5, 2, 9), (3, 30, 1), (1, 2, 5, 9)],
}
FACTORS[90] += [(2, 3, 5, 3)]


def reshapes() -> Iterator[Builder]:
    """Between all shapes of equal size, once and three times in a row."""
    for shapes in FACTORS.values():
        for first, second in itertools.product(shapes, shapes):
            name = "-".join("x".join(map(str, shape)) for shape in (first, second))
            b = Builder(f"reshape-{name}", *first)
            b.flat(b.activation(b.reshape(b.input, *second), "tanh"))
            yield b
            b = Builder(f"reshapes-{name}", *first)
            x = b.relu(b.input)
            y = b.reshape(b.reshape(b.reshape(x, *second), *shapes[0]), *first)
            b.flat(b.binary("subtract", b.activation(y, "tanh"), x))
            yield b
            b = Builder(f"reshapes-dense-{name}", *first)
            b.dense(b.reshape(b.activation(b.input, "tanh"), *second), 5)
            yield b


def transposes() -> Iterator[Builder]:
    """Every order of axes."""
    shapes = [(5,), (3, 7), (17, 4), (2, 3, 5), (9, 4, 20), (1, 17, 3), (2, 3, 4, 5), (3, 2, 9, 4)]
    for shape in shapes:
        for axes in itertools.permutations(range(len(shape))):
            name = "x".join(map(str, shape)) + "-by-" + "".join(map(str, axes))
            b = Builder(f"transpose-{name}", *shape)
            b.flat(b.node("transpose", b.input, axes=axes))
            yield b
            if len(shape) == 3:
                b = Builder(f"transpose-padded-{name}", *shape)
                x = b.node("transpose", b.relu(b.input), axes=axes)
                y = b.conv(x, 4, (3, 3), pads=(2, 1, 1, 2))
                b.node("concatenate", b.flat(x), b.flat(y), axis=0)
                yield b


def concatenations() -> Iterator[Builder]:
    """On each axis, with channel counts that do and do not fall on blocks."""
    for first, second in itertools.product(CHANNELS, CHANNELS):
        b = Builder(f"concatenate-channels-{first}-{second}", 2, 3, 2)
        x, y = b.conv(b.input, first, (1, 1)), b.conv(b.input, second, (1, 1))
        b.flat(b.node("concatenate", x, y, axis=2))
        yield b
    for rank in (1, 2, 3, 4):
        for axis, channels in itertools.product(range(rank), (1, 6, 8, 9, 16, 21)):
            shape = (*(2, 3, 2)[: rank - 1], channels)
            b = Builder(f"concatenate-rank-{rank}-axis-{axis}-{channels}", *shape)
            x, y = b.relu(b.input), b.activation(b.input, "tanh")
            b.flat(b.node("concatenate", x, y, x, b.input, axis=axis))
            yield b
    for axis, channels in itertools.product(range(3), (3, 8, 12, 32)):
        b = Builder(f"concatenate-padded-axis-{axis}-{channels}", 3, 4, channels)
        x, y = b.relu(b.input), b.activation(b.input, "tanh")
        whole = b.node("concatenate", x, y, axis=axis)
        parts = [b.flat(b.conv(t, 3, (3, 3), pads=(1, 2, 2, 1))) for t in (whole, y)]
        b.node("concatenate", *parts, axis=0)
        yield b
    b = Builder("concatenate-64", 5)
    b.node("concatenate", *[b.input] * 63, b.relu(b.input), axis=0)
    yield b


def pads() -> Iterator[Builder]:
    """Images with a border of some value."""
    for channels, (top, left, bottom, right), value in itertools.product(
        CHANNELS, ((0, 0, 0, 0), (1, 2, 3, 0), (0, 0, 0, 5), (2, 0, 0, 0)), (0.0, -1.5)
    ):
        sides = {"top": top, "left": left, "bottom": bottom, "right": right, "value": value}
        b = Builder(f"pad-{channels}-{top}-{left}-{bottom}-{right}-{value}", 3, 4, channels)
        b.flat(b.node("pad", b.input, **sides))
        yield b
        b = Builder(f"pad-conv-{channels}-{top}-{left}-{bottom}-{right}-{value}", 3, 4, channels)
        x = b.node("pad", b.relu(b.input), **sides)
        b.flat(b.conv(x, 4, (3, 3), pads=(1, 1, 1, 1)))
        yield b
    for channels in (1, 20):
        b = Builder(f"pad-single-pixel-{channels}", 1, 1, channels)
        b.flat(b.node("pad", b.input, top=1, left=1, bottom=1, right=1, value=2.0))
        yield b


def cases() -> Iterator[Builder]:
    """All of this file."""
    for group in (reshapes, transposes, concatenations, pads):
        yield from group()
