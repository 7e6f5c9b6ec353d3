"""Keras's convolutions and pooling in NumPy, for `evaluate.py`."""

from __future__ import annotations

import numpy as np


def two(value, default=None) -> tuple:
    """A setting that is one value or two, for height and width."""
    value = default if value is None else value
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


def _same_padding(size: int, extent: int, stride: int) -> tuple[int, int]:
    """TensorFlow's "SAME", as its documentation gives it."""
    left_over = size % stride
    total = max(extent - (left_over or stride), 0)
    return total // 2, total - total // 2


def _padded(
    x: np.ndarray,
    config: dict,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    value: float,
) -> np.ndarray:
    mode = str(config.get("padding", "valid")).lower()
    if mode == "causal":
        return np.pad(x, [(0, 0), ((kernel[0] - 1) * dilation[0], 0), (0, 0), (0, 0)])
    if mode != "same":
        return x
    pads = [
        _same_padding(x.shape[1 + i], (kernel[i] - 1) * dilation[i] + 1, stride[i]) for i in (0, 1)
    ]
    return np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value)


def _taps(x: np.ndarray, kernel, stride, dilation):
    """For each tap of the kernel, the values of x it meets: (row, column, (n, h, w, c))."""
    size = [(x.shape[1 + i] - (kernel[i] - 1) * dilation[i] - 1) // stride[i] + 1 for i in (0, 1)]
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            top, left = row * dilation[0], column * dilation[1]
            bottom = top + (size[0] - 1) * stride[0] + 1
            right = left + (size[1] - 1) * stride[1] + 1
            yield row, column, x[:, top : bottom : stride[0], left : right : stride[1]]


def _geometry(config: dict):
    return (
        two(config["kernel_size"]),
        two(config.get("strides"), 1),
        two(config.get("dilation_rate"), 1),
    )


def _conv2d(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    geometry, groups = _geometry(config), config.get("groups") or 1
    x = _padded(x, config, *geometry, 0.0)
    outputs = []
    for part, kernel in zip(np.split(x, groups, -1), np.split(weights[0], groups, -1), strict=True):
        outputs.append(sum(values @ kernel[i, j] for i, j, values in _taps(part, *geometry)))
    result = np.concatenate(outputs, -1)
    return result + weights[1] if config.get("use_bias", True) else result


def _depthwise(x: np.ndarray, config: dict, kernel: np.ndarray) -> np.ndarray:
    geometry = _geometry(config)
    x = _padded(x, config, *geometry, 0.0)
    result = sum(values[..., None] * kernel[i, j] for i, j, values in _taps(x, *geometry))
    return result.reshape(*result.shape[:3], -1)


def _depthwise_conv2d(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    result = _depthwise(x, config, weights[0])
    return result + weights[1] if config.get("use_bias", True) else result


def _separable_conv2d(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    result = _depthwise(x, config, weights[0]) @ weights[1][0, 0]
    return result + weights[2] if config.get("use_bias", True) else result


def _conv2d_transpose(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    """The gradient of a convolution: each pixel adds its multiple of the kernel to the output."""
    kernel, stride, dilation = _geometry(config)
    extent = [(kernel[i] - 1) * dilation[i] + 1 for i in (0, 1)]
    full = [
        max((x.shape[1 + i] - 1) * stride[i] + extent[i], x.shape[1 + i] * stride[i])
        for i in (0, 1)
    ]
    result = np.zeros((len(x), *full, weights[0].shape[2]))
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            top, left = i * dilation[0], j * dilation[1]
            bottom = top + (x.shape[1] - 1) * stride[0] + 1
            right = left + (x.shape[2] - 1) * stride[1] + 1
            place = result[:, top : bottom : stride[0], left : right : stride[1]]
            place += x @ weights[0][i, j].T
    if str(config.get("padding")).lower() == "same":
        top, left = (max(extent[i] - stride[i], 0) // 2 for i in (0, 1))
        height, width = (x.shape[1 + i] * stride[i] for i in (0, 1))
        result = result[:, top : top + height, left : left + width]
    return result + weights[1] if config.get("use_bias", True) else result


def _pool_geometry(config: dict):
    kernel = two(config.get("pool_size"), 2)
    return kernel, two(config.get("strides"), kernel), (1, 1)


def _max_pool(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    geometry = _pool_geometry(config)
    x = _padded(x, config, *geometry, -np.inf)
    return np.max([values for _, _, values in _taps(x, *geometry)], axis=0)


def _average_pool(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    """The mean over the cells of the image; padding does not count."""
    geometry = _pool_geometry(config)
    cells = _padded(np.ones_like(x), config, *geometry, 0.0)
    x = _padded(x, config, *geometry, 0.0)
    total = sum(values for _, _, values in _taps(x, *geometry))
    return total / sum(values for _, _, values in _taps(cells, *geometry))


LAYERS = {
    "AveragePooling2D": _average_pool,
    "Conv2D": _conv2d,
    "Conv2DTranspose": _conv2d_transpose,
    "DepthwiseConv2D": _depthwise_conv2d,
    "GlobalAveragePooling2D": lambda x, config, weights: x.mean(
        (1, 2), keepdims=bool(config.get("keepdims"))
    ),
    "GlobalMaxPooling2D": lambda x, config, weights: x.max(
        (1, 2), keepdims=bool(config.get("keepdims"))
    ),
    "MaxPooling2D": _max_pool,
    "SeparableConv2D": _separable_conv2d,
}
