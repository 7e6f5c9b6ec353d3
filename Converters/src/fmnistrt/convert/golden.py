"""Golden vectors: a few inputs that go into the file with the answers they must give."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .graph import ConvertError, Shape
from .model import Golden, Pixels
from .result import OutputKind

TOLERANCE = 1e-4
HALF_TOLERANCE = 2e-3
"""Of files with weights of half precision: the answers are those of the original weights."""

TRIED = 8
"""Pictures that are drawn for each golden vector of a model whose answers jump."""


def golden_inputs(count: int, shape: Shape) -> np.ndarray:
    """Pictures like those of the data set: a bright textured garment on black, with some noise.

    Computed with integers only, so that every machine and every version of NumPy gives the same.
    """
    height, width, channels = shape
    row, column = np.arange(height)[:, None, None], np.arange(width)[None, :, None]
    channel = np.arange(channels)[None, None, :]
    pictures = []
    for number in range(count):
        # A body in the middle, wider or narrower, and sleeves of a length of their own.
        half = width * (3 + number % 3) // 14
        body = np.abs(2 * column - width + 1) <= 2 * half
        sleeves = (row < height * (2 + number % 5) // 8) & (row >= height // 7)
        middle = (row >= height // 14) & (row < height - height // 14)
        garment = (body & middle) | sleeves
        texture = 96 + (row * (5 + number) + column * (3 + 2 * number) + channel * 29) % 128
        noise = np.array(_noise(number + 1, height * width * channels)).reshape(shape)
        pictures.append(np.where(garment, texture + noise // 8, noise // 32 * (number % 2)))
    return np.stack(pictures).astype(np.uint8)


def _noise(seed: int, count: int) -> list[int]:
    """Bytes of the linear congruential generator of Numerical Recipes (section 7.1)."""
    state, result = seed * 2654435761 & 0xFFFFFFFF, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        result.append(state >> 24)
    return result


def golden_vectors(
    count: int,
    shape: Shape,
    pixels: Pixels | None,
    evaluate: Callable[[np.ndarray], np.ndarray],
    kind: OutputKind,
    tolerance: float = TOLERANCE,
    settled: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Golden:
    """Inputs with the source model's answers. The tolerance of scores grows with their size.

    Without pixels, the inputs are floats from -1 to 1. With `settled`, which says of prepared
    inputs (n) whether their answers would survive rounding, the first such pictures are taken.
    """
    if pixels:
        inputs = golden_inputs(count if settled is None else TRIED * count, shape)
        if settled is not None:
            inputs = inputs[settled(pixels.prepare(inputs))][:count]
            if not len(inputs):
                raise ConvertError(
                    "its votes are undecided for every picture tried: no answer can be checked"
                )
        outputs = evaluate(pixels.prepare(inputs)).astype(np.float32)
    else:
        noise = np.array(_noise(1, count * math.prod(shape))).reshape(count, *shape)
        inputs = (noise / 127.5 - 1).astype(np.float32)
        outputs = evaluate(inputs).astype(np.float32)
    size = 1.0
    if kind != "probabilities" and np.isfinite(outputs).all():
        size = max(1.0, float(np.abs(outputs).max()))
    return Golden(inputs, outputs, tolerance * size)
