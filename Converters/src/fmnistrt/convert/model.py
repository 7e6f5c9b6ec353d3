"""What stands in an .fmg file beside the graph."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .graph import Graph
from .result import OutputKind


@dataclass(frozen=True)
class Pixels:
    """The pixel contract: `((invert ? 255 - p : p) / scale - mean[c]) / deviation[c]`."""

    scale: float = 255.0
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    invert: bool = False

    def prepare(self, pixels: np.ndarray) -> np.ndarray:
        """Bytes (n, height, width, channels) to the float32 values that the model takes."""
        values = pixels.astype(np.float64)
        if self.invert:
            values = 255 - values
        mean, deviation = np.float64(self.mean), np.float64(self.deviation)
        return ((values / self.scale - mean) / deviation).astype(np.float32)


@dataclass(frozen=True)
class Golden:
    """Inputs (n, height, width, channels), bytes, and the answers (n, classes), float32.

    Models that take no pixels have inputs of float32, which do not go into the file.
    """

    inputs: np.ndarray
    outputs: np.ndarray
    tolerance: float


@dataclass
class Model:
    """A whole .fmg file. Without `pixels` the model takes prepared floats only."""

    graph: Graph
    output_kind: OutputKind = "scores"
    pixels: Pixels | None = None
    labels: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    golden: Golden | None = None
