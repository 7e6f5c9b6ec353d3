"""Files that say something where they must be silent, or go one beyond a limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corpus import FORMAT, LIMIT, case, dense, operator, patched, u32
from fmg import (
    GOLD,
    GRPH,
    LABL,
    META,
    WGTS,
    Model,
    Node,
    Tensor,
    assemble,
    padded,
    sections_of,
    with_crc,
    write,
)


def silence_cases() -> None:
    """Reserved bytes, padding, and sections or settings that have no meaning in the model."""
    sections, good = sections_of(dense()), write(dense())
    for kind, name in ((META, "meta"), (LABL, "labels"), (GRPH, "graph"), (GOLD, "gold")):
        content = bytearray(padded(sections[kind]))
        content[-1] = 1
        changed = assemble(sections | {kind: bytes(content)})
        case(f"{name}-padding", FORMAT, "the padding of the section is not zero", changed)
    case("gold-padding-head", FORMAT, "padding before the inputs", patched(GOLD, 20, b"\1"))
    case("gold-padding-inputs", FORMAT, "padding after the inputs", patched(GOLD, 74, b"\1"))
    case("labels-reserved", FORMAT, "the reserved word is 1", patched(LABL, 4, u32(1)))
    table_end = 64 + 32 * len(sections)
    for name, offset in (("header-reserved-word", 28), ("table-reserved", 64 + 24)):
        head = bytearray(good[:table_end])
        head[offset] = 1
        head[12:16] = bytes(4)
        changed = with_crc(bytes(head)) + good[table_end:]
        case(name, FORMAT, "a reserved byte is 1", changed)

    floats = replace(dense(), channels=0, scale=1.0)
    case("gold-without-pixels", FORMAT, "the model takes no pixels", write(floats))
    floats.golden = None
    for name, changed in (("scale", {"scale": 2.0}), ("invert", {"invert": 1})):
        file = write(replace(floats, **changed))
        case(f"graph-{name}-without-pixels", FORMAT, "the model takes no pixels", file)
    tensors = [Tensor("in", (4,)), Tensor("out", (4,))]
    node = Node("softmax", ["in"], "out", [0])
    plain = Model(tensors, [node], output_kind=0, channels=0, scale=1.0)
    changed = assemble(sections_of(plain) | {WGTS: bytes(64)})
    case("wgts-without-constants", FORMAT, "no constant is in the model", changed)


def limit_cases() -> None:
    """Counts, lengths and attributes one beyond what is allowed."""

    def meta(name: str, why: str, metadata: dict[str, str]) -> None:
        case(f"meta-{name}", FORMAT, why, write(replace(dense(), metadata=metadata)))

    meta("count-257", "257 entries", {f"{i:03}": "" for i in range(257)})
    meta("key-64", "a key of 64 bytes", {"k" * 64: ""})
    meta("value-65536", "a value of 65536 bytes", {"k": "v" * 65536})
    case("labels-utf8", FORMAT, "a label that is not UTF-8", patched(LABL, 8, b"\xff"))

    tall, two = np.ones((1, 256, 1, 2), np.float32), np.ones((1, 2, 1, 2), np.float32)
    file = operator("conv2d", [1, 1, 1, 1, 255, 0, 0, 0, 1], (4, 4, 1), tall)
    case("conv-kernel-256", FORMAT, "a kernel of 256 rows", file)
    file = operator("conv2d", [1, 1, 256, 1, 255, 0, 255, 0, 1], (258, 4, 1), two)
    case("conv-dilation-256", FORMAT, "dilation above the limit", file)
    file = operator("conv2d", [1, 1, 1, 1, 0, 0, 0, 0, 3], (4, 4, 3), np.ones((3, 1, 1, 1), "f4"))
    case("conv-groups-3", FORMAT, "groups that do not divide the inputs", file)
    file = operator("activation", [4, float("inf"), 1.0], (4, 4, 2))
    case("selu-infinite", FORMAT, "an infinite factor", file)
    file = operator("activation", [6, float("nan"), 1.0], (4, 4, 2))
    case("hard-sigmoid-nan", FORMAT, "a slope of NaN", file)
    file = operator("global_max_pool", [], (2,), shape=(4, 2))
    case("global-pool-rank", FORMAT, "global pooling of a matrix", file)
    file = operator("reshape", [], (256, 257), shape=(257, 256))
    case("output-elements", LIMIT, "65792 scores", file)
