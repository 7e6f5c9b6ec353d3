"""Writes layers as an ONNX model, as PyTorch's own export does, shapes checked on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from ..graph import ConvertError, Shape
from .kinds import Layer
from .tensors import describe_shape

OPSET = 20
IR_VERSION = 9


class Network:
    """The model under construction.

    `shape` is that of the activation at hand without the batch: (channels, height, width), or
    (size,). `layer` is the one being written.
    """

    def __init__(self, image: Shape) -> None:
        height, width, channels = image
        self.shape: Shape = (channels, height, width)
        self.layer = Layer("", {}, "")
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._names: set[str] = set()
        self._input = onnx.helper.make_tensor_value_info(
            "input", onnx.TensorProto.FLOAT, ["n", *self.shape]
        )
        self.value = "input"

    def constant(self, part: str, array: Any) -> str:
        """The name of a constant of the layer."""
        name = self._unique(f"{self.layer.label}.{part}")
        self._constants.append(onnx.numpy_helper.from_array(np.float32(array), name))
        return name

    def add(
        self, operator: str, *constants: str, of: tuple[str, ...] = (), **attributes: Any
    ) -> str:
        """Appends a node on the activation at hand, or on those named by `of`."""
        output = self._unique(self.layer.label)
        inputs = [*(of or (self.value,)), *constants]
        node = onnx.helper.make_node(operator, inputs, [output], name=output, **attributes)
        self._nodes.append(node)
        self.value = output
        return output

    def image(self) -> Shape:
        """The shape, which must be that of an image."""
        if len(self.shape) != 3:
            raise self.layer.fail(
                f"needs an image, but gets a vector of {self.shape[0]}: it stands too late"
            )
        return self.shape

    def vector(self) -> int:
        """The size, where a vector is needed; the model's input, if it comes first, becomes one.

        So does what has a single row and column.
        """
        if len(self.shape) == 3:
            channels, height, width = self.shape
            if self._nodes and (height, width) != (1, 1):
                raise self.layer.fail(
                    f"needs a vector, but gets {channels} channels of {height}x{width}: put "
                    "flatten before it"
                )
            self.flatten()
        return self.shape[0]

    def flatten(self) -> None:
        """Makes a vector, in PyTorch's order: channel, row, column."""
        self.add("Flatten")
        self.shape = (int(np.prod(self.shape)),)

    def content(self) -> bytes:
        """The finished model."""
        if len(self.shape) == 3 and self.shape[1:] == (1, 1):
            self.flatten()
        if len(self.shape) != 1:
            raise ConvertError(
                f"the model gives {describe_shape(self.shape)} (channels, height, width), not a "
                "score for each class: end it with layers such as flatten linear"
            )
        output = onnx.helper.make_tensor_value_info(
            self.value, onnx.TensorProto.FLOAT, ["n", *self.shape]
        )
        graph = onnx.helper.make_graph(
            self._nodes, "graph", [self._input], [output], self._constants
        )
        model = onnx.helper.make_model(
            graph,
            opset_imports=[onnx.helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="pytorch",
        )
        try:
            return model.SerializeToString()
        except ValueError:
            raise ConvertError("has more than 2 GiB of weights: convert a smaller model") from None

    def _unique(self, name: str) -> str:
        candidate, number = name, 1
        while candidate in self._names or candidate == "input":
            number += 1
            candidate = f"{name}:{number}"
        self._names.add(candidate)
        return candidate
