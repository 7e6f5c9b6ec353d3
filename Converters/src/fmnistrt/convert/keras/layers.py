"""Keras's layers with weights, and pooling, as nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Tensor
from .activations import activate
from .builder import Builder


def _padding(
    builder: Builder, x: Tensor, kernel: tuple[int, int], stride: tuple[int, int], dilation: Any
) -> dict[str, int]:
    """Keras's "same" gives ceil(size / stride) outputs; an odd cell of padding goes to the end."""
    mode = str(builder.option("padding", "valid")).lower()
    if mode not in ("valid", "same"):
        raise builder.fail(f'has the padding "{mode}"; "valid" and "same" can be converted')
    if len(x.shape) != 3:
        raise builder.fail(f"needs an image (height, width, channels), but gets {x.shape}")
    result = {}
    for axis, (before, after) in enumerate([("pad_top", "pad_bottom"), ("pad_left", "pad_right")]):
        size, extent = x.shape[axis], (kernel[axis] - 1) * dilation[axis] + 1
        total = 0
        if mode == "same":
            total = max((-(-size // stride[axis]) - 1) * stride[axis] + extent - size, 0)
        result[before], result[after] = total // 2, total - total // 2
    return result


def _window(builder: Builder, x: Tensor) -> dict[str, int]:
    """Attributes of a convolution from the layer's settings."""
    kernel, stride = builder.pair("kernel_size"), builder.pair("strides")
    dilation = builder.pair("dilation_rate")
    return {
        "stride_h": stride[0],
        "stride_w": stride[1],
        "dilation_h": dilation[0],
        "dilation_w": dilation[1],
        **_padding(builder, x, kernel, stride, dilation),
    }


def _finish(builder: Builder, x: Tensor) -> Tensor:
    return activate(builder, x, builder.option("activation"))


def _bias(builder: Builder, size: int) -> list[tuple[int, ...]]:
    return [(size,)] if builder.option("use_bias", True) else []


def _constants(builder: Builder, weights: np.ndarray, bias: list[np.ndarray]) -> list[Tensor]:
    return [
        builder.constant("weights", weights),
        *[builder.constant("bias", array) for array in bias],
    ]


def conv2d(builder: Builder, x: Tensor) -> Tensor:
    """Conv2D; Keras's kernels are [height, width, input, output]."""
    window = _window(builder, x)
    kernel, filters, groups = (
        builder.pair("kernel_size"),
        int(builder.option("filters")),
        int(builder.option("groups", 1)),
    )
    weights, *bias = builder.weights(
        (*kernel, x.shape[2] // groups, filters), *_bias(builder, filters)
    )
    inputs = [x, *_constants(builder, weights.transpose(3, 0, 1, 2), bias)]
    return _finish(builder, builder.node("conv2d", inputs, "linear", {**window, "groups": groups}))


def _depthwise_weights(kernel: np.ndarray) -> np.ndarray:
    height, width, channels, multiplier = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, height, width, 1)


def depthwise_conv2d(builder: Builder, x: Tensor) -> Tensor:
    """DepthwiseConv2D: as many groups as channels."""
    window, channels = _window(builder, x), x.shape[2]
    multiplier = int(builder.option("depth_multiplier", 1))
    kernel, *bias = builder.weights(
        (*builder.pair("kernel_size"), channels, multiplier),
        *_bias(builder, channels * multiplier),
    )
    inputs = [x, *_constants(builder, _depthwise_weights(kernel), bias)]
    x = builder.node("conv2d", inputs, "linear", {**window, "groups": channels})
    return _finish(builder, x)


def separable_conv2d(builder: Builder, x: Tensor) -> Tensor:
    """SeparableConv2D: a depthwise convolution, then one of 1 x 1."""
    window, channels = _window(builder, x), x.shape[2]
    multiplier = int(builder.option("depth_multiplier", 1))
    filters = int(builder.option("filters"))
    depthwise, pointwise, *bias = builder.weights(
        (*builder.pair("kernel_size"), channels, multiplier),
        (1, 1, channels * multiplier, filters),
        *_bias(builder, filters),
    )
    weights = builder.constant("depthwise_weights", _depthwise_weights(depthwise))
    x = builder.node("conv2d", [x, weights], "depthwise", {**window, "groups": channels})
    inputs = [x, *_constants(builder, pointwise.transpose(3, 0, 1, 2), bias)]
    return _finish(builder, builder.node("conv2d", inputs, "linear"))


def dense(builder: Builder, x: Tensor) -> Tensor:
    """Dense; on more than a vector it is a 1 x 1 convolution along the last axis."""
    units = int(builder.option("units"))
    weights, *bias = builder.weights((x.shape[-1], units), *_bias(builder, units))
    if len(x.shape) == 1:
        x = builder.node("dense", [x, *_constants(builder, weights.T, bias)], "linear")
    else:
        shape = x.shape
        image = shape if len(shape) == 3 else (1, int(np.prod(shape[:-1])), shape[-1])
        x = builder.reshape(x, image, "image")
        inputs = [x, *_constants(builder, weights.T[:, None, None, :], bias)]
        x = builder.node("conv2d", inputs, "linear")
        x = builder.reshape(x, (*shape[:-1], units))
    return _finish(builder, x)


def _pool(operator: str) -> Callable[[Builder, Tensor], Tensor]:
    def pool(builder: Builder, x: Tensor) -> Tensor:
        kernel = builder.pair("pool_size", 2)
        stride = builder.pair("strides", kernel)
        attributes = {
            "kernel_h": kernel[0],
            "kernel_w": kernel[1],
            "stride_h": stride[0],
            "stride_w": stride[1],
            **_padding(builder, x, kernel, stride, (1, 1)),
        }
        return builder.node(operator, [x], "pool", attributes)

    return pool


def _global_pool(operator: str) -> Callable[[Builder, Tensor], Tensor]:
    def pool(builder: Builder, x: Tensor) -> Tensor:
        x = builder.node(operator, [x], "pool")
        return builder.reshape(x, (1, 1, *x.shape)) if builder.option("keepdims") else x

    return pool


def batch_normalization(builder: Builder, x: Tensor) -> Tensor:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the moving averages."""
    axis = builder.option("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(x.shape)):
        raise builder.fail(f"normalises axis {axis}; only the last axis can be converted")
    if builder.option("mode", 0) != 0:
        raise builder.fail("normalises each image by itself, which cannot be converted")
    keys = [
        *(["gamma"] if builder.option("scale", True) else []),
        *(["beta"] if builder.option("center", True) else []),
        "mean",
        "variance",
    ]
    arrays = builder.weights(*[x.shape[-1:]] * len(keys))
    value = {key: array.astype(np.float64) for key, array in zip(keys, arrays, strict=True)}
    spread = value["variance"] + builder.number("epsilon", default=1e-3)
    if (spread <= 0).any():
        raise builder.fail("has a negative variance: the checkpoint is damaged, convert another")
    scale = value.get("gamma", 1.0) / np.sqrt(spread)
    return builder.scale_shift(x, scale, value.get("beta", 0.0) - value["mean"] * scale)


def rescaling(builder: Builder, x: Tensor) -> Tensor:
    """Rescaling: x * scale + offset."""
    scale, offset = (
        np.float64(builder.option(key, default))
        for key, default in [("scale", 1.0), ("offset", 0.0)]
    )
    return builder.scale_shift(x, _channels(builder, x, scale), _channels(builder, x, offset))


def _channels(builder: Builder, x: Tensor, values: np.ndarray) -> np.ndarray:
    """One number, or one for each channel."""
    if values.size not in (1, x.shape[-1]):
        raise builder.fail(f"has {values.size} numbers for {x.shape[-1]} channels")
    return values.reshape(-1) if values.size > 1 else values.reshape(())


def normalization(builder: Builder, x: Tensor) -> Tensor:
    """Normalization: (x - mean) / sqrt(variance), from its settings or as adapted to data."""
    axis = builder.option("axis")
    axes = axis if isinstance(axis, list) else [] if axis is None else [axis]
    if axes not in ([], [-1], [len(x.shape)]):
        raise builder.fail(f"normalises the axes {axes}; only the last axis can be converted")
    if builder.layer.config.get("mean") is not None:
        mean, variance = builder.option("mean"), builder.option("variance")
    elif len(builder.layer.weights) >= 2:
        mean, variance = builder.layer.weights[:2]
    else:
        raise builder.fail("was never adapted to data: call adapt() and save the model again")
    mean, variance = (_channels(builder, x, np.float64(value)) for value in (mean, variance))
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    if builder.option("invert", False):
        return builder.scale_shift(x, deviation, mean)
    return builder.scale_shift(x, 1 / deviation, -mean / deviation)


LAYERS: dict[str, Callable[[Builder, Tensor], Tensor]] = {
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    "MaxPooling2D": _pool("max_pool"),
    "AveragePooling2D": _pool("average_pool"),
    "GlobalMaxPooling2D": _global_pool("global_max_pool"),
    "GlobalAveragePooling2D": _global_pool("global_average_pool"),
    "BatchNormalization": batch_normalization,
    "Rescaling": rescaling,
    "Normalization": normalization,
}
