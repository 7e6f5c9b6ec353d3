"""Graphs on bytes for the tests, with numbers at random."""

import numpy as np

from fmnistrt.convert.graph import Bytes, Node, Tensor
from fmnistrt.convert.operators import infer_shape
from fmnistrt.convert.quantize.lower import quantize_node
from test_passes import Made


class MadeOfBytes(Made):
    """`x` may be bytes: then layers get whole numbers as weights."""

    def __init__(self, *shape, seed=0):
        super().__init__(*shape)
        self.random = np.random.default_rng(seed)

    def append(self, operator, inputs, meaning=None, shape=(), **attributes):
        shape = infer_shape(operator, inputs, attributes, shape)
        self.x = Tensor(f"t{len(self.graph.nodes)}", shape, bytes=meaning)
        self.graph.nodes.append(Node(operator, inputs, self.x, attributes))
        return self.x

    def quantize(self, scale=0.02, zero=100):
        node = quantize_node(self.x, Bytes(float(np.float32(scale)), zero))
        return self.append("quantize", [self.x], node.output.bytes, **node.attributes)

    def constants(self, *shape):
        """Weights, bias and multiplier; the sums come out near 1."""
        taps = int(np.prod(shape[1:]))
        return [
            Tensor(f"c{len(self.graph.nodes)}_{i}", value.shape, value)
            for i, value in enumerate(
                [
                    self.random.integers(-127, 128, shape).astype(np.int8),
                    self.random.integers(-9999, 9999, shape[0]).astype(np.int32),
                    (self.random.uniform(0.5, 2, shape[0]) / (5000 * taps**0.5)).astype(np.float32),
                ]
            )
        ]

    def conv(self, outputs, height, width, groups=1, **attributes):
        depth = self.x.shape[2] // groups
        constants = self.constants(outputs, height, width, depth)
        return self.append("conv2d", [self.x, *constants], groups=groups, **attributes)

    def dense(self, outputs):
        return self.append("dense", [self.x, *self.constants(outputs, self.x.shape[0])])

    def move(self, operator, *others, shape=(), **attributes):
        inputs = [self.x, *others]
        return self.append(operator, inputs, self.x.bytes, shape, **attributes)


def every_operator():
    """All that bytes can meet, in one graph."""
    made = MadeOfBytes(9, 8, 3)
    made.norm()
    made.quantize(0.02, 90)
    made.conv(8, 3, 3, pad_top=1, pad_left=2, pad_right=1, stride_w=2)
    made.relu()
    made.norm()
    first = made.quantize(0.015, 7)
    made.conv(8, 3, 2, groups=8, pad_top=2, pad_bottom=1, dilation_h=2, pad_left=1)
    second = made.quantize(0.03, 128)
    made.x = first
    made.move("max_pool", kernel_h=3, kernel_w=2, pad_top=1, pad_left=1, pad_bottom=1)
    third = made.append("dequantize", [made.x])
    made.x = made.append("average_pool", [first], kernel_h=3, kernel_w=2, pad_top=1, pad_right=1)
    made.quantize(0.011, 0)
    fourth = made.move("pad", top=1, bottom=0, left=0, right=0)
    made.append("average_pool", [fourth], kernel_h=2, kernel_w=1, pad_top=1, count_padding=1)
    made.quantize(0.013, 3)
    made.conv(5, 1, 1)
    made.append("softmax", [made.x], logarithm=1)
    fifth = made.quantize(0.05, 250)
    made.x = second
    rows = min(second.shape[0], first.shape[0])
    assert second.shape[2] == first.shape[2] and rows
    made.append("global_average_pool", [second])
    pooled = made.quantize(0.03, 128)
    made.x = second
    most = made.move("global_max_pool")
    made.append("binary", [pooled, most], kind=1)
    added = made.quantize(0.03, 128)
    made.x = fifth
    made.move("transpose", axes=(2, 0, 1))
    made.append("dequantize", [made.x])
    made.quantize(0.03, 128)
    made.move("reshape", shape=(int(np.prod(fifth.shape)),))
    made.move("concatenate", added, axis=0)
    made.dense(6)
    made.append("activation", [made.x], kind=2, a=0.3, b=0.0)
    made.quantize(0.01, 200)
    made.x, last = third, made.dense(4)
    made.append("global_max_pool", [third])
    made.append("dense", [made.x, *float_constants(4, third.shape[2])])
    made.append("binary", [made.x, last], kind=1)
    made.append("softmax", [made.x])
    return made.graph


def float_constants(outputs, inputs):
    values = np.random.default_rng(9).normal(0, 1, (outputs, inputs)).astype(np.float32)
    return [Tensor("float weights", values.shape, values)]
