"""Computes what does not depend on the input, such as the shape arithmetic of PyTorch exports."""

from __future__ import annotations

import math

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from ..graph import ConvertError, Shape
from ..operators import MAX_ELEMENTS
from .model import OnnxModel, OnnxNode

_NAMES = """
Add Cast Ceil Concat ConstantOfShape Div Equal Expand Flatten Floor Gather Identity Max Min Mod Mul
Neg Pow Range ReduceProd Reshape Slice Sqrt Squeeze Sub Transpose Unsqueeze Where
"""
FOLDABLE = frozenset(_NAMES.split())
_MAX_FOLDED = 2**24
"""Constants of operators that may enlarge their inputs without limit."""


def constant_of(node: OnnxNode, model: OnnxModel) -> np.ndarray:
    """The value of a Constant node."""
    attributes = node.attributes
    if len(attributes) == 1:
        ((key, value),) = attributes.items()
        if key == "value" and isinstance(value, np.ndarray):
            return value
        if key in ("value_float", "value_floats"):
            return np.asarray(value, np.float32)
        if key in ("value_int", "value_ints"):
            return np.asarray(value, np.int64)
    raise ConvertError("holds no array of numbers; export the model with numeric constants")


def shape_of(node: OnnxNode, shape: Shape) -> np.ndarray:
    """What Shape and Size say of a value with this shape, batch included."""
    if node.operator == "Size":
        return np.asarray(math.prod(shape), np.int64)
    start, end = node.attributes.get("start", 0), node.attributes.get("end", len(shape))
    return np.asarray(shape[start:end], np.int64)


def fold(node: OnnxNode, constants: list[np.ndarray | None], model: OnnxModel) -> np.ndarray:
    """The output of a node whose inputs are all constants (None where absent)."""
    known = model.shapes.get(node.outputs[0])
    limit = MAX_ELEMENTS if known is not None else _MAX_FOLDED
    if math.prod(known or ()) > limit or not _stays_small(node, constants):
        raise ConvertError("computes a constant that is too large; simplify the exported model")
    inputs = {name: array for name, array in zip(node.inputs, constants, strict=True) if name}
    proto = onnx.helper.make_node(node.operator, node.inputs, node.outputs, **node.attributes)
    graph = onnx.helper.make_graph(
        [proto],
        "constant",
        [
            onnx.helper.make_tensor_value_info(
                name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for name, array in inputs.items()
        ],
        [onnx.ValueInfoProto(name=node.outputs[0])],
    )
    opset = onnx.helper.make_opsetid("", model.opset)
    try:
        evaluator = ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=[opset]))
        return np.asarray(evaluator.run(None, inputs)[0])
    except Exception as error:  # The reference evaluator documents no exceptions of its own.
        raise ConvertError(
            "computes a constant that cannot be worked out; simplify the model with onnxsim"
        ) from error


def _stays_small(node: OnnxNode, constants: list[np.ndarray | None]) -> bool:
    """Whether the few operators that take the size of their result from a value are harmless."""
    if node.operator == "Range":
        start, limit, delta = (float(np.ravel(array)[0]) for array in constants)
        return delta != 0 and abs((limit - start) / delta) <= _MAX_FOLDED
    if node.operator in ("ConstantOfShape", "Expand"):
        sizes = [abs(int(size)) for size in np.ravel(constants[-1])]
        inputs = constants[0].size if node.operator == "Expand" else 1
        return math.prod(size or 1 for size in sizes) * inputs <= _MAX_FOLDED
    return True
