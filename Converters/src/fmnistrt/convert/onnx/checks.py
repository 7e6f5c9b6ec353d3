"""Checks of a parsed ONNX file that come before any translation."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError, Message
from onnx import numpy_helper, shape_inference

from ..graph import ConvertError

OLDEST_OPSET = 7
DYNAMIC = "DynamicQuantize"
CHECK_FAILURES = (
    onnx.checker.ValidationError,
    shape_inference.InferenceError,
    ValueError,
    RuntimeError,
    TypeError,
    IndexError,
    DecodeError,
)


def invalid(error: Exception) -> ConvertError:
    """The refusal of a model that ONNX itself refuses."""
    reason = " ".join(str(error).split())[:200]
    return ConvertError(f"the model does not pass ONNX's own check ({reason}); export it again")


def opset_of(model: onnx.ModelProto) -> int:
    """The version of the standard operators."""
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    newest = onnx.defs.onnx_opset_version()
    for node in model.graph.node if not versions else ():
        if node.domain not in ("", "ai.onnx"):
            refuse_unknown(node.op_type, node.domain, node.name, ())
    if len(versions) != 1:
        raise ConvertError("the model names no opset of ONNX; export it again")
    if versions[0] > newest:
        raise ConvertError(
            f"the model uses opset {versions[0]}, and the installed onnx package knows "
            f"them up to {newest}; run pip install --upgrade onnx onnxruntime"
        )
    return versions[0]


def _tensors(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    nodes = [*model.graph.node, *(node for entry in model.functions for node in entry.node)]
    held = [a.t for node in nodes for a in node.attribute if a.HasField("t")]
    return [*model.graph.initializer, *held]


def load_external_data(model: onnx.ModelProto, folder: Path | None) -> None:
    """Puts weights of other files in the same folder into the model; refuses sparse ones."""
    outside = [t for t in _tensors(model) if t.data_location == onnx.TensorProto.EXTERNAL]
    names = {entry.value for t in outside for entry in t.external_data if entry.key == "location"}
    try:
        for tensor in outside:
            onnx.external_data_helper.load_external_data_for_tensor(tensor, str(folder or ""))
            tensor.data_location = onnx.TensorProto.DEFAULT
            del tensor.external_data[:]
    except Exception as error:  # Whatever a path or a size of a damaged file leads to.
        raise ConvertError(
            f"its weights are kept in another file, which cannot be read here: "
            f"{', '.join(sorted(names)) or 'no name'}; put it beside the model, or join both with "
            "onnx.save(onnx.load(path), path, save_as_external_data=False)"
        ) from error
    if model.graph.sparse_initializer:
        raise ConvertError("the model has sparse weights; export it with dense ones")


def to_array(tensor: onnx.TensorProto) -> np.ndarray:
    """The content of a tensor, whose size must be the declared one."""
    try:
        array = np.asarray(numpy_helper.to_array(tensor))
    except (*CHECK_FAILURES, KeyError, OverflowError, MemoryError) as error:
        raise invalid(error) from error
    if array.shape != tuple(tensor.dims):
        raise ConvertError(
            f"the tensor {tensor.name!r} does not hold what it declares; export again"
        )
    return array


def refuse_broken_text(message: Message) -> None:
    """Refuses names that are not UTF-8, which protobuf hands out as bytes."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for entry in [value] if isinstance(value, Message) else value:
                refuse_broken_text(entry)
        elif field.type == field.TYPE_STRING:
            entries = [value] if isinstance(value, str | bytes) else value
            if any(isinstance(entry, bytes) for entry in entries):
                raise ConvertError(
                    "the model has a name that is not UTF-8; export or download it again"
                )


def refuse_unknown(operator: str, domain: str, label: str, known: Container[str]) -> None:
    """Refuses a node whose operator has no translation, saying why.

    `known` holds names with their domain in front, but for the standard ones.
    """
    name = f"{domain}.{operator}" if domain else operator
    if name in known:
        return
    if domain:
        remedy = "export the model with standard ONNX operators only"
    elif operator.startswith(("QLinear", DYNAMIC)) or operator.endswith("Integer"):
        remedy = "quantise the model statically, in the format QDQ, or export it in float32"
    else:
        remedy = "replace the layer by one of the operators in docs/onnx-support.md"
    raise ConvertError(
        f"the node {label!r} is the operator {name}, which cannot be converted; {remedy}"
    )


def check(model: onnx.ModelProto) -> None:
    """ONNX's own check."""
    for entry in model.graph.output:
        # The checker wants a shape; runtimes do without one, and inference finds it.
        entry.type.tensor_type.shape.SetInParent()
    try:
        onnx.checker.check_model(model)
    except CHECK_FAILURES as error:
        raise invalid(error) from error


def type_name(kind: int) -> str:
    """What ONNX calls an element type."""
    names = {value: name for name, value in onnx.TensorProto.DataType.items()}
    return names.get(kind, str(kind)).lower()
