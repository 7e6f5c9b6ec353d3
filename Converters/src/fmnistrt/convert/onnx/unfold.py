"""Brings models into the form that is translated: a known opset, no functions of their own."""

from __future__ import annotations

from collections.abc import Container

import onnx
from onnx import inliner, shape_inference, version_converter

from ..graph import ConvertError
from .checks import CHECK_FAILURES, DYNAMIC, OLDEST_OPSET, check, invalid, opset_of


def raised(model: onnx.ModelProto) -> onnx.ModelProto:
    """A model of an old opset in the oldest that can be read, by the onnx package."""
    opset = opset_of(model)
    if opset >= OLDEST_OPSET:
        return model
    try:
        result = version_converter.convert_version(model, OLDEST_OPSET)
        del result.graph.value_info[:]  # Some have no type.
        return result
    except Exception as error:  # It raises what its C++ code raises.
        raise ConvertError(
            f"the model uses opset {opset}, and the onnx package cannot raise it to "
            f"{OLDEST_OPSET}, the oldest that can be read; export it again"
        ) from error


def inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without functions of its own."""
    if not model.functions:
        return model
    check(model)
    try:
        return inliner.inline_local_functions(model)
    except CHECK_FAILURES as error:
        raise invalid(error) from error


def spelt_out(model: onnx.ModelProto, operators: Container[str]) -> onnx.ModelProto:
    """The model with operators that have no translation, but are defined by others, as those."""
    unknown = set()
    for node in model.graph.node:
        known = node.op_type in operators or node.op_type.startswith(DYNAMIC)
        if node.domain in ("", "ai.onnx") and not known:
            try:
                schema = onnx.defs.get_schema(node.op_type, opset_of(model))
            except onnx.defs.SchemaError:
                continue
            if schema.has_function or schema.has_context_dependent_function:
                unknown.add(("", node.op_type))
    if not unknown:
        return model
    check(model)
    try:
        # Some definitions depend on types and shapes.
        model = shape_inference.infer_shapes(model, data_prop=True)
        model.graph.value_info.extend(
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            for tensor in model.graph.initializer
        )
        return inliner.inline_selected_functions(model, list(unknown), False, True)
    except CHECK_FAILURES as error:
        names = ", ".join(sorted(name for _, name in unknown))
        raise ConvertError(
            f"the model uses {names}, which cannot be converted, nor spelt out by the onnx "
            "package; replace the layer by one of the operators in docs/onnx-support.md"
        ) from error
