"""What the command line says of weights without a model."""

from __future__ import annotations

from dataclasses import dataclass

from ..graph import Shape


@dataclass(frozen=True)
class Architecture:
    """What the user says of weights without a model.

    `line` names the layers, `image` is (height, width, channels), and `probabilities` puts a
    softmax behind the last layer.
    """

    line: str | None = None
    image: Shape | None = None
    probabilities: bool = False
