"""Adds nodes to the graph while a model is translated, with names and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import ConvertError, Graph, Node, Shape, Tensor
from ..operators import ACTIVATIONS, infer_shape
from .config import Layer


class Builder:
    """The graph under construction; `layer` and `name` are those of the layer being translated.

    `modern` is true for files of Keras 3, whose layers differ here and there.
    """

    def __init__(self, source: Tensor, modern: bool) -> None:
        self.graph = Graph(source)
        self.modern = modern
        self.layer = Layer("", "", "", {}, [])
        self.name = ""

    def fail(self, message: str) -> ConvertError:
        """An error about the layer being translated: its kind, its name, then `message`."""
        return ConvertError(f'the {self.layer.kind} layer "{self.layer.path}" {message}')

    def option(self, key: str, default: Any = None) -> Any:
        """A setting of the layer."""
        value = self.layer.config.get(key, default)
        return default if value is None else value

    def pair(self, key: str, default: Any = 1) -> tuple[int, int]:
        """A setting that is one number or two, for height and width."""
        value = self.option(key, default)
        first, second = value if isinstance(value, (list, tuple)) else (value, value)
        return int(first), int(second)

    def number(self, *keys: str, default: float) -> float:
        """The first of the settings that is there; old files wrap numbers in arrays."""
        for key in keys:
            value = self.layer.config.get(key)
            if isinstance(value, dict):
                value = value.get("value")
            if value is not None:
                return float(np.float64(value).reshape(-1)[0])
        return default

    def weights(self, *shapes: tuple[int, ...]) -> list[np.ndarray]:
        """The layer's arrays, which must have these shapes."""
        found = [array.shape for array in self.layer.weights]
        if not found and shapes:
            raise self.fail(
                "has no weights in this file: save the whole trained model with model.save()"
            )
        if found != list(shapes):
            raise self.fail(
                f"has weights of the shapes {found}, but its settings ask for {list(shapes)}: "
                "the file is damaged or was changed by hand"
            )
        return self.layer.weights

    def constant(self, part: str, value: Any) -> Tensor:
        """A constant of the layer."""
        array = np.ascontiguousarray(value, dtype=np.float32)
        if not np.isfinite(array).all():
            raise self.fail("has weights beyond single precision: convert another checkpoint")
        return Tensor(f"{self.name}:{part}", array.shape, array)

    def node(
        self,
        operator: str,
        inputs: list[Tensor],
        part: str,
        attributes: dict[str, Any] | None = None,
        shape: Shape = (),
    ) -> Tensor:
        """Appends a node; `part` names its output within the layer."""
        attributes = attributes or {}
        try:
            shape = infer_shape(operator, inputs, attributes, shape)
        except ConvertError as error:
            raise self.fail(str(error)) from None
        output = Tensor(f"{self.name}:{part}", shape)
        self.graph.nodes.append(Node(operator, inputs, output, attributes))
        return output

    def activation(self, x: Tensor, kind: str, a: float = 0.0, b: float = 0.0) -> Tensor:
        """Appends an activation."""
        return self.node("activation", [x], kind, {"kind": ACTIVATIONS[kind], "a": a, "b": b})

    def reshape(self, x: Tensor, shape: Shape, part: str = "reshaped") -> Tensor:
        """Appends a reshape, unless the shape is right already."""
        return x if x.shape == shape else self.node("reshape", [x], part, shape=shape)

    def scale_shift(self, x: Tensor, scale: Any, shift: Any, part: str = "scaled") -> Tensor:
        """Appends a scale_shift; scale and shift are one number or one for each channel."""
        channels = x.shape[-1:]
        inputs = [
            self.constant(key, np.broadcast_to(np.float64(value), channels))
            for key, value in [("scale", scale), ("shift", shift)]
        ]
        return self.node("scale_shift", [x, *inputs], part)
