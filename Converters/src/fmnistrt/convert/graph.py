"""The graph between the front ends, the passes and the writer.

It mirrors docs/fmg-format.md: the same operators and attributes, channels last, no batch axis.
Front ends build it, passes rewrite it, `writer.py` stores it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

Shape = tuple[int, ...]


class ConvertError(Exception):
    """One sentence for the user: which file, which layer, what to do about it."""


@dataclass(frozen=True)
class Bytes:
    """What the bytes of an activation mean: `(byte - zero_point) * scale`."""

    scale: float
    zero_point: int


@dataclass(eq=False)
class Tensor:
    """A constant (array, row-major) or, without `value`, what a node computes.

    Constants are stored as float32, but for integers, and for weights of convolutions and dense
    layers and support vectors that are float16: these stay what they are.

    An activation with `bytes` is held in bytes. Float weights with `steps`, one number for each
    output or one for all, are whole multiples of it: what a quantised model had as integers.

    Tensors and nodes are compared and hashed by identity: two layers may hold equal numbers.
    """

    name: str
    shape: Shape
    value: np.ndarray | None = None
    bytes: Bytes | None = None
    steps: np.ndarray | None = None


@dataclass(eq=False)
class Node:
    """One operator. `attributes` holds the words of the specification's table, by name."""

    operator: str
    inputs: list[Tensor]
    output: Tensor
    attributes: dict[str, int | float | Sequence[int]] = field(default_factory=dict)


@dataclass
class Graph:
    """A whole model. `nodes` are in order of computation; the last one gives the output."""

    input: Tensor
    nodes: list[Node] = field(default_factory=list)

    @property
    def output(self) -> Tensor:
        """What the last node computes."""
        return self.nodes[-1].output
