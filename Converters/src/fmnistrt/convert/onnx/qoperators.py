"""Models whose operators take bytes themselves (QLinearConv and the like).

Each becomes the operator on floats between DequantizeLinear and QuantizeLinear, so that there is
one form of quantised models from here on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import ConvertError
from .model import OnnxModel
from .nodes import OnnxNode


@dataclass(frozen=True)
class _Form:
    """The operator on floats, and where the inputs of the one on bytes stand.

    Each of `values` is the index of a quantised input, followed by its scale and zero point;
    `result` that of the output's scale, followed by its zero point; `bias` that of whole numbers in
    units of the first two scales.
    """

    operator: str
    values: tuple[int, ...]
    result: int
    bias: int | None = None


_FORMS = {
    "QLinearConv": _Form("Conv", (0, 3), 6, 8),
    "QLinearMatMul": _Form("MatMul", (0, 3), 6),
    "com.microsoft.QGemm": _Form("Gemm", (0, 3), 7, 6),
    "com.microsoft.QLinearAdd": _Form("Add", (0, 3), 6),
    "com.microsoft.QLinearMul": _Form("Mul", (0, 3), 6),
    "com.microsoft.QLinearAveragePool": _Form("AveragePool", (0,), 3),
    "com.microsoft.QLinearGlobalAveragePool": _Form("GlobalAveragePool", (0,), 3),
    "com.microsoft.QLinearLeakyRelu": _Form("LeakyRelu", (0,), 3),
    "com.microsoft.QLinearSigmoid": _Form("Sigmoid", (0,), 3),
    "com.microsoft.QLinearSoftmax": _Form("Softmax", (0,), 3),
    "com.microsoft.QLinearConcat": _Form("Concat", (), 0),
}
_MOVING = frozenset(
    ("MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity")
)
"""Standard operators that take bytes as well, and only move them."""


QOPERATORS = frozenset(_FORMS)
"""What `expand` takes apart, with the domain in front of those that are not standard."""


def expand(model: OnnxModel) -> None:
    """Puts operators on floats in place of those on bytes."""
    expansion = _Expansion(model)
    for node in model.nodes:
        expansion.add(node)
    model.nodes = expansion.nodes


class _Expansion:
    def __init__(self, model: OnnxModel) -> None:
        self.nodes: list[OnnxNode] = []
        self._constants = model.constants
        self._held: dict[str, tuple[str, str]] = {}
        """Scale and zero point of each activation in bytes."""

    def add(self, node: OnnxNode) -> None:
        form = _FORMS.get(node.kind)
        if form is not None:
            self._expand(node, form)
        elif node.operator in _MOVING and node.input(0) in self._held:
            scale, zero = self._held[node.input(0)]
            x = self._real(node, node.input(0), scale, zero)
            self._surround(node, node.operator, [x, *node.inputs[1:]], scale, zero)
        else:
            if node.operator == "QuantizeLinear":
                self._held[node.outputs[0]] = (node.input(1), node.input(2))
            elif node.operator == "Constant" and isinstance(
                node.attributes.get("value"), np.ndarray
            ):
                self._constants[node.outputs[0]] = node.attributes["value"]
            elif node.operator != "DequantizeLinear" and self._held.keys() & set(node.inputs):
                raise ConvertError(
                    f"the node {node.label!r} ({node.operator}) works on quantised activations; "
                    "quantise the model again with the format QDQ"
                )
            self.nodes.append(node)

    def _expand(self, node: OnnxNode, form: _Form) -> None:
        indices: Sequence[int] = form.values
        if form.operator == "Concat":
            indices = range(2, len(node.inputs), 3)
        inputs = [self._real(node, *(node.input(i + part) for part in range(3))) for i in indices]
        if form.bias is not None and node.input(form.bias):
            inputs.append(self._bias(node, form.bias))
        self._surround(
            node, form.operator, inputs, node.input(form.result), node.input(form.result + 1)
        )

    def _bias(self, node: OnnxNode, index: int) -> str:
        first, second = (self._constants.get(node.input(i)) for i in (1, 4))
        if first is None or second is None:
            raise ConvertError(
                f"the node {node.label!r} ({node.operator}) has scales that are no constants; "
                "quantise the model again"
            )
        scale, zero = f"{node.outputs[0]}:bias_scale", f"{node.outputs[0]}:bias_zero"
        self._constants[scale] = first.reshape(-1).astype(np.float64) * second.reshape(-1)
        self._constants[zero] = np.zeros(self._constants[scale].shape, np.int32)
        return self._real(node, node.input(index), scale, zero, axis=0)

    def _real(self, node: OnnxNode, name: str, scale: str, zero: str, axis: int = -1) -> str:
        """Adds a DequantizeLinear; weights have their scales along the axis of the outputs."""
        if axis < 0 and name in self._constants:
            rows = node.operator == "QLinearConv" or node.attributes.get("transB", 0)
            axis = 0 if rows else 1
        real = f"{name}:real{len(self.nodes)}"
        attributes = {"axis": max(axis, 0)}
        self.nodes.append(
            OnnxNode("DequantizeLinear", "", node.label, (name, scale, zero), (real,), attributes)
        )
        return real

    def _surround(
        self, node: OnnxNode, operator: str, inputs: Sequence[str], scale: str, zero: str
    ) -> None:
        """Adds the operator on floats and, if its output has a scale, a QuantizeLinear."""
        attributes = {key: node.attributes[key] for key in node.attributes if key != "opset"}
        if attributes.pop("channels_last", 0):
            raise ConvertError(
                f"the node {node.label!r} ({node.operator}) has its channels last; quantise the "
                "model as it was exported"
            )
        if not scale:
            self.nodes.append(
                OnnxNode(operator, "", node.label, tuple(inputs), node.outputs, attributes)
            )
            return
        real, output = f"{node.outputs[0]}:real", node.outputs[0]
        self.nodes.append(OnnxNode(operator, "", node.label, tuple(inputs), (real,), attributes))
        self.nodes.append(
            OnnxNode("QuantizeLinear", "", node.label, (real, scale, zero), (output,), {})
        )
        self._held[output] = (scale, zero)
