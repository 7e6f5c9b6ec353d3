"""Keras's convolutions, dense layers and pooling, as nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Tensor
from .builder import Builder
from .sequences import SEQUENCES
from .sizes import check_matrix, remap


def _padding_mode(builder: Builder) -> str:
    mode = str(builder.option("padding", "valid")).lower()
    if mode not in ("valid", "same") and not (mode == "causal" and builder.layer.kind in SEQUENCES):
        raise builder.fail(f'has the padding "{mode}"; "valid" and "same" can be converted')
    return mode


def _padding(
    builder: Builder, x: Tensor, kernel: tuple[int, int], stride: tuple[int, int], dilation: Any
) -> dict[str, int]:
    """Keras's "same" gives ceil(size / stride) outputs; an odd cell of padding goes to the end."""
    mode = _padding_mode(builder)
    builder.check_image(x)
    result = {}
    for axis, (before, after) in enumerate([("pad_top", "pad_bottom"), ("pad_left", "pad_right")]):
        size, extent = x.shape[axis], (kernel[axis] - 1) * dilation[axis] + 1
        total = 0
        if mode == "same":
            total = max((-(-size // stride[axis]) - 1) * stride[axis] + extent - size, 0)
        result[before], result[after] = total // 2, total - total // 2
        if mode == "causal":
            result[before] = extent - 1
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
    return builder.node("conv2d", inputs, "linear", {**window, "groups": groups})


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
    return builder.node("conv2d", inputs, "linear", {**window, "groups": channels})


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
    return builder.node("conv2d", inputs, "linear")


def conv2d_transpose(builder: Builder, x: Tensor) -> Tensor:
    """Conv2DTranspose: zeros between the pixels, then a convolution with the turned kernel."""
    kernel, stride = builder.pair("kernel_size"), builder.pair("strides")
    dilation, filters = builder.pair("dilation_rate"), int(builder.option("filters"))
    mode = _padding_mode(builder)
    if builder.option("output_padding") is not None:
        raise builder.fail("has an output_padding, which cannot be converted")
    builder.check_image(x)
    weights, *bias = builder.weights((*kernel, filters, x.shape[2]), *_bias(builder, filters))
    spread = []
    for axis in (0, 1):
        extent = (kernel[axis] - 1) * dilation[axis] + 1
        more = max(extent - stride[axis], 0)
        size = x.shape[axis] * stride[axis] + (more if mode == "valid" else 0)
        before = more // 2 if mode == "same" else 0
        check_matrix(builder, x.shape[axis], size + extent - 1)
        places = np.arange(x.shape[axis]) * stride[axis] + extent - 1 - before
        spread.append((np.arange(size + extent - 1)[:, None] == places).astype(float))
    turned = weights[::-1, ::-1].transpose(2, 0, 1, 3)
    inputs = [remap(builder, x, *spread), *_constants(builder, turned, bias)]
    attributes = {"dilation_h": dilation[0], "dilation_w": dilation[1]}
    return builder.node("conv2d", inputs, "linear", attributes)


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
    return x


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


LAYERS: dict[str, Callable[[Builder, Tensor], Tensor]] = {
    "Conv2D": conv2d,
    "Conv2DTranspose": conv2d_transpose,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    "MaxPooling2D": _pool("max_pool"),
    "AveragePooling2D": _pool("average_pool"),
    "GlobalMaxPooling2D": _global_pool("global_max_pool"),
    "GlobalAveragePooling2D": _global_pool("global_average_pool"),
}
