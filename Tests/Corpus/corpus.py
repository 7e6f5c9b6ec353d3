"""What the cases of the corpus are made of."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from fmg import (
    Model,
    Node,
    Tensor,
    assemble,
    header,
    padded,
    sections_of,
    with_crc,
    write,
)

FORMAT, UNSUPPORTED, LIMIT = "FORMAT", "UNSUPPORTED", "LIMIT"
CASES: dict[str, tuple[str, str, bytes]] = {}


def case(name: str, status: str, why: str, content: bytes) -> None:
    """Registers one file."""
    if name in CASES:
        raise ValueError(name)
    CASES[name] = (status, why, content)


def dense() -> Model:
    """The model that most cases damage: dense [4] -> [2]."""
    weights = np.arange(8, dtype=np.float32).reshape(2, 4)
    return Model(
        [
            Tensor("in", (2, 2, 1)),
            Tensor("flat", (4,)),
            Tensor("out", (2,)),
            Tensor("w", (2, 4), weights),
        ],
        [Node("reshape", ["in"], "flat"), Node("dense", ["flat", "w"], "out")],
        output_kind=0,
        metadata={"name": "dense"},
        labels=["no", "yes"],
        golden=(np.zeros((1, 2, 2, 1), np.uint8), np.zeros((1, 2), np.float32), 1e-5),
    )


def operator(
    kind: str | int,
    attributes: list,
    output: tuple,
    *constants: np.ndarray,
    shape: tuple = (4, 4, 2),
    extra: list[str] | None = None,
) -> bytes:
    """A file with one node, its constants, and an input of `shape`."""
    tensors = [Tensor("in", shape), Tensor("out", output)]
    tensors += [Tensor(f"c{i}", value.shape, value) for i, value in enumerate(constants)]
    inputs = ["in", *(extra or []), *(t.name for t in tensors[2:])]
    model = Model(
        tensors, [Node(kind, inputs, "out", attributes)], output_kind=0, channels=0, scale=1.0
    )
    return write(model)


def patched(name: int, offset: int, value: bytes) -> bytes:
    """The dense model with some bytes of one section replaced, checksums made right."""
    sections = sections_of(dense())
    content = bytearray(padded(sections[name]))
    content[offset : offset + len(value)] = value
    return assemble(sections | {name: bytes(content)})


def u32(value: int) -> bytes:
    """Four little-endian bytes."""
    return struct.pack("<I", value)


def f32(value: float) -> bytes:
    """An IEEE 754 binary32."""
    return struct.pack("<f", value)


def table(change: Callable[[list[list[int]]], None], **fields: int) -> bytes:
    """The dense model with its section table changed ([kind, crc, offset, size] a row)."""
    good = write(dense())
    count = 5
    rows = [list(struct.unpack_from("<IIQQ", good, 64 + 32 * i)) for i in range(count)]
    change(rows)
    head = header(**({"size": len(good), "count": count} | fields))
    head += b"".join(struct.pack("<IIQQ8x", *row) for row in rows)
    return padded(with_crc(head)) + good[len(padded(head)) :]
