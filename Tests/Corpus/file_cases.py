"""Damage to the file's frame, its metadata and labels."""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from corpus import FORMAT, UNSUPPORTED, case, dense, table, u32
from fmg import (
    GOLD,
    GRPH,
    LABL,
    META,
    WGTS,
    assemble,
    golden_section,
    label_section,
    metadata_section,
    padded,
    sections_of,
    with_crc,
    write,
)


def file_cases() -> None:
    """The header and the section table."""
    good = write(dense())
    case("empty", FORMAT, "no bytes at all", b"")
    case("magic-only", FORMAT, "ends after the magic", good[:8])
    case("header-only", FORMAT, "ends after the header", good[:64])
    case("text", FORMAT, "not an .fmg file", b"This is not a model.\n" * 20)
    case("png", FORMAT, "starts like a PNG file", b"\x89PNG\r\n\x1a\n" + good[8:])
    case("text-mode", FORMAT, "line ends were translated", good.replace(b"\r\n", b"\n"))
    case("future-major", UNSUPPORTED, "major version 2", assemble(sections_of(dense()), major=2))
    case("future-minor", UNSUPPORTED, "minor version 3", assemble(sections_of(dense()), minor=3))
    case("minor-2", FORMAT, "minor version 2 without need", assemble(sections_of(dense()), minor=2))
    case("minor-1", FORMAT, "minor version 1 without need", assemble(sections_of(dense()), minor=1))
    case("major-0", UNSUPPORTED, "major version 0", assemble(sections_of(dense()), major=0))
    case("header-crc", FORMAT, "wrong checksum of the header", good[:12] + b"\0\0\0\0" + good[16:])
    for kind, name in ((META, "meta"), (GRPH, "grph"), (WGTS, "wgts"), (GOLD, "gold")):
        row = 64 + 32 * (kind - 1)
        offset, size = struct.unpack_from("<QQ", good, row + 8)
        damaged = bytearray(good)
        damaged[offset + size - 1] ^= 1
        case(f"{name}-crc", FORMAT, "a flipped bit in the section's last byte", bytes(damaged))
    case(
        "size-small",
        FORMAT,
        "recorded size below the file's",
        assemble(sections_of(dense()), size=len(good) - 64),
    )
    case(
        "size-large",
        FORMAT,
        "recorded size above the file's",
        assemble(sections_of(dense()), size=len(good) + 64),
    )
    case(
        "size-huge",
        FORMAT,
        "recorded size 2^64 - 1",
        assemble(sections_of(dense()), size=2**64 - 1),
    )
    case("trailing", FORMAT, "64 bytes after the last section", good + bytes(64))
    for count in (0, 1, 6, 2**27, 2**32 - 1):
        case(
            f"sections-{count}",
            FORMAT,
            f"{count} sections",
            assemble(sections_of(dense()), count=count),
        )

    def put(row: int, column: int, value: int) -> Callable:
        def change(rows: list[list[int]]) -> None:
            rows[row][column] = value

        return change

    case("section-offset-zero", FORMAT, "first section at offset 0", table(put(0, 2, 0)))
    case("section-offset-huge", FORMAT, "offset 2^64 - 64", table(put(2, 2, 2**64 - 64)))
    case("section-size-huge", FORMAT, "size 2^64 - 64, wraps around", table(put(2, 3, 2**64 - 64)))
    case("section-size-zero", FORMAT, "size 0", table(put(4, 3, 0)))
    case("section-unaligned", FORMAT, "size not a multiple of 64", table(put(0, 3, 63)))
    case("section-kind-6", FORMAT, "unknown kind 6 in a file of version 1.0", table(put(4, 0, 6)))
    case("section-kind-0", FORMAT, "unknown kind 0", table(put(0, 0, 0)))
    case("section-twice", FORMAT, "kind 1 twice", table(put(1, 0, 1)))
    case(
        "sections-swapped", FORMAT, "kinds in descending order", table(lambda rows: rows.reverse())
    )

    def overlap(rows: list[list[int]]) -> None:
        rows[1][2] = rows[0][2]

    case("sections-overlap", FORMAT, "second section on top of the first", table(overlap))

    sections = sections_of(dense())
    for kind, name in ((META, "meta"), (GRPH, "grph"), (WGTS, "wgts")):
        rest = {k: v for k, v in sections.items() if k != kind}
        case(f"no-{name}", FORMAT, "a needed section is missing", assemble(rest))
    good = bytearray(assemble(sections))
    good[28] = 1
    case(
        "header-reserved",
        FORMAT,
        "a reserved byte of the header is 1",
        with_crc(bytes(good[:12]) + bytes(4) + bytes(good[16:224])) + bytes(good[224:]),
    )
    good = bytearray(assemble(sections))
    good[64 + 32 * 5] = 1
    case("table-padding", FORMAT, "the padding after the table is not zero", bytes(good))


def metadata_cases() -> None:
    """META, LABL and GOLD."""
    sections = sections_of(dense())

    def meta(name: str, status: str, why: str, content: bytes) -> None:
        case(f"meta-{name}", status, why, assemble(sections | {META: content}))

    meta("count", FORMAT, "more entries than bytes", u32(200) + bytes(60))
    meta("count-huge", FORMAT, "2^32 - 1 entries", u32(2**32 - 1) + bytes(60))
    meta(
        "key-huge", FORMAT, "a key of 2^32 - 1 bytes", u32(1) + u32(2**32 - 1) + u32(0) + bytes(52)
    )
    meta(
        "value-past-end",
        FORMAT,
        "a value that ends after the section",
        u32(1) + u32(1) + u32(60000) + b"a\0" + bytes(50),
    )
    meta("key-empty", FORMAT, "an empty key", metadata_section([(b"", b"x")]))
    meta("key-twice", FORMAT, "a key stands twice", metadata_section([(b"a", b"x"), (b"a", b"y")]))
    meta("key-order", FORMAT, "keys descend", metadata_section([(b"b", b"x"), (b"a", b"y")]))
    meta("key-nul", FORMAT, "a zero byte inside a key", metadata_section([(b"a\0b", b"x")]))
    meta("value-utf8", FORMAT, "a value that is not UTF-8", metadata_section([(b"a", b"\xc3\x28")]))
    meta(
        "no-nul",
        FORMAT,
        "a value without its zero byte",
        metadata_section([(b"a", b"x")])[:-1] + b"y",
    )
    meta(
        "too-long",
        FORMAT,
        "bytes after the last entry and its padding",
        padded(metadata_section([(b"a", b"x")])) + bytes(64),
    )

    def labels(name: str, why: str, content: bytes) -> None:
        case(f"labels-{name}", FORMAT, why, assemble(sections | {LABL: content}))

    labels("few", "one label for two classes", label_section(["no"]))
    labels("many", "three labels for two classes", label_section(["no", "yes", "more"]))
    labels("huge", "2^26 labels, so that 64 * count wraps in 32 bits", u32(2**26) + bytes(60))
    labels("empty", "an empty label", label_section(["no", ""]))
    labels("long", "a label without a zero byte", label_section(["no", "x" * 64]))
    labels("after-nul", "text after a label's end", label_section(["no", "y\0s"]))

    inputs, outputs = np.zeros((1, 4), np.uint8), np.zeros((1, 2), np.float32)
    gold = golden_section(inputs, outputs, 1e-5)

    def golden(name: str, why: str, content: bytes) -> None:
        case(f"gold-{name}", FORMAT, why, assemble(sections | {GOLD: content}))

    golden("count-0", "no vectors", u32(0) + gold[4:])
    golden("count-64", "more vectors than bytes", u32(64) + gold[4:])
    golden("count-huge", "2^30 vectors, so that 4 * count wraps in 32 bits", u32(2**30) + gold[4:])
    golden("input-size", "inputs of another size than the model's", gold[:4] + u32(5) + gold[8:])
    golden("output-size", "outputs of another size than the model's", gold[:8] + u32(3) + gold[12:])
    golden("tolerance", "tolerance 0", golden_section(inputs, outputs, 0.0))
    golden("tolerance-nan", "tolerance NaN", golden_section(inputs, outputs, math.nan))
    golden("nan", "an expected score is NaN", golden_section(inputs, outputs * math.nan, 1e-5))
