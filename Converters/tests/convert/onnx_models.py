"""Small ONNX models for the tests, and the comparison with onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from fmnistrt.convert.onnx import looks_like_onnx, read_onnx
from fmnistrt.convert.result import FrontEndResult
from ir_reference import evaluate

# An intermediate version that every onnxruntime of the last years reads.
IR_VERSION = 8


class Build:
    """Collects nodes; each method returns the name of the value it adds."""

    def __init__(self, *shape: int | str, opset: int = 17, seed: int = 0) -> None:
        self.shape = shape
        self.opset = opset
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: object, dtype: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def weights(self, *shape: int) -> str:
        return self.constant(self.random.normal(size=shape) / np.sqrt(np.prod(shape[1:]) + 1))

    def integers(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        name = f"v{len(self.nodes)}"
        domain = attributes.pop("domain", "")
        self.nodes.append(
            helper.make_node(
                operator, inputs, [name], name=f"n_{name}", domain=domain, **attributes
            )
        )
        return name

    def model(self, output: str = "", **changes: object) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "model",
            [
                helper.make_tensor_value_info(
                    "x", changes.get("type", TensorProto.FLOAT), self.shape
                )
            ],
            [helper.make_tensor_value_info(output or self.nodes[-1].output[0], 1, None)],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = IR_VERSION if self.opset < 20 else 10
        inferred = shape_inference.infer_shapes(model, data_prop=True)
        model.graph.output[0].CopyFrom(inferred.graph.output[0])
        return model

    def content(self, output: str = "") -> bytes:
        return self.model(output).SerializeToString()


def check(content: bytes, count: int = 2, tolerance: float = 2e-5) -> FrontEndResult:
    """Translates, evaluates by the specification, and compares with onnxruntime."""
    assert looks_like_onnx(content)
    result = read_onnx(content, "model.onnx")
    graph = result.graph
    images = np.random.default_rng(1).normal(size=(count, *graph.input.shape)).astype(np.float32)
    expected = result.evaluate(images)
    assert expected.dtype == np.float32
    assert expected.shape == (count, *graph.output.shape)
    for image, wanted in zip(images, expected, strict=True):
        np.testing.assert_allclose(evaluate(graph, image), wanted, rtol=tolerance, atol=tolerance)
    return result


def operators(result: FrontEndResult) -> list[str]:
    return [node.operator for node in result.graph.nodes]
