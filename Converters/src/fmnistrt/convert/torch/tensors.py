"""Tensors of a checkpoint: views of storages, read when they are needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..graph import ConvertError, Shape
from ..operators import MAX_ELEMENTS

MAX_RANK = 8

BFLOAT16 = "bfloat16"
"""NumPy has no such type; its bits are the upper half of a float32."""

DTYPES = {
    "Double": "f8",
    "Float": "f4",
    "Half": "f2",
    "BFloat16": BFLOAT16,
    "Long": "i8",
    "Int": "i4",
    "Short": "i2",
    "Char": "i1",
    "Byte": "u1",
    "Bool": "b1",
}
"""NumPy's name for the type of PyTorch's `<name>Storage`."""

FOREIGN_SIZES = {"ComplexFloat": 8, "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QInt32": 4}
"""Bytes of a number of the types that cannot be converted."""


def item_size(kind: str) -> int:
    """Bytes of one number in PyTorch's `<kind>Storage`."""
    if kind in FOREIGN_SIZES:
        return FOREIGN_SIZES[kind]
    if kind not in DTYPES:
        raise ConvertError(f"the file holds the unknown type {kind[:40]}: save it as float32")
    return 2 if DTYPES[kind] == BFLOAT16 else np.dtype(DTYPES[kind]).itemsize


@dataclass(eq=False)
class Storage:
    """`count` numbers in a row. `read` gives their bytes in the order `<` or `>`.

    `dtype` is a value of DTYPES, or empty for a type that cannot be converted, called `kind`.
    `start` is where a storage that is a part of another one begins in it.
    """

    kind: str
    dtype: str
    count: int
    read: Callable[[], tuple[bytes | memoryview, str]]
    start: int = 0

    def numbers(self) -> np.ndarray:
        """All of them, bfloat16 widened to float32."""
        if not self.dtype:
            raise ConvertError(f"holds {self.kind}, which cannot be converted: save it as float32")
        content, order = self.read()
        dtype = np.dtype(order + ("u2" if self.dtype == BFLOAT16 else self.dtype))
        begin, size = self.start * dtype.itemsize, self.count * dtype.itemsize
        if len(content) < begin + size:
            raise ConvertError(
                f"has {self.count} numbers in {max(len(content) - begin, 0)} bytes: the file is "
                "damaged"
            )
        array = np.frombuffer(content, dtype, self.count, begin)
        if self.dtype == BFLOAT16:
            return (array.astype(np.uint32) << 16).view(np.float32)
        return array


@dataclass(eq=False)
class Tensor:
    """A view of a storage; strides and offset count numbers. Nothing is checked before `array`."""

    storage: Storage
    offset: int
    shape: Shape
    strides: tuple[int, ...]

    @property
    def is_float(self) -> bool:
        """Whether it can be a weight; counters are integers."""
        return self.storage.dtype in ("f8", "f4", "f2", BFLOAT16)

    def array(self) -> np.ndarray:
        """The numbers as float32."""
        self._check()
        numbers = self.storage.numbers()
        view = np.lib.stride_tricks.as_strided(
            numbers[self.offset :],
            self.shape,
            [stride * numbers.itemsize for stride in self.strides],
            writeable=False,
        )
        with np.errstate(over="ignore"):
            array = np.array(view, np.float32, order="C")
        if not np.isfinite(array).all():
            raise ConvertError(
                "holds NaN, infinite or too large numbers: convert an earlier checkpoint"
            )
        return array

    def _check(self) -> None:
        count = math.prod(self.shape)
        if not 0 < count <= MAX_ELEMENTS:
            raise ConvertError(f"has the shape {describe_shape(self.shape)}: cannot be a weight")
        last = self.offset + sum(
            (size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True)
        )
        if last >= self.storage.count or count > self.storage.count:
            raise ConvertError(
                f"reaches beyond its storage of {self.storage.count} numbers: the file is damaged"
            )


def is_size(value: object) -> bool:
    """Whether a value from a file is a whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def make_tensor(storage: object, offset: object, shape: object, strides: object) -> Tensor:
    """A tensor from what a pickle says of it."""
    valid = (
        isinstance(storage, Storage)
        and is_size(offset)
        and isinstance(shape, tuple)
        and isinstance(strides, tuple)
        and len(shape) == len(strides) <= MAX_RANK
        and all(map(is_size, shape + strides))
    )
    if not valid:
        raise ConvertError("the file is damaged: it describes a tensor that cannot be")
    return Tensor(storage, offset, shape, strides)


def row_major(storage: Storage, shape: Shape) -> Tensor:
    """A tensor that fills its storage."""
    strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    return Tensor(storage, 0, shape, strides)


def describe_shape(shape: Shape) -> str:
    """A shape for messages, such as 64x1x3x3."""
    return "x".join(map(str, shape)) or "a single number"


@dataclass
class Tensors:
    """The named tensors of a file, in an order that is that of the layers.

    `framework` says what wrote them; `remark`, if any, what the user must know about the order.
    """

    named: dict[str, Tensor]
    framework: str
    remark: str = ""
