"""What a model tells about itself and answers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Info:
    """What a model takes and gives, and what it costs."""

    height: int
    width: int
    channels: int
    output_size: int
    output_kind: str
    operator_count: int
    parameter_count: int
    multiply_adds: int
    packed_bytes: int
    arena_bytes: int
    file_bytes: int
    isa: str


@dataclass(frozen=True)
class TensorInfo:
    """An intermediate value; `shape` is without the batch, images are height, width, channels."""

    name: str
    operator: str
    shape: tuple[int, ...]
    multiply_adds: int


@dataclass(frozen=True)
class Result:
    """Answers for n images: `scores` is (n, classes), `top` the best labels of each image."""

    scores: np.ndarray = field(repr=False)
    top: list[list[tuple[str | int, float]]]

    def __len__(self) -> int:
        return len(self.top)


@dataclass(frozen=True)
class Golden:
    """An input that a model carries, and the answer that the source framework gave."""

    pixels: np.ndarray = field(repr=False)
    scores: np.ndarray
    tolerance: float


@dataclass(frozen=True)
class Fit:
    """A picture made to fit: `pixels` for classify, and what was done to get them."""

    pixels: np.ndarray = field(repr=False)
    mode: str
    inverted: bool
    warnings: tuple[str, ...]
    box: tuple[int, int, int, int]
    """left, top, width, height of the garment in the picture"""
