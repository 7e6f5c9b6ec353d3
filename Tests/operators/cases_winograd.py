"""3x3 convolutions that the runtime computes by Winograd's algorithm, and their neighbours.

Which it chooses depends on the instruction set; 48 channels and more are worth it at these sizes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from build import Builder

PADS = ((1, 1, 1, 1), (0, 0, 0, 0), (2, 2, 2, 2), (0, 1, 1, 0), (2, 0, 0, 2), (1, 0, 2, 1))


def cases() -> Iterator[Builder]:
    """Sizes on both sides of whole tiles, channels of both sides of whole blocks, fusion."""
    for height, width in itertools.product((4, 5, 7, 8, 12, 14), (4, 6, 9, 15, 16)):
        b = Builder(f"winograd-{height}x{width}", height, width, 48)
        b.relu(b.conv(b.input, 64, pads=PADS[(height + width) % len(PADS)]))
        b.flat(b.graph.output)
        yield b
    for inputs, outputs in itertools.product((33, 47, 64, 80), (33, 48, 100)):
        b = Builder(f"winograd-{inputs}-to-{outputs}", 14, 14, inputs)
        b.conv(b.input, outputs, pads=(1, 1, 1, 1), bias=outputs > 40)
        b.flat(b.graph.output)
        yield b
    for height, pads in itertools.product((8, 9, 10, 11, 13, 28), PADS):
        name = "-".join(map(str, pads))
        b = Builder(f"winograd-pooled-{height}-pads-{name}", height, height + 1, 48)
        x = b.relu(b.conv(b.input, 64, pads=pads))
        x = b.pool(b.scale_shift(x) if height % 2 else x, kernel=(2, 2))
        b.conv(x, 48, pads=(1, 1, 1, 1))
        b.flat(b.graph.output)
        yield b
    for part in ("pool3", "overlapping", "stride", "dilation", "kernel", "add"):
        b = Builder(f"winograd-{part}", 14, 14, 64)
        if part == "stride":
            b.conv(b.input, 64, stride=(2, 1), pads=(1, 1, 1, 1))
        elif part == "dilation":
            b.conv(b.input, 64, dilation=(1, 2), pads=(1, 2, 1, 2))
        elif part == "kernel":
            b.conv(b.input, 64, kernel=(3, 5), pads=(1, 2, 1, 2))
        else:
            x = b.conv(b.input, 64, pads=(1, 1, 1, 1))
            if part == "pool3":
                b.pool(x, kernel=(3, 3))
            elif part == "overlapping":
                b.pool(x, kernel=(2, 2), stride=(1, 1))
            else:
                b.binary("add", b.conv(b.relu(x), 64, pads=(1, 1, 1, 1)), x)
        b.flat(b.graph.output)
        yield b
