"""The oracle itself against onnxruntime, where that has the same operator."""

from __future__ import annotations

import itertools

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import cases_convolution
import cases_pooling
import oracle
from build import Builder
from fmnistrt.convert.graph import Node

CASES = {
    b.name: b
    for b in itertools.chain(cases_convolution.cases(), cases_pooling.cases())
    if b.graph.nodes[0].operator in ("conv2d", "max_pool", "average_pool")
}


def _onnx_node(node: Node) -> onnx.NodeProto:
    a = node.attributes
    common = {
        "strides": [a["stride_h"], a["stride_w"]],
        "pads": [a[f"pad_{side}"] for side in ("top", "left", "bottom", "right")],
    }
    if node.operator == "conv2d":
        common["dilations"] = [a["dilation_h"], a["dilation_w"]]
        return helper.make_node(
            "Conv", ["x", "w", "b"][: len(node.inputs)], ["y"], group=a["groups"], **common
        )
    common["kernel_shape"] = [a["kernel_h"], a["kernel_w"]]
    if node.operator == "max_pool":
        return helper.make_node("MaxPool", ["x"], ["y"], **common)
    count = a.get("count_padding", 0)
    return helper.make_node("AveragePool", ["x"], ["y"], count_include_pad=count, **common)


def _by_onnxruntime(node: Node, image: np.ndarray) -> np.ndarray:
    constants = []
    if node.operator == "conv2d":
        constants.append(numpy_helper.from_array(node.inputs[1].value.transpose(0, 3, 1, 2), "w"))
        constants += [numpy_helper.from_array(t.value, "b") for t in node.inputs[2:]]
    graph = helper.make_graph(
        [_onnx_node(node)],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(None, {"x": image.transpose(2, 0, 1)[None]})[0][0].transpose(1, 2, 0)


@pytest.mark.parametrize("name", list(CASES)[::4])
def test_oracle(name: str) -> None:
    """Every fourth of the convolutions and poolings."""
    b: Builder = CASES[name]
    node = b.graph.nodes[0]
    image = b.rng.normal(size=b.graph.input.shape).astype(np.float32)
    expected = oracle.evaluate(b.graph, image)[node.output]
    np.testing.assert_allclose(_by_onnxruntime(node, image), expected, rtol=0, atol=1e-4)
