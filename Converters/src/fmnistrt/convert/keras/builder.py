"""Adds nodes to the graph while a model is translated, with names and shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import ConvertError, Graph, Node, Shape, Tensor
from ..operators import ACTIVATIONS, infer_shape
from .checkpoint import Version
from .network import Layer

Axes = tuple[int, ...]
Step = Callable[[Tensor], Tensor]


class Builder:
    """The graph under construction; `layer` and `name` are those of the layer being translated.

    `version` is that of the Keras whose layers these are: they differ here and there. A tensor that
    is transposed is remembered with what it was before, so that layers on channels_first follow
    each other without a transpose between them; those that nothing needs are dropped later.
    """

    def __init__(self, source: Tensor, version: Version) -> None:
        self.graph = Graph(source)
        self.version = version
        self._transposed: dict[tuple[Tensor, Axes], Tensor] = {}
        self._axes: dict[Tensor, Axes] = {}
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

    def sides(self, key: str, default: int) -> list[tuple[int, int]]:
        """One number, (height, width), or ((top, bottom), (left, right)) as the last of these."""
        value = self.option(key, default)
        axes = value if isinstance(value, (list, tuple)) else (value, value)
        pairs = [axis if isinstance(axis, (list, tuple)) else (axis, axis) for axis in axes]
        (top, bottom), (left, right) = pairs
        return [(int(top), int(bottom)), (int(left), int(right))]

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
        attributes = {"kind": ACTIVATIONS[kind], "a": a, "b": b}
        return self.elementwise(x, lambda x: self.node("activation", [x], kind, attributes))

    def axis(self, axis: Any, x: Tensor) -> int:
        """A setting that names one axis, counted from the batch or the end, as an axis of x."""
        if isinstance(axis, list) and len(axis) == 1:
            axis = axis[0]
        place = int(axis) + len(x.shape) if int(axis) < 0 else int(axis) - 1
        if not 0 <= place < len(x.shape):
            raise self.fail(f"works along axis {axis}, which an input of {x.shape} does not have")
        return place

    def check_image(self, x: Tensor) -> None:
        """Refuses an input that is no image."""
        if len(x.shape) != 3:
            raise self.fail(f"needs an image (height, width, channels), but gets {x.shape}")

    def reshape(self, x: Tensor, shape: Shape, part: str = "reshaped") -> Tensor:
        """Appends a reshape, unless the shape is right already."""
        return x if x.shape == shape else self.node("reshape", [x], part, shape=shape)

    def scale_shift(self, x: Tensor, scale: Any, shift: Any, part: str = "scaled") -> Tensor:
        """Appends a scale_shift; scale and shift are one number or one for each channel."""
        if np.size(scale) == np.size(shift) == 1:
            return self.elementwise(x, lambda x: self._scale_shift(x, scale, shift, part))
        return self._scale_shift(x, scale, shift, part)

    def _scale_shift(self, x: Tensor, scale: Any, shift: Any, part: str) -> Tensor:
        channels = x.shape[-1:]
        inputs = [
            self.constant(key, np.broadcast_to(np.float64(value), channels))
            for key, value in [("scale", scale), ("shift", shift)]
        ]
        return self.node("scale_shift", [x, *inputs], part)

    def transpose(self, x: Tensor, axes: Axes) -> Tensor:
        """Appends a transpose, or takes what x was transposed from."""
        if axes == tuple(range(len(axes))):
            return x
        if (x, axes) not in self._transposed:
            y = self.node("transpose", [x], "transposed", {"axes": axes})
            back = tuple(axes.index(axis) for axis in range(len(axes)))
            self._transposed[(x, axes)], self._transposed[(y, back)] = y, x
            self._axes[y] = axes
        return self._transposed[(x, axes)]

    def with_last(self, x: Tensor, axis: int, step: Step) -> Tensor:
        """What `step` gives for x with `axis` moved to the end, moved back."""
        away = [other for other in range(len(x.shape)) if other != axis]
        there = (*away, axis)
        y = step(self.transpose(x, there))
        if len(y.shape) != len(there):
            return y
        return self.transpose(y, tuple(there.index(other) for other in range(len(there))))

    def is_channels_first(self, x: Tensor) -> bool:
        """Whether x is only a transposed (height, width, channels)."""
        rank = len(x.shape)
        return self._axes.get(x) == (rank - 1, *range(rank - 1))

    def elementwise(self, x: Tensor, step: Step) -> Tensor:
        """What `step` gives, which does not care in what order the values are."""
        return self.with_last(x, 0, step) if self.is_channels_first(x) else step(x)
