"""The state of one translation, and the table of operators that it uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from ..graph import ConvertError, Shape
from .builder import Builder
from .layout import Value
from .model import OnnxModel
from .nodes import OnnxNode


class BatchError(ConvertError):
    """The refusal of what would mix the images of a batch, as far as can be seen."""


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
        self.uses = Counter(name for node in model.nodes for name in node.reads)
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

    def axis_of(self, axis: int, rank: int) -> int:
        """An ONNX axis, negative from the end, as its index.

        Only a model for single images may work along its first axis, which else is the batch.
        """
        actual = axis + rank if axis < 0 else axis
        if not 0 <= actual < rank:
            raise ConvertError(f"names the axis {axis} of {rank}; export the model again")
        if actual == 0 and not self.model.single:
            raise BatchError(
                "works across the images of a batch; export the model so that each image is "
                "classified on its own"
            )
        return actual

    def shape_of(self, value: Value) -> Shape:
        """What ONNX takes the shape of an activation to be: with the batch, if there is one."""
        return value.shape if self.model.single else (self.model.batch, *value.shape[1:])


Handler = Callable[[Translation, OnnxNode], Value | tuple[Value | None, ...]]
HANDLERS: dict[str, Handler] = {}
"""The translation of each ONNX operator; its docstring says for docs/onnx-support.md what works."""


ATTRIBUTES: dict[str, frozenset[str]] = {}
"""The attributes of each operator that its handler heeds."""
IGNORED: dict[str, frozenset[str]] = {}
"""The attributes of each operator that do not matter here."""


def translates(
    *operators: str, attributes: str = "", ignored: str = ""
) -> Callable[[Handler], Handler]:
    """Registers a handler for ONNX operators, with the names of the attributes that it knows."""

    def register(handler: Handler) -> Handler:
        for operator in operators:
            HANDLERS[operator] = handler
            ATTRIBUTES[operator] = frozenset(attributes.split())
            IGNORED[operator] = frozenset(ignored.split())
        return handler

    return register
