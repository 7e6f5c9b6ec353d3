"""Weights of half precision."""

import numpy as np
import pytest

import reference
from fmnistrt.convert.graph import Graph, Node, Tensor
from fmnistrt.convert.halves import halve_weights
from fmnistrt.convert.model import Model
from fmnistrt.convert.writer import write
from test_passes import Made, values


def two_layers() -> Graph:
    made = Made(4, 4, 2)
    made.add("conv2d", values(3, 3, 3, 2), values(3))
    made.flat()
    made.add("dense", values(5, 12), values(5))
    return made.graph


def test_only_weights_are_rounded():
    graph = two_layers()
    exact = [node.inputs[1].value for node in graph.nodes if len(node.inputs) > 1]
    halved = halve_weights(graph)
    assert [tensor.shape for tensor in halved] == [(3, 3, 3, 2), (5, 12)]
    for tensor, before in zip(halved, exact, strict=True):
        assert tensor.value.dtype == np.float16
        assert np.abs(tensor.value - before).max() <= np.abs(before).max() * 2**-11
    assert all(
        node.inputs[2].value.dtype == np.float32 for node in (graph.nodes[0], graph.nodes[2])
    )


def test_file_is_of_version_1_1_and_smaller():
    graph = two_layers()
    single = write(Model(graph))
    halve_weights(graph)
    half = write(Model(graph))
    assert (single[10], half[10]) == (0, 1)
    assert len(half) < len(single)
    file = reference.read(half)
    assert {tensor.value.dtype.name for tensor in file.tensors if tensor.value is not None} == {
        "float16",
        "float32",
    }
    x = np.ones((1, 4, 4, 2))
    difference = np.abs(reference.run(file, x) - reference.run(reference.read(single), x))
    assert 0 < difference.max() < 0.01


@pytest.mark.parametrize("value", [65520.0, -1e9, 3e38])
def test_large_weights_stay(value):
    graph = two_layers()
    graph.nodes[2].inputs[1].value[1, 2] = value
    assert [tensor.shape for tensor in halve_weights(graph)] == [(3, 3, 3, 2)]
    assert graph.nodes[2].inputs[1].value.dtype == np.float32


def test_weights_that_are_used_twice():
    shared = Tensor("shared", (1, 2), np.ones((1, 2), np.float32))
    graph = Graph(Tensor("in", (1, 2)))
    total = Tensor("sum", (1, 2))
    flat = Tensor("flat", (2,))
    graph.nodes.append(Node("binary", [graph.input, shared], total, {"kind": 1}))
    graph.nodes.append(Node("reshape", [total], flat))
    graph.nodes.append(Node("dense", [flat, shared], Tensor("out", (1,))))
    assert halve_weights(graph) == []
    assert write(Model(graph))[10] == 0
