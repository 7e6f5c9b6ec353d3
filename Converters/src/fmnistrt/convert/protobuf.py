"""Walks the fields of a protobuf message without a schema, to tell what kind of message it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MAX_FIELDS = 1_000_000
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """A field's number and wire type, its value if it is a VARINT, and where its bytes lie."""

    number: int
    kind: int
    value: int
    start: int
    end: int


BROKEN = Field(0, 0, 0, 0, 0)


def fields(content: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields of the message in content[start:end]; BROKEN where one is malformed, and no more.

    What lies within a field is not looked at, so the walk costs nothing. A message of more than
    MAX_FIELDS fields counts as malformed.
    """
    at, end, count = start, len(content) if end is None else end, 0
    while at < end:
        count += 1
        tag, at = _varint(content, at)
        number, kind, value = tag >> 3, tag & 7, 0
        if kind in (VARINT, LENGTH):
            value, at = _varint(content, at)
        start = at
        if kind == LENGTH:
            at += value
        elif kind in (FIXED64, FIXED32):
            at += 8 if kind == FIXED64 else 4
        elif kind != VARINT:
            number = 0
        if at > end or number == 0 or count > MAX_FIELDS:
            yield BROKEN
            return
        yield Field(number, kind, value, start, at)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; an end beyond the content if it is cut off or too long."""
    value = 0
    for index, byte in enumerate(content[at : at + 10]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    return 0, len(content) + 1
