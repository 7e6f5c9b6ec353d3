"""Models of bytes: every operator, with channels and sizes around the blocks of the kernels."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import numpy as np

from byte_build import ByteBuilder

CHANNELS = (1, 3, 4, 8, 10, 16, 17, 32, 64, 68)
PARTS = ("clip", "clip6", "scale_shift", "quantize", "leaky")


def convolutions() -> Iterator[ByteBuilder]:
    """Channels, kernels, strides, dilations and paddings; bytes and floats as the result."""
    for inputs, outputs in itertools.product(CHANNELS, (1, 10, 16, 33)):
        for zero in (0, 131):
            b = ByteBuilder(f"conv-{inputs}-to-{outputs}-zero-{zero}", 5, 6, inputs)
            x = b.conv(b.quantize("x", zero), outputs, pads=(1, 1, 1, 1))
            if outputs != 10:
                b.quantize(b.clip(x), 0)
            yield b.finish()
    geometries = itertools.product(
        ((1, 1), (3, 3), (2, 5)), ((1, 1), (2, 1), (3, 2)), ((1, 1), (2, 1), (1, 2), (3, 3))
    )
    for index, (kernel, stride, dilation) in enumerate(geometries):
        extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
        for pads in sorted({(0, 0, 0, 0), (extent[0] - 1, extent[1] - 1, 0, extent[1] // 2)}):
            name = f"conv-{kernel}-stride-{stride}-dilation-{dilation}-pads-{pads}"
            b = ByteBuilder(name, 9, 13, (1, 5, 16, 20)[index % 4])
            b.quantize(b.conv(b.quantize("x"), 18, kernel, stride, dilation, pads))
            yield b.finish()
    for size in ((1, 1), (2, 2), (4, 4), (7, 7), (14, 14), (3, 40)):
        b = ByteBuilder(f"conv-size-{size}", *size, 24)
        b.quantize(b.conv(b.quantize("x", 7), 40, pads=(1, 1, 1, 1)), 0)
        yield b.finish()
    for outputs in (140, 144):
        b = ByteBuilder(f"conv-of-many-weights-to-{outputs}", 3, 2, 1000)
        x = b.conv(b.quantize("x", 7), outputs, pads=(1, 1, 1, 1))
        if outputs == 144:
            b.quantize(b.scale_shift(x))
        yield b.finish()
    b = ByteBuilder("conv-in-nothing-but-padding", 1, 1, 3)
    b.quantize(b.conv(b.quantize("x"), 5, (3, 3), (1, 1), (2, 2), (4, 4, 4, 4)))
    yield b.finish()


def inputs() -> Iterator[ByteBuilder]:
    """Floats that become bytes at once, after a scale and shift or without, and read twice."""
    for shape in ((2, 600, 1), (1, 300, 3), (3, 5, 70), (700,), (1,), (2, 2, 2, 5), (1, 1, 17)):
        b = ByteBuilder(f"input-{shape}", *shape)
        b.quantize("x")
        yield b.finish()
        b = ByteBuilder(f"input-scale-{shape}", *shape)
        b.quantize(b.scale_shift("x"))
        yield b.finish()
        b = ByteBuilder(f"input-scale-clip-{shape}", *shape)
        b.quantize(b.clip(b.scale_shift("x")))
        yield b.finish()
        b = ByteBuilder(f"input-twice-{shape}", *shape)
        y = b.quantize(b.scale_shift("x"))
        b.quantize(b.add(y, b.quantize("x")))
        yield b.finish()


def depthwise() -> Iterator[ByteBuilder]:
    """One channel in each group."""
    for channels, zero in itertools.product(CHANNELS, (0, 99)):
        for stride, dilation in (((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (2, 1))):
            name = f"depthwise-{channels}-zero-{zero}-stride-{stride}-dilation-{dilation}"
            b = ByteBuilder(name, 6, 7, channels)
            x = b.quantize("x", zero)
            x = b.conv(x, channels, (3, 3), stride, dilation, (1, 2, 1, 1), depthwise=True)
            if stride == (1, 1):
                b.quantize(b.clip(x, 0.0, 1.5))
            yield b.finish()


def dense() -> Iterator[ByteBuilder]:
    """Vectors, and images that are read as such, also beside a convolution that needs padding."""
    for inputs, outputs in itertools.product((1, 4, 30, 64, 200), (1, 10, 16, 40)):
        for zero in (0, 200):
            b = ByteBuilder(f"dense-{inputs}-to-{outputs}-zero-{zero}", inputs)
            x = b.dense(b.quantize("x", zero), outputs)
            if outputs > 10:
                b.quantize(b.clip(x), 3)
            yield b.finish()
    for channels in (1, 5, 16, 20):
        b = ByteBuilder(f"dense-of-image-{channels}", 4, 5, channels)
        x = b.quantize("x", 50)
        b.quantize(b.dense(b.reshape(x, 5, 4, channels), 20))
        yield b.finish()
        b = ByteBuilder(f"dense-of-padded-{channels}", 4, 5, channels)
        x = b.quantize("x", 50)
        y = b.dense(x, 16)
        z = b.flat(b.conv(x, 3, pads=(1, 1, 1, 1)))
        b.node("concatenate", [y, z], (16 + 60,), [0])
        yield b.finish()


def epilogues() -> Iterator[ByteBuilder]:
    """Every order of what may follow, fused or not."""
    for length in (1, 2, 3):
        for parts in itertools.product(PARTS, repeat=length):
            for kind in ("conv", "dense", "add", "average", "global"):
                b = ByteBuilder(f"{kind}-" + "-".join(parts), 4, 5, 18)
                x = b.quantize("x", 100)
                match kind:
                    case "conv":
                        x = b.conv(x, 19, pads=(1, 1, 1, 1))
                    case "dense":
                        x = b.dense(x, 19)
                    case "add":
                        x = b.add(x, b.quantize("x"))
                    case "average":
                        x = b.pool(x, "average_pool", (3, 3), (1, 1), (1, 1, 1, 1))
                    case "global":
                        x = b.global_pool(x, "global_average_pool")
                for part in parts:
                    x = _append(b, part, x)
                yield b.finish()


def _append(b: ByteBuilder, part: str, x: str) -> str:
    if b.activations[x].quantisation is not None:
        x = b.dequantize(x)
    match part:
        case "clip":
            return b.clip(x)
        case "clip6":
            return b.clip(x, -0.5, 0.75)
        case "scale_shift":
            return b.scale_shift(x)
        case "leaky":
            return b.node("activation", [x], b.shape(x), [2, 0.3, 0.0])
        case _:
            return b.quantize(x)


def pools() -> Iterator[ByteBuilder]:
    """Windows inside, across the border and over each other."""
    geometries = (
        ((2, 2), (2, 2), (0, 0, 0, 0)),
        ((3, 3), (2, 2), (1, 1, 1, 1)),
        ((3, 2), (1, 3), (2, 1, 0, 1)),
        ((1, 1), (2, 2), (0, 0, 0, 0)),
        ((5, 5), (1, 1), (4, 4, 4, 4)),
    )
    for channels, (kernel, stride, pads) in itertools.product(CHANNELS, geometries):
        for operator, counting in (("max_pool", 0), ("average_pool", 0), ("average_pool", 1)):
            name = f"{operator}-{counting}-{channels}-{kernel}-{stride}-{pads}"
            b = ByteBuilder(name, 6, 7, channels)
            x = b.pool(b.quantize("x"), operator, kernel, stride, pads, counting)
            if channels % 2 and operator == "average_pool":
                b.quantize(x)
            yield b.finish()
    for channels, operator in itertools.product(
        CHANNELS, ("global_max_pool", "global_average_pool")
    ):
        b = ByteBuilder(f"{operator}-{channels}", 5, 7, channels)
        x = b.quantize("x")
        b.conv(x, 4, pads=(1, 1, 1, 1))
        y, z = b.flat(b.last), b.global_pool(x, operator)
        if operator == "global_max_pool":
            z = b.dequantize(z)
        elif channels > 16:
            z = b.dequantize(b.quantize(z))
        b.node("concatenate", [y, z], (5 * 7 * 4 + channels,), [0])
        yield b.finish()


def moves() -> Iterator[ByteBuilder]:
    """Operators that keep the bytes; each tensor also feeds a convolution that needs padding."""
    for channels in CHANNELS:

        def padded(b: ByteBuilder, x: str) -> ByteBuilder:
            y = b.quantize(b.conv(x, 3, (3, 5), pads=(1, 2, 1, 2)), 9, 0.02)
            z = b.quantize(b.dequantize(x), 9, 0.02)
            b.concatenate(0, b.flat(y), b.flat(z))
            return b.finish()

        b = ByteBuilder(f"concatenate-channels-{channels}", 3, 4, channels)
        x = b.quantize("x", 77, 0.02)
        y = b.quantize(b.conv(x, 5, pads=(1, 1, 1, 1)), 77, 0.02)
        yield padded(b, b.concatenate(2, x, y, x))
        for axis in (0, 1):
            b = ByteBuilder(f"concatenate-axis-{axis}-{channels}", 3, 4, channels)
            x = b.quantize("x", 77)
            yield padded(b, b.concatenate(axis, x, x))
        b = ByteBuilder(f"pad-{channels}", 3, 4, channels)
        yield padded(b, b.pad(b.quantize("x", 77), 1, 0, 2, 3))
        for axes in ((1, 0, 2), (2, 0, 1), (0, 2, 1)):
            b = ByteBuilder(f"transpose-{axes}-{channels}", 3, 4, channels)
            yield padded(b, b.transpose(b.quantize("x", 77), *axes))
        b = ByteBuilder(f"reshape-{channels}", 3, 4, channels)
        x = b.quantize("x", 77)
        y = b.conv(x, 2, pads=(1, 1, 1, 1))
        z = b.quantize(b.flat(y), 77)
        yield padded(b, b.reshape(z, 4, 3, 2))
        b = ByteBuilder(f"reshape-of-padded-{channels}", 3, 4, channels)
        x = b.quantize("x", 77, 0.02)
        y = b.quantize(b.conv(x, channels, pads=(1, 1, 1, 1)), 77, 0.02)
        yield padded(b, b.concatenate(1, b.reshape(x, 4, 3, channels), b.transpose(y, 1, 0, 2)))
        b = ByteBuilder(f"add-{channels}", 3, 4, channels)
        x, y = b.quantize("x", 77), b.quantize("x", 3)
        z = b.conv(y, channels, pads=(1, 1, 1, 1))
        x = b.quantize(b.clip(b.add(x, y)), 0)
        yield padded(b, b.quantize(b.add(b.quantize(z, 120), x), 0))
        b = ByteBuilder(f"add-to-itself-{channels}", 3, 4, channels)
        x = b.quantize("x", 77)
        yield padded(b, b.quantize(b.add(x, x), 1))
        b = ByteBuilder(f"floats-between-{channels}", 3, 4, channels)
        x = b.node("activation", ["x"], b.shape("x"), [2, 0.1, 0.0])
        y = b.quantize(b.scale_shift(b.dequantize(b.quantize(x))))
        yield padded(b, y)


def extremes() -> Iterator[ByteBuilder]:
    """The largest sums, ties and multipliers at the ends of their range."""
    for outputs in (3, 16, 20):
        b = ByteBuilder(f"largest-sums-{outputs}", 4000)
        x = b.quantize("x", 0, 1e-4)
        weights = np.full((outputs, 4000), 127, np.int8)
        weights[1::2] = -127
        bias = np.full(outputs, 2**31 - 1 - 4000 * 255 * 127, np.int32)
        bias[1::2] *= -1
        multiplier = np.full(outputs, 1e-9, np.float32)
        multiplier[2::3] = np.float32(1e38)
        multiplier[1::3] = np.float32(1e-45)
        inputs = [x, *map(b.constant, (weights, bias, multiplier))]
        x = b.node("dense", inputs, (outputs,))
        b.quantize(x, 128, 0.01)
        yield b.finish()
    b = ByteBuilder("ties", 256)
    x = b.quantize("x", 100, 0.5)
    b.quantize(b.add(x, x), 101, 2.0)
    yield b.finish()


def random_model(seed: int) -> ByteBuilder:
    """4 to 9 nodes that follow each other or join, and then everything that nothing else reads."""
    rng = random.Random(seed)
    b = ByteBuilder(
        f"random-bytes-{seed}", rng.randint(2, 9), rng.randint(2, 9), rng.randint(1, 20)
    )
    tensors = [b.quantize("x")]
    for _ in range(rng.randint(4, 9)):
        x = rng.choice(tensors[-3:])
        height, width, channels = b.shape(x)
        same = [t for t in tensors if b.shape(t) == b.shape(x)]
        match rng.randrange(8):
            case 0 | 1 | 2:
                kernel = (rng.randint(1, min(3, height)), rng.randint(1, min(4, width)))
                pads = tuple(rng.randint(0, kernel[i % 2] - 1) for i in range(4))
                deep = rng.random() < 0.3
                outputs = channels if deep else rng.randint(1, 40)
                stride = rng.choice([(1, 1), (1, 1), (2, 2)])
                y = b.conv(x, outputs, kernel, stride, (1, 1), pads, deep)
            case 3:
                y = b.pool(x, rng.choice(["max_pool", "average_pool"]), (2, 2), (1, 1))
            case 4:
                y = b.add(x, rng.choice(same))
            case 5:
                y = b.pad(x, *(rng.randint(0, 2) for _ in range(4)))
            case 6:
                y = b.transpose(x, *rng.sample(range(3), 3))
            case _:
                scale, zero = b.activations[x].quantisation
                z = b.quantize(b.dequantize(rng.choice(same)), zero, scale)
                y = b.concatenate(rng.randrange(3), x, z)
        if b.activations[y].quantisation is None:
            if rng.random() < 0.5:
                y = b.clip(y, rng.choice([0.0, -1.0]), rng.choice([1.0, 6.0]))
            if rng.random() < 0.3:
                y = b.scale_shift(y)
            y = b.quantize(y, rng.choice([0, None]))
        if min(b.shape(y)[:2]) > 1 and np.prod(b.shape(y)) < 3000:
            tensors.append(y)
    used = {name for node in b.nodes for name in node.inputs}
    loose = [name for name in b.activations if name not in used]
    flat = [b.flat(t if b.activations[t].quantisation is None else b.dequantize(t)) for t in loose]
    if len(flat) > 1:
        b.node("concatenate", flat, (sum(b.shape(t)[0] for t in flat),), [0])
    return b


def cases() -> Iterator[ByteBuilder]:
    """All of this file."""
    for group in (inputs, convolutions, depthwise, dense, epilogues, pools, moves, extremes):
        yield from group()
    for seed in range(300):
        yield random_model(seed)
