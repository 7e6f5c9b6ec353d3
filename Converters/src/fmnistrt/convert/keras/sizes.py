"""Keras's layers that change the size of an image, as nodes.

Repeating, cropping and interpolating mix the rows of an image, and then its columns, by a matrix
each. So they are 1 x 1 convolutions of the image, transposed so that its rows are its channels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..graph import Tensor
from .builder import Builder

MOST_MIXED = 1 << 22
"""Numbers in a matrix: images of up to some 2,000 pixels in height and width."""


def remap(builder: Builder, x: Tensor, rows: np.ndarray, columns: np.ndarray) -> Tensor:
    """`rows @ image @ columns.T` for each channel of x (height, width, channels)."""
    builder.check_image(x)
    if _is_identity(rows) and _is_identity(columns):
        return x
    for part, matrix in [("rows", rows), ("columns", columns)]:
        x = builder.transpose(x, (1, 2, 0))
        if not _is_identity(matrix):
            weights = builder.constant(part, matrix[:, None, None, :])
            x = builder.node("conv2d", [x, weights], f"mixed_{part}")
    return builder.transpose(x, (1, 2, 0))


def check_matrix(builder: Builder, size: int, count: int) -> None:
    """Refuses sizes that no image has, before there is a matrix for them."""
    if count < 1 or size * count > MOST_MIXED:
        raise builder.fail(
            f"makes {count} rows or columns of {size}; the product may be 1 to {MOST_MIXED}"
        )


def _is_identity(matrix: np.ndarray) -> bool:
    return matrix.shape[0] == matrix.shape[1] and bool((matrix == np.eye(len(matrix))).all())


def _window(size: int, start: int, count: int) -> np.ndarray:
    """Takes `count` pixels from `start` on."""
    return np.eye(count, size, start)


def _nearest(size: int, count: int) -> np.ndarray:
    """The pixel in whose square the middle of the new one lies, in single precision."""
    middles = (np.arange(count, dtype=np.float32) + np.float32(0.5)) * np.float32(size / count)
    return np.equal.outer(np.minimum(middles.astype(int), size - 1), np.arange(size)) * 1.0


def _linear(size: int, count: int) -> np.ndarray:
    """Interpolates between the two pixels whose middles are next to that of the new one."""
    places = np.clip((np.arange(count) + 0.5) * (size / count) - 0.5, 0, size - 1)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(size)))


METHODS = {"nearest": _nearest, "bilinear": _linear}


def _method(builder: Builder, default: str) -> Callable[[int, int], np.ndarray]:
    name = str(builder.option("interpolation", default)).lower()
    if name not in METHODS or builder.option("antialias", False):
        name += " with antialias" if name in METHODS else ""
        raise builder.fail(
            f"interpolates in the way {name}; {' and '.join(METHODS)} can be converted"
        )
    return METHODS[name]


def cropping(builder: Builder, x: Tensor) -> Tensor:
    """Cropping2D: one number, (height, width), or ((top, bottom), (left, right))."""
    builder.check_image(x)
    sides = builder.sides("cropping", 0)
    matrices = []
    for axis, (before, after) in enumerate(sides):
        left = x.shape[axis] - before - after
        if min(before, after) < 0:
            raise builder.fail(f"crops {before} and {after} pixels")
        check_matrix(builder, x.shape[axis], left)
        matrices.append(_window(x.shape[axis], before, left))
    return remap(builder, x, *matrices)


def up_sampling(builder: Builder, x: Tensor) -> Tensor:
    """UpSampling2D: nearest repeats rows and columns."""
    factors, method = builder.pair("size", 2), _method(builder, "nearest")
    version = builder.version
    if method is _linear and version.numbers < ((2, 3) if version.is_tensorflow else (2, 4)):
        raise builder.fail(
            f"interpolates, which Keras {version.text} did in one way or another with different "
            'versions of TensorFlow, and the file does not say which: use interpolation="nearest"'
        )
    builder.check_image(x)
    for axis in (0, 1):
        check_matrix(builder, x.shape[axis], x.shape[axis] * factors[axis])
    return remap(builder, x, *(method(x.shape[i], x.shape[i] * factors[i]) for i in (0, 1)))


def _target(builder: Builder, x: Tensor) -> tuple[int, int]:
    builder.check_image(x)
    target = int(builder.option("height")), int(builder.option("width"))
    for axis in (0, 1):
        check_matrix(builder, x.shape[axis], target[axis])
    return target


def resizing(builder: Builder, x: Tensor) -> Tensor:
    """Resizing, also of the largest part in the middle that has the new aspect ratio."""
    target, size, method = _target(builder, x), x.shape[:2], _method(builder, "bilinear")
    crop = bool(builder.option("crop_to_aspect_ratio", False))
    same = target[0] * size[1] == target[1] * size[0]
    if builder.option("pad_to_aspect_ratio", False) and not same:
        raise builder.fail("pads to another aspect ratio, which cannot be converted")
    return _fit(builder, x, target, method, crop)


def _fit(
    builder: Builder,
    x: Tensor,
    target: tuple[int, int],
    method: Callable[[int, int], np.ndarray],
    crop: bool,
) -> Tensor:
    size = x.shape[:2]
    kept = list(size)
    for pixels in size:
        check_matrix(builder, pixels, pixels)
    if crop:
        for axis, other in [(0, 1), (1, 0)]:
            wanted = int(size[other] * target[axis] / target[other])
            kept[axis] = max(min(size[axis], wanted), 1)
    matrices = [
        method(kept[axis], target[axis])
        @ _window(size[axis], (size[axis] - kept[axis]) // 2, kept[axis])
        for axis in (0, 1)
    ]
    return remap(builder, x, *matrices)


def center_crop(builder: Builder, x: Tensor) -> Tensor:
    """CenterCrop; an image that is too small is resized to fill the window."""
    target = _target(builder, x)
    room = [x.shape[axis] - target[axis] for axis in (0, 1)]
    if min(room) < 0:
        return _fit(builder, x, target, _linear, crop=True)
    return remap(builder, x, *(_window(x.shape[i], room[i] // 2, target[i]) for i in (0, 1)))


LAYERS: dict[str, Callable[[Builder, Tensor], Tensor]] = {
    "CenterCrop": center_crop,
    "Cropping2D": cropping,
    "Resizing": resizing,
    "UpSampling2D": up_sampling,
}
