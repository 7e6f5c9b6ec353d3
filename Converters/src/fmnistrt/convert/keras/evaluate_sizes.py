"""Keras's layers that change the size of an image, in NumPy, for `evaluate.py`."""

from __future__ import annotations

import numpy as np

from .evaluate_images import two


def _zero_padding(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    rows, columns = two(config.get("padding"), 1)
    return np.pad(x, [(0, 0), two(rows), two(columns), (0, 0)])


def _cropping(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    (top, bottom), (left, right) = map(two, two(config.get("cropping"), 0))
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]


def _resized(x: np.ndarray, target: tuple[int, int], method: str) -> np.ndarray:
    for axis, count in ((1, target[0]), (2, target[1])):
        size = x.shape[axis]
        if method == "nearest":
            middles = np.float32(size / count) * (
                np.arange(count, dtype=np.float32) + np.float32(0.5)
            )
            x = x.take(np.minimum(middles.astype(int), size - 1), axis)
        else:
            middles = (np.arange(count) + 0.5) * size / count - 0.5
            lower = np.floor(middles).astype(int)
            share = (middles - lower).reshape(-1, *[1] * (x.ndim - 1 - axis))
            below, above = np.clip(lower, 0, size - 1), np.clip(lower + 1, 0, size - 1)
            x = x.take(below, axis) * (1 - share) + x.take(above, axis) * share
    return x


def _up_sampling(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    rows, columns = two(config.get("size"), 2)
    if config.get("interpolation", "nearest") == "nearest":
        return x.repeat(rows, 1).repeat(columns, 2)
    return _resized(x, (x.shape[1] * rows, x.shape[2] * columns), "bilinear")


def _largest_part(x: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    """The part in the middle with the aspect ratio of the target."""
    height, width = x.shape[1:3]
    rows = max(1, min(height, int(width * target[0] / target[1])))
    columns = max(1, min(width, int(height * target[1] / target[0])))
    top, left = (height - rows) // 2, (width - columns) // 2
    return x[:, top : top + rows, left : left + columns]


def _resizing(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    target = config["height"], config["width"]
    if config.get("crop_to_aspect_ratio"):
        x = _largest_part(x, target)
    return _resized(x, target, str(config.get("interpolation", "bilinear")).lower())


def _center_crop(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    height, width = config["height"], config["width"]
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    if min(top, left) < 0:
        return _resized(_largest_part(x, (height, width)), (height, width), "bilinear")
    return x[:, top : top + height, left : left + width]


LAYERS = {
    "CenterCrop": _center_crop,
    "Cropping2D": _cropping,
    "Resizing": _resizing,
    "UpSampling2D": _up_sampling,
    "ZeroPadding2D": _zero_padding,
}
