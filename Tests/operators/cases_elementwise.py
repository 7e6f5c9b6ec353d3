"""Activations, scale and shift, softmax, and every way in which binary operators broadcast."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from build import Builder
from cases_convolution import CHANNELS
from fmnistrt.convert.graph import Tensor
from fmnistrt.convert.operators import BINARY

SHAPES = [(1,), (7,), (16,), (37,), (1, 1), (3, 5), (2, 17), (1, 1, 1), (1, 1, 9), (4, 5, 1)]
SHAPES += [(4, 5, 3), (3, 3, 8), (3, 7, 9), (2, 5, 16), (2, 3, 33), (2, 2, 3, 5), (3, 1, 2, 20)]

KINDS = [("clip", a, b) for a, b in ((0, math.inf), (0, 6), (-1, 1), (-math.inf, 0.5), (0.5, 0.5))]
KINDS += [("clip", -math.inf, math.inf), ("leaky_relu", 0.01, 0), ("leaky_relu", 1.5, 0)]
KINDS += [("leaky_relu", -0.5, 0), ("elu", 1, 0), ("elu", 0.3, 0)]
KINDS += [("selu", 1.6732632, 1.050701), ("hard_sigmoid", 0.2, 0.5)]
KINDS += [("hard_sigmoid", 1 / 6, 0.5), ("hard_swish", 1 / 6, 0.5)]
KINDS += [(kind, 0, 0) for kind in ("sigmoid", "tanh", "softplus", "softsign", "silu", "gelu")]
KINDS += [(kind, 0, 0) for kind in ("gelu_tanh", "exp", "mish")]


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def activations() -> Iterator[Builder]:
    """Every kind on every layout, alone, in place, and with a padded neighbour."""
    for (kind, a, b), shape in itertools.product(KINDS, SHAPES):
        builder = Builder(f"{kind}-{a:.3g}-{b:.3g}-{_text(shape)}", *shape)
        builder.flat(builder.activation(builder.input, kind, float(a), float(b)))
        yield builder
    for kind, a, b in KINDS:
        builder = Builder(f"{kind}-{a:.3g}-{b:.3g}-between-convolutions", 4, 6, 3)
        x = builder.conv(builder.input, 18, (3, 3), pads=(1, 1, 1, 1))
        x = builder.activation(x, kind, float(a), float(b))
        builder.flat(builder.conv(x, 5, (3, 3), pads=(1, 1, 1, 1)))
        yield builder


def by_channels() -> Iterator[Builder]:
    """Scale and shift, and softmax, of vectors and images."""
    for channels, shape in itertools.product(CHANNELS, ((), (1,), (3,), (1, 1), (4, 3), (2, 3, 2))):
        shape = (*shape, channels)
        for logarithm in (0, 1):
            b = Builder(f"softmax-{logarithm}-{_text(shape)}", *shape)
            b.flat(b.node("softmax", b.input, logarithm=logarithm))
            yield b
        b = Builder(f"scale-shift-{_text(shape)}", *shape)
        b.flat(b.scale_shift(b.activation(b.input, "tanh")))
        yield b
        b = Builder(f"input-scale-shift-{_text(shape)}", *shape)
        b.flat(b.activation(b.scale_shift(b.input), "tanh"))
        yield b
    for channels in (2, 8, 9, 33):
        b = Builder(f"softmax-of-padded-{channels}", 4, 5, channels)
        x = b.node("softmax", b.conv(b.input, channels), logarithm=0)
        b.flat(b.conv(x, 3, (3, 3), pads=(2, 1, 0, 1)))
        yield b
        b = Builder(f"softmax-into-padded-{channels}", 4, 5, channels)
        x = b.node("softmax", b.relu(b.input), logarithm=1)
        b.flat(b.conv(x, 3, (3, 3), pads=(2, 1, 0, 1)))
        yield b


def _second(b: Builder, form: str, x: Tensor) -> Tensor:
    """The second operand, 0.5 to 1.5: a constant, or computed from the input by a sigmoid."""
    spread = (1,) * (len(x.shape) - 1) + x.shape[-1:]
    forms = {"same": x.shape, "spread": spread, "vector": x.shape[-1:], "element": (1,)}
    forms["ones"] = (1,) * len(x.shape)
    source, _, form = form.partition("-")
    shape = forms[form]
    if source == "constant":
        return b.constant(*shape, low=0.5)
    if form == "same":
        y = x
    elif form in ("element", "ones"):
        y = b.dense(x, 1)
    else:
        y = b.dense(x, shape[-1])
    if y.shape != shape:
        y = b.reshape(y, *shape)
    half = b.constant(1, low=0.5)
    return b.binary("add", b.activation(y, "sigmoid"), half)


def binaries() -> Iterator[Builder]:
    """Every kind with every form of the second operand on every layout."""
    forms = [
        f"{source}-{form}"
        for source in ("constant", "computed")
        for form in ("same", "spread", "vector", "element", "ones")
    ]
    for kind, form, shape in itertools.product(BINARY, forms, SHAPES):
        b = Builder(f"{kind}-{form}-{_text(shape)}", *shape)
        b.flat(b.binary(kind, b.input, _second(b, form, b.input)))
        yield b
    for kind, form, channels in itertools.product(BINARY, forms, (1, 5, 8, 9, 20)):
        for padded in ("x", "y", "out", "all"):
            b = Builder(f"{kind}-{form}-padded-{padded}-{channels}", 3, 4, channels)
            x = b.relu(b.input)
            y = _second(b, form, x)
            out = b.binary(kind, x, y)
            readers = {"x": [x], "y": [y], "out": [out], "all": [x, y, out]}[padded]
            parts = [b.flat(out)]
            for tensor in readers:
                if tensor.value is None and len(tensor.shape) == 3:
                    parts.append(b.flat(b.conv(tensor, 2, (3, 3), pads=(2, 2, 1, 1))))
            if len(parts) > 1:
                b.node("concatenate", *parts, axis=0)
            yield b


def cases() -> Iterator[Builder]:
    """All of this file."""
    for group in (activations, by_channels, binaries):
        yield from group()
