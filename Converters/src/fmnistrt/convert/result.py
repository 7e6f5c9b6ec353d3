"""What every front end hands over: the graph and a second opinion on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .graph import Graph

OutputKind = Literal["probabilities", "logits", "scores"]


@dataclass
class FrontEndResult:
    """A checkpoint, read.

    `framework` is the source framework and version, such as "keras 3.10.0". `evaluate` takes
    prepared inputs, float32 of shape (n, height, width, channels), and returns float32
    (n, classes): the source model's own answer, computed without the graph, so that a wrong
    translation cannot agree with itself. `name` is what the checkpoint calls the model, if it does.
    `notes` are remarks for the user.
    """

    graph: Graph
    framework: str
    output_kind: OutputKind
    evaluate: Callable[[np.ndarray], np.ndarray]
    name: str = ""
    notes: list[str] = field(default_factory=list)
