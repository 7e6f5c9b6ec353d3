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

    `labels` are the names of the classes, if the checkpoint has them. `raw` is a remark on why the
    model gets pixels from 0 to 255 as they are, if that is known. `settled` takes what `evaluate`
    takes and says (n) which answers, that are votes and jump by whole steps, survive rounding.
    `metadata` are further entries of the file's metadata.
    """

    graph: Graph
    framework: str
    output_kind: OutputKind
    evaluate: Callable[[np.ndarray], np.ndarray]
    name: str = ""
    notes: list[str] = field(default_factory=list)
    labels: list[str] | None = None
    raw: str = ""
    settled: Callable[[np.ndarray], np.ndarray] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
