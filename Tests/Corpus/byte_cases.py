"""Bytes in the wrong place, and operators that read or write them with inputs not allowed."""

from __future__ import annotations

import math
import struct
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from byte_build import ByteBuilder
from corpus import FORMAT, case
from fmg import Tensor, assemble, sections_of, write


def _start() -> tuple[ByteBuilder, str]:
    """Bytes of an image of 4x4 pixels of 2 channels, zero point 3."""
    b = ByteBuilder("bytes", 4, 4, 2)
    return b, b.quantize("x", 3, 0.5)


def _bad(name: str, why: str, b: ByteBuilder) -> None:
    if b.activations[b.last].quantisation is not None:
        b.dequantize(b.last)
    case(f"bytes-{name}", FORMAT, why, write(b.model))


def _quantisations() -> None:
    for name, scale in (
        ("scale-0", 0.0),
        ("scale-negative", -0.5),
        ("scale-nan", math.nan),
        ("scale-infinite", math.inf),
        ("scale-subnormal", 1e-40),
    ):
        b, x = _start()
        b.activations[x].quantisation = (scale, 3)
        _bad(name, f"a scale of {scale:g}", b)
    for name, why, tensor, content in (
        (
            "reserved",
            "a reserved byte behind the zero point is 1",
            1,
            struct.pack("<fBB18x", 1, 3, 1),
        ),
        ("last-reserved", "the last reserved byte is 1", 1, struct.pack("<fB18xB", 1, 3, 1)),
        ("float-scale", "floats with a scale", 0, struct.pack("<f20x", 1)),
        ("float-zero-point", "floats with a zero point", 2, struct.pack("<fB19x", 0, 3)),
        ("constant-scale", "a constant with a scale", 3, struct.pack("<f20x", 1)),
    ):
        b, x = _start()
        b.conv(x, 3)
        model = b.model
        model.tensors[tensor].override = {"quantisation": content}
        case(f"bytes-{name}", FORMAT, why, write(model))
    for minor in (0, 1):
        b, x = _start()
        b.conv(x, 3)
        content = assemble(sections_of(b.model), minor=minor)
        case(f"bytes-minor-{minor}", FORMAT, f"bytes in a file of version 1.{minor}", content)
    b = ByteBuilder("bytes", 4, 4, 2)
    b.activations["x"].quantisation = (0.5, 3)
    _bad("input", "the model's input is bytes", b)
    b, _ = _start()
    case("bytes-output", FORMAT, "the model's output is bytes", write(b.model))


def _products() -> None:
    def changed(name: str, why: str, index: int, change: object, start: int = 3) -> None:
        """A convolution with one constant changed: 0 weights, 1 bias, 2 multiplier."""
        b, x = _start()
        b.conv(x, 3, pads=(1, 1, 1, 1))
        tensor = b.constants[index]
        tensor.value = change(tensor.value) if callable(change) else tensor.value.astype(change)
        _bad(name, why, b)

    def put(value: float) -> object:
        def change(values: np.ndarray) -> np.ndarray:
            values = values.copy()
            values.flat[-1] = value
            return values

        return change

    changed("weights-f32", "f32 weights for bytes", 0, np.float32)
    changed("weights-f16", "f16 weights for bytes", 0, np.float16)
    changed("weights-u8", "u8 weights for bytes", 0, np.uint8)
    changed("weights-minus-128", "a weight of -128", 0, put(-128))
    changed("bias-f32", "an f32 bias for s8 weights", 1, np.float32)
    changed("bias-s8", "an s8 bias", 1, np.int8)
    changed("multiplier-i32", "a multiplier of integers", 2, np.int32)
    changed("multiplier-0", "a multiplier of 0", 2, put(0))
    changed("multiplier-negative", "a multiplier below 0", 2, put(-1e-3))
    changed("multiplier-infinite", "an infinite multiplier", 2, put(math.inf))
    limit = 2**31 - 18 * 255 * 127
    changed("sum-above", "a bias with which sums overflow", 1, put(limit))
    changed("sum-below", "a bias with which sums overflow", 1, put(-limit))
    changed("bias-least", "a bias of -2^31", 1, put(-(2**31)))

    for operator in ("conv", "dense"):
        for count, name in ((2, "bias"), (3, "multiplier")):
            b, x = _start()
            b.conv(x, 3) if operator == "conv" else b.dense(x, 3)
            b.nodes[-1].inputs = b.nodes[-1].inputs[:count]
            b.constants = b.constants[: count - 1]
            _bad(f"{operator}-no-{name}", f"a {operator} of bytes without {name}", b)
    b, x = _start()
    b.conv(x, 4)
    b.nodes[-1].attributes[8] = 2
    b.constants[0] = Tensor("c0", (4, 3, 3, 1), np.ones((4, 3, 3, 1), np.int8))
    _bad("groups", "two outputs in each group", b)
    b, x = _start()
    b.conv(b.dequantize(x), 3)
    _bad("conv-of-floats", "s8 weights for floats", b)
    b = ByteBuilder("bytes", 4)
    floats = [b.floats(2, 4), b.floats(2), b.floats(2)]
    b.node("dense", ["x", *floats], (2,))
    _bad("multiplier-of-floats", "a multiplier for floats", b)


def _operators() -> None:
    def node(name: str, why: str, operator: str, attributes: tuple = (), *more: str, **f) -> None:
        """A node that reads bytes, and makes floats unless told otherwise."""
        b, x = _start()
        shape = f.get("shape", (4, 4, 2))
        inputs = [x, *(x if other == "same" else other for other in more)]
        b.node(operator, inputs, shape, attributes, f.get("quantisation"))
        _bad(name, why, b)

    def moved(name: str, operator: str, attributes: tuple, shape: tuple) -> None:
        node(
            f"{name}-floats",
            f"{operator} of bytes with floats as output",
            operator,
            attributes,
            shape=shape,
        )
        for part, quantisation in (("scale", (0.25, 3)), ("zero-point", (0.5, 4))):
            why = f"{operator} changes the {part.replace('-', ' ')}"
            node(
                f"{name}-{part}", why, operator, attributes, shape=shape, quantisation=quantisation
            )

    moved("max-pool", "max_pool", (2, 2, 2, 2, 0, 0, 0, 0), (2, 2, 2))
    moved("global-max", "global_max_pool", (), (2,))
    moved("reshape", "reshape", (), (32,))
    moved("pad", "pad", (1, 0, 0, 0, 0.0), (5, 4, 2))
    moved("transpose", "transpose", (1, 0, 2), (4, 4, 2))
    own = (0.5, 3)
    pad = (1, 0, 0, 0, 1.0)
    node("pad-one", "bytes padded with 1", "pad", pad, shape=(5, 4, 2), quantisation=own)
    pad = (1, 0, 0, 0, -0.0)
    node("pad-minus-0", "bytes padded with -0", "pad", pad, shape=(5, 4, 2), quantisation=own)
    mean = (2, 2, 2, 2, 0, 0, 0, 0, 0)
    node(
        "average-pool",
        "a mean of bytes as bytes",
        "average_pool",
        mean,
        shape=(2, 2, 2),
        quantisation=own,
    )
    node(
        "global-average",
        "a mean of bytes as bytes",
        "global_average_pool",
        (),
        shape=(2,),
        quantisation=own,
    )
    node("clip", "a clip of bytes", "activation", (1, 0.0, 1.0))
    node("softmax", "a softmax of bytes", "softmax", (0,))
    node("quantize-twice", "a quantize of bytes", "quantize", (2.0,), quantisation=own)
    node("dequantize-bytes", "a dequantize that makes bytes", "dequantize", (), quantisation=own)
    node("dequantize-attribute", "a dequantize with an attribute", "dequantize", (1,))
    node("multiply", "a product of bytes", "binary", (2,), "same")
    node("add-floats", "bytes added to floats", "binary", (1,), "x")
    node("add-bytes", "a sum of bytes as bytes", "binary", (1,), "same", quantisation=own)
    node(
        "concatenate-floats",
        "bytes and floats together",
        "concatenate",
        (2,),
        "x",
        shape=(4, 4, 4),
        quantisation=own,
    )
    b, x = _start()
    b.scale_shift(x)
    _bad("scale-shift", "a scale_shift of bytes", b)
    b, x = _start()
    b.concatenate(2, x, b.quantize("x", 4, 0.5))
    _bad("concatenate-zero-point", "bytes of two zero points together", b)
    b, x = _start()
    b.node("binary", ["x", x], (4, 4, 2), [1])
    _bad("add-to-floats", "floats added to bytes", b)
    b, x = _start()
    b.node("binary", [x, b.global_pool(x, "global_max_pool")], (4, 4, 2), [1])
    _bad("add-vector", "bytes added to one byte per channel", b)
    for kind in (np.float32, np.uint8):
        b, x = _start()
        b.node("binary", [x, b.constant(np.ones((4, 4, 2), kind))], (4, 4, 2), [1])
        _bad(f"add-constant-{np.dtype(kind)}", "a constant added to bytes", b)
    for name, factor in (("0", 0.0), ("negative", -1.0), ("nan", math.nan), ("infinite", math.inf)):
        b, _ = _start()
        b.nodes[0].attributes = [factor]
        _bad(f"factor-{name}", f"a factor of {factor:g}", b)
    b, _ = _start()
    b.nodes[0].attributes = []
    _bad("factor-none", "a quantize without a factor", b)
    b = ByteBuilder("bytes", 4, 4, 2)
    b.node("quantize", ["x"], (4, 4, 2), [2.0])
    _bad("quantize-floats", "a quantize that makes floats", b)
    b = ByteBuilder("bytes", 4, 4, 2)
    b.node("quantize", ["x"], (4, 2, 4), [2.0], own)
    _bad("quantize-shape", "a quantize that changes the shape", b)
    b = ByteBuilder("bytes", 4, 4, 2)
    b.dequantize("x")
    _bad("dequantize-floats", "a dequantize of floats", b)
    b = ByteBuilder("bytes", 4096, 2057, 1)
    b.global_pool(b.quantize("x", 0), "global_average_pool")
    _bad("global-average-sum", "a mean whose sum overflows", b)
    b = ByteBuilder("bytes", 4)
    rows = b.constant(np.zeros((2, 4), np.uint8))
    labels = b.constant(np.zeros(2, np.uint8))
    b.quantize("x", 0)
    b.node("nearest_neighbours", [b.last, rows, labels], (1,), [1, 1, 1])
    _bad("neighbours", "nearest neighbours of bytes", b)


def byte_cases() -> None:
    """The types and operators of version 1.2."""
    _quantisations()
    _products()
    _operators()
