"""Reads files that hold named arrays and nothing else: safetensors and NumPy's .npz."""

from __future__ import annotations

import io
import json
import math
import re
import tokenize
import zipfile

import numpy as np

from ..graph import ConvertError
from .files import members, read_member
from .tensors import BFLOAT16, MAX_RANK, Storage, Tensor, Tensors, is_size, row_major

SAFE_TYPES = {
    "F64": "f8",
    "F32": "f4",
    "F16": "f2",
    "BF16": BFLOAT16,
    "I64": "i8",
    "I32": "i4",
    "I16": "i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "b1",
}

HEADER_FAILURES = (
    KeyError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)
"""What NumPy raises for the header of a damaged array."""


def looks_like_safetensors(content: bytes) -> bool:
    """Whether the file begins with the length of a JSON header that describes tensors."""
    length = int.from_bytes(content[:8], "little")
    return (
        2 <= length <= len(content) - 8 and content[8:9] == b"{" and b'"dtype"' in content[8:4096]
    )


def looks_like_npz(content: bytes) -> bool:
    """Whether the file is an archive of arrays."""
    names = members(content)
    return bool(names) and all(name.endswith(".npy") for name in names)


def read_safetensors(content: bytes) -> Tensors:
    """The tensors of a safetensors file, ordered by name: the file keeps no other order."""
    length = int.from_bytes(content[:8], "little")
    data = memoryview(content)[8 + length :]
    try:
        header = json.loads(content[8 : 8 + length])
        named = {
            name: _safe_tensor(entry, data)
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:100]
        raise ConvertError(
            f"the header of this safetensors file is damaged ({reason}): copy it again"
        ) from None
    ordered = {name: named[name] for name in sorted(named, key=_by_numbers)}
    return Tensors(
        ordered, "safetensors", "a safetensors file has no order, so its tensors go by name"
    )


def _safe_tensor(entry: dict, data: memoryview) -> Tensor:
    begin, end = entry["data_offsets"]
    shape = tuple(entry["shape"])
    if not all(map(is_size, (*shape, begin, end))) or not begin <= end <= len(data):
        raise ValueError("a tensor lies beyond the end of the file")
    if len(shape) > MAX_RANK:
        raise ValueError(f"a tensor has {len(shape)} axes")
    kind, part = str(entry["dtype"]), data[begin:end]
    storage = Storage(kind, SAFE_TYPES.get(kind, ""), math.prod(shape), lambda: (part, "<"))
    return row_major(storage, shape)


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """Sorts conv2 before conv10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def read_npz(content: bytes) -> Tensors:
    """The arrays of an .npz file, in its order. Arrays of objects are refused."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    named = {
        name.removesuffix(".npy"): _array(name, read_member(archive, name))
        for name in archive.namelist()
    }
    return Tensors(named, "numpy")


def _array(name: str, content: bytes) -> Tensor:
    stream = io.BytesIO(content)
    readers = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
    try:
        version = np.lib.format.read_magic(stream)[0]
        shape, columns, dtype = readers[version](stream)
    except HEADER_FAILURES as error:
        reason = " ".join(str(error).split())[:100]
        raise ConvertError(f"the array {name} is damaged ({reason}): save it again") from None
    kind = dtype.str[1:]
    known = kind in SAFE_TYPES.values() and not dtype.hasobject
    rest, order = content[stream.tell() :], ">" if dtype.str[0] == ">" else "<"
    storage = Storage(dtype.name, kind if known else "", math.prod(shape), lambda: (rest, order))
    if not columns:
        return row_major(storage, shape)
    strides = row_major(storage, shape[::-1]).strides[::-1]
    return Tensor(storage, 0, shape, strides)
