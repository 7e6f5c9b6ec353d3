"""Computes what does not depend on the input's values, such as the arithmetic of shapes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..graph import ConvertError
from .builder import Translation
from .model import TfliteNode

MAX_FOLDED = 2**24

Function = Callable[[TfliteNode, list[np.ndarray]], np.ndarray]


def _strided_slice(node: TfliteNode, arrays: list[np.ndarray]) -> np.ndarray:
    x, starts, ends, strides = arrays
    s = {key: int(value) for key, value in node.settings.items()}
    if s["ellipsis"] or s["new_axis"] or not len(starts) == len(ends) == len(strides) <= x.ndim:
        raise ConvertError("slices a constant in a way that cannot be worked out")
    places: list[slice | int] = []
    for axis, (start, end, stride) in enumerate(zip(starts, ends, strides, strict=True)):
        if s["shrink"] >> axis & 1:
            places.append(int(start))
            continue
        first = None if s["begin"] >> axis & 1 else int(start)
        last = None if s["end"] >> axis & 1 else int(end)
        places.append(slice(first, last, int(stride)))
    return x[tuple(places)]


def _of_two(function: np.ufunc) -> Function:
    def fold(node: TfliteNode, arrays: list[np.ndarray]) -> np.ndarray:
        x, y = arrays
        if math.prod(np.broadcast_shapes(x.shape, y.shape)) > MAX_FOLDED:
            raise ConvertError("computes a constant that is too large; simplify the model")
        return function(x, y)

    return fold


def _prod(node: TfliteNode, arrays: list[np.ndarray]) -> np.ndarray:
    axes = tuple(int(axis) for axis in arrays[1].reshape(-1))
    return arrays[0].prod(axes, dtype=arrays[0].dtype, keepdims=bool(node.settings["keep"]))


def _gather(node: TfliteNode, arrays: list[np.ndarray]) -> np.ndarray:
    if node.settings["batch"]:
        raise ConvertError("gathers a constant in a way that cannot be worked out")
    return np.take(arrays[0], arrays[1].astype(np.int64), int(node.settings["axis"]))


_FUNCTIONS: dict[str, Function] = {
    "ADD": _of_two(np.add),
    "MUL": _of_two(np.multiply),
    "SUB": _of_two(np.subtract),
    "MAXIMUM": _of_two(np.maximum),
    "MINIMUM": _of_two(np.minimum),
    "REDUCE_PROD": _prod,
    "GATHER": _gather,
    "STRIDED_SLICE": _strided_slice,
    "CONCATENATION": lambda node, arrays: np.concatenate(arrays, int(node.settings["axis"])),
    "PACK": lambda node, arrays: np.stack(arrays, int(node.settings["axis"])),
    "RESHAPE": lambda node, arrays: arrays[0].reshape(
        [int(size) for size in (arrays[1].reshape(-1) if len(arrays) > 1 else node.sizes)]
    ),
    "SQUEEZE": lambda node, arrays: np.squeeze(arrays[0], tuple(node.sizes) or None),
    "TRANSPOSE": lambda node, arrays: arrays[0].transpose([int(axis) for axis in arrays[1]]),
    "DEQUANTIZE": lambda node, arrays: arrays[0],
}
FOLDABLE = frozenset((*_FUNCTIONS, "CAST", "SHAPE"))


def fold(t: Translation, node: TfliteNode) -> bool:
    """Handles a node whose result is a constant; whether it is one."""
    if node.operator not in FOLDABLE or node.settings.get("fused", 0) or not node.inputs:
        return False
    if node.operator == "SHAPE" and node.inputs[0] in t.values:
        shape = t.shape_of(t.values[node.inputs[0]])
        t.constants[node.outputs[0]] = np.asarray(shape, np.int64)
        return True
    if any(index not in t.constants or index < 0 for index in node.inputs):
        return False
    arrays = [t.constants[index] for index in node.inputs]
    try:
        with np.errstate(all="ignore"):
            t.constants[node.outputs[0]] = _folded(t, node, arrays)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ConvertError(
            "computes a constant that cannot be worked out; convert the model again"
        ) from error
    return True


def _folded(t: Translation, node: TfliteNode, arrays: list[np.ndarray]) -> np.ndarray:
    if node.operator == "SHAPE":
        return np.asarray(arrays[0].shape, np.int64)
    if node.operator == "CAST":
        return arrays[0].astype(t.model.tensors[node.outputs[0]].kind)
    return np.asarray(_FUNCTIONS[node.operator](node, arrays))
