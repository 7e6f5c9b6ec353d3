"""The pixel contract: plain bytes in, prepared as the file says, on every instruction set."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from build import Builder
from compare import ROUNDING, Expected
from fmnistrt.convert.model import Model, Pixels
from fmnistrt.convert.writer import write
from library import ISA_NAMES, LibraryError, Session, instruction_sets

CONTRACTS = {
    "plain": Pixels(),
    "bytes": Pixels(scale=1.0),
    "normalised": Pixels(mean=(0.286,), deviation=(0.353,)),
    "inverted": Pixels(mean=(0.5,), deviation=(0.5,), invert=True),
    "negative-scale": Pixels(scale=-127.5, mean=(-1.0,)),
}
COLOURS = {
    **CONTRACTS,
    "colours": Pixels(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225), invert=True),
}
BODIES = ("pass", "scale", "conv", "scale-conv", "read-twice", "dense")


def _prepared(contract: Pixels, pixels: np.ndarray) -> np.ndarray:
    """`((invert ? 255 - p : p) / scale - mean) / std` of the specification, in float64."""
    values = 255.0 - pixels if contract.invert else pixels.astype(np.float64)
    scale, mean, deviation = (
        np.float64(np.float32(v)) for v in (contract.scale, contract.mean, contract.deviation)
    )
    return (values / scale - mean) / deviation


def _body(b: Builder, body: str) -> None:
    x = b.input
    match body:
        case "pass":
            b.flat(x)
        case "scale":
            b.flat(b.scale_shift(x))
        case "conv":
            b.flat(b.conv(x, 9, (3, 3), pads=(1, 1, 1, 1)))
        case "scale-conv":
            b.flat(b.relu(b.conv(b.scale_shift(x), 9, (5, 3), pads=(2, 1, 2, 1))))
        case "read-twice":
            padded = b.conv(b.scale_shift(x), x.shape[2], (3, 3), pads=(1, 1, 1, 1))
            b.flat(b.binary("add", padded, x))
        case "dense":
            b.dense(x, 10)


@pytest.mark.parametrize(
    ("channels", "contract", "body"),
    [
        *itertools.product([1], CONTRACTS, BODIES),
        *itertools.product([3], COLOURS, BODIES),
    ],
)
@pytest.mark.parametrize("size", [(28, 28), (1, 1), (3, 17)])
def test_pixels(channels: int, contract: str, body: str, size: tuple[int, int]) -> None:
    """All byte values, two images in a call."""
    pixels = (COLOURS if channels == 3 else CONTRACTS)[contract]
    b = Builder(f"{channels} {contract} {body} {size}", *size, channels)
    _body(b, body)
    images = b.rng.integers(0, 256, (2, *size, channels), dtype=np.uint8)
    expected = Expected(b.graph, _prepared(pixels, images))
    content = write(Model(b.graph, pixels=pixels))
    outputs = b.graph.output.shape[0]
    for isa, keep in itertools.product(instruction_sets(), (False, True)):
        with Session(content, isa, keep) as session:
            result = session.run(images, outputs)
            for image in range(2):
                expected.check(b.graph.output, result[image], image, ISA_NAMES[isa])
            # The same inputs, prepared by the caller, through fmnist_run.
            floats = session.run(expected.prepared.astype(np.float32), outputs)
            assert np.abs(floats - result).max() <= 4 * expected.tolerance(b.graph.output)


def test_every_byte() -> None:
    """Each of the 256 values comes out as the contract says."""
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    for contract in CONTRACTS.values():
        b = Builder("bytes", 16, 16, 1)
        b.flat(b.input)
        for isa in instruction_sets():
            with Session(write(Model(b.graph, pixels=contract)), isa, False) as session:
                result = session.run(pixels, 256)
            expected = _prepared(contract, pixels).reshape(1, 256)
            largest = np.abs(expected).max()
            assert np.abs(result - expected).max() <= ROUNDING * largest


def test_floats_only() -> None:
    """A model without a pixel contract refuses pixels."""
    b = Builder("floats", 2, 2, 1)
    b.dense(b.input, 2)
    with (
        Session(write(Model(b.graph)), 0, False) as session,
        pytest.raises(LibraryError, match="takes no pixels; use fmnist_run"),
    ):
        session.run(np.zeros((1, 2, 2, 1), np.uint8), 2)
