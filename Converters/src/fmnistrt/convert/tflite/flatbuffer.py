"""Reads FlatBuffers: tables of numbers, strings, vectors and other tables.

The format is described at https://flatbuffers.dev/internals/. Every offset and length is checked
against the content, so that a damaged file is an error and nothing else.
"""

from __future__ import annotations

import struct

import numpy as np

from ..graph import ConvertError

MAX_TABLES = 20_000
"""Tables in one vector: more than any graph of an .fmg file has."""
MAX_TEXT = 4096


class Table:
    """A table at the offset `at`. Fields are numbered as the schema lists them, from 0."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._at = at
        self._fields = at - self._unpack("i", at)
        self._count = (self._unpack("H", self._fields) - 4) // 2

    @classmethod
    def root(cls, content: bytes) -> Table:
        """The outermost table."""
        start = Table.__new__(cls)
        start._content = content
        return cls(content, start._unpack("I", 0))

    def number(self, field: int, kind: str, default: int | float = 0) -> int | float:
        """A number; `kind` is its letter in `struct`, `default` what an absent field means."""
        place = self._place(field)
        return default if place is None else self._unpack(kind, place)

    def integer(self, field: int, kind: str, default: int = 0) -> int:
        """A number that is an integer or an enumeration."""
        return int(self.number(field, kind, default))

    def has(self, field: int) -> bool:
        """Whether the field is there."""
        return self._place(field) is not None

    def table(self, field: int) -> Table | None:
        """Another table, if it is there."""
        place = self._place(field)
        return None if place is None else Table(self._content, self._follow(place))

    def text(self, field: int) -> str:
        """A string; empty if it is absent, cut off if it is very long."""
        place = self._place(field)
        if place is None:
            return ""
        start, size = self._vector(place, 1)
        return self._content[start : start + min(size, MAX_TEXT)].decode("utf-8", "replace")

    def array(self, field: int, kind: str) -> np.ndarray:
        """A vector of numbers of a NumPy type, which shares the content's memory."""
        dtype, place = np.dtype(kind).newbyteorder("<"), self._place(field)
        if place is None:
            return np.zeros(0, dtype)
        start, size = self._vector(place, dtype.itemsize)
        return np.frombuffer(self._content, dtype, size, start)

    def integers(self, field: int, most: int) -> tuple[int, ...]:
        """A vector of at most `most` integers of 32 bits."""
        values = self.array(field, "i4")
        if len(values) > most:
            raise damaged(f"a list of {len(values)} numbers where {most} are the most")
        return tuple(values.tolist())

    def tables(self, field: int) -> list[Table]:
        """A vector of tables."""
        place = self._place(field)
        if place is None:
            return []
        start, size = self._vector(place, 4)
        if size > MAX_TABLES:
            raise damaged(f"a list of {size} entries where {MAX_TABLES} are the most")
        places = range(start, start + 4 * size, 4)
        return [Table(self._content, self._follow(place)) for place in places]

    def _place(self, field: int) -> int | None:
        """Where a field's value is."""
        if field >= self._count:
            return None
        offset = self._unpack("H", self._fields + 4 + 2 * field)
        return self._at + offset if offset else None

    def _follow(self, place: int) -> int:
        return place + self._unpack("I", place)

    def _vector(self, place: int, itemsize: int) -> tuple[int, int]:
        """Where the elements of a vector start, and how many there are."""
        start = self._follow(place)
        size = self._unpack("I", start)
        if size * itemsize > len(self._content) - start - 4:
            raise damaged(f"a list of {size} entries at the offset {start}, beyond its end")
        return start + 4, size

    def _unpack(self, kind: str, at: int) -> int | float:
        if not 0 <= at <= len(self._content) - struct.calcsize(f"<{kind}"):
            raise damaged(f"an offset of {at} in {len(self._content)} bytes")
        return struct.unpack_from(f"<{kind}", self._content, at)[0]


def damaged(what: str) -> ConvertError:
    """The refusal of a file that is not as its format wants it."""
    return ConvertError(
        f"is a damaged TensorFlow Lite file: it has {what}; copy it again from its origin"
    )
