"""Parses and checks an ONNX file, and gives access to its parts."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import shape_inference

from ..graph import ConvertError, Shape
from .answers import keep_scores
from .checks import (
    CHECK_FAILURES,
    check,
    invalid,
    load_external_data,
    opset_of,
    refuse_broken_text,
    refuse_unknown,
    to_array,
    type_name,
)
from .nodes import OnnxNode, needed, nodes_of
from .unfold import inlined, raised, spelt_out

_NO_TYPE = "expected to have type but instead is null"
"""What strict inference says after operators of whose results the onnx package knows nothing."""
_GENERIC_NAMES = ("main_graph", "torch_jit", "torch_jit_export", "tf2onnx", "graph", "model")


@dataclass
class OnnxModel:
    """A checked model: what the translation needs to know of it.

    `runnable` is the file for onnxruntime. `shapes` are those that ONNX's shape inference knows in
    full, batch included. `batch` is 1 where the file leaves the batch open (`free_batch`).
    """

    runnable: bytes
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

    @property
    def single(self) -> bool:
        """Whether the model takes one image at a time, so that its axes are all of that image."""
        return self.batch == 1 and not self.free_batch


def load_model(content: bytes, operators: Container[str], folder: Path | None = None) -> OnnxModel:
    """Parses, checks and infers shapes; raises ConvertError for what is damaged or foreign.

    `operators` are those that have a translation; `folder` is that of the file.
    """
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError):
        model = onnx.ModelProto()
    if not model.HasField("graph"):
        raise ConvertError("the file is not a whole ONNX model; export or download it again")
    refuse_broken_text(model)
    load_external_data(model, folder)
    keep_scores(model)
    framework = _framework(model, opset_of(model))
    model = spelt_out(inlined(raised(model)), operators)
    opset = opset_of(model)
    constants = _initializers(model)
    graph_input, output = _interface(model, constants)
    nodes = needed(nodes_of(model.graph), (output,))
    for node in nodes:
        refuse_unknown(node.operator, node.domain, node.label, operators)
    check(model)
    runnable = model.SerializeToString()
    shape, free_batch = _input_shape(graph_input)
    graph_input.type.tensor_type.shape.dim[0].dim_value = shape[0]
    shapes = _infer_shapes(model)
    shapes[graph_input.name] = shape
    return OnnxModel(
        runnable=runnable,
        nodes=nodes,
        constants=constants,
        shapes=shapes,
        opset=opset,
        input=graph_input.name,
        input_shape=shape,
        output=output,
        batch=shape[0],
        free_batch=free_batch,
        framework=framework,
        name=_name(model),
    )


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
        if _NO_TYPE not in str(error):
            raise invalid(error) from error
        graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {}
    for entry in [*graph.value_info, *graph.output]:
        dims = entry.type.tensor_type.shape.dim
        known = entry.type.tensor_type.HasField("shape")
        if known and all(dim.HasField("dim_value") for dim in dims):
            shapes[entry.name] = tuple(dim.dim_value for dim in dims)
    return shapes


def _framework(model: onnx.ModelProto, opset: int) -> str:
    producer = f"{model.producer_name} {model.producer_version}".strip()
    clean = "".join(char if char.isprintable() else "_" for char in producer)[:100]
    return f"{clean} (onnx opset {opset})" if clean else f"onnx opset {opset}"


def _name(model: onnx.ModelProto) -> str:
    """The graph's name, unless it is one that exporters give to every model."""
    name = model.graph.name
    generic = name.lower().replace("-", "_") in _GENERIC_NAMES
    return "" if generic or not name.isprintable() else name
