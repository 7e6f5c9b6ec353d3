"""Checks of a parsed ONNX file that come before any translation."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
import onnx
from google.protobuf.message import DecodeError, Message
from onnx import numpy_helper, shape_inference

from ..graph import ConvertError

OLDEST_OPSET = 7
_QUANTISED = ("QLinear", "DynamicQuantize")
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
    if len(versions) != 1:
        raise ConvertError("the model names no opset of ONNX; export it again")
    if versions[0] < OLDEST_OPSET:
        raise ConvertError(
            f"the model uses opset {versions[0]}, and {OLDEST_OPSET} is the oldest that "
            "can be read; raise it with onnx.version_converter.convert_version"
        )
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


def refuse_external_data(model: onnx.ModelProto) -> None:
    """Refuses weights outside the file, and sparse ones."""
    if any(t.data_location == onnx.TensorProto.EXTERNAL for t in _tensors(model)):
        raise ConvertError(
            "the weights are kept in another file; join them with "
            "onnx.save(onnx.load(path), path, save_as_external_data=False)"
        )
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
    elif operator.startswith(_QUANTISED) or operator.endswith("Integer"):
        remedy = "quantise the model statically, in the format QDQ, or export it in float32"
    else:
        remedy = "replace the layer by one of the operators in docs/fmg-format.md"
    raise ConvertError(
        f"the node {label!r} is the operator {name}, which cannot be converted; {remedy}"
    )


def type_name(kind: int) -> str:
    """What ONNX calls an element type."""
    names = {value: name for name, value in onnx.TensorProto.DataType.items()}
    return names.get(kind, str(kind)).lower()
