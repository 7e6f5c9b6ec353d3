"""Random graphs: whatever order the layouts come in, the answer is onnxruntime's."""

import random

import numpy as np
import pytest

from fmnistrt.convert.graph import ConvertError
from onnx_models import Build, check

REFUSED = (
    "broadcasts both of its inputs",
    "with at most 4 axes",
    "does not depend on its input",
    "rearranges a tensor of",
    "needs a tensor of",
)


class RandomGraph:
    """Grows a model by one random node after another; `shapes` leave out the batch."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        shape = [self.random.choice([1, 2, 3, 4, 6]) for _ in range(self.random.choice([1, 2, 3]))]
        self.build = Build("n", *shape, opset=13, seed=seed)
        self.shapes = {"x": tuple(shape)}
        steps = [self.reshape, self.transpose, self.unary, self.constant, self.binary]
        steps += [self.concat, self.reduce, self.softmax, self.pad, self.matmul, self.image]
        while len(self.build.nodes) < 8:
            x = self.random.choice(list(self.shapes)[-3:])
            self.random.choice(steps)(x, self.shapes[x])

    def add(self, shape: tuple[int, ...], operator: str, *inputs: str, **attributes) -> None:
        self.shapes[self.build.add(operator, *inputs, **attributes)] = tuple(shape)

    def some_axis(self, shape) -> int:
        return self.random.randrange(len(shape))

    def reshape(self, x, shape):
        sizes, rest = [], int(np.prod(shape))
        for _ in range(self.random.randrange(4)):
            sizes.append(self.random.choice([n for n in range(1, rest + 1) if rest % n == 0]))
            rest //= sizes[-1]
        sizes.append(rest)
        self.random.shuffle(sizes)
        self.add(sizes, "Reshape", x, self.build.integers(-1, *sizes))

    def transpose(self, x, shape):
        axes = self.random.sample(range(len(shape)), len(shape))
        perm = [0, *(axis + 1 for axis in axes)]
        self.add([shape[axis] for axis in axes], "Transpose", x, perm=perm)

    def unary(self, x, shape):
        self.add(shape, self.random.choice(["Relu", "Tanh", "Sigmoid"]), x)

    def constant(self, x, shape):
        sizes = [self.random.choice([size, 1]) for size in shape]
        operands = self.random.sample([x, self.build.weights(*sizes)], 2)
        self.add(shape, self.random.choice(["Add", "Sub", "Mul"]), *operands)

    def binary(self, x, shape):
        y = self.random.choice(list(self.shapes))
        other = self.shapes[y]
        pairs = list(zip(shape, other, strict=False))
        if len(shape) == len(other) and all(a == b or 1 in (a, b) for a, b in pairs):
            operator = self.random.choice(["Add", "Sub", "Mul", "Max"])
            self.add([max(pair) for pair in pairs], operator, x, y)

    def concat(self, x, shape):
        axis = self.some_axis(shape)
        rest = (*shape[:axis], *shape[axis + 1 :])
        fitting = [
            name
            for name, other in self.shapes.items()
            if len(other) == len(shape) and (*other[:axis], *other[axis + 1 :]) == rest
        ]
        parts = [x, *fitting[:2]]
        sizes = list(shape)
        sizes[axis] = sum(self.shapes[name][axis] for name in parts)
        self.add(sizes, "Concat", *parts, axis=axis + 1)

    def reduce(self, x, shape):
        axes = self.random.sample(range(len(shape)), self.random.randrange(1, len(shape) + 1))
        sizes = [1 if axis in axes else size for axis, size in enumerate(shape)]
        operator = self.random.choice(["ReduceMean", "ReduceMax"])
        self.add(sizes, operator, x, axes=[axis + 1 for axis in axes])

    def softmax(self, x, shape):
        self.add(shape, "Softmax", x, axis=self.some_axis(shape) + 1)

    def pad(self, x, shape):
        axis, pads, sizes = self.some_axis(shape), [0] * (2 * len(shape) + 2), list(shape)
        pads[axis + 1], pads[axis + 2 + len(shape)] = 1, 2
        sizes[axis] += 3
        self.add(sizes, "Pad", x, self.build.integers(*pads), self.build.constant(0.5))

    def matmul(self, x, shape):
        self.add((*shape[:-1], 5), "MatMul", x, self.build.weights(shape[-1], 5))

    def image(self, x, shape):
        if len(shape) != 3:
            return
        weights = self.build.weights(4, shape[0], 2, 1)
        self.add((4, *shape[1:]), "Conv", x, weights, pads=[1, 0, 0, 0])
        y, shape = list(self.shapes.items())[-1]
        pads = {"kernel_shape": [1, 2], "pads": [0, 0, 0, 1]}
        self.add(shape, self.random.choice(["MaxPool", "AveragePool"]), y, **pads)


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs(seed):
    converted = 0
    for number in range(25):
        graph = RandomGraph(1000 * seed + number)
        try:
            check(graph.build.content(), tolerance=1e-3)
            converted += 1
        except ConvertError as error:
            assert any(words in str(error) for words in REFUSED), error
    assert converted > 20
