"""Writes a few hundred small models with golden vectors: python make_golden.py FOLDER.

They carry the operator grid to CPUs that have no Python; golden.c checks them there.
"""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path

import numpy as np

import conftest  # noqa: F401 (makes the converter importable)
from build import Builder
from compare import Expected
from fmnistrt.convert.graph import Node
from fmnistrt.convert.model import Golden, Model, Pixels
from fmnistrt.convert.writer import write

CONTRACTS = (
    Pixels(mean=(0.5,), deviation=(0.25,)),
    Pixels(scale=-64.0, mean=(-2.0,)),
    Pixels(mean=(0.25,), deviation=(0.5,), invert=True),
)
IMAGES = 2
LARGEST_FILE = 50_000
TOTAL = 5_000_000
EVERY = 19
"""One case out of so many; a prime, so that it does not fall in step with the grids."""


def of_pixels(case: Builder) -> Builder:
    """The same model behind a gray or colour image, widened by a 1x1 convolution where needed."""
    shape = case.graph.input.shape
    if len(shape) != 3:
        b = Builder(f"{case.name}-of-pixels", 1, math.prod(shape), 1)
        source = b.reshape(b.input, *shape)
    elif shape[2] in (1, 3):
        b = Builder(f"{case.name}-of-pixels", *shape)
        source = b.input
    else:
        b = Builder(f"{case.name}-of-pixels", *shape[:2], 3)
        source = b.conv(b.input, shape[2], (1, 1))
    for node in case.graph.nodes:
        inputs = [source if tensor is case.graph.input else tensor for tensor in node.inputs]
        b.graph.nodes.append(Node(node.operator, inputs, node.output, node.attributes))
    return b


def with_golden(b: Builder, pixels: Pixels) -> bytes:
    """The file, with what the oracle says about random images."""
    images = b.rng.integers(0, 256, (IMAGES, *b.graph.input.shape), dtype=np.uint8)
    expected = Expected(b.graph, pixels.prepare(images))
    golden = Golden(images, expected.outputs, expected.tolerance(b.graph.output))
    return write(Model(b.graph, pixels=pixels, golden=golden))


def make(folder: Path) -> int:
    """Writes the models; returns how many."""
    from test_operators import CASES

    folder.mkdir(parents=True, exist_ok=True)
    contracts = itertools.cycle(CONTRACTS)
    count = total = 0
    for case in itertools.islice(CASES.values(), 0, None, EVERY):
        content = with_golden(of_pixels(case), next(contracts))
        if len(content) > LARGEST_FILE:
            continue
        (folder / f"{case.name}.fmg").write_bytes(content)
        count += 1
        total += len(content)
    assert total <= TOTAL, total
    return count


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(f"{make(Path(sys.argv[1]))} models in {sys.argv[1]}")
