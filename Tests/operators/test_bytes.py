"""Models of bytes against an exact oracle: the same bits on every instruction set, fused or not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import byte_oracle
from byte_build import ByteBuilder
from byte_cases import cases
from fmg import Model, write
from library import ISA_NAMES, Session, instruction_sets

CASES = {b.name: b for b in cases()}


def _check(model: Model, inputs: np.ndarray, prepared: np.ndarray) -> None:
    """Every answer, and every tensor where they are kept, after an input of NaN."""
    expected = [byte_oracle.evaluate(model, x) for x in prepared]
    output = model.nodes[-1].output
    content = write(model)
    count = expected[0][output].size
    names = [tensor.name for tensor in model.tensors if tensor.value is None]
    broken = np.full((1, *prepared.shape[1:]), np.nan, np.float32)
    for isa, keep in itertools.product(instruction_sets(), (False, True)):
        context = f"{ISA_NAMES[isa]}{', kept tensors' if keep else ''}"
        with Session(content, isa, keep) as session:
            session.run(broken, count)
            result = session.run(inputs, count)
            for image, values in enumerate(expected):
                np.testing.assert_array_equal(result[image], values[output], context)
            for index, name in enumerate(names if keep else ()):
                real = byte_oracle.real(expected[-1][name])
                actual = session.tensor(index, real.shape)
                np.testing.assert_array_equal(actual, real, f"{context}, {name}")


@pytest.mark.parametrize("name", CASES)
def test_bytes(name: str) -> None:
    b = CASES[name]
    inputs = b.rng.normal(size=(2, *b.shape("x"))).astype(np.float32)
    _check(b.model, inputs, inputs)


def test_names_are_unique() -> None:
    """A name that stands twice would hide a case, and seeds its weights."""
    assert len(CASES) == sum(1 for _ in cases())


CONTRACTS = {
    "plain": {"scale": 255.0},
    "bytes": {},
    "normalised": {"scale": 255.0, "mean": (0.286, 0.3, 0.2), "deviation": (0.353, 0.3, 0.4)},
    "inverted": {"scale": 255.0, "invert": 1, "mean": (0.5, 0.4, 0.6)},
}


@pytest.mark.parametrize(
    ("channels", "contract", "body"),
    [*itertools.product((1, 3), CONTRACTS, ("quantize", "scale", "twice", "exact"))],
)
@pytest.mark.parametrize("size", [(16, 16), (1, 1), (3, 17)])
def test_pixels(channels: int, contract: str, body: str, size: tuple[int, int]) -> None:
    """Pixels become bytes as their floats would."""
    fields = {"channels": channels} | CONTRACTS[contract]
    for key, unused in (("mean", 0.0), ("deviation", 1.0)):
        values = fields.get(key, (unused,) * 3)
        fields[key] = (*values[:channels], *(unused,) * (3 - channels))
    b = ByteBuilder(f"{channels} {contract} {body} {size}", *size, channels, **fields)
    match body:
        case "quantize":
            x = b.quantize("x", 30)
        case "scale":
            x = b.quantize(b.scale_shift("x"), 60)
        case "twice":
            x = b.scale_shift("x")
            b.quantize(x, 60)
            x = b.quantize(b.node("binary", [x, b.dequantize(b.last)], b.shape(x), [1]), 5)
        case _:
            x = b.quantize("x", 0, 1 / 255)
    b.conv(x, 9, (3, 3), pads=(1, 1, 1, 1))
    b.finish()
    pixels = np.resize(b.rng.permutation(256), (2, *size, channels)).astype(np.uint8)
    prepared = byte_oracle.pixels_prepared(b.model, pixels)
    _check(b.model, pixels, prepared)
    _check(b.model, prepared, prepared)


def test_values_become_the_nearest_byte() -> None:
    """Halves go to the even neighbour, what is out of range to the end, NaN to 0."""
    values = [
        -math.inf,
        -4,
        -3.5,
        -0.5,
        -0.49,
        0.5,
        1.5,
        2.5,
        251.5,
        252.5,
        1e9,
        math.inf,
        math.nan,
    ]
    nearest = [0, 0, 0, 3, 3, 3, 5, 5, 255, 255, 255, 255, 0]
    for repeats in (1, 5):
        x = np.array(values * repeats, np.float32)
        b = ByteBuilder(f"nearest {repeats}", len(x))
        b.quantize("x", 3, 1.0)
        b.finish()
        for isa, keep in itertools.product(instruction_sets(), (False, True)):
            with Session(write(b.model), isa, keep) as session:
                result = session.run(x[None], len(x))[0]
            assert (result + 3).tolist() == nearest * repeats
