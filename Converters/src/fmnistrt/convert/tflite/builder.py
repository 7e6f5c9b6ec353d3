"""The graph under construction, and what is known of the tensors of the file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from ..graph import Bytes, ConvertError, Graph, Node, Shape, Tensor
from ..operators import ACTIVATIONS, BINARY, MAX_RANK, infer_shape
from ..quantize.lower import dequantize_node, quantize_node
from .model import Steps, TfliteModel, TfliteNode

ACTIVATED = ("uint8", "int8")
"""Types of quantised activations."""
HALF = np.dtype(np.float16)


class Translation:
    """Graph tensors and constants by the index of their tensor in the file.

    The graph has no axis of the batch: what is (batch, height, width, channels) in the file is
    (height, width, channels) there, in the same order. `scope` names what is being computed.
    """

    def __init__(self, model: TfliteModel, source: Tensor) -> None:
        self.model = model
        self.batch = model.batch
        self.graph = Graph(source)
        self.scope = source.name
        self.values: dict[int, Tensor] = {}
        self.constants: dict[int, np.ndarray] = {-1: np.zeros(0)}
        for index, tensor in enumerate(model.tensors):
            if tensor.value is not None:
                self.constants[index] = tensor.real()
        self._parts: Counter[str] = Counter()

    def activation(self, node: TfliteNode, index: int = 0) -> Tensor:
        """An input that depends on the model's input."""
        held = self._held(node, index)
        if held not in self.values:
            raise ConvertError(
                f"has no computed activation as input {index + 1}; convert a model whose layers "
                "follow from its input"
            )
        return self.values[held]

    def constant_of(self, node: TfliteNode, index: int, what: str) -> np.ndarray:
        """An input that must be a constant: the numbers that it stands for."""
        held = self._held(node, index)
        if held not in self.constants or held < 0:
            raise ConvertError(f"has no constant {what}; freeze the model's variables first")
        return self.constants[held]

    def integers(self, node: TfliteNode, index: int, what: str) -> list[int]:
        """An input that must be a constant of whole numbers."""
        values = self.constant_of(node, index, what)
        if values.dtype.kind not in "iu":
            raise ConvertError(f"has {what} that are no integers; convert the model again")
        return [int(value) for value in values.reshape(-1)]

    def has(self, node: TfliteNode, index: int) -> bool:
        """Whether an input is there."""
        return self._held(node, index) >= 0

    def is_constant(self, node: TfliteNode, index: int) -> bool:
        """Whether an input is a constant."""
        return self.has(node, index) and self._held(node, index) in self.constants

    def _held(self, node: TfliteNode, index: int) -> int:
        return node.inputs[index] if index < len(node.inputs) else -1

    def steps_of(self, node: TfliteNode, index: int, axis: int) -> np.ndarray | None:
        """Of what the weights are whole multiples, if the layer computes in bytes: one, or one for
        each index of an axis.
        """
        steps = self.model.tensors[node.inputs[index]].steps
        held = self.model.tensors[node.inputs[0]]
        if steps is None or held.kind not in ACTIVATED:
            return None
        if steps.scale.size > 1 and steps.scale.shape[axis] != steps.scale.size:
            return None
        return steps.scale.reshape(-1)

    def shape_of(self, x: Tensor) -> Shape:
        """The shape that the file has for it, batch included."""
        return (self.batch, *x.shape)

    def constant(self, array: np.ndarray, part: str, steps: np.ndarray | None = None) -> Tensor:
        """A constant of the graph; half precision stays that."""
        dtype = array.dtype if array.dtype == HALF else np.dtype(np.float32)
        with np.errstate(over="ignore"):
            value = np.ascontiguousarray(array, dtype=dtype)
        if not value.size or not np.isfinite(value).all():
            raise ConvertError(
                f"has no numbers, NaN or infinite numbers as its {part}; train the model again"
            )
        return Tensor(f"{self.scope}:{part}", value.shape, value, steps=steps)

    def add(
        self,
        operator: str,
        inputs: Sequence[Tensor],
        shape: Shape = (),
        **attributes: int | float | Sequence[int],
    ) -> Tensor:
        """Appends a node; `shape` is that of a reshape."""
        found = infer_shape(operator, inputs, attributes, shape)
        self._parts[self.scope] += 1
        output = Tensor(f"{self.scope}:{self._parts[self.scope]}", found)
        self.graph.nodes.append(Node(operator, list(inputs), output, attributes))
        return output

    def activated(self, x: Tensor, kind: str, a: float = 0.0, b: float = 0.0) -> Tensor:
        """Appends an activation by its name."""
        return self.add("activation", [x], kind=ACTIVATIONS[kind], a=a, b=b)

    def binary(self, kind: str, x: Tensor, y: Tensor) -> Tensor:
        """Appends a binary operator by its name."""
        return self.add("binary", [x, y], kind=BINARY[kind])

    def scaled(self, x: Tensor, scale: object, shift: object) -> Tensor:
        """x * scale + shift; both are one number or one for each channel."""
        pair = [
            self.constant(np.broadcast_to(np.float64(value), x.shape[-1:]), part)
            for value, part in [(scale, "scale"), (shift, "shift")]
        ]
        return self.add("scale_shift", [x, *pair])

    def reshaped(self, x: Tensor, shape: Shape) -> Tensor:
        """x under another shape; itself if it has that shape."""
        if len(shape) > MAX_RANK:
            raise ConvertError(f"needs a tensor of {len(shape)} axes; at most 4 are possible")
        return x if x.shape == shape else self.add("reshape", [x], shape)

    def flat(self, x: Tensor) -> Tensor:
        """x as a vector."""
        return self.reshaped(x, (math.prod(x.shape),))

    def in_bytes(self, x: Tensor, meaning: Bytes) -> Tensor:
        """x, rounded to bytes and back."""
        quantize = quantize_node(x, meaning)
        dequantize = dequantize_node(quantize.output, Tensor(f"{x.name}:rounded", x.shape))
        self.graph.nodes += [quantize, dequantize]
        return dequantize.output


def meaning_of(model: TfliteModel, index: int) -> Bytes | None:
    """What the bytes of an activation mean, as of unsigned ones; None for floats."""
    tensor = model.tensors[index]
    if tensor.kind == "float32":
        return None
    if tensor.kind not in ACTIVATED:
        raise ConvertError(
            f'computes "{tensor.name}" of type {tensor.kind}; convert the model with activations '
            "of float32, int8 or uint8"
        )
    return _single(tensor.steps, tensor.name, 128 if tensor.kind == "int8" else 0)


def _single(steps: Steps | None, name: str, offset: int) -> Bytes:
    if steps is None or steps.scale.size != 1:
        raise ConvertError(f'has no single scale for the bytes "{name}"; quantise it again')
    scale, zero = float(steps.scale.reshape(-1)[0]), int(steps.zero.reshape(-1)[0]) + offset
    if scale < np.finfo(np.float32).tiny or not 0 <= zero <= 255:
        raise ConvertError(
            f'has the scale {scale} and zero point {zero} for the bytes "{name}"; quantise the '
            "model again"
        )
    return Bytes(scale, zero)


def axis_of(axis: int, rank: int) -> int:
    """An axis of the file (batch included, negative from the end) as one of the graph."""
    actual = axis + rank if axis < 0 else axis
    if not 0 <= actual < rank:
        raise ConvertError(f"names the axis {axis} of {rank}; convert the model again")
    if actual == 0:
        raise ConvertError(
            "works across the images of a batch; change the model so that each image is "
            "classified on its own"
        )
    return actual - 1


Handler = Callable[[Translation, TfliteNode], Tensor]
HANDLERS: dict[str, Handler] = {}
"""The translation of each operator: its value in floats, without the fused activation."""


def translates(*operators: str) -> Callable[[Handler], Handler]:
    """Registers a handler."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(operators, handler))
        return handler

    return register
