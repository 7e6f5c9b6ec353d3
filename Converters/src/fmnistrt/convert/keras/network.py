"""A Keras model as its configuration describes it, in one form for all versions of Keras."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ..graph import ConvertError, Shape

Reference = tuple[str, int]
"""A tensor: name of a layer, and which of the layer's calls computes it."""
MALFORMED = (
    *(KeyError, IndexError, TypeError, ValueError, AttributeError),
    *(ZeroDivisionError, OverflowError),
)
"""What reading a configuration raises where it does not hold what it should."""


@contextmanager
def reading_configuration() -> Iterator[None]:
    """What is malformed in a model's configuration becomes a ConvertError."""
    try:
        yield
    except MALFORMED as error:
        raise ConvertError(
            f"the model's configuration is damaged ({type(error).__name__}: {error}): "
            "copy the file again from its origin"
        ) from None


@dataclass
class Call:
    """One use of a layer.

    `number` is the number in a calculation such as `x / 255`, `place` its place among the two
    operands. `others` says that there are arguments of other kinds, which nobody understands.
    """

    inputs: list[Reference]
    others: bool = False
    number: float | None = None
    place: int = 0


@dataclass
class Layer:
    """One layer. `path` tells it apart in nested models; `model` is set for a nested model.

    `operation` says that it is a calculation between layers, such as `x + y`, with the name that
    Keras 3 has for it.
    """

    name: str
    path: str
    kind: str
    config: dict[str, Any]
    calls: list[Call]
    operation: bool = False
    model: Network | None = None
    weights: list[Any] = field(default_factory=list)


@dataclass
class Network:
    """A Sequential or Functional model.

    `input_shape` is without the batch, if it is known. `takes_channels_first` says that the input
    is an image of (channels, height, width).
    """

    name: str
    layers: list[Layer]
    input: Reference
    output: Reference
    input_shape: Shape | None
    takes_channels_first: bool = False

    def layer(self, name: str) -> Layer:
        """The layer called `name`."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ConvertError(f'the model uses a layer "{name}" that it does not have')

    def leaves(self) -> Iterator[Layer]:
        """The layers that are no models, those of nested models included."""
        for layer in self.layers:
            if layer.model is None:
                yield layer
            else:
                yield from layer.model.leaves()

    def up_to(self, name: str) -> Network:
        """The model whose output is that of the layer `name`, with the layers that it needs."""
        known = [layer.name for layer in self.layers]
        if name not in known:
            raise ConvertError(
                f'has no layer "{name}" for --layer; its layers are {", ".join(known)}'
            )
        needed: set[str] = set()
        pending = [name]
        while pending:
            one = pending.pop()
            if one in needed or one not in known:
                continue
            needed.add(one)
            pending += [source for call in self.layer(one).calls for source, _ in call.inputs]
        layers = [layer for layer in self.layers if layer.name in needed]
        return replace(self, layers=layers, output=(name, 0))


def is_channels_first(config: dict[str, Any]) -> bool:
    """Whether a layer with these settings takes (channels, height, width)."""
    return config.get("data_format") == "channels_first"
