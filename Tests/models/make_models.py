"""Makes the small models in this folder: python Tests/models/make_models.py.

Weights are random but fixed; the golden outputs come from oracle.py and byte_oracle.py.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

import byte_oracle
from byte_build import ByteBuilder
from fmg import Model, Node, Tensor, write
from oracle import evaluate, node_value, prepared

LABELS = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]


class Builder:
    """Adds nodes one after the other; shapes come from evaluating a sample."""

    def __init__(self, name: str, shape: tuple[int, ...], seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.name = name
        self.activations = [Tensor("input", shape)]
        self.constants: list[Tensor] = []
        self.nodes: list[Node] = []
        self.values = {"input": self.random.standard_normal(shape)}

    def constant(self, name: str, *shape: int, scale: float = 1.0, shift: float = 0.0) -> str:
        """Random weights of a shape."""
        value = self.random.standard_normal(shape) * scale + shift
        value = value.astype(np.float32)
        self.constants.append(Tensor(name, shape, value))
        self.values[name] = value.astype(np.float64)
        return name

    def bytes(self, name: str, value: np.ndarray) -> None:
        """A constant of bytes."""
        self.constants.append(Tensor(name, value.shape, value))
        self.values[name] = value.astype(np.float64)

    def add(self, name, operator, inputs, attributes=(), shape=None) -> str:
        """A node and its output; `shape` is for reshape only."""
        node = Node(operator, list(inputs), name, list(attributes))
        values = [self.values[i] for i in inputs]
        self.values[name] = node_value(operator, values, node.attributes, shape)
        self.activations.append(Tensor(name, self.values[name].shape))
        self.nodes.append(node)
        return name

    def model(self, golden: int = 0, **fields) -> Model:
        """The model, with golden vectors that the oracle answered."""
        # The order in which nodes use them is the natural one for constants.
        model = Model(self.activations + self.constants, self.nodes, **fields)
        model.metadata = {"converter": "make_models.py", "name": self.name} | model.metadata
        if golden:
            shape = (golden, *self.activations[0].shape)
            inputs = self.random.integers(0, 256, shape, dtype=np.uint8)
            inputs[0] = 0
            outputs = [
                evaluate(model, prepared(model, pixels))[self.nodes[-1].output] for pixels in inputs
            ]
            model.golden = (inputs, np.array(outputs, dtype=np.float32), 1e-5)
        return model


def tiny() -> Model:
    """The usual classifier, small: 28x28 gray, ten classes."""
    b = Builder("tiny", (28, 28, 1), seed=1)
    weights, bias = b.constant("conv.weights", 4, 3, 3, 1), b.constant("conv.bias", 4)
    b.add("conv", "conv2d", ["input", weights, bias], [2, 2, 1, 1, 1, 1, 1, 1, 1])
    b.add("relu", "activation", ["conv"], [1, 0.0, math.inf])
    b.add("pool", "max_pool", ["relu"], [2, 2, 2, 2, 0, 0, 0, 0])
    b.add("flatten", "reshape", ["pool"], shape=(196,))
    weights, bias = b.constant("dense.weights", 10, 196, scale=0.1), b.constant("dense.bias", 10)
    b.add("dense", "dense", ["flatten", weights, bias])
    b.add("softmax", "softmax", ["dense"], [0])
    return b.model(golden=3, labels=LABELS, metadata={"framework": "none"})


def operators() -> Model:
    """Every operator, activation and binary kind; RGB, inverted, three classes."""
    b = Builder("operators", (8, 8, 3), seed=2)
    x = b.add("pad", "pad", ["input"], [1, 2, 1, 0, 0.5])
    w, bias = b.constant("grouped.weights", 6, 3, 2, 1), b.constant("grouped.bias", 6)
    x = b.add("grouped", "conv2d", [x, w, bias], [1, 1, 1, 2, 1, 1, 1, 1, 3])
    x = b.add("relu6", "activation", [x], [1, 0.0, 6.0])
    scale, shift = b.constant("norm.scale", 6), b.constant("norm.shift", 6)
    x = b.add("norm", "scale_shift", [x, scale, shift])
    x = b.add("leaky", "activation", [x], [2, 0.1, 0.0])
    w = b.constant("depthwise.weights", 6, 3, 3, 1, scale=0.5)
    x = b.add("depthwise", "conv2d", [x, w], [1, 1, 1, 1, 1, 1, 1, 1, 6])
    x = b.add("elu", "activation", [x], [3, 1.0, 0.0])
    x = b.add("max", "max_pool", [x], [3, 3, 2, 2, 1, 1, 1, 1])
    w, bias = b.constant("full.weights", 20, 3, 3, 6, scale=0.3), b.constant("full.bias", 20)
    x = b.add("full", "conv2d", [x, w, bias], [1, 1, 1, 1, 1, 1, 1, 1, 1])
    x = b.add("selu", "activation", [x], [4, 1.67326324, 1.05070098])
    mean = b.add("mean", "average_pool", [x], [2, 2, 1, 1, 1, 0, 0, 1, 0])
    padded_mean = b.add("padded_mean", "average_pool", [x], [2, 2, 1, 1, 1, 0, 0, 1, 1])
    x = b.add("sum", "binary", [mean, padded_mean], [1])
    x = b.add("times", "binary", [x, b.constant("times.y", 1, 1, 20)], [2])
    x = b.add("minus", "binary", [x, b.constant("minus.y", 20)], [3])
    x = b.add("over", "binary", [x, b.constant("over.y", 1, scale=0.0, shift=2.5)], [4])
    x = b.add("hard_swish", "activation", [x], [7, 1 / 6, 0.5])
    top = b.add("global_max", "global_max_pool", [x])
    middle = b.add("global_mean", "global_average_pool", [x])
    high = b.add("maximum", "binary", [top, middle], [5])
    low = b.add("minimum", "binary", [top, b.constant("minimum.y", 20)], [6])
    x = b.add("joined", "concatenate", [high, low, middle], [0])
    parts = []
    w, bias = b.constant("features.weights", 12, 60, scale=0.1), b.constant("features.bias", 12)
    x = b.add("features", "dense", [x, w, bias])
    for name, kind, low, high in (
        ("sigmoid", 5, 0.0, 0.0),
        ("hard_sigmoid", 6, 0.2, 0.5),
        ("tanh", 8, 0.0, 0.0),
        ("softplus", 9, 0.0, 0.0),
        ("softsign", 10, 0.0, 0.0),
        ("silu", 11, 0.0, 0.0),
        ("gelu", 12, 0.0, 0.0),
        ("gelu_tanh", 13, 0.0, 0.0),
        ("exp", 14, 0.0, 0.0),
        ("mish", 15, 0.0, 0.0),
    ):
        parts.append(b.add(name, "activation", [x], [kind, low, high]))
    x = b.add("all", "concatenate", parts, [0])
    x = b.add("cube", "reshape", [x], shape=(2, 10, 6))
    x = b.add("turned", "transpose", [x], [2, 0, 1])
    x = b.add("vector", "reshape", [x], shape=(120,))
    w = b.constant("head.weights", 3, 120, scale=0.1)
    x = b.add("head", "dense", [x, w])
    b.add("log_softmax", "softmax", [x], [1])
    return b.model(
        golden=4,
        output_kind=0,
        channels=3,
        invert=1,
        scale=127.5,
        mean=(1.0, 0.9, 0.8),
        deviation=(0.5, 0.6, 0.7),
        labels=["one", "zwei", "troiś"],
    )


def vector() -> Model:
    """No pixels, labels or golden vectors: five numbers in, two out."""
    b = Builder("vector", (5,), seed=3)
    b.add("dense", "dense", ["input", b.constant("weights", 2, 5)])
    return b.model(output_kind=2, channels=0, scale=1.0)


def no_weights() -> Model:
    """The least: no constants, so no section WGTS."""
    b = Builder("no_weights", (2, 2, 1), seed=4)
    b.add("flatten", "reshape", ["input"], shape=(4,))
    return b.model(golden=1, output_kind=0, labels=["a", "b", "c", "d"])


def neighbours() -> Model:
    """Version 1.1: more rows than one call of a kernel compares, some of them equal."""
    b = Builder("neighbours", (7, 11, 1), seed=5)
    rows = b.random.integers(0, 256, (131, 77), dtype=np.uint8)
    rows[100:110] = rows[3]
    b.bytes("rows", rows)
    b.bytes("labels", b.random.integers(0, 3, 131, dtype=np.uint8))
    b.add("votes", "nearest_neighbours", ["input", "rows", "labels"], [1, 5, 3])
    return b.model(golden=6, scale=1.0, labels=["one", "two", "three"])


def vectors() -> Model:
    """Version 1.2: four classes, some with few vectors, of which one alone is no whole register."""
    b = Builder("vectors", (5, 5, 1), seed=6)
    b.add("flatten", "reshape", ["input"], shape=(25,))
    counts = (17, 1, 40, 9)
    constants = [
        b.constant("vectors", sum(counts), 25, scale=0.3, shift=0.5),
        b.constant("coefficients", 3, sum(counts)),
        b.constant("intercepts", 6),
    ]
    attributes = [2, 3, 0.25, 0.0, 0, *counts]
    b.add("scores", "support_vectors", ["flatten", *constants], attributes)
    return b.model(golden=6, output_kind=0, labels=["one", "two", "three", "four"])


def bytes_() -> Model:
    """Version 1.2: every operator that reads or writes bytes; RGB, in all kinds of padding."""
    b = ByteBuilder(
        "bytes",
        *(9, 8, 3),
        channels=3,
        invert=1,
        scale=127.5,
        mean=(1.0, 0.9, 0.8),
        deviation=(0.5, 0.6, 0.7),
        labels=["one", "two", "three"],
        metadata={"converter": "make_models.py", "name": "bytes"},
    )
    x = b.quantize(b.scale_shift("x"), 90)
    y = b.quantize(b.clip(b.conv(x, 20, (3, 3), (2, 1), pads=(1, 1, 1, 1))), 0)
    y = b.quantize(b.conv(y, 20, (3, 3), (1, 1), (2, 1), (2, 1, 2, 1), depthwise=True), 140, 0.02)
    z = b.quantize(b.scale_shift(b.conv(x, 20, (1, 1), (2, 1))), 30, 0.02)
    x = b.quantize(b.clip(b.add(y, z), -1.0, 1.0), 128)
    y = b.pool(x, "max_pool", (3, 3), (1, 2), (1, 1, 1, 1))
    z = b.pool(b.pad(x, 1, 0, 1, 1), "max_pool", (3, 2), (1, 2))
    x = b.concatenate(2, y, z)
    x = b.quantize(b.pool(x, "average_pool", (2, 2), (1, 1), (1, 0, 0, 1)), 100)
    y = b.global_pool(x, "global_average_pool")
    z = b.dequantize(b.global_pool(x, "global_max_pool"))
    w = b.dense(b.transpose(x, 2, 0, 1), 20)
    x = b.node("concatenate", [y, z, w], (100,), [0])
    b.dense(b.quantize(x, 127), 3)
    model = b.model
    inputs = b.rng.integers(0, 256, (4, 9, 8, 3), dtype=np.uint8)
    outputs = [
        byte_oracle.evaluate(model, byte_oracle.pixels_prepared(model, pixels))[b.last]
        for pixels in inputs
    ]
    model.golden = (inputs, np.array(outputs), 1e-6)
    return model


MODELS = {
    "tiny": tiny,
    "operators": operators,
    "vector": vector,
    "no_weights": no_weights,
    "neighbours": neighbours,
    "vectors": vectors,
    "bytes": bytes_,
}


def main() -> None:
    """Writes every model beside this file."""
    for name, make in MODELS.items():
        content = write(make())
        Path(__file__).with_name(f"{name}.fmg").write_bytes(content)
        print(f"{name}.fmg: {len(content)} bytes")


if __name__ == "__main__":
    main()
