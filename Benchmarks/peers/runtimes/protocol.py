"""What every runtime does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from ..settings import Setting


class Runtime(Protocol):
    """One runtime with the prepared model of a folder.

    Its constructor raises ImportError or FileNotFoundError where the runtime or its file is
    missing.
    """

    version: str
    instructions: str
    """The instruction sets of its kernels; "" when it does not tell."""
    call: Callable[[], object]
    """Computes, and is all that is timed: the cheapest that the runtime's Python module offers to
    a caller who writes into its buffers."""

    def __init__(self, folder: Path, setting: Setting) -> None: ...

    def place(self, images: np.ndarray) -> None:
        """Makes float32 images (batch, height, width, channels), 0 to 1, the next input."""

    def scores(self) -> np.ndarray:
        """The answers (batch, classes) of the last call."""


def channels_first(images: np.ndarray) -> np.ndarray:
    """The same images as (batch, channels, height, width)."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def existing(path: Path) -> Path:
    """The path of a file that is there."""
    if not path.exists():
        raise FileNotFoundError(f"no {path.name}")
    return path
