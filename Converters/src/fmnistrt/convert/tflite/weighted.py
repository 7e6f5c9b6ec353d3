"""Convolutions, dense layers and pooling."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError, Tensor
from .builder import Translation, axis_of, translates
from .dilation import EXPLICIT, VALID
from .model import TfliteNode

SAME = 0


def _image(x: Tensor) -> Tensor:
    if len(x.shape) != 3:
        raise ConvertError(
            f"needs images (batch, height, width, channels), but gets (batch, "
            f"{', '.join(map(str, x.shape))}); only two-dimensional images work"
        )
    return x


def _windows(node: TfliteNode, x: Tensor, kernel: tuple[int, int]) -> dict[str, int]:
    """Strides and paddings; an odd cell of "same" padding goes to the end."""
    s = node.settings
    if s["padding"] not in (SAME, VALID, EXPLICIT):
        raise ConvertError(f"has the unknown padding {s['padding']}; convert the model again")
    result = {"stride_h": int(s["stride_h"]), "stride_w": int(s["stride_w"])}
    sides = [("h", "pad_top", "pad_bottom"), ("w", "pad_left", "pad_right")]
    for axis, (letter, before, after) in enumerate(sides):
        stride, total = result[f"stride_{letter}"], 0
        if stride < 1:
            raise ConvertError(f"has the stride {stride}; convert the model again")
        if s["padding"] == SAME:
            extent = (kernel[axis] - 1) * int(s.get(f"dilation_{letter}", 1)) + 1
            size = x.shape[axis]
            total = max((-(-size // stride) - 1) * stride + extent - size, 0)
        result[before], result[after] = total // 2, total - total // 2
        if s["padding"] == EXPLICIT:
            result[before], result[after] = node.sizes[2 * axis : 2 * axis + 2]
    return result


def _biased(t: Translation, node: TfliteNode, inputs: list[Tensor], outputs: int) -> list[Tensor]:
    if t.has(node, 2):
        bias = t.constant_of(node, 2, "bias")
        if bias.shape != (outputs,):
            raise ConvertError(f"has a bias of shape {bias.shape} for {outputs} outputs")
        inputs.append(t.constant(bias.astype(np.float64), "bias"))
    return inputs


def _convolution(
    t: Translation, node: TfliteNode, weights: np.ndarray, axis: int, groups: int
) -> Tensor:
    """A convolution with weights (outputs, height, width, channels / groups)."""
    x, s = _image(t.activation(node)), node.settings
    windows = _windows(node, x, weights.shape[1:3])
    inputs = [x, t.constant(weights, "weights", t.steps_of(node, 1, axis))]
    return t.add(
        "conv2d",
        _biased(t, node, inputs, len(weights)),
        groups=groups,
        dilation_h=int(s["dilation_h"]),
        dilation_w=int(s["dilation_w"]),
        **windows,
    )


@translates("CONV_2D")
def convolution(t: Translation, node: TfliteNode) -> Tensor:
    """Weights (outputs, height, width, channels); fewer channels than the input's are groups."""
    weights = t.constant_of(node, 1, "weights")
    channels = _image(t.activation(node)).shape[2]
    if weights.ndim != 4 or not weights.size or channels % weights.shape[3]:
        raise ConvertError(f"has weights of shape {weights.shape} for {channels} channels")
    return _convolution(t, node, weights, 0, channels // weights.shape[3])


@translates("DEPTHWISE_CONV_2D")
def depthwise_convolution(t: Translation, node: TfliteNode) -> Tensor:
    """Weights (1, height, width, channels * multiplier)."""
    weights = t.constant_of(node, 1, "weights")
    channels = _image(t.activation(node)).shape[2]
    if weights.ndim != 4 or weights.shape[0] != 1:
        raise ConvertError(f"has weights of shape {weights.shape}; convert the model again")
    return _convolution(t, node, weights.transpose(3, 1, 2, 0), 3, channels)


def _dense(t: Translation, node: TfliteNode, weights: np.ndarray, axis: int, keep: bool) -> Tensor:
    """A dense layer with weights (outputs, inputs), or along the last axis of more a 1x1
    convolution.
    """
    x, (outputs, inputs) = t.activation(node), weights.shape
    size, steps = math.prod(x.shape), t.steps_of(node, 1, axis)
    shape = (*x.shape[:-1], outputs) if keep else (outputs,)
    if size == inputs:
        held = [t.flat(x), t.constant(weights, "weights", steps)]
        return t.reshaped(t.add("dense", _biased(t, node, held, outputs)), shape)
    if not keep or x.shape[-1] != inputs:
        raise ConvertError(
            f"has weights for {inputs} inputs, but gets {size} of each image; change the model so "
            "that each image is classified on its own"
        )
    image = t.reshaped(x, (1, size // inputs, inputs))
    held = [image, t.constant(weights[:, None, None, :], "weights", steps)]
    return t.reshaped(t.add("conv2d", _biased(t, node, held, outputs)), shape)


@translates("FULLY_CONNECTED")
def fully_connected(t: Translation, node: TfliteNode) -> Tensor:
    """Weights (outputs, inputs)."""
    weights = t.constant_of(node, 1, "weights")
    if weights.ndim != 2 or node.settings["format"]:
        raise ConvertError("has its weights in an order of their own; convert the model again")
    return _dense(t, node, weights, 0, bool(node.settings["keep"]))


@translates("BATCH_MATMUL")
def matrix_product(t: Translation, node: TfliteNode) -> Tensor:
    """Weights (inputs, outputs), or transposed."""
    weights = t.constant_of(node, 1, "weights on its right side")
    if weights.ndim != 2 or node.settings["transposed_x"]:
        raise ConvertError(
            f"multiplies by weights of shape {weights.shape}; only a matrix on the right side works"
        )
    transposed = bool(node.settings["transposed_y"])
    weights = weights if transposed else weights.T
    return _dense(t, node, weights, 0 if transposed else 1, keep=True)


@translates("MAX_POOL_2D", "AVERAGE_POOL_2D")
def pool(t: Translation, node: TfliteNode) -> Tensor:
    """Pooling; a mean does not count the padding."""
    x, s = _image(t.activation(node)), node.settings
    kernel = int(s["kernel_h"]), int(s["kernel_w"])
    attributes = {"kernel_h": kernel[0], "kernel_w": kernel[1], **_windows(node, x, kernel)}
    operator = "max_pool" if node.operator == "MAX_POOL_2D" else "average_pool"
    return t.add(operator, [x], **attributes)


@translates("MEAN", "SUM", "REDUCE_MAX")
def reduce(t: Translation, node: TfliteNode) -> Tensor:
    """The mean, sum or maximum over some axes, as a global pooling over an image of those axes."""
    x = t.activation(node)
    rank = len(x.shape)
    axes = {axis_of(axis, rank + 1) for axis in t.integers(node, 1, "axes")}
    if not axes:
        return x
    reduced = [axis for axis in range(rank) if axis in axes]
    kept = [axis for axis in range(rank) if axis not in axes]
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    if not node.settings["keep"]:
        shape = tuple(x.shape[axis] for axis in kept)
        if not shape:
            raise ConvertError("gives one number for each image; a classifier needs more")
    cells = math.prod(x.shape[axis] for axis in reduced)
    if [*reduced, *kept] != list(range(rank)):
        x = t.add("transpose", [x], axes=(*reduced, *kept))
    if len(reduced) != 2 or len(kept) != 1:
        x = t.reshaped(x, (1, cells, math.prod(shape)))
    operator = "global_max_pool" if node.operator == "REDUCE_MAX" else "global_average_pool"
    y = t.reshaped(t.add(operator, [x]), shape)
    return t.scaled(y, cells, 0) if node.operator == "SUM" else y
