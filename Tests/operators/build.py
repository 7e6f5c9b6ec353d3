"""Builds small graphs with random weights, one call a node."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np

from fmnistrt.convert.graph import Graph, Node, Shape, Tensor
from fmnistrt.convert.operators import ACTIVATIONS, BINARY, infer_shape


class Builder:
    """A graph under construction. Weights keep values near 1, whatever the depth of the sums."""

    def __init__(self, name: str, *shape: int):
        self.name = name
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.graph = Graph(Tensor("input", shape))

    @property
    def input(self) -> Tensor:
        """The model's input."""
        return self.graph.input

    def constant(self, *shape: int, scale: float = 1, low: float | None = None) -> Tensor:
        """Normal values, or with `low` values from there to 1 above."""
        if low is None:
            value = self.rng.normal(0, scale, shape)
        else:
            value = self.rng.uniform(low, low + 1, shape)
        count = sum(t.value is not None for n in self.graph.nodes for t in n.inputs)
        return Tensor(f"constant{count}.{self.rng.integers(1 << 60)}", shape, np.float32(value))

    def node(
        self, operator: str, *inputs: Tensor, reshaped: Shape = (), **attributes: Any
    ) -> Tensor:
        """Appends a node and returns what it computes."""
        shape = infer_shape(operator, inputs, attributes, reshaped)
        output = Tensor(f"{operator}{len(self.graph.nodes)}", shape)
        self.graph.nodes.append(Node(operator, list(inputs), output, attributes))
        return output

    def conv(
        self,
        x: Tensor,
        outputs: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
        groups: int = 1,
        bias: bool = True,
    ) -> Tensor:
        """A convolution; `pads` are top, left, bottom, right."""
        inputs = x.shape[2] // groups
        deviation = 1 / math.sqrt(inputs * kernel[0] * kernel[1])
        constants = [self.constant(outputs, *kernel, inputs, scale=deviation)]
        if bias:
            constants.append(self.constant(outputs))
        return self.node(
            "conv2d",
            x,
            *constants,
            stride_h=stride[0],
            stride_w=stride[1],
            dilation_h=dilation[0],
            dilation_w=dilation[1],
            pad_top=pads[0],
            pad_left=pads[1],
            pad_bottom=pads[2],
            pad_right=pads[3],
            groups=groups,
        )

    def dense(self, x: Tensor, outputs: int, bias: bool = True) -> Tensor:
        """A fully connected layer; flattens x first where needed."""
        x = self.flat(x)
        constants = [self.constant(outputs, x.shape[0], scale=1 / math.sqrt(x.shape[0]))]
        if bias:
            constants.append(self.constant(outputs))
        return self.node("dense", x, *constants)

    def pool(
        self,
        x: Tensor,
        operator: str = "max_pool",
        kernel: tuple[int, int] = (2, 2),
        stride: tuple[int, int] | None = None,
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
        **attributes: int,
    ) -> Tensor:
        """A pooling; the stride is the kernel unless given."""
        stride = stride or kernel
        return self.node(
            operator,
            x,
            kernel_h=kernel[0],
            kernel_w=kernel[1],
            stride_h=stride[0],
            stride_w=stride[1],
            pad_top=pads[0],
            pad_left=pads[1],
            pad_bottom=pads[2],
            pad_right=pads[3],
            **attributes,
        )

    def scale_shift(self, x: Tensor) -> Tensor:
        """A frozen batch normalisation, with scales of both signs."""
        channels = x.shape[-1]
        return self.node("scale_shift", x, self.constant(channels), self.constant(channels))

    def activation(self, x: Tensor, kind: str = "clip", a: float = 0.0, b: float = 0.0) -> Tensor:
        """An activation by the converter's name for it."""
        return self.node("activation", x, kind=ACTIVATIONS[kind], a=a, b=b)

    def relu(self, x: Tensor) -> Tensor:
        """max(x, 0)."""
        return self.activation(x, "clip", 0.0, math.inf)

    def binary(self, kind: str, x: Tensor, y: Tensor) -> Tensor:
        """x and y combined; give a divisor away from 0."""
        return self.node("binary", x, y, kind=BINARY[kind])

    def reshape(self, x: Tensor, *shape: int) -> Tensor:
        """The same elements in another shape."""
        return self.node("reshape", x, reshaped=shape)

    def flat(self, x: Tensor) -> Tensor:
        """x as a vector."""
        return x if len(x.shape) == 1 else self.reshape(x, math.prod(x.shape))
