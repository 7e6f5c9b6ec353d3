"""Which layers stay in floats because rounding them costs too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..graph import Graph, Tensor
from .calibrate import Progress

Answers = Callable[[Graph], np.ndarray]
"""The answers of a graph to the held-out pictures."""


@dataclass(frozen=True)
class Loss:
    """How far answers are from those of the float model."""

    changed: float
    """The share of pictures that get another class."""
    distance: float
    """The sum of the differences between the scores of a picture, on average."""

    @staticmethod
    def between(expected: np.ndarray, found: np.ndarray) -> Loss:
        """Of two arrays of scores (n, classes)."""
        changed = float(np.mean(expected.argmax(1) != found.argmax(1)))
        return Loss(changed, float(np.abs(expected - found).sum(1).mean()))


@dataclass(frozen=True)
class Kept:
    """A layer that stays in floats, and why."""

    name: str
    reason: str


def select(
    layers: list[Tensor],
    build: Callable[[set[Tensor]], Graph],
    answers: Answers,
    expected: np.ndarray,
    bound: float,
    progress: Progress,
) -> tuple[Graph, list[Kept]]:
    """The graph with as many layers on bytes as leave its loss within `bound`.

    While more answers change than that, the layer stays in floats whose rounding alone changes the
    scores most.
    """
    chosen = set(layers)
    graph = build(chosen)
    if Loss.between(expected, answers(graph)).changed <= bound:
        return graph, []
    alone: list[tuple[Loss, Tensor]] = []
    for done, layer in enumerate(layers):
        progress("rounding each layer alone", done / len(layers))
        alone.append((Loss.between(expected, answers(build({layer}))), layer))
    alone.sort(key=lambda entry: -entry[0].distance)
    kept = []
    for done, (loss, layer) in enumerate(alone):
        progress("keeping layers in floats", done / len(alone))
        chosen.remove(layer)
        kept.append(
            Kept(layer.name, f"rounded alone, it changes {loss.changed:.2%} of the answers")
        )
        graph = build(chosen)
        if not chosen or Loss.between(expected, answers(graph)).changed <= bound:
            break
    return graph, kept
