"""Writes a benchmark model as ONNX, channels first, which the peers that read ONNX prefer.

Only the layers that these models have. A converter for all of Keras would stand between the
runtimes and their model with choices of its own; here every layer becomes one operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from keras import layers
from onnx import TensorProto, helper, numpy_helper

from .settings import ONNX_BATCH

OPSET = 17
ACTIVATIONS = {"relu": "Relu", "softmax": "Softmax"}


def write_onnx(model: keras.Model, path: Path) -> None:
    """Writes the model for any batch; the input is called "in0", the output "out0"."""
    writer = _Writer()
    (height, width, channels), classes = model.input_shape[1:], model.output_shape[1]
    previous = ""
    for layer in model.layers:
        if isinstance(layer, layers.InputLayer):
            writer.values[layer.output.name] = previous = "in0"
        elif isinstance(model, keras.Sequential):
            # Its layers' tensors belong to graphs that it has built and dropped.
            previous = writer.layer(layer, [previous or "in0"])
        else:
            tensors = layer.input if isinstance(layer.input, list) else [layer.input]
            previous = writer.layer(layer, [writer.values[tensor.name] for tensor in tensors])
            writer.values[layer.output.name] = previous
    writer.add("Identity", [previous], "out0")
    graph = helper.make_graph(
        writer.nodes,
        "benchmark",
        [
            helper.make_tensor_value_info(
                "in0", TensorProto.FLOAT, (ONNX_BATCH, channels, height, width)
            )
        ],
        [helper.make_tensor_value_info("out0", TensorProto.FLOAT, (ONNX_BATCH, classes))],
        writer.constants,
    )
    opset = helper.make_opsetid("", OPSET)
    result = helper.make_model(graph, opset_imports=[opset], ir_version=9)
    onnx.checker.check_model(result, full_check=True)
    onnx.save(result, path)


class _Writer:
    """The graph under construction. `values` has the ONNX name of each Keras tensor."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.values: dict[str, str] = {}
        # Of values flattened channels first: the place of each element in Keras's order.
        self.orders: dict[str, np.ndarray] = {}

    def add(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def constant(self, array: np.ndarray, name: str) -> str:
        values = np.ascontiguousarray(array, np.float32)
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def layer(self, layer: keras.Layer, inputs: list[str]) -> str:
        """Adds what the layer computes, and returns its name."""
        result = self._operator(layer, inputs)
        kind = getattr(layer, "activation", None)
        name = "linear" if kind is None else kind.__name__
        if name != "linear":
            result = self.add(ACTIVATIONS[name], [result], f"{layer.name}_{name}")
        return result

    def _operator(self, layer: keras.Layer, inputs: list[str]) -> str:
        name = layer.name
        match layer:
            case layers.Dropout() | layers.Activation():
                return inputs[0]
            case layers.Conv2D():
                return self._convolution(layer, inputs[0])
            case layers.BatchNormalization():
                return self._normalisation(layer, inputs[0])
            case layers.MaxPooling2D():
                return self.add("MaxPool", inputs, name, **_window(layer, layer.pool_size))
            case layers.AveragePooling2D():
                # Padding does not count, as in Keras; the attribute's default.
                return self.add("AveragePool", inputs, name, **_window(layer, layer.pool_size))
            case layers.GlobalAveragePooling2D():
                pooled = self.add("GlobalAveragePool", inputs, f"{name}_pool")
                return self.add("Flatten", [pooled], name, axis=1)
            case layers.Flatten():
                shape = layer.input.shape[1:]
                order = np.arange(np.prod(shape)).reshape(shape).transpose(2, 0, 1)
                self.orders[name] = order.reshape(-1)
                return self.add("Flatten", inputs, name, axis=1)
            case layers.Dense():
                return self._dense(layer, inputs[0])
            case layers.ReLU():
                return self.add("Relu", inputs, name)
            case layers.LeakyReLU():
                return self.add("LeakyRelu", inputs, name, alpha=float(layer.negative_slope))
            case layers.Add():
                return self.add("Add", inputs, name)
            case layers.Concatenate():
                return self.add("Concat", inputs, name, axis=1)
        raise TypeError(f"{name}: no ONNX for a layer of type {type(layer).__name__}")

    def _convolution(self, layer: layers.Conv2D, x: str) -> str:
        kernel, *bias = layer.get_weights()
        inputs = [x, self.constant(kernel.transpose(3, 2, 0, 1), f"{layer.name}_kernel")]
        inputs += [self.constant(array, f"{layer.name}_bias") for array in bias]
        return self.add("Conv", inputs, layer.name, **_window(layer, layer.kernel_size))

    def _normalisation(self, layer: layers.BatchNormalization, x: str) -> str:
        weights = {weight.name: weight.numpy() for weight in layer.weights}
        ones = np.ones_like(weights["moving_mean"])
        parts = {
            "gamma": weights.get("gamma", ones),
            "beta": weights.get("beta", ones * 0),
            "mean": weights["moving_mean"],
            "variance": weights["moving_variance"],
        }
        names = [self.constant(array, f"{layer.name}_{part}") for part, array in parts.items()]
        return self.add("BatchNormalization", [x, *names], layer.name, epsilon=layer.epsilon)

    def _dense(self, layer: layers.Dense, x: str) -> str:
        kernel, bias = layer.get_weights()
        if x in self.orders:
            kernel = kernel[self.orders[x]]
        names = [
            self.constant(kernel.T, f"{layer.name}_kernel"),
            self.constant(bias, f"{layer.name}_bias"),
        ]
        return self.add("Gemm", [x, *names], layer.name, transB=1)


def _window(layer: Any, size: tuple[int, int]) -> dict[str, Any]:
    """Size, stride and padding; Keras pads `same` after the image where it cannot on both sides."""
    before, after = [], []
    for extent, kernel, stride in zip(layer.input.shape[1:3], size, layer.strides, strict=True):
        total = 0
        if layer.padding == "same":
            total = max((-(-extent // stride) - 1) * stride + kernel - extent, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return {"kernel_shape": size, "strides": layer.strides, "pads": before + after}
