"""Chains in which the runtime fuses nodes, shares memory, or must refrain from either."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from build import Builder
from cases_convolution import CHANNELS

PARTS = ("relu", "relu6", "scale_shift", "pool2", "pool3x1", "pool1", "overlapping", "tanh")


def _append(b: Builder, part: str) -> None:
    x = b.graph.output
    match part:
        case "relu":
            b.relu(x)
        case "relu6":
            b.activation(x, "clip", -0.5, 0.75)
        case "scale_shift":
            b.scale_shift(x)
        case "pool2":
            b.pool(x)
        case "pool3x1":
            b.pool(x, kernel=(3, 1))
        case "pool1":
            b.pool(x, kernel=(1, 1))
        case "overlapping":
            b.pool(x, kernel=(3, 3), stride=(2, 2), pads=(1, 1, 1, 1))
        case "tanh":
            b.activation(x, "tanh")


def after_convolution() -> Iterator[Builder]:
    """Every order of up to three nodes after a convolution, with kinds of output blocks."""
    for length in (1, 2, 3):
        for parts in itertools.product(PARTS, repeat=length):
            total = sum(map(PARTS.index, parts))
            outputs = (3, 16, 40, 8, 17)[total % 5]
            groups = (1, 1, outputs)[total % 3]
            b = Builder("conv-" + "-".join(parts), 27, 9, outputs if groups > 1 else 4)
            b.conv(b.input, outputs, (3, 3), pads=(1, 1, 1, 1), groups=groups)
            for part in parts:
                _append(b, part)
            b.flat(b.graph.output)
            yield b


def pooled_channels() -> Iterator[Builder]:
    """A fused pooling for every channel count, with rows and columns left over."""
    for channels, kernel in itertools.product(CHANNELS, ((2, 2), (1, 2), (3, 1), (1, 1), (4, 3))):
        for groups in sorted({1, channels}):
            name = f"pooled-{channels}-by-{kernel[0]}x{kernel[1]}-groups-{groups}"
            b = Builder(name, 9, 10, channels)
            b.conv(b.input, channels, (3, 3), pads=(0, 1, 2, 1), groups=groups)
            b.scale_shift(b.relu(b.graph.output))
            x = b.pool(b.graph.output, kernel=kernel)
            y = b.conv(x, 3, (3, 3), pads=(1, 1, 1, 1))
            b.flat(y)
            yield b


def after_dense() -> Iterator[Builder]:
    """Dense layers with what follows, in every order."""
    for length in (1, 2, 3):
        for parts in itertools.product(("relu", "relu6", "scale_shift", "tanh"), repeat=length):
            b = Builder("dense-" + "-".join(parts), 3, 4, 5)
            b.dense(b.input, 20)
            for part in parts:
                _append(b, part)
            b.dense(b.graph.output, 4)
            b.node("softmax", b.graph.output, logarithm=0)
            yield b
            b = Builder("scale-" + "-".join(parts), 3, 4, 5)
            b.scale_shift(b.activation(b.input, "softsign"))
            for part in parts:
                _append(b, part)
            b.flat(b.graph.output)
            yield b


def input_scale_shift() -> Iterator[Builder]:
    """A scale and shift of the input, which is fused unless something else reads the input."""
    for channels in CHANNELS:
        b = Builder(f"input-scale-conv-{channels}", 5, 6, channels)
        b.flat(b.conv(b.scale_shift(b.input), 4, (3, 3), pads=(1, 1, 1, 1)))
        yield b
        b = Builder(f"input-scale-read-twice-{channels}", 5, 6, channels)
        x = b.scale_shift(b.input)
        b.flat(b.binary("add", b.conv(x, channels, (3, 3), pads=(1, 1, 1, 1)), b.input))
        yield b
        b = Builder(f"input-scale-alone-{channels}", channels)
        b.scale_shift(b.input)
        yield b
        b = Builder(f"input-scale-pixel-{channels}", 1, 1, channels)
        b.flat(b.conv(b.relu(b.scale_shift(b.input)), 4, (3, 3), pads=(1, 1, 1, 1)))
        yield b


def several_readers() -> Iterator[Builder]:
    """Values that must survive what is computed in place beside them."""
    for channels in CHANNELS:
        b = Builder(f"in-place-second-reader-{channels}", 4, 5, channels)
        x = b.activation(b.input, "tanh")
        y = b.relu(x)
        z = b.scale_shift(x)
        b.flat(b.binary("multiply", b.binary("add", y, z), x))
        yield b
        b = Builder(f"reader-of-reshape-{channels}", 4, 5, channels)
        x = b.activation(b.input, "tanh")
        y = b.flat(x)
        z = b.relu(y)
        b.binary("subtract", z, b.flat(b.scale_shift(x)))
        yield b
        b = Builder(f"output-of-reshape-{channels}", 4, 5, channels)
        x = b.activation(b.input, "tanh")
        y = b.flat(x)
        z = b.flat(b.activation(x, "softsign"))
        b.node("concatenate", z, y, b.relu(y), axis=0)
        yield b
        b = Builder(f"flatten-dense-of-padded-{channels}", 4, 5, channels)
        x = b.relu(b.input)
        vector = b.dense(x, 6)
        image = b.conv(x, 6, (3, 3), pads=(2, 1, 1, 2))
        b.flat(b.binary("multiply", image, vector))
        yield b
        b = Builder(f"reshapes-dense-of-padded-{channels}", 4, 5, channels)
        x = b.relu(b.input)
        vector = b.dense(b.reshape(b.reshape(x, 5, 4, channels), 20, channels), 6)
        image = b.conv(x, 6, (3, 3), pads=(2, 1, 1, 2))
        b.flat(b.binary("multiply", image, vector))
        yield b
        b = Builder(f"residual-{channels}", 4, 5, channels)
        x = b.conv(b.input, channels, (3, 3), pads=(1, 1, 1, 1))
        y = b.conv(b.relu(x), channels, (3, 3), pads=(1, 1, 1, 1))
        y = b.relu(b.binary("add", b.scale_shift(y), x))
        z = b.conv(y, channels, (1, 3), pads=(0, 1, 0, 1))
        b.node("global_average_pool", b.relu(b.binary("add", z, y)))
        yield b
        b = Builder(f"squeeze-and-excite-{channels}", 4, 5, channels)
        x = b.relu(b.conv(b.input, channels, (3, 3), pads=(1, 1, 1, 1), groups=channels))
        gate = b.dense(b.relu(b.dense(b.node("global_average_pool", x), 3)), channels)
        gate = b.reshape(b.activation(gate, "hard_sigmoid", 0.2, 0.5), 1, 1, channels)
        b.flat(b.conv(b.binary("multiply", x, gate), 5, (3, 3), pads=(1, 1, 1, 1)))
        yield b
        b = Builder(f"same-operand-{channels}", 3, 2, channels)
        x = b.activation(b.input, "tanh")
        b.flat(b.binary("multiply", x, x))
        yield b
        b = Builder(f"wide-and-wider-{channels}", 5, 6, channels)
        x = b.relu(b.input)
        parts = [b.conv(x, 3, (k, k), pads=(k // 2,) * 4) for k in (1, 3, 5, 7)]
        b.flat(b.node("concatenate", *parts, axis=2))
        yield b
        b = Builder(f"pixel-into-padded-{channels}", 3, 3, channels)
        x = b.node("global_max_pool", b.input)
        x = b.scale_shift(b.reshape(x, 1, 1, channels))
        b.flat(b.conv(b.relu(x), 4, (3, 5), pads=(1, 2, 1, 2)))
        yield b


def cases() -> Iterator[Builder]:
    """All of this file."""
    groups = (after_convolution, pooled_channels, after_dense, input_scale_shift, several_readers)
    for group in groups:
        yield from group()
