"""A second opinion: evaluates a TensorFlow Lite model in NumPy, in double precision.

It shares the parsed file with the translation and nothing else. Where the file has bytes, results
are rounded to them as TensorFlow Lite does: to the nearest, halves away from zero. Weights of
bytes whose activations are floats are taken as the numbers that they stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .evaluate_functions import ELEMENTWISE, FUSED_FUNCTIONS, softmax
from .model import TfliteModel, TfliteNode

BATCH = 64
Arrays = list[np.ndarray]


class Evaluator:
    """Calling it gives the model's answers for prepared inputs (n, height, width, channels).

    `axes` orders the axes of a prepared image as the file has them.
    """

    def __init__(self, model: TfliteModel, axes: tuple[int, ...]) -> None:
        self._model = model
        self._axes = (0, *(axis + 1 for axis in axes))

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The answers (n, classes), float32."""
        parts = [inputs[start : start + BATCH] for start in range(0, len(inputs), BATCH)]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return np.concatenate([self._answers(part) for part in parts]).astype(np.float32)

    def _answers(self, inputs: np.ndarray) -> np.ndarray:
        model = self._model
        source = inputs.transpose(self._axes).astype(np.float64)
        shape = model.tensors[model.input].shape[1:]
        values = {model.input: self._rounded(model.input, source.reshape(-1, *shape))}
        for node in model.nodes:
            held = [self._value(index, values) for index in node.inputs if index >= 0]
            result = FUNCTIONS[node.operator](node, held)
            result = FUSED_FUNCTIONS[int(node.settings.get("fused", 0))](result)
            values[node.outputs[0]] = self._rounded(node.outputs[0], result)
        return values[model.output].reshape(len(inputs), -1)

    def _value(self, index: int, values: dict[int, np.ndarray]) -> np.ndarray:
        if index in values:
            return values[index]
        array = self._model.tensors[index].real()
        return array.astype(np.float64) if array.dtype.kind == "f" else array

    def _rounded(self, index: int, x: np.ndarray) -> np.ndarray:
        tensor = self._model.tensors[index]
        if tensor.kind not in ("int8", "uint8") or tensor.steps is None:
            return x
        limits, scaled = np.iinfo(tensor.kind), x / tensor.steps.scale
        nearest = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled) + tensor.steps.zero
        return (np.clip(nearest, limits.min, limits.max) - tensor.steps.zero) * tensor.steps.scale


def _taps(
    node: TfliteNode, x: np.ndarray, kernel: tuple[int, int], fill: float
) -> Iterator[tuple[int, int, np.ndarray]]:
    """For each cell of the kernel, the values of x that it meets, (n, height, width, channels)."""
    s = {key: int(value) for key, value in node.settings.items()}
    strides = s["stride_h"], s["stride_w"]
    dilations = s.get("dilation_h", 1), s.get("dilation_w", 1)
    around, counts = [(0, 0)], []
    for size, cells, stride, dilation in zip(x.shape[1:3], kernel, strides, dilations, strict=True):
        extent = (cells - 1) * dilation + 1
        if s["padding"] == 0:
            count = (size + stride - 1) // stride
            missing = max((count - 1) * stride + extent - size, 0)
            around.append((missing // 2, missing - missing // 2))
        else:
            count = (size - extent) // stride + 1
            around.append((0, 0))
        counts.append(count)
    x = np.pad(x, [*around, (0, 0)], constant_values=fill)
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            y = x[:, row * dilations[0] :: strides[0], column * dilations[1] :: strides[1]]
            yield row, column, y[:, : counts[0], : counts[1]]


def _convolution(node: TfliteNode, held: Arrays) -> np.ndarray:
    x, weights, *bias = held
    groups = x.shape[3] // weights.shape[3]
    sums = []
    for part, kernel in zip(np.split(x, groups, 3), np.split(weights, groups), strict=True):
        taps = _taps(node, part, weights.shape[1:3], 0)
        sums.append(sum(values @ kernel[:, i, j].T for i, j, values in taps))
    return np.concatenate(sums, 3) + (bias[0] if bias else 0)


def _depthwise(node: TfliteNode, held: Arrays) -> np.ndarray:
    x, weights, *bias = held
    multiplier = weights.shape[3] // x.shape[3]
    x = np.repeat(x, multiplier, 3)
    taps = _taps(node, x, weights.shape[1:3], 0)
    return sum(values * weights[0, i, j] for i, j, values in taps) + (bias[0] if bias else 0)


def _fully_connected(node: TfliteNode, held: Arrays) -> np.ndarray:
    x, weights, *bias = held
    if not node.settings["keep"]:
        x = x.reshape(len(x), -1)
    elif x.shape[-1] != weights.shape[1]:
        x = x.reshape(len(x), *[1] * (x.ndim - 2), -1)
    return x @ weights.T + (bias[0] if bias else 0)


def _matrix_product(node: TfliteNode, held: Arrays) -> np.ndarray:
    x, weights = held
    return x @ (weights.T if node.settings["transposed_y"] else weights)


def _kernel(node: TfliteNode) -> tuple[int, int]:
    return int(node.settings["kernel_h"]), int(node.settings["kernel_w"])


def _max_pool(node: TfliteNode, held: Arrays) -> np.ndarray:
    return np.max([values for _, _, values in _taps(node, held[0], _kernel(node), -np.inf)], 0)


def _average_pool(node: TfliteNode, held: Arrays) -> np.ndarray:
    """The mean over the cells of the image; padding does not count."""
    total, cells = (
        sum(values for _, _, values in _taps(node, x, _kernel(node), 0))
        for x in (held[0], np.ones_like(held[0]))
    )
    return total / cells


def _reduction(function: Callable) -> Callable:
    def reduce(node: TfliteNode, held: Arrays) -> np.ndarray:
        axes = tuple(int(axis) for axis in held[1].reshape(-1))
        return function(held[0], axes, keepdims=bool(node.settings["keep"]))

    return reduce


def _reshape(node: TfliteNode, held: Arrays) -> np.ndarray:
    sizes = held[1].reshape(-1) if len(held) > 1 else node.sizes
    return held[0].reshape(len(held[0]), *(int(size) for size in sizes[1:]))


def _shape_constant(node: TfliteNode, held: Arrays) -> np.ndarray:
    return np.asarray(held[0].shape)


def _strided_slice(node: TfliteNode, held: Arrays) -> np.ndarray:
    """Of a shape: a few of its sizes, or one."""
    x, starts, ends, strides = (array.reshape(-1) for array in held)
    s = {key: int(value) for key, value in node.settings.items()}
    if s["shrink"]:
        return x[int(starts[0])]
    first = None if s["begin"] else int(starts[0])
    return x[first : None if s["end"] else int(ends[0]) : int(strides[0])]


def _pad(node: TfliteNode, held: Arrays) -> np.ndarray:
    fill = held[2].reshape(-1)[0] if len(held) > 2 else 0
    return np.pad(held[0], held[1].astype(np.int64), constant_values=fill)


def _to_batch(node: TfliteNode, held: Arrays) -> np.ndarray:
    x, (rows, columns) = np.pad(held[0], [(0, 0), *held[2], (0, 0)]), held[1]
    n, height, width, channels = x.shape
    x = x.reshape(n, height // rows, rows, width // columns, columns, channels)
    x = x.transpose(2, 4, 0, 1, 3, 5)
    return x.reshape(-1, height // rows, width // columns, channels)


def _from_batch(node: TfliteNode, held: Arrays) -> np.ndarray:
    x, (rows, columns), ((top, bottom), (left, right)) = held
    _, height, width, channels = x.shape
    x = x.reshape(rows, columns, -1, height, width, channels).transpose(2, 3, 0, 4, 1, 5)
    x = x.reshape(-1, height * rows, width * columns, channels)
    return x[:, top : height * rows - bottom, left : width * columns - right]


def _prelu(node: TfliteNode, held: Arrays) -> np.ndarray:
    return np.where(held[0] < 0, held[0] * held[1], held[0])


def _as_is(node: TfliteNode, held: Arrays) -> np.ndarray:
    return held[0]


FUNCTIONS: dict[str, Callable[[TfliteNode, Arrays], np.ndarray]] = {
    **{name: lambda node, held, f=f: f(*held) for name, f in ELEMENTWISE.items()},
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _matrix_product,
    "MAX_POOL_2D": _max_pool,
    "AVERAGE_POOL_2D": _average_pool,
    "MEAN": _reduction(np.mean),
    "SUM": _reduction(np.sum),
    "REDUCE_MAX": _reduction(np.max),
    "REDUCE_PROD": _reduction(np.prod),
    "RESHAPE": _reshape,
    "SQUEEZE": lambda node, held: held[0].squeeze(tuple(node.sizes) or None),
    "EXPAND_DIMS": lambda node, held: np.expand_dims(held[0], int(held[1].reshape(-1)[0])),
    "TRANSPOSE": lambda node, held: held[0].transpose([int(axis) for axis in held[1]]),
    "CONCATENATION": lambda node, held: np.concatenate(held, int(node.settings["axis"])),
    "PACK": lambda node, held: np.stack(held, int(node.settings["axis"])),
    "GATHER": lambda node, held: np.take(held[0], held[1], int(node.settings["axis"])),
    "SHAPE": _shape_constant,
    "STRIDED_SLICE": _strided_slice,
    "PAD": _pad,
    "PADV2": _pad,
    "SPACE_TO_BATCH_ND": _to_batch,
    "BATCH_TO_SPACE_ND": _from_batch,
    "PRELU": _prelu,
    "SOFTMAX": lambda node, held: softmax(held[0] * node.settings["beta"]),
    "LOG_SOFTMAX": lambda node, held: np.log(softmax(held[0])),
    "LEAKY_RELU": lambda node, held: np.where(
        held[0] < 0, node.settings["alpha"] * held[0], held[0]
    ),
    "GELU": lambda node, held: ELEMENTWISE[
        "GELU_TANH" if node.settings["approximate"] else "GELU_ERF"
    ](held[0]),
    "QUANTIZE": _as_is,
    "DEQUANTIZE": _as_is,
    "CAST": _as_is,
}
