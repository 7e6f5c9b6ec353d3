"""Gemm and MatMul."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError, Tensor
from .layout import Value
from .model import OnnxNode
from .translation import Translation, translates


def _dense(
    t: Translation,
    value: Value,
    weights: np.ndarray,
    bias: np.ndarray | None,
    steps: np.ndarray | None,
) -> Tensor:
    """A dense layer; its columns are permuted instead of the activations."""
    builder = t.builder
    x = builder.flat(value)
    if weights.shape[1] != x.tensor.shape[0]:
        raise ConvertError(
            f"has weights for {weights.shape[1]} inputs, but gets {x.tensor.shape[0]}; export the "
            "model again"
        )
    inputs = [x.tensor, builder.constant(x.to_tensor_order(weights), "weights", steps)]
    if bias is not None:
        inputs.append(builder.constant(bias, "bias"))
    return builder.add("dense", inputs)


@translates("Gemm")
def gemm(t: Translation, node: OnnxNode) -> Value:
    """Gemm: alpha * A * B + beta * C, with A the activation."""
    value, weights = t.activation(node), t.constant(node, 1, "weights")
    if node.attributes.get("transA", 0):
        raise ConvertError(
            "works across the images of a batch (transA); export the model so that each image is "
            "classified on its own"
        )
    if not node.attributes.get("transB", 0):
        weights = weights.T
    alpha, beta = node.attributes.get("alpha", 1.0), node.attributes.get("beta", 1.0)
    bias = t.optional(node, 2, "bias")
    if bias is not None:
        if bias.ndim == 2 and bias.shape[0] > 1:
            raise ConvertError("has a bias for each image of a batch; export it with one bias")
        bias = np.broadcast_to(_scaled(bias, beta).reshape(-1), (weights.shape[0],))
    rows = 0 if node.attributes.get("transB", 0) else 1
    steps = t.steps_of(node, 1, rows) if alpha == 1 else None
    y = _dense(t, value, _scaled(weights, alpha), bias, steps)
    return Value.plain(y, y.shape)


def _scaled(array: np.ndarray, factor: float) -> np.ndarray:
    return array if factor == 1 else array.astype(np.float64) * factor


@translates("MatMul")
def matmul(t: Translation, node: OnnxNode) -> Value:
    """MatMul with constant weights: a dense layer, or a 1x1 convolution over further axes."""
    value, weights = t.activation(node), t.constant(node, 1, "weights on its right side")
    shape = value.shape
    if weights.ndim != 2 or not 1 <= len(shape) <= 3:
        raise ConvertError(
            f"multiplies the shape (batch, {', '.join(map(str, shape))}) by {weights.shape}; only "
            "matrices of weights with at most 4 axes of activations work"
        )
    result, steps = (*shape[:-1], weights.shape[1]), t.steps_of(node, 1, 1)
    if math.prod(shape[:-1]) == 1:
        return Value.plain(_dense(t, value, weights.T, None, steps), result)
    last = len(shape) - 1
    groups = [[0], [1] if last == 2 else [], [last]]
    kernel = t.builder.constant(weights.T[:, None, None, :], "weights", steps)
    y = t.builder.add("conv2d", [t.builder.arrange(value, groups), kernel])
    return Value.arranged(y, result, groups)
