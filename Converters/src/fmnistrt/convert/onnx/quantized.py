"""QuantizeLinear and DequantizeLinear: activations in bytes, and constants of whole numbers."""

from __future__ import annotations

import numpy as np
import onnx

from ..graph import Bytes, ConvertError, Node, Tensor
from ..quantize.lower import dequantize_node, quantize_node
from .checks import type_name
from .layout import Value
from .nodes import OnnxNode
from .translation import Translation, translates

_BYTES = {"uint8": 0, "int8": 128}
"""Types of quantised activations, and what makes unsigned bytes of them."""
_WHOLE = ("uint8", "int8", "int32")
_TYPES = (onnx.TensorProto.UNDEFINED, onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8)


@translates(
    "QuantizeLinear", attributes="axis block_size output_dtype precision", ignored="saturate"
)
def quantize(t: Translation, node: OnnxNode) -> Value:
    """An activation to bytes."""
    value = t.activation(node)
    return value.held_in(_added(t, quantize_node(value.tensor, _meaning(t, node))))


@translates("DequantizeLinear", attributes="axis block_size output_dtype")
def dequantize(t: Translation, node: OnnxNode) -> Value:
    """Bytes to an activation."""
    value, meaning = t.activation(node), _meaning(t, node)
    if value.tensor.bytes != meaning:
        raise ConvertError(
            "has another scale or zero point than its input was quantised with; quantise the model "
            "again"
        )
    real = Tensor("", value.tensor.shape)
    return value.held_in(_added(t, dequantize_node(value.tensor, real)))


def _added(t: Translation, node: Node) -> Tensor:
    node.output.name = t.builder.names.unique(t.builder.scope)
    t.builder.graph.nodes.append(node)
    return node.output


def _refuse_types(node: OnnxNode) -> None:
    """Refuses types that attributes name where the zero point and the scale say nothing else."""
    for key, known in [("output_dtype", _TYPES), ("precision", _TYPES[:2])]:
        if node.attributes.get(key, 0) not in known:
            raise ConvertError(
                f"has the {key} {type_name(node.attributes[key])}; quantise to uint8 or int8, with "
                "scales of float32"
            )


def _meaning(t: Translation, node: OnnxNode) -> Bytes:
    """The scale and zero point of an activation, the latter as of unsigned bytes."""
    scale = t.constant(node, 1, "scale")
    zero = t.optional(node, 2, "zero point")
    if zero is None:
        _refuse_types(node)
    zero = np.zeros(1, np.uint8) if zero is None else zero
    if scale.size != 1 or zero.size != 1 or node.attributes.get("block_size", 0):
        raise ConvertError(
            "has a scale for each channel of an activation; quantise activations by one scale "
            "(per_channel is for weights)"
        )
    if zero.dtype.name not in _BYTES:
        raise ConvertError(f"quantises to {zero.dtype}; use uint8 or int8")
    single = float(np.float32(scale.reshape(-1)[0]))
    if not np.finfo(np.float32).tiny <= single <= np.finfo(np.float32).max:
        raise ConvertError(f"has the scale {single}; quantise the model again")
    return Bytes(single, int(zero.reshape(-1)[0]) + _BYTES[zero.dtype.name])


def constant_of_whole_numbers(t: Translation, node: OnnxNode) -> None:
    """Handles a QuantizeLinear or DequantizeLinear of a constant."""
    x, scale = t.constants[node.input(0)], t.constant(node, 1, "scale")
    zero = t.optional(node, 2, "zero point")
    if zero is None:
        _refuse_types(node)
        zero = np.zeros(scale.shape, np.uint8 if x.dtype.kind == "f" else x.dtype)
    if node.attributes.get("block_size", 0):
        raise ConvertError("has a scale for each block; quantise weights by channel")
    axis = node.attributes.get("axis", 1) % max(x.ndim, 1)
    scale, zero = (_along(part, axis, x.ndim) for part in (scale, zero))
    scale = scale.astype(np.float64)
    if not (np.isfinite(scale) & (scale > 0)).all():
        raise ConvertError("has a scale that is not above 0; quantise the model again")
    if node.operator == "QuantizeLinear":
        if zero.dtype.name not in _BYTES:
            raise ConvertError(f"quantises to {zero.dtype}; use uint8 or int8")
        limits = np.iinfo(zero.dtype)
        numbers = np.clip(np.rint(x / scale) + zero, limits.min, limits.max)
        t.constants[node.outputs[0]] = numbers.astype(zero.dtype)
        return
    if x.dtype.name not in _WHOLE:
        raise ConvertError(f"holds weights of type {x.dtype}; use int8")
    t.constants[node.outputs[0]] = (x - zero.astype(np.float64)) * scale
    t.steps[node.outputs[0]] = scale


def _along(part: np.ndarray, axis: int, rank: int) -> np.ndarray:
    """One number, or one for each index of an axis, in a shape that broadcasts."""
    if part.size == 1:
        return part.reshape([1] * rank)
    if part.ndim != 1 or rank == 0:
        raise ConvertError("has scales that fit no axis; quantise the model again")
    return part.reshape([-1 if i == axis else 1 for i in range(rank)])
