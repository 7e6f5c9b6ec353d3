"""Makes the files in must-fail/ and its MANIFEST: python Tests/Corpus/make_corpus.py.

Each file breaks one rule of docs/fmg-format.md and has correct checksums unless the checksum is
what is broken, so that the rule itself has to catch it. MANIFEST has a line for each file: its
name, the status that loading must give, why.
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

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
    golden_section,
    graph_and_weights,
    header,
    label_section,
    metadata_section,
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
    case("future-minor", UNSUPPORTED, "minor version 2", assemble(sections_of(dense()), minor=2))
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


def graph_cases() -> None:
    """The graph's header, tensor records and the wiring of nodes."""

    def head(name: str, status: str, why: str, offset: int, value: bytes) -> None:
        case(f"graph-{name}", status, why, patched(GRPH, offset, value))

    head("tensors-0", FORMAT, "no tensors", 0, u32(0))
    head("tensors-3", FORMAT, "a tensor fewer than there are", 0, u32(3))
    head("tensors-4000", FORMAT, "more tensors than bytes", 0, u32(4000))
    head(
        "tensors-huge", FORMAT, "2^25 tensors, so that 128 * count wraps in 32 bits", 0, u32(2**25)
    )
    head("nodes-0", FORMAT, "no nodes", 4, u32(0))
    head("nodes-3", FORMAT, "more nodes than their words hold", 4, u32(3))
    head("nodes-huge", FORMAT, "2^32 - 1 nodes", 4, u32(2**32 - 1))
    head("words-small", FORMAT, "a node goes past the words", 8, u32(6))
    head("words-huge", FORMAT, "2^32 - 1 words", 8, u32(2**32 - 1))
    head("input-1", FORMAT, "the input is not tensor 0", 12, u32(1))
    head("output-1", FORMAT, "the output is not the last node's", 16, u32(1))
    head("output-huge", FORMAT, "output tensor 2^32 - 1", 16, u32(2**32 - 1))
    head("kind-3", FORMAT, "unknown output kind", 20, u32(3))
    head("channels-2", FORMAT, "two pixel channels", 24, u32(2))
    head("channels-3", FORMAT, "pixel channels that are not the input's", 24, u32(3))
    head("invert-2", FORMAT, "invert is neither 0 nor 1", 28, u32(2))
    head("scale-0", FORMAT, "scale 0", 32, f32(0))
    head("scale-nan", FORMAT, "scale NaN", 32, f32(math.nan))
    head("mean-infinite", FORMAT, "an infinite mean", 36, f32(math.inf))
    head("mean-unused", FORMAT, "a mean for a channel that is not there", 40, f32(0.5))
    head("deviation-0", FORMAT, "standard deviation 0", 48, f32(0))
    head("deviation-negative", FORMAT, "a negative standard deviation", 48, f32(-1))
    head("reserved", FORMAT, "a reserved word of the graph is 1", 60, u32(1))

    def record(
        case_name: str, why: str, tensor: int, status: str = FORMAT, **override: object
    ) -> None:
        model = dense()
        model.tensors[tensor].override = override
        sections = sections_of(model)
        case(f"tensor-{case_name}", status, why, assemble(sections))

    record("role-2", "unknown role", 0, role=2)
    record("role-constant", "the input is a constant", 0, role=1)
    record("type-1", "an element type of a later version", 3, UNSUPPORTED, type=1)

    def half(case_name: str, status: str, why: str, minor: int, *tensors: Tensor) -> None:
        model = dense()
        model.tensors[3:] = tensors
        model.nodes[1].inputs[1:] = [tensor.name for tensor in tensors]
        case(f"half-{case_name}", status, why, assemble(sections_of(model), minor=minor))

    weights = np.ones((2, 4), np.float16)
    infinite = weights * np.float16(math.inf)
    single = Tensor("w", (2, 4), weights.astype(np.float32))
    half("version-0", UNSUPPORTED, "f16 in a file of version 1.0", 0, Tensor("w", (2, 4), weights))
    half("none", FORMAT, "version 1.1 without f16", 1, single)
    half("infinite", FORMAT, "f16 weights of infinity", 1, Tensor("w", (2, 4), infinite))
    bias = Tensor("b", (2,), weights[:, 0])
    half("bias", FORMAT, "an f16 bias", 1, single, bias)
    record("rank-0", "rank 0", 1, rank=0)
    record("rank-5", "rank 5", 1, rank=5)
    record("reserved", "a reserved byte is 1", 1, reserved=1)
    record(
        "quantisation", "a reserved byte for quantisation is 1", 3, quantisation=b"\1" + bytes(23)
    )
    record("axis-0", "an axis of size 0", 1, shape=(0, 0, 0, 0))
    record("axis-unused", "an unused axis with a size", 1, shape=(4, 1, 0, 0))
    record("axis-65536", "an axis above the limit", 0, shape=(65536, 2, 1, 0))
    record("elements", "65535^3 elements", 0, LIMIT, shape=(65535, 65535, 65535, 0))
    record("elements-wrap", "65535^4 elements, beyond 2^63", 0, LIMIT, rank=4, shape=(65535,) * 4)
    record("activation-offset", "an activation with an offset", 1, offset=64)
    record("activation-size", "an activation with a size", 1, size=16)
    record("offset-1", "constant not where it belongs", 3, offset=64)
    record("offset-huge", "constant at 2^64 - 64", 3, offset=2**64 - 64)
    record("size-small", "constant's size is not 4 bytes an element", 3, size=28)
    record("size-huge", "constant of 2^64 - 4 bytes", 3, size=2**64 - 4)
    record("name-empty", "an empty name", 1, name=b"")
    record("name-long", "a name without a zero byte", 1, name=b"x" * 64)
    record("name-after-nul", "text after a name's end", 1, name=b"a\0b")
    record("name-twice", "two tensors of the same name", 1, name=b"in")
    record("name-utf8", "a name that is not UTF-8", 1, name=b"\xff\xfe")

    weights = sections_of(dense())[WGTS]
    for name, value in (("nan", math.nan), ("infinite", -math.inf)):
        damaged = weights[:8] + f32(value) + weights[12:]
        case(
            f"weights-{name}",
            FORMAT,
            f"a weight is {value}",
            assemble(sections_of(dense()) | {WGTS: damaged}),
        )
    case(
        "weights-more",
        FORMAT,
        "64 bytes that belong to no constant",
        assemble(sections_of(dense()) | {WGTS: weights + bytes(64)}),
    )
    case(
        "weights-gap",
        FORMAT,
        "padding of the weights is not zero",
        assemble(sections_of(dense()) | {WGTS: weights[:60] + b"\1\1\1\1"}),
    )
    model = dense()
    wide = replace(model.tensors[0], shape=(2, 2, 1))
    case(
        "tensor-unused",
        FORMAT,
        "a constant that no node uses",
        write(replace(model, tensors=[*model.tensors, Tensor("u", (1,), np.ones(1))])),
    )
    case(
        "activation-unused",
        FORMAT,
        "an activation that nothing uses",
        write(
            Model(
                [wide, Tensor("a", (4,)), Tensor("b", (4,))],
                [Node("reshape", ["in"], "a"), Node("reshape", ["in"], "b")],
                output_kind=0,
            )
        ),
    )


def wiring_cases() -> None:
    """Nodes: heads, inputs, outputs."""
    graph, _ = graph_and_weights(dense())
    nodes = len(graph) - 4 * (3 + 4)

    def word(name: str, why: str, index: int, value: int, status: str = FORMAT) -> None:
        case(f"node-{name}", status, why, patched(GRPH, nodes + 4 * index, u32(value)))

    word("operator-0", "operator 0", 3, 0 | 2 << 16, UNSUPPORTED)
    word("operator-15", "an operator of a later version", 3, 15 | 2 << 16, UNSUPPORTED)
    word("operator-65535", "operator 65535", 3, 65535 | 2 << 16, UNSUPPORTED)
    word("inputs-0", "a node without inputs", 0, 12)
    word("inputs-255", "255 inputs", 3, 2 | 255 << 16)
    word("attributes", "an attribute too many", 3, 2 | 1 << 16 | 1 << 24)
    word("output-self", "a node writes the input", 1, 0)
    word("output-constant", "a node writes a constant", 4, 3)
    word("output-huge", "output tensor 2^32 - 1", 4, 2**32 - 1)
    word("input-later", "a node reads its own output", 2, 1)
    word("input-constant", "the first input of a node is a constant", 2, 3)
    word("input-huge", "input tensor 2^31", 5, 2**31)
    word("weights-activation", "an activation as weights", 6, 0)


def operator_cases() -> None:
    """Attributes and shapes."""

    def node(
        name: str, why: str, *arguments: object, status: str = FORMAT, **fields: object
    ) -> None:
        case(name, status, why, operator(*arguments, **fields))

    weights = np.ones((3, 3, 3, 2), np.float32)
    same = [1, 1, 1, 1, 1, 1, 1, 1, 1]

    def conv(name: str, why: str, index: int, value: int, status: str = FORMAT) -> None:
        attributes = list(same)
        attributes[index] = value
        node(f"conv-{name}", why, "conv2d", attributes, (4, 4, 3), weights, status=status)

    conv("stride-0", "stride 0", 0, 0)
    conv("stride-256", "stride above the limit", 1, 256)
    conv("dilation-0", "dilation 0", 2, 0)
    conv("dilation-huge", "dilation 2^32 - 1", 3, 2**32 - 1)
    conv("padding-3", "padding as large as the kernel", 4, 3)
    conv("padding-huge", "padding 2^32 - 1", 5, 2**32 - 1)
    conv("groups-0", "no groups", 8, 0)
    conv("groups-2", "groups that do not divide the outputs", 8, 2)
    conv("groups-huge", "2^32 - 1 groups", 8, 2**32 - 1)
    node("conv-shape", "output shape is not the inferred one", "conv2d", same, (4, 5, 3), weights)
    node(
        "conv-kernel-large",
        "kernel larger than the padded image",
        "conv2d",
        [1, 1, 2, 2, 0, 0, 0, 0, 1],
        (1, 1, 3),
        weights,
    )
    node(
        "conv-channels",
        "weights for other channels",
        "conv2d",
        same,
        (4, 4, 3),
        np.ones((3, 3, 3, 1), np.float32),
    )
    node(
        "conv-bias",
        "bias of another size",
        "conv2d",
        same,
        (4, 4, 3),
        weights,
        np.ones(4, np.float32),
    )
    node("conv-rank", "weights of rank 2", "conv2d", same, (4, 4, 3), np.ones((3, 2), np.float32))
    node("conv-attributes", "eight attributes", "conv2d", same[:8], (4, 4, 3), weights)
    node("dense-rank", "dense on an image", "dense", [], (3,), np.ones((3, 32), np.float32))
    node(
        "dense-size",
        "weights for another input",
        "dense",
        [],
        (3,),
        np.ones((3, 5), np.float32),
        shape=(4,),
    )
    node("pool-kernel-0", "kernel 0", "max_pool", [0, 2, 2, 2, 0, 0, 0, 0], (2, 2, 2))
    node(
        "pool-padding",
        "padding as large as the kernel",
        "max_pool",
        [2, 2, 2, 2, 2, 0, 0, 0],
        (3, 2, 2),
    )
    node(
        "pool-empty-window",
        "a window that lies in the padding",
        "max_pool",
        [3, 3, 2, 2, 2, 2, 2, 2],
        (1, 1, 1),
        shape=(1, 1, 1),
    )
    node("pool-count-2", "count_padding 2", "average_pool", [2, 2, 2, 2, 0, 0, 0, 0, 2], (2, 2, 2))
    node("pool-rank", "pooling of a vector", "global_max_pool", [], (4,), shape=(4,))
    node(
        "scale-size",
        "scale of another size",
        "scale_shift",
        [],
        (4, 4, 2),
        np.ones(3, np.float32),
        np.ones(2, np.float32),
    )
    node(
        "activation-0",
        "activation kind 0",
        "activation",
        [0, 0.0, 0.0],
        (4, 4, 2),
        status=UNSUPPORTED,
    )
    node(
        "activation-16",
        "activation of a later version",
        "activation",
        [16, 0.0, 0.0],
        (4, 4, 2),
        status=UNSUPPORTED,
    )
    node(
        "activation-attribute",
        "an unused attribute is not 0",
        "activation",
        [8, 1.0, 0.0],
        (4, 4, 2),
    )
    node("clip-order", "clip with a > b", "activation", [1, 1.0, 0.0], (4, 4, 2))
    node("clip-nan", "clip to NaN", "activation", [1, math.nan, 1.0], (4, 4, 2))
    node("leaky-infinite", "an infinite slope", "activation", [2, math.inf, 0.0], (4, 4, 2))
    node(
        "activation-shape",
        "an activation changes the shape",
        "activation",
        [8, 0.0, 0.0],
        (4, 4, 1),
    )
    node("softmax-logarithm", "logarithm 2", "softmax", [2], (4, 4, 2))
    node("binary-kind", "binary kind 7", "binary", [7], (4, 4, 2), np.ones(2, np.float32))
    node(
        "binary-shape",
        "y of a shape that does not fit",
        "binary",
        [1],
        (4, 4, 2),
        np.ones((4, 1, 1), np.float32),
    )
    node("concatenate-axis", "axis 3 of an image", "concatenate", [3], (4, 4, 4), extra=["in"])
    node("concatenate-one", "a single input", "concatenate", [2], (4, 4, 2))
    node("concatenate-shape", "wrong total", "concatenate", [2], (4, 4, 5), extra=["in"])
    node("reshape-size", "another number of elements", "reshape", [], (33,))
    node("pad-huge", "padding 65535", "pad", [65535, 0, 0, 0, 0.0], (65539, 4, 2))
    node("pad-nan", "padded with NaN", "pad", [1, 0, 0, 0, math.nan], (5, 4, 2))
    node("transpose-twice", "an axis occurs twice", "transpose", [0, 0, 1], (4, 4, 4))
    node("transpose-axis", "axis 3 of an image", "transpose", [0, 1, 3], (4, 4, 2))
    node("transpose-count", "two axes for three", "transpose", [1, 0], (4, 4))

    image, weights = (2048, 2048, 1), np.ones((1, 32, 32, 1), np.float32)
    layers = [Tensor(f"t{i}", image) for i in range(20)]
    attributes = [1, 1, 1, 1, 16, 16, 15, 15, 1]
    chain = [
        Node("conv2d", [layers[i - 1].name if i else "in", "w"], layers[i].name, attributes)
        for i in range(20)
    ]
    case(
        "multiply-adds",
        LIMIT,
        "hours of work for one image",
        write(
            Model(
                [Tensor("in", image), *layers, Tensor("w", weights.shape, weights)],
                chain,
                output_kind=0,
                channels=0,
                scale=1.0,
            )
        ),
    )
    axis = (65535, 4096)
    copies = [Tensor("in", axis), *(Tensor(f"t{i}", axis) for i in range(4))]
    chain = [Node("binary", [copies[i].name, "in"], f"t{i}", [1]) for i in range(4)]
    case(
        "arena",
        LIMIT,
        "activations of 1 GiB each that live at the same time",
        write(Model(copies, chain, output_kind=0, channels=0, scale=1.0)),
    )


def main() -> None:
    """Writes the folder anew."""
    for collect in (file_cases, metadata_cases, graph_cases, wiring_cases, operator_cases):
        collect()
    folder = Path(__file__).with_name("must-fail")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.fmg"):
        old.unlink()
    lines = []
    for name, (status, why, content) in sorted(CASES.items()):
        (folder / f"{name}.fmg").write_bytes(content)
        lines.append(f"{name}.fmg {status} {why}\n")
    (folder / "MANIFEST").write_text("".join(lines))
    print(f"{len(CASES)} files")


if __name__ == "__main__":
    main()
