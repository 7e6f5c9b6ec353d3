"""Builds models of bytes with random weights, one call a node, for the writer in Tests/models."""

from __future__ import annotations

import math
import zlib

import numpy as np

from fmg import Model, Node, Tensor


class ByteBuilder:
    """A model under construction. Tensors go by their name; scales keep values near 1."""

    def __init__(self, name: str, *shape: int, **fields: object):
        self.name = name
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.fields = {"output_kind": 0, "channels": 0, "scale": 1.0} | fields
        self.activations = {"x": Tensor("x", shape)}
        self.constants: list[Tensor] = []
        self.nodes: list[Node] = []
        self.last = "x"

    @property
    def model(self) -> Model:
        """The model, which ends with the last node."""
        return Model([*self.activations.values(), *self.constants], self.nodes, **self.fields)

    def shape(self, x: str) -> tuple[int, ...]:
        """Of an activation."""
        return self.activations[x].shape

    def constant(self, value: np.ndarray) -> str:
        """A constant with the type of `value`."""
        self.constants.append(Tensor(f"c{len(self.constants)}", value.shape, value))
        return self.constants[-1].name

    def floats(self, *shape: int, low: float = -1, high: float = 1) -> str:
        """A constant of random floats."""
        return self.constant(self.rng.uniform(low, high, shape).astype(np.float32))

    def node(
        self,
        operator: str,
        inputs: list[str],
        shape: tuple[int, ...],
        attributes: list | tuple = (),
        quantisation: tuple[float, int] | None = None,
    ) -> str:
        """Appends a node and returns the name of its output."""
        self.last = f"t{len(self.nodes)}"
        self.activations[self.last] = Tensor(self.last, shape, quantisation=quantisation)
        self.nodes.append(Node(operator, inputs, self.last, list(attributes)))
        return self.last

    def quantize(self, x: str, zero: int | None = None, scale: float | None = None) -> str:
        """Bytes of x, by a random scale and zero point unless given."""
        zero = int(self.rng.integers(0, 256)) if zero is None else zero
        scale = float(np.float32(self.rng.uniform(0.008, 0.03) if scale is None else scale))
        factor = float(np.float32(1) / np.float32(scale))
        return self.node("quantize", [x], self.shape(x), [factor], (scale, zero))

    def dequantize(self, x: str) -> str:
        """What the bytes mean."""
        return self.node("dequantize", [x], self.shape(x))

    def _multiply(
        self, operator: str, x: str, weights: tuple[int, ...], shape: tuple, attributes: tuple = ()
    ) -> str:
        taps = math.prod(weights[1:])
        scale = 1 / (math.sqrt(taps) * 73 * 60)
        outputs = weights[0]
        constants = (
            self.rng.integers(-127, 128, weights).astype(np.int8),
            self.rng.integers(-3000, 3001, outputs).astype(np.int32),
            self.rng.uniform(scale / 2, scale * 2, outputs).astype(np.float32),
        )
        inputs = [x, *map(self.constant, constants)]
        return self.node(operator, inputs, shape, attributes)

    def conv(
        self,
        x: str,
        outputs: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
        depthwise: bool = False,
    ) -> str:
        """A convolution; `pads` are top, left, bottom, right."""
        channels = self.shape(x)[2]
        size = self._sizes(x, kernel, stride, dilation, pads)
        weights = (outputs, *kernel, 1 if depthwise else channels)
        attributes = (*stride, *dilation, *pads, channels if depthwise else 1)
        return self._multiply("conv2d", x, weights, (*size, outputs), attributes)

    def _sizes(self, x: str, kernel: tuple, stride: tuple, dilation: tuple, pads: tuple) -> tuple:
        return tuple(
            (self.shape(x)[i] + pads[i] + pads[2 + i] - (kernel[i] - 1) * dilation[i] - 1)
            // stride[i]
            + 1
            for i in range(2)
        )

    def dense(self, x: str, outputs: int) -> str:
        """A fully connected layer; flattens x first where needed."""
        x = self.flat(x)
        return self._multiply("dense", x, (outputs, self.shape(x)[0]), (outputs,))

    def pool(
        self,
        x: str,
        operator: str = "max_pool",
        kernel: tuple[int, int] = (2, 2),
        stride: tuple[int, int] | None = None,
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
        count_padding: int = 0,
    ) -> str:
        """A pooling; the stride is the kernel unless given."""
        stride = stride or kernel
        size = self._sizes(x, kernel, stride, (1, 1), pads)
        attributes = [*kernel, *stride, *pads]
        if operator == "average_pool":
            return self.node(operator, [x], (*size, self.shape(x)[2]), [*attributes, count_padding])
        return self.moved(operator, [x], (*size, self.shape(x)[2]), attributes)

    def moved(
        self,
        operator: str,
        inputs: list[str],
        shape: tuple[int, ...],
        attributes: list | tuple = (),
    ) -> str:
        """A node whose output has the quantisation of its inputs."""
        return self.node(
            operator, inputs, shape, attributes, self.activations[inputs[0]].quantisation
        )

    def global_pool(self, x: str, operator: str) -> str:
        """global_max_pool or global_average_pool."""
        if operator == "global_max_pool":
            return self.moved(operator, [x], self.shape(x)[2:])
        return self.node(operator, [x], self.shape(x)[2:])

    def add(self, x: str, y: str) -> str:
        """x + y."""
        return self.node("binary", [x, y], self.shape(x), [1])

    def concatenate(self, axis: int, *inputs: str) -> str:
        """All inputs along an axis."""
        shape = list(self.shape(inputs[0]))
        shape[axis] = sum(self.shape(x)[axis] for x in inputs)
        return self.moved("concatenate", list(inputs), tuple(shape), [axis])

    def pad(self, x: str, top: int, left: int, bottom: int, right: int) -> str:
        """Zeros around an image."""
        height, width, channels = self.shape(x)
        shape = (height + top + bottom, width + left + right, channels)
        return self.moved("pad", [x], shape, [top, left, bottom, right, 0.0])

    def transpose(self, x: str, *axes: int) -> str:
        """Axis i of the result is axes[i] of x."""
        return self.moved("transpose", [x], tuple(self.shape(x)[a] for a in axes), axes)

    def reshape(self, x: str, *shape: int) -> str:
        """The same elements in another shape."""
        return self.moved("reshape", [x], shape)

    def flat(self, x: str) -> str:
        """x as a vector."""
        return x if len(self.shape(x)) == 1 else self.reshape(x, math.prod(self.shape(x)))

    def clip(self, x: str, low: float = 0.0, high: float = math.inf) -> str:
        """min(max(x, low), high)."""
        return self.node("activation", [x], self.shape(x), [1, low, high])

    def scale_shift(self, x: str) -> str:
        """Scales of both signs."""
        channels = self.shape(x)[-1]
        constants = [self.floats(channels), self.floats(channels)]
        return self.node("scale_shift", [x, *constants], self.shape(x))

    def finish(self) -> ByteBuilder:
        """Makes the last tensor the answer: a vector of floats."""
        if self.activations[self.last].quantisation is not None:
            self.dequantize(self.last)
        self.flat(self.last)
        return self
