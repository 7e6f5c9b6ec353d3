"""Parses and checks an ONNX file, and gives access to its parts."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import inliner, shape_inference

from ..graph import ConvertError, Shape
from .checks import (
    CHECK_FAILURES,
    invalid,
    opset_of,
    refuse_broken_text,
    refuse_external_data,
    refuse_unknown,
    to_array,
    type_name,
)

_GENERIC_NAMES = ("main_graph", "torch_jit", "torch_jit_export", "tf2onnx", "graph", "model")


@dataclass(frozen=True)
class OnnxNode:
    """One ONNX node; absent optional inputs and outputs are empty names."""

    operator: str
    domain: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    def input(self, index: int) -> str:
        """The name of an input, empty if it is absent."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def refuses_outputs(self, used: set[str]) -> None:
        """Refuses a node of which more than the first output is used."""
        if any(name in used for name in self.outputs[1:]):
            raise ConvertError(
                "has a second output that the model uses; export the model for inference only"
            )


@dataclass
class OnnxModel:
    """A checked model: what the translation needs to know of it.

    `shapes` are those that ONNX's shape inference knows in full, batch included. `batch` is 1 where
    the file leaves the batch open (`free_batch`).
    """

    nodes: list[OnnxNode]
    constants: dict[str, np.ndarray]
    shapes: dict[str, Shape]
    opset: int
    input: str
    input_shape: Shape
    output: str
    batch: int
    free_batch: bool
    framework: str
    name: str


def load_model(content: bytes, operators: Container[str]) -> OnnxModel:
    """Parses, checks and infers shapes; raises ConvertError for what is damaged or foreign.

    `operators` are those that have a translation.
    """
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError):
        model = onnx.ModelProto()
    if not model.HasField("graph"):
        raise ConvertError("the file is not a whole ONNX model; export or download it again")
    refuse_broken_text(model)
    refuse_external_data(model)
    opset = opset_of(model)
    model = _inlined(model)
    constants = _initializers(model)
    graph_input, output = _interface(model, constants)
    nodes = _needed(_nodes(model), output)
    for node in nodes:
        refuse_unknown(node.operator, node.domain, node.label, operators)
    _check(model)
    shape, free_batch = _input_shape(graph_input)
    graph_input.type.tensor_type.shape.dim[0].dim_value = shape[0]
    shapes = _infer_shapes(model)
    shapes[graph_input.name] = shape
    return OnnxModel(
        nodes=nodes,
        constants=constants,
        shapes=shapes,
        opset=opset,
        input=graph_input.name,
        input_shape=shape,
        output=output,
        batch=shape[0],
        free_batch=free_batch,
        framework=_framework(model, opset),
        name=_name(model),
    )


def _inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without functions of its own."""
    if not model.functions:
        return model
    _check(model)
    try:
        return inliner.inline_local_functions(model)
    except CHECK_FAILURES as error:
        raise invalid(error) from error


def _check(model: onnx.ModelProto) -> None:
    for entry in model.graph.output:
        # The checker wants a shape; runtimes do without one, and inference finds it.
        entry.type.tensor_type.shape.SetInParent()
    try:
        onnx.checker.check_model(model)
    except CHECK_FAILURES as error:
        raise invalid(error) from error


def _initializers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: to_array(tensor) for tensor in model.graph.initializer}


def _interface(
    model: onnx.ModelProto, constants: dict[str, np.ndarray]
) -> tuple[onnx.ValueInfoProto, str]:
    """The one input that is no weight, and the one output."""
    inputs = [entry for entry in model.graph.input if entry.name not in constants]
    for what, entries in [("input", inputs), ("output", model.graph.output)]:
        if len(entries) != 1:
            raise ConvertError(
                f"the model has {len(entries)} {what}s, and one is needed; "
                f"export it with a single {what}"
            )
    return inputs[0], model.graph.output[0].name


def _input_shape(entry: onnx.ValueInfoProto) -> tuple[Shape, bool]:
    """The input's shape, batch included, and whether the batch is open."""
    tensor = entry.type.tensor_type
    if tensor.elem_type not in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE):
        kind = type_name(tensor.elem_type)
        raise ConvertError(
            f"the input {entry.name!r} is of type {kind}; export the model with a float32 input"
        )
    sizes = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in tensor.shape.dim]
    if not 2 <= len(sizes) <= 4 or any(size <= 0 for size in sizes[1:]) or sizes[0] < 0:
        raise ConvertError(
            f"the input {entry.name!r} has no shape of a batch of images, such as "
            "(batch, 1, 28, 28); export the model with every size but the batch fixed"
        )
    return (sizes[0] or 1, *sizes[1:]), sizes[0] == 0


def _infer_shapes(model: onnx.ModelProto) -> dict[str, Shape]:
    # Recorded shapes may still name the batch; inference finds all of them again.
    del model.graph.value_info[:]
    for entry in model.graph.output:
        entry.type.tensor_type.ClearField("shape")
    try:
        graph = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    except CHECK_FAILURES as error:
        raise invalid(error) from error
    shapes = {}
    for entry in [*graph.value_info, *graph.output]:
        dims = entry.type.tensor_type.shape.dim
        known = entry.type.tensor_type.HasField("shape")
        if known and all(dim.HasField("dim_value") for dim in dims):
            shapes[entry.name] = tuple(dim.dim_value for dim in dims)
    return shapes


def _nodes(model: onnx.ModelProto) -> list[OnnxNode]:
    nodes = []
    for node in model.graph.node:
        attributes = {}
        for entry in node.attribute:
            if entry.type == onnx.AttributeProto.TENSOR:
                attributes[entry.name] = to_array(entry.t)
            elif entry.type != onnx.AttributeProto.GRAPH:
                try:
                    attributes[entry.name] = onnx.helper.get_attribute_value(entry)
                except CHECK_FAILURES as error:
                    raise invalid(error) from error
        label = node.name or next(filter(None, node.output), "")
        domain = "" if node.domain == "ai.onnx" else node.domain
        outputs = tuple(node.output)
        nodes.append(OnnxNode(node.op_type, domain, label, tuple(node.input), outputs, attributes))
    return nodes


def _needed(nodes: list[OnnxNode], output: str) -> list[OnnxNode]:
    """The nodes that the output depends on."""
    needed, kept = {output}, []
    for node in reversed(nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return kept[::-1]


def _framework(model: onnx.ModelProto, opset: int) -> str:
    producer = f"{model.producer_name} {model.producer_version}".strip()
    clean = "".join(char if char.isprintable() else "_" for char in producer)[:100]
    return f"{clean} (onnx opset {opset})" if clean else f"onnx opset {opset}"


def _name(model: onnx.ModelProto) -> str:
    """The graph's name, unless it is one that exporters give to every model."""
    name = model.graph.name
    generic = name.lower().replace("-", "_") in _GENERIC_NAMES
    return "" if generic or not name.isprintable() else name
