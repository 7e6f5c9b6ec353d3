"""The state of one translation, and the table of operators that it uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from ..graph import ConvertError
from .builder import Builder
from .layout import Value
from .model import OnnxModel, OnnxNode


class Translation:
    """What is known of the ONNX values computed so far: activations and constants by name."""

    def __init__(self, model: OnnxModel, builder: Builder) -> None:
        self.model = model
        self.builder = builder
        self.values: dict[str, Value] = {}
        self.constants = dict(model.constants)
        self.steps: dict[str, np.ndarray] = {}
        """The steps of constants that are whole multiples of one, in a shape that broadcasts."""
        self.producers = {name: node for node in model.nodes for name in node.outputs if name}
        self.uses = Counter(name for node in model.nodes for name in node.inputs)
        self.uses[model.output] += 1

    def activation(self, node: OnnxNode, index: int = 0) -> Value:
        """An input that depends on the model's input."""
        name = node.input(index)
        if name not in self.values:
            raise ConvertError(
                f"has no computed activation as input {index + 1}; export the model with the "
                "layer's data as its first input"
            )
        return self.values[name]

    def constant(self, node: OnnxNode, index: int, what: str) -> np.ndarray:
        """An input that must be a constant."""
        name = node.input(index)
        if name not in self.constants:
            raise ConvertError(
                f"has no constant {what}; export the model with its weights as constants "
                "(for inference, with constant folding)"
            )
        return self.constants[name]

    def steps_of(self, node: OnnxNode, index: int, axis: int) -> np.ndarray | None:
        """The steps of quantised weights, one or one for each index of `axis`; None without."""
        steps = self.steps.get(node.input(index))
        if steps is None or (steps.size > 1 and steps.shape[axis] != steps.size):
            return None
        return steps.reshape(-1)

    def optional(self, node: OnnxNode, index: int, what: str) -> np.ndarray | None:
        """An input that may be absent, and is a constant otherwise."""
        return self.constant(node, index, what) if node.input(index) else None

    def integers(self, node: OnnxNode, attribute: str, index: int) -> list[int] | None:
        """Integers that are an attribute in old opsets and an input in new ones."""
        if attribute in node.attributes:
            return list(node.attributes[attribute])
        values = self.optional(node, index, attribute)
        if values is not None and values.dtype.kind not in "iu":
            raise ConvertError(f"has {attribute} that are no integers; export the model again")
        return None if values is None else [int(value) for value in np.ravel(values)]


Handler = Callable[[Translation, OnnxNode], Value]
HANDLERS: dict[str, Handler] = {}
"""The translation of each ONNX operator."""


def translates(*operators: str) -> Callable[[Handler], Handler]:
    """Registers a handler for ONNX operators."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(operators, handler))
        return handler

    return register


def axis_of(axis: int, rank: int) -> int:
    """An ONNX axis (batch included, negative from the end) as an axis without the batch."""
    actual = axis + rank if axis < 0 else axis
    if not 0 <= actual < rank:
        raise ConvertError(f"names the axis {axis} of {rank}; export the model again")
    if actual == 0:
        raise ConvertError(
            "works across the images of a batch; export the model so that each image is "
            "classified on its own"
        )
    return actual - 1
