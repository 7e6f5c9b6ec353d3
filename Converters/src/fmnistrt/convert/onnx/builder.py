"""Adds nodes to the graph, and brings values into the arrangement that an operator needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..graph import ConvertError, Graph, Node, Shape, Tensor
from ..operators import ACTIVATIONS, BINARY, MAX_RANK, infer_shape
from .layout import Groups, Value, merge_runs
from .names import Names

IMAGE: Groups = ((2,), (3,), (1,))
"""(batch, channel, height, width) as (height, width, channel)."""


class Builder:
    """The graph under construction.

    `scope` is the ONNX value that is being computed; helper tensors are named after it.
    """

    def __init__(self, input_name: str, shape: Shape) -> None:
        self.names = Names()
        self.graph = Graph(Tensor(self.names.unique(input_name), shape))
        self.scope = input_name
        self._arranged: dict[tuple[Tensor, Shape, tuple[int, ...], Shape], Tensor] = {}

    def constant(self, array: np.ndarray, part: str, steps: np.ndarray | None = None) -> Tensor:
        """A constant, perhaps of whole multiples; NaN and infinite numbers are refused."""
        with np.errstate(over="ignore"):
            value = np.ascontiguousarray(array, dtype=np.float32)
        if not value.size or not np.isfinite(value).all():
            raise ConvertError(
                f"has no numbers, NaN or infinite numbers as its {part}; "
                "train the model again or export an earlier checkpoint"
            )
        return Tensor(self.names.part(self.scope, part), value.shape, value, steps=steps)

    def add(
        self,
        operator: str,
        inputs: Sequence[Tensor],
        part: str = "",
        shape: Shape = (),
        **attributes: int | float | Sequence[int],
    ) -> Tensor:
        """Adds a node and returns its output; `shape` is that of a reshape."""
        name = self.names.part(self.scope, part) if part else self.names.unique(self.scope)
        output = Tensor(name, infer_shape(operator, inputs, attributes, shape))
        self.graph.nodes.append(Node(operator, list(inputs), output, attributes))
        return output

    def activation(
        self, kind: str, x: Tensor, a: float = 0.0, b: float = 0.0, part: str = ""
    ) -> Tensor:
        """An activation by its name."""
        return self.add("activation", [x], part, kind=ACTIVATIONS[kind], a=a, b=b)

    def binary(self, kind: str, x: Tensor, y: Tensor, part: str = "") -> Tensor:
        """A binary operator by its name."""
        return self.add("binary", [x, y], part, kind=BINARY[kind])

    def reshape(self, x: Tensor, shape: Shape) -> Tensor:
        """The tensor under another shape; itself if it has that shape."""
        return self._once(x, shape, (), shape, self._reshape)

    def flat(self, value: Value) -> Value:
        """The value in a tensor of one axis, its elements in the order they have."""
        return value.held_in(self.reshape(value.tensor, (math.prod(value.shape),)))

    def arrange(self, value: Value, groups: Groups) -> Tensor:
        """The value as a tensor whose axes run through the given groups of ONNX axes."""
        target = tuple(math.prod(value.shape[axis] for axis in group) for group in groups) or (1,)
        if len(target) > MAX_RANK:
            raise ConvertError(f"needs a tensor of {len(target)} axes; at most 4 are possible")
        pieces = value.split()
        if pieces is None:
            return self.arrange(self.in_onnx_order(value), groups)
        sizes, axes = pieces
        wanted = [piece for group in groups for axis in group for piece in axes[axis]]
        sizes, order = merge_runs(sizes, wanted)
        if len(order) <= 1:
            return self.reshape(value.tensor, target)
        return self._once(value.tensor, tuple(sizes), tuple(order), target, self._transpose)

    def image(self, value: Value) -> Tensor:
        """The value as (height, width, channel); a row (batch, channel, width) has the height 1."""
        if len(value.shape) == 3 and value.shape[0] == 1:
            value = value.reshaped((*value.shape[:2], 1, value.shape[2]))
        if len(value.shape) != 4 or value.shape[0] != 1:
            raise ConvertError(
                f"needs images (batch, channel, height, width), but gets "
                f"{value.shape}; images and rows work, one at a time"
            )
        return self.arrange(value, IMAGE)

    def transpose(self, value: Value, axes: Sequence[int]) -> Value:
        """The value with its ONNX axes permuted."""
        return value.transposed(axes) or self.transpose(self.in_onnx_order(value), axes)

    def along(self, value: Value, axis: int, matrix: np.ndarray, part: str = "") -> Value:
        """The matrix (out, in) times the value's elements along one ONNX axis."""
        shape = (*value.shape[:axis], len(matrix), *value.shape[axis + 1 :])
        others = [other for other in value.axis_order(axis) if other != axis]
        if math.prod(value.shape[other] for other in others) == 1:
            weights = self.constant(matrix, "matrix")
            return Value.plain(self.add("dense", [self.flat(value).tensor, weights], part), shape)
        groups = [others[:1], others[1:], [axis]]
        kernel = self.constant(matrix[:, None, None, :], "matrix")
        y = self.add("conv2d", [self.arrange(value, groups), kernel], part)
        return Value.arranged(y, shape, groups)

    def in_onnx_order(self, value: Value) -> Value:
        """The value as a vector in the order of ONNX."""
        sizes, order = value.digits, value.order
        total = (math.prod(value.shape),)
        if len(order) <= 1:
            tensor = self.reshape(value.tensor, total)
        else:
            tensor = self._once(value.tensor, sizes, order, total, self._transpose)
        return Value.plain(tensor, value.shape)

    def finish(self, value: Value) -> Graph:
        """The graph that computes `value` as a vector, without the nodes it does not need."""
        output = self.in_onnx_order(value).tensor
        needed, kept = {output}, []
        for node in reversed(self.graph.nodes):
            if node.output in needed:
                needed.update(node.inputs)
                kept.append(node)
        self.graph.nodes = kept[::-1]
        if self.graph.input not in needed or not kept:
            raise ConvertError(
                "the model's output does not depend on its input through any "
                "operator; export the trained model itself"
            )
        return self.graph

    def _once(
        self,
        x: Tensor,
        sizes: Shape,
        order: tuple[int, ...],
        target: Shape,
        make: Callable[[Tensor, Shape, tuple[int, ...], Shape], Tensor],
    ) -> Tensor:
        """Branches that need the same arrangement share it."""
        if not order and x.shape == target:
            return x
        key = (x, sizes, order, target)
        if key not in self._arranged:
            self._arranged[key] = make(x, sizes, order, target)
        return self._arranged[key]

    def _reshape(self, x: Tensor, _: Shape, __: tuple[int, ...], target: Shape) -> Tensor:
        return self.add("reshape", [x], "shape", target)

    def _transpose(self, x: Tensor, sizes: Shape, order: tuple[int, ...], to: Shape) -> Tensor:
        """Transposes x, taken as `sizes`; its own axes serve where they are fine enough."""
        axes = _axes_of(x.shape, sizes, order)
        if axes is None:
            if len(sizes) > MAX_RANK:
                return self.reshape(self._moved(x, list(sizes), list(order)), to)
            x, axes = self.reshape(x, sizes), order
        return self.reshape(self.add("transpose", [x], "transpose", axes=tuple(axes)), to)

    def _moved(self, x: Tensor, sizes: list[int], order: list[int]) -> Tensor:
        """A transpose of many axes: one axis after the other goes to its place."""
        held = list(range(len(sizes)))
        for place, wanted in enumerate(order):
            at = held.index(wanted)
            if at == place:
                continue
            before, passed, after = (
                math.prod(sizes[axis] for axis in run)
                for run in (held[:place], held[place:at], held[at + 1 :])
            )
            x = self.reshape(x, (before, passed, sizes[wanted], after))
            x = self.add("transpose", [x], "transpose", axes=(0, 2, 1, 3))
            held.insert(place, held.pop(at))
        return x


def _axes_of(shape: Shape, sizes: Shape, order: Sequence[int]) -> list[int] | None:
    """The permutation of a tensor's own axes that permutes `sizes` by `order`, if there is one."""
    runs: list[list[int]] = []
    axis = 0
    for size in sizes:
        run, product = [], 1
        while axis < len(shape) and (product < size or shape[axis] == 1):
            run.append(axis)
            product *= shape[axis]
            axis += 1
        if product != size:
            return None
        runs.append(run)
    return [axis for piece in order for axis in runs[piece]]
