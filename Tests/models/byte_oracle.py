"""Evaluates models of bytes exactly, from docs/fmg-format.md: integers, and single floats.

Every function gets the node's attributes as a list and its inputs, and returns the output: bytes as
`Bytes`, floats as float32. One operation of NumPy on float32 is one rounded operation.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fmg import Model

F = np.float32


@dataclass
class Bytes:
    """A tensor of type u8."""

    q: np.ndarray
    scale: np.float32
    zero: int

    @property
    def centred(self) -> np.ndarray:
        """q - z, integers."""
        return self.q.astype(np.int64) - self.zero

    @property
    def real(self) -> np.ndarray:
        """What the bytes mean."""
        return self.centred.astype(F) * self.scale


Value = Bytes | np.ndarray


def _windows(size: int, kernel: int, stride: int, dilation: int, before: int, after: int):
    """For each output position the list of (kernel position, input position) inside the image."""
    count = (size + before + after - (kernel - 1) * dilation - 1) // stride + 1
    for position in range(count):
        places = ((k, position * stride + k * dilation - before) for k in range(kernel))
        yield [(k, at) for k, at in places if 0 <= at < size]


def _to_f32(sums: np.ndarray, bias: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    total = sums + bias
    assert np.abs(total).max(initial=0) < 2**31
    with np.errstate(over="ignore"):
        return total.astype(np.int32).astype(F) * multiplier


def conv2d(attributes, x: Bytes, weights, bias, multiplier) -> np.ndarray:
    """The sums of taps inside the image."""
    sh, sw, dh, dw, top, left, bottom, right, groups = attributes
    outputs, kh, kw, _ = weights.shape
    w = weights.astype(np.float64)
    rows = list(_windows(x.q.shape[0], kh, sh, dh, top, bottom))
    columns = list(_windows(x.q.shape[1], kw, sw, dw, left, right))
    sums = np.zeros((len(rows), len(columns), outputs))
    centred = x.centred.astype(np.float64)
    for (r, row), (c, column) in itertools.product(enumerate(rows), enumerate(columns)):
        for (ky, y), (kx, at) in itertools.product(row, column):
            if groups == 1:
                sums[r, c] += w[:, ky, kx] @ centred[y, at]
            else:
                sums[r, c] += w[:, ky, kx, 0] * centred[y, at]
    return _to_f32(sums.astype(np.int64), bias, multiplier)


def dense(_, x: Bytes, weights, bias, multiplier) -> np.ndarray:
    """A matrix times a vector."""
    return _to_f32(weights.astype(np.int64) @ x.centred, bias, multiplier)


def _pool(attributes, x: np.ndarray, reduce: Callable) -> np.ndarray:
    kh, kw, sh, sw, top, left, bottom, right = attributes[:8]
    columns = [[at for _, at in column] for column in _windows(x.shape[1], kw, sw, 1, left, right)]
    rows = ([at for _, at in row] for row in _windows(x.shape[0], kh, sh, 1, top, bottom))
    return np.stack(
        [np.stack([reduce(x[np.ix_(row, column)]) for column in columns]) for row in rows]
    )


def max_pool(attributes, x: Bytes) -> Bytes:
    return Bytes(_pool(attributes, x.q, lambda w: w.max((0, 1))), x.scale, x.zero)


def average_pool(attributes, x: Bytes) -> np.ndarray:
    def mean(window: np.ndarray) -> np.ndarray:
        cells = window.shape[0] * window.shape[1]
        n = attributes[0] * attributes[1] if attributes[8] else cells
        return window.sum((0, 1)).astype(np.int32).astype(F) * (x.scale / F(n))

    return _pool(attributes, x.centred, mean)


def global_average_pool(_, x: Bytes) -> np.ndarray:
    n = F(x.q.shape[0] * x.q.shape[1])
    return x.centred.sum((0, 1)).astype(np.int32).astype(F) * (x.scale / n)


def quantize(attributes, x: np.ndarray, scale: np.float32, zero: int) -> Bytes:
    """NaN becomes the byte 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        v = x * F(attributes[0])
    v = np.minimum(np.maximum(np.where(np.isnan(v), -np.inf, v), F(-zero)), F(255 - zero))
    return Bytes((np.rint(v) + zero).astype(np.uint8), scale, zero)


def binary(attributes, x: Value, y: Value) -> np.ndarray:
    assert attributes == [1]
    return (x.real + y.real) if isinstance(x, Bytes) else x + y


def activation(attributes, x: np.ndarray) -> np.ndarray:
    kind, a, b = attributes
    if kind == 1:
        return np.minimum(np.maximum(x, F(a)), F(b))
    assert kind == 2, "only what is exact"
    return np.where(x < 0, F(a) * x, x)


def _moved(move: Callable) -> Callable:
    """The same for bytes and for floats."""

    def apply(attributes, x: Value, *others: Value, **fields) -> Value:
        if isinstance(x, Bytes):
            q = move(attributes, x.q, *(o.q for o in others), zero=x.zero, **fields)
            return Bytes(q, x.scale, x.zero)
        return move(attributes, x, *others, zero=0, **fields)

    return apply


def _pad(attributes, x, zero):
    top, left, bottom, right, value = attributes
    assert value == 0
    return np.pad(x, ((top, bottom), (left, right), (0, 0)), constant_values=zero)


OPERATORS: dict[str, Callable[..., Value]] = {
    "conv2d": conv2d,
    "dense": dense,
    "max_pool": max_pool,
    "average_pool": average_pool,
    "global_max_pool": _moved(lambda _, x, zero: x.max((0, 1))),
    "global_average_pool": global_average_pool,
    "scale_shift": lambda _, x, scale, shift: x * scale + shift,
    "activation": activation,
    "binary": binary,
    "concatenate": _moved(lambda a, *xs, zero: np.concatenate(xs, a[0])),
    "pad": _moved(_pad),
    "transpose": _moved(lambda a, x, zero: x.transpose(a)),
    "dequantize": lambda _, x: x.real,
}


def evaluate(model: Model, x: np.ndarray) -> dict[str, Value]:
    """The value of each activation for one input, floats as they are given to fmnist_run."""
    records = {tensor.name: tensor for tensor in model.tensors}
    values: dict[str, Value] = {t.name: t.value for t in model.tensors if t.value is not None}
    values[model.tensors[0].name] = x.astype(F)
    for node in model.nodes:
        inputs = [values[name] for name in node.inputs]
        output = records[node.output]
        if node.operator == "quantize":
            scale, zero = output.quantisation
            value = quantize(node.attributes, *inputs, F(scale), zero)
        elif node.operator == "reshape":
            value = _moved(lambda shape, x, zero: x.reshape(shape))(output.shape, *inputs)
        else:
            value = OPERATORS[node.operator](node.attributes, *inputs)
        shape = value.q.shape if isinstance(value, Bytes) else value.shape
        assert shape == output.shape, (node, shape)
        assert isinstance(value, Bytes) or value.dtype == F, node
        values[node.output] = value
    return values


def real(value: Value) -> np.ndarray:
    """What fmnist_tensor_read gives."""
    return value.real if isinstance(value, Bytes) else value


def pixels_prepared(model: Model, pixels: np.ndarray) -> np.ndarray:
    """The input for plain pixels: slope and start rounded once, then a product and a sum."""
    channels = np.arange(pixels.shape[-1])
    deviation = np.array([F(d) for d in model.deviation], np.float64)[channels]
    mean = np.array([F(m) for m in model.mean], np.float64)[channels]
    scale = float(F(model.scale))
    slope = (-1 if model.invert else 1) / scale / deviation
    start = ((255 / scale if model.invert else 0) - mean) / deviation
    return pixels.astype(F) * slope.astype(F) + start.astype(F)
