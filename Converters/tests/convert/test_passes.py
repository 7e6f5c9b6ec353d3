"""Each pass: it does what it says, only where exact, and the answers stay."""

import math

import numpy as np
import pytest

import reference
from fmnistrt.convert import passes
from fmnistrt.convert.graph import Graph, Node, Tensor
from fmnistrt.convert.model import Model
from fmnistrt.convert.operators import infer_shape
from fmnistrt.convert.writer import write

random = np.random.default_rng(3)


class Made:
    """A graph under construction; `x` is the last tensor."""

    def __init__(self, *shape):
        self.x = Tensor("input", shape)
        self.graph = Graph(self.x)

    def add(self, operator, *others, shape=(), **attributes):
        number = len(self.graph.nodes)
        others = [
            Tensor(f"c{number}_{i}", value.shape, value) if isinstance(value, np.ndarray) else value
            for i, value in enumerate(others)
        ]
        inputs = [self.x, *others]
        shape = infer_shape(operator, inputs, attributes, shape)
        self.x = Tensor(f"t{number}", shape)
        self.graph.nodes.append(Node(operator, inputs, self.x, attributes))
        return self.x

    def norm(self):
        channels = self.x.shape[-1]
        return self.add("scale_shift", values(channels), values(channels))

    def relu(self):
        return self.add("activation", kind=1, a=0.0, b=math.inf)

    def flat(self):
        return self.add("reshape", shape=(math.prod(self.x.shape),))


def values(*shape):
    return random.normal(0, 1, shape).astype(np.float32)


def check(made, expected, **counts):
    """Optimises; compares answers, kept tensors, and the operators that are left."""
    if len(made.x.shape) != 1:
        made.flat()
    before = reference.read(write(Model(made.graph)))
    after = reference.read(write(Model(passes.optimise(made.graph))))
    inputs = random.normal(0, 1, (3, *made.graph.input.shape))
    old = reference.run(before, inputs, everything=True)
    new = reference.run(after, inputs, everything=True)
    assert list(new)[-1] == list(old)[-1]
    for name in new.keys() & old.keys():
        scale = max(1, np.abs(old[name]).max())
        assert np.abs(new[name] - old[name]).max() < 1e-5 * scale, name
    assert after.operators() == expected
    return after


C, D, S, A, R, P = (
    reference.CONV,
    reference.DENSE,
    reference.SCALE_SHIFT,
    reference.ACTIVATION,
    reference.RESHAPE,
    reference.PAD,
)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
def test_norm_after_convolution_folds(groups, bias):
    made = Made(6, 6, 4)
    constants = [values(6, 3, 3, 4 // groups), *([values(6)] if bias else [])]
    made.add("conv2d", *constants, groups=groups, pad_top=1, pad_left=2)
    made.norm()
    check(made, [C, R])


def test_norm_after_dense_folds():
    made = Made(5)
    made.add("dense", values(4, 5), values(4))
    made.norm()
    check(made, [D])


def test_norm_before_convolution_folds_without_padding_only():
    for padding, expected in [(0, [A, C, R]), (1, [A, S, C, R])]:
        made = Made(6, 6, 4)
        made.relu()
        made.norm()
        made.add("conv2d", values(6, 3, 3, 2), groups=2, pad_bottom=padding)
        check(made, expected)


def test_scale_without_shift_folds_before_padding():
    made = Made(6, 6, 2)
    made.add("scale_shift", values(2), np.zeros(2, np.float32))
    made.add("conv2d", values(3, 3, 3, 2), values(3), pad_top=1, pad_bottom=1)
    check(made, [C, R])


def test_norm_before_dense_folds_through_reshapes():
    made = Made(3, 4, 2)
    made.relu()
    made.norm()
    made.add("reshape", shape=(6, 4))
    made.flat()
    made.add("dense", values(5, 24), values(5))
    after = check(made, [A, R, D])
    assert "t3" not in after.names()  # the flat tensor no longer holds what the layer gave


def test_norm_that_is_used_twice_stays():
    made = Made(4, 4, 2)
    made.relu()
    x = made.norm()
    made.add("conv2d", values(2, 1, 1, 2))
    made.add("binary", x, kind=1)
    check(made, [A, S, C, reference.BINARY, R])


def test_convolution_that_is_used_twice_stays():
    made = Made(4, 4, 2)
    x = made.add("conv2d", values(2, 1, 1, 2))
    made.norm()
    made.add("binary", x, kind=1)
    check(made, [C, S, reference.BINARY, R])


def test_output_before_a_norm_is_not_lost():
    made = Made(6)
    made.norm()
    made.norm()
    made.norm()
    check(made, [S])


def test_identities_are_dropped():
    made = Made(4, 4, 3)
    made.add("transpose", axes=(0, 1, 2))
    made.add("reshape", shape=(4, 4, 3))
    made.add("pad", value=3.0)
    made.add("max_pool")
    made.add("average_pool")
    made.add("scale_shift", np.ones(3, np.float32), np.zeros(3, np.float32))
    made.add("activation", kind=1, a=-math.inf, b=math.inf)
    made.add("activation", kind=8)
    made.flat()
    made.add("transpose", axes=(0,))
    graph = passes.optimise(made.graph)
    assert [node.operator for node in graph.nodes] == ["activation", "reshape"]


def test_a_model_keeps_its_only_node():
    made = Made(6)
    made.add("reshape", shape=(6,))
    check(made, [R])


def test_unused_nodes_are_dropped():
    made = Made(4, 4, 2)
    x = made.x
    made.relu()
    made.norm()
    made.x = x
    made.flat()
    graph = passes.optimise(made.graph)
    assert [node.operator for node in graph.nodes] == ["reshape"]


def test_zeros_before_a_convolution_become_padding():
    made = Made(5, 6, 2)
    made.add("pad", top=1, left=2, bottom=0, right=1, value=0.0)
    made.add("conv2d", values(3, 3, 3, 2), values(3), dilation_w=2, pad_left=1, stride_h=2)
    check(made, [C, R])


@pytest.mark.parametrize(
    ("pad", "kernel"), [({"top": 3}, 3), ({"left": 1, "value": 0.5}, 3), ({"right": 1}, 1)]
)
def test_padding_that_a_convolution_cannot_have_stays(pad, kernel):
    made = Made(5, 6, 2)
    made.add("pad", **pad)
    made.add("conv2d", values(3, kernel, kernel, 2))
    check(made, [P, C, R])


def test_zeros_before_a_mean_are_counted():
    made = Made(5, 6, 2)
    made.add("pad", top=1, left=1)
    made.add("average_pool", kernel_h=2, kernel_w=2, stride_h=2, stride_w=2)
    after = check(made, [reference.AVERAGE_POOL, R])
    assert after.nodes[0].attributes[-1] == 1


def test_zeros_stay_before_a_mean_or_maximum_of_other_meaning():
    made = Made(5, 6, 2)
    made.add("pad", top=1, left=1)
    made.add("average_pool", kernel_h=2, kernel_w=2, pad_right=1)
    check(made, [P, reference.AVERAGE_POOL, R])
    made = Made(5, 6, 2)
    made.add("pad", top=1, left=1)
    made.add("max_pool", kernel_h=2, kernel_w=2)
    check(made, [P, reference.MAX_POOL, R])
    made = Made(4, 1, 2)
    made.add("pad", right=1)  # together two cells, which a kernel of two cannot have
    made.add("average_pool", kernel_w=2, pad_right=1, count_padding=1)
    check(made, [P, reference.AVERAGE_POOL, R])


def test_overflow_is_not_folded():
    made = Made(3)
    made.add("dense", np.full((2, 3), 1e30, np.float32))
    made.add("scale_shift", np.full(2, 1e20, np.float32), np.zeros(2, np.float32))
    graph = passes.optimise(made.graph)
    assert [node.operator for node in graph.nodes] == ["dense", "scale_shift"]
