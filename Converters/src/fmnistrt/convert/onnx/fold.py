"""Computes what does not depend on the input, such as the shape arithmetic of PyTorch exports."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from ..graph import ConvertError, Shape
from ..operators import MAX_ELEMENTS
from .model import OnnxModel
from .nodes import OnnxNode

_NAMES = """
Abs Add And ArgMax ArgMin AveragePool BatchNormalization BitShift BitwiseAnd BitwiseNot BitwiseOr
BitwiseXor Cast CastLike Ceil Celu CenterCropPad Clip Compress Concat ConstantOfShape Conv Cos
Cosh CumProd CumSum DepthToSpace Div Dropout Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor
Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual
GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LRN
LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul Max MaxPool
Mean MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow
RMSNormalization Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence
Round ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax
Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK
Transpose Trilu Unsqueeze Where Xor
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


def fold(node: OnnxNode, constants: list[np.ndarray | None], model: OnnxModel) -> list[np.ndarray]:
    """The outputs of a node whose inputs are all constants (None where absent)."""
    known = model.shapes.get(node.outputs[0])
    limit = MAX_ELEMENTS if known is not None else _MAX_FOLDED
    if math.prod(known or ()) > limit or not _stays_small(node, constants):
        raise ConvertError("computes a constant that is too large; simplify the exported model")
    return evaluated(node, constants, model.opset)


def evaluated(
    node: OnnxNode, constants: Sequence[np.ndarray | None], opset: int
) -> list[np.ndarray]:
    """The outputs of a node of standard ONNX, by the reference in the onnx package."""
    inputs = {name: array for name, array in zip(node.inputs, constants, strict=True) if name}
    attributes = {
        key: onnx.numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for key, value in node.attributes.items()
    }
    proto = onnx.helper.make_node(node.operator, node.inputs, node.outputs, **attributes)
    graph = onnx.helper.make_graph(
        [proto],
        "constant",
        [
            onnx.helper.make_tensor_value_info(
                name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for name, array in inputs.items()
        ],
        [onnx.ValueInfoProto(name=name) for name in node.outputs if name],
    )
    imports = [onnx.helper.make_opsetid("", opset)]
    try:
        evaluator = ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=imports))
        return [np.asarray(result) for result in evaluator.run(None, inputs)]
    except Exception as error:  # The reference evaluator documents no exceptions of its own.
        raise ConvertError(
            "computes a constant that cannot be worked out; simplify the model with onnxsim"
        ) from error


def _stays_small(node: OnnxNode, constants: list[np.ndarray | None]) -> bool:
    """Whether the few operators that take the size of their result from a value are harmless."""
    first = constants[0]
    if node.operator == "Range":
        start, limit, delta = (float(np.ravel(array)[0]) for array in constants)
        return delta != 0 and abs((limit - start) / delta) <= _MAX_FOLDED
    match node.operator:
        case "ConstantOfShape":
            total = _product(constants[0])
        case "Expand" | "Tile":
            total = _product(constants[1]) * first.size
        case "OneHot":
            total = first.size * max(map(int, np.ravel(constants[1])))
        case "Pad":
            amounts = node.attributes.get("pads")
            amounts = np.ravel(constants[1]) if amounts is None else amounts
            total = (max(first.shape, default=1) + sum(map(abs, map(int, amounts)))) ** first.ndim
        case _:
            return True
    return total <= _MAX_FOLDED


def _product(sizes: np.ndarray) -> int:
    return math.prod(abs(int(size)) or 1 for size in np.ravel(sizes))
