"""Normalisations whose statistics come from the image itself."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ..graph import ConvertError
from .arithmetic import absolute_value, raised, square_root
from .elementwise import combine
from .layout import Value
from .nodes import OnnxNode
from .reductions import mean, total
from .translation import Translation, translates


def _standardised(t: Translation, x: Value, axes: Collection[int], epsilon: float) -> Value:
    """(x - mean) / sqrt(variance + epsilon) over axes."""
    centred = combine(t, "subtract", x, mean(t, x, axes, "mean"), "centred")
    return _by_root_mean_square(t, centred, axes, epsilon)


def _by_root_mean_square(t: Translation, x: Value, axes: Collection[int], epsilon: float) -> Value:
    square = mean(t, combine(t, "multiply", x, x, "square"), axes, "mean_square")
    if epsilon:
        square = combine(t, "add", square, np.float32(epsilon), "stable")
    return combine(t, "divide", x, square_root(t, square, "deviation"), "normalised")


def _affine(t: Translation, x: Value, scale: np.ndarray, bias: np.ndarray | None) -> Value:
    y = combine(t, "multiply", x, scale, "scaled" if bias is not None else "")
    return y if bias is None else combine(t, "add", y, bias)


def _per_channel(array: np.ndarray, rank: int) -> np.ndarray:
    return array.reshape(-1, *[1] * (rank - 2))


@translates("LayerNormalization", attributes="axis epsilon", ignored="stash_type")
def layer_normalization(t: Translation, node: OnnxNode) -> Value:
    """Over the last axes, with constant scale and bias."""
    x, rank = t.activation(node), len(t.activation(node).shape)
    first = t.axis_of(node.attributes.get("axis", -1), rank)
    epsilon = node.attributes.get("epsilon", 1e-5)
    y = _standardised(t, x, range(first, rank), epsilon)
    return _affine(t, y, t.constant(node, 1, "scale"), t.optional(node, 2, "bias"))


@translates("RMSNormalization", attributes="axis epsilon", ignored="stash_type")
def rms_normalization(t: Translation, node: OnnxNode) -> Value:
    """Over the last axes, with a constant scale."""
    x, rank = t.activation(node), len(t.activation(node).shape)
    first = t.axis_of(node.attributes.get("axis", -1), rank)
    epsilon = node.attributes.get("epsilon", 1e-5)
    y = _by_root_mean_square(t, x, range(first, rank), epsilon)
    return _affine(t, y, t.constant(node, 1, "scale"), None)


@translates("InstanceNormalization", attributes="epsilon")
def instance_normalization(t: Translation, node: OnnxNode) -> Value:
    """With constant scale and bias."""
    x, rank = t.activation(node), len(t.activation(node).shape)
    if rank < 3:
        raise ConvertError("gets no image; export the model again")
    y = _standardised(t, x, range(2, rank), node.attributes.get("epsilon", 1e-5))
    scale, bias = (_per_channel(t.constant(node, i, what), rank) for i, what in _PARAMETERS)
    return _affine(t, y, scale, bias)


_PARAMETERS = ((1, "scale"), (2, "bias"))


@translates("GroupNormalization", attributes="epsilon num_groups", ignored="stash_type")
def group_normalization(t: Translation, node: OnnxNode) -> Value:
    """With constant scale and bias for each channel (from opset 21) or group (before)."""
    x, groups = t.activation(node), node.attributes["num_groups"]
    channels = x.shape[1]
    if groups < 1 or channels % groups:
        raise ConvertError(f"has {groups} groups for {channels} channels; export the model again")
    grouped = x.reshaped((x.shape[0], groups, channels // groups, *x.shape[2:]))
    axes = range(2, len(grouped.shape))
    y = _standardised(t, grouped, axes, node.attributes.get("epsilon", 1e-5)).reshaped(x.shape)
    parameters = []
    for index, what in _PARAMETERS:
        array = t.constant(node, index, what).reshape(-1)
        if array.size == groups and t.model.opset < 21:
            array = np.repeat(array, channels // groups)
        parameters.append(_per_channel(array, len(x.shape)))
    return _affine(t, y, *parameters)


@translates("MeanVarianceNormalization", attributes="axes")
def mean_variance_normalization(t: Translation, node: OnnxNode) -> Value:
    """Over any axes but the batch."""
    x = t.activation(node)
    axes = [t.axis_of(axis, len(x.shape)) for axis in node.attributes.get("axes", (0, 2, 3))]
    return _standardised(t, x, axes, 1e-9)


@translates("LpNormalization", attributes="axis p")
def lp_normalization(t: Translation, node: OnnxNode) -> Value:
    """p of 1 and 2."""
    x, p = t.activation(node), node.attributes.get("p", 2)
    axes = [t.axis_of(node.attributes.get("axis", -1), len(x.shape))]
    if p not in (1, 2):
        raise ConvertError(f"has the norm {p}; 1 and 2 are possible")
    if p == 1:
        norm = total(t, absolute_value(t, x, "absolute"), axes, "norm")
    else:
        squares = total(t, combine(t, "multiply", x, x, "square"), axes, "squares")
        norm = square_root(t, squares, "norm")
    # Of zeros the result is 0, as in ONNX.
    norm = combine(t, "maximum", norm, np.float32(1e-30), "positive")
    return combine(t, "divide", x, norm)


@translates("LRN", attributes="alpha beta bias size")
def local_response_normalization(t: Translation, node: OnnxNode) -> Value:
    """beta of 0.5, 0.75 and 1."""
    x = t.activation(node)
    alpha, beta = node.attributes.get("alpha", 1e-4), node.attributes.get("beta", 0.75)
    size, channels = node.attributes["size"], x.shape[1]
    distance = np.arange(channels)[None] - np.arange(channels)[:, None]
    window = (distance >= -((size - 1) // 2)) & (distance <= size // 2)
    square = combine(t, "multiply", x, x, "square")
    mixed = t.builder.along(square, 1, window * (alpha / size), "window")
    base = combine(t, "add", mixed, np.float32(node.attributes.get("bias", 1.0)), "base")
    if abs(beta - 0.75) > 1e-6:
        return combine(t, "divide", x, raised(t, base, beta))
    root = square_root(t, base, "root")
    divisor = combine(t, "multiply", root, square_root(t, root, "fourth_root"), "divisor")
    return combine(t, "divide", x, divisor)
