"""Gemm and MatMul."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError
from .elementwise import Operand, combine, operands_of
from .layout import Value
from .nodes import OnnxNode
from .reductions import total
from .translation import BatchError, Translation, translates

MOST_PRODUCTS = 2**24
"""Elements of two activations that are multiplied before they are summed."""


def dense(
    t: Translation,
    value: Value,
    weights: np.ndarray,
    bias: np.ndarray | None,
    steps: np.ndarray | None,
    part: str = "",
) -> Value:
    """weights (out, in) times the last axis, plus a bias.

    For one row its columns are permuted instead of the activations; for several it is a convolution
    of 1x1.
    """
    builder, shape = t.builder, (*value.shape[:-1], len(weights))
    if weights.shape[1] != value.shape[-1]:
        raise ConvertError(
            f"has weights for {weights.shape[1]} inputs, but gets {value.shape[-1]}; export the "
            "model again"
        )
    last = len(shape) - 1
    biases = [] if bias is None else [builder.constant(bias, "bias")]
    if math.prod(shape[:-1]) == 1:
        x = builder.flat(value)
        matrix = builder.constant(x.to_tensor_order(weights), "weights", steps)
        return Value.plain(builder.add("dense", [x.tensor, matrix, *biases], part), shape)
    rows = [axis for axis in value.axis_order(last) if axis != last]
    groups = [rows[:1], rows[1:], [last]]
    kernel = builder.constant(weights[:, None, None, :], "weights", steps)
    y = builder.add("conv2d", [builder.arrange(value, groups), kernel, *biases], part)
    return Value.arranged(y, shape, groups)


@translates("Gemm", attributes="alpha beta transA transB")
def gemm(t: Translation, node: OnnxNode) -> Value:
    """With constant weights as B and a constant bias; transA only in a model for single images."""
    value, weights = t.activation(node), t.constant(node, 1, "weights")
    if len(value.shape) != 2 or weights.ndim != 2:
        raise ConvertError("multiplies what are no matrices; export the model again")
    if node.attributes.get("transA", 0):
        if not t.model.single:
            raise BatchError(
                "works across the images of a batch (transA); export the model so that each image "
                "is classified on its own"
            )
        value = t.builder.transpose(value, [1, 0])
    if not node.attributes.get("transB", 0):
        weights = weights.T
    alpha, beta = node.attributes.get("alpha", 1.0), node.attributes.get("beta", 1.0)
    bias = t.optional(node, 2, "bias")
    of_rows = bias is not None and bias.ndim == 2 and bias.shape[0] > 1
    if of_rows and not t.model.single:
        raise BatchError("has a bias for each image of a batch; export it with one bias")
    if bias is not None:
        bias = _scaled(bias, beta)
    if of_rows:
        y = dense(t, value, _scaled(weights, alpha), None, None, "product")
        return combine(t, "add", y, bias)
    if bias is not None:
        bias = np.broadcast_to(bias.reshape(-1), (weights.shape[0],))
    rows = 0 if node.attributes.get("transB", 0) else 1
    steps = t.steps_of(node, 1, rows) if alpha == 1 else None
    return dense(t, value, _scaled(weights, alpha), bias, steps)


def _scaled(array: np.ndarray, factor: float) -> np.ndarray:
    return array if factor == 1 else array.astype(np.float64) * factor


@translates("MatMul")
def matmul(t: Translation, node: OnnxNode) -> Value:
    """With a constant matrix on either side, or of two activations."""
    first, second = operands_of(t, node)
    if not t.model.single and min(len(first.shape), len(second.shape)) < 2:
        raise BatchError("multiplies by a vector; export the model with a matrix instead")
    if isinstance(first, Value) and isinstance(second, np.ndarray) and second.ndim <= 2:
        if second.ndim == 2:
            return dense(t, first, second.T, None, t.steps_of(node, 1, 1))
        result = dense(t, first, second[None], None, None)
        return result.reshaped(result.shape[:-1])
    return _product(t, first, second)


def _product(t: Translation, first: Operand, second: Operand) -> Value:
    """Any matrix product: all pairs of rows and columns side by side, multiplied, and summed."""
    rows = first.shape[:-1]
    row, column = len(first.shape) > 1, len(second.shape) > 1
    left = _reshaped(first, (*rows, *[1] * column, first.shape[-1]))
    right = second
    if column:
        order = [*range(len(second.shape) - 2), len(second.shape) - 1, len(second.shape) - 2]
        if isinstance(second, Value):
            right = t.builder.transpose(second, order)
        else:
            right = second.transpose(order)
    if row:
        right = _reshaped(right, (*second.shape[:-2], 1, *right.shape[-1 - column :]))
    if math.prod(np.broadcast_shapes(left.shape, right.shape)) > MOST_PRODUCTS:
        raise ConvertError("multiplies matrices that are too large; use smaller ones")
    both = combine(t, "multiply", left, right, "products")
    last = len(both.shape) - 1
    return total(t, both, [last]).reshaped(both.shape[:-1])


def _reshaped(x: Operand, shape: tuple[int, ...]) -> Operand:
    return x.reshaped(shape) if isinstance(x, Value) else x.reshape(shape)
